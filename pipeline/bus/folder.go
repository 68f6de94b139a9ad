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
		return nil, fmt.Errorf("log: data folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "filmwire.lock"))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("log: lock the data folder %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("log: %w: %s; stop it first, or give this one a data folder of its own", errFolderTaken, dir)
	}
	return lock, nil
}
