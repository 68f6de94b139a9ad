package ratings

import (
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// tally is the count of a film's ballots: what every number is computed from, and
// what became of each ballot.
type tally struct {
	n         int // voices with a vote
	positive  int
	histogram [10]int
	groups    []group // by how many scores a vote is the mean of
	low, high vote    // the lowest and the highest, where n is not 0
	fates     []fate  // in the order of the ballots
}

// vote is one voice's: the sum of so many norms, in tenths, and how many they are.
type vote struct{ sum, of int64 }

// compare orders votes by their means.
func (v vote) compare(w vote) int {
	switch a, b := v.sum*w.of, w.sum*v.of; {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// group are the votes that are the mean of equally many scores. Adding them up
// needs no fractions.
type group struct {
	of           int64
	sum, squares int64 // of the votes' sums, in tenths
}

// fate is what became of a ballot.
type fate struct {
	// Parts is how many scores share the voice's vote with this one, itself
	// included; 0: the ballot does not count.
	Parts   int
	Reason  string    // why it does not count
	Repeats review.ID // the review it is a copy of
}

// count counts the ballots of a film, sorted newest first.
func (s *Settings) count(ballots []*ballot) *tally {
	t := &tally{fates: make([]fate, len(ballots))}
	voices := make(map[voice][]int, len(ballots))
	for i, b := range ballots {
		v := b.voice()
		voices[v] = append(voices[v], i)
	}
	for i, b := range ballots {
		// Each voice has its say when its newest ballot comes up.
		if all := voices[b.voice()]; all[0] == i {
			s.hear(t, ballots, all)
		}
	}
	return t
}

// hear counts the ballots of one voice, which stand at the places given.
func (s *Settings) hear(t *tally, ballots []*ballot, places []int) {
	originals := places
	if len(places) > 1 {
		originals = t.findRepeats(ballots, places)
	}
	var scored []int
	for _, i := range originals {
		if ballots[i].counts() {
			scored = append(scored, i)
		} else {
			t.fates[i].Reason = reasonOf(ballots[i])
		}
	}
	if len(scored) == 0 {
		return
	}
	chosen, reason := s.choose(scored)
	v := vote{of: int64(len(chosen))}
	for _, i := range scored {
		if !slices.Contains(chosen, i) {
			t.fates[i].Reason = reason
			continue
		}
		t.fates[i].Parts = len(chosen)
		v.sum += ballots[i].Tenths
	}
	t.add(v)
}

// choose picks, of a voice's scores, newest first, those that make its vote, and
// says why the others do not.
func (s *Settings) choose(scored []int) (chosen []int, reason string) {
	switch s.Votes {
	case VotesMean:
		return scored, ""
	case VotesFirst:
		return scored[len(scored)-1:], "an earlier score by the same critic counts"
	}
	return scored[:1], "a later score by the same critic counts"
}

// findRepeats notes which of one voice's ballots are copies of another, and
// returns the places of those that are not. The oldest is the original; a ballot
// with a score is never taken for a copy of one without, so that a review whose
// stars were lost on the way changes no number.
func (t *tally) findRepeats(ballots []*ballot, places []int) (originals []int) {
	for _, scored := range []bool{true, false} {
		for _, i := range slices.Backward(places) {
			if ballots[i].counts() != scored {
				continue
			}
			at := slices.IndexFunc(originals, func(o int) bool { return ballots[i].repeats(ballots[o]) })
			if at < 0 {
				originals = append(originals, i)
				continue
			}
			t.fates[i].Repeats = ballots[originals[at]].ID
			t.fates[i].Reason = "syndicated: " + copyOf(ballots[originals[at]])
		}
	}
	slices.Sort(originals)
	return originals
}

func copyOf(b *ballot) string {
	if outlet := review.Line(string(b.Critic.Outlet)); outlet != "" {
		return "the same review came out at " + outlet
	}
	return "the same review by the same critic is listed already"
}

// add takes in one voice's vote.
func (t *tally) add(v vote) {
	if t.n == 0 || v.compare(t.low) < 0 {
		t.low = v
	}
	if t.n == 0 || v.compare(t.high) > 0 {
		t.high = v
	}
	t.n++
	t.histogram[min(v.sum/(100*v.of), 9)]++
	if v.sum >= 10*review.PositiveNorm*v.of {
		t.positive++
	}
	at := slices.IndexFunc(t.groups, func(g group) bool { return g.of == v.of })
	if at < 0 {
		at = len(t.groups)
		t.groups = append(t.groups, group{of: v.of})
	}
	t.groups[at].sum += v.sum
	t.groups[at].squares += v.sum * v.sum
}

// reasonOf says why a ballot without a number does not count.
func reasonOf(b *ballot) string {
	switch b.Kind {
	case review.Scored:
		return "its norm is no number from 0 to 100 with one decimal place"
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
