package letterboxd

import (
	"bytes"
	"encoding/csv"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// columns are those that Letterboxd knows, in its order.
func columns() []string {
	return []string{
		"LetterboxdURI", "tmdbID", "imdbID", "Title", "Year", "Directors",
		"Rating", "Rating10", "WatchedDate", "Rewatch", "Tags", "Review",
	}
}

// excerptLength is how many runes an excerpt has at most.
const excerptLength = 500

// isFilm says whether Letterboxd has anything to find the film by.
func isFilm(f *review.Film) bool {
	return review.Line(f.Title) != "" || f.IDs.TMDB != "" || f.IDs.IMDb != "" || f.IDs.Letterboxd != ""
}

// row is a review as a row of the file.
func (s *Settings) row(e *review.Event) []byte {
	line := encode(s.values(e, s.text(e)))
	if len(line) > maxRow {
		line = encode(s.values(e, excerpt(e)))
	}
	return line
}

func (s *Settings) values(e *review.Event, text string) []string {
	stars, points := rating(&e.Rating)
	day := s.day(e)
	rewatch, tags := "", ""
	if day != "" {
		tags = tagList(e.Tags)
		if e.Rewatch {
			rewatch = "true"
		}
	}
	return []string{
		filmURI(&e.Film), review.Line(e.Film.IDs.TMDB), review.Line(e.Film.IDs.IMDb),
		review.Line(e.Film.Title), year(e.Film.Year), tagList(e.Film.Directors),
		stars, points, day, rewatch, tags, text,
	}
}

// encode writes a record of CSV.
func encode(values []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(values) // to memory: it cannot fail
	w.Flush()
	return b.Bytes()
}

// filmURI is the film's page, where it is known.
func filmURI(f *review.Film) string {
	if f.IDs.Letterboxd == "" {
		return ""
	}
	pages := review.FilmIDs{Letterboxd: review.Line(f.IDs.Letterboxd)}.Pages()
	return pages[0]
}

func year(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// tagList is a list with commas between the items, which therefore hold none.
func tagList(items []string) string {
	var clean []string
	for _, item := range items {
		if item = review.Line(strings.ReplaceAll(item, ",", " ")); item != "" {
			clean = append(clean, item)
		}
	}
	return strings.Join(clean, ", ")
}

// rating is the critic's own stars of five where whole and half ones tell them, else
// whole points of ten; both "" where there is no number, and for zero, which nobody can
// give there.
func rating(r *review.Rating) (stars, points string) {
	if r.Kind != review.Scored || r.Norm.Sign() <= 0 && (r.Value.IsZero() || r.Value.Sign() <= 0) {
		return "", ""
	}
	if ofFive := r.Letter == "" && r.Best.Cmp(review.Int(5)) == 0 && r.Worst.Sign() >= 0; ofFive && r.Value.Sign() > 0 {
		halves := new(big.Rat).Add(r.Value.Rat(), r.Value.Rat())
		if halves.IsInt() && halves.Cmp(big.NewRat(10, 1)) <= 0 {
			n := int(halves.Num().Int64())
			return strconv.Itoa(n/2) + [...]string{"", ".5"}[n%2], ""
		}
	}
	n := review.Round(new(big.Rat).Quo(r.Norm.Rat(), big.NewRat(10, 1)), 0)
	if n.Sign() <= 0 {
		n = review.Int(1) // the least there is
	}
	return "", n.String()
}

// day is the day in the diary.
func (s *Settings) day(e *review.Event) string {
	switch {
	case !e.WatchedOn.IsZero():
		return e.WatchedOn.String()
	case s.Dates == byPublished && !e.PublishedAt.IsZero():
		return e.PublishedAt.Format(time.DateOnly)
	}
	return ""
}

// text is what goes along of the review's text.
func (s *Settings) text(e *review.Event) string {
	full := e.Rights == review.RightsFull || e.Rights == ""
	switch {
	case s.Text == textNone || e.EntryKind == review.EntryRating:
		return ""
	case s.Text == textExcerpt || !full:
		return excerpt(e)
	case e.BodyHTML != "":
		return markup(e.BodyHTML)
	case e.BodyText != "":
		return paragraphs(e.BodyText)
	}
	return escape(review.Line(e.Summary))
}

// excerpt is the beginning of the review, as far as its rights allow, and where the
// rest is.
func excerpt(e *review.Event) string {
	text, link := escape(e.Excerpt(excerptLength)), review.WebURL(e.URL)
	if link == "" {
		return text
	}
	link = anchor(link) + escape(link) + "</a>"
	if text == "" {
		return link
	}
	return text + "\n\n" + link
}
