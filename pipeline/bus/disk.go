package bus

import (
	"io/fs"
	"path/filepath"
)

const (
	// leastRoom is what the server may fill even on a disk that is nearly full, so
	// that it can start and what is there can be read.
	leastRoom = 64 << 20
	// unknownRoom stands in where the free space cannot be asked for.
	unknownRoom = 1 << 40
	// leastFree is the free space below which the log is not healthy.
	leastFree = 32 << 20
)

// roomFor is the limit of the server's store: what it fills now, and nine tenths
// of what is free. At that limit it refuses writes cleanly and goes on reading; a
// disk that is really full makes it fall silent until a restart.
func roomFor(store string) int64 {
	free, err := FreeBytes(filepath.Dir(store))
	if err != nil {
		return unknownRoom
	}
	return max(leastRoom, used(store)+free/10*9)
}

// used sums the files below a folder; what cannot be read counts nothing.
func used(folder string) (sum int64) {
	filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
