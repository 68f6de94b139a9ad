package feed_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// node is an element of an XML document, as a strict parser sees it.
type node struct {
	name     xml.Name
	attrs    map[string]string
	text     string // of the element itself
	children []*node
}

// parseXML reads a whole document and fails the test where it is not well-formed.
func parseXML(t testing.TB, doc string) *node {
	t.Helper()
	root, err := readXML(doc)
	if err != nil {
		t.Fatalf("not well-formed: %v\n%.2000s", err, doc)
	}
	return root
}

func readXML(doc string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(doc))
	top := &node{}
	stack := []*node{top}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		here := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: tok.Name, attrs: map[string]string{}}
			for _, a := range tok.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			here.children = append(here.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			here.text += string(tok)
		}
	}
	if len(top.children) != 1 || strings.TrimSpace(top.text) != "" {
		return nil, errors.New("want one root element and no text around it")
	}
	return top.children[0], nil
}

const (
	atomSpace   = "http://www.w3.org/2005/Atom"
	dcSpace     = "http://purl.org/dc/elements/1.1/"
	bodySpace   = "http://purl.org/rss/1.0/modules/content/"
	schemaSpace = "https://schema.org/"
	mediaSpace  = "http://search.yahoo.com/mrss/"
	fhSpace     = "http://purl.org/syndication/history/1.0"
	atSpace     = "http://purl.org/atompub/tombstones/1.0"
	lbSpace     = "https://letterboxd.com"
	tmdbSpace   = "https://themoviedb.org"
)

// all are the children with a name.
func (n *node) all(space, local string) []*node {
	var found []*node
	for _, c := range n.children {
		if c.name.Space == space && c.name.Local == local {
			found = append(found, c)
		}
	}
	return found
}

// one is the only child with a name, nil where there is none or several.
func (n *node) one(space, local string) *node {
	if found := n.all(space, local); len(found) == 1 {
		return found[0]
	}
	return nil
}

// says is the text of the only child with a name.
func (n *node) says(space, local string) string {
	if c := n.one(space, local); c != nil {
		return c.text
	}
	return ""
}

// list is the texts of all children with a name.
func (n *node) list(space, local string) string {
	var texts []string
	for _, c := range n.all(space, local) {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, "|")
}

// each calls f with the element and all below it.
func (n *node) each(f func(*node)) {
	f(n)
	for _, c := range n.children {
		c.each(f)
	}
}

// jsonDoc is a JSON feed, as its specification has it.
type jsonDoc struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Language    string       `json:"language"`
	HomePageURL string       `json:"home_page_url"`
	FeedURL     string       `json:"feed_url"`
	NextURL     string       `json:"next_url"`
	Hubs        []jsonHub    `json:"hubs"`
	History     *jsonHistory `json:"_history"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonEntry  `json:"items"`
}

type jsonHub struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type jsonHistory struct {
	About       string `json:"about"`
	Current     string `json:"current"`
	PrevArchive string `json:"prev_archive"`
	NextArchive string `json:"next_archive"`
	Archive     bool   `json:"archive"`
}

type jsonAttachment struct {
	URL    string `json:"url"`
	Type   string `json:"mime_type"`
	Title  string `json:"title"`
	Length int64  `json:"size_in_bytes"`
}

type jsonEntry struct {
	ID          string           `json:"id"`
	URL         string           `json:"url"`
	Title       string           `json:"title"`
	ContentHTML *string          `json:"content_html"`
	ContentText *string          `json:"content_text"`
	Summary     string           `json:"summary"`
	Image       string           `json:"image"`
	Published   string           `json:"date_published"`
	Modified    string           `json:"date_modified"`
	Authors     []jsonAuthor     `json:"authors"`
	Tags        []string         `json:"tags"`
	Language    string           `json:"language"`
	Attachments []jsonAttachment `json:"attachments"`
	Review      map[string]any   `json:"_review"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// readJSON is strict: a key that the specification does not know fails the test.
func readJSON(t testing.TB, doc string) jsonDoc {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.DisallowUnknownFields()
	var f jsonDoc
	if err := d.Decode(&f); err != nil {
		t.Fatalf("JSON feed: %v\n%.2000s", err, doc)
	}
	return f
}
