package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

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

const quarantineKeys = "quarantine."

// QuarantinePrefix is where in KV the events that a sink gave up stand.
func QuarantinePrefix(sink string) string { return quarantineKeys + sink + "." }

func quarantineKey(sink, event string) string { return QuarantinePrefix(sink) + event }

// Quarantine lists the events that a sink gave up, in log order; "" is every sink,
// one after the other. With ids of events, only those are listed.
func Quarantine(ctx context.Context, kv KV, sink string, events ...string) ([]Quarantined, error) {
	prefix := quarantineKeys
	if sink != "" {
		prefix = QuarantinePrefix(sink)
	}
	keys, err := kv.Keys(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	var all []Quarantined
	for _, key := range keys {
		sink, event, _ := strings.Cut(strings.TrimPrefix(key, quarantineKeys), ".")
		if len(events) > 0 && !slices.Contains(events, event) {
			continue
		}
		q, err := readQuarantined(ctx, kv, sink, event)
		if errors.Is(err, ErrNotFound) {
			continue // delivered or dropped meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, q)
	}
	slices.SortStableFunc(all, func(a, b Quarantined) int {
		if a.Sink != b.Sink {
			return strings.Compare(a.Sink, b.Sink)
		}
		return int(a.Position) - int(b.Position)
	})
	return all, nil
}

func readQuarantined(ctx context.Context, kv KV, sink, event string) (q Quarantined, err error) {
	value, err := kv.Get(ctx, quarantineKey(sink, event))
	if err == nil {
		err = json.Unmarshal(value, &q)
	}
	if err != nil {
		return q, fmt.Errorf("quarantine of sink %q: event %s: %w", sink, event, err)
	}
	return q, nil
}

// DropQuarantined forgets an event that a sink gave up.
func DropQuarantined(ctx context.Context, kv KV, sink, event string) error {
	if err := kv.Delete(ctx, quarantineKey(sink, event)); err != nil {
		return fmt.Errorf("quarantine of sink %q: drop event %s: %w", sink, event, err)
	}
	return nil
}

// quarantinedEntry is an event in quarantine as it stands on the log, or as it was
// kept where the log no longer has it.
func (d *Delivering) quarantinedEntry(ctx context.Context, q *Quarantined) (Entry, error) {
	e, err := d.Log.At(ctx, q.Position)
	if err == nil && e.Review != nil && e.Review.EventID == q.EventID {
		return e, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Entry{}, err
	}
	if len(q.Event) == 0 {
		return Entry{}, fmt.Errorf("event %s is no longer on the log, and was too large to be kept besides", q.EventID)
	}
	kept, err := review.ParseEvent(q.Event)
	return Entry{Position: q.Position, Review: kept}, err
}

// newerThan is an event of the same review that the sink has had after this one, or
// is about to have; nil where there is none.
func (r *round) newerThan(ctx context.Context, e Entry) (*Entry, error) {
	revisions, err := r.Log.Revisions(ctx, e.Review.Source.Name, e.Review.ReviewID)
	if err != nil {
		return nil, err
	}
	for i := range revisions {
		n := &revisions[i]
		had := n.Position > e.Position && n.Position <= r.read && r.Terms.takes(n.Review.Kind)
		if had && (r.line.open[n.Position] != nil || !r.held[n.Review.EventID]) {
			return n, nil
		}
	}
	return nil, nil
}

// quarantine keeps an event that was rejected for people to look at.
func (d *Delivering) quarantine(ctx context.Context, it *item, v Verdict) error {
	e := it.entry.Review
	q := Quarantined{
		Sink: d.Name(), Code: v.Code, Reason: v.Reason, Attempts: it.attempts + 1, At: d.Clock.Now(),
		EventID: e.EventID, Position: it.entry.Position, Event: e.AppendJSON(nil),
	}
	err := d.putQuarantined(ctx, q)
	if errors.Is(err, ErrTooLarge) {
		q.Event = nil
		err = d.putQuarantined(ctx, q)
	}
	if err != nil {
		return fmt.Errorf("quarantine %s: %w", e.EventID, err)
	}
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
	return d.KV.Put(ctx, quarantineKey(d.Name(), q.EventID), value.Bytes())
}
