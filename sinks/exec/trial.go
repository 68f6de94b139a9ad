package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Trial is one thing that a program was tried with, and what came of it.
type Trial struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"` // why not, or what was seen
}

// Trials is the suite that every program must pass, for its author to run: the
// handshake, an event that comes again, also to a program that was begun anew, a
// revision, a withdrawal, a restoration, fields and kinds that it does not know, a
// large event, one that comes in pieces, a line that is none, and the end of its
// input. Each is told to report as soon as it is over. The events are made up: try a
// program where it can do no harm.
func Trials(ctx context.Context, s Settings, log *slog.Logger, clock pipeline.Clock, report func(Trial)) (passed bool) {
	t := &trying{ctx: ctx, settings: s, env: pipeline.DeliveryEnv{
		Name: "trial", Site: pipeline.Site{Title: "Trial", URL: "https://reviews.example.org", Language: "en"}, Log: log, Clock: clock,
	}}
	passed = true
	for i, one := range []struct {
		name string
		do   func() (string, error)
	}{
		{"handshake", t.handshake},
		{"an event", t.once},
		{"the same event again", t.again},
		{"the same event after a new start", t.anew},
		{"a life: revised, withdrawn, restored", t.life},
		{"a withdrawal of what it never saw", t.unseen},
		{"fields and a kind it does not know", t.unknown},
		{"an event of a megabyte", t.large},
		{"a group of events", t.group},
		{"an event in two pieces, slowly", t.pieces},
		{"a line that is no event", t.garbage},
		{"half an event, and the end", t.half},
		{"the end of its input", t.leaves},
	} {
		detail, err := one.do()
		if err != nil {
			passed, detail = false, err.Error()
		}
		report(Trial{one.name, err == nil, detail})
		if err != nil && i == 0 || ctx.Err() != nil {
			return false // nothing else can be tried
		}
	}
	return passed
}

// trying is a program being tried.
type trying struct {
	ctx      context.Context
	settings Settings
	env      pipeline.DeliveryEnv
	hello    Hello
}

// begun begins the program for something the delivery itself does not do.
func (t *trying) begun(do func(*program) error) (err error) {
	p, err := start(&t.settings, t.env.Log)
	if err != nil {
		return fmt.Errorf("it cannot be started: %w", err)
	}
	defer p.end()
	if err := p.greet(t.ctx, t.env.Clock, t.settings.Timeout, greeting{Protocol, t.env.Name, t.env.Site}); err != nil {
		return err
	}
	return do(p)
}

// told hands events to the program as the daemon does, each in a call of its own,
// and wants all done.
func (t *trying) told(events ...*review.Event) error {
	d, err := New(t.settings, t.env)
	if err != nil {
		return err
	}
	for _, e := range events {
		v, err := d.Deliver(t.ctx, []pipeline.Entry{{Position: 1, Review: e, Live: !e.Gone()}})
		if err == nil && v[0].Outcome != pipeline.Done {
			err = fmt.Errorf("%s at revision %d: want done, got %s: %s", e.Kind, e.Revision, v[0].Code, v[0].Reason)
		}
		if err != nil {
			return errors.Join(err, d.Close())
		}
	}
	return d.Close()
}

// event is a made-up event of one review's life.
func event(guid string, kind review.EventKind, revision int) *review.Event {
	e := pipeline.SampleEvent()
	e.Kind, e.Revision, e.Source.GUID = kind, revision, guid
	e.ReviewID = review.NewID(e.Source.Name, guid)
	e.EventID = review.NewEventID(e.ReviewID, revision)
	return e
}

func (t *trying) handshake() (string, error) {
	err := t.begun(func(p *program) error {
		t.hello = p.hello
		return nil
	})
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s, %d at a time", t.hello.Name, t.hello.Version, t.hello.Batch)), nil
}

func (t *trying) once() (string, error) { return "", t.told(event("once", review.Published, 1)) }

func (t *trying) again() (string, error) {
	return "", t.told(event("again", review.Published, 1), event("again", review.Published, 1))
}

func (t *trying) anew() (string, error) { return t.again() }

func (t *trying) life() (string, error) {
	return "", t.told(event("life", review.Published, 1), event("life", review.Revised, 2),
		event("life", review.Withdrawn, 3), event("life", review.Withdrawn, 3), event("life", review.Restored, 4))
}

func (t *trying) unseen() (string, error) { return "", t.told(event("unseen", review.Withdrawn, 2)) }

func (t *trying) large() (string, error) {
	e := event("large", review.Published, 1)
	e.BodyText = strings.Repeat("It stays with you. ", 1<<20/19)
	return "", t.told(e)
}

// unknown tells what a later version may: the line has fields of which this one
// knows nothing.
func (t *trying) unknown() (string, error) {
	if err := t.told(event("kind", "remastered", 2)); err != nil {
		return "", err
	}
	line := event("fields", review.Published, 1).AppendJSON(nil)
	line = append(line[:len(line)-1], `,"a_later_field":{"with":["much","in it"]}}`...)
	return "", t.begun(func(p *program) error { return t.answered(p, line, "fields") })
}

// answered sends a line and wants done for the event of that review, which is
// published.
func (t *trying) answered(p *program, line []byte, guid string) error {
	if !p.hello.wants(review.Published) {
		return nil
	}
	line = append(line, '\n')
	if p.hello.Batch > 1 {
		line = append(line, '\n')
	}
	return p.ask(t.ctx, t.env.Clock, t.settings.Timeout, line, done(guid))
}

func done(guid string) func([]byte) (bool, error) {
	want := event(guid, review.Published, 1).EventID
	return func(line []byte) (bool, error) {
		a, err := parseAnswer(line)
		if err == nil && (a.ID != want || a.Verdict != "done") {
			err = fmt.Errorf("want %q done, got %s", want, quote(line))
		}
		return true, err
	}
}

func (t *trying) group() (string, error) {
	n := min(t.hello.Batch, 10)
	d, err := New(t.settings, t.env)
	if err != nil {
		return "", err
	}
	var entries []pipeline.Entry
	for i := range n {
		entries = append(entries, pipeline.Entry{Review: event(fmt.Sprint("group ", i), review.Published, 1), Live: true})
	}
	v, err := d.Deliver(t.ctx, entries)
	for i := range v {
		if v[i].Outcome != pipeline.Done && err == nil {
			err = fmt.Errorf("event %d of %d: want done, got %s: %s", i+1, n, v[i].Code, v[i].Reason)
		}
	}
	return fmt.Sprintf("%d events", n), errors.Join(err, d.Close())
}

func (t *trying) pieces() (string, error) {
	line := event("pieces", review.Published, 1).AppendJSON(nil)
	return "", t.begun(func(p *program) error {
		if _, err := p.in.Write(line[:len(line)/2]); err != nil {
			return err
		}
		return t.answered(p, line[len(line)/2:], "pieces")
	})
}

// garbage wants a program that is told nonsense to end, or to pass over it and go
// on; in no case to be done with it.
func (t *trying) garbage() (detail string, err error) {
	err = t.begun(func(p *program) error {
		text := []byte("this is no event\n")
		if p.hello.Batch > 1 {
			text = append(text, '\n')
		}
		line := append(text, event("after", review.Published, 1).AppendJSON(nil)...)
		err := t.answered(p, line, "after")
		if detail = "it passes over it"; errors.Is(err, errEnded) || isBroken(err) {
			detail, err = "it ends", nil
		}
		return err
	})
	return detail, err
}

// half wants a program to end, and to say nothing, when its input ends within a line.
func (t *trying) half() (string, error) {
	line := event("half", review.Published, 1).AppendJSON(nil)
	return "", t.begun(func(p *program) error {
		if _, err := p.in.Write(bytes.TrimSuffix(line[:len(line)/2], []byte("\n"))); err != nil {
			return err
		}
		return t.ends(p)
	})
}

func (t *trying) leaves() (string, error) { return "", t.begun(t.ends) }

// ends closes the program's input and wants it to end without another word.
func (t *trying) ends(p *program) error {
	p.in.Close()
	said, err := p.next(t.ctx, t.env.Clock, leaveTime)
	switch {
	case errors.Is(err, errEnded):
		return nil
	case errors.Is(err, errSilent):
		return fmt.Errorf("it has not ended %v after its input did", leaveTime)
	case err == nil:
		err = fmt.Errorf("its input has ended, and it says %s", quote(said))
	}
	return err
}
