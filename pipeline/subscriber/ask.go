package subscriber

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// patience is how long a hub may take to answer, and mostAnswer how much of what it
// says is read.
const (
	patience   = 30 * time.Second
	mostAnswer = 4 << 10
)

// ask asks the hub for what is due, and notes that it did before it does. What the hub
// then wants to know it asks at the callback.
func (s *Subscriber) ask(ctx context.Context, st *state) {
	now := s.options.Clock.Now()
	s.mu.Lock()
	if s.byKey[st.key()] != st || st.over(now) { // as it turned out while it waited
		s.mu.Unlock()
		return
	}
	st.Attempts++
	st.Asked, st.NotBefore = now, now.Add(max(backoff(st.Attempts), confirmWithin))
	sub := st.subscription
	err := s.store(ctx, &sub)
	s.mu.Unlock()
	if err == nil {
		err = s.request(ctx, &sub)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	s.options.Log.Log(ctx, loudness(sub.Attempts), "a hub could not be asked; the schedule goes on", "source", sub.Source, "hub", sub.Hub, "leaving", sub.Leaving, "attempt", sub.Attempts, "err", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Attempts == 0 || s.byKey[st.key()] != st { // the hub came to the callback all the same
		return
	}
	st.Fault, st.NotBefore = err.Error(), now.Add(backoff(st.Attempts))
	var no *refusal
	if errors.As(err, &no) {
		st.NotBefore = now.Add(max(afterRefusal, backoff(st.Attempts)))
	}
	if err := s.store(ctx, &st.subscription); err != nil && ctx.Err() == nil {
		s.options.Log.Warn("that a hub could not be asked could not be noted", "err", err)
	}
}

// confirmWithin is how long a hub may take to come to the callback before it is asked
// again, and afterRefusal how long one that does not want to is left alone.
const (
	confirmWithin = 10 * time.Minute
	afterRefusal  = 24 * time.Hour
)

// backoff is how long to wait behind the nth attempt: 1 min, 2 min, 4 min ... 12 h.
func backoff(attempt int) time.Duration {
	return min(time.Minute<<min(attempt-1, 10), 12*time.Hour)
}

// refusal is a hub's answer that it does not want to.
type refusal struct{ said string }

func (r *refusal) Error() string { return r.said }

// maxMoves is how often a hub may send us elsewhere.
const maxMoves = 3

// request sends what is asked for. A hub may be somewhere else for a while or for good
// (WebSub, 5.1.1), and is asked there then.
func (s *Subscriber) request(ctx context.Context, sub *subscription) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at := sub.Hub
	for range maxMoves {
		to, err := s.post(ctx, sub, at)
		if err != nil || to == "" {
			return err
		}
		at = to
	}
	return fmt.Errorf("hub %s: redirected %d times", review.WebURL(sub.Hub), maxMoves)
}

// post sends it to one address. to is where the hub is instead.
func (s *Subscriber) post(ctx context.Context, sub *subscription, at string) (to string, err error) {
	form := url.Values{"hub.mode": {"unsubscribe"}, "hub.topic": {sub.Topic}, "hub.callback": {sub.address()}}
	if !sub.Leaving {
		form.Set("hub.mode", "subscribe")
		form.Set("hub.lease_seconds", strconv.Itoa(int(lease/time.Second)))
		form.Set("hub.secret", sub.Secret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.options.HTTP(sub.Private).Do(req)
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // for people only
	code := resp.StatusCode
	switch {
	case code/100 == 2:
		return "", nil
	case code == http.StatusTemporaryRedirect || code == http.StatusPermanentRedirect:
		to, err := resp.Location()
		if err != nil || review.WebURL(to.String()) == "" || req.URL.Scheme == "https" && to.Scheme != "https" {
			return "", errors.New("hub: sends us to an address that is none, or less safe")
		}
		return to.String(), nil
	}
	err = fmt.Errorf("hub: %d %s: %s", code, http.StatusText(code), review.Cut(review.Line(string(said)), 200))
	if code/100 == 4 && code != http.StatusTooManyRequests && code != http.StatusRequestTimeout {
		err = &refusal{err.Error()}
	}
	return "", err
}
