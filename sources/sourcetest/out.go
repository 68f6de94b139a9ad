package sourcetest

import (
	"context"
	"log/slog"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Out keeps what a source hands out. The zero value takes everything.
type Out struct {
	Documents []review.Document
	Taken     []string // back, by what the source says
	Problems  []pipeline.Problem
	// Fail, if set, is asked after each document; what it returns goes back to
	// the source.
	Fail func() error
}

// Document keeps the document.
func (o *Out) Document(d review.Document) error {
	o.Documents = append(o.Documents, d)
	return o.answer()
}

// Gone keeps the id.
func (o *Out) Gone(guid string) error {
	o.Taken = append(o.Taken, guid)
	return o.answer()
}

// Problem keeps the problem.
func (o *Out) Problem(p pipeline.Problem) error {
	o.Problems = append(o.Problems, p)
	return o.answer()
}

func (o *Out) answer() error {
	if o.Fail == nil {
		return nil
	}
	return o.Fail()
}

// GUIDs lists the documents' ids in the order they came.
func (o *Out) GUIDs() []string {
	var ids []string
	for _, d := range o.Documents {
		ids = append(ids, d.GUID)
	}
	return ids
}

// Clock stands still at Noon. Sleeping ends only with the context.
type Clock struct{}

// Noon is the only time there is.
func Noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// Now is Noon.
func (Clock) Now() time.Time { return Noon() }

// Sleep waits for ctx to end.
func (Clock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// Env is a source's surroundings in a test.
func Env(http pipeline.Doer) pipeline.SourceEnv { return (&Place{HTTP: http}).env() }

// env are the surroundings that a place gives.
func (p *Place) env() pipeline.SourceEnv {
	env := pipeline.SourceEnv{Name: "test", Log: slog.New(slog.DiscardHandler), Clock: p.Clock, HTTP: p.HTTP, Polls: p.Polls}
	if env.Clock == nil {
		env.Clock = Clock{}
	}
	env.Feed, env.Export = feeds.Opener(env), exports.Reader(env.Clock)
	env.Text, env.UTF8 = charset.Text, charset.Reader
	return env
}
