package ratings

import (
	"math/big"

	"github.com/filmwire/filmwire/pipeline/review"
)

// The 95 % quantile z = 1.96 as a fraction.
const (
	zNum = 49
	zDen = 25
)

// rootDigits is how many decimal places the square root is taken to.
const rootDigits = 30

// wilson is the share of k in n and its score interval (Wilson 1927):
//
//	(2k + z² ± z √(z² + 4k(n−k)/n)) / (2 (n + z²))
//
// n must not be 0.
func wilson(k, n int64) Share {
	z := big.NewRat(zNum, zDen)
	zz := new(big.Rat).Mul(z, z)
	middle := new(big.Rat).Add(big.NewRat(2*k, 1), zz)
	spread := root(new(big.Rat).Add(zz, big.NewRat(4*k*(n-k), n)))
	spread.Mul(spread, z)
	width := new(big.Rat).Add(big.NewRat(n, 1), zz)
	width.Mul(width, big.NewRat(2, 1))

	low := new(big.Rat).Sub(middle, spread)
	high := new(big.Rat).Add(middle, spread)
	return Share{
		Share: review.Round(big.NewRat(k, n), 3),
		Low:   review.Round(low.Quo(low, width), 3),
		High:  review.Round(high.Quo(high, width), 3),
	}
}

// root is the square root, cut off after rootDigits places: the same digits on
// every machine, which float64 with fused multiplication does not promise.
func root(r *big.Rat) *big.Rat {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(rootDigits), nil)
	scaled := new(big.Int).Mul(r.Num(), unit)
	scaled.Mul(scaled, unit)
	scaled.Quo(scaled, r.Denom())
	return new(big.Rat).SetFrac(scaled.Sqrt(scaled), unit)
}
