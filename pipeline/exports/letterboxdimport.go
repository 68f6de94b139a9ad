package exports

import (
	"errors"
	"net/url"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// isLetterboxdImport reports whether a table is in the format that Letterboxd imports,
// as many tools write it: these two columns have no other meaning.
func (t *table) isLetterboxdImport() bool { return t.has("letterboxduri") || t.has("rating10") }

// letterboxdImport reads a table that is meant for Letterboxd's import. A film may be
// known by ids alone there.
func (r *reading) letterboxdImport(t *table) error {
	for _, row := range sortedRows(t, "watcheddate") {
		e := entry{row}
		film := importedFilm(e)
		if film.Title == "" && film.IDs.IsZero() {
			if err := r.problem(row.where(), errors.New("names no film: neither Title nor an id is there")); err != nil {
				return err
			}
			continue
		}
		d := review.Document{Form: review.FormHTML, Body: paragraphs(e.get("review"))}
		s := &d.Stated
		s.Film, s.EntryKind = film, review.EntryRating // unless there is a text
		s.WatchedOn, s.Tags = e.day(), split(e.get("tags"))
		s.Rewatch = strings.EqualFold(e.get("rewatch"), "true") || strings.EqualFold(e.get("rewatch"), "yes")
		d.GUID = review.DiaryGUID(named(film), e.day())
		d.RatingText, d.RatingField, d.RatingScale = e.importedRating()
		if err := r.document(d, append(append([]string{}, t.header...), row.values...)...); err != nil {
			return err
		}
	}
	return nil
}

// importedFilm is what a row says of its film.
func importedFilm(e entry) review.Film {
	f := review.Film{Title: e.get("title", "name"), Year: e.year(), Directors: split(e.get("directors"))}
	f.IDs.TMDB, f.IDs.IMDb = e.get("tmdbid"), e.get("imdbid")
	if u, err := url.Parse(e.get("letterboxduri")); err == nil {
		if slug, ok := strings.CutPrefix(u.Path, "/film/"); ok {
			f.IDs.Letterboxd, _, _ = strings.Cut(slug, "/")
		}
	}
	return f
}

// named is the film under a title, which is an id where there is nothing else.
func named(f review.Film) *review.Film {
	if f.Title == "" {
		f.IDs.Each(func(catalogue, id string) { f.Title = catalogue + ":" + id })
	}
	return &f
}

// importedRating is the rating of a row. Of two, that of the later column counts, as
// at Letterboxd.
func (e entry) importedRating() (text, field string, scale review.Scale) {
	t := e[0].table
	for _, column := range t.header {
		name := strings.TrimSpace(column)
		best := map[string]int64{"rating": 5, "rating10": 10}[strings.ToLower(name)]
		if value := e.get(strings.ToLower(name)); best != 0 && value != "" {
			text, field, scale = value, name, review.Scale{Best: review.Int(best)}
		}
	}
	return text, field, scale
}
