package opml

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

const accept = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

// answer is the list as it was read last, with what to ask the web by the next time.
type answer struct {
	etag, lastModified string
	sum                [sha256.Size]byte // of a file
	list               *list
}

// where is what people know the list by.
func (s *source) where() string {
	if s.options.URL == "" {
		return string(s.options.Path)
	}
	u, err := url.Parse(s.options.URL)
	if err != nil {
		return s.options.URL
	}
	return u.Redacted()
}

// list reads the list. One on the web that does not answer now is as it was, and the
// error is returned with it.
func (s *source) list(ctx context.Context) (*list, error) {
	if s.options.URL == "" {
		return s.file()
	}
	within, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	err := s.fetch(within)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && within.Err() != nil:
		err = fmt.Errorf("no answer within %v, which timeout can raise: %w", s.options.Timeout, within.Err())
	}
	if err != nil {
		err = fmt.Errorf("list: %s: %w", s.where(), err)
	}
	return s.cached.list, err
}

// file reads the list of a file.
func (s *source) file() (*list, error) {
	path := string(s.options.Path)
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxList {
		return nil, fmt.Errorf("list: %s: larger than %d MB", path, maxList>>20)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(path)
	}
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("list: %s: %w", path, err)
	}
	sum := sha256.Sum256(content)
	if s.cached.list != nil && s.cached.sum == sum {
		return s.cached.list, nil
	}
	l, err := s.parse(content, nil)
	if err != nil {
		return nil, fmt.Errorf("list: %s: %w", path, err)
	}
	s.cached = answer{sum: sum, list: l}
	return l, nil
}

// parse reads a list's bytes, which came with a Content-Type or without.
func (s *source) parse(content []byte, base *url.URL, sent ...string) (*list, error) {
	text, ok := s.env.Text(content, true, sent...)
	if !ok {
		return nil, errNotList
	}
	return parse(text, base)
}

// fetch asks for the list, unless it is as it was.
func (s *source) fetch(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.options.URL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", accept)
	if s.cached.etag != "" {
		req.Header.Set("If-None-Match", s.cached.etag)
	}
	if s.cached.lastModified != "" {
		req.Header.Set("If-Modified-Since", s.cached.lastModified)
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified && s.cached.list != nil {
		return nil
	}
	if resp.StatusCode != http.StatusOK {
		return s.refusal(resp)
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxList+1))
	switch {
	case err != nil:
		return err
	case len(content) > maxList:
		return fmt.Errorf("larger than %d MB", maxList>>20)
	}
	l, err := s.parse(content, resp.Request.URL, resp.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	s.cached = answer{etag: resp.Header.Get("Etag"), lastModified: resp.Header.Get("Last-Modified"), list: l}
	return nil
}

// longestRetry keeps a server from sending us away for good.
const longestRetry = 7 * 24 * time.Hour

// refusal is the error for an answer that holds no list.
func (s *source) refusal(resp *http.Response) error {
	said := strings.ToLower(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		err := fmt.Errorf("%s: the server asks for fewer requests; a longer schedule helps if this lasts", said)
		if after, ok := pipeline.ParseRetryAfter(resp.Header.Get("Retry-After"), s.env.Clock.Now(), longestRetry); ok {
			return &pipeline.RetryAfter{After: after, Err: err}
		}
		return err
	case http.StatusGone:
		return fmt.Errorf("%s: %w; look for its new address", said, pipeline.ErrGone)
	case http.StatusNotFound:
		return fmt.Errorf("%s: look for the list's new address", said)
	}
	return fmt.Errorf("%s: want 200 with a list in it", said)
}
