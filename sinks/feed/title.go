package feed

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/filmwire/filmwire/pipeline/review"
)

// filmName is the film as people name it: "Heat (1995)". It is "" without a title.
func filmName(f *review.Film) string {
	name := line(f.Title)
	if name != "" && f.Year != 0 {
		name += " (" + strconv.Itoa(f.Year) + ")"
	}
	return name
}

// entryTitle is what the critic called the review, if that says more than which
// film it is about, else the film; with the rating behind it if stars is set.
func entryTitle(e *review.Event, stars bool) string {
	title, film := line(e.Title), filmName(&e.Film)
	if film != "" && !saysMore(title, &e.Film) {
		title = film
	}
	if title == "" {
		title = "Review"
		if author := authorName(&e.Critic); author != "" {
			title += " by " + author
		}
	}
	rating := ratingText(&e.Rating)
	if !stars || rating == "" || strings.Contains(title, "★") || strings.HasSuffix(title, " "+rating) {
		return title
	}
	return title + " " + rating
}

// saysMore reports whether a title says more than the film's name, its year and
// that it is a review, in whatever order and with whatever signs between.
func saysMore(title string, f *review.Film) bool {
	left := titleWords(title)
	for _, name := range append([]string{f.Title, f.OriginalTitle}, f.AltTitles...) {
		words := titleWords(name)
		if at := indexOf(left, words); at >= 0 {
			left = slices.Delete(left, at, at+len(words))
			break
		}
	}
	year := strconv.Itoa(f.Year)
	return slices.ContainsFunc(left, func(w string) bool { return w != year && !saysReview(w) })
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
	return strings.FieldsFunc(strings.ToLower(clean(s)), func(r rune) bool {
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

// ratingText is the rating as the critic wrote it: ★★★½ on a scale of five
// stars, ★★★½/4 on one of four, else 8/10, B+ or Recommended. It is "" for a
// rating that is lost, missing or not understood: nothing is made up.
func ratingText(r *review.Rating) string {
	if r.Kind == review.Verdicted {
		switch r.Verdict {
		case review.Positive:
			return "Recommended"
		case review.Mixed:
			return "Mixed"
		case review.Negative:
			return "Not recommended"
		}
		return ""
	}
	switch {
	case r.Kind != review.Scored:
		return ""
	case r.Letter != "":
		return line(r.Letter)
	case r.Value.IsZero():
		return ""
	}
	if stars := starsOf(r); stars != "" {
		return stars
	}
	return r.String()
}

// starsOf draws whole and half stars on a scale of four or five, "" where that
// would not be exact. No star at all cannot be drawn: that is 0/5.
func starsOf(r *review.Rating) string {
	five, four := r.Best.Cmp(review.Int(5)) == 0, r.Best.Cmp(review.Int(4)) == 0
	if !five && !four || r.Value.Sign() <= 0 || r.Value.Cmp(r.Best) > 0 {
		return ""
	}
	value := r.Value.Rat()
	halves := value.Add(value, value)
	if !halves.IsInt() {
		return ""
	}
	n := int(halves.Num().Int64())
	stars := strings.Repeat("★", n/2)
	if n%2 == 1 {
		stars += "½"
	}
	if four {
		stars += "/4"
	}
	return stars
}
