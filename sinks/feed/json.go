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
	Items []struct{} `json:"items"`
}

type jsonItem struct {
	feeds.JSONItem
	Language string     `json:"language,omitempty"`
	Review   reviewData `json:"_review"`
}

func (jsonFeed) item(n *entry) (item, error) {
	x := jsonItem{
		JSONItem: feeds.JSONItem{
			Id: n.id, Url: n.link, Title: n.title, ContentHTML: n.content, Summary: n.summary, Image: n.image, Tags: n.tags,
		},
		Language: n.language,
		Review:   n.review,
	}
	if n.content == "" { // one of the two must be there
		x.ContentText = n.summary
	}
	if n.author != "" {
		x.Authors = []*feeds.JSONAuthor{{Name: n.author, Url: n.authorURL}}
	}
	if !n.published.IsZero() {
		x.PublishedDate, x.ModifiedDate = &n.published, &n.updated
	}
	out, err := toJSON(x)
	return item{text: out}, err
}

func (jsonFeed) envelope(c *channel) (envelope, error) {
	out, err := toJSON(jsonDocument{
		JSONFeed: feeds.JSONFeed{
			Version: "https://jsonfeed.org/version/1.1", Title: c.title, Description: c.description,
			HomePageUrl: c.home, FeedUrl: c.self, Language: c.language,
			Authors: []*feeds.JSONAuthor{{Name: c.author, Url: c.home}},
		},
		Items: []struct{}{},
	})
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

func (jsonFeed) join(parts [][]byte, e envelope, items []placed) [][]byte {
	parts = append(parts, e.head)
	for i := range items {
		between := jsonBetween
		if i == 0 {
			between = between[len(","):]
		}
		parts = append(parts, []byte(between), items[i].text)
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
