package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// tick looks for what nobody tells of: requests, and whether the past of the sink
// can be worked out by now.
func (r *round) tick(ctx context.Context, now time.Time) error {
	if err := r.answer(ctx); err != nil {
		return err
	}
	if now.Sub(r.looked) >= lookEvery { // somebody may have dropped events
		if err := r.lookAtQuarantine(ctx, now); err != nil {
			return err
		}
	}
	if r.last == 0 {
		return nil
	}
	past, ok, err := r.newest(ctx, r.last)
	if ok && err == nil {
		r.past, r.last, r.unsaved = past, 0, true
	}
	return err
}

// full reports whether the line takes no more: so many events wait that the sink
// as a whole must be in trouble.
func (r *round) full() bool { return len(r.line.open) >= mostWaiting }

// feed fills the line: from the log, and from a replay while little else waits.
func (r *round) feed(ctx context.Context) error {
	if r.paused != nil || r.last > 0 || r.stuck {
		return nil
	}
	if err := r.feedReplay(ctx); err != nil {
		return err
	}
	if r.reading || r.full() || r.once && r.read >= r.until {
		return nil
	}
	r.reading = true
	after, most := r.read, min(readAhead, mostWaiting-len(r.line.open))
	r.helpers.Go(func() {
		entries, err := r.Log.Read(ctx, after, most)
		r.reads <- read{entries, err}
	})
	return nil
}

// entered puts what was read into the line, or passes it over.
func (r *round) entered(ctx context.Context, got read) error {
	r.reading = false
	if got.err != nil {
		return got.err
	}
	r.dates.turn()
	for _, e := range got.entries {
		if e.Review != nil && r.Terms.takes(e.Review.Kind) {
			past, err := r.isPast(ctx, r.dates, r.past, e)
			if err != nil {
				return err
			}
			if !past {
				r.join(&item{entry: e})
			}
		}
		r.read = e.Position
	}
	return nil
}

// send hands over what may go.
func (r *round) send(ctx context.Context, now time.Time) {
	for r.paused == nil && !r.stuck && r.calls < r.Terms.Concurrency {
		probing := !r.heldOff.IsZero()
		if probing && (r.calls > 0 || now.Before(r.heldOff)) {
			return
		}
		items := r.line.take(r.Terms.Batch, now, probing)
		if len(items) == 0 {
			return
		}
		r.calls++
		r.helpers.Go(func() { r.results <- r.hand(ctx, items) })
	}
}

// took takes in what came of handing events over.
func (r *round) took(h handed) error {
	r.calls--
	if h.err != nil {
		return h.err
	}
	now := r.Clock.Now()
	var sum tally
	for i, it := range h.items {
		sum.fresh = sum.fresh || it.untried()
		r.settle(it, h.verdicts[i], now, &sum)
	}
	r.judge(now, &sum)
	r.show()
	return nil
}

// tally is what one call of a delivery came to.
type tally struct {
	through bool // something was settled
	failed  int
	fresh   bool          // something was tried for the first time
	why     string        // of the last failure
	after   time.Duration // the shortest wait that the receiver asked for
}

// settle does what the verdict on one event asks for.
func (r *round) settle(it *item, v Verdict, now time.Time, sum *tally) {
	switch v.Outcome {
	case Done, Reject:
		event := it.entry.Review.EventID
		if delete(r.held, event); v.Outcome == Reject {
			r.held[event] = true
		}
		if it.origin == fromLog {
			r.settled = max(r.settled, it.entry.Position)
		}
		r.line.settle(it)
		r.unsaved, sum.through = true, true
	case Retry:
		it.attempts++
		it.tries++
		wait := max(v.After, r.Terms.Retry.wait(it.entry.Review.EventID, it.attempts))
		it.due = now.Add(wait)
		if sum.failed++; sum.failed == 1 || v.After < sum.after {
			sum.after = v.After
		}
		sum.why = fmt.Sprintf("%s: %s", v.Code, v.Reason)
		if !r.once || it.tries < catchUpTries && wait <= longestPause {
			r.line.back(it)
		}
		r.Logger.Debug("event will be tried again", "review", it.entry.Review.ReviewID, "revision", it.entry.Review.Revision, "attempt", it.attempts, "wait", wait, "code", v.Code, "reason", v.Reason)
	case Pause:
		r.pause(v, now)
		fallthrough
	default:
		it.due = time.Time{}
		r.line.back(it)
	}
}

// inTrouble is after how many calls in a row that failed with something new the
// fault is taken to be the receiver's, and not the events': then one call at a time
// tries whether it is back, with longer and longer waits.
const inTrouble = 8

// judge makes of a call what it says of the receiver.
func (r *round) judge(now time.Time, sum *tally) {
	if sum.failed > 0 {
		r.noteFailure(sum)
	}
	switch troubled := !r.heldOff.IsZero(); {
	case sum.through:
		if troubled {
			r.Logger.Info("sink takes events again")
		}
		r.streak, r.heldOff = 0, time.Time{}
	case sum.failed > 0 && (sum.fresh || troubled):
		if r.streak++; r.streak < inTrouble {
			return
		}
		wait := max(r.Terms.Retry.wait(r.Name(), r.streak-inTrouble+1), sum.after)
		r.heldOff = now.Add(wait)
		r.stuck = r.once && (r.streak >= inTrouble+catchUpTries || wait > longestPause)
		if !troubled {
			r.Logger.Warn("nothing gets through; the sink is tried now and then until it takes events again", "reason", sum.why)
		}
	}
}

// noteFailure makes a failure known: on the log once, until all is well again.
func (r *round) noteFailure(sum *tally) {
	r.mu.Lock()
	first := r.status.LastError == ""
	r.status.Failures++
	r.status.LastError = sum.why
	r.mu.Unlock()
	if first {
		r.Logger.Warn("events did not get through and will be tried again", "events", sum.failed, "reason", sum.why)
	}
}

// pause stops the sink until a person has acted.
func (r *round) pause(v Verdict, now time.Time) {
	if r.paused != nil {
		return
	}
	r.paused, r.unsaved = &Paused{Code: v.Code, Reason: v.Reason, At: now, Fingerprint: r.Fingerprint}, true
	r.Logger.Error("sink is paused until somebody has looked; then `filmwire resume` lets it go on", "code", v.Code, "reason", v.Reason)
}

func (r *round) resume(why string) {
	if r.paused == nil {
		return
	}
	r.paused, r.unsaved = nil, true
	r.streak, r.heldOff = 0, time.Time{}
	r.Logger.Info("sink goes on after its pause", "why", why)
}

// feedReplay puts the next events of a replay into the line, as long as there is
// little in it that could go.
func (r *round) feedReplay(ctx context.Context) error {
	if len(r.replays) == 0 || r.picking {
		return nil
	}
	first := &r.replays[0]
	if r.picksOf != first.ID {
		r.picksOf, r.picking = first.ID, true
		replay := *first
		r.helpers.Go(func() {
			positions, err := r.positionsReplayed(ctx, &replay)
			r.picked <- picked{positions, err}
		})
		return nil
	}
	room := r.Terms.Batch * r.Terms.Concurrency
	for len(r.picks) > 0 && r.line.ready.Len() < room && !r.full() {
		if err := r.replayOne(ctx, first, r.picks[0]); err != nil {
			return err
		}
		first.Done, r.picks = r.picks[0], r.picks[1:]
	}
	if len(r.picks) == 0 {
		r.Logger.Info("all of a replay is on its way", "replay", first.ID)
		r.replays, r.picksOf, r.unsaved = r.replays[1:], "", true
	}
	return nil
}

// replayOne sends a review again as it stands now, unless it is about to be sent
// anyway.
func (r *round) replayOne(ctx context.Context, replay *replay, at Position) error {
	e, err := r.Log.At(ctx, at)
	if errors.Is(err, ErrNotFound) {
		return nil // its newer revisions come by themselves
	}
	if err != nil {
		return err
	}
	if r.line.waits(e.Review.ReviewID) {
		return nil
	}
	revisions, err := r.Log.Revisions(ctx, e.Review.Source.Name, e.Review.ReviewID)
	if err != nil {
		return err
	}
	newest, ok := r.Terms.newestFor(revisions, r.read)
	if ok && replayed(newest, &replay.Selection, r.Where) {
		r.join(&item{entry: newest, origin: fromReplay})
	}
	return nil
}
