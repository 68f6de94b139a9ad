package normalize

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// resolver makes addresses absolute and lets only those through that lead
// somewhere harmless.
type resolver struct{ base *url.URL }

// newResolver takes the address of the document; anything that is not an
// absolute http address is as good as none.
func newResolver(document string) resolver {
	if document == "" {
		return resolver{}
	}
	u, err := url.Parse(strings.TrimSpace(document))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return resolver{}
	}
	return resolver{u}
}

// maxAddress is longer than any address that is meant to be followed.
const maxAddress = 4096

// resolve returns the address to keep, "" for one that is dropped: another
// scheme, a fragment of a page whose ids are gone, or a relative one where the
// document's own address is not known, since it would lead elsewhere from
// wherever the review is shown.
func (r resolver) resolve(ref string, mail bool) string {
	if len(ref) > maxAddress {
		return ""
	}
	ref = plainAddress(ref)
	scheme, rest, ok := cutScheme(ref)
	switch {
	case !ok || ref == "" || ref[0] == '#':
		return ""
	case scheme == "http" || scheme == "https":
		rest, ok = strings.CutPrefix(rest, "//")
		if !ok || rest == "" || strings.Contains(rest, `\`) || strings.IndexByte(`/\?#:@`, rest[0]) >= 0 {
			return "" // browsers take \ for /, and so for the end of the host
		}
		if strings.HasPrefix(ref, scheme) {
			return ref
		}
		return scheme + "://" + rest
	case scheme == "mailto":
		if !mail || !strings.Contains(rest, "@") {
			return ""
		}
		return "mailto:" + rest
	case scheme != "":
		return ""
	}
	return r.relative(ref)
}

func (r resolver) relative(ref string) string {
	if r.base == nil {
		if strings.HasPrefix(ref, "//") && len(ref) > 2 && strings.IndexByte(`/\?#:@`, ref[2]) < 0 && !strings.Contains(ref, `\`) {
			return "https:" + ref
		}
		return ""
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	abs := r.base.ResolveReference(u)
	if abs.Host == "" {
		return ""
	}
	return plainAddress(abs.String())
}

// cutScheme splits off the scheme, in lower case; "" for a relative address. It
// is not ok where a colon follows something that is no scheme: a browser might
// see one there.
func cutScheme(ref string) (scheme, rest string, ok bool) {
	end := strings.IndexAny(ref, ":/?#")
	if end < 0 || ref[end] != ':' {
		return "", ref, true
	}
	for i := range end {
		c := ref[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return "", "", false
		}
	}
	return strings.ToLower(ref[:end]), ref[end+1:], end > 0
}

// plainAddress takes out what browsers ignore in an address (control characters,
// space around it) and escapes what does not belong there.
func plainAddress(ref string) string {
	plain := true
	for i := range len(ref) {
		if c := ref[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`' {
			plain = false
			break
		}
	}
	if plain {
		return ref
	}
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' || r == 0xa0 || r == 0x7f || unwanted(r) })
	var b strings.Builder
	b.Grow(len(ref) + 16)
	for _, r := range ref {
		switch {
		case r == ' ':
			b.WriteString("%20")
		case r == '"':
			b.WriteString("%22")
		case r == '<':
			b.WriteString("%3C")
		case r == '>':
			b.WriteString("%3E")
		case r == '`':
			b.WriteString("%60")
		case r < ' ' || unwanted(r):
		case r == utf8.RuneError:
			b.WriteString("%EF%BF%BD")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unwanted are characters that have no place in any text: control characters,
// non-characters, marks of byte order and zero width, and those that turn the
// direction of reading around what follows.
func unwanted(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\t' && r != '\n' && r != '\r' && r != '\f'
	case r < 0x7f:
		return false
	case r < 0xa0, r == 0xad, r == 0x200b, r == 0xfeff:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r >= 0xfdd0 && r <= 0xfdef:
		return true
	}
	return r&0xfffe == 0xfffe
}
