package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sinks/exec"
)

func (c *command) sinkVerb() *cobra.Command {
	verb := &cobra.Command{
		Use:   "sink",
		Short: "What helps with sinks of your own",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	verb.AddCommand(c.sinkTestVerb())
	return verb
}

func (c *command) sinkTestVerb() *cobra.Command {
	s := exec.Defaults()
	var asJSON bool
	var env []string
	verb := &cobra.Command{
		Use:   "test COMMAND [ARGUMENT...]",
		Short: "Try a program that is to be an exec sink",
		Long: `Plays the daemon to a program that is to be an exec sink, with made-up events, and
says what it does right and wrong. Try it where it can do no harm.`,
		Example: "  filmwire sink test ./my-sink /tmp/kept",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Command, s.Env = args, map[string]pipeline.Secret{}
			for _, pair := range env {
				name, value, ok := strings.Cut(pair, "=")
				if !ok {
					return usageError{fmt.Errorf("--env %s: want NAME=VALUE", pair)}
				}
				s.Env[name] = pipeline.NewSecret(value)
			}
			var wrong error
			s.Check(func(key, text string) {
				if wrong == nil {
					wrong = usageError{fmt.Errorf("%s: %s", key, text)}
				}
			})
			if wrong != nil {
				return wrong
			}
			if !exec.Trials(cmd.Context(), s, c.logger(c.Err, true), pipeline.SystemClock{}, func(t exec.Trial) { c.tell(t, asJSON) }) {
				c.code = exitFailed
			}
			return cmd.Context().Err()
		},
	}
	verb.Flags().SetInterspersed(false) // what follows the command is the command's
	verb.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each trial")
	verb.Flags().StringArrayVar(&env, "env", nil, "a variable for the program, `NAME=VALUE`")
	verb.Flags().DurationVar(&s.Timeout, "timeout", 10*time.Second, "how long the program may take for an answer")
	return verb
}

// tell prints what one trial came to.
func (c *command) tell(t exec.Trial, asJSON bool) {
	if asJSON {
		json.NewEncoder(c.Out).Encode(t) // to a stream that is gone nothing can be said
		return
	}
	mark := "ok  "
	if !t.Passed {
		mark = "FAIL"
	}
	fmt.Fprint(c.Out, mark, "  ", t.Name)
	if t.Detail != "" {
		fmt.Fprint(c.Out, ": ", t.Detail)
	}
	fmt.Fprintln(c.Out)
}
