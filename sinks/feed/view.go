package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View makes the feeds of one sink.
type View struct {
	settings Settings
	env      pipeline.ViewEnv
	formats  []format
	groups   grouping
	wording  wording
	hubs     []string
	meanPage uint64
	filmPage *pipeline.Link // asked for when all views are open; see page
	rendered *cache[pipeline.Position, *fragment]
	around   *cache[envelopeKey, []envelope]

	// What documents are put together in, used again and again.
	rows    []place
	shown   []*fragment
	missing []missing
	body    body
	parts   [][]byte
	press   press
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// fragment is an entry rendered in every format of the view, and what its feeds
// need to know of it.
type fragment struct {
	order    string // by date of publication
	updated  time.Time
	subjects []subject
	items    [][]byte
	removed  tombstone // instead of the rest, of a review that was withdrawn
}

// envelopeKey is what the envelopes of a document depend on: which feed it is of, in
// whose words, and which page of it, "" for the feed itself, between which others.
type envelopeKey struct {
	subject
	page, older, newer string
}

// roomForEntries and roomForEnvelopes bound what a view keeps rendered, in bytes.
// Entries: 50 of some 2 kB in three formats take 300 kB.
const (
	roomForEntries   = 32 << 20
	roomForEnvelopes = 4 << 20
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "feed/4"

// New makes a view. Settings that [Settings.Check] has a fault with are an error.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("feed %q: %w", env.Name, err)
	}
	words, err := s.wording()
	if err != nil {
		return nil, fmt.Errorf("feed %q: %w", env.Name, err)
	}
	env.Site.Title, env.Site.Language = line(env.Site.Title), language(env.Site.Language)
	if env.Site.Title == "" {
		env.Site.Title = env.Site.URL
	}
	hubs := slices.Clone(env.Site.Hubs)
	for _, hub := range s.Hub {
		if hub = webURL(hub); !slices.Contains(hubs, hub) {
			hubs = append(hubs, hub)
		}
	}
	return &View{
		settings: s,
		formats:  s.formats(),
		hubs:     hubs,
		meanPage: meanPage,
		env:      env,
		groups:   groupings(s.Per),
		wording:  words,
		rendered: newCache[pipeline.Position, *fragment](roomForEntries),
		around:   newCache[envelopeKey, []envelope](roomForEnvelopes),
	}, nil
}

// Version is a fingerprint of the settings, the site, the sink's name, the code and
// where another view writes the pages of films. It is asked once all views are open.
func (v *View) Version() string {
	data, err := json.Marshal([]any{codeVersion, v.env.Name, v.env.Site, v.settings, v.page().Path})
	if err != nil {
		panic("feed: settings have no JSON form: " + err.Error()) // they are strings and numbers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// Links are the documents of a sink that makes one feed. Of one that makes many, it
// is the list of them; and with per: film the pattern of those for each film.
func (v *View) Links() []pipeline.Link {
	var links []pipeline.Link
	if v.settings.Per != perNone {
		links = append(links, pipeline.Link{Title: v.listTitle(), Path: v.listPath(), MediaType: pipeline.OPMLType})
	}
	var about subject
	switch v.settings.Per {
	case perNone:
	case perFilm:
		about = subject{key: pipeline.FilmMark, film: Film{ID: pipeline.FilmMark, Title: pipeline.FilmMark}}
	default:
		return links
	}
	title, _ := v.wording.of(v.topic(about))
	for _, f := range v.formats {
		links = append(links, pipeline.Link{
			Title: title, Path: v.path(about.key, "", f), MediaType: f.mediaType(), Feed: true, PerFilm: about.key != "",
		})
	}
	return links
}

// page is the link to the pages of films, without a path where no view makes any.
func (v *View) page() *pipeline.Link {
	if v.filmPage == nil {
		v.filmPage = &pipeline.Link{}
		if v.env.Links != nil {
			*v.filmPage, _ = pipeline.FilmPage(v.env.Links())
		}
	}
	return v.filmPage
}

// home is the page that a film's feed is about: the site's front where the film
// has none.
func (v *View) home(film review.FilmID) string {
	if page, ok := v.page().Of(film, ""); ok {
		return pathURL(v.env.Site.URL, page.Path)
	}
	return v.env.Site.URL + "/"
}

// fallback is the link of a review without an address of its own: its place on the
// film's page.
func (v *View) fallback(e *review.Event) string {
	page, ok := v.page().Of(e.Film.ID, "")
	if !ok {
		return v.env.Site.URL + "/"
	}
	return pathURL(v.env.Site.URL, page.Path) + "#" + url.PathEscape(pipeline.ReviewAnchor(e.ReviewID))
}

// Apply moves the reviews to where they belong and renders each document that has
// changed, once. Without entries, and at first, it writes the standing documents.
// The bytes given to docs are used again by the next call of Apply.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("feed %q: %w", v.env.Name, err)
	}
	v.press.reset()
	b := &batch{View: v, ctx: ctx, latest: latestOf(entries), st: st, docs: docs}
	changed := &places{State: st, byKey: map[string]*shelf{}, meanPage: v.meanPage}
	for _, e := range entries {
		if e.Review != nil && b.latest[e.Review.ReviewID].Position == e.Position {
			changed.move(e, v.standings(e))
		}
	}
	if _, written := st.Get(writtenRow); !written || len(entries) == 0 {
		b.standing(changed)
	}
	if err := b.writeAll(changed.dirty); err != nil {
		return fmt.Errorf("feed %q: %w", v.env.Name, err)
	}
	if err := b.writeList(); err != nil {
		return fmt.Errorf("feed %q: %w", v.env.Name, err)
	}
	return nil
}

// latestOf is the last entry of each review: what came before it in the same
// batch leaves no trace.
func latestOf(entries []pipeline.Entry) map[review.ID]pipeline.Entry {
	latest := make(map[review.ID]pipeline.Entry, len(entries))
	for _, e := range entries {
		if e.Review != nil {
			latest[e.Review.ReviewID] = e
		}
	}
	return latest
}

func (v *View) render(e *review.Event) (*fragment, error) {
	n := newEntry(e, v.env.Site, v.fallback(e), v.settings.StarsInTitle)
	f := &fragment{order: orderOf(e, byPublished), updated: n.updated, subjects: v.groups(e)}
	for _, format := range v.formats {
		it, err := format.item(n)
		if err != nil {
			return nil, err
		}
		f.items = append(f.items, it)
	}
	return f, nil
}

// size is roughly what a fragment takes in memory.
func (f *fragment) size() int {
	n := 512
	for _, it := range f.items {
		n += cap(it)
	}
	return n
}

// subject is what the feed with a key is about, in the words of the fragment.
func (f *fragment) subject(key string) subject {
	for _, s := range f.subjects {
		if s.key == key {
			return s
		}
	}
	return subject{key: key}
}

func (v *View) topic(s subject) Topic {
	return Topic{Site: v.env.Site, Name: v.env.Name, Film: s.film, Critic: s.critic, Outlet: s.outlet, Tag: s.tag}
}

// envelopes renders what stands around the items of a document, in each format.
func (v *View) envelopes(k envelopeKey) ([]envelope, error) {
	if around, ok := v.around.get(k); ok {
		return around, nil
	}
	title, description := v.wording.of(v.topic(k.subject))
	c := channel{
		title: title, description: description, language: v.env.Site.Language,
		home: v.home(review.FilmID(k.film.ID)), author: v.env.Site.Title, hubs: v.hubs,
	}
	if k.page != "" {
		c.hubs = nil // nobody subscribes to a page
	}
	var around []envelope
	size := 0
	for _, f := range v.formats {
		c.id = v.url(k.key, "", f)
		c.self = v.url(k.key, k.page, f)
		c.older, c.newer, c.current = v.pageURL(k.key, k.older, f), v.pageURL(k.key, k.newer, f), ""
		if k.page != "" {
			c.current = c.id
		}
		e, err := f.envelope(&c)
		if err != nil {
			return nil, err
		}
		around = append(around, e)
		size += len(e.head) + len(e.afterDate) + len(e.tail)
	}
	v.around.put(k, around, size)
	return around, nil
}

// path is where a document stands under the site: a feed, or an archive page of it.
func (v *View) path(key, page string, f format) string {
	parts := []string{"feeds", v.env.Name}
	for _, part := range []string{key, page} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/") + "." + f.name()
}

func (v *View) url(key, page string, f format) string {
	return pathURL(v.env.Site.URL, v.path(key, page, f))
}

// pageURL is the address of an archive page, "" for none.
func (v *View) pageURL(key, page string, f format) string {
	if page == "" {
		return ""
	}
	return v.url(key, page, f)
}
