package bustest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func runAppend(t *testing.T, fresh Fresh) {
	t.Run("an event comes back as it went in", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		event := Review("a source with spaces. and *", 1)
		at := mustAppend(t, log, pipeline.Append{Review: event})
		e, err := log.At(bound(t), at[0])
		if err != nil {
			t.Fatal(err)
		}
		if got, want := asJSON(t, e.Review), asJSON(t, event); got != want || e.Position != at[0] || e.Film != nil {
			t.Errorf("at %d:\n%s\nwant at %d:\n%s", e.Position, got, at[0], want)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		log := open(t, fresh(t, bus.Options{})).Log()
		if at, err := log.Append(bound(t), nil); at != nil || err != nil {
			t.Errorf("append of nothing: %v, %v", at, err)
		}
		if head, err := log.Head(bound(t)); head != 0 || err != nil {
			t.Errorf("head of an empty log: %d, %v", head, err)
		}
	})
	for _, size := range []int{1, 5, 19, 20, 1000} {
		t.Run(fmt.Sprintf("a film before its review in a group of %d", 2*size), func(t *testing.T) { filmFirst(t, fresh, min(size, pipeline.MaxAppend/2)) })
		t.Run(fmt.Sprintf("a conflict in a group of %d", size), func(t *testing.T) { conflict(t, fresh, size) })
	}
	t.Run("a second create is a conflict", func(t *testing.T) { afterRules(t, fresh) })
	t.Run("positions of batches beside another writer", func(t *testing.T) { besideAnother(t, fresh) })
	t.Run("refused before anything is sent", func(t *testing.T) { refused(t, fresh) })
	t.Run("one of many writers wins", func(t *testing.T) { oneWins(t, fresh) })
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func filmFirst(t *testing.T, fresh Fresh, pairs int) {
	log := open(t, fresh(t, bus.Options{})).Log()
	var group []pipeline.Append
	var want []string
	for i := range pairs {
		film := Film(review.FilmID(fmt.Sprintf("film-%d", i)))
		event := Review("s", i)
		group = append(group, pipeline.Append{Film: film}, pipeline.Append{Review: event})
		want = append(want, string(film.FilmID), string(event.ReviewID))
	}
	positions := mustAppend(t, log, group...)
	var got []string
	for i, e := range readAll(t, log, 300) {
		if e.Position != positions[i] {
			t.Fatalf("entry %d stands at %d, append said %d", i, e.Position, positions[i])
		}
		if e.Film != nil {
			got = append(got, string(e.Film.FilmID))
		} else {
			got = append(got, string(e.Review.ReviewID))
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("order on the log: %q, want %q", got, want)
	}
}

// conflict puts a review on the log and then a group in whose middle the same
// review is to be created.
func conflict(t *testing.T, fresh Fresh, size int) {
	log := open(t, fresh(t, bus.Options{})).Log()
	middle := size / 2
	there := mustAppend(t, log, pipeline.Append{Review: Review("s", middle)})
	positions, err := log.Append(bound(t), First("s", size))
	if !errors.Is(err, pipeline.ErrConflict) {
		t.Fatalf("append: %v, want ErrConflict", err)
	}
	if len(positions) != 0 && len(positions) != middle {
		t.Errorf("%d events went in, want none or the %d before the conflict", len(positions), middle)
	}
	head, err := log.Head(bound(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := there[0] + pipeline.Position(len(positions)); head != want {
		t.Errorf("head is %d, want %d: what is on the log is not what the positions say", head, want)
	}
	if size == pipeline.MaxAppend && len(positions) != 0 {
		t.Errorf("%d events of a large group went in, want all or none", len(positions))
	}
}

func afterRules(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	first := Review("s", 1)
	at := mustAppend(t, log, pipeline.Append{Review: first})
	mustAppend(t, log, pipeline.Append{Review: Review("s", 2)})
	second := Revise(first, review.Revised)
	for name, after := range map[string]pipeline.Position{"create again": 0, "after another review": at[0] + 1, "after the future": 99} {
		if _, err := log.Append(bound(t), []pipeline.Append{{Review: second, After: after}}); !errors.Is(err, pipeline.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", name, err)
		}
	}
	at2 := mustAppend(t, log, pipeline.Append{Review: second, After: at[0]})
	if _, err := log.Append(bound(t), []pipeline.Append{{Review: second, After: at[0]}}); !errors.Is(err, pipeline.ErrConflict) {
		t.Errorf("the same event again: %v, want ErrConflict", err)
	}
	// An edit and its undo are two events, however fast they come.
	mustAppend(t, log, pipeline.Append{Review: Revise(second, review.Revised), After: at2[0]})
	if head, err := log.Head(bound(t)); head != 4 || err != nil {
		t.Errorf("head %d, %v; want 4", head, err)
	}
}

// besideAnother appends batches while another writer appends single events, and
// looks at every position that both were told.
func besideAnother(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	ctx, stop := context.WithCancel(bound(t))
	told := map[pipeline.Position]review.ID{}
	var mu sync.Mutex
	tell := func(group []pipeline.Append, positions []pipeline.Position) {
		mu.Lock()
		defer mu.Unlock()
		for i, at := range positions {
			if other, taken := told[at]; taken {
				t.Errorf("position %d was told for %s and %s", at, other, group[i].Review.ReviewID)
			}
			told[at] = group[i].Review.ReviewID
		}
	}
	var other sync.WaitGroup
	begun := make(chan struct{})
	other.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			group := []pipeline.Append{{Review: Review("other", i)}}
			positions, err := log.Append(context.WithoutCancel(ctx), group)
			if err != nil {
				t.Errorf("other writer: %v", err)
			}
			tell(group, positions)
			if i == 0 {
				close(begun)
			}
		}
	})
	<-begun
	for n := range 10 {
		group := First(fmt.Sprintf("batch-%d", n), 100)
		tell(group, mustAppend(t, log, group...))
	}
	stop()
	other.Wait()
	all := readAll(t, log, 500)
	if len(all) != len(told) {
		t.Errorf("%d entries on the log, %d positions told", len(all), len(told))
	}
	for _, e := range all {
		if told[e.Position] != e.Review.ReviewID {
			t.Errorf("at %d stands %s, told was %s", e.Position, e.Review.ReviewID, told[e.Position])
		}
	}
}

func refused(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	huge := Review("s", 7)
	huge.BodyText = strings.Repeat("x", 9<<20)
	alien := Review("s", 8)
	alien.Schema = "review/9"
	both := pipeline.Append{Review: Review("s", 9), Film: Film("f")}
	cases := []struct {
		name  string
		group []pipeline.Append
		want  error
	}{
		{"too large alone", []pipeline.Append{{Review: huge}}, pipeline.ErrTooLarge},
		{"too large at the end of a small group", append(First("a", 5), pipeline.Append{Review: huge}), pipeline.ErrTooLarge},
		{"too large in a batch", append(First("b", 30), pipeline.Append{Review: huge}), pipeline.ErrTooLarge},
		{"another schema", []pipeline.Append{{Review: alien}}, nil},
		{"neither review nor film", []pipeline.Append{{}}, nil},
		{"both review and film", []pipeline.Append{both}, nil},
		{"more than one call takes", First("c", pipeline.MaxAppend+1), nil},
	}
	for _, c := range cases {
		positions, err := log.Append(bound(t), c.group)
		if err == nil || len(positions) > 0 || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v, %v; want %v", c.name, positions, err, c.want)
		}
	}
	if head, err := log.Head(bound(t)); head != 0 || err != nil {
		t.Errorf("head %d, %v; want an empty log", head, err)
	}
	large := Review("s", 10)
	large.BodyText = strings.Repeat("x", 7<<20)
	mustAppend(t, log, pipeline.Append{Review: large})
}

// oneWins has many writers revise one review on top of the same position.
func oneWins(t *testing.T, fresh Fresh) {
	log := open(t, fresh(t, bus.Options{})).Log()
	first := Review("s", 1)
	at := mustAppend(t, log, pipeline.Append{Review: first})[0]
	next := Revise(first, review.Revised)
	var writers sync.WaitGroup
	won := make(chan int, 16)
	for n := range 8 {
		writers.Go(func() {
			group := []pipeline.Append{{Review: next, After: at}}
			if n%2 == 0 {
				group = append(group, First(fmt.Sprintf("w%d", n), 25)...)
			}
			switch _, err := log.Append(bound(t), group); {
			case err == nil:
				won <- n
			case !errors.Is(err, pipeline.ErrConflict):
				t.Errorf("writer %d: %v", n, err)
			}
		})
	}
	writers.Wait()
	if len(won) != 1 {
		t.Errorf("%d writers put the same revision on the log, want 1", len(won))
	}
}
