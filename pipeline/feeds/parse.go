package feeds

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"github.com/filmwire/filmwire/pipeline/review"
)

// entry is one item of a feed on its way to a document.
type entry struct {
	doc   review.Document
	place int    // in the feed, from 1
	guid  string // as the feed states it, "" for none
	fault error
}

// parsed is what a feed's bytes amount to, in the order of the feed.
type parsed struct {
	entries []entry // all of them, but for a large feed
	large   *pieces // nil if entries are all
	about   relations
	cut     bool // the feed ends before its end
	lost    int  // items lost with its end
	older   older
}

// pieces are the items of a large feed, which has them made when they are needed: so
// what reading it takes besides its own bytes does not grow with it. Each of them has
// a guid of its own.
type pieces struct {
	n    int
	make func(from, to int) []entry
}

// piece is how many items of a large feed are read at once.
const piece = 250

// count is how many items there are.
func (p *parsed) count() int {
	if p.large != nil {
		return p.large.n
	}
	return len(p.entries)
}

// each gives every entry its GUID and hands them to f, once each and oldest first: a
// large feed piece by piece, and oldest first within each.
func (p *parsed) each(ctx context.Context, known identities, f func([]entry) error) (identities, error) {
	if p.large == nil {
		next := known.identify(p.entries)
		entries := latest(slices.Clone(p.entries))
		oldestFirst(entries)
		return next, f(entries)
	}
	next := identities{Shared: known.Shared, Shown: map[string]string{}}
	down := p.newestFirst()
	for begin := 0; begin < p.large.n; begin += piece {
		from, to := begin, min(begin+piece, p.large.n)
		if down {
			from, to = p.large.n-to, p.large.n-from
		}
		entries := p.large.make(from, to)
		if err := ctx.Err(); err != nil {
			return next, err
		}
		now := identities{Shared: next.Shared, Shown: known.Shown}.identify(entries)
		next.Shared = now.Shared
		next.show(now.Shown)
		entries = latest(entries)
		oldestFirst(entries)
		if err := f(entries); err != nil {
			return next, err
		}
	}
	return next, nil
}

// newestFirst reports how a large feed is ordered. Most begin with the newest.
func (p *parsed) newestFirst() bool {
	first, last := p.large.make(0, 1), p.large.make(p.large.n-1, p.large.n)
	return len(first) == 0 || len(last) == 0 || !first[0].doc.Stated.PublishedAt.Before(last[0].doc.Stated.PublishedAt)
}

// parse reads a feed of any kind. at is its address, which relative links are
// relative to, and now when it was fetched.
// It ends early with ctx, of whatever size the feed is.
func parse(ctx context.Context, body []byte, contentType string, at *url.URL, now time.Time) (*parsed, error) {
	src := toUTF8(body, contentType)
	if trimmed := bytes.TrimLeft(src, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		return parseJSON(ctx, trimmed, at, now)
	}
	o, err := outlineOf(ctx, src, largeFeed)
	if err != nil {
		return nil, err
	}
	h, natives := o.natives(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.base = rebased(at, o.base)
	h.link = resolve(h.base, h.link)
	if o.base != "" {
		h.stated = h.base
	} else { // RSS does not say what links are relative to; people mean their site
		h.base = rebased(at, h.link)
	}
	h.language = first(h.language, o.language)
	p := &parsed{about: h.about, cut: !o.complete || o.lost > 0, lost: o.lost, older: h.older.at(rebased(at, o.base))}
	if o.spans == nil {
		p.entries = h.entries(o.items, natives, now)
		return p, nil
	}
	p.large = &pieces{n: len(o.spans), make: func(from, to int) []entry {
		part := o.again(o.spans[from:to])
		_, natives := part.natives(ctx)
		entries := h.entries(part.items, natives, now)
		for i := range entries {
			entries[i].place += from
		}
		return entries
	}}
	return p, nil
}

// entries makes the entries of items and what the parser made of them.
func (h *head) entries(items []item, natives []native, now time.Time) []entry {
	entries := make([]entry, len(items))
	inherited := h.fingerprint()
	for i := range items {
		it, e := &items[i], &entries[i]
		if it.fault != nil {
			e.fault, e.place = it.fault, i+1
			continue
		}
		if natives[i].atom != nil {
			*e = h.atomEntry(it, natives[i].atom)
		} else {
			*e = h.rssEntry(it, natives[i].rss)
		}
		e.doc.FetchedAt, e.doc.RawSHA256 = now, digest(inherited, it.raw)
		e.place = i + 1
	}
	return entries
}

// head is what the items of a feed inherit from it.
type head struct {
	base     *url.URL // what relative links are relative to
	stated   *url.URL // the same, if the feed states it: then texts are rebased too
	link     string   // the site
	language string
	authors  authors
	about    relations // none of an item's business
	older    older
}

// fingerprint joins what is inherited, so that an item is not passed over as
// unchanged when that changes.
func (h *head) fingerprint() string {
	base := ""
	if h.base != nil {
		base = h.base.String()
	}
	said := []string{base, h.link, h.language}
	for _, a := range h.authors {
		said = append(said, a.Name, a.URL)
	}
	return strings.Join(said, "\n")
}

func digest(inherited string, raw []byte) string {
	d := sha256.New()
	d.Write([]byte(inherited))
	d.Write(raw)
	return hex.EncodeToString(d.Sum(nil))
}

// native is an item as the parser has it: one of the two.
type native struct {
	rss  *rss.Item
	atom *atom.Entry
}

// natives has the skeleton parsed: at one go, and where that does not work, item
// by item, so that one that cannot be parsed is lost alone. What it returns
// stands beside the outline's items; those with a fault have none.
func (o *outline) natives(ctx context.Context) (head, []native) {
	out := make([]native, len(o.items))
	h, all, err := parseSkeleton(ctx, o.dialect, o.skeleton)
	if err == nil && o.distribute(all, out) {
		return h, out
	}
	closing := o.skeleton[o.close:]
	h, _, err = parseSkeleton(ctx, o.dialect, slices.Concat(o.skeleton[:o.open], closing))
	if err != nil {
		h = head{}
	}
	for i := range o.items {
		it := &o.items[i]
		if it.fault != nil || ctx.Err() != nil {
			continue
		}
		alone := slices.Concat(o.skeleton[:o.root], o.skeleton[it.skeleton[0]:it.skeleton[1]], closing)
		_, one, err := parseSkeleton(ctx, o.dialect, alone)
		switch {
		case err != nil:
			it.fault = fmt.Errorf("not well-formed: %w", err)
		case len(one) != 1:
			it.fault = fmt.Errorf("not well-formed: reads as %d items", len(one))
		default:
			out[i] = one[0]
		}
	}
	return h, out
}

// distribute gives each item its parsed form, if there are as many.
func (o *outline) distribute(all, out []native) bool {
	for i := range o.items {
		if o.items[i].fault != nil {
			continue
		}
		if len(all) == 0 {
			return false
		}
		out[i], all = all[0], all[1:]
	}
	return len(all) == 0
}

func parseSkeleton(ctx context.Context, d dialect, skeleton []byte) (h head, items []native, err error) {
	source := until{ctx, bytes.NewReader(skeleton)}
	if d == dialectAtom {
		f, err := new(atom.Parser).Parse(source)
		if err != nil {
			return h, nil, err
		}
		for _, e := range f.Entries {
			items = append(items, native{atom: e})
		}
		return atomHead(f), items, nil
	}
	f, err := new(rss.Parser).Parse(source)
	if err != nil {
		return h, nil, err
	}
	for _, it := range f.Items {
		items = append(items, native{rss: it})
	}
	return rssHead(f), items, nil
}

// until is a reader that ends with its context, which is how a parse is stopped.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// texts fills a document's texts from the item's.
func (h *head) texts(d *review.Document, it *item) {
	d.Stated.Title = it.title.text()
	body, isText := it.body.html()
	base := it.body.base
	if body == "" {
		body, isText = it.summary.html()
		base = it.summary.base
	} else {
		d.Stated.Summary = it.summary.text()
	}
	d.Form, d.Body = review.FormHTML, body
	if isText {
		d.Form = review.FormText
		return
	}
	if h.stated != nil || it.base != "" || base != "" {
		d.Body = rebase(body, rebased(rebased(h.base, it.base), base))
	}
}

// instant is a time as the parser found it, in UTC and whole seconds. Layouts
// without a year are guesses and none.
func instant(t *time.Time) time.Time {
	if t == nil || t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// instantOf reads a time from text, the zero time where there is none in it.
func instantOf(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := review.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return instant(&t)
}

// addTag adds a tag that is not there yet. WordPress escapes them once more than the
// format does.
func addTag(tags []string, tag string) []string {
	tag = strings.Join(strings.Fields(unescape(tag)), " ")
	if tag == "" || slices.Contains(tags, tag) {
		return tags
	}
	return append(tags, tag)
}

// first is the first string that says something.
func first(ss ...string) string {
	for _, s := range ss {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// webLink reports that a person can go there.
func webLink(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}
