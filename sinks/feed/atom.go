package feed

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gorilla/feeds"
)

// atom is the Atom Syndication Format (RFC 4287).
type atom struct{}

func (atom) name() string      { return "atom" }
func (atom) mediaType() string { return "application/atom+xml" }

const atomNS = "http://www.w3.org/2005/Atom"

type atomFeed struct {
	feeds.AtomFeed
	Lang      string           `xml:"xml:lang,attr,omitempty"`
	Schema    string           `xml:"xmlns:schema,attr"`
	Links     []feeds.AtomLink `xml:"link"`
	Generator atomGenerator    `xml:"generator"`
}

type atomGenerator struct {
	URI  string `xml:"uri,attr"`
	Name string `xml:",chardata"`
}

// atomEntry says what the embedded entry cannot: several categories, each with
// its term in an attribute.
type atomEntry struct {
	feeds.AtomEntry
	Lang     string         `xml:"xml:lang,attr,omitempty"`
	Category []atomCategory `xml:"category"`
	Film     *schemaFilm
	Rating   *schemaRating
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

func (atom) item(n *entry) (item, error) {
	x := atomEntry{
		AtomEntry: feeds.AtomEntry{
			Title: n.title, Id: n.id, Updated: hole,
			Links:   []feeds.AtomLink{{Href: n.link, Rel: "alternate", Type: "text/html"}},
			Summary: &feeds.AtomSummary{Content: n.summary, Type: "text"},
		},
		Lang: n.language,
	}
	if n.via != "" {
		x.Links = append(x.Links, feeds.AtomLink{Href: n.via, Rel: "via"})
	}
	if n.content != "" {
		x.Content = &feeds.AtomContent{Content: n.content, Type: "html"}
	}
	if n.author != "" {
		x.Author = &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: n.author, Uri: n.authorURL}}
	}
	if !n.published.IsZero() {
		x.Published = n.published.Format(time.RFC3339)
	}
	for _, tag := range n.tags {
		x.Category = append(x.Category, atomCategory{Term: tag})
	}
	x.Film, x.Rating = schemaOf(&n.review)
	out, err := toXML(x)
	if err != nil {
		return item{}, err
	}
	const tag = "<updated>"
	head, rest, found := bytes.Cut(out, []byte(tag+hole))
	if !found {
		return item{}, fmt.Errorf("render entry %s: no date in what was rendered", n.id)
	}
	return item{text: append(slices.Clone(head), tag...), rest: append(slices.Clone(rest), '\n')}, nil
}

func (f atom) envelope(c *channel) (envelope, error) {
	x := atomFeed{
		AtomFeed: feeds.AtomFeed{
			Xmlns: atomNS, Title: c.title, Id: c.self, Updated: hole, Subtitle: c.description,
			Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: c.author}},
		},
		Lang:   c.language,
		Schema: schemaNS,
		Links: []feeds.AtomLink{
			{Href: c.self, Rel: "self", Type: f.mediaType()},
			{Href: c.home, Rel: "alternate", Type: "text/html"},
		},
		Generator: atomGenerator{URI: "https://github.com/filmwire/filmwire", Name: generator},
	}
	out, err := toXML(x)
	if err != nil {
		return envelope{}, err
	}
	return cutXML(out, "updated", "</feed>", true)
}

func (atom) join(parts [][]byte, e envelope, items []placed) [][]byte {
	dates, latest := apart(items)
	written := make([]byte, 0, (len(items)+1)*len(time.RFC3339))
	date := func(unix int64) []byte {
		from := len(written)
		written = time.Unix(unix, 0).UTC().AppendFormat(written, time.RFC3339)
		return written[from:]
	}
	parts = append(parts, e.head, date(latest), e.afterDate)
	for i := range items {
		parts = append(parts, items[i].text, date(dates[i]), items[i].rest)
	}
	return append(parts, e.tail)
}

// apart gives each item a date of its own, because validators warn of entries
// that were updated in the same second: of those that were, the one seen first
// keeps it and each other takes the next second that is free. So a newcomer does
// not move those before it. latest is the last of the dates.
func apart(items []placed) (dates []int64, latest int64) {
	dates = make([]int64, len(items))
	if len(items) == 0 {
		return dates, undated().Unix()
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := items[a].stamp, items[b].stamp
		if c := cmp.Compare(x.updated, y.updated); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.firstSeen, y.firstSeen), cmp.Compare(x.id, y.id))
	})
	latest = items[order[0]].updated - 1
	for _, i := range order {
		latest = max(items[i].updated, latest+1)
		dates[i] = latest
	}
	return dates, latest
}
