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
	item(*entry) (item, error)
	// envelope renders everything around the items.
	envelope(*channel) (envelope, error)
	// join appends to parts what a document is made of, in order. The items stand
	// in the order of the feed.
	join(parts [][]byte, e envelope, items []placed) [][]byte
}

// formats are all there are, in the order in which they are listed.
func formats() []format { return []format{rss{}, atom{}, jsonFeed{}} }

// channel is the one model of a feed without its entries. Its strings are clean.
type channel struct {
	title       string
	description string
	self        string // where the document itself is
	home        string // the page for people
	language    string
	author      string // of entries that name none
}

// item is one rendered entry. An Atom entry is cut in two where its updated
// date belongs, because that depends on its neighbours.
type item struct{ text, rest []byte }

// placed is an item in a feed.
type placed struct {
	*item
	*stamp
}

// stamp is what the dates of a feed depend on.
type stamp struct {
	updated   int64  // Unix seconds
	firstSeen int64  // likewise; breaks ties
	id        string // breaks the rest
}

// envelope is a rendered feed without items, cut where the feed's own date
// belongs and where its items belong.
type envelope struct{ head, afterDate, tail []byte }

// newest is the newest update of the items, zero where there are none.
func newest(items []placed) time.Time {
	if len(items) == 0 {
		return time.Time{}
	}
	n := items[0].updated
	for _, it := range items[1:] {
		n = max(n, it.updated)
	}
	return time.Unix(n, 0).UTC()
}

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
	Value   string   `xml:"schema:ratingValue"`
	Best    string   `xml:"schema:bestRating"`
	Worst   string   `xml:"schema:worstRating"`
	Name    string   `xml:"schema:name,omitempty"`
}

// schemaOf says what schema.org has properties for. A rating without a number is
// left out: the vocabulary cannot say that one was lost. Best and worst are
// always written, since a reader would take 1 to 5 for granted.
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
	case r == nil || r.Norm.IsZero():
		return film, nil
	case r.Letter != "" || r.Value.IsZero() || r.Best.IsZero():
		return film, &schemaRating{Value: r.Norm.String(), Best: "100", Worst: "0", Name: r.Letter}
	}
	rating := &schemaRating{Value: r.Value.String(), Best: r.Best.String(), Worst: "0"}
	if !r.Worst.IsZero() {
		rating.Worst = r.Worst.String()
	}
	return film, rating
}
