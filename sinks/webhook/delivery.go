package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Delivery calls a receiver. Safe for use by many goroutines.
type Delivery struct {
	settings Settings
	env      pipeline.DeliveryEnv
	words    wordings
	keys     [][]byte // to sign with, the newest first
}

var _ pipeline.Delivery = (*Delivery)(nil)

// New makes the delivery. Settings that Check finds fault with are an error.
func New(s Settings, env pipeline.DeliveryEnv) (*Delivery, error) {
	var faults []error
	fault := func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) }
	s.Check(fault)
	if len(faults) > 0 {
		return nil, fmt.Errorf("webhook %q: %w", env.Name, errors.Join(faults...))
	}
	d := &Delivery{settings: s, env: env, words: s.wordings(fault)}
	for _, secret := range append([]pipeline.Secret{s.Secret}, s.OldSecrets...) {
		if secret.IsZero() {
			continue
		}
		key, err := signingKey(secret)
		if err != nil {
			return nil, fmt.Errorf("webhook %q: secret: %w", env.Name, err)
		}
		d.keys = append(d.keys, key)
	}
	return d, nil
}

// Deliver calls the receiver for each entry, or once for all of them.
func (d *Delivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	if d.settings.Mode == modeBatch {
		return d.together(ctx, entries)
	}
	return d.oneByOne(ctx, entries)
}

// givenUp is how many calls in a row may go without an answer before the rest of
// the batch waits: a receiver that is down would take up the time limit for each.
const givenUp = 3

// oneByOne makes a call for each entry. A review whose event has to wait holds back
// its later ones; a receiver that asks for time, or does not let us in, holds back
// all that follow.
func (d *Delivery) oneByOne(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	verdicts := make([]pipeline.Verdict, len(entries))
	waits := map[review.ID]bool{}
	var rest *pipeline.Verdict
	silent := 0
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		told := e.Outward()
		switch {
		case told == nil:
			continue
		case rest != nil:
			verdicts[i] = *rest
			continue
		case waits[told.ReviewID]:
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry, Code: codeEarlier, Reason: "an earlier event of the review has to be tried again"}
			continue
		}
		v := d.tell(ctx, told, e.Live)
		verdicts[i] = v
		waits[told.ReviewID] = v.Outcome == pipeline.Retry
		if silent++; v.Code != codeUnreachable && v.Code != codeTimeout {
			silent = 0
		}
		if v.Outcome == pipeline.Pause || v.Code == codeSlowDown || v.Code == codeUnavailable || silent == givenUp {
			rest = &pipeline.Verdict{Outcome: pipeline.Retry, After: v.After, Code: codeEarlier, Reason: "not tried: " + v.Reason}
		}
	}
	return verdicts, nil
}

// tell makes the call about one event.
func (d *Delivery) tell(ctx context.Context, e *review.Event, live bool) pipeline.Verdict {
	if d.settings.Mode == modeBatch {
		return d.settle(ctx)(d.composeBatch([]*review.Event{e}))
	}
	return d.settle(ctx)(d.compose(e, live))
}

// settle makes a call that was composed, if it could be and says something.
func (d *Delivery) settle(ctx context.Context) func(*call, error) pipeline.Verdict {
	return func(c *call, err error) pipeline.Verdict {
		switch {
		case err != nil:
			return pipeline.Verdict{Outcome: pipeline.Reject, Code: codeWording, Reason: review.Line(err.Error())}
		case c == nil:
			return pipeline.Verdict{}
		}
		return d.send(ctx, c)
	}
}

// together makes one call about all entries. The verdict on it is that on each; a
// batch that is refused is told again one by one.
func (d *Delivery) together(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	verdicts := make([]pipeline.Verdict, len(entries))
	var events []*review.Event
	for _, e := range entries {
		if told := e.Outward(); told != nil {
			events = append(events, told)
		}
	}
	if len(events) == 0 {
		return verdicts, nil
	}
	v := d.settle(ctx)(d.composeBatch(events))
	if v.Outcome == pipeline.Reject && len(events) > 1 {
		return d.oneByOne(ctx, entries)
	}
	for i, e := range entries {
		if e.Outward() != nil {
			verdicts[i] = v
		}
	}
	return verdicts, nil
}
