package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hooked is a receiver of webhooks that remembers every call by its key.
type hooked struct {
	*httptest.Server
	t       *testing.T
	pulse   chan int // how many keys it has seen, at each new one
	mu      sync.Mutex
	bodies  map[string]string
	reviews map[string]bool
	again   int
}

func newHooked(t *testing.T, reviews int) *hooked {
	h := &hooked{t: t, pulse: make(chan int, reviews+1), bodies: map[string]string{}, reviews: map[string]bool{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hooked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the daemon was killed while it spoke
	}
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	if err == nil {
		err = verifier.Verify(body, r.Header)
	}
	if err != nil {
		h.t.Errorf("signature: %v", err)
	}
	var e struct {
		ID   string
		Data struct {
			ReviewID string `json:"review_id"`
		}
	}
	if err := json.Unmarshal(body, &e); err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	switch before, seen := h.bodies[key]; {
	case key != e.ID:
		h.t.Errorf("key %q of event %q", key, e.ID)
	case !seen && h.reviews[e.Data.ReviewID]:
		h.t.Errorf("review %s came again under another key", e.Data.ReviewID)
	case seen && before != string(body):
		h.t.Errorf("key %s came again with another body", key)
	case seen:
		h.again++
	default:
		h.bodies[key], h.reviews[e.Data.ReviewID] = string(body), true
		h.pulse <- len(h.bodies)
	}
}

// surviveHooked kills a daemon each time its receiver has got so many new events
// more, and starts it again, until all have come.
func surviveHooked(t *testing.T, reviews, each int) {
	h := newHooked(t, reviews)
	config := newsroom(t, reviews)
	replace(t, config, "data: ./data", "data: ./data\nlisten: 127.0.0.1:0")
	replace(t, config, "  - {name: posts, type: drafts, networks: [mastodon], backfill: all}",
		fmt.Sprintf("  - {name: hook, type: webhook, url: %q, secret: %s, backfill: all, allow_private: true}", h.URL, hookSecret))
	kills := 0
	s := serve(t, config)
	for got := 0; got < reviews; {
		got = <-h.pulse
		if got%each == 0 && got < reviews {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			kills++
			s = serve(t, config)
		}
	}
	s.stop()
	filmwire(t, "run", "--once", "-c", config)
	t.Logf("%d kills; of %d events, %d came twice", kills, len(h.bodies), h.again)
	if len(h.reviews) != reviews {
		t.Errorf("%d reviews came, want %d", len(h.reviews), reviews)
	}
	if kills == 0 {
		t.Error("nothing was killed: the test says nothing")
	}
}

func TestAKilledDaemonLosesNoCall(t *testing.T) { surviveHooked(t, 120, 35) }

func TestProveAKilledDaemonLosesNoCall(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("40 kills over 4,000 reviews take minutes: run `make prove`")
	}
	surviveHooked(t, 4000, 100)
}
