package pipeline

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Linker is a View that makes documents people may want to find. Links does not
// change while the view lives.
type Linker interface {
	Links() []Link
}

// Link is a document that people may want to find, for the index page and for
// pages of films.
type Link struct {
	Title     string `json:"title"`
	Path      string `json:"path"` // under the site's URL, no slash in front
	MediaType string `json:"media_type"`
	Feed      bool   `json:"feed"` // something to subscribe to
	// PerFilm: there is such a document for each film. FilmMark stands for the
	// film's id in Path, and for its name in Title: see [Link.Of].
	PerFilm bool `json:"per_film,omitempty"`
}

// FilmMark stands for a film in a Link that is PerFilm.
const FilmMark = "{film}"

// Of is the link to the document of one film, under the name that people know the
// film by. It is not ok if the link is not PerFilm, or if the film's id is no
// slug: then nobody can say where its documents are.
func (l Link) Of(film review.FilmID, name string) (of Link, ok bool) {
	if !l.PerFilm || !film.IsSlug() {
		return Link{}, false
	}
	l.Title = strings.ReplaceAll(l.Title, FilmMark, name)
	l.Path = strings.ReplaceAll(l.Path, FilmMark, string(film))
	l.PerFilm = false
	return l, true
}

// Format is what people call the link's media type.
func (l Link) Format() string {
	switch l.MediaType {
	case "application/rss+xml":
		return "RSS"
	case "application/atom+xml":
		return "Atom"
	case "application/feed+json":
		return "JSON Feed"
	}
	return l.MediaType
}

// FilmPage is the link among those offered to the page of each film, for people.
// It is not ok where no view makes such pages.
func FilmPage(offered []Link) (page Link, ok bool) {
	for _, l := range offered {
		if l.PerFilm && !l.Feed && l.MediaType == "text/html" {
			return l, true
		}
	}
	return Link{}, false
}

// ReviewAnchor is the id under which a review stands on its film's page.
func ReviewAnchor(id review.ID) string { return "r-" + string(id) }
