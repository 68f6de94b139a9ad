package normalize

import (
	"net/url"
	"strings"

	"github.com/filmwire/filmwire/pipeline/fold"
)

// headline is a heading of a page, h1 to h3.
type headline struct {
	text string
	at   int // where in the page
	seen int // bytes of text before it
	h1   bool
}

// How much text may stand between the beginning of the article and the heading
// that is its title, when it stands inside and when it stands before.
const (
	headlineInside = 300
	headlineBefore = 600
)

// near are the headings that may be the title of the article: those in it before
// much of its text, then those just before it, the nearest first.
func (p *page) near(a area) []*headline {
	var inside, before []*headline
	for _, h := range p.headlines {
		h.text = oneLine(h.text)
		switch {
		case h.text == "" || h.at >= a.to:
		case h.at >= a.from && h.seen-a.seen <= headlineInside:
			inside = append(inside, h)
		case h.at < a.from && a.seen-h.seen <= headlineBefore:
			before = append([]*headline{h}, before...)
		}
	}
	return append(inside, before...)
}

// siteName knows a name of the site when it sees one.
type siteName struct{ names []string }

// newSiteName takes the name a page states, and the address of the page.
func newSiteName(stated, address string) siteName {
	var s siteName
	if key := squeezed(stated); key != "" {
		s.names = append(s.names, key)
	}
	u, err := url.Parse(address)
	if err != nil {
		return s
	}
	labels := strings.Split(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	for _, label := range labels[:len(labels)-1] {
		if label = strings.ReplaceAll(label, "-", ""); len(label) > 3 {
			s.names = append(s.names, label)
		}
	}
	return s
}

// squeezed is a name without anything but its letters and digits, as it stands in
// the name of a host.
func squeezed(name string) string { return strings.ReplaceAll(fold.Slug(name), "-", "") }

func (s siteName) is(name string) bool {
	whole, short := squeezed(name), strings.ReplaceAll(fold.Key(name), " ", "")
	for _, n := range s.names {
		if n == whole || n == short && short != "" {
			return true
		}
	}
	return false
}

// joints are what sites put between a title and their own name.
var joints = [...]string{" | ", " - ", " – ", " — ", " :: ", " « ", " » ", " • ", " · ", " // "}

// cutAt are the places where a title may end and something else begins.
func cutAt(title string) (ends, begins []int) {
	for i := 1; i < len(title); i++ {
		for _, j := range joints {
			if title[i] == ' ' && strings.HasPrefix(title[i:], j) {
				ends, begins = append(ends, i), append(begins, i+len(j))
				break
			}
		}
	}
	return ends, begins
}

// cut takes the name of the site off a title, at its end or at its beginning.
func (s siteName) cut(title string) string {
	ends, begins := cutAt(title)
	for i, end := range ends {
		if s.is(title[begins[i]:]) {
			return title[:end]
		}
		if s.is(title[:end]) {
			title = title[begins[i]:]
			return s.cut(title)
		}
	}
	return title
}

// reviewTitle is the title of the review in a page: what the page states for
// others to show; else the heading over the text, if what the page calls itself
// begins with it or it with that; else what the page calls itself. The name of
// the site is taken off. film is a heading that names the film and its year where
// the title has none.
func (p *page) reviewTitle(site siteName, a area) (title, film string) {
	stated, own := oneLine(p.ogTitle), oneLine(p.title)
	shared := p.sharedTitle(site, first(stated, own), a)
	switch {
	case stated != "" && stated != own:
		if title = site.cut(stated); shared != "" && readTitle(title, "").year == 0 {
			film = shared
		}
		return title, film
	case shared != "":
		return shared, ""
	}
	heading := p.firstHeading()
	if rest, ok := strings.CutSuffix(own, heading); ok && heading != "" {
		// Behind "»" and ":" it is the title that follows, and the name of the site
		// stood first. Behind other signs it is the name of the site.
		if j := jointAt(rest); j != "" && j != " » " && j != ": " {
			site.names = append(site.names, squeezed(heading))
		}
	}
	if heading != "" && !site.is(heading) {
		return heading, ""
	}
	return site.cut(own), ""
}

// sharedTitle is the title that a heading near the text and what the page calls
// itself agree on, "" for none. Where the page is called by two headings, by the
// site's and by the article's, the article's is the one further down.
func (p *page) sharedTitle(site siteName, title string, a area) string {
	front, ending := "", ""
	frontAt, endingAt := -1, -1
	for _, h := range p.near(a) {
		if site.is(h.text) {
			continue
		}
		if shared := sharedTitle(title, h.text); shared != "" && frontAt < 0 {
			front, frontAt = shared, h.at
		} else if before, ok := strings.CutSuffix(title, h.text); ok && endingAt < 0 && jointAt(before) != "" {
			ending, endingAt = h.text, h.at
		}
	}
	if front != "" && endingAt > frontAt {
		return ending
	}
	return front
}

// firstHeading is the first h1 with anything in it.
func (p *page) firstHeading() string {
	for _, h := range p.headlines {
		if text := oneLine(h.text); h.h1 && text != "" {
			return text
		}
	}
	return ""
}

// jointAt is the joint that a part of a title ends in, "" for none.
func jointAt(s string) string {
	for _, j := range joints {
		if front, ok := strings.CutSuffix(s, j); ok && front != "" {
			return j
		}
	}
	if strings.HasSuffix(s, ": ") {
		return ": "
	}
	return ""
}

// sharedTitle is the title that a heading and what the page calls itself agree
// on, "" if they do not: one must begin with the other, up to a place where a
// title may end. It is the heading, unless only the other has the year.
func sharedTitle(title, heading string) string {
	film := fold.Key(readTitle(heading, "").film)
	if title == "" || film == "" {
		return ""
	}
	ends, _ := cutAt(title)
	for i, end := range append(ends, len(title)) {
		front := title[:end]
		said := readTitle(front, "")
		key := fold.Key(said.film)
		if key == film {
			if said.year != 0 && readTitle(heading, "").year == 0 {
				return front
			}
			return heading
		}
		if i == 0 && key != "" && strings.HasPrefix(fold.Key(heading)+" ", key+" ") {
			return heading
		}
	}
	return ""
}
