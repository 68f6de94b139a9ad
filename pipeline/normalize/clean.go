package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// cleaner reads the tokens of an HTML fragment once and tells a builder what to
// keep: what authors write, and nothing that runs, loads or takes input.
type cleaner struct {
	*builder
	resolver
	tokens
	room []byte // to write a start tag in
	// skip is the element whose inside is being passed over, 0 for none, and
	// nested how many of the same name are open inside it.
	skip   atom.Atom
	nested int
	// furniture says to pass over elements whose class names them as a share
	// bar, a comment form and the like.
	furniture bool
	// lenient says to pass nothing over that has tags inside.
	lenient bool
}

// clean makes a body of an HTML fragment. Relative addresses are resolved
// against base.
func clean(fragment string, base resolver) *body {
	c := newCleaner(fragment, base)
	c.furniture = true
	c.read()
	if c.skip != 0 && !raw(c.skip) {
		// Something was to be passed over and never ended. Rather keep what is in
		// it, as far as it is text, than lose everything behind it.
		c = newCleaner(fragment, base)
		c.lenient = true
		c.read()
	}
	return c.finish()
}

func newCleaner(fragment string, base resolver) *cleaner {
	return &cleaner{
		builder:  newBuilder(len(fragment)),
		resolver: base,
		tokens:   tokens{s: fragment, attrs: make([]attr, 0, 8)},
	}
}

func (c *cleaner) read() {
	for c.next() {
		switch c.kind {
		case textToken:
			if c.skip == 0 {
				c.text()
			}
		case startToken:
			c.start()
		case endToken:
			c.end()
		}
	}
}

// text adds the text of a token.
func (c *cleaner) text() {
	s := c.s[c.from:c.to]
	if c.top().tag == atom.Pre {
		s = unixLines(s)
	}
	for !c.verbatim {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			break
		}
		c.words(s[:i])
		text, width := reference(s[i:])
		c.words(text)
		s = s[i+width:]
	}
	c.words(s)
}

func (c *cleaner) start() {
	tag := c.tag
	if c.skip != 0 {
		if tag == c.skip && !raw(tag) {
			c.nested++
		}
		return
	}
	what := roleOf(tag)
	c.caption = false
	if what != void && tag != 0 && len(c.attrs) > 0 {
		class := c.attr("class")
		if c.furniture && isFurniture(class) {
			c.skip = tag
			return
		}
		c.caption = (what == block || what == box) && isCaption(class)
	}
	switch what {
	case dropped:
		c.pass(tag)
	case inline:
		if start := c.startTag(tag); start != "" || tag != atom.A {
			c.mark(tag, start)
		}
	case block:
		c.block(tag)
	case box:
		c.box(tag)
	case void:
		c.void(tag)
	}
}

// pass passes over an element. One that closes itself as XML writes it has no
// inside, except for a script's or a style's, where browsers see none the less.
func (c *cleaner) pass(tag atom.Atom) {
	switch {
	case c.closed && tag != atom.Script && tag != atom.Style:
		c.inside = 0
	case !c.lenient || raw(tag):
		c.skip = tag
	}
}

func (c *cleaner) end() {
	tag := c.tag
	if c.skip != 0 {
		if tag != c.skip {
			return
		}
		if c.nested > 0 {
			c.nested--
			return
		}
		c.skip = 0
		c.gap()
		return
	}
	switch roleOf(tag) {
	case inline:
		c.unmark(tag)
	case block:
		c.endBlock(tag)
	case box:
		if i := c.find(tag); i >= 0 {
			c.popTo(i)
		} else {
			c.gap()
		}
	}
}

func (c *cleaner) endBlock(tag atom.Atom) {
	if heading(tag) && heading(c.blockTag()) {
		tag = c.blockTag()
	}
	i := c.find(tag)
	if i >= 0 {
		c.popTo(i)
	} else if phrasing(c.top().tag) {
		c.gap()
	} else if c.top().tag == atom.P && !c.top().implied {
		c.gap()
	} else {
		c.apart()
	}
}

// blockTag is the innermost block that is no box.
func (c *cleaner) blockTag() atom.Atom {
	for i := len(c.stack) - 1; i >= 0; i-- {
		if !c.stack[i].box {
			return c.stack[i].tag
		}
	}
	return 0
}

// apart ends a paragraph that the author did not write as one.
func (c *cleaner) apart() {
	if e := c.top(); e.tag == atom.P && e.implied {
		c.pop()
	} else {
		c.gap()
	}
}

// box begins an element that goes but stands apart from what is around it.
func (c *cleaner) box(tag atom.Atom) {
	if e := c.top(); e.tag == atom.Pre || phrasing(e.tag) {
		c.gap()
		return
	}
	c.endParagraph()
	c.pushBox(tag)
}

// pushBox opens a box where it can hold text.
func (c *cleaner) pushBox(tag atom.Atom) {
	c.implyItems()
	c.push(tag, "", true)
}

// implyItems opens the item or the cell that a list or a table needs before
// anything can stand in it.
func (c *cleaner) implyItems() {
	if e := c.top(); !e.box {
		for item := itemOf(e.tag); item != 0; item = itemOf(item) {
			c.imply(item)
		}
	}
}

// endParagraph makes room for a block: what stands directly in the block around
// it ends, and so does a paragraph.
func (c *cleaner) endParagraph() {
	c.endRun()
	for e := c.top(); e.tag == atom.P || phrasing(e.tag); e = c.top() {
		c.pop()
	}
}

// block begins an element that is kept, where HTML lets it stand.
func (c *cleaner) block(tag atom.Atom) {
	if e := c.top(); tag == atom.P && (phrasing(e.tag) || e.tag == atom.Pre) {
		c.gap()
		return
	}
	start := c.startTag(tag)
	c.endParagraph()
	if c.top().tag == atom.Pre {
		c.pop()
	}
	switch {
	case !c.settle(tag):
		c.pushBox(tag)
		return
	case tag == atom.Td || tag == atom.Th:
		c.push(tag, start, false)
		c.write() // an empty cell keeps its column
		return
	}
	c.push(tag, start, false)
}

// settle closes and opens what must be closed and opened before a block can
// stand, and reports whether it can stand at all.
func (c *cleaner) settle(tag atom.Atom) bool {
	switch {
	case tag == atom.Li:
		return c.within(atom.Ul, atom.Ol)
	case tag == atom.Dt || tag == atom.Dd:
		return c.within(atom.Dl, atom.Dl)
	case tag == atom.Figcaption:
		return c.within(atom.Figure, atom.Figure)
	case tag == atom.Summary:
		return c.top().tag == atom.Details
	case tag != atom.Table && tablePart(tag):
		return c.tablePart(tag)
	}
	c.implyItems()
	return true
}

// within closes what is open inside the nearest of two elements.
func (c *cleaner) within(a, b atom.Atom) bool {
	at := max(c.find(a), c.find(b))
	for i := len(c.stack) - 1; i > at; i-- {
		switch c.stack[i].tag {
		case atom.Blockquote, atom.Table, atom.Details, atom.Figure:
			return false
		}
	}
	if at >= 0 {
		c.popTo(at + 1)
	}
	return at >= 0
}

func (c *cleaner) tablePart(tag atom.Atom) bool {
	at := c.find(atom.Table)
	if at < 0 {
		return false
	}
	keep := at + 1
	for ; keep < len(c.stack); keep++ {
		has := c.stack[keep].tag
		if c.stack[keep].box || !holds(has, tag) {
			break
		}
	}
	c.popTo(keep)
	switch tag {
	case atom.Tr:
		if c.top().tag == atom.Table {
			c.imply(atom.Tbody)
		}
	case atom.Td, atom.Th:
		for c.top().tag != atom.Tr {
			c.imply(itemOf(c.top().tag))
		}
	}
	return true
}

// holds reports that an open part of a table stays open for another.
func holds(open, next atom.Atom) bool {
	switch next {
	case atom.Tr:
		return tableSection(open)
	case atom.Td, atom.Th:
		return tableSection(open) || open == atom.Tr
	}
	return false
}

func (c *cleaner) void(tag atom.Atom) {
	switch tag {
	case atom.Br:
		c.br()
	case atom.Hr:
		c.endParagraph()
		if c.top().tag == atom.Pre {
			c.pop()
		}
		c.settle(tag)
		c.rule()
	case atom.Img:
		c.img()
	}
}

// startTag is the start tag of an element as it is kept, "" where it has no
// attributes that are.
func (c *cleaner) startTag(tag atom.Atom) string {
	if len(c.attrs) == 0 || !hasAttributes(tag) {
		return ""
	}
	out := c.room[:0]
	for _, a := range c.attrs {
		if key := c.key(a); attribute(tag, key) {
			out = c.attribute(out, tag, key, c.value(a))
		}
	}
	if len(out) == 0 {
		return ""
	}
	c.room = append(out, '>')
	return string(c.room)
}

// hasAttributes reports an element that may keep an attribute.
func hasAttributes(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.Abbr, atom.Q, atom.Del, atom.Ins, atom.Time, atom.Blockquote, atom.Td, atom.Th, atom.Ol:
		return true
	}
	return false
}

func (c *cleaner) attribute(out []byte, tag atom.Atom, key, val string) []byte {
	value := ""
	switch {
	case key == "href" || key == "cite":
		value = c.resolve(val, tag == atom.A)
		if key == "href" && value != "" {
			c.links = append(c.links, link{value})
		}
	case number(key):
		value = digits(val)
	case key == "datetime":
		value = plainValue(val)
		if strings.Trim(value, "0123456789-+:.TZ ") != "" {
			value = ""
		}
	default:
		value = plainValue(val)
	}
	if value == "" {
		return out
	}
	if len(out) == 0 {
		out = append(append(out, '<'), tag.String()...)
	}
	return appendAttribute(out, key, value)
}

func appendAttribute(out []byte, key, value string) []byte {
	out = append(append(append(out, ' '), key...), `="`...)
	if !strings.ContainsAny(value, `<>&"`) {
		return append(append(out, value...), '"')
	}
	for _, r := range value {
		out = appendEscaped(out, r)
	}
	return append(out, '"')
}

// digits is a value of one to four digits, "" for anything else.
func digits(val string) string {
	if len(val) == 0 || len(val) > 4 || strings.Trim(val, "0123456789") != "" {
		return ""
	}
	return val
}

// plainValue is an attribute's text on one line.
func plainValue(s string) string {
	if onOneLine(s) {
		return s
	}
	return oneLine(strings.ToValidUTF8(s, "\ufffd"))
}

// onOneLine reports a text that oneLine would leave as it is.
func onOneLine(s string) bool {
	last := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, width := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError || unwanted(r) || unicode.IsSpace(r) {
				return false
			}
			i += width - 1
		} else if c < ' ' || c == 0x7f || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' ' || s == ""
}

// oneLine makes white space single and takes out what is not wanted.
func oneLine(s string) string {
	if onOneLine(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == nbsp || r == 0x2028 || r == 0x2029:
			return ' '
		case unwanted(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// picture is what an img element says of itself.
type picture struct {
	src, lazy, alt, title, width, height, class string
}

// img keeps a picture. One that stands for a character becomes the character, and
// one that only counts readers goes.
func (c *cleaner) img() {
	var p picture
	for _, a := range c.attrs {
		p.set(c.key(a), c.value(a))
	}
	if p.alt != "" && (strings.Contains(p.class, "emoji") || strings.Contains(p.class, "wp-smiley")) {
		c.words(p.alt)
		return
	}
	src := c.resolve(p.src, false)
	if src == "" {
		src = c.resolve(p.lazy, false)
	}
	if len(p.width) == 1 && len(p.height) == 1 && p.width <= "1" && p.height <= "1" {
		return
	}
	if src == "" {
		c.images = append(c.images, image{alt: p.alt, run: len(c.runs) - 1})
		return
	}
	c.content()
	c.images = append(c.images, image{src, p.alt, len(c.runs) - 1})
	out := appendAttribute(append(c.html, "<img"...), "src", src)
	for _, a := range [...][2]string{{"alt", p.alt}, {"title", p.title}, {"width", p.width}, {"height", p.height}} {
		if a[1] != "" {
			out = appendAttribute(out, a[0], a[1])
		}
	}
	c.html = append(out, "/>"...)
}

func (p *picture) set(key, val string) {
	field := (*string)(nil)
	switch key {
	case "src":
		field = &p.src
	case "data-src", "data-lazy-src", "data-original":
		field = &p.lazy
	case "alt":
		field = &p.alt
	case "title":
		field = &p.title
	case "class":
		field = &p.class
	case "width", "height":
		if p.width == "" && key == "width" {
			p.width = digits(val)
		} else if p.height == "" && key == "height" {
			p.height = digits(val)
		}
	}
	if field == nil || *field != "" {
		return
	}
	if key == "src" || key == "data-src" {
		*field = val
	} else {
		*field = plainValue(val)
	}
}
