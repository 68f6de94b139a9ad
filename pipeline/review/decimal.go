package review

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number of at most 18 digits, or no number at all.
// The zero value is "no number", which is not the number zero: JSON omits it
// where the field says omitzero. The digits are kept as they were written, so
// 3.0 prints as 3.0.
type Decimal struct {
	coef   int64
	scale  uint8
	stated bool
}

// ErrNotDecimal is returned, wrapped, for text that is not a plain decimal.
var ErrNotDecimal = errors.New("not a decimal number")

// maxDigits keeps the coefficient inside an int64.
const maxDigits = 18

// NewDecimal returns coef / 10^scale, e.g. NewDecimal(667, 1) is 66.7.
// A scale over 18 returns no number.
func NewDecimal(coef int64, scale int) Decimal {
	if scale < 0 || scale > maxDigits {
		return Decimal{}
	}
	return Decimal{coef: coef, scale: uint8(scale), stated: true}
}

// Int returns the decimal n.
func Int(n int64) Decimal { return NewDecimal(n, 0) }

// ParseDecimal reads digits with at most one point and an optional sign:
// "4", "3.50", ".5", "-4", "+1". No exponent, no thousands mark, no comma.
func ParseDecimal(s string) (Decimal, error) {
	digits, sign := s, ""
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		sign, digits = digits[:1], digits[1:]
	}
	whole, frac, point := strings.Cut(digits, ".")
	if (whole == "" && frac == "") || (point && frac == "") {
		return Decimal{}, fmt.Errorf("%q: %w", s, ErrNotDecimal)
	}
	all := whole + frac
	for i := range len(all) {
		if all[i] < '0' || all[i] > '9' {
			return Decimal{}, fmt.Errorf("%q: %w", s, ErrNotDecimal)
		}
	}
	if len(strings.TrimLeft(all, "0")) > maxDigits || len(frac) > maxDigits {
		return Decimal{}, fmt.Errorf("%q: more than %d digits: %w", s, maxDigits, ErrNotDecimal)
	}
	coef, err := strconv.ParseInt(strings.TrimPrefix(sign, "+")+all, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("%q: %w", s, ErrNotDecimal)
	}
	return Decimal{coef: coef, scale: uint8(len(frac)), stated: true}, nil
}

// IsZero reports that there is no number. A stated 0 is a number: see Sign.
// The name is the one encoding/json asks for with omitzero.
func (d Decimal) IsZero() bool { return !d.stated }

// Sign is -1, 0 or +1; 0 for no number too.
func (d Decimal) Sign() int {
	switch {
	case d.coef < 0:
		return -1
	case d.coef > 0:
		return 1
	}
	return 0
}

// Rat returns the number as an exact fraction, 0 for no number.
func (d Decimal) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.coef), pow10(int(d.scale)))
}

// units is the number as a count of 10^-places, false where that is not a small
// whole number.
func (d Decimal) units(places uint8) (int64, bool) {
	const small = 1_000_000_000_000
	n := d.coef
	for at := d.scale; at < places && n < small && n > -small; at++ {
		n *= 10
	}
	return n, d.scale <= places && places <= 12 && n < small && n > -small
}

// Cmp compares the two numbers: 3.0 and 3 are equal.
func (d Decimal) Cmp(e Decimal) int {
	if d.scale == e.scale {
		switch {
		case d.coef < e.coef:
			return -1
		case d.coef > e.coef:
			return 1
		}
		return 0
	}
	return d.Rat().Cmp(e.Rat())
}

// Float is the nearest float64, for charts and metrics; never for sums.
func (d Decimal) Float() float64 {
	f, _ := d.Rat().Float64()
	return f
}

// String prints the digits as they were written, "" for no number.
func (d Decimal) String() string {
	if !d.stated {
		return ""
	}
	if d.scale == 0 {
		return strconv.FormatInt(d.coef, 10)
	}
	sign, digits := "", strconv.FormatInt(d.coef, 10)
	if d.coef < 0 {
		sign, digits = "-", digits[1:]
	}
	if n := int(d.scale) + 1 - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	point := len(digits) - int(d.scale)
	return sign + digits[:point] + "." + digits[point:]
}

// Round returns r rounded to the given number of decimal places, a tie going to
// the even neighbour (81.25 to 81.2, 68.75 to 68.8), so that rounding a great
// many numbers does not push their mean upwards.
func Round(r *big.Rat, places int) Decimal {
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(pow10(places)))
	num, den := scaled.Num(), scaled.Denom()
	quo, rem := new(big.Int).QuoRem(num, den, new(big.Int))
	twice := new(big.Int).Lsh(rem.Abs(rem), 1)
	if c := twice.Cmp(den); c > 0 || (c == 0 && quo.Bit(0) == 1) {
		quo.Add(quo, big.NewInt(int64(num.Sign())))
	}
	return NewDecimal(quo.Int64(), places)
}

// MarshalJSON writes a JSON number with the digits as written, null for none.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if !d.stated {
		return []byte("null"), nil
	}
	return []byte(d.String()), nil
}

// UnmarshalJSON reads a JSON number, or a string holding one.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || s == "" {
		*d = Decimal{}
		return nil
	}
	return d.UnmarshalText([]byte(s))
}

// UnmarshalText reads what ParseDecimal reads.
func (d *Decimal) UnmarshalText(b []byte) error {
	parsed, err := ParseDecimal(string(b))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
