package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// Run does everything until ctx ends: it polls on schedule, follows the log with
// every sink and serves what they make. ready, which may be nil, is called with
// the address it serves on.
func (d *Daemon) Run(ctx context.Context, ready func(net.Addr)) error {
	planner := d.planner()
	server, err := serve.New(serve.Options{
		Root: filepath.Join(d.Config.Data, publicFolder), Ready: d.ready, Metrics: d.metrics(planner),
		Log: d.Log, Clock: d.Clock, Version: d.Version,
	})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := net.Listen("tcp", d.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; another `listen:` in the config takes another port, port 0 a free one", d.Config.Listen, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var work sync.WaitGroup
	work.Go(func() {
		if err := server.Serve(ctx, listener); err != nil {
			cancel(fmt.Errorf("serve: %w", err))
		}
	})
	if ready != nil {
		ready(listener.Addr())
	}
	d.start(ctx, &work, planner)
	<-ctx.Done()
	work.Wait()
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
func (d *Daemon) start(ctx context.Context, work *sync.WaitGroup, planner *schedule.Planner) {
	for _, v := range d.viewings {
		work.Go(func() { v.Run(ctx) })
	}
	for _, s := range d.deliveries {
		work.Go(func() { s.Run(ctx) })
	}
	for range pollsAtOnce {
		work.Go(func() { d.takeJobs(ctx) })
	}
	for _, s := range d.sources {
		if watcher, ok := s.polled.Source.(pipeline.Watcher); ok {
			work.Go(func() { d.watch(ctx, s, watcher) })
		}
	}
	work.Go(func() { planner.Run(ctx) })
	work.Go(func() { d.keepNoting(ctx) })
	work.Go(func() { d.sweepWhenCaughtUp(ctx) })
}

// planner plans the polls of all sources.
func (d *Daemon) planner() *schedule.Planner {
	plans := make([]schedule.Plan, len(d.sources))
	for i, s := range d.sources {
		plans[i] = schedule.Plan{Source: s.polled.Name, Schedule: s.schedule, Last: s.Status().LastPolled}
	}
	return schedule.NewPlanner(plans, d.bus.Jobs(), d.Clock, d.Log)
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

// do polls the source of a job. A source that this daemon does not know is
// another config's, and the job is done.
func (d *Daemon) do(ctx context.Context, job pipeline.Job) {
	working, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { d.keepWorking(working, job) })
	for _, s := range d.sources {
		if s.polled.Name == job.Source() {
			d.pollIfIdle(ctx, s)
		}
	}
	stop()
	beat.Wait()
	if ctx.Err() != nil {
		return // not done: another daemon, or this one's next start, takes it up
	}
	if err := job.Done(ctx); err != nil {
		d.Log.Warn("poll job could not be marked as done; it may be done again", "source", job.Source(), "slot", job.Slot(), "err", err)
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

// watch polls a source whenever it says that it has changed, and at the start: it
// costs little, and edits made meanwhile are seen at once.
func (d *Daemon) watch(ctx context.Context, s *source, watcher pipeline.Watcher) {
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	var polls sync.WaitGroup
	polls.Go(func() {
		for {
			select {
			case <-changed:
				d.poll(ctx, s)
			case <-ctx.Done():
				return
			}
		}
	})
	d.keepWatching(ctx, s, watcher, func() {
		select {
		case changed <- struct{}{}:
		default: // a poll that has not begun will see it
		}
	})
	polls.Wait()
}

// watchAgain is how soon a watch that ended is tried again.
const watchAgain = 5 * time.Second

// keepWatching begins the watch again when it ends, as when the folder was moved
// away and comes back, and says so once.
func (d *Daemon) keepWatching(ctx context.Context, s *source, watcher pipeline.Watcher, changed func()) {
	said := ""
	for {
		err := watcher.Watch(ctx, changed)
		if ctx.Err() != nil {
			return
		}
		if err != nil && err.Error() != said {
			said = err.Error()
			d.Log.Warn("source is not watched now; its schedule goes on", "source", s.polled.Name, "err", err)
		}
		if d.Clock.Sleep(ctx, watchAgain) != nil {
			return
		}
	}
}

// sweepWhenCaughtUp sweeps once, when every view has seen all of the log.
func (d *Daemon) sweepWhenCaughtUp(ctx context.Context) {
	head, err := d.log.Head(ctx)
	for err == nil {
		behind := false
		for _, v := range d.viewings {
			behind = behind || v.Position() < head && !v.Paused()
		}
		if !behind {
			err = d.sweep(ctx)
			break
		}
		err = d.Clock.Sleep(ctx, time.Second)
	}
	if err != nil && ctx.Err() == nil {
		d.Log.Warn("old documents were not looked for", "err", err)
	}
}

// ready says why the daemon cannot do its work, if it cannot.
func (d *Daemon) ready(ctx context.Context) error {
	if err := d.bus.Health(ctx); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}
