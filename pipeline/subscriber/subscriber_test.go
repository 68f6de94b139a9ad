package subscriber_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/hub"
	"github.com/filmwire/filmwire/pipeline/subscriber"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still until it is moved.
type clock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers map[chan struct{}]time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), sleepers: map[chan struct{}]time.Time{}}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	woken := make(chan struct{})
	c.mu.Lock()
	c.sleepers[woken] = c.now.Add(d)
	c.mu.Unlock()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for woken, until := range c.sleepers {
		if !until.After(c.now) {
			close(woken)
			delete(c.sleepers, woken)
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// until looks again and again.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for !so() {
		if t.Context().Err() != nil {
			t.Fatalf("never: %s", what)
		}
		exec.Command("true").Run() // let others work
	}
}

// desk is a subscriber with a real server and a real store.
type desk struct {
	t     *testing.T
	clock *clock
	bus   *bus.Bus
	http  pipeline.Doer
	sub   *subscriber.Subscriber
	at    *httptest.Server
	stop  func()

	mu     sync.Mutex
	offers []subscriber.Offer
	asked  int // how often for the offers
	failed error
	told   []string // feeds
}

func newDesk(t *testing.T, offers ...subscriber.Offer) *desk {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Options{AllowPrivate: true})
	d := &desk{t: t, clock: newClock(), bus: b, http: client, offers: offers}
	d.at = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.sub.ServeHTTP(w, r) }))
	d.start()
	t.Cleanup(func() {
		d.stop()
		d.at.Close()
		client.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// start opens a subscriber over what is in KV and runs it.
func (d *desk) start() {
	d.t.Helper()
	var err error
	d.sub, err = subscriber.Open(d.t.Context(), subscriber.Options{
		Callback: d.at.URL + "/websub/",
		Offers: func(context.Context) ([]subscriber.Offer, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.asked++
			return slices.Clone(d.offers), d.failed
		},
		Told: func(o subscriber.Offer) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.told = append(d.told, o.Feed)
		},
		HTTP: func(private bool) pipeline.Doer {
			if private {
				return d.http
			}
			return fetch.New(fetch.Options{})
		},
		KV: d.bus.KV(), Clock: d.clock, Log: quiet(),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.sub.Run(ctx) }()
	d.stop = func() {
		cancel()
		<-ended
		d.stop = func() {}
	}
}

// offer changes what sources offer, and has it looked at.
func (d *desk) offer(offers ...subscriber.Offer) {
	d.mu.Lock()
	d.offers = offers
	d.mu.Unlock()
	d.look()
}

// look waits until all that is due now has been begun.
func (d *desk) look() {
	d.t.Helper()
	for range 2 { // the second begins when the first is over
		d.mu.Lock()
		before := d.asked
		d.mu.Unlock()
		d.sub.Look()
		until(d.t, "a look at the offers", func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.asked > before
		})
	}
}

func (d *desk) toldOf() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.told)
}

// status is that of the one subscription there is, zero for none.
func (d *desk) status() subscriber.Status {
	d.t.Helper()
	all, err := subscriber.ReadStatus(d.t.Context(), d.bus.KV(), d.clock.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	switch list := all["blog"]; len(list) {
	case 0:
		return subscriber.Status{}
	case 1:
		return list[0]
	default:
		d.t.Fatalf("%d subscriptions", len(list))
		return subscriber.Status{}
	}
}

func (d *desk) becomes(want subscriber.State) {
	d.t.Helper()
	until(d.t, "the subscription is "+string(want), func() bool { return d.status().State == want })
}

// elsewhere is a hub in the hands of the test.
type elsewhere struct {
	*httptest.Server
	requests chan url.Values
	mu       sync.Mutex
	answer   func(w http.ResponseWriter, r *http.Request)
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{requests: make(chan url.Values, 100)}
	e.says(http.StatusAccepted)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		e.mu.Lock()
		answer := e.answer
		e.mu.Unlock()
		answer(w, r)
		e.requests <- r.PostForm
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) will(answer func(w http.ResponseWriter, r *http.Request)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *elsewhere) says(status int) {
	e.will(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

const topic = "https://feed.example/feed.xml"

func (e *elsewhere) offer() subscriber.Offer {
	return subscriber.Offer{Source: "blog", Private: true, Push: pipeline.Push{Feed: topic + "?as=read", Hub: e.URL, Topic: topic}}
}

// silent fails if there was one more request.
func (e *elsewhere) silent(t *testing.T, when string) {
	t.Helper()
	select {
	case form := <-e.requests:
		t.Errorf("%s: %s", when, form.Encode())
	default:
	}
}

// get asks at the callback, as hubs do, with pairs of a query.
func get(t *testing.T, callback string, pairs ...string) (status int, body string) {
	t.Helper()
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.Get(callback + "?" + query.Encode())
	return read(t, resp, err)
}

func read(t *testing.T, resp *http.Response, err error) (status int, body string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// confirm verifies what was asked for, with pairs more of a query.
func confirm(t *testing.T, form url.Values, more ...string) {
	t.Helper()
	pairs := append([]string{"hub.mode", form.Get("hub.mode"), "hub.topic", form.Get("hub.topic"), "hub.challenge", "c7"}, more...)
	if status, body := get(t, form.Get("hub.callback"), pairs...); status != 200 || body != "c7" {
		t.Fatalf("confirmation: %d %q", status, body)
	}
}

func post(t *testing.T, callback, signature, body string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, callback, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if signature != "" {
		req.Header.Set("X-Hub-Signature", signature)
	}
	resp, err := http.DefaultClient.Do(req)
	status, _ := read(t, resp, err)
	return status
}

func sign(method string, kind func() hash.Hash, secret, body string) string {
	mac := hmac.New(kind, []byte(secret))
	mac.Write([]byte(body))
	return method + "=" + hex.EncodeToString(mac.Sum(nil))
}

// TestWithOurOwnHub has the hub of one site and the subscriber of another talk to each
// other, through leases and to the end.
func TestWithOurOwnHub(t *testing.T) {
	d := newDesk(t)
	site, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	own := "https://reviews.example.org/feeds/latest.rss"
	at := ""
	h, err := hub.Open(t.Context(), hub.Options{
		URL:     func() string { return at },
		Topic:   func(topic string) (string, bool) { return "feeds/latest.rss", topic == own },
		TopicOf: func(path string) (string, bool) { return own, path == "feeds/latest.rss" },
		Content: func(string) ([]byte, string, error) { return []byte("<rss/>"), "application/rss+xml", nil },
		KV:      site.KV(), HTTP: d.http, Clock: d.clock, Log: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	at = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	d.offer(subscriber.Offer{Source: "blog", Private: true, Push: pipeline.Push{Feed: "https://reviews.example.org/feed", Hub: server.URL, Topic: own}})
	d.becomes(subscriber.Live)
	until(t, "the hub knows", func() bool { return h.Subscriptions() == 1 && d.sub.Live() == 1 })
	news := func() {
		t.Helper()
		before := d.toldOf()
		h.Changed([]string{"feeds/latest.rss"})
		until(t, "news", func() bool { d.clock.move(time.Second); return d.toldOf() > before })
	}
	news()
	kept := func() string { // what the hub has written down
		keys, err := site.KV().Keys(t.Context(), "hub.subscription.")
		if err != nil || len(keys) != 1 {
			t.Fatalf("keys %v: %v", keys, err)
		}
		value, err := site.KV().Get(t.Context(), keys[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(value)
	}
	for range 5 { // leases of ten days each
		before, written := d.status().Until, kept()
		d.clock.move(8 * 24 * time.Hour)
		d.look()
		if got := d.status().Until; !got.Equal(before) {
			t.Fatalf("a lease of ten days is renewed on the eighth, from %v until %v", before, got)
		}
		d.clock.move(24 * time.Hour)
		until(t, "the lease is renewed", func() bool { return d.status().Until.After(before) && kept() != written })
		if h.Subscriptions() != 1 {
			t.Fatalf("%d subscriptions at the hub", h.Subscriptions())
		}
	}
	news()
	d.offer()
	until(t, "unsubscribed", func() bool { return h.Subscriptions() == 0 && d.status() == subscriber.Status{} })
}

func TestWhatAHubIsAskedFor(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	if form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != topic || form.Get("hub.lease_seconds") != "864000" {
		t.Errorf("%v", form)
	}
	if secret := form.Get("hub.secret"); len(secret) < 40 || len(secret) > 199 {
		t.Errorf("secret %q", secret)
	}
	token, ok := strings.CutPrefix(form.Get("hub.callback"), d.at.URL+"/websub/")
	if !ok || len(token) < 26 || strings.Contains(token, "/") {
		t.Errorf("callback %q", form.Get("hub.callback"))
	}
	if st := d.status(); st.State != subscriber.Asked {
		t.Errorf("%+v", st)
	}
	d.look()
	e.silent(t, "while it may still confirm")
	confirm(t, form, "hub.lease_seconds", "3600")
	if st := d.status(); st.State != subscriber.Live || !st.Until.Equal(d.clock.Now().Add(time.Hour)) {
		t.Errorf("%+v", st)
	}
	d.clock.move(30 * time.Minute)
	d.look()
	e.silent(t, "half way through the lease")
	d.clock.move(15 * time.Minute)
	again := <-e.requests
	if again.Encode() != form.Encode() {
		t.Errorf("renewed with %v, asked with %v", again, form)
	}
	if d.sub.Live() != 1 {
		t.Error("it is live until the lease ends")
	}
	d.clock.move(15 * time.Minute)
	if d.sub.Live() != 0 {
		t.Error("the lease has ended")
	}
	confirm(t, again) // without a lease: what was asked for
	if st := d.status(); !st.Until.Equal(d.clock.Now().Add(10 * 24 * time.Hour)) {
		t.Errorf("%+v", st)
	}
}

// TestOnlyWhatWasAskedForIsConfirmed: a hub, or somebody who claims to be one, gets a
// yes to nothing else.
func TestOnlyWhatWasAskedForIsConfirmed(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	callback := form.Get("hub.callback")
	for name, c := range map[string]struct {
		callback, mode, topic, challenge string
	}{
		"another topic":      {callback, "subscribe", "https://feed.example/other.xml", "c7"},
		"no topic":           {callback, "subscribe", "", "c7"},
		"no challenge":       {callback, "subscribe", topic, ""},
		"an endless one":     {callback, "subscribe", topic, strings.Repeat("x", 4097)},
		"to unsubscribe":     {callback, "unsubscribe", topic, "c7"},
		"no mode":            {callback, "", topic, "c7"},
		"another mode":       {callback, "publish", topic, "c7"},
		"a guess":            {d.at.URL + "/websub/aaaaaaaaaaaaaaaaaaaaaaaaaa", "subscribe", topic, "c7"},
		"no token":           {d.at.URL + "/websub/", "subscribe", topic, "c7"},
		"a guess and denied": {d.at.URL + "/websub/x", "denied", topic, ""},
		"denied for another": {callback, "denied", "https://feed.example/other.xml", ""},
	} {
		if status, body := get(t, c.callback, "hub.mode", c.mode, "hub.topic", c.topic, "hub.challenge", c.challenge, "hub.lease_seconds", "60"); status != 404 || strings.Contains(body, "c7") {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	if st := d.status(); st.State != subscriber.Asked || st.Fault != "" {
		t.Errorf("%+v", st)
	}
	for _, method := range []string{http.MethodPut, http.MethodHead} {
		req, _ := http.NewRequest(method, callback, nil)
		resp, err := http.DefaultClient.Do(req)
		if status, _ := read(t, resp, err); status != 405 {
			t.Errorf("%s: %d", method, status)
		}
	}
	if status := post(t, callback, sign("sha256", sha256.New, form.Get("hub.secret"), "x"), "x"); status != 404 {
		t.Errorf("news before anything was confirmed: %d", status)
	}
	if d.toldOf() != 0 {
		t.Error("told of news nobody has subscribed to")
	}
}

func TestOnlySignedNewsIsHeard(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	confirm(t, form)
	callback, secret := form.Get("hub.callback"), form.Get("hub.secret")
	const body = "<rss>news</rss>"
	for _, c := range []struct {
		name, signature string
		heard           bool
	}{
		{"none", "", false},
		{"empty", "sha256=", false},
		{"no hex", "sha256=zz", false},
		{"of another body", sign("sha256", sha256.New, secret, "x"), false},
		{"with another secret", sign("sha256", sha256.New, "x", body), false},
		{"cut short", sign("sha256", sha256.New, secret, body)[:40], false},
		{"called what it is not", strings.Replace(sign("sha256", sha256.New, secret, body), "sha256", "sha512", 1), false},
		{"an unknown method", strings.Replace(sign("sha256", sha256.New, secret, body), "sha256", "md5", 1), false},
		{"sha256", sign("sha256", sha256.New, secret, body), true},
		{"sha384", sign("sha384", sha512.New384, secret, body), true},
		{"sha512", sign("SHA512", sha512.New, secret, body), true},
		{"sha1, as the oldest hubs have it", sign("sha1", sha1.New, secret, body), true},
	} {
		before := d.toldOf()
		if status := post(t, callback, c.signature, body); status != 202 {
			t.Errorf("%s: %d; who guesses must not learn anything", c.name, status)
		}
		if heard := d.toldOf() > before; heard != c.heard {
			t.Errorf("%s: heard %t", c.name, heard)
		}
		d.clock.move(time.Minute)
	}
	if slices.Contains(d.told, topic) || d.told[0] != topic+"?as=read" {
		t.Errorf("told of %v, which is not how the source knows it", d.told)
	}
	if status := post(t, callback, "sha256=00", strings.Repeat("x", 32<<20+1)); status != 413 {
		t.Errorf("an endless body: %d", status)
	}
	d.clock.move(11 * 24 * time.Hour)
	if status := post(t, callback, sign("sha256", sha256.New, secret, body), body); status != 404 {
		t.Errorf("after the lease: %d", status)
	}
}

// TestManyNewsAreOneLook: a hub that sends without end has the feed looked at now and
// then, and once more behind the last.
func TestManyNewsAreOneLook(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	confirm(t, form)
	news := func() {
		if status := post(t, form.Get("hub.callback"), sign("sha256", sha256.New, form.Get("hub.secret"), "x"), "x"); status != 202 {
			t.Fatal(status)
		}
	}
	for range 20 {
		news()
	}
	if n := d.toldOf(); n != 1 {
		t.Errorf("told %d times at once", n)
	}
	d.clock.move(30 * time.Second)
	until(t, "once more", func() bool { return d.toldOf() == 2 })
	d.clock.move(30 * time.Second)
	d.look()
	if n := d.toldOf(); n != 2 {
		t.Errorf("told %d times of two", n)
	}
	news()
	if n := d.toldOf(); n != 3 {
		t.Errorf("told %d times; after a calm while it is at once", n)
	}
}

// TestARestartForgetsNothing: nor does it ask again for what there is.
func TestARestartForgetsNothing(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	d.stop()
	d.start()
	d.look()
	e.silent(t, "restarted while it may still confirm")
	confirm(t, form)
	d.stop()
	d.start()
	d.look()
	e.silent(t, "restarted while it is live")
	if status := post(t, form.Get("hub.callback"), sign("sha256", sha256.New, form.Get("hub.secret"), "x"), "x"); status != 202 || d.toldOf() != 1 {
		t.Errorf("after a restart: %d, told %d times", status, d.toldOf())
	}
	d.mu.Lock()
	d.failed = fmt.Errorf("the store is away")
	d.offers = nil
	d.mu.Unlock()
	d.look()
	d.look()
	if st := d.status(); st.State != subscriber.Live {
		t.Errorf("what is offered is not known, and it is %+v", st)
	}
}

// TestWhoIsNoLongerOffered is told, and asked again when it is.
func TestWhoIsNoLongerOffered(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	confirm(t, form)
	d.offer()
	leave := <-e.requests
	if leave.Get("hub.mode") != "unsubscribe" || leave.Get("hub.callback") != form.Get("hub.callback") || leave.Get("hub.topic") != topic || leave.Has("hub.secret") {
		t.Errorf("%v", leave)
	}
	d.becomes(subscriber.Leaving)
	if status := post(t, form.Get("hub.callback"), sign("sha256", sha256.New, form.Get("hub.secret"), "x"), "x"); status != 410 || d.toldOf() != 0 {
		t.Errorf("news nobody wants: %d, told %d times", status, d.toldOf())
	}
	if status, _ := get(t, form.Get("hub.callback"), "hub.mode", "subscribe", "hub.topic", topic, "hub.challenge", "c7"); status != 404 {
		t.Errorf("a lease nobody wants: %d", status)
	}
	d.offer(e.offer())
	again := <-e.requests
	if again.Get("hub.mode") != "subscribe" {
		t.Errorf("%v", again)
	}
	confirm(t, again)
	d.offer()
	leave = <-e.requests
	confirm(t, leave)
	if st := d.status(); st != (subscriber.Status{}) {
		t.Errorf("%+v", st)
	}
	if status, _ := get(t, form.Get("hub.callback"), "hub.mode", "unsubscribe", "hub.topic", topic, "hub.challenge", "c7"); status != 404 {
		t.Errorf("once more: %d", status)
	}
}

// TestAHubThatDoesNotLetGo is told a few times, and forgotten.
func TestAHubThatDoesNotLetGo(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	confirm(t, <-e.requests, "hub.lease_seconds", "99999999999")
	if most := d.clock.Now().Add(30 * 24 * time.Hour); d.status().Until.After(most) {
		t.Errorf("relied on until %v", d.status().Until)
	}
	d.offer()
	for range 4 {
		if form := <-e.requests; form.Get("hub.mode") != "unsubscribe" {
			t.Fatalf("%v", form)
		}
		d.clock.move(time.Hour)
	}
	until(t, "forgotten", func() bool { d.clock.move(time.Minute); return d.status() == subscriber.Status{} })
	e.silent(t, "it was told often enough")
}

// TestAHubInTrouble is asked later and later; one that refuses, in a day.
func TestAHubInTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		waits  []time.Duration
		state  subscriber.State
	}{
		"it is down":           {503, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute}, subscriber.Refused},
		"it has enough":        {429, []time.Duration{time.Minute, 2 * time.Minute}, subscriber.Refused},
		"it does not want to":  {403, []time.Duration{24 * time.Hour, 24 * time.Hour}, subscriber.Refused},
		"there is no hub":      {404, []time.Duration{24 * time.Hour}, subscriber.Refused},
		"it does not confirm":  {202, []time.Duration{10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 16 * time.Minute}, subscriber.Asked},
		"it is somewhere else": {302, []time.Duration{time.Minute}, subscriber.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			e := newElsewhere(t)
			e.says(c.status)
			d := newDesk(t, e.offer())
			<-e.requests
			for i, wait := range c.waits {
				until(t, "it is noted", func() bool { return d.status().State == c.state && d.status().Next.Equal(d.clock.Now().Add(wait)) })
				d.clock.move(wait - time.Second)
				d.look()
				e.silent(t, fmt.Sprintf("before the wait %d is over", i))
				d.clock.move(time.Second)
				d.look()
				<-e.requests
			}
		})
	}
}

func TestDenied(t *testing.T) {
	e := newElsewhere(t)
	d := newDesk(t, e.offer())
	form := <-e.requests
	confirm(t, form)
	for range 2 {
		if status, _ := get(t, form.Get("hub.callback"), "hub.mode", "denied", "hub.topic", topic, "hub.reason", "not\nyou <b>"); status != 200 {
			t.Fatal(status)
		}
	}
	if st := d.status(); st.State != subscriber.Refused || st.Fault != "denied by the hub: not you <b>" || d.sub.Live() != 0 {
		t.Errorf("%+v", st)
	}
	d.clock.move(23 * time.Hour)
	d.look()
	e.silent(t, "within a day")
	d.clock.move(time.Hour)
	d.look()
	confirm(t, <-e.requests)
	if st := d.status(); st.State != subscriber.Live || st.Fault != "" {
		t.Errorf("%+v", st)
	}
}

// TestAHubThatMoves is followed where that is safe, and not for ever.
func TestAHubThatMoves(t *testing.T) {
	e, other := newElsewhere(t), newElsewhere(t)
	to := func(address string) {
		e.will(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, address, http.StatusPermanentRedirect)
		})
	}
	to(other.URL + "/new")
	d := newDesk(t, e.offer())
	<-e.requests
	confirm(t, <-other.requests)
	d.offer()
	<-e.requests
	confirm(t, <-other.requests)
	for name, address := range map[string]string{"round and round": e.URL, "nowhere": "file:///etc/passwd"} {
		to(address)
		d.offer(e.offer())
		d.becomes(subscriber.Refused)
		if strings.Contains(d.status().Fault, "secret") {
			t.Errorf("%s: %q", name, d.status().Fault)
		}
		d.offer()
		until(t, "it is gone", func() bool { return d.status() == subscriber.Status{} })
	}
	if n := len(e.requests); n != 4 { // three times round, and once nowhere
		t.Errorf("%d requests to a hub that leads nowhere", n)
	}
}

// TestASecretStaysSafe: a hub that is spoken to in secret does not have us say the
// secret aloud.
func TestASecretStaysSafe(t *testing.T) {
	plain := newElsewhere(t)
	safe := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusTemporaryRedirect))
	defer safe.Close()
	client := safe.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	d := newDesk(t)
	d.http = client
	o := plain.offer()
	o.Hub = safe.URL
	d.offer(o)
	d.becomes(subscriber.Refused)
	plain.silent(t, "in the clear")
}

// TestALyingHub answers without end, grants next to nothing and asks again and again:
// it costs no more than a request now and then.
func TestALyingHub(t *testing.T) {
	e := newElsewhere(t)
	e.will(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		io.Copy(w, io.LimitReader(endless{}, 64<<20))
	})
	d := newDesk(t, e.offer())
	form := <-e.requests
	for range 50 {
		confirm(t, form, "hub.lease_seconds", "1")
	}
	for i := range 8 {
		d.clock.move(time.Minute)
		d.look()
		e.silent(t, fmt.Sprint("minute ", i))
	}
	d.clock.move(3 * time.Minute)
	confirm(t, <-e.requests, "hub.lease_seconds", "-5")
	if st := d.status(); st.State != subscriber.Live {
		t.Errorf("%+v", st)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestAHubInsideTheNetwork is not talked to for a source that may not.
func TestAHubInsideTheNetwork(t *testing.T) {
	e := newElsewhere(t)
	o := e.offer()
	o.Private = false
	d := newDesk(t, o)
	d.becomes(subscriber.Refused)
	if fault := d.status().Fault; !strings.Contains(fault, "not a public one") {
		t.Errorf("%q", fault)
	}
	e.silent(t, "a private address")
}

// TestManyFeeds has each feed of many subscribed to by itself, and told apart.
func TestManyFeeds(t *testing.T) {
	e := newElsewhere(t)
	var offers []subscriber.Offer
	for i := range 40 {
		o := e.offer()
		o.Feed, o.Topic = fmt.Sprint(o.Feed, i), fmt.Sprint(topic, i)
		offers = append(offers, o, o)
	}
	d := newDesk(t, offers...)
	seen := map[string]bool{}
	for range 40 {
		form := <-e.requests
		seen[form.Get("hub.callback")], seen[form.Get("hub.secret")], seen[form.Get("hub.topic")] = true, true, true
		confirm(t, form)
	}
	if len(seen) != 120 || d.sub.Live() != 40 {
		t.Errorf("%d callbacks, secrets and topics of 40; %d live", len(seen), d.sub.Live())
	}
	d.look()
	e.silent(t, "all are subscribed to")
}

// FuzzCallback asks and tells whatever: nothing but the right word is confirmed or heard.
func FuzzCallback(f *testing.F) {
	b, err := bus.Open(f.Context(), bus.Options{Dir: f.TempDir(), Log: quiet()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { b.Close() })
	told := 0
	s, err := subscriber.Open(f.Context(), subscriber.Options{
		Callback: "https://e.org/websub/", Told: func(subscriber.Offer) { told++ }, KV: b.KV(), Clock: newClock(), Log: quiet(),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("GET", "/websub/x", "hub.mode=subscribe&hub.topic=t&hub.challenge=c", "", "")
	f.Add("POST", "/websub/", "", "sha256=00", "body")
	f.Fuzz(func(t *testing.T, method, path, query, signature, body string) {
		req := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"X-Hub-Signature": {signature}}, Body: io.NopCloser(strings.NewReader(body))}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req.WithContext(t.Context()))
		if w.Code < 400 || told > 0 {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	})
}
