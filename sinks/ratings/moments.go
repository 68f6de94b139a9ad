package ratings

import (
	"math/big"

	"github.com/filmwire/filmwire/pipeline/review"
)

// places is how many decimal places means and their like are printed with.
const places = 2

// sum is the sum of the votes, on the scale of 0 to 100, exactly.
func (t *tally) sum() *big.Rat {
	total := new(big.Rat)
	for _, g := range t.groups {
		total.Add(total, big.NewRat(g.sum, 10*g.of))
	}
	return total
}

// squares is the sum of the squared votes.
func (t *tally) squares() *big.Rat {
	total := new(big.Rat)
	for _, g := range t.groups {
		total.Add(total, big.NewRat(g.squares, 100*g.of*g.of))
	}
	return total
}

// mean is the exact mean of the votes. There must be one.
func (t *tally) mean() *big.Rat {
	total := t.sum()
	return total.Quo(total, big.NewRat(int64(t.n), 1))
}

// ranked is the mean shrunk towards the prior:
//
//	(sum + prior mean × prior weight) / (n + prior weight)
//
// which is the credibility estimate of H. Bühlmann, "Experience rating and
// credibility", ASTIN Bulletin 4 (1967), where the weight is the variance within
// films over that between films.
func (t *tally) ranked(p Prior) *big.Rat {
	mean, weight := p.Mean.Rat(), p.Weight.Rat()
	shrunk := mean.Mul(mean, weight)
	shrunk.Add(shrunk, t.sum())
	return shrunk.Quo(shrunk, weight.Add(weight, big.NewRat(int64(t.n), 1)))
}

// deviation is the sample standard deviation of the votes, with n-1 as the divisor
// (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.6). There must be two.
func (t *tally) deviation() *big.Rat {
	n := big.NewRat(int64(t.n), 1)
	total := t.sum()
	off := total.Mul(total, total)
	off.Sub(t.squares(), off.Quo(off, n))
	return root(off.Quo(off, big.NewRat(int64(t.n-1), 1)))
}

// norm is a vote on the scale of 0 to 100, with as many places as a mean: a vote
// may be one.
func (v vote) norm() review.Decimal {
	return review.Round(big.NewRat(v.sum, 10*v.of), places)
}
