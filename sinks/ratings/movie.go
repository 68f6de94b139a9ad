package ratings

import (
	"strconv"

	"github.com/filmwire/filmwire/pipeline/review"
)

// movie is the film in the words of schema.org/Movie, for search engines: what a
// page says in JSON-LD beside what people read.
type movie struct {
	Context   string      `json:"@context"`
	Type      string      `json:"@type"`
	Name      string      `json:"name"`
	Also      []string    `json:"alternateName,omitempty"`
	Year      string      `json:"datePublished,omitempty"`
	Directors []person    `json:"director,omitempty"`
	URL       string      `json:"url"`
	Same      []string    `json:"sameAs,omitempty"`
	Rating    *allRatings `json:"aggregateRating,omitempty"`
}

type person struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

// allRatings always states best and worst: readers would take 1 to 5 for granted.
type allRatings struct {
	Type  string         `json:"@type"`
	Value review.Decimal `json:"ratingValue"`
	Count int            `json:"ratingCount"`
	Best  int            `json:"bestRating"`
	Worst int            `json:"worstRating"`
}

func newMovie(p *page) movie {
	m := movie{
		Context: "https://schema.org", Type: "Movie", Name: p.Title, URL: p.Canonical, Same: p.Film.IDs.Pages(),
	}
	for _, title := range append([]string{p.Original}, p.Film.AltTitles...) {
		if title = review.Line(title); title != "" {
			m.Also = append(m.Also, title)
		}
	}
	if p.Year != 0 {
		m.Year = strconv.Itoa(p.Year)
	}
	for _, name := range p.Film.Directors {
		if name = review.Line(name); name != "" {
			m.Directors = append(m.Directors, person{"Person", name})
		}
	}
	if p.N > 0 {
		m.Rating = &allRatings{"AggregateRating", p.Mean, p.N, 100, 0}
	}
	return m
}
