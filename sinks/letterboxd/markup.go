package letterboxd

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline/review"
)

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", `\`, "&#92;", "\r", "")

// escape writes text so that it stands for itself, whichever of the two ways of
// quoting in CSV a reader has: Letterboxd shows quotes with a backslash before them,
// RFC 4180 doubles them. In HTML there need be neither.
func escape(text string) string { return escapes.Replace(text) }

// anchor is the tag before the text of a link.
func anchor(link string) string {
	return "<a href='" + strings.ReplaceAll(escape(link), "'", "&#39;") + "'>"
}

// paragraphs is plain text with its paragraphs.
func paragraphs(text string) string { return strings.TrimSpace(escape(text)) }

// markup is a body in the HTML that Letterboxd keeps: bold, italics, links and quotes;
// paragraphs are parted by empty lines.
func markup(body string) string {
	var w writer
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken: // the end: it is read from memory
			return w.end()
		case html.TextToken:
			w.text(tokens.Token().Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(tokens.Token())
		case html.EndTagToken:
			w.close(tokens.Token().DataAtom)
		}
	}
}

// writer writes text and tags. What parts them is held back until something follows.
type writer struct {
	b     strings.Builder
	gap   string
	fresh bool // a quote or an item has just begun: nothing parts it from what it holds
	open  []atom.Atom
}

func (w *writer) put(s string) {
	if w.b.Len() > 0 {
		w.b.WriteString(w.gap)
	}
	w.gap, w.fresh = "", false
	w.b.WriteString(s)
}

// part sees to it that at least this stands before what follows.
func (w *writer) part(gap string) {
	if !w.fresh && (w.gap == "" || strings.Count(gap, "\n") > strings.Count(w.gap, "\n")) {
		w.gap = gap
	}
}

func (w *writer) text(s string) {
	for i, word := range strings.Fields(s) {
		if i > 0 || startsWithSpace(s) {
			w.part(" ")
		}
		w.put(escape(word))
	}
	if s != "" && startsWithSpace(s[len(s)-1:]) {
		w.part(" ")
	}
}

func startsWithSpace(s string) bool { return strings.TrimLeft(s, " \t\r\n\f") != s }

func (w *writer) start(t html.Token) {
	switch t.DataAtom {
	case atom.B, atom.Strong, atom.I, atom.Em, atom.Cite:
		w.openTag(t.DataAtom, "<"+name(t.DataAtom)+">")
	case atom.A:
		for _, a := range t.Attr {
			if link := review.WebURL(a.Val); a.Key == "href" && link != "" {
				w.openTag(atom.A, anchor(link))
			}
		}
	case atom.Blockquote:
		w.part("\n\n")
		w.openTag(atom.Blockquote, "<blockquote>")
		w.fresh = true
	case atom.Br:
		w.part("\n")
	case atom.Li:
		w.part("\n")
		w.put("• ")
		w.fresh = true
	case atom.Tr, atom.Dt, atom.Dd:
		w.part("\n")
	case atom.Td, atom.Th:
		w.part(" ")
	default:
		if isBlock(t.DataAtom) {
			w.part("\n\n")
		}
	}
}

func (w *writer) openTag(a atom.Atom, tag string) {
	w.put(tag)
	w.open = append(w.open, a)
}

func (w *writer) close(a atom.Atom) {
	switch n := len(w.open); {
	case n > 0 && w.open[n-1] == a:
		w.open = w.open[:n-1]
		if a == atom.Blockquote {
			w.gap = ""
		}
		w.b.WriteString("</" + name(a) + ">")
		if a == atom.Blockquote {
			w.part("\n\n")
		}
	case isBlock(a):
		w.part("\n\n")
	}
}

// end closes what is open and returns it all.
func (w *writer) end() string {
	for n := len(w.open); n > 0; n-- {
		w.b.WriteString("</" + name(w.open[n-1]) + ">")
	}
	return w.b.String()
}

// name is a tag as Letterboxd has it: what is cited is set in italics.
func name(a atom.Atom) string {
	if a == atom.Cite {
		return "i"
	}
	return a.String()
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Dl,
		atom.Table, atom.Pre, atom.Figure, atom.Figcaption, atom.Section, atom.Article, atom.Hr, atom.Caption:
		return true
	}
	return false
}
