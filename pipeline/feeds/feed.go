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
		s := &source{url: address, name: address, timeout: timeout, env: env, own: isOwn(address), opened: env.Clock.Now()}
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
	own     bool      // on this machine or a network of one's own
	opened  time.Time // when the source was
	moved   string    // the move that was logged last
}

// checkpoint is what is remembered of a feed between readings: the validators as
// the server gave them, byte for byte, and a digest of its bytes for servers
// that give none.
type checkpoint struct {
	URL          string            `json:"url"`
	At           string            `json:"at,omitempty"` // where the validators came from
	ETag         []byte            `json:"etag,omitempty"`
	LastModified []byte            `json:"last_modified,omitempty"`
	SHA256       []byte            `json:"sha256,omitempty"`
	Shared       map[string]string `json:"shared_guids,omitempty"` // see identify
	Push         []pipeline.Push   `json:"push,omitempty"`         // who tells of changes
	IDs          []byte            `json:"ids,omitempty"`          // see idsOf
}

// readCheckpoint takes a stored checkpoint apart. One of another address, or one that is
// not ours, counts for nothing: then the feed is not known.
func readCheckpoint(stored []byte, url string) (c *checkpoint, known bool) {
	c = &checkpoint{}
	if json.Unmarshal(stored, c) != nil || c.URL != url {
		return &checkpoint{URL: url}, false
	}
	return c, true
}

// Read fetches the feed, if its time has come, and hands out its items, oldest first.
// It is never complete: a feed forgets its older items, which are not withdrawn for
// that.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	known, knew := readCheckpoint(stored, s.name)
	unchanged := pipeline.Reading{Checkpoint: stored, Unchanged: true, Push: known.Push}
	t, err := s.turn(ctx, knew)
	if err != nil || t == nil {
		return unchanged, err
	}
	a, p, err := s.fetch(ctx, t, known)
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case err != nil && t.failed(err):
		return unchanged, nil
	case err != nil:
		return pipeline.Reading{}, err
	case p == nil:
		t.answered(a)
		unchanged.Checkpoint, err = known.renewed(a, stored)
		return unchanged, err
	}
	next := checkpoint{URL: s.name, Shared: identify(p.entries, known.Shared), IDs: known.IDs, Push: s.push(&a.about, &p.about, a.url)}
	if next.Push == nil && (a.delta || a.cut || p.cut) {
		next.Push = known.Push // the rest may have said so
	}
	if ids := idsOf(p.entries); !a.delta {
		t.moved(a.movedTo, sameFeed(known.IDs, ids))
		next.IDs = ids
	}
	t.noteNews(p.entries, a.delta)
	t.answered(a)
	if a.cut || p.cut { // what is cut short must not be taken for what the server has
		err := fmt.Errorf("the feed is cut short: %d whole items were read, %d begun; it is read anew next time", len(p.entries), p.lost)
		if err := out.Problem(pipeline.Problem{Where: s.name, Err: err}); err != nil {
			return pipeline.Reading{}, err
		}
	} else {
		next.keepValidators(a)
	}
	if err := s.handOut(ctx, latest(p.entries), out); err != nil {
		return pipeline.Reading{}, err
	}
	kept, err := json.Marshal(next)
	return pipeline.Reading{Checkpoint: kept, Push: next.Push}, err
}

// keepValidators keeps what the server gave to ask by, byte for byte. The bytes of a
// delta say nothing of those of the feed.
func (c *checkpoint) keepValidators(a *answer) {
	c.ETag, c.LastModified, c.At = a.etag, a.lastModified, place(a.url)
	if !a.delta {
		digest := sha256.Sum256(a.body)
		c.SHA256 = digest[:]
	}
}

// renewed is the checkpoint after an answer with the same bytes as the last one: as
// it was stored, unless the server gave other things to ask by.
func (c *checkpoint) renewed(a *answer, stored []byte) ([]byte, error) {
	if a.unchanged || bytes.Equal(a.etag, c.ETag) && bytes.Equal(a.lastModified, c.LastModified) && place(a.url) == c.At {
		return stored, nil
	}
	c.keepValidators(a)
	return json.Marshal(c)
}

// fetch asks for the feed and takes it apart. Of one that is unchanged there are no
// parts.
func (s *source) fetch(ctx context.Context, t *turn, known *checkpoint) (*answer, *parsed, error) {
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a, err := s.request(within, t.address(), known)
	switch {
	case err != nil && within.Err() != nil:
		return nil, nil, fmt.Errorf("feed: %s: no answer within %v, which timeout can raise: %w", s.name, s.timeout, within.Err())
	case err != nil:
		return nil, nil, err
	case a.unchanged:
		t.moved(a.movedTo, nil)
		return a, nil, nil
	}
	if digest := sha256.Sum256(a.body); !a.delta && bytes.Equal(digest[:], known.SHA256) {
		same := true
		t.moved(a.movedTo, &same)
		return a, nil, nil
	}
	p, err := parse(ctx, a.body, a.contentType, a.url, s.env.Clock.Now())
	if err != nil {
		return nil, nil, explain(err, a)
	}
	return a, p, nil
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

// explain adds the feeds a page names to the error that it is no feed.
func explain(err error, a *answer) error {
	if errors.Is(err, errNotFeed) {
		if found := feedsOf(a.body, a.url); len(found) > 0 {
			return fmt.Errorf("feed: %s: a web page; the feeds it names are %s", a.url.Redacted(), strings.Join(found, ", "))
		}
	}
	return fmt.Errorf("feed: %s: %w", a.url.Redacted(), err)
}
