package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/filmwire/filmwire/config"
)

// Outcome is what a reload came to. Unless it was refused, all steps were taken.
type Outcome struct {
	// Refused says why the config was refused, with all its faults; the old one
	// goes on.
	Refused string `json:"refused,omitempty"`
	// Restart are the keys that only a restart can change, for which it was refused.
	Restart []string `json:"restart,omitempty"`
	Steps   []Step   `json:"steps"`
	// Late are the parts that had not stopped, or not begun, when the reload had
	// waited long enough; they go on by themselves.
	Late []string `json:"late,omitempty"`
}

// NeedsAttention says that somebody should look.
func (o *Outcome) NeedsAttention() bool { return len(o.Restart)+len(o.Late) > 0 }

// Reload reads the config again and goes over to it: parts that are the same are
// not touched, others are stopped, made and started. A config that is refused
// changes nothing. What became of it is in the log once, too.
func (d *Daemon) Reload(ctx context.Context) Outcome {
	d.changing.Lock()
	defer d.changing.Unlock()
	out, err := d.reload(ctx)
	var faults *config.Faults
	switch {
	case errors.As(err, &faults):
		out.Refused = faults.Error()
	case err != nil:
		out.Refused = err.Error()
	}
	switch {
	case err != nil:
		d.Log.Error("the new config was refused; the old one goes on", "err", out.Refused)
	case len(out.Late) > 0:
		d.Log.Warn("config was reloaded, but not all parts have followed yet", "parts", out.Late)
	default:
		d.Log.Info("config was reloaded", "started", out.count(Start), "stopped", out.count(Stop), "restarted", out.count(Restart), "unchanged", out.count(Keep))
	}
	return out
}

func (o *Outcome) count(c Change) (n int) {
	for _, s := range o.Steps {
		if s.Change == c {
			n++
		}
	}
	return n
}

// ErrRestart is why a config is refused that changes what only a restart can.
var ErrRestart = errors.New("restart for this")

// reload is Reload for those who hold changing.
func (d *Daemon) reload(ctx context.Context) (Outcome, error) {
	var out Outcome
	if d.running == nil || d.Load == nil {
		return out, errors.New("nothing runs that could be reloaded")
	}
	c, err := d.Load()
	if err != nil {
		return out, err
	}
	if out.Restart = changedKeys(d.Config.Fixed(d.salt), c.Fixed(d.salt)); len(out.Restart) > 0 {
		return out, fmt.Errorf("%w: %v changed", ErrRestart, out.Restart)
	}
	wanted, err := want(c, d.salt, d.Log, d.log.At)
	if err != nil {
		return out, err
	}
	steps := Steps(partsOf(d.crew), parts(wanted))
	opened, err := d.openAll(steps, wanted)
	if err != nil {
		return out, errors.Join(err, unwindAll(opened))
	}
	out.Steps = steps
	d.Config = c
	d.ingest.SetSite(c.Site)
	d.site.Store(&c.Site)
	d.rules.take(c.Films)
	d.ingest.SetResolver(d.resolver(c.Films.Resolver))
	d.settleFilms(ctx)
	out.Late = d.goOver(ctx, opened)
	d.askSweep()
	d.lookAtOffers()
	if err := d.keepRecord(ctx); err != nil { // the reload is done all the same
		d.Log.Warn("what runs could not be noted; a plan made while nothing runs will not know", "err", err)
	}
	return out, nil
}

// changedKeys lists the keys whose fingerprints differ, sorted.
func changedKeys(was, is map[string]string) []string {
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if before, known := was[key]; known && before != is[key] {
			changed = append(changed, key)
		}
	}
	return changed
}

// openAll opens what the steps start. The rest are the members there are. All are
// in the order of wanted; with an error, they are those that were opened.
func (d *Daemon) openAll(steps []Step, wanted []*wanted) ([]*member, error) {
	var crew, opened []*member
	for _, w := range wanted {
		i := slices.IndexFunc(steps, func(s Step) bool { return s.is(w.Part) })
		if steps[i].Change == Keep {
			crew = append(crew, d.crew[slices.IndexFunc(d.crew, w.isOf)])
			continue
		}
		m, err := d.open(w)
		if err != nil {
			return opened, err
		}
		opened, crew = append(opened, m), append(crew, m)
	}
	return crew, nil
}

func unwindAll(members []*member) error {
	var errs []error
	for _, m := range members {
		errs = append(errs, m.holds.unwind())
	}
	return errors.Join(errs...)
}

func partsOf(members []*member) []Part {
	list := make([]Part, len(members))
	for i, m := range members {
		list[i] = m.Part
	}
	return list
}

// patience bounds how long a reload waits for parts to stop and to begin.
const patience = 30 * time.Second

// goOver makes crew the members there are. Those that are not among it leave, those
// that are new begin, each once its predecessor has ended. It waits for both, and
// returns those that took too long.
func (d *Daemon) goOver(ctx context.Context, crew []*member) (late []string) {
	before := d.crew
	d.mu.Lock()
	d.crew = crew
	d.mu.Unlock()
	d.leaving = slices.DeleteFunc(d.leaving, func(m *member) bool { return closed(m.ended) })
	var stopping, starting []*member
	for _, m := range before {
		if !slices.Contains(crew, m) {
			m.gone.Store(!slices.ContainsFunc(crew, m.isOf))
			m.leave()
			stopping = append(stopping, m)
		}
	}
	d.leaving = append(d.leaving, stopping...)
	for _, m := range crew {
		if !slices.Contains(before, m) {
			d.launch(d.running, m, d.lastOf(m.Part))
			starting = append(starting, m)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, m := range stopping {
		late = append(late, m.await(ctx, m.ended, "has not stopped yet")...)
	}
	for _, m := range starting {
		late = append(late, m.await(ctx, m.begun, "has not begun yet")...)
	}
	return late
}

// lastOf is the newest of those leaving that was this part, nil if there is none.
func (d *Daemon) lastOf(p Part) *member {
	for _, m := range slices.Backward(d.leaving) {
		if p.isOf(m) {
			return m
		}
	}
	return nil
}

// await waits for the member, and says what has not come to pass if ctx ends first.
func (m *member) await(ctx context.Context, what <-chan struct{}, instead string) []string {
	select {
	case <-what:
		return nil
	case <-ctx.Done():
	}
	if closed(what) {
		return nil
	}
	return []string{m.title() + " " + instead}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
