package ratings

import (
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// conversion names the tables by which ratings become norms: linear on the scale
// the critic used, letters in twelfths, verdicts not at all.
const conversion = "norm/1"

// isStandard reports that a rating's norm is what the tables of conversion make of
// it. A source may have been given tables of its own.
func isStandard(r *review.Rating) bool {
	switch {
	case r.Kind != review.Scored:
		return true
	case r.Letter != "":
		return r.Norm.Cmp(review.LetterNorm(r.Letter)) == 0
	case r.Value.IsZero() || r.Best.IsZero():
		return false
	}
	return r.Norm.Cmp(review.Scale{Worst: r.Worst, Best: r.Best}.Norm(r.Value)) == 0
}

// conversionOf names how the norms of these rows came about: "norm/1", and behind
// it the sources that have tables of their own.
func conversionOf(rows []row) string {
	var sources []string
	for i := range rows {
		if rows[i].Table != "" {
			sources = append(sources, rows[i].Table)
		}
	}
	if len(sources) == 0 {
		return conversion
	}
	slices.Sort(sources)
	return conversion + " own=" + strings.Join(slices.Compact(sources), ",")
}
