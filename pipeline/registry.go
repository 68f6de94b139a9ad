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
}

// Identifying decides about one group of reviews. Used by one goroutine.
type Identifying interface {
	// Identify sets the review's film id and match. The events it returns must
	// go onto the log before the review; none where the film is known.
	Identify(id review.ID, r *review.Review, now time.Time) ([]Append, error)
}
