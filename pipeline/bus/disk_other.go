//go:build !linux && !darwin && !freebsd

package bus

import (
	"errors"
	"fmt"
)

// FreeBytes is not known here.
func FreeBytes(path string) (int64, error) {
	return 0, fmt.Errorf("free space of %s: %w", path, errors.ErrUnsupported)
}
