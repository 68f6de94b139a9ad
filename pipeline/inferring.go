package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/filmwire/filmwire/pipeline/review"
)

// asRead is a rating before anything was inferred.
func asRead(r review.Rating) review.Rating {
	if r.Basis != review.BasisInferred {
		return r
	}
	return review.Rating{Kind: review.Ambiguous, Raw: r.Raw, FoundIn: r.FoundIn, Span: r.Span}
}

// hashAsRead is the content hash of an event before anything was inferred: what a
// document that is read again is compared with.
func hashAsRead(e *review.Event) string {
	if e.Rating.Basis != review.BasisInferred {
		return e.ContentHash
	}
	r := e.Review
	r.Rating = asRead(r.Rating)
	return r.ContentHash()
}

// rerate puts the review's bare number on a scale, or on none where it does not fit
// or scale is "", and reports whether that changes it.
func (v Scales) rerate(e *review.Event, scale string) bool {
	before := e.Rating
	bare := asRead(before)
	now, ok := v.rate(bare.Raw, scale)
	if ok {
		now.Raw, now.FoundIn, now.Span = bare.Raw, bare.FoundIn, bare.Span
	} else {
		now = bare
	}
	had := ""
	if before.Basis == review.BasisInferred {
		had = scaleWord(before.Worst, before.Best)
	}
	if !ok && had == "" || ok && had == scale {
		return false
	}
	e.Rating = now
	e.ContentHash = e.Review.ContentHash()
	return true
}

// infer puts bare numbers among the events that are about to go onto the log on the
// scale that the critic uses, as the log shows it and the events themselves.
func (in *Ingest) infer(events []Append) {
	var open []*review.Event
	for i := range events {
		if e := events[i].Review; e != nil && e.Rating.Kind == review.Ambiguous && e.Critic.ID != "" {
			open = append(open, e)
		}
	}
	if len(open) == 0 || in.Inference.Rate == nil {
		return
	}
	scales, st := Scales{in.Inference}, in.scales.Reader()
	more := map[string]map[string]int{}
	add := func(row scaleRow, by int) {
		if row.group == "" || row.open {
			return
		}
		if more[row.group] == nil {
			more[row.group] = map[string]int{}
		}
		more[row.group][row.scale] += by
	}
	for i := range events {
		if e := events[i].Review; e != nil {
			add(rowIn(st, e.ReviewID), -1)
			add(scaleRowOf(e), 1)
		}
	}
	shown := map[string]string{} // the scale, by group
	for _, e := range open {
		group := scaleGroup(e.Critic)
		scale, known := shown[group]
		if !known {
			counts := countsIn(st, group)
			for word, n := range more[group] {
				counts[word] += n
			}
			scale = verdict(counts)
			shown[group] = scale
		}
		scales.rerate(e, scale)
	}
}

// settleScales looks again at the ratings that stand otherwise on the log than the
// critic's other scores say by now: bare numbers that are on a scale now, and those
// that were and are not any more. Each is a revision. What is to be done is in the
// view's state, so that a crash in the middle does no harm.
func (in *Ingest) settleScales(ctx context.Context) error {
	conflicts, inferred, open := 0, 0, 0
	defer func() {
		if inferred+open > 0 {
			in.Logger.Info("bare ratings were looked at again by the critics' other scores", "inferred", inferred, "ambiguous", open)
		}
	}()
	for conflicts < conflictTries {
		if err := in.catchUp(ctx); err != nil {
			return err
		}
		events, err := in.rescale(ctx)
		if err != nil || len(events) == 0 {
			return err
		}
		positions, err := in.Log.Append(ctx, events)
		for i := range positions {
			if events[i].Review.Rating.Kind == review.Scored {
				inferred++
			} else {
				open++
			}
		}
		switch {
		case errors.Is(err, ErrConflict):
			conflicts++
		case err != nil:
			return err
		}
	}
	return fmt.Errorf("%d tries, and somebody else was first each time: %w", conflictTries, ErrConflict)
}

// rescale is what it takes to put the first reviews that are due where they belong.
func (in *Ingest) rescale(ctx context.Context) (events []Append, err error) {
	var due []review.ID
	st := in.scales.Reader()
	st.Scan(duePrefix, func(key string, _ []byte) bool {
		due = append(due, review.ID(key[len(duePrefix):]))
		return len(due) < groupSize
	})
	now := in.moment()
	for _, id := range due {
		row, known, err := look(in.ledger.Reader(), id)
		if err != nil {
			return nil, err
		}
		if !known || row.kind == review.Withdrawn {
			continue
		}
		latest, err := in.Log.At(ctx, row.position)
		if errors.Is(err, ErrNotFound) { // pushed out by newer ones: the next round has them
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("review %s: %w", id, err)
		}
		e := *latest.Review
		scale, _ := st.Get(groupScaleKey(scaleGroup(e.Critic)))
		if !(Scales{in.Inference}).rerate(&e, string(scale)) {
			continue
		}
		e.Kind, e.Revision, e.RevisedAt = review.Revised, row.revision+1, now
		e.EventID = review.NewEventID(id, e.Revision)
		events = append(events, Append{Review: &e, After: row.position})
	}
	return events, nil
}
