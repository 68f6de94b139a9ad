package ratings

import (
	"bytes"
	_ "embed"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

//go:embed page.css
var pageStyle string

// page is what a film's page is made of. Its strings are on one line; what is not
// known is empty.
type page struct {
	*Aggregate
	Site      pipeline.Site
	Canonical string
	Name      string // with the year, as in "Heat (1995)"
	Title     string
	Original  string // the title it was made under, where it is another
	Feeds     []feed
	Scores    string // how many: "3 scores"
	Listed    string // how many: "4 reviews"
	Own       *tally // of the site's own reviews
}

// feed is one feed of the film in all its formats.
type feed struct {
	Title   string
	Formats []pipeline.Link
}

// page renders the page of a film. rows are those that the aggregate was computed
// from, in the same order.
func (v *View) page(id review.FilmID, a *Aggregate, t *tally, rows []row) []byte {
	p := &page{
		Aggregate: a, Site: v.site, Canonical: v.canonical(PagePath(id)),
		Title: titleOf(&a.Film), Name: nameOf(&a.Film),
		Scores: count(a.N, "score", "scores"), Listed: count(len(rows), "review", "reviews"),
		Own: v.ownTally(t, rows),
	}
	if original := review.Line(a.Film.OriginalTitle); original != p.Title {
		p.Original = original
	}
	p.Feeds = feedsOf(v.feeds(), id, p.Name)
	m := v.paper[:0]
	m.filmHead(p, p.jsonLD(rows))
	m.filmHeader(p)
	m.fill("<main>\n")
	m.rating(p)
	m.fill("<section aria-labelledby=\"reviews\">\n<h2 id=\"reviews\">Reviews</h2>\n")
	for i := range rows {
		m.entry(&rows[i], &t.fates[i])
	}
	m.fill("</section>\n")
	m.subscribe(p.Feeds)
	m.fill("</main>\n<footer class=\"quiet\">\n<p>All numbers are in <a href=\"{}\" type=\"application/json\">this film’s JSON</a>. They were computed by {}, {}.</p>\n</footer>\n</body>\n</html>\n",
		href(path.Base(Path(id))), a.Algorithm, a.Conversion)
	v.paper = m
	return bytes.Clone(m)
}

// ownTally counts the site's own reviews alone.
func (v *View) ownTally(t *tally, rows []row) *tally {
	var own []*ballot
	for i := range rows {
		if rows[i].Own != "" {
			own = append(own, &rows[i].ballot)
		}
	}
	if len(own) == len(rows) {
		return t
	}
	return v.settings.count(own)
}

// canonical is the address of a document.
func (v *View) canonical(document string) string { return v.site.URL + "/" + href(document) }

func titleOf(f *review.Film) string {
	if title := review.Line(f.Title); title != "" {
		return title
	}
	return string(f.ID)
}

func nameOf(f *review.Film) string {
	if f.Year == 0 {
		return titleOf(f)
	}
	return titleOf(f) + " (" + strconv.Itoa(f.Year) + ")"
}

func (m *markup) filmHead(p *page, jsonLD string) {
	m.head()
	m.fill("<title>{}: {}</title>\n<meta name=\"description\" content=\"", p.Name, p.Site.Title)
	if p.N > 0 {
		m.fill("{} of 100, the mean of {}. ", p.Mean.String(), p.Scores)
	}
	m.fill("{} of {}.\">\n<link rel=\"canonical\" href=\"{}\">\n", p.Listed, p.Name, p.Canonical)
	for _, f := range p.Feeds {
		for _, l := range f.Formats {
			m.fill("<link rel=\"alternate\" ")
			m.mediaType(l)
			m.fill(" title=\"{}\" href=\"../{}\">\n", f.Title, href(l.Path))
		}
	}
	m.style()
	m.fill("<script type=\"application/ld+json\">")
	*m = append(*m, jsonLD...) // encoding/json writes <, > and & as \u003c ...
	m.fill("</script>\n</head>\n")
}

// mediaType is a type attribute. What is no media type is left out.
func (m *markup) mediaType(l pipeline.Link) {
	if l.MediaType != "" && strings.Trim(l.MediaType, "abcdefghijklmnopqrstuvwxyz0123456789/+.-") == "" {
		m.fill(`type="{}"`, l.MediaType)
	}
}

func (m *markup) filmHeader(p *page) {
	m.fill("<body>\n<a class=\"skip\" href=\"#reviews\">Skip to the reviews</a>\n<header>\n<nav class=\"quiet facts\" aria-label=\"Site\"><a href=\"../\">{}</a> <a href=\"index.html\">Films</a></nav>\n<h1>{}", p.Site.Title, p.Title)
	if p.Film.Year != 0 {
		m.fill(" <span>({})</span>", strconv.Itoa(p.Film.Year))
	}
	m.fill("</h1>\n")
	m.fillIf("<p class=\"quiet\">Original title: {}</p>\n", p.Original)
	m.fillIf("<p class=\"quiet\">Directed by {}</p>\n", names(p.Film.Directors))
	m.fillIf("<p class=\"quiet\">{}</p>\n", names(p.Film.Countries))
	m.elsewhere(&p.Film)
	m.fill("</header>\n")
}

// elsewhere links the film's pages in other catalogues.
func (m *markup) elsewhere(f *review.Film) {
	pages := f.IDs.Pages()
	if len(pages) == 0 {
		return
	}
	m.fill("<p class=\"quiet facts\">")
	f.IDs.Each(func(catalogue, _ string) {
		m.fill("<a href=\"{}\">{}</a> ", pages[0], catalogueName(catalogue))
		pages = pages[1:]
	})
	m.fill("</p>\n")
}

func catalogueName(catalogue string) string {
	switch catalogue {
	case "imdb":
		return "IMDb"
	case "tmdb":
		return "TMDB"
	case "wikidata":
		return "Wikidata"
	case "letterboxd":
		return "Letterboxd"
	}
	return catalogue
}

func (m *markup) subscribe(feeds []feed) {
	if len(feeds) == 0 {
		return
	}
	m.fill("<section aria-labelledby=\"subscribe\">\n<h2 id=\"subscribe\">Subscribe to this film</h2>\n<ul class=\"feeds\">\n")
	for _, f := range feeds {
		m.fill("<li><span>{}</span> <span class=\"formats quiet\">", f.Title)
		for _, l := range f.Formats {
			m.fill("<a href=\"../{}\" ", href(l.Path))
			m.mediaType(l)
			m.fill(">{}<span class=\"hidden\"> of {}</span></a>", l.Format(), f.Title)
		}
		m.fill("</span></li>\n")
	}
	m.fill("</ul>\n</section>\n")
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
		{c.Syndicated, "copy of another", "copies of others"},
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

// percent is a share, which has three places, as a percentage with one, which is
// dropped where it is zero.
func percent(d review.Decimal) string {
	s := d.String() // 0.667
	whole := strings.TrimPrefix(strings.TrimLeft(s[:1]+s[2:4], "0")+"."+s[4:], ".")
	if s[:4] == "0.00" {
		whole = "0." + s[4:]
	}
	return strings.TrimSuffix(whole, ".0") + "\u00a0%"
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
