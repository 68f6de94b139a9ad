package serve

import "sync"

// generations remembers by key within a bound. When the younger generation is
// full the older is forgotten; what is still asked for moves on.
type generations[V any] struct {
	bound int         // of the cost of one generation; there are two
	cost  func(V) int // of one value

	mu             sync.RWMutex
	younger, older map[string]V
	spent          int    // of the younger
	epoch          uint64 // how often something was dropped
}

func newGenerations[V any](bound int, cost func(V) int) *generations[V] {
	return &generations[V]{bound: bound, cost: cost, younger: map[string]V{}}
}

func (g *generations[V]) get(key string) (V, bool) {
	g.mu.RLock()
	v, young := g.younger[key]
	if young {
		g.mu.RUnlock()
		return v, true
	}
	v, old := g.older[key]
	epoch := g.epoch
	g.mu.RUnlock()
	if old {
		g.keep(epoch, key, v)
	}
	return v, old
}

// now is the epoch: what is learnt from here on may be kept with it.
func (g *generations[V]) now() uint64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.epoch
}

// keep remembers what was learnt since an epoch, unless something was dropped
// meanwhile, which may have been this. It returns what is remembered now: of two
// who learnt the same, the second gets what the first has.
func (g *generations[V]) keep(epoch uint64, key string, v V) V {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.epoch != epoch {
		return v
	}
	if first, there := g.younger[key]; there {
		return first
	}
	if len(g.younger) > 0 && g.spent+g.cost(v) > g.bound {
		g.older, g.younger, g.spent = g.younger, map[string]V{}, 0
	}
	g.younger[key] = v
	g.spent += g.cost(v)
	return v
}

// drop forgets a key, and says what it was.
func (g *generations[V]) drop(key string) (V, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.epoch++
	v, young := g.younger[key]
	if young {
		g.spent -= g.cost(v)
		delete(g.younger, key)
		delete(g.older, key)
		return v, true
	}
	v, old := g.older[key]
	delete(g.older, key)
	return v, old
}
