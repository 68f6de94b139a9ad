package ratings

import (
	"math/big"
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Aggregate is the document of one film. Numbers that do not exist are absent.
type Aggregate struct {
	// Film is the film as its reviews have it: each field as most of them say.
	Film review.Film `json:"film"`
	// N is how many scores the numbers stand on, one for each critic.
	N int `json:"n"`
	// TooFew says that N is below MinVotes: the numbers mean little.
	TooFew    bool           `json:"too_few,omitempty"`
	Mean      review.Decimal `json:"mean,omitzero"`   // 0 to 100, two places
	Ranked    review.Decimal `json:"ranked,omitzero"` // 0 to 100, two places
	Positive  Share          `json:"positive,omitzero"`
	Histogram [10]int        `json:"histogram"` // [0,10) [10,20) ... [90,100]
	Counts    Counts         `json:"counts"`
	Reviews   []Vote         `json:"reviews"` // newest first
	// Algorithm names how the numbers are computed, Conversion how ratings become
	// norms. Two documents with the same names can be compared.
	Algorithm  string `json:"algorithm"`
	Conversion string `json:"conversion"`
	Prior      Prior  `json:"prior"`
}

// MinVotes is how many scores it takes before a rating is more than an anecdote.
const MinVotes = 3

// Share is a part of the whole, 0 to 1 with three places, and its 95 % interval.
type Share struct {
	Share review.Decimal `json:"share"`
	Low   review.Decimal `json:"low"`
	High  review.Decimal `json:"high"`
}

// IsZero reports that there is no whole to have a share of.
func (s Share) IsZero() bool { return s.Share.IsZero() }

// Counts says how many live reviews have a rating of each kind, votes or not.
type Counts struct {
	Scored    int `json:"scored"`
	Verdict   int `json:"verdict"`
	Unrated   int `json:"unrated"`
	Lost      int `json:"lost"`
	Ambiguous int `json:"ambiguous"`
	Invalid   int `json:"invalid"`
}

// Vote is one review behind the numbers.
type Vote struct {
	ReviewID review.ID         `json:"review_id"`
	URL      string            `json:"url,omitempty"`
	Critic   string            `json:"critic,omitempty"`
	Outlet   review.Outlet     `json:"outlet,omitempty"`
	Raw      string            `json:"raw,omitempty"`
	Kind     review.RatingKind `json:"kind"`
	Norm     review.Decimal    `json:"norm,omitzero"`
	Counted  bool              `json:"counted"`
	Reason   string            `json:"reason,omitempty"` // why it does not count
}

const conversion = "norm/1"

func (s *Settings) algorithm() string { return "aggregate/1 votes=" + s.Votes }

// aggregate computes a film's document from its rows, which come in any order.
func (s *Settings) aggregate(id review.FilmID, rows []row) Aggregate {
	slices.SortFunc(rows, newestFirst)
	a := Aggregate{
		Film: consensus(id, rows), Reviews: make([]Vote, 0, len(rows)),
		Algorithm: s.algorithm(), Conversion: conversion, Prior: s.Prior,
	}
	counted := s.votes(rows)
	var sum, positive int64
	for i := range rows {
		r := &rows[i]
		a.Counts.add(r.Rating.Kind)
		vote := Vote{
			ReviewID: r.ID, URL: r.URL, Critic: r.Critic, Outlet: r.Outlet,
			Raw: r.Rating.Raw, Kind: r.Rating.Kind, Norm: r.Rating.Norm, Counted: counted[r.ID],
		}
		if vote.Counted {
			tenths, _ := r.tenths()
			a.N++
			sum += tenths
			a.Histogram[min(tenths/100, 9)]++
			if tenths >= 10*review.PositiveNorm {
				positive++
			}
		} else {
			vote.Reason = s.reason(r)
		}
		a.Reviews = append(a.Reviews, vote)
	}
	a.TooFew = a.N < MinVotes
	if a.N > 0 {
		a.Mean, a.Ranked = s.means(sum, int64(a.N))
		a.Positive = wilson(positive, int64(a.N))
	}
	return a
}

// votes chooses the reviews that count: one scored review of each voice. rows are
// sorted, newest first.
func (s *Settings) votes(rows []row) map[review.ID]bool {
	chosen := map[string]review.ID{}
	for i := range rows {
		r := &rows[i]
		if _, ok := r.tenths(); !ok {
			continue
		}
		if _, has := chosen[r.voice()]; !has || s.Votes == VotesFirst {
			chosen[r.voice()] = r.ID
		}
	}
	counted := make(map[review.ID]bool, len(chosen))
	for _, id := range chosen {
		counted[id] = true
	}
	return counted
}

// means are the exact mean and the ranked score of n norms, rounded for print.
func (s *Settings) means(sumTenths, n int64) (mean, ranked review.Decimal) {
	sum := big.NewRat(sumTenths, 10)
	prior, weight := s.Prior.rats()
	mean = review.Round(new(big.Rat).Quo(sum, big.NewRat(n, 1)), 2)
	shrunk := prior.Mul(prior, weight)
	shrunk.Add(shrunk, sum)
	shrunk.Quo(shrunk, weight.Add(weight, big.NewRat(n, 1)))
	return mean, review.Round(shrunk, 2)
}

// reason says why a review that is no vote does not count.
func (s *Settings) reason(r *row) string {
	switch r.Rating.Kind {
	case review.Scored:
		if _, ok := r.tenths(); !ok {
			return "its norm is no number from 0 to 100 with one decimal place"
		}
		if s.Votes == VotesFirst {
			return "an earlier score by the same critic counts"
		}
		return "a later score by the same critic counts"
	case review.Verdicted:
		return "a verdict is no number"
	case review.Unrated:
		return "the critic gave no rating"
	case review.Lost:
		return "there was a rating, and its value is lost"
	case review.Ambiguous:
		return "a number on no known scale"
	case review.Invalid:
		return "no possible rating"
	}
	return "a kind of rating this version does not know"
}

func (c *Counts) add(kind review.RatingKind) {
	switch kind {
	case review.Scored:
		c.Scored++
	case review.Verdicted:
		c.Verdict++
	case review.Unrated:
		c.Unrated++
	case review.Lost:
		c.Lost++
	case review.Ambiguous:
		c.Ambiguous++
	case review.Invalid:
		c.Invalid++
	}
}
