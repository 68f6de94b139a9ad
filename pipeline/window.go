package pipeline

import (
	"context"
	"sync"
)

// Window is a [Log] that remembers the newest entries decoded, so that views at
// the same position share one reading of the log and one decoding of each event,
// and what this daemon published itself is not decoded at all. A view that lags
// behind the window reads the log by itself until it has caught up.
type Window struct {
	Log
	size int

	mu sync.Mutex
	// entries are all there are on the log in (after, upTo], in order, and bytes is what
	// they take: see sizeOf.
	entries     []Entry
	bytes       int
	after, upTo Position
	// reading is closed when the one reading that extends the window ends. It
	// began behind from.
	reading chan struct{}
	from    Position
}

// windowRoom bounds what a window holds, in bytes.
const windowRoom = 32 << 20

// NewWindow puts a window of about size entries in front of log, fewer where they are
// large.
func NewWindow(log Log, size int) *Window {
	return &Window{Log: log, size: size}
}

// Append puts events on the log and keeps them in the window.
func (w *Window) Append(ctx context.Context, events []Append) ([]Position, error) {
	positions, err := w.Log.Append(ctx, events)
	entries := make([]Entry, len(positions))
	for i, at := range positions {
		entries[i] = Entry{Position: at, Review: events[i].Review, Film: events[i].Film}
	}
	w.extend(entries)
	return positions, err
}

// Read returns entries from the window if it reaches that far back, and reads
// the log otherwise. Readers that wait at one place wait together: a reader that
// stands elsewhere reads by itself, since a reading at the log's end may last for
// ever while there is much to read before it.
func (w *Window) Read(ctx context.Context, after Position, max int) ([]Entry, error) {
	for {
		w.mu.Lock()
		if after < w.after && w.upTo > 0 { // lagging behind the window
			w.mu.Unlock()
			return w.Log.Read(ctx, after, max)
		}
		if found := w.cut(after, max); len(found) > 0 {
			w.mu.Unlock()
			return found, nil
		}
		if reading := w.reading; reading != nil {
			apart := w.from != after
			w.mu.Unlock()
			if apart {
				return w.Log.Read(ctx, after, max)
			}
			select {
			case <-reading:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		reading := make(chan struct{})
		w.reading, w.from = reading, after
		w.mu.Unlock()

		entries, err := w.Log.Read(ctx, after, max)

		w.mu.Lock()
		w.reading = nil
		w.join(after, entries)
		w.mu.Unlock()
		close(reading)
		return entries, err
	}
}

// cut returns the entries behind a position that the window holds.
func (w *Window) cut(after Position, max int) []Entry {
	if after < w.after || after >= w.upTo {
		return nil
	}
	low, high := 0, len(w.entries)
	for low < high {
		if mid := (low + high) / 2; w.entries[mid].Position <= after {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return append([]Entry(nil), w.entries[low:min(low+max, len(w.entries))]...)
}

// extend adds entries that this daemon put on the log. They join on only if
// nobody else's stand between.
func (w *Window) extend(entries []Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		w.join(e.Position-1, []Entry{e})
	}
}

// join adds entries that are all there are after a position. What does not join
// on to the window's end begins a new window, if it is newer.
func (w *Window) join(after Position, entries []Entry) {
	if len(entries) == 0 {
		return
	}
	last := entries[len(entries)-1].Position
	switch {
	case last <= w.upTo:
		return
	case after > w.upTo || w.upTo == 0:
		w.entries, w.bytes, w.after = nil, 0, after
	case after < w.upTo:
		for len(entries) > 0 && entries[0].Position <= w.upTo {
			entries = entries[1:]
		}
	}
	w.entries = append(w.entries, entries...)
	w.bytes += sizeOf(entries)
	w.upTo = last
	if len(w.entries) > w.size+w.size/4 || w.bytes > windowRoom+windowRoom/4 {
		w.trim()
	}
}

// trim drops the oldest entries, until what is left has its room.
func (w *Window) trim() {
	extra := 0
	for ; len(w.entries)-extra > w.size || w.bytes > windowRoom; extra++ {
		w.bytes -= sizeOf(w.entries[extra : extra+1])
	}
	w.after = w.entries[extra-1].Position
	w.entries = append([]Entry(nil), w.entries[extra:]...)
}
