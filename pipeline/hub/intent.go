package hub

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// intent is what somebody says a subscriber wants; the subscriber is asked.
type intent struct {
	subscription
	mode  string // subscribe or unsubscribe
	lease time.Duration
}

// Sizes of a request, in bytes. A secret is bounded by the specification.
const (
	maxForm     = 16 << 10
	maxCallback = 2_000
	maxSecret   = 199
)

// refusal is why a request is answered with an error.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// ServeHTTP takes requests to subscribe and to unsubscribe. 202 says that the
// subscriber will be asked.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, text := http.StatusAccepted, "accepted: the callback will be asked"
	if err := h.take(w, r); err != nil {
		var no *refusal
		status, text = http.StatusInternalServerError, "internal error"
		if errors.As(err, &no) {
			status, text = no.status, no.text
		}
	}
	header := w.Header()
	switch status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", "POST")
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "60")
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") // who has gone is not told
}

// take queues the intent of a request.
func (h *Hub) take(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "this is a WebSub hub: subscribe with POST")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return refuse(http.StatusUnsupportedMediaType, "want application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "want a form of at most %d bytes", maxForm)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(http.StatusBadRequest, "the form cannot be read")
	}
	in, err := readIntent(form)
	if err != nil {
		return err
	}
	if err := h.admit(&in); err != nil {
		return err
	}
	select {
	case h.intents <- in:
		return nil
	default:
		return refuse(http.StatusServiceUnavailable, "too many requests wait for verification: try again later")
	}
}

// readIntent reads a form.
func readIntent(form url.Values) (intent, error) {
	in := intent{mode: form.Get("hub.mode"), lease: DefaultLease}
	in.Topic, in.Callback, in.Secret = form.Get("hub.topic"), form.Get("hub.callback"), form.Get("hub.secret")
	switch {
	case in.mode == "publish":
		return in, refuse(http.StatusForbidden, "hub.mode: this hub knows by itself what is published")
	case in.mode != "subscribe" && in.mode != "unsubscribe":
		return in, refuse(http.StatusBadRequest, "hub.mode: want subscribe or unsubscribe")
	case len(in.Secret) > maxSecret:
		return in, refuse(http.StatusBadRequest, "hub.secret: want less than %d bytes", maxSecret+1)
	case !utf8.ValidString(in.Secret):
		return in, refuse(http.StatusBadRequest, "hub.secret: want UTF-8")
	}
	u, err := url.Parse(in.Callback)
	switch {
	case len(in.Callback) > maxCallback:
		return in, refuse(http.StatusBadRequest, "hub.callback: want at most %d bytes", maxCallback)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || !utf8.ValidString(in.Callback):
		return in, refuse(http.StatusBadRequest, "hub.callback: want an http or https URL without user and fragment")
	}
	if text := form.Get("hub.lease_seconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 0 {
			return in, refuse(http.StatusBadRequest, "hub.lease_seconds: want a whole number of seconds")
		}
		in.lease = min(max(time.Duration(seconds)*time.Second, MinLease), MaxLease)
	}
	return in, nil
}

// admit says why an intent is not even verified. Who has a subscription may end it
// also when the feed is no more.
func (h *Hub) admit(in *intent) error {
	_, feed := h.options.Topic(in.Topic)
	h.mu.Lock()
	defer h.mu.Unlock()
	_, known := h.subscriptions[in.key()]
	of := h.hosts[in.host()]
	switch {
	case in.mode == "unsubscribe" && known:
		return nil
	case in.mode == "unsubscribe":
		return refuse(http.StatusNotFound, "hub.callback: it has no subscription to this topic")
	case !feed:
		return refuse(http.StatusNotFound, "hub.topic: there is no feed at this address here")
	case known:
		return nil
	case len(h.subscriptions) >= MaxSubscriptions:
		return refuse(http.StatusServiceUnavailable, "this hub has as many subscriptions as it takes")
	case of != nil && of.subscriptions >= MaxPerHost:
		return refuse(http.StatusTooManyRequests, "hub.callback: its host has as many subscriptions as it may")
	}
	return nil
}

// verifyAll asks subscribers until ctx ends.
func (h *Hub) verifyAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case in := <-h.intents:
			if err := h.verify(ctx, in); err != nil && ctx.Err() == nil {
				h.options.Log.Info("a subscription was not confirmed", "mode", in.mode, "topic", in.Topic, "host", in.host(), "err", err)
			}
		}
	}
}

// verify asks the subscriber whether the intent is its own, and does what was asked
// for if it says so.
func (h *Hub) verify(ctx context.Context, in intent) error {
	if err := h.ask(ctx, in); err != nil {
		return err
	}
	if in.mode == "unsubscribe" {
		return h.remove(ctx, in.subscription)
	}
	in.Expires = h.options.Clock.Now().Add(in.lease)
	if err := h.store(ctx, in.subscription); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if before := h.subscriptions[in.key()]; before != nil { // renewed: what is under way goes on
		before.Secret, before.Expires = in.Secret, in.Expires
		return nil
	}
	h.add(&state{subscription: in.subscription})
	return nil
}

// ask sends the challenge.
func (h *Hub) ask(ctx context.Context, in intent) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	u, err := url.Parse(in.Callback)
	if err != nil {
		return err
	}
	challenge := rand.Text()
	query := url.Values{"hub.mode": {in.mode}, "hub.topic": {in.Topic}, "hub.challenge": {challenge}}
	if in.mode == "subscribe" {
		query.Set("hub.lease_seconds", strconv.Itoa(int(in.lease/time.Second)))
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+query.Encode(), "&") // the callback's own query comes first
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	resp, err := h.options.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(challenge)+1)))
	switch {
	case err != nil:
		return err
	case resp.StatusCode/100 != 2 || resp.Request.URL.String() != req.URL.String():
		return fmt.Errorf("the callback answered %s", resp.Status)
	case subtle.ConstantTimeCompare(answer, []byte(challenge)) != 1:
		return errors.New("the callback did not repeat the challenge")
	}
	return nil
}
