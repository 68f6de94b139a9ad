package sinktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// ViewOption makes the suite ask for more than every view must do.
type ViewOption func(*viewSuite)

// Touches asks that one event touches only the documents it must. may answers,
// for the review's event before (nil for none) and the entry applied, whether the
// document at path may be put or removed.
func Touches(may func(before *review.Event, now pipeline.Entry, path string) bool) ViewOption {
	return func(s *viewSuite) { s.may = may }
}

// View is the suite that every view must pass. open makes a view that stands on
// an empty state; it is called many times and must not share anything between
// two views. The laws, each on many random histories:
//
//   - batching: the same documents however the log is cut into batches
//   - latest: the same from the latest event of each review alone
//   - restart: the same when a new view goes on with an older one's state
//   - thrown away: the same when a batch was applied, not kept, and comes again
//   - again: the same when the end of the log is applied twice
//   - superseded: the same when the log no longer holds older revisions
//   - idle: no entries change nothing once the standing documents are written
//   - withdrawn: no text of a review that is gone, or hidden, is left
//   - paths: every path passes [CheckPath]
//   - shared: entries are not changed
//   - cancelled: a context that has ended is answered with its error
func View(t *testing.T, open func(t testing.TB, env pipeline.ViewEnv) pipeline.View, opts ...ViewOption) {
	t.Helper()
	s := viewSuite{open: func(env pipeline.ViewEnv) pipeline.View { return open(t, env) }}
	for _, o := range opts {
		o(&s)
	}
	t.Run("version", func(t *testing.T) { report(t, s.version()) })
	t.Run("cancelled", func(t *testing.T) { report(t, s.cancelled()) })
	t.Run("laws", rapid.MakeCheck(func(rt *rapid.T) {
		h := Histories().Draw(rt, "history")
		cuts := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 4).Draw(rt, "batch sizes")
		if err := s.laws(h, cuts); err != nil {
			rt.Fatal(err)
		}
	}))
}

func report(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type viewSuite struct {
	open func(pipeline.ViewEnv) pipeline.View
	may  func(before *review.Event, now pipeline.Entry, path string) bool
}

// laws checks all of them on one history, cut into batches of the given sizes,
// over and over.
func (s *viewSuite) laws(h History, sizes []int) error {
	written := mustJSON(h)
	one := &viewRun{at: h.At}
	if err := s.run(one, split(h, []int{1})); err != nil {
		return fmt.Errorf("one entry at a time: %w", err)
	}
	want := one.docs.Files()
	for _, law := range []struct {
		name string
		of   func(h History, batches [][]pipeline.Entry) (*viewRun, error)
	}{
		{"batching", s.plain},
		{"latest", func(h History, _ [][]pipeline.Entry) (*viewRun, error) { return s.plain(h, split(h.Latest(), sizes)) }},
		{"restart", s.restart},
		{"thrown away", s.thrownAway},
		{"again", s.again},
		{"superseded", s.superseded},
		{"idle", s.idle},
	} {
		got, err := law.of(h, split(h, sizes))
		if err != nil {
			return fmt.Errorf("law %q: %w", law.name, err)
		}
		if err := sameFiles(want, got.docs.Files()); err != nil {
			return fmt.Errorf("law %q: %w", law.name, err)
		}
		if err := sameFacts(one.docs, got.docs); err != nil {
			return fmt.Errorf("law %q: %w", law.name, err)
		}
	}
	if err := one.docs.Err(); err != nil {
		return fmt.Errorf("law %q: %w", "paths", err)
	}
	if mustJSON(h) != written {
		return errors.New(`law "shared": the view has changed an entry`)
	}
	return errors.Join(takenBack(h, want), s.touches(h))
}

// viewRun is one view at work, with what it has made.
type viewRun struct {
	at   func(context.Context, pipeline.Position) (pipeline.Entry, error)
	view pipeline.View
	st   *Memory
	docs *Documents
}

// run opens a view over what the run holds already and applies the batches,
// after a batch without entries, as the engine does when it starts.
func (s *viewSuite) run(r *viewRun, batches [][]pipeline.Entry) error {
	if r.st == nil {
		r.st, r.docs = &Memory{}, &Documents{}
	}
	r.view = s.open(viewEnv(r.at))
	for _, batch := range append([][]pipeline.Entry{nil}, batches...) {
		if err := r.view.Apply(context.Background(), batch, r.st, r.docs); err != nil {
			return fmt.Errorf("apply %s: %w", places(batch), err)
		}
	}
	return nil
}

func (s *viewSuite) plain(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	r := &viewRun{at: h.At}
	return r, s.run(r, batches)
}

func (s *viewSuite) superseded(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	r := &viewRun{at: h.atLatest}
	return r, s.run(r, batches)
}

func (s *viewSuite) restart(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	r := &viewRun{at: h.At}
	for _, batch := range batches {
		if err := s.run(r, [][]pipeline.Entry{batch}); err != nil {
			return r, err
		}
	}
	return r, s.run(r, nil)
}

// thrownAway applies each batch twice: on copies of state and documents that are
// then forgotten, and for good.
func (s *viewSuite) thrownAway(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	r := &viewRun{at: h.At}
	if err := s.run(r, nil); err != nil {
		return r, err
	}
	for _, batch := range batches {
		if err := r.view.Apply(context.Background(), batch, r.st.Clone(), r.docs.clone()); err != nil {
			return r, fmt.Errorf("apply %s, to be forgotten: %w", places(batch), err)
		}
		if err := r.view.Apply(context.Background(), batch, r.st, r.docs); err != nil {
			return r, fmt.Errorf("apply %s once more: %w", places(batch), err)
		}
	}
	return r, nil
}

func (s *viewSuite) again(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	end := []pipeline.Entry(h[len(h)/2:])
	return s.plain(h, append(batches, end, end))
}

func (s *viewSuite) idle(h History, batches [][]pipeline.Entry) (*viewRun, error) {
	return s.plain(h, append(batches, nil, nil))
}

// takenBack checks that no document holds the text of a revision that is not the
// live one.
func takenBack(h History, files map[string]string) error {
	var live strings.Builder
	for _, e := range h.Latest() {
		if e.Review != nil && e.Live {
			live.WriteString(e.Review.Summary)
		}
	}
	for _, e := range h {
		if e.Review == nil {
			continue
		}
		mark := Mark(e.Review.Source.GUID, e.Review.Revision)
		for path, content := range files {
			if strings.Contains(content, mark) && !strings.Contains(live.String(), mark) {
				return fmt.Errorf("law %q: %s still holds the text of review %s, revision %d", "withdrawn", path, e.Review.ReviewID, e.Review.Revision)
			}
		}
	}
	return nil
}

// touches applies one entry at a time and asks about each document touched.
func (s *viewSuite) touches(h History) error {
	if s.may == nil {
		return nil
	}
	r := &viewRun{at: h.At}
	if err := s.run(r, nil); err != nil {
		return err
	}
	r.docs.Touched()
	before := map[review.ID]*review.Event{}
	for _, e := range h {
		if err := r.view.Apply(context.Background(), []pipeline.Entry{e}, r.st, r.docs); err != nil {
			return fmt.Errorf("apply %d: %w", e.Position, err)
		}
		var last *review.Event
		if e.Review != nil {
			last, before[e.Review.ReviewID] = before[e.Review.ReviewID], e.Review
		}
		for _, path := range r.docs.Touched() {
			if !s.may(last, e, path) {
				return fmt.Errorf("law %q: the entry at %d (%s) touched %s", "touches", e.Position, about(e), path)
			}
		}
	}
	return nil
}

func (s *viewSuite) version() error {
	env := viewEnv(History(nil).At)
	first, second := s.open(env).Version(), s.open(env).Version()
	if first == "" || first != second {
		return fmt.Errorf("version: want the same words from the same options each time, got %q and %q", first, second)
	}
	return nil
}

func (s *viewSuite) cancelled() error {
	h := NewHistory(Event(), Event(GUID("2")))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.open(viewEnv(h.At)).Apply(ctx, h, &Memory{}, &Documents{})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("apply with a context that has ended: want its error, wrapped, got %v", err)
	}
	return nil
}

// Site is the site that the suites and made-up events speak of.
func Site() pipeline.Site {
	return pipeline.Site{Title: "The Aisle Seat", URL: "https://reviews.example.org", Language: "en"}
}

func viewEnv(at func(context.Context, pipeline.Position) (pipeline.Entry, error)) pipeline.ViewEnv {
	return pipeline.ViewEnv{
		Name: "test", Site: Site(), Log: slog.New(slog.DiscardHandler), At: at,
		Links: func() []pipeline.Link { return nil },
	}
}

// ViewEnv is a view's surroundings over a history, for tests of one's own.
func (h History) ViewEnv() pipeline.ViewEnv { return viewEnv(h.At) }

// split cuts entries into batches of the given sizes, over and over.
func split(entries []pipeline.Entry, sizes []int) [][]pipeline.Entry {
	var batches [][]pipeline.Entry
	for i := 0; len(entries) > 0; i++ {
		n := min(sizes[i%len(sizes)], len(entries))
		batches = append(batches, entries[:n:n])
		entries = entries[n:]
	}
	return batches
}

func sameFiles(want, got map[string]string) error {
	for _, path := range slices.Sorted(maps.Keys(want)) {
		content, there := got[path]
		if !there {
			return fmt.Errorf("%s is missing", path)
		}
		if content != want[path] {
			return fmt.Errorf("%s differs:\n--- one entry at a time\n%s\n--- here\n%s", path, want[path], content)
		}
	}
	for path := range got {
		if _, there := want[path]; !there {
			return fmt.Errorf("%s should not be there", path)
		}
	}
	return nil
}

// sameFacts compares what was said of documents that are the same.
func sameFacts(want, got *Documents) error {
	for _, path := range want.Paths() {
		w, g := want.Facts(path), got.Facts(path)
		if !w.Modified.Equal(g.Modified) || w.Settled != g.Settled {
			return fmt.Errorf("%s: one entry at a time it is %+v, here %+v", path, w, g)
		}
	}
	return nil
}

func places(batch []pipeline.Entry) string {
	if len(batch) == 0 {
		return "no entries"
	}
	return fmt.Sprintf("%d to %d", batch[0].Position, batch[len(batch)-1].Position)
}

func mustJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic("sinktest: " + err.Error())
	}
	return string(data)
}
