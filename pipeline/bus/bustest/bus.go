package bustest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

func runBus(t *testing.T, fresh Fresh) {
	t.Run("closing keeps everything", func(t *testing.T) { reopened(t, fresh) })
	t.Run("closing ends what waits", func(t *testing.T) { closed(t, fresh) })
	t.Run("health and numbers", func(t *testing.T) { numbers(t, fresh) })
}

func reopened(t *testing.T, fresh Fresh) {
	place := fresh(t, bus.Options{})
	b := open(t, place)
	mustAppend(t, b.Log(), First("s", 40)...)
	mustAppend(t, b.Log(), pipeline.Append{Film: Film("f")})
	if err := b.KV().Put(bound(t), "a.b", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	post(t, b.Jobs(), "blog", "1")
	for range 2 { // closing twice is closing once
		if err := b.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	b = open(t, place)
	if all := readAll(t, b.Log(), 100); len(all) != 41 || all[40].Film == nil {
		t.Errorf("%d entries, want 40 reviews and a film", len(all))
	}
	if v, err := b.KV().Get(bound(t), "a.b"); err != nil || string(v) != "kept" {
		t.Errorf("state: %q, %v", v, err)
	}
	if j := take(t, b.Jobs()); j.Source() != "blog" {
		t.Errorf("took %s", j.Source())
	}
	if _, err := b.Log().Append(bound(t), First("s", 1)); !errors.Is(err, pipeline.ErrConflict) {
		t.Errorf("create again after opening again: %v, want ErrConflict", err)
	}
}

func closed(t *testing.T, fresh Fresh) {
	b := open(t, fresh(t, bus.Options{}))
	errs := make(chan error, 2)
	var waiting sync.WaitGroup
	waiting.Go(func() { _, err := b.Log().Read(bound(t), 0, 1); errs <- err })
	waiting.Go(func() { _, err := b.Jobs().Take(bound(t)); errs <- err })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	ctx := context.Background()
	_, err := b.Log().Append(ctx, First("s", 1))
	errs2 := []error{<-errs, <-errs, err, b.KV().Put(ctx, "a", nil), b.Jobs().Post(ctx, "a", "b"), b.Health(ctx)}
	for i, err := range errs2 {
		if !errors.Is(err, bus.ErrClosed) {
			t.Errorf("call %d on a closed bus: %v, want ErrClosed", i, err)
		}
	}
}

func numbers(t *testing.T, fresh Fresh) {
	b := open(t, fresh(t, bus.Options{}))
	if s, err := b.Stats(bound(t)); err != nil || s.Events != 0 || s.Reviews != 0 || s.Films != 0 || !s.First.IsZero() {
		t.Errorf("stats of an empty log: %+v, %v", s, err)
	}
	group := First("s", 3)
	at := mustAppend(t, b.Log(), append(group, pipeline.Append{Film: Film("f")})...)
	mustAppend(t, b.Log(), pipeline.Append{Review: Revise(group[0].Review, "revised"), After: at[0]})
	s, err := b.Stats(bound(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Events != 5 || s.Reviews != 3 || s.Films != 1 || s.Head != 5 || s.Bytes < 4*2000 || !s.Connected || s.First.IsZero() {
		t.Errorf("stats: %+v", s)
	}
	if err := b.Health(bound(t)); err != nil {
		t.Errorf("health: %v", err)
	}
}
