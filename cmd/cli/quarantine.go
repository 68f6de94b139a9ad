package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func (c *command) quarantineVerb() *cobra.Command {
	var sink string
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: "List, show, retry and drop events that a sink gave up",
		Long: `Quarantine holds the events that a sink's receiver refused, or that were tried too
often, with the reason. All of it works whether or not the daemon runs.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&sink, "sink", "", "only of the sink with this `name`")
	cmd.AddCommand(c.quarantineLs(&sink), c.quarantineShow(&sink), c.quarantineRetry(&sink), c.quarantineDrop(&sink))
	return cmd
}

func (c *command) quarantineLs(sink *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the events in quarantine",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
				held, err := pipeline.Quarantine(ctx, b.KV(), *sink)
				if err != nil {
					return err
				}
				if asJSON {
					return c.writeLines(held)
				}
				return c.printQuarantine(held)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one event a line, as JSON")
	return cmd
}

// writeLines writes what is in quarantine as JSON, one line each.
func (c *command) writeLines(held []pipeline.Quarantined) error {
	enc := json.NewEncoder(c.Out)
	enc.SetEscapeHTML(false)
	for _, q := range held {
		if err := enc.Encode(q); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) printQuarantine(held []pipeline.Quarantined) error {
	if len(held) == 0 {
		_, err := fmt.Fprintln(c.Out, "nothing is in quarantine")
		return err
	}
	w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSINK\tSINCE\tTRIES\tABOUT\tREASON")
	for i := range held {
		q := &held[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s: %s\n", q.EventID, q.Sink, moment(q.At), q.Attempts, about(q), q.Code, q.Reason)
	}
	return w.Flush()
}

// about is what an event in quarantine is about, in a few words.
func about(q *pipeline.Quarantined) string {
	e, err := review.ParseEvent(q.Event)
	if err != nil {
		return "?"
	}
	return string(e.Kind) + " " + filmName(&e.Film) + byline(e)
}

func (c *command) quarantineShow(sink *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Print one event in quarantine, with the reason and the event itself, as JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
				held, err := held(ctx, b.KV(), *sink, args[0])
				if err != nil {
					return err
				}
				enc := json.NewEncoder(c.Out)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				return enc.Encode(held)
			})
		},
	}
}

func (c *command) quarantineRetry(sink *string) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry ID... | --all --sink SINK",
		Short: "Have events in quarantine tried again",
		Long: `Retry has events tried again by the daemon, within seconds, or by the next
run. They leave the quarantine when they have got through, or when the sink has
had a newer event of the same review.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all != (len(args) == 0) || all && *sink == "" {
				return usageError{errors.New("want the ids of events, or --all with --sink")}
			}
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				return c.retry(ctx, cfg, b, *sink, args)
			})
		},
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().BoolVar(&all, "all", false, "all of a sink")
	return cmd
}

func (c *command) retry(ctx context.Context, cfg *config.Config, b *bus.Bus, sink string, ids []string) error {
	bySink := map[string][]string{}
	if len(ids) == 0 {
		held, err := pipeline.Quarantine(ctx, b.KV(), sink)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			fmt.Fprintln(c.Out, "nothing is in quarantine")
			return nil
		}
		bySink[sink] = nil
	}
	for _, id := range ids {
		q, err := held(ctx, b.KV(), sink, id)
		if err != nil {
			return err
		}
		bySink[q.Sink] = append(bySink[q.Sink], q.EventID)
	}
	for name, events := range bySink {
		if _, err := delivery(cfg, name); err != nil {
			return err
		}
		if err := c.ask(ctx, b, name, pipeline.Request{Kind: pipeline.RequestRetry, Events: events}); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) quarantineDrop(sink *string) *cobra.Command {
	return &cobra.Command{
		Use:   "drop ID...",
		Short: "Forget events in quarantine: the sink never gets them",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
				for _, id := range args {
					q, err := held(ctx, b.KV(), *sink, id)
					if err != nil {
						return err
					}
					if err := pipeline.DropQuarantined(ctx, b.KV(), q.Sink, q.EventID); err != nil {
						return err
					}
					fmt.Fprintf(c.Out, "dropped %s of sink %q\n", q.EventID, q.Sink)
				}
				return nil
			})
		},
	}
}

// held is the event in quarantine with an id: the one, among the sinks or of one.
func held(ctx context.Context, kv pipeline.KV, sink, id string) (pipeline.Quarantined, error) {
	found, err := pipeline.Quarantine(ctx, kv, sink, id)
	switch {
	case err != nil:
		return pipeline.Quarantined{}, err
	case len(found) == 0:
		return pipeline.Quarantined{}, usageError{fmt.Errorf("no event %s is in quarantine; `filmwire quarantine ls` lists those that are", id)}
	case len(found) > 1:
		return pipeline.Quarantined{}, usageError{fmt.Errorf("event %s is in the quarantine of %d sinks; say which with --sink", id, len(found))}
	}
	return found[0], nil
}

// delivery is the sink of the config with a name, which must be one that delivers.
func delivery(cfg *config.Config, name string) (*config.Sink, error) {
	s, err := sinkNamed(cfg, name)
	if err == nil && s.OpenDelivery == nil {
		err = usageError{fmt.Errorf("sink %q makes documents and delivers nothing", name)}
	}
	return s, err
}

func sinkNamed(cfg *config.Config, name string) (*config.Sink, error) {
	for i := range cfg.Sinks {
		if cfg.Sinks[i].Name == name {
			return &cfg.Sinks[i], nil
		}
	}
	return nil, usageError{fmt.Errorf("there is no sink %q in the config", name)}
}

// ask puts a request to a delivery, and says when it will be done.
func (c *command) ask(ctx context.Context, b *bus.Bus, sink string, r pipeline.Request) error {
	r.ID, r.At = rand.Text(), time.Now().UTC()
	if err := pipeline.Ask(ctx, b.KV(), sink, r); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "sink %q does it within seconds where the daemon runs, else at the next `filmwire run`\n", sink)
	return nil
}

func (c *command) resumeVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "resume SINK",
		Short: "Let a sink go on that has paused itself",
		Long: `Resume lets a sink go on that has paused itself, because its receiver let nobody
in or was gone: see status. It is for when that is mended. A sink that is paused
in the config goes on when that is taken out.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				if _, err := delivery(cfg, args[0]); err != nil {
					return err
				}
				st, err := pipeline.ReadDelivery(ctx, b.KV(), args[0])
				if err != nil {
					return err
				}
				if st.Paused == nil {
					_, err := fmt.Fprintf(c.Out, "sink %q is not paused\n", args[0])
					return err
				}
				return c.ask(ctx, b, args[0], pipeline.Request{Kind: pipeline.RequestResume})
			})
		},
	}
}
