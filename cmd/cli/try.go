package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
	"github.com/filmwire/filmwire/sources"
)

// trial is what `try` was asked.
type trial struct {
	target, kind string
	asJSON       bool
	allowPrivate bool
	best, critic string
	page         pipeline.Source // the address as a web page
}

func (c *command) tryVerb() *cobra.Command {
	var t trial
	var sink string
	cmd := &cobra.Command{
		Use:   "try TARGET | try --sink NAME",
		Short: "Print what a file, a folder or a URL would publish, or what a sink's filter keeps",
		Long: `Try reads TARGET (a file, a folder, a pattern or a URL) once, and prints the events
it would publish. A URL is that of a feed; a web page is read as one review. With --sink
it says how many of the reviews on the log the filter of that sink keeps, which, and why
not the others. It publishes nothing and keeps nothing.`,
		Example: "  filmwire try ./reviews/se7en.md --best 5\n  filmwire try https://example.org/feed/ --json\n  filmwire try --sink praise -c filmwire.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 1) == (sink != "") || len(args) > 1 {
				return errors.New("want either one TARGET or --sink NAME")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if sink != "" {
				return c.trySink(cmd.Context(), sink, t.asJSON)
			}
			t.target = args[0]
			return c.try(cmd.Context(), &t)
		},
	}
	cmd.Flags().StringVar(&sink, "sink", "", "the `name` of a sink of the config whose filter is tried on the log")
	cmd.Flags().StringVar(&t.kind, "type", "", "the `type` of source; if not given, opml for what ends in .opml, feed for another URL, and files for the rest")
	cmd.Flags().BoolVar(&t.asJSON, "json", false, "one event a line, as JSON")
	cmd.Flags().StringVar(&t.best, "best", "", "the best `number` of the scale of bare ratings")
	cmd.Flags().StringVar(&t.critic, "critic", "", "the critic's `name` where none is stated")
	cmd.Flags().BoolVar(&t.allowPrivate, "allow-private", false, "the URL may be on a loopback or private address")
	return cmd
}

func (c *command) try(ctx context.Context, t *trial) error {
	polled, err := c.trySource(t)
	if err != nil {
		return err
	}
	store, err := views.OpenMemory()
	if err != nil {
		return err
	}
	defer store.Close()
	out := bufio.NewWriter(c.Out)
	ambiguous, write := map[review.ID]bool{}, eventWriter(out, t.asJSON)
	dry := &dryLog{write: func(e *review.Event) error {
		if delete(ambiguous, e.ReviewID); e.Rating.Kind == review.Ambiguous {
			ambiguous[e.ReviewID] = true
		}
		return write(e)
	}}
	ingest := pipeline.NewIngest(pipeline.IngestConfig{
		Log: pipeline.NewWindow(dry, 4*pipeline.MaxAppend), KV: nowhere{}, Store: store, Registry: films.New(),
		Normalize: normalize.Normalize, Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer},
		Site: pipeline.Site{URL: "http://localhost"}, Clock: pipeline.SystemClock{}, Logger: slog.New(slog.DiscardHandler), Workers: runtime.GOMAXPROCS(0),
	})
	if err := ingest.Prepare(ctx); err != nil {
		return err
	}
	report, err := ingest.Poll(ctx, polled, nil)
	if errors.Is(err, pipeline.ErrNotFeed) && t.kind == "" {
		fmt.Fprintf(c.Err, "filmwire: %s; it is read as one review\n", strings.TrimPrefix(err.Error(), `source "try": `))
		polled.Source = t.page
		report, err = ingest.Poll(ctx, polled, nil)
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	for _, p := range report.Problems {
		fmt.Fprintf(c.Err, "filmwire: %s\n", p)
	}
	if errors.Is(err, pipeline.ErrPrivate) {
		return fmt.Errorf("%w; here say --allow-private", err)
	}
	if err != nil {
		return err
	}
	if len(ambiguous) > 0 && t.best == "" {
		have := "ratings have"
		if len(ambiguous) == 1 {
			have = "rating has"
		}
		fmt.Fprintf(c.Err, "filmwire: %d bare %s no scale here (a target is read without the config): say it with --best, as in --best 5\n", len(ambiguous), have)
	}
	if report.Events() == 0 {
		fmt.Fprintf(c.Err, "filmwire: no review in %s: %s\n", t.target, describe(&report))
	}
	if report.NeedsAttention() {
		c.code = exitAttention
	}
	return nil
}

// trySource makes the source from the command line alone.
func (c *command) trySource(t *trial) (*pipeline.Polled, error) {
	key, kind := "path", t.kind
	if strings.Contains(t.target, "://") {
		key = "url"
	}
	switch {
	case kind == "letterboxd" || kind == "wordpress":
		if key == "path" {
			key = "export"
		}
	case kind != "":
	case strings.HasSuffix(strings.ToLower(t.target), ".opml"):
		kind = "opml"
	case key == "url":
		kind = "feed"
	default:
		kind = "files"
	}
	given := map[string]string{key: t.target}
	if kind == "feed" {
		given["backfill"] = string(pipeline.PastNone) // one look is enough to try it
	}
	options := config.StringOptions(given, catalogue())
	for _, typ := range sources.Builtin() {
		if typ.Name != kind {
			continue
		}
		open := typ.Configure(options)
		if err := options.Err(); err != nil {
			return nil, usageError{err}
		}
		env := pipeline.SourceEnv{
			Name: "try", Log: c.logger(c.Err, true), Clock: pipeline.SystemClock{},
			HTTP: fetch.New(fetch.Options{UserAgent: fetch.UserAgent(version()), AllowPrivate: t.allowPrivate}),
		}
		env.Feed, env.Export = feeds.Opener(env), exports.Reader(env.Clock)
		env.Text, env.UTF8 = charset.Text, charset.Reader
		source, err := open(env)
		if err != nil {
			return nil, err
		}
		t.page = webpage{t.target, env}
		defaults, err := t.defaults()
		return &pipeline.Polled{Name: "try", Type: kind, Source: source, Defaults: defaults, Parser: kind + " " + normalize.Version}, err
	}
	return nil, usageError{fmt.Errorf("there is no source type %q", kind)}
}

func (t *trial) defaults() (review.Defaults, error) {
	d := review.Defaults{Critic: review.Critic{Name: t.critic}}
	if t.best == "" {
		return d, nil
	}
	if err := d.Scale.Best.UnmarshalText([]byte(t.best)); err != nil {
		return d, usageError{fmt.Errorf("--best: %w", err)}
	}
	return d, nil
}

// dryLog is a log that prints what is put onto it. What it took is read back from
// the window in front of it.
type dryLog struct {
	head  pipeline.Position
	write func(*review.Event) error
}

func (l *dryLog) Append(_ context.Context, events []pipeline.Append) ([]pipeline.Position, error) {
	positions := make([]pipeline.Position, 0, len(events))
	for _, e := range events {
		if e.Review != nil {
			if err := l.write(e.Review); err != nil {
				return positions, err
			}
		}
		l.head++
		positions = append(positions, l.head)
	}
	return positions, nil
}

func (l *dryLog) Head(context.Context) (pipeline.Position, error) { return l.head, nil }

func (l *dryLog) Read(context.Context, pipeline.Position, int) ([]pipeline.Entry, error) {
	return nil, errors.New("a dry run keeps nothing")
}

func (l *dryLog) At(context.Context, pipeline.Position) (pipeline.Entry, error) {
	return pipeline.Entry{}, pipeline.ErrNotFound
}

func (l *dryLog) Latest(context.Context, func(pipeline.Entry) error) error { return nil }
func (l *dryLog) Films(context.Context, func(pipeline.Entry) error) error  { return nil }

func (l *dryLog) Revisions(context.Context, string, review.ID) ([]pipeline.Entry, error) {
	return nil, nil
}

// nowhere is a KV that keeps nothing.
type nowhere struct{}

func (nowhere) Get(context.Context, string) ([]byte, error)    { return nil, pipeline.ErrNotFound }
func (nowhere) Put(context.Context, string, []byte) error      { return nil }
func (nowhere) Delete(context.Context, string) error           { return nil }
func (nowhere) Keys(context.Context, string) ([]string, error) { return nil, nil }

func (nowhere) Look(context.Context, string) ([]byte, uint64, error) {
	return nil, 0, pipeline.ErrNotFound
}

func (nowhere) Swap(context.Context, string, []byte, uint64) (uint64, error) { return 1, nil }
