package exports

import (
	"errors"
	"fmt"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// imdb reads IMDb's ratings.csv, whose columns have come and gone over the years,
// so they are addressed by name. A rating is of one to ten, and the film's id is
// the best there is.
func (r *reading) imdb(t *table) error {
	for _, row := range sortedRows(t, "date rated") {
		if err := r.imdbRating(row); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) imdbRating(row row) error {
	id, title := row.get("const"), row.get("original title", "title")
	switch {
	case !strings.HasPrefix(id, "tt"):
		return r.problem(row.where(), fmt.Errorf("the column Const holds %q, which is no title's id; is a quote or a separator missing?", cut(id)))
	case title == "":
		return r.problem(row.where(), errors.New("names no film; is a quote or a separator missing?"))
	}
	d := review.Document{GUID: id, URL: "https://www.imdb.com/title/" + id + "/", Form: review.FormText}
	if television(row.get("title type")) && !r.export.Television {
		d.Aside = review.AsideTelevision
	}
	s := &d.Stated
	s.URL, s.EntryKind = d.URL, review.EntryRating
	s.Film.IDs.IMDb = id
	s.Film.Title = row.get("title", "original title")
	if original := row.get("original title"); original != s.Film.Title {
		s.Film.OriginalTitle = original
	}
	s.Film.Year = entry{row}.year()
	s.Film.Directors = split(row.get("directors"))
	s.PublishedAt, _ = review.ParseTime(row.get("date rated"))
	if rating := row.get("your rating"); rating != "" {
		d.RatingText, d.RatingField = rating, "Your Rating"
		d.RatingScale = review.Scale{Worst: review.Int(1), Best: review.Int(10)}
	}
	return r.document(d, append(append([]string{}, row.table.header...), row.values...)...)
}

// television tells the title types of television, which IMDb has spelled in more
// than one way (tvSeries, TV Series), from those of films. A film made for
// television is a film.
func television(kind string) bool {
	kind = strings.ToLower(strings.ReplaceAll(kind, " ", ""))
	switch kind {
	case "tvmovie", "tvspecial", "tvshort":
		return false
	case "videogame", "podcastseries", "podcastepisode", "musicvideo":
		return true
	}
	return strings.HasPrefix(kind, "tv")
}
