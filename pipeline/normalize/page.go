package normalize

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// page is what one reading of a whole HTML page finds, besides the text: what the
// head says, what is marked up for machines, and where the article may be.
type page struct {
	tokens
	stack []opened
	areas []area

	headlines []*headline
	captures  []capture
	dead      [][2]int // the parts that are not the article: navigation, comments
	others    [][2]int // those in it, perhaps, that others wrote
	lenient   bool     // the names of elements say nothing about that
	named     bool     // one did
	seen      int      // bytes of text so far that is no link
	run       int      // bytes of it since the last break
	noted     int      // those that stand in an area's own

	lang, title            string
	canonical, base        string
	ogTitle, ogSite, ogURL string
	author                 string
	published, modified    string
	description            string
	picture, pictureText   string
	timeOf                 string
	tags                   []string
	data                   []string  // JSON-LD
	reviews                []*marked // the first is for what stands in none
	links                  int       // open a elements
}

// capture takes the text of an element.
type capture struct {
	into  *string
	depth int // of the element
	room  int
}

// opened is an open element.
type opened struct {
	tag       atom.Atom
	area      int  // index of its area, -1 for none
	dead      bool // navigation, comments and the like
	aggregate bool // other people's ratings
	data      bool // a script of JSON-LD
	hreview   bool // in the older microformat for reviews
	item      bool // microdata of what is reviewed
	person    bool // microdata of somebody
	author    bool // of who wrote it
	scope     bool // the element that a marked review begins with
	review    int  // which of the marked reviews this is in
	heading   bool // in a heading
	others    bool // of others, and to be taken out
}

// area is a part of the page that may be the article.
type area struct {
	from, to int // what is inside, in bytes
	parent   int
	level    int // how surely it is the article by its name
	tag      atom.Atom
	class    string
	dead     bool
	linked   bool // a heading in it is a link
	text     int  // bytes of text that is no link, inside and below
	own      int  // bytes of such text in paragraphs of its own
	seen     int  // bytes of such text before it
}

// The levels of an area.
const (
	anyArea = iota
	mainArea
	articleArea
	bodyArea // a class for the text of a post
	reviewArea
)

// readPage finds the review in a whole page.
func (u *understanding) readPage() (err error) {
	// Site generators take pages with front matter, too.
	if u.doc.Body, err = u.readFrontMatter(u.doc.Body); err != nil {
		return err
	}
	p := scanned(u.doc.Body)
	u.review.URL = first(u.doc.Stated.URL, absolute(p.canonical, u.doc.URL), u.doc.URL, absolute(p.ogURL, ""))
	u.base = newResolver(u.review.URL)
	if b := u.base.resolve(p.base, false); b != "" {
		u.base = newResolver(b)
	}
	best := p.article()
	text := area{to: len(u.doc.Body)}
	if best >= 0 {
		text = p.areas[best]
	}
	if err := u.readLinkedData(p, text); err != nil {
		return err
	}
	if p.listing(best) {
		return errListing
	}
	if best >= 0 {
		u.readAround(p, best)
	}
	if err := u.readHead(p, text); err != nil {
		return err
	}
	u.body = clean(p.textOf(text), u.base)
	return nil
}

// readMarkup takes what a fragment says for machines to read: plugins put the
// rating into a post as JSON-LD or microdata.
func (u *understanding) readMarkup() error {
	if s := u.doc.Body; !strings.Contains(s, "ld+json") && !strings.Contains(s, "itemprop") {
		return nil
	}
	p, whole := scanned(u.doc.Body), area{to: len(u.doc.Body)}
	if err := u.readLinkedData(p, whole); err != nil {
		return err
	}
	if m := p.chosen(whole, u.review.URL); strings.TrimSpace(m.value) != "" {
		u.structured(strings.TrimSpace(m.value), m.best, m.worst, inMicrodata)
	}
	return nil
}

// maxAround is how much text may stand around the article's and still belong to
// it: who wrote it, when, and a box with the rating.
const maxAround = 800

// readAround reads what stands beside the text of the article and is no part of
// it: its head, and what follows it.
func (u *understanding) readAround(p *page, best int) {
	text := &p.areas[best]
	outer := text
	for up := text.parent; up >= 0 && p.areas[up].text-text.text <= maxAround; up = p.areas[up].parent {
		outer = &p.areas[up]
	}
	from, to := outer.from, outer.to
	for _, d := range p.dead {
		if d[1] <= text.from {
			from = max(from, d[1])
		} else if d[0] >= text.to {
			to = min(to, d[0])
		}
	}
	over, under := u.readOutside(from, text.from), u.readOutside(text.to, to)
	u.around = over
	u.around.alone = append(over.alone, under.labelled...)
	under.or(over.dateline)
	u.around.or(under.dateline)
}

// readOutside reads a part of the page that is not the text.
func (u *understanding) readOutside(from, to int) reading {
	if from >= to {
		return reading{}
	}
	b := clean(u.doc.Body[from:to], u.base)
	_, posted := b.boilerplate()
	b.compact()
	b.index()
	r := b.readLines(u.scale, u.basis)
	r.or(posted)
	for _, list := range [...][]finding{r.labelled, r.alone} {
		for i := range list {
			list[i].rating.FoundIn, list[i].rating.Span = inPage, review.Span{}
		}
	}
	return r
}

func absolute(ref, doc string) string { return newResolver(doc).resolve(ref, false) }

// readHead takes what the page says of itself. The source and JSON-LD come first.
func (u *understanding) readHead(p *page, text area) error {
	r := &u.review
	m := p.chosen(text, r.URL)
	if otherThing(m.kind) {
		return otherReviewed(m.kind)
	}
	u.site = first(u.site, oneLine(p.ogSite))
	if r.Title == "" {
		title, film := p.reviewTitle(newSiteName(u.site, r.URL), text)
		r.Title, u.film = title, first(u.film, oneLine(m.film), film)
	}
	u.film = first(u.film, oneLine(m.film))
	r.Film.Year = firstYearOf(r.Film.Year, yearIn(m.filmYear))
	r.Film.IDs = r.Film.IDs.Or(m.ids)
	r.Language = first(r.Language, p.lang)
	r.Summary = first(r.Summary, p.description)
	if r.Critic.Name == "" {
		r.Critic.Name = first(personal(p.author), personal(m.author))
	}
	if r.Critic.Outlet == "" {
		r.Critic.Outlet = review.Outlet(oneLine(p.ogSite))
	}
	if t, ok := when(first(p.published, m.published, p.timeOf)); ok && r.PublishedAt.IsZero() {
		r.PublishedAt = t
	}
	if t, ok := when(first(p.modified, m.modified)); ok && r.ModifiedAt.IsZero() {
		r.ModifiedAt = t
	}
	if src := u.base.resolve(p.picture, false); src != "" {
		u.addMedia(image{src: src, alt: p.pictureText})
	}
	if m.says() {
		u.structured(strings.TrimSpace(m.value), m.best, m.worst, inMicrodata)
	}
	r.Tags = append(r.Tags, p.tags...)
	return nil
}

// structured notes a rating that was marked up for machines.
func (u *understanding) structured(value, best, worst, foundIn string) {
	scale, basis := u.scale, u.basis
	if b, err := review.ParseDecimal(strings.TrimSpace(best)); err == nil {
		own := review.Scale{Best: b}
		if own.Worst, err = review.ParseDecimal(strings.TrimSpace(worst)); err != nil && u.scale.Best.Cmp(b) == 0 {
			own.Worst = u.scale.Worst
		}
		scale, basis = own, review.BasisStated
	}
	f := field(value, foundIn, scale, basis, strengthStructured)
	f.rating.Span = review.Span{}
	if f.rating.Kind == review.Unrated {
		if best == "" || strings.TrimSpace(value) != "" {
			return
		}
		f.rating.Kind, f.rating.Best = review.Lost, scale.Best
	}
	u.found = append(u.found, f)
}

// personal is a name, "" for what is an address or a whole byline's worth.
func personal(s string) string {
	s = oneLine(s)
	if who := bylineOf(s, true); who != "" {
		return who
	}
	for _, p := range [...]string{"reviewed by ", "written by ", "posted by ", "by "} {
		if hasPrefixFold(s, p) {
			s = s[len(p):]
		}
	}
	if name, rest, ok := strings.Cut(s, ", "); ok && strings.IndexFunc(rest, unicode.IsUpper) != 0 {
		s = name // Jane Doe, staff critic
	}
	for _, end := range [...]string{" | ", " • ", " · "} {
		if name, _, ok := strings.Cut(s, end); ok && isName(name) {
			s = name // Jane Doe | 3 min read
		}
	}
	if strings.Contains(s, "://") || strings.ContainsAny(s, notInNames) || len(s) > 80 || equalFold(s, "admin") {
		return ""
	}
	return s
}

// notInNames are signs that no name has: of addresses, markup, scores and templates.
const notInNames = "@<>{}[]|\\^=~*#%_★☆•"

// scanned is a page that has been read once. One in which everything is called what
// stands beside articles is read again without going by names.
func scanned(text string) *page {
	var p page
	for _, lenient := range [...]bool{false, true} {
		p = page{tokens: tokens{s: text}, reviews: []*marked{{to: len(text)}}, lenient: lenient}
		p.scan()
		if p.seen >= enoughBefore || !p.named {
			break
		}
	}
	return &p
}

func (p *page) scan() {
	for p.next() {
		switch p.kind {
		case textToken:
			p.read(p.s[p.from:p.to])
		case startToken:
			p.start()
		case endToken:
			p.end()
		}
	}
	p.closeTo(0, p.from)
}

// maxOpen is how deep the page is followed; what is deeper belongs to what is
// around it.
const maxOpen = 400

func (p *page) top() opened {
	if len(p.stack) == 0 {
		return opened{area: -1}
	}
	return p.stack[len(p.stack)-1]
}

// read reads a text.
func (p *page) read(text string) {
	at := p.top()
	switch {
	case at.data:
		if len(p.data) < 50 {
			p.data = append(p.data, text)
		}
		return
	case at.tag == atom.Title:
		if p.title == "" {
			p.title = html.UnescapeString(text)
		}
		return
	case raw(at.tag):
		return
	}
	if len(p.captures) > 0 {
		text = html.UnescapeString(text)
	}
	for i := range p.captures {
		if c := &p.captures[i]; c.room > 0 {
			part := clip(text, c.room)
			*c.into += part
			c.room -= len(part)
		}
	}
	if at.dead || p.links > 0 {
		return
	}
	n := 0
	for i := range len(text) {
		if classes[text[i]] != blank {
			n++
		}
	}
	p.seen += n
	if at.area >= 0 {
		p.areas[at.area].text += n
		if p.run += n; p.run >= paragraph {
			p.areas[at.area].own += p.run - p.noted
			p.noted = p.run
		}
	}
}

// paragraph is how much text in a row is one, and no title or teaser's line.
const paragraph = 60

// apart keeps words of captured text apart that a reader sees on different lines.
func (p *page) apart(tag atom.Atom) {
	if what := roleOf(tag); what != block && what != box && tag != atom.Br {
		return
	}
	p.run, p.noted = 0, 0
	for i := range p.captures {
		if c := &p.captures[i]; c.room > 0 {
			*c.into += " "
			c.room--
		}
	}
}

func (p *page) start() {
	tag := p.tag
	p.apart(tag)
	switch tag {
	case atom.Html:
		p.lang = first(p.lang, p.attr("lang"))
	case atom.Base:
		p.base = first(p.base, p.attr("href"))
	case atom.Meta:
		p.meta()
	case atom.Link:
		if hasWord(p.attr("rel"), "canonical") {
			p.canonical = first(p.canonical, p.attr("href"))
		}
	case atom.Time:
		if !p.top().dead {
			p.timeOf = first(p.timeOf, p.attr("datetime"))
		}
	case atom.A:
		p.links++
		if at := p.top(); at.heading && at.area >= 0 {
			p.areas[at.area].linked = true
		}
	}
	if at := p.top(); at.item && (tag == atom.A || tag == atom.Link) && len(p.attrs) > 0 {
		m := p.reviews[at.review]
		m.ids = m.ids.Or(linkedIDs(p.attr("href")))
	}
	if voidElement(tag) {
		p.property(false)
		return
	}
	if p.closed || tag == 0 || len(p.stack) >= maxOpen {
		return
	}
	p.open(tag)
}

// open puts an element on the stack, with its area if it can be one.
func (p *page) open(tag atom.Atom) {
	above := p.top()
	e := above
	e.tag, e.data = tag, false
	class := p.attr("class") + " " + p.attr("id")
	if !e.hreview && strings.Contains(class, "hreview") {
		e.hreview = hasWord(class, "hreview")
	}
	e.scope = false
	e.dead = e.dead || p.isDead(tag, class)
	e.item = e.item || strings.EqualFold(p.prop(), "itemReviewed") || hasWord(class, "p-item") || e.hreview && hasWord(class, "item")
	e.aggregate = e.aggregate || p.prop() == "aggregateRating"
	e.author = e.author || p.prop() == "author" || p.prop() == "reviewer" || e.hreview && hasWord(class, "reviewer")
	e.heading = e.heading || heading(tag)
	p.enter(&e, class)
	if !e.others && (e.aggregate || e.scope && (p.reviews[e.review].others || p.hidden()) || e.dead && !p.lenient && isOthers(class)) {
		e.others = true
		p.others = append(p.others, [2]int{p.from, len(p.s)})
	}
	e.data = tag == atom.Script && strings.EqualFold(strings.TrimSpace(p.attr("type")), "application/ld+json")
	switch tag {
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Td, atom.Body:
		if len(p.areas) >= maxAreas {
			break
		}
		p.areas = append(p.areas, area{
			from: p.to, parent: above.area, dead: e.dead, seen: p.seen,
			level: areaLevel(tag, class, p.prop(), p.attr("role")), tag: tag, class: p.attr("class"),
		})
		e.area = len(p.areas) - 1
		if above.hreview && hasWord(class, "description") {
			p.areas[e.area].level = reviewArea
		}
	}
	p.stack = append(p.stack, e)
	switch {
	case e.dead:
		if !above.dead {
			p.dead = append(p.dead, [2]int{p.from, 1 << 62})
		}
		return
	case (tag == atom.H1 || tag == atom.H2 || tag == atom.H3) && len(p.headlines) < maxHeadlines && !brandClass(class):
		h := &headline{at: p.from, seen: p.seen, h1: tag == atom.H1}
		p.headlines = append(p.headlines, h)
		p.take(&h.text)
	}
	p.property(true)
}

// maxAreas is how many parts of a page are looked at; what comes later belongs to
// what is around it.
const maxAreas = 20_000

// maxHeadlines is how many headings of a page are looked at.
const maxHeadlines = 40

// brandClass reports a heading that is the name of the site.
func brandClass(class string) bool {
	for _, name := range [...]string{"site-title", "site-name", "blog-title", "logo", "brand", "masthead"} {
		if containsFold(class, name) {
			return true
		}
	}
	return false
}

// take notes the text of the element that was opened last.
func (p *page) take(into *string) {
	for _, c := range p.captures {
		if c.into == into {
			return
		}
	}
	p.captures = append(p.captures, capture{into, len(p.stack), maxTitle})
}

func (p *page) end() {
	tag := p.tag
	p.apart(tag)
	if tag == atom.A && p.links > 0 {
		p.links--
	}
	for i := len(p.stack) - 1; i >= 0; i-- {
		if p.stack[i].tag == tag {
			p.closeTo(i, p.from)
			return
		}
	}
}

// closeTo closes the elements above n, whose inside ends at an offset.
func (p *page) closeTo(n, offset int) {
	for len(p.stack) > n {
		e := p.top()
		p.stack = p.stack[:len(p.stack)-1]
		for i := len(p.captures) - 1; i >= 0 && p.captures[i].depth > len(p.stack); i-- {
			p.captures = p.captures[:i]
		}
		if e.scope {
			p.reviews[e.review].to = offset
		}
		if last := len(p.others) - 1; e.others && !p.top().others {
			p.others[last][1] = offset
			if len(p.stack) == n && p.kind == endToken {
				p.others[last][1] = p.to // with its end
			}
		}
		if n := len(p.dead); e.dead && !p.top().dead && n > 0 {
			p.dead[n-1][1] = offset
		}
		above := p.top().area
		if e.area >= 0 && e.area != above {
			a := &p.areas[e.area]
			a.to = offset
			if above >= 0 && !a.dead {
				p.areas[above].text += a.text
			}
		}
	}
}

// maxTags is how many tags in the head of a page are noted.
const maxTags = 30

// meta reads a meta element.
func (p *page) meta() {
	content := p.attr("content")
	switch strings.ToLower(first(p.attr("property"), p.attr("name"))) {
	case "og:title":
		p.ogTitle = first(p.ogTitle, content)
	case "og:site_name":
		p.ogSite = first(p.ogSite, content)
	case "og:description", "description":
		p.description = first(p.description, content)
	case "og:image", "twitter:image":
		p.picture = first(p.picture, content)
	case "og:image:alt", "twitter:image:alt":
		p.pictureText = first(p.pictureText, content)
	case "og:url":
		p.ogURL = first(p.ogURL, content)
	case "article:tag":
		if len(p.tags) < maxTags {
			p.tags = append(p.tags, html.UnescapeString(content))
		}
	case "author", "article:author", "dc.creator", "parsely-author", "byl":
		p.author = first(p.author, personal(content))
	case "article:published_time", "datepublished", "date", "dc.date", "parsely-pub-date":
		p.published = first(p.published, content)
	case "article:modified_time", "og:updated_time", "datemodified", "last-modified":
		p.modified = first(p.modified, content)
	case "og:locale":
		p.lang = first(p.lang, content)
	}
}

func voidElement(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta,
		atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// hasWord reports a word in a list apart by spaces.
func hasWord(list, word string) bool {
	if !strings.Contains(list, word) {
		return false
	}
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// otherReviewed is pipeline.ErrNotReview for a page whose data says that it
// reviews something else than a film.
func otherReviewed(kind string) error {
	return fmt.Errorf("%w: the page reviews a %s, not a film", pipeline.ErrNotReview, kind)
}
