package films

import (
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/fold"
)

// Two titles are spelt almost alike if they have as many words, and each word that
// differs is a long one with a single slip inside: a letter more or less, two
// exchanged, or one for another that sounds like it. The first letter and the last
// must be the same: what differs there (Rush and Crush, Monster and Monsters, Hunter
// and Hunted) is another word and no slip. So is a letter for any other (Sister and
// Sitter), and whatever differs in a short title. Digits must be equal. A script
// whose letters are words or syllables has no such slips.
const (
	slipWord   = 6   // letters of a word in which a slip is taken for one
	slipTitle  = 10  // letters of a title in which one word may have a slip
	slipsTitle = 14  // letters of a title in which two words may
	printWord  = 5   // letters of a word of which the print shows but two
	maxSlipLen = 200 // bytes of a title that is looked at
)

// print is what two titles that are spelt almost alike have in common, and few
// others: of each long word the first letter and the last, short ones as they are. "" for a title in which there can be no slip.
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
		_, last := utf8.DecodeLastRuneInString(w)
		b.WriteString(w[:first] + "-" + w[len(w)-last:])
	}
	if !slips {
		return ""
	}
	return b.String()
}

// spelling is a title as the rule for slips sees it.
func spelling(title string) string { return fold.Key(title) }

// almost reports that two different titles of one print are spelt almost alike.
func almost(a, b string) bool {
	as, bs := strings.Fields(a), strings.Fields(b)
	if len(as) != len(bs) || a == b {
		return false
	}
	slips, letters := 0, 0
	for i, x := range as {
		y := bs[i]
		short := min(utf8.RuneCountInString(x), utf8.RuneCountInString(y))
		letters += short
		if x == y {
			continue
		}
		if short < slipWord || hasDigit(x) || hasDigit(y) || !slip(x, y) {
			return false
		}
		slips++
	}
	return slips == 1 && letters >= slipTitle || slips == 2 && letters >= slipsTitle
}

// slip reports that one slip makes one word of the other.
func slip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	switch {
	case len(x)+len(y) == 1: // one more
		return isAlphabetic(append(x, y...)[0])
	case len(x) == 1 && len(y) == 1: // another
		return sound(x[0]) != 0 && sound(x[0]) == sound(y[0])
	}
	return len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0] && isAlphabetic(x[0]) // exchanged
}

// isAlphabetic reports a letter of Latin, Greek or Cyrillic: those before U+0530.
func isAlphabetic(r rune) bool { return r < 0x0530 }

// sound is what letters that are written for each other have in common, 0 for a
// letter that stands for itself.
func sound(r rune) byte {
	switch r {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return 'a'
	case 'c', 'k', 'q', 's', 'z', 'x':
		return 'c'
	case 'v', 'w', 'f':
		return 'v'
	case 'g', 'j':
		return 'g'
	case 'd', 't':
		return 'd'
	case 'b', 'p':
		return 'b'
	}
	return 0
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
