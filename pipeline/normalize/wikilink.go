package normalize

import (
	"bytes"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// wikiLinks reads the links of notebooks, [[Mulan]] and [[Films/Mulan|the remake]]:
// they lead to other notes, which no reader of a review has, so the words stay and
// the link does not. ![[poster.png]] puts another file in, and leaves nothing.
type wikiLinks struct{}

// beforeLinks is the priority of what is tried before Markdown's own links.
const beforeLinks = 150

// Trigger are the signs that one begins with.
func (wikiLinks) Trigger() []byte { return []byte{'[', '!'} }

// Parse reads one, nil for what is none: [[1]](https://...) is a link of Markdown.
func (wikiLinks) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, at := block.PeekLine()
	put := line[0] == '!'
	from := 0
	if put {
		from = 1
	}
	if !bytes.HasPrefix(line[from:], []byte("[[")) {
		return nil
	}
	from += len("[[")
	n := bytes.Index(line[from:], []byte("]]"))
	if n <= 0 || bytes.IndexByte(line[from:from+n], '[') >= 0 {
		return nil
	}
	end := from + n + len("]]")
	if end < len(line) && (line[end] == '(' || line[end] == '[') {
		return nil
	}
	block.Advance(end)
	if put {
		return ast.NewString(nil)
	}
	name := wikiName(string(line[from : from+n]))
	begin := at.Start + from + strings.LastIndex(string(line[from:from+n]), name)
	return ast.NewTextSegment(text.NewSegment(begin, begin+len(name)))
}

// wikiName is what a reader sees of a link of a notebook: the words behind the bar,
// else the note's name without its folder.
func wikiName(inside string) string {
	target, words, named := strings.Cut(inside, "|")
	if words = strings.TrimSpace(words); named && words != "" {
		return words
	}
	target, _, _ = strings.Cut(target, "#")
	target = strings.TrimSuffix(strings.TrimSpace(target), `\`)
	if name := path.Base(target); name != "." && name != "/" {
		return strings.TrimSuffix(name, ".md")
	}
	return inside
}
