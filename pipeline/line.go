package pipeline

import (
	"container/heap"
	"slices"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// origin is why an event is to be delivered.
type origin string

const (
	fromLog        origin = ""           // its turn has come
	fromQuarantine origin = "quarantine" // a person has it tried again
	fromReplay     origin = "replay"     // a person has it sent again
)

// item is one event that a delivery has not settled.
type item struct {
	entry    Entry
	origin   origin
	attempts int       // tries that failed, ever
	tries    int       // tries that failed, since the line was made
	held     bool      // it is in quarantine
	due      time.Time // not before; zero is at once
	next     *item     // of the same review, waiting for this one
}

// line is the events of one delivery that are read and not settled. Of each review
// the first stands in the line, and the later ones wait behind it: so a stale
// revision never goes out after a newer one, and a review that has to wait holds up
// no other.
type line struct {
	open  map[Position]*item
	last  map[review.ID]*item // of each review, whoever is behind all others
	ready itemHeap            // may go at once, in log order
	later itemHeap            // may go when they are due
}

func newLine() *line {
	return &line{
		open: map[Position]*item{}, last: map[review.ID]*item{},
		ready: itemHeap{less: func(a, b *item) bool { return a.entry.Position < b.entry.Position }},
		later: itemHeap{less: func(a, b *item) bool { return a.due.Before(b.due) }},
	}
}

// add puts an event behind those of its review. The same event again is no second
// one.
func (l *line) add(i *item) {
	if l.open[i.entry.Position] != nil {
		return
	}
	l.open[i.entry.Position] = i
	id := i.entry.Review.ReviewID
	before := l.last[id]
	l.last[id] = i
	if before != nil {
		before.next = i
		return
	}
	l.enter(i)
}

func (l *line) enter(i *item) {
	if i.due.IsZero() {
		heap.Push(&l.ready, i)
	} else {
		heap.Push(&l.later, i)
	}
}

// waits reports whether an event of the review is in the line.
func (l *line) waits(id review.ID) bool { return l.last[id] != nil }

// take takes up to n events, one of a review, that may go now, in log order. They
// are under way until they are settled or go back; one that does neither is set
// aside, with those behind it. With untried, events that were not tried yet are
// taken alone, if there are any.
func (l *line) take(n int, now time.Time, untried bool) []*item {
	for l.later.Len() > 0 && !l.later.items[0].due.After(now) {
		heap.Push(&l.ready, heap.Pop(&l.later))
	}
	untried = untried && slices.ContainsFunc(l.ready.items, (*item).untried)
	var taken, passed []*item
	for len(taken) < n && l.ready.Len() > 0 {
		i := heap.Pop(&l.ready).(*item)
		if untried && !i.untried() {
			passed = append(passed, i)
			continue
		}
		taken = append(taken, i)
	}
	for _, i := range passed {
		heap.Push(&l.ready, i)
	}
	return taken
}

func (i *item) untried() bool { return i.attempts == 0 }

// settle takes an event that was under way out for good: the next of its review may
// go.
func (l *line) settle(i *item) {
	delete(l.open, i.entry.Position)
	id := i.entry.Review.ReviewID
	if i.next == nil {
		delete(l.last, id)
		return
	}
	l.enter(i.next)
	i.next = nil
}

// back puts an event that was under way in again, to go when it is due.
func (l *line) back(i *item) { l.enter(i) }

// due is when the next event may go, ok where there is one.
func (l *line) due() (at time.Time, ok bool) {
	switch {
	case l.ready.Len() > 0:
		return time.Time{}, true
	case l.later.Len() > 0:
		return l.later.items[0].due, true
	}
	return time.Time{}, false
}

// positions lists the unsettled events, in log order.
func (l *line) positions() []Position {
	all := make([]Position, 0, len(l.open))
	for at := range l.open {
		all = append(all, at)
	}
	slices.Sort(all)
	return all
}

// itemHeap is a heap of items.
type itemHeap struct {
	items []*item
	less  func(a, b *item) bool
}

func (h *itemHeap) Len() int           { return len(h.items) }
func (h *itemHeap) Less(i, j int) bool { return h.less(h.items[i], h.items[j]) }

func (h *itemHeap) Swap(i, j int) { h.items[i], h.items[j] = h.items[j], h.items[i] }

// Push is for container/heap.
func (h *itemHeap) Push(x any) { h.items = append(h.items, x.(*item)) }

// Pop is for container/heap.
func (h *itemHeap) Pop() any {
	last := len(h.items) - 1
	i := h.items[last]
	h.items[last] = nil
	h.items = h.items[:last]
	return i
}
