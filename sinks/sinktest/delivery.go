package sinktest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Outside is what a delivery has made of the world: texts by names of the
// test's own choosing, one for each thing that stands there now. For a delivery
// that writes files it is the tree; for one that calls others, what a receiver
// that follows the documented contract holds.
type Outside func() map[string]string

// Delivery is the suite that every delivery must pass. open makes a delivery to
// an empty world and says how to look at that world; it is called many times and
// must not share anything between two worlds. The laws on random histories:
//
//   - verdicts: one for each entry, none of them Retry or Pause while nothing is wrong
//   - batching: the same world however the log is cut into batches
//   - redelivery: the same world when every batch comes twice
//   - withdrawn: no text of a review that is gone, or hidden, is left, nor of a
//     revision that has been replaced
//   - shared: entries are not changed
//
// And on one review's life: its text arrives, a revision replaces it, withdrawal
// takes it back, restoration brings it again; kinds of event and rating that this
// version does not know are no error; a context that has ended is answered with
// its error, or with Retry for every entry.
func Delivery(t *testing.T, open func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, Outside)) {
	t.Helper()
	s := deliverySuite{open: func(env pipeline.DeliveryEnv) (pipeline.Delivery, Outside) { return open(t, env) }}
	t.Run("life", func(t *testing.T) { report(t, s.life()) })
	t.Run("later kinds", func(t *testing.T) { report(t, s.laterKinds()) })
	t.Run("cancelled", func(t *testing.T) { report(t, s.cancelled()) })
	t.Run("laws", rapid.MakeCheck(func(rt *rapid.T) {
		h := Histories().Draw(rt, "history")
		cuts := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 4).Draw(rt, "batch sizes")
		if err := s.laws(h, cuts); err != nil {
			rt.Fatal(err)
		}
	}))
}

// DeliveryEnv is a delivery's surroundings, with a tree in memory.
func DeliveryEnv() (pipeline.DeliveryEnv, *Tree) {
	tree := &Tree{}
	return pipeline.DeliveryEnv{
		Name: "test", Site: Site(), Log: slog.New(slog.DiscardHandler),
		Clock: &Clock{}, HTTP: &http.Client{}, Tree: tree,
	}, tree
}

type deliverySuite struct {
	open func(pipeline.DeliveryEnv) (pipeline.Delivery, Outside)
}

func (s *deliverySuite) laws(h History, sizes []int) error {
	written := mustJSON(h)
	want, err := s.world(split(h, []int{1}))
	if err != nil {
		return fmt.Errorf("one entry at a time: %w", err)
	}
	var twice [][]pipeline.Entry
	for _, batch := range split(h, sizes) {
		twice = append(twice, batch, batch)
	}
	for _, law := range []struct {
		name    string
		batches [][]pipeline.Entry
	}{
		{"batching", split(h, sizes)},
		{"redelivery", twice},
	} {
		got, err := s.world(law.batches)
		if err != nil {
			return fmt.Errorf("law %q: %w", law.name, err)
		}
		if err := sameFiles(want, got); err != nil {
			return fmt.Errorf("law %q: %w", law.name, err)
		}
	}
	if mustJSON(h) != written {
		return errors.New(`law "shared": the delivery has changed an entry`)
	}
	return takenBack(h, want)
}

// world delivers the batches to an empty world and returns what it holds then.
func (s *deliverySuite) world(batches [][]pipeline.Entry) (map[string]string, error) {
	env, _ := DeliveryEnv()
	d, outside := s.open(env)
	for _, batch := range batches {
		if err := deliver(d, batch); err != nil {
			return nil, err
		}
	}
	return outside(), nil
}

func deliver(d pipeline.Delivery, batch []pipeline.Entry) error {
	verdicts, err := d.Deliver(context.Background(), batch)
	if err != nil {
		return fmt.Errorf("deliver %s: %w", places(batch), err)
	}
	if len(verdicts) != len(batch) {
		return fmt.Errorf("deliver %s: %d verdicts for %d entries", places(batch), len(verdicts), len(batch))
	}
	for i, v := range verdicts {
		if v.Outcome == pipeline.Retry || v.Outcome == pipeline.Pause {
			return fmt.Errorf("deliver %s: the entry at %d is to wait though nothing is wrong: %s: %s", places(batch), batch[i].Position, v.Code, v.Reason)
		}
		if v.Outcome != pipeline.Done && v.Code == "" {
			return fmt.Errorf("deliver %s: the verdict on the entry at %d has no code", places(batch), batch[i].Position)
		}
	}
	return nil
}

func (s *deliverySuite) life() error {
	env, _ := DeliveryEnv()
	d, outside := s.open(env)
	holds := func(revision int) bool {
		for _, content := range outside() {
			if strings.Contains(content, Mark("1", revision)) {
				return true
			}
		}
		return false
	}
	text := func(revision int) Option { return Text("It stays with you, " + Mark("1", revision)) }
	h := NewHistory(
		Event(Kind(review.Published, 1), text(1)),
		Event(Kind(review.Revised, 2), text(2)),
		Event(Kind(review.Withdrawn, 3), text(2)),
		Event(Kind(review.Restored, 4), text(4)),
	)
	shown := [][]int{{1}, {2}, {}, {4}}
	for i, e := range h {
		if err := deliver(d, []pipeline.Entry{e}); err != nil {
			return err
		}
		for revision := 1; revision <= 4; revision++ {
			want := len(shown[i]) == 1 && shown[i][0] == revision
			if holds(revision) != want {
				return fmt.Errorf("after %s: the text of revision %d stands outside: %v, want %v", e.Review.Kind, revision, !want, want)
			}
		}
	}
	return nil
}

func (s *deliverySuite) laterKinds() error {
	h := NewHistory(
		Event(Kind("remastered", 1)),
		Event(GUID("2"), Rated("stellar", "★")),
		Event(GUID("3"), func(e *review.Event) { e.EntryKind, e.Rights = "podcast", "mention" }),
	)
	_, err := s.world(split(h, []int{3}))
	return err
}

func (s *deliverySuite) cancelled() error {
	env, _ := DeliveryEnv()
	d, _ := s.open(env)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	verdicts, err := d.Deliver(ctx, NewHistory(Event(), Event(GUID("2"))))
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("deliver with a context that has ended: want its error, wrapped, got %w", err)
		}
		return nil
	}
	for _, v := range verdicts {
		if v.Outcome != pipeline.Retry {
			return fmt.Errorf("deliver with a context that has ended: want its error, or Retry for every entry, got %v", verdicts)
		}
	}
	return nil
}
