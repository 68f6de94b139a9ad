package ratings

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View is the view. Its state has two kinds of keys:
//
//	film/<film>/<review>   a [row]: what the review adds to the film
//	review/<review>        the film under which the row stands
type View struct {
	settings Settings
	site     pipeline.Site
	log      *slog.Logger
	links    func() []pipeline.Link
	template *template.Template
	offered  []pipeline.Link // see feeds
	asked    bool
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "state=2 page=1"

// New makes the view. Settings that Check finds fault with are an error.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("ratings %q: %w", env.Name, errors.Join(faults...))
	}
	t, err := parse()
	if err != nil {
		return nil, fmt.Errorf("ratings %q: %w", env.Name, err)
	}
	site := env.Site
	site.Title = cmp.Or(review.Line(site.Title), site.URL)
	return &View{settings: s, site: site, log: env.Log, links: env.Links, template: t}, nil
}

// Version changes with the settings, with how documents are computed, and with
// what the pages say besides: of the site, and of the feeds that other views make
// of each film. It is asked once all views are open.
func (v *View) Version() string {
	around, err := json.Marshal([]any{v.site, v.feeds()})
	if err != nil {
		panic("ratings: links have no JSON form: " + err.Error()) // they are strings
	}
	return fmt.Sprintf("%s %s prior=%s,%s %s around=%x", v.settings.algorithm(), conversion,
		v.settings.Prior.Mean, v.settings.Prior.Weight, codeVersion, sha256.Sum256(around))
}

// Links is the page of each film.
func (v *View) Links() []pipeline.Link {
	return []pipeline.Link{{Title: pipeline.FilmMark, Path: PagePath(pipeline.FilmMark), MediaType: "text/html", PerFilm: true}}
}

// feeds are those that other views make of each film.
func (v *View) feeds() []pipeline.Link {
	if v.asked || v.links == nil {
		return v.offered
	}
	v.asked = true
	for _, l := range v.links() {
		if l.PerFilm && l.Feed {
			v.offered = append(v.offered, l)
		}
	}
	return v.offered
}

// Path is where the aggregate of a film stands.
func Path(id review.FilmID) string { return "films/" + string(id) + ".json" }

// PagePath is where the page of a film stands.
func PagePath(id review.FilmID) string { return "films/" + string(id) + ".html" }

func rowsKey(id review.FilmID) string              { return "film/" + string(id) + "/" }
func rowKey(id review.FilmID, of review.ID) string { return rowsKey(id) + string(of) }
func reviewKey(of review.ID) string                { return "review/" + string(of) }

// Apply updates the rows of the reviews, then renders each film they touched once.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	changed := map[review.FilmID]bool{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		if e.Review == nil {
			continue
		}
		if err := v.place(e, st, changed); err != nil {
			return fmt.Errorf("ratings: review %s: %w", e.Review.ReviewID, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		if err := v.render(id, st, docs); err != nil {
			return fmt.Errorf("ratings: film %s: %w", id, err)
		}
	}
	return nil
}

// place puts the review's row under its film, or takes it away, and notes which
// films that changes.
func (v *View) place(e pipeline.Entry, st pipeline.State, changed map[review.FilmID]bool) error {
	id, film := e.Review.ReviewID, v.filmOf(e)
	if before, had := st.Get(reviewKey(id)); had && review.FilmID(before) != film {
		st.Delete(rowKey(review.FilmID(before), id))
		st.Delete(reviewKey(id))
		changed[review.FilmID(before)] = true
	}
	if film == "" {
		return nil
	}
	now, err := json.Marshal(newRow(e.Review))
	if err != nil {
		return err
	}
	if before, had := st.Get(rowKey(film, id)); had && bytes.Equal(before, now) {
		return nil
	}
	st.Set(rowKey(film, id), now)
	st.Set(reviewKey(id), []byte(film))
	changed[film] = true
	return nil
}

// filmOf is the film whose rating the entry is part of, "" for none: the review
// is not to be shown, or its film's id could not be the name of a document.
func (v *View) filmOf(e pipeline.Entry) review.FilmID {
	if !e.Live || e.Review.Film.ID == "" {
		return ""
	}
	if !e.Review.Film.ID.IsSlug() {
		v.log.Warn("review counts for no film: the film's id is no slug", "review", e.Review.ReviewID, "film", e.Review.Film.ID)
		return ""
	}
	return e.Review.Film.ID
}

func (v *View) render(id review.FilmID, st pipeline.State, docs pipeline.Documents) error {
	var rows []row
	var fault error
	prefix := rowsKey(id)
	st.Scan(prefix, func(key string, value []byte) bool {
		r := row{ID: review.ID(key[len(prefix):])}
		fault = json.Unmarshal(value, &r)
		rows = append(rows, r)
		return fault == nil
	})
	if fault != nil {
		return fault
	}
	if len(rows) == 0 {
		docs.Remove(Path(id))
		docs.Remove(PagePath(id))
		return nil
	}
	a := v.settings.aggregate(id, rows)
	content, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	page, err := v.page(id, &a, rows)
	if err != nil {
		return err
	}
	docs.Put(Path(id), append(content, '\n'))
	docs.Put(PagePath(id), page)
	return nil
}
