package ratings

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// excerptRunes is how much of a text stands on a film's page.
const excerptRunes = 280

// article is a review on the page of its film, in two parts: what it counts as
// goes in between, and why it does not count behind.
func article(e *review.Event) (begin, rest string) {
	var m markup
	by := e.Signature()
	m.fill("<article id=\"{}\"", pipeline.ReviewAnchor(e.ReviewID))
	m.fillIf(" lang=\"{}\"", language(e.Language))
	if by != "" {
		m.fill(">\n<h3>{}</h3>\n", by)
	} else {
		m.fill(">\n<h3><span lang=\"en\">A critic without a name</span></h3>\n")
	}
	m.fill("<p class=\"quiet facts\" lang=\"en\">")
	shown := e.Rating.Text()
	if e.Rating.Kind == review.Lost {
		m.fill("<span class=\"lost\">rating lost</span> ")
	} else {
		m.fillIf("<span class=\"rating\">{}</span> ", shown)
	}
	m.fillIf("<span>written “{}”</span> ", written(&e.Rating, shown))
	begin = string(m)
	m = m[:0]
	if d := date(e.Date().UTC()); d != "" {
		m.fill("<time datetime=\"{}\">{}</time>", d, d)
	}
	m.fill("</p>\n")
	m.fillIf("<p class=\"title\">{}</p>\n", e.OwnTitle())
	if e.Spoiler {
		m.fillIf("<details><summary class=\"quiet\" lang=\"en\">Contains spoilers</summary><p>{}</p></details>\n", e.Excerpt(excerptRunes))
	} else {
		m.fillIf("<p>{}</p>\n", e.Excerpt(excerptRunes))
	}
	if link := review.WebURL(e.URL); link != "" {
		m.fill("<p class=\"quiet\" lang=\"en\"><a href=\"{}\">Read the review<span class=\"hidden\">", link)
		m.fillIf(" by {}", by)
		m.fill("</span></a></p>\n")
	}
	return begin, string(m)
}

// entry puts an article together.
func (m *markup) entry(r *row, f *fate) {
	*m = append(*m, r.Article...)
	if f.Parts > 0 {
		m.fill("<span>counts as {} of 100", r.Norm.String())
		if f.Parts > 1 {
			m.fill(", {} of a vote", f.weight())
		}
		m.fill("</span> ")
	}
	*m = append(*m, r.Rest...)
	m.fillIf("<p class=\"quiet\" lang=\"en\">Does not count: {}.</p>\n", f.Reason)
	m.fill("</article>\n")
}

// longestWritten is the longest rating that is shown as it was written, in bytes.
const longestWritten = 60

// written is the rating as the critic wrote it, "" where that is what is shown
// already, or a number without its scale.
func written(r *review.Rating, shown string) string {
	raw := review.Line(r.Raw)
	squeezed := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	switch {
	case r.Kind == review.Unrated, len(raw) > longestWritten, squeezed(raw) == squeezed(shown):
		return ""
	case r.Kind == review.Scored && raw == r.Value.String():
		return ""
	}
	return raw
}
