package normalize

import (
	"strings"

	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline/review"
)

// marked is a review that a page marks up for machines: in microdata, in RDFa, or in
// one of the two microformats. A page may have several, and most of them are not the
// critic's: readers' ratings, and boxes that lead to other reviews.
type marked struct {
	value, best, worst  string
	film, filmYear      string
	kind                string // of what is reviewed
	ids                 review.FilmIDs
	author              string
	published, modified string
	where               string // its address
	from, to            int
	others              bool // somebody else's: in comments, said to be a reader's
	rated               int  // different values it was given
	readers             bool // the film it is a part of has the mean of many
}

// says reports that there is anything of a rating in it.
func (m *marked) says() bool { return strings.TrimSpace(m.value) != "" || m.best != "" }

// scope is what an element begins, as far as it says.
type scope uint8

const (
	noScope        scope = iota
	reviewScope          // a review, or an entry of a blog
	readerScope          // a reader's
	itemScope            // what is reviewed
	personScope          // who wrote it
	aggregateScope       // the mean of many ratings
)

// scopeOf says what an element begins by its type or its class.
func (p *page) scopeOf(class string) (s scope, kind string) {
	kind = first(p.attr("itemtype"), p.attr("typeof"))
	if kind != "" {
		kind, _, _ = strings.Cut(strings.TrimSpace(kind), " ")
		kind = kind[strings.LastIndexAny(kind, "/#:")+1:]
		switch kind {
		case "Review", "CriticReview", "ReviewNewsArticle":
			return reviewScope, kind
		case "UserReview":
			return readerScope, kind
		case "AggregateRating", "Review-aggregate", "EmployerAggregateRating":
			return aggregateScope, kind
		case "Person", "Organization", "NewsMediaOrganization":
			return personScope, kind
		case "Rating", "WebPage", "Article", "NewsArticle", "BlogPosting", "Blog", "CreativeWork", "ImageObject", "WebSite":
			return noScope, ""
		}
		return itemScope, kind
	}
	if !strings.Contains(class, "h-") && !strings.Contains(class, "hreview") && !strings.Contains(class, "card") {
		return noScope, ""
	}
	for name := range strings.FieldsSeq(class) {
		switch name {
		case "hreview", "h-review", "h-entry":
			return reviewScope, ""
		case "hreview-aggregate", "h-review-aggregate":
			return aggregateScope, ""
		case "h-card", "vcard":
			s = personScope
		}
	}
	return s, ""
}

// maxMarked is how many marked reviews of a page are looked at.
const maxMarked = 200

// enter notes the scope that an element begins. above is what is around it.
func (p *page) enter(e *opened, class string) {
	s, kind := p.scopeOf(class)
	around := p.reviews[e.review]
	switch s {
	case reviewScope, readerScope:
		if len(p.reviews) >= maxMarked {
			e.dead = true
			return
		}
		m := &marked{from: p.from, to: len(p.s), others: s == readerScope || e.dead}
		if e.item {
			m.film, m.filmYear, m.kind, m.readers = around.film, around.filmYear, around.kind, around.readers
		}
		p.reviews = append(p.reviews, m)
		e.review, e.item, e.person, e.aggregate = len(p.reviews)-1, false, false, false
		e.scope = true
	case itemScope:
		if prop := p.prop(); e.review == 0 || strings.EqualFold(prop, "itemReviewed") || prop == "about" {
			e.item, e.person = true, false
			around.kind = first(around.kind, kind)
		}
	case personScope:
		e.person = true
	case aggregateScope:
		e.aggregate = true
		around.readers = around.readers || e.item
	}
}

// hidden reports an element that only machines see.
func (p *page) hidden() bool {
	for _, a := range p.attrs {
		if equalFold(p.s[a.key:a.keyEnd], "hidden") {
			return true
		}
	}
	return strings.Contains(strings.ReplaceAll(p.attr("style"), " ", ""), "display:none")
}

// prop is the property that an element has, whether in microdata or in RDFa.
func (p *page) prop() string {
	if prop := p.attr("itemprop"); prop != "" {
		return prop
	}
	prop := p.attr("property")
	for _, vocabulary := range [...]string{"schema:", "v:"} {
		prop = strings.TrimPrefix(prop, vocabulary)
	}
	if strings.Contains(prop, ":") {
		return "" // og:title
	}
	return prop
}

// property reads microdata and microformats: a value in an attribute, or in the
// text of an element that has one.
func (p *page) property(inside bool) {
	prop, class := p.prop(), p.attr("class")
	if prop == "" && class == "" && p.attr("rel") == "" {
		return
	}
	at := p.top()
	if at.aggregate || at.dead {
		return
	}
	m := p.reviews[at.review]
	into := p.slot(m, &at, prop, class)
	if into == nil {
		return
	}
	value := first(p.attr("content"), p.attr("datetime"), p.attr("value"))
	if at.hreview {
		value = first(value, p.attr("title"))
	}
	if p.tag == atom.Img {
		value = first(value, p.attr("alt"))
	}
	if into == &m.where {
		value = first(p.attr("href"), value)
	}
	if into == &m.value && m.value != "" {
		if value != m.value {
			m.rated++
		}
		return
	}
	if *into != "" {
		return
	}
	if value != "" {
		*into = value
	} else if inside {
		p.take(into)
	}
}

// slot is where a property of a review goes, nil for one that is not read.
func (p *page) slot(m *marked, at *opened, prop, class string) *string {
	old := at.review > 0 // data-vocabulary's names, that mean something else elsewhere
	switch {
	case prop == "ratingValue", hasWord(class, "p-rating"), at.hreview && hasWord(class, "rating"), old && prop == "rating" && p.attr("typeof") == "" && p.attr("itemtype") == "":
		return &m.value
	case prop == "bestRating", hasWord(class, "p-best"), at.hreview && hasWord(class, "best"), old && prop == "best":
		return &m.best
	case prop == "worstRating", hasWord(class, "p-worst"), at.hreview && hasWord(class, "worst"), old && prop == "worst":
		return &m.worst
	case prop == "name" && at.item && !at.person, hasWord(class, "p-item"), at.hreview && hasWord(class, "item"), old && prop == "itemreviewed":
		return &m.film
	case at.item && !at.person:
		if prop == "datePublished" || prop == "dateCreated" {
			return &m.filmYear
		}
		return nil
	case prop == "datePublished", hasWord(class, "dt-published"), at.hreview && hasWord(class, "dtreviewed"), old && prop == "dtreviewed":
		return &m.published
	case prop == "dateModified", hasWord(class, "dt-updated"):
		return &m.modified
	case old && (prop == "url" || hasWord(class, "u-url")) && !at.person:
		return &m.where
	}
	return p.authorSlot(m, at, prop, class)
}

// authorSlot is where the name of who wrote it goes.
func (p *page) authorSlot(m *marked, at *opened, prop, class string) *string {
	switch {
	case prop == "author" && p.attr("itemtype") == "" && p.attr("typeof") == "", prop == "name" && at.person && at.author,
		prop == "reviewer", hasWord(class, "p-author"), at.hreview && hasWord(class, "reviewer") && !hasWord(class, "vcard"), at.person && at.author && hasWord(class, "fn"),
		hasWord(p.attr("rel"), "author"), hasWord(class, "byline"), hasWord(class, "author-name"), hasWord(class, "entry-author"),
		hasWord(class, "author") && hasWord(class, "vcard"):
		return &m.author
	}
	return nil
}

// chosen is the critic's review among those that a page marks up: the one around its
// text, else the one in it, else the only one beside it that does not lead elsewhere.
// What stands in none of them is taken if there is but one rating of it.
func (p *page) chosen(text area, canonical string) marked {
	loose := p.reviews[0]
	var around, inside, apart []*marked
	for _, m := range p.reviews[1:] {
		switch {
		case m.others:
		case m.from <= text.from && m.to >= text.to:
			around = append(around, m)
		case m.from >= text.from && m.to <= text.to:
			inside = append(inside, m)
		default:
			apart = append(apart, m)
		}
	}
	var result marked
	for i := len(around) - 1; i >= 0; i-- {
		result.fill(around[i], true)
	}
	switch {
	case result.says():
	case len(inside) == 1:
		result.fill(inside[0], true)
	case len(inside) == 0 && len(apart) == 1 && !apart[0].leadsAway(canonical):
		result.fill(apart[0], true)
	}
	result.fill(loose, len(p.reviews) == 1 && loose.rated == 0)
	return result
}

// leadsAway reports a review that is somewhere else, or a reader's of many.
func (m *marked) leadsAway(canonical string) bool {
	return m.readers || m.where != "" && !samePage(m.where, canonical)
}

// samePage compares two addresses without what may differ: the scheme, a last slash, a
// fragment.
func samePage(a, b string) bool {
	plain := func(s string) string {
		s, _, _ = strings.Cut(s, "#")
		_, rest, ok := strings.Cut(s, "://")
		if !ok {
			rest = s
		}
		return strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
	}
	return plain(a) == plain(b)
}

// fill takes what is not known yet from another one; the rating only if that is
// asked for.
func (m *marked) fill(from *marked, rating bool) {
	if rating && !m.says() && from.rated == 0 {
		m.value, m.best, m.worst = from.value, from.best, from.worst
	}
	m.film, m.filmYear, m.kind = first(m.film, from.film), first(m.filmYear, from.filmYear), first(m.kind, from.kind)
	m.ids = m.ids.Or(from.ids)
	m.author = first(m.author, from.author)
	m.published, m.modified = first(m.published, from.published), first(m.modified, from.modified)
}
