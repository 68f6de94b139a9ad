package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View makes the front of a site.
type View struct {
	settings Settings
	env      pipeline.ViewEnv
	template *template.Template
	// shown are the items of the page as it was last rendered: what is still on
	// it need not be read from the log again.
	shown map[pipeline.Position]item
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "pages/3"

// The documents.
const (
	indexPath    = "index.html"
	notFoundPath = "404.html"
	opmlPath     = "opml.xml"
)

// New makes a view.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	t, err := parse()
	if err != nil {
		return nil, fmt.Errorf("pages %q: %w", env.Name, err)
	}
	env.Site.Title, env.Site.Language = review.Line(env.Site.Title), language(env.Site.Language)
	return &View{settings: s, env: env, template: t}, nil
}

// Version is a fingerprint of the settings, the site, the code and of what the
// other views offer. It is asked once all views are open.
func (v *View) Version() string {
	data, err := json.Marshal([]any{codeVersion, v.env.Site, v.settings, v.links()})
	if err != nil {
		panic("pages: settings have no JSON form: " + err.Error()) // they are strings and numbers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// Links is the list of feeds.
func (v *View) Links() []pipeline.Link {
	return []pipeline.Link{{Title: "All feeds (OPML)", Path: opmlPath, MediaType: pipeline.OPMLType}}
}

func (v *View) links() []pipeline.Link {
	if v.env.Links == nil {
		return nil
	}
	return v.env.Links()
}

// Apply brings the front up to date. Without entries, and at first, it writes the
// other documents too, which change only with the config.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("pages %q: %w", v.env.Name, err)
	}
	latest := make(map[review.ID]pipeline.Entry, len(entries))
	for _, e := range entries {
		if e.Review != nil {
			latest[e.Review.ReviewID] = e
		}
	}
	s := shelf{st}
	for _, e := range entries {
		if e.Review == nil || latest[e.Review.ReviewID].Position != e.Position {
			continue
		}
		if err := s.put(e); err != nil {
			return fmt.Errorf("pages %q: %w", v.env.Name, err)
		}
	}
	_, written := st.Get(writtenRow)
	standing := !written || len(entries) == 0
	if !standing && len(latest) == 0 {
		return nil
	}
	if err := v.write(ctx, s, latest, standing, docs); err != nil {
		return fmt.Errorf("pages %q: %w", v.env.Name, err)
	}
	if !written {
		st.Set(writtenRow, nil)
	}
	return nil
}

// write renders the front, and with standing set the other documents.
func (v *View) write(ctx context.Context, s shelf, latest map[review.ID]pipeline.Entry, standing bool, docs pipeline.Documents) error {
	links := v.links()
	page := &front{
		Site:   v.env.Site,
		Feeds:  feedsOf(links),
		Counts: counts(s.total(reviewTotal), s.total(filmTotal), s.total(criticTotal)),
	}
	filmPage, hasPages := pipeline.FilmPage(links)
	for _, l := range links {
		page.ByFilm = page.ByFilm || hasPages && l.PerFilm && l.Feed
		if !l.Feed && !l.PerFilm && l.Path != opmlPath && l.Path != indexPath {
			page.More = append(page.More, l)
		}
	}
	var err error
	if page.Items, err = v.items(ctx, s.latest(v.settings.Latest), latest, filmPage); err != nil {
		return err
	}
	index, err := render(v.template, indexPath, page)
	if err != nil {
		return err
	}
	docs.Put(indexPath, index)
	if !standing {
		return nil
	}
	notFound, err := render(v.template, notFoundPath, page)
	if err != nil {
		return err
	}
	list, err := listFeeds(v.env.Site, page.Feeds, page.More)
	if err != nil {
		return err
	}
	docs.Put(notFoundPath, notFound)
	docs.Put(opmlPath, list)
	return nil
}

// items makes what the page shows of each review: from the last page, the batch
// at hand, or the log. What the log no longer holds is passed over, since a newer
// revision of it is about to come.
func (v *View) items(ctx context.Context, rows []place, latest map[review.ID]pipeline.Entry, filmPage pipeline.Link) ([]item, error) {
	shown := make(map[pipeline.Position]item, len(rows))
	list := make([]item, 0, len(rows))
	for _, row := range rows {
		it, ok := v.shown[row.position]
		if !ok {
			e, err := v.entry(ctx, row, latest)
			if errors.Is(err, pipeline.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			it = newItem(e, filmPage)
		}
		shown[row.position] = it
		list = append(list, it)
	}
	v.shown = shown
	return list, nil
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
