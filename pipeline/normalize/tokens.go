package normalize

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// tokens cuts HTML into its tags and the text between them, as browsers do. It
// makes the same tokens as x/net's tokenizer, which its tests hold it to, from a
// text that is in memory as a whole, and without a copy of anything. Comments and
// declarations are passed over.
type tokens struct {
	s        string
	from, to int // the token
	kind     tokenKind
	tag      atom.Atom // of a tag; 0 for a name that HTML does not know
	attrs    []attr    // of a start tag, the first of each name
	closed   bool      // a start tag that closes itself, as XML writes it
	verbatim bool      // a text without references: what is in a script

	// inside is the element whose inside comes next and is text up to its end
	// tag, 0 for none.
	inside atom.Atom
}

type tokenKind uint8

const (
	noToken tokenKind = iota // the end, or a tag that does not end
	textToken
	startToken
	endToken
)

// attr is an attribute of a tag: where its name and its value stand.
type attr struct{ key, keyEnd, value, valueEnd int }

// maxAttributes is how many attributes of a tag are looked at.
const maxAttributes = 64

// next goes to the next token and reports whether there is one.
func (t *tokens) next() bool {
	t.from, t.verbatim = t.to, false
	if inside := t.inside; inside != 0 {
		t.inside = 0
		if t.to = t.insideEnd(inside); t.to > t.from {
			t.kind, t.verbatim = textToken, inside != atom.Textarea && inside != atom.Title
			return true
		}
	}
	for i := t.from; ; {
		lt := strings.IndexByte(t.s[i:], '<')
		if lt < 0 || i+lt+1 == len(t.s) {
			return t.text(len(t.s))
		}
		i += lt
		c := t.s[i+1]
		if !isLetter(c) && c != '/' && c != '!' && c != '?' || c == '/' && i+2 == len(t.s) {
			i++
			continue
		}
		if i > t.from {
			return t.text(i)
		}
		switch {
		case isLetter(c):
			t.kind = startToken
			return t.readTag(i + 1)
		case c == '/' && isLetter(t.s[i+2]):
			t.kind = endToken
			return t.readTag(i + 2)
		}
		i = t.declarationEnd(i)
		t.from = i
	}
}

// text ends a token of text.
func (t *tokens) text(end int) bool {
	t.kind, t.to = textToken, end
	if end == t.from {
		t.kind = noToken
	}
	return end > t.from
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// declarationEnd is the end of a comment, or of anything else that begins with <!
// or <? or is an end tag without a name.
func (t *tokens) declarationEnd(i int) int {
	if strings.HasPrefix(t.s[i:], "<!--") {
		return t.commentEnd(i + len("<!--"))
	}
	if end := strings.IndexByte(t.s[i+2:], '>'); end >= 0 {
		return i + 2 + end + 1
	}
	return len(t.s)
}

// commentEnd is the end of the comment whose text begins at i.
func (t *tokens) commentEnd(i int) int {
	rest := strings.TrimLeft(t.s[i:], "-")
	if strings.HasPrefix(rest, ">") { // <!-->, <!--->
		return len(t.s) - len(rest) + 1
	}
	for {
		dashes := strings.Index(t.s[i:], "--")
		if dashes < 0 {
			return len(t.s)
		}
		for i += dashes; i < len(t.s) && t.s[i] == '-'; i++ {
		}
		switch {
		case strings.HasPrefix(t.s[i:], ">"):
			return i + 1
		case strings.HasPrefix(t.s[i:], "!>"):
			return i + 2
		}
	}
}

// readTag reads the tag whose name begins at i.
func (t *tokens) readTag(i int) bool {
	t.attrs, t.closed = t.attrs[:0], false
	name := i
	for i < len(t.s) && classes[t.s[i]] != blank && t.s[i] != '/' && t.s[i] != '>' {
		i++
	}
	t.tag = elementOf(t.s[name:i])
	lastEnd := -1
	for {
		i = t.skipBlank(i)
		if i == len(t.s) {
			t.from, t.to, t.kind = i, i, noToken // a tag without an end is nothing
			return false
		}
		if t.s[i] == '>' {
			break
		}
		var a attr
		a, i = t.readAttribute(i)
		if a.keyEnd > a.key && t.kind == startToken && len(t.attrs) < maxAttributes && !t.repeated(a) {
			t.attrs = append(t.attrs, a)
			lastEnd = a.valueEnd
		}
	}
	t.to = i + 1
	if t.kind == startToken {
		t.closed = t.s[i-1] == '/' && i-1 != lastEnd-1
		if raw(t.tag) {
			t.inside = t.tag
		}
	}
	return true
}

// elementOf is the element with a name, whatever its case.
func elementOf(name string) atom.Atom {
	var lower [16]byte
	if len(name) > len(lower) {
		return 0
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return atom.Lookup(lower[:len(name)])
}

func (t *tokens) skipBlank(i int) int {
	for i < len(t.s) && classes[t.s[i]] == blank {
		i++
	}
	return i
}

// readAttribute reads the name at i, and its value if it has one. Of a sign that
// is no name it steps over one.
func (t *tokens) readAttribute(i int) (a attr, next int) {
	s := t.s
	a.key = i
	if s[i] == '=' {
		i++ // a part of the name, where no name stands before it
	}
	for i < len(s) && classes[s[i]] != blank && s[i] != '/' && s[i] != '>' && s[i] != '=' {
		i++
	}
	a.keyEnd = i
	a.value, a.valueEnd = i, i
	i = t.skipBlank(i)
	if i < len(s) && s[i] == '/' {
		return a, i + 1
	}
	if i == len(s) || s[i] != '=' {
		return a, i
	}
	i = t.skipBlank(i + 1)
	if i == len(s) || s[i] == '>' {
		return a, i
	}
	if quote := s[i]; quote == '"' || quote == '\'' {
		end := strings.IndexByte(s[i+1:], quote)
		if end < 0 {
			return a, len(s)
		}
		a.value, a.valueEnd = i+1, i+1+end
		return a, a.valueEnd + 1
	}
	a.value = i
	for i < len(s) && classes[s[i]] != blank && s[i] != '>' {
		i++
	}
	a.valueEnd = i
	return a, i
}

// repeated reports an attribute whose name the tag has already.
func (t *tokens) repeated(a attr) bool {
	for _, have := range t.attrs {
		if sameFold(t.s[have.key:have.keyEnd], t.s[a.key:a.keyEnd]) {
			return true
		}
	}
	return false
}

// key is the name of an attribute in lower case.
func (t *tokens) key(a attr) string {
	key := t.s[a.key:a.keyEnd]
	for i := range len(key) {
		if c := key[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(key)
		}
	}
	return key
}

// value is the text of an attribute.
func (t *tokens) value(a attr) string { return attributeText(t.s[a.value:a.valueEnd]) }

// attr is the text of the attribute with a name, "" for none.
func (t *tokens) attr(key string) string {
	for _, a := range t.attrs {
		if equalFold(t.s[a.key:a.keyEnd], key) {
			return t.value(a)
		}
	}
	return ""
}

// insideEnd is where the inside of an element ends that has no tags but its own
// end tag.
func (t *tokens) insideEnd(tag atom.Atom) int {
	if tag == atom.Plaintext {
		return len(t.s)
	}
	if tag == atom.Script {
		return t.scriptEnd()
	}
	for i := t.from; ; {
		end := strings.Index(t.s[i:], "</")
		if end < 0 {
			return len(t.s)
		}
		if i += end; t.endsAt(i, tag) {
			return i
		}
		i += len("</")
	}
}

// endsAt reports that the end tag of an element stands at i.
func (t *tokens) endsAt(i int, tag atom.Atom) bool {
	return strings.HasPrefix(t.s[i:], "</") && t.namedAt(i+len("</"), tag.String())
}

// namedAt reports that a tag's name stands at i, and ends there.
func (t *tokens) namedAt(i int, name string) bool {
	end := i + len(name)
	return end < len(t.s) && hasPrefixFold(t.s[i:], name) && (classes[t.s[end]] == blank || t.s[end] == '/' || t.s[end] == '>')
}

// The places of a script in which an end tag means different things: in its text,
// behind <!--, and behind another <script> behind that.
const (
	inScript = iota
	inHidden
	inHiddenScript
)

// scriptEnd is where the inside of a script ends.
func (t *tokens) scriptEnd() int {
	s, place, dashes := t.s, inScript, 0
	for i := t.from; i < len(s); {
		if place == inScript { // only < matters there
			lt := strings.IndexByte(s[i:], '<')
			if lt < 0 {
				break
			}
			i += lt
		}
		c := s[i]
		switch {
		case c == '-':
			dashes++
			i++
			continue
		case c == '>' && dashes >= 2:
			place = inScript
		case c != '<':
		case t.endsAt(i, atom.Script):
			if place != inHiddenScript {
				return i
			}
			place = inHidden
			i += len("</script")
		case place == inScript && strings.HasPrefix(s[i:], "<!--"):
			place, dashes = inHidden, 2
			i += len("<!--")
			continue
		case place == inHidden && t.namedAt(i+1, "script"):
			place = inHiddenScript
			i += len("<script")
		case place == inHidden && i+1 < len(s) && s[i+1] != '/' && !isLetter(s[i+1]):
			place = inScript
		}
		dashes = 0
		i++
	}
	return len(s)
}

// attributeText is the value of an attribute as it is meant.
func attributeText(s string) string {
	if strings.IndexByte(s, '&') < 0 && strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, 0) < 0 {
		return s
	}
	s = strings.ReplaceAll(unixLines(s), "\x00", "\ufffd")
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 || b.Len() == 0 && i+1 == len(s) {
			break
		}
		b.WriteString(s[:i])
		text, width := reference(s[i:])
		if named := s[i : i+width]; width > 1 && named[1] != '#' {
			// One without its semicolon, in front of = or more letters, is none: it
			// is a part of an address.
			last := named[width-1]
			if last != ';' && strings.HasPrefix(s[i+width:], "=") || text != "" && text[len(text)-1] == last && named != "&semi;" {
				text = named
			}
		}
		b.WriteString(text)
		s = s[i+width:]
	}
	b.WriteString(s)
	return b.String()
}

// unixLines ends every line with \n.
func unixLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// reference reads the reference to a character at the beginning of s, which is
// an &, and how long it is. An & that begins none is itself.
func reference(s string) (text string, width int) {
	end := 1
	if end < len(s) && s[end] == '#' {
		end++
	}
	digits := end
	for end < len(s) && (isLetter(s[end]) || s[end] >= '0' && s[end] <= '9') {
		end++
	}
	if end == digits {
		return "&", 1
	}
	if digits == 2 { // &#8217; has no letters but the x of hexadecimal ones
		if r, end := decimalReference(s); r != 0 {
			return string(r), end
		}
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	switch s[:end] {
	case "&amp;":
		return "&", end
	case "&lt;":
		return "<", end
	case "&gt;":
		return ">", end
	case "&quot;":
		return `"`, end
	case "&nbsp;":
		return "\u00a0", end
	}
	return html.UnescapeString(s[:end]), end
}

// decimalReference reads &#8217; where it needs no table of exceptions: 0 for
// those that do.
func decimalReference(s string) (r rune, end int) {
	for end = len("&#"); end < len(s) && end < len("&#99999") && s[end] >= '0' && s[end] <= '9'; end++ {
		r = r*10 + rune(s[end]-'0')
	}
	if end == len(s) || s[end] != ';' || r < 0xa0 || r >= 0xd800 {
		return 0, 0
	}
	return r, end + 1
}
