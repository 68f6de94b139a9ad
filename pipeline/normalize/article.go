package normalize

import (
	"fmt"
	"strings"

	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline"
)

// article is the area with the text of the article, -1 if it may be anywhere: the
// surest by its name, unless most of the text stands elsewhere, else the densest.
func (p *page) article() int {
	p.cutComments()
	best, likes := -1, map[int]int{}
	for i := range p.areas {
		a := &p.areas[i]
		if a.dead || a.text < enoughBefore || a.level == anyArea {
			continue
		}
		likes[a.level]++
		if best < 0 || a.level > p.areas[best].level || a.level == p.areas[best].level && a.text > p.areas[best].text {
			best = i
		}
	}
	teasers := best >= 0 && p.areas[best].level == mainArea && p.lists(best, 0)
	if best >= 0 && !teasers && (p.areas[best].level > articleArea || likes[p.areas[best].level] == 1) {
		return best
	}
	dense := p.densest()
	if teasers && p.within(dense, best) && !p.areas[dense].linked {
		return dense
	}
	if best < 0 || dense >= 0 && p.areas[best].text*3 < p.areas[dense].text && !p.within(dense, best) {
		return dense // the articles are teasers beside it
	}
	return best
}

// within reports that an area is another, or a part of it.
func (p *page) within(i, outer int) bool {
	for ; i >= 0; i = p.areas[i].parent {
		if i == outer {
			return true
		}
	}
	return false
}

// cutComments takes the text behind a heading "5 comments" away from the areas, and
// from the headings those that stand there. A heading on top of the page is a link to
// them.
func (p *page) cutComments() {
	for i, h := range p.headlines {
		if h.seen < enoughBefore || traceOf(oneLine(h.text)) != formHead {
			continue
		}
		for j := range p.areas {
			a := &p.areas[j]
			if a.from >= h.at {
				a.dead = true
			} else if a.to > h.at {
				a.text = max(0, min(a.text, h.seen-a.seen))
				a.own = min(a.own, a.text)
			}
		}
		p.headlines = p.headlines[:i]
		return
	}
}

// part is how much of the densest area another must have to be a part of the same
// article, which something was put into the middle of.
const part = 4

// densest is the area that holds the most text in paragraphs of its own, with those
// beside it that are like it: a sidebar has more text than one thinks, but in many
// little pieces.
func (p *page) densest() int {
	best, total := -1, 0
	for i := range p.areas {
		if a := &p.areas[i]; !a.dead {
			total += a.own
			if a.own > 0 && (best < 0 || a.own > p.areas[best].own) {
				best = i
			}
		}
	}
	if best < 0 {
		return -1
	}
	top := best
	for at := p.areas[top].parent; at >= 0 && !p.areas[at].dead; at = p.areas[at].parent {
		if p.alike(top, best, at) || p.areas[at].own*part >= p.areas[top].own {
			best = at
		}
	}
	if p.areas[best].text < enoughBefore {
		return -1
	}
	return best
}

// alike reports that in an outer area, but not in an inner one, there is an area of
// the same kind as this one, with enough text to be its continuation.
func (p *page) alike(i, inner, outer int) bool {
	a := &p.areas[i]
	if a.tag == atom.Article {
		return false // each is one
	}
	in, out := &p.areas[inner], &p.areas[outer]
	for j := range p.areas {
		b := &p.areas[j]
		if !b.dead && b.from >= out.from && b.to <= out.to && (b.from >= in.to || b.to <= in.from) &&
			b.own*part >= a.own && b.own > 0 && b.tag == a.tag && b.class == a.class {
			return true
		}
	}
	return false
}

// manyArticles is how many a page has at least that lists them.
const manyArticles = 3

var errListing = fmt.Errorf("%w: the page lists several articles; each has an address of its own", pipeline.ErrNotReview)

// listing reports a page that consists of several articles of a kind, each with a
// heading that is a link.
func (p *page) listing(best int) bool {
	if best < 0 {
		return false
	}
	return p.lists(best, p.areas[best].text) ||
		p.areas[best].linked && p.areas[best].parent >= 0 && p.lists(p.areas[best].parent, p.areas[p.areas[best].parent].text)
}

// lists reports that most of the text of an area is in several like areas in it.
func (p *page) lists(outer, text int) bool {
	count, sum := map[string]int{}, map[string]int{}
	for i := range p.areas {
		if a := &p.areas[i]; a.parent == outer && !a.dead && a.linked && a.text >= enoughBefore {
			kind := a.tag.String() + " " + a.class
			count[kind]++
			sum[kind] += a.text
			if count[kind] >= manyArticles && sum[kind]*2 > text {
				return true
			}
		}
	}
	return false
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

// isDead reports an element that is not the article, by what it is or is called.
func (p *page) isDead(tag atom.Atom, class string) bool {
	switch role := p.attr("role"); {
	case tag == atom.Nav, tag == atom.Aside, tag == atom.Footer:
		return true
	case tag == atom.Body, tag == atom.Html, tag == atom.Main, tag == atom.Article && !strings.Contains(class, "comment"):
		return false
	case role == "navigation", role == "complementary", role == "contentinfo", role == "search":
		return true
	}
	if deadClass(class) {
		p.named = true
		return !p.lenient
	}
	return false
}

// othersNames begin the names of what does not belong to an article even where it
// stands in the middle of one.
var othersNames = [...]string{
	"comment", "related", "disqus", "respond", "reader-review", "user-review", "userreview", "user-rating", "recommended", "newsletter",
	"subscribe", "author-bio", "author-box", "about-author",
}

// isOthers reports a class of what others wrote, or of what leads to it.
func isOthers(class string) bool { return beginsWith(class, othersNames[:]) }

// deadNames begin the names of what stands beside an article.
var deadNames = [...]string{
	"comment", "sidebar", "related", "sharedaddy", "widget", "footer", "site-header", "nav-", "navigation", "menu", "breadcrumb", "cookie",
	"newsletter", "disqus", "respond", "reader-review", "user-review", "userreview", "user-rating", "recommended", "recommendation",
	"popular", "trending", "subscribe", "pagination", "pager", "advert", "author-bio", "author-box", "about-author", "p-comment", "u-comment",
	"social-", "share-", "tag-cloud", "tagcloud", "more-stories", "more-reviews", "read-next", "latest-", "you-may",
}

// deadClass reports a part of the page that is not the article.
func deadClass(class string) bool { return beginsWith(class, deadNames[:]) }

// beginsWith reports a class, one of several, that begins with one of the names.
func beginsWith(class string, names []string) bool {
	for w := range strings.FieldsSeq(class) {
		w = strings.ToLower(w)
		for _, p := range names {
			if strings.HasPrefix(w, p) {
				return true
			}
		}
	}
	return false
}

// textOf is the HTML of a part of the page without what others wrote in it.
func (p *page) textOf(a area) string {
	var out strings.Builder
	at := a.from
	for _, c := range p.others {
		if c[0] >= at && c[1] <= a.to {
			out.WriteString(p.s[at:c[0]])
			at = c[1]
		}
	}
	if at == a.from {
		return p.s[a.from:a.to]
	}
	out.WriteString(p.s[at:a.to])
	return out.String()
}
