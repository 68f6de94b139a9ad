//go:build !linux && !darwin && !freebsd

package bus

import (
	"errors"
	"fmt"
)

// freeBytes is not known here.
func freeBytes(path string) (int64, error) {
	return 0, fmt.Errorf("free space of %s: %w", path, errors.ErrUnsupported)
}
