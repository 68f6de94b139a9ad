package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heldClock lets a test end each wait when it wants to.
type heldClock struct {
	sleeping chan time.Duration // one value as each sleep begins
	wake     chan struct{}      // one value ends a sleep
}

func newHeldClock() *heldClock {
	return &heldClock{sleeping: make(chan time.Duration, 1), wake: make(chan struct{})}
}

func (c *heldClock) Now() time.Time { return time.Unix(0, 0).UTC() }

func (c *heldClock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case c.sleeping <- d:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve starts a server that is closed, with the client's connections, at the end.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, o Options, guard ...ssrf.Option) *Client {
	t.Helper()
	c := newClient(o, guard...)
	t.Cleanup(c.Close)
	return c
}

func get(t *testing.T, c *Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(req)
}

// read gets a URL and reads the whole body.
func read(t *testing.T, c *Client, url string) ([]byte, error) {
	t.Helper()
	resp, err := get(t, c, url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func TestPrivateAddressIsRefused(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "secret") })
	_, err := read(t, open(t, Options{}), url)
	if !errors.Is(err, ErrPrivate) {
		t.Fatalf("error is %v, want ErrPrivate", err)
	}
	if !strings.Contains(err.Error(), "allow_private: true") {
		t.Errorf("error %q does not say how to allow it", err)
	}
	body, err := read(t, open(t, Options{AllowPrivate: true}), url)
	if err != nil || string(body) != "secret" {
		t.Errorf("with AllowPrivate: %q, %v", body, err)
	}
}

func TestNonPublicForms(t *testing.T) {
	refuse := control(nil)
	for _, address := range []string{
		"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
		"224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[ff02::1]",
	} {
		network := "tcp4"
		if address[0] == '[' {
			network = "tcp6"
		}
		if err := refuse(network, address+":443", nil); !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v, want ErrPrivate", address, err)
		}
	}
	for _, address := range []string{"93.184.215.14:8443", "1.1.1.1:443"} {
		if err := control([]ssrf.Option{ssrf.WithAnyPort()})("tcp4", address, nil); err != nil {
			t.Errorf("%s: %v, want it allowed", address, err)
		}
	}
}

func TestRedirectToPrivateIsRefused(t *testing.T) {
	inside, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("no second loopback address: ", err)
	}
	var reached atomic.Bool
	private := &httptest.Server{Listener: inside, Config: &http.Server{Handler: http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { reached.Store(true) })}}
	private.Start()
	defer private.Close()
	public := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, private.URL, http.StatusFound)
	})
	c := open(t, Options{}, ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.1/32")))
	if _, err := read(t, c, public); !errors.Is(err, ErrPrivate) {
		t.Errorf("error is %v, want ErrPrivate", err)
	}
	if reached.Load() {
		t.Error("the private server was reached")
	}
}

func TestProxyFromEnvironmentIsNotUsed(t *testing.T) {
	var proxied atomic.Bool
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { proxied.Store(true) })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	// Go itself keeps loopback names off a proxy: ask for one that is not.
	_, err := read(t, open(t, Options{}), "http://10.255.255.1/")
	if !errors.Is(err, ErrPrivate) || proxied.Load() {
		t.Errorf("error is %v, proxy used: %v", err, proxied.Load())
	}
}

func TestManners(t *testing.T) {
	var seen []http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Clone())
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "you"})
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/next", http.StatusFound)
		}
	})
	c := open(t, Options{AllowPrivate: true, UserAgent: UserAgent("1.2.3")})
	for range 2 {
		if _, err := read(t, c, url); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 4 {
		t.Fatalf("%d requests, want 4", len(seen))
	}
	for i, h := range seen {
		if got, want := h.Get("User-Agent"), "Filmwire/1.2.3 (+https://github.com/filmwire/filmwire)"; got != want {
			t.Errorf("request %d: user agent %q, want %q", i, got, want)
		}
		if h.Get("Cookie") != "" || h.Get("Referer") != "" {
			t.Errorf("request %d tells on us: %v", i, h)
		}
	}
}

func TestOwnUserAgentIsKept(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) })
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("User-Agent", "mine")
	resp, err := open(t, Options{AllowPrivate: true}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "mine" {
		t.Errorf("sent %q", body)
	}
}

func TestRedirectLoopEnds(t *testing.T) {
	var requests atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("/%d", requests.Add(1)), http.StatusFound)
	})
	if _, err := read(t, open(t, Options{AllowPrivate: true}), url); !errors.Is(err, ErrRedirects) {
		t.Errorf("error is %v, want ErrRedirects", err)
	}
	if n := requests.Load(); n != maxRedirects+1 {
		t.Errorf("%d requests, want %d", n, maxRedirects+1)
	}
}

func TestRedirectOutOfHTTPSIsLogged(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain, http.StatusMovedPermanently)
	}))
	defer secure.Close()
	var log bytes.Buffer
	c := open(t, Options{AllowPrivate: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	c.http.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := read(t, c, secure.URL); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "leaves https") {
		t.Errorf("log is %q", log.String())
	}
}

func TestGzipIsReadAndCapped(t *testing.T) {
	squeeze := func(n int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(make([]byte, n))
		z.Close()
		return b.Bytes()
	}
	const limit = 1 << 20
	tests := []struct {
		name string
		size int
		want error
	}{
		{"below", limit - 1, nil},
		{"at the limit", limit, nil},
		{"bomb", 64 << 20, ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packed := squeeze(tt.size)
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "gzip, br" {
					t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(packed)
			})
			body, err := read(t, open(t, Options{AllowPrivate: true, MaxBody: limit}), url)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if want := min(tt.size, limit); len(body) != want {
				t.Errorf("%d bytes of %d packed ones, want %d", len(body), len(packed), want)
			}
		})
	}
}

func TestEndlessBodyIsCapped(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for chunk := make([]byte, 1<<15); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	body, err := read(t, open(t, Options{AllowPrivate: true, MaxBody: 1 << 20}), url)
	if !errors.Is(err, ErrTooLarge) || len(body) != 1<<20 {
		t.Errorf("%d bytes, error %v", len(body), err)
	}
}

func TestSlowDripIsEnded(t *testing.T) {
	clock := newHeldClock()
	first := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		close(first)
		<-r.Context().Done()
	})
	c := open(t, Options{AllowPrivate: true, Clock: clock, Timeout: 1000 * time.Hour})
	go func() {
		<-first
		for t.Context().Err() == nil {
			select {
			case <-clock.sleeping:
			case clock.wake <- struct{}{}:
			case <-t.Context().Done():
			}
		}
	}()
	_, err := read(t, c, url)
	if !errors.Is(err, ErrSlow) || !strings.Contains(err.Error(), "bytes in 15s") {
		t.Errorf("error is %v, want ErrSlow with what came", err)
	}
}

func TestServerThatNeverAnswersIsEnded(t *testing.T) {
	clock := newHeldClock()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := open(t, Options{AllowPrivate: true, Clock: clock, Timeout: 10 * time.Second})
	go func() {
		if d := <-clock.sleeping; d != 10*time.Second {
			t.Errorf("sleeps %v, want the whole timeout", d)
		}
		clock.wake <- struct{}{}
	}()
	if _, err := read(t, c, url); !errors.Is(err, ErrSlow) {
		t.Errorf("error is %v, want ErrSlow", err)
	}
}

func TestCallersCancelIsTheCallersError(t *testing.T) {
	started := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	_, err := open(t, Options{AllowPrivate: true}).Do(req)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrSlow) {
		t.Errorf("error is %v, want the context's", err)
	}
}

func TestTwoRequestsToAHostAtOnce(t *testing.T) {
	var now, most atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		io.WriteString(w, "ok")
		now.Add(-1)
	})
	c := open(t, Options{AllowPrivate: true})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := read(t, c, url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if m := most.Load(); m > perHost {
		t.Errorf("%d requests at once", m)
	}
	if n := len(c.hosts.waiting); n != 0 {
		t.Errorf("%d hosts are still remembered", n)
	}
}

func TestSlotIsHeldUntilBodyIsClosed(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	c := open(t, Options{AllowPrivate: true})
	var held []*http.Response
	for range perHost {
		resp, err := get(t, c, url)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, resp)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if _, err := c.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("a third request: %v, want it to wait for a slot", err)
	}
	for _, resp := range held {
		resp.Body.Close()
		resp.Body.Close() // closing twice gives one slot back
	}
	for range perHost + 1 {
		if _, err := read(t, c, url); err != nil {
			t.Fatal(err)
		}
	}
}

func ExampleUserAgent() {
	fmt.Println(UserAgent("1.0.0"))
	// Output: Filmwire/1.0.0 (+https://github.com/filmwire/filmwire)
}
