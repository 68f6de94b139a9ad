package feed

import (
	"encoding/xml"
	"time"

	"github.com/gorilla/feeds"
)

// rss is RSS 2.0 (www.rssboard.org/rss-specification), with content:encoded,
// Dublin Core for names and languages, and atom:link for the document itself.
type rss struct{}

func (rss) name() string      { return "rss" }
func (rss) mediaType() string { return "application/rss+xml" }

// rssDocument is the root, with the namespaces that items use.
type rssDocument struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	Content string   `xml:"xmlns:content,attr"`
	DC      string   `xml:"xmlns:dc,attr"`
	Schema  string   `xml:"xmlns:schema,attr"`
	Channel rssChannel
}

type rssChannel struct {
	feeds.RssFeed
	Self rssLink
}

type rssLink struct {
	XMLName xml.Name `xml:"atom:link"`
	Href    string   `xml:"href,attr"`
	Rel     string   `xml:"rel,attr"`
	Type    string   `xml:"type,attr"`
}

// rssItem says what the embedded item cannot, or says wrongly: several
// categories, a source with its URL. Names go to dc:creator, because author asks
// for an e-mail address.
type rssItem struct {
	feeds.RssItem
	Category []string   `xml:"category"`
	Source   *rssSource `xml:"source"`
	Creator  string     `xml:"dc:creator,omitempty"`
	Language string     `xml:"dc:language,omitempty"`
	Updated  string     `xml:"atom:updated,omitempty"`
	Film     *schemaFilm
	Rating   *schemaRating
}

type rssSource struct {
	URL  string `xml:"url,attr"`
	Name string `xml:",chardata"`
}

func (rss) item(n *entry) (item, error) {
	x := rssItem{
		RssItem: feeds.RssItem{
			Title:       n.title,
			Link:        n.link,
			Description: literal(n.summary),
			Guid:        &feeds.RssGuid{Id: n.id, IsPermaLink: "false"},
		},
		Category: n.tags,
		Creator:  n.author,
		Language: n.language,
	}
	if n.content != "" {
		x.Content = &feeds.RssContent{Content: n.content}
	}
	if !n.published.IsZero() {
		x.PubDate = n.published.Format(time.RFC1123Z)
		x.Updated = n.updated.Format(time.RFC3339)
	}
	if n.via != "" && n.review.Source != "" {
		x.Source = &rssSource{URL: n.via, Name: n.review.Source}
	}
	x.Film, x.Rating = schemaOf(&n.review)
	out, err := toXML(x)
	return item{text: append(out, '\n')}, err
}

func (f rss) envelope(c *channel) (envelope, error) {
	doc := rssDocument{
		Version: "2.0",
		Atom:    atomNS,
		Content: "http://purl.org/rss/1.0/modules/content/",
		DC:      "http://purl.org/dc/elements/1.1/",
		Schema:  schemaNS,
		Channel: rssChannel{
			RssFeed: feeds.RssFeed{
				Title: c.title, Link: c.home, Description: literal(c.description), Language: c.language,
				LastBuildDate: hole, Generator: generator,
			},
			Self: rssLink{Href: c.self, Rel: "self", Type: f.mediaType()},
		},
	}
	out, err := toXML(doc)
	if err != nil {
		return envelope{}, err
	}
	return cutXML(out, "lastBuildDate", "</channel>", false)
}

// join leaves the date out where no entry gives one.
func (rss) join(parts [][]byte, e envelope, items []placed) [][]byte {
	parts = append(parts, e.head)
	if t := newest(items); !t.IsZero() {
		parts = append(parts, []byte("\n    <lastBuildDate>"+t.Format(time.RFC1123Z)+"</lastBuildDate>"))
	}
	parts = append(parts, e.afterDate)
	for _, it := range items {
		parts = append(parts, it.text)
	}
	return append(parts, e.tail)
}

// generator names the program in RSS and Atom.
const generator = "Filmwire"
