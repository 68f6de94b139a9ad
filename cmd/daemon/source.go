package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/polls"
	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/subscriber"
)

// SourceStatus is how a source is doing, as it stands in KV.
type SourceStatus struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	LastPolled time.Time       `json:"last_polled,omitzero"`
	LastRead   time.Time       `json:"last_read,omitzero"`  // the last poll without an error
	Next       time.Time       `json:"next,omitzero"`       // when it is polled next
	Why        string          `json:"next_why,omitempty"`  // and why not earlier
	NotBefore  time.Time       `json:"not_before,omitzero"` // the source asked for it
	Failures   int             `json:"failures"`            // in a row
	Error      string          `json:"error,omitempty"`
	Gone       bool            `json:"gone,omitempty"`
	Events     int64           `json:"events"` // ever
	Polls      int64           `json:"polls"`
	Report     pipeline.Report `json:"report,omitzero"` // of the last poll
	// Push is who tells of changes, as the last reading has it.
	Push []pipeline.Push `json:"push,omitempty"`
	// Subscriptions are those at the hubs. They are kept elsewhere.
	Subscriptions []subscriber.Status `json:"subscriptions,omitempty"`
	Yield         Yield               `json:"yield,omitempty"`
	// Falling says what its documents give less of than they used to.
	Falling []string     `json:"falling,omitempty"`
	Feeds   []FeedStatus `json:"feeds,omitempty"` // that it stands on
}

// NeedsAttention says that somebody should look.
func (s *SourceStatus) NeedsAttention() bool { return s.Error != "" || s.Report.NeedsAttention() }

// SourceStatusKey is where in KV a source's status stands.
func SourceStatusKey(source string) string { return "source." + source + ".status" }

// source is the runner of a source.
type source struct {
	d        *Daemon
	polled   pipeline.Polled
	schedule *schedule.Schedule
	private  bool          // it may reach private addresses
	news     chan struct{} // a hub told of some: see poke
	feeds    *polls.Book   // when each of its feeds may be asked

	polling sync.Mutex // held during a poll: one at a time

	mu      sync.Mutex // over what follows
	status  SourceStatus
	gone    bool // it said so since it was opened
	planner *schedule.Planner
	working context.Context // that of run; nil before it
	poked   []string        // feeds that a hub told of
}

func (d *Daemon) openSource(w *wanted, holds *stack) (runner, error) {
	c := w.source
	when, err := schedule.Parse(c.Schedule, w.zone)
	if err != nil {
		return nil, err
	}
	book := polls.New(d.bus.KV(), c.Name, d.Clock)
	env := pipeline.SourceEnv{
		Name: c.Name, Log: d.Log.With("source", c.Name), Clock: d.Clock, HTTP: d.sourceClient(c.AllowPrivate), Polls: book,
	}
	env.Feed, env.Export = feeds.Opener(env), exports.Reader(env.Clock)
	env.Text, env.UTF8 = charset.Text, charset.Reader
	opened, err := c.Open(env)
	if err != nil {
		return nil, err
	}
	holdCloser(holds, opened)
	return &source{d: d, schedule: when, feeds: book, private: c.AllowPrivate, news: make(chan struct{}, 1), status: SourceStatus{Name: c.Name, Type: c.Type}, polled: pipeline.Polled{
		Name: c.Name, Type: c.Type, Source: opened, Defaults: c.Defaults, Withdraw: c.Withdraw, Parser: w.Version,
	}}, nil
}

// prepare takes up the status, and plans the polls from there.
func (s *source) prepare(ctx context.Context) error {
	status := SourceStatus{Name: s.polled.Name}
	value, err := s.d.bus.KV().Get(ctx, SourceStatusKey(s.polled.Name))
	switch {
	case errors.Is(err, pipeline.ErrNotFound):
	case err != nil:
		return fmt.Errorf("source %q: status: %w", s.polled.Name, err)
	case json.Unmarshal(value, &status) != nil:
		s.d.Log.Warn("the source's status cannot be read and begins anew", "source", s.polled.Name)
	}
	status.Type = s.polled.Type
	plan := schedule.Plan{Source: s.polled.Name, Schedule: s.schedule, Last: status.LastPolled}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.planner = status, schedule.NewPlanner([]schedule.Plan{plan}, s.d.bus.Jobs(), s.d.Clock, s.d.Log)
	return nil
}

// run plans the polls and watches the source until ctx ends, and waits for the poll
// that is under way then.
func (s *source) run(ctx context.Context) {
	s.mu.Lock()
	s.working = ctx
	s.mu.Unlock()
	var work sync.WaitGroup
	work.Go(func() { s.planner.Run(ctx) })
	work.Go(func() { s.heed(ctx) })
	if watcher, ok := s.polled.Source.(pipeline.Watcher); ok {
		work.Go(func() { s.watch(ctx, watcher) })
	}
	work.Wait()
	s.polling.Lock() // wait for the poll under way; none begins any more: see within
	defer s.polling.Unlock()
}

func (s *source) metrics(pipeline.Position) []serve.Metric {
	s.mu.Lock()
	planner := s.planner
	s.mu.Unlock()
	var due time.Time
	if planner != nil {
		due = planner.Due(s.polled.Name)
	}
	return sourceMetrics(s.Status(), due)
}

// Status is how the source is doing.
func (s *source) Status() SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// poll reads the source once, unless it asked not to be. The error is that of the
// source as a whole, or that of ctx: a poll ends with run.
func (s *source) poll(ctx context.Context) (pipeline.Report, error) {
	s.polling.Lock()
	return s.pollHeld(ctx)
}

// pollIfIdle polls the source unless it is being polled already: a slow source
// must not keep the workers waiting that others need. It reports false if the
// source stopped before the poll was over.
func (s *source) pollIfIdle(ctx context.Context) bool {
	if !s.polling.TryLock() {
		s.d.Log.Debug("source is being polled still", "source", s.polled.Name)
		return true
	}
	_, err := s.pollHeld(ctx) // what went wrong is in the status and the log
	return !errors.Is(err, errStopped)
}

// errStopped is why a poll of a source ends that is being stopped.
var errStopped = errors.New("the source was stopped")

// within is ctx, ended too when run's is.
func (s *source) within(ctx context.Context) (context.Context, func()) {
	s.mu.Lock()
	working := s.working
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	if working == nil {
		return ctx, func() { cancel(nil) }
	}
	stop := context.AfterFunc(working, func() { cancel(errStopped) })
	if working.Err() != nil {
		cancel(errStopped) // AfterFunc may not have come to it yet
	}
	return ctx, func() { stop(); cancel(nil) }
}

// pollHeld is poll for those who hold polling, and lets go of it. Whoever is told that
// the poll is over may have the next one done.
func (s *source) pollHeld(ctx context.Context) (pipeline.Report, error) {
	ctx, done := s.within(ctx)
	defer done()
	if ctx.Err() != nil {
		s.polling.Unlock()
		return pipeline.Report{Source: s.polled.Name}, context.Cause(ctx)
	}
	report, err := s.read(ctx)
	s.polling.Unlock()
	if s.d.Progress != nil {
		if report.EndedAt.IsZero() {
			report.EndedAt = s.d.Clock.Now()
		}
		s.d.Progress(report)
	}
	return report, err
}

// read is the poll itself. One that asked nobody for anything was none, and leaves the
// status as it is.
func (s *source) read(ctx context.Context) (pipeline.Report, error) {
	if waits := s.waits(); waits != "" {
		s.d.Log.Debug("source is not polled", "source", s.polled.Name, "why", waits)
		return pipeline.Report{Source: s.polled.Name, Unchanged: true, Waits: waits}, nil
	}
	s.feeds.Begin()
	report, err := s.d.ingest.Poll(ctx, &s.polled, s.d.Progress)
	if ctx.Err() != nil {
		return report, errors.Join(err, context.Cause(ctx))
	}
	tally := s.feeds.Tally()
	kept := s.feeds.End(ctx, err == nil)
	if err == nil && tally.Asked == 0 && tally.Waiting > 0 {
		report.Waits = waitsInWords(&tally)
		if report.Read == 0 && report.Events() == 0 && !report.NeedsAttention() {
			return report, kept
		}
	}
	return report, errors.Join(err, kept, s.settle(ctx, report, err))
}

// waits says why the source as a whole is not polled now, "" if it is.
func (s *source) waits() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		return "the source says that it is gone for good"
	case s.d.Clock.Now().Before(s.status.NotBefore):
		return "the source asked for time, until " + moment(s.status.NotBefore)
	}
	return ""
}

// waitsInWords says why no feed of a source was asked.
func waitsInWords(t *polls.Tally) string {
	why := t.Soonest.Why
	if t.Soonest.Error != "" {
		why += " (" + t.Soonest.Error + ")"
	}
	if !t.Soonest.Next.IsZero() {
		why += "; next from " + moment(t.Soonest.Next)
	}
	if t.Waiting > 1 {
		return fmt.Sprintf("the time of %d feeds has not come; of the first: %s", t.Waiting, why)
	}
	return why
}

// moment is a time as people on this machine say it.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// settle notes what a poll came to.
func (s *source) settle(ctx context.Context, report pipeline.Report, failed error) error {
	s.mu.Lock()
	st := &s.status
	st.LastPolled, st.NotBefore, st.Report = report.EndedAt, time.Time{}, report
	st.Events += int64(report.Events())
	st.Polls++
	st.Yield.add(&report)
	switch {
	case failed == nil && report.Waits != "": // how its feed is doing is not known anew
	case failed == nil:
		st.LastRead, st.Failures, st.Error, st.Gone = report.EndedAt, 0, "", false
		if !slices.Equal(st.Push, report.Push) {
			st.Push = report.Push
			defer s.d.lookAtOffers() // when it stands in KV
		}
	default:
		st.Failures++
		st.Error = failed.Error()
		var later *pipeline.RetryAfter
		if errors.As(failed, &later) {
			st.NotBefore = report.EndedAt.Add(later.After)
		}
		st.Gone = errors.Is(failed, pipeline.ErrGone)
		s.gone = st.Gone
	}
	now := *st
	s.mu.Unlock()
	s.tell(&now, failed)
	return s.saveStatus(ctx, &now)
}

func (s *source) saveStatus(ctx context.Context, st *SourceStatus) error {
	value, err := json.Marshal(st)
	if err == nil {
		err = s.d.bus.KV().Put(ctx, SourceStatusKey(st.Name), value)
	}
	if err != nil {
		return fmt.Errorf("source %q: keep the status: %w", st.Name, err)
	}
	return nil
}

// tell logs what a poll came to: nothing at Info for one without news.
func (s *source) tell(st *SourceStatus, failed error) {
	r := &st.Report
	log := s.d.Log.With("source", st.Name)
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

// watch polls a source whenever it says that it has changed, and at the start: it
// costs little, and edits made meanwhile are seen at once.
func (s *source) watch(ctx context.Context, watcher pipeline.Watcher) {
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	var polls sync.WaitGroup
	polls.Go(func() {
		for {
			select {
			case <-changed:
				s.poll(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	s.keepWatching(ctx, watcher, func() {
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
func (s *source) keepWatching(ctx context.Context, watcher pipeline.Watcher, changed func()) {
	said := ""
	for {
		err := watcher.Watch(ctx, changed)
		if ctx.Err() != nil {
			return
		}
		if err != nil && err.Error() != said {
			said = err.Error()
			s.d.Log.Warn("source is not watched now; its schedule goes on", "source", s.polled.Name, "err", err)
		}
		if s.d.Clock.Sleep(ctx, watchAgain) != nil {
			return
		}
	}
}
