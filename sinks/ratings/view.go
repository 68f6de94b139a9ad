package ratings

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View is the view. Its state has two kinds of keys, besides those of the [index]:
//
//	film/<film>/<review>   a [row]: what the review adds to the film
//	review/<review>        the film under which the row stands
type View struct {
	settings Settings
	site     pipeline.Site
	log      *slog.Logger
	links    func() []pipeline.Link
	offered  []pipeline.Link // see feeds
	asked    bool
	orders   []*order
	paper    markup // the last page's memory, for the next
	scratch  scratch
}

var (
	_ pipeline.View   = (*View)(nil)
	_ pipeline.Linker = (*View)(nil)
)

// codeVersion changes when the same reviews and settings give other bytes.
const codeVersion = "state=6 page=5"

// New makes the view.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	site := env.Site
	site.Title = cmp.Or(review.Line(site.Title), site.URL)
	return &View{settings: s, site: site, log: env.Log, links: env.Links, orders: orders()}, nil
}

// Settings are those the view counts by.
func (v *View) Settings() Settings { return v.settings }

// Version changes with the settings, with how documents are computed, and with
// what the pages say besides: of the site, and of the feeds that other views make
// of each film. It is asked once all views are open.
func (v *View) Version() string {
	around, err := json.Marshal([]any{v.site, v.feeds(), v.settings.Own})
	if err != nil {
		panic("ratings: links have no JSON form: " + err.Error()) // they are strings
	}
	return fmt.Sprintf("%s %s prior=%s,%s %s around=%x", v.settings.algorithm(), conversion,
		v.settings.Prior.Mean, v.settings.Prior.Weight, codeVersion, sha256.Sum256(around))
}

// Links is the page of each film, and the list of them all.
func (v *View) Links() []pipeline.Link {
	return []pipeline.Link{
		{Title: pipeline.FilmMark, Path: PagePath(pipeline.FilmMark), MediaType: "text/html", PerFilm: true},
		{Title: "All films", Path: v.orders[0].root + ".html", MediaType: "text/html"},
	}
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
	touched := map[review.FilmID]change{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		switch {
		case e.Review != nil:
			v.place(e, st, touched)
		case e.Film.Kind == review.FilmMerged && isName(e.Film.FilmID):
			touched[e.Film.FilmID] |= left
		}
	}
	x := v.index(st)
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		if err := v.render(id, touched[id], x, docs); err != nil {
			return fmt.Errorf("ratings: film %s: %w", id, err)
		}
	}
	x.saveAll()
	x.publish(v, docs)
	return nil
}

// begunKey is there once the lists have been published, empty as they are at first.
const begunKey = "begun"

// index opens the lists for a batch.
func (v *View) index(st pipeline.State) *index {
	x := &index{st: st, orders: v.orders, dirty: map[place]bool{}, sizes: map[string]int{}, unsaved: map[string]bool{}, fronts: map[*order]string{}, scratch: &v.scratch}
	if _, begun := st.Get(begunKey); !begun {
		st.Set(begunKey, nil)
		for _, o := range v.orders {
			x.dirty[place{o, ""}] = true
		}
	}
	return x
}

// change says why a film is looked at again.
type change uint8

const (
	// other: its rows are not what they were.
	other change = 1 << iota
	// left: a review is not, or no longer, of this film, and it may have no other.
	// Its documents are removed then, though this view may never have made them: a
	// log that has forgotten older revisions tells of reviews that went, not of
	// those that came.
	left
)

// place puts the review's row under its film, or takes it away, and notes which
// films that changes.
func (v *View) place(e pipeline.Entry, st pipeline.State, touched map[review.FilmID]change) {
	id, film := e.Review.ReviewID, v.filmOf(e)
	at, had := st.Get(reviewKey(id))
	before := review.FilmID(at)
	if had && before != film {
		st.Delete(rowKey(before, id))
		st.Delete(reviewKey(id))
		touched[before] |= other
	}
	if film == "" {
		if isName(e.Review.Film.ID) {
			touched[e.Review.Film.ID] |= left
		}
		return
	}
	r := newRow(e.Review)
	r.Own = v.ownReview(e.Review, &r)
	now := r.encode()
	if had && before == film {
		if known, _ := st.Get(rowKey(film, id)); bytes.Equal(known, now) {
			return
		}
	}
	st.Set(rowKey(film, id), now)
	st.Set(reviewKey(id), []byte(film))
	touched[film] |= other
}

// indexName is what every web server gives for a folder, so no film can have it.
const indexName = "index"

// isName reports that a film's id can be the name of its documents.
func isName(id review.FilmID) bool { return id.IsSlug() && id != indexName }

// filmOf is the film whose rating the entry is part of, "" for none: the review
// is not to be shown, or its film's id could not be the name of a document.
func (v *View) filmOf(e pipeline.Entry) review.FilmID {
	if !e.Live || e.Review.Film.ID == "" {
		return ""
	}
	if !isName(e.Review.Film.ID) {
		v.log.Warn("review counts for no film: the film's id cannot be the name of a page", "review", e.Review.ReviewID, "film", e.Review.Film.ID)
		return ""
	}
	return e.Review.Film.ID
}

// rows are those of a film, in the order of their ids.
func rows(id review.FilmID, st pipeline.Reader) (list []row, err error) {
	prefix := rowsKey(id)
	st.Scan(prefix, func(key string, value []byte) bool {
		var r row
		r, err = decode(review.ID(key[len(prefix):]), value)
		list = append(list, r)
		return err == nil
	})
	return list, err
}

// render makes a film's documents and its place in the lists what its rows say.
func (v *View) render(id review.FilmID, why change, x *index, docs pipeline.Documents) error {
	rows, err := rows(id, x.st)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		docs.Remove(Path(id))
		docs.Remove(PagePath(id))
		return x.keep(id, nil)
	}
	if why&other == 0 {
		return nil
	}
	a, t := v.settings.aggregate(id, rows)
	docs.Put(Path(id), document(&a, t, rows))
	docs.Put(PagePath(id), v.page(id, &a, t, rows))
	return x.keep(id, &card{
		ID: id, Title: titleOf(&a.Film), Year: a.Film.Year, N: a.N, TooFew: a.TooFew, Mean: a.Mean, Ranked: a.Ranked,
		Reviews: len(rows), Date: date(rows[0].Date), URL: v.canonical(PagePath(id)),
	})
}
