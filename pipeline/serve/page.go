package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/filmwire/filmwire/pipeline/review"
)

// subscription is a feed as its page shows it to people who open its address.
type subscription struct {
	Title, Description, Home, Language string
	Address                            string // of the feed
	Format                             string
	Entries                            []entry
	Style                              template.CSS
}

// entry is one entry of a feed: text alone, whatever the feed holds.
type entry struct {
	Title, Link, Author, Rating, Summary string
	Date                                 time.Time
}

// maxSummary is how much of a text the page shows, in runes.
const maxSummary = 300

// pageOf is the page of a feed, nil where the feed cannot be read. It is made once
// for each version of the feed.
func (s *Server) pageOf(d *document) *document {
	d.read.Do(func() {
		if d.body == nil {
			return
		}
		page, err := s.makePage(d)
		if err != nil {
			s.options.Log.Warn("feed has no page for people", "path", d.name, "err", err)
			return
		}
		d.page = page
	})
	return d.page
}

func (s *Server) makePage(d *document) (*document, error) {
	sub, err := readFeed(d.media.kind(), d.body)
	if err != nil {
		return nil, err
	}
	sub.Address = TopicURL(s.options.Site(), d.name)
	sub.Style = template.CSS(pageStyle)
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, "subscription", sub); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Bytes())
	page := newDocument(d.name, d.info, s.media[".html"], b.Bytes(), tagOf(sum[:]))
	for i, f := range page.common {
		if string(f.name) == "Vary" {
			page.common[i] = header("Vary", d.varies())
		}
	}
	page.tally = d.tally
	page.status = http.StatusOK
	page.common = append(page.common, header("Cache-Control", keepNothing))
	return page, nil
}

// readFeed reads a feed of a media type.
func readFeed(kind string, doc []byte) (*subscription, error) {
	sub := &subscription{}
	var err error
	switch kind {
	case "application/rss+xml":
		err = sub.readRSS(doc)
	case "application/atom+xml":
		err = sub.readAtom(doc)
	case "application/feed+json":
		err = sub.readJSON(doc)
	default:
		err = fmt.Errorf("%s is no feed", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("page of a feed: %w", err)
	}
	return sub, nil
}

// schemaRating is a rating in the words of schema.org.
type schemaRating struct {
	Value string `xml:"https://schema.org/ ratingValue"`
	Best  string `xml:"https://schema.org/ bestRating"`
	Name  string `xml:"https://schema.org/ name"`
	Why   string `xml:"https://schema.org/ ratingExplanation"`
}

func (r schemaRating) text() string {
	switch {
	case r.Why == string(review.Verdicted):
		return review.Rating{Kind: review.Verdicted, Verdict: review.Verdict(r.Name)}.Text()
	case r.Name != "":
		return r.Name
	case r.Value != "" && r.Best != "":
		return r.Value + "/" + r.Best
	}
	return r.Value
}

func (sub *subscription) readRSS(doc []byte) error {
	var x struct {
		Channel struct {
			Title       string   `xml:"title"`
			Links       []string `xml:"link"`
			Description string   `xml:"description"`
			Language    string   `xml:"language"`
			Items       []struct {
				Title       string       `xml:"title"`
				Link        string       `xml:"link"`
				Description string       `xml:"description"`
				Date        string       `xml:"pubDate"`
				Creator     []string     `xml:"http://purl.org/dc/elements/1.1/ creator"`
				Rating      schemaRating `xml:"https://schema.org/ reviewRating"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	if err := xml.Unmarshal(doc, &x); err != nil {
		return err
	}
	c := &x.Channel
	sub.Format, sub.Title, sub.Description, sub.Language = "RSS", c.Title, textOf(c.Description), c.Language
	for _, link := range c.Links { // atom:link elements hold no text
		if sub.Home == "" {
			sub.Home = strings.TrimSpace(link)
		}
	}
	for _, it := range c.Items {
		date, _ := time.Parse(time.RFC1123Z, it.Date) // without one it shows none
		sub.Entries = append(sub.Entries, entry{
			Title: it.Title, Link: it.Link, Author: strings.Join(it.Creator, ", "), Date: date,
			Rating: it.Rating.text(), Summary: textOf(it.Description),
		})
	}
	return nil
}

func (sub *subscription) readAtom(doc []byte) error {
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	alternate := func(links []link) string {
		for _, l := range links {
			if l.Rel == "alternate" || l.Rel == "" {
				return l.Href
			}
		}
		return ""
	}
	var x struct {
		Language string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		Title    string `xml:"title"`
		Subtitle string `xml:"subtitle"`
		Links    []link `xml:"link"`
		Entries  []struct {
			Title     string       `xml:"title"`
			Links     []link       `xml:"link"`
			Summary   string       `xml:"summary"`
			Published time.Time    `xml:"published"`
			Authors   []string     `xml:"author>name"`
			Rating    schemaRating `xml:"https://schema.org/ reviewRating"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(doc, &x); err != nil {
		return err
	}
	sub.Format, sub.Title, sub.Description, sub.Home, sub.Language = "Atom", x.Title, textOf(x.Subtitle), alternate(x.Links), x.Language
	for _, e := range x.Entries {
		sub.Entries = append(sub.Entries, entry{
			Title: e.Title, Link: alternate(e.Links), Author: strings.Join(e.Authors, ", "), Date: e.Published,
			Rating: e.Rating.text(), Summary: textOf(e.Summary),
		})
	}
	return nil
}

func (sub *subscription) readJSON(doc []byte) error {
	var x struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Home        string `json:"home_page_url"`
		Language    string `json:"language"`
		Items       []struct {
			Title   string    `json:"title"`
			URL     string    `json:"url"`
			Summary string    `json:"summary"`
			Date    time.Time `json:"date_published"`
			Authors []struct {
				Name string `json:"name"`
			} `json:"authors"`
			Review struct {
				Rating json.RawMessage `json:"rating"`
			} `json:"_review"`
		} `json:"items"`
	}
	if err := json.Unmarshal(doc, &x); err != nil {
		return err
	}
	sub.Format, sub.Title, sub.Description, sub.Home, sub.Language = "JSON Feed", x.Title, x.Description, x.Home, x.Language
	for _, it := range x.Items {
		var names []string
		for _, a := range it.Authors {
			names = append(names, a.Name)
		}
		sub.Entries = append(sub.Entries, entry{
			Title: it.Title, Link: it.URL, Author: strings.Join(names, ", "), Date: it.Date,
			Rating: ratingText(it.Review.Rating), Summary: shorten(it.Summary),
		})
	}
	return nil
}

// ratingText is a rating of an event in words, "" for what is none.
func ratingText(data []byte) string {
	var r review.Rating
	if json.Unmarshal(data, &r) != nil {
		return ""
	}
	return r.Text()
}

// textOf is what somebody would read of a piece of HTML.
func textOf(markup string) string {
	if !strings.ContainsAny(markup, "<&") {
		return shorten(markup)
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return shorten(b.String())
		case html.TextToken:
			b.Write(z.Text())
		default:
			b.WriteByte(' ')
		}
	}
}

// shorten joins the words of a text and ends it after maxSummary runes.
func shorten(s string) string {
	s = strings.Join(strings.Fields(html.UnescapeString(s)), " ")
	n := 0
	for i := range s {
		if n++; n > maxSummary {
			return strings.TrimRight(s[:i], " ") + " …"
		}
	}
	return s
}
