package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

// Status is how everything is doing, for a verb that may run beside the daemon.
type Status struct {
	Head    pipeline.Position `json:"head"`
	Reviews uint64            `json:"reviews"`
	Bytes   uint64            `json:"bytes"`
	Sources []SourceStatus    `json:"sources"`
	Sinks   []SinkStatus      `json:"sinks"`
	Films   FilmsStatus       `json:"films"`
}

// FilmsStatus is how the registry of films is doing, as the daemon last noted it.
type FilmsStatus struct {
	// Ambiguous are the films that stand for others between which nobody could
	// choose: `explain film --inspect` lists them.
	Ambiguous int `json:"ambiguous"`
}

// filmsNoteKey is where in KV the daemon notes how the registry is doing.
const filmsNoteKey = "films.note"

// SinkStatus is how a sink is doing, as the daemon last noted it.
type SinkStatus struct {
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Position    pipeline.Position `json:"position"`
	NotedAt     time.Time         `json:"noted_at,omitzero"`
	Failures    int64             `json:"failures,omitempty"` // since the daemon's start
	LastError   string            `json:"last_error,omitempty"`
	Waiting     int               `json:"waiting,omitempty"` // events that were read and are not settled
	Quarantined int               `json:"quarantined,omitempty"`
	Paused      pipeline.Paused   `json:"paused,omitzero"`

	elsewhere bool // another daemon delivers, and notes how it goes
}

// NeedsAttention says that somebody should look.
func (s *Status) NeedsAttention() bool {
	for i := range s.Sources {
		if s.Sources[i].NeedsAttention() {
			return true
		}
	}
	for i := range s.Sinks {
		if s.Sinks[i].Quarantined > 0 || s.Sinks[i].Paused.Code != "" {
			return true
		}
	}
	return false
}

// sinkNoteKey is where in KV the daemon notes how far a sink is.
func sinkNoteKey(sink string) string { return "sink." + sink + ".note" }

// noteSinks writes down how far the sinks are, where that has changed.
func (d *Daemon) noteSinks(ctx context.Context) error {
	var errs []error
	note := func(s SinkStatus) {
		if s.elsewhere || d.noted[s.Name] == s {
			return
		}
		before := s
		s.NotedAt = d.Clock.Now()
		value, err := json.Marshal(s)
		if err == nil {
			err = d.bus.KV().Put(ctx, sinkNoteKey(s.Name), value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("note sink %q: %w", s.Name, err))
			return
		}
		d.noted[s.Name] = before
	}
	for _, f := range runners[follower](d.members()) {
		note(f.note())
	}
	return errors.Join(append(errs, d.noteFilms(ctx))...)
}

// noteFilms writes down how the registry is doing, where that has changed.
func (d *Daemon) noteFilms(ctx context.Context) error {
	now := FilmsStatus{Ambiguous: d.ingest.Ambiguous()}
	if d.filmsNoted != nil && *d.filmsNoted == now {
		return nil
	}
	value, err := json.Marshal(now)
	if err == nil {
		err = d.bus.KV().Put(ctx, filmsNoteKey, value)
	}
	if err != nil {
		return fmt.Errorf("note films: %w", err)
	}
	d.filmsNoted = &now
	return nil
}

// noteEvery is how often the daemon notes how far the sinks are.
const noteEvery = 3 * time.Second

func (d *Daemon) keepNoting(ctx context.Context) {
	for d.Clock.Sleep(ctx, noteEvery) == nil {
		if err := d.noteSinks(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("how far the sinks are could not be noted", "err", err)
		}
		for _, v := range runners[viewing](d.members()) {
			if err := v.heed(ctx); err != nil && ctx.Err() == nil {
				d.Log.Debug("whether a view is to be made anew is not known now", "err", err)
			}
		}
	}
}

// ReadStatus reads how everything in the config is doing.
func ReadStatus(ctx context.Context, c *config.Config, b *bus.Bus, clock pipeline.Clock) (Status, error) {
	var s Status
	head, err := b.Log().Head(ctx)
	if err != nil {
		return s, err
	}
	stats, err := b.Stats(ctx)
	if err != nil {
		return s, err
	}
	s.Head, s.Reviews, s.Bytes = head, stats.Reviews, stats.Bytes
	for i := range c.Sources {
		st := SourceStatus{Name: c.Sources[i].Name, Type: c.Sources[i].Type}
		if err := read(ctx, b.KV(), SourceStatusKey(st.Name), &st); err != nil {
			return s, err
		}
		if err := st.readFeeds(ctx, b.KV(), clock); err != nil {
			return s, err
		}
		st.plan(&c.Sources[i], c.Zone, clock.Now())
		st.Falling = st.Yield.falling()
		s.Sources = append(s.Sources, st)
	}
	for i := range c.Sinks {
		st := SinkStatus{Name: c.Sinks[i].Name}
		if err := read(ctx, b.KV(), sinkNoteKey(st.Name), &st); err != nil {
			return s, err
		}
		st.Type = c.Sinks[i].Type
		if c.Sinks[i].OpenDelivery != nil {
			if err := st.readDelivery(ctx, b.KV()); err != nil {
				return s, err
			}
		}
		s.Sinks = append(s.Sinks, st)
	}
	if err := read(ctx, b.KV(), filmsNoteKey, &s.Films); err != nil {
		return s, err
	}
	if err := s.readPush(ctx, c, b, clock.Now()); err != nil {
		return s, err
	}
	sort.SliceStable(s.Sinks, func(i, j int) bool { return s.Sinks[i].Name < s.Sinks[j].Name })
	return s, nil
}

// readDelivery fills in what KV knows of a delivery better than the last note.
func (s *SinkStatus) readDelivery(ctx context.Context, kv pipeline.KV) error {
	st, err := pipeline.ReadDelivery(ctx, kv, s.Name)
	if err != nil {
		return err
	}
	s.Position, s.Waiting, s.Quarantined, s.Paused = st.Position, st.Waiting, st.Quarantined, pipeline.Paused{}
	if st.Paused != nil {
		s.Paused = *st.Paused
	}
	return nil
}

// read fills into from a key, and leaves it alone where there is none.
func read(ctx context.Context, kv pipeline.KV, key string, into any) error {
	value, err := kv.Get(ctx, key)
	if errors.Is(err, pipeline.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(value, into)
	}
	if err != nil {
		return fmt.Errorf("status %s: %w", key, err)
	}
	return nil
}
