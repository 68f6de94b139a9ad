package normalize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"github.com/filmwire/filmwire/pipeline/review"
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
		_, _ = b.boilerplate()
		b.compact()
		s = b.plain
	}
	if s = cutTeaser(oneLine(s)); len(s) > longestSummary {
		s, _ = sentences(s, summaryLength)
	}
	return s
}

// cutTeaser takes off the end of a stated summary what a site puts there: where the
// entry is from, "Continue reading Mulan →", and the dots in brackets that say that
// there is more. A sentence they cut off keeps its dots.
func cutTeaser(s string) string {
	s = cutMore(cutOrigin(s))
	for _, dots := range [...]string{"[…]", "[...]", "(…)", "[..]"} {
		if front, ok := strings.CutSuffix(s, dots); ok {
			front = strings.TrimRight(front, " ,;:-–—")
			if front == "" || endsSentence(front) {
				return front
			}
			return front + "…"
		}
	}
	return s
}

// moreLinks are what links to the rest of a text say.
var moreLinks = [...]string{"continue reading", "read more", "keep reading", "read the full review", "read the rest", "weiterlesen", "lire la suite", "seguir leyendo", "leer más", "continua a leggere", "leggi tutto"}

// maxMoreLink is longer than such a link with the title of the review in it.
const maxMoreLink = 120

// cutMore takes a link to the rest of the text off the end. Without an arrow
// nothing may stand behind its words, and a sentence must have ended before them, for
// the critic may have used them.
func cutMore(s string) string {
	for _, words := range moreLinks {
		at := lastIndexFold(s, words)
		if at < 0 || len(s)-at > maxMoreLink || at > 0 && s[at-1] != ' ' {
			continue
		}
		front, rest := strings.TrimRight(s[:at], " "), s[at+len(words):]
		arrow := strings.HasSuffix(rest, "→") || strings.HasSuffix(rest, "»") || strings.HasSuffix(rest, "›")
		if !arrow && strings.Trim(rest, " .…>") != "" {
			continue
		}
		if own := strings.TrimSuffix(front, "]"); arrow || own == "" || own != front || endsSentence(front) {
			return front
		}
	}
	return s
}

// summary is the first whole sentences of the critic's own text: what is quoted leads
// it only where nothing else is there.
func (b *body) summary(rating review.Rating) string {
	if own := b.summaryOf(rating, atom.Blockquote); own != "" {
		return own
	}
	return b.summaryOf(rating, 0)
}

// summaryOf is the summary of what stands in no element of a kind, 0 for none.
func (b *body) summaryOf(rating review.Rating, but atom.Atom) string {
	var out string
	prose := b.hasProse(but)
	for i := range b.runs {
		if but != 0 && b.within(i, but) {
			continue
		}
		text := b.tale(i, rating)
		if text == "" || prose && !isProse(text) {
			continue
		}
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

// hasProse reports that some run is more than a few words without an end.
func (b *body) hasProse(but atom.Atom) bool {
	for i := range b.runs {
		if r := &b.runs[i]; !r.meta && !r.caption && !heading(r.tag) && isProse(b.at(i)) && (but == 0 || !b.within(i, but)) {
			return true
		}
	}
	return false
}

// within reports a run that stands in an element of a kind, however deep.
func (b *body) within(i int, tag atom.Atom) bool {
	for n := b.runs[i].node; n >= 0; n = b.nodes[n].parent {
		if b.nodes[n].tag == tag {
			return true
		}
	}
	return false
}

// isProse reports a text that is long, or ends as a sentence does.
func isProse(text string) bool {
	return len(text) > maxMetaLine || endsSentence(text)
}

// tale is what a run tells, on one line: prose, without the lines that are about
// the review, and without a rating in front of it. It is "" for a title, a table,
// a link, what stands under a picture, what is folded away (it may be for a reason),
// code, and a line of facts such as "Running time: 104 min".
func (b *body) tale(i int, rating review.Rating) string {
	r := &b.runs[i]
	if n := r.to - r.from; r.meta || n == 0 || r.linked == n || r.caption || heading(r.tag) || tablePart(r.tag) || r.tag == atom.Pre || b.within(i, atom.Details) {
		return ""
	}
	text, at := b.at(i), r.from
	if lines := b.linesOf(i); slices.ContainsFunc(lines, func(l line) bool { return l.about }) {
		var own []string
		for _, l := range lines {
			if !l.about {
				own = append(own, b.lineText(&l))
			}
		}
		text, at = strings.Join(own, "\n"), -1
	}
	if s := rating.Span; rating.FoundIn == inText && s.Start == at && s.End <= r.to {
		text = strings.TrimLeft(text[s.End-at:], " .:;,-–—!|")
	}
	if len(text) <= maxMetaLine && !isSentence(text) || isCredit(text) {
		return ""
	}
	return oneLine(text)
}

// isSentence reports a short text that is no label with a value.
func isSentence(text string) bool {
	_, value, labelled := strings.Cut(text, ": ")
	return text != "" && (!labelled || value == "" || endsSentence(text))
}

// isCredit reports a line that says whose a picture is.
func isCredit(text string) bool {
	if len(text) > maxDateline {
		return false
	}
	for _, p := range [...]string{"photo:", "photo by ", "photo courtesy", "image:", "image courtesy", "images courtesy",
		"image credit", "photo credit", "courtesy of ", "(l-r)", "pictured:", "©", "copyright "} {
		if hasPrefixFold(text, p) {
			return true
		}
	}
	if endsSentence(text) {
		return false
	}
	for _, p := range [...]string{"still from ", "a still from ", "a scene from ", "scene from "} {
		if hasPrefixFold(text, p) {
			return true
		}
	}
	return false
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
	case 0xe3, 0xef, 0xe0: // 。！？।
		r, w := utf8.DecodeRuneInString(s[i:])
		if r != '。' && r != '！' && r != '？' && r != '।' {
			return 0
		}
		for closing, n := utf8.DecodeRuneInString(s[i+w:]); strings.ContainsRune("」』）”", closing) && n > 0; closing, n = utf8.DecodeRuneInString(s[i+w:]) {
			w += n
		}
		return i + w // no space follows
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

// endsSentence reports a text whose last sentence has an end.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, "\"')]”’» ")
	switch r, _ := utf8.DecodeLastRuneInString(s); r {
	case '!', '?', '…', '。', '！', '？', '।', '」':
		return true
	case '.':
		return !abbreviated(s[:len(s)-1])
	}
	return false
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
