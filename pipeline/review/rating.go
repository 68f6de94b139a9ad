package review

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// RatingKind is what was found where a rating might stand.
type RatingKind string

// The six kinds. Only a scored rating has a norm and counts in an aggregate.
const (
	Scored    RatingKind = "scored"    // a value on a known scale, or a letter
	Verdicted RatingKind = "verdict"   // thumbs, fresh, recommended: a side, no number
	Unrated   RatingKind = "unrated"   // the critic gave none
	Lost      RatingKind = "lost"      // a scale or a marker is there, the value is gone
	Ambiguous RatingKind = "ambiguous" // a number, and no scale known
	Invalid   RatingKind = "invalid"   // 5.5 of 5, or no rating at all
)

// RatingKinds lists the six in the order people read them.
func RatingKinds() []RatingKind {
	return []RatingKind{Scored, Verdicted, Unrated, Lost, Ambiguous, Invalid}
}

// Choices lists them as words.
func (RatingKind) Choices() []string { return words(RatingKinds()...) }

// words is the text of each of a few named words.
func words[T ~string](all ...T) []string {
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = string(w)
	}
	return texts
}

// Verdict is the side a rating without a number takes.
type Verdict string

// The verdicts.
const (
	Positive Verdict = "positive"
	Mixed    Verdict = "mixed"
	Negative Verdict = "negative"
)

// Choices lists the verdicts.
func (Verdict) Choices() []string { return words(Positive, Mixed, Negative) }

// Basis says where a rating's scale comes from.
type Basis string

// The bases, strongest first.
const (
	BasisStated     Basis = "stated"     // written with the value: 3/5, B+, ★★★☆☆
	BasisConfigured Basis = "configured" // the operator's config gives the scale, or the norm
	BasisInferred   Basis = "inferred"   // the critic's other scores at the outlet give it
)

// Choices lists the bases.
func (Basis) Choices() []string { return words(BasisStated, BasisConfigured, BasisInferred) }

// Span is where a rating was read: byte offsets [Start, End) in the text that
// found_in names. In JSON it is [start, end].
type Span struct{ Start, End int }

// IsZero reports that the place is not known.
func (s Span) IsZero() bool { return s == Span{} }

// MarshalJSON writes [start, end].
func (s Span) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "[%d,%d]", s.Start, s.End), nil
}

// UnmarshalJSON reads [start, end].
func (s *Span) UnmarshalJSON(b []byte) error {
	var pair [2]int
	if err := json.Unmarshal(b, &pair); err != nil {
		return fmt.Errorf("span: %w", err)
	}
	s.Start, s.End = pair[0], pair[1]
	return nil
}

// Rating is what the critic thought, as written and as understood.
type Rating struct {
	Kind    RatingKind `json:"kind" doc:"What was found where a rating might stand. Only scored has a norm."`
	Raw     string     `json:"raw,omitempty" doc:"As the critic wrote it."`
	Value   Decimal    `json:"value,omitzero" doc:"In the critic's own units."`
	Worst   Decimal    `json:"worst,omitzero" doc:"The scale's lowest, where it is not 0."`
	Best    Decimal    `json:"best,omitzero" doc:"The scale's highest."`
	Letter  string     `json:"letter,omitempty" doc:"A+ to F."`
	Verdict Verdict    `json:"verdict,omitempty" doc:"The side it takes, for kind verdict."`
	Norm    Decimal    `json:"norm,omitzero" min:"0" max:"100" doc:"0 to 100, one decimal place."`
	Basis   Basis      `json:"basis,omitempty" doc:"Where the scale comes from."`
	FoundIn string     `json:"found_in,omitempty" doc:"The field or the part of the page it was read in."`
	Span    Span       `json:"span,omitzero" doc:"Where in that text: byte offsets, [start, end)."`
}

// PositiveNorm is the norm from which a scored rating counts as positive.
const PositiveNorm = 60

// Positive reports whether a scored rating is on the positive side.
func (r Rating) Positive() bool {
	return r.Kind == Scored && r.Norm.Cmp(Int(PositiveNorm)) >= 0
}

// String names the rating in logs and messages: "3.5/5", "B+", "positive", and
// the kind where there is no value. What people are shown is [Rating.Text].
func (r Rating) String() string {
	switch {
	case r.Letter != "":
		return r.Letter
	case r.Kind == Verdicted:
		return string(r.Verdict)
	case r.Kind == Scored && r.Best.IsZero() && r.Basis == BasisConfigured:
		return r.worthText()
	case r.Kind == Scored:
		return r.onScale()
	}
	return string(r.Kind)
}

// longestVerdict is the most a critic's own word for a verdict takes, in runes:
// more than that is no rating but a sentence around one.
const longestVerdict = 24

// Text is the rating as people write it, with its scale: "3.5/5", "B+", "1 (-4 to
// 4)"; for a verdict the critic's own word, else "Recommended", "Mixed" or "Not
// recommended". It is "" for a rating that is lost, not given or not understood:
// nothing is made up.
func (r Rating) Text() string {
	switch {
	case r.Kind == Verdicted:
		return r.verdictText()
	case r.Kind != Scored:
		return ""
	case r.Letter != "":
		return Line(r.Letter)
	case r.Best.IsZero() && r.Basis == BasisConfigured:
		return r.worthText()
	}
	return r.onScale()
}

// worthText is a rating that is worth what the config says: as written, if that is
// short.
func (r Rating) worthText() string {
	if raw := Line(r.Raw); raw != "" && utf8.RuneCountInString(raw) <= longestVerdict {
		return raw
	}
	return r.Norm.String() + "/100"
}

func (r Rating) verdictText() string {
	raw := Line(r.Raw)
	coded := raw == string(Positive) || raw == string(Mixed) || raw == string(Negative)
	if raw != "" && !coded && utf8.RuneCountInString(raw) <= longestVerdict {
		return raw
	}
	switch r.Verdict {
	case Positive:
		return "Recommended"
	case Mixed:
		return "Mixed"
	case Negative:
		return "Not recommended"
	}
	return ""
}

// onScale is the value with its scale behind it, as far as they are known.
func (r Rating) onScale() string {
	switch {
	case r.Value.IsZero() || r.Best.IsZero():
		return r.Value.String()
	case r.Worst.Sign() < 0:
		return r.Value.String() + " (" + r.Worst.String() + " to " + r.Best.String() + ")"
	}
	return r.Value.String() + "/" + r.Best.String()
}

// Stars draws a scored rating on a scale of five stars or four in whole and half
// ones: "★★★½", and "★★★½/4" where five would be taken for granted. It is ""
// where that would not be exact. No star at all cannot be drawn: see [Rating.Text].
func (r Rating) Stars() string {
	five, four := r.Best.Cmp(Int(5)) == 0, r.Best.Cmp(Int(4)) == 0
	drawn := r.Kind == Scored && r.Letter == "" && (five || four) && r.Worst.Sign() >= 0
	if !drawn || r.Value.Sign() <= 0 || r.Value.Cmp(r.Best) > 0 {
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

// Scale is what a critic's numbers are measured on. Worst is 0 where it is no
// number; a scale without a best is not known.
type Scale struct {
	Worst Decimal `json:"worst,omitzero"`
	Best  Decimal `json:"best,omitzero"`
}

// IsZero reports that nothing is known of the scale.
func (s Scale) IsZero() bool { return s.Best.IsZero() && s.Worst.IsZero() }

// Norm places value on 0 to 100, linear from worst to best, rounded to one
// decimal place (see [Round]). It is no number where the scale is not known,
// upside down, or does not hold the value.
func (s Scale) Norm(value Decimal) Decimal {
	if value.IsZero() || s.Best.IsZero() {
		return Decimal{}
	}
	if norm, ok := s.smallNorm(value); ok {
		return norm
	}
	worst, best := s.Worst.Rat(), s.Best.Rat()
	width := new(big.Rat).Sub(best, worst)
	above := new(big.Rat).Sub(value.Rat(), worst)
	if width.Sign() <= 0 || above.Sign() < 0 || above.Cmp(width) > 0 {
		return Decimal{}
	}
	share := above.Quo(above, width)
	return Round(share.Mul(share, big.NewRat(100, 1)), 1)
}

// smallNorm is Norm for numbers that fit machine words, as nearly all do; false
// where they do not.
func (s Scale) smallNorm(value Decimal) (norm Decimal, ok bool) {
	places := max(value.scale, s.Worst.scale, s.Best.scale)
	v, vok := value.units(places)
	worst, wok := s.Worst.units(places)
	best, bok := s.Best.units(places)
	if !vok || !wok || !bok {
		return Decimal{}, false
	}
	width, above := best-worst, v-worst
	if width <= 0 || above < 0 || above > width {
		return Decimal{}, true
	}
	tenths, rest := above*1000/width, above*1000%width
	if 2*rest > width || 2*rest == width && tenths%2 == 1 {
		tenths++
	}
	return NewDecimal(tenths, 1), true
}

// letters are the grades in twelfths of the way from F to A: A+ and A share the
// top, there is no E, and F+ is a real grade some critics give.
var letters = map[string]int64{
	"A+": 12, "A": 12, "A-": 11,
	"B+": 10, "B": 9, "B-": 8,
	"C+": 7, "C": 6, "C-": 5,
	"D+": 4, "D": 3, "D-": 2,
	"F+": 1, "F": 0,
}

// LetterNorm is the norm of a letter grade in twelfths: A+ and A are 100, A- is
// 91.7, B+ 83.3, down to F at 0. It is no number for anything else.
func LetterNorm(letter string) Decimal {
	twelfths, ok := letters[strings.ToUpper(letter)]
	if !ok {
		return Decimal{}
	}
	return Round(big.NewRat(twelfths*100, 12), 1)
}
