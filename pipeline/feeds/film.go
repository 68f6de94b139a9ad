package feeds

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/filmwire/filmwire/pipeline/review"
)

// filmFields takes what an item states about the film and the rating in elements
// of their own: Letterboxd's, and schema.org's itemReviewed and reviewRating.
func filmFields(d *review.Document, x ext.Extensions) {
	if len(x) == 0 {
		return
	}
	letterboxd(d, x)
	for _, prefix := range slices.Sorted(maps.Keys(x)) {
		for _, name := range slices.Sorted(maps.Keys(x[prefix])) {
			switch list := x[prefix][name]; {
			case len(list) == 0:
			case strings.EqualFold(name, "reviewRating") && d.RatingText == "":
				reviewRating(d, prefix+":"+name, list[0])
			case strings.EqualFold(name, "itemReviewed") && d.Stated.Film.Title == "":
				itemReviewed(&d.Stated.Film, list[0])
			}
		}
	}
}

// letterboxd reads the elements of a Letterboxd feed. Its ratings are half stars
// up to five. The publication date of an item is in New Zealand's time, so the
// day of the viewing comes from watchedDate only. An id of television
// (tmdb:tvId) is not one of a film.
func letterboxd(d *review.Document, x ext.Extensions) {
	own := x["letterboxd"]
	if rating := extension(x, "letterboxd", "memberRating"); rating != "" {
		d.RatingText, d.RatingField = rating, "letterboxd:memberRating"
		d.RatingScale = review.Scale{Best: review.Int(5)}
	}
	if own != nil {
		s := &d.Stated
		s.EntryKind = review.EntryRating // unless there is a text
		s.Film.Title = extension(x, "letterboxd", "filmTitle")
		s.Film.Year = year(extension(x, "letterboxd", "filmYear"))
		if day, err := review.ParseDate(extension(x, "letterboxd", "watchedDate")); err == nil {
			s.WatchedOn = day
		}
		s.Rewatch = strings.EqualFold(extension(x, "letterboxd", "rewatch"), "yes")
		s.Film.IDs.Letterboxd = letterboxdFilm(d.URL)
		s.Liked = strings.EqualFold(extension(x, "letterboxd", "memberLike"), "yes")
	}
	if extension(x, "tmdb", "tvId") != "" {
		d.Aside = review.AsideTelevision
	}
	if id := extension(x, "tmdb", "movieId"); digits(id) {
		d.Stated.Film.IDs.TMDB = id
	}
}

// letterboxdList is how the ids of the lists begin that stand in a member's feed.
const letterboxdList = "letterboxd-list-"

// letterboxdFilm is the film's slug in the address of a member's entry:
// letterboxd.com/jane/film/never-let-me-go/, with a number behind it from the
// second entry on.
func letterboxdFilm(link string) string {
	u, err := url.Parse(link)
	if err != nil || strings.TrimPrefix(u.Hostname(), "www.") != "letterboxd.com" {
		return ""
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 3 || parts[1] != "film" {
		return ""
	}
	return parts[2]
}

// reviewRating reads a schema.org Rating. Its scale counts only where it is
// stated: what schema.org assumes otherwise (1 to 5) is a guess. A name that is a
// letter is what the critic wrote, and the number beside it was worked out.
func reviewRating(d *review.Document, field string, e ext.Extension) {
	value, name := first(text(e.Children["ratingValue"]), e.Value), text(e.Children["name"])
	switch {
	case isGrade(name), value == "" && name != "":
		d.RatingText, d.RatingField = name, field
	case value != "":
		d.RatingText, d.RatingField = value, field
		d.RatingScale.Best, _ = review.ParseDecimal(text(e.Children["bestRating"]))
		d.RatingScale.Worst, _ = review.ParseDecimal(text(e.Children["worstRating"]))
	}
}

// isGrade reports that s is a letter from A to F, with or without a sign.
func isGrade(s string) bool {
	return s != "" && strings.ContainsRune("ABCDEF", rune(s[0])) && (len(s) == 1 || s[1:] == "+" || s[1:] == "-")
}

// itemReviewed reads a schema.org Movie, or whatever else has a name.
func itemReviewed(f *review.Film, e ext.Extension) {
	f.Title = text(e.Children["name"])
	date := first(text(e.Children["datePublished"]), text(e.Children["dateCreated"]))
	if f.Year == 0 && len(date) >= 4 {
		f.Year = year(date[:4])
	}
	for _, same := range e.Children["sameAs"] {
		catalogueID(&f.IDs, strings.TrimSpace(same.Value))
	}
}

// catalogueID takes a film's id out of the address of its page in a catalogue.
func catalogueID(ids *review.FilmIDs, link string) {
	u, err := url.Parse(link)
	if err != nil {
		return
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 2 {
		return
	}
	id := parts[1]
	switch strings.TrimPrefix(u.Hostname(), "www.") + "/" + parts[0] {
	case "imdb.com/title":
		ids.IMDb = id
	case "themoviedb.org/movie":
		ids.TMDB, _, _ = strings.Cut(id, "-")
	case "wikidata.org/wiki", "wikidata.org/entity":
		ids.Wikidata = id
	case "letterboxd.com/film":
		ids.Letterboxd = id
	}
}

func year(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1870 || n > 2200 {
		return 0
	}
	return n
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && len(s) < 12
}
