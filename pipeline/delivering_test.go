package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// post is a delivery that notes what it got and answers as it is told.
type post struct {
	got     []string // "guid:kind/revision", "!" in front of what is to be taken back
	answer  func(e pipeline.Entry, try int) pipeline.Verdict
	tries   map[string]int
	fail    int // calls yet to fail as a whole
	verdict int // so many verdicts too few, once
}

func (p *post) Deliver(_ context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	if p.fail > 0 {
		p.fail--
		return nil, errors.New("no connection")
	}
	if p.tries == nil {
		p.tries = map[string]int{}
	}
	verdicts := make([]pipeline.Verdict, 0, len(entries))
	for _, e := range entries {
		name := fmt.Sprintf("%s:%s/%d", e.Review.Source.GUID, e.Review.Kind, e.Review.Revision)
		if !e.Live {
			name = "!" + name
		}
		p.tries[name]++
		var v pipeline.Verdict
		if p.answer != nil {
			v = p.answer(e, p.tries[name])
		}
		if v.Outcome == pipeline.Done {
			p.got = append(p.got, name)
		}
		verdicts = append(verdicts, v)
	}
	short := min(p.verdict, len(verdicts))
	p.verdict = 0
	return verdicts[short:], nil
}

func (w *wire) delivering(p *post, b pipeline.Backfill, where *pipeline.Where) *pipeline.Delivering {
	w.t.Helper()
	d := pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: "post", Delivery: p, Where: where, Backfill: b, Log: w.log, KV: w.bus.KV(), Logger: quiet(), Clock: w.clock,
	})
	if err := d.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return d
}

var backfillAll = pipeline.Backfill{Mode: pipeline.BackfillAll}

func TestDeliveryGetsEachEventOnce(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|x"}
	w.poll()
	var p post
	catchUp(t, w.delivering(&p, backfillAll, nil))
	w.shelf.texts["a"] = "Soul|better"
	delete(w.shelf.texts, "b")
	w.poll()
	catchUp(t, w.delivering(&p, backfillAll, nil)) // restarted
	catchUp(t, w.delivering(&p, backfillAll, nil))
	want := []string{"a:published/1", "b:published/1", "c:published/1", "a:revised/2", "!b:withdrawn/2"}
	if !reflect.DeepEqual(p.got, want) {
		t.Errorf("delivered %v, want %v", p.got, want)
	}
}

func TestFilterTakesBackWhatLeavesIt(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine"}
	w.poll()
	var p post
	where := &pipeline.Where{Films: []string{"soul-2020"}}
	catchUp(t, w.delivering(&p, backfillAll, where))
	w.shelf.texts["a"] = "Coco|another film"
	w.poll()
	catchUp(t, w.delivering(&p, backfillAll, where))
	if want := []string{"a:published/1", "!b:published/1", "!a:revised/2"}; !reflect.DeepEqual(p.got, want) {
		t.Errorf("delivered %v, want %v", p.got, want)
	}
}

// TestBackfill: the past is what came out before the sink began, also when it is
// read later.
func TestBackfill(t *testing.T) {
	for _, c := range []struct {
		name     string
		backfill pipeline.Backfill
		want     string
	}{
		{"all", backfillAll, "2010 2015 2020 2025 2027"},
		{"none", pipeline.Backfill{Mode: pipeline.BackfillNone}, "2027"},
		{"since", pipeline.Backfill{Mode: pipeline.BackfillSince, Since: time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC)}, "2020 2025 2027"},
		{"last", pipeline.Backfill{Mode: pipeline.BackfillLast, Last: 2}, "2015 2020 2025 2027"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			polled := func(years ...int) *pipeline.Polled {
				return &pipeline.Polled{Name: "years", Source: reader(func(out pipeline.Out) {
					for _, y := range years {
						out.Document(dated(fmt.Sprint(y), time.Date(y, 7, 1, 0, 0, 0, 0, time.UTC)))
					}
				})}
			}
			if _, err := w.ingest.Poll(t.Context(), polled(2010, 2015, 2020), nil); err != nil {
				t.Fatal(err)
			}
			var p post
			d := w.delivering(&p, c.backfill, nil)
			catchUp(t, d)
			// 2025 is old news that a source shows later; 2027 is new.
			if _, err := w.ingest.Poll(t.Context(), polled(2010, 2015, 2020, 2025, 2027), nil); err != nil {
				t.Fatal(err)
			}
			catchUp(t, d)
			got := strings.Join(p.got, " ")
			got = strings.ReplaceAll(got, ":published/1", "")
			if got != c.want {
				t.Errorf("delivered %s, want %s", got, c.want)
			}
		})
	}
}

func TestRetryAndReject(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|x"}
	w.poll()
	w.shelf.texts["a"] = "Soul|better"
	w.poll()
	p := &post{fail: 1, verdict: 1, answer: func(e pipeline.Entry, try int) pipeline.Verdict {
		switch e.Review.Source.GUID {
		case "a":
			if e.Review.Revision == 1 && try == 1 {
				return pipeline.Verdict{Outcome: pipeline.Retry, After: time.Hour, Code: "busy"}
			}
		case "b":
			return pipeline.Verdict{Outcome: pipeline.Reject, Code: "no", Reason: "not wanted here"}
		}
		return pipeline.Verdict{}
	}}
	d := w.delivering(p, backfillAll, nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	head, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return d.Position() == head })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run ends with %v", err)
	}
	var ofA []string
	for _, name := range p.got {
		if strings.HasPrefix(name, "a:") && (len(ofA) == 0 || ofA[len(ofA)-1] != name) {
			ofA = append(ofA, name)
		}
	}
	if want := []string{"a:published/1", "a:revised/2"}; !reflect.DeepEqual(ofA, want) {
		t.Errorf("delivered of a: %v, want %v and nothing stale behind", ofA, want)
	}
	keys, err := w.bus.KV().Keys(t.Context(), pipeline.QuarantinePrefix("post"))
	if err != nil || len(keys) != 1 {
		t.Fatalf("quarantine %v, %v", keys, err)
	}
	value, err := w.bus.KV().Get(t.Context(), keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var q pipeline.Quarantined
	if err := json.Unmarshal(value, &q); err != nil || q.Code != "no" || !strings.Contains(string(q.Event), `"guid":"b"`) || q.Attempts < 1 {
		t.Errorf("quarantine holds %+v, %v", q, err)
	}
	if n := d.Status().Quarantined; n != 1 {
		t.Errorf("%d in quarantine", n)
	}
}

// TestCatchUpComesToAnEnd: what a sink does not take waits for the next run.
func TestCatchUpComesToAnEnd(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good"}
	w.poll()
	p := &post{fail: 1 << 20}
	d := w.delivering(p, backfillAll, nil)
	if err := d.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "wait for the next run") {
		t.Errorf("catch up: %v", err)
	}
	p.fail = 0
	catchUp(t, w.delivering(p, backfillAll, nil))
	if len(p.got) != 1 {
		t.Errorf("delivered %v", p.got)
	}
}
