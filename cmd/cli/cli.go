// Package cli is the command line: one file per verb. It turns words into calls
// of config and daemon, and results into text for people or JSON for machines.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/resolvers"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sinks/presets"
	"github.com/filmwire/filmwire/sources"
)

// Exit codes.
const (
	exitFine      = 0
	exitFailed    = 1 // at run time
	exitWrong     = 2 // the config or the arguments
	exitAttention = 3 // finished, but somebody should look
)

// Streams are where the command line reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs one command and returns its exit code.
func Main(ctx context.Context, args []string, s Streams) int {
	c := &command{Streams: s}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return c.code
	}
	var faults *config.Faults
	var usage usageError
	switch {
	case errors.As(err, &faults):
		fmt.Fprintln(s.Err, strings.TrimRight(faults.Error(), "\n"))
		return exitWrong
	case errors.As(err, &usage):
		fmt.Fprintf(s.Err, "filmwire: %v\n", err)
		return exitWrong
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(s.Err, "filmwire: stopped")
		return exitFailed
	}
	fmt.Fprintf(s.Err, "filmwire: %v\n", err)
	return exitFailed
}

// command is what all verbs share.
type command struct {
	Streams
	configPath string
	verbose    bool
	code       int
}

// usageError is an error in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "filmwire",
		Short: "A self-hosted newswire for film reviews",
		Long: `Filmwire reads film reviews wherever critics keep them, understands them, and
writes each as an event onto a durable log. Sinks turn the log into feeds to
subscribe to, drafts of social posts, and one honest rating per film.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVarP(&c.configPath, "config", "c", "filmwire.yaml", "the config `file`")
	root.PersistentFlags().BoolVarP(&c.verbose, "verbose", "v", false, "log more")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, verb := range []*cobra.Command{
		c.runVerb(), c.planVerb(), c.reloadVerb(), c.checkVerb(), c.doctorVerb(), c.tryVerb(), c.eventsVerb(), c.explainVerb(),
		c.statusVerb(), c.quarantineVerb(), c.replayVerb(), c.resumeVerb(), c.sinkVerb(), c.initVerb(), c.schemaVerb(), c.versionVerb(),
	} {
		root.AddCommand(verb)
	}
	wrapArgs(root)
	return root
}

// wrapArgs makes complaints about arguments usage errors.
func wrapArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())}
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// catalogue is everything a config may name.
func catalogue() config.Catalogue {
	return config.Catalogue{
		Sources:   sources.Builtin(),
		Sinks:     sinks.Builtin(),
		Resolvers: resolvers.Builtin(),
		Presets:   presets.Files(),
		CheckSchedule: func(spec string) error {
			_, err := schedule.Parse(spec, time.Local)
			return err
		},
	}
}

func (c *command) load() (*config.Config, error) { return config.Load(c.configPath, catalogue()) }

// logger writes to out: for people where standard error is a terminal, and JSON
// elsewhere. A quiet one says only what somebody should look at.
func (c *command) logger(out io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	switch {
	case c.verbose:
		level = slog.LevelDebug
	case quiet:
		level = slog.LevelWarn
	}
	if isTerminal(c.Err) {
		return slog.New(tint.NewTextHandler(out, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: os.Getenv("NO_COLOR") != ""}))
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
