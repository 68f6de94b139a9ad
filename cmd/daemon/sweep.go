package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// askSweep has old documents looked for, soon.
func (d *Daemon) askSweep() {
	select {
	case d.sweeping <- struct{}{}:
	default: // one that has not begun will see them
	}
}

// keepSweeping sweeps when it is asked to.
func (d *Daemon) keepSweeping(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.sweeping:
		}
		if err := d.sweepWhenCaughtUp(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("old documents were not looked for", "err", err)
		}
	}
}

// sweepWhenCaughtUp sweeps once, when every view has seen all of the log: what one
// leaves another may be about to make, and what stands of one that is being made
// anew is all that readers have of it.
func (d *Daemon) sweepWhenCaughtUp(ctx context.Context) error {
	head, err := d.log.Head(ctx)
	for err == nil {
		behind := slices.ContainsFunc(runners[viewing](d.members()), func(v viewing) bool {
			return v.Position() < head && !v.Paused()
		})
		if !behind {
			return d.sweep(ctx)
		}
		err = d.Clock.Sleep(ctx, time.Second)
	}
	return err
}

// sweep removes documents that no view makes any more: what is known to be left by
// views that went or were made anew, and, for those from before the views' state
// was deleted, whatever else nobody owns where all files are Filmwire's own. What
// people put elsewhere under public stays.
func (d *Daemon) sweep(ctx context.Context) error {
	views := runners[viewing](d.members())
	var orphans []string
	err := d.public.Files(ctx, func(name string, _ int64) error {
		if folder, _, _ := strings.Cut(name, "/"); slices.Contains(ownFolders(), folder) && folder != name && !owned(views, name) {
			orphans = append(orphans, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for old documents: %w", err)
	}
	return d.removeOrphans(orphans)
}

// removeOrphans removes documents that nobody owns, while no view publishes or
// comes: a document stands before its view's record of it does.
func (d *Daemon) removeOrphans(orphans []string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	views := runners[viewing](d.members())
	for _, v := range views {
		defer v.Hold()()
	}
	removed, err := d.leftovers.Clear(d.public, func(name string) bool { return owned(views, name) })
	if err != nil {
		return err
	}
	for _, name := range orphans {
		if owned(views, name) {
			continue
		}
		if err := d.public.Remove(name); err != nil {
			return fmt.Errorf("remove old documents: %w", err)
		}
		removed++
	}
	if removed > 0 {
		d.Log.Info("removed documents that no sink makes any more", "documents", removed)
	}
	return nil
}

// ownFolders are the folders under public whose every file is Filmwire's.
func ownFolders() []string { return []string{"feeds", "films", "critics"} }

func owned(views []viewing, name string) bool {
	return slices.ContainsFunc(views, func(v viewing) bool { return v.Owns(name) })
}
