package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/packing"
)

// Why a request or the reading of a body was ended from this side.
var (
	ErrPrivate   = pipeline.ErrPrivate
	ErrTooLarge  = errors.New("the answer is too large")
	ErrSlow      = error(slow{})
	ErrRedirects = errors.New("too many redirects")
)

// slow is a timeout, for those who ask an error whether it is one.
type slow struct{}

func (slow) Error() string { return "the answer comes too slowly" }

// Timeout reports true.
func (slow) Timeout() bool { return true }

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
	// Holds are sites that get no requests for a while: those that answer with 429 or
	// 503 join them. Nil: no site is held.
	Holds *Holds
	// Dial connects to an address, where names are to be found elsewhere than in the
	// network's own directory. It answers for what it connects to. Nil: the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
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
	decoder packing.Decoder
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
	dial := dialer.DialContext
	if o.Dial != nil {
		dial = o.Dial
	}
	c := &Client{options: o, hosts: hosts{waiting: map[string]*host{}}}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial where the guard cannot see
			DialContext:            dial,
			TLSHandshakeTimeout:    tlsTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConnsPerHost:    perHost,
			MaxResponseHeaderBytes: maxHeader,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // what comes packed is unpacked here, more than gzip
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
// The errors of this package come wrapped, from Do or from reading the body. To a
// site that is held no request is sent: the error is a [pipeline.RetryAfter] with
// [pipeline.ErrHeld].
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	host := req.URL.Hostname()
	slot, err := c.hosts.acquire(req.Context(), host)
	if err != nil {
		return nil, fmt.Errorf("waiting for other requests to %s: %w", req.URL.Host, err)
	}
	if err := c.options.Holds.check(host); err != nil { // it may be since another one was answered
		c.hosts.release(host, slot)
		return nil, err
	}
	g := c.guard(req.Context(), host, slot)
	resp, err := c.http.Do(c.dressed(req, g.ctx))
	if err != nil {
		err = g.explain(err)
		g.end()
		return nil, err
	}
	c.options.Holds.note(resp)
	if err := c.unpack(resp); err != nil {
		resp.Body.Close()
		g.end()
		return nil, err
	}
	g.body = resp.Body
	g.receiving.Store(true)
	resp.Body = g
	return resp, nil
}

// dressed is the request with what every request of the client has.
func (c *Client) dressed(req *http.Request, ctx context.Context) *http.Request {
	req = req.WithContext(ctx)
	req.Header = maps.Clone(req.Header) // its values are those of the caller, and stay as they are
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if len(req.Header["User-Agent"]) == 0 {
		req.Header["User-Agent"] = []string{c.options.UserAgent}
	}
	if len(req.Header["Accept-Encoding"]) == 0 && len(req.Header["Range"]) == 0 {
		req.Header["Accept-Encoding"] = []string{packing.Accept}
	}
	return req
}

// unpack takes the body out of its coding. The answer then is as if it had none.
func (c *Client) unpack(resp *http.Response) error {
	coded := resp.Header.Get("Content-Encoding")
	if coded == "" || resp.Body == http.NoBody || resp.Request.Method == http.MethodHead || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	body, err := c.decoder.Decode(coded, resp.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", resp.Request.URL.Redacted(), err)
	}
	resp.Body, resp.Uncompressed, resp.ContentLength = body, true, -1
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	return nil
}

// Close closes connections that are kept for the next request.
func (c *Client) Close() { c.http.CloseIdleConnections() }
