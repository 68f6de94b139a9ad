package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// bareLog is a log in a slice: what a window stands in front of in its tests.
// Everything else is tested on the real one.
type bareLog struct {
	pipeline.Log
	mu      sync.Mutex
	entries []pipeline.Entry
	grown   chan struct{}
	reads   atomic.Int64 // entries read from the log itself
}

// TestAWindowHasRoom puts many large reviews on a log: what the window holds of them has a
// bound in bytes, the newest are there, and the older ones are read from the log.
func TestAWindowHasRoom(t *testing.T) {
	log := newBareLog()
	w := pipeline.NewWindow(log, 1000)
	text := strings.Repeat("x", 1<<20)
	for range 100 {
		if _, err := w.Append(t.Context(), []pipeline.Append{{Review: &review.Event{Review: review.Review{BodyText: text}}}}); err != nil {
			t.Fatal(err)
		}
	}
	for after := pipeline.Position(0); after < 100; after++ {
		got, err := w.Read(t.Context(), after, 1)
		if err != nil || len(got) != 1 || got[0].Position != after+1 {
			t.Fatalf("behind %d: %v, %v", after, got, err)
		}
	}
	if held := 100 - log.reads.Load(); held < 20 || held > 45 {
		t.Errorf("%d reviews of a megabyte are held", held)
	}
}

func newBareLog() *bareLog { return &bareLog{grown: make(chan struct{})} }

func (l *bareLog) Append(_ context.Context, events []pipeline.Append) ([]pipeline.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var at []pipeline.Position
	for _, e := range events {
		position := pipeline.Position(len(l.entries) + 1)
		l.entries = append(l.entries, pipeline.Entry{Position: position, Review: e.Review})
		at = append(at, position)
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return at, nil
}

func (l *bareLog) Read(ctx context.Context, after pipeline.Position, max int) ([]pipeline.Entry, error) {
	for {
		l.mu.Lock()
		entries, grown := l.entries, l.grown
		l.mu.Unlock()
		if int(after) < len(entries) {
			found := entries[after:min(int(after)+max, len(entries))]
			l.reads.Add(int64(len(found)))
			return found, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func some(n int) []pipeline.Append {
	events := make([]pipeline.Append, n)
	for i := range events {
		events[i] = pipeline.Append{Review: &review.Event{}}
	}
	return events
}

// TestAReaderAtTheEndHoldsNobodyBack: after a restart one sink may stand at the end
// of the log and others at its beginning, while the window is still empty.
func TestAReaderAtTheEndHoldsNobodyBack(t *testing.T) {
	log := newBareLog()
	if _, err := log.Append(t.Context(), some(5)); err != nil {
		t.Fatal(err)
	}
	w := pipeline.NewWindow(waitsAtTheEnd{log, make(chan struct{}, 1)}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	var ahead sync.WaitGroup
	ahead.Go(func() { w.Read(ctx, 5, 10) })
	<-w.Log.(waitsAtTheEnd).waits
	found, err := w.Read(t.Context(), 0, 10)
	if err != nil || len(found) != 5 {
		t.Errorf("%d entries, %v", len(found), err)
	}
	cancel()
	ahead.Wait()
}

// waitsAtTheEnd says when a reader has come to the end of the log.
type waitsAtTheEnd struct {
	*bareLog
	waits chan struct{}
}

func (l waitsAtTheEnd) Read(ctx context.Context, after pipeline.Position, max int) ([]pipeline.Entry, error) {
	if after == 5 {
		l.waits <- struct{}{}
	}
	return l.bareLog.Read(ctx, after, max)
}

// TestWindowShowsWhatTheLogHolds: whoever appends, here or elsewhere, and
// whoever reads from where, a reader sees every position once and in order.
func TestWindowShowsWhatTheLogHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log := newBareLog()
		w := pipeline.NewWindow(log, rapid.IntRange(1, 20).Draw(rt, "size"))
		readers := make([]pipeline.Position, 3)
		total := pipeline.Position(0)
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch n := rapid.IntRange(1, 8).Draw(rt, "n"); rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				w.Append(t.Context(), some(n))
				total += pipeline.Position(n)
			case 1:
				log.Append(t.Context(), some(n)) // another daemon
				total += pipeline.Position(n)
			default:
				r := rapid.IntRange(0, 2).Draw(rt, "reader")
				if readers[r] == total {
					continue
				}
				entries, err := w.Read(t.Context(), readers[r], n)
				if err != nil || len(entries) == 0 || len(entries) > n {
					rt.Fatalf("%d entries after %d, at most %d wanted: %v", len(entries), readers[r], n, err)
				}
				for _, e := range entries {
					if readers[r]++; e.Position != readers[r] || e.Review != log.entries[e.Position-1].Review {
						rt.Fatalf("position %d where %d comes next", e.Position, readers[r])
					}
				}
			}
		}
	})
}

func TestWindowReadsOnceForAll(t *testing.T) {
	log := newBareLog()
	w := pipeline.NewWindow(log, 1000)
	const readers, events = 8, 500
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for at := pipeline.Position(0); at < events; {
				entries, err := w.Read(ctx, at, 50)
				if err != nil {
					t.Error(err)
					return
				}
				at = entries[len(entries)-1].Position
			}
		})
	}
	for range events / 10 {
		log.Append(ctx, some(10))
	}
	wg.Wait()
	cancel()
	if n := log.reads.Load(); n != events {
		t.Errorf("%d entries were read from the log for %d readers, want each of %d once", n, readers, events)
	}
}

func TestWindowKeepsWhatWasPublishedHere(t *testing.T) {
	log := newBareLog()
	w := pipeline.NewWindow(log, 100)
	at, err := w.Append(t.Context(), some(60))
	if err != nil || !slices.Equal(at[:2], []pipeline.Position{1, 2}) {
		t.Fatal(at, err)
	}
	entries, err := w.Read(t.Context(), 0, 1000)
	if err != nil || len(entries) != 60 || log.reads.Load() != 0 {
		t.Errorf("%d entries, %d of them from the log: %v", len(entries), log.reads.Load(), err)
	}
}

func TestWindowReaderThatGivesUpStopsNobody(t *testing.T) {
	log := newBareLog()
	w := pipeline.NewWindow(log, 100)
	first, give := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := w.Read(first, 0, 10)
		gaveUp <- err
	}()
	got := make(chan int, 1)
	go func() {
		entries, err := w.Read(t.Context(), 0, 10)
		if err != nil {
			t.Error(err)
		}
		got <- len(entries)
	}()
	give()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the first reader ends with %v", err)
	}
	log.Append(t.Context(), some(3))
	if n := <-got; n != 3 {
		t.Errorf("the second reader got %d entries, want 3", n)
	}
}
