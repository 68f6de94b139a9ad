package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// lister is a view that keeps one document of all reviews and one of each film.
type lister struct {
	version string
	fail    int      // batches yet to fail
	shown   []string // what the list held, batch by batch
	applied int      // entries, ever
}

func (l *lister) Version() string { return "lister/" + l.version }

func (l *lister) Apply(_ context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	l.applied += len(entries)
	films := map[string]bool{}
	for _, e := range entries {
		if e.Review == nil {
			continue
		}
		film := string(e.Review.Film.ID)
		films[film] = true
		stood := "at/" + string(e.Review.ReviewID)
		if old, ok := st.Get(stood); ok && string(old) != film {
			films[string(old)] = true
			st.Delete("r/" + string(old) + "/" + string(e.Review.ReviewID))
		}
		st.Set(stood, []byte(film))
		key := "r/" + film + "/" + string(e.Review.ReviewID)
		if e.Live {
			st.Set(key, []byte(e.Review.BodyText))
		} else {
			st.Delete(key)
		}
	}
	if l.fail > 0 {
		l.fail--
		return errors.New("not today")
	}
	list := func(prefix string) string {
		var b strings.Builder
		st.Scan(prefix, func(key string, value []byte) bool { fmt.Fprintf(&b, "%s\n", value); return true })
		return b.String()
	}
	all := list("r/")
	l.shown = append(l.shown, all)
	docs.Put("all.txt", []byte(l.version+"\n"+all))
	for film := range films {
		if text := list("r/" + film + "/"); text != "" {
			docs.Put("films/"+film+".txt", []byte(text))
		} else {
			docs.Remove("films/" + film + ".txt")
		}
	}
	return nil
}

func (w *wire) viewing(view pipeline.View, where *pipeline.Where) *pipeline.Viewing {
	w.t.Helper()
	v := pipeline.NewViewing(pipeline.ViewingConfig{
		Name: "list", View: view, Where: where, Log: w.log, Store: w.store,
		Public: w.tree("public"), Staging: w.tree("staging/list"), Logger: quiet(), Clock: w.clock,
	})
	if err := v.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return v
}

func catchUp(t testing.TB, sinks ...interface{ CatchUp(context.Context) error }) {
	t.Helper()
	for _, s := range sinks {
		if err := s.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// public is every public file, by path.
func (w *wire) public() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	root := os.DirFS(filepath.Join(w.dir, "public"))
	if err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = string(content)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return files
}

func TestViewFollowsTheLog(t *testing.T) {
	w := newWire(t)
	v := w.viewing(&lister{version: "1"}, nil)
	if diff := cmp.Diff(map[string]string{"all.txt": "1\n"}, w.public()); diff != "" {
		t.Errorf("before the first event (-want +is):\n%s", diff)
	}
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Soul|x"}
	w.poll()
	catchUp(t, v)
	delete(w.shelf.texts, "b")
	w.shelf.texts["a"] = "Soul|better"
	w.poll()
	catchUp(t, v)
	got := w.public()
	if got["films/soul-2020.txt"] == "" || strings.Contains(got["all.txt"], "fine") || !strings.Contains(got["all.txt"], "better") {
		t.Errorf("public: %q", got)
	}
	if _, there := got["films/luca-2020.txt"]; there {
		t.Error("the film of a withdrawn review still has a document")
	}

	t.Run("deleted state gives the same bytes", func(t *testing.T) {
		if err := w.store.Drop("list"); err != nil {
			t.Fatal(err)
		}
		catchUp(t, w.viewing(&lister{version: "1"}, nil))
		if diff := cmp.Diff(got, w.public()); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	})
	t.Run("a restart applies nothing again", func(t *testing.T) {
		again := &lister{version: "1"}
		catchUp(t, w.viewing(again, nil))
		if again.applied != 0 {
			t.Errorf("%d entries were applied again", again.applied)
		}
	})
	t.Run("other options make it anew", func(t *testing.T) {
		catchUp(t, w.viewing(&lister{version: "2"}, nil))
		if all := w.public()["all.txt"]; !strings.HasPrefix(all, "2\n") || !strings.Contains(all, "better") {
			t.Errorf("all.txt: %q", all)
		}
	})
	t.Run("a document that was lost is made again", func(t *testing.T) {
		if err := os.Remove(filepath.Join(w.dir, "public", "films", "soul-2020.txt")); err != nil {
			t.Fatal(err)
		}
		catchUp(t, w.viewing(&lister{version: "2"}, nil))
		if w.public()["films/soul-2020.txt"] != got["films/soul-2020.txt"] {
			t.Errorf("public: %q", w.public())
		}
	})
}

func TestFilterHidesFromAView(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine"}
	w.poll()
	v := w.viewing(&lister{}, &pipeline.Where{Films: []string{"soul-2020"}})
	catchUp(t, v)
	if all := w.public()["all.txt"]; all != "\ngood\n" {
		t.Errorf("all.txt: %q", all)
	}
	w.shelf.texts["a"] = "Coco|other film" // it leaves the filter
	w.poll()
	catchUp(t, v)
	if all := w.public()["all.txt"]; all != "\n" {
		t.Errorf("all.txt: %q", all)
	}
}

// TestNoReaderSeesAFeedOfThePast: while a view is made anew from a long log, what
// is public stays as it was until the view has caught up.
func TestNoReaderSeesAFeedOfThePast(t *testing.T) {
	w := newWire(t)
	for i := range 2500 {
		w.shelf.texts[fmt.Sprintf("%04d", i)] = fmt.Sprintf("Film %d|text %d", i%40, i)
	}
	w.poll()
	catchUp(t, w.viewing(&lister{version: "1"}, nil))
	before := w.public()

	view := &lister{version: "1"}
	if err := w.store.Drop("list"); err != nil {
		t.Fatal(err)
	}
	v := w.viewing(view, nil)
	log := watched{Log: w.log, look: func() {
		if diff := cmp.Diff(before, w.public()); diff != "" {
			t.Errorf("what was public changed at %d:\n%.500s", v.Position(), diff)
		}
	}}
	v = pipeline.NewViewing(pipeline.ViewingConfig{
		Name: "list", View: view, Log: log, Store: w.store, MaxWaiting: -1,
		Public: w.tree("public"), Staging: w.tree("staging/list"), Logger: quiet(), Clock: w.clock,
	})
	if err := v.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	catchUp(t, v)
	if len(view.shown) < 3 {
		t.Fatalf("only %d batches: the test says nothing", len(view.shown))
	}
	if diff := cmp.Diff(before, w.public()); diff != "" {
		t.Errorf("(-before +after):\n%.500s", diff)
	}
	if left, err := os.ReadDir(filepath.Join(w.dir, "staging", "list")); err != nil || len(visible(left)) > 0 {
		t.Errorf("left in staging: %v, %v", left, err)
	}
}

func visible(entries []os.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// watched is a log that has somebody look before each reading.
type watched struct {
	pipeline.Log
	look func()
}

func (l watched) Read(ctx context.Context, after pipeline.Position, max int) ([]pipeline.Entry, error) {
	l.look()
	return l.Log.Read(ctx, after, max)
}

// tornTree fails after so many writes, as a process that is killed does.
type tornTree struct {
	pipeline.Tree
	left *atomic.Int64
}

func (tr tornTree) Write(path string, content []byte) (bool, error) {
	if tr.left.Add(-1) < 0 {
		return false, errors.New("killed")
	}
	return tr.Tree.Write(path, content)
}

func (tr tornTree) Remove(path string) error {
	if tr.left.Add(-1) < 0 {
		return errors.New("killed")
	}
	return tr.Tree.Remove(path)
}

// TestAViewThatIsCutOffAnywhereEndsTheSame cuts it off before each of its writes.
func TestAViewThatIsCutOffAnywhereEndsTheSame(t *testing.T) {
	w := newWire(t)
	for i := range 1200 {
		w.shelf.texts[fmt.Sprintf("%04d", i)] = fmt.Sprintf("Film %d|text %d", i%7, i)
	}
	w.poll()
	for i := range 400 {
		delete(w.shelf.texts, fmt.Sprintf("%04d", i*3))
	}
	w.poll()
	catchUp(t, w.viewing(&lister{}, nil))
	want := w.public()
	for _, c := range []struct {
		name       string
		maxWaiting int
	}{{"documents wait in memory", 0}, {"documents wait on disk", -1}, {"documents wait in both", 20_000}} {
		t.Run(c.name, func(t *testing.T) {
			for cut := 0; ; cut++ {
				if w.cutOff(cut, c.maxWaiting) == nil {
					if cut < 8 {
						t.Fatalf("only %d writes: the test says nothing", cut)
					}
					return
				}
				catchUp(t, w.viewing(&lister{}, nil)) // and again, in peace
				if diff := cmp.Diff(want, w.public()); diff != "" {
					t.Fatalf("cut off before write %d (-want +is):\n%.800s", cut, diff)
				}
			}
		})
	}
}

// cutOff makes everything anew with a view that fails at one of its writes.
func (w *wire) cutOff(after, maxWaiting int) error {
	w.t.Helper()
	var left atomic.Int64
	left.Store(int64(after))
	if err := errors.Join(w.store.Drop("list"), os.RemoveAll(filepath.Join(w.dir, "public")), os.RemoveAll(filepath.Join(w.dir, "staging"))); err != nil {
		w.t.Fatal(err)
	}
	v := pipeline.NewViewing(pipeline.ViewingConfig{
		Name: "list", View: &lister{}, Log: w.log, Store: w.store, MaxWaiting: maxWaiting,
		Public: tornTree{w.tree("public"), &left}, Staging: tornTree{w.tree("staging/list"), &left}, Logger: quiet(), Clock: w.clock,
	})
	if err := v.Prepare(w.t.Context()); err != nil {
		return err
	}
	return v.CatchUp(w.t.Context())
}

// TestAFailingViewHoldsNobodyUp: it is tried again until it can, and its neighbour
// does not notice.
func TestAFailingViewHoldsNobodyUp(t *testing.T) {
	w := newWire(t)
	bad := &lister{}
	v := w.viewing(bad, nil)
	bad.fail = 3
	good := pipeline.NewViewing(pipeline.ViewingConfig{
		Name: "good", View: nothing{}, Log: w.log, Store: w.store, Logger: quiet(), Clock: w.clock,
	})
	if err := good.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, s := range []interface{ Run(context.Context) error }{v, good} {
		running.Go(func() { s.Run(ctx) })
	}
	w.shelf.texts = map[string]string{"a": "Soul|good"}
	w.poll()
	head, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return v.Position() == head && good.Position() == head })
	stop()
	running.Wait()
	if v.Failures() != 3 || good.Failures() != 0 {
		t.Errorf("%d and %d failures", v.Failures(), good.Failures())
	}
	if all := w.public()["all.txt"]; all != "\ngood\n" {
		t.Errorf("all.txt: %q", all)
	}
}

// nothing is a view that makes nothing.
type nothing struct{}

func (nothing) Version() string { return "1" }
func (nothing) Apply(context.Context, []pipeline.Entry, pipeline.State, pipeline.Documents) error {
	return nil
}

// waitFor looks until it is so, as long as the test may run.
func waitFor(t testing.TB, so func() bool) {
	t.Helper()
	for !so() {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		pipeline.SystemClock{}.Sleep(t.Context(), 1e6)
	}
}

// TestOneEventTouchesItsDocumentsOnly looks at what is written.
func TestOneEventTouchesItsDocumentsOnly(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|x"}
	w.poll()
	catchUp(t, w.viewing(&lister{}, nil))
	before := stamps(t, filepath.Join(w.dir, "public"))
	w.shelf.texts["a"] = "Soul|better"
	w.poll()
	catchUp(t, w.viewing(&lister{}, nil))
	after := stamps(t, filepath.Join(w.dir, "public"))
	maps.DeleteFunc(after, func(path string, info os.FileInfo) bool { return os.SameFile(info, before[path]) })
	var changed []string
	for path := range after {
		changed = append(changed, path)
	}
	if len(changed) != 2 {
		t.Errorf("written: %v, want all.txt and the film's", changed)
	}
}

func stamps(t *testing.T, root string) map[string]os.FileInfo {
	t.Helper()
	all := map[string]os.FileInfo{}
	if err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			all[path] = info
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// dater is a view that says when its one document changed.
type dater struct {
	content string
	facts   pipeline.Facts
	remove  bool
}

func (d *dater) Version() string { return "dater" }

func (d *dater) Apply(_ context.Context, _ []pipeline.Entry, _ pipeline.State, docs pipeline.Documents) error {
	if d.remove {
		docs.Remove("page.txt")
		return nil
	}
	docs.PutWith("page.txt", []byte(d.content), d.facts)
	return nil
}

// TestFactsOfADocument follows one document through versions: its time is what the
// view says, later than that of the version before, and the same as long as the
// bytes are.
func TestFactsOfADocument(t *testing.T) {
	w := newWire(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	view := &dater{}
	var told []string
	open := func() *pipeline.Viewing {
		return pipeline.NewViewing(pipeline.ViewingConfig{
			Name: "dated", View: view, Log: w.log, Store: w.store, Public: w.tree("public"), Staging: w.tree("staging/dated"),
			Published: func(paths []string) { told = append(told, paths...) }, Logger: quiet(), Clock: w.clock,
		})
	}
	v := open()
	for n, step := range []struct {
		name    string
		content string
		facts   pipeline.Facts
		remove  bool
		again   bool // the view's state is deleted first
		want    time.Time
		told    bool
	}{
		{name: "first", content: "one", facts: pipeline.Facts{Modified: at}, want: at, told: true},
		{name: "same", content: "one", facts: pipeline.Facts{Modified: at.Add(time.Hour)}, want: at},
		{name: "settled", content: "one", facts: pipeline.Facts{Modified: at, Settled: true}, want: at, told: true},
		{name: "newer", content: "two", facts: pipeline.Facts{Modified: at.Add(time.Minute)}, want: at.Add(time.Minute), told: true},
		{name: "as old as the one before", content: "three", facts: pipeline.Facts{Modified: at}, want: at.Add(61 * time.Second), told: true},
		{name: "made anew", content: "three", facts: pipeline.Facts{Modified: at}, again: true, want: at.Add(61 * time.Second), told: true},
		{name: "removed", remove: true, told: true},
		{name: "removed again", remove: true},
		{name: "removed by a view made anew", remove: true, again: true},
		{name: "back", content: "one", facts: pipeline.Facts{Modified: at}, want: at, told: true},
	} {
		view.content, view.facts, view.remove, told = step.content, step.facts, step.remove, nil
		if step.again {
			if err := w.store.Drop("dated"); err != nil {
				t.Fatal(err)
			}
			v = open()
		}
		w.shelf.texts["a"] = fmt.Sprintf("Heat|%d", n)
		w.poll()
		catchUp(t, v)
		if want := map[bool][]string{true: {"page.txt"}}[step.told]; !slices.Equal(told, want) {
			t.Errorf("%s: told of %v, want %v", step.name, told, want)
		}
		if v.Gone("page.txt") != step.remove || v.Settled("page.txt") != step.facts.Settled || v.Owns("page.txt") == step.remove {
			t.Errorf("%s: gone %v, settled %v", step.name, v.Gone("page.txt"), v.Settled("page.txt"))
		}
		info, err := os.Stat(filepath.Join(w.dir, "public", "page.txt"))
		if step.remove {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the file stands: %v", step.name, err)
			}
			continue
		}
		if err != nil || !info.ModTime().Equal(step.want.Truncate(time.Second)) {
			t.Errorf("%s: %v, %v; want %v", step.name, info.ModTime(), err, step.want)
		}
	}
}

// TestStagedDocumentsAreToldOfWhenTheyStand: while a view catches up, nothing has
// changed for readers.
func TestStagedDocumentsAreToldOfWhenTheyStand(t *testing.T) {
	w := newWire(t)
	for i := range 2500 {
		w.shelf.texts[fmt.Sprintf("%04d", i)] = fmt.Sprintf("Film %d|text", i%3)
	}
	w.poll()
	var told [][]string
	v := pipeline.NewViewing(pipeline.ViewingConfig{
		Name: "list", View: &lister{}, Log: w.log, Store: w.store, Public: w.tree("public"), Staging: w.tree("staging/list"),
		Published: func(paths []string) {
			slices.Sort(paths)
			told = append(told, paths)
			for _, path := range paths {
				if _, err := w.tree("public").Size(path); err != nil {
					t.Error(err)
				}
			}
		}, Logger: quiet(), Clock: w.clock,
	})
	if err := v.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	catchUp(t, v)
	if len(told) != 1 || !slices.Equal(told[0], slices.Sorted(maps.Keys(w.public()))) {
		t.Errorf("told of %v; there are %v", told, w.public())
	}
}

// counting counts the batches a view is given.
type counting struct {
	pipeline.View
	batches []int
}

func (c *counting) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if len(entries) > 0 {
		c.batches = append(c.batches, len(entries))
	}
	return c.View.Apply(ctx, entries, st, docs)
}

// TestABacklogIsAppliedAtOnce: a document that many entries change is made once, as
// long as the entries are not too much to hold.
func TestABacklogIsAppliedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    int // bytes of each
		batches []int
	}{
		{"short", 10, []int{3500}},
		{"long", 8 << 10, []int{2000, 1500}}, // in the event twice, as HTML and as text
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			view := &counting{View: silent{}}
			v := w.viewing(view, nil)
			body := strings.Repeat("x", c.text)
			for from := 0; from < 3500; from += 500 {
				var events []pipeline.Append
				for n := from; n < from+500; n++ {
					e := &review.Event{Schema: review.Schema, Kind: review.Published, ReviewID: review.NewID("a", fmt.Sprint(n)), Revision: 1}
					e.BodyHTML, e.BodyText = body, body
					events = append(events, pipeline.Append{Review: e})
				}
				if _, err := w.log.Append(t.Context(), events); err != nil {
					t.Fatal(err)
				}
			}
			catchUp(t, v)
			if !slices.Equal(view.batches, c.batches) {
				t.Errorf("batches of %v, want %v", view.batches, c.batches)
			}
		})
	}
}

// silent is a view that makes nothing.
type silent struct{}

func (silent) Version() string { return "1" }
func (silent) Apply(context.Context, []pipeline.Entry, pipeline.State, pipeline.Documents) error {
	return nil
}
