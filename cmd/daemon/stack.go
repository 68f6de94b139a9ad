package daemon

import (
	"errors"
	"fmt"
)

// stack is what must be stopped, in reverse of how it was started.
type stack struct{ stops []stop }

type stop struct {
	name string
	do   func() error
}

func (s *stack) push(name string, do func() error) {
	s.stops = append(s.stops, stop{name, do})
}

// unwind stops everything, also when something on the way fails.
func (s *stack) unwind() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		if err := s.stops[i].do(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", s.stops[i].name, err))
		}
	}
	s.stops = nil
	return errors.Join(errs...)
}
