package normalize

import (
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// The limits that keep hostile nesting from costing more than it is worth.
// Elements beyond them are passed through: their text stays.
const (
	maxBlocks  = 100
	maxInlines = 32
)

// builder makes a body, block by block and word by word. What it makes is well
// formed whatever it is told: elements nest as HTML wants them, nothing that is
// empty is opened, and text outside of any block becomes a paragraph.
type builder struct {
	body
	stack  []element // open blocks and boxes, outermost first
	marks  []mark    // open inline elements, outermost first
	inRun  bool
	breaks int  // br elements not yet written
	space  byte // white space not yet written: ' ' or nbsp, 0 for none
	held   []byte
	// caption says that the element that is pushed next stands under a picture.
	caption bool
	again   int // bytes of inline tags that may still be opened a second time
	inLink  int // open a elements
}

// element is an open block or box.
type element struct {
	tag     atom.Atom
	start   string // the start tag where it has attributes
	node    int32  // -1 as long as nothing was written
	box     bool
	implied bool
	caption bool // stands under a picture
}

// mark is an open inline element.
type mark struct {
	tag     atom.Atom
	start   string
	written bool // the start tag stands in the HTML and waits for its end
	twice   bool // it stood there before, in another run
	depth   int  // of the stack where it was opened
}

const nbsp = 0xa0

func newBuilder(size int) *builder {
	return &builder{
		body: body{
			html:  make([]byte, 0, size+64),
			text:  make([]byte, 0, size),
			nodes: make([]node, 0, 4+size/100),
			runs:  make([]run, 0, 4+size/160),
		},
		stack: make([]element, 0, 16),
		marks: make([]mark, 0, 8),
		again: size,
	}
}

// top is the innermost block or box; the zero element, a box, at the outside.
func (b *builder) top() element {
	if len(b.stack) == 0 {
		return element{box: true, node: -1}
	}
	return b.stack[len(b.stack)-1]
}

func (b *builder) push(tag atom.Atom, start string, isBox bool) {
	if len(b.stack) < maxBlocks {
		caption := b.caption || tag == atom.Figcaption || b.top().caption
		b.stack = append(b.stack, element{tag: tag, start: start, node: -1, box: isBox, caption: caption})
	}
}

// imply opens a block that the author left out.
func (b *builder) imply(tag atom.Atom) {
	b.stack = append(b.stack, element{tag: tag, node: -1, implied: true, caption: b.top().caption})
}

// pop closes the innermost block or box. Inline elements opened in it and never
// closed end with it.
func (b *builder) pop() {
	b.endRun()
	e := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	if e.node >= 0 {
		b.html = appendEnd(b.html, e.tag)
		b.nodes[e.node].to = len(b.html)
	}
	depth := b.depth()
	for len(b.marks) > 0 && b.marks[len(b.marks)-1].depth > depth {
		b.forget(len(b.marks) - 1)
	}
}

// split ends a paragraph at an empty line, which is how many tools write one.
// What comes next stands in another paragraph of the same kind.
func (b *builder) split() {
	b.endRun()
	e := &b.stack[len(b.stack)-1]
	b.html = appendEnd(b.html, e.tag)
	b.nodes[e.node].to = len(b.html)
	e.node = -1
}

// popTo closes blocks until n are open.
func (b *builder) popTo(n int) {
	for len(b.stack) > n {
		b.pop()
	}
}

// depth is that of the stack, without the blocks an author did not write.
func (b *builder) depth() int {
	n := len(b.stack)
	for n > 0 && b.stack[n-1].implied {
		n--
	}
	return n
}

// find is the index of the innermost open element with the tag, -1 for none. It
// does not look out of a table's cell, except for the parts of a table.
func (b *builder) find(tag atom.Atom) int {
	past := tablePart(tag)
	for i := len(b.stack) - 1; i >= 0; i-- {
		if b.stack[i].tag == tag {
			return i
		}
		if at := b.stack[i].tag; past && at == atom.Table || !past && cell(at) {
			return -1
		}
	}
	return -1
}

// mark opens an inline element. One a does not hold another.
func (b *builder) mark(tag atom.Atom, start string) {
	if tag == atom.A {
		b.unmark(atom.A)
		b.inLink++
	}
	if len(b.marks) >= maxInlines {
		if tag == atom.A {
			b.inLink--
		}
		return
	}
	b.marks = append(b.marks, mark{tag: tag, start: start, depth: b.depth()})
}

// unmark closes the innermost inline element with the tag, if there is one.
// Those opened inside it go on behind it.
func (b *builder) unmark(tag atom.Atom) {
	at := -1
	for i := len(b.marks) - 1; i >= 0 && at < 0; i-- {
		if b.marks[i].tag == tag {
			at = i
		}
	}
	if at < 0 {
		return
	}
	b.hush(at)
	b.forget(at)
}

func (b *builder) forget(at int) {
	if b.marks[at].tag == atom.A {
		b.inLink--
	}
	b.marks = append(b.marks[:at], b.marks[at+1:]...)
}

// hush writes the end tags of the inline elements from the given one on. What
// comes next opens them again.
func (b *builder) hush(from int) {
	for i := len(b.marks) - 1; i >= from; i-- {
		if b.marks[i].written {
			b.html = appendEnd(b.html, b.marks[i].tag)
			b.marks[i].written = false
		}
	}
}

// endRun ends the run, if one is open.
func (b *builder) endRun() {
	b.space, b.breaks, b.held = 0, 0, b.held[:0]
	if !b.inRun {
		return
	}
	b.hush(0)
	b.inRun = false
	r := &b.runs[len(b.runs)-1]
	if len(b.text) == r.from { // a picture, and no text
		r.from -= len(r.sep)
		r.sep, b.text = "", b.text[:r.from]
	}
	r.to, r.htmlTo = len(b.text), len(b.html)
}

// content makes ready for something that is seen: a run is open, what was held
// back is written, and the inline elements stand open.
func (b *builder) content() {
	if b.breaks > 1 && b.inRun && b.top().tag == atom.P {
		b.split()
	}
	if !b.inRun {
		b.held = afterLastLine(b.held) // an empty line that begins a pre is swallowed when read
		b.beginRun()
	}
	switch {
	case len(b.held) > 0:
		b.html = append(b.html, b.held...)
		b.plainText(string(b.held))
		b.held = b.held[:0]
	case b.breaks > 0:
		for range min(b.breaks, 2) {
			b.html = append(b.html, "<br/>"...)
			b.text = append(b.text, '\n')
		}
	case b.space == nbsp:
		b.html = append(b.html, "\u00a0"...)
		b.plainText(" ")
	case b.space != 0:
		b.html = append(b.html, ' ')
		b.plainText(" ")
	}
	b.breaks, b.space = 0, 0
	for i := range b.marks {
		if m := &b.marks[i]; !m.written {
			b.open(m)
		}
	}
}

func (b *builder) open(m *mark) {
	if m.twice {
		// A long start tag around a thousand paragraphs must not become a
		// thousand long start tags.
		if b.again -= len(m.start) + len("<strong>"); b.again < 0 {
			return
		}
	}
	m.written, m.twice = true, true
	b.html = appendStart(b.html, m.tag, m.start)
}

// beginRun opens a run where the stack stands, with the blocks around it.
func (b *builder) beginRun() {
	for e := b.top(); e.box || itemOf(e.tag) != 0; e = b.top() {
		if e.box {
			b.imply(atom.P)
		} else {
			b.imply(itemOf(e.tag))
		}
	}
	if b.beside() {
		b.imply(atom.P)
	}
	b.write()
	e := b.top()
	sep := b.separator(e)
	if len(b.text) == 0 {
		sep = ""
	}
	b.text = append(b.text, sep...)
	b.runs = append(b.runs, run{
		node: e.node, tag: e.tag, sep: sep,
		from: len(b.text), htmlFrom: len(b.html), caption: e.caption,
	})
	for n := e.node; n >= 0; n = b.nodes[n].parent {
		b.nodes[n].live++
	}
	b.inRun = true
}

// beside reports that a run ended exactly here, so that without a paragraph of
// its own the next would be taken for its continuation.
func (b *builder) beside() bool {
	if len(b.runs) == 0 || b.top().tag == atom.P {
		return false
	}
	before := &b.runs[len(b.runs)-1]
	return before.htmlTo == len(b.html) && before.node == b.top().node
}

// write writes the start tags of the open blocks that are not in the HTML yet.
func (b *builder) write() {
	parent := int32(-1)
	for i := range b.stack {
		e := &b.stack[i]
		if e.box {
			continue
		}
		if e.node < 0 {
			e.node = int32(len(b.nodes))
			b.nodes = append(b.nodes, node{tag: e.tag, parent: parent, from: len(b.html)})
			b.html = appendStart(b.html, e.tag, e.start)
		}
		parent = e.node
	}
}

// separator is what stands in the plain text before the next run.
func (b *builder) separator(e element) string {
	if len(b.runs) == 0 {
		return ""
	}
	before := &b.runs[len(b.runs)-1]
	switch e.tag {
	case atom.Li, atom.Dt, atom.Dd:
		if before.tag == atom.Li || before.tag == atom.Dt || before.tag == atom.Dd {
			return "\n"
		}
	case atom.Td, atom.Th:
		if before.tag == atom.Td || before.tag == atom.Th {
			if b.nodes[before.node].parent == b.nodes[e.node].parent {
				return "\t"
			}
			return "\n"
		}
	}
	return "\n\n"
}

// br is a line break.
func (b *builder) br() {
	switch {
	case b.top().tag == atom.Pre:
		b.held = append(b.held, '\n')
	case phrasing(b.top().tag):
		b.gap()
	case b.inRun:
		b.breaks++
		b.space = 0
	}
}

// gap is white space.
func (b *builder) gap() {
	if b.top().tag == atom.Pre {
		b.held = append(b.held, '\n')
	} else if b.inRun && b.breaks == 0 {
		b.space = ' '
	}
}

// rule is a line across, between two blocks.
func (b *builder) rule() {
	b.write()
	b.html = append(b.html, "<hr/>"...)
}

// finish closes what is open and returns the body.
func (b *builder) finish() *body {
	b.popTo(0)
	b.endRun()
	b.plain = string(b.text)
	return &b.body
}

func appendStart(html []byte, tag atom.Atom, start string) []byte {
	if start != "" {
		return append(html, start...)
	}
	html = append(html, '<')
	html = append(html, tag.String()...)
	return append(html, '>')
}

func appendEnd(html []byte, tag atom.Atom) []byte {
	html = append(html, "</"...)
	html = append(html, tag.String()...)
	return append(html, '>')
}

// class of a byte, for the loop over text.
const (
	plain = iota
	blank
	special // to be escaped, or not wanted
	wide    // part of a character beyond ASCII
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			t[c] = blank
		case c < ' ' || c == 0x7f || c == '<' || c == '>' || c == '&':
			t[c] = special
		case c >= 0x80:
			t[c] = wide
		}
	}
	return t
}()

// words adds text: white space in it is as good as one space.
func (b *builder) words(s string) {
	if b.top().tag == atom.Pre {
		b.preformatted(s)
		return
	}
	for i := 0; i < len(s); {
		switch classes[s[i]] {
		case blank:
			if b.inRun && b.breaks == 0 {
				b.space = ' '
			}
			i++
		case plain:
			end := stretch(s, i)
			b.content()
			b.html = append(b.html, s[i:end]...)
			b.plainText(s[i:end])
			i = end
		default:
			i += b.rune(s[i:])
		}
	}
}

// stretch is the end of the plain text that begins at i: words with one space
// between them.
func stretch(s string, i int) int {
	for i < len(s) {
		if classes[s[i]] == plain || s[i] == ' ' && i+1 < len(s) && classes[s[i+1]] == plain {
			i++
			continue
		}
		break
	}
	return i
}

func (b *builder) plainText(s string) {
	b.text = append(b.text, s...)
	if b.inLink > 0 {
		b.runs[len(b.runs)-1].linked += len(s)
	}
}

// rune adds one character that is not plain and returns its width.
func (b *builder) rune(s string) int {
	r, width := utf8.DecodeRuneInString(s)
	switch {
	case r == nbsp:
		if b.inRun && b.breaks == 0 && b.space == 0 {
			b.space = nbsp
		} else if b.inRun && b.breaks == 0 {
			b.space = ' '
		}
		return width
	case r == 0x2028 || r == 0x2029:
		b.gap()
		return width
	case unwanted(r):
		return width
	}
	b.content()
	b.html = appendEscaped(b.html, r)
	from := len(b.text)
	b.text = utf8.AppendRune(b.text, r)
	if b.inLink > 0 {
		b.runs[len(b.runs)-1].linked += len(b.text) - from
	}
	return width
}

// preformatted adds text in which white space counts.
func (b *builder) preformatted(s string) {
	for len(s) > 0 {
		r, width := utf8.DecodeRuneInString(s)
		s = s[width:]
		switch {
		case r == '\r' || r == '\f' || unwanted(r):
		case r == ' ' || r == '\t' || r == '\n':
			b.held = append(b.held, byte(r))
		default:
			b.content()
			b.html = appendEscaped(b.html, r)
			b.text = utf8.AppendRune(b.text, r)
		}
	}
}

func afterLastLine(s []byte) []byte {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '\n' {
			return s[i+1:]
		}
	}
	return s
}

func appendEscaped(html []byte, r rune) []byte {
	switch r {
	case '<':
		return append(html, "&lt;"...)
	case '>':
		return append(html, "&gt;"...)
	case '&':
		return append(html, "&amp;"...)
	case '"':
		return append(html, "&#34;"...)
	}
	return utf8.AppendRune(html, r)
}
