package ratings

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// House gathers the votes of all films, to see what they together say about the
// prior and about the critics. None of it is applied to any document.
type House struct {
	settings Settings
	films    map[review.FilmID]*filed
}

// filed is one film's part of the house.
type filed struct {
	name    string
	ballots []*ballot
	count   *tally
}

// NewHouse begins with no reviews.
func NewHouse(s Settings) *House { return &House{settings: s, films: map[review.FilmID]*filed{}} }

// Add takes in the latest event of a live review. Each review comes once. One whose
// film has no documents is passed over, as the view does.
func (h *House) Add(e *review.Event) {
	if !isName(e.Film.ID) {
		return
	}
	f := h.films[e.Film.ID]
	if f == nil {
		f = &filed{}
		h.films[e.Film.ID] = f
	}
	if name := nameOf(&e.Film); f.name == "" || name < f.name {
		f.name = name
	}
	b := newBallot(e)
	f.ballots = append(f.ballots, &b)
}

// Findings are what a house's votes say.
type Findings struct {
	Films   int   `json:"films"`   // with a vote
	Several int   `json:"several"` // of them, with two votes or more
	Votes   int   `json:"votes"`
	Prior   Prior `json:"prior"` // as declared
	// Estimate is nil where the votes are too few, or do not tell films apart.
	Estimate *Estimate `json:"estimate,omitempty"`
	// Critics are those who have a vote on a film that others have voted on, from
	// the most lenient to the strictest.
	Critics []Leniency `json:"critics"`
}

// Estimate is the prior that the votes themselves suggest.
type Estimate struct {
	Prior  Prior          `json:"prior"`  // two places
	Within review.Decimal `json:"within"` // variance of votes on one film, two places
	// Between is the variance between films beyond what chance makes of it.
	Between review.Decimal `json:"between"`
	Change  Change         `json:"change"`
}

// Change is what would happen if the estimate were declared.
type Change struct {
	Moved   int            `json:"moved"`  // films whose ranked score would be another
	Median  review.Decimal `json:"median"` // of how far all films would move
	Largest *Move          `json:"largest,omitempty"`
}

// Move is one film's.
type Move struct {
	Film review.FilmID  `json:"film"`
	Name string         `json:"name"`
	From review.Decimal `json:"from"`
	To   review.Decimal `json:"to"`
}

// Leniency is how far a critic's votes are above those of all, on the mean over the
// films that others have voted on too: the vote minus the film's mean.
type Leniency struct {
	Critic   review.CriticID `json:"critic,omitempty"`
	Name     string          `json:"name,omitempty"`
	Films    int             `json:"films"`
	Leniency review.Decimal  `json:"leniency"` // two places
}

// Findings counts everything. It takes a few microseconds for each review.
func (h *House) Findings() Findings {
	f := Findings{Prior: h.settings.Prior, Critics: []Leniency{}}
	var s spreads
	for _, film := range h.films {
		slices.SortFunc(film.ballots, newestFirst)
		film.count = h.settings.count(film.ballots)
		s.add(film.count)
		if film.count.n > 1 {
			f.Several++
		}
	}
	f.Films, f.Votes = s.films, s.votes
	if e, ok := s.estimate(); ok {
		e.Change = h.change(e.Prior)
		f.Estimate = e
	}
	f.Critics = append(f.Critics, h.leniency()...)
	return f
}

// spreads adds up what the variances are computed from. Films with equally many
// votes are added up together: that keeps the fractions small.
type spreads struct {
	films, votes int
	sizes        int64 // the sum of n²
	sum, squares big.Rat
	byN          map[int]*big.Rat // n: the sum of squared sums of the films with n votes
}

func (s *spreads) add(t *tally) {
	if t.n == 0 {
		return
	}
	if s.byN == nil {
		s.byN = map[int]*big.Rat{}
	}
	if s.byN[t.n] == nil {
		s.byN[t.n] = new(big.Rat)
	}
	s.films++
	s.votes += t.n
	s.sizes += int64(t.n) * int64(t.n)
	sum := t.sum()
	s.sum.Add(&s.sum, sum)
	s.squares.Add(&s.squares, t.squares())
	s.byN[t.n].Add(s.byN[t.n], sum.Mul(sum, sum))
}

// estimate is the analysis of variance of films of unequal size (S. Searle, G.
// Casella, C. McCulloch, "Variance Components", 1992, section 3.6): with N votes on
// F films,
//
//	within  = sum of squares within films / (N - F)
//	between = (sum of squares between films / (F - 1) - within) / n0
//	n0      = (N - sum of n² / N) / (F - 1)
//
// The weight is within over between (Bühlmann 1967), the mean that of all votes.
// It is not ok where no film has two votes, there is one film, or the films differ
// no more than chance would have it.
func (s *spreads) estimate() (e *Estimate, ok bool) {
	if s.films < 2 || s.votes <= s.films {
		return nil, false
	}
	n, free := big.NewRat(int64(s.votes), 1), big.NewRat(int64(s.films-1), 1)
	mean := new(big.Rat).Quo(&s.sum, n)
	explained := new(big.Rat)
	for of, squares := range s.byN {
		explained.Add(explained, new(big.Rat).Quo(squares, big.NewRat(int64(of), 1)))
	}
	within := new(big.Rat).Sub(&s.squares, explained)
	within.Quo(within, big.NewRat(int64(s.votes-s.films), 1))

	between := explained.Sub(explained, new(big.Rat).Mul(mean, &s.sum))
	between.Sub(between.Quo(between, free), within)
	size := new(big.Rat).Quo(big.NewRat(s.sizes, 1), n)
	size.Quo(size.Sub(n, size), free)
	between.Quo(between, size)
	if between.Sign() <= 0 {
		return nil, false
	}
	weight := new(big.Rat).Quo(within, between)
	if most := big.NewRat(MaxWeight, 1); weight.Cmp(most) > 0 {
		weight = most
	}
	return &Estimate{
		Prior:  Prior{Mean: review.Round(mean, places), Weight: review.Round(weight, places)},
		Within: review.Round(within, places), Between: review.Round(between, places),
	}, true
}

// change compares the ranked scores under another prior with those under the
// declared one.
func (h *House) change(p Prior) Change {
	var c Change
	var moves []review.Decimal
	var largest review.Decimal
	for _, id := range slices.Sorted(maps.Keys(h.films)) {
		f := h.films[id]
		if f.count.n == 0 {
			continue
		}
		from, to := review.Round(f.count.ranked(h.settings.Prior), places), review.Round(f.count.ranked(p), places)
		by := new(big.Rat).Sub(to.Rat(), from.Rat())
		moved := review.Round(by.Abs(by), places)
		moves = append(moves, moved)
		if moved.Sign() > 0 {
			c.Moved++
		}
		if moved.Cmp(largest) > 0 {
			largest = moved
			c.Largest = &Move{Film: id, Name: f.name, From: from, To: to}
		}
	}
	slices.SortFunc(moves, review.Decimal.Cmp)
	c.Median = moves[(len(moves)-1)/2]
	return c
}

// leniency compares each critic who is known with the others.
func (h *House) leniency() []Leniency {
	type account struct {
		name  string
		films int
		off   big.Rat
	}
	accounts := map[voice]*account{}
	for _, f := range h.films {
		if f.count.n < 2 {
			continue
		}
		mean := f.count.mean()
		for v, vote := range f.votes() {
			a := accounts[v]
			if a == nil {
				a = &account{}
				accounts[v] = a
			}
			if name := review.Line(vote.name); a.name == "" || name != "" && name < a.name {
				a.name = name
			}
			a.films++
			a.off.Add(&a.off, new(big.Rat).Sub(big.NewRat(vote.sum, 10*vote.of), mean))
		}
	}
	list := make([]Leniency, 0, len(accounts))
	for v, a := range accounts {
		l := Leniency{Name: a.name, Films: a.films, Leniency: review.Round(a.off.Quo(&a.off, big.NewRat(int64(a.films), 1)), places)}
		if v.kind == "id" {
			l.Critic = review.CriticID(v.name)
		}
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b Leniency) int {
		return cmp.Or(b.Leniency.Cmp(a.Leniency), cmp.Compare(b.Films, a.Films), cmp.Compare(a.Critic, b.Critic), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// namedVote is the vote of a critic, and a name of his.
type namedVote struct {
	vote
	name string
}

// votes are the film's by the critics who are known.
func (f *filed) votes() map[voice]namedVote {
	votes := map[voice]namedVote{}
	for i, b := range f.ballots {
		v := b.voice()
		if parts := f.count.fates[i].Parts; parts > 0 && v.kind != "review" {
			votes[v] = namedVote{vote{votes[v].sum + b.Tenths, int64(parts)}, b.Critic.Name}
		}
	}
	return votes
}
