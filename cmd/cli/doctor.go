package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/pipeline"
)

func (c *command) doctorVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that the config depends on",
		Long: `Doctor looks from outside at what check cannot see: the data folder, the log, the
port, the clock, and every source and receiver, which are asked for as little as
possible. It publishes and delivers nothing, and works whether or not the daemon
runs. It exits 3 when something is wrong or doubtful.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			findings := daemon.Examine(cmd.Context(), daemon.Options{
				Config: cfg, Log: c.logger(c.Err, true), Clock: pipeline.SystemClock{}, Version: version(),
			})
			for _, f := range findings {
				if f.Level != pipeline.LevelOK {
					c.code = exitAttention
				}
			}
			if asJSON {
				enc := json.NewEncoder(c.Out)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				return enc.Encode(struct {
					At       time.Time          `json:"at"`
					Findings []pipeline.Finding `json:"findings"`
				}{time.Now().UTC(), findings})
			}
			return c.printFindings(findings)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *command) printFindings(findings []pipeline.Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintf(c.Out, "%-8s %s: %s\n", f.Level, f.Where, f.Cause); err != nil {
			return err
		}
		if f.Remedy != "" {
			fmt.Fprintf(c.Out, "         %s\n", f.Remedy)
		}
	}
	return nil
}
