package normalize

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// worths are what the operator says that ratings of a source are worth, in norms.
// Nil says nothing.
type worths struct {
	letters map[string]review.Decimal
	words   map[string]review.Decimal
	numbers []worth
}

// worth is that of a number on a scale. The scale is not known where the operator
// names none, neither with the number nor for the source.
type worth struct {
	value, best, norm review.Decimal
}

// newWorths reads the operator's table: what is a rating is meant however it is
// written, anything else is a word of the critic's own.
func newWorths(table map[string]review.Decimal, scale review.Scale) *worths {
	if len(table) == 0 {
		return nil
	}
	w := &worths{letters: map[string]review.Decimal{}, words: map[string]review.Decimal{}}
	for written, norm := range table {
		norm = review.Round(norm.Rat(), 1)
		w.words[worthWord(written)] = norm
		g := understand(written, review.Scale{}, review.BasisStated)
		switch best := g.rating.Best; {
		case g.rating.Letter != "":
			w.letters[g.rating.Letter] = norm
		case !g.number.IsZero():
			if best.IsZero() {
				best = scale.Best
			}
			w.numbers = append(w.numbers, worth{g.number, best, norm})
		}
	}
	return w
}

// worthWord is a rating by which others written alike are known.
func worthWord(s string) string {
	return oneLine(strings.ToLower(skinTones.Replace(strings.Trim(unwrap(s), " .!"))))
}

// longestWord is longer than a rating in words of the critic's own.
const longestWord = 60

// word reports that the operator says what a text is worth as it is written.
func (w *worths) word(s string) bool {
	if w == nil || s == "" || len(s) > longestWord {
		return false
	}
	_, ok := w.words[worthWord(s)]
	return ok
}

// of is what a rating is worth, if the operator says so.
func (w *worths) of(g *grade) (norm review.Decimal, ok bool) {
	r := &g.rating
	if r.Kind == review.Unrated || r.Kind == review.Lost {
		return norm, false
	}
	if r.Letter != "" {
		norm, ok = w.letters[r.Letter]
		return norm, ok
	}
	if len(r.Raw) <= longestWord {
		if norm, ok = w.words[worthWord(r.Raw)]; ok {
			return norm, ok
		}
	}
	if g.number.IsZero() || r.Kind == review.Invalid {
		return norm, false
	}
	for _, n := range w.numbers {
		if n.value.Cmp(g.number) == 0 && n.best.Cmp(r.Best) == 0 && n.best.IsZero() == r.Best.IsZero() {
			return n.norm, true
		}
	}
	return norm, false
}

// convert gives a rating the norm that the operator says it is worth.
func (w *worths) convert(g *grade) {
	if w == nil {
		return
	}
	norm, ok := w.of(g)
	if !ok {
		return
	}
	r := &g.rating
	if r.Kind == review.Ambiguous {
		r.Value = g.number
	}
	r.Kind, r.Verdict, r.Norm, r.Basis = review.Scored, "", norm, review.BasisConfigured
}

// worded reads a line that says in words what the operator knows the worth of, alone
// or behind a label.
func (w *worths) worded(line string, at int) (finding, bool) {
	if w == nil {
		return finding{}, false
	}
	value := line
	if label, rest := cutLabel(line); label != "" && ownLabel(label) {
		value = strings.TrimSpace(rest)
	}
	if !w.word(value) {
		return finding{}, false
	}
	g := understand(value, review.Scale{}, review.BasisStated)
	return textFinding(g, value, at+strings.Index(line, value)), true
}
