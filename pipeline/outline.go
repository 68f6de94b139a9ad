package pipeline

import (
	"encoding/xml"
	"fmt"
	"slices"
)

// OPMLType is the media type of a list of feeds.
const OPMLType = "text/x-opml"

// Outline is one line of a list of feeds: a feed, or another list, which readers of
// outlines expand in place.
type Outline struct {
	Title string
	Feed  string // the feed's address
	Home  string // of a feed: the page it is about
	List  string // or another list's address
}

// opml is a list of feeds in OPML 2.0 (opml.org/spec2.opml).
type opml struct {
	XMLName xml.Name      `xml:"opml"`
	Version string        `xml:"version,attr"`
	Title   string        `xml:"head>title"`
	Body    []opmlOutline `xml:"body>outline"`
}

type opmlOutline struct {
	Type  string `xml:"type,attr"`
	Text  string `xml:"text,attr"`
	Title string `xml:"title,attr,omitempty"`
	XML   string `xml:"xmlUrl,attr,omitempty"`
	HTML  string `xml:"htmlUrl,attr,omitempty"`
	URL   string `xml:"url,attr,omitempty"`
}

// OPML writes a list of feeds. Such a list may not be empty, so without outlines it
// holds a link to home.
func OPML(title, home string, outlines []Outline) ([]byte, error) {
	doc := opml{Version: "2.0", Title: title}
	for _, o := range outlines {
		if o.List != "" {
			doc.Body = append(doc.Body, opmlOutline{Type: "link", Text: o.Title, URL: o.List})
			continue
		}
		doc.Body = append(doc.Body, opmlOutline{Type: "rss", Text: o.Title, Title: o.Title, XML: o.Feed, HTML: o.Home})
	}
	if len(doc.Body) == 0 {
		doc.Body = []opmlOutline{{Type: "link", Text: title, URL: home}}
	}
	data, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("render OPML: %w", err)
	}
	return slices.Concat([]byte(xml.Header), data, []byte("\n")), nil
}
