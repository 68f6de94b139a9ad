package sinktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// This file is the example of docs/writing-a-sink.md: a whole sink in Go, and its
// test. A real one is a package of its own under sinks/.

// noteSettings are a note sink's own options.
type noteSettings struct {
	Ending string `config:"ending" doc:"What the names of the files end in; .txt if not given."`
}

// NoteType is the line of the catalogue.
func NoteType() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "notes",
		Summary: "Keeps the text of each review in a file.",
		Delivery: func(o pipeline.Options) pipeline.OpenDelivery {
			s := noteSettings{Ending: ".txt"}
			o.Decode(&s)
			if s.Ending == "" || s.Ending[0] != '.' {
				o.Fault("ending", "want a dot and letters, as .txt")
			}
			return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return notes{s, env.Tree}, nil }
		},
	}
}

type notes struct {
	settings noteSettings
	tree     pipeline.Tree
}

// Deliver writes a file for each review that is there, and removes it for one that
// is not. Doing either twice changes nothing, which is all that idempotence takes.
func (n notes) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	verdicts := make([]pipeline.Verdict, len(entries))
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("notes: %w", err)
		}
		if e.Review == nil {
			continue // an event of a film
		}
		path, err := string(e.Review.ReviewID)+n.settings.Ending, error(nil)
		if e.Live {
			_, err = n.tree.Write(path, []byte(e.Review.BodyText))
		} else {
			err = n.tree.Remove(path)
		}
		if err != nil {
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry, Code: "files", Reason: err.Error()}
		}
	}
	return verdicts, nil
}

// options decode nothing: the settings stay what they are by default.
type options struct{ t testing.TB }

func (options) Decode(any) {}

func (o options) Fault(key, text string) { o.t.Error(errors.New(key + ": " + text)) }

func TestNotes(t *testing.T) {
	sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
		d, err := NoteType().Delivery(options{t})(env)
		if err != nil {
			t.Fatal(err)
		}
		return d, env.Tree.(*sinktest.Tree).Files
	})
}
