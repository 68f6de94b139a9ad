package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// running is what Run has under way: what is started ends with ctx.
type running struct {
	ctx  context.Context
	work *sync.WaitGroup
}

// Run does everything until ctx ends: it polls on schedule, follows the log with
// every sink and serves what they make. ready, which may be nil, is called with
// the address it serves on.
func (d *Daemon) Run(ctx context.Context, ready func(net.Addr)) error {
	public, err := d.openPublishing(ctx)
	if err != nil {
		return err
	}
	defer public.server.Close()
	listener, err := net.Listen("tcp", d.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; another `listen:` in the config takes another port, port 0 a free one", d.Config.Listen, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var work sync.WaitGroup
	work.Go(func() {
		if err := public.server.Serve(ctx, listener); err != nil {
			cancel(fmt.Errorf("serve: %w", err))
		}
	})
	public.start(d, &running{ctx, &work})
	if err := d.start(ctx, &work); err != nil {
		cancel(err)
	}
	if ready != nil {
		ready(listener.Addr())
	}
	<-ctx.Done()
	d.finish()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) { // not simply stopped
		err = cause
	}
	noting, done := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer done()
	return errors.Join(err, d.noteSinks(noting))
}

// lastWords is how long the last note of how far the sinks are may take.
const lastWords = 5 * time.Second

// start sets everything going. Whatever it starts ends with ctx.
func (d *Daemon) start(ctx context.Context, work *sync.WaitGroup) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	r := &running{ctx, work}
	d.mu.Lock()
	d.running = r
	d.mu.Unlock()
	for _, m := range d.members() {
		d.launch(r, m, nil)
	}
	for range pollsAtOnce {
		work.Go(func() { d.takeJobs(ctx) })
	}
	work.Go(func() { d.keepNoting(ctx) })
	work.Go(func() { d.keepSweeping(ctx) })
	work.Go(func() { d.keepRules(ctx) })
	d.askSweep()
	return d.answer(r)
}

// finish waits for everything that start set going. No part comes after it.
func (d *Daemon) finish() {
	d.changing.Lock()
	d.mu.Lock()
	r := d.running
	d.running = nil
	d.mu.Unlock()
	d.changing.Unlock()
	r.work.Wait()
}

// takeJobs does polls that were posted, by this daemon or another, one by one.
func (d *Daemon) takeJobs(ctx context.Context) {
	for ctx.Err() == nil {
		job, err := d.bus.Jobs().Take(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.Log.Error("no poll job could be had; trying again", "err", err)
				d.Clock.Sleep(ctx, 5*time.Second)
			}
			continue
		}
		d.do(ctx, job)
	}
}

// do polls the source of a job.
func (d *Daemon) do(ctx context.Context, job pipeline.Job) {
	working, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { d.keepWorking(working, job) })
	d.pollNamed(ctx, job.Source())
	finished := ctx.Err() == nil
	stop()
	beat.Wait()
	if !finished {
		return // another daemon, or this one's next start, takes it up
	}
	if err := job.Done(context.WithoutCancel(ctx)); err != nil {
		d.Log.Warn("poll job could not be marked as done; it may be done again", "source", job.Source(), "slot", job.Slot(), "err", err)
	}
}

// pollNamed polls the source of a name, and if it is stopped meanwhile, the one
// that takes its place. A source that this daemon does not know is another config's.
func (d *Daemon) pollNamed(ctx context.Context, name string) {
	for {
		members := d.members()
		i := slices.IndexFunc(members, Part{Kind: KindSource, Name: name}.isOf)
		if i < 0 {
			return
		}
		m := members[i]
		select {
		case <-m.begun:
			if m.runner.(*source).pollIfIdle(ctx) {
				return
			}
		case <-m.ended:
		case <-ctx.Done():
			return
		}
		select {
		case <-m.ended: // and another is a member in its place, or none
		case <-ctx.Done():
			return
		}
	}
}

// stillWorking is how often a job is said to be under way.
const stillWorking = 10 * time.Second

func (d *Daemon) keepWorking(ctx context.Context, job pipeline.Job) {
	for d.Clock.Sleep(ctx, stillWorking) == nil {
		if err := job.Working(ctx); err != nil && ctx.Err() == nil {
			d.Log.Debug("poll job", "source", job.Source(), "err", err)
		}
	}
}

// ready says why the daemon cannot do its work, if it cannot.
func (d *Daemon) ready(ctx context.Context) error {
	if err := d.bus.Health(ctx); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}
