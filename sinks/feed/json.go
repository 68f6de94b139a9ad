package feed

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gorilla/feeds"
)

// jsonFeed is JSON Feed 1.1 (www.jsonfeed.org/version/1.1).
type jsonFeed struct{}

func (jsonFeed) name() string      { return "json" }
func (jsonFeed) mediaType() string { return "application/feed+json" }

// jsonDocument keeps items, which must be there when empty too. It stands last.
type jsonDocument struct {
	feeds.JSONFeed
	History *historyData `json:"_history,omitempty"`
	Items   []struct{}   `json:"items"`
}

// historyData is the _history object of a JSON feed: the links of RFC 5005 that the
// format has no words for. The page of older entries is next_url as well.
type historyData struct {
	About       string `json:"about"`
	Current     string `json:"current,omitempty"`
	PrevArchive string `json:"prev_archive,omitempty"`
	NextArchive string `json:"next_archive,omitempty"`
	Archive     bool   `json:"archive,omitempty"`
}

type jsonItem struct {
	feeds.JSONItem
	Attachments []jsonAttachment `json:"attachments,omitempty"`
	Language    string           `json:"language,omitempty"`
	Review      reviewData       `json:"_review"`
}

// jsonAttachment must have a type; the embedded one calls its size otherwise than
// the format does.
type jsonAttachment struct {
	URL    string `json:"url"`
	Type   string `json:"mime_type"`
	Title  string `json:"title,omitempty"`
	Length int64  `json:"size_in_bytes,omitempty"`
}

func (jsonFeed) item(n *entry) ([]byte, error) {
	x := jsonItem{
		JSONItem: feeds.JSONItem{
			Id: n.id, Url: n.link, Title: n.title, ContentHTML: n.content, Summary: n.summary, Image: n.image(), Tags: n.tags,
		},
		Language: n.language,
		Review:   n.review,
	}
	if n.content == "" { // one of the two must be there
		x.ContentText = n.summary
	}
	for _, a := range n.authors {
		x.Authors = append(x.Authors, &feeds.JSONAuthor{Name: a.name, Url: a.url})
	}
	if !n.published.IsZero() {
		x.PublishedDate, x.ModifiedDate = &n.published, &n.updated
	}
	for _, m := range n.media {
		if m.mediaType != "" {
			x.Attachments = append(x.Attachments, jsonAttachment{URL: m.url, Type: m.mediaType, Title: m.alt, Length: m.length})
		}
	}
	return toJSON(x)
}

func (jsonFeed) envelope(c *channel) (envelope, error) {
	doc := jsonDocument{
		JSONFeed: feeds.JSONFeed{
			Version: "https://jsonfeed.org/version/1.1", Title: c.title, Description: c.description,
			HomePageUrl: c.home, FeedUrl: c.self, NextUrl: c.older, Language: c.language,
			Authors: []*feeds.JSONAuthor{{Name: c.author, Url: c.home}},
		},
		Items: []struct{}{},
	}
	for _, hub := range c.hubs {
		doc.Hubs = append(doc.Hubs, &feeds.JSONHub{Type: "WebSub", Url: hub})
	}
	if c.older != "" || c.current != "" {
		doc.History = &historyData{About: aboutURL, Current: c.current, PrevArchive: c.older, NextArchive: c.newer, Archive: c.isArchive()}
	}
	out, err := toJSON(doc)
	if err != nil {
		return envelope{}, err
	}
	const end = "]}"
	head, found := bytes.CutSuffix(out, []byte(end))
	if !found {
		return envelope{}, fmt.Errorf("render JSON feed: items do not stand last in what was rendered")
	}
	return envelope{head: head, tail: []byte(end + "\n")}, nil
}

func (jsonFeed) join(parts [][]byte, e envelope, b *body) [][]byte {
	parts = append(parts, e.head)
	for i, item := range b.items {
		between := jsonBetween
		if i == 0 {
			between = between[len(","):]
		}
		parts = append(parts, []byte(between), item)
	}
	return append(parts, e.tail)
}

// jsonBetween parts items; the first needs no comma.
const jsonBetween = ",\n"

// toJSON writes a value on one line, and <, > and & as they are: nobody pastes a
// feed into a script element.
func toJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("render %T: %w", v, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
