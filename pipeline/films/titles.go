package films

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// keys are the forms in which a film's titles are compared, the main one first.
func keys(f *review.Film) []string {
	all := make([]string, 0, 2+len(f.AltTitles))
	add := func(title string) {
		if title == "" {
			return
		}
		if key := titleKey(title); key != "" && !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	add(f.Title)
	add(f.OriginalTitle)
	for _, title := range f.AltTitles {
		add(title)
	}
	return all
}

// titleKey is a title's folded form without blanks, for people write Spider-Man,
// Spider Man and Spiderman. Between two digits a blank tells them apart.
func titleKey(title string) string {
	key := fold.Key(title)
	if strings.IndexByte(key, ' ') < 0 {
		return key
	}
	b := make([]byte, 0, len(key))
	for i := range len(key) {
		if key[i] == ' ' && !(isDigit(key[i-1]) && isDigit(key[i+1])) {
			continue
		}
		b = append(b, key[i])
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// directorsKey is the words of directors' names, folded and sorted: enough to tell
// whether two lists have anybody in common, however the names are written.
func directorsKey(names []string) string {
	if len(names) == 0 || len(names) > maxDirectors {
		return ""
	}
	var all []string
	for _, name := range names {
		for w := range strings.SplitSeq(fold.Slug(name), "-") {
			if utf8.RuneCountInString(w) >= 3 || w != "" && w[0] >= utf8.RuneSelf {
				all = append(all, w)
			}
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// maxDirectors is how many directors a film may have for their names to say which
// film it is: of an anthology everybody lists others.
const maxDirectors = 4

// otherDirectors reports that two films have directors, and none in common. Names
// may be spelt a little differently.
func otherDirectors(a, b string) bool {
	if a == "" || b == "" || a == b {
		return false
	}
	for x := range strings.SplitSeq(a, " ") {
		for y := range strings.SplitSeq(b, " ") {
			if x == y || len(x) > 4 && len(y) > 4 && (slip(x, y) || x == y+"s" || y == x+"s") {
				return false
			}
		}
	}
	return true
}
