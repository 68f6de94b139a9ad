package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/subscriber"
)

func (c *command) statusVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the sources and the sinks are doing",
		Long:  "Status says how the sources and the sinks are doing, whether or not the daemon runs. It exits 3 when something needs attention.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				st, err := daemon.ReadStatus(ctx, cfg, b, pipeline.SystemClock{})
				if err != nil {
					return err
				}
				if st.NeedsAttention() {
					c.code = exitAttention
				}
				if asJSON {
					enc := json.NewEncoder(c.Out)
					enc.SetIndent("", "  ")
					return enc.Encode(st)
				}
				return c.printStatus(&st)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *command) printStatus(st *daemon.Status) error {
	fmt.Fprintf(c.Out, "%s on the log, %d kB, newest event at position %d\n\n", count(int(st.Reviews), "review"), st.Bytes/1000, st.Head)
	w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tTYPE\tLAST POLLED\tNEXT\tLAST POLL\tNEXT IS BY")
	for i := range st.Sources {
		s := &st.Sources[i]
		last := "-"
		if !s.LastPolled.IsZero() {
			last = describe(&s.Report)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Type, moment(s.LastPolled), moment(s.Next), last, s.Why)
	}
	fmt.Fprintln(w, "\t\t\t\t\t\t\nSINK\tTYPE\tBEHIND BY\tWAITING\tQUARANTINE\tNOTED")
	for _, s := range st.Sinks {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\n", s.Name, s.Type, int64(st.Head)-int64(s.Position), s.Waiting, s.Quarantined, moment(s.NotedAt))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if n := st.Films.Ambiguous; n > 0 {
		fmt.Fprintf(c.Out, "\n%s stand for reviews that fit several: `filmwire explain film --inspect` says which, and what to do\n", count(n, "film"))
	}
	for i := range st.Sources {
		c.printSource(&st.Sources[i])
	}
	for _, s := range st.Sinks {
		if s.Paused.Code != "" {
			fmt.Fprintf(c.Out, "\nsink %q is paused since %s: %s: %s; when that is mended: `filmwire resume %s`\n", s.Name, moment(s.Paused.At), s.Paused.Code, s.Paused.Reason, s.Name)
		} else if s.LastError != "" {
			fmt.Fprintf(c.Out, "\nsink %q, last error: %s\n", s.Name, s.LastError)
		}
	}
	return nil
}

// inWords says how a subscription is doing.
func inWords(s *subscriber.Status) string {
	switch s.State {
	case subscriber.Live:
		if s.Fault != "" {
			return fmt.Sprintf("%s tells of changes until %s; it could not be asked to go on: %s", s.Hub, moment(s.Until), s.Fault)
		}
		return fmt.Sprintf("%s tells of changes, until %s and then on", s.Hub, moment(s.Until))
	case subscriber.Refused:
		return fmt.Sprintf("%s does not tell of changes: %s; it is asked again at %s", s.Hub, s.Fault, moment(s.Next))
	case subscriber.Leaving:
		return fmt.Sprintf("%s is being told that nobody listens any more", s.Hub)
	}
	return fmt.Sprintf("%s was asked to tell of changes, and has not confirmed it yet", s.Hub)
}

// mostNamed bounds how many feeds of a source are named.
const mostNamed = 20

// printSource says what people should know of a source besides its line.
func (c *command) printSource(s *daemon.SourceStatus) {
	if s.Error != "" {
		fmt.Fprintf(c.Out, "\n%s, %s in a row\n", s.Error, count(s.Failures, "failure"))
	}
	for _, p := range s.Report.Problems {
		fmt.Fprintf(c.Out, "\nsource %q: %s\n", s.Name, p)
	}
	for _, sub := range s.Subscriptions {
		fmt.Fprintf(c.Out, "\nsource %q: %s\n", s.Name, inWords(&sub))
	}
	for _, what := range s.Falling {
		fmt.Fprintf(c.Out, "\nsource %q: %s; its pages may look different now: `filmwire try` shows what is understood of them\n", s.Name, what)
	}
	named := 0
	for i := range s.Feeds {
		words := s.Feeds[i].Words()
		if words == "" || s.Feeds[i].Error != "" && strings.Contains(s.Error, s.Feeds[i].Error) {
			continue
		}
		if named++; named <= mostNamed {
			fmt.Fprintf(c.Out, "\nsource %q: %s %s\n", s.Name, s.Feeds[i].Feed, words)
		}
	}
	if named > mostNamed {
		fmt.Fprintf(c.Out, "\nsource %q: and %d more feeds; --json lists all\n", s.Name, named-mostNamed)
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}
