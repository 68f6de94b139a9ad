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
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
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
	return func(address string, timeout time.Duration, past ...pipeline.FeedPast) pipeline.Source {
		s := &source{url: address, name: address, timeout: timeout, env: env, own: isOwn(address), opened: env.Clock.Now()}
		if s.past.Where = pipeline.PastNone; len(past) > 0 {
			s.past = past[0]
		}
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
	past    pipeline.FeedPast
	own     bool      // on this machine or a network of one's own
	opened  time.Time // when the source was
	moved   string    // the move that was logged last
	lean    lean
}

// lean is what was read of a checkpoint last, without what only news need: most feeds have
// none at most polls.
type lean struct {
	stored []byte
	known  checkpoint
}

// known is what the request needs to know of a checkpoint: see readCheckpoint.
func (s *source) known(stored []byte) (*checkpoint, bool) {
	if s.lean.stored != nil && bytes.Equal(s.lean.stored, stored) {
		c := s.lean.known
		return &c, !c.Reread
	}
	c, known := readCheckpoint(stored, s.name)
	if known && !c.Archive.more() {
		s.lean = lean{stored, *c}
		s.lean.known.identities, s.lean.known.lean = identities{}, true
	}
	return c, known
}

// whole is all of what known gave for a checkpoint.
func (s *source) whole(c *checkpoint, stored []byte) *checkpoint {
	if c.lean {
		c, _ = readCheckpoint(stored, s.name)
	}
	return c
}

// checkpoint is what is remembered of a feed between readings: the validators as
// the server gave them, byte for byte, and a digest of its bytes for servers
// that give none.
type checkpoint struct {
	URL          string `json:"url"`
	At           string `json:"at,omitempty"` // where the validators came from
	ETag         []byte `json:"etag,omitempty"`
	LastModified []byte `json:"last_modified,omitempty"`
	SHA256       []byte `json:"sha256,omitempty"`
	identities
	Archive *archive        `json:"archive,omitempty"` // nil: there was none
	Push    []pipeline.Push `json:"push,omitempty"`    // who tells of changes
	IDs     []byte          `json:"ids,omitempty"`     // see idsOf
	Reread  bool            `json:"reread,omitempty"`  // the rest of it was dropped: see Anew

	lean bool // without its identities
}

// readCheckpoint takes a stored checkpoint apart. One of another address, or one that is
// not ours, counts for nothing: then the feed is not known. Nor is it where it is to be
// read again.
func readCheckpoint(stored []byte, url string) (c *checkpoint, known bool) {
	c = &checkpoint{}
	if json.Unmarshal(stored, c) != nil || c.URL != url {
		return &checkpoint{URL: url}, false
	}
	return c, !c.Reread
}

// Anew keeps what the guids stood for: whatever is understood anew, they are to mean
// the same reviews.
func (s *source) Anew(stored []byte) []byte {
	known, _ := readCheckpoint(stored, s.name)
	kept, err := json.Marshal(checkpoint{URL: known.URL, identities: known.identities, IDs: known.IDs, Reread: true})
	if err != nil {
		return nil
	}
	return kept
}

// Read fetches the feed, if its time has come, and hands out its items, oldest first,
// and goes on with those that it shows no longer. It is never complete: a feed forgets
// its older items, which are not withdrawn for that.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	known, knew := s.known(stored)
	unchanged := pipeline.Reading{Checkpoint: stored, Unchanged: true, Push: known.Push, More: known.Archive.more()}
	t, err := s.turn(ctx, knew)
	if err != nil || t == nil {
		return unchanged, err
	}
	w := &walk{source: s, out: out, began: s.env.Clock.Now(), handed: map[uint64]bool{}, seed: maphash.MakeSeed()}
	a, p, err := s.fetch(ctx, t, known)
	next := known
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case err != nil && t.failed(err):
		return unchanged, nil
	case err != nil:
		return pipeline.Reading{}, err
	case p == nil:
		t.answered(a)
		if !known.keeps(a) {
			next = s.whole(known, stored)
			unchanged.Checkpoint, err = next.renewed(a)
		}
	default:
		next, err = w.news(ctx, t, s.whole(known, stored), a, p)
	}
	if err != nil {
		return pipeline.Reading{}, err
	}
	walked, err := w.on(ctx, next)
	if err != nil {
		return pipeline.Reading{}, err
	}
	if p == nil && !walked {
		return unchanged, nil
	}
	kept, err := json.Marshal(next)
	return pipeline.Reading{Checkpoint: kept, Push: next.Push, More: next.Archive.more()}, err
}

// news hands out what the feed shows, and returns what is to be remembered of it.
func (w *walk) news(ctx context.Context, t *turn, known *checkpoint, a *answer, p *parsed) (*checkpoint, error) {
	next := &checkpoint{URL: w.name, IDs: known.IDs, Archive: known.Archive, Push: w.push(&a.about, &p.about, a.url)}
	if next.Push == nil && (a.delta || a.cut || p.cut) {
		next.Push = known.Push // the rest may have said so
	}
	if !a.delta && p.large == nil {
		ids := idsOf(p.entries)
		t.moved(a.movedTo, sameFeed(known.IDs, ids))
		next.IDs = ids
	}
	t.noteNews(p.entries, a.delta)
	t.answered(a)
	if p.cut = p.cut || a.cut; p.cut { // what is cut short must not be taken for what the server has
		err := fmt.Errorf("the feed is cut short: %d whole items were read, %d begun; it is read anew next time", p.count(), p.lost)
		if err := w.out.Problem(pipeline.Problem{Where: w.name, Err: err}); err != nil {
			return nil, err
		}
	} else {
		next.keepValidators(a)
	}
	page, err := w.take(ctx, p, known.identities, w.name)
	if err != nil {
		return nil, err
	}
	w.names, next.identities = page.identities, page.kept()
	if a.delta { // it says nothing of what else the feed shows
		next.Shown = known.Shown
		return next, nil
	}
	next.Archive = w.begin(known.Archive, p, page, known.Shown)
	return next, nil
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

// keeps says that an answer gives nothing else to ask by than is known.
func (c *checkpoint) keeps(a *answer) bool {
	return a.unchanged || bytes.Equal(a.etag, c.ETag) && bytes.Equal(a.lastModified, c.LastModified) && place(a.url) == c.At
}

// renewed is the checkpoint after an answer with the same bytes as the last one, and other
// things to ask by.
func (c *checkpoint) renewed(a *answer) ([]byte, error) {
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

// page is what remains of a page when its items were handed out.
type page struct {
	identities
	print string          // tells its items from another page's
	marks map[string]bool // landmarks: what its items are known by when they are met again
	// The guids of the items that came first and last.
	first, last []string
}

// kept is what is remembered from one reading to the next.
func (p *page) kept() identities {
	k := identities{Shared: p.Shared, Shown: map[string]string{}}
	for _, guid := range append(p.first, p.last...) {
		if print := p.Shown[guid]; print != "" {
			k.Shown[guid] = print
		}
	}
	return k
}

// take hands out a page's items.
func (w *walk) take(ctx context.Context, p *parsed, known identities, where string) (*page, error) {
	got, all := &page{marks: map[string]bool{}}, sha256.New()
	var err error
	got.identities, err = p.each(ctx, known, func(entries []entry) error {
		for i := range entries {
			e := &entries[i]
			if e.fault != nil {
				continue
			}
			mark := landmark(e.ownGUID(), e.print())
			if io.WriteString(all, mark); len(got.marks) < 2*maxShown {
				got.marks[mark] = true
			}
			guid := bare(e.ownGUID())
			if got.last = append(got.last, guid); len(got.last) > 2*keptEnds {
				got.last = append(got.last[:0], got.last[keptEnds+1:]...)
			}
			if len(got.first) < keptEnds {
				got.first = append(got.first, guid)
			}
		}
		return w.handOut(ctx, where, entries)
	})
	got.print = hex.EncodeToString(all.Sum(nil)[:6])
	return got, err
}

// handOut hands out entries that have their GUIDs, each of a GUID once in a reading.
func (w *walk) handOut(ctx context.Context, where string, entries []entry) error {
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := &entries[i]
		if e.fault != nil {
			err := fmt.Errorf("item %d: %w", e.place, e.fault)
			if err := w.out.Problem(pipeline.Problem{Where: where, Err: err}); err != nil {
				return err
			}
			continue
		}
		if key := maphash.String(w.seed, e.doc.GUID); !w.handed[key] {
			w.handed[key] = true
		} else {
			continue
		}
		if err := w.out.Document(e.doc); err != nil {
			return err
		}
	}
	return nil
}

// explain adds the feeds a page names to the error that it is no feed.
func explain(err error, a *answer) error {
	if errors.Is(err, errNotFeed) {
		if found := feedsOf(a.body, a.url); len(found) > 0 {
			return fmt.Errorf("feed: %s: %w but a web page; the feeds it names are %s", a.url.Redacted(), pipeline.ErrNotFeed, strings.Join(found, ", "))
		}
	}
	return fmt.Errorf("feed: %s: %w", a.url.Redacted(), err)
}
