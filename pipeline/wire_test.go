package pipeline_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/tree"
	"github.com/filmwire/filmwire/pipeline/views"
)

// clock is a clock that goes on by a second with every look at it, and that only
// sleepers move otherwise.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	return ctx.Err()
}

// shelf is a source that holds texts by guid, and shows all of them.
type shelf struct {
	texts     map[string]string      // "Title|text", by guid
	films     map[string]review.Film // what is stated of the film instead, by guid
	partial   bool                   // shows only some of what it holds
	gone      []string               // what it says was taken back
	problems  []pipeline.Problem
	err       error // after everything was handed out
	unchanged bool
}

func (s *shelf) Read(_ context.Context, checkpoint []byte, out pipeline.Out) (pipeline.Reading, error) {
	if s.unchanged {
		return pipeline.Reading{Unchanged: true, Complete: true, Checkpoint: checkpoint}, nil
	}
	var guids []string
	for guid := range s.texts {
		guids = append(guids, guid)
	}
	sort.Strings(guids)
	for _, guid := range guids {
		title, text, _ := strings.Cut(s.texts[guid], "|")
		film, ok := s.films[guid]
		if !ok {
			film = review.Film{Title: title, Year: 2020}
		}
		sum := sha256.Sum256(fmt.Append(nil, s.texts[guid], film))
		if err := out.Document(review.Document{
			GUID: guid, RawSHA256: hex.EncodeToString(sum[:]), Form: review.FormText, Body: text,
			Stated: review.Review{Film: film, PublishedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
		}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	for _, guid := range s.gone {
		if err := out.Gone(guid); err != nil {
			return pipeline.Reading{}, err
		}
	}
	for _, p := range s.problems {
		if err := out.Problem(p); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{Complete: !s.partial, Checkpoint: fmt.Appendf(nil, "%d texts", len(guids))}, s.err
}

// plain is a Normalize that takes what is stated.
func plain(d review.Document) (review.Review, error) {
	switch d.Body {
	case "broken":
		return review.Review{}, errors.New("this text is broken")
	case "news":
		return review.Review{}, fmt.Errorf("%w: only news", pipeline.ErrNotReview)
	}
	r := d.Stated
	r.EntryKind, r.BodyText, r.Title = review.EntryReview, d.Body, d.Stated.Film.Title
	r.Critic = d.Defaults.Critic
	return r, nil
}

// wire is the engine on a real log.
type wire struct {
	t      testing.TB
	dir    string
	clock  *clock
	bus    *bus.Bus
	log    *pipeline.Window
	store  *views.Store
	ingest *pipeline.Ingest
	polled pipeline.Polled
	shelf  *shelf

	normalize pipeline.Normalize // plain, unless said
	registry  *films.Registry
	overrides []pipeline.Override
	between   func(pipeline.Log) pipeline.Log // puts something between engine and log
}

func newWire(t testing.TB) *wire {
	t.Helper()
	w := &wire{t: t, dir: t.TempDir(), clock: newClock(), shelf: &shelf{texts: map[string]string{}}}
	w.polled = pipeline.Polled{Name: "shelf", Type: "shelf", Source: w.shelf, Parser: "plain/1", Withdraw: pipeline.WithdrawGuarded}
	w.open()
	t.Cleanup(w.close)
	return w
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (w *wire) open() {
	w.t.Helper()
	var err error
	if w.bus, err = bus.Open(w.t.Context(), bus.Options{Dir: w.dir, Log: quiet()}); err != nil {
		w.t.Fatal(err)
	}
	if w.store, err = views.Open(filepath.Join(w.dir, "views"), quiet()); err != nil {
		w.t.Fatal(err)
	}
	log := w.bus.Log()
	if w.between != nil {
		log = w.between(log)
	}
	w.log = pipeline.NewWindow(log, 1000)
	w.registry = films.New()
	w.registry.Override(w.overrides)
	if w.normalize == nil {
		w.normalize = plain
	}
	w.ingest = pipeline.NewIngest(pipeline.IngestConfig{
		Log: w.log, KV: w.bus.KV(), Store: w.store, Registry: w.registry, Normalize: w.normalize,
		Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer},
		Site:      pipeline.Site{URL: "https://reviews.example.org"}, Clock: w.clock, Logger: quiet(), Workers: 2,
	})
	if err := w.ingest.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) close() {
	if w.bus != nil {
		w.bus.Close()
		w.store.Close()
		w.bus, w.store = nil, nil
	}
}

// poll reads the shelf and says what came of it: "+published ~revised -withdrawn
// ^restored =same".
func (w *wire) poll() string {
	w.t.Helper()
	report, err := w.ingest.Poll(w.t.Context(), &w.polled, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return brief(&report)
}

func brief(r *pipeline.Report) string {
	s := fmt.Sprintf("+%d ~%d -%d ^%d =%d", r.Published, r.Revised, r.Withdrawn, r.Restored, r.Same)
	if r.Held > 0 {
		s += fmt.Sprintf(" held %d of %d", r.Held, r.HeldOf)
	}
	if r.Damaged > 0 {
		s += fmt.Sprintf(" damaged %d", r.Damaged)
	}
	if r.PassedBy > 0 {
		s += fmt.Sprintf(" passed %d", r.PassedBy)
	}
	return s
}

func (w *wire) want(says string) {
	w.t.Helper()
	if got := w.poll(); got != says {
		w.t.Fatalf("poll: %s, want %s", got, says)
	}
}

// latest is the latest event of every review, by guid.
func (w *wire) latest() map[string]*review.Event {
	w.t.Helper()
	all := map[string]*review.Event{}
	if err := w.bus.Log().Latest(w.t.Context(), func(e pipeline.Entry) error {
		all[e.Review.Source.GUID] = e.Review
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// history is every event on the log, "guid:kind/revision".
func (w *wire) history() []string {
	w.t.Helper()
	head, err := w.bus.Log().Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for at := pipeline.Position(0); at < head; {
		entries, err := w.bus.Log().Read(w.t.Context(), at, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			at = e.Position
			if e.Review != nil {
				all = append(all, fmt.Sprintf("%s:%s/%d", e.Review.Source.GUID, e.Review.Kind, e.Review.Revision))
			}
		}
	}
	return all
}

func (w *wire) tree(name string) *tree.Tree {
	w.t.Helper()
	tr, err := tree.Open(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { tr.Close() })
	return tr
}

// dated is a document of a review that came out at some time.
func dated(guid string, published time.Time) review.Document {
	return review.Document{GUID: guid, RawSHA256: guid, Body: "text " + guid, Stated: review.Review{
		Film: review.Film{Title: "Film " + guid, Year: 2000}, PublishedAt: published,
	}}
}
