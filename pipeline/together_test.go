package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

func TestTogether(t *testing.T) {
	var done [50]atomic.Int32
	var work []func() error
	for i := range done {
		work = append(work, func() error { done[i].Add(1); return nil })
	}
	if err := together(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	for i := range done {
		if n := done[i].Load(); n != 1 {
			t.Errorf("work %d was done %d times", i, n)
		}
	}
	if err := together(t.Context(), nil); err != nil {
		t.Error(err)
	}
	full := errors.New("no space left")
	failing := slices.Clone(work)
	failing[3] = func() error { return full }
	if err := together(t.Context(), failing); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := together(ended, work); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
