package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	xhtml "golang.org/x/net/html"

	"github.com/filmwire/filmwire/pipeline"
)

// maxBody is how many bytes of a feed, decompressed, are read.
const maxBody = 32 << 20

const accept = "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, " +
	"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"

// answer is a feed as the server gave it.
type answer struct {
	body         []byte
	contentType  string
	url          *url.URL // after redirects
	movedTo      string   // the address it has moved to for good
	header       http.Header
	etag         []byte // of the whole feed, also with a delta
	lastModified []byte
	about        relations // what its header says of the feed
	cut          bool      // the connection broke before the end
	unchanged    bool      // there is no body: the feed is as the checkpoint knows it
	delta        bool      // only what is new or changed since the checkpoint (RFC 3229)
}

// request asks for the feed at an address, on the condition that it is not as the
// checkpoint knows it.
func (s *source) request(ctx context.Context, address string, c *checkpoint) (*answer, error) {
	resp, err := s.send(ctx, address, c)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusNotModified && !c.trusts(resp) {
		resp.Body.Close()
		if resp, err = s.send(ctx, address, &checkpoint{}); err != nil {
			return nil, err
		}
	}
	defer resp.Body.Close()
	a := &answer{
		contentType:  resp.Header.Get("Content-Type"),
		url:          resp.Request.URL,
		movedTo:      movedTo(resp),
		header:       resp.Header,
		etag:         []byte(resp.Header.Get("Etag")),
		lastModified: []byte(resp.Header.Get("Last-Modified")),
		about:        headerRelations(resp.Header.Values("Link")),
		unchanged:    resp.StatusCode == http.StatusNotModified,
		delta:        resp.StatusCode == http.StatusIMUsed,
	}
	if a.unchanged {
		return a, nil
	}
	if err := s.status(resp); err != nil {
		return nil, err
	}
	a.body, err = readBody(resp)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(a.body) > maxBody:
		return nil, fmt.Errorf("feed: larger than %d MB: a feed holds its newest items only", maxBody>>20)
	case errors.Is(err, io.ErrUnexpectedEOF) && len(a.body) > 0:
		a.cut = true
	case err != nil:
		return nil, fmt.Errorf("feed: reading %s: %w", resp.Request.URL.Redacted(), err)
	}
	return a, nil
}

// send sends the request. Who has an entity tag is content with what has changed
// since (RFC 3229).
func (s *source) send(ctx context.Context, address string, c *checkpoint) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	req.Header["Accept"] = []string{accept}
	if len(c.ETag) > 0 {
		req.Header["If-None-Match"] = []string{string(c.ETag)}
		req.Header["A-Im"] = []string{"feed"}
	}
	if len(c.LastModified) > 0 {
		req.Header["If-Modified-Since"] = []string{string(c.LastModified)}
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", unanswered{err})
	}
	return resp, nil
}

// unanswered is an error of a request that got no answer.
type unanswered struct{ error }

func (e unanswered) Unwrap() []error { return []error{e.error, errRequest} }

// trusts reports whether a 304 is about what the checkpoint knows: it comes from where
// that came from, or names the same entity tag. A redirect may have led to another
// server, to which our date means something else.
func (c *checkpoint) trusts(resp *http.Response) bool {
	tag := resp.Header.Get("Etag")
	return c.At == "" || tag != "" && tag == string(c.ETag) || c.At == place(resp.Request.URL)
}

// place is where an answer came from, without what redirects add for each request.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

// readBody reads one byte more than a feed may have. A length that the server
// states saves growing, but nothing more is believed of it.
func readBody(resp *http.Response) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(resp.ContentLength, 0), maxStated)) + bytes.MinRead)
	_, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	return body.Bytes(), err
}

// maxStated is how much room a stated length is given at once.
const maxStated = 4 << 20

// status turns an answer that holds no feed into an error that says what to do.
func (s *source) status(resp *http.Response) error {
	if err := s.explainStatus(resp); err != nil {
		return &statusError{resp.StatusCode, err}
	}
	return nil
}

// deltaStatus looks whether a 226 is what was asked for.
func (s *source) deltaStatus(resp *http.Response) error {
	asked := resp.Request.Header.Get("If-None-Match")
	base := resp.Header.Get("Delta-Base")
	for manipulation := range strings.SplitSeq(resp.Header.Get("Im"), ",") {
		if strings.EqualFold(strings.TrimSpace(manipulation), "feed") && asked != "" && (base == "" || isBase(base, asked)) {
			return nil
		}
	}
	return fmt.Errorf("feed: 226 im used: %s: a delta of another kind, or to another version, than was asked for", resp.Request.URL.Redacted())
}

// isBase reports that a delta is to the version that was asked by. The tag of a version
// in a coding is, with servers that have several, its own with the coding behind it, and
// the delta is to the version whatever the coding.
func isBase(base, asked string) bool {
	return base == asked || len(base) > 2 && strings.HasPrefix(asked, strings.TrimSuffix(base, `"`)+"-")
}

func (s *source) explainStatus(resp *http.Response) error {
	code := resp.StatusCode
	at := resp.Request.URL.Redacted()
	if code == http.StatusOK {
		return nil
	}
	said := strings.ToLower(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	switch {
	case code == http.StatusIMUsed:
		return s.deltaStatus(resp)
	case code == http.StatusGone:
		return fmt.Errorf("feed: %s: %s: %w; take it out of the config, or look for its new address", said, at, pipeline.ErrGone)
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		err := fmt.Errorf("feed: %s: %s: the server asks for fewer requests; a longer schedule helps if this lasts", said, at)
		if after, ok := pipeline.ParseRetryAfter(resp.Header.Get("Retry-After"), s.env.Clock.Now(), longestRetry); ok {
			return &pipeline.RetryAfter{After: after, Err: err}
		}
		return err
	case code == http.StatusNotFound:
		return fmt.Errorf("feed: %s: %s: look for the feed's new address on the site", said, at)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("feed: %s: %s: the server wants a login or turns robots away; ask its owner", said, at)
	case code >= 500:
		return fmt.Errorf("feed: %s: %s: the server is in trouble; it is tried again at the next slot", said, at)
	}
	return fmt.Errorf("feed: %s: %s: want 200 with a feed in it; open the address in a browser", said, at)
}

// longestRetry keeps a server from sending us away for good.
const longestRetry = 7 * 24 * time.Hour

// movedTo is where permanent redirects led, "" where the first was not permanent.
func movedTo(resp *http.Response) string {
	to := ""
	for req := resp.Request; req.Response != nil; req = req.Response.Request {
		switch req.Response.StatusCode {
		case http.StatusMovedPermanently, http.StatusPermanentRedirect:
			if to == "" {
				to = req.URL.Redacted()
			}
		default:
			to = ""
		}
	}
	return to
}

// feedsOf lists the feeds that a web page names, for whoever gave the page's
// address instead of the feed's.
func feedsOf(page []byte, at *url.URL) (found []string) {
	for z := xhtml.NewTokenizer(strings.NewReader(string(page))); len(found) < 5; {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			break
		}
		if kind != xhtml.StartTagToken && kind != xhtml.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		attr := map[string]string{}
		for _, a := range t.Attr {
			attr[a.Key] = a.Val
		}
		switch attr["type"] {
		case "application/rss+xml", "application/atom+xml", "application/feed+json":
			if t.Data == "link" && strings.Contains(attr["rel"], "alternate") {
				found = append(found, resolve(at, attr["href"]))
			}
		}
	}
	return found
}
