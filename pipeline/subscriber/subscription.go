package subscriber

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Offer is a feed of a source whose hub tells of changes.
type Offer struct {
	Source  string `json:"source"`
	Private bool   `json:"private,omitempty"` // the source may reach private addresses, and so its hub
	pipeline.Push
}

// subscription is what a hub was asked for, as it stands in KV.
type subscription struct {
	Offer
	// Callback is where the hub reaches us, without the token that makes it one
	// nobody can guess.
	Callback string `json:"callback"`
	Token    string `json:"token"`
	Secret   string `json:"secret"`
	// Asked is when the hub was last asked for something, zero for never, and
	// Attempts how often since it last confirmed.
	Asked     time.Time `json:"asked,omitzero"`
	Attempts  int       `json:"attempts,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"` // of the next attempt
	// Since and Expires are of the lease that the hub confirmed, zero for none.
	Since   time.Time `json:"since,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	// Leaving: the feed offers it no longer, and the hub is to be told.
	Leaving bool   `json:"leaving,omitempty"`
	Fault   string `json:"fault,omitempty"` // why there is none, or no longer lease
}

// prefix is that of all keys.
const prefix = "websub.subscription."

func newSubscription(o Offer, callback string) subscription {
	return subscription{Offer: o, Callback: callback, Token: strings.ToLower(rand.Text()), Secret: rand.Text() + rand.Text()}
}

// key is where it stands: one for each feed of a source, hub, topic and callback.
func (s *subscription) key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.Source, s.Feed, s.Hub, s.Topic, s.Callback}, "\n")))
	return prefix + hex.EncodeToString(sum[:16])
}

// address is the callback as the hub knows it.
func (s *subscription) address() string { return s.Callback + s.Token }

// live reports that the hub has promised to tell of changes.
func (s *subscription) live(now time.Time) bool { return !s.Leaving && now.Before(s.Expires) }

// renewal is when the lease is to be renewed: when a quarter of it is left, or a day
// of a long one, and somewhat earlier by chance, so that a list of feeds that were
// subscribed to at once does not come back at once.
func (s *subscription) renewal() time.Time {
	lease := s.Expires.Sub(s.Since)
	early := lease / 10 * time.Duration(s.Token[0]%16) / 16
	return s.Expires.Add(-min(lease/4, 24*time.Hour) - early)
}

// due reports that the hub is to be asked for something now.
func (s *subscription) due(now time.Time) bool {
	return !now.Before(s.NotBefore) && (s.Leaving || s.Expires.IsZero() || !now.Before(s.renewal()))
}

// over reports that nothing is left to be done for it: the hub has nothing to
// forget, or was asked often enough to.
func (s *subscription) over(now time.Time) bool {
	return s.Leaving && (!now.Before(s.Expires) || s.Attempts >= maxFarewells && !now.Before(s.NotBefore))
}

// store writes it down.
func (s *Subscriber) store(ctx context.Context, sub *subscription) error {
	value, err := json.Marshal(sub)
	if err == nil {
		err = s.options.KV.Put(ctx, sub.key(), value)
	}
	if err != nil {
		return fmt.Errorf("websub: keep the subscription to %s: %w", sub.Topic, err)
	}
	return nil
}

// each reads what is kept. What cannot be read is given to broken.
func each(ctx context.Context, kv pipeline.KV, do func(subscription), broken func(key string, err error)) error {
	keys, err := kv.Keys(ctx, prefix)
	if err != nil {
		return fmt.Errorf("websub: read subscriptions: %w", err)
	}
	for _, key := range keys {
		value, err := kv.Get(ctx, key)
		if errors.Is(err, pipeline.ErrNotFound) {
			continue // it was over since the keys were listed
		}
		if err != nil {
			return fmt.Errorf("websub: read subscriptions: %w", err)
		}
		var sub subscription
		if err := json.Unmarshal(value, &sub); err != nil || sub.key() != key || sub.Token == "" {
			broken(key, err)
			continue
		}
		do(sub)
	}
	return nil
}
