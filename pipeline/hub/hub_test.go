package hub_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still until it is moved.
type clock struct {
	mu       sync.Mutex
	changed  *sync.Cond
	now      time.Time
	sleepers map[*sleeper]bool
}

type sleeper struct {
	length time.Duration
	until  time.Time
	woken  chan struct{}
}

func newClock() *clock {
	c := &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), sleepers: map[*sleeper]bool{}}
	c.changed = sync.NewCond(&c.mu)
	return c
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	s := &sleeper{d, c.now.Add(d), make(chan struct{})}
	c.sleepers[s] = true
	c.changed.Broadcast()
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.sleepers, s)
		c.mu.Unlock()
	}()
	select {
	case <-s.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass waits until somebody sleeps for d, and lets d pass.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	for !c.asleep(d) {
		c.changed.Wait()
	}
	c.mu.Unlock()
	c.move(d)
}

func (c *clock) asleep(d time.Duration) bool {
	for s := range c.sleepers {
		if s.length == d {
			return true
		}
	}
	return false
}

// move moves the clock, and wakes whose time has come.
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for s := range c.sleepers {
		if !s.until.After(c.now) {
			close(s.woken)
			delete(c.sleepers, s)
		}
	}
}

// gather is how long the hub gathers changes.
const gather = time.Second

// site is a hub with a document store and a real server.
type site struct {
	t     *testing.T
	clock *clock
	bus   *bus.Bus
	http  pipeline.Doer
	hub   *hub.Hub
	url   string
	stop  func()

	mu   sync.Mutex
	docs map[string]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Options{AllowPrivate: true})
	s := &site{t: t, clock: newClock(), bus: b, http: client, docs: map[string]string{}}
	s.start()
	t.Cleanup(func() {
		s.stop()
		client.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

const siteURL = "https://reviews.example.org/"

// start opens a hub over what is in KV and runs it.
func (s *site) start() {
	s.t.Helper()
	h, err := hub.Open(s.t.Context(), hub.Options{
		URL: func() string { return siteURL + "hub" },
		Topic: func(topic string) (string, bool) {
			path, ok := strings.CutPrefix(topic, siteURL)
			s.mu.Lock()
			defer s.mu.Unlock()
			_, stands := s.docs[path]
			return path, ok && stands
		},
		TopicOf: func(path string) (string, bool) { return siteURL + path, strings.HasPrefix(path, "feeds/") },
		Content: func(path string) ([]byte, string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return []byte(s.docs[path]), "application/rss+xml; charset=utf-8", nil
		},
		KV: s.bus.KV(), HTTP: s.http, Clock: s.clock, Log: quiet(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	s.hub, s.url = h, server.URL
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		server.Close()
		s.stop = func() {}
	}
}

// publish changes a document and tells the hub.
func (s *site) publish(path, content string) {
	s.put(path, content)
	s.hub.Changed([]string{path, "films/heat.html"})
}

func (s *site) put(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[path] = content
}

// post sends a form to the hub.
func (s *site) post(form url.Values) (status int, text string) {
	s.t.Helper()
	res, err := http.PostForm(s.url, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// until looks again and again.
func (s *site) until(what string, so func() bool) {
	s.t.Helper()
	for !so() {
		if s.t.Context().Err() != nil {
			s.t.Fatalf("never: %s", what)
		}
		exec.Command("true").Run() // let others work
	}
}

func (s *site) subscriptions(n int) {
	s.t.Helper()
	s.until(fmt.Sprint(n, " subscriptions"), func() bool { return s.hub.Subscriptions() == n })
}

// subscriber is a real receiver.
type subscriber struct {
	url   string
	asked chan url.Values // verifications
	got   chan delivery

	mu     sync.Mutex
	answer func(challenge string) (status int, body string)
	status []int // of deliveries, one by one; 204 where there are no more
}

type delivery struct {
	header http.Header
	body   string
}

func newSubscriber(t *testing.T) *subscriber {
	s := &subscriber{asked: make(chan url.Values, 100), got: make(chan delivery, 100)}
	s.answer = func(challenge string) (int, string) { return 200, challenge }
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.url = server.URL + "/callback?id=7"
	return s
}

func (s *subscriber) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Query().Get("id") != "7" {
		w.WriteHeader(http.StatusBadRequest) // the callback's own query was lost
		return
	}
	if r.Method == http.MethodGet {
		status, body := s.answer(r.URL.Query().Get("hub.challenge"))
		w.WriteHeader(status)
		io.WriteString(w, body)
		s.asked <- r.URL.Query()
		return
	}
	body, _ := io.ReadAll(r.Body)
	status := http.StatusNoContent
	if len(s.status) > 0 {
		status, s.status = s.status[0], s.status[1:]
	}
	w.WriteHeader(status)
	s.got <- delivery{r.Header.Clone(), string(body)}
}

func (s *subscriber) will(answer func(string) (int, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *subscriber) answers(status ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *subscriber) form(mode, topic string, more ...string) url.Values {
	form := url.Values{"hub.mode": {mode}, "hub.topic": {siteURL + topic}, "hub.callback": {s.url}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// subscribe does it and waits until it counts.
func (s *site) subscribe(sub *subscriber, topic string, more ...string) url.Values {
	s.t.Helper()
	before := s.hub.Subscriptions()
	if status, text := s.post(sub.form("subscribe", topic, more...)); status != 202 {
		s.t.Fatalf("%d %s", status, text)
	}
	asked := <-sub.asked
	s.subscriptions(before + 1)
	return asked
}

const latest = "feeds/latest.rss"

func TestASubscriptionFromBeginningToEnd(t *testing.T) {
	s, sub := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	asked := s.subscribe(sub, latest, "hub.secret", "between us", "hub.lease_seconds", "86400")
	for name, want := range map[string]string{"hub.mode": "subscribe", "hub.topic": siteURL + latest, "hub.lease_seconds": "86400"} {
		if asked.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, asked.Get(name), want)
		}
	}
	s.publish(latest, "two")
	s.publish(latest, "three")
	s.clock.pass(gather)
	got := <-sub.got
	mac := hmac.New(sha256.New, []byte("between us"))
	io.WriteString(mac, got.body)
	for name, want := range map[string]string{
		"Content-Type": "application/rss+xml; charset=utf-8", "X-Hub-Signature": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
		"Link": `<` + siteURL + `hub>; rel="hub", <` + siteURL + latest + `>; rel="self"`,
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got.body != "three" {
		t.Errorf("delivered %q, want the latest alone", got.body)
	}
	s.publish("feeds/other.rss", "no topic of anybody")
	s.mu.Lock()
	delete(s.docs, latest) // a feed that is no more can be left
	s.mu.Unlock()
	if status, _ := s.post(sub.form("unsubscribe", latest)); status != 202 {
		t.Errorf("%d", status)
	}
	if asked := <-sub.asked; asked.Get("hub.mode") != "unsubscribe" || asked.Has("hub.lease_seconds") {
		t.Errorf("asked %v", asked)
	}
	s.subscriptions(0)
	s.publish(latest, "four")
	s.stop()
	if len(sub.got) > 0 {
		t.Errorf("delivered %v after the end", <-sub.got)
	}
	if left, err := s.bus.KV().Keys(t.Context(), "hub.subscription."); err != nil || len(left) > 0 {
		t.Errorf("in KV: %v, %v", left, err)
	}
}

// TestWhoDoesNotConfirmIsNotSubscribed, nor unsubscribed.
func TestWhoDoesNotConfirmIsNotSubscribed(t *testing.T) {
	s, sub, good := newSite(t), newSubscriber(t), newSubscriber(t)
	s.put(latest, "one")
	s.subscribe(good, latest)
	for name, answer := range map[string]func(string) (int, string){
		"wrong challenge": func(string) (int, string) { return 200, "guess" },
		"empty":           func(string) (int, string) { return 200, "" },
		"more behind it":  func(c string) (int, string) { return 200, c + c },
		"not found":       func(c string) (int, string) { return 404, c },
		"redirected":      func(c string) (int, string) { return 302, c },
	} {
		t.Run(name, func(t *testing.T) {
			sub.will(answer)
			if status, _ := s.post(sub.form("subscribe", latest)); status != 202 {
				t.Errorf("%d", status)
			}
			<-sub.asked
			good.will(answer)
			if status, _ := s.post(good.form("unsubscribe", latest)); status != 202 {
				t.Errorf("%d", status)
			}
			<-good.asked
		})
	}
	s.publish(latest, "two")
	s.clock.pass(gather)
	if got := <-good.got; got.body != "two" || got.header.Get("X-Hub-Signature") != "" {
		t.Errorf("delivered %v", got)
	}
	s.stop()
	if n := s.hub.Subscriptions(); n != 1 || len(sub.got) > 0 {
		t.Errorf("%d subscriptions, %d deliveries to who did not confirm", n, len(sub.got))
	}
}

func TestLeases(t *testing.T) {
	s, sub := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	for i, c := range []struct{ asked, want string }{{"", "864000"}, {"0", "3600"}, {"7200", "7200"}, {"2000000000", "2592000"}} {
		topic := fmt.Sprintf("feeds/%d.rss", i)
		s.put(topic, "one")
		var more []string
		if c.asked != "" {
			more = []string{"hub.lease_seconds", c.asked}
		}
		if got := s.subscribe(sub, topic, more...).Get("hub.lease_seconds"); got != c.want {
			t.Errorf("asked for %q, got %s, want %s", c.asked, got, c.want)
		}
	}
	// The one of an hour is renewed, that of two is not.
	if status, _ := s.post(sub.form("subscribe", "feeds/1.rss", "hub.lease_seconds", "86400", "hub.secret", "new")); status != 202 {
		t.Fatal(status)
	}
	<-sub.asked
	s.until("the renewal counts", func() bool {
		value, err := s.kvOf("feeds/1.rss")
		return err == nil && strings.Contains(value, `"secret":"new"`)
	})
	s.clock.move(2 * time.Hour)
	for _, topic := range []string{"feeds/1.rss", "feeds/2.rss"} {
		s.publish(topic, "two")
	}
	s.clock.pass(gather)
	got := <-sub.got
	mac := hmac.New(sha256.New, []byte("new"))
	io.WriteString(mac, "two")
	if !strings.Contains(got.header.Get("Link"), "feeds/1.rss") || got.header.Get("X-Hub-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("delivered %v", got)
	}
	s.subscriptions(3) // that of two hours is forgotten
	s.stop()
	if len(sub.got) > 0 {
		t.Errorf("delivered after the lease: %v", <-sub.got)
	}
}

// kvOf is what is kept of the one subscription to a topic.
func (s *site) kvOf(topic string) (string, error) {
	names, err := s.bus.KV().Keys(s.t.Context(), "hub.subscription.")
	for _, name := range names {
		value, err := s.bus.KV().Get(s.t.Context(), name)
		if err == nil && strings.Contains(string(value), topic) {
			return string(value), nil
		}
	}
	return "", errors.Join(err, pipeline.ErrNotFound)
}

func TestFailedDeliveriesAreTriedAgain(t *testing.T) {
	s, sub, other := newSite(t), newSubscriber(t), newSubscriber(t)
	s.put(latest, "one")
	s.subscribe(sub, latest)
	s.subscribe(other, latest)
	sub.answers(500, 503, 302)
	s.publish(latest, "two")
	s.clock.pass(gather)
	if got := <-other.got; got.body != "two" {
		t.Errorf("%v", got)
	}
	if got := <-sub.got; got.body != "two" {
		t.Errorf("%v", got)
	}
	s.put(latest, "three") // the next try delivers what stands then
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		s.until("the next try is planned", func() bool { return s.hub.Waiting() == 1 })
		began := s.clock.Now()
		s.until("it was tried again", func() bool { s.clock.move(time.Second); return len(sub.got) > 0 })
		if got := <-sub.got; got.body != "three" || s.clock.Now().Sub(began) < wait {
			t.Errorf("after %v, want at least %v: %v", s.clock.Now().Sub(began), wait, got)
		}
	}
	s.until("the last try did it", func() bool { return s.hub.Waiting() == 0 })
	if len(other.got) > 0 {
		t.Error("the other got it again")
	}
}

func TestGoneSubscribersAreForgotten(t *testing.T) {
	s, sub := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	s.subscribe(sub, latest)
	sub.answers(410)
	s.publish(latest, "two")
	s.clock.pass(gather)
	<-sub.got
	s.subscriptions(0)
	s.stop()
	s.start()
	if n := s.hub.Subscriptions(); n != 0 {
		t.Errorf("%d after a restart", n)
	}
}

// TestARestartKeepsSubscriptions, and who was not reached before it.
func TestARestartKeepsSubscriptions(t *testing.T) {
	s, sub, failing := newSite(t), newSubscriber(t), newSubscriber(t)
	s.put(latest, "one")
	s.subscribe(sub, latest, "hub.secret", "kept")
	s.subscribe(failing, latest)
	failing.answers(500)
	s.publish(latest, "two")
	s.clock.pass(gather)
	<-sub.got
	<-failing.got
	s.until("the next try is planned", func() bool { return s.hub.Waiting() == 1 && s.hub.Busy() == 0 })
	s.stop()
	s.start()
	if n := s.hub.Subscriptions(); n != 2 {
		t.Fatalf("%d subscriptions", n)
	}
	s.clock.pass(gather)
	if got := <-failing.got; got.body != "two" {
		t.Errorf("%v", got)
	}
	s.until("that is done", func() bool { return s.hub.Busy() == 0 })
	s.publish(latest, "three")
	s.clock.pass(gather)
	if got := <-sub.got; got.body != "three" || got.header.Get("X-Hub-Signature") == "" {
		t.Errorf("%v", got)
	}
	if got := <-failing.got; got.body != "three" {
		t.Errorf("%v", got)
	}
}

// TestASlowSubscriberHurtsNobody: one host that never answers has two deliveries
// under way, however many subscriptions it has, and the others get theirs.
func TestASlowSubscriberHurtsNobody(t *testing.T) {
	s, quick := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	hold := make(chan struct{})
	var mu sync.Mutex
	now, most := 0, 0
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return
		}
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-hold
		mu.Lock()
		now--
		mu.Unlock()
	}))
	defer slow.Close()
	const many = 100 // more than there are places
	for i := range many {
		form := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {siteURL + latest}, "hub.callback": {fmt.Sprintf("%s/%d", strings.Replace(slow.URL, "127.0.0.1", "localhost", 1), i)}}
		for {
			if status, _ := s.post(form); status == 202 {
				break
			}
		}
	}
	s.subscriptions(many)
	s.subscribe(quick, latest)
	for i := range 5 {
		s.publish(latest, fmt.Sprint("version ", i))
		s.clock.pass(gather)
		if got := <-quick.got; got.body != fmt.Sprint("version ", i) {
			t.Errorf("%v", got)
		}
		s.until("that is done", func() bool { return s.hub.Busy() <= many })
	}
	close(hold)
	s.stop()
	if most > 2 {
		t.Errorf("%d deliveries at once to one host", most)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	s, sub := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	for name, c := range map[string]struct {
		change [2]string
		status int
	}{
		"no mode":              {[2]string{"hub.mode", ""}, 400},
		"another mode":         {[2]string{"hub.mode", "denied"}, 400},
		"publish":              {[2]string{"hub.mode", "publish"}, 403},
		"no such topic":        {[2]string{"hub.topic", siteURL + "feeds/other.rss"}, 404},
		"another site's topic": {[2]string{"hub.topic", "https://example.org/feeds/latest.rss"}, 404},
		"no callback":          {[2]string{"hub.callback", ""}, 400},
		"relative callback":    {[2]string{"hub.callback", "/callback"}, 400},
		"callback with a user": {[2]string{"hub.callback", "http://user:pass@example.org/"}, 400},
		"callback to a file":   {[2]string{"hub.callback", "file:///etc/passwd"}, 400},
		"fragment":             {[2]string{"hub.callback", "http://example.org/#x"}, 400},
		"long callback":        {[2]string{"hub.callback", "http://example.org/" + strings.Repeat("x", 2000)}, 400},
		"long secret":          {[2]string{"hub.secret", strings.Repeat("x", 200)}, 400},
		"binary secret":        {[2]string{"hub.secret", "\xff"}, 400},
		"lease of words":       {[2]string{"hub.lease_seconds", "a week"}, 400},
		"negative lease":       {[2]string{"hub.lease_seconds", "-1"}, 400},
		"large body":           {[2]string{"more", strings.Repeat("x", 20_000)}, 413},
		"unsubscribe a nobody": {[2]string{"hub.mode", "unsubscribe"}, 404},
	} {
		if status, text := s.post(sub.form("subscribe", latest, c.change[0], c.change[1])); status != c.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, c.status)
		}
	}
	res, err := http.Post(s.url, "application/json", strings.NewReader("{}"))
	if err != nil || res.StatusCode != 415 {
		t.Errorf("JSON: %v, %v", res, err)
	}
	res.Body.Close()
	if res, err = http.Get(s.url); err != nil || res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %v, %v", res, err)
	}
	res.Body.Close()
	s.stop()
	if s.hub.Subscriptions() != 0 || len(sub.asked) != 0 {
		t.Error("somebody was asked, or subscribed")
	}
}

// TestPrivateAddressesAreNotTalkedTo: the guard of the client holds for callbacks.
func TestPrivateAddressesAreNotTalkedTo(t *testing.T) {
	s, sub := newSite(t), newSubscriber(t)
	s.put(latest, "one")
	s.subscribe(sub, latest)
	s.stop()
	guarded := fetch.New(fetch.Options{})
	defer guarded.Close()
	s.http = guarded
	s.start()
	if status, _ := s.post(newSubscriber(t).form("subscribe", latest)); status != 202 {
		t.Error(status)
	}
	s.publish(latest, "two")
	s.clock.pass(gather)
	s.until("the delivery has failed", func() bool { return s.hub.Waiting() == 1 })
	s.stop()
	if len(sub.got) > 0 || s.hub.Subscriptions() != 1 {
		t.Error("a private address was reached")
	}
}
