package pipeline

import (
	"context"
	"errors"
	"time"
)

// PollState is what is remembered of one feed from one poll to the next, however it
// went: when it may be asked again and why not earlier. What was read of it is not
// here but in the source's checkpoint, which is kept only with what it stands for.
type PollState struct {
	Feed string `json:"feed"` // its address as configured, without a password

	Asked time.Time `json:"asked,omitzero"` // when a request went out last
	Next  time.Time `json:"next,omitzero"`  // none before
	Why   string    `json:"why,omitempty"`  // why not, for people

	// Said is what the publisher has said of how often to ask.
	Said Pace `json:"said,omitzero"`

	Failures int       `json:"failures,omitempty"` // in a row
	Failing  time.Time `json:"failing,omitzero"`   // since when
	Fault    Fault     `json:"fault,omitempty"`    // the kind of the last one
	Error    string    `json:"error,omitempty"`    // and what it said
	Gone     time.Time `json:"gone,omitzero"`      // since when the server says so: it is not asked again

	// Moved is where permanent redirects lead, since when and on how many polls
	// they have led there, and whether the feed there is known to be the same one.
	Moved      string    `json:"moved,omitempty"`
	MovedSince time.Time `json:"moved_since,omitzero"`
	MovedSeen  int       `json:"moved_seen,omitempty"`
	MovedSame  bool      `json:"moved_same,omitempty"`
	// Adopted is the address that is asked instead of Feed, "" for Feed itself.
	Adopted string `json:"adopted,omitempty"`

	// Newest is the date of the newest item, Usual the gap between two items that is
	// usual for the feed, and Longest the longest there was.
	Newest  time.Time     `json:"newest,omitzero"`
	Usual   time.Duration `json:"usual,omitempty"`
	Longest time.Duration `json:"longest,omitempty"`

	// Anew: the feed was asked without knowing anything of it, and whether what it
	// held stands on the log is not known.
	Anew bool `json:"anew,omitempty"`
}

// Pace is what a publisher says of how often a feed may be asked; zero is nothing.
type Pace struct {
	Cache   time.Duration `json:"cache,omitempty"`    // Cache-Control: max-age, less Age
	Expires time.Duration `json:"expires,omitempty"`  // Expires, from Date
	TTL     time.Duration `json:"ttl,omitempty"`      // RSS ttl
	Update  time.Duration `json:"update,omitempty"`   // sy:updatePeriod over sy:updateFrequency
	NoHours uint32        `json:"no_hours,omitempty"` // skipHours: a bit for each hour, UTC
	NoDays  uint8         `json:"no_days,omitempty"`  // skipDays: a bit for each day, Sunday is 1
}

// Fault is a kind of failure of a request. Each has waits of its own.
type Fault string

// The kinds of failure.
const (
	FaultDNS        Fault = "dns"
	FaultConnection Fault = "connection"
	FaultTLS        Fault = "tls"
	FaultTimeout    Fault = "timeout"
	FaultDenied     Fault = "denied"     // 401, 403
	FaultMissing    Fault = "missing"    // 404
	FaultRequest    Fault = "request"    // another 4xx
	FaultBusy       Fault = "busy"       // 429, 503
	FaultServer     Fault = "server"     // another 5xx
	FaultNotFeed    Fault = "not a feed" // an answer with something else in it
)

// Silent is since when the feed has brought nothing although it used to, zero while
// it does as usual: nothing for four times as long as usual, for half as long again
// as it ever was silent, and for a fortnight.
func (s *PollState) Silent(now time.Time) time.Time {
	if s.Newest.IsZero() || s.Usual == 0 || s.Failures > 0 || !s.Gone.IsZero() {
		return time.Time{}
	}
	if now.Sub(s.Newest) < max(4*s.Usual, s.Longest*3/2, leastSilence) {
		return time.Time{}
	}
	return s.Newest
}

const leastSilence = 14 * 24 * time.Hour

// Polls remembers the feeds of one source. Safe for use by many goroutines.
type Polls interface {
	// Look is what is remembered of a feed: of one that was never asked, its name.
	Look(ctx context.Context, feed string) (PollState, error)
	// Announce says that a request is about to go out, and when the next one may if
	// nobody hears how this one went. It returns when that survives a power cut;
	// many at once are written together.
	Announce(ctx context.Context, s PollState) error
	// Settle says how it went. It is kept when the source's reading is over and what
	// came of it stands on the log.
	Settle(s PollState)
	// Wait says that the feed was not asked, since its next time has not come.
	Wait(s PollState)
}

// ErrHeld, from a Doer, wrapped in a RetryAfter: no request was sent, for the host
// has asked for fewer.
var ErrHeld = errors.New("the host asked for fewer requests")
