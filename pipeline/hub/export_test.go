package hub

// Waiting is how many subscribers wait for another try.
func (h *Hub) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, s := range h.subscriptions {
		if s.dirty && !s.busy && s.attempts > 0 {
			n++
		}
	}
	return n
}

// Busy is how many deliveries are under way, or wait for a place.
func (h *Hub) Busy() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, s := range h.subscriptions {
		if s.busy {
			n++
		}
	}
	return n
}
