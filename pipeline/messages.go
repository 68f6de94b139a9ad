package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Messages passes events on to others who listen to a server of messages. Safe for
// use by many goroutines.
type Messages interface {
	// Send passes the event on to whoever listens now, and returns when the server
	// has it. Nobody listening is no error.
	Send(ctx context.Context, to Address, e *review.Event) error
	// Store returns when the server keeps the event. ErrNobody: nothing there keeps
	// what comes to the address. An event that is stored again soon is kept once.
	Store(ctx context.Context, to Address, e *review.Event) error
	// Ask returns what somebody who listens answers. ErrNobody: no one does.
	Ask(ctx context.Context, to Address, e *review.Event) (reply []byte, err error)
	// Close gives back a connection of one's own.
	Close() error
}

// Address is where messages go: words, from the general to the particular. Any
// text can be a word; what has no plain form is hashed.
type Address []string

// MessageServer says which server; the zero value is the one that keeps the log.
type MessageServer struct {
	URL         string
	Credentials Path // a .creds file, "" for none
	Token       Secret
}

// OpenMessages connects, and does not wait until that has succeeded.
type OpenMessages func(MessageServer) (Messages, error)

// ErrNobody says that nobody takes what is sent to an address.
var ErrNobody = errors.New("nobody takes what is sent there")

// Opinion is a verdict as others write it, in JSON.
type Opinion struct {
	Verdict      string  `json:"verdict"` // done, retry, reject or pause
	AfterSeconds float64 `json:"after_seconds,omitempty"`
	Code         string  `json:"code,omitempty"`
	Reason       string  `json:"reason,omitempty"`
}

// ParseOpinion reads an opinion. Fields it does not know are ignored.
func ParseOpinion(data []byte) (Verdict, error) {
	var o Opinion
	if err := json.Unmarshal(data, &o); err != nil {
		return Verdict{}, fmt.Errorf("%q is no verdict", review.Cut(review.Line(string(data)), 120))
	}
	return o.Read()
}

// The bounds of what others may say.
const (
	maxAfter  = 24 * time.Hour
	maxCode   = 60
	maxReason = 500

	codeOpinion = "refused" // where they name none
)

// Read is the verdict that others mean.
func (o *Opinion) Read() (Verdict, error) {
	v := Verdict{Code: review.Cut(review.Line(o.Code), maxCode), Reason: review.Cut(review.Line(o.Reason), maxReason)}
	switch o.Verdict {
	case "done":
		return Verdict{}, nil
	case "retry":
		v.Outcome = Retry
		v.After = time.Duration(max(0, min(o.AfterSeconds, maxAfter.Seconds())) * float64(time.Second))
	case "reject":
		v.Outcome = Reject
	case "pause":
		v.Outcome = Pause
	default:
		return Verdict{}, fmt.Errorf("the verdict %q: want done, retry, reject or pause", review.Cut(review.Line(o.Verdict), maxCode))
	}
	if v.Code == "" {
		v.Code = codeOpinion
	}
	return v, nil
}
