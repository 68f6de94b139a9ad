package pipeline

import (
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Registry knows the films. It is a view of the film events on the log, and
// decides which film a review is about.
type Registry interface {
	View
	// Begin starts deciding on top of the registry's state. What it decides
	// itself it remembers until it is dropped.
	Begin(Reader) Identifying
	// Rules is a fingerprint of the operator's overrides, "" for none. When it
	// changes, what they touch is decided again.
	Rules() string
	// Current is what a film was merged into, or the film itself; not ok for one that
	// is not known. Unlike the rest it may be asked at any time.
	Current(st Reader, id review.FilmID) (review.FilmID, bool)
	// Ambiguous counts the films that stand for others between which nobody could
	// choose. It may be asked at any time.
	Ambiguous(st Reader) int
	// Choose picks the film that was asked for among those that a catalogue has. It is
	// not ok where none is meant beyond doubt. Safe for use at any time.
	Choose(asked *review.Film, found []review.Film) (review.Film, bool)
	// Due lists the films about which events after a position say something that
	// asks for a second look: see [Identifying.Settle].
	Due(st Reader, after Position) []review.FilmID
}

// Identifying decides about one group of reviews. Used by one goroutine.
type Identifying interface {
	// Unsure reports that by the rules alone the review would be of a film that was
	// not seen before, or that nobody could tell from others: a catalogue may know
	// more. Nothing is decided by it.
	Unsure(id review.ID, r *review.Review) (bool, error)
	// Identify sets the review's film id and match. The events it returns must
	// go onto the log before the review; none where the film is known. resolved, nil
	// for nothing, is what a catalogue said of the film: it counts beside what the
	// review states, and stands in the events.
	Identify(id review.ID, r *review.Review, resolved *review.Resolution, now time.Time) ([]Append, error)
	// Settle merges films that have turned out to be one, among those that are
	// due; ruled says that the overrides have changed, and it does what they say.
	// problems are overrides that cannot be followed, for people.
	Settle(due []review.FilmID, ruled bool, now time.Time) (events []Append, problems []string, err error)
	// Again reports, after Settle, whether a review on the log is to be identified
	// again. Unless ruled, only its film's id and the match's stage are looked at.
	Again(id review.ID, r *review.Review) bool
}
