package cli

import (
	"context"
	"fmt"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
)

// counting is the ratings sink of the config: by which rules it counts, and what.
type counting struct {
	ratings.Settings
	where *pipeline.Where // nil is everything
	sink  string          // its name, "" where the config has none and the defaults hold
}

// countingOf finds the sink. There is at most one.
func (c *command) countingOf(cfg *config.Config) (counting, error) {
	kind := ratings.Type().Name
	for i := range cfg.Sinks {
		s := &cfg.Sinks[i]
		if s.Type != kind {
			continue
		}
		view, err := s.OpenView(pipeline.ViewEnv{Name: s.Name, Site: cfg.Site, Log: c.logger(c.Err, true)})
		if err != nil {
			return counting{}, fmt.Errorf("sink %q: %w", s.Name, err)
		}
		v, ok := view.(*ratings.View)
		if !ok {
			return counting{}, fmt.Errorf("sink %q: is of type %s, but no view of ratings", s.Name, kind)
		}
		return counting{v.Settings(), &s.Where, s.Name}, nil
	}
	return counting{Settings: ratings.Defaults()}, nil
}

// each calls do with the latest event of every live review that the sink counts.
func (n *counting) each(ctx context.Context, b *bus.Bus, do func(*review.Event)) error {
	return b.Log().Latest(ctx, func(e pipeline.Entry) error {
		if e.Review != nil && !e.Review.Gone() && (n.where == nil || n.where.Match(e.Review)) {
			do(e.Review)
		}
		return nil
	})
}

// source says where the rules come from.
func (n *counting) source() string {
	if n.sink == "" {
		return "the defaults; the config has no ratings sink"
	}
	return fmt.Sprintf("sink %q", n.sink)
}
