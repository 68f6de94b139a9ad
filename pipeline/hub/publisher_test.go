package hub_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/hub"
)

// elsewhere is a hub that is told.
type elsewhere struct {
	url  string
	told chan url.Values

	mu     sync.Mutex
	status []int
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{told: make(chan url.Values, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		status := http.StatusNoContent
		if len(e.status) > 0 {
			status, e.status = e.status[0], e.status[1:]
		}
		r.ParseForm()
		w.WriteHeader(status)
		e.told <- r.PostForm
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func TestPublisher(t *testing.T) {
	e, c := newElsewhere(t), newClock()
	client := fetch.New(fetch.Options{AllowPrivate: true})
	defer client.Close()
	p := hub.NewPublisher(hub.PublisherOptions{
		Hub: e.url, HTTP: client, Clock: c, Log: quiet(),
		TopicOf: func(path string) (string, bool) { return siteURL + path, strings.HasPrefix(path, "feeds/") },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()

	// next lets time pass until the hub is told, and says of what, and when.
	next := func() (form url.Values, at time.Time) {
		t.Helper()
		for len(e.told) == 0 {
			if t.Context().Err() != nil {
				t.Fatal("never told")
			}
			c.move(gather)
			exec.Command("true").Run() // let it work
		}
		return <-e.told, c.Now()
	}
	p.Changed([]string{"films/heat.html"}) // no topic
	for range 10 {
		p.Changed([]string{"feeds/latest.rss", "films/heat.html"})
	}
	p.Changed([]string{"feeds/latest.atom"})
	var topics []string
	for range 2 {
		form, _ := next()
		if form.Get("hub.mode") != "publish" || form.Get("hub.url") != form.Get("hub.topic") {
			t.Errorf("told %v", form)
		}
		topics = append(topics, form.Get("hub.topic"))
	}
	slices.Sort(topics)
	if !slices.Equal(topics, []string{siteURL + "feeds/latest.atom", siteURL + "feeds/latest.rss"}) {
		t.Errorf("told of %v", topics)
	}

	e.mu.Lock()
	e.status = []int{503, 429, 204, 400}
	e.mu.Unlock()
	p.Changed([]string{"feeds/latest.rss"})
	_, before := next()
	p.Changed([]string{"feeds/latest.rss"}) // meanwhile: still one thing to tell
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
		form, at := next()
		if form.Get("hub.topic") != siteURL+"feeds/latest.rss" || at.Sub(before) < wait {
			t.Errorf("after %v, want at least %v: told %v", at.Sub(before), wait, form)
		}
		before = at
	}
	for _, path := range []string{"feeds/refused.rss", "feeds/last.rss"} { // what is refused is not told again
		p.Changed([]string{path})
		if form, _ := next(); form.Get("hub.topic") != siteURL+path {
			t.Errorf("told %v", form)
		}
	}
	if len(e.told) > 0 {
		t.Errorf("told once more: %v", <-e.told)
	}
}
