package sinktest

import (
	"context"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Clock is a clock that only sleepers move: Sleep returns at once and the time
// has passed. The zero value stands at [Epoch].
type Clock struct {
	mu    sync.Mutex
	slept time.Duration
}

var _ pipeline.Clock = (*Clock)(nil)

// Epoch is when a Clock and a made-up history begin.
func Epoch() time.Time { return time.Date(2010, time.September, 15, 12, 0, 0, 0, time.UTC) }

// Now is Epoch and what has been slept.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Epoch().Add(c.slept)
}

// Sleep moves the clock by d, unless ctx has ended.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept += d
	return nil
}
