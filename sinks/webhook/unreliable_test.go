package webhook_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/sinktest"
	"github.com/filmwire/filmwire/sinks/webhook"
)

// callTime is a time limit that no other wait has.
const callTime = 7777 * time.Millisecond

// waiting is a clock on which every wait is over at once, but for the time limit of
// a call: that is over when the receiver says that it will never answer.
type waiting struct {
	sinktest.Clock
	never chan struct{}
}

func (c *waiting) Sleep(ctx context.Context, d time.Duration) error {
	if d != callTime {
		return c.Clock.Sleep(ctx, d)
	}
	select {
	case <-c.never:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unreliable is a receiver that does wrong in three calls of ten.
type unreliable struct {
	*receiver
	clock  *waiting
	random *rand.Rand
	mu     sync.Mutex
	wrongs map[string]int
}

func (u *unreliable) fault(w http.ResponseWriter, r *http.Request, take func() error) bool {
	u.mu.Lock()
	wrong, which := u.random.Float64() < 0.3, u.random.IntN(len(wrongs()))
	name := wrongs()[which].name
	if wrong {
		u.wrongs[name]++
	}
	u.mu.Unlock()
	if wrong {
		wrongs()[which].do(u, w, r, take)
	}
	return wrong
}

type wrong struct {
	name string
	do   func(u *unreliable, w http.ResponseWriter, r *http.Request, take func() error)
}

// wrongs are the ways to fail. Those that have taken the event and do not say so
// bring it again; those that have not must not pass for having.
func wrongs() []wrong {
	taken := func(u *unreliable, take func() error) {
		if err := take(); err != nil {
			u.complain("%v", err)
		}
	}
	raw := func(w http.ResponseWriter, reset bool, text string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(conn, text)
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			tcp.SetLinger(0)
		}
		conn.Close()
	}
	type rw = http.ResponseWriter
	return []wrong{
		{"fails", func(_ *unreliable, w rw, _ *http.Request, _ func() error) { w.WriteHeader(500) }},
		{"fails though it took it", func(u *unreliable, w rw, _ *http.Request, take func() error) { taken(u, take); w.WriteHeader(502) }},
		{"asks for time", func(_ *unreliable, w rw, _ *http.Request, _ func() error) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(503)
		}},
		{"is flooded", func(_ *unreliable, w rw, _ *http.Request, _ func() error) { w.WriteHeader(429) }},
		{"hangs", func(u *unreliable, _ rw, r *http.Request, _ func() error) {
			select {
			case u.clock.never <- struct{}{}:
				<-r.Context().Done()
			case <-r.Context().Done():
			}
		}},
		{"resets", func(_ *unreliable, w rw, _ *http.Request, _ func() error) { raw(w, true, "") }},
		{"resets though it took it", func(u *unreliable, w rw, _ *http.Request, take func() error) { taken(u, take); raw(w, true, "") }},
		{"says 200 and closes", func(_ *unreliable, w rw, _ *http.Request, _ func() error) {
			raw(w, false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthan")
		}},
		{"half a chunk", func(u *unreliable, w rw, _ *http.Request, take func() error) {
			taken(u, take)
			raw(w, false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nthan")
		}},
		{"half a header", func(_ *unreliable, w rw, _ *http.Request, _ func() error) {
			raw(w, false, "HTTP/1.1 200 OK\r\nContent-Le")
		}},
		{"no HTTP at all", func(_ *unreliable, w rw, _ *http.Request, _ func() error) { raw(w, false, "220 smtp ready\r\n") }},
	}
}

// lives are reviews that are published, revised, withdrawn and restored, in turns.
func lives(reviews int) []*review.Event {
	kinds := []review.EventKind{review.Published, review.Revised, review.Withdrawn, review.Restored}
	var events []*review.Event
	for revision, kind := range kinds {
		for i := range reviews {
			events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.Kind(kind, revision+1), sinktest.Text(sinktest.Mark(fmt.Sprint(i), revision+1))))
		}
	}
	return events
}

// fill puts events on a log, each on top of what stands of its review.
func fill(t testing.TB, log pipeline.Log, events []*review.Event) {
	t.Helper()
	last := map[review.ID]pipeline.Position{}
	for len(events) > 0 {
		var group []pipeline.Append
		for _, e := range events[:min(len(events), pipeline.MaxAppend)] {
			if len(group) > 0 && group[0].Review.Revision != e.Revision {
				break // the position it stands on is not known yet
			}
			group = append(group, pipeline.Append{Review: e, After: last[e.ReviewID]})
		}
		at, err := log.Append(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range at {
			last[events[i].ReviewID] = p
		}
		events = events[len(group):]
	}
}

func TestAnUnreliableReceiverLosesNothing(t *testing.T) { survive(t, 250) }

func TestProveAnUnreliableReceiverLosesNothing(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("10,000 events: run `make prove`")
	}
	survive(t, 2500)
}

// survive sends the four events of each review through a receiver that fails,
// hangs, resets and lies in three calls of ten. None is lost, every signature
// holds, every review's revisions come in order, and what comes twice has the
// same key: the receiver complains otherwise.
func survive(t *testing.T, reviews int) {
	b, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	events := lives(reviews)
	fill(t, b.Log(), events)

	clock := &waiting{never: make(chan struct{})}
	u := &unreliable{receiver: newReceiver(t), clock: clock, random: rand.New(rand.NewPCG(7, 11)), wrongs: map[string]int{}}
	u.receiver.fault, u.receiver.want = u.fault, len(events)
	s := settings(u.URL)
	s.Timeout = callTime
	env, _ := sinktest.DeliveryEnv()
	env.Clock = clock
	client := fetch.New(fetch.Options{AllowPrivate: true})
	defer client.Close()
	env.HTTP = client
	hook, err := webhook.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	d := pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: "hook", Delivery: hook, Where: &pipeline.Where{}, Backfill: pipeline.Backfill{Mode: pipeline.BackfillAll},
		Log: b.Log(), KV: b.KV(), Logger: slog.New(slog.DiscardHandler), Clock: clock,
	})
	if err := d.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { d.Run(ctx) })
	<-u.arrived
	for head, _ := b.Log().Head(ctx); d.Position() < head && ctx.Err() == nil; {
		runtime.Gosched() // the last answer is on its way
	}
	stop()
	run.Wait()

	t.Logf("%d events, %d calls, wrong in: %v", len(events), u.called(), u.wrongs)
	if got := len(u.ids); got != len(events) {
		t.Errorf("%d of %d events arrived", got, len(events))
	}
	for _, w := range wrongs() {
		if u.wrongs[w.name] == 0 {
			t.Errorf("the receiver never %s: the test says less than it should", w.name)
		}
	}
	for i := range reviews {
		id := review.NewID("test", fmt.Sprint(i))
		if want := sinktest.Mark(fmt.Sprint(i), 4); u.texts[string(id)] != want {
			t.Errorf("review %d stands as %q, want %q", i, u.texts[string(id)], want)
		}
	}
	if keys, err := b.KV().Keys(t.Context(), pipeline.QuarantinePrefix("hook")); err != nil || len(keys) > 0 {
		t.Errorf("in quarantine: %v %v", keys, err)
	}
}
