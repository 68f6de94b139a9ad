package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

// replayFlags are what replay is told besides the sink.
type replayFlags struct {
	since  string
	where  []string
	dryRun bool
	asJSON bool
}

func (c *command) replayVerb() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay SINK",
		Short: "Send reviews to a sink again, or make a sink's documents anew",
		Long: `Replay sends a sink that delivers the reviews on the log again, each as it stands
now, after saying what that will be. The running daemon does it, or the next run;
what is new goes first. The sink's own filter holds, its backfill does not.

A sink that makes documents is made anew from the log; it takes no other flags.`,
		Example: `  filmwire replay hook --since 2026-01-01 --dry-run
  filmwire replay hook --where critics="Jane Doe" --where min_rating=80`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			selection, err := f.selection()
			if err != nil {
				return err
			}
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				return c.replay(ctx, cfg, b, args[0], selection, f)
			})
		},
	}
	cmd.Flags().StringVar(&f.since, "since", "", "only reviews that came out on this `date` or later")
	cmd.Flags().StringArrayVar(&f.where, "where", nil, "only reviews that a filter keeps: `key=value` as in the config, again for more")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would be sent")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "say it as JSON")
	return cmd
}

// selection is which reviews the flags ask for.
func (f *replayFlags) selection() (s pipeline.Selection, err error) {
	if f.since != "" {
		if s.Since, err = review.ParseTime(f.since); err != nil {
			return s, usageError{fmt.Errorf("--since: %w", err)}
		}
	}
	if len(f.where) == 0 {
		return s, nil
	}
	values := map[string][]string{}
	for _, w := range f.where {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return s, usageError{fmt.Errorf("--where %s: want key=value", w)}
		}
		values[key] = append(values[key], value)
	}
	s.Where = &pipeline.Where{}
	given := config.ListOptions(values, config.Catalogue{})
	given.Decode(s.Where)
	s.Where.Check(given.Fault)
	if err := given.Err(); err != nil {
		return s, usageError{fmt.Errorf("--where: %w", err)}
	}
	return s, nil
}

func (c *command) replay(ctx context.Context, cfg *config.Config, b *bus.Bus, name string, s pipeline.Selection, f replayFlags) error {
	sink, err := sinkNamed(cfg, name)
	if err != nil {
		return err
	}
	if sink.OpenView != nil {
		return c.remake(ctx, b, name, f)
	}
	p, err := pipeline.PreviewReplay(ctx, b.Log(), sink.Terms, &sink.Where, s)
	if err != nil {
		return err
	}
	if err := c.printPreview(name, &p, f.asJSON); err != nil || f.dryRun || p.Events == 0 {
		return err
	}
	return c.ask(ctx, b, name, pipeline.Request{Kind: pipeline.RequestReplay, Replay: s})
}

// remake has a view made anew.
func (c *command) remake(ctx context.Context, b *bus.Bus, name string, f replayFlags) error {
	if f.since != "" || len(f.where) > 0 {
		return usageError{fmt.Errorf("sink %q makes documents of the whole log: it takes neither --since nor --where", name)}
	}
	if f.dryRun {
		_, err := fmt.Fprintf(c.Out, "sink %q would be made anew from the log; nothing would be sent\n", name)
		return err
	}
	if err := b.KV().Put(ctx, pipeline.RemakeKey(name), []byte(rand.Text())); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.Out, "sink %q is made anew within seconds where a daemon runs, else at the next `filmwire run`\n", name)
	return err
}

// printPreview says what a replay sends before it does.
func (c *command) printPreview(sink string, p *pipeline.Preview, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(p)
	}
	if p.Events == 0 {
		_, err := fmt.Fprintf(c.Out, "there is nothing to send to sink %q\n", sink)
		return err
	}
	var kinds []string
	for _, kind := range review.EventKinds() {
		if n := p.Kinds[kind]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
		}
	}
	fmt.Fprintf(c.Out, "%s for sink %q: %s\n", count(p.Events, "event"), sink, strings.Join(kinds, ", "))
	write := eventWriter(c.Out, false)
	var errs []error
	line := func(title string, events ...*review.Event) {
		fmt.Fprintln(c.Out, title)
		for _, e := range events {
			errs = append(errs, write(e))
		}
	}
	line("the oldest:", p.Oldest)
	line("the newest:", p.Newest)
	line("first go:", p.First...)
	return errors.Join(errs...)
}
