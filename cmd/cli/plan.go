package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

func (c *command) planVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what a reload, or the next start, would do",
		Long: `Plan compares the config with what the daemon runs, or, where none does, with
what ran last: which sources and sinks would start, stop or restart, which would
be made anew from the log, and which events would be delivered. It changes
nothing and asks nobody outside. It exits 3 when the config takes a restart.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.plan(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *command) plan(ctx context.Context, asJSON bool) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	show := func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
		p, err := daemon.MakePlan(ctx, cfg, b, pipeline.SystemClock{})
		if err != nil {
			return err
		}
		if len(p.Restart) > 0 && p.Running {
			c.code = exitAttention
		}
		if asJSON {
			enc := json.NewEncoder(c.Out)
			enc.SetIndent("", "  ")
			return enc.Encode(p)
		}
		return printPlan(c.Out, cfg, &p)
	}
	if logExists(cfg) != nil { // the first start of all
		return show(ctx, cfg, nil)
	}
	return c.withLogOf(ctx, cfg, show)
}

func printPlan(out io.Writer, cfg *config.Config, p *daemon.Plan) error {
	switch {
	case p.Running:
		fmt.Fprintf(out, "A daemon runs on %s since %s. `filmwire reload` would:\n\n", cfg.Data, moment(p.Since))
	case p.Since.IsZero():
		fmt.Fprintf(out, "Nothing has run on %s yet. `filmwire run` would:\n\n", cfg.Data)
	default:
		fmt.Fprintf(out, "No daemon runs on %s. Compared with the one that began on %s, `filmwire run` would:\n\n", cfg.Data, moment(p.Since))
	}
	kept := 0
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Change == daemon.Keep {
			kept++
		} else {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Change, partName(s.Part), strings.Join(comesTo(s), "; "))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case kept == len(p.Steps):
		fmt.Fprintln(out, "  nothing: all is as it was")
	case kept > 0:
		fmt.Fprintf(out, "  keep %d as they are\n", kept)
	}
	fmt.Fprintln(out)
	printEffects(out, p)
	if len(p.Restart) > 0 && p.Running {
		fmt.Fprintf(out, "A reload is refused: these take a restart: %s\n", strings.Join(p.Restart, ", "))
	}
	return nil
}

// printEffects says what others would notice.
func printEffects(out io.Writer, p *daemon.Plan) {
	quiet := true
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Effects() && !s.Paused {
			quiet = false
			fmt.Fprintf(out, "Outside: %s would be delivered to %s at once.\n", count(s.Events, "event"), partName(s.Part))
		}
	}
	if quiet {
		fmt.Fprintln(out, "Outside: nothing would be delivered at once.")
	}
}

// comesTo says what a step comes to, in words.
func comesTo(s *daemon.Planned) []string {
	words := s.Why
	if s.Was != "" {
		words = append(words, fmt.Sprintf("it is as %q was, but another name makes it another one", s.Was))
	}
	switch s.Kind {
	case daemon.KindSource:
		words = append(words, sourceComesTo(s)...)
	case daemon.KindView:
		words = append(words, viewComesTo(s)...)
	case daemon.KindDelivery:
		words = append(words, deliveryComesTo(s)...)
	}
	if s.Paused {
		words = append(words, "paused by the config")
	}
	return words
}

func sourceComesTo(s *daemon.Planned) []string {
	switch {
	case s.Change == daemon.Stop:
		return []string{fmt.Sprintf("it is not read any more; what it gave stays: %s", count(s.Reviews, "review"))}
	case s.Change == daemon.Start && s.Reviews == 0:
		return []string{"it is read at once"}
	case s.Anew:
		return []string{fmt.Sprintf("%s understood again when it is read next, by %s at the latest", are(s.Reviews, "review"), moment(s.Next))}
	}
	return []string{"it is read next " + moment(s.Next)}
}

func viewComesTo(s *daemon.Planned) []string {
	switch {
	case s.Change == daemon.Stop && s.Documents > 0:
		return []string{fmt.Sprintf("%s leave the public files", count(s.Documents, "document"))}
	case s.Change == daemon.Stop:
		return []string{"its documents leave the public files"}
	case s.Anew && s.Reviews == 0:
		return []string{"the log holds nothing for it yet"}
	case s.Anew:
		return []string{fmt.Sprintf("made from the log: %s", count(s.Reviews, "review"))}
	}
	return []string{"its documents stay as they are"}
}

func deliveryComesTo(s *daemon.Planned) []string {
	switch {
	case s.Change == daemon.Stop:
		return []string{"nothing is delivered any more; if it comes back it goes on from where it is"}
	case s.Events > 0:
		return []string{fmt.Sprintf("%s to be delivered, from position %d on", count(s.Events, "event"), s.From)}
	}
	return []string{"nothing to be delivered yet"}
}

// are is a count with its verb: "1 review is", "2 reviews are".
func are(n int, word string) string {
	if n == 1 {
		return count(n, word) + " is"
	}
	return count(n, word) + " are"
}
