package subscriber

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Sizes of what a hub sends, in bytes: the feed may come along.
const (
	maxNews      = 32 << 20
	maxChallenge = 4 << 10
)

// Unasked is the answer, with 404, to whom nobody has asked: by it a subscriber is
// known from outside.
const Unasked = "nobody here has asked for that\n"

// ServeHTTP takes what hubs ask (GET) and what they tell (POST). The last part of the
// path is the subscription's token.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	status, text := 0, ""
	switch token := path.Base(r.URL.Path); r.Method {
	case http.MethodGet:
		status, text = s.answer(r.Context(), token, r.URL.Query())
	case http.MethodPost:
		status, text = s.take(w, r, token)
	default:
		h.Set("Allow", "GET, POST")
		status, text = http.StatusMethodNotAllowed, "method not allowed"
	}
	w.WriteHeader(status)
	io.WriteString(w, text) // who has gone is not told
}

// answer confirms what was asked for, and notes what was denied. Everything else is
// answered with 404, as the protocol has it.
func (s *Subscriber) answer(ctx context.Context, token string, query url.Values) (status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.tokens[token]
	if st == nil || query.Get("hub.topic") != st.Topic || st.Asked.IsZero() {
		return http.StatusNotFound, Unasked
	}
	challenge := query.Get("hub.challenge")
	mode := query.Get("hub.mode")
	switch {
	case mode == "denied" && !st.Leaving:
		return s.denied(ctx, st, query.Get("hub.reason"))
	case challenge == "" || len(challenge) > maxChallenge:
		return http.StatusNotFound, "a hub.challenge is wanted\n"
	case mode == "subscribe" && !st.Leaving:
		return s.confirm(ctx, st, query.Get("hub.lease_seconds"), challenge)
	case mode == "unsubscribe" && st.Leaving:
		if err := s.remove(ctx, st); err != nil {
			return s.trouble(err)
		}
		s.options.Log.Debug("unsubscribed", "source", st.Source, "hub", st.Hub)
		return http.StatusOK, challenge
	}
	return http.StatusNotFound, Unasked
}

// confirm notes the lease, and then repeats the challenge.
func (s *Subscriber) confirm(ctx context.Context, st *state, seconds, challenge string) (status int, text string) {
	now := s.options.Clock.Now()
	if st.Attempts == 0 && st.live(now) && now.Sub(st.Since) < calm { // it asks once more
		return http.StatusOK, challenge
	}
	granted := lease
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n > 0 {
		granted = time.Duration(min(n, int64(mostLease/time.Second))) * time.Second
	}
	sub := st.subscription
	sub.Since, sub.Expires, sub.Fault, sub.Attempts = now, now.Add(granted), "", 0
	sub.NotBefore = now.Add(confirmWithin) // of the next renewal, however short the lease is
	if err := s.store(ctx, &sub); err != nil {
		return s.trouble(err)
	}
	if !st.live(now) {
		s.options.Log.Info("a hub tells of changes from now on", "source", st.Source, "feed", st.Feed, "hub", st.Hub, "until", sub.Expires)
	}
	st.subscription = sub
	return http.StatusOK, challenge
}

// denied notes that the hub does not want to, and asks again in a day.
func (s *Subscriber) denied(ctx context.Context, st *state, reason string) (status int, text string) {
	now := s.options.Clock.Now()
	sub := st.subscription
	if sub.Expires.IsZero() && sub.NotBefore.Sub(now) > afterRefusal-calm { // it says so once more
		return http.StatusOK, ""
	}
	sub.Expires, sub.NotBefore = time.Time{}, now.Add(afterRefusal)
	sub.Fault = "denied by the hub"
	if reason = review.Cut(review.Line(reason), 200); reason != "" {
		sub.Fault += ": " + reason
	}
	if err := s.store(ctx, &sub); err != nil {
		return s.trouble(err)
	}
	s.options.Log.Info("a hub does not tell of changes; the schedule goes on", "source", st.Source, "feed", st.Feed, "hub", st.Hub, "why", sub.Fault)
	st.subscription = sub
	return http.StatusOK, ""
}

func (s *Subscriber) trouble(err error) (status int, text string) {
	s.options.Log.Warn("what a hub said could not be noted", "err", err)
	return http.StatusInternalServerError, "internal error\n"
}

// take hears that there is news. A message that is not rightly signed is answered in
// the same way as one that is (WebSub, 8), and changes nothing.
func (s *Subscriber) take(w http.ResponseWriter, r *http.Request, token string) (status int, text string) {
	now := s.options.Clock.Now()
	s.mu.Lock()
	st := s.tokens[token]
	gone := st == nil || st.Leaving
	live := !gone && now.Before(st.Expires)
	secret := ""
	if st != nil {
		secret = st.Secret
	}
	s.mu.Unlock()
	switch {
	case gone:
		return http.StatusGone, "nobody is subscribed here\n"
	case !live:
		return http.StatusNotFound, "nobody here has confirmed that\n"
	}
	var large *http.MaxBytesError
	err := signed(r.Header.Get("X-Hub-Signature"), secret, http.MaxBytesReader(w, r.Body, maxNews))
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("want at most %d bytes\n", maxNews)
	case err != nil:
		s.options.Log.Debug("what came from a hub is passed over", "source", st.Source, "hub", st.Hub, "err", err)
	default:
		s.hear(st)
	}
	return http.StatusAccepted, ""
}

// signed says why a body is not signed with the secret. Nothing hangs on a signature
// but whether a feed is looked at, so the one that the oldest hubs make is good enough.
func signed(signature, secret string, body io.Reader) error {
	method, digits, _ := strings.Cut(signature, "=")
	var kind func() hash.Hash
	switch strings.ToLower(strings.TrimSpace(method)) {
	case "sha1":
		kind = sha1.New
	case "sha256":
		kind = sha256.New
	case "sha384":
		kind = sha512.New384
	case "sha512":
		kind = sha512.New
	default:
		return errors.New("it is not signed, or in a way nobody knows")
	}
	given, err := hex.DecodeString(strings.TrimSpace(digits))
	if err != nil {
		return errors.New("its signature cannot be read")
	}
	mac := hmac.New(kind, []byte(secret))
	if _, err := io.Copy(mac, body); err != nil {
		return err
	}
	if !hmac.Equal(mac.Sum(nil), given) {
		return errors.New("its signature is wrong")
	}
	return nil
}

// hear has the feed looked at, unless that was done just now: then it is done later.
func (s *Subscriber) hear(st *state) {
	now := s.options.Clock.Now()
	s.mu.Lock()
	soon := !st.told.IsZero() && now.Sub(st.told) < calm
	st.again = soon
	if !soon {
		st.told = now
	}
	o := st.Offer
	s.mu.Unlock()
	if !soon {
		s.options.Told(o)
	}
}

// tellAgain has those feeds looked at that something came for meanwhile.
func (s *Subscriber) tellAgain() {
	now := s.options.Clock.Now()
	var offers []Offer
	s.mu.Lock()
	for _, st := range s.byKey {
		if st.again && now.Sub(st.told) >= calm {
			st.again, st.told = false, now
			offers = append(offers, st.Offer)
		}
	}
	s.mu.Unlock()
	for _, o := range offers {
		s.options.Told(o)
	}
}

// loudness is how an attempt that failed is logged: the first, and then rarely.
func loudness(attempt int) slog.Level {
	if attempt == 1 || attempt%10 == 0 {
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
