package feeds

import "bytes"

// mark is what a token is.
type mark int

const (
	markText  mark = iota
	markCDATA      // the token's bytes are the section with its delimiters
	markStart      // <name ...>
	markEmpty      // <name ... />
	markEnd        // </name>
	markOther      // a comment, a processing instruction, a DOCTYPE
)

// token is a piece of markup: src[start:end].
type token struct {
	mark       mark
	start, end int
	name       []byte // of a tag, with its prefix
}

// lexer cuts XML, or what people take for it, into tokens. It allocates nothing,
// never fails and never recurses: what is no markup is text, and so is what
// opens a comment that is never closed. It takes time in proportion to the
// bytes, whatever they are, which is what the memories are for.
type lexer struct {
	src        []byte
	at         int
	cdataEnds  int  // where the next ]]> ends, as far as is known
	noComments bool // there is no --> any more
	noPIs      bool // there is no ?> any more
	doctype    bool // there was one
}

// next returns false at the end.
func (l *lexer) next() (token, bool) {
	if l.at >= len(l.src) {
		return token{}, false
	}
	start := l.at
	if l.src[start] != '<' {
		l.at = l.find(start, "<")
		return token{mark: markText, start: start, end: l.at}, true
	}
	rest := l.src[start+1:]
	switch {
	case len(rest) == 0:
		l.at = len(l.src)
		return token{mark: markText, start: start, end: l.at}, true
	case rest[0] == '!':
		return l.declaration(start), true
	case rest[0] == '?':
		return l.closed(start, start+len("<?"), "?>", &l.noPIs), true
	case rest[0] == '/' && len(rest) > 1 && nameByte(rest[1]), nameByte(rest[0]):
		return l.tag(start), true
	}
	return l.textFrom(start), true
}

// textFrom is text that begins with a < which opens nothing.
func (l *lexer) textFrom(start int) token {
	l.at = l.find(start+1, "<")
	return token{mark: markText, start: start, end: l.at}
}

// closed is the token up to the next end, or text where there is none.
func (l *lexer) closed(start, from int, end string, none *bool) token {
	i := -1
	if from = min(from, len(l.src)); !*none {
		i = bytes.Index(l.src[from:], []byte(end))
	}
	if i < 0 {
		*none = true
		return l.textFrom(start)
	}
	l.at = from + i + len(end)
	return token{mark: markOther, start: start, end: l.at}
}

// declaration reads what begins with <!.
func (l *lexer) declaration(start int) token {
	rest := l.src[start:]
	switch {
	case bytes.HasPrefix(rest, cdataOpen):
		l.at = l.cdataEnd(start)
		return token{mark: markCDATA, start: start, end: l.at}
	case bytes.HasPrefix(rest, []byte("<!--")):
		return l.closed(start, start+len("<!--"), "-->", &l.noComments)
	}
	end := l.find(start, ">")
	if subset := bytes.IndexByte(l.src[start:end], '['); subset >= 0 && !l.doctype {
		// A DOCTYPE with declarations of its own in brackets. There is only one.
		if n := bytes.IndexByte(rest[subset:], ']'); n >= 0 {
			end = l.find(start+subset+n, ">")
		}
	}
	l.doctype = true
	l.at = min(end+1, len(l.src))
	return token{mark: markOther, start: start, end: l.at}
}

var (
	cdataOpen  = []byte("<![CDATA[")
	cdataClose = []byte("]]>")
)

// cdataEnd is where the section that begins at start ends. A section that runs
// over the end of its item into the next section was never closed: it ends with
// the element it is in.
func (l *lexer) cdataEnd(start int) int {
	from := start + len(cdataOpen)
	if l.cdataEnds < from+len(cdataClose) {
		l.cdataEnds = len(l.src) + 1 // nowhere
		if i := bytes.Index(l.src[from:], cdataClose); i >= 0 {
			l.cdataEnds = from + i + len(cdataClose)
		}
	}
	end := min(l.cdataEnds, len(l.src))
	inner := l.src[from:end]
	next := bytes.Index(inner, cdataOpen)
	if next < 0 && l.cdataEnds <= len(l.src) {
		return end
	}
	if next >= 0 {
		inner = inner[:next]
	}
	for _, name := range [...]string{"</item>", "</entry>"} {
		if i := bytes.Index(inner, []byte(name)); i >= 0 {
			return from + textEnd(inner[:i])
		}
	}
	return end
}

// textEnd is where the last end tag of an item's text stands, or the end.
func textEnd(b []byte) int {
	if i := bytes.LastIndex(b, []byte("</")); i >= 0 {
		switch string(lower(bytes.TrimRight(b[i+2:], "> \n\r\t"), new([16]byte))) {
		case "description", "encoded", "content", "summary", "title":
			return i
		}
	}
	return len(b)
}

// tag reads a start or end tag. A > inside quotes does not end it, unless the
// quotes are never closed.
func (l *lexer) tag(start int) token {
	t := token{mark: markStart, start: start}
	i := start + 1
	if l.src[i] == '/' {
		t.mark = markEnd
		i++
	}
	from := i
	for i < len(l.src) && nameByte(l.src[i]) {
		i++
	}
	t.name = l.src[from:i]
	i = l.tagEnd(i)
	if i < len(l.src) {
		if t.mark == markStart && l.src[i-1] == '/' {
			t.mark = markEmpty
		}
		i++
	}
	l.at, t.end = i, i
	return t
}

// tagEnd is the place of the > that ends the tag whose attributes begin at i.
// Quotes around a > and then a < were never closed: XML allows no < in a value.
func (l *lexer) tagEnd(i int) int {
	for ; i < len(l.src); i++ {
		switch c := l.src[i]; c {
		case '>':
			return i
		case '"', '\'':
			n := bytes.IndexByte(l.src[i+1:], c)
			value := l.src[i+1:]
			if n >= 0 {
				value = value[:n]
			}
			end := bytes.IndexByte(value, '>')
			if end >= 0 && (n < 0 || bytes.IndexByte(value[end:], '<') >= 0 && bytes.IndexByte(value[:end], '<') < 0) {
				return i + 1 + end
			}
			if n < 0 {
				return len(l.src)
			}
			i += n + 1
		}
	}
	return i
}

// find is where s next stands, or the end of the bytes.
func (l *lexer) find(from int, s string) int {
	if i := bytes.Index(l.src[from:], []byte(s)); i >= 0 {
		return from + i
	}
	return len(l.src)
}

// nameByte takes every byte that may stand in a name, and all of UTF-8.
func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == ':' || c == '-' || c == '_' || c == '.' ||
		'0' <= c && c <= '9' || c >= 0x80
}

// split cuts a name into prefix and local name.
func split(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

// lower is the local name in lower case, without making a string: all known
// names are short, and a longer one is none of them.
func lower(name []byte, into *[16]byte) []byte {
	_, local := split(name)
	if len(local) > len(into) {
		return nil
	}
	for i, c := range local {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		into[i] = c
	}
	return into[:len(local)]
}

// attributes calls f with each attribute of a tag: the name with its prefix and
// the value as written. Quotes may be missing.
func attributes(tag []byte, f func(name, value []byte)) {
	i := 1
	for i < len(tag) && nameByte(tag[i]) {
		i++
	}
	for i < len(tag) {
		if !nameByte(tag[i]) {
			i++
			continue
		}
		from := i
		for i < len(tag) && nameByte(tag[i]) {
			i++
		}
		name := tag[from:i]
		for i < len(tag) && space(tag[i]) {
			i++
		}
		if i >= len(tag) || tag[i] != '=' {
			f(name, nil)
			continue
		}
		var value []byte
		value, i = attributeValue(tag, i+1)
		f(name, value)
	}
}

// attributeValue reads the value that begins behind the = before i, and says
// where it goes on.
func attributeValue(tag []byte, i int) ([]byte, int) {
	for i < len(tag) && space(tag[i]) {
		i++
	}
	if i < len(tag) && (tag[i] == '"' || tag[i] == '\'') {
		if n := bytes.IndexByte(tag[i+1:], tag[i]); n >= 0 {
			return tag[i+1 : i+1+n], i + n + 2
		}
		i++
	}
	from := i
	for i < len(tag) && !space(tag[i]) && tag[i] != '>' {
		i++
	}
	return tag[from:i], i
}

// attribute is the value of one attribute as text, "" where there is none.
func attribute(tag []byte, name string) string {
	var found []byte
	attributes(tag, func(n, v []byte) {
		if found == nil && string(n) == name {
			found = v
		}
	})
	return unescape(string(found))
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
