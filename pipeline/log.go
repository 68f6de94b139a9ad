package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Position is a place on the log: 1 is the first event, 0 is before it.
type Position uint64

// Entry is one event on the log: of a review, or of a film. Entries are shared
// between views; nobody changes one.
type Entry struct {
	Position Position
	Review   *review.Event     // nil for a film event
	Film     *review.FilmEvent // nil for a review event
	// Live says that the sink that gets the entry should show the review: it is
	// there and the sink's filter keeps it. What is not live is to be taken back.
	Live bool
	// Kept says that the sink's filter keeps the review as it stands, or as it last
	// stood: one that is kept and not live was withdrawn.
	Kept bool
}

// Append is one event to be put on the log.
type Append struct {
	Review *review.Event     // or
	Film   *review.FilmEvent // exactly one of the two
	// After is the position of the latest event of the same review or film, 0
	// where there must be none yet. If that is not so, the append is a conflict.
	After Position
}

// MaxAppend is the most events one call of [Log.Append] takes.
const MaxAppend = 1000

// Log is the durable, ordered log of events, the one truth. Safe for use by many
// goroutines.
type Log interface {
	// Append puts the events on the log in order and returns when they survive a
	// power cut. A large group goes in all or none; of a small one a beginning may
	// have gone in when an error is returned. The positions are those of the
	// events that went in, in order. ErrConflict: somebody else was first; read on
	// and decide again. ErrTooLarge: one event is larger than the log takes.
	Append(ctx context.Context, events []Append) ([]Position, error)
	// Read returns the next entries after a position in log order, at least one
	// and at most max. It waits while there is none. Live is not set.
	Read(ctx context.Context, after Position, max int) ([]Entry, error)
	// At returns the entry at a position, ErrNotFound when it has been superseded
	// so often that the log no longer keeps it.
	At(ctx context.Context, at Position) (Entry, error)
	// Revisions returns the events that the log keeps of one review of a source, in
	// log order; none for a review it does not know.
	Revisions(ctx context.Context, source string, id review.ID) ([]Entry, error)
	// Head is the position of the newest event that Read would return, 0 on an
	// empty log.
	Head(ctx context.Context) (Position, error)
	// Latest calls f with the latest event of every review, withdrawn ones too, in
	// log order, as of the call. An error from f ends it and is returned.
	Latest(ctx context.Context, f func(Entry) error) error
	// Films is Latest for films.
	Films(ctx context.Context, f func(Entry) error) error
}

// KV holds original state that is not an event: checkpoints, cursors,
// quarantine. Keys are words of letters, digits, "-", "_" and "=" joined by dots.
type KV interface {
	// Get returns ErrNotFound for a key that is not there.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put returns when the value survives a power cut. ErrTooLarge over 4 MB.
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Look is Get with the revision of the value, for Swap.
	Look(ctx context.Context, key string) (value []byte, revision uint64, err error)
	// Swap is Put on top of the revision that Look returned, 0 where there must be
	// no value. It returns the new revision. ErrConflict: somebody else was first.
	Swap(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	// Keys lists the keys under a prefix that ends in a dot, sorted.
	Keys(ctx context.Context, prefix string) ([]string, error)
}

// Jobs hands each poll of a source to exactly one of the daemons.
type Jobs interface {
	// Post asks for one poll of source in slot. The same source and slot again
	// is no second job.
	Post(ctx context.Context, source, slot string) error
	// Take waits for a job. The caller ends it with Done, also after a failure:
	// a failed poll is tried again at its next slot, not at once. A job whose
	// daemon died before Done goes to another.
	Take(ctx context.Context) (Job, error)
}

// Job is one poll to do.
type Job interface {
	Source() string
	Slot() string
	// Working says that the job is still being done, every few seconds.
	Working(ctx context.Context) error
	Done(ctx context.Context) error
}

// What the engine is told by its parts, wrapped with where it happened.
var (
	ErrConflict = errors.New("somebody else was first")
	ErrNotFound = errors.New("not found")
	ErrTooLarge = errors.New("larger than the log takes")
)

// Subject names what an event is about, for logs and error texts.
func (a Append) Subject() string {
	if a.Film != nil {
		return "film " + string(a.Film.FilmID)
	}
	return fmt.Sprintf("review %s", a.Review.ReviewID)
}
