package ratings

import (
	"cmp"
	"math/big"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// row is what one review adds to its film, as it stands in the state: all that the
// film's documents show of it, so that the log need not be read for them.
type row struct {
	ID       review.ID       `json:"-"` // in the key
	Date     time.Time       `json:"d"`
	URL      string          `json:"u,omitempty"`
	CriticID review.CriticID `json:"ci,omitempty"`
	Critic   string          `json:"c,omitempty"`
	Outlet   review.Outlet   `json:"o,omitempty"`
	Rating   review.Rating   `json:"r"`
	Title    string          `json:"t,omitempty"` // where it says more than the film's
	Excerpt  string          `json:"e,omitempty"`
	Spoiler  bool            `json:"s,omitempty"`
	Language string          `json:"l,omitempty"`
	Film     review.Film     `json:"f"`
}

// excerptRunes is how much of a text stands on a film's page.
const excerptRunes = 280

func newRow(e *review.Event) row {
	film, rating := e.Film, e.Rating
	film.ID, film.Match = "", review.Match{}
	rating.Basis, rating.FoundIn, rating.Span = "", "", review.Span{}
	return row{
		Date: e.Date().UTC(), URL: e.URL,
		CriticID: e.Critic.ID, Critic: e.Critic.Name, Outlet: e.Critic.Outlet,
		Rating: rating, Title: e.OwnTitle(), Excerpt: e.Excerpt(excerptRunes), Spoiler: e.Spoiler,
		Language: e.Language, Film: film,
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
	if r.Rating.Kind != review.Scored || r.Rating.Norm.IsZero() {
		return 0, false
	}
	t := r.Rating.Norm.Rat()
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
