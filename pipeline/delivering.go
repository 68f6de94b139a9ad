package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"sync/atomic"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// DeliveringConfig is what following the log with a delivery takes.
type DeliveringConfig struct {
	Name     string
	Delivery Delivery
	Where    *Where
	Backfill Backfill
	Terms    Terms // what is left at zero is as in [DefaultTerms]
	Pause    bool  // do nothing
	Log      Log
	KV       KV
	Logger   *slog.Logger
	Clock    Clock
}

// Delivering follows the log with one delivery.
type Delivering struct {
	DeliveringConfig
	cursor      cursor
	position    atomic.Uint64
	failures    atomic.Int64
	quarantined atomic.Int64
}

// cursor is how far a delivery has come: original state.
type cursor struct {
	Position Position  `json:"position"`
	Since    time.Time `json:"since,omitzero"` // reviews that came out before are past
}

// NewDelivering prepares to follow. Call Prepare before anything else.
func NewDelivering(c DeliveringConfig) *Delivering {
	c.Logger = c.Logger.With("sink", c.Name)
	c.Terms = c.Terms.orDefault()
	return &Delivering{DeliveringConfig: c}
}

func (d *Delivering) cursorKey() string { return "sink." + d.Name() + ".cursor" }

// Name is the sink's name.
func (d *Delivering) Name() string { return d.DeliveringConfig.Name }

// Position is how far the delivery has come.
func (d *Delivering) Position() Position { return Position(d.position.Load()) }

// Failures counts the tries that failed; Quarantined the events given up.
func (d *Delivering) Failures() int64 { return d.failures.Load() }

// Quarantined counts the events given up since the start.
func (d *Delivering) Quarantined() int64 { return d.quarantined.Load() }

// Prepare finds how far the sink came, and chooses its past at the first start.
func (d *Delivering) Prepare(ctx context.Context) error {
	value, err := d.KV.Get(ctx, d.cursorKey())
	switch {
	case errors.Is(err, ErrNotFound):
		if d.cursor, err = d.begin(ctx); err != nil {
			return fmt.Errorf("sink %q: begin: %w", d.Name(), err)
		}
		return d.save(ctx)
	case err != nil:
		return fmt.Errorf("sink %q: cursor: %w", d.Name(), err)
	}
	if err := json.Unmarshal(value, &d.cursor); err != nil {
		return fmt.Errorf("sink %q: cursor: %w", d.Name(), err)
	}
	d.position.Store(uint64(d.cursor.Position))
	return nil
}

// begin is the cursor of a sink that starts for the first time.
func (d *Delivering) begin(ctx context.Context) (cursor, error) {
	switch d.Backfill.Mode {
	case BackfillAll:
		return cursor{}, nil
	case BackfillSince:
		return cursor{Since: d.Backfill.Since}, nil
	case BackfillLast:
		since, err := d.nthNewest(ctx, d.Backfill.Last)
		return cursor{Since: since}, err
	}
	head, err := d.Log.Head(ctx)
	return cursor{Position: head, Since: d.Clock.Now().Add(-aDay)}, err
}

// aDay is how far back a new sink looks for what is new: a review dated today, as
// most are, without a time, came out at midnight.
const aDay = 24 * time.Hour

// nthNewest is the date of the nth newest review on the log.
func (d *Delivering) nthNewest(ctx context.Context, n int) (time.Time, error) {
	var dates []time.Time
	err := d.Log.Latest(ctx, func(e Entry) error {
		if !e.Review.Gone() {
			dates = append(dates, e.Review.Date())
		}
		return nil
	})
	if err != nil || n <= 0 || len(dates) == 0 {
		return d.Clock.Now(), err
	}
	sort.Slice(dates, func(i, j int) bool { return dates[i].After(dates[j]) })
	return dates[min(n, len(dates))-1], nil
}

func (d *Delivering) save(ctx context.Context) error {
	value, err := json.Marshal(d.cursor)
	if err == nil {
		err = d.KV.Put(ctx, d.cursorKey(), value)
	}
	if err != nil {
		return fmt.Errorf("sink %q: save the cursor: %w", d.Name(), err)
	}
	d.position.Store(uint64(d.cursor.Position))
	return nil
}

// Run follows the log until ctx ends.
func (d *Delivering) Run(ctx context.Context) error {
	if d.Pause {
		<-ctx.Done()
		return ctx.Err()
	}
	return follow(ctx, d.Clock, func() error {
		entries, err := d.Log.Read(ctx, d.Position(), d.Terms.Batch)
		if err != nil {
			return err
		}
		return d.take(ctx, entries, 0)
	}, func(attempt int, wait time.Duration, err error) {
		d.Logger.Error("sink cannot go on and will try again", "position", d.Position(), "attempt", attempt, "wait", wait, "err", err)
	})
}

// catchUpTries is how often CatchUp tries one batch: it must come to an end.
const catchUpTries = 3

// CatchUp delivers everything up to the head of the log as it is now. A batch
// that a few tries do not get through is an error; the next run takes it up.
func (d *Delivering) CatchUp(ctx context.Context) error {
	if d.Pause {
		return nil
	}
	head, err := d.Log.Head(ctx)
	if err != nil {
		return fmt.Errorf("sink %q: %w", d.Name(), err)
	}
	for d.Position() < head {
		entries, err := d.Log.Read(ctx, d.Position(), d.Terms.Batch)
		if err != nil {
			return fmt.Errorf("sink %q: %w", d.Name(), err)
		}
		if err := d.take(ctx, entries, catchUpTries); err != nil {
			return err
		}
	}
	return nil
}

// take delivers a batch until every event has been settled, in order per review,
// and saves the cursor. tries bounds how often, 0 means for ever.
func (d *Delivering) take(ctx context.Context, entries []Entry, tries int) error {
	if len(entries) == 0 {
		return nil
	}
	left := d.wanted(entries)
	for attempt := 1; len(left) > 0; attempt++ {
		now, later := firstOfEach(left)
		again, wait, err := d.deliver(ctx, now, attempt)
		if err != nil {
			return err
		}
		if len(again) > 0 {
			d.failures.Add(1)
			if tries > 0 && attempt >= tries {
				return fmt.Errorf("sink %q: %d events could not be delivered in %d tries; they wait for the next run", d.Name(), len(again)+len(later), tries)
			}
			if err := d.Clock.Sleep(ctx, wait); err != nil {
				return err
			}
		} else {
			attempt = 0 // what comes now has not been tried
		}
		left = append(again, later...)
	}
	d.cursor.Position = entries[len(entries)-1].Position
	return d.save(ctx)
}

// firstOfEach parts the entries into the first of each review, which may be
// delivered now, and the rest, which must wait for those: a stale revision is
// never delivered after a newer one.
func firstOfEach(entries []Entry) (first, rest []Entry) {
	seen := map[review.ID]bool{}
	for _, e := range entries {
		if id := e.Review.ReviewID; seen[id] {
			rest = append(rest, e)
		} else {
			seen[id] = true
			first = append(first, e)
		}
	}
	return first, rest
}

// wanted leaves out films, and reviews that came out before the sink's time.
func (d *Delivering) wanted(entries []Entry) []Entry {
	var out []Entry
	for _, e := range sift(entries, d.Where) {
		if e.Review != nil && d.Terms.takes(e.Review.Kind) && !e.Review.Date().Before(d.cursor.Since) {
			out = append(out, e)
		}
	}
	return out
}

// deliver hands entries over once and returns those to try again, and when.
func (d *Delivering) deliver(ctx context.Context, entries []Entry, attempt int) ([]Entry, time.Duration, error) {
	wait := backoff(attempt)
	var verdicts []Verdict
	err := guarded(func() (err error) {
		verdicts, err = d.Delivery.Deliver(ctx, entries)
		return err
	})
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	if err == nil && len(verdicts) != len(entries) {
		err = fmt.Errorf("%d verdicts for %d events", len(verdicts), len(entries))
	}
	if err != nil {
		d.Logger.Warn("delivery failed and will be tried again", "attempt", attempt, "wait", wait, "err", err)
		return entries, wait, nil
	}
	var again []Entry
	for i, v := range verdicts {
		id := entries[i].Review.ReviewID
		switch v.Outcome {
		case Retry, Pause:
			again = append(again, entries[i])
			if v.After > wait {
				wait = v.After
			}
			d.Logger.Warn("event will be tried again", "review", id, "attempt", attempt, "code", v.Code, "reason", v.Reason)
		case Reject:
			if err := d.quarantine(ctx, entries[i], v, attempt); err != nil {
				return nil, 0, err
			}
		}
	}
	return again, wait, nil
}

// Quarantined is an event that a sink gave up, as it stands in KV.
type Quarantined struct {
	Sink     string    `json:"sink"`
	Code     string    `json:"code,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
	EventID  string    `json:"event_id"`
	Position Position  `json:"position"` // on the log
	// Event is the event's own JSON; absent where it is too large to stand here
	// too.
	Event json.RawMessage `json:"event,omitempty"`
}

// QuarantinePrefix is where in KV the events that a sink gave up stand.
func QuarantinePrefix(sink string) string { return "quarantine." + sink + "." }

func (d *Delivering) quarantine(ctx context.Context, entry Entry, v Verdict, attempts int) error {
	e := entry.Review
	q := Quarantined{
		Sink: d.Name(), Code: v.Code, Reason: v.Reason, Attempts: attempts, At: d.Clock.Now(),
		EventID: e.EventID, Position: entry.Position, Event: e.AppendJSON(nil),
	}
	err := d.putQuarantined(ctx, q)
	if errors.Is(err, ErrTooLarge) {
		q.Event = nil
		err = d.putQuarantined(ctx, q)
	}
	if err != nil {
		return fmt.Errorf("sink %q: quarantine %s: %w", d.Name(), e.EventID, err)
	}
	d.quarantined.Add(1)
	d.Logger.Error("event was rejected and is in quarantine", "review", e.ReviewID, "revision", e.Revision, "code", v.Code, "reason", v.Reason)
	return nil
}

func (d *Delivering) putQuarantined(ctx context.Context, q Quarantined) error {
	var value bytes.Buffer
	enc := json.NewEncoder(&value)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(q); err != nil {
		return err
	}
	return d.KV.Put(ctx, QuarantinePrefix(d.Name())+q.EventID, value.Bytes())
}
