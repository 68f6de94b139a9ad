package normalize

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// renderer makes HTML of Markdown with the extensions blogs use. Raw HTML goes
// through it: cleaning comes after.
var renderer = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
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
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/4)
	if err := renderer.Convert([]byte(text), &out); err != nil {
		return err
	}
	u.body = clean(out.String(), u.base)
	return nil
}

// The nesting of Markdown whose rendering would take time without bound; nobody
// writes a tenth of it.
const (
	maxQuotes   = 60
	maxBrackets = 2000
)

// tooNested reports Markdown that was made to be slow.
func tooNested(text string) bool {
	brackets := 0
	for line := range strings.Lines(text) {
		depth, indent := 0, 0
		for _, c := range line {
			if c == '>' || c == '-' || c == '*' || c == '+' {
				depth++
			} else if c != ' ' && c != '\t' {
				break
			} else {
				indent++
			}
		}
		if depth > maxQuotes && strings.Trim(line, "-* \t\r\n") != "" || indent > 40*maxQuotes {
			return true
		}
		brackets += strings.Count(line, "[") + strings.Count(line, "![")
		if strings.TrimSpace(line) == "" {
			brackets = 0
		}
		if brackets > maxBrackets {
			return true
		}
	}
	return false
}
