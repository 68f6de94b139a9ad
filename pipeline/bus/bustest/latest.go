package bustest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func runLatest(t *testing.T, fresh Fresh) {
	t.Run("an empty log", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		if got := latest(t, log); len(got) != 0 {
			t.Errorf("%d events", len(got))
		}
	})
	t.Run("the last of each, in log order, withdrawn too", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		group := append(First("s", 600), pipeline.Append{Film: Film("f")})
		at := mustAppend(t, log, group...)
		mustAppend(t, log, pipeline.Append{Review: Revise(group[5].Review, review.Withdrawn), After: at[5]})
		mustAppend(t, log, pipeline.Append{Review: Revise(group[2].Review, review.Revised), After: at[2]})
		got := latest(t, log)
		if len(got) != 600 {
			t.Fatalf("%d events, want 600", len(got))
		}
		if e := got[598]; e.Review.ReviewID != group[5].Review.ReviewID || !e.Review.Gone() {
			t.Errorf("the last but one is %s %s, want the withdrawn review", e.Review.Kind, e.Review.ReviewID)
		}
		if e := got[599]; e.Review.ReviewID != group[2].Review.ReviewID || e.Review.Revision != 2 {
			t.Errorf("the last is revision %d of %s, want the revised review", e.Review.Revision, e.Review.ReviewID)
		}
	})
	t.Run("the revisions of one review", func(t *testing.T) { revisions(t, fresh) })
	t.Run("films apart from reviews", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		at := mustAppend(t, log, pipeline.Append{Film: Film("f")}, First("s", 1)[0], pipeline.Append{Film: Film("g")})
		again := Film("f")
		again.Revision = 2
		mustAppend(t, log, pipeline.Append{Film: again, After: at[0]})
		var got []string
		if err := log.Films(bound(t), func(e pipeline.Entry) error {
			got = append(got, fmt.Sprint(e.Film.FilmID, e.Film.Revision))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != "[g1 f2]" {
			t.Errorf("films %v, want [g1 f2]", got)
		}
	})
	t.Run("an error ends it", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		mustAppend(t, log, First("s", 30)...)
		enough, calls := errors.New("enough"), 0
		err := log.Latest(bound(t), func(pipeline.Entry) error {
			if calls++; calls == 3 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || calls != 3 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
	for _, keep := range []int{1, 16} {
		t.Run(fmt.Sprintf("beside writers, %d revisions kept", keep), func(t *testing.T) { latestBesideWriters(t, fresh, keep) })
	}
}

// latest collects what Latest gives and checks that positions ascend and reviews
// come once.
func latest(t *testing.T, log pipeline.Log) []pipeline.Entry {
	t.Helper()
	var all []pipeline.Entry
	seen := map[review.ID]bool{}
	err := log.Latest(bound(t), func(e pipeline.Entry) error {
		if len(all) > 0 && e.Position <= all[len(all)-1].Position {
			t.Errorf("position %d after %d", e.Position, all[len(all)-1].Position)
		}
		if seen[e.Review.ReviewID] {
			t.Errorf("review %s comes twice, at %d the second time", e.Review.ReviewID, e.Position)
		}
		seen[e.Review.ReviewID] = true
		all = append(all, e)
		return nil
	})
	if err != nil {
		t.Fatalf("latest: %v", err)
	}
	return all
}

// latestBesideWriters lists again and again while every review is revised. None
// may be missing or come twice, and none may go back in time.
func latestBesideWriters(t *testing.T, fresh Fresh, keep int) {
	const reviews, rounds = 300, 4
	log := open(t, fresh(t, bus.Options{KeepRevisions: keep})).Log()
	group := First("s", reviews)
	at := mustAppend(t, log, group...)
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		defer close(done)
		for range rounds {
			for from := 0; from < reviews; from += 30 {
				part := group[from : from+30]
				for i := range part {
					part[i] = pipeline.Append{Review: Revise(part[i].Review, review.Revised), After: at[from+i]}
				}
				positions, err := log.Append(bound(t), part)
				if err != nil {
					t.Errorf("revise: %v", err)
					return
				}
				copy(at[from:], positions)
			}
		}
	})
	revision := map[review.ID]int{}
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true // and once more, now that nobody writes
		default:
		}
		got := latest(t, log)
		if len(got) != reviews {
			t.Errorf("%d events, want %d", len(got), reviews)
		}
		for _, e := range got {
			if e.Review.Revision < revision[e.Review.ReviewID] {
				t.Errorf("review %s went from revision %d back to %d", e.Review.ReviewID, revision[e.Review.ReviewID], e.Review.Revision)
			}
			revision[e.Review.ReviewID] = e.Review.Revision
		}
	}
	writer.Wait()
	for id, n := range revision {
		if n != rounds+1 {
			t.Errorf("review %s ends at revision %d, want %d", id, n, rounds+1)
		}
	}
}

// revisions are those that are kept, in order, of the one review and no other.
func revisions(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{KeepRevisions: 3})).Log()
	group := First("s", 3)
	at := mustAppend(t, log, group...)
	e, after := group[1].Review, at[1]
	want := []pipeline.Position{after}
	for range 4 {
		e = Revise(e, review.Revised)
		after = mustAppend(t, log, pipeline.Append{Review: e, After: after})[0]
		want = append(want, after)
	}
	want = want[len(want)-3:]
	got, err := log.Revisions(bound(t), "s", e.ReviewID)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d revisions, %v; want %d", len(got), err, len(want))
	}
	for i, entry := range got {
		if entry.Position != want[i] || entry.Review.ReviewID != e.ReviewID || entry.Review.Revision != i+3 {
			t.Errorf("revision %d of %s at %d, want %d at %d", entry.Review.Revision, entry.Review.ReviewID, entry.Position, i+3, want[i])
		}
	}
	if got, err := log.Revisions(bound(t), "s", "no-such-review"); err != nil || len(got) != 0 {
		t.Errorf("of a review that is not there: %d, %v", len(got), err)
	}
}
