package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
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
	// Holder names the daemon among those that share the log, the same after a
	// restart; only one of them delivers at a time. "" where there is no other.
	Holder string
	// Fingerprint is of what the config says of the sink: when it changes, a sink
	// that has paused itself goes on.
	Fingerprint string
	// Grace is how long a call of the delivery may take to return when its context
	// has ended, before it is left behind; 0 is 10 s.
	Grace time.Duration
}

// Delivering follows the log with one delivery. It settles each event by itself:
// one that has to wait holds up the later events of its own review and nothing
// else.
type Delivering struct {
	DeliveringConfig

	mu     sync.Mutex // over status
	status DeliveryStatus
}

// DeliveryStatus is how a delivery is doing.
type DeliveryStatus struct {
	Position    Position // every event up to here is settled
	Waiting     int      // events that were read and are not settled
	Quarantined int
	Paused      *Paused // nil while it goes on
	Elsewhere   bool    // another daemon delivers
	Failures    int64   // tries that failed, since the start
	LastError   string  // of the last try that failed, until one gets through
}

// NewDelivering prepares to follow. Call Prepare before anything else.
func NewDelivering(c DeliveringConfig) *Delivering {
	c.Logger = c.Logger.With("sink", c.Name)
	c.Terms = c.Terms.orDefault()
	return &Delivering{DeliveringConfig: c}
}

// Name is the sink's name.
func (d *Delivering) Name() string { return d.DeliveringConfig.Name }

// Status is how the delivery is doing.
func (d *Delivering) Status() DeliveryStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Position is how far the delivery has come.
func (d *Delivering) Position() Position { return d.Status().Position }

// ReadDelivery reads how a delivery is doing from KV, whether or not a daemon runs:
// the status as of the last save, without what only a daemon knows.
func ReadDelivery(ctx context.Context, kv KV, sink string) (DeliveryStatus, error) {
	d := &Delivering{DeliveringConfig: DeliveringConfig{Name: sink, KV: kv}}
	c, _, err := d.look(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return DeliveryStatus{}, fmt.Errorf("sink %q: %w", sink, err)
	}
	held, err := kv.Keys(ctx, QuarantinePrefix(sink))
	if err != nil {
		return DeliveryStatus{}, fmt.Errorf("sink %q: %w", sink, err)
	}
	return DeliveryStatus{Position: c.low(), Waiting: len(c.Open), Paused: c.Paused, Quarantined: len(held)}, nil
}

// note makes a cursor known to those who ask for the status. more, which may be
// nil, adds to it.
func (d *Delivering) note(c *cursor, more func(*DeliveryStatus)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Position, d.status.Waiting, d.status.Paused = c.low(), len(c.Open), c.Paused
	d.status.Elsewhere = c.Holder != "" && c.Holder != d.Holder
	if more != nil {
		more(&d.status)
	}
}

// Prepare finds how far the sink came, and chooses its past at the first start.
func (d *Delivering) Prepare(ctx context.Context) error {
	c, revision, err := d.look(ctx)
	if errors.Is(err, ErrNotFound) {
		if c, err = d.begin(ctx); err == nil {
			_, err = d.swap(ctx, &c, revision)
		}
		if errors.Is(err, errTaken) {
			err = nil // another daemon has chosen
		}
	}
	if err != nil {
		return fmt.Errorf("sink %q: prepare: %w", d.Name(), err)
	}
	held, err := d.KV.Keys(ctx, QuarantinePrefix(d.Name()))
	if err != nil {
		return fmt.Errorf("sink %q: prepare: %w", d.Name(), err)
	}
	d.note(&c, func(s *DeliveryStatus) { s.Quarantined = len(held) })
	return nil
}

// Run follows the log until ctx ends. While another daemon has the sink it waits
// its turn.
func (d *Delivering) Run(ctx context.Context) error {
	if d.Pause {
		<-ctx.Done()
		return ctx.Err()
	}
	return follow(ctx, d.Clock, func() error {
		err := d.round(ctx, false, 0)
		if errors.Is(err, errTaken) && ctx.Err() == nil {
			d.Logger.Warn("another daemon has taken the sink over; waiting in case it goes away")
			return nil
		}
		return err
	}, func(attempt int, wait time.Duration, err error) {
		d.Logger.Error("sink cannot go on and will try again", "position", d.Position(), "attempt", attempt, "wait", wait, "err", err)
	})
}

// CatchUp delivers everything up to the head of the log as it is now, and what
// people have asked for. What a few tries do not get through is an error; it waits
// for the next run, which does not repeat the rest.
func (d *Delivering) CatchUp(ctx context.Context) error {
	if d.Pause {
		return nil
	}
	head, err := d.Log.Head(ctx)
	if err == nil {
		err = d.round(ctx, true, head)
	}
	if errors.Is(err, errElsewhere) {
		d.Logger.Info("another daemon delivers to the sink")
		return nil
	}
	if err != nil {
		return fmt.Errorf("sink %q: %w", d.Name(), err)
	}
	return nil
}
