package feed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean is the one door that every string of an event passes on its way into a
// feed. It drops what XML 1.0 (section 2.2) does not allow or discourages, and
// what is not UTF-8: control characters, noncharacters, lone surrogates, and
// U+FFFD, which only says that something was lost before. Line ends become \n,
// as an XML parser would make them, so that all formats carry the same text.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case !allowed(r):
			return -1
		}
		return r
	}, s)
}

// isClean is the quick way through for nearly every text.
func isClean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !allowed(r) || r == '\r' {
			return false
		}
	}
	return true
}

func allowed(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return true
	case r < ' ', r >= 0x7f && r <= 0x9f, r == utf8.RuneError:
		return false
	case r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
		return false
	}
	return true
}

// line is a clean text on one line, without space around it.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// text is a clean text without space around it.
func text(s string) string { return strings.TrimSpace(clean(s)) }

// excerptRunes is how much of a body stands in for a summary that is not there.
const excerptRunes = 300

// excerpt is the beginning of a text on one line, cut between words.
func excerpt(s string) string {
	if len(s) > 64*excerptRunes { // far more than is needed; saves cleaning a book
		s = s[:64*excerptRunes]
	}
	s = line(s)
	if utf8.RuneCountInString(s) <= excerptRunes {
		return s
	}
	end, space, n := 0, 0, 0
	for i, r := range s {
		if n++; n > excerptRunes {
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
	}
	if space > end/2 {
		end = space
	}
	return strings.TrimRightFunc(s[:end], func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) + "…"
}

// paragraphs is a plain text as HTML.
func paragraphs(s string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(text(s), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(escapeHTML(p), "\n", "<br>\n") + "</p>\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// literal writes a plain text where HTML is read, as in RSS's description. It
// escapes only what HTML would take for a tag or a reference, so that nearly
// every text is the same in all formats even to those who read it as text.
func literal(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		next := byte(' ')
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch {
		case s[i] == '<' && (isLetter(next) || next == '/' || next == '!' || next == '?'):
			b.WriteString("&lt;")
		case s[i] == '&' && (isLetter(next) || next == '#'):
			b.WriteString("&amp;")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// language is a well-formed BCP 47 tag, "" for anything else.
func language(tag string) string {
	for i, part := range strings.Split(tag, "-") {
		if part == "" || len(part) > 8 {
			return ""
		}
		for j := range len(part) {
			if !isLetter(part[j]) && (i == 0 || !isDigit(part[j])) {
				return ""
			}
		}
	}
	return tag
}
