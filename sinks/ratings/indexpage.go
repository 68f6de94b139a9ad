package ratings

import (
	"path"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// line is a film in the lists: its HTML from the address on, and on a second line
// its JSON.
func line(c *card, text string) []byte {
	var m markup
	name := c.Title
	if c.Year != 0 {
		name += " (" + strconv.Itoa(c.Year) + ")"
	}
	m.fill("{}\">{}</a> <span class=\"facts quiet\">", href(path.Base(PagePath(c.ID))), name)
	switch {
	case c.N == 0:
		m.fill("<span>no rating</span> <span>{}</span>", count(c.Reviews, "review", "reviews"))
	case c.TooFew:
		m.fill("<span class=\"rating\">{}</span> <span>{}, too few</span>", c.Mean.String(), count(c.N, "score", "scores"))
	default:
		m.fill("<span class=\"rating\">{}</span> <span>{}</span>", c.Mean.String(), count(c.N, "score", "scores"))
	}
	if c.N > 0 {
		m.fill(" <span>ranked {}</span>", c.Ranked.String())
	}
	if c.Date != "" {
		m.fill(" <time datetime=\"{}\">{}</time>", c.Date, c.Date)
	}
	m.fill("</span></li>\n")
	return append([]byte(strings.ReplaceAll(string(m), "\n", "")), "\n"+text...)
}

// publish writes the pages of the sections that were touched.
func (x *index) publish(v *View, docs pipeline.Documents) {
	for _, p := range x.touched() {
		n := x.size(p)
		parted := p.isParted(n)
		gone := n == 0
		if parted && !gone {
			_, gone = x.only(p, n)
		}
		if gone && p.node != "" {
			for _, ending := range p.order.endings() {
				docs.Remove(p.order.document(p.node) + ending)
			}
			continue
		}
		l := x.list(p, n, parted)
		docs.Put(p.order.document(p.node)+".html", v.listPage(l))
		if p.order.asJSON {
			docs.Put(p.order.document(p.node)+".json", l.json())
		}
	}
}

func (o *order) endings() []string {
	if o.asJSON {
		return []string{".html", ".json"}
	}
	return []string{".html"}
}

// list is what a section's page says.
type list struct {
	place
	films    int
	lead     string // what the films that are listed are, where not all are
	html     []string
	asJSON   []string
	sections []part
}

func (x *index) list(p place, films int, parted bool) *list {
	l := &list{place: p, films: films}
	if !parted {
		l.html, l.asJSON = x.lines(p, -1)
		return l
	}
	if p.node == "" && p.order.lead != "" {
		l.lead = p.order.lead
		l.html, l.asJSON = x.lines(p, maxListed)
	}
	for _, s := range x.parts(p) {
		for s.isParted(s.films) {
			inside, ok := x.only(s.place, s.films)
			if !ok {
				break
			}
			s.place = inside
		}
		l.sections = append(l.sections, s)
	}
	return l
}

// name is what people call the section, "" for the whole.
func (p place) name() string {
	if p.node == "" {
		return ""
	}
	return p.order.sectionName(stepsOf(p.node))
}

// up leads from a document to the folder of films.
func up(document string) string { return strings.Repeat("../", strings.Count(document, "/")-1) }

// listPage renders a section's page.
func (v *View) listPage(l *list) []byte {
	document := l.order.document(l.node)
	title := "Films " + strings.ToLower(l.order.title[:1]) + l.order.title[1:]
	if name := l.name(); name != "" {
		title += ": " + name
	}
	m := v.paper[:0]
	m.head()
	m.fill("<title>{}: {}</title>\n<meta name=\"description\" content=\"{}.\">\n<link rel=\"canonical\" href=\"{}\">\n",
		title, v.site.Title, count(l.films, "film", "films"), v.canonical(document+".html"))
	m.style()
	m.fill("</head>\n<body>\n<header>\n<nav class=\"quiet\" aria-label=\"Site\"><a href=\"{}../\">{}</a></nav>\n<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n",
		up(document), v.site.Title, title, count(l.films, "film", "films"))
	m.fill("<nav class=\"quiet facts\" aria-label=\"Orders\">")
	for _, o := range v.orders {
		current := ""
		if o == l.order {
			current = "true"
		}
		m.fill("<a href=\"{}\"", up(document)+strings.TrimPrefix(o.root, "films/")+".html")
		m.fillIf(" aria-current=\"{}\"", current)
		m.fill(">{}</a> ", o.title)
	}
	m.fill("</nav>\n</header>\n<main>\n")
	m.films(l, up(document))
	m.sections(l, up(document))
	m.fill("</main>\n<footer class=\"quiet\">\n<p>The first number is the mean of the scores, of 100. Films are ranked by that mean drawn towards {}, the more so the fewer scores there are.</p>\n</footer>\n</body>\n</html>\n", v.settings.Prior.Mean.String())
	v.paper = m
	return append([]byte(nil), m...)
}

func (m *markup) films(l *list, up string) {
	if l.films == 0 {
		m.fill("<p>The first film will show up here.</p>\n")
	}
	if len(l.html) == 0 {
		return
	}
	if l.lead != "" {
		m.fill("<h2>{} {}</h2>\n", l.lead, strconv.Itoa(len(l.html)))
	}
	m.fill("<ol class=\"films\">\n")
	for _, h := range l.html {
		m.fill("<li><a href=\"{}", up)
		*m = append(append(*m, h...), '\n')
	}
	m.fill("</ol>\n")
}

func (m *markup) sections(l *list, up string) {
	if len(l.sections) == 0 {
		return
	}
	m.fill("<h2>All of them</h2>\n<ul class=\"films\">\n")
	for _, s := range l.sections {
		m.fill("<li><a href=\"{}\">{}</a> <span class=\"quiet\">{}</span></li>\n",
			up+strings.TrimPrefix(href(s.order.document(s.node)), "films/")+".html", s.name(), count(s.films, "film", "films"))
	}
	m.fill("</ul>\n")
}

// listDocument is a section's page for machines.
type listDocument struct {
	Section  string        `json:"section,omitempty"`
	Films    int           `json:"films"`
	Sections []listSection `json:"sections,omitempty"` // where there are too many films for one document
	Listed   []struct{}    `json:"listed"`             // the films, best first; with sections, the first of them
}

type listSection struct {
	Name  string `json:"name"`
	Films int    `json:"films"`
	Path  string `json:"path"` // of its JSON, under the site's URL
}

func (l *list) json() []byte {
	d := listDocument{Section: l.name(), Films: l.films, Listed: []struct{}{}}
	for _, s := range l.sections {
		d.Sections = append(d.Sections, listSection{s.name(), s.films, href(s.order.document(s.node)) + ".json"})
	}
	b := []byte(strings.TrimSuffix(mustJSON(d), "]}"))
	for i, text := range l.asJSON {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), text...)
	}
	return append(b, "\n]}\n"...)
}
