package ratings

import (
	"cmp"
	"math/big"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// row is what one review adds to its film, as it stands in the state.
type row struct {
	ID       review.ID         `json:"-"` // in the key
	Date     time.Time         `json:"d"`
	URL      string            `json:"u,omitempty"`
	CriticID review.CriticID   `json:"ci,omitempty"`
	Critic   string            `json:"c,omitempty"`
	Outlet   review.Outlet     `json:"o,omitempty"`
	Kind     review.RatingKind `json:"k"`
	Raw      string            `json:"r,omitempty"`
	Norm     review.Decimal    `json:"n,omitzero"`
	Film     review.Film       `json:"f"`
}

func newRow(e *review.Event) row {
	film := e.Film
	film.ID, film.Match = "", review.Match{}
	return row{
		Date: e.Date().UTC(), URL: e.URL,
		CriticID: e.Critic.ID, Critic: e.Critic.Name, Outlet: e.Critic.Outlet,
		Kind: e.Rating.Kind, Raw: e.Rating.Raw, Norm: e.Rating.Norm, Film: film,
	}
}

// newestFirst orders the reviews of a film.
func newestFirst(a, b row) int {
	return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
}

// maxTenths is the highest norm in tenths.
const maxTenths = 1000

// tenths is a scored rating's norm in tenths. It is not ok where the rating is
// not scored, or its norm is no number of tenths from 0 to 100, as the wire
// contract has it.
func (r *row) tenths() (n int64, ok bool) {
	if r.Kind != review.Scored || r.Norm.IsZero() {
		return 0, false
	}
	t := r.Norm.Rat()
	t.Mul(t, big.NewRat(10, 1))
	if !t.IsInt() || t.Sign() < 0 || t.Cmp(big.NewRat(maxTenths, 1)) > 0 {
		return 0, false
	}
	return t.Num().Int64(), true
}

// voice names who is speaking: several reviews of one voice have one vote.
func (r *row) voice() string {
	switch {
	case r.CriticID != "":
		return "id " + string(r.CriticID)
	case r.Critic != "":
		return "name " + r.Critic
	}
	return "review " + string(r.ID)
}
