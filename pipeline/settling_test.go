package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
	"github.com/filmwire/filmwire/pipeline/review"
)

// receiver is a delivery whose answers a test makes up. What it has taken is kept
// in the order of arrival. Safe for use by many goroutines.
type receiver struct {
	mu     sync.Mutex
	taken  []*review.Event // that were answered with Done
	answer func(ctx context.Context, e pipeline.Entry) pipeline.Verdict
}

func (r *receiver) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	verdicts := make([]pipeline.Verdict, len(entries))
	for i, e := range entries {
		if r.answer != nil {
			verdicts[i] = r.answer(ctx, e)
		}
		if verdicts[i].Outcome == pipeline.Done {
			r.mu.Lock()
			r.taken = append(r.taken, e.Review)
			r.mu.Unlock()
		}
	}
	return verdicts, nil
}

// names is what was taken: "1/2" is revision 2 of the review with the guid 1.
func (r *receiver) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, e := range r.taken {
		all = append(all, name(e))
	}
	return all
}

func name(e *review.Event) string { return fmt.Sprintf("%s/%d", e.Source.GUID, e.Revision) }

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.taken)
}

// publish puts the first events of reviews onto the log, undated, of no source that
// was ever polled.
func (w *wire) publish(from, to int) {
	w.t.Helper()
	for from < to {
		n := min(to-from, pipeline.MaxAppend)
		group := make([]pipeline.Append, n)
		for i := range group {
			group[i] = pipeline.Append{Review: bustest.Review("s", from+i)}
		}
		if _, err := w.log.Append(w.t.Context(), group); err != nil {
			w.t.Fatal(err)
		}
		from += n
	}
}

// revise puts the next event of a review onto the log.
func (w *wire) revise(n int, kind review.EventKind) {
	w.t.Helper()
	e := bustest.Review("s", n)
	revisions, err := w.log.Revisions(w.t.Context(), "s", e.ReviewID)
	if err != nil || len(revisions) == 0 {
		w.t.Fatalf("%d revisions, %v", len(revisions), err)
	}
	last := revisions[len(revisions)-1]
	if _, err := w.log.Append(w.t.Context(), []pipeline.Append{{Review: bustest.Revise(last.Review, kind), After: last.Position}}); err != nil {
		w.t.Fatal(err)
	}
}

// to prepares to deliver everything to r; change may change how.
func (w *wire) to(r pipeline.Delivery, change func(*pipeline.DeliveringConfig)) *pipeline.Delivering {
	w.t.Helper()
	c := pipeline.DeliveringConfig{
		Name: "r", Delivery: r, Backfill: backfillAll, Log: w.log, KV: w.bus.KV(), Logger: quiet(), Clock: w.clock,
	}
	if change != nil {
		change(&c)
	}
	d := pipeline.NewDelivering(c)
	if err := d.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// running runs d until stop is called, which waits for its end.
func running(t testing.TB, d *pipeline.Delivering) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	return func() { cancel(); <-ended }
}

func (w *wire) ask(r pipeline.Request) {
	w.t.Helper()
	r.At = w.clock.Now()
	if err := pipeline.Ask(w.t.Context(), w.bus.KV(), "r", r); err != nil {
		w.t.Fatal(err)
	}
}

func retryAlways(names ...string) func(context.Context, pipeline.Entry) pipeline.Verdict {
	return func(_ context.Context, e pipeline.Entry) pipeline.Verdict {
		if slices.Contains(names, name(e.Review)) {
			return pipeline.Verdict{Outcome: pipeline.Retry, Code: "busy", Reason: "not now"}
		}
		return pipeline.Verdict{}
	}
}

// TestWhatWaitsHoldsNobodyUp: neither in the run in which it waits nor in the next,
// which does not repeat its neighbours; but the later revisions of its own review
// wait behind it.
func TestWhatWaitsHoldsNobodyUp(t *testing.T) {
	w := newWire(t)
	w.publish(0, 3)
	w.revise(1, review.Revised)
	w.revise(0, review.Revised)
	r := &receiver{answer: retryAlways("1/1")}
	for range 2 {
		if err := w.to(r, nil).CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "wait for the next run") {
			t.Errorf("catch up: %v", err)
		}
		if got := r.names(); !reflect.DeepEqual(got, []string{"0/1", "2/1", "0/2"}) {
			t.Fatalf("taken %v", got)
		}
	}
	d := w.to(r, nil)
	if st := d.Status(); st.Position != 1 || st.Waiting != 2 {
		t.Errorf("after a restart %+v, want everything settled up to 1 and 2 waiting", st)
	}
	r.answer = nil
	catchUp(t, d)
	if got := r.names()[3:]; !reflect.DeepEqual(got, []string{"1/1", "1/2"}) {
		t.Errorf("then %v", got)
	}
	if st := d.Status(); st.Position != 5 || st.Waiting != 0 {
		t.Errorf("in the end %+v", st)
	}
}

func TestGivenUpAfterSoManyTries(t *testing.T) {
	w := newWire(t)
	w.publish(0, 2)
	r := &receiver{answer: retryAlways("0/1")}
	terms := pipeline.Terms{Retry: pipeline.RetryPolicy{Attempts: 5}}
	change := func(c *pipeline.DeliveringConfig) { c.Terms = terms }
	w.to(r, change).CatchUp(t.Context()) // three tries
	d := w.to(r, change)
	catchUp(t, d) // and two more
	held, err := pipeline.Quarantine(t.Context(), w.bus.KV(), "r")
	if err != nil || len(held) != 1 || held[0].Attempts != 5 || held[0].Code != "busy" || !strings.Contains(held[0].Reason, "after 5 tries") {
		t.Fatalf("quarantine %+v, %v", held, err)
	}
	if st := d.Status(); st.Quarantined != 1 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}

func TestOnlyTheKindsAskedFor(t *testing.T) {
	w := newWire(t)
	w.publish(0, 2)
	w.revise(0, review.Revised)
	w.revise(1, review.Withdrawn)
	w.revise(1, review.Restored)
	var r receiver
	d := w.to(&r, func(c *pipeline.DeliveringConfig) {
		c.Terms.Events = []review.EventKind{review.Published, review.Withdrawn}
	})
	catchUp(t, d)
	if got := r.names(); !reflect.DeepEqual(got, []string{"0/1", "1/1", "1/2"}) {
		t.Errorf("taken %v", got)
	}
	if d.Position() != 5 {
		t.Errorf("stands at %d", d.Position())
	}
}

// TestPause: the sink stops, says why, stays so over a restart, and goes on when
// somebody says so or when its config changes.
func TestPause(t *testing.T) {
	for _, c := range []struct {
		name   string
		lift   func(*wire)
		config string
	}{
		{"resumed", func(w *wire) { w.ask(pipeline.Request{ID: "1", Kind: pipeline.RequestResume}) }, "a"},
		{"another config", func(*wire) {}, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			w.publish(0, 3)
			locked := true
			r := &receiver{}
			r.answer = func(_ context.Context, e pipeline.Entry) pipeline.Verdict {
				if locked && name(e.Review) == "1/1" {
					return pipeline.Verdict{Outcome: pipeline.Pause, Code: "unauthorized", Reason: "the key is not known"}
				}
				return pipeline.Verdict{}
			}
			with := func(config string) *pipeline.Delivering {
				return w.to(r, func(c *pipeline.DeliveringConfig) { c.Fingerprint, c.Terms.Batch = config, 1 })
			}
			if err := with("a").CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "unauthorized: the key is not known") {
				t.Errorf("catch up: %v", err)
			}
			locked = false
			d := with("a")
			if err := d.CatchUp(t.Context()); err == nil || r.count() != 1 {
				t.Errorf("after a restart it goes on: %v, %v", r.names(), err)
			}
			if st := d.Status(); st.Paused == nil || st.Paused.Code != "unauthorized" {
				t.Errorf("status %+v", st)
			}
			if st, err := pipeline.ReadDelivery(t.Context(), w.bus.KV(), "r"); err != nil || st.Paused == nil || st.Position != 1 {
				t.Errorf("read from beside: %+v, %v", st, err)
			}
			c.lift(w)
			d = with(c.config)
			catchUp(t, d)
			if got := r.names(); !reflect.DeepEqual(got, []string{"0/1", "1/1", "2/1"}) {
				t.Errorf("taken %v", got)
			}
			if st := d.Status(); st.Paused != nil {
				t.Errorf("status %+v", st)
			}
		})
	}
}

// TestDeadReceiver: when nothing gets through, the sink does not try every event of
// a long log, and a run comes to an end.
func TestDeadReceiver(t *testing.T) {
	w := newWire(t)
	w.publish(0, 300)
	var calls atomic.Int64
	r := &receiver{answer: func(context.Context, pipeline.Entry) pipeline.Verdict {
		calls.Add(1)
		return pipeline.Verdict{Outcome: pipeline.Retry, Code: "down"}
	}}
	d := w.to(r, func(c *pipeline.DeliveringConfig) { c.Terms.Batch = 1 })
	if err := d.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "down") {
		t.Errorf("catch up: %v", err)
	}
	if n := calls.Load(); n > 50 {
		t.Errorf("%d calls of a receiver that is down", n)
	}
	r.answer = nil
	catchUp(t, w.to(r, nil))
	if n := r.count(); n != 300 {
		t.Errorf("%d taken when it was back", n)
	}
}

// TestPoisonDoesNotStop: many events that never get through, more than it takes to
// think the receiver dead, and those behind them do.
func TestPoisonDoesNotStop(t *testing.T) {
	w := newWire(t)
	w.publish(0, 60)
	var poison []string
	for n := range 30 {
		poison = append(poison, fmt.Sprintf("%d/1", n))
	}
	r := &receiver{answer: retryAlways(poison...)}
	d := w.to(r, func(c *pipeline.DeliveringConfig) { c.Terms.Batch = 1 })
	stop := running(t, d)
	waitFor(t, func() bool { return r.count() >= 30 })
	stop()
	if st := d.Status(); st.Waiting != 30 || r.count() != 30 {
		t.Errorf("%d taken, %+v", r.count(), st)
	}
}

// mortal is a KV of a process that can be killed: then nothing it does has an
// effect.
type mortal struct {
	pipeline.KV
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) Put(ctx context.Context, key string, value []byte) error {
	if m.dead.Load() {
		return errDead
	}
	return m.KV.Put(ctx, key, value)
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	if m.dead.Load() {
		return errDead
	}
	return m.KV.Delete(ctx, key)
}

func (m *mortal) Swap(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if m.dead.Load() {
		return 0, errDead
	}
	return m.KV.Swap(ctx, key, value, revision)
}

// TestNothingIsLost: events through a receiver that fails in 30 of 100 calls, now
// and then as a whole, and rejects some, while the sink is killed again and again.
// Every event is delivered or in quarantine, none comes before an earlier one of its
// review, and what comes twice has the same id.
func TestNothingIsLost(t *testing.T) { nothingIsLost(t, 1000, 8) }

// TestProveNothingIsLost is the same at length.
func TestProveNothingIsLost(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("FILMWIRE_PROVE is not set")
	}
	nothingIsLost(t, 10_000, 60)
}

func nothingIsLost(t *testing.T, events, kills int) {
	w := newWire(t)
	reviews := events / 4
	w.publish(0, reviews)
	for i := range events - reviews {
		w.revise(i%reviews, review.Revised)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var mu sync.Mutex // over random
	roll := func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(100) < n
	}
	r := &receiver{}
	r.answer = func(_ context.Context, e pipeline.Entry) pipeline.Verdict {
		switch {
		case roll(1):
			panic("the receiver's client has a fault")
		case roll(28):
			return pipeline.Verdict{Outcome: pipeline.Retry, Code: "busy"}
		case roll(1):
			return pipeline.Verdict{Outcome: pipeline.Reject, Code: "no"}
		}
		return pipeline.Verdict{}
	}
	open := func(kv pipeline.KV) *pipeline.Delivering {
		return w.to(r, func(c *pipeline.DeliveringConfig) {
			c.KV, c.Terms = kv, pipeline.Terms{Batch: 1 + random.IntN(20), Concurrency: 1 + random.IntN(4)}
		})
	}
	for i := range kills {
		kv := &mortal{KV: w.bus.KV()}
		stop := running(t, open(kv))
		waitFor(t, func() bool { return r.count() >= (i+1)*events/(kills+1) })
		kv.dead.Store(true)
		stop()
	}
	d := open(w.bus.KV())
	stop := running(t, d)
	waitFor(t, func() bool { st := d.Status(); return int(st.Position) == events && st.Waiting == 0 })
	stop()
	held, err := pipeline.Quarantine(t.Context(), w.bus.KV(), "r")
	if err != nil {
		t.Fatal(err)
	}
	account(t, r, held, events)
}

// account wants every event exactly once, delivered or in quarantine, in order of
// each review.
func account(t *testing.T, r *receiver, held []pipeline.Quarantined, events int) {
	t.Helper()
	seen, newest := map[string]bool{}, map[review.ID]int{}
	twice := 0
	for _, e := range r.taken {
		if seen[e.EventID] {
			twice++
			continue
		}
		seen[e.EventID] = true
		if e.Revision < newest[e.ReviewID] {
			t.Errorf("%s came after revision %d", name(e), newest[e.ReviewID])
		}
		newest[e.ReviewID] = e.Revision
	}
	both := 0
	for _, q := range held {
		if seen[q.EventID] {
			both++ // rejected, killed before that was kept, and taken the next time; or the other way round
		}
		seen[q.EventID] = true
	}
	if len(seen) != events {
		t.Errorf("%d of %d events are accounted for", len(seen), events)
	}
	t.Logf("%d events: %d in quarantine, %d delivered twice, %d both", events, len(held), twice, both)
}

// shortLog is a log that answers only so many times what stands at a position.
type shortLog struct {
	pipeline.Log
	answers atomic.Int64
}

func (l *shortLog) At(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
	if l.answers.Add(-1) < 0 {
		return pipeline.Entry{}, errors.New("the log does not answer")
	}
	return l.Log.At(ctx, at)
}

// TestWhatWaitsOutlivesAStartThatIsCutShort stops a delivery while it brings back what
// an earlier run could not deliver: none of it may be forgotten.
func TestWhatWaitsOutlivesAStartThatIsCutShort(t *testing.T) {
	for answers := range 4 {
		w := newWire(t)
		w.publish(0, 4)
		later := &receiver{answer: func(context.Context, pipeline.Entry) pipeline.Verdict {
			return pipeline.Verdict{Outcome: pipeline.Retry, Code: "busy"}
		}}
		if err := w.to(later, nil).CatchUp(t.Context()); err == nil {
			t.Fatal("nothing waits: the test says nothing")
		}
		short := &shortLog{Log: w.log}
		short.answers.Store(int64(answers))
		r := &receiver{}
		if err := w.to(r, func(c *pipeline.DeliveringConfig) { c.Log = short }).CatchUp(t.Context()); err == nil {
			t.Fatal("the log answered")
		}
		if err := w.to(r, nil).CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.count(); got != 4 {
			t.Errorf("cut short after %d: %d of 4 came: %v", answers, got, r.names())
		}
	}
}
