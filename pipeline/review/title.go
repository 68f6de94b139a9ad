package review

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// OwnTitle is what the critic called the review, on one line, if that says more
// than which film is reviewed: more than its name, its year, some stars and that
// this is a review, in whatever order and with whatever signs between. Else "".
func (r *Review) OwnTitle() string {
	left := titleWords(r.Title)
	for _, name := range append([]string{r.Film.Title, r.Film.OriginalTitle}, r.Film.AltTitles...) {
		words := titleWords(name)
		if at := indexOf(left, words); at >= 0 {
			left = slices.Delete(left, at, at+len(words))
			break
		}
	}
	year := strconv.Itoa(r.Film.Year)
	if !slices.ContainsFunc(left, func(w string) bool { return w != year && !saysReview(w) }) {
		return ""
	}
	return Line(r.Title)
}

// saysReview reports words that only say that a review is a review.
func saysReview(word string) bool {
	switch word {
	case "review", "film", "movie", "kritik", "filmkritik", "critique", "reseña", "crítica", "recensione", "recensie":
		return true
	}
	return false
}

func titleWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(Line(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
}

// indexOf is where words stand together in list, -1 if they do not. No words
// stand nowhere.
func indexOf(list, words []string) int {
	if len(words) == 0 {
		return -1
	}
	for i := range len(list) - len(words) + 1 {
		if slices.Equal(list[i:i+len(words)], words) {
			return i
		}
	}
	return -1
}
