package feed

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gorilla/feeds"
)

// atom is the Atom Syndication Format (RFC 4287), with tombstones (RFC 6721) if
// they are asked for.
type atom struct{ tombstones bool }

func (atom) name() string      { return "atom" }
func (atom) mediaType() string { return "application/atom+xml" }

const atomNS = "http://www.w3.org/2005/Atom"

type atomFeed struct {
	feeds.AtomFeed
	Lang      string        `xml:"xml:lang,attr,omitempty"`
	AT        string        `xml:"xmlns:at,attr,omitempty"`
	FH        string        `xml:"xmlns:fh,attr,omitempty"`
	Schema    string        `xml:"xmlns:schema,attr"`
	Links     []atomLink    `xml:"link"`
	Generator atomGenerator `xml:"generator"`
	Archive   *struct{}     `xml:"fh:archive"`
}

// tombstoneNS is the namespace of deleted entries.
const tombstoneNS = "http://purl.org/atompub/tombstones/1.0"

// atomLink adds a title to the embedded link.
type atomLink struct {
	feeds.AtomLink
	Title string `xml:"title,attr,omitempty"`
}

func newAtomLink(href, rel, mediaType string) atomLink {
	return atomLink{AtomLink: feeds.AtomLink{Href: href, Rel: rel, Type: mediaType}}
}

type atomGenerator struct {
	URI  string `xml:"uri,attr"`
	Name string `xml:",chardata"`
}

// atomEntry says what the embedded entry cannot: several categories, each with
// its term in an attribute, and several authors.
type atomEntry struct {
	feeds.AtomEntry
	Lang     string `xml:"xml:lang,attr,omitempty"`
	Author   []feeds.AtomAuthor
	Links    []atomLink     `xml:"link"`
	Category []atomCategory `xml:"category"`
	Film     *schemaFilm
	Rating   *schemaRating
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

func (atom) item(n *entry) ([]byte, error) {
	x := atomEntry{
		AtomEntry: feeds.AtomEntry{
			Title: n.title, Id: n.id, Updated: n.updated.Format(time.RFC3339Nano),
			Summary: &feeds.AtomSummary{Content: n.summary, Type: "text"},
		},
		Lang:  n.language,
		Links: []atomLink{newAtomLink(n.link, "alternate", "text/html")},
	}
	if n.via != "" {
		via := newAtomLink(n.via, "via", "")
		via.Title = n.review.Source
		x.Links = append(x.Links, via)
	}
	for _, m := range n.media {
		enclosure := newAtomLink(m.url, "enclosure", m.mediaType)
		enclosure.Title = m.alt
		if m.length > 0 {
			enclosure.Length = strconv.FormatInt(m.length, 10)
		}
		x.Links = append(x.Links, enclosure)
	}
	if n.content != "" {
		x.Content = &feeds.AtomContent{Content: n.content, Type: "html"}
	}
	for _, a := range n.authors {
		x.Author = append(x.Author, feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: a.name, Uri: a.url}})
	}
	if !n.published.IsZero() {
		x.Published = n.published.Format(time.RFC3339)
	}
	for _, tag := range n.tags {
		x.Category = append(x.Category, atomCategory{Term: tag})
	}
	x.Film, x.Rating = schemaOf(&n.review)
	out, err := toXML(x)
	return append(out, '\n'), err
}

func (f atom) envelope(c *channel) (envelope, error) {
	x := atomFeed{
		AtomFeed: feeds.AtomFeed{
			Xmlns: atomNS, Title: c.title, Id: c.id, Updated: hole, Subtitle: c.description,
			Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: c.author}},
		},
		Lang:      c.language,
		Schema:    schemaNS,
		Links:     []atomLink{newAtomLink(c.self, "self", f.mediaType()), newAtomLink(c.home, "alternate", "text/html")},
		Generator: atomGenerator{URI: "https://github.com/filmwire/filmwire", Name: generator},
	}
	for _, hub := range c.hubs {
		x.Links = append(x.Links, newAtomLink(hub, "hub", ""))
	}
	for _, l := range c.relations() {
		x.Links = append(x.Links, newAtomLink(l.url, l.rel, f.mediaType()))
	}
	x.FH, x.Archive = archiveMark(c)
	if f.tombstones {
		x.AT = tombstoneNS
	}
	out, err := toXML(x)
	if err != nil {
		return envelope{}, err
	}
	return cutXML(out, "updated", "</feed>", true)
}

func (atom) join(parts [][]byte, e envelope, b *body) [][]byte {
	updated := b.updated
	if updated.IsZero() {
		updated = undated()
	}
	parts = append(parts, e.head, updated.AppendFormat(nil, time.RFC3339Nano), e.afterDate)
	for _, t := range b.removed {
		parts = append(parts, fmt.Appendf(nil, "<at:deleted-entry ref=\"%s\" when=\"%s\"/>\n", escapeHTML(t.id), t.when.Format(time.RFC3339)))
	}
	parts = append(parts, b.items...)
	return append(parts, e.tail)
}
