package polls_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/polls"
)

// counted counts what is written.
type counted struct {
	pipeline.KV
	writes atomic.Int32
	hold   chan struct{} // a write waits for it, if there is one
}

func (c *counted) Swap(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	c.writes.Add(1)
	if c.hold != nil {
		<-c.hold
	}
	return c.KV.Swap(ctx, key, value, revision)
}

type still struct{ now time.Time }

func (s still) Now() time.Time                             { return s.now }
func (s still) Sleep(context.Context, time.Duration) error { return nil }
func noon() time.Time                                      { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
func state(feed string, minutes int) (s pipeline.PollState) {
	return pipeline.PollState{Feed: feed, Asked: noon(), Next: noon().Add(time.Duration(minutes) * time.Minute)}
}
func open(kv pipeline.KV) *polls.Book { return polls.New(kv, "blogs", still{noon()}) }

func newKV(t *testing.T) *counted {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return &counted{KV: b.KV()}
}

func look(t *testing.T, b *polls.Book, feed string) pipeline.PollState {
	t.Helper()
	s, err := b.Look(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestManyAreWrittenTogether announces a thousand feeds at once, and sees each of them
// in a book that is opened as after a crash.
func TestManyAreWrittenTogether(t *testing.T) {
	const feeds = 1000
	kv := newKV(t)
	kv.hold = make(chan struct{})
	b := open(kv)
	var all sync.WaitGroup
	for i := range feeds {
		all.Go(func() {
			if err := b.Announce(t.Context(), state(fmt.Sprint(i), i)); err != nil {
				t.Error(err)
			}
		})
	}
	for b.Tally().Asked < feeds { // the first is being written, and the others wait
		time.Sleep(time.Millisecond)
	}
	close(kv.hold)
	all.Wait()
	if n := kv.writes.Load(); n > 18 { // the first alone, and the pages of the others
		t.Errorf("%d writes for %d feeds", n, feeds)
	}
	after := open(kv)
	for i := range feeds {
		if got := look(t, after, fmt.Sprint(i)); got != state(fmt.Sprint(i), i) {
			t.Fatalf("feed %d: %+v", i, got)
		}
	}
	if all, err := after.All(t.Context()); err != nil || len(all) != feeds {
		t.Errorf("%d feeds, %v", len(all), err)
	}
}

func TestWhatIsSettledIsKeptAtTheEnd(t *testing.T) {
	kv := newKV(t)
	b := open(kv)
	anew, known := state("anew", 60), state("known", 60)
	anew.Anew = true
	for _, s := range []pipeline.PollState{anew, known} {
		if err := b.Announce(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	read := anew
	read.Anew, read.Next = false, noon().Add(2*time.Hour)
	b.Settle(read)
	b.Settle(known) // as it was announced
	if got := look(t, b, "anew"); got != read {
		t.Errorf("settled, it is looked up as %+v", got)
	}
	if got := look(t, open(kv), "anew"); got != anew {
		t.Errorf("before the end, %+v is kept", got)
	}
	if err := b.Announce(t.Context(), state("another", 60)); err != nil { // on the same page
		t.Fatal(err)
	}
	if got := look(t, open(kv), "anew"); got != anew {
		t.Errorf("beside another, %+v is kept before the end", got)
	}
	if err := b.End(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if got := look(t, open(kv), "anew"); !got.Anew || !got.Next.Equal(read.Next) {
		t.Errorf("what was read is not kept, but it is known as %+v", got)
	}
	b.Settle(read)
	if err := b.End(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if got := look(t, open(kv), "anew"); got != read {
		t.Errorf("at the end, %+v is kept", got)
	}
	before := kv.writes.Load()
	b.Settle(known)
	if err := b.End(t.Context(), true); err != nil || kv.writes.Load() != before {
		t.Errorf("nothing new was written %d times, %v", kv.writes.Load()-before, err)
	}
}

// TestTwoDaemons write on one page, each without knowing of the other.
func TestTwoDaemons(t *testing.T) {
	kv := newKV(t)
	one, two := open(kv), open(kv)
	look(t, one, "a")
	look(t, two, "a")
	for i, b := range []*polls.Book{one, two, one} {
		if err := b.Announce(t.Context(), state(string(rune('a'+i)), i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.Announce(t.Context(), state("a", 99)); err != nil {
		t.Fatal(err)
	}
	after := open(kv)
	for feed, minutes := range map[string]int{"a": 99, "b": 1, "c": 2} {
		if got := look(t, after, feed); got != state(feed, minutes) {
			t.Errorf("%s: %+v", feed, got)
		}
	}
	one.Begin()
	if got := look(t, one, "a"); got != state("a", 99) {
		t.Errorf("a new reading does not see what the other wrote: %+v", got)
	}
}

func TestWaitingFeeds(t *testing.T) {
	b := open(newKV(t))
	gone := state("gone", 0)
	gone.Next = time.Time{}
	b.Wait(gone)
	b.Wait(state("later", 60))
	b.Wait(state("soon", 5))
	if err := b.Announce(t.Context(), state("held", 60)); err != nil {
		t.Fatal(err)
	}
	b.Wait(state("held", 30)) // it was announced, and then no request went out
	if got := b.Tally(); got.Asked != 0 || got.Waiting != 4 || got.Soonest.Feed != "soon" {
		t.Errorf("%+v", got)
	}
	b.Begin()
	if got := b.Tally(); got != (polls.Tally{}) {
		t.Errorf("a new reading begins with %+v", got)
	}
}

func TestAHubSaysWhenToAsk(t *testing.T) {
	kv := newKV(t)
	b := open(kv)
	if err := b.Announce(t.Context(), state("a", 60)); err != nil {
		t.Fatal(err)
	}
	if err := b.Told(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := b.Told(t.Context(), "a feed that was never asked"); err != nil {
		t.Fatal(err)
	}
	if got := look(t, open(kv), "a"); !got.Next.IsZero() || !got.Asked.Equal(noon()) {
		t.Errorf("%+v", got)
	}
}

func TestAPageThatCannotBeReadIsAsNone(t *testing.T) {
	kv := newKV(t)
	if err := kv.Put(t.Context(), "source.blogs.polls.0", []byte("{\"feed\":\"a\",\"failures\":3}\nrubbish\n{}\n")); err != nil {
		t.Fatal(err)
	}
	all, err := open(kv).All(t.Context())
	if err != nil || len(all) != 0 { // a was asked so long ago that it is forgotten
		t.Errorf("%+v, %v", all, err)
	}
	b := open(kv)
	if err := b.Announce(t.Context(), state("b", 1)); err != nil {
		t.Fatal(err)
	}
	if got := look(t, open(kv), "b"); got != state("b", 1) {
		t.Errorf("%+v", got)
	}
}
