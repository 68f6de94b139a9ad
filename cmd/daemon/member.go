package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// runner does the work of one part.
type runner interface {
	// prepare finds out where the part left off. It is called before all else, and
	// again after an error.
	prepare(context.Context) error
	// run works until ctx ends, and returns when nothing of it is under way.
	run(context.Context)
	// metrics are the part's numbers; head is the newest position on the log.
	metrics(head pipeline.Position) []serve.Metric
}

// follower is the runner of a sink.
type follower interface {
	runner
	// CatchUp takes everything up to the head of the log as it is now.
	CatchUp(context.Context) error
	note() SinkStatus
}

// member is a part that is open, with a stack of its own of what it holds. Once it
// is launched it looks after itself until it is told to leave.
type member struct {
	Part
	runner
	stored   string // see wanted
	holds    stack
	prepared bool
	// gone: it leaves for good, and what it derived goes with it.
	gone  atomic.Bool
	leave context.CancelFunc // nil before it is launched
	begun chan struct{}      // closed when it works
	ended chan struct{}      // closed when it has given everything back
}

// open opens one part. Nothing of it runs.
func (d *Daemon) open(w *wanted) (*member, error) {
	m := &member{Part: w.Part, stored: w.stored, begun: make(chan struct{}), ended: make(chan struct{})}
	var err error
	if m.runner, err = w.open(d, w, &m.holds); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", m.title(), err), m.holds.unwind())
	}
	return m, nil
}

// title names the part for people.
func (p Part) title() string {
	if p.Kind == KindSource {
		return fmt.Sprintf("source %q", p.Name)
	}
	return fmt.Sprintf("sink %q", p.Name)
}

// ready prepares it, unless that is done.
func (m *member) ready(ctx context.Context) error {
	if m.prepared {
		return nil
	}
	if err := m.prepare(ctx); err != nil {
		return err
	}
	m.prepared = true
	return nil
}

// readyAgain is how soon a part that could not be prepared is tried again.
const readyAgain = 5 * time.Second

// launch has m work until it leaves or ctx ends, once before, which may be nil, has
// ended: two of one name never work at once.
func (d *Daemon) launch(r *running, m, before *member) {
	ctx, leave := context.WithCancel(r.ctx)
	m.leave = leave
	r.work.Go(func() {
		defer close(m.ended)
		defer leave()
		if before != nil {
			<-before.ended
		}
		if d.untilReady(ctx, m) {
			close(m.begun)
			m.run(ctx)
		}
		if err := m.holds.unwind(); err != nil {
			d.Log.Error("part was stopped, but not all it held was given back", "part", m.title(), "err", err)
		}
		if m.gone.Load() {
			d.forget(m.Part)
		}
	})
}

// untilReady prepares m, again and again if need be. It gives up when ctx ends.
func (d *Daemon) untilReady(ctx context.Context, m *member) bool {
	for said := ""; ctx.Err() == nil; {
		err := m.ready(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			d.Log.Error("part cannot begin and is tried again", "part", m.title(), "err", err)
		}
		if d.Clock.Sleep(ctx, readyAgain) != nil {
			break
		}
	}
	return false
}

// forget drops what a part derived that is gone for good. Its documents leave with
// the next sweep. What cannot be made again, as how far a delivery came, stays.
func (d *Daemon) forget(p Part) {
	if p.Kind != KindView {
		return
	}
	if err := d.leftovers.Retire(p.Name); err != nil {
		d.Log.Error("what a removed sink left could not be dropped; the next start does it", "sink", p.Name, "err", err)
		return
	}
	d.askSweep()
}

// members are the parts there are now.
func (d *Daemon) members() []*member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.crew
}

// runners are the runners of one kind among the members.
func runners[R runner](members []*member) []R {
	var all []R
	for _, m := range members {
		if r, ok := m.runner.(R); ok {
			all = append(all, r)
		}
	}
	return all
}

func (p Part) isOf(m *member) bool { return p.is(m.Part) }
