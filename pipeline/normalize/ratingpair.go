package normalize

import (
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// maxPair is longer than a rating that is written in two ways.
const maxPair = 64

// pairOf splits a text that writes one rating in two ways, on two scales or in letters
// and in numbers: "★★★★ (8/10)", "3.5/5 – 7/10", "B+ (8/10)". What a remark is, is none.
func pairOf(text string, scale review.Scale, basis review.Basis) (a, b grade, ok bool) {
	if len(text) > maxPair || !strings.ContainsAny(text, "/%★⭐🌟🌕●♥❤") && !containsFold(text, "out of") {
		return a, b, false // one of the two states its scale, or is drawn
	}
	for _, sign := range [...]string{" (", " [", " – ", " — ", " - ", " | ", " = ", ", "} {
		i := strings.Index(text, sign)
		if i <= 0 {
			continue
		}
		second := text[i+len(sign):]
		if sign[1] == '(' || sign[1] == '[' {
			second = text[i+1:]
		}
		a, b = single(text[:i], scale, basis), single(second, scale, basis)
		if bySign(&a) && bySign(&b) {
			return a, b, true
		}
	}
	return a, b, false
}

// bySign reports a rating whose form alone says that it is one.
func bySign(g *grade) bool {
	return !g.plain && !g.weak && (g.rating.Kind == review.Scored || g.rating.Kind == review.Ambiguous)
}

// together is what two ways to write a rating say. Where they contradict each other,
// neither is taken.
func together(a, b grade, raw string) grade {
	if a.rating.Kind == review.Ambiguous && b.rating.Kind == review.Scored || !agree(&a, &b) {
		a, b = b, a
	}
	if !agree(&a, &b) {
		return grade{rating: review.Rating{Kind: review.Invalid, Raw: raw}, torn: true}
	}
	a.rating.Raw = raw
	return a
}

// agree reports that two ratings may be one. Of stars without a scale it is enough
// that they agree on one that stars are counted on.
func agree(a, b *grade) bool {
	switch ak, bk := a.rating.Kind, b.rating.Kind; {
	case ak == review.Scored && bk == review.Scored:
		return !tooFarApart(&finding{grade: *a}, &finding{grade: *b})
	case ak == review.Scored && bk == review.Ambiguous:
		return agreeOn(a, b.number, 5) || agreeOn(a, b.number, 4)
	case ak == review.Ambiguous && bk == review.Scored:
		return agree(b, a)
	}
	return a.number.Cmp(b.number) == 0
}

func agreeOn(a *grade, stars review.Decimal, best int64) bool {
	norm := review.Scale{Best: review.Int(best)}.Norm(stars)
	if norm.IsZero() {
		return false
	}
	b := grade{rating: review.Rating{Kind: review.Scored, Value: stars, Best: review.Int(best), Norm: norm}}
	return !tooFarApart(&finding{grade: *a}, &finding{grade: b})
}

// remarkedLetter is a letter grade with a remark in words behind it: "B+ (very good)",
// "A- – a delight", "A (excellent)". It is "" for anything else.
func remarkedLetter(text string) string {
	i := strings.IndexByte(text, ' ')
	if i < 1 || i > len("B−") || text[0]|0x20 > 'f' {
		return ""
	}
	remark := text[i+1:]
	sign, width := utf8.DecodeRuneInString(remark)
	dash := (sign == '-' || sign == '–' || sign == '—') && strings.HasPrefix(remark[width:], " ")
	if sign != '(' && sign != '[' && (!dash || i < 2) || strings.ContainsAny(remark, "0123456789/*") {
		return ""
	}
	for _, r := range remark {
		if glyphOf(r) != 0 {
			return ""
		}
	}
	return letterOf(text[:i])
}
