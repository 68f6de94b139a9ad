// Package fold brings names into the forms in which they are compared and put
// into URLs. It knows letters and nothing of films: which two keys are one film
// is for pipeline/films to say.
package fold

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Key is the form in which titles are compared: compatibility-decomposed
// (Unicode NFKD), lower case, without accents, apostrophes, punctuation and a
// leading article, "&" and "+" as and, dotted acronyms closed up. Letters of
// other scripts are kept. A title that has nothing but signs ("$", "…") is its
// own key.
func Key(title string) string {
	words := fields(title)
	if len(words) > 1 && slices.Contains(articles, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return strings.TrimSpace(title)
	}
	return strings.Join(words, " ")
}

// articles are those of the languages most titles come in, already folded.
var articles = []string{
	"the", "a", "an", "le", "la", "les", "l", "un", "une", "el", "los", "las",
	"der", "die", "das", "il", "lo", "gli",
}

// maxSlug is the longest slug in bytes, so that a file name with a suffix fits
// every file system.
const maxSlug = 96

// Slug is a name as a part of a URL or of a file name: folded words joined by
// "-", at most 96 bytes. A name with nothing but signs gets "x-" and 8 hex
// digits of its SHA-256; an empty one is empty.
func Slug(name string) string {
	words := fields(name)
	if len(words) == 0 {
		if strings.TrimSpace(name) == "" {
			return ""
		}
		sum := sha256.Sum256([]byte(strings.TrimSpace(name)))
		return "x-" + hex.EncodeToString(sum[:4])
	}
	slug := strings.Join(words, "-")
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

// fields are the folded words of a name.
func fields(name string) []string {
	var b strings.Builder
	b.Grow(len(name) + 8)
	run := 0 // letters since the last break
	decomposed := []rune(norm.NFKD.String(name))
	for i, r := range decomposed {
		r = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Mn, r) || isApostrophe(r):
			// part of the word before it
		case r == '&' || r == '+':
			b.WriteString(" and ")
			run = 0
		case r == '.' && run == 1 && i+1 < len(decomposed) && unicode.IsLetter(decomposed[i+1]):
			run = 0 // S.W.A.T. is one word
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
			if latin, ok := undecomposed[r]; ok {
				b.WriteString(latin)
			} else {
				b.WriteRune(r)
			}
			run++
		default:
			b.WriteByte(' ')
			run = 0
		}
	}
	return strings.Fields(b.String())
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
