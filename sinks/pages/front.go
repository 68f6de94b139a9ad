package pages

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

//go:embed site.tmpl
var siteTemplate string

// front is the data of the template.
type front struct {
	Site   pipeline.Site
	Feeds  []feed
	ByFilm bool            // films have feeds of their own, on their pages
	More   []pipeline.Link // what there is besides feeds
	Items  []item
	Counts string
}

// feed is one feed in all its formats.
type feed struct {
	Title   string
	Formats []feedFormat
}

type feedFormat struct {
	Name, Path, MediaType string
}

// parse reads the templates: index.html and 404.html.
func parse() (*template.Template, error) {
	t, err := template.New("site").Funcs(template.FuncMap{"href": href, "type": typeAttr}).Parse(siteTemplate)
	if err != nil {
		return nil, fmt.Errorf("site template: %w", err)
	}
	return t, nil
}

func render(t *template.Template, page string, f *front) ([]byte, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, page, f); err != nil {
		return nil, fmt.Errorf("render %s: %w", page, err)
	}
	return b.Bytes(), nil
}

// href is a path under the site as a relative URL.
func href(document string) string {
	parts := strings.Split(document, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// typeAttr is a type attribute with the media type as it is: html/template would
// write the plus of application/rss+xml as a reference, which those who look for
// feeds without parsing HTML do not find. What is no media type is left out.
func typeAttr(mediaType string) template.HTMLAttr {
	if mediaType == "" || strings.Trim(mediaType, "abcdefghijklmnopqrstuvwxyz0123456789/+.-") != "" {
		return ""
	}
	return template.HTMLAttr(`type="` + mediaType + `"`)
}

// feedsOf gathers links to feeds that differ only in their format, in the order they came.
func feedsOf(links []pipeline.Link) []feed {
	var feeds []feed
	at := map[string]int{}
	for _, l := range links {
		if !l.Feed || l.PerFilm {
			continue
		}
		base := strings.TrimSuffix(l.Path, path.Ext(l.Path))
		if _, ok := at[base]; !ok {
			at[base] = len(feeds)
			title := review.Line(l.Title)
			if title == "" {
				title = base
			}
			feeds = append(feeds, feed{Title: title})
		}
		f := &feeds[at[base]]
		f.Formats = append(f.Formats, feedFormat{l.Format(), l.Path, l.MediaType})
	}
	return feeds
}

// counts says how much there is: "1,204 reviews of 987 films by 2 critics".
func counts(reviews, films, critics int) string {
	if reviews == 0 {
		return "No reviews yet."
	}
	s := plural(reviews, "review")
	if films > 0 {
		s += " of " + plural(films, "film")
	}
	if critics > 0 {
		s += " by " + plural(critics, "critic")
	}
	return s + "."
}

func plural(n int, what string) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	if n == 1 {
		return digits + " " + what
	}
	return digits + " " + what + "s"
}

// listFeeds writes all feeds as OPML, each once: a reader that takes the list in
// would subscribe to every format otherwise. The lists that other views make of feeds
// of their own are linked, and expand in place.
func listFeeds(site pipeline.Site, feeds []feed, more []pipeline.Link) ([]byte, error) {
	var outlines []pipeline.Outline
	for _, f := range feeds {
		outlines = append(outlines, pipeline.Outline{
			Title: f.Title, Feed: site.URL + "/" + href(f.preferred().Path), Home: site.URL + "/",
		})
	}
	for _, l := range more {
		if l.MediaType == pipeline.OPMLType {
			outlines = append(outlines, pipeline.Outline{Title: review.Line(l.Title), List: site.URL + "/" + href(l.Path)})
		}
	}
	return pipeline.OPML(review.Line(site.Title), site.URL+"/", outlines)
}

// preferred is the format that most readers take.
func (f *feed) preferred() feedFormat {
	for _, name := range []string{"RSS", "Atom"} {
		for _, format := range f.Formats {
			if format.Name == name {
				return format
			}
		}
	}
	return f.Formats[0]
}
