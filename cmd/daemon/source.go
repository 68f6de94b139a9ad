package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/schedule"
)

// SourceStatus is how a source is doing, as it stands in KV.
type SourceStatus struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	LastPolled time.Time       `json:"last_polled,omitzero"`
	LastRead   time.Time       `json:"last_read,omitzero"` // the last poll without an error
	Next       time.Time       `json:"next,omitzero"`
	NotBefore  time.Time       `json:"not_before,omitzero"` // the source asked for it
	Failures   int             `json:"failures"`            // in a row
	Error      string          `json:"error,omitempty"`
	Gone       bool            `json:"gone,omitempty"`
	Events     int64           `json:"events"` // ever
	Polls      int64           `json:"polls"`
	Report     pipeline.Report `json:"report,omitzero"` // of the last poll
}

// NeedsAttention says that somebody should look.
func (s *SourceStatus) NeedsAttention() bool { return s.Error != "" || s.Report.NeedsAttention() }

// SourceStatusKey is where in KV a source's status stands.
func SourceStatusKey(source string) string { return "source." + source + ".status" }

// source is a source as the daemon runs it.
type source struct {
	polled   pipeline.Polled
	schedule *schedule.Schedule

	polling sync.Mutex // held during a poll: one at a time

	mu     sync.Mutex // over status
	status SourceStatus
}

func (d *Daemon) openSource(ctx context.Context, c *config.Source) (*source, error) {
	when, err := schedule.Parse(c.Schedule, time.Local)
	if err != nil {
		return nil, err
	}
	env := pipeline.SourceEnv{
		Name: c.Name, Log: d.Log.With("source", c.Name), Clock: d.Clock, HTTP: d.client(c.AllowPrivate),
	}
	env.Feed = feeds.Opener(env)
	opened, err := c.Open(env)
	if err != nil {
		return nil, err
	}
	s := &source{schedule: when, polled: pipeline.Polled{
		Name: c.Name, Type: c.Type, Source: opened, Defaults: c.Defaults, Withdraw: c.Withdraw,
		Parser: fmt.Sprintf("%s %s %s", c.Type, normalize.Version, c.Fingerprint),
	}}
	s.status = SourceStatus{Name: c.Name, Type: c.Type}
	value, err := d.bus.KV().Get(ctx, SourceStatusKey(c.Name))
	switch {
	case errors.Is(err, pipeline.ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("status: %w", err)
	case json.Unmarshal(value, &s.status) != nil:
		d.Log.Warn("the source's status cannot be read and begins anew", "source", c.Name)
	}
	s.status.Type, s.status.Gone = c.Type, false
	return s, nil
}

// Status is how the source is doing.
func (s *source) Status() SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// poll reads the source once, unless it asked not to be. The error is that of the
// source as a whole.
func (d *Daemon) poll(ctx context.Context, s *source) (pipeline.Report, error) {
	s.polling.Lock()
	defer s.polling.Unlock()
	return d.pollHeld(ctx, s)
}

// pollIfIdle polls the source unless it is being polled already. A slow source
// must not keep the workers waiting that others need.
func (d *Daemon) pollIfIdle(ctx context.Context, s *source) {
	if !s.polling.TryLock() {
		d.Log.Debug("source is being polled still", "source", s.polled.Name)
		return
	}
	defer s.polling.Unlock()
	d.pollHeld(ctx, s) // what went wrong is in the status and the log
}

// pollHeld is poll for those who hold polling.
func (d *Daemon) pollHeld(ctx context.Context, s *source) (pipeline.Report, error) {
	if before := s.Status(); before.Gone || d.Clock.Now().Before(before.NotBefore) {
		d.Log.Debug("source is not polled", "source", s.polled.Name, "gone", before.Gone, "not_before", before.NotBefore)
		return pipeline.Report{Source: s.polled.Name, Unchanged: true}, nil
	}
	report, err := d.ingest.Poll(ctx, &s.polled, d.Progress)
	if d.Progress != nil {
		d.Progress(report)
	}
	if ctx.Err() != nil {
		return report, err
	}
	return report, errors.Join(err, d.settle(ctx, s, report, err))
}

// settle notes what a poll came to.
func (d *Daemon) settle(ctx context.Context, s *source, report pipeline.Report, failed error) error {
	s.mu.Lock()
	st := &s.status
	st.LastPolled, st.NotBefore, st.Report = report.EndedAt, time.Time{}, report
	st.Events += int64(report.Events())
	st.Polls++
	st.Error = ""
	if failed == nil {
		st.LastRead, st.Failures = report.EndedAt, 0
	} else {
		st.Failures++
		st.Error = failed.Error()
		var later *pipeline.RetryAfter
		if errors.As(failed, &later) {
			st.NotBefore = report.EndedAt.Add(later.After)
		}
		st.Gone = errors.Is(failed, pipeline.ErrGone)
	}
	now := *st
	s.mu.Unlock()
	d.tell(&now, failed)
	return d.saveStatus(ctx, &now)
}

func (d *Daemon) saveStatus(ctx context.Context, st *SourceStatus) error {
	value, err := json.Marshal(st)
	if err == nil {
		err = d.bus.KV().Put(ctx, SourceStatusKey(st.Name), value)
	}
	if err != nil {
		return fmt.Errorf("source %q: keep the status: %w", st.Name, err)
	}
	return nil
}

// tell logs what a poll came to: nothing at Info for one without news.
func (d *Daemon) tell(st *SourceStatus, failed error) {
	r := &st.Report
	log := d.Log.With("source", st.Name)
	if failed != nil {
		log.Error("source could not be read", "failures", st.Failures, "err", failed)
	}
	if r.Held > 0 {
		log.Warn("reviews are missing from the source, but so many at once that nothing is withdrawn; "+
			"if they are meant to go, set `withdraw: always` on the source for one run", "missing", r.Held, "of", r.HeldOf)
	}
	for _, p := range r.Problems {
		log.Warn("could not be read", "problem", p)
	}
	if more := r.Damaged - len(r.Problems); more > 0 {
		log.Warn("and more that could not be read", "problems", more)
	}
	counts := []any{"read", r.Read, "published", r.Published, "revised", r.Revised, "withdrawn", r.Withdrawn, "restored", r.Restored}
	if r.Events() > 0 {
		log.Info("source was read", counts...)
	} else if failed == nil {
		log.Debug("source was read", counts...)
	}
}
