package ratings

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// version is a film as some of its reviews have it.
type version struct {
	review.Film
	reviews int
}

// versions reads each way in which a film is described once, however many reviews
// have it so.
func versions(rows []row) []version {
	count := make(map[string]int, 4)
	for i := range rows {
		count[rows[i].Film]++
	}
	list := make([]version, 0, len(count))
	for text, n := range count {
		v := version{reviews: n}
		if err := json.Unmarshal([]byte(text), &v.Film); err != nil {
			panic("ratings: a row holds no film: " + err.Error()) // decode would have said so
		}
		list = append(list, v)
	}
	return list
}

// consensus is the film as its reviews have it. Each field is what most of those
// say that say anything, the smaller of two with as many; other titles and years
// are all of them. It does not matter in which order the rows come.
func consensus(id review.FilmID, rows []row) review.Film {
	of := versions(rows)
	f := review.Film{
		ID:            id,
		Title:         most(of, func(f *review.Film) string { return f.Title }),
		OriginalTitle: most(of, func(f *review.Film) string { return f.OriginalTitle }),
		Year:          most(of, func(f *review.Film) int { return f.Year }),
		Years:         all(of, func(f *review.Film) []int { return f.Years }),
		Directors:     mostList(of, func(f *review.Film) []string { return f.Directors }),
		Countries:     mostList(of, func(f *review.Film) []string { return f.Countries }),
		Companies:     mostList(of, func(f *review.Film) []string { return f.Companies }),
		IDs: review.FilmIDs{
			IMDb:       most(of, func(f *review.Film) string { return f.IDs.IMDb }),
			TMDB:       most(of, func(f *review.Film) string { return f.IDs.TMDB }),
			Wikidata:   most(of, func(f *review.Film) string { return f.IDs.Wikidata }),
			Letterboxd: most(of, func(f *review.Film) string { return f.IDs.Letterboxd }),
		},
	}
	titles := all(of, func(f *review.Film) []string { return append([]string{f.Title}, f.AltTitles...) })
	f.AltTitles = slices.DeleteFunc(titles, func(t string) bool { return t == "" || t == f.Title || t == f.OriginalTitle })
	return f
}

// most is the value most reviews give, the zero value counting for nothing.
func most[V cmp.Ordered](of []version, field func(*review.Film) V) V {
	var best, none V
	if len(of) == 1 {
		return field(&of[0].Film)
	}
	count := map[V]int{}
	for i := range of {
		if v := field(&of[i].Film); v != none {
			count[v] += of[i].reviews
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

func mostList(of []version, field func(*review.Film) []string) []string {
	joined := most(of, func(f *review.Film) string { return strings.Join(field(f), listMark) })
	if joined == "" {
		return nil
	}
	return strings.Split(joined, listMark)
}

// all is every value any review gives, sorted, once.
func all[V cmp.Ordered](of []version, field func(*review.Film) []V) []V {
	var seen []V
	for i := range of {
		seen = append(seen, field(&of[i].Film)...)
	}
	slices.Sort(seen)
	return slices.Compact(seen)
}
