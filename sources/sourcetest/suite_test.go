package sourcetest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// memory is the smallest source there is: it reads lines of a string.
type memory struct{ text *string }

func (m memory) Read(ctx context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	complete := true
	for i, line := range strings.Split(strings.TrimSpace(*m.text), "\n") {
		if err := ctx.Err(); err != nil {
			return pipeline.Reading{}, err
		}
		guid, body, found := strings.Cut(line, ": ")
		if !found {
			complete = false
			if err := out.Problem(pipeline.Problem{Where: fmt.Sprint(i), Err: fmt.Errorf("no colon")}); err != nil {
				return pipeline.Reading{}, err
			}
			continue
		}
		sum := fmt.Sprintf("%064x", []byte(body))
		d := review.Document{GUID: guid, Form: review.FormText, Body: body, FetchedAt: Noon(), RawSHA256: sum[len(sum)-64:]}
		if err := out.Document(d); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{Complete: complete}, nil
}

func TestSuitePassesAGoodSource(t *testing.T) {
	var text *string
	Run(t, Case{
		Type: pipeline.SourceType{Name: "memory", Summary: "Lines of a string.", Configure: func(o pipeline.Options) pipeline.OpenSource {
			o.Decode(&struct{}{})
			return func(pipeline.SourceEnv) (pipeline.Source, error) { return memory{text}, nil }
		}},
		Complete: true,
		Place: func(*testing.T) Place {
			text = new(string)
			return Place{
				Hold: func(s State) {
					*text = "a: one\n" + [...]string{"b: two", "b: TWO", "b two"}[s] + "\nc: three"
				},
				Put: func(b []byte) { *text = string(b) },
			}
		},
		Hostile: map[string][]byte{"no colon": []byte("x")},
	})
}

func TestOptionsDecode(t *testing.T) {
	var into struct {
		Name  string          `config:"name,required"`
		Paths []pipeline.Path `config:"paths"`
		After time.Duration   `config:"after"`
		On    bool            `config:"on"`
		Best  review.Decimal  `config:"best"`
		Kept  int             `config:"kept"`
	}
	into.Kept = 7
	o := NewOptions(map[string]any{"paths": "a", "after": "3s", "on": true, "best": 2.5, "other": 1})
	o.Decode(&into)
	if fmt.Sprintln(filepath.Base(string(into.Paths[0])), into.After, into.On, into.Best, into.Kept) != "a 3s true 2.5 7\n" {
		t.Errorf("decoded %+v", into)
	}
	if got := fmt.Sprint(o.Faults()); got != `[name is missing unknown key "other"]` {
		t.Errorf("faults are %s", got)
	}
}
