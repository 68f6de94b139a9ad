package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/schema"
)

func (c *command) schemaVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [config | event]",
		Short: "Print the JSON Schema of the config, or of the event",
		Long: `Schema prints what a config may say, with every key of every source and sink, as
JSON Schema (draft 2020-12) for editors and tools; or what an event review/1 holds.`,
		Example:   "  filmwire schema > filmwire.schema.json\n  filmwire schema event",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"config", "event"},
		RunE: func(_ *cobra.Command, args []string) error {
			s := config.Schema(catalogue())
			if len(args) == 1 && args[0] == "event" {
				s = schema.Event()
			}
			text, err := s.JSON()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.Out, "%s", text)
			return err
		},
	}
}
