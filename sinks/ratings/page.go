package ratings

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math/big"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

//go:embed film.tmpl
var filmTemplate string

// page is the data of the template. Its strings are on one line; what is not known
// is empty.
type page struct {
	Site      pipeline.Site
	Canonical string
	JSON      string // the aggregate, as a relative URL
	Name      string // with the year, as in "Heat (1995)"
	Title     string
	Year      int
	Original  string // the title it was made under, where it is another
	Directors string
	Countries string
	Feeds     []feed

	Aggregate
	Scores  string // how many: "3 scores"
	Listed  string // how many: "4 reviews"
	Kinds   string // of what kinds
	Share   interval
	Bars    []bar
	Spread  string // what the bars show, in words
	Entries []entry
	JSONLD  movie
}

// interval is the share of positive reviews in percent.
type interval struct{ Positive, Low, High string }

// entry is one review on the page.
type entry struct {
	Vote
	Anchor   string
	By       string // critic and outlet
	Title    string
	Link     string // http or https
	Date     string // YYYY-MM-DD
	Rating   string // with its scale
	Written  string // as the critic wrote it, where that looks otherwise
	Lost     bool
	Excerpt  string
	Spoiler  bool
	Language string
}

// feed is one feed of the film in all its formats.
type feed struct {
	Title   string
	Formats []pipeline.Link
}

func parse() (*template.Template, error) {
	t, err := template.New("film").Funcs(template.FuncMap{"href": href, "type": typeAttr}).Parse(filmTemplate)
	if err != nil {
		return nil, fmt.Errorf("film template: %w", err)
	}
	return t, nil
}

// page renders the page of a film. rows are those that the aggregate was computed
// from, in the same order.
func (v *View) page(id review.FilmID, a *Aggregate, rows []row) ([]byte, error) {
	p := &page{
		Site: v.site, Canonical: v.site.URL + "/" + href(PagePath(id)), JSON: href(path.Base(Path(id))),
		Title: review.Line(a.Film.Title), Year: a.Film.Year,
		Directors: names(a.Film.Directors), Countries: names(a.Film.Countries),
		Aggregate: *a, Scores: count(a.N, "score", "scores"), Listed: count(len(rows), "review", "reviews"), Kinds: kinds(&a.Counts),
	}
	if p.Title == "" {
		p.Title = string(id)
	}
	if original := review.Line(a.Film.OriginalTitle); original != p.Title {
		p.Original = original
	}
	p.Name = p.Title
	if p.Year != 0 {
		p.Name += " (" + strconv.Itoa(p.Year) + ")"
	}
	if a.N > 0 {
		p.Share = interval{percent(a.Positive.Share), percent(a.Positive.Low), percent(a.Positive.High)}
		p.Bars, p.Spread = bars(a.Histogram), spread(a.Histogram)
	}
	for i := range rows {
		p.Entries = append(p.Entries, newEntry(&rows[i], &a.Reviews[i]))
	}
	p.Feeds = feedsOf(v.feeds(), id, p.Name)
	p.JSONLD = newMovie(p)
	var b bytes.Buffer
	if err := v.template.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	return b.Bytes(), nil
}

func newEntry(r *row, vote *Vote) entry {
	n := entry{
		Vote:     *vote,
		Anchor:   pipeline.ReviewAnchor(r.ID),
		By:       review.Line(r.Critic),
		Title:    r.Title,
		Link:     review.WebURL(r.URL),
		Date:     date(r.Date),
		Rating:   r.Rating.Text(),
		Lost:     r.Rating.Kind == review.Lost,
		Excerpt:  r.Excerpt,
		Spoiler:  r.Spoiler,
		Language: language(r.Language),
	}
	if outlet := review.Line(string(r.Outlet)); outlet != "" && outlet != n.By {
		n.By = strings.TrimPrefix(n.By+", "+outlet, ", ")
	}
	n.Written = written(r, n.Rating)
	return n
}

// longestWritten is the longest rating that is shown as it was written, in bytes.
const longestWritten = 60

// written is the rating as the critic wrote it, "" where that is what is shown
// already, or a number without its scale.
func written(r *row, shown string) string {
	raw := review.Line(r.Rating.Raw)
	squeezed := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	switch {
	case r.Rating.Kind == review.Unrated, len(raw) > longestWritten, squeezed(raw) == squeezed(shown):
		return ""
	case r.Rating.Kind == review.Scored && raw == r.Rating.Value.String():
		return ""
	}
	return raw
}

// kinds says how many reviews have a rating of each kind, for those kinds there are.
func kinds(c *Counts) string {
	var list []string
	for _, k := range []struct {
		n         int
		one, many string
	}{
		{c.Scored, "score", "scores"},
		{c.Verdict, "verdict without a number", "verdicts without a number"},
		{c.Unrated, "without a rating", "without a rating"},
		{c.Lost, "rating lost", "ratings lost"},
		{c.Ambiguous, "number on no known scale", "numbers on no known scale"},
		{c.Invalid, "impossible rating", "impossible ratings"},
	} {
		if k.n > 0 {
			list = append(list, count(k.n, k.one, k.many))
		}
	}
	return strings.Join(list, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// percent is a share with three places as a percentage with one, which is dropped
// where it is zero.
func percent(d review.Decimal) string {
	s := review.Round(new(big.Rat).Mul(d.Rat(), big.NewRat(100, 1)), 1).String()
	return strings.TrimSuffix(s, ".0") + "\u00a0%"
}

// feedsOf are the film's feeds: links that differ only in their format together,
// in the order they came.
func feedsOf(links []pipeline.Link, id review.FilmID, name string) []feed {
	var feeds []feed
	at := map[string]int{}
	for _, l := range links {
		l, ok := l.Of(id, name)
		if !ok {
			continue
		}
		base := strings.TrimSuffix(l.Path, path.Ext(l.Path))
		if _, ok := at[base]; !ok {
			at[base] = len(feeds)
			feeds = append(feeds, feed{Title: review.Line(l.Title)})
		}
		f := &feeds[at[base]]
		f.Formats = append(f.Formats, l)
	}
	return feeds
}

func names(list []string) string {
	var clean []string
	for _, name := range list {
		if name = review.Line(name); name != "" {
			clean = append(clean, name)
		}
	}
	return strings.Join(clean, ", ")
}

func date(t time.Time) string {
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
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

// href is a path as a URL, each part of it encoded.
func href(document string) string {
	parts := strings.Split(document, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// typeAttr is a type attribute with the media type as it is: html/template would
// write the plus of application/rss+xml as a reference, which those who look for
// feeds without parsing HTML do not find. What is no media type is left out.
func typeAttr(mediaType string) template.HTMLAttr {
	if mediaType == "" || strings.Trim(mediaType, "abcdefghijklmnopqrstuvwxyz0123456789/+.-") != "" {
		return ""
	}
	return template.HTMLAttr(`type="` + mediaType + `"`)
}
