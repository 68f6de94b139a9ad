// Package feeds reads feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON
// Feed, over HTTP with conditional requests. It is machinery behind a port, for
// more than one source stands on a feed. It cuts the feed into items, and hands
// each out as a document with the fields that the feed states; what the text says
// is for normalize to understand. It neither sanitises nor looks behind links.
//
// A feed's bytes are foreign. Before the parser sees any, encodings are mended,
// a pass of our own over the bytes ([outlineOf]) finds the items, takes their
// texts out and holds depth, namespaces and sizes to limits: the parser is
// recursive, and slow in what it reads. So a broken item is lost alone, a feed
// that is cut short keeps its whole items, and reading costs a third of what it
// does otherwise.
//
// It is the only importer of github.com/mmcdole/gofeed.
package feeds

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// DefaultTimeout is what reading one feed may take, if nobody says otherwise.
const DefaultTimeout = time.Minute

// Opener opens feeds with the surroundings of a source: its client, its clock and
// its log. It is what stands behind [pipeline.SourceEnv.Feed].
func Opener(env pipeline.SourceEnv) pipeline.OpenFeed {
	return func(address string, timeout time.Duration) pipeline.Source {
		s := &source{url: address, name: address, timeout: timeout, env: env}
		if u, err := url.Parse(address); err == nil {
			s.name = u.Redacted()
		}
		if timeout <= 0 {
			s.timeout = DefaultTimeout
		}
		return s
	}
}

// source reads one feed.
type source struct {
	url     string
	name    string // the url without a password
	timeout time.Duration
	env     pipeline.SourceEnv
	moved   string // the move that was logged last
}

// checkpoint is what is remembered of a feed between readings: the validators as
// the server gave them, byte for byte, and a digest of its bytes for servers
// that give none.
type checkpoint struct {
	URL          string            `json:"url"`
	ETag         []byte            `json:"etag,omitempty"`
	LastModified []byte            `json:"last_modified,omitempty"`
	SHA256       []byte            `json:"sha256,omitempty"`
	Shared       map[string]string `json:"shared_guids,omitempty"` // see identify
	Push         []pipeline.Push   `json:"push,omitempty"`         // who tells of changes
}

// readCheckpoint takes a stored checkpoint apart. One of another address, or one that is
// not ours, counts for nothing.
func readCheckpoint(stored []byte, url string) *checkpoint {
	var c checkpoint
	if json.Unmarshal(stored, &c) != nil || c.URL != url {
		return &checkpoint{URL: url}
	}
	return &c
}

// Read fetches the feed and hands out its items, oldest first. It is never
// complete: a feed forgets its older items, which are not withdrawn for that.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	known := readCheckpoint(stored, s.name)
	unchanged := pipeline.Reading{Checkpoint: stored, Unchanged: true, Push: known.Push}
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a, err := s.request(within, known)
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case errors.Is(err, errUnchanged):
		return unchanged, nil
	case within.Err() != nil:
		return pipeline.Reading{}, fmt.Errorf("feed: %s: no answer within %v, which timeout can raise: %w", s.name, s.timeout, within.Err())
	case err != nil:
		return pipeline.Reading{}, err
	}
	s.noteMove(a.movedTo)
	digest := sha256.Sum256(a.body)
	if bytes.Equal(digest[:], known.SHA256) {
		return unchanged, nil
	}
	p, err := parse(ctx, a.body, a.contentType, a.url, s.env.Clock.Now())
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case err != nil:
		return pipeline.Reading{}, explain(err, a)
	}
	if a.cut || p.cut {
		p.cut = true
		err := fmt.Errorf("the feed is cut short: %d whole items were read, %d begun; it is read anew next time", len(p.entries), p.lost)
		if err := out.Problem(pipeline.Problem{Where: s.name, Err: err}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	next := checkpoint{URL: s.name, Shared: identify(p.entries, known.Shared), Push: s.push(&a.about, &p.about, a.url)}
	if p.cut && next.Push == nil {
		next.Push = known.Push // its end may have said so
	}
	if !p.cut { // what is cut short must not be taken for what the server has
		next.ETag, next.LastModified, next.SHA256 = a.etag, a.lastModified, digest[:]
	}
	if err := s.handOut(ctx, latest(p.entries), out); err != nil {
		return pipeline.Reading{}, err
	}
	kept, err := json.Marshal(next)
	return pipeline.Reading{Checkpoint: kept, Push: next.Push}, err
}

func (s *source) handOut(ctx context.Context, entries []entry, out pipeline.Out) error {
	oldestFirst(entries)
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := &entries[i]
		if e.fault != nil {
			err := fmt.Errorf("item %d: %w", e.place, e.fault)
			if err := out.Problem(pipeline.Problem{Where: s.name, Err: err}); err != nil {
				return err
			}
			continue
		}
		if err := out.Document(e.doc); err != nil {
			return err
		}
	}
	return nil
}

// noteMove logs a permanent redirect, once for each address.
func (s *source) noteMove(to string) {
	if to != "" && to != s.moved {
		s.env.Log.Info("the feed has moved for good; give the config its new url", "url", to)
	}
	s.moved = to
}

// explain adds the feeds a page names to the error that it is no feed.
func explain(err error, a *answer) error {
	if errors.Is(err, errNotFeed) {
		if found := feedsOf(a.body, a.url); len(found) > 0 {
			return fmt.Errorf("feed: %s: a web page; the feeds it names are %s", a.url.Redacted(), strings.Join(found, ", "))
		}
	}
	return fmt.Errorf("feed: %s: %w", a.url.Redacted(), err)
}
