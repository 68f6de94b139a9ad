package daemon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/subscriber"
)

// openSubscriber makes the one who subscribes to the feeds that are read, where the
// config says that hubs reach the daemon, and gives it its place on the server.
func (d *Daemon) openSubscriber(ctx context.Context, o *serve.Options) (*subscriber.Subscriber, error) {
	if d.Config.WebSub.Callback == "" {
		return nil, nil
	}
	clients := map[bool]pipeline.Doer{false: d.client(false), true: d.client(true)}
	s, err := subscriber.Open(ctx, subscriber.Options{
		Callback: d.Config.WebSub.Callback + config.CallbackPath,
		Offers:   d.offers, Told: d.toldOf,
		HTTP: func(private bool) pipeline.Doer { return clients[private] },
		KV:   d.bus.KV(), Clock: d.Clock, Log: d.Log,
	})
	if err != nil {
		return nil, err
	}
	o.Callback, o.CallbackPath = s, config.CallbackPath
	return s, nil
}

// offers are the hubs that the sources there are know of, by whichever daemon they
// were read last.
func (d *Daemon) offers(ctx context.Context) ([]subscriber.Offer, error) {
	var all []subscriber.Offer
	for _, s := range runners[*source](d.members()) {
		var st SourceStatus
		if err := read(ctx, d.bus.KV(), SourceStatusKey(s.polled.Name), &st); err != nil {
			return nil, err
		}
		for _, p := range st.Push {
			all = append(all, subscriber.Offer{Source: s.polled.Name, Private: s.private, Push: p})
		}
	}
	return all, nil
}

// lookAtOffers has the subscriber look soon, if there is one.
func (d *Daemon) lookAtOffers() {
	if s := d.subscriber.Load(); s != nil {
		s.Look()
	}
}

// toldOf has a feed looked at of which a hub tells.
func (d *Daemon) toldOf(o subscriber.Offer) {
	for _, s := range runners[*source](d.members()) {
		if s.polled.Name == o.Source {
			d.Log.Debug("a hub tells of changes", "source", o.Source, "feed", o.Feed)
			s.poke(o.Feed)
		}
	}
}

// poke has the source polled soon, because a hub told of news of one of its feeds.
// What comes while it is being polled is one more poll behind that.
func (s *source) poke(feed string) {
	s.mu.Lock()
	if !slices.Contains(s.poked, feed) {
		s.poked = append(s.poked, feed)
	}
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default: // it is about to look
	}
}

// heed polls the source when it is poked, until ctx ends.
func (s *source) heed(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.news:
		}
		s.mu.Lock()
		told := s.poked
		s.poked = nil
		s.mu.Unlock()
		s.pollTold(ctx, told)
	}
}

// pollTold polls the source, and feeds that a hub told of whether or not their time has
// come: that is what a hub is for.
func (s *source) pollTold(ctx context.Context, feeds []string) {
	s.polling.Lock()
	for _, feed := range feeds {
		if err := s.feeds.Told(ctx, feed); err != nil {
			s.d.Log.Warn("a hub told of news, but it is not asked for before its time", "source", s.polled.Name, "feed", feed, "err", err)
		}
	}
	s.pollHeld(ctx) // what went wrong is in the status and the log
}

// readPush reads how the subscriptions of the sources are doing. Where nobody
// subscribes there are none, whatever is left of earlier times.
func (s *Status) readPush(ctx context.Context, c *config.Config, b *bus.Bus, now time.Time) error {
	if c.WebSub.Callback == "" {
		return nil
	}
	all, err := subscriber.ReadStatus(ctx, b.KV(), now)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	for i := range s.Sources {
		s.Sources[i].Subscriptions = all[s.Sources[i].Name]
	}
	return nil
}

// callback looks whether the address that hubs are given leads to the daemon that runs.
func (d *doctor) callback(ctx context.Context, running bool) {
	at := d.Config.WebSub.Callback
	if at == "" || !running {
		return
	}
	at += config.CallbackPath
	cause := ""
	switch code, body, err := d.get(ctx, at+"doctor"); {
	case err != nil:
		cause = fmt.Sprintf("%s is not reached from here: %v", at, err)
	case code != http.StatusNotFound || body != subscriber.Unasked:
		cause = fmt.Sprintf("something else than the daemon answers at %s: %d %s", at, code, http.StatusText(code))
	default:
		d.note("websub.callback", fine("%s leads to the daemon, as far as can be seen from here", at))
		return
	}
	d.note("websub.callback", pipeline.Finding{
		Level: pipeline.LevelFault, Cause: cause,
		Remedy: "no hub can confirm a subscription like this: have the web server in front pass on GET and POST of " + config.CallbackPath + " to " + d.Config.Listen + ", or take `callback` out of the config",
	})
}

// get asks at an address of one's own, and reads the beginning of the answer.
func (d *doctor) get(ctx context.Context, address string) (code int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := d.client(true).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	beginning, err := io.ReadAll(io.LimitReader(resp.Body, 2*int64(len(subscriber.Unasked))))
	return resp.StatusCode, string(beginning), err
}
