package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/feeds"
)

// format is one of the formats a feed is written in. A document is an envelope
// with items joined into it; both are rendered apart and kept.
type format interface {
	name() string // also the ending of the document's path
	mediaType() string
	// item renders one entry.
	item(*entry) ([]byte, error)
	// envelope renders everything around the items.
	envelope(*channel) (envelope, error)
	// join appends to parts what a document is made of, in order.
	join(parts [][]byte, e envelope, b *body) [][]byte
}

// allFormats are all there are, in the order in which they are listed.
func allFormats(s *Settings) []format {
	return []format{rss{letterboxd: s.Dialect == letterboxd}, atom{tombstones: s.Tombstones}, jsonFeed{}}
}

// channel is the one model of a feed without its entries. Its strings are clean.
type channel struct {
	title       string
	description string
	id          string // of the feed, whose archive pages have the same: where it is
	self        string // where the document itself is
	home        string // the page for people
	language    string
	author      string // of entries that name none
	hubs        []string
	// Where other documents of the feed are (RFC 5005), "" for none: the page of
	// older entries, the page of newer ones, and the feed itself, which only a page
	// names.
	older, newer, current string
}

// isArchive reports that the document is a full page: its entries stay.
func (c *channel) isArchive() bool { return c.newer != "" }

// relation is a link between the documents of one feed.
type relation struct{ rel, url string }

// relations are the links of RFC 5005 that the document has.
func (c *channel) relations() []relation {
	var all []relation
	for _, l := range []relation{{"current", c.current}, {"prev-archive", c.older}, {"next-archive", c.newer}} {
		if l.url != "" {
			all = append(all, l)
		}
	}
	return all
}

// body is what goes into an envelope.
type body struct {
	items   [][]byte // rendered, in the order of the feed
	updated time.Time
	removed []tombstone
}

// tombstone names an entry that was withdrawn (RFC 6721).
type tombstone struct {
	id   string
	when time.Time
}

// envelope is a rendered feed without items, cut where the feed's own date
// belongs and where its items belong.
type envelope struct{ head, afterDate, tail []byte }

// element lets feeds.ToXML render any part of a feed.
type element struct{ part any }

func (e element) FeedXml() any { return e.part }

// toXML renders a part without the XML declaration.
func toXML(part any) ([]byte, error) {
	s, err := feeds.ToXML(element{part})
	if err != nil {
		return nil, fmt.Errorf("render %T: %w", part, err)
	}
	return []byte(strings.TrimPrefix(s, declaration)), nil
}

// declaration is how feeds.ToXML begins a document.
const declaration = `<?xml version="1.0" encoding="UTF-8"?>`

// hole is rendered where a date belongs. In an element of its own it cannot be
// mistaken: "<" is escaped in all text.
const hole = "@"

// cutXML cuts a rendered feed at the hole in the named element, keeping its tags
// or leaving out its whole line, and in front of the closing tags.
func cutXML(doc []byte, element, closing string, keepTags bool) (envelope, error) {
	whole := "<" + element + ">" + hole + "</" + element + ">"
	from := bytes.Index(doc, []byte(whole))
	end := bytes.LastIndex(doc, []byte(closing))
	if from < 0 || end < from {
		return envelope{}, fmt.Errorf("render feed: no %s in what was rendered", element)
	}
	to := from + len(whole)
	head := bytes.TrimRight(doc[:from], "\n ")
	if keepTags {
		head, to = doc[:from+len("<"+element+">")], to-len("</"+element+">")
	}
	return envelope{
		head:      slices.Concat([]byte(declaration), []byte("\n"), head),
		afterDate: bytes.TrimRight(doc[to:end], " "),
		tail:      append(slices.Clone(doc[end:]), '\n'),
	}, nil
}

// schemaNS is the namespace of the vocabulary for films and ratings.
const schemaNS = "https://schema.org/"

// historyNS is the namespace of feed history (RFC 5005).
const historyNS = "http://purl.org/syndication/history/1.0"

// archiveMark is the namespace of an archive page and its mark, both nil for others.
func archiveMark(c *channel) (namespace string, mark *struct{}) {
	if !c.isArchive() {
		return "", nil
	}
	return historyNS, &struct{}{}
}

// schemaFilm and schemaRating are what schema.org says of a Review, as elements
// of an RSS item or an Atom entry.
type schemaFilm struct {
	XMLName xml.Name `xml:"schema:itemReviewed"`
	Type    string   `xml:"schema:additionalType"`
	Name    string   `xml:"schema:name"`
	Year    int      `xml:"schema:datePublished,omitempty"`
	Same    []string `xml:"schema:sameAs"`
}

type schemaRating struct {
	XMLName xml.Name `xml:"schema:reviewRating"`
	Value   string   `xml:"schema:ratingValue,omitempty"`
	Best    string   `xml:"schema:bestRating,omitempty"`
	Worst   string   `xml:"schema:worstRating,omitempty"`
	Name    string   `xml:"schema:name,omitempty"`
	Why     string   `xml:"schema:ratingExplanation,omitempty"`
}

// schemaOf says what schema.org has properties for. A rating without a number says
// why there is none: lost, unrated and so on, or which side a verdict takes. Best and
// worst are always written with a number, since a reader would take 1 to 5 for granted.
func schemaOf(d *reviewData) (*schemaFilm, *schemaRating) {
	var film *schemaFilm
	if d.Film != nil && d.Film.Title != "" {
		film = &schemaFilm{Type: schemaNS + "Movie", Name: d.Film.Title, Year: d.Film.Year}
		if d.Film.IDs != nil {
			film.Same = d.Film.IDs.Pages()
		}
	}
	r := d.Rating
	switch {
	case r == nil:
		return film, nil
	case r.Norm.IsZero():
		return film, &schemaRating{Name: r.Verdict, Why: r.Kind}
	case r.Letter != "" || r.Value.IsZero() || r.Best.IsZero():
		return film, &schemaRating{Value: r.Norm.String(), Best: "100", Worst: "0", Name: r.Letter}
	}
	rating := &schemaRating{Value: r.Value.String(), Best: r.Best.String(), Worst: "0"}
	if !r.Worst.IsZero() {
		rating.Worst = r.Worst.String()
	}
	return film, rating
}
