package hub

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Options are what a hub is made of.
type Options struct {
	// URL is the hub's own address, which goes with every delivery.
	URL func() string
	// Topic says which document, by its path, a topic's URL stands for: ok is false
	// where there is nothing to subscribe to.
	Topic func(url string) (path string, ok bool)
	// TopicOf is Topic backwards: the URL that subscribers know a document by.
	TopicOf func(path string) (url string, ok bool)
	// Content is a document as it stands, with its Content-Type.
	Content func(path string) (content []byte, contentType string, err error)
	KV      pipeline.KV
	HTTP    pipeline.Doer // guarded: it talks to addresses that strangers name
	Clock   pipeline.Clock
	Log     *slog.Logger
}

// The limits of a hub. Leases are what subscribers get who ask for more or less, or
// do not ask.
const (
	DefaultLease = 10 * 24 * time.Hour
	MinLease     = time.Hour
	MaxLease     = 30 * 24 * time.Hour

	MaxSubscriptions = 20_000
	MaxPerHost       = 2_000

	maxVerifying = 200 // requests whose verification waits or is under way
	verifiers    = 8   // verifications at once
	deliverers   = 64  // deliveries at once, to those who answered the last one
	retriers     = 16  // deliveries at once, to the others
	lanes        = 2   // deliveries at once to one host

	// gather is how long changes are gathered: an import gives one delivery.
	gather = time.Second
	// patience is how long a receiver may take to answer.
	patience = 30 * time.Second
	// maxAttempts is how often a version is offered: for about two days.
	maxAttempts = 30
	// sweepEvery is how often leases are looked through, retryEvery how often it is
	// looked who is to be tried again.
	sweepEvery = 10 * time.Minute
	retryEvery = 30 * time.Second
)

// Hub is the http.Handler that subscribers come to. [Hub.Run] does what it has
// promised them.
type Hub struct {
	options Options
	intents chan intent
	wake    chan struct{}

	mu            sync.Mutex
	subscriptions map[string]*state            // by key
	topics        map[string]map[string]*state // by topic, by key
	hosts         map[string]*host
	changed       map[string]bool // topics that changed and are not yet marked
}

// Open reads the subscriptions there are.
func Open(ctx context.Context, o Options) (*Hub, error) {
	h := &Hub{
		options: o, intents: make(chan intent, maxVerifying), wake: make(chan struct{}, 1),
		subscriptions: map[string]*state{}, topics: map[string]map[string]*state{}, hosts: map[string]*host{},
		changed: map[string]bool{},
	}
	if err := h.read(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

// Subscriptions is how many there are.
func (h *Hub) Subscriptions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subscriptions)
}

// Changed tells the hub which documents changed, by path. It does not wait.
func (h *Hub) Changed(paths []string) {
	if h.Subscriptions() == 0 {
		return
	}
	topics := topicsOf(paths, h.options.TopicOf)
	h.mu.Lock()
	for _, topic := range topics {
		if h.topics[topic] != nil {
			h.changed[topic] = true
		}
	}
	some := len(h.changed) > 0
	h.mu.Unlock()
	if some {
		h.rouse()
	}
}

// topicsOf are the topics among documents.
func topicsOf(paths []string, topicOf func(path string) (url string, ok bool)) []string {
	var topics []string
	for _, path := range paths {
		if topic, ok := topicOf(path); ok {
			topics = append(topics, topic)
		}
	}
	return topics
}

// rouse has Run look for work.
func (h *Hub) rouse() {
	select {
	case h.wake <- struct{}{}:
	default: // it is about to
	}
}

// Run verifies and delivers until ctx ends; then it notes what was not delivered
// yet, for the next start.
func (h *Hub) Run(ctx context.Context) error {
	var work sync.WaitGroup
	for range verifiers {
		work.Go(func() { h.verifyAll(ctx) })
	}
	d := &dispatch{hub: h, healthy: make(chan struct{}, deliverers), troubled: make(chan struct{}, retriers)}
	work.Go(func() { d.run(ctx) })
	work.Go(func() { h.expire(ctx) })
	work.Go(func() { h.retry(ctx) })
	h.rouse() // for what was pending before a restart
	work.Wait()
	return h.notePending(context.WithoutCancel(ctx))
}

// notePending writes down which subscribers wait still.
func (h *Hub) notePending(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	h.mu.Lock()
	var changed []subscription
	for _, s := range h.subscriptions {
		if pending := s.dirty || h.changed[s.Topic]; pending != s.Pending {
			s.Pending = pending
			changed = append(changed, s.subscription)
		}
	}
	h.mu.Unlock()
	var errs []error
	for _, s := range changed {
		errs = append(errs, h.store(ctx, s))
	}
	return errors.Join(errs...)
}

// retry has the due deliveries of those given that failed before.
func (h *Hub) retry(ctx context.Context) {
	for h.options.Clock.Sleep(ctx, retryEvery) == nil {
		now := h.options.Clock.Now()
		h.mu.Lock()
		due := false
		for _, s := range h.subscriptions {
			due = due || s.dirty && !s.busy && s.attempts > 0 && !now.Before(s.notBefore)
		}
		h.mu.Unlock()
		if due {
			h.rouse()
		}
	}
}

// renewed reports that a subscription whose lease had run out has another meanwhile.
func (h *Hub) renewed(s subscription, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.subscriptions[s.key()]
	return st != nil && now.Before(st.Expires)
}

// expire forgets subscriptions whose lease has run out.
func (h *Hub) expire(ctx context.Context) {
	for {
		now := h.options.Clock.Now()
		h.mu.Lock()
		var over []subscription
		for _, s := range h.subscriptions {
			if !s.busy && !now.Before(s.Expires) {
				over = append(over, s.subscription)
			}
		}
		h.mu.Unlock()
		for _, s := range over {
			if h.renewed(s, now) {
				continue
			}
			if err := h.remove(ctx, s); err != nil && ctx.Err() == nil {
				h.options.Log.Warn("an expired subscription could not be forgotten and is tried again", "err", err)
			}
		}
		if h.options.Clock.Sleep(ctx, sweepEvery) != nil {
			return
		}
	}
}
