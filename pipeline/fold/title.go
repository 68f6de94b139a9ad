package fold

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Key is the form in which titles are compared: compatibility-decomposed
// (Unicode NFKD), lower case, without accents, apostrophes, punctuation and a
// leading article, also where it was put behind a comma; "&" and "+" as and;
// dotted acronyms closed up; numerals as digits. Letters of other scripts are
// kept. A title that has nothing but signs ("$", "…") is its own key.
//
// Numerals are Roman ones up to XXXIX and English words up to twenty, and count
// as such anywhere but in the first place, where they are a name: "Rocky II" and
// "Rocky Two" are "rocky 2", but "Nine" is not "9" and "V for Vendetta" begins with
// a letter. "Part", "vol." and the like before a numeral say nothing more.
func Key(title string) string {
	all := words(apartArticle(Uninverted(title)))
	if len(all) > 1 && isArticle(all[0]) && !startsWithAcronym(title) {
		all = all[1:]
	}
	if len(all) == 0 {
		return strings.TrimSpace(title)
	}
	return strings.Join(numbered(all), " ")
}

// Uninverted puts an article in its place that a catalogue has put behind the
// title for sorting: "Matrix, The" is "The Matrix".
func Uninverted(title string) string {
	comma := strings.LastIndexByte(title, ',')
	if comma <= 0 {
		return title
	}
	article := strings.TrimSpace(title[comma+1:])
	word := strings.ToLower(strings.TrimRight(article, "'’"))
	if len(article) > 4 || !isArticle(word) {
		return title
	}
	if len(word) < len(article) && slices.Contains(elided[:], word) {
		return article + strings.TrimSpace(title[:comma])
	}
	return article + " " + strings.TrimSpace(title[:comma])
}

// isArticle reports the articles of the languages most titles come in, folded.
// The Italian "i" is not among them: in English it is a person.
func isArticle(word string) bool {
	switch word {
	case "the", "a", "an", // English
		"le", "la", "les", "l", "un", "une", "des", // French
		"el", "los", "las", "una", "unos", "unas", // Spanish
		"der", "die", "das", "ein", "eine", // German
		"il", "lo", "gli", "uno": // Italian
		return true
	}
	return false
}

// elided are the articles that an apostrophe joins to the word after them.
var elided = [...]string{"l", "un"}

// apartArticle sets an article apart that an apostrophe joins to the title:
// L'Avventura, Un'estate.
func apartArticle(title string) string {
	if isASCII(title) && !strings.ContainsAny(title, "'`") {
		return title
	}
	trimmed := fromFirstWord(title)
	for _, article := range elided {
		if len(trimmed) <= len(article) || !strings.EqualFold(trimmed[:len(article)], article) {
			continue
		}
		r, width := utf8.DecodeRuneInString(trimmed[len(article):])
		if rest := trimmed[len(article)+width:]; isApostrophe(r) && startsWithLetter(rest) {
			return article + " " + rest
		}
	}
	return title
}

// startsWithAcronym reports that a title begins with an acronym, which may look
// like an article once it is folded: L.A. Confidential, LA Confidential. A title all
// in capitals says nothing of its first word, and a sign in front, such as a
// quotation mark, is no part of it.
func startsWithAcronym(title string) bool {
	title = fromFirstWord(title)
	_, width := utf8.DecodeRuneInString(title)
	if rest := title[width:]; len(rest) > 1 && rest[0] == '.' && startsWithLetter(rest[1:]) {
		return true
	}
	word, rest, _ := strings.Cut(title, " ")
	return utf8.RuneCountInString(word) > 1 && word == strings.ToUpper(word) && word != strings.ToLower(word) && rest != strings.ToUpper(rest)
}

// fromFirstWord is a title without the signs in front of its first word.
func fromFirstWord(title string) string {
	return strings.TrimLeftFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// numbered writes the numerals among words as digits, and drops what only says
// that one follows.
func numbered(all []string) []string {
	out := all[:1]
	for i, w := range all[1:] {
		if digits, ok := numeral(w); ok {
			if len(out) > 1 && isPart(all[i]) {
				out = out[:len(out)-1]
			}
			w = digits
		}
		out = append(out, w)
	}
	return out
}

// isPart reports what stands before the number of a part.
func isPart(word string) bool {
	switch word {
	case "part", "pt", "vol", "volume", "chapter", "episode", "teil", "partie", "parte", "capitulo", "chapitre":
		return true
	}
	return false
}

// numeral is a word as digits, if it is a number.
func numeral(word string) (digits string, ok bool) {
	if n := slices.Index(numberWords[:], word); n >= 0 {
		return strconv.Itoa(n + 1), true
	}
	if n := roman(word); n > 0 {
		return strconv.Itoa(n), true
	}
	return word, word[0] >= '0' && word[0] <= '9'
}

var numberWords = [...]string{
	"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
}

var romanOnes = [...]string{"", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"}

// roman is the value of a Roman numeral of the digits I, V and X, 0 for any other
// word.
func roman(word string) int {
	if len(word) > 7 || strings.Trim(word, "ivx") != "" {
		return 0
	}
	rest := strings.TrimLeft(word, "x")
	tens := len(word) - len(rest)
	ones := slices.Index(romanOnes[:], rest)
	if tens > 3 || ones < 0 {
		return 0
	}
	return 10*tens + ones
}
