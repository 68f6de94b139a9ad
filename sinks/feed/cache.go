package feed

import "container/list"

// cache keeps what was used last, up to a number of bytes. What alone is larger
// than that is kept until the next thing comes.
type cache[K comparable, V any] struct {
	room  int // bytes
	used  int
	byKey map[K]*list.Element
	order *list.List // of *kept[K, V], the last used in front
}

type kept[K comparable, V any] struct {
	key   K
	value V
	size  int
}

func newCache[K comparable, V any](room int) *cache[K, V] {
	return &cache[K, V]{room: room, byKey: map[K]*list.Element{}, order: list.New()}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	el, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(el)
	return el.Value.(*kept[K, V]).value, true
}

func (c *cache[K, V]) put(key K, value V, size int) {
	if el, ok := c.byKey[key]; ok {
		c.drop(el)
	}
	c.byKey[key] = c.order.PushFront(&kept[K, V]{key, value, size})
	c.used += size
	for c.used > c.room && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *cache[K, V]) drop(el *list.Element) {
	k := c.order.Remove(el).(*kept[K, V])
	delete(c.byKey, k.key)
	c.used -= k.size
}
