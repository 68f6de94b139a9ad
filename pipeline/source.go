package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Source is where reviews come from: a feed, a folder, an export. The engine
// calls Read for one poll at a time and never twice at once. One that holds something
// open is an io.Closer too, and is closed when it is no longer used.
type Source interface {
	// Read hands out what the source holds. checkpoint is what the last
	// successful reading returned, nil at first; it is stored only when every
	// document handed out stands on the log, so a reading that was cut short is
	// simply made again. A document that cannot be read is out.Problem, and its
	// neighbours are read all the same; an error means that the source as a
	// whole could not be read.
	Read(ctx context.Context, checkpoint []byte, out Out) (Reading, error)
}

// Out takes what a source finds. The calls come from one goroutine at a time. An
// error means stop: the reading has been cancelled.
type Out interface {
	Document(review.Document) error
	// Gone says that the source states itself that a document was taken back. Its
	// review is withdrawn whatever else is missing; one that nobody knows is nothing.
	Gone(guid string) error
	Problem(Problem) error
}

// Reading says what one reading of a source amounted to.
type Reading struct {
	Checkpoint []byte
	// Complete: everything the source holds was handed out, so what is missing is
	// gone there. A feed, which shows only its newest items, is never complete.
	Complete bool
	// Unchanged: the source says that nothing has changed; nothing was handed out.
	Unchanged bool
	// Push is who tells of changes to the feeds the source stands on, as far as they
	// say: the whole of it at each reading, of feeds that are unchanged too.
	Push []Push
	// More: the source holds more of its past than it has handed out so far, and goes
	// on with it at the next reading. Until then its first reading is not over, and
	// what it hands out without a date is taken for old.
	More bool
}

// Problem is one thing in a source that could not be read.
type Problem struct {
	Where string // file, file:line or URL
	Err   error  // why, and where it helps, what to do
}

// Rereader is a Source that keeps something in its checkpoint that must outlive it:
// a checkpoint is dropped when all of the source is to be understood anew.
type Rereader interface {
	// Anew is what stays of a checkpoint when everything is to be read again.
	Anew(checkpoint []byte) []byte
}

// Watcher is a Source that can tell by itself when something changed.
type Watcher interface {
	// Watch calls changed soon after something changed, until ctx ends. It returns
	// ctx's error, or why it cannot watch; the schedule goes on alone then, and the
	// watch is tried again now and then.
	Watch(ctx context.Context, changed func()) error
}

// Errors by which a source instructs the engine.
var (
	// ErrGone: the source is no more (410). It is not polled again until the
	// config changes or the daemon restarts; a feed is not asked then either. Nothing
	// is withdrawn.
	ErrGone = errors.New("the source is gone")
	// ErrNotFeed, from a source that OpenFeed made: what is at its address is no feed.
	ErrNotFeed = errors.New("not a feed")
	// ErrNotReview, from a Normalize: the document is no review. It is passed
	// over and counted, and the text says why.
	ErrNotReview = errors.New("not a review")
)

// ErrPrivate, from a Doer: the address is not a public one and the config does not
// allow private ones.
var ErrPrivate = errors.New("the address is not a public one")

// RetryAfter is an error that says when to come back.
type RetryAfter struct {
	After time.Duration
	Err   error
}

// ParseRetryAfter reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3).
// What lies in the past is zero, and nobody is sent away for longer than most. ok is
// false for what is neither.
func ParseRetryAfter(value string, now time.Time, most time.Duration) (after time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	switch n, err := strconv.ParseUint(value, 10, 31); {
	case err == nil:
		return min(time.Duration(n)*time.Second, most), true
	case errors.Is(err, strconv.ErrRange):
		return most, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), most), true
}

func (e *RetryAfter) Error() string { return e.Err.Error() }
func (e *RetryAfter) Unwrap() error { return e.Err }

// Normalize understands a document. It is pure: no clock, no I/O, the same
// review for the same document. ErrNotReview passes a document over; any other
// error is a problem with it.
type Normalize func(review.Document) (review.Review, error)

// SourceType is a kind of source: one line of the catalogue.
type SourceType struct {
	Name    string // the config's type
	Summary string // one sentence, for people
	// Configure reads and checks the source's own options, and notes every fault
	// with them. It does no I/O beyond looking whether files are there. What it
	// returns is called only if there was no fault.
	Configure func(Options) OpenSource
}

// OpenSource makes the source.
type OpenSource func(SourceEnv) (Source, error)

// SourceEnv is what a source gets from its surroundings.
type SourceEnv struct {
	Name  string
	Log   *slog.Logger
	Clock Clock
	HTTP  Doer
	// Polls remembers when each feed may be asked again; nil remembers nothing.
	Polls Polls
	// Feed opens a feed, for sources that are one or stand on some.
	Feed OpenFeed
	// Export reads what other services hand their users.
	Export ReadExport
	// Text and UTF8 decode what others wrote, for sources that read bytes.
	Text DecodeText
	UTF8 DecodeStream
}

// DecodeText turns what a file of text holds into UTF-8 with plain line breaks,
// whatever it was written in. markup is HTML or XML, which may say that itself; sent are
// the Content-Types it came with. ok is false for what is no text.
type DecodeText func(b []byte, markup bool, sent ...string) (text string, ok bool)

// DecodeStream makes UTF-8 of UTF-16 and takes off a byte-order mark, as it is read.
// Bytes that are neither pass through.
type DecodeStream func(io.Reader) io.Reader

// Export is a file or folder in which people carry reviews from one service to
// another.
type Export struct {
	Path string
	// Columns says which column of a table of one's own holds a field of the
	// document, dotted for nested ones: film.title, rating, published_at.
	Columns map[string]string
	// Television is read too.
	Television bool
	// PostTypes are the types of posts of a WordPress site that are reviews; none
	// is what they usually are.
	PostTypes []string
	// Other is given what an archive or a compressed file holds and is no export,
	// a file at a time, and says whether it reads such. Without it they are passed over.
	// An error ends the reading.
	Other func(Packed) (read bool, err error)
}

// Packed is a file inside an archive, or what a compressed file holds.
type Packed struct {
	Name    string    // a slash path below the archive, which leads nowhere else
	Where   string    // for problems
	Content io.Reader // unpacks as it is read; an error says why that is not possible
}

// ErrNotExport, in a problem from a ReadExport: the file holds something else.
var ErrNotExport = errors.New("is no export")

// ErrUnmapped, in a problem from a ReadExport: a table was read, but for columns that
// may hold what is missing. Nothing of it is unknown for that: what is gone from it is gone.
var ErrUnmapped = errors.New("no column is known to hold the ratings")

// ReadExport hands out what an export holds, oldest first, and what it says was
// taken back. What cannot be read is a problem with its file and line. An error is
// one of out's, or ctx's.
type ReadExport func(ctx context.Context, e Export, out Out) error

// OpenFeed makes the source that reads the feed at an address: RSS, Atom or JSON
// Feed, with conditional requests. Its readings are never complete, for a feed
// shows its newest items only. timeout is for one reading; 0 is the default. past
// says where older items are looked for; without it they are not.
type OpenFeed func(address string, timeout time.Duration, past ...FeedPast) Source

// FeedPast says how far back a feed is followed to pages of older items, once, a few
// pages with each reading.
type FeedPast struct {
	Where PastPlace
	Pages int // at most so many
}

// PastPlace is where the older items of a feed are looked for.
type PastPlace string

// The places of older items.
const (
	// PastAuto: where the feed's own links lead, and where the feed says that it
	// comes from WordPress and links nowhere, in WordPress's numbered pages.
	PastAuto      PastPlace = "auto"
	PastLinks     PastPlace = "links"     // only where the feed's own links lead
	PastWordPress PastPlace = "wordpress" // in WordPress's numbered pages, whatever the feed says
	PastNone      PastPlace = "none"
)

// Choices lists the places.
func (PastPlace) Choices() []string {
	return []string{string(PastAuto), string(PastLinks), string(PastWordPress), string(PastNone)}
}

// Doer sends an HTTP request; *http.Client is one. That of the daemon is polite and
// guarded: it says who it is, takes its time with a host, follows redirects of GET
// and HEAD only, bounds the answer, and reaches no address that is not public
// unless the config allows it (ErrPrivate).
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}
