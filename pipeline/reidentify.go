package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// settledKey is where in KV stands up to where the films are settled.
const settledKey = "films.settled"

// settled says what has been decided again already.
type settled struct {
	Rules    string   `json:"rules"`    // the overrides that were followed
	Position Position `json:"position"` // what stood on the log then has been looked at
}

// settleRounds is how often the films are settled again because somebody else's
// event came in between, or because what was decided asks for another look.
const settleRounds = 16

// Settle looks again at what was decided on grounds that no longer hold: about
// films, where overrides have changed, two films have turned out to be one, or a
// namesake has come up; about bare ratings, where the critic's other scores say more
// or less by now. It puts what follows onto the log: events of films, and every
// review concerned as a revision that changes nothing else. What is to be done is
// worked out from the log's state each time, so that a crash in the middle does no
// harm. Where nothing has changed it costs next to nothing.
func (in *Ingest) Settle(ctx context.Context) error {
	in.deciding.Lock()
	defer in.deciding.Unlock()
	if err := in.settleFilms(ctx); err != nil {
		return err
	}
	if err := in.settleScales(ctx); err != nil {
		return fmt.Errorf("ratings: settle: %w", err)
	}
	return nil
}

// settleFilms looks again at films, and at which one each review is of.
func (in *Ingest) settleFilms(ctx context.Context) error {
	for range settleRounds {
		done, err := in.settleOnce(ctx)
		if done || err != nil && !errors.Is(err, ErrConflict) {
			return settleFault(err)
		}
	}
	return settleFault(fmt.Errorf("%d rounds, and there is more to do: is another Filmwire following other overrides?", settleRounds))
}

// Film is what a film was merged into, or the film itself. It is not ok for one
// that is not known. Safe for use at any time.
func (in *Ingest) Film(id review.FilmID) (review.FilmID, bool) {
	return in.Registry.Current(in.films.Reader(), id)
}

// Ambiguous counts the films between which nobody could choose. Safe for use at any
// time.
func (in *Ingest) Ambiguous() int { return in.Registry.Ambiguous(in.films.Reader()) }

func settleFault(err error) error {
	if err != nil {
		return fmt.Errorf("films: settle: %w", err)
	}
	return nil
}

// settleOnce takes one look and does what follows from it. It is done if nothing
// did.
func (in *Ingest) settleOnce(ctx context.Context) (done bool, err error) {
	if err := in.catchUp(ctx); err != nil {
		return false, err
	}
	if err := in.readSettled(ctx); err != nil {
		return false, err
	}
	now := settled{Rules: in.Registry.Rules(), Position: in.films.Position()}
	before := *in.settled
	if now == before {
		return true, nil
	}
	ruled := now.Rules != before.Rules
	due := in.Registry.Due(in.films.Reader(), before.Position)
	if !ruled && len(due) == 0 {
		in.settled = &now // in memory: the next start may look again
		return true, nil
	}
	identifying := in.Registry.Begin(in.films.Reader())
	films, problems, err := identifying.Settle(due, ruled, in.moment())
	if err != nil {
		return false, err
	}
	if in.warned != now.Rules {
		for _, p := range problems {
			in.Logger.Warn("an override cannot be followed", "override", p)
		}
		in.warned = now.Rules
	}
	ids, err := in.again(ctx, identifying, ruled)
	if err != nil {
		return false, err
	}
	report, err := in.move(ctx, identifying, films, ids)
	if err != nil {
		return false, err
	}
	if report.films+report.reviews > 0 {
		in.Logger.Info("films were settled", "films", report.films, "reviews", report.reviews)
		return false, nil
	}
	return true, in.keepSettled(ctx, now)
}

func (in *Ingest) readSettled(ctx context.Context) error {
	if in.settled != nil {
		return nil
	}
	s := settled{}
	value, err := in.KV.Get(ctx, settledKey)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case json.Unmarshal(value, &s) != nil:
		in.Logger.Warn("what has been settled of the films cannot be read; all is looked at again")
		s = settled{Rules: "?"}
	}
	in.settled = &s
	return nil
}

func (in *Ingest) keepSettled(ctx context.Context, now settled) error {
	value, err := json.Marshal(now)
	if err == nil {
		err = in.KV.Put(ctx, settledKey, value)
	}
	if err == nil {
		in.settled = &now
	}
	return err
}

// again lists the reviews that are to be identified again. What overrides say of a
// review may hang on all of it, so the log is asked; else the ledger knows enough.
func (in *Ingest) again(ctx context.Context, identifying Identifying, ruled bool) (ids []review.ID, err error) {
	if ruled {
		err = in.Log.Latest(ctx, func(e Entry) error {
			if !e.Review.Gone() && identifying.Again(e.Review.ReviewID, &e.Review.Review) {
				ids = append(ids, e.Review.ReviewID)
			}
			return nil
		})
		return ids, err
	}
	prefix := ledgerKey("")
	in.ledger.Reader().Scan(prefix, func(key string, value []byte) bool {
		row, fault := decodeRow(value)
		if fault != nil {
			err = fault
			return false
		}
		r := review.Review{Film: review.Film{ID: row.film, Match: review.Match{Stage: row.stage}}}
		if id := review.ID(key[len(prefix):]); row.kind != review.Withdrawn && identifying.Again(id, &r) {
			ids = append(ids, id)
		}
		return true
	})
	return ids, err
}

// move puts what was decided about films onto the log, and the reviews that are of
// another film now: in one group that goes in as a whole if it is not too large.
func (in *Ingest) move(ctx context.Context, identifying Identifying, events []Append, ids []review.ID) (m moves, err error) {
	for _, id := range ids {
		more, err := in.identifyAgain(ctx, identifying, id)
		if err != nil {
			return m, err
		}
		if len(events)+len(more) > MaxAppend {
			if err := in.put(ctx, events, &m); err != nil {
				return m, err
			}
			events = nil
		}
		events = append(events, more...)
	}
	return m, in.put(ctx, events, &m)
}

// moves counts the events that settling the films came to.
type moves struct{ films, reviews int }

func (in *Ingest) put(ctx context.Context, events []Append, m *moves) error {
	var r Report
	err := in.append(ctx, events, &r)
	m.reviews += r.Events()
	m.films += len(events) - r.Events()
	return err
}

// identifyAgain is what it takes to put a review where it belongs now: nothing, if
// it stands there. Its text has not changed, and so neither has its content hash,
// the time of its last revision nor its id in feeds.
func (in *Ingest) identifyAgain(ctx context.Context, identifying Identifying, id review.ID) ([]Append, error) {
	row, known, err := look(in.ledger.Reader(), id)
	if err != nil || !known || row.kind == review.Withdrawn {
		return nil, err
	}
	latest, err := in.Log.At(ctx, row.position)
	if errors.Is(err, ErrNotFound) { // pushed out by newer ones: the next round has them
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", id, err)
	}
	e := *latest.Review
	before := e.Film
	events, err := identifying.Identify(id, &e.Review, nil, in.moment())
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", id, err)
	}
	override := e.Film.Match.Stage == review.StageOverride
	if e.Film.ID == before.ID && override == (before.Match.Stage == review.StageOverride) {
		return events, nil
	}
	e.Kind, e.Revision = review.Revised, row.revision+1
	e.EventID = review.NewEventID(id, e.Revision)
	return append(events, Append{Review: &e, After: row.position}), nil
}

// moment is the time, as events state it.
func (in *Ingest) moment() time.Time { return in.Clock.Now().Truncate(time.Millisecond) }
