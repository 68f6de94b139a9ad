package ratings

import (
	"cmp"
	"math/big"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// ballot is what one review puts into the count of its film.
type ballot struct {
	ID     review.ID
	Date   time.Time
	Critic review.Critic // without the URL
	Kind   review.RatingKind
	Norm   review.Decimal
	// Tenths is the norm in tenths, 0 to 1000, below 0 where there is none that
	// could count.
	Tenths int64
	Text   fingerprint
}

func newBallot(e *review.Event) ballot {
	return ballot{
		ID: e.ReviewID, Date: e.Date().UTC(),
		Critic: review.Critic{ID: e.Critic.ID, Name: e.Critic.Name, Outlet: e.Critic.Outlet},
		Kind:   e.Rating.Kind, Norm: e.Rating.Norm, Tenths: tenths(&e.Rating), Text: fingerprintOf(e.BodyText),
	}
}

// noTenths stands for a rating without a norm.
const noTenths = -1

// maxTenths is the highest norm in tenths.
const maxTenths = 1000

// tenths is a scored rating's norm in tenths, noTenths where the rating is not
// scored, or its norm is no number of tenths from 0 to 100, as the wire contract
// has it.
func tenths(r *review.Rating) int64 {
	if r.Kind != review.Scored || r.Norm.IsZero() {
		return noTenths
	}
	t := r.Norm.Rat()
	t.Mul(t, big.NewRat(10, 1))
	if !t.IsInt() || t.Sign() < 0 || t.Cmp(big.NewRat(maxTenths, 1)) > 0 {
		return noTenths
	}
	return t.Num().Int64()
}

// counts reports that the review has a number.
func (b *ballot) counts() bool { return b.Tenths >= 0 }

// voice names who is speaking: several reviews of one voice have one vote. A
// review by several is one opinion, and the vote of whom it names first: the others
// have said nothing of their own by it, and keep the vote of what they write alone.
// A critic who is not known is a voice of his own in each review.
func (b *ballot) voice() voice {
	switch {
	case b.Critic.ID != "":
		return voice{"id", string(b.Critic.ID)}
	case b.Critic.Name != "":
		return voice{"name", b.Critic.Name}
	}
	return voice{"review", string(b.ID)}
}

type voice struct{ kind, name string }

// newestFirst orders the reviews of a film.
func newestFirst(a, b *ballot) int {
	return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
}

// syndicatedWithin is how far apart the same text by the same critic may come out
// at two places and still be one review.
const syndicatedWithin = 31 * 24 * time.Hour

// repeats reports that one of two reviews of a film by one voice is the other, at
// another place.
func (b *ballot) repeats(other *ballot) bool {
	return b.Text.similar(other.Text) && b.Date.Sub(other.Date).Abs() <= syndicatedWithin
}
