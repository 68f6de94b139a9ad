package pipeline

import (
	"context"
	"log/slog"
	"time"
)

// View derives documents and state from the log. What it makes is a function of
// the latest event of each review, and of its own options: no clock, no network,
// no randomness. The engine calls it from one goroutine.
type View interface {
	// Apply takes the next entries in log order. State and documents are kept
	// together with the position, or not at all; after an error the same
	// entries come again. A batch may hold many entries of one review.
	Apply(ctx context.Context, entries []Entry, st State, docs Documents) error
	// Version is a fingerprint of everything besides the log that the view's
	// bytes depend on: options, site, code. When it changes the view is made anew.
	Version() string
}

// Reader is read access to a view's state: a small ordered map. Errors of the
// store below are kept and fail the batch, so that a view need not look.
type Reader interface {
	// Get returns a value that the caller may keep but not change.
	Get(key string) (value []byte, ok bool)
	// Scan calls f with the keys under prefix in ascending order until f returns
	// false. The value is valid only during the call. f must not write.
	Scan(prefix string, f func(key string, value []byte) bool)
	// ScanBack is Scan in descending order.
	ScanBack(prefix string, f func(key string, value []byte) bool)
}

// State is a view's state within a batch: it reads its own writes.
type State interface {
	Reader
	Set(key string, value []byte)
	Delete(key string)
}

// Documents takes what a view publishes under <data>/public. Paths are relative,
// with slashes. A document that has not changed is not written again. The view may
// use content's memory again from its next Apply on, and not before.
type Documents interface {
	Put(path string, content []byte)
	// PutWith is Put, and says more of the document than its bytes do.
	PutWith(path string, content []byte, facts Facts)
	// Remove takes a document back. Whoever asks for it is told that it is gone,
	// also where it was never put: a view made anew has only the removal to go by.
	Remove(path string)
}

// Facts are what a view says of a document besides its bytes. They come from the
// log alone, as the bytes do.
type Facts struct {
	// Modified is the newest material change among all the document shows, as a
	// rule the newest revised_at. A version that is no newer than the one before
	// it, as after a withdrawal, is given the next second. Zero: not known.
	Modified time.Time
	// Settled: what the document shows is complete, and expected to stay as it is:
	// a full archive page. It may be kept for long without being asked about.
	Settled bool
}

// Delivery does something outside for each event: writes a draft, calls a
// webhook. What it did cannot be made undone by deleting state, so the engine
// remembers how far it came, in KV. A crash may hand it an event again:
// deliveries are idempotent by event id. One that holds something open, a process
// or a connection, is an io.Closer too and is closed when it is no longer used.
// Making one does nothing outside: that begins with Deliver.
type Delivery interface {
	// Deliver takes entries in log order and answers with one verdict for each,
	// in order. An entry that is not Live is to be taken back if it was delivered.
	// An error is a Retry for all of them.
	Deliver(ctx context.Context, entries []Entry) ([]Verdict, error)
}

// Outcome is how a delivery went.
type Outcome int

// The outcomes. The zero value is Done.
const (
	Done   Outcome = iota
	Retry          // later: see After
	Reject         // never: to the quarantine
	// Pause: nothing gets through until a person has acted, as when the receiver
	// no longer lets us in or is gone for good. The event waits with all after it.
	Pause
)

// Verdict is a delivery's answer for one event.
type Verdict struct {
	Outcome Outcome
	After   time.Duration // for Retry; 0 lets the engine choose
	Code    string        // for all but Done: a short stable word
	Reason  string        // for people
}

// SinkType is a kind of sink: one line of the catalogue. Exactly one of View and
// Delivery is set. Configure works as [SourceType.Configure] does.
type SinkType struct {
	Name    string
	Summary string
	// Single: a config may have one sink of this type, because its documents have
	// fixed paths.
	Single   bool
	View     func(Options) OpenView
	Delivery func(Options) OpenDelivery
}

// OpenView makes a view.
type OpenView func(ViewEnv) (View, error)

// OpenDelivery makes a delivery.
type OpenDelivery func(DeliveryEnv) (Delivery, error)

// Site is what the config says of the whole.
type Site struct {
	Title    string `json:"title"`
	URL      string `json:"url"` // absolute, no slash at the end
	Language string `json:"language"`
	// Hubs are the WebSub hubs that are told of changed feeds, absolute URLs. A feed
	// names them as its rel=hub links.
	Hubs []string `json:"hubs,omitempty"`
}

// ViewEnv is what a view gets from its surroundings.
type ViewEnv struct {
	Name string // the sink's name in the config
	Site Site
	Log  *slog.Logger
	// At reads one entry of the log, by the position an earlier Apply saw: keep
	// references in the state and bodies in the log. ErrNotFound: newer revisions
	// have pushed it out, and Apply will see them soon.
	At func(context.Context, Position) (Entry, error)
	// Links lists what all views of the daemon offer, once they are open.
	Links func() []Link
}

// DeliveryEnv is what a delivery gets from its surroundings.
type DeliveryEnv struct {
	Name  string
	Site  Site
	Log   *slog.Logger
	Clock Clock
	HTTP  Doer
	// Tree is the data folder's own part for this kind of delivery; what is
	// written there is not served.
	Tree Tree
	// Folder is where Tree stands, for what is added to and not replaced.
	Folder string
	// Messages opens a way to pass events on.
	Messages OpenMessages
}

// Tree is a folder of files that are never seen half written.
type Tree interface {
	// Write replaces a file, making the folders above it. It leaves a file alone
	// that holds these bytes already, and says whether it wrote.
	Write(path string, content []byte) (wrote bool, err error)
	// WriteDated is Write for a file that is as old as what it shows: its time is
	// modified, to the second. A file that is left alone keeps a later time.
	WriteDated(path string, content []byte, modified time.Time) (wrote bool, err error)
	// Read returns ErrNotFound for a file that is not there.
	Read(path string) ([]byte, error)
	// Remove is no error for a file that is not there. Folders left empty go too.
	Remove(path string) error
	// Size returns ErrNotFound for a file that is not there.
	Size(path string) (int64, error)
}
