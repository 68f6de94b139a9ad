package films

import (
	"cmp"
	"context"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Catalogue is the registry as the log gives it, for people who ask. It lives in
// memory.
type Catalogue struct{ st *draft }

// nothing is the state of a registry that has seen no event.
type nothing struct{}

func (nothing) Get(string) ([]byte, bool)                  { return nil, false }
func (nothing) Scan(string, func(string, []byte) bool)     {}
func (nothing) ScanBack(string, func(string, []byte) bool) {}

// Read makes the catalogue from the latest event of every film.
func Read(ctx context.Context, log pipeline.Log) (*Catalogue, error) {
	c := &Catalogue{st: &draft{Reader: nothing{}, memory: newMemory(), changed: map[string][]byte{}}}
	err := log.Films(ctx, func(e pipeline.Entry) error { return apply(c.st, e.Film, e.Position) })
	return c, err
}

// Story is what is known of a film and how it came about.
type Story struct {
	Film      review.Film // with Match where it is ambiguous
	Into      review.FilmID
	Merged    []review.Film // what was merged into it
	Overrides []string      // that decided about it, or about what was merged into it
}

// Story tells of a film. It is not ok for one that is not known.
func (c *Catalogue) Story(id review.FilmID) (s Story, ok bool, err error) {
	r, err := load(c.st, id)
	if err != nil || r == nil {
		return s, false, err
	}
	s = Story{Film: r.film, Into: r.into, Overrides: slices.Clone(r.overrides)}
	prefix := fromPrefix(id)
	c.st.Scan(prefix, func(key string, _ []byte) bool {
		var child *row
		if child, err = load(c.st, review.FilmID(key[len(prefix):])); err != nil || child == nil {
			return err == nil
		}
		s.Merged = append(s.Merged, child.film)
		for _, o := range child.overrides {
			if !slices.Contains(s.Overrides, o) {
				s.Overrides = append(s.Overrides, o)
			}
		}
		return true
	})
	return s, true, err
}

// Question is something about films that the rules leave open, for the operator to
// answer with an override.
type Question struct {
	Kind  QuestionKind    `json:"kind"`
	Film  review.FilmID   `json:"film"`
	Title string          `json:"title"`
	Year  int             `json:"year,omitempty"`
	Could []review.FilmID `json:"could_be"` // the films it could be one with
}

// QuestionKind says what is open.
type QuestionKind string

// The kinds.
const (
	// Ambiguous: reviews fit several films, and stand apart.
	Ambiguous QuestionKind = "ambiguous"
	// NoYear: reviews of a title give no year, and there are films of it.
	NoYear QuestionKind = "no_year"
	// Namesakes: two films of one title are of the same year or a year apart.
	Namesakes QuestionKind = "namesakes"
)

// Questions lists what is open, in the order of the films' ids.
func (c *Catalogue) Questions() (all []Question, err error) {
	asked := map[[2]review.FilmID]bool{}
	c.st.Scan(titles, func(_ string, value []byte) bool {
		var films []namesake
		if films, err = unpackNamesakes(value); err != nil {
			return false
		}
		for i := range films {
			if n := &films[i]; n.own == n.root && len(films) > 1 {
				all, err = c.ask(all, n, films, asked)
			}
		}
		return err == nil
	})
	slices.SortFunc(all, func(a, b Question) int { return cmp.Or(cmp.Compare(a.Film, b.Film), cmp.Compare(a.Kind, b.Kind)) })
	return all, err
}

// ask adds what one film's namesakes leave open, once for each pair.
func (c *Catalogue) ask(all []Question, n *namesake, films []namesake, asked map[[2]review.FilmID]bool) ([]Question, error) {
	q := Question{Film: n.own, Year: n.year, Kind: Namesakes}
	switch {
	case n.open:
		q.Kind = Ambiguous
	case n.year == 0 && n.ids.IsZero():
		q.Kind = NoYear
	}
	for i := range films {
		other := &films[i]
		pair := [2]review.FilmID{min(n.own, other.root), max(n.own, other.root)}
		if other.root == n.own || asked[pair] || slices.Contains(q.Could, other.root) || !open(q.Kind, n, other) {
			continue
		}
		asked[pair] = true
		q.Could = append(q.Could, other.root)
	}
	if len(q.Could) == 0 {
		return all, nil
	}
	r, err := load(c.st, n.own)
	if err != nil || r == nil {
		return all, err
	}
	q.Title = r.film.Title
	return append(all, q), nil
}

// open reports whether a question of a kind is about a namesake too. What ids or
// directors tell apart is no question.
func open(kind QuestionKind, n, other *namesake) bool {
	if n.ids.Clash(other.ids) || otherDirectors(n.directors, other.directors) {
		return false
	}
	switch kind {
	case NoYear:
		return other.year != 0
	case Ambiguous:
		return !other.open && (n.year == 0 || other.year != 0 && apart(n.year, other.year) <= clearOf)
	}
	return !other.open && n.year != 0 && other.year != 0 && apart(n.year, other.year) <= nearYears
}

// Ambiguous counts the films that stand for others between which nobody could
// choose.
func (*Registry) Ambiguous(st pipeline.Reader) int {
	n := 0
	st.Scan(opens, func(string, []byte) bool {
		n++
		return true
	})
	return n
}
