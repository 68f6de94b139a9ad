package file

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*Delivery)(nil)

// Diagnose looks whether the file, or the folder it would be made in, can be written.
func (d *Delivery) Diagnose(context.Context) []pipeline.Finding {
	if err := d.writable(); err != nil {
		return []pipeline.Finding{{
			Level: pipeline.LevelFault, Cause: fmt.Sprintf("nothing can be added to %s: %v", d.path, err),
			Remedy: "give the file and its folder to the user that Filmwire runs as, or choose another with `path:`",
		}}
	}
	return []pipeline.Finding{{Level: pipeline.LevelOK, Cause: d.path + " can be written; nothing was added"}}
}

func (d *Delivery) writable() error {
	info, err := os.Stat(d.path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("it is no plain file")
	case err == nil:
		f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	folder := filepath.Dir(d.path) // also for what is there: rotating makes files
	for {
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	f, err := os.CreateTemp(folder, ".filmwire-doctor-*")
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Remove(f.Name())
}
