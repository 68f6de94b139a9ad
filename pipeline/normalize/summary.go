package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// summaryLength is how long a summary gets, in bytes, and longestSummary how long
// a stated one may be to be taken whole.
const (
	summaryLength  = 280
	longestSummary = 800
)

// statedSummary is a summary a source states, as text.
func statedSummary(s string) string {
	if strings.ContainsAny(s, "<&") {
		b := clean(s, resolver{})
		b.boilerplate()
		b.compact()
		s = b.plain
	}
	if s = oneLine(s); len(s) > longestSummary {
		s, _ = sentences(s, summaryLength)
	}
	return s
}

// summary is the first whole sentences of the critic's own text.
func (b *body) summary() string {
	var out string
	for i := range b.runs {
		if !b.tells(i) {
			continue
		}
		text := oneLine(b.at(i))
		room := summaryLength - len(out)
		if out != "" {
			room--
		}
		part, whole := sentences(text, room)
		if out != "" && len(part) > room || part == "" {
			break // a sentence is cut only where it is the first
		}
		if out != "" {
			out += " "
		}
		out += part
		if !whole {
			break
		}
	}
	return out
}

// tells reports a run that a summary may begin with: prose, and not a title, a
// table, a link, or a line of facts such as "Running time: 104 min".
func (b *body) tells(i int) bool {
	r := &b.runs[i]
	n := r.to - r.from
	if r.dropped || r.meta || n == 0 || r.linked == n || heading(r.tag) || tablePart(r.tag) {
		return false
	}
	if n > 60 {
		return true
	}
	text := b.at(i)
	_, value, labelled := strings.Cut(text, ": ")
	return !labelled || value == "" || sentenceEnd(text, len(text)-1) > 0
}

// sentences is the beginning of a text, whole sentences of at most n bytes, and
// whether that is all of it. A first sentence that is longer is cut between two
// words, and gets dots.
func sentences(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, true
	}
	end := 0
	for i := 0; i < min(n, len(s)); i++ {
		if e := sentenceEnd(s, i); e > 0 && e <= n {
			end = e
		}
	}
	if end > 0 {
		return s[:end], false
	}
	if n < summaryLength {
		return "", false
	}
	cut := clip(s, n-len("…"))
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-–—") + "…", false
}

// sentenceEnd is where a sentence ends whose last sign stands at i, 0 where none
// ends there.
func sentenceEnd(s string, i int) int {
	width := 1
	switch s[i] {
	case '!', '?':
	case '.':
		if abbreviated(s[:i]) {
			return 0
		}
	case 0xe2:
		if !strings.HasPrefix(s[i:], "…") {
			return 0
		}
		width = len("…")
	default:
		return 0
	}
	end := i + width
	for end < len(s) {
		r, w := utf8.DecodeRuneInString(s[end:])
		if !strings.ContainsRune(`.!?"')]”’»`, r) {
			break
		}
		end += w
	}
	if end == len(s) {
		return end
	}
	if s[end] != ' ' || end+1 >= len(s) {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(s[end+1:]); unicode.IsLower(r) {
		return 0
	}
	return end
}

// abbreviated reports that what stands before a full stop is an initial or a
// title, so that no sentence ends there.
func abbreviated(s string) bool {
	word := s[strings.LastIndexAny(s, " (\n")+1:]
	if r, width := utf8.DecodeRuneInString(word); width == len(word) && unicode.IsUpper(r) && r != 'I' {
		return true
	}
	switch word {
	case "Mr", "Mrs", "Ms", "Dr", "St", "Jr", "Sr", "vs", "No", "Prof", "Lt", "Col", "Gen", "Sgt", "Capt", "Vol", "Pt", "ca", "cf", "dir", "etc", "e.g", "i.e", "U.S", "U.K":
		return true
	}
	return false
}
