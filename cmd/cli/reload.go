package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/bus"
)

func (c *command) reloadVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the running daemon read its config again",
		Long: `Reload has the daemon that runs on the config's data folder read its config again,
as SIGHUP does, waits, and prints what became of it. Sources and sinks that are
the same are not touched. A config with a fault changes nothing (exit 2). What
only a restart can change is refused, too, and named (exit 3). See also plan.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.reload(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *command) reload(ctx context.Context, asJSON bool) error {
	// The daemon reads the file itself: it has the environment that secrets are in.
	cfg, err := config.Locate(c.configPath, catalogue())
	if err != nil {
		return err
	}
	return c.withLogOf(ctx, cfg, func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
		out, err := daemon.AskReload(ctx, cfg, b)
		if errors.Is(err, daemon.ErrNotRunning) {
			return fmt.Errorf("%w; `filmwire run` starts one, and if `data` was changed in the config, the old one must be restarted", err)
		}
		if err != nil {
			return err
		}
		c.code = reloadCode(&out)
		if asJSON {
			return json.NewEncoder(c.Out).Encode(out)
		}
		c.printOutcome(&out)
		return nil
	})
}

func reloadCode(out *daemon.Outcome) int {
	switch {
	case out.NeedsAttention():
		return exitAttention
	case out.Refused != "":
		return exitWrong
	}
	return exitFine
}

func (c *command) printOutcome(out *daemon.Outcome) {
	if len(out.Restart) > 0 {
		fmt.Fprintf(c.Err, "filmwire: nothing was changed: restart for this: %s\n", strings.Join(out.Restart, ", "))
		return
	}
	if out.Refused != "" {
		fmt.Fprintf(c.Err, "%s\nfilmwire: nothing was changed: the daemon goes on with the config it has\n", strings.TrimRight(out.Refused, "\n"))
		return
	}
	kept := 0
	for i := range out.Steps {
		s := &out.Steps[i]
		if s.Change == daemon.Keep {
			kept++
			continue
		}
		fmt.Fprintf(c.Out, "%-9s %s\n", done(s.Change), partName(s.Part))
	}
	fmt.Fprintf(c.Out, "%d unchanged\n", kept)
	for _, late := range out.Late {
		fmt.Fprintf(c.Err, "filmwire: %s; it does as soon as it can\n", late)
	}
}

func done(c daemon.Change) string {
	switch c {
	case daemon.Start:
		return "started"
	case daemon.Stop:
		return "stopped"
	}
	return "restarted"
}

// partName names a source or sink with its type: "sink latest (feed)".
func partName(p daemon.Part) string {
	what := "sink"
	if p.Kind == daemon.KindSource {
		what = "source"
	}
	return fmt.Sprintf("%s %s (%s)", what, p.Name, p.Type)
}
