package feeds

import (
	"net/url"
	"strings"

	jsonfeed "github.com/mmcdole/gofeed/json"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"github.com/filmwire/filmwire/pipeline/review"
)

// authors are those who are named, in their order.
type authors []review.Critic

// maxAuthors is more than write one review: what names more lists a staff.
const maxAuthors = 20

// add notes an author who has a name and is not there yet.
func (a *authors) add(name, page string) {
	if name = personName(name); name == "" || len(*a) >= maxAuthors {
		return
	}
	for i := range *a {
		if known := &(*a)[i]; strings.EqualFold(known.Name, name) {
			known.URL = first(known.URL, page)
			return
		}
	}
	*a = append(*a, review.Critic{Name: name, URL: strings.TrimSpace(page)})
}

// sign puts the item's authors into what it states, else those of the feed.
func (h *head) sign(s *review.Review, named authors, base *url.URL) {
	if len(named) == 0 {
		named = h.authors
	}
	for i, c := range named {
		c.URL = resolve(base, c.URL)
		if i == 0 {
			s.Critic = c.Or(s.Critic)
		} else {
			s.CoCritics = append(s.CoCritics, c)
		}
	}
}

// rssAuthors are the authors of an item: dc:creator says names, author should be an
// e-mail address with a name in brackets.
func rssAuthors(n *rss.Item) authors {
	var a authors
	for _, c := range n.Extensions["dc"]["creator"] {
		a.add(c.Value, "")
	}
	if len(a) == 0 {
		a.add(n.Author, "")
	}
	if len(a) > 0 {
		return a
	}
	for _, person := range n.Extensions["atom"]["author"] {
		for _, name := range person.Children["name"] {
			a.add(name.Value, extensionText(person.Children["uri"]))
		}
	}
	return a
}

func atomAuthors(people []*atom.Person) authors {
	var a authors
	for _, p := range people {
		a.add(p.Name, p.URI)
	}
	return a
}

// jsonAuthors are those of version 1.1, else the one of version 1.
func jsonAuthors(people []*jsonfeed.Author, one *jsonfeed.Author) authors {
	var a authors
	for _, p := range people {
		if p != nil {
			a.add(p.Name, p.URL)
		}
	}
	if len(a) == 0 && one != nil {
		a.add(one.Name, one.URL)
	}
	return a
}
