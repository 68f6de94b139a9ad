package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Plan is one source's part of a Planner.
type Plan struct {
	Source   string
	Schedule *Schedule
	// Last is when the source was last polled, zero for never: a slot that passed
	// since, while no daemon ran or the machine slept, is made up for once.
	Last time.Time
}

// Planner posts a poll job for every slot of every source. Any number of daemons
// may plan the same sources: the jobs of one slot are one job.
type Planner struct {
	plans []*planned
	jobs  pipeline.Jobs
	clock pipeline.Clock
	log   *slog.Logger

	mu sync.Mutex // over the due times, which Due reads
}

type planned struct {
	Plan
	slot   Slot
	jitter time.Duration
	due    time.Time
}

// longestSleep bounds one sleep, so that a machine that was suspended, or whose
// clock was set, is noticed.
const longestSleep = time.Minute

// NewPlanner plans from now on.
func NewPlanner(plans []Plan, jobs pipeline.Jobs, clock pipeline.Clock, log *slog.Logger) *Planner {
	now := clock.Now()
	p := &Planner{jobs: jobs, clock: clock, log: log}
	for _, plan := range plans {
		pl := &planned{Plan: plan, jitter: plan.Schedule.Jitter(plan.Source, now)}
		pl.slot = plan.Schedule.Latest(now)
		pl.due = now // a slot that was missed
		if !plan.Last.IsZero() && !plan.Last.Before(pl.slot.At) {
			pl.advance(now)
		}
		p.plans = append(p.plans, pl)
	}
	return p
}

// advance moves on to the first slot after now.
func (pl *planned) advance(now time.Time) {
	latest := pl.Schedule.Latest(now)
	if latest.At.Before(pl.slot.At) {
		latest = pl.slot
	}
	pl.slot = pl.Schedule.Next(latest)
	pl.due = pl.slot.At.Add(pl.jitter)
}

// Due is when a source will be polled next, zero for an unknown one.
func (p *Planner) Due(source string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.plans {
		if pl.Source == source {
			return pl.due
		}
	}
	return time.Time{}
}

// Run posts jobs until ctx ends.
func (p *Planner) Run(ctx context.Context) error {
	for {
		now := p.clock.Now()
		next := now.Add(longestSleep)
		for _, pl := range p.plans {
			if !pl.due.After(now) {
				p.post(ctx, pl, now)
			}
			if pl.due.Before(next) {
				next = pl.due
			}
		}
		if err := p.clock.Sleep(ctx, max(next.Sub(now), time.Millisecond)); err != nil {
			return err
		}
	}
}

// retryPost is how soon a job that could not be posted is posted again.
const retryPost = 10 * time.Second

func (p *Planner) post(ctx context.Context, pl *planned, now time.Time) {
	slot := pl.slot
	if latest := pl.Schedule.Latest(now); latest.At.After(slot.At) {
		slot = latest // of several that were missed, the newest stands for all
	}
	err := p.jobs.Post(ctx, pl.Source, slot.Name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		pl.due = now.Add(retryPost)
		p.log.Error("poll could not be posted", "source", pl.Source, "slot", slot.Name, "err", fmt.Errorf("post: %w", err))
		return
	}
	pl.advance(now)
}
