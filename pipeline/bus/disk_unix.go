//go:build linux || darwin || freebsd

package bus

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeBytes is how much a process without privileges may still write below path.
func FreeBytes(path string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", path, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
