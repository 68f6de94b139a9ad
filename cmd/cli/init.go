package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
)

//go:embed starter.yaml
var starterConfig []byte

//go:embed starter.md
var starterReview []byte

func (c *command) initVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Begin: write a config to edit, and a first review",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := "."
			if len(args) == 1 {
				folder = args[0]
			}
			return c.begin(folder)
		},
	}
}

// begin writes the starter files. It replaces nothing that is there.
func (c *command) begin(folder string) error {
	reviews := filepath.Join(folder, "reviews")
	if err := os.MkdirAll(reviews, 0o755); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	cfg := filepath.Join(folder, "filmwire.yaml")
	if err := writeNew(cfg, starterConfig); err != nil {
		return err
	}
	if err := writeSchema(filepath.Join(folder, schemaFile)); err != nil {
		return err
	}
	if names, err := os.ReadDir(reviews); err == nil && len(names) == 0 {
		if err := writeNew(filepath.Join(reviews, "never-let-me-go.md"), starterReview); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.Out, "wrote %s\nnext: put your reviews into %s, look through the config, then\n  filmwire run -c %s\n", cfg, reviews, cfg)
	return nil
}

// schemaFile is the config's schema beside it, where the first line of the config
// has editors look: so they complete and check it offline, and by the version that
// wrote it.
const schemaFile = "filmwire.schema.json"

// writeSchema writes the schema, which is nobody's to edit: one that an older
// version wrote is replaced.
func writeSchema(path string) error {
	text, err := config.Schema(catalogue()).JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}

func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("init: %s is there already and is left as it is", path)
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}
