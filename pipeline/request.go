package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Request is something a person wants of a delivery. It stands in KV until the
// sink's own loop does it, in a daemon that runs or the next that starts: so nobody
// delivers beside it.
type Request struct {
	ID   string      `json:"id"` // made up by whoever asks; the same id again is the same request
	Kind RequestKind `json:"kind"`
	At   time.Time   `json:"at"`
	// Events are the ids of those to be retried; none is all in quarantine.
	Events []string `json:"events,omitempty"`
	// Replay says which reviews are to be sent again.
	Replay Selection `json:"replay,omitzero"`
}

// RequestKind is what a request asks for.
type RequestKind string

// The kinds of request.
const (
	RequestResume RequestKind = "resume" // go on, after a pause
	RequestRetry  RequestKind = "retry"  // try what is in quarantine again
	RequestReplay RequestKind = "replay" // send reviews again
)

// Selection is which reviews a replay sends: those that came out since a date and
// that a filter keeps. The zero value is all.
type Selection struct {
	Since time.Time `json:"since,omitzero"`
	Where *Where    `json:"where,omitempty"`
}

func (s *Selection) keeps(e *review.Event) bool {
	return !e.Date().Before(s.Since) && (s.Where == nil || s.Where.Match(e))
}

func requestsKey(sink string) string { return "sink." + sink + ".requests" }

// askTries is how often a request is added when another one was first.
const askTries = 20

// Ask adds a request for a sink.
func Ask(ctx context.Context, kv KV, sink string, r Request) error {
	var err error
	for range askTries {
		var waiting []Request
		var revision uint64
		if waiting, revision, err = lookRequests(ctx, kv, sink); err != nil {
			return err
		}
		err = swapRequests(ctx, kv, sink, append(waiting, r), revision)
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return err
}

// Asked lists the requests that a sink has not done yet.
func Asked(ctx context.Context, kv KV, sink string) ([]Request, error) {
	waiting, _, err := lookRequests(ctx, kv, sink)
	return waiting, err
}

func lookRequests(ctx context.Context, kv KV, sink string) ([]Request, uint64, error) {
	value, revision, err := kv.Look(ctx, requestsKey(sink))
	if errors.Is(err, ErrNotFound) {
		return nil, 0, nil
	}
	var waiting []Request
	if err == nil {
		err = json.Unmarshal(value, &waiting)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("requests: %w", err)
	}
	return waiting, revision, nil
}

func swapRequests(ctx context.Context, kv KV, sink string, waiting []Request, revision uint64) error {
	value, err := json.Marshal(waiting)
	if err == nil {
		_, err = kv.Swap(ctx, requestsKey(sink), value, revision)
	}
	if err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	return nil
}

// answer does what people have asked for. A request is taken away when the cursor
// holds what follows from it, so that none is lost.
func (r *round) answer(ctx context.Context) error {
	done := map[string]bool{}
	for range askTries {
		asked, revision, err := lookRequests(ctx, r.KV, r.Name())
		if err != nil || len(asked) == 0 {
			return err
		}
		var left []Request
		for i := range asked {
			finished := done[asked[i].ID]
			if !finished {
				if finished, err = r.do(ctx, &asked[i]); err != nil {
					return err
				}
				done[asked[i].ID] = finished
			}
			if !finished {
				left = append(left, asked[i])
			}
		}
		if len(left) == len(asked) {
			return nil
		}
		if err := r.keepNow(ctx); err != nil {
			return err
		}
		if err := swapRequests(ctx, r.KV, r.Name(), left, revision); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil // the next tick goes on
}

// do does what one request asks for. It is finished when the cursor holds all of it.
func (r *round) do(ctx context.Context, q *Request) (finished bool, err error) {
	switch q.Kind {
	case RequestResume:
		r.resume("asked to")
	case RequestRetry:
		return r.retry(ctx, q)
	case RequestReplay:
		if !slices.ContainsFunc(r.replays, func(p replay) bool { return p.ID == q.ID }) {
			r.replays = append(r.replays, replay{ID: q.ID, Selection: q.Replay, UpTo: r.read})
			r.Logger.Info("replay begins", "replay", q.ID)
		}
	default:
		r.Logger.Warn("request is of a kind that this version does not know, and is dropped", "kind", q.Kind)
	}
	return true, nil
}

// retry puts events from the quarantine into the line, as many as it takes. They
// stay in quarantine until they have got through.
func (r *round) retry(ctx context.Context, q *Request) (finished bool, err error) {
	all, err := Quarantine(ctx, r.KV, r.Name(), q.Events...)
	if err != nil {
		return false, err
	}
	for i := range all {
		if all[i].At.After(q.At) || r.line.open[all[i].Position] != nil {
			continue
		}
		if r.full() {
			return false, nil
		}
		if err := r.retryOne(ctx, &all[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// retryOne puts an event from the quarantine into the line, unless the sink has had
// a newer one of its review since.
func (r *round) retryOne(ctx context.Context, q *Quarantined) error {
	e, err := r.quarantinedEntry(ctx, q)
	if err != nil {
		r.Logger.Error("event in quarantine cannot be tried again", "event", q.EventID, "err", err)
		return nil
	}
	newer, err := r.newerThan(ctx, e)
	if err != nil {
		return err
	}
	if newer != nil {
		r.Logger.Info("event leaves the quarantine: the sink has had a newer one of the review", "event", q.EventID, "newer", newer.Review.EventID)
		delete(r.held, q.EventID)
		return DropQuarantined(ctx, r.KV, r.Name(), q.EventID)
	}
	r.held[q.EventID] = true
	r.join(&item{entry: e, origin: fromQuarantine})
	return nil
}
