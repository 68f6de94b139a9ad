package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The codes of verdicts that are not Done. Answers that have none of their own
// have http_ and the status.
const (
	codeUnreachable  = "unreachable"  // Retry: no connection, or it broke
	codeTimeout      = "timeout"      // Retry: no answer in time
	codeHalfAnswer   = "half_answer"  // Retry: the answer broke off
	codeSlowDown     = "slow_down"    // Retry: 429
	codeUnavailable  = "unavailable"  // Retry: 503
	codeEarlier      = "earlier"      // Retry: an earlier event of the review waits, or the receiver asked for time
	codeMoved        = "moved"        // Pause: 301, 308
	codeUnauthorized = "unauthorized" // Pause: 401
	codeForbidden    = "forbidden"    // Pause: 403
	codeGone         = "gone"         // Pause: 410
	codePrivate      = "private"      // Pause: the address is not a public one
	codeWording      = "bad_wording"  // Reject: a template does not fit the event
)

const (
	maxAnswer = 64 << 10 // bytes that are read of an answer
	maxQuoted = 300      // characters of it that stand in a reason
)

// readStart reads an answer up to the bound. One that is longer is no error.
func readStart(body io.Reader) ([]byte, error) {
	said, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return said, fmt.Errorf("the answer broke off after %d bytes: %w", len(said), err)
	}
	return said, nil
}

// unanswered is the verdict where no answer came.
func unanswered(ctx context.Context, err error) pipeline.Verdict {
	v := pipeline.Verdict{Outcome: pipeline.Retry, Code: codeUnreachable, Reason: review.Line(withoutURL(err).Error())}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTimeout):
		v.Code, v.Reason = codeTimeout, cause.Error()
	case errors.Is(err, pipeline.ErrPrivate):
		v.Outcome, v.Code = pipeline.Pause, codePrivate
	}
	return v
}

// withoutURL is an error without the address in front of it, which may be a key.
func withoutURL(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// halfAnswered is the verdict where the receiver said yes and then broke off: it
// may not have meant it, and will know the call if it comes again.
func halfAnswered(ctx context.Context, err error) pipeline.Verdict {
	v := unanswered(ctx, err)
	if v.Code == codeUnreachable {
		v.Code = codeHalfAnswer
	}
	return v
}

// judge is what an answer means.
func (d *Delivery) judge(res *http.Response, said []byte) pipeline.Verdict {
	status := res.StatusCode
	v := pipeline.Verdict{Code: fmt.Sprintf("http_%d", status), Reason: reason(res.Status, said)}
	switch {
	case status >= 200 && status < 300:
		return pipeline.Verdict{}
	case status == http.StatusTooManyRequests:
		v.Outcome, v.Code = pipeline.Retry, codeSlowDown
	case status == http.StatusServiceUnavailable:
		v.Outcome, v.Code = pipeline.Retry, codeUnavailable
	case status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect:
		v.Outcome, v.Code = pipeline.Pause, codeMoved
		v.Reason = res.Status + movedTo(res)
	case status == http.StatusUnauthorized:
		v.Outcome, v.Code = pipeline.Pause, codeUnauthorized
	case status == http.StatusForbidden:
		v.Outcome, v.Code = pipeline.Pause, codeForbidden
	case status == http.StatusGone:
		v.Outcome, v.Code = pipeline.Pause, codeGone
	case status == http.StatusRequestTimeout || status == http.StatusTooEarly || status < 400 || status >= 500:
		v.Outcome = pipeline.Retry
	default:
		v.Outcome = pipeline.Reject
	}
	if v.Outcome == pipeline.Retry {
		v.After, _ = pipeline.ParseRetryAfter(res.Header.Get("Retry-After"), d.env.Clock.Now(), maxWait)
	}
	return v
}

// reason is the status with what the receiver says.
func reason(status string, said []byte) string {
	if text := review.Cut(review.Line(string(said)), maxQuoted); text != "" {
		return status + ": " + text
	}
	return status
}

// movedTo names where the address has moved, without what may be a key.
func movedTo(res *http.Response) string {
	to, err := res.Location()
	if err != nil {
		return ""
	}
	return ": the receiver has moved to " + to.Scheme + "://" + to.Host + "; correct the sink's url"
}
