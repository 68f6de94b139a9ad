package pages

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// item is one review as the page shows it. Its strings are on one line; what is
// not known is empty.
type item struct {
	Film     string // "Heat (1995)", else the review's title
	FilmPath string // of the film's page, where there is one
	Title    string // the review's own, where it says more than which film it is
	URL      string // http or https
	Critic   string // those who wrote it, with the outlet
	Rating   string // with its scale
	Lost     bool   // there was a rating
	Date     string // YYYY-MM-DD
	Summary  string
	Spoiler  bool
	Language string
}

// summaryRunes is the most of a text that the page shows.
const summaryRunes = 300

// newItem makes the item of an event. page is where the pages of films are.
func newItem(e *review.Event, page pipeline.Link) item {
	it := item{
		Film:     review.Line(e.Film.Title),
		Title:    e.OwnTitle(),
		URL:      review.WebURL(e.URL),
		Critic:   e.Signature(),
		Rating:   e.Rating.Text(),
		Lost:     e.Rating.Kind == review.Lost,
		Date:     date(e.Date()),
		Summary:  e.Excerpt(summaryRunes),
		Spoiler:  e.Spoiler,
		Language: language(e.Language),
	}
	if it.Film != "" && e.Film.Year != 0 {
		it.Film += " (" + strconv.Itoa(e.Film.Year) + ")"
	}
	if it.Film == "" {
		it.Film, it.Title = cmp.Or(review.Line(e.Title), "A review"), ""
	}
	if of, ok := page.Of(e.Film.ID, it.Film); ok {
		it.FilmPath = of.Path
	}
	return it
}

func date(t time.Time) string {
	if t = t.UTC(); t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.DateOnly)
}

// language is a tag for a lang attribute, "" for what cannot be one.
func language(tag string) string {
	if strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return ""
	}
	return tag
}
