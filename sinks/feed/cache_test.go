package feed

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCache compares the cache with a plain list of what was used last.
func TestCache(t *testing.T) {
	type thing struct{ key, value, size int }
	rapid.Check(t, func(t *rapid.T) {
		const room = 10
		c := newCache[int, int](room)
		var model []thing // the last used in front
		use := func(x thing) {
			for i, m := range model {
				if m.key == x.key {
					model = append(model[:i:i], model[i+1:]...)
					break
				}
			}
			model = append([]thing{x}, model...)
			used := 0
			for i, m := range model {
				if used += m.size; used > room && i > 0 {
					model = model[:i]
					break
				}
			}
		}
		for n := range rapid.IntRange(0, 40).Draw(t, "uses") {
			key := rapid.IntRange(0, 6).Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				x := thing{key, n, rapid.IntRange(0, 12).Draw(t, "size")}
				c.put(x.key, x.value, x.size)
				use(x)
				continue
			}
			var want *thing
			for _, m := range model {
				if m.key == key {
					want = &m
				}
			}
			got, ok := c.get(key)
			if ok != (want != nil) || ok && got != want.value {
				t.Fatalf("get %d: %d, %t; want %+v", key, got, ok, want)
			}
			if want != nil {
				use(*want)
			}
		}
		if c.used > room && c.order.Len() > 1 || c.order.Len() != len(c.byKey) {
			t.Fatalf("%d bytes of %d, %d kept, %d keys", c.used, room, c.order.Len(), len(c.byKey))
		}
	})
}
