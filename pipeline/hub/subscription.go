package hub

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// subscription is what a subscriber has asked for, as it stands in KV.
type subscription struct {
	Topic    string    `json:"topic"` // the URL
	Callback string    `json:"callback"`
	Secret   string    `json:"secret,omitempty"`
	Expires  time.Time `json:"expires"`
	// Pending: the latest version has not been delivered, as far as is known.
	Pending bool `json:"pending,omitempty"`
}

// key is where it stands: one for each topic and callback, whatever is renewed.
func (s *subscription) key() string {
	sum := sha256.Sum256([]byte(s.Topic + "\n" + s.Callback))
	return keys + hex.EncodeToString(sum[:16])
}

// keys are all of them.
const keys = "hub.subscription."

// host is where the deliveries go; how many a host may have is bounded.
func (s *subscription) host() string {
	u, err := url.Parse(s.Callback)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// signature is the value of X-Hub-Signature for a body.
func (s *subscription) signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// state is a subscription at work. The hub's lock is over it.
type state struct {
	subscription
	dirty     bool // the latest version is to be delivered
	busy      bool // somebody delivers
	attempts  int  // that failed in a row
	notBefore time.Time
	lanes     chan struct{} // the host's
}

// host is where subscribers are: it has so many subscriptions, and gets so many
// deliveries at once.
type host struct {
	subscriptions int
	lanes         chan struct{}
}

// store writes a subscription down.
func (h *Hub) store(ctx context.Context, s subscription) error {
	value, err := json.Marshal(s)
	if err == nil {
		err = h.options.KV.Put(ctx, s.key(), value)
	}
	if err != nil {
		return fmt.Errorf("hub: keep a subscription of %s: %w", s.host(), err)
	}
	return nil
}

// read brings back what was subscribed to before a restart.
func (h *Hub) read(ctx context.Context) error {
	names, err := h.options.KV.Keys(ctx, keys)
	if err != nil {
		return fmt.Errorf("hub: read subscriptions: %w", err)
	}
	for _, name := range names {
		value, err := h.options.KV.Get(ctx, name)
		if err != nil {
			return fmt.Errorf("hub: read subscriptions: %w", err)
		}
		var s subscription
		if err := json.Unmarshal(value, &s); err != nil || s.key() != name {
			h.options.Log.Warn("a subscription cannot be read and is passed over", "key", name, "err", err)
			continue
		}
		h.add(&state{subscription: s, dirty: s.Pending})
	}
	return nil
}

// add takes up a subscription. The caller holds the lock, or is alone.
func (h *Hub) add(s *state) {
	key := s.key()
	if _, there := h.subscriptions[key]; !there {
		of := h.hosts[s.host()]
		if of == nil {
			of = &host{lanes: make(chan struct{}, lanes)}
			h.hosts[s.host()] = of
		}
		of.subscriptions++
		s.lanes = of.lanes
	}
	h.subscriptions[key] = s
	if h.topics[s.Topic] == nil {
		h.topics[s.Topic] = map[string]*state{}
	}
	h.topics[s.Topic][key] = s
}

// remove forgets a subscription, in KV and then here.
func (h *Hub) remove(ctx context.Context, s subscription) error {
	key := s.key()
	if err := h.options.KV.Delete(ctx, key); err != nil {
		return fmt.Errorf("hub: forget a subscription of %s: %w", s.host(), err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.subscriptions[key]; !there {
		return nil
	}
	delete(h.subscriptions, key)
	delete(h.topics[s.Topic], key)
	if len(h.topics[s.Topic]) == 0 {
		delete(h.topics, s.Topic)
	}
	of := h.hosts[s.host()]
	if of.subscriptions--; of.subscriptions == 0 {
		delete(h.hosts, s.host())
	}
	return nil
}
