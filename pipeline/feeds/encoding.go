package feeds

import (
	"bytes"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/charset"
)

// toUTF8 turns a feed's bytes into UTF-8 without anything that XML forbids. The
// server's word counts before the document's (RFC 7303), and the bytes before both.
func toUTF8(b []byte, contentType string) []byte {
	return repairXML(charset.Decode(b, func() []string {
		return []string{charset.Sent(contentType), charset.Declared(b)}
	}))
}

// repairXML drops the characters that XML 1.0 does not allow, as they are and as
// references (&#11;). The common feed has none and is not copied.
func repairXML(b []byte) []byte {
	i := firstIllegal(b)
	if i < 0 {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:i]...)
	for b = b[i:]; len(b) > 0; {
		if n := illegal(b); n > 0 {
			b = b[n:]
			continue
		}
		out = append(out, b[0])
		b = b[1:]
	}
	return out
}

// suspect are the bytes that something illegal may begin with.
var suspect = func() (t [256]bool) {
	for c := range byte(' ') {
		t[c] = !space(c)
	}
	t['&'], t[0xef] = true, true
	return t
}()

func firstIllegal(b []byte) int {
	for i, c := range b {
		if suspect[c] && illegal(b[i:]) > 0 {
			return i
		}
	}
	return -1
}

// illegal is the length of the illegal character that b begins with, or 0.
func illegal(b []byte) int {
	switch c := b[0]; {
	case c < ' ' && !space(c):
		return 1
	case c == 0xef && len(b) > 2 && b[1] == 0xbf && b[2] >= 0xbe: // U+FFFE, U+FFFF
		return 3
	case c == '&' && len(b) > 3 && b[1] == '#':
		return illegalReference(b)
	}
	return 0
}

// illegalReference is the length of a character reference to no character.
func illegalReference(b []byte) int {
	n, i, base := 0, 2, 10
	if b[i] == 'x' || b[i] == 'X' {
		i, base = 3, 16
	}
	for ; i < len(b) && b[i] != ';'; i++ {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), b[i]|0x20)
		if b[i] < '0' || digit < 0 || digit >= base {
			return 0
		}
		n = min(n*base+digit, utf8.MaxRune+1)
	}
	switch {
	case i >= len(b):
		return 0
	case n < ' ' && n != '\t' && n != '\n' && n != '\r', n >= 0xd800 && n < 0xe000, n == 0xfffe, n == 0xffff, n > utf8.MaxRune:
		return i + 1
	}
	return 0
}
