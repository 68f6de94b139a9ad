package normalize

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// alsoKnownMarks are what stands between a film's title and another it goes by.
var alsoKnownMarks = [...]string{"a.k.a.", "a.k.a", "aka", "also known as"}

// cutAlsoKnown splits off another title that a film's title names: "X (a.k.a. Y)",
// "X aka Y", "X, or: Y". A title that begins with the mark is one itself.
func cutAlsoKnown(title string) (main, also string) {
	for _, mark := range alsoKnownMarks {
		at := lastIndexFold(title, mark)
		if at <= 1 {
			continue
		}
		front, before := title[:at], title[at-1]
		rest := title[at+len(mark):]
		if before != ' ' && before != '(' && before != '[' || rest == "" || rest[0] != ' ' && rest[0] != ':' && rest[0] != '.' {
			continue
		}
		main = strings.TrimRight(front, " ([,/;–—-")
		if also = strings.TrimSpace(strings.TrimRight(strings.TrimLeft(rest, " :."), ")]")); main != "" && also != "" {
			return main, also
		}
	}
	for _, mark := range [...]string{", or: ", " or: ", ", or, ", "; or, "} {
		if front, rest, ok := strings.Cut(title, mark); ok && strings.TrimSpace(front) != "" && strings.TrimSpace(rest) != "" {
			return strings.TrimSpace(front), title
		}
	}
	return title, ""
}

// settleTitles puts a film's titles in order: an article that was put behind a title
// comes before it, and another title that one names stands by itself.
func settleTitles(f *review.Film) {
	for _, title := range [...]*string{&f.Title, &f.OriginalTitle} {
		main, also := cutAlsoKnown(*title)
		*title = fold.Uninverted(main)
		if also = fold.Uninverted(also); also != "" {
			f.AltTitles = addWord(f.AltTitles[:len(f.AltTitles):len(f.AltTitles)], also)
		}
	}
}
