package films

import (
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Bounds of what is taken over from a catalogue, which may list a title for each
// country and each festival.
const (
	maxAnswered = 40  // alternative titles
	maxTitle    = 300 // bytes of one
)

// Choose picks the one film that was asked for among those that a catalogue has: it
// goes by one of the titles asked for, its year is no more than one apart, and
// neither ids nor directors speak against it. Where no year was asked for, it has
// an id that was. Where two fit, none is chosen.
func (*Registry) Choose(asked *review.Film, found []review.Film) (review.Film, bool) {
	wanted, directors := keys(asked), directorsKey(asked.Directors)
	var one *review.Film
	for i := range found {
		f := &found[i]
		if !meant(asked, f, wanted) || otherDirectors(directors, directorsKey(f.Directors)) {
			continue
		}
		if one != nil {
			return review.Film{}, false
		}
		one = f
	}
	if one == nil {
		return review.Film{}, false
	}
	answer := *one
	answer.AltTitles = distinct(&answer)
	return answer, true
}

// meant reports that a catalogue's film can be the one asked for.
func meant(asked, f *review.Film, wanted []string) bool {
	if asked.IDs.Clash(f.IDs) {
		return false
	}
	byID := sharesID(asked.IDs, f.IDs)
	switch {
	case asked.Year == 0 && !byID:
		return false
	case asked.Year != 0 && (f.Year == 0 || apart(asked.Year, f.Year) > nearYears):
		return false
	case len(wanted) == 0:
		return byID
	}
	has := keys(f)
	return slices.ContainsFunc(wanted, func(key string) bool { return slices.Contains(has, key) })
}

// distinct are the alternative titles of a catalogue's film that say something the
// titles before do not.
func distinct(f *review.Film) []string {
	known := keys(&review.Film{Title: f.Title, OriginalTitle: f.OriginalTitle})
	var all []string
	for _, title := range f.AltTitles {
		key := titleKey(title)
		if key == "" || len(title) > maxTitle || slices.Contains(known, key) || len(all) == maxAnswered {
			continue
		}
		known, all = append(known, key), append(all, title)
	}
	return all
}

// completed is what a review states of its film and what a catalogue says beside it.
// Only ids and titles are taken over, and title and year where the review has none.
func completed(film, answer *review.Film) review.Film {
	f := *film
	f.IDs = f.IDs.Or(answer.IDs)
	if f.Title == "" {
		f.Title = answer.Title
	}
	if f.Year == 0 {
		f.Year = answer.Year
	}
	if f.OriginalTitle == "" {
		f.OriginalTitle = answer.OriginalTitle
	}
	f.AltTitles = slices.Clip(f.AltTitles)
	known := keys(&f)
	for _, title := range append([]string{answer.Title, answer.OriginalTitle}, answer.AltTitles...) {
		if key := titleKey(title); key != "" && !slices.Contains(known, key) {
			known, f.AltTitles = append(known, key), append(f.AltTitles, title)
		}
	}
	return f
}
