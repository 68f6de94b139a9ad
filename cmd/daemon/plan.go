package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

// Plan is what it would do to go over to a config. Nothing is done.
type Plan struct {
	// Running: a daemon runs, and a reload would do it. Else the next start would.
	Running bool      `json:"running"`
	Since   time.Time `json:"since,omitzero"` // when that daemon, or the last one, was started
	// Restart are the keys that only a restart can change.
	Restart []string  `json:"restart,omitempty"`
	Steps   []Planned `json:"steps"`
}

// Planned is one step, with what it would come to.
type Planned struct {
	Step
	// Reviews of a source are those that are on the log and there; of a view those
	// it would show.
	Reviews int `json:"reviews"`
	// Events would be delivered at once; From is the position of the first.
	Events int               `json:"events,omitempty"`
	From   pipeline.Position `json:"from,omitempty"`
	// Next is when the source would be read next.
	Next time.Time `json:"next,omitzero"`
	// Documents would leave the public files; 0 also where that is not known.
	Documents int  `json:"documents,omitempty"`
	Paused    bool `json:"paused,omitempty"` // by the config: it would do nothing yet
}

// Effects says whether the step would be noticed by others: events are delivered.
func (p *Planned) Effects() bool { return p.Events > 0 }

// MakePlan compares a config with what runs on its data folder, or, if nothing
// does, with what ran there last. b is nil where there is no log yet.
func MakePlan(ctx context.Context, c *config.Config, b *bus.Bus, clock pipeline.Clock) (Plan, error) {
	var before Record
	p := Plan{}
	if b != nil {
		var err error
		if before, p.Running, err = ReadRecord(ctx, c, b); err != nil {
			return p, err
		}
	}
	wanted, err := want(c, before.Salt, slog.New(slog.DiscardHandler), noEntry)
	if err != nil {
		return p, err
	}
	p.Since, p.Restart = before.Since, changedKeys(before.Fixed, c.Fixed(before.Salt))
	if !p.Running && !viewsStand(c) { // they are all made again
		before.Parts = slices.DeleteFunc(before.Parts, func(p Part) bool { return p.Kind == KindView })
	}
	for _, step := range Steps(before.Parts, parts(wanted)) {
		p.Steps = append(p.Steps, Planned{Step: step, Documents: before.Documents[step.Name]})
	}
	if b == nil {
		return p, nil
	}
	return p, p.count(ctx, wanted, b, clock)
}

// noEntry is the log of views that are made to be compared, and do nothing.
func noEntry(context.Context, pipeline.Position) (pipeline.Entry, error) {
	return pipeline.Entry{}, errors.New("a view reads the log though nothing was given to it")
}

func viewsStand(c *config.Config) bool {
	_, err := os.Stat(filepath.Join(c.Data, viewsFolder))
	return err == nil
}

// count asks the log what the steps would come to.
func (p *Plan) count(ctx context.Context, wanted []*wanted, b *bus.Bus, clock pipeline.Clock) error {
	for i := range p.Steps {
		step := &p.Steps[i]
		if step.Kind != KindView || step.Change != Stop {
			step.Documents = 0
		}
		if w := find(wanted, step.Part); w != nil {
			if err := p.countOne(ctx, step, w, b, clock); err != nil {
				return fmt.Errorf("%s: %w", step.title(), err)
			}
		}
	}
	return b.Log().Latest(ctx, func(e pipeline.Entry) error {
		if e.Review.Gone() {
			return nil
		}
		for i := range p.Steps {
			step := &p.Steps[i]
			switch w := find(wanted, step.Part); {
			case step.Kind == KindSource && step.Name == e.Review.Source.Name,
				step.Kind == KindView && w != nil && w.sink.Where.Match(e.Review):
				step.Reviews++
			}
		}
		return nil
	})
}

func (p *Plan) countOne(ctx context.Context, step *Planned, w *wanted, b *bus.Bus, clock pipeline.Clock) (err error) {
	switch step.Kind {
	case KindSource:
		st := SourceStatus{Name: step.Name}
		if err = read(ctx, b.KV(), SourceStatusKey(step.Name), &st); err != nil {
			return err
		}
		if err = st.readFeeds(ctx, b.KV(), clock); err == nil && w != nil {
			st.plan(w.source, w.zone, clock.Now())
			step.Next = st.Next
		}
	case KindDelivery:
		step.Paused = w.sink.Pause
		if step.Change != Keep || !p.Running {
			step.Events, step.From, err = pending(ctx, w.sink, b, clock)
		}
	case KindView:
		step.Paused = w.sink.Pause
	}
	return err
}

func find(all []*wanted, p Part) *wanted {
	i := slices.IndexFunc(all, func(w *wanted) bool { return w.is(p) })
	if i < 0 {
		return nil
	}
	return all[i]
}
