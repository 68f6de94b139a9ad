package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/filmwire/filmwire/pipeline"
)

// Summary is what one run over everything came to.
type Summary struct {
	Reports []pipeline.Report // by source, in the config's order
	Errors  []error           // of sources and of sinks
}

// NeedsAttention says that somebody should look.
func (s *Summary) NeedsAttention() bool {
	for i := range s.Reports {
		if s.Reports[i].NeedsAttention() {
			return true
		}
	}
	return len(s.Errors) > 0
}

// pollsAtOnce is how many sources are read at the same time.
const pollsAtOnce = 4

// Once polls every source once and lets every sink catch up. The error is one
// that stopped the run as a whole; what single sources and sinks met is in the
// summary.
func (d *Daemon) Once(ctx context.Context) (Summary, error) {
	var sum Summary
	sources := runners[*source](d.members())
	sum.Reports = make([]pipeline.Report, len(sources))
	failed := make([]error, len(sources))
	before := d.quarantined()
	var polls sync.WaitGroup
	slots := make(chan struct{}, pollsAtOnce)
	for i, s := range sources {
		polls.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			sum.Reports[i], failed[i] = s.poll(ctx)
		})
	}
	polls.Wait()
	if err := ctx.Err(); err != nil {
		return sum, err
	}
	for _, err := range append(failed, d.catchUp(ctx)...) {
		if err != nil {
			sum.Errors = append(sum.Errors, err)
		}
	}
	if n := d.quarantined() - before; n > 0 {
		sum.Errors = append(sum.Errors, fmt.Errorf("%d events were rejected by their sink and are in quarantine", n))
	}
	if err := ctx.Err(); err != nil {
		return sum, err
	}
	return sum, d.noteSinks(ctx)
}

func (d *Daemon) quarantined() (n int) {
	for _, s := range runners[delivering](d.members()) {
		n += s.Status().Quarantined
	}
	return n
}

// catchUp brings every sink up to the log, each on its own.
func (d *Daemon) catchUp(ctx context.Context) []error {
	sinks := runners[follower](d.members())
	errs := make([]error, len(sinks)+1)
	var work sync.WaitGroup
	for i, s := range sinks {
		work.Go(func() { errs[i] = s.CatchUp(ctx) })
	}
	work.Wait()
	if errors.Join(errs...) == nil {
		errs[len(errs)-1] = d.sweep(ctx)
	}
	return errs
}
