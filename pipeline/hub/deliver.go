package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// dispatch gives out deliveries. Who answered the last one and who did not are
// served apart, so that those who keep us waiting wait for each other only.
type dispatch struct {
	hub               *Hub
	healthy, troubled chan struct{}
	work              sync.WaitGroup
}

func (d *dispatch) run(ctx context.Context) {
	defer d.work.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.hub.wake:
		}
		if d.hub.options.Clock.Sleep(ctx, gather) != nil {
			return
		}
		d.hub.mark()
		d.give(ctx, d.hub.due())
	}
}

// mark notes for every subscriber of a changed topic that there is something to
// deliver.
func (h *Hub) mark() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range h.changed {
		for _, s := range h.topics[topic] {
			s.dirty = true
		}
	}
	clear(h.changed)
}

// due takes the subscriptions that something is to be delivered to now, those that
// wait longest for another try last.
func (h *Hub) due() []*state {
	now := h.options.Clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*state
	for _, s := range h.subscriptions {
		if s.dirty && !s.busy && !now.Before(s.notBefore) && now.Before(s.Expires) {
			s.busy = true
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *state) int { return a.attempts - b.attempts })
	return all
}

// give starts a delivery for each, and one by one as others end where there are
// many. It returns when all have a slot or wait for one on their own.
func (d *dispatch) give(ctx context.Context, due []*state) {
	for _, s := range due {
		slots := d.healthy
		if s.attempts > 0 {
			slots = d.troubled
		}
		d.work.Go(func() {
			if !enter(ctx, s.lanes) { // before a slot: a slow host fills no more of them than its lanes
				d.hub.settle(ctx, s, ctx.Err())
				return
			}
			defer func() { <-s.lanes }()
			if !enter(ctx, slots) {
				d.hub.settle(ctx, s, ctx.Err())
				return
			}
			defer func() { <-slots }()
			d.hub.deliver(ctx, s)
		})
	}
}

// enter waits for a place; it is not ok when ctx ends first.
func enter(ctx context.Context, places chan struct{}) (ok bool) {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

var errGone = errors.New("the callback says that it is gone")

// deliver sends the latest version to one subscriber.
func (h *Hub) deliver(ctx context.Context, s *state) {
	h.mu.Lock()
	s.dirty = false // what changes from here on is another delivery
	sub := s.subscription
	h.mu.Unlock()
	err := h.post(ctx, &sub)
	if errors.Is(err, errGone) {
		h.options.Log.Info("a subscriber is gone", "topic", sub.Topic, "host", sub.host())
		err = h.remove(ctx, sub)
	}
	h.settle(ctx, s, err)
}

// settle notes how a delivery went, and plans the next try of one that failed.
func (h *Hub) settle(ctx context.Context, s *state, failed error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.busy = false
	switch {
	case failed == nil:
		s.attempts, s.notBefore = 0, time.Time{}
	case ctx.Err() != nil:
		s.dirty = true // noted at the end
		return
	default:
		s.attempts++
		if s.attempts >= maxAttempts {
			h.options.Log.Warn("a subscriber is not reached; it hears of the next change", "topic", s.Topic, "host", s.host(), "attempts", s.attempts, "err", failed)
			s.attempts, s.notBefore = 0, time.Time{}
			break
		}
		wait := backoff(s.attempts)
		h.options.Log.Debug("delivery failed and is tried again", "topic", s.Topic, "host", s.host(), "attempt", s.attempts, "wait", wait, "err", failed)
		s.dirty, s.notBefore = true, h.options.Clock.Now().Add(wait)
	}
	if s.dirty && failed == nil {
		h.rouse()
	}
}

// post sends the topic's content as it stands.
func (h *Hub) post(ctx context.Context, sub *subscription) error {
	path, ok := h.options.Topic(sub.Topic)
	if !ok {
		return nil // the feed is gone: there is nothing to deliver
	}
	content, contentType, err := h.options.Content(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Callback, bytes.NewReader(content))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header["Link"] = []string{strings.Join([]string{"<" + h.options.URL() + `>; rel="hub"`, "<" + sub.Topic + `>; rel="self"`}, ", ")}
	if sub.Secret != "" {
		req.Header.Set("X-Hub-Signature", sub.signature(content))
	}
	resp, err := h.options.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxForm)) // so that the connection can be used again
	switch {
	case resp.StatusCode == http.StatusGone:
		return errGone
	case resp.StatusCode/100 != 2 || resp.Request.URL.String() != req.URL.String():
		return fmt.Errorf("the callback answered %s", resp.Status)
	}
	return nil
}

// backoff is how long to wait before the nth try: 1 min, 2 min, 4 min ... 2 h.
func backoff(attempt int) time.Duration {
	return min(time.Minute<<min(attempt-1, 10), 2*time.Hour)
}
