package pipeline

import (
	"context"
	"time"
)

// follow takes one step after another until ctx ends. A step that fails is tried
// again later; failed is told of each failure, the how many-eth in a row, and how
// long the wait is.
func follow(ctx context.Context, clock Clock, step func() error, failed func(attempt int, wait time.Duration, err error)) error {
	for attempt := 0; ; {
		err := step()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			attempt = 0
			continue
		}
		attempt++
		wait := backoff(attempt)
		failed(attempt, wait, err)
		if err := clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}
