package ratings

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// movie is the film in the words of schema.org/Movie, for search engines: what a
// page says in JSON-LD beside what people read. Their rules want a site to mark up
// its own reviews and nobody else's; so do we.
type movie struct {
	Context   string      `json:"@context"`
	Type      string      `json:"@type"`
	Name      string      `json:"name"`
	Also      []string    `json:"alternateName,omitempty"`
	Year      string      `json:"datePublished,omitempty"`
	Directors []party     `json:"director,omitempty"`
	URL       string      `json:"url"`
	Same      []string    `json:"sameAs,omitempty"`
	Rating    *allRatings `json:"aggregateRating,omitempty"`
}

// party is a schema.org/Person or an Organization.
type party struct {
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
	if p.Film.Year != 0 {
		m.Year = strconv.Itoa(p.Film.Year)
	}
	for _, name := range p.Film.Directors {
		if name = review.Line(name); name != "" {
			m.Directors = append(m.Directors, party{"Person", name})
		}
	}
	if p.Own.n > 0 {
		m.Rating = &allRatings{"AggregateRating", review.Round(p.Own.mean(), places), p.Own.n, 100, 0}
	}
	return m
}

// jsonLD is the movie with the site's own reviews of it. They stand in their rows
// as JSON already.
func (p *page) jsonLD(rows []row) string {
	text := mustJSON(newMovie(p))
	between := `,"review":[`
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(text, "}"))
	for i := range rows {
		if rows[i].Own != "" {
			b.WriteString(between)
			b.WriteString(rows[i].Own)
			between = ","
		}
	}
	if between == "," {
		b.WriteByte(']')
	}
	b.WriteByte('}')
	return b.String()
}

// ownReview is a review of the site's own in the words of schema.org/Review.
type ownReview struct {
	Type      string     `json:"@type"`
	Author    parties    `json:"author"`
	Publisher *party     `json:"publisher,omitempty"`
	Name      string     `json:"name,omitempty"`
	Date      string     `json:"datePublished,omitempty"`
	Language  string     `json:"inLanguage,omitempty"`
	URL       string     `json:"url"`
	Rating    *oneRating `json:"reviewRating,omitempty"`
}

// oneRating is on the critic's own scale, where there is one.
type oneRating struct {
	Type  string         `json:"@type"`
	Value review.Decimal `json:"ratingValue"`
	Best  review.Decimal `json:"bestRating"`
	Worst review.Decimal `json:"worstRating"`
}

// ownReview is what search engines are told of a review, "" for one that is not
// the site's own.
func (v *View) ownReview(e *review.Event, r *row) string {
	if !v.isOwn(e) {
		return ""
	}
	outlet := review.Line(string(e.Critic.Outlet))
	o := ownReview{
		Type: "Review", Author: persons(e), Name: e.OwnTitle(), Date: date(r.Date),
		Language: language(e.Language), URL: review.WebURL(e.URL),
	}
	if len(o.Author) == 0 {
		o.Author = parties{{"Organization", cmp.Or(outlet, v.site.Title)}}
	} else if outlet != "" {
		o.Publisher = &party{"Organization", outlet}
	}
	if o.URL == "" {
		o.URL = v.canonical(PagePath(e.Film.ID)) + "#" + url.PathEscape(pipeline.ReviewAnchor(r.ID))
	}
	if r.counts() {
		o.Rating = &oneRating{"Rating", r.Norm, review.Int(100), review.Int(0)}
		if g := &e.Rating; g.Letter == "" && !g.Value.IsZero() && !g.Best.IsZero() {
			o.Rating.Value, o.Rating.Best = g.Value, g.Best
			if !g.Worst.IsZero() {
				o.Rating.Worst = g.Worst
			}
		}
	}
	return mustJSON(o)
}

// parties are one or several, as JSON-LD writes them: one is no list.
type parties []party

// MarshalJSON writes one as it is.
func (p parties) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]party(p))
}

// persons are the critics who are named.
func persons(e *review.Event) parties {
	var list parties
	for _, c := range e.Critics() {
		if p := (party{"Person", review.Line(c.Name)}); p.Name != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// anyOutlet, in the settings, makes every outlet the site's own.
const anyOutlet = "*"

// isOwn reports whether a review is the site's own: by its outlet, and where it
// states none, by its address, which is on the site or nowhere.
func (v *View) isOwn(e *review.Event) bool {
	own := v.settings.Own
	if len(own) == 0 {
		own = []string{v.site.Title}
	}
	if slices.Contains(own, anyOutlet) {
		return true
	}
	outlet := review.Line(string(e.Critic.Outlet))
	if outlet != "" {
		return slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(review.Line(o), outlet) })
	}
	at := review.WebURL(e.URL)
	return at == "" || strings.HasPrefix(at, v.site.URL+"/")
}
