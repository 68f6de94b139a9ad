package ratings

import (
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Aggregate is the document of one film. Numbers that do not exist are absent.
type Aggregate struct {
	// Film is the film as its reviews have it: each field as most of them say.
	Film review.Film `json:"film"`
	// N is how many votes the numbers stand on, one for each critic.
	N int `json:"n"`
	// TooFew says that N is below MinVotes: the numbers mean little.
	TooFew bool           `json:"too_few,omitempty"`
	Mean   review.Decimal `json:"mean,omitzero"`   // 0 to 100, two places
	Ranked review.Decimal `json:"ranked,omitzero"` // 0 to 100, two places
	Min    review.Decimal `json:"min,omitzero"`    // the lowest vote
	Max    review.Decimal `json:"max,omitzero"`    // the highest
	// Spread is the sample standard deviation of the votes, two places; of one vote
	// there is none.
	Spread    review.Decimal `json:"spread,omitzero"`
	Positive  Share          `json:"positive,omitzero"`
	Histogram [10]int        `json:"histogram"` // [0,10) [10,20) ... [90,100]
	Counts    Counts         `json:"counts"`
	// Algorithm names how the numbers are computed, Conversion how ratings become
	// norms. Two documents with the same names can be compared.
	Algorithm  string `json:"algorithm"`
	Conversion string `json:"conversion"`
	Prior      Prior  `json:"prior"`
	Reviews    []Vote `json:"reviews"` // newest first
}

// MinVotes is how many votes it takes before a rating is more than an anecdote.
const MinVotes = 3

// Share is a part of the whole, 0 to 1 with three places, and its 95 % interval.
type Share struct {
	Share review.Decimal `json:"share"`
	Low   review.Decimal `json:"low"`
	High  review.Decimal `json:"high"`
}

// IsZero reports that there is no whole to have a share of.
func (s Share) IsZero() bool { return s.Share.IsZero() }

// Counts says how many live reviews have a rating of each kind, votes or not. A
// copy of another review is counted as that and nothing else.
type Counts struct {
	Scored     int `json:"scored"`
	Verdict    int `json:"verdict"`
	Unrated    int `json:"unrated"`
	Lost       int `json:"lost"`
	Ambiguous  int `json:"ambiguous"`
	Invalid    int `json:"invalid"`
	Syndicated int `json:"syndicated,omitempty"`
}

// Vote is one review behind the numbers.
type Vote struct {
	ReviewID review.ID         `json:"review_id"`
	URL      string            `json:"url,omitempty"`
	Critic   string            `json:"critic,omitempty"`     // whose vote it is
	Others   []string          `json:"co_critics,omitempty"` // who wrote it with the critic
	Outlet   review.Outlet     `json:"outlet,omitempty"`
	Date     string            `json:"date,omitempty"` // YYYY-MM-DD
	Raw      string            `json:"raw,omitempty"`
	Kind     review.RatingKind `json:"kind"`
	Norm     review.Decimal    `json:"norm,omitzero"`
	Basis    review.Basis      `json:"basis,omitempty"` // where the scale comes from
	Outcome
}

// Outcome is what became of a review in the count.
type Outcome struct {
	Counted bool `json:"counted"`
	// Weight is how much of one vote the review is: "1", or as in "1/3" where the
	// mean of a critic's three scores is the vote.
	Weight  string    `json:"weight,omitempty"`
	Reason  string    `json:"reason,omitempty"`  // why it does not count
	Repeats review.ID `json:"repeats,omitempty"` // the review it is a copy of
}

// noOutcome ends the JSON of a vote that has no outcome yet.
const noOutcome = `"counted":false}`

func newVote(e *review.Event, b *ballot) Vote {
	v := Vote{
		ReviewID: e.ReviewID, URL: e.URL, Critic: e.Critic.Name, Outlet: e.Critic.Outlet, Date: date(b.Date),
		Raw: e.Rating.Raw, Kind: e.Rating.Kind, Norm: e.Rating.Norm, Basis: e.Rating.Basis,
	}
	for _, c := range e.CoCritics {
		if c.Name != "" {
			v.Others = append(v.Others, c.Name)
		}
	}
	return v
}

// algorithm names how numbers are computed, with the settings that change them
// and do not stand in the document elsewhere.
func (s *Settings) algorithm() string { return "aggregate/2 votes=" + s.Votes }

// Aggregate computes a film's document from the latest events of its live reviews,
// in any order.
func (s *Settings) Aggregate(id review.FilmID, events []*review.Event) Aggregate {
	rows := make([]row, 0, len(events))
	of := make(map[review.ID]*review.Event, len(events))
	for _, e := range events {
		rows = append(rows, newRow(e))
		of[e.ReviewID] = e
	}
	a, t := s.aggregate(id, rows)
	for i := range rows {
		vote := newVote(of[rows[i].ID], &rows[i].ballot)
		vote.Outcome = t.fates[i].outcome()
		a.Reviews = append(a.Reviews, vote)
	}
	return a
}

// aggregate computes a film's numbers from its rows, which come in any order and
// leave it sorted, newest first. The reviews are left out of the aggregate; what
// became of each stands in the tally.
func (s *Settings) aggregate(id review.FilmID, rows []row) (Aggregate, *tally) {
	slices.SortFunc(rows, func(a, b row) int { return newestFirst(&a.ballot, &b.ballot) })
	ballots := make([]*ballot, len(rows))
	for i := range rows {
		ballots[i] = &rows[i].ballot
	}
	t := s.count(ballots)
	a := Aggregate{
		Film: consensus(id, rows), Reviews: []Vote{},
		N: t.n, TooFew: t.n < MinVotes, Histogram: t.histogram,
		Algorithm: s.algorithm(), Conversion: conversionOf(rows), Prior: s.Prior,
	}
	for i := range rows {
		a.Counts.add(rows[i].Kind, &t.fates[i])
	}
	if t.n > 0 {
		a.Mean, a.Ranked = review.Round(t.mean(), places), review.Round(t.ranked(s.Prior), places)
		a.Min, a.Max = t.low.norm(), t.high.norm()
		a.Positive = wilson(int64(t.positive), int64(t.n))
	}
	if t.n > 1 {
		a.Spread = review.Round(t.deviation(), places)
	}
	return a, t
}

// document is the aggregate as JSON, with the reviews of the rows, each on a line.
// It is what encoding/json would make of an Aggregate that holds them, put together
// from what stands in the rows.
func document(a *Aggregate, t *tally, rows []row) []byte {
	head := strings.TrimSuffix(mustJSON(a), "]}")
	size := len(head) + len("\n]}\n")
	for i := range rows {
		size += len(rows[i].Vote) + len(",\n") + len(counted)
	}
	b := append(make([]byte, 0, size), head...)
	for i := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), rows[i].Vote...)
		b = t.fates[i].append(b)
	}
	return append(b, "\n]}\n"...)
}

func (f *fate) outcome() Outcome {
	return Outcome{Counted: f.Parts > 0, Weight: f.weight(), Reason: f.Reason, Repeats: f.Repeats}
}

// counted ends the JSON of a vote that counts as one.
const counted = `"counted":true,"weight":"1"}`

// append ends the JSON of a vote with its outcome.
func (f *fate) append(b []byte) []byte {
	if f.Parts == 1 { // as nearly all are
		return append(b, counted...)
	}
	return append(b, mustJSON(f.outcome())[1:]...)
}

// weight is a ballot's part of a vote, "" for none.
func (f *fate) weight() string {
	switch f.Parts {
	case 0:
		return ""
	case 1:
		return "1"
	}
	return "1/" + strconv.Itoa(f.Parts)
}

func (c *Counts) add(kind review.RatingKind, f *fate) {
	switch {
	case f.Repeats != "":
		c.Syndicated++
	case kind == review.Scored:
		c.Scored++
	case kind == review.Verdicted:
		c.Verdict++
	case kind == review.Unrated:
		c.Unrated++
	case kind == review.Lost:
		c.Lost++
	case kind == review.Ambiguous:
		c.Ambiguous++
	case kind == review.Invalid:
		c.Invalid++
	}
}
