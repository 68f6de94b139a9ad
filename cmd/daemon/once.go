package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	sum.Reports = make([]pipeline.Report, len(d.sources))
	failed := make([]error, len(d.sources))
	before := d.quarantined()
	var polls sync.WaitGroup
	slots := make(chan struct{}, pollsAtOnce)
	for i, s := range d.sources {
		polls.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			sum.Reports[i], failed[i] = d.poll(ctx, s)
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

func (d *Daemon) quarantined() int64 {
	var n int64
	for _, s := range d.deliveries {
		n += s.Quarantined()
	}
	return n
}

// catchUp brings every sink up to the log, each on its own.
func (d *Daemon) catchUp(ctx context.Context) []error {
	errs := make([]error, len(d.viewings)+len(d.deliveries)+1)
	var sinks sync.WaitGroup
	for i, v := range d.viewings {
		sinks.Go(func() { errs[i] = v.CatchUp(ctx) })
	}
	for i, s := range d.deliveries {
		sinks.Go(func() { errs[len(d.viewings)+i] = s.CatchUp(ctx) })
	}
	sinks.Wait()
	if errors.Join(errs...) == nil {
		errs[len(errs)-1] = d.sweep(ctx)
	}
	return errs
}

// sweep removes documents that no view has made: of sinks that are no longer in
// the config, or from before the views' state was deleted. It looks only where
// all files are Filmwire's own; what people put elsewhere under public stays.
func (d *Daemon) sweep(ctx context.Context) error {
	var orphans []string
	err := d.public.Files(ctx, func(name string, _ int64) error {
		if folder, _, _ := strings.Cut(name, "/"); slices.Contains(ownFolders(), folder) && folder != name && !d.owned(name) {
			orphans = append(orphans, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for old documents: %w", err)
	}
	if len(orphans) == 0 {
		return nil
	}
	return d.removeOrphans(orphans)
}

// removeOrphans removes documents that nobody owns, while no view publishes: a
// document stands before its view's record of it does.
func (d *Daemon) removeOrphans(orphans []string) error {
	for _, v := range d.viewings {
		defer v.Hold()()
	}
	removed := 0
	for _, name := range orphans {
		if d.owned(name) {
			continue
		}
		if err := d.public.Remove(name); err != nil {
			return fmt.Errorf("remove old documents: %w", err)
		}
		removed++
	}
	d.Log.Info("removed documents that no sink makes any more", "documents", removed)
	return nil
}

// ownFolders are the folders under public whose every file is Filmwire's.
func ownFolders() []string { return []string{"feeds", "films", "critics"} }

func (d *Daemon) owned(name string) bool {
	for _, v := range d.viewings {
		if v.Owns(name) {
			return true
		}
	}
	return false
}
