package feed

import (
	"encoding/xml"
	"strconv"
	"time"

	"github.com/gorilla/feeds"
)

// rss is RSS 2.0 (www.rssboard.org/rss-specification), with content:encoded,
// Dublin Core for names and languages, Media RSS, and atom:link for the documents
// there are. Letterboxd's own elements come with its dialect.
type rss struct{ letterboxd bool }

func (rss) name() string      { return "rss" }
func (rss) mediaType() string { return "application/rss+xml" }

// rssDocument is the root, with the namespaces that items use.
type rssDocument struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	Content string   `xml:"xmlns:content,attr"`
	DC      string   `xml:"xmlns:dc,attr"`
	FH      string   `xml:"xmlns:fh,attr,omitempty"`
	LB      string   `xml:"xmlns:letterboxd,attr,omitempty"`
	Media   string   `xml:"xmlns:media,attr"`
	Schema  string   `xml:"xmlns:schema,attr"`
	TMDB    string   `xml:"xmlns:tmdb,attr,omitempty"`
	Channel rssChannel
}

type rssChannel struct {
	feeds.RssFeed
	Links   []rssLink
	Archive *struct{} `xml:"fh:archive"`
}

type rssLink struct {
	XMLName xml.Name `xml:"atom:link"`
	Href    string   `xml:"href,attr"`
	Rel     string   `xml:"rel,attr"`
	Type    string   `xml:"type,attr,omitempty"`
}

// rssItem says what the embedded item cannot, or says wrongly: several
// categories, a source with its URL. Names go to dc:creator, because author asks
// for an e-mail address.
type rssItem struct {
	feeds.RssItem
	Category []string   `xml:"category"`
	Source   *rssSource `xml:"source"`
	Via      *rssLink
	Creator  []string `xml:"dc:creator"`
	Language string   `xml:"dc:language,omitempty"`
	Updated  string   `xml:"atom:updated,omitempty"`
	Media    []rssMedia
	Film     *schemaFilm
	Rating   *schemaRating
	letterboxdItem
}

// rssMedia is a picture, a video or a sound in the words of Media RSS
// (www.rssboard.org/media-rss).
type rssMedia struct {
	XMLName     xml.Name `xml:"media:content"`
	URL         string   `xml:"url,attr"`
	Type        string   `xml:"type,attr,omitempty"`
	Medium      string   `xml:"medium,attr,omitempty"`
	Length      int64    `xml:"fileSize,attr,omitempty"`
	Description string   `xml:"media:description,omitempty"`
}

type rssSource struct {
	URL  string `xml:"url,attr"`
	Name string `xml:",chardata"`
}

func (f rss) item(n *entry) ([]byte, error) {
	x := rssItem{
		RssItem: feeds.RssItem{
			Title:       n.title,
			Link:        n.link,
			Description: literal(n.summary),
			Guid:        &feeds.RssGuid{Id: n.id, IsPermaLink: "false"},
		},
		Category: n.tags,
		Language: n.language,
	}
	for _, a := range n.authors {
		x.Creator = append(x.Creator, a.name)
	}
	if n.content != "" {
		x.Content = &feeds.RssContent{Content: n.content}
	}
	if !n.published.IsZero() {
		x.PubDate = n.published.Format(time.RFC1123Z)
		x.Updated = n.updated.Format(time.RFC3339Nano)
	}
	if n.via != "" && n.review.Source != "" {
		x.Source = &rssSource{URL: n.via, Name: n.review.Source}
	}
	if n.via != "" {
		x.Via = &rssLink{Href: n.via, Rel: "via"}
	}
	x.attach(n.media)
	if f.letterboxd {
		x.letterboxdItem = newLetterboxdItem(n)
	}
	x.Film, x.Rating = schemaOf(&n.review)
	out, err := toXML(x)
	return append(out, '\n'), err
}

// attach adds what belongs to the review. An enclosure must state its length and
// its type, and validators warn of a second one; Media RSS takes what is known.
func (x *rssItem) attach(all []media) {
	for _, m := range all {
		if x.Enclosure == nil && m.mediaType != "" && m.length > 0 {
			x.Enclosure = &feeds.RssEnclosure{Url: m.url, Type: m.mediaType, Length: strconv.FormatInt(m.length, 10)}
		}
		x.Media = append(x.Media, rssMedia{URL: m.url, Type: m.mediaType, Medium: m.kind, Length: m.length, Description: literal(m.alt)})
	}
}

func (f rss) envelope(c *channel) (envelope, error) {
	doc := rssDocument{
		Version: "2.0",
		Atom:    atomNS,
		Content: "http://purl.org/rss/1.0/modules/content/",
		DC:      "http://purl.org/dc/elements/1.1/",
		Media:   "http://search.yahoo.com/mrss/",
		Schema:  schemaNS,
		Channel: rssChannel{
			RssFeed: feeds.RssFeed{
				Title: c.title, Link: c.home, Description: literal(c.description), Language: c.language,
				LastBuildDate: hole, Generator: generator,
			},
			Links: []rssLink{{Href: c.self, Rel: "self", Type: f.mediaType()}},
		},
	}
	for _, hub := range c.hubs {
		doc.Channel.Links = append(doc.Channel.Links, rssLink{Href: hub, Rel: "hub"})
	}
	for _, l := range c.relations() {
		doc.Channel.Links = append(doc.Channel.Links, rssLink{Href: l.url, Rel: l.rel, Type: f.mediaType()})
	}
	doc.FH, doc.Channel.Archive = archiveMark(c)
	if f.letterboxd {
		doc.LB, doc.TMDB = letterboxdNS, tmdbNS
	}
	out, err := toXML(doc)
	if err != nil {
		return envelope{}, err
	}
	return cutXML(out, "lastBuildDate", "</channel>", false)
}

// join leaves the date out where no entry gives one.
func (rss) join(parts [][]byte, e envelope, b *body) [][]byte {
	parts = append(parts, e.head)
	if !b.updated.IsZero() {
		parts = append(parts, []byte("\n    <lastBuildDate>"+b.updated.Format(time.RFC1123Z)+"</lastBuildDate>"))
	}
	parts = append(parts, e.afterDate)
	parts = append(parts, b.items...)
	return append(parts, e.tail)
}

// generator names the program in RSS and Atom.
const generator = "Filmwire"
