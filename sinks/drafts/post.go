package drafts

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"text/template"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Post is what a template is executed on. What is not known, or does not fit, is
// "" or 0. All texts are on one line.
type Post struct {
	Film     string // Never Let Me Go (2010)
	Title    string // of the film, else of the review
	Year     int
	Rating   string // as the critic wrote it
	Text     string // sentences of the summary, or that the review gives away the plot
	Link     string
	Hashtags string // #one #two
	Critic   string
	Outlet   string
	Language string
	Spoiler  bool
	Network  string // mastodon ...
	Site     pipeline.Site
}

// DefaultTemplate is the wording where the config has none.
const DefaultTemplate = `{{.Film}}{{if and .Film .Rating}}: {{end}}{{.Rating}}
{{with .Text}}
{{.}}
{{end}}
{{.Link}}
{{with .Hashtags}}
{{.}}{{end}}`

const spoilerText = "(The review gives away the plot.)"

// maxSentences is how much of a summary a post quotes.
const maxSentences = 2

// errNoPost says that nothing can be said about the review on this network.
var errNoPost = errors.New("no text that says anything fits")

// writer words posts.
type writer struct {
	own      *template.Template // nil where the config has none
	plain    *template.Template
	hashtags string
	site     pipeline.Site
}

func newWriter(s Settings, site pipeline.Site) (*writer, error) {
	w := &writer{plain: template.Must(template.New("default").Parse(DefaultTemplate)), site: site}
	for _, tag := range s.Hashtags {
		w.hashtags += " #" + strings.TrimPrefix(tag, "#")
	}
	w.hashtags = strings.TrimSpace(w.hashtags)
	if s.Template == "" {
		return w, nil
	}
	var err error
	w.own, err = template.New("template").Parse(s.Template)
	return w, err
}

// write words the post for a network: the richest that fits, by the config's
// template if any of its posts fits.
func (w *writer) write(e *review.Event, n *network) (text, warning string, err error) {
	full, quotes := w.post(e, n)
	if n.warning && e.Spoiler {
		warning = "Spoilers"
		if full.Film != "" && n.count(full.Film) <= n.limit/4 {
			warning += ": " + full.Film
		}
	}
	for _, t := range []*template.Template{w.own, w.plain} {
		if t == nil {
			continue
		}
		for p := range poorer(full, quotes) {
			text, err := say(t, p)
			if err != nil {
				break // some templates trip over some reviews
			}
			if text != "" && n.fits(text, warning) {
				return text, warning, nil
			}
		}
	}
	return "", "", fmt.Errorf("%s: %w", n.name, errNoPost)
}

// post is the richest post, without its text, and the texts it could have, ever longer.
func (w *writer) post(e *review.Event, n *network) (Post, []string) {
	p := Post{
		Title: shorten(line(e.Film.Title), maxTitleWords), Year: e.Film.Year,
		Rating: ratingText(&e.Rating), Link: linkText(e.URL), Hashtags: w.hashtags,
		Critic: line(e.Byline()), Outlet: line(string(e.Critic.Outlet)), Language: line(e.Language),
		Spoiler: e.Spoiler, Network: n.name, Site: w.site,
	}
	if p.Title == "" {
		p.Title, p.Year = shorten(line(e.Title), maxTitleWords), 0
	}
	p.Film = filmText(p.Title, p.Year)
	switch {
	case e.Spoiler:
		return p, []string{spoilerText}
	case e.Rights == "" || e.Rights == review.RightsFull:
		if e.Summary == "" {
			return p, wholeSentences(e.BodyText, maxSentences)
		}
		return p, wholeSentences(e.Summary, maxSentences)
	case e.Rights == review.RightsExcerpt:
		return p, wholeSentences(e.Summary, maxSentences)
	}
	return p, nil
}

func filmText(title string, year int) string {
	if title == "" || year == 0 {
		return title
	}
	return fmt.Sprintf("%s (%d)", title, year)
}

// poorer yields the post, then ever less of it: fewer sentences, no hashtags, a
// shorter title, none.
func poorer(full Post, quotes []string) iter.Seq[Post] {
	return func(yield func(Post) bool) {
		p := full
		for n := len(quotes); n > 0; n-- {
			p.Text = quotes[n-1]
			if !yield(p) {
				return
			}
		}
		if len(quotes) > 0 {
			p.Text, p.Hashtags = quotes[0], ""
			if !yield(p) {
				return
			}
		}
		p.Text, p.Hashtags = "", full.Hashtags
		if !yield(p) {
			return
		}
		p.Hashtags = ""
		for n := len(strings.Fields(full.Title)); n >= 0; n-- {
			p.Title = shorten(full.Title, n)
			if p.Film = filmText(p.Title, full.Year); !yield(p) {
				return
			}
		}
		p.Rating = ""
		yield(p)
	}
}

// maxTitleWords is the longest title that is looked at.
const maxTitleWords = 60

// shorten is the first words of a title, with a sign that there are more.
func shorten(title string, words int) string {
	all := strings.Fields(title)
	switch {
	case len(all) <= words:
		return title
	case words == 0:
		return ""
	}
	return strings.Join(all[:words], " ") + "…"
}

// say executes a template and tidies what empty fields leave behind: spaces at
// the end of lines, more than one empty line.
func say(t *template.Template, p Post) (string, error) {
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	var out []string
	for l := range strings.Lines(b.String()) {
		l = line(l)
		if l != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, l)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n")), nil
}
