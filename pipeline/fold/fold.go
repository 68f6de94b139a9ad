// Package fold brings names into the forms in which they are compared and put
// into URLs. It knows letters and nothing of films: which two keys are one film
// is for pipeline/films to say.
package fold

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxSlug is the longest slug in bytes, so that a file name with a suffix fits
// every file system.
const maxSlug = 96

// Slug is a name as a part of a URL or of a file name: folded words joined by
// "-", at most 96 bytes. A name with nothing but signs gets "x-" and 8 hex
// digits of its SHA-256; an empty one is empty.
func Slug(name string) string {
	slug := strings.Join(words(name), "-")
	if slug == "" {
		if strings.TrimSpace(name) == "" {
			return ""
		}
		sum := sha256.Sum256([]byte(strings.TrimSpace(name)))
		return "x-" + hex.EncodeToString(sum[:4])
	}
	if len(slug) <= maxSlug {
		return slug
	}
	end := maxSlug
	for !utf8.RuneStart(slug[end]) {
		end--
	}
	slug = slug[:end]
	if at := strings.LastIndexByte(slug, '-'); at > maxSlug/2 {
		slug = slug[:at]
	}
	return slug
}

// words are the folded words of a name.
func words(name string) []string { return strings.Fields(folded(name)) }

// folded is the name in folded words with blanks between them, perhaps several.
func folded(name string) string {
	if isASCII(name) {
		return foldedASCII(name)
	}
	var b strings.Builder
	b.Grow(len(name) + 8)
	decomposed := norm.NFKD.String(apartFractions(name))
	run := 0      // letters since the last break
	base := 'a'   // the letter that marks belong to
	whole := true // nothing was taken apart that belongs together
	for i, r := range decomposed {
		r = unicode.ToLower(r)
		switch {
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
			b.WriteByte(byte(r))
			base = r
			run++
		case unicode.Is(unicode.Mn, r):
			if run > 0 && isLetterMark(base, r) {
				b.WriteRune(r)
				whole = false
			}
		case isApostrophe(r):
			// part of the word before it
		case r == '&' || r == '+':
			b.WriteString(" and ")
			run = 0
		case r == '.' && run == 1 && startsWithLetter(decomposed[i+1:]):
			run = 0 // S.W.A.T. is one word
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
			if latin, ok := undecomposed[r]; ok {
				b.WriteString(latin)
			} else {
				b.WriteRune(r)
				whole = false
			}
			base = r
			run++
		default:
			b.WriteByte(' ')
			run = 0
		}
	}
	if whole {
		return b.String()
	}
	return norm.NFC.String(b.String())
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldedASCII is folded for names that there is nothing to take apart in, as most
// are: it takes a third of the time.
func foldedASCII(name string) string {
	b := make([]byte, 0, len(name)+8)
	run := 0 // letters since the last break
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
			run++
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, c)
			run++
		case c == '\'' || c == '`':
			// part of the word before it
		case c == '&' || c == '+':
			b = append(b, " and "...)
			run = 0
		case c == '.' && run == 1 && startsWithLetter(name[i+1:]):
			run = 0 // S.W.A.T. is one word
		default:
			b = append(b, ' ')
			run = 0
		}
	}
	return string(b)
}

// apartFractions sets a fraction apart from the number before it, with which its
// decomposed form would run together: 8½ is 8 1/2 and not 81/2.
func apartFractions(name string) string {
	if strings.IndexFunc(name, isFraction) < 0 {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if isFraction(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isFraction reports the vulgar fractions of Unicode.
func isFraction(r rune) bool { return r >= '¼' && r <= '¾' || r >= '⅐' && r <= '⅞' }

// isLetterMark reports that a mark makes another letter of its base, as in Kana
// and in the scripts of India. On Latin and Greek letters it is an accent, in
// Arabic and Hebrew a vowel that is mostly left out. In Cyrillic the breve makes a
// letter, and the two dots of Ё are mostly left out.
func isLetterMark(base, mark rune) bool {
	switch {
	case unicode.Is(unicode.Cyrillic, base):
		return mark == '\u0306'
	case base < utf8.RuneSelf, unicode.In(base, unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew):
		return false
	}
	return true
}

func startsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', '‘', 'ʼ', '`', '´', '′':
		return true
	}
	return false
}

// undecomposed are the Latin letters that Unicode does not take apart.
var undecomposed = map[rune]string{
	'æ': "ae", 'œ': "oe", 'ø': "o", 'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d",
	'þ': "th", 'ħ': "h", 'ı': "i", 'ŋ': "ng", 'ŧ': "t",
}
