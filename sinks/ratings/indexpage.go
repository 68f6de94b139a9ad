package ratings

import (
	"bytes"
	"cmp"
	"path"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// line is a film in the lists: its HTML from the address on.
func line(c *card) []byte {
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
	return []byte(strings.ReplaceAll(string(m), "\n", ""))
}

// publish writes the pages of the sections that were touched.
func (x *index) publish(v *View, docs pipeline.Documents) {
	for _, p := range x.touched() {
		n := x.size(p)
		parted := p.isParted(n)
		gone := n == 0
		if parted && !gone {
			_, gone = x.only(p)
		}
		if gone && p.node != "" {
			for _, ending := range p.order.endings() {
				docs.Remove(p.order.document(p.node) + ending)
			}
			continue
		}
		l := x.list(p, n, parted)
		if p.node == "" {
			x.setFront(p.order, l)
		}
		docs.Put(p.order.document(p.node)+".html", v.listPage(l))
		if p.order.asJSON {
			docs.Put(p.order.document(p.node)+".json", l.json())
		}
	}
}

// setFront notes how far the first page of a parted order reaches.
func (x *index) setFront(o *order, l *list) {
	if l.lead == "" {
		x.st.Delete(frontKey(o))
		return
	}
	x.st.Set(frontKey(o), []byte(l.end))
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
	// films is how many there are, nil on a page between the first one and those
	// that list films: it would be another with every film that comes or goes.
	films    *int
	lead     string // what the films that are listed are, where not all are
	html     [][]byte
	asJSON   [][]byte
	end      string // the key of the last line
	sections []place
}

func (x *index) list(p place, films int, parted bool) *list {
	l := &list{place: p}
	if p.node == "" || !parted {
		l.films = &films
	}
	if !parted {
		l.html, l.asJSON, l.end = x.lines(p, -1)
		return l
	}
	if p.node == "" && p.order.lead != "" {
		l.lead = p.order.lead
		l.html, l.asJSON, l.end = x.lines(p, maxListed)
	}
	for _, s := range x.parts(p, -1) {
		for s.isParted(s.films) {
			inside, ok := x.only(s.place)
			if !ok {
				break
			}
			s = inside
		}
		l.sections = append(l.sections, s.place)
	}
	return l
}

// size says how many films there are, where the page says it.
func (l *list) size() string {
	if l.films == nil {
		return ""
	}
	return count(*l.films, "film", "films")
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
		title, v.site.Title, cmp.Or(l.size(), title), v.canonical(document+".html"))
	m.style()
	m.fill("</head>\n<body>\n<header>\n<nav class=\"quiet\" aria-label=\"Site\"><a href=\"{}../\">{}</a></nav>\n<h1>{}</h1>\n",
		up(document), v.site.Title, title)
	m.fillIf("<p class=\"quiet\">{}</p>\n", l.size())
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
	return bytes.Clone(m)
}

func (m *markup) films(l *list, up string) {
	if l.films != nil && *l.films == 0 {
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
		m.fill("<li><a href=\"{}\">{}</a></li>\n", up+strings.TrimPrefix(href(s.order.document(s.node)), "films/")+".html", s.name())
	}
	m.fill("</ul>\n")
}

// listDocument is a section's page for machines.
type listDocument struct {
	Section  string        `json:"section,omitempty"`
	Films    *int          `json:"films,omitempty"`    // how many; not on a page between the first and the last
	Sections []listSection `json:"sections,omitempty"` // where there are too many films for one document
	Listed   []struct{}    `json:"listed"`             // the films, best first; with sections, the first of them
}

type listSection struct {
	Name string `json:"name"`
	Path string `json:"path"` // of its JSON, under the site's URL
}

func (l *list) json() []byte {
	d := listDocument{Section: l.name(), Films: l.films, Listed: []struct{}{}}
	for _, s := range l.sections {
		d.Sections = append(d.Sections, listSection{s.name(), href(s.order.document(s.node)) + ".json"})
	}
	head := strings.TrimSuffix(mustJSON(d), "]}")
	size := len(head) + len("\n]}\n")
	for _, text := range l.asJSON {
		size += len(text) + len(",\n")
	}
	b := append(make([]byte, 0, size), head...)
	for i, text := range l.asJSON {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), text...)
	}
	return append(b, "\n]}\n"...)
}
