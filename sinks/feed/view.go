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
	filmPage *pipeline.Link // asked for when all views are open; see page
	rendered *cache[pipeline.Position, *fragment]
	around   *cache[envelopeKey, []envelope]

	// What documents are put together in, used again and again.
	rows  []place
	shown []*fragment
	items []placed
	parts [][]byte
	press press
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// fragment is an entry rendered in every format of the view, and what its feeds
// need to know of it.
type fragment struct {
	stamp
	film  Film
	items []item
}

// envelopeKey is what the envelopes of a feed depend on, besides the view's own site
// and name.
type envelopeKey struct {
	feed string
	film Film
}

// roomForEntries and roomForEnvelopes bound what a view keeps rendered, in bytes.
// Entries: 50 of some 2 kB in three formats take 300 kB.
const (
	roomForEntries   = 32 << 20
	roomForEnvelopes = 4 << 20
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "feed/2"

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
	v := &View{
		settings: s,
		env:      env,
		groups:   groupings(s.Per),
		wording:  words,
		rendered: newCache[pipeline.Position, *fragment](roomForEntries),
		around:   newCache[envelopeKey, []envelope](roomForEnvelopes),
	}
	for _, f := range formats() {
		if slices.Contains(s.Formats, f.name()) {
			v.formats = append(v.formats, f)
		}
	}
	return v, nil
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

// Links are the documents of a sink that makes one feed, or the pattern of those
// for each film.
func (v *View) Links() []pipeline.Link {
	var film Film
	var key string
	perFilm := v.settings.Per == perFilm
	if perFilm {
		key, film = pipeline.FilmMark, Film{ID: pipeline.FilmMark, Title: pipeline.FilmMark}
	}
	title, _ := v.wording.of(v.topic(film))
	var links []pipeline.Link
	for _, f := range v.formats {
		links = append(links, pipeline.Link{Title: title, Path: v.path(key, f), MediaType: f.mediaType(), Feed: true, PerFilm: perFilm})
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

// Apply moves the reviews to where they belong and renders each feed that has
// changed, once. Without entries, and at first, it writes the standing documents.
// The bytes given to docs are used again by the next call of Apply.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("feed %q: %w", v.env.Name, err)
	}
	v.press.reset()
	latest := latestOf(entries)
	changed := &places{State: st, seen: map[string]bool{}}
	for _, e := range entries {
		if e.Review != nil && latest[e.Review.ReviewID].Position == e.Position {
			changed.move(e, v.groups)
		}
	}
	if _, written := st.Get(writtenRow); !written || len(entries) == 0 {
		v.standing(changed)
	}
	for _, key := range changed.dirty {
		if err := v.write(ctx, key, latest, st, docs); err != nil {
			return fmt.Errorf("feed %q: %w", v.env.Name, err)
		}
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

// standing has the documents written that are there without any review.
func (v *View) standing(p *places) {
	if v.settings.Per == perNone {
		p.mark("/")
	}
	if _, written := p.Get(writtenRow); !written {
		p.Set(writtenRow, nil)
	}
}

// write renders one feed in all formats, or removes it if it stands for a film
// that has no reviews left.
func (v *View) write(ctx context.Context, key string, latest map[review.ID]pipeline.Entry, st pipeline.Reader, docs pipeline.Documents) error {
	v.rows = window(v.rows[:0], st, key, v.settings.Limit)
	if len(v.rows) == 0 && key != "" {
		for _, f := range v.formats {
			docs.Remove(v.path(key, f))
		}
		return nil
	}
	shown, err := v.fragments(ctx, v.rows, latest)
	if err != nil {
		return err
	}
	var film Film
	if key != "" {
		if len(shown) == 0 {
			return nil // all superseded: their newer revisions are on the way
		}
		film = shown[0].film
	}
	around, err := v.envelopes(key, v.topic(film))
	if err != nil {
		return err
	}
	for i, f := range v.formats {
		v.items, v.parts = v.items[:0], v.parts[:0]
		for _, one := range shown {
			v.items = append(v.items, placed{&one.items[i], &one.stamp})
		}
		v.parts = f.join(v.parts, around[i], v.items)
		docs.Put(v.path(key, f), v.press.print(v.parts))
	}
	return nil
}

// fragments returns the rendered entries of the rows. An entry is taken from the
// cache, from the batch at hand, or from the log; one that the log no longer
// holds is passed over, since a newer revision of it is about to come.
func (v *View) fragments(ctx context.Context, rows []place, latest map[review.ID]pipeline.Entry) ([]*fragment, error) {
	shown := v.shown[:0]
	for _, row := range rows {
		f, ok := v.rendered.get(row.position)
		if !ok {
			e, err := v.entry(ctx, row, latest)
			if errors.Is(err, pipeline.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if f, err = v.render(e); err != nil {
				return nil, fmt.Errorf("review %s: %w", row.review, err)
			}
			v.rendered.put(row.position, f, f.size())
		}
		shown = append(shown, f)
	}
	v.shown = shown
	return shown, nil
}

func (v *View) entry(ctx context.Context, row place, latest map[review.ID]pipeline.Entry) (*review.Event, error) {
	if e, ok := latest[row.review]; ok && e.Position == row.position {
		return e.Review, nil
	}
	e, err := v.env.At(ctx, row.position)
	if err != nil {
		return nil, fmt.Errorf("review %s at %d: %w", row.review, row.position, err)
	}
	if e.Review == nil || e.Review.ReviewID != row.review {
		return nil, fmt.Errorf("position %d does not hold review %s: the state belongs to another log; delete the views folder", row.position, row.review)
	}
	return e.Review, nil
}

func (v *View) render(e *review.Event) (*fragment, error) {
	n := newEntry(e, v.env.Site, v.fallback(e), v.settings.StarsInTitle)
	f := &fragment{
		stamp: stamp{updated: n.updated.Unix(), firstSeen: moment(e.FirstSeenAt).Unix(), id: string(e.ReviewID)},
		film:  Film{ID: line(string(e.Film.ID)), Title: line(e.Film.Title), Year: e.Film.Year},
	}
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
	n := 256
	for _, it := range f.items {
		n += cap(it.text) + cap(it.rest)
	}
	return n
}

func (v *View) topic(film Film) Topic {
	return Topic{Site: v.env.Site, Name: v.env.Name, Film: film}
}

// envelopes renders what stands around the items of a feed, in each format.
func (v *View) envelopes(key string, t Topic) ([]envelope, error) {
	if around, ok := v.around.get(envelopeKey{key, t.Film}); ok {
		return around, nil
	}
	title, description := v.wording.of(t)
	c := channel{
		title: title, description: description, language: v.env.Site.Language,
		home: v.home(review.FilmID(t.Film.ID)), author: v.env.Site.Title,
	}
	var around []envelope
	size := 0
	for _, f := range v.formats {
		c.self = pathURL(v.env.Site.URL, v.path(key, f))
		e, err := f.envelope(&c)
		if err != nil {
			return nil, err
		}
		around = append(around, e)
		size += len(e.head) + len(e.afterDate) + len(e.tail)
	}
	v.around.put(envelopeKey{key, t.Film}, around, size)
	return around, nil
}

// path is where a feed's document stands under the site.
func (v *View) path(key string, f format) string {
	parts := []string{"feeds", v.env.Name}
	if key != "" {
		parts = append(parts, key)
	}
	return strings.Join(parts, "/") + "." + f.name()
}
