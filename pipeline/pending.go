package pipeline

import (
	"context"
	"errors"
	"fmt"
)

// Pending counts the events that the delivery would tell others of if it began now,
// and says where on the log the first one stands. It changes nothing, and a
// Delivering that is only asked this needs no Delivery. A backfill of the newest so
// many that waits for a first reading to end counts as nothing yet.
func (d *Delivering) Pending(ctx context.Context) (events int, first Position, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sink %q: what it would be handed: %w", d.Name(), err)
		}
	}()
	c, _, err := d.look(ctx)
	if errors.Is(err, ErrNotFound) {
		c, err = d.begin(ctx)
	}
	if err != nil {
		return 0, 0, err
	}
	if c.Last > 0 {
		past, ok, err := d.newest(ctx, c.Last)
		if !ok || err != nil {
			return 0, 0, err
		}
		c.threshold = past
	}
	for _, o := range c.Open {
		if events++; first == 0 {
			first = o.At
		}
	}
	err = d.eachAhead(ctx, &c, func(e Entry) {
		if events++; first == 0 {
			first = e.Position
		}
	})
	return events, first, err
}

// eachAhead calls f with every event that stands behind a cursor, and that there is
// something to tell of.
func (d *Delivering) eachAhead(ctx context.Context, c *cursor, f func(Entry)) error {
	head, err := d.Log.Head(ctx)
	if err != nil {
		return err
	}
	dates := newCalendar(d.KV)
	for at := c.Position; at < head; {
		entries, err := d.Log.Read(ctx, at, batchSize)
		if err != nil {
			return err
		}
		for _, e := range entries {
			at = e.Position
			if e.Review == nil || !d.Terms.takes(e.Review.Kind) {
				continue
			}
			if e = e.judged(d.Where); e.Outward() == nil {
				continue
			}
			past, err := d.isPast(ctx, dates, c.threshold, e)
			if err != nil {
				return err
			}
			if !past {
				f(e)
			}
		}
	}
	return nil
}
