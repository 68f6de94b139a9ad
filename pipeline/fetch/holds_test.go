package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/packing"
)

func TestSiteOf(t *testing.T) {
	for host, want := range map[string]string{
		"www.example.org":             "example.org",
		"feeds.example.co.uk.":        "example.co.uk",
		"EXAMPLE.org":                 "example.org",
		"letterboxd.com":              "letterboxd.com",
		"jane.wordpress.com":          "jane.wordpress.com",
		"jane.blogspot.com":           "jane.blogspot.com",
		"jane.github.io":              "jane.github.io",
		"jane.substack.com":           "jane.substack.com",
		"medium.com":                  "", // all of it on one host
		"www.medium.com":              "",
		"feeds.feedburner.com":        "feeds.feedburner.com",
		"blog.bbc.co.uk":              "bbc.co.uk",
		"127.0.0.1":                   "",
		"::1":                         "",
		"localhost":                   "",
		"nas.local":                   "",
		"github.io":                   "",
		"xn--bcher-kva.example":       "xn--bcher-kva.example",
		"a.b.c.example.netlify.app":   "example.netlify.app",
		"never.gonna.wordpress.com.x": "com.x",
	} {
		if got := siteOf(host); got != want {
			t.Errorf("%s belongs to %q, want %q", host, got, want)
		}
	}
}

// elsewhere is a client to which every name is one server on loopback.
func elsewhere(t *testing.T, o Options, h http.HandlerFunc) *Client {
	address := strings.TrimPrefix(serve(t, h), "http://")
	o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return open(t, o)
}

type setClock struct{ now time.Time }

func (c *setClock) Now() time.Time { return c.now }
func (c *setClock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestASiteIsHeldAsAWhole(t *testing.T) {
	clock := &setClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	var kept []Hold
	var asked atomic.Int32
	code, after := http.StatusTooManyRequests, "600"
	holds := NewHolds(clock, nil, func(h Hold) { kept = append(kept, h) })
	handler := func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/busy" {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(code)
		}
	}
	c := elsewhere(t, Options{Clock: clock, Holds: holds}, handler)
	ask := func(c *Client, url string) (sent bool, err error) {
		before := asked.Load()
		_, err = read(t, c, url)
		return asked.Load() > before, err
	}
	held := func(c *Client, url string, want bool) {
		t.Helper()
		sent, err := ask(c, url)
		var retry *pipeline.RetryAfter
		if is := errors.Is(err, pipeline.ErrHeld) && errors.As(err, &retry); is != want || sent == want {
			t.Errorf("%s: sent %v, error %v, want it held: %v", url, sent, err, want)
		}
	}
	held(c, "http://www.example.org/", false)
	held(c, "http://www.example.org/busy", false)
	held(c, "http://blog.example.org/", true)
	held(c, "http://example.com/", false)
	again := elsewhere(t, Options{Clock: clock, Holds: NewHolds(clock, kept, nil)}, handler)
	held(again, "http://www.example.org/", true) // as after a restart
	clock.now = clock.now.Add(10 * time.Minute)
	held(c, "http://www.example.org/", false)

	code, after = http.StatusServiceUnavailable, "" // again, with no word on how long
	held(c, "http://www.example.org/busy", false)
	clock.now = clock.now.Add(29 * time.Minute)
	held(c, "http://www.example.org/", true)
	clock.now = clock.now.Add(time.Minute)
	held(c, "http://www.example.org/", false)

	held(c, "http://jane.wordpress.com/busy", false)
	held(c, "http://jane.wordpress.com/", true)
	held(c, "http://joe.wordpress.com/", false)
	held(c, "http://127.0.0.1/busy", false)
	held(c, "http://127.0.0.1/", false)
	if len(kept) != 3 || kept[0].Times != 1 || kept[1].Times != 2 || kept[1].Code != 503 {
		t.Errorf("kept %+v", kept)
	}
}

// Two requests to a host may be under way: the second to be refused says nothing new.
func TestASecondRefusalIsTheSameHold(t *testing.T) {
	clock := &setClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	var kept []Hold
	h := NewHolds(clock, nil, func(h Hold) { kept = append(kept, h) })
	req, _ := http.NewRequest(http.MethodGet, "http://www.example.org/", nil)
	for range 2 {
		h.note(&http.Response{StatusCode: 429, Request: req, Header: http.Header{}})
	}
	if len(kept) != 1 || kept[0].Times != 1 {
		t.Errorf("kept %+v", kept)
	}
}

func TestBrotliIsRead(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		z := packing.NewBrotli(4)
		z.Reset(w)
		io.WriteString(z, strings.Repeat("again ", 1000))
		z.Close()
	})
	c := open(t, Options{AllowPrivate: true})
	resp, err := get(t, c, url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != strings.Repeat("again ", 1000) || resp.Header.Get("Content-Encoding") != "" || resp.ContentLength != -1 {
		t.Errorf("%d bytes, %v, header %v", len(body), err, resp.Header)
	}
	capped := open(t, Options{AllowPrivate: true, MaxBody: 100})
	if body, err := read(t, capped, url); !errors.Is(err, ErrTooLarge) || len(body) != 100 {
		t.Errorf("%d bytes over the limit, %v", len(body), err)
	}
}

func TestACodingThatWasNotAskedForIsAnError(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "zstd")
		io.WriteString(w, "x")
	})
	c := open(t, Options{AllowPrivate: true})
	for range perHost + 1 { // the slot is given back
		if _, err := read(t, c, url); err == nil || !strings.Contains(err.Error(), "zstd") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestSlownessIsATimeout(t *testing.T) {
	var timeout interface{ Timeout() bool }
	if !errors.As(ErrSlow, &timeout) || !timeout.Timeout() {
		t.Error("an answer that comes too slowly is no timeout")
	}
}
