package films

import (
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/fold"
)

// Two titles are spelt almost alike if they have as many words, and each word that
// differs is a long one with a single slip inside: one letter more, less or other,
// or two exchanged. The first letter and the last two of a word must be the same:
// what differs there (Rush and Crush, Monster and Monsters, Hunter and Hunted) is
// another word and no slip. Digits must be equal.
const (
	slipWord   = 6  // letters of a word in which one slip is taken for one
	slipTitle  = 12 // letters of a title in which two words may have one
	printWord  = 5  // letters of a word of which the print shows but three
	printTail  = 2
	maxSlipLen = 200 // bytes of a title that is looked at
)

// print is what two titles that are spelt almost alike have in common, and few
// others: of each long word the first letter and the last two, short ones as they
// are. "" for a title in which there can be no slip.
func print(key string) string {
	if len(key) > maxSlipLen {
		return ""
	}
	var b strings.Builder
	slips := false
	for i, w := range strings.Fields(key) {
		if i > 0 {
			b.WriteByte(' ')
		}
		letters := utf8.RuneCountInString(w)
		if letters < printWord || hasDigit(w) {
			b.WriteString(w)
			continue
		}
		slips = true
		_, first := utf8.DecodeRuneInString(w)
		b.WriteString(w[:first] + "-" + w[tailOf(w):])
	}
	if !slips {
		return ""
	}
	return b.String()
}

// tailOf is where the last two letters of a word begin.
func tailOf(w string) int {
	at := len(w)
	for range printTail {
		_, width := utf8.DecodeLastRuneInString(w[:at])
		at -= width
	}
	return at
}

// spelling is a title as the rule for slips sees it.
func spelling(title string) string { return fold.Key(title) }

// almost reports that two different titles of one print are spelt almost alike.
func almost(a, b string) bool {
	as, bs := strings.Fields(a), strings.Fields(b)
	if len(as) != len(bs) || a == b {
		return false
	}
	slips := 0
	for i, x := range as {
		y := bs[i]
		if x == y {
			continue
		}
		if max(utf8.RuneCountInString(x), utf8.RuneCountInString(y)) < slipWord || hasDigit(x) || hasDigit(y) || !within(x, y, 1) {
			return false
		}
		slips++
	}
	long := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) >= slipTitle
	return slips == 1 || slips == 2 && long
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// within reports that two words are at most so many slips apart: the restricted
// Damerau-Levenshtein distance.
func within(a, b string, most int) bool {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return false
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= most
}
