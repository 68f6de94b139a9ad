package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// handed is what came of handing events over once.
type handed struct {
	items    []*item
	verdicts []Verdict // one for each
	err      error     // what the engine met: nothing is settled
}

const (
	// callLimit is how long one call of a delivery may take. Its own limits are
	// shorter; this one keeps a plug-in that hangs from holding events for ever.
	callLimit = 15 * time.Minute
	// callGrace is how long a call may take to return when its context has ended,
	// where the config of the delivering says nothing.
	callGrace = 10 * time.Second
	// callRest is how long a call that is under way is let be when the sink is to
	// stop: what is cut short has perhaps been done, and would be done again.
	callRest = 5 * time.Second
)

var errHangs = errors.New("the sink does not return, though it was told to stop")

const (
	// codeFailed is of the verdicts on all events of a call that failed as a whole.
	codeFailed = "failed"
	// cutShort is the outcome of a call that was told to stop: no fault of the
	// event's.
	cutShort Outcome = -1
)

// hand hands events over once and keeps what follows at once: the quarantine.
func (d *Delivering) hand(ctx context.Context, items []*item) handed {
	entries := make([]Entry, len(items))
	for i, it := range items {
		entries[i] = it.entry
	}
	verdicts, err := d.call(ctx, entries)
	if err == nil && len(verdicts) != len(entries) {
		err = fmt.Errorf("%d verdicts for %d events", len(verdicts), len(entries))
	}
	if err != nil {
		verdicts = make([]Verdict, len(items))
		for i := range verdicts {
			verdicts[i] = Verdict{Outcome: Retry, Code: codeFailed, Reason: err.Error()}
		}
	}
	h := handed{items: items, verdicts: verdicts}
	for i, it := range items {
		if ctx.Err() != nil && verdicts[i].Outcome != Done && verdicts[i].Outcome != Reject {
			h.verdicts[i] = Verdict{Outcome: cutShort}
			continue
		}
		if h.verdicts[i], h.err = d.conclude(context.WithoutCancel(ctx), it, verdicts[i]); h.err != nil {
			break
		}
	}
	return h
}

// call is Deliver, bounded: once ctx has ended it may come to its end by itself for
// a while, and then returns soon, whatever the plug-in does.
func (d *Delivering) call(stopping context.Context, entries []Entry) ([]Verdict, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(stopping), callLimit)
	defer cancel()
	defer context.AfterFunc(stopping, func() {
		if d.Clock.Sleep(ctx, callRest) == nil {
			cancel()
		}
	})()
	type answer struct {
		verdicts []Verdict
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.err = guarded(func() (err error) {
			a.verdicts, err = d.Delivery.Deliver(ctx, entries)
			return err
		})
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.verdicts, a.err
	case <-ctx.Done():
	}
	grace, end := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(d.Grace, callGrace))
	defer end()
	select {
	case a := <-answers:
		return a.verdicts, a.err
	case <-grace.Done():
		d.Logger.Error("sink does not return, though it was told to stop; it is left behind", "events", len(entries))
		return nil, errHangs
	}
}

// conclude puts an event into the quarantine or takes it out, and makes a last try
// that failed a rejection.
func (d *Delivering) conclude(ctx context.Context, it *item, v Verdict) (Verdict, error) {
	if most := d.Terms.Retry.Attempts; v.Outcome == Retry && most > 0 && it.attempts+1 >= most {
		v.Outcome, v.Reason = Reject, fmt.Sprintf("given up after %d tries: %s", it.attempts+1, v.Reason)
	}
	switch {
	case v.Outcome == Reject:
		return v, d.quarantine(ctx, it, v)
	case v.Outcome == Done && it.held:
		return v, d.KV.Delete(ctx, quarantineKey(d.Name(), it.entry.Review.EventID))
	}
	return v, nil
}
