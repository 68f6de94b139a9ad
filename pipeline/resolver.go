package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Resolver looks films up in a catalogue on the network. It is asked for films that
// the rules alone would take for new, or could not tell from others; what it says is
// recorded in the film's event, and replaying the log asks nobody. Safe for use by
// many goroutines.
type Resolver interface {
	// Resolve lists the films of the catalogue that could be the one of which this
	// is stated: title, original and other titles, year, directors, ids, any of
	// which may be missing. It does not choose between them, and leaves none out
	// that fits by title and year: where there are too many to tell, and where
	// there is none, it returns ErrNotFound. Any other error is for the time being,
	// and a [RetryAfter] says how long.
	Resolve(ctx context.Context, stated review.Film) ([]review.Film, error)
}

// ResolverType is a kind of resolver: one line of the catalogue.
type ResolverType struct {
	Name    string // the config's type
	Summary string // one sentence, for people
	// Configure reads and checks the resolver's own options, as that of a
	// [SourceType] does.
	Configure func(Options) OpenResolver
}

// OpenResolver makes the resolver. It asks nothing yet.
type OpenResolver func(ResolverEnv) Resolver

// ResolverEnv is what a resolver gets from its surroundings.
type ResolverEnv struct {
	Clock Clock
	HTTP  Doer
}

// maxAnswer bounds a catalogue's answer. That for a film with a title in every
// country is some 100 KB.
const maxAnswer = 4 << 20

// mostRetryAfter bounds what a catalogue may ask for.
const mostRetryAfter = 24 * time.Hour

// JSON sends a request of a resolver and decodes the answer. ErrNotFound is 404;
// other errors are for the time being, with a [RetryAfter] where the catalogue said
// how long. They do not name the request's headers.
func (e ResolverEnv) JSON(req *http.Request, into any) error {
	at := req.URL.Host + req.URL.Path
	req.Header.Set("Accept", "application/json")
	resp, err := e.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", at, ErrNotFound)
	default:
		err := fmt.Errorf("%s: %d %s", at, resp.StatusCode, strings.ToLower(http.StatusText(resp.StatusCode)))
		if resp.StatusCode == http.StatusUnauthorized {
			err = fmt.Errorf("%w: is the key right?", err)
		}
		if after, ok := ParseRetryAfter(resp.Header.Get("Retry-After"), e.Clock.Now(), mostRetryAfter); ok && after > 0 {
			err = &RetryAfter{After: after, Err: err}
		}
		return err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", at, err)
	case len(body) > maxAnswer:
		return fmt.Errorf("%s: the answer is over %d bytes", at, maxAnswer)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: the answer is not what a catalogue says: %w", at, err)
	}
	return nil
}
