package normalize

import (
	"fmt"
	"strings"

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
	seen      int      // bytes of text so far that is no link

	lang, title              string
	canonical, base          string
	ogTitle, ogSite, author  string
	published, modified      string
	description, picture     string
	bylineOf, timeOf         string
	ratingValue, best, worst string
	film                     string
	data                     []string // JSON-LD
	links                    int      // open a elements
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
}

// area is a part of the page that may be the article.
type area struct {
	from, to int // what is inside, in bytes
	parent   int
	level    int // how surely it is the article by its name
	dead     bool
	text     int // bytes of text that is no link, inside and below
	seen     int // bytes of such text before it
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
	p := page{tokens: tokens{s: u.doc.Body}}
	p.scan()
	u.review.URL = first(u.doc.Stated.URL, absolute(p.canonical, u.doc.URL), u.doc.URL)
	u.base = newResolver(u.review.URL)
	if b := u.base.resolve(p.base, false); b != "" {
		u.base = newResolver(b)
	}
	if err := u.readLinkedData(p.data); err != nil {
		return err
	}
	best := p.article()
	text := area{to: len(u.doc.Body)}
	if best >= 0 {
		text = p.areas[best]
		u.readAround(&p, best)
	}
	u.readHead(&p, text)
	u.body = clean(u.doc.Body[text.from:text.to], u.base)
	return nil
}

// readMarkup takes what a fragment says for machines to read: plugins put the
// rating into a post as JSON-LD or microdata.
func (u *understanding) readMarkup() error {
	if s := u.doc.Body; !strings.Contains(s, "ld+json") && !strings.Contains(s, "itemprop") {
		return nil
	}
	p := page{tokens: tokens{s: u.doc.Body}}
	p.scan()
	if err := u.readLinkedData(p.data); err != nil {
		return err
	}
	if value := strings.TrimSpace(p.ratingValue); value != "" {
		u.structured(value, p.best, p.worst, inMicrodata)
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
func (u *understanding) readHead(p *page, text area) {
	r := &u.review
	u.site = first(u.site, oneLine(p.ogSite))
	if r.Title == "" {
		title, film := p.reviewTitle(newSiteName(u.site, r.URL), text)
		r.Title, u.film = title, first(u.film, oneLine(p.film), film)
	}
	u.film = first(u.film, oneLine(p.film))
	r.Language = first(r.Language, p.lang)
	r.Summary = first(r.Summary, p.description)
	if r.Critic.Name == "" {
		r.Critic.Name = first(personal(p.author), personal(p.bylineOf))
	}
	if r.Critic.Outlet == "" {
		r.Critic.Outlet = review.Outlet(oneLine(p.ogSite))
	}
	if t, ok := when(first(p.published, p.timeOf)); ok && r.PublishedAt.IsZero() {
		r.PublishedAt = t
	}
	if t, ok := when(p.modified); ok && r.ModifiedAt.IsZero() {
		r.ModifiedAt = t
	}
	if src := u.base.resolve(p.picture, false); src != "" {
		u.addMedia(image{src: src})
	}
	if text := strings.TrimSpace(p.ratingValue); text != "" || p.best != "" {
		u.structured(text, p.best, p.worst, inMicrodata)
	}
}

// structured notes a rating that was marked up for machines.
func (u *understanding) structured(value, best, worst, foundIn string) {
	scale, basis := u.scale, u.basis
	if b, err := review.ParseDecimal(strings.TrimSpace(best)); err == nil {
		scale, basis = review.Scale{Best: b}, review.BasisStated
		scale.Worst, _ = review.ParseDecimal(strings.TrimSpace(worst))
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
	if strings.Contains(s, "://") || strings.Contains(s, "@") || len(s) > 80 || equalFold(s, "admin") {
		return ""
	}
	return s
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
	}
}

// apart keeps words of captured text apart that a reader sees on different lines.
func (p *page) apart(tag atom.Atom) {
	if what := roleOf(tag); what != block && what != box && tag != atom.Br {
		return
	}
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
	e.item = e.item || p.attr("itemprop") == "itemReviewed"
	e.dead = e.dead || deadElement(tag) || tag != atom.Body && tag != atom.Html && deadClass(class)
	e.aggregate = e.aggregate || strings.HasSuffix(p.attr("itemtype"), "AggregateRating") || p.attr("itemprop") == "aggregateRating"
	e.data = tag == atom.Script && strings.EqualFold(strings.TrimSpace(p.attr("type")), "application/ld+json")
	switch tag {
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Td, atom.Body:
		p.areas = append(p.areas, area{
			from: p.to, parent: above.area, dead: e.dead, seen: p.seen,
			level: areaLevel(tag, class, p.attr("itemprop"), p.attr("role")),
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
	case "og:image":
		p.picture = first(p.picture, content)
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

// property reads microdata and microformats: a value in an attribute, or in the
// text of an element that has one.
func (p *page) property(inside bool) {
	prop, class := p.attr("itemprop"), p.attr("class")
	if prop == "" && class == "" && p.attr("rel") == "" {
		return
	}
	at := p.top()
	var into *string
	switch {
	case prop == "ratingValue", hasWord(class, "p-rating"), at.hreview && hasWord(class, "rating"):
		into = &p.ratingValue
	case prop == "bestRating", hasWord(class, "p-best"), at.hreview && hasWord(class, "best"):
		into = &p.best
	case prop == "worstRating", hasWord(class, "p-worst"), at.hreview && hasWord(class, "worst"):
		into = &p.worst
	case prop == "name" && at.item, hasWord(class, "p-item"), at.hreview && hasWord(class, "item"):
		into = &p.film
	case at.hreview && hasWord(class, "dtreviewed"):
		into = &p.published
	case at.hreview && hasWord(class, "reviewer"):
		into = &p.bylineOf
	case prop == "datePublished", hasWord(class, "dt-published"):
		into = &p.published
	case prop == "dateModified", hasWord(class, "dt-updated"):
		into = &p.modified
	case prop == "author", hasWord(class, "p-author"), hasWord(p.attr("rel"), "author"), hasWord(class, "byline"),
		hasWord(class, "author-name"), hasWord(class, "entry-author"):
		into = &p.bylineOf
	default:
		return
	}
	if *into != "" || at.aggregate || at.dead {
		return
	}
	value := first(p.attr("content"), p.attr("datetime"), p.attr("value"))
	if at.hreview {
		value = first(value, p.attr("title"))
	}
	if value != "" {
		*into = value
	} else if inside {
		p.take(into)
	}
}

// article is the area with the text of the article, -1 if it may be anywhere.
func (p *page) article() int {
	best, total := -1, 0
	for i := range p.areas {
		a := &p.areas[i]
		if a.dead || a.text < enoughBefore {
			continue
		}
		total = max(total, a.text)
		if a.level > anyArea && (best < 0 || a.level > p.areas[best].level || a.level == p.areas[best].level && a.text > p.areas[best].text) {
			best = i
		}
	}
	if best < 0 {
		for i := range p.areas {
			a := &p.areas[i]
			if !a.dead && a.text*3 >= total*2 && (best < 0 || a.text <= p.areas[best].text) {
				best = i // the smallest that holds two thirds of the text
			}
		}
	}
	return best
}

func areaLevel(tag atom.Atom, class, prop, role string) int {
	if prop == "reviewBody" || prop == "articleBody" {
		return reviewArea
	}
	level := anyArea
	for w := range strings.FieldsSeq(class) {
		switch strings.ToLower(w) {
		case "entry-content", "post-content", "post-body", "article-body", "review-body", "article-content", "e-content",
			"td-post-content", "story-body", "single-content", "review-content", "post-entry", "articlebody", "post__content",
			"article__body", "review-text", "entry-body", "entrytext", "postcontent":
			return bodyArea
		case "hreview", "h-review", "hentry", "h-entry":
			level = articleArea
		}
	}
	switch {
	case tag == atom.Article:
		return articleArea
	case level == anyArea && (tag == atom.Main || role == "main"):
		return mainArea
	}
	return level
}

func deadElement(tag atom.Atom) bool {
	return tag == atom.Nav || tag == atom.Aside || tag == atom.Footer
}

// deadClass reports a part of the page that is not the article.
func deadClass(class string) bool {
	for w := range strings.FieldsSeq(class) {
		w = strings.ToLower(w)
		for _, p := range [...]string{"comment", "sidebar", "related", "sharedaddy", "widget", "footer", "site-header", "nav-", "navigation", "menu", "breadcrumb", "cookie", "newsletter"} {
			if strings.HasPrefix(w, p) {
				return true
			}
		}
	}
	return false
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
