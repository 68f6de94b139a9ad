package normalize

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// What a rating's found_in names. Fields and front matter add the key.
const (
	inText        = "text"
	inTitle       = "title"
	inJSONLD      = "json_ld"
	inMicrodata   = "microdata"
	inImage       = "image"
	inPage        = "page"     // beside the text
	inTemplate    = "template" // a mark in Markdown that a site's generator draws stars for
	inFrontMatter = "front_matter:"
	inField       = "field:"
)

// strength orders the places a rating was found in.
type strength uint8

const (
	strengthStructured strength = iota // made for machines to read
	strengthField                      // a field for it
	strengthTitle
	strengthText
)

// finding is a rating in one place.
type finding struct {
	grade
	strength strength
}

// field is a rating that stands in a field of its own.
func field(text, foundIn string, scale review.Scale, basis review.Basis, s strength) finding {
	g := understand(text, scale, basis)
	g.rating.FoundIn = foundIn
	if g.rating.Raw != "" {
		start := strings.Index(text, g.rating.Raw)
		g.rating.Span = review.Span{Start: start, End: start + len(g.rating.Raw)}
	}
	return finding{g, s}
}

// choose takes the strongest rating that says something, and warns where another
// one contradicts it. found is in order of strength.
func choose(found []finding, warn func(code, field, detail string)) review.Rating {
	best := -1
	for i := range found {
		if best < 0 || rank(&found[i]) < rank(&found[best]) {
			best = i
		}
	}
	if best < 0 {
		return review.Rating{Kind: review.Unrated}
	}
	chosen := &found[best]
	if chosen.torn {
		warn(ratingConflict, "rating", fmt.Sprintf("%s says two things: %s", chosen.rating.FoundIn, wordOf(chosen)))
	}
	for i := range found {
		if i != best && contradicts(chosen, &found[i]) {
			warn(ratingConflict, "rating", fmt.Sprintf("%s says %s, %s says %s; the first was taken",
				chosen.rating.FoundIn, wordOf(chosen), found[i].rating.FoundIn, wordOf(&found[i])))
			break
		}
	}
	return chosen.rating
}

func wordOf(f *finding) string {
	if f.rating.Raw != "" {
		return clip(f.rating.Raw, 40)
	}
	return f.rating.String()
}

// rank says how much a rating says: a value first, then what is left of one.
func rank(f *finding) int {
	switch f.rating.Kind {
	case review.Scored:
		return 0
	case review.Verdicted:
		return 1
	case review.Ambiguous:
		return 2
	case review.Lost:
		return 3
	case review.Invalid:
		return 4
	}
	return 5
}

// contradicts reports that two ratings cannot both be the critic's. What has no
// value contradicts nothing, nor does a number whose scale is not known; two
// ways of writing it (a letter and a number) may lie apart by the width of one
// step.
func contradicts(a, b *finding) bool {
	switch ak, bk := a.rating.Kind, b.rating.Kind; {
	case ak == review.Scored && bk == review.Scored:
		return tooFarApart(a, b)
	case ak == review.Verdicted && bk == review.Verdicted:
		return a.rating.Verdict != b.rating.Verdict
	case ak == review.Scored && bk == review.Verdicted:
		return b.rating.Verdict != review.Mixed && a.rating.Positive() != (b.rating.Verdict == review.Positive)
	}
	return false
}

func tooFarApart(a, b *finding) bool {
	same := (a.rating.Letter == "") == (b.rating.Letter == "")
	if same && a.rating.Best.Cmp(b.rating.Best) == 0 && a.rating.Letter == b.rating.Letter {
		return a.rating.Value.Cmp(b.rating.Value) != 0
	}
	gap := new(big.Rat).Sub(a.rating.Norm.Rat(), b.rating.Norm.Rat())
	step := big.NewRat(10, 1)
	if same {
		step = big.NewRat(5, 1)
	}
	return gap.Abs(gap).Cmp(step) > 0
}
