package review

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Schema is the wire contract of Event.
const Schema = "review/1"

// ID identifies a review for ever: 32 hex digits, safe in a subject and in a URL.
type ID string

// EventKind is what happened to a review.
type EventKind string

// The life cycle: published once; revised when something that matters changed;
// withdrawn when the source no longer has it; restored when it is back.
const (
	Published EventKind = "published"
	Revised   EventKind = "revised"
	Withdrawn EventKind = "withdrawn"
	Restored  EventKind = "restored"
)

// EventKinds lists what may happen to a review.
func EventKinds() []EventKind { return []EventKind{Published, Revised, Withdrawn, Restored} }

// Choices lists them as words.
func (EventKind) Choices() []string { return words(EventKinds()...) }

// Event is one thing that happened to one review, with the review as it stood
// after it (for withdrawn: as it last stood). The latest event of a review alone
// tells everything: what was fixed at first sight travels in each.
type Event struct {
	Schema      string    `json:"schema" doc:"The contract: review/1."`
	EventID     string    `json:"event_id" pattern:"^[0-9a-f]{32}[.][1-9][0-9]*$" doc:"Unique for each event: the id of the review and the revision. A repeated delivery carries the same one."`
	Kind        EventKind `json:"kind" doc:"What happened: published once; revised when something that matters changed; withdrawn when the source no longer has it; restored when it is back."`
	ReviewID    ID        `json:"review_id" doc:"The review, the same for ever: 32 hex digits."`
	Revision    int       `json:"revision" min:"1" doc:"1, 2, 3 and so on."`
	ContentHash string    `json:"content_hash" pattern:"^[0-9a-f]{32}$" doc:"A hash over the fields that bear meaning."`
	FeedID      string    `json:"feed_id" doc:"The entry's id in every feed: a tag URI, fixed at first sight."`
	FirstSeenAt time.Time `json:"first_seen_at" doc:"When the review was first seen, fixed then."`
	RevisedAt   time.Time `json:"revised_at,omitzero" doc:"The last change that matters; absent at revision 1."`
	WithdrawnAt time.Time `json:"withdrawn_at,omitzero" doc:"When the review was found gone; of a withdrawn event only."`

	Review
}

// NewEventID names the emission of one revision of one review. The log lets each
// revision happen once, so it is unique, and a redelivery carries the same id.
func NewEventID(id ID, revision int) string {
	return string(id) + "." + strconv.Itoa(revision)
}

// Gone reports that the review is no longer there.
func (e *Event) Gone() bool { return e.Kind == Withdrawn }

// Date is when the review came out: its own date, else when it was first seen.
func (e *Event) Date() time.Time {
	if !e.PublishedAt.IsZero() {
		return e.PublishedAt
	}
	return e.FirstSeenAt
}

// Updated is the last material change: a revision, else when it came out.
func (e *Event) Updated() time.Time {
	if !e.RevisedAt.IsZero() {
		return e.RevisedAt
	}
	return e.Date()
}

// ParseEvent reads an event in its JSON form. Fields it does not know are
// ignored, so that a newer writer does not stop an older reader; another schema
// is an error.
func ParseEvent(data []byte) (*Event, error) {
	e := new(Event)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("review event: %w", err)
	}
	if e.Schema != Schema {
		return nil, fmt.Errorf("review event: schema %q is not %q", e.Schema, Schema)
	}
	return e, nil
}

// FilmSchema is the wire contract of FilmEvent.
const FilmSchema = "film/1"

// FilmEventKind is what was decided about a film.
type FilmEventKind string

// The decisions.
const (
	FilmNew     FilmEventKind = "new"     // first seen
	FilmRevised FilmEventKind = "revised" // more is known of it: an id, a year
	FilmMerged  FilmEventKind = "merged"  // the same as another: Into
	FilmSplit   FilmEventKind = "split"   // taken apart from another: From
)

// FilmEvent is one decision about one film. It stands on the log beside the
// review that caused it, so that replaying the log replays the decisions.
type FilmEvent struct {
	Schema   string        `json:"schema"`
	EventID  string        `json:"event_id"`
	Kind     FilmEventKind `json:"kind"`
	FilmID   FilmID        `json:"film_id"`
	Revision int           `json:"revision"`
	Film     Film          `json:"film"`
	Into     FilmID        `json:"into,omitempty"`
	From     FilmID        `json:"from,omitempty"`
	CausedBy ID            `json:"caused_by,omitempty"` // the review
	// Overrides are the operator's overrides that decided something about the film
	// and hold still, as in the file: "same: amelie-2001, imdb:tt0211915".
	Overrides []string `json:"overrides,omitempty"`
	// Resolved is what a catalogue on the network said that went into the decision.
	// Whoever replays the log need not ask again.
	Resolved  []Resolution `json:"resolved,omitempty"`
	DecidedAt time.Time    `json:"decided_at"`
}

// Resolution is a question about a film to a catalogue on the network, and its
// answer.
type Resolution struct {
	By     string    `json:"by"`              // the resolver's type, as tmdb
	Asked  Film      `json:"asked"`           // what a review states of its film
	Answer Film      `json:"answer,omitzero"` // what the catalogue has; zero: it has no such film, or several
	At     time.Time `json:"at"`              // when it was asked
}

// Known reports that the catalogue had one film.
func (r *Resolution) Known() bool { return r != nil && !r.Answer.IsZero() }

// ParseFilmEvent reads a film event in its JSON form, as ParseEvent does.
func ParseFilmEvent(data []byte) (*FilmEvent, error) {
	e := new(FilmEvent)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("film event: %w", err)
	}
	if e.Schema != FilmSchema {
		return nil, fmt.Errorf("film event: schema %q is not %q", e.Schema, FilmSchema)
	}
	return e, nil
}
