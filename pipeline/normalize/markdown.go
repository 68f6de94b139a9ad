package normalize

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"github.com/filmwire/filmwire/pipeline/review"
)

// renderer makes HTML of Markdown with the extensions blogs and notebooks use. Raw
// HTML goes through it: cleaning comes after.
var renderer = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
	goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(wikiLinks{}, beforeLinks))),
	goldmark.WithRendererOptions(html.WithUnsafe()),
)

// readMarkdown reads a document of Markdown, with or without front matter.
func (u *understanding) readMarkdown() error {
	text, err := u.readFrontMatter(strings.TrimPrefix(u.doc.Body, "\ufeff"))
	if err != nil {
		return err
	}
	if tooNested(text) {
		u.readText(text)
		return nil
	}
	text = withoutTemplates(text, u.readTemplate)
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/4)
	if err := renderer.Convert([]byte(text), &out); err != nil {
		return err
	}
	u.body = clean(out.String(), u.base)
	return nil
}

// readTemplate notes the rating that a site's generator would have drawn.
func (u *understanding) readTemplate(mark string) {
	text, most := templateRating(mark)
	if text == "" {
		return
	}
	scale, basis := u.scale, u.basis
	if best, err := review.ParseDecimal(most); err == nil {
		scale, basis = review.Scale{Best: best}, review.BasisStated
	}
	f := field(text, inTemplate, scale, basis, strengthField)
	f.rating.Span = review.Span{}
	u.found = append(u.found, f)
}

// The limits of Markdown whose rendering takes time that grows with the square
// of its size; nobody writes a tenth of either.
const (
	maxQuotes = 60   // levels of quotations and lists
	maxMarks  = 6000 // characters that may be markup between two empty lines
)

// tooNested reports Markdown that was made to be slow.
func tooNested(text string) bool {
	marks := 0
	for line := range strings.Lines(text) {
		depth, indent, marked := 0, 0, 0
		begun := false
		for i := range len(line) {
			switch line[i] {
			case '>', '-', '+', '*':
				if !begun {
					depth++
				}
				marked++
			case ' ', '\t':
				if !begun {
					indent++
				}
			case '_', '~', '[', '`', '!':
				begun = true
				marked++
			case '\r', '\n':
			default:
				begun = true
			}
		}
		if begun && depth > maxQuotes || indent > 40*maxQuotes {
			return true
		}
		if marks += marked; !begun && marked == 0 {
			marks = 0
		}
		if marks > maxMarks {
			return true
		}
	}
	return false
}
