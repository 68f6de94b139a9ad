package review

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Excerpt is what may be shown of the review beside a link to it, on one line of
// at most max runes: the critic's own summary, else the beginning of the text,
// unless that might give the film away. It is "" where the rights let neither
// through.
func (r *Review) Excerpt(max int) string {
	switch r.Rights {
	case RightsFull, RightsExcerpt, "":
	default: // link, or a later word for something less than full
		return ""
	}
	if s := Line(r.Summary); s != "" {
		return Cut(s, max)
	}
	if r.Spoiler {
		return ""
	}
	return Cut(Line(r.BodyText), max)
}

// Cut shortens a line to at most max runes, between words where there are any,
// and says so with dots.
func Cut(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	end, space, n := 0, 0, 0
	for i, r := range s {
		if r == ' ' {
			space = i
		}
		if n++; n > max {
			end = i
			break
		}
	}
	if space > end/2 {
		end = space
	}
	return strings.TrimRight(s[:end], " ,;:") + "…"
}

// Line is a text on one line, without what is not to be seen or not UTF-8.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// WebURL is s if a reader can follow it: an absolute http or https URL. A user
// name and password are left out, and what may not stand in a query (RFC 3986, 3.4) is
// encoded. It is "" for anything else.
func WebURL(s string) string {
	u, err := url.Parse(Line(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery = nil, URI(u.RawQuery)
	return u.String()
}

// uriBytes are those RFC 3986 lets stand in a URI besides letters and digits,
// without the brackets, which belong to IPv6 hosts alone.
const uriBytes = "-._~:/?#@!$&'()*+,;="

// URI percent-encodes what may not stand in a URI, or a part of one, a stray % too. What is
// encoded already stays as it is.
func URI(s string) string {
	var b strings.Builder
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(uriBytes, c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
		default:
			fmt.Fprintf(&b, "%s%%%02X", s[from:i], c)
			from = i + 1
		}
	}
	return b.String() + s[from:]
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
