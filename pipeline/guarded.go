package pipeline

import (
	"fmt"
	"runtime/debug"
)

// guarded runs a part's code and makes a panic in it an error, with the place: one
// document or one sink must not end the daemon.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
