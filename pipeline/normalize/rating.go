package normalize

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Rating understands a rating as a critic writes it: "3/5", "★★★½", "B+", "7 out
// of 10", "85%", "thumbs up". scale is that of bare numbers and of stars without
// empty ones, zero where none is known; a scale written with the value comes
// before it, but takes its lowest from scale where both have the same best.
//
// Only a scored rating has a norm, and only a scored or a verdict one a value, a
// letter or a verdict: of the others the text is kept in Raw, and for a lost one
// what is left of the scale. FoundIn and Span are not set. It never fails: what
// is no rating is invalid, and nothing at all is unrated.
func Rating(text string, scale review.Scale) review.Rating {
	return understand(text, scale, review.BasisConfigured).rating
}

// Infer reads a rating that states no scale on the one that its critic's other
// scores show, and is not ok where it does not fit: a 7 of somebody who counts to 5.
// Up to five stars are not put on a longer scale either, for many who score out of
// ten draw five.
func Infer(raw string, scale review.Scale) (review.Rating, bool) {
	g := understand(raw, scale, review.BasisInferred)
	if g.rating.Kind != review.Scored || g.rating.Basis != review.BasisInferred {
		return review.Rating{}, false
	}
	five := review.Int(5)
	if !g.plain && g.number.Cmp(five) <= 0 && scale.Best.Cmp(five) > 0 {
		return review.Rating{}, false
	}
	return g.rating, true
}

// grade is a rating with what its kind hides: a bare number, so that it can be
// compared with one on a scale.
type grade struct {
	rating review.Rating
	number review.Decimal
	// weak marks the forms that mean something else as often, "1 of 5": in a
	// text they are no rating without a label.
	weak bool
	// glyphs are stars and other signs; plain is a number without scale or unit.
	glyphs, plain bool
	torn          bool // it says two things
	outside       bool // its value is not on the scale it states, 11/10
	// head is the rating without a remark in words behind it, "" where it has none.
	head string
}

// maxRating is longer than any rating; what is longer is a text about one.
const maxRating = 200

// understand reads a whole text as a rating. basis says where scale comes from.
func understand(text string, scale review.Scale, basis review.Basis) grade {
	g := single(text, scale, basis)
	if g.rating.Kind != review.Invalid || len(g.rating.Raw) > maxPair || !mayBeRating(g.rating.Raw) {
		return g
	}
	if a, b, ok := pairOf(unwrap(g.rating.Raw), scale, basis); ok {
		return together(a, b, g.rating.Raw)
	}
	return g
}

// single is understand for a rating that is written in one way.
func single(text string, scale review.Scale, basis review.Basis) grade {
	raw := strings.TrimSpace(text)
	g := grade{rating: review.Rating{Kind: review.Invalid, Raw: raw}}
	if len(raw) > maxRating {
		g.rating.Raw = clip(raw, maxRating)
		return g
	}
	text = unwrap(raw)
	if unrated(text) {
		g.rating.Kind = review.Unrated
		return g
	}
	if v, ok := verdictOf(text); ok {
		g.rating.Kind, g.rating.Verdict = review.Verdicted, v
		return g
	}
	letter := letterOf(text)
	if letter == "" {
		letter = remarkedLetter(text)
	}
	if letter != "" {
		g.rating.Kind, g.rating.Letter = review.Scored, letter
		g.rating.Norm, g.rating.Basis = review.LetterNorm(letter), review.BasisStated
		return g
	}
	var p phrase
	if p.lex(text) && p.parse() {
		p.judge(&g, scale, basis)
		g.head = text[:p.head]
	}
	return g
}

// unwrap takes off quotes, brackets and a label around a rating.
func unwrap(s string) string {
	s = strings.Trim(s, " \t\r\n\u00a0\ufe0f\ufeff\u200b")
	for {
		before := s
		for _, pair := range [...][2]string{{`"`, `"`}, {"'", "'"}, {"“", "”"}, {"‘", "’"}, {"(", ")"}, {"[", "]"}, {"{", "}"}} {
			if len(s) > len(pair[0])+len(pair[1]) && strings.HasPrefix(s, pair[0]) && strings.HasSuffix(s, pair[1]) &&
				!strings.Contains(s[len(pair[0]):len(s)-len(pair[1])], pair[1]) {
				s = strings.TrimSpace(s[len(pair[0]) : len(s)-len(pair[1])])
			}
		}
		if label, rest := cutLabel(s); label != "" && ownLabel(label) {
			s = strings.TrimSpace(rest)
		}
		if s == before {
			return s
		}
	}
}

// judge decides the kind of what was parsed.
func (p *phrase) judge(g *grade, scale review.Scale, basis review.Basis) {
	r := &g.rating
	g.glyphs, g.plain = p.glyphs, !p.glyphs && !p.unit && p.best.IsZero()
	switch {
	case p.lost:
		r.Kind, r.Worst, r.Best = review.Lost, p.worst, p.best
		return
	case p.glyphs && p.value.Sign() == 0:
		// Nothing but empty stars: a zero, or outlines used as stars, or a widget
		// that was never filled in.
		r.Kind = review.Ambiguous
		return
	}
	g.number, g.weak = p.value, p.weak
	stated := review.Scale{Worst: p.worst, Best: p.best}
	switch {
	case !stated.Best.IsZero():
		if stated.Worst.IsZero() && !scale.Worst.IsZero() && scale.Best.Cmp(stated.Best) == 0 {
			stated.Worst = scale.Worst
		}
		p.score(r, stated, review.BasisStated)
		g.outside = r.Kind == review.Invalid && usualBest(stated.Best)
	case p.unit && p.value.Sign() == 0 && !p.glyphs:
		// "Zero stars" needs no scale: it is the bottom of any.
		r.Kind, r.Value, r.Norm, r.Basis = review.Scored, p.value, review.NewDecimal(0, 1), review.BasisStated
	case !scale.Best.IsZero():
		p.score(r, scale, basis)
	case p.value.Sign() < 0:
		// below any scale that does not say so
	default:
		r.Kind = review.Ambiguous
	}
}

func (p *phrase) score(r *review.Rating, s review.Scale, basis review.Basis) {
	norm := s.Norm(p.value)
	if norm.IsZero() {
		return
	}
	r.Kind, r.Value, r.Worst, r.Best, r.Norm, r.Basis = review.Scored, p.value, s.Worst, s.Best, norm, basis
	if r.Worst.Sign() == 0 {
		r.Worst = review.Decimal{} // 0 is what every scale begins with
	}
}

// clip cuts a text to at most n bytes, between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
