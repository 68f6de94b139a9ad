package fetch

import (
	"context"
	"sync"
)

// hosts keeps the number of requests to each host down. It remembers only hosts
// that somebody is talking to.
type hosts struct {
	mu      sync.Mutex
	waiting map[string]*host
}

type host struct {
	slots chan struct{}
	users int // holding a slot or waiting for one
}

// acquire waits for a slot of the host; release gives it back.
func (h *hosts) acquire(ctx context.Context, name string) (*host, error) {
	h.mu.Lock()
	one := h.waiting[name]
	if one == nil {
		one = &host{slots: make(chan struct{}, perHost)}
		h.waiting[name] = one
	}
	one.users++
	h.mu.Unlock()

	select {
	case one.slots <- struct{}{}:
		return one, nil
	case <-ctx.Done():
		h.leave(name, one)
		return nil, ctx.Err()
	}
}

func (h *hosts) release(name string, one *host) {
	<-one.slots
	h.leave(name, one)
}

func (h *hosts) leave(name string, one *host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(h.waiting, name)
	}
}
