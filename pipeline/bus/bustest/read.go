package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func runRead(t *testing.T, fresh Fresh) {
	for _, max := range []int{1, 7, 64, 1000} {
		t.Run(fmt.Sprintf("%d at a time", max), func(t *testing.T) {
			log := open(t, fresh(t, bus.Options{})).Log()
			mustAppend(t, log, First("s", 130)...)
			all := readAll(t, log, max)
			for i, e := range all {
				if e.Position != pipeline.Position(i+1) || e.Review.Source.GUID != fmt.Sprint(i) {
					t.Fatalf("entry %d: position %d, review %s", i, e.Position, e.Review.Source.GUID)
				}
			}
			if len(all) != 130 {
				t.Errorf("%d entries, want 130", len(all))
			}
		})
	}
	t.Run("again from anywhere", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		mustAppend(t, log, First("s", 40)...)
		for _, after := range []pipeline.Position{0, 0, 39, 10, 10, 20, 5} {
			entries, err := log.Read(bound(t), after, 10)
			if err != nil || entries[0].Position != after+1 {
				t.Errorf("read after %d: %v, %v", after, entries, err)
			}
		}
	})
	t.Run("waits", func(t *testing.T) { readWaits(t, fresh) })
	t.Run("gives up with its context", func(t *testing.T) { readGivesUp(t, fresh) })
	t.Run("every reader sees each position once", func(t *testing.T) { readersBesideWriters(t, fresh) })
	t.Run("old revisions are pushed out", func(t *testing.T) { pushedOut(t, fresh) })
}

// readWaits has readers wait on an empty log, and wakes them with a single event
// and with a batch.
func readWaits(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	after := pipeline.Position(0)
	for round, size := range []int{1, 50, 1} {
		ready, woken := make(chan struct{}, 8), make(chan pipeline.Position, 8)
		var readers sync.WaitGroup
		for range cap(ready) {
			readers.Go(func() {
				ready <- struct{}{}
				entries, err := log.Read(bound(t), after, 10)
				if err != nil {
					t.Errorf("read after %d: %v", after, err)
					return
				}
				woken <- entries[0].Position
			})
		}
		for range cap(ready) {
			<-ready
		}
		positions := mustAppend(t, log, First(fmt.Sprintf("s%d", round), size)...)
		readers.Wait()
		close(woken)
		for at := range woken {
			if at != after+1 {
				t.Errorf("round %d: woken with position %d, want %d", round, at, after+1)
			}
		}
		after = positions[len(positions)-1]
	}
}

func readGivesUp(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(bound(t))
	done := make(chan error)
	go func() {
		_, err := log.Read(ctx, 0, 1)
		done <- err
	}()
	cancel(why)
	if err := <-done; !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v, want the context's error", err)
	}
	mustAppend(t, log, pipeline.Append{Review: Review("s", 1)})
	if e, err := log.Read(bound(t), 0, 1); err != nil || e[0].Position != 1 {
		t.Errorf("the reading after one that was given up: %v, %v", e, err)
	}
}

func readersBesideWriters(t *testing.T, fresh Fresh) {
	const writers, batches, singles, batch = 3, 4, 20, 40
	const total = pipeline.Position(writers * (batches*batch + singles))
	log := open(t, fresh(t, bus.Options{})).Log()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := range batches {
				if _, err := log.Append(bound(t), First(fmt.Sprintf("w%d.%d", w, n), batch)); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
			for n := range singles {
				if _, err := log.Append(bound(t), []pipeline.Append{{Review: Review(fmt.Sprintf("single%d", w), n)}}); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	for r := range 5 {
		all.Go(func() {
			seen := map[review.ID]bool{}
			for after := pipeline.Position(0); after < total; {
				entries, err := log.Read(bound(t), after, 1+r*30)
				if err != nil {
					t.Errorf("reader %d: %v", r, err)
					return
				}
				for _, e := range entries {
					if e.Position != after+1 || seen[e.Review.ReviewID] {
						t.Errorf("reader %d: position %d after %d, seen %v", r, e.Position, after, seen[e.Review.ReviewID])
						return
					}
					after = e.Position
					seen[e.Review.ReviewID] = true
				}
			}
		})
	}
	all.Wait()
}

func pushedOut(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{KeepRevisions: 3})).Log()
	event := Review("s", 1)
	positions := mustAppend(t, log, pipeline.Append{Review: event})
	mustAppend(t, log, pipeline.Append{Review: Review("s", 2)})
	for range 4 {
		event = Revise(event, review.Revised)
		positions = append(positions, mustAppend(t, log, pipeline.Append{Review: event, After: positions[len(positions)-1]})...)
	}
	for i, at := range positions {
		e, err := log.At(bound(t), at)
		if kept := i >= 2; kept && (err != nil || e.Review.Revision != i+1) {
			t.Errorf("revision %d at %d: %v", i+1, at, err)
		} else if !kept && !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("revision %d at %d: %v, want ErrNotFound", i+1, at, err)
		}
	}
	for _, at := range []pipeline.Position{0, 1000} {
		if _, err := log.At(bound(t), at); !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("at %d: %v, want ErrNotFound", at, err)
		}
	}
	var revisions []int
	for _, e := range readAll(t, log, 100) {
		revisions = append(revisions, e.Review.Revision)
	}
	if got, want := fmt.Sprint(revisions), "[1 3 4 5]"; got != want {
		t.Errorf("revisions on the log: %s, want %s", got, want)
	}
}
