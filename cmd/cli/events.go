package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func (c *command) eventsVerb() *cobra.Command {
	var source string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Print the latest event of every review, withdrawn ones too",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
				return c.events(ctx, b.Log(), source, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "only of the source with this `name`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one event a line, as JSON")
	return cmd
}

func (c *command) events(ctx context.Context, log pipeline.Log, source string, asJSON bool) error {
	out := bufio.NewWriter(c.Out)
	write := eventWriter(out, asJSON)
	err := log.Latest(ctx, func(e pipeline.Entry) error {
		if source != "" && e.Review.Source.Name != source {
			return nil
		}
		return write(e.Review)
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// eventWriter prints events as JSON lines, or as lines for people.
func eventWriter(out io.Writer, asJSON bool) func(*review.Event) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return func(e *review.Event) error { return enc.Encode(e) }
	}
	return func(e *review.Event) error {
		_, err := fmt.Fprintf(out, "%s  %-9s  %-10s  %s%s\n", e.Date().Format(time.DateOnly), e.Kind, e.Rating, filmName(&e.Film), byline(e))
		if e.Rating.Kind == review.Invalid {
			fmt.Fprintf(out, "            rating.invalid: %q cannot be a rating on this scale\n", e.Rating.Raw)
		}
		for _, w := range e.Warnings {
			fmt.Fprintf(out, "            %s: %s\n", w.Code, w.Detail)
		}
		return err
	}
}

func filmName(f *review.Film) string {
	switch {
	case f.Title == "":
		return "(no film)"
	case f.Year == 0:
		return f.Title
	}
	return fmt.Sprintf("%s (%d)", f.Title, f.Year)
}

func byline(e *review.Event) string {
	if by := e.Byline(); by != "" {
		return ", by " + by
	}
	return ""
}

// withLog opens the config's log, also while a daemon runs on it.
func (c *command) withLog(ctx context.Context, do func(context.Context, *config.Config, *bus.Bus) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return c.withLogOf(ctx, cfg, do)
}

func (c *command) withLogOf(ctx context.Context, cfg *config.Config, do func(context.Context, *config.Config, *bus.Bus) error) error {
	if err := logExists(cfg); err != nil {
		return err
	}
	o := daemon.BusOptions(cfg, c.logger(c.Err, true))
	o.Attach = true
	b, err := bus.Open(ctx, o)
	if err != nil {
		return err
	}
	defer b.Close()
	return do(ctx, cfg, b)
}

// logExists keeps a verb that only looks from making a data folder.
func logExists(cfg *config.Config) error {
	if cfg.NATS.URL != "" {
		return nil
	}
	folder := filepath.Join(cfg.Data, "nats")
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("there is no log in %s yet: `filmwire run` makes it", cfg.Data)
	}
	return nil
}
