package wordpress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// The limits on what is asked of a site in one reading, and taken of one answer.
const (
	maxRequests  = 2000
	maxBody      = 24 << 20
	longestRetry = 7 * 24 * time.Hour
)

// answer is what the API answered.
type answer struct {
	items []json.RawMessage
	list  list
}

var (
	errUnchanged = errors.New("unchanged")
	errLastPage  = errors.New("there is no such page")
	errBudget    = fmt.Errorf("more than %d requests in one reading", maxRequests)
)

// refusal is an answer that holds no posts, with what WordPress says it is.
type refusal struct {
	status        int
	code, message string // of the API, "" where it did not speak
	html          bool
	err           error // says all of it, for people
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// heavy reports an answer that a server may give because it was asked for too much
// at once: out of memory, out of time, cut off.
func heavy(err error) bool {
	var r *refusal
	if errors.As(err, &r) {
		return r.status >= 500 && r.status != http.StatusServiceUnavailable || r.status == http.StatusRequestEntityTooLarge
	}
	return errors.Is(err, errCut) || errors.Is(err, errLarge)
}

var (
	errCut   = errors.New("the answer is cut short or no JSON")
	errLarge = fmt.Errorf("the answer is larger than %d MB", maxBody>>20)
)

// get asks the API for a list, unless it is as it was: errUnchanged. was may be nil.
func (r *reading) get(address string, was *list) (*answer, error) {
	if r.budget--; r.budget < 0 {
		return nil, errBudget
	}
	return r.source.get(r.ctx, address, was)
}

func (s *source) get(ctx context.Context, address string, was *list) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("wordpress: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if was != nil && len(was.ETag) > 0 {
		req.Header.Set("If-None-Match", string(was.ETag))
	}
	if was != nil && len(was.LastModified) > 0 {
		req.Header.Set("If-Modified-Since", string(was.LastModified))
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("wordpress: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil, errUnchanged
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch at := shown(resp.Request.URL); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case resp.StatusCode != http.StatusOK:
		return nil, s.refused(resp, body)
	case len(body) > maxBody:
		return nil, fmt.Errorf("wordpress: %s: %w", at, errLarge)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("wordpress: %s: %w", at, errCut)
	case err != nil:
		return nil, fmt.Errorf("wordpress: reading %s: %w", at, err)
	}
	a := &answer{list: list{
		ETag: []byte(resp.Header.Get("Etag")), LastModified: []byte(resp.Header.Get("Last-Modified")),
		SHA256: digest(body, resp.Header.Get("X-WP-Total")), Total: number(resp.Header.Get("X-WP-Total")),
	}}
	if a.items, err = readItems(body); err != nil {
		return nil, s.unread(resp, body, err)
	}
	return a, nil
}

func number(header string) int {
	n, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// maxStarts is at how many places of an answer JSON is looked for behind what PHP
// printed in front of it.
const maxStarts = 40

// readItems reads a list of JSON objects. A site that shows warnings prints them
// before it, and some plugin a remark behind it.
func readItems(body []byte) ([]json.RawMessage, error) {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	rest := body
	for range maxStarts {
		i := bytes.IndexByte(rest, '[')
		if i < 0 {
			break
		}
		rest = rest[i:]
		next := bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(next) > 0 && (next[0] == '{' || next[0] == ']') {
			var items []json.RawMessage
			if json.NewDecoder(bytes.NewReader(rest)).Decode(&items) == nil {
				return items, nil
			}
		}
		rest = rest[1:]
	}
	return nil, errCut
}

// unread says what an answer is that was to be a list.
func (s *source) unread(resp *http.Response, body []byte, err error) error {
	at := shown(resp.Request.URL)
	if kind := resp.Header.Get("Content-Type"); strings.Contains(kind, "html") && !bytes.Contains(body, []byte(`[{"id"`)) {
		return &refusal{status: resp.StatusCode, html: true, err: fmt.Errorf("wordpress: %s: a web page instead of the API's JSON: it is switched off, or a firewall or a login stands before it; %s", at, s.feedInstead())}
	}
	if said := readRefusal(body); said.code != "" {
		return s.explain(&said, at)
	}
	return fmt.Errorf("wordpress: %s: %w", at, err)
}

func (s *source) feedInstead() string {
	return fmt.Sprintf("read its feed instead (type: feed, url: %s)", s.feedOf())
}

// readRefusal reads what the API says of an error, over what PHP printed before it.
func readRefusal(body []byte) (r refusal) {
	var said struct {
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
	}
	if i := bytes.Index(body, []byte(`{"code"`)); i >= 0 {
		if json.NewDecoder(bytes.NewReader(body[i:])).Decode(&said) == nil {
			r.code, r.message = strings.Trim(string(said.Code), `"`), said.Message
		}
	}
	r.code, r.message = clip(r.code, 60), clip(r.message, 160)
	return r
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "..."
	}
	return s
}

// shown is an address as people need to see it: without the list of fields.
func shown(u *url.URL) string {
	short := *u
	q := u.Query()
	for _, long := range [...]string{"_fields", "_embed", "orderby", "order"} {
		q.Del(long)
	}
	short.RawQuery = q.Encode()
	return short.Redacted()
}

// refused turns an answer without posts into an error that says what to do.
func (s *source) refused(resp *http.Response, body []byte) error {
	r := readRefusal(body)
	r.status, r.html = resp.StatusCode, strings.Contains(resp.Header.Get("Content-Type"), "html")
	at := shown(resp.Request.URL)
	if r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable {
		err := fmt.Errorf("wordpress: %s: %s: the server asks for fewer requests; a longer schedule helps if this lasts", said(&r), at)
		if after, ok := pipeline.ParseRetryAfter(resp.Header.Get("Retry-After"), s.env.Clock.Now(), longestRetry); ok {
			return &pipeline.RetryAfter{After: after, Err: err}
		}
		return err
	}
	return s.explain(&r, at)
}

// said is the status and what the API calls it.
func said(r *refusal) string {
	text := strings.ToLower(fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)))
	if r.code != "" {
		text += " (" + r.code + ")"
	}
	return text
}

func (s *source) explain(r *refusal, at string) error {
	switch code := r.status; {
	case r.code == "rest_post_invalid_page_number":
		return errLastPage
	case code == http.StatusGone:
		r.err = fmt.Errorf("wordpress: %s: %s: %w; take it out of the config, or look for its new address", said(r), at, pipeline.ErrGone)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, r.code == "rest_disabled", r.code == "rest_api_disabled":
		r.err = fmt.Errorf("wordpress: %s: %s: the site keeps its REST API from strangers; %s", said(r), at, s.feedInstead())
	case code == http.StatusNotFound && r.code == "rest_no_route":
		r.err = fmt.Errorf("wordpress: %s: %s: the site's API knows no such list: `types` are to be called as in the API's addresses, or its owner has switched the list off; if so, %s", said(r), at, s.feedInstead())
	case code == http.StatusNotFound:
		r.err = fmt.Errorf("wordpress: %s: %s: no REST API there; see whether the address is that of the site. If it is, %s", said(r), at, s.feedInstead())
	case code >= 500:
		r.err = fmt.Errorf("wordpress: %s: %s: the server is in trouble; it is tried again at the next slot", said(r), at)
	case code == http.StatusBadRequest && r.message != "":
		r.err = fmt.Errorf("wordpress: %s: %s: the API says: %s", said(r), at, r.message)
	default:
		r.err = fmt.Errorf("wordpress: %s: %s: want 200 with JSON; open the address in a browser", said(r), at)
	}
	return r
}
