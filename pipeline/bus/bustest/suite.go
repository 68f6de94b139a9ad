package bustest

import (
	"context"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

// Place opens the same log each time it is called. The suite closes what it opens.
type Place func(t *testing.T) *bus.Bus

// Fresh makes a new and empty log. Of the options it heeds KeepRevisions and
// AckWait.
type Fresh func(t *testing.T, o bus.Options) Place

// Run asks of a way to reach a log everything that the ports promise.
func Run(t *testing.T, fresh Fresh) {
	t.Run("append", func(t *testing.T) { runAppend(t, fresh) })
	t.Run("read", func(t *testing.T) { runRead(t, fresh) })
	t.Run("latest", func(t *testing.T) { runLatest(t, fresh) })
	t.Run("state", func(t *testing.T) { runState(t, fresh) })
	t.Run("jobs", func(t *testing.T) { runJobs(t, fresh) })
	t.Run("bus", func(t *testing.T) { runBus(t, fresh) })
}

// patience bounds what would otherwise hang for ever. Nothing is measured by it.
const patience = 2 * time.Minute

// open opens a place for the length of a test.
func open(t *testing.T, place Place) *bus.Bus {
	t.Helper()
	b := place(t)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func bound(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// mustAppend appends and wants all to go in.
func mustAppend(t *testing.T, log pipeline.Log, events ...pipeline.Append) []pipeline.Position {
	t.Helper()
	positions, err := log.Append(bound(t), events)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	if len(positions) != len(events) {
		t.Fatalf("append: %d positions for %d events", len(positions), len(events))
	}
	return positions
}

// readAll reads until the head.
func readAll(t *testing.T, log pipeline.Log, max int) []pipeline.Entry {
	t.Helper()
	ctx := bound(t)
	head, err := log.Head(ctx)
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	var all []pipeline.Entry
	for after := pipeline.Position(0); after < head; {
		entries, err := log.Read(ctx, after, max)
		if err != nil {
			t.Fatalf("read after %d: %v", after, err)
		}
		if len(entries) == 0 || len(entries) > max {
			t.Fatalf("read after %d: %d entries, want 1 to %d", after, len(entries), max)
		}
		for _, e := range entries {
			if e.Position <= after {
				t.Fatalf("read after %d: position %d", after, e.Position)
			}
			after = e.Position
		}
		all = append(all, entries...)
	}
	return all
}
