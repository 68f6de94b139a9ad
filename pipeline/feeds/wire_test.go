package feeds_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

// clock goes on by a millisecond with every look at it, and by what sleepers sleep.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	<-ctx.Done() // nobody in these tests waits for anything but the end
	return ctx.Err()
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

// wire is the engine on a real log, reading feeds over real HTTP.
type wire struct {
	t      testing.TB
	dir    string
	clock  *clock
	client *fetch.Client
	bus    *bus.Bus
	store  *views.Store
	ingest *pipeline.Ingest
	parser string
}

func newWire(t testing.TB) *wire {
	t.Helper()
	w := &wire{
		t: t, dir: t.TempDir(), parser: "feed/1",
		clock:  &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
		client: fetch.New(fetch.Options{AllowPrivate: true}),
	}
	w.open()
	t.Cleanup(func() { w.close(); w.client.Close() })
	return w
}

func (w *wire) open() {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var err error
	if w.bus, err = bus.Open(w.t.Context(), bus.Options{Dir: w.dir, Log: quiet}); err != nil {
		w.t.Fatal(err)
	}
	if w.store, err = views.Open(filepath.Join(w.dir, "views"), quiet); err != nil {
		w.t.Fatal(err)
	}
	w.ingest = pipeline.NewIngest(pipeline.IngestConfig{
		Log: pipeline.NewWindow(w.bus.Log(), 1000), KV: w.bus.KV(), Store: w.store, Registry: films.New(),
		Normalize: normalize.Normalize, Site: pipeline.Site{URL: "https://reviews.example.org"},
		Clock: w.clock, Logger: quiet, Workers: 2,
	})
	if err := w.ingest.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) close() {
	if w.bus != nil {
		w.bus.Close()
		w.store.Close()
		w.bus = nil
	}
}

// restart is what a daemon does that was stopped and is started again.
func (w *wire) restart() {
	w.close()
	w.open()
}

// poll reads the feed at an address once, as the source of that name.
func (w *wire) poll(name, address string, past ...pipeline.FeedPast) (pipeline.Report, error) {
	return w.pollWithin(name, address, time.Minute, past...)
}

func (w *wire) pollWithin(name, address string, limit time.Duration, past ...pipeline.FeedPast) (pipeline.Report, error) {
	env := pipeline.SourceEnv{Name: name, Log: slog.New(slog.DiscardHandler), Clock: w.clock, HTTP: w.client}
	return w.ingest.Poll(w.t.Context(), &pipeline.Polled{
		Name: name, Type: "feed", Parser: w.parser, Withdraw: pipeline.WithdrawGuarded,
		Source: feeds.Opener(env)(address, limit, past...),
	}, nil)
}

// latest lists the latest event of each review of a source.
func (w *wire) latest(name string) (all []*review.Event) {
	w.t.Helper()
	if err := w.bus.Log().Latest(w.t.Context(), func(e pipeline.Entry) error {
		if e.Review != nil && e.Review.Source.Name == name {
			all = append(all, e.Review)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// site is a web server whose every answer a test writes. It counts what it is asked.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	answer func(w http.ResponseWriter, r *http.Request)
}

func newSite(t testing.TB, answer http.HandlerFunc) *site {
	s := &site{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.URL.RequestURI())
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// requests are those since the last call.
func (s *site) requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := strings.Join(s.asked, " ")
	s.asked = nil
	return asked
}

// post is a review on a blog. Its text has its number in it, and that never changes.
type post struct {
	n     int
	title string
	at    time.Time
	text  string
}

func newPost(n int) *post {
	return &post{
		n: n, title: fmt.Sprintf("Film Number %d (2010)", n),
		at:   time.Date(2026, 1, 1, 9, 30, 0, 0, time.UTC).Add(time.Duration(n) * 26 * time.Hour),
		text: fmt.Sprintf("This is what was written as review-%d. It is a film about a house and the people in it.", n),
	}
}

// numbers counts how many live reviews each post has.
func numbers(events []*review.Event) map[int]int {
	counts := map[int]int{}
	for _, e := range events {
		if e.Gone() {
			continue
		}
		_, rest, _ := strings.Cut(e.BodyText, "review-")
		n := -1
		fmt.Sscanf(rest, "%d.", &n)
		counts[n]++
	}
	return counts
}
