package exec

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Delivery hands events to a program. Safe for use by many goroutines, which take
// turns. Close it after use.
type Delivery struct {
	settings Settings
	env      pipeline.DeliveryEnv

	mu       sync.Mutex
	running  *program
	failures int       // in a row
	again    time.Time // not to be started before
	closed   bool
}

var _ pipeline.Delivery = (*Delivery)(nil)

// New makes the delivery. The program starts with the first event. Settings that
// Check finds fault with are an error.
func New(s Settings, env pipeline.DeliveryEnv) (*Delivery, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("exec %q: %w", env.Name, errors.Join(faults...))
	}
	return &Delivery{settings: s, env: env}, nil
}

// The codes of verdicts that are ours and not the program's.
const (
	codeStart    = "start"    // Retry: the program cannot be started, or was a short while ago
	codeProtocol = "protocol" // Retry: it has said what does not belong
	codeEnded    = "ended"    // Retry: it has ended
	codeTimeout  = "timeout"  // Retry: it was silent for too long
	codeEarlier  = "earlier"  // Retry: an earlier event has to be tried again
)

const (
	firstPause = time.Second // before a program that failed is started again
	lastPause  = 5 * time.Minute
	leaveTime  = 5 * time.Second // to end by itself
)

// Deliver hands the entries to the program, in groups of the size it wants.
func (d *Delivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	verdicts := make([]pipeline.Verdict, len(entries))
	var left []told
	for i, e := range entries {
		if event := e.Outward(); event != nil {
			left = append(left, told{event, &verdicts[i]})
		}
	}
	waits := map[review.ID]bool{}
	for len(left) > 0 && ctx.Err() == nil {
		failed := d.ready(ctx)
		if failed == nil {
			var group []told
			group, left = d.group(left, waits)
			failed = d.tell(ctx, group)
			for _, t := range group {
				waits[t.event.ReviewID] = t.verdict.Outcome != pipeline.Done && t.verdict.Outcome != pipeline.Reject
			}
		}
		if failed != nil {
			for _, t := range left {
				*t.verdict = *failed
			}
			left = nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("exec: %w", err)
	}
	return verdicts, nil
}

// told is an event that the program is to be told, and where the verdict goes.
type told struct {
	event   *review.Event
	verdict *pipeline.Verdict
}

// group takes from the front what the program is told at once: no two events of
// one review, none of a kind it does not want, and none of a review that waits.
func (d *Delivery) group(left []told, waits map[review.ID]bool) (group, rest []told) {
	in := map[review.ID]bool{}
	for i, t := range left {
		switch id := t.event.ReviewID; {
		case !d.running.hello.wants(t.event.Kind):
		case waits[id]:
			*t.verdict = pipeline.Verdict{Outcome: pipeline.Retry, Code: codeEarlier, Reason: "an earlier event of the review has to be tried again"}
		case in[id] || len(group) == d.running.hello.Batch:
			return group, left[i:]
		default:
			in[id] = true
			group = append(group, t)
		}
	}
	return group, nil
}

// ready sees to it that the program runs. The verdict is on all that is to be told,
// if it does not.
func (d *Delivery) ready(ctx context.Context) *pipeline.Verdict {
	if d.closed {
		return &pipeline.Verdict{Outcome: pipeline.Retry, Code: codeStart, Reason: "the sink is closed"}
	}
	if d.running != nil {
		return nil
	}
	if wait := d.again.Sub(d.env.Clock.Now()); wait > 0 {
		return &pipeline.Verdict{Outcome: pipeline.Retry, After: wait, Code: codeStart, Reason: "the program has failed, and is started again in " + wait.Round(time.Second).String()}
	}
	p, err := start(&d.settings, d.env.Log)
	if err != nil {
		return d.failed(codeStart, fmt.Errorf("it cannot be started: %w", err))
	}
	d.running = p
	if err := p.greet(ctx, d.env.Clock, d.settings.Timeout, greeting{Protocol, d.env.Name, d.env.Site}); err != nil {
		return d.failed(code(err), fmt.Errorf("handshake: %w", err))
	}
	return nil
}

// tell hands a group over and takes the verdicts. What is returned is the verdict
// on the program where something is wrong with it, and so on what it has not
// answered.
func (d *Delivery) tell(ctx context.Context, group []told) *pipeline.Verdict {
	if len(group) == 0 {
		return nil
	}
	var text []byte
	open := map[string]*pipeline.Verdict{}
	given := map[string]bool{}
	for _, t := range group {
		text = append(t.event.AppendJSON(text), '\n')
		open[t.event.EventID], given[t.event.EventID] = t.verdict, true
	}
	if d.running.hello.Batch > 1 {
		text = append(text, '\n')
	}
	err := d.running.ask(ctx, d.env.Clock, d.settings.Timeout, text, func(line []byte) (bool, error) {
		a, err := parseAnswer(line)
		if err != nil {
			return false, err
		}
		verdict := open[a.ID]
		if verdict == nil {
			return false, fmt.Errorf("it answered %s", d.running.whichIsWrong(a.ID, given))
		}
		if *verdict, err = a.Read(); err != nil {
			return false, fmt.Errorf("its answer on %s: %w", a.ID, err)
		}
		delete(open, a.ID)
		return len(open) == 0, nil
	})
	if err != nil {
		failed := d.failed(code(err), err)
		for _, verdict := range open {
			*verdict = *failed
		}
		return failed
	}
	d.running.before, d.failures = given, 0
	return nil
}

// whichIsWrong says what is wrong with an answer about this event.
func (p *program) whichIsWrong(id string, given map[string]bool) string {
	if given[id] || p.before[id] {
		return quote([]byte(id)) + " twice"
	}
	return quote([]byte(id)) + ", which it was not asked about"
}

// failed ends a program that cannot go on, and says when it is started again.
func (d *Delivery) failed(code string, err error) *pipeline.Verdict {
	reason := "the program: " + err.Error()
	if d.running != nil {
		if ended := d.running.end(); ended != nil && errors.Is(err, errEnded) {
			reason += " (" + ended.Error() + ")"
		}
		d.running = nil
	}
	pause := min(firstPause<<min(d.failures, 10), lastPause)
	d.failures++
	d.again = d.env.Clock.Now().Add(pause)
	return &pipeline.Verdict{Outcome: pipeline.Retry, After: pause, Code: code, Reason: reason}
}

func code(err error) string {
	switch {
	case errors.Is(err, errSilent):
		return codeTimeout
	case errors.Is(err, errEnded), isBroken(err):
		return codeEnded
	}
	return codeProtocol
}

// isBroken reports that the program does not read any more.
func isBroken(err error) bool { return errors.Is(err, syscall.EPIPE) }

// Close asks the program to end, and ends it if it takes too long.
func (d *Delivery) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.running == nil {
		return nil
	}
	err := d.running.leave(d.env.Clock, leaveTime)
	d.running = nil
	if err != nil {
		return fmt.Errorf("exec %q: the program: %w", d.env.Name, err)
	}
	return nil
}
