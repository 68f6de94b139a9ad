package pipeline_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

func rejectAll(names ...string) func(context.Context, pipeline.Entry) pipeline.Verdict {
	return func(_ context.Context, e pipeline.Entry) pipeline.Verdict {
		if slices.Contains(names, name(e.Review)) {
			return pipeline.Verdict{Outcome: pipeline.Reject, Code: "no", Reason: "not here"}
		}
		return pipeline.Verdict{}
	}
}

func (w *wire) held() []string {
	w.t.Helper()
	held, err := pipeline.Quarantine(w.t.Context(), w.bus.KV(), "r")
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, q := range held {
		e, err := review.ParseEvent(q.Event)
		if err != nil {
			w.t.Fatal(err)
		}
		names = append(names, name(e))
	}
	return names
}

// TestQuarantineTriedAgain: what gets through leaves; what does not stays; what the
// sink has had a newer one of leaves without being sent; and neither waits for ever.
func TestQuarantineTriedAgain(t *testing.T) {
	w := newWire(t)
	w.publish(0, 5)
	w.revise(3, review.Revised)
	w.revise(4, review.Revised)
	r := &receiver{answer: rejectAll("1/1", "2/1", "3/1", "4/1", "4/2")}
	catchUp(t, w.to(r, nil))
	if got := w.held(); !reflect.DeepEqual(got, []string{"1/1", "2/1", "3/1", "4/1", "4/2"}) {
		t.Fatalf("quarantine %v", got)
	}
	r.answer = rejectAll("2/1")
	w.ask(pipeline.Request{ID: "all", Kind: pipeline.RequestRetry})
	d := w.to(r, nil)
	catchUp(t, d)
	if got := r.names(); !reflect.DeepEqual(got, []string{"0/1", "3/2", "1/1", "4/1", "4/2"}) {
		t.Errorf("taken %v", got)
	}
	if got := w.held(); !reflect.DeepEqual(got, []string{"2/1"}) || d.Status().Quarantined != 1 {
		t.Errorf("quarantine %v, %+v", got, d.Status())
	}
	if asked, err := pipeline.Asked(t.Context(), w.bus.KV(), "r"); err != nil || len(asked) != 0 {
		t.Errorf("still asked: %v, %v", asked, err)
	}
	r.answer = nil
	q, err := pipeline.Quarantine(t.Context(), w.bus.KV(), "")
	if err != nil {
		t.Fatal(err)
	}
	w.ask(pipeline.Request{ID: "one", Kind: pipeline.RequestRetry, Events: []string{q[0].EventID}})
	stop := running(t, d) // the same loop, in a daemon
	waitFor(t, func() bool { return d.Status().Quarantined == 0 && r.count() == 6 })
	stop()
	if got := w.held(); got != nil {
		t.Errorf("quarantine %v", got)
	}
}

// TestMoreInQuarantineThanTheLineTakes: a retry of all goes on until all are tried.
func TestMoreInQuarantineThanTheLineTakes(t *testing.T) {
	const many = 1300
	w := newWire(t)
	w.publish(0, many)
	r := &receiver{answer: func(context.Context, pipeline.Entry) pipeline.Verdict {
		return pipeline.Verdict{Outcome: pipeline.Reject, Code: "no"}
	}}
	catchUp(t, w.to(r, nil))
	if got := len(w.held()); got != many {
		t.Fatalf("%d in quarantine", got)
	}
	r.answer = nil
	w.ask(pipeline.Request{ID: "all", Kind: pipeline.RequestRetry})
	d := w.to(r, nil)
	stop := running(t, d)
	waitFor(t, func() bool { return d.Status().Quarantined == 0 && d.Status().Waiting == 0 })
	stop()
	if r.count() != many || w.held() != nil {
		t.Errorf("%d taken, %d left", r.count(), len(w.held()))
	}
}

func replayRequest(id string, s pipeline.Selection) pipeline.Request {
	return pipeline.Request{ID: id, Kind: pipeline.RequestReplay, Replay: s}
}

// TestReplay: the preview says what is sent; each review comes once, as it stands;
// and it goes on where it was after a crash.
func TestReplay(t *testing.T) {
	w := newWire(t)
	w.publish(0, 6)
	w.revise(1, review.Revised)
	w.revise(2, review.Withdrawn)
	where := &pipeline.Where{Critics: []string{"Jane Doe"}, MinRating: review.Int(50)}
	for _, c := range []struct {
		name   string
		events []review.EventKind
		pick   pipeline.Selection
		want   []string
	}{
		{"all", nil, pipeline.Selection{}, []string{"0/1", "3/1", "4/1", "5/1", "1/2", "2/2"}},
		{"a filter that keeps all", nil, pipeline.Selection{Where: where}, []string{"0/1", "3/1", "4/1", "5/1", "1/2", "2/2"}},
		{"a filter that keeps none", nil, pipeline.Selection{Where: &pipeline.Where{Critics: []string{"nobody"}}}, nil},
		{"since", nil, pipeline.Selection{Since: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		{"as published", []review.EventKind{review.Published}, pipeline.Selection{}, []string{"0/1", "1/1", "3/1", "4/1", "5/1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &receiver{}
			change := func(d *pipeline.DeliveringConfig) {
				d.Terms.Events, d.Backfill = c.events, pipeline.Backfill{Mode: pipeline.BackfillNone}
			}
			p, err := pipeline.PreviewReplay(t.Context(), w.log, pipeline.Terms{Events: c.events}, nil, c.pick)
			if err != nil || p.Events != len(c.want) {
				t.Errorf("preview %+v, %v", p, err)
			}
			for i, e := range p.First {
				if name(e) != c.want[i] {
					t.Errorf("preview: %s goes first, want %s", name(e), c.want[i])
				}
			}
			w.ask(replayRequest(c.name, c.pick))
			catchUp(t, w.to(r, change))
			if got := r.names(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("sent %v, want %v", got, c.want)
			}
			catchUp(t, w.to(r, change))
			if r.count() != len(c.want) {
				t.Error("sent again by the next run")
			}
		})
	}
}

// TestReplayBesideNews: while a replay goes on, with restarts, reviews are revised;
// nothing stale comes after something newer, and each review comes.
func TestReplayBesideNews(t *testing.T) {
	const reviews = 200
	w := newWire(t)
	w.publish(0, reviews)
	r := &receiver{}
	catchUp(t, w.to(r, nil))
	w.ask(replayRequest("1", pipeline.Selection{}))
	before := r.count()
	for round := range 5 {
		d := w.to(r, func(c *pipeline.DeliveringConfig) { c.Terms = pipeline.Terms{Batch: 3, Concurrency: 3} })
		stop := running(t, d)
		for n := range 10 {
			w.revise(round*40+n*3, review.Revised)
		}
		at := min(before+(round+1)*45, before+reviews)
		waitFor(t, func() bool { return r.count() >= at })
		stop()
	}
	d := w.to(r, nil)
	catchUp(t, d)
	newest, again := map[review.ID]int{}, map[review.ID]bool{}
	for _, e := range r.taken[before:] {
		if e.Revision < newest[e.ReviewID] {
			t.Errorf("%s came after revision %d", name(e), newest[e.ReviewID])
		}
		newest[e.ReviewID], again[e.ReviewID] = e.Revision, true
	}
	if len(again) != reviews {
		t.Errorf("%d of %d reviews came again", len(again), reviews)
	}
}

// handClock is a clock that only the test moves.
type handClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting map[chan struct{}]time.Time
}

func newHandClock() *handClock {
	return &handClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), waiting: map[chan struct{}]time.Time{}}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	woken := make(chan struct{})
	c.mu.Lock()
	c.waiting[woken] = c.now.Add(d)
	if d <= 0 {
		delete(c.waiting, woken)
		close(woken)
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, woken)
		c.mu.Unlock()
	}()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *handClock) sleepers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for woken, at := range c.waiting {
		if !at.After(c.now) {
			delete(c.waiting, woken)
			close(woken)
		}
	}
}

// TestTwoDaemons: only one of them delivers; when it dies the other takes over; and
// the one that comes back from the dead cannot put its cursor back.
func TestTwoDaemons(t *testing.T) {
	w := newWire(t)
	w.publish(0, 10)
	clock := newHandClock()
	one, two := &receiver{}, &receiver{}
	kv := &mortal{KV: w.bus.KV()}
	as := func(holder string, kv pipeline.KV, r *receiver) *pipeline.Delivering {
		return w.to(r, func(c *pipeline.DeliveringConfig) { c.Holder, c.KV, c.Clock = holder, kv, clock })
	}
	first := as("one", kv, one)
	stopOne := running(t, first)
	waitFor(t, func() bool { return one.count() == 10 })
	second := as("two", w.bus.KV(), two)
	stopTwo := running(t, second)
	waitFor(t, func() bool { return second.Status().Elsewhere })
	for range 10 { // it says that it is there, and keeps the sink
		w.beat(clock)
	}
	w.publish(10, 20)
	waitFor(t, func() bool { return one.count() == 20 })
	if n := two.count(); n != 0 {
		t.Fatalf("the second daemon delivered %d beside the first", n)
	}
	waitFor(t, func() bool { return w.saved() == 20 })
	kv.dead.Store(true) // nothing of the first gets through any more
	waitFor(t, func() bool { clock.move(5 * time.Second); return !second.Status().Elsewhere })
	w.publish(20, 30)
	waitFor(t, func() bool { return second.Position() == 30 })
	kv.dead.Store(false) // it was only asleep
	for !first.Status().Elsewhere {
		w.beat(clock)
	}
	w.publish(30, 40)
	waitFor(t, func() bool { return second.Position() == 40 })
	stopTwo()
	if got := two.names(); len(got) != 20 || got[0] != "20/1" {
		t.Errorf("the second delivered %v", got)
	}
	w.publish(40, 50) // it has given the sink back
	waitFor(t, func() bool { clock.move(5 * time.Second); return first.Position() == 50 })
	stopOne()
}

// beat lets the time pass in which the daemon that has the sink must say so, and
// sees that it does, while another one waits.
func (w *wire) beat(clock *handClock) {
	w.t.Helper()
	revision := w.cursorRevision()
	for range 3 {
		waitFor(w.t, func() bool { return clock.sleepers() >= 2 })
		clock.move(4 * time.Second)
	}
	waitFor(w.t, func() bool { return w.cursorRevision() > revision })
}

func (w *wire) cursorRevision() uint64 {
	_, revision, err := w.bus.KV().Look(w.t.Context(), "sink.r.cursor")
	if err != nil {
		w.t.Fatal(err)
	}
	return revision
}

func (w *wire) saved() pipeline.Position {
	st, err := pipeline.ReadDelivery(w.t.Context(), w.bus.KV(), "r")
	if err != nil {
		w.t.Fatal(err)
	}
	return st.Position
}

// TestARunBesideADaemon does not deliver, and is no error.
func TestARunBesideADaemon(t *testing.T) {
	w := newWire(t)
	w.publish(0, 3)
	clock := newHandClock()
	one, two := &receiver{}, &receiver{}
	stop := running(t, w.to(one, func(c *pipeline.DeliveringConfig) { c.Holder, c.Clock = "one", clock }))
	waitFor(t, func() bool { return one.count() == 3 && w.saved() == 3 })
	ended := make(chan error, 1)
	second := w.to(two, func(c *pipeline.DeliveringConfig) { c.Holder, c.Clock = "two", clock })
	go func() { ended <- second.CatchUp(t.Context()) }()
	waitFor(t, func() bool {
		clock.move(11 * time.Second)
		return len(ended) == 1
	})
	if err := <-ended; err != nil || two.count() != 0 {
		t.Errorf("%v, %d delivered", err, two.count())
	}
	stop()
}

// TestHanging: a sink that hangs keeps nobody from delivering, nor the daemon from
// stopping.
func TestHanging(t *testing.T) {
	w := newWire(t)
	let := make(chan struct{})
	defer close(let)
	var hanging atomic.Bool
	a := &receiver{answer: func(context.Context, pipeline.Entry) pipeline.Verdict {
		hanging.Store(true)
		<-let // whatever its context says
		return pipeline.Verdict{Outcome: pipeline.Retry}
	}}
	b := &receiver{}
	stopA := running(t, w.to(a, func(c *pipeline.DeliveringConfig) { c.Name, c.Grace = "a", time.Millisecond }))
	stopB := running(t, w.to(b, func(c *pipeline.DeliveringConfig) { c.Name = "b" }))
	w.publish(0, 3000)
	waitFor(t, func() bool { return hanging.Load() && b.count() == 3000 })
	stopA()
	stopB()
}

// TestPastOfUndated: what a source held at its first reading is past, with a date or
// without; what comes later without one is new.
func TestPastOfUndated(t *testing.T) {
	w := newWire(t)
	undated := func(guid string) review.Document { return dated(guid, time.Time{}) }
	var documents []review.Document
	source := &pipeline.Polled{Name: "years", Source: reader(func(out pipeline.Out) {
		for _, d := range documents {
			out.Document(d)
		}
	})}
	poll := func(ds ...review.Document) {
		t.Helper()
		documents = ds
		if _, err := w.ingest.Poll(t.Context(), source, nil); err != nil {
			t.Fatal(err)
		}
	}
	r := &receiver{}
	sink := func() *pipeline.Delivering {
		return w.to(r, func(c *pipeline.DeliveringConfig) { c.Backfill = pipeline.Backfill{Mode: pipeline.BackfillNone} })
	}
	sink() // it begins before anything is there
	poll(undated("a"), undated("b"))
	catchUp(t, sink())
	if got := r.names(); got != nil {
		t.Fatalf("of the first reading came %v", got)
	}
	poll(undated("a"), undated("b"), undated("c"))
	catchUp(t, sink())
	old := dated("c", time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC))
	old.RawSHA256, old.Body = "other", "now with a date"
	poll(undated("a"), undated("b"), old)
	poll(undated("a"), undated("b"))
	catchUp(t, sink())
	if got := r.names(); !reflect.DeepEqual(got, []string{"c/1", "c/2", "c/3"}) {
		t.Errorf("came %v, want the review that was new until it is withdrawn", got)
	}
}

// stretches is a source that hands out one document at a time, and says that there is
// more to come.
type stretches struct{ documents []review.Document }

func (s *stretches) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	err := out.Document(s.documents[0])
	if len(s.documents) > 1 {
		s.documents = s.documents[1:]
		return pipeline.Reading{More: true}, err
	}
	return pipeline.Reading{}, err
}

// TestPastComesInStretches: the first reading of a source that hands out its past bit
// by bit is over with the last bit, and what comes undated before is past.
func TestPastComesInStretches(t *testing.T) {
	w := newWire(t)
	s := &stretches{}
	for _, guid := range []string{"a", "b", "c"} {
		s.documents = append(s.documents, dated(guid, time.Time{}))
	}
	r := &receiver{}
	sink := w.to(r, func(c *pipeline.DeliveringConfig) { c.Backfill = pipeline.Backfill{Mode: pipeline.BackfillNone} })
	poll := func() {
		t.Helper()
		if _, err := w.ingest.Poll(t.Context(), &pipeline.Polled{Name: "years", Source: s}, nil); err != nil {
			t.Fatal(err)
		}
		catchUp(t, sink)
	}
	for range 3 {
		poll()
	}
	if got := r.names(); got != nil {
		t.Fatalf("of the past came %v", got)
	}
	s.documents = []review.Document{dated("d", time.Time{})}
	poll()
	if got := r.names(); !reflect.DeepEqual(got, []string{"d/1"}) {
		t.Errorf("came %v, want what was new", got)
	}
}

// TestBackfillOfTheLast: worked out when the first reading is through, among what
// the filter keeps.
func TestBackfillOfTheLast(t *testing.T) {
	for _, c := range []struct {
		name    string
		undated bool
		want    []string
	}{{"dated", false, []string{"05", "07"}}, {"undated", true, nil}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			r := &receiver{}
			sink := func() *pipeline.Delivering {
				return w.to(r, func(d *pipeline.DeliveringConfig) {
					d.Backfill = pipeline.Backfill{Mode: pipeline.BackfillLast, Last: 2}
					d.Where = &pipeline.Where{Films: []string{"film-01-2000", "film-03-2000", "film-05-2000", "film-07-2000"}}
				})
			}
			catchUp(t, sink()) // the log is empty
			if _, err := w.ingest.Poll(t.Context(), &pipeline.Polled{Name: "years", Source: reader(func(out pipeline.Out) {
				for n := range 10 {
					at := time.Date(2010+n, 1, 1, 0, 0, 0, 0, time.UTC)
					if c.undated {
						at = time.Time{}
					}
					out.Document(dated(fmt.Sprintf("%02d", n), at))
				}
			})}, nil); err != nil {
				t.Fatal(err)
			}
			catchUp(t, sink())
			var shown []string
			for _, e := range r.taken {
				if anyOf := []string{"01", "03", "05", "07"}; slices.Contains(anyOf, e.Source.GUID) {
					shown = append(shown, e.Source.GUID)
				}
			}
			if c.undated { // which two of them is nobody's to say, but two
				if len(shown) != 2 {
					t.Errorf("came %v", shown)
				}
				return
			}
			if !reflect.DeepEqual(shown, c.want) {
				t.Errorf("came %v, want %v", shown, c.want)
			}
		})
	}
}

// BenchmarkDeliveries is how many events a second go through a delivery that does
// nothing, one after the other and as many at once as are allowed.
func BenchmarkDeliveries(b *testing.B) {
	for _, terms := range []pipeline.Terms{{Batch: 100, Concurrency: 1}, {Batch: 1, Concurrency: 1}, {Batch: 1, Concurrency: 8}} {
		b.Run(fmt.Sprintf("batch %d, concurrency %d", terms.Batch, terms.Concurrency), func(b *testing.B) {
			const events = 5000
			w := newWire(b)
			w.publish(0, events)
			for b.Loop() {
				b.StopTimer()
				name := fmt.Sprintf("r%d", w.clock.Now().UnixNano())
				d := w.to(&receiver{}, func(c *pipeline.DeliveringConfig) { c.Name, c.Terms, c.Clock = name, terms, pipeline.SystemClock{} })
				b.StartTimer()
				if err := d.CatchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkIndependence is how long an event takes to a sink, at the 99th of 100,
// while another one is idle, hangs or fails, in proportion to the first.
func BenchmarkIndependence(b *testing.B) {
	ways := []struct {
		name   string
		answer func(context.Context, pipeline.Entry) pipeline.Verdict
	}{
		{"alone", nil},
		{"hanging", func(ctx context.Context, _ pipeline.Entry) pipeline.Verdict {
			<-ctx.Done()
			return pipeline.Verdict{Outcome: pipeline.Retry}
		}},
		{"failing", func(context.Context, pipeline.Entry) pipeline.Verdict {
			return pipeline.Verdict{Outcome: pipeline.Retry, Code: "down"}
		}},
	}
	for b.Loop() {
		took := make([][]time.Duration, len(ways))
		for range 3 { // in turns, for the machine is not always the same
			for i, way := range ways {
				took[i] = append(took[i], latencies(b, way.answer)...)
			}
		}
		for i := range ways {
			slices.Sort(took[i])
		}
		p99 := func(i int) float64 { return float64(took[i][len(took[i])*99/100]) }
		b.ReportMetric(p99(0)/1e6, "alone-p99-ms")
		for i := 1; i < len(ways); i++ {
			b.ReportMetric(p99(i)/p99(0), ways[i].name+"/alone-p99")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// latencies are from before an event is put on the log until sink B has it, while
// sink A, if there is one, answers in its way.
func latencies(b *testing.B, answer func(context.Context, pipeline.Entry) pipeline.Verdict) []time.Duration {
	b.Helper()
	w := newWire(b)
	defer w.close()
	arrived := make(chan struct{}, 1)
	sinkB := &receiver{answer: func(context.Context, pipeline.Entry) pipeline.Verdict {
		arrived <- struct{}{}
		return pipeline.Verdict{}
	}}
	system := func(name string) func(*pipeline.DeliveringConfig) {
		return func(c *pipeline.DeliveringConfig) { c.Name, c.Clock = name, pipeline.SystemClock{} }
	}
	if answer != nil {
		defer running(b, w.to(&receiver{answer: answer}, system("a")))()
	}
	defer running(b, w.to(sinkB, system("b")))()
	var took []time.Duration
	for n := range 300 {
		start := time.Now()
		w.publish(n, n+1)
		<-arrived
		took = append(took, time.Since(start))
	}
	return took
}
