package pipeline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// writersAtOnce is how many files are written at a time. Making one is mostly waiting
// for the file system, which does several at once.
const writersAtOnce = 4

// together does all the work there is, a few at a time, and returns when it is done.
// After an error, or when ctx has ended, nothing more is begun.
func together(ctx context.Context, work []func() error) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	errs := make([]error, min(writersAtOnce, len(work)))
	var failed atomic.Bool
	for w := range errs {
		workers.Go(func() {
			for !failed.Load() && errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(work) {
					return
				}
				if errs[w] = ctx.Err(); errs[w] == nil {
					errs[w] = work[i]()
				}
				failed.CompareAndSwap(false, errs[w] != nil)
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}
