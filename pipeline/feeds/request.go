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
	etag         []byte
	lastModified []byte
	about        relations // what its header says of the feed
	cut          bool      // the connection broke before the end
}

var errUnchanged = errors.New("unchanged")

// request asks for the feed, unless it is as the checkpoint knows it: errUnchanged.
func (s *source) request(ctx context.Context, c *checkpoint) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	req.Header.Set("Accept", accept)
	if len(c.ETag) > 0 {
		req.Header.Set("If-None-Match", string(c.ETag))
	}
	if len(c.LastModified) > 0 {
		req.Header.Set("If-Modified-Since", string(c.LastModified))
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	defer resp.Body.Close()
	if err := s.status(resp); err != nil {
		return nil, err
	}
	a := &answer{
		contentType:  resp.Header.Get("Content-Type"),
		url:          resp.Request.URL,
		movedTo:      movedTo(resp),
		etag:         []byte(resp.Header.Get("Etag")),
		lastModified: []byte(resp.Header.Get("Last-Modified")),
		about:        headerRelations(resp.Header.Values("Link")),
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
	code := resp.StatusCode
	at := resp.Request.URL.Redacted()
	said := strings.ToLower(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	switch {
	case code == http.StatusOK:
		return nil
	case code == http.StatusNotModified:
		return errUnchanged
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
