package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (c *command) checkVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the config, offline",
		Long:  "Check reads the config and reports every fault in it at once. It opens no socket and writes nothing.",
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			fmt.Fprintf(c.Out, "%s is fine: %s, %s\n", c.configPath, count(len(cfg.Sources), "source"), count(len(cfg.Sinks), "sink"))
			return nil
		},
	}
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
