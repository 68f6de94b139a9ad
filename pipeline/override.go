package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Override is the operator's word on which film is which. Exactly one of Same,
// Different, Alias and Review is set.
type Override struct {
	Same      []FilmRef // these are one film; the first gives it its id
	Different []FilmRef // no two of these are one film
	Alias     string    // a film of this title is Film
	Year      int       // and of this year, with Alias; 0 for any
	Review    string    // the review with this id or address is of Film
	Film      FilmRef
}

// FilmRef names a film: by its id here, by a catalogue's id, or by title and year.
type FilmRef struct {
	Film  review.FilmID  `config:"film" doc:"The film's id, the last part of its page's address."`
	IDs   review.FilmIDs // one of them
	Title string         `config:"title" doc:"The film's title, in any spelling the rules take for one."`
	Year  int            `config:"year" doc:"With title: the film's year. Default: a film whose year is not known."`
}

// IsZero reports that no film is named.
func (r FilmRef) IsZero() bool { return r == FilmRef{} }

// ErrFilmRef says how a film is named.
var ErrFilmRef = errors.New(`want a film's id here (amelie-2001), a catalogue's (imdb:tt0211915, tmdb:194, wikidata:Q484048, letterboxd:amelie), or title and year ("Amélie (2001)")`)

// UnmarshalText reads a film's id here, a catalogue's with its name before it, or
// a title with its year in brackets.
func (r *FilmRef) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if title, ok := strings.CutSuffix(s, ")"); ok {
		if at := strings.LastIndexByte(title, '('); at > 0 {
			year, err := strconv.Atoi(title[at+1:])
			if err == nil && len(title[at+1:]) == 4 {
				*r = FilmRef{Title: strings.TrimSpace(title[:at]), Year: year}
				return nil
			}
		}
	}
	if catalogue, id, ok := strings.Cut(s, ":"); ok && id != "" && !strings.ContainsAny(id, " /") {
		ids := review.FilmIDs{}
		if ids.Set(catalogue, id) {
			*r = FilmRef{IDs: ids}
			return nil
		}
	}
	if id := review.FilmID(s); id.IsSlug() {
		*r = FilmRef{Film: id}
		return nil
	}
	return fmt.Errorf("%q names no film: %w", s, ErrFilmRef)
}

// String is the reference as it is written in the file.
func (r FilmRef) String() string {
	switch {
	case r.Film != "":
		return string(r.Film)
	case r.Title != "" && r.Year != 0:
		return fmt.Sprintf("%s (%d)", r.Title, r.Year)
	case r.Title != "":
		return r.Title
	}
	text := ""
	r.IDs.Each(func(catalogue, id string) { text = catalogue + ":" + id })
	return text
}

// String is the override in one line. It names it in events: two overrides that
// say the same are one.
func (o Override) String() string {
	switch {
	case len(o.Same) > 0:
		return "same: " + joinRefs(o.Same)
	case len(o.Different) > 0:
		return "different: " + joinRefs(o.Different)
	case o.Review != "":
		return "review: " + o.Review + " is " + o.Film.String()
	case o.Year != 0:
		return fmt.Sprintf("alias: %s (%d) is %s", o.Alias, o.Year, o.Film)
	}
	return "alias: " + o.Alias + " is " + o.Film.String()
}

func joinRefs(refs []FilmRef) string {
	var b strings.Builder
	for i, r := range refs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(r.String())
	}
	return b.String()
}
