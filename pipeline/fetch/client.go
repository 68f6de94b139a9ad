package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/filmwire/filmwire/pipeline"
)

// Why a request or the reading of a body was ended from this side.
var (
	ErrPrivate   = pipeline.ErrPrivate
	ErrTooLarge  = errors.New("the answer is too large")
	ErrSlow      = errors.New("the answer comes too slowly")
	ErrRedirects = errors.New("too many redirects")
)

// The limits of a client, where Options leaves them at zero.
const (
	DefaultMaxBody = 32 << 20        // bytes of a body once decompressed
	DefaultTimeout = 2 * time.Minute // from the first byte sent to the last read

	maxRedirects  = 10
	perHost       = 2
	dialTimeout   = 10 * time.Second
	tlsTimeout    = 10 * time.Second
	headerTimeout = 30 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 256 << 10
)

// Options say how a client behaves. The zero value is a guarded client.
type Options struct {
	// UserAgent is what a request that has none of its own says: see [UserAgent].
	UserAgent string
	// AllowPrivate lets the client reach loopback and private addresses.
	AllowPrivate bool
	MaxBody      int64          // 0: DefaultMaxBody
	Timeout      time.Duration  // 0: DefaultTimeout
	Clock        pipeline.Clock // nil: the machine's; times slow bodies
	Log          *slog.Logger   // nil: nothing is logged
}

// UserAgent is the name Filmwire goes by on the web, with a page that tells the
// owner of a site what it is.
func UserAgent(version string) string {
	return "Filmwire/" + version + " (+https://github.com/filmwire/filmwire)"
}

// Client is a pipeline.Doer. Safe for use by many goroutines. The caller closes
// each response's body, as with an http.Client.
type Client struct {
	http    *http.Client
	options Options
	hosts   hosts
}

// New makes a client.
func New(o Options) *Client { return newClient(o) }

// newClient takes options for the guard too, so that a test can call one address
// of the loopback network public and another not.
func newClient(o Options, guard ...ssrf.Option) *Client {
	if o.UserAgent == "" {
		o.UserAgent = UserAgent("devel")
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Clock == nil {
		o.Clock = pipeline.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	if !o.AllowPrivate {
		dialer.Control = control(append(guard, ssrf.WithAnyPort()))
	}
	c := &Client{options: o, hosts: hosts{waiting: map[string]*host{}}}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial where the guard cannot see
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    tlsTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConnsPerHost:    perHost,
			MaxResponseHeaderBytes: maxHeader,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: c.redirect,
	}
	return c
}

// control refuses an address when it is about to be connected to: after the name
// was resolved, and again for every redirect.
func control(guard []ssrf.Option) func(network, address string, _ syscall.RawConn) error {
	guardian := ssrf.New(guard...)
	return func(network, address string, conn syscall.RawConn) error {
		if err := guardian.Safe(network, address, conn); err != nil {
			return fmt.Errorf("%w; if it is meant to be reached, say allow_private: true on the source or sink (%w)", ErrPrivate, err)
		}
		return nil
	}
}

// redirect is asked before a redirect is followed. One that answers a request which
// does more than ask is handed to the caller as it is: what was signed for one
// address must not be sent to another, and a POST must not turn into a GET.
func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	if asked := via[0].Method; asked != http.MethodGet && asked != http.MethodHead {
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: stopped after %d", ErrRedirects, maxRedirects)
	}
	req.Header.Del("Referer")
	last := via[len(via)-1].URL
	if last.Scheme == "https" && req.URL.Scheme == "http" {
		c.options.Log.Warn("a redirect leaves https", "from", last.Redacted(), "to", req.URL.Redacted())
	}
	return nil
}

// Do sends the request; redirects of GET and HEAD are followed. It waits while two requests to the
// host are under way: until their bodies are closed. Bodies come decompressed.
// The errors of this package come wrapped, from Do or from reading the body.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	release, err := c.hosts.acquire(req.Context(), req.URL.Hostname())
	if err != nil {
		return nil, fmt.Errorf("waiting for other requests to %s: %w", req.URL.Host, err)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	g := &guard{ctx: ctx, cancel: cancel, release: release, left: c.options.MaxBody, max: c.options.MaxBody, done: make(chan struct{})}
	go g.watch(c.options.Clock, c.options.Timeout)

	req = req.Clone(ctx)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.options.UserAgent)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		err = g.explain(err)
		g.end()
		return nil, err
	}
	g.body = resp.Body
	g.receiving.Store(true)
	resp.Body = g
	return resp, nil
}

// Close closes connections that are kept for the next request.
func (c *Client) Close() { c.http.CloseIdleConnections() }
