package feeds

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// The bounds of the walk to a feed's older items within one reading. It also ends
// when the reading has taken as long as it may.
const (
	pagesAtOnce = 10
	itemsAtOnce = 5000
	// mostFailures in a row end a walk, for good: a page that does not come today
	// may come tomorrow, but not for ever.
	mostFailures = 5
	// mostRepeats are pages in a row that were read before. One or two are so when
	// as many items have come as a page holds; more is a circle, or a server that
	// answers every page with the first one.
	mostRepeats = 3
	keptPrints  = 256 // of pages, to know them again
)

// older is what a page says of the page of older items.
type older struct {
	next      string // its address
	fixed     bool   // it is an archive, which does not change (RFC 5005, 4)
	wordpress bool   // the feed comes from WordPress
}

// link takes a link of the feed. An archive goes before the next page (RFC 5005, 3),
// whose items move on whenever one comes or goes.
func (o *older) link(rel, href string) {
	switch href = strings.TrimSpace(href); {
	case href == "":
	case rel == "prev-archive":
		o.next, o.fixed = href, true
	case rel == "next" && !o.fixed:
		o.next = href
	}
}

func (o *older) generator(s string) {
	s = strings.ToLower(s)
	o.wordpress = strings.Contains(s, "wordpress.org") || strings.Contains(s, "wordpress.com") || strings.HasPrefix(strings.TrimSpace(s), "wordpress")
}

// at is the same with an absolute address.
func (o older) at(base *url.URL) older {
	if o.next = resolve(base, o.next); !webLink(o.next) {
		o.next, o.fixed = "", false
	}
	return o
}

// archive is how far the walk through a feed's older items has come.
type archive struct {
	Next     string `json:"next,omitempty"`   // the page to be read next; "" and no number: through
	Last     string `json:"last,omitempty"`   // the page read last, if its items may have moved since
	Number   int    `json:"number,omitempty"` // of WordPress's next page; 0: links lead
	Read     int    `json:"read,omitempty"`   // pages
	Repeats  int    `json:"repeats,omitempty"`
	Failures int    `json:"failures,omitempty"`
	// NotBefore is when the server wants to be asked for older items again.
	NotBefore time.Time `json:"not_before,omitzero"`
	Prints    []string  `json:"prints,omitempty"` // of pages read
	// Until are items that were shown before a gap: the page that has one ends it.
	Until []string `json:"until,omitempty"`
}

// more reports that there is more to be read.
func (a *archive) more() bool { return a != nil && (a.Next != "" || a.Number > 0) }

// end ends the walk, and keeps what is needed to tell that it was made.
func (a *archive) end() { *a = archive{Read: a.Read} }

// begin is the walk after the feed itself was read: a new one where there was none,
// or where the feed shows nothing any more of what it showed last, so that more has
// come than it holds. The feed must say where older items are.
func (s *source) begin(a *archive, p *parsed, now *page, shown map[string]string) *archive {
	if s.past.Where == pipeline.PastNone || s.past.Where == "" || p.cut || a.more() {
		return a
	}
	n := &archive{}
	switch o := p.older; {
	case o.next != "" && s.past.Where != pipeline.PastWordPress:
		n.Next = o.next
	case s.past.Where == pipeline.PastWordPress, s.past.Where == pipeline.PastAuto && o.wordpress:
		n.Number = 2
	default:
		return a
	}
	if a == nil {
		return n
	}
	until := map[string]bool{}
	for guid, print := range shown {
		until[landmark(guid, print)] = true
	}
	if len(shown) == 0 || now.has(until) {
		return a
	}
	n.Until = slices.Sorted(maps.Keys(until))
	return n
}

// landmark is what an item is known by when it is met again: title and date, which
// change less than guids do.
func landmark(guid, print string) string {
	if part(print, 1) != "-" && part(print, 2) != "-" {
		return part(print, 1) + part(print, 2)
	}
	sum := sha256.Sum256([]byte(bare(guid)))
	return hex.EncodeToString(sum[:8])
}

// has reports whether one of the landmarks is on the page.
func (p *page) has(marks map[string]bool) bool {
	for mark := range marks {
		if p.marks[mark] {
			return true
		}
	}
	return false
}

// walk is one reading's part of the way through a feed and its older items.
type walk struct {
	*source
	out    pipeline.Out
	began  time.Time
	handed map[uint64]bool // hashes of the GUIDs of this reading
	seed   maphash.Seed
	names  identities
}

// on goes on with the walk, within its bounds. It reports whether the checkpoint has
// changed. What goes wrong with a page is a problem of the source and not an error:
// the feed itself was read.
func (w *walk) on(ctx context.Context, c *checkpoint) (walked bool, err error) {
	a := c.Archive
	if w.past.Where == pipeline.PastNone || !a.more() || w.began.Before(a.NotBefore) {
		return false, nil
	}
	if w.names.Shown == nil {
		w.names = c.identities
	}
	w.names.Shown = maps.Clone(w.names.Shown)
	if w.names.Shown == nil {
		w.names.Shown = map[string]string{}
	}
	if a.Last != "" { // what went since has moved items from the next page to this one
		if _, _, err := w.page(ctx, a, a.Last); err != nil {
			return true, w.failed(ctx, a, err)
		}
	}
	for n := 0; n < pagesAtOnce && len(w.handed) < itemsAtOnce && a.more(); n++ {
		if n > 0 && w.env.Clock.Now().Sub(w.began) > w.timeout {
			break
		}
		if a.Read >= w.past.Pages {
			w.env.Log.Info("older reviews: as many pages as backfill_pages allows were read", "pages", a.Read)
			a.end()
			break
		}
		at := a.address(w.url)
		p, got, err := w.page(ctx, a, at)
		if err != nil {
			if err := w.failed(ctx, a, err); err != nil {
				return true, err
			}
			break
		}
		a.step(at, p, got)
	}
	c.Shared = w.names.Shared
	return true, nil
}

// address is that of the next page.
func (a *archive) address(feed string) string {
	if a.Number == 0 {
		return a.Next
	}
	return numbered(feed, a.Number)
}

// numbered is the address of a page of a WordPress feed.
func numbered(feed string, n int) string {
	u, err := url.Parse(feed)
	if err != nil {
		return feed
	}
	q := u.Query()
	q.Set("paged", strconv.Itoa(n))
	u.User, u.RawQuery = nil, q.Encode()
	return u.String()
}

// step notes that a page was read, and where the next one is.
func (a *archive) step(at string, p *parsed, got *page) {
	a.Read, a.Failures, a.NotBefore = a.Read+1, 0, time.Time{}
	if a.Repeats++; !slices.Contains(a.Prints, got.print) {
		a.Repeats, a.Prints = 0, append(a.Prints, got.print)
	}
	a.Prints = a.Prints[max(len(a.Prints)-keptPrints, 0):]
	until := map[string]bool{}
	for _, mark := range a.Until {
		until[mark] = true
	}
	switch {
	case a.Repeats >= mostRepeats, got.has(until):
		a.end()
	case a.Number > 0 && p.count() == 0:
		a.end()
	case a.Number > 0:
		a.Number, a.Last = a.Number+1, at
	case p.older.next == at:
		a.end()
	default:
		if a.Next, a.Last = p.older.next, ""; a.Next == "" {
			a.end()
		} else if !p.older.fixed {
			a.Last = at
		}
	}
}

// errThrough says that there is no such page: the one before was the last.
var errThrough = errors.New("there are no older items")

// page reads a page of older items and hands them out.
func (w *walk) page(ctx context.Context, a *archive, at string) (*parsed, *page, error) {
	within, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	got, err := w.get(within, at, a.Number > 0)
	if err != nil {
		return nil, nil, err
	}
	p, err := parse(ctx, got.body, got.contentType, got.url, w.env.Clock.Now())
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case errors.Is(err, errNotFeed) && a.Number > 0: // the page that says that there is none
		return nil, nil, errThrough
	case err != nil:
		return nil, nil, explain(err, got)
	}
	taken, err := w.take(ctx, p, w.names, at)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errStop, err)
	}
	w.names.Shared = taken.Shared
	w.names.show(taken.Shown)
	if p.cut || got.cut {
		return nil, nil, fmt.Errorf("feed: %s: the page is cut short: %d whole items were read", got.url.Redacted(), p.count())
	}
	return p, taken, nil
}

// errStop marks an error of the engine's own, which ends the reading.
var errStop = errors.New("stopped")

// get fetches a page. Where pages are numbered, one that is not there is the end.
func (w *walk) get(ctx context.Context, at string, isNumbered bool) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	req.Header.Set("Accept", accept)
	if feed, err := url.Parse(w.url); err == nil && feed.Host == req.URL.Host && feed.Scheme == req.URL.Scheme {
		req.URL.User = feed.User
	}
	resp, err := w.env.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone, http.StatusBadRequest:
		if isNumbered {
			return nil, errThrough
		}
	}
	if err := w.status(resp); err != nil {
		return nil, err
	}
	a := &answer{contentType: resp.Header.Get("Content-Type"), url: resp.Request.URL}
	a.body, err = readBody(resp)
	switch {
	case len(a.body) > maxBody:
		return nil, fmt.Errorf("feed: %s: larger than %d MB", a.url.Redacted(), maxBody>>20)
	case errors.Is(err, io.ErrUnexpectedEOF) && len(a.body) > 0:
		a.cut = true
	case err != nil:
		return nil, fmt.Errorf("feed: reading %s: %w", a.url.Redacted(), err)
	}
	return a, nil
}

// failed notes that a page did not come. The walk goes on with it at the next
// reading, when the server wants to be asked again, but not for ever.
func (w *walk) failed(ctx context.Context, a *archive, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errStop):
		return err
	case errors.Is(err, errThrough):
		a.end()
		return nil
	}
	var later *pipeline.RetryAfter
	if errors.As(err, &later) {
		a.NotBefore = w.env.Clock.Now().Add(later.After)
	}
	what := "the next poll goes on with it"
	if a.Failures++; a.Failures >= mostFailures || errors.Is(err, pipeline.ErrGone) {
		what = "it is not asked for again"
		if a.Number == 0 {
			a.end()
		} else {
			*a = archive{Number: a.Number + 1, Read: a.Read + 1, Prints: a.Prints, Until: a.Until}
		}
	}
	// What one page is about does not tell the source that it is gone, or to wait.
	return w.out.Problem(pipeline.Problem{Where: w.name, Err: fmt.Errorf("older items: %s; %s", cmp.Or(err.Error(), "no answer"), what)})
}
