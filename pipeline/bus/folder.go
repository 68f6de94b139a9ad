package bus

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

var errFolderTaken = errors.New("another process has the data folder open")

// takeFolder takes the data folder for this process. Two servers on one folder
// would both start, both acknowledge, and lose events.
func takeFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, unwritable(dir, err)
	}
	lock := flock.New(filepath.Join(dir, "filmwire.lock"))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, unwritable(dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("log: %w: %s; stop it first, or give this one a data folder of its own", errFolderTaken, dir)
	}
	return lock, nil
}

// unwritable says in plain words that a folder cannot be written to.
func unwritable(dir string, err error) error {
	return fmt.Errorf("log: the data folder %s cannot be written to (%w): give it to the user that filmwire runs as, mount it writable, or choose another with `data:`", dir, err)
}
