package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

// sifted is what a sink's filter makes of the reviews on the log that are there.
type sifted struct {
	Sink    string          `json:"sink"`
	Reviews int             `json:"reviews"`
	Kept    int             `json:"kept"`
	Against map[string]int  `json:"against,omitempty"` // how many each field of the filter leaves out
	Keeps   []*review.Event `json:"keeps,omitempty"`   // the first few
	Leaves  []leftOut       `json:"leaves,omitempty"`  // the first few for each field
	where   *pipeline.Where
}

// leftOut is a review that a filter does not keep: the field that does not hold, and
// what the review has there.
type leftOut struct {
	Field string        `json:"field"`
	Found string        `json:"found,omitempty"`
	Event *review.Event `json:"event"`
}

// examples is how many reviews are shown of a kind.
const examples = 3

// trySink says what the filter of a sink keeps of what is on the log.
func (c *command) trySink(ctx context.Context, name string, asJSON bool) error {
	return c.withLog(ctx, func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
		i := slices.IndexFunc(cfg.Sinks, func(s config.Sink) bool { return s.Name == name })
		if i < 0 {
			var names []string
			for _, s := range cfg.Sinks {
				names = append(names, s.Name)
			}
			return usageError{fmt.Errorf("--sink: there is no sink %q in %s; there are %s", name, c.configPath, strings.Join(names, ", "))}
		}
		s := sifted{Sink: name, Against: map[string]int{}, where: &cfg.Sinks[i].Where}
		if err := b.Log().Latest(ctx, func(e pipeline.Entry) error { s.add(e.Review); return nil }); err != nil {
			return err
		}
		out := bufio.NewWriter(c.Out)
		if asJSON {
			if err := json.NewEncoder(out).Encode(s); err != nil {
				return fmt.Errorf("try: %w", err)
			}
		} else if err := s.print(out); err != nil {
			return err
		}
		return out.Flush()
	})
}

// add sifts one review.
func (s *sifted) add(e *review.Event) {
	if e.Gone() {
		return
	}
	s.Reviews++
	field := s.where.Against(e)
	if field == "" {
		s.Kept++
		if len(s.Keeps) < examples {
			s.Keeps = append(s.Keeps, e)
		}
		return
	}
	s.Against[field]++
	if s.Against[field] <= examples {
		s.Leaves = append(s.Leaves, leftOut{Field: field, Found: s.where.Found(field, e), Event: e})
	}
}

// print says it for people.
func (s *sifted) print(out io.Writer) error {
	fmt.Fprintf(out, "sink %q keeps %d of %d reviews on the log\n", s.Sink, s.Kept, s.Reviews)
	write := eventWriter(out, false)
	if len(s.Keeps) > 0 {
		fmt.Fprintln(out, "\nkept, for example:")
	}
	for _, e := range s.Keeps {
		if err := write(e); err != nil {
			return err
		}
	}
	for _, field := range slices.Sorted(maps.Keys(s.Against)) {
		fmt.Fprintf(out, "\n%d left out by where.%s, for example:\n", s.Against[field], field)
		for _, l := range s.Leaves {
			if l.Field != field {
				continue
			}
			if err := write(l.Event); err != nil {
				return err
			}
			if l.Found == "" {
				l.Found = "nothing that would do"
			}
			fmt.Fprintf(out, "            %s: it has %s\n", field, l.Found)
		}
	}
	return nil
}
