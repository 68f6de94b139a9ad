package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// cursor is how far a delivery has come, as it stands in KV: original state. All of
// it is one value, so that no crash tears it, and it is only ever put on top of the
// revision that was read, so that a daemon that lost the sink to another cannot put
// it back: see decision 0018.
type cursor struct {
	// Position: every event up to here is settled, but for those in Open.
	Position Position `json:"position"`
	Open     []open   `json:"open,omitempty"`
	threshold
	// Last is a backfill of the newest so many that is yet to be worked out.
	Last    int      `json:"last,omitempty"`
	Paused  *Paused  `json:"paused,omitempty"`
	Replays []replay `json:"replays,omitempty"`
	// Holder is the daemon that delivers, "" where none does or only one could.
	Holder string `json:"holder,omitempty"`
}

// open is an event up to the cursor's position that is not settled.
type open struct {
	At       Position  `json:"at"`
	Attempts int       `json:"attempts,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Origin   origin    `json:"origin,omitempty"`
}

// Paused says why a delivery does nothing until a person has acted.
type Paused struct {
	Code   string    `json:"code"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	// Fingerprint is of the config that it was paused under: another one lets it
	// go on.
	Fingerprint string `json:"fingerprint,omitempty"`
}

func cursorKey(sink string) string { return "sink." + sink + ".cursor" }

// low is the position up to which every event of the log is settled.
func (c *cursor) low() Position {
	at := c.Position
	for _, o := range c.Open {
		if o.Origin == fromLog {
			at = min(at, o.At-1)
		}
	}
	return at
}

// look reads the cursor and its revision. ErrNotFound before the first start.
func (d *Delivering) look(ctx context.Context) (cursor, uint64, error) {
	var c cursor
	value, revision, err := d.KV.Look(ctx, cursorKey(d.Name()))
	if err == nil {
		err = json.Unmarshal(value, &c)
	}
	return c, revision, err
}

// swap puts a cursor on top of a revision.
func (d *Delivering) swap(ctx context.Context, c *cursor, revision uint64) (uint64, error) {
	value, err := json.Marshal(c)
	if err != nil {
		return 0, fmt.Errorf("cursor: %w", err)
	}
	revision, err = d.KV.Swap(ctx, cursorKey(d.Name()), value, revision)
	if errors.Is(err, ErrConflict) {
		err = fmt.Errorf("%w: %w", errTaken, err)
	}
	return revision, err
}

var (
	errTaken     = errors.New("another daemon has taken the sink over")
	errElsewhere = errors.New("another daemon delivers to this sink")
)

const (
	// holdFor is how long a daemon that says nothing more keeps a sink from others.
	holdFor = 30 * time.Second
	// beatEvery is how often a daemon with nothing to save says that it is there.
	beatEvery = holdFor / 3
)

// hold takes the sink for this daemon, waiting for as long as another one has it.
// That one is gone when its cursor has stayed the same for a while by this daemon's
// own clock: the clocks of two machines are not compared. With wait false the
// answer for a sink that another one has is errElsewhere.
func (d *Delivering) hold(ctx context.Context, wait bool) (cursor, uint64, error) {
	for seen := uint64(0); ; {
		c, revision, err := d.look(ctx)
		if err != nil {
			return c, 0, fmt.Errorf("cursor: %w", err)
		}
		if c.Holder == d.Holder {
			return c, revision, nil
		}
		if c.Holder == "" || revision == seen {
			c.Holder = d.Holder
			revision, err = d.swap(ctx, &c, revision)
			if errors.Is(err, errTaken) {
				seen = 0
				continue // somebody else was first, or it is there after all
			}
			return c, revision, err
		}
		if seen != 0 && !wait {
			return c, 0, errElsewhere
		}
		d.note(&c, nil)
		seen = revision
		if err := d.Clock.Sleep(ctx, holdFor); err != nil {
			return c, 0, err
		}
	}
}
