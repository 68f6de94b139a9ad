package pipeline

// Store keeps the derived state of all views in one local place that may be
// deleted at any time. Safe for use by many goroutines, each on its own view.
type Store interface {
	// View opens the state of one view.
	View(name string) ViewState
	// Views lists the names of the views that have state, sorted.
	Views() ([]string, error)
	// Drop deletes all state of a view.
	Drop(name string) error
}

// ViewState is one view's part of the store.
type ViewState interface {
	// Reader reads what is committed.
	Reader
	// Position is how far the view has come: 0 at first.
	Position() (Position, error)
	// Begin starts a batch. Only one is open at a time.
	Begin() Batch
	// Err is the first error any read met, if one did.
	Err() error
}

// Batch is a set of changes that are kept together or not at all.
type Batch interface {
	State
	// Commit keeps the changes and the position. It reports the first error that
	// any call on the batch met, and keeps nothing then.
	Commit(Position) error
	// Discard forgets the changes; nothing after a Commit.
	Discard()
}
