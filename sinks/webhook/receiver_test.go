package webhook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/filmwire/filmwire/pipeline/review"
)

const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// receiver is somebody who follows the documented contract, with a verifier that
// is not ours: it takes each id once, and keeps the newest revision of each
// review that is not withdrawn.
type receiver struct {
	*httptest.Server
	t testing.TB
	// fault, which may be nil, is asked before a call is answered. It may answer
	// itself, or end the call by a panic; then it returns true.
	fault func(w http.ResponseWriter, r *http.Request, take func() error) bool

	arrived chan struct{} // closed when there are as many ids as wanted
	want    int

	mu        sync.Mutex
	calls     int
	ids       map[string]string // idempotency key: body
	revisions map[review.ID]int
	texts     map[string]string // by review: what stands
	faults    []string
}

// called is how many calls have come; one that was aborted may still be on its way.
func (r *receiver) called() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{t: t, arrived: make(chan struct{}), ids: map[string]string{}, revisions: map[review.ID]int{}, texts: map[string]string{}}
	r.Server = httptest.NewServer(r)
	r.Server.Config.ErrorLog = nil
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
		for _, f := range r.faults {
			t.Error(f)
		}
	})
	return r
}

func (r *receiver) complain(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < 10 {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// ServeHTTP takes a call and answers 204.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the caller went away
	}
	r.mu.Lock()
	r.calls++
	r.mu.Unlock()
	take := func() error { return r.take(req.Header, body) }
	if r.fault != nil && r.fault(w, req, take) {
		return
	}
	if err := take(); err != nil {
		r.complain("%v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// verify checks the signature with the reference library of the scheme.
func verify(header http.Header, body []byte) error {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return verifier.VerifyIgnoringTimestamp(body, header) // the test's clock stands in 2010
}

func (r *receiver) take(header http.Header, body []byte) error {
	if err := verify(header, body); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	key := header.Get("Idempotency-Key")
	if key == "" || key != header.Get("webhook-id") {
		return fmt.Errorf("idempotency key %q, webhook-id %q", key, header.Get("webhook-id"))
	}
	var events []cloudEvent
	switch media, _, _ := mime.ParseMediaType(header.Get("Content-Type")); media {
	case "application/cloudevents+json":
		events = make([]cloudEvent, 1)
		if err := json.Unmarshal(body, &events[0]); err != nil {
			return err
		}
	case "application/cloudevents-batch+json":
		if err := json.Unmarshal(body, &events); err != nil {
			return err
		}
	default:
		return fmt.Errorf("media type %q", media)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, again := r.ids[key]; again {
		if before != string(body) {
			return fmt.Errorf("key %s came again with another body", key)
		}
		return nil
	}
	r.ids[key] = string(body)
	if len(r.ids) == r.want {
		close(r.arrived)
	}
	for _, e := range events {
		if err := r.keep(e); err != nil {
			return err
		}
	}
	return nil
}

type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

func (r *receiver) keep(c cloudEvent) error {
	e, err := review.ParseEvent(c.Data)
	if err != nil {
		return err
	}
	if c.SpecVersion != "1.0" || c.ID != e.EventID || c.Source != "/sources/"+e.Source.Name ||
		c.Type != "org.filmwire.review."+string(e.Kind) || c.DataContentType != "application/json" {
		return fmt.Errorf("cloud event %+v", c)
	}
	switch last := r.revisions[e.ReviewID]; {
	case e.Revision == last:
		return nil
	case e.Revision < last:
		return fmt.Errorf("review %s: revision %d came after %d", e.ReviewID, e.Revision, last)
	}
	r.revisions[e.ReviewID] = e.Revision
	if e.Gone() {
		if e.BodyText != "" || e.Title != "" {
			return fmt.Errorf("review %s is withdrawn, and its text is told", e.ReviewID)
		}
		delete(r.texts, string(e.ReviewID))
		return nil
	}
	r.texts[string(e.ReviewID)] = e.BodyText
	return nil
}

func (r *receiver) outside() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]string{}
	for id, text := range r.texts {
		all[id] = text
	}
	return all
}
