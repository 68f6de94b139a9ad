package feeds

import (
	"bytes"
	"html"
	"net/url"
	"strings"

	xhtml "golang.org/x/net/html"
)

// unescape decodes entities, XML's and HTML's, for feeds use both. One without
// its semicolon is left alone: in a link, "&copy=2" is a parameter.
func unescape(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; amp >= 0; amp = strings.IndexByte(s, '&') {
		b.WriteString(s[:amp])
		text, n := entity(s[amp:])
		b.WriteString(text)
		s = s[amp+n:]
	}
	b.WriteString(s)
	return b.String()
}

// longestEntity is a little more than &CounterClockwiseContourIntegral; needs.
const longestEntity = 40

// entity decodes the entity that s begins with, and says how long it is. An
// ampersand that begins none stands for itself.
func entity(s string) (text string, n int) {
	for i := 1; i < len(s) && i < longestEntity; i++ {
		switch c := s[i]; {
		case c == ';':
			switch name := s[:i+1]; name {
			case "&lt;":
				return "<", i + 1
			case "&gt;":
				return ">", i + 1
			case "&amp;":
				return "&", i + 1
			case "&quot;":
				return `"`, i + 1
			default:
				// &copyx; decodes as &copy and "x;": there is no entity of that name.
				if text = html.UnescapeString(name); strings.HasSuffix(text, ";") && name != "&semi;" {
					return "&", 1
				}
				return text, i + 1
			}
		case c == '#' && i == 1, '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		default:
			return "&", 1
		}
	}
	return "&", 1
}

// content is the inside of an element that holds a text of the critic's: a body,
// a summary, a title. How it is written is found out from its bytes, for what
// feeds declare is often not so.
type content struct {
	inner   []byte
	kind    string // the type attribute, lower case: html, xhtml, text, text/html ...
	mode    string // of Atom 0.3: escaped, xml, base64
	base    string // xml:base
	present bool
}

// html is the content as HTML, or as plain text where isText is true.
func (c *content) html() (s string, isText bool) {
	inner := bytes.TrimSpace(c.inner)
	switch {
	case len(inner) == 0, c.mode == "base64", noText(c.kind):
		return "", false
	case hasTags(inner):
		return markup(inner), false
	}
	s = strings.TrimSpace(decode(inner))
	switch c.kind {
	case "html", "text/html", "xhtml", "application/xhtml+xml":
		return s, false
	case "text", "text/plain":
		return s, true
	}
	return s, c.kind != kindRSS && !looksLikeHTML(s)
}

// kindRSS is the kind of a text in RSS, which declares none and is HTML.
const kindRSS = "rss"

// text is the content as one line of plain text.
func (c *content) text() string {
	s, isText := c.html()
	if !isText {
		s = plain(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// noText are media types that a review is not written in.
func noText(kind string) bool {
	for _, prefix := range [...]string{"image/", "audio/", "video/", "application/octet", "application/pdf", "application/zip"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// decode resolves CDATA sections and entities: the text that the XML stands for.
func decode(inner []byte) string {
	if len(inner) > len(cdataOpen)+len(cdataClose) && bytes.HasPrefix(inner, cdataOpen) &&
		bytes.Index(inner, cdataClose) == len(inner)-len(cdataClose) {
		return string(inner[len(cdataOpen) : len(inner)-len(cdataClose)])
	}
	if bytes.IndexByte(inner, '<') < 0 {
		return unescape(string(inner))
	}
	var b strings.Builder
	b.Grow(len(inner))
	for l := (lexer{src: inner}); ; {
		t, ok := l.next()
		switch {
		case !ok:
			return b.String()
		case t.mark == markCDATA:
			b.Write(section(inner[t.start:t.end]))
		case t.mark != markOther:
			b.WriteString(unescape(string(inner[t.start:t.end])))
		}
	}
}

// section is the inside of a CDATA section, closed or not.
func section(cdata []byte) []byte {
	return bytes.TrimSuffix(cdata[len(cdataOpen):], cdataClose)
}

// hasTags reports that there is markup besides CDATA: XHTML inline.
func hasTags(inner []byte) bool {
	for l := (lexer{src: inner}); ; {
		t, ok := l.next()
		if !ok {
			return false
		}
		if t.mark >= markStart && t.mark <= markEnd {
			return true
		}
	}
}

// markup turns inline XHTML into HTML: without the div that Atom wraps it in,
// without prefixes, with no empty tag that HTML would leave open.
func markup(inner []byte) string {
	var b strings.Builder
	b.Grow(len(inner))
	wrapped := wrappingDiv(inner)
	for l := (lexer{src: inner}); ; {
		t, ok := l.next()
		if !ok {
			return strings.TrimSpace(b.String())
		}
		raw := inner[t.start:t.end]
		switch t.mark {
		case markText:
			b.Write(raw)
		case markCDATA:
			b.WriteString(html.EscapeString(string(section(raw))))
		case markStart, markEmpty, markEnd:
			if wrapped && (t.start == 0 || t.end == len(inner)) {
				continue
			}
			writeTag(&b, t, raw)
		}
	}
}

func writeTag(b *strings.Builder, t token, raw []byte) {
	prefix, local := split(t.name)
	if len(prefix) > 0 {
		raw = bytes.Replace(raw, append(prefix[:len(prefix):len(prefix)], ':'), nil, 1)
	}
	if t.mark != markEmpty || void(local) {
		b.Write(raw)
		return
	}
	b.Write(bytes.TrimSuffix(raw, []byte("/>")))
	b.WriteString("></")
	b.Write(local)
	b.WriteByte('>')
}

// wrappingDiv reports that all of inner is one div.
func wrappingDiv(inner []byte) bool {
	depth := 0
	for l := (lexer{src: inner}); ; {
		t, ok := l.next()
		if !ok {
			return depth == 0
		}
		_, local := split(t.name)
		switch {
		case depth == 0 && t.start > 0: // something beside the first div
			return false
		case depth == 0 && (t.mark != markStart || string(local) != "div"):
			return false
		case t.mark == markStart && string(local) == "div":
			depth++
		case t.mark == markEnd && string(local) == "div":
			depth--
		}
	}
}

// void are the elements that HTML knows to have no end tag.
func void(local []byte) bool {
	switch string(local) {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr":
		return true
	}
	return false
}

// looksLikeHTML tells a text with tags from one that only has a < in it.
func looksLikeHTML(s string) bool {
	i := strings.IndexByte(s, '<')
	return i >= 0 && hasTags([]byte(s[i:])) && strings.ContainsRune(s[i:], '>')
}

// plain is HTML without its tags. Block elements end a word.
func plain(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return unescape(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for l := (lexer{src: []byte(s)}); ; {
		t, ok := l.next()
		switch {
		case !ok:
			return b.String()
		case t.mark == markText:
			b.WriteString(unescape(s[t.start:t.end]))
		case t.mark != markOther && !inline(t.name):
			b.WriteByte(' ')
		}
	}
}

// inline are the elements that may stand inside a word.
func inline(name []byte) bool {
	switch strings.ToLower(string(name)) {
	case "a", "abbr", "b", "cite", "em", "font", "i", "q", "s", "small", "span", "strong", "sub", "sup", "u":
		return true
	}
	return false
}

// rebase makes the links of HTML absolute that an xml:base says are relative to
// something else than the review's own address.
func rebase(s string, base *url.URL) string {
	if base == nil || s == "" {
		return s
	}
	var b strings.Builder
	for z := xhtml.NewTokenizer(strings.NewReader(s)); ; {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case xhtml.ErrorToken:
			return b.String()
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			t := z.Token()
			changed := false
			for i, a := range t.Attr {
				if (a.Key == "href" || a.Key == "src" || a.Key == "cite" || a.Key == "poster") && !strings.HasPrefix(a.Val, "#") {
					if abs := resolve(base, a.Val); abs != a.Val {
						t.Attr[i].Val, changed = abs, true
					}
				}
			}
			if changed {
				raw = t.String()
			}
		}
		b.WriteString(raw)
	}
}

// resolve makes a link absolute. What is no link stays as it is.
func resolve(base *url.URL, link string) string {
	link = strings.TrimSpace(link)
	if base == nil || link == "" {
		return link
	}
	u, err := url.Parse(link)
	if err != nil || u.IsAbs() {
		return link
	}
	return base.ResolveReference(u).String()
}

// rebased is base with an xml:base on top of it.
func rebased(base *url.URL, xmlBase string) *url.URL {
	u, err := url.Parse(strings.TrimSpace(xmlBase))
	switch {
	case xmlBase == "" || err != nil:
		return base
	case base == nil:
		return u
	}
	return base.ResolveReference(u)
}
