package bustest

import (
	"fmt"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// seen is when every event of the suite was first seen.
func seen() time.Time { return time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC) }

// body is about as long as a review in a newspaper: with it an event is 2.4 kB.
var body = strings.Repeat("A quiet film about time & memory. ", 25)

// Review makes the first event of the n-th review of a source, 2.4 kB in JSON.
func Review(source string, n int) *review.Event {
	e := &review.Event{
		Schema:      review.Schema,
		Kind:        review.Published,
		ReviewID:    review.NewID(source, fmt.Sprint(n)),
		Revision:    1,
		FirstSeenAt: seen(),
		Review: review.Review{
			Source:    review.Source{Name: source, Type: "files", GUID: fmt.Sprint(n), FetchedAt: seen(), Parser: "normalize/1"},
			EntryKind: review.EntryReview,
			URL:       fmt.Sprintf("https://reviews.example.org/%s/%d", source, n),
			Title:     fmt.Sprintf("Review <%d> & more", n),
			BodyHTML:  "<p>" + body + "</p>",
			BodyText:  body,
			Language:  "en",
			Critic:    review.Critic{ID: "jane-doe", Name: "Jane Doe", Outlet: "The Aisle Seat"},
			Film:      review.Film{ID: "never-let-me-go-2010", Title: "Never Let Me Go", Year: 2010, Directors: []string{"Mark Romanek"}},
			Rating: review.Rating{
				Kind: review.Scored, Raw: "3.50/5", Value: review.NewDecimal(350, 2), Best: review.Int(5),
				Norm: review.NewDecimal(700, 1), Basis: review.BasisStated,
			},
		},
	}
	e.EventID = review.NewEventID(e.ReviewID, e.Revision)
	e.FeedID = "tag:reviews.example.org,2026:" + string(e.ReviewID)
	e.ContentHash = e.Review.ContentHash()
	return e
}

// Revise makes the event that follows e in the life of its review.
func Revise(e *review.Event, kind review.EventKind) *review.Event {
	next := *e
	next.Kind = kind
	next.Revision++
	next.EventID = review.NewEventID(e.ReviewID, next.Revision)
	next.RevisedAt = seen().Add(time.Duration(next.Revision) * time.Hour)
	return &next
}

// Film makes the event that a film was first seen.
func Film(id review.FilmID) *review.FilmEvent {
	return &review.FilmEvent{
		Schema: review.FilmSchema, EventID: string(id) + ".1", Kind: review.FilmNew, FilmID: id, Revision: 1,
		Film: review.Film{ID: id, Title: "Film " + string(id), Year: 2010}, DecidedAt: seen(),
	}
}

// First puts the first events of n reviews of a source in one group.
func First(source string, n int) []pipeline.Append {
	group := make([]pipeline.Append, n)
	for i := range group {
		group[i] = pipeline.Append{Review: Review(source, i)}
	}
	return group
}
