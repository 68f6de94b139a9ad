package subscriber

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Options are what a subscriber is made of.
type Options struct {
	// Callback is the address at which hubs reach [Subscriber.ServeHTTP], ending in a
	// slash: behind it comes a word of each subscription's own.
	Callback string
	// Offers lists the feeds that offer a hub, of all sources there are. It is asked
	// now and then, and after Look. With an error all stays as it is.
	Offers func(context.Context) ([]Offer, error)
	// Told is called when a hub tells of news. It does not wait.
	Told func(o Offer)
	// HTTP is the guarded client for hubs that may be private or may not.
	HTTP  func(private bool) pipeline.Doer
	KV    pipeline.KV
	Clock pipeline.Clock
	Log   *slog.Logger
}

const (
	// lease is what a hub is asked for. It says what it grants.
	lease = 10 * 24 * time.Hour
	// mostLease is the longest that a hub is relied on without being asked again.
	mostLease = 30 * 24 * time.Hour

	// tick is how often it is looked what is due, and lookEvery how often at what
	// sources offer without being told.
	tick      = 15 * time.Second
	lookEvery = 10 * time.Minute
	// calm is the least time between two times that one subscription has its feed
	// looked at. What comes between is one more look behind it.
	calm = 30 * time.Second

	// maxSubscriptions bounds what offers can ask for, and requests those under way.
	maxSubscriptions = 20_000
	requests         = 4
	// maxFarewells is how often a hub is told that nobody listens any more.
	maxFarewells = 4
)

// Subscriber is the http.Handler that hubs come to. [Subscriber.Run] asks them.
type Subscriber struct {
	options Options
	wake    chan struct{}

	mu     sync.Mutex // held while a subscription is changed and written
	byKey  map[string]*state
	tokens map[string]*state
	look   time.Time // when the offers are to be looked at
}

// state is a subscription at work.
type state struct {
	subscription
	busy  bool      // a request is under way
	told  time.Time // when its feed was last looked at for it
	again bool      // and is to be once more
}

// Open reads the subscriptions there are.
func Open(ctx context.Context, o Options) (*Subscriber, error) {
	s := &Subscriber{options: o, wake: make(chan struct{}, 1), byKey: map[string]*state{}, tokens: map[string]*state{}}
	err := each(ctx, o.KV, func(sub subscription) { s.add(&state{subscription: sub}) }, func(key string, err error) {
		o.Log.Warn("a subscription to a hub cannot be read and is passed over", "key", key, "err", err)
	})
	return s, err
}

// add takes up a subscription. The caller holds the lock, or is alone.
func (s *Subscriber) add(st *state) {
	s.byKey[st.key()] = st
	s.tokens[st.Token] = st
}

// Live is how many hubs have promised to tell of changes.
func (s *Subscriber) Live() (n int) {
	now := s.options.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.byKey {
		if st.live(now) {
			n++
		}
	}
	return n
}

// Look says that what sources offer may have changed. It does not wait.
func (s *Subscriber) Look() {
	s.mu.Lock()
	s.look = time.Time{}
	s.mu.Unlock()
	s.rouse()
}

// rouse has Run look for work.
func (s *Subscriber) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to
	}
}

// Run keeps the subscriptions until ctx ends.
func (s *Subscriber) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		for s.options.Clock.Sleep(ctx, tick) == nil {
			s.rouse()
		}
	})
	slots := make(chan struct{}, requests)
	s.rouse()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		if err := s.reconcile(ctx); err != nil && ctx.Err() == nil {
			s.options.Log.Warn("which feeds offer a hub is not known now; subscriptions stay as they are", "err", err)
		}
		s.tellAgain()
		s.clear(ctx)
		for _, st := range s.takeDue() {
			work.Go(func() {
				defer s.release(st)
				select {
				case slots <- struct{}{}:
					defer func() { <-slots }()
					s.ask(ctx, st)
				case <-ctx.Done():
				}
			})
		}
	}
}

// reconcile brings the subscriptions in line with what sources offer, when it is time
// to look.
func (s *Subscriber) reconcile(ctx context.Context) error {
	now := s.options.Clock.Now()
	s.mu.Lock()
	early := now.Before(s.look)
	s.look = now.Add(lookEvery)
	s.mu.Unlock()
	if early {
		return nil
	}
	offers, err := s.options.Offers(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[string]bool{}
	var errs []error
	for _, o := range offers {
		key := (&subscription{Offer: o, Callback: s.options.Callback}).key()
		switch st := s.byKey[key]; {
		case len(wanted) >= maxSubscriptions || wanted[key]:
			continue
		case st == nil:
			s.add(&state{subscription: newSubscription(o, s.options.Callback)}) // written when the hub is asked
		case st.Leaving:
			st.Leaving, st.Attempts, st.NotBefore, st.Fault = false, 0, time.Time{}, ""
			st.Expires = time.Time{} // whether it was told is not known
			errs = append(errs, s.store(ctx, &st.subscription))
		default:
			st.Private = o.Private
		}
		wanted[key] = true
	}
	for key, st := range s.byKey {
		if !wanted[key] && !st.Leaving {
			st.Leaving, st.Attempts, st.NotBefore, st.Fault = true, 0, time.Time{}, ""
			errs = append(errs, s.store(ctx, &st.subscription))
		}
	}
	return errors.Join(errs...)
}

// clear forgets the subscriptions that are over.
func (s *Subscriber) clear(ctx context.Context) {
	now := s.options.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.byKey {
		if !st.busy && st.over(now) {
			if err := s.remove(ctx, st); err != nil && ctx.Err() == nil {
				s.options.Log.Warn("a subscription that is over could not be forgotten and is tried again", "hub", st.Hub, "err", err)
			}
		}
	}
}

// remove forgets a subscription, in KV and then here. The caller holds the lock.
func (s *Subscriber) remove(ctx context.Context, st *state) error {
	if err := s.options.KV.Delete(ctx, st.key()); err != nil && !errors.Is(err, pipeline.ErrNotFound) {
		return err
	}
	delete(s.byKey, st.key())
	delete(s.tokens, st.Token)
	return nil
}

// takeDue takes the subscriptions for which a hub is to be asked for something now.
// Who has waited longest is first.
func (s *Subscriber) takeDue() []*state {
	now := s.options.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*state
	for _, st := range s.byKey {
		if !st.busy && st.due(now) {
			st.busy = true
			due = append(due, st)
		}
	}
	slices.SortFunc(due, func(a, b *state) int {
		if c := a.NotBefore.Compare(b.NotBefore); c != 0 {
			return c
		}
		return strings.Compare(a.Token, b.Token)
	})
	return due
}

func (s *Subscriber) release(st *state) {
	s.mu.Lock()
	st.busy = false
	s.mu.Unlock()
	s.rouse() // something else may have become due meanwhile
}
