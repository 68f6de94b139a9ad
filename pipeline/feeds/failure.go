package feeds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// curve is how the wait after failures in a row grows: it doubles from first to most.
type curve struct{ first, most time.Duration }

// curveOf is the curve of a kind of failure. Where nobody was reached, nobody is
// bothered, and it is more often our own line that is down. What only a person can
// mend is asked for rarely.
func curveOf(f pipeline.Fault) curve {
	const day = 24 * time.Hour
	switch f {
	case pipeline.FaultDNS:
		return curve{10 * time.Minute, 6 * time.Hour}
	case pipeline.FaultConnection:
		return curve{15 * time.Minute, 12 * time.Hour}
	case pipeline.FaultDenied, pipeline.FaultRequest:
		return curve{6 * time.Hour, 3 * day}
	case pipeline.FaultMissing:
		return curve{time.Hour, 7 * day}
	}
	return curve{time.Hour, day} // TLS, timeouts, 5xx, 429, what is no feed
}

// after is the wait after so many failures in a row.
func (c curve) after(failures int) time.Duration {
	wait := c.first
	for range min(failures, 32) - 1 {
		if wait = 2 * wait; wait >= c.most {
			return c.most
		}
	}
	return wait
}

// jitter adds up to a tenth to a wait, always the same for a feed, so that all that
// waited for one thing do not come back at once.
func jitter(feed string, wait time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(feed))
	return wait + time.Duration(h.Sum64()%uint64(wait/10+1)).Truncate(time.Second)
}

// failed is the state after a request that did not go well.
func failed(s pipeline.PollState, err error) pipeline.PollState {
	if s.Failures == 0 {
		s.Failing = s.Asked
	}
	s.Failures++
	s.Fault, s.Error = faultOf(err), clipped(err.Error())
	wait := jitter(s.Feed, curveOf(s.Fault).after(s.Failures))
	s.Why = times(s.Failures)
	var retry *pipeline.RetryAfter
	if errors.As(err, &retry) {
		if asked := jitter(s.Feed, max(retry.After, leastSaid)); asked > wait || s.Failures < patience {
			wait = asked
		}
		s.Why = "the server asked for " + InWords(max(retry.After, leastSaid))
	}
	s.Next = s.Asked.Add(wait).Truncate(time.Second)
	if errors.Is(err, pipeline.ErrGone) {
		s.Gone, s.Next, s.Why = s.Asked, time.Time{}, "the server says that the feed is gone for good (410)"
	}
	return s
}

// patience is after how many failures in a row a server is no longer believed that
// asks to be asked again soon.
const patience = 3

func times(n int) string {
	switch n {
	case 1:
		return "it failed once"
	case 2:
		return "it failed twice in a row"
	}
	return fmt.Sprintf("it failed %d times in a row", n)
}

// mostError bounds what is kept of an error's text.
const mostError = 300

func clipped(s string) string {
	if len(s) <= mostError {
		return s
	}
	return strings.ToValidUTF8(s[:mostError], "") + "..."
}

// statusError is an answer that holds no feed.
type statusError struct {
	code int
	error
}

func (e *statusError) Unwrap() error { return e.error }

// faultOf says what kind of failure an error is.
func faultOf(err error) pipeline.Fault {
	var status *statusError
	if errors.As(err, &status) {
		return faultOfStatus(status.code)
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout interface{ Timeout() bool }
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return pipeline.FaultDNS
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &record), errors.As(err, &alert):
		return pipeline.FaultTLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return pipeline.FaultTimeout
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return pipeline.FaultConnection
	case errors.Is(err, errRequest): // redirects without end, say
		return pipeline.FaultServer
	}
	return pipeline.FaultNotFeed
}

// errRequest is what every error of a request without an answer is.
var errRequest = errors.New("no answer")

func faultOfStatus(code int) pipeline.Fault {
	switch {
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return pipeline.FaultBusy
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return pipeline.FaultDenied
	case code == http.StatusNotFound || code == http.StatusGone:
		return pipeline.FaultMissing
	case code >= 500:
		return pipeline.FaultServer
	case code >= 400:
		return pipeline.FaultRequest
	}
	return pipeline.FaultNotFeed
}
