package ratings

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// consensus is the film as its reviews have it. Each field is what most of those
// say that say anything, the smaller of two with as many; other titles and years
// are all of them. It does not matter in which order the rows come.
func consensus(id review.FilmID, rows []row) review.Film {
	f := review.Film{
		ID:            id,
		Title:         most(rows, func(f *review.Film) string { return f.Title }),
		OriginalTitle: most(rows, func(f *review.Film) string { return f.OriginalTitle }),
		Year:          most(rows, func(f *review.Film) int { return f.Year }),
		Years:         all(rows, func(f *review.Film) []int { return f.Years }),
		Directors:     mostList(rows, func(f *review.Film) []string { return f.Directors }),
		Countries:     mostList(rows, func(f *review.Film) []string { return f.Countries }),
		Companies:     mostList(rows, func(f *review.Film) []string { return f.Companies }),
		IDs: review.FilmIDs{
			IMDb:       most(rows, func(f *review.Film) string { return f.IDs.IMDb }),
			TMDB:       most(rows, func(f *review.Film) string { return f.IDs.TMDB }),
			Wikidata:   most(rows, func(f *review.Film) string { return f.IDs.Wikidata }),
			Letterboxd: most(rows, func(f *review.Film) string { return f.IDs.Letterboxd }),
		},
	}
	titles := all(rows, func(f *review.Film) []string { return append([]string{f.Title}, f.AltTitles...) })
	f.AltTitles = slices.DeleteFunc(titles, func(t string) bool { return t == "" || t == f.Title || t == f.OriginalTitle })
	return f
}

// most is the value most rows give, the zero value counting for nothing.
func most[V cmp.Ordered](rows []row, of func(*review.Film) V) V {
	var best, none V
	count := map[V]int{}
	for i := range rows {
		if v := of(&rows[i].Film); v != none {
			count[v]++
		}
	}
	for v, n := range count {
		if n > count[best] || n == count[best] && v < best {
			best = v
		}
	}
	return best
}

// listMark parts the values of a list that is compared as a whole; no name that
// was cleaned holds it.
const listMark = "\x00"

func mostList(rows []row, of func(*review.Film) []string) []string {
	joined := most(rows, func(f *review.Film) string { return strings.Join(of(f), listMark) })
	if joined == "" {
		return nil
	}
	return strings.Split(joined, listMark)
}

// all is every value any row gives, sorted, once.
func all[V cmp.Ordered](rows []row, of func(*review.Film) []V) []V {
	seen := map[V]bool{}
	for i := range rows {
		for _, v := range of(&rows[i].Film) {
			seen[v] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
