package opml_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sources/opml"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// web is a server of feeds and lists, by path.
type web struct {
	t      testing.TB
	server *httptest.Server
	mu     sync.Mutex
	pages  map[string]http.HandlerFunc
	asked  map[string]int
	client *fetch.Client
}

func newWeb(t testing.TB) *web {
	t.Helper()
	w := &web{t: t, pages: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		page := w.pages[r.URL.Path]
		w.asked[r.URL.Path]++
		w.mu.Unlock()
		if page == nil {
			http.NotFound(rw, r)
			return
		}
		page(rw, r)
	}))
	w.client = fetch.New(fetch.Options{AllowPrivate: true})
	t.Cleanup(func() { w.client.Close(); w.server.Close() })
	return w
}

func (w *web) at(path string) string { return w.server.URL + path }

// page serves a text, with an ETag.
func (w *web) page(path, content string) {
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(content)))
	w.handle(path, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Etag", tag)
		if r.Header.Get("If-None-Match") == tag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(rw, content)
	})
}

func (w *web) handle(path string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[path] = h
}

// requests is how often a path was asked for since the last time.
func (w *web) requests(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer delete(w.asked, path)
	return w.asked[path]
}

func feedOf(items ...string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>https://a.example/</link>` + strings.Join(items, "") + `</channel></rss>`
}

func item(guid, link, body string) string {
	return fmt.Sprintf(`<item><guid isPermaLink="false">%s</guid><title>Title of %s</title><link>%s</link><description>%s</description></item>`, guid, guid, link, body)
}

func listOf(outlines ...string) string {
	return `<opml version="2.0"><body>` + strings.Join(outlines, "\n") + `</body></opml>`
}

// outlines are some paths of the web as a list.
func (w *web) outlines(paths ...string) string {
	var all []string
	for _, p := range paths {
		all = append(all, fmt.Sprintf(`<outline type="rss" text="%s" xmlUrl="%s"/>`, p, w.at(p)))
	}
	return listOf(all...)
}

// reader is a source with what it remembers.
type reader struct {
	t          testing.TB
	web        *web
	path       string // of the list
	options    map[string]any
	source     pipeline.Source
	checkpoint []byte
}

func newReader(w *web, list string, options map[string]any) *reader {
	w.t.Helper()
	r := &reader{t: w.t, web: w, path: filepath.Join(w.t.TempDir(), "list.opml"), options: options}
	if r.options == nil {
		r.options = map[string]any{}
	}
	if r.options["url"] == nil {
		r.options["path"] = r.path
	}
	r.write(list)
	r.restart()
	return r
}

func (r *reader) write(list string) {
	r.t.Helper()
	if err := os.WriteFile(r.path, []byte(list), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) restart() {
	r.t.Helper()
	r.source = sourcetest.Open(r.t, opml.Type(), sourcetest.Place{Options: r.options, HTTP: r.web.client})
}

func (r *reader) read() (*sourcetest.Out, pipeline.Reading) {
	r.t.Helper()
	out, reading := sourcetest.Read(r.t, r.source, r.checkpoint)
	r.checkpoint = reading.Checkpoint
	return out, reading
}

// guids are the documents' own ids, without the feed's.
func guids(out *sourcetest.Out) (all []string) {
	for _, id := range out.GUIDs() {
		_, own, _ := strings.Cut(id, " ")
		all = append(all, own)
	}
	return all
}

func states() map[sourcetest.State]string {
	dated := func(guid, date, body string) string {
		return fmt.Sprintf(`<item><guid>%s</guid><title>T</title><pubDate>%s</pubDate><description>%s</description></item>`, guid, date, body)
	}
	one := dated("1", "Mon, 02 Nov 2026 10:00:00 +0000", "first")
	three := dated("3", "Wed, 04 Nov 2026 10:00:00 +0000", "third")
	two := func(body string) string { return dated("2", "Tue, 03 Nov 2026 10:00:00 +0000", body) }
	return map[sourcetest.State]string{
		sourcetest.Whole:  feedOf(three, two("second"), one),
		sourcetest.Edited: feedOf(three, two("second, edited"), one),
		sourcetest.Broken: feedOf(three, two("second</description>"+strings.Repeat("<deep>", 300)), one),
	}
}

func TestConformance(t *testing.T) {
	for name, viaWeb := range map[string]bool{"a file": false, "an address": true} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Case{
				Type: opml.Type(), Parts: true,
				Place: func(t *testing.T) sourcetest.Place {
					w := newWeb(t)
					list := w.outlines("/feed")
					options := map[string]any{"url": w.at("/list.opml")}
					put := func(b []byte) { w.page("/list.opml", string(b)) }
					if !viaWeb {
						path := filepath.Join(t.TempDir(), "list.opml")
						options = map[string]any{"path": path}
						put = func(b []byte) { os.WriteFile(path, b, 0o644) }
					}
					return sourcetest.Place{
						Options: options, HTTP: w.client,
						Hold: func(s sourcetest.State) { put([]byte(list)); w.page("/feed", states()[s]) },
						Put:  put,
					}
				},
				Hostile: map[string][]byte{
					"nothing":       nil,
					"no list":       []byte("<html><body>Hello</body></html>"),
					"no end":        []byte(`<opml><outline text="`),
					"nested":        []byte("<opml>" + strings.Repeat(`<outline text="x">`, 500_000) + `<outline xmlUrl="https://a.example/"/></opml>`),
					"entities":      []byte(`<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><opml><outline text="&b;&b;"/></opml>`),
					"strange files": []byte(`<opml><outline xmlUrl="file:///etc/passwd"/><outline xmlUrl="gopher://a.example/"/></opml>`),
					"attributes":    []byte("<opml><outline " + strings.Repeat("a=b ", 500_000) + "/></opml>"),
				},
			})
		})
	}
}

func TestOneBrokenFeedLeavesTheOthersAlone(t *testing.T) {
	w := newWeb(t)
	w.page("/good", feedOf(item("1", "", "one")))
	w.page("/page", "<html><body>no feed</body></html>")
	w.handle("/gone", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusGone) })
	w.handle("/busy", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "3600")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	w.page("/last", feedOf(item("1", "", "other")))
	r := newReader(w, w.outlines("/missing", "/page", "/good", "/gone", "/busy", "/last"), nil)
	out, reading := r.read()
	if got := guids(out); !slices.Equal(got, []string{"1", "1"}) || out.GUIDs()[0] == out.GUIDs()[1] || reading.Complete {
		t.Errorf("%q, %+v", out.GUIDs(), reading)
	}
	var said []string
	for _, p := range out.Problems {
		said = append(said, p.Where+": "+p.Err.Error())
	}
	for i, want := range []string{"/missing: feed: 404", "/page: feed: ", "/gone: feed: 410", "/busy: feed: 429"} {
		if i >= len(said) || !strings.HasPrefix(said[i], want) {
			t.Errorf("problems are %q, want %q", said, want)
		}
	}
}

func TestNoFeedAtAllIsAnError(t *testing.T) {
	w := newWeb(t)
	w.handle("/gone", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusGone) })
	r := newReader(w, w.outlines("/missing", "/gone"), nil)
	_, err := r.source.Read(t.Context(), nil, &sourcetest.Out{})
	if err == nil || !strings.Contains(err.Error(), "none of the list's feeds could be read (2); the first: feed: 404") {
		t.Error(err)
	}
	r.write(listOf())
	if out, _ := r.read(); len(out.Problems) != 1 {
		t.Error(out.Problems)
	}
}

// TestCheckpointsAreKeptPerFeed reads many feeds, of which one has news: it alone is
// handed out, and the others are asked by their own validators, also after a restart.
func TestCheckpointsAreKeptPerFeed(t *testing.T) {
	w := newWeb(t)
	var paths []string
	unconditional := atomic.Int64{}
	for i := range 60 {
		path := fmt.Sprintf("/%d", i)
		paths = append(paths, path)
		tag := fmt.Sprintf(`W/"%d"`, i)
		w.handle(path, func(rw http.ResponseWriter, req *http.Request) {
			if req.Header.Get("If-None-Match") == tag {
				rw.WriteHeader(http.StatusNotModified)
				return
			}
			unconditional.Add(1)
			rw.Header().Set("Etag", tag)
			fmt.Fprint(rw, feedOf(item("1", "", path)))
		})
	}
	r := newReader(w, w.outlines(paths...), nil)
	out, _ := r.read()
	if len(out.Documents) != 60 {
		t.Fatal(len(out.Documents))
	}
	if !slices.IsSortedFunc(out.Documents, func(a, b review.Document) int {
		var x, y int
		fmt.Sscanf(a.Body, "/%d", &x)
		fmt.Sscanf(b.Body, "/%d", &y)
		return x - y
	}) {
		t.Error("not in the order of the list")
	}
	before := r.checkpoint
	unconditional.Store(0)
	r.restart()
	if out, reading := r.read(); len(out.Documents) != 0 || !reading.Unchanged || string(r.checkpoint) != string(before) || unconditional.Load() != 0 {
		t.Errorf("%d documents, %+v, %d unconditional requests", len(out.Documents), reading.Unchanged, unconditional.Load())
	}
	w.page("/7", feedOf(item("1", "", "/7"), item("2", "", "new")))
	if out, _ := r.read(); len(out.Documents) != 2 {
		t.Error(out.GUIDs())
	}
	if size := len(r.checkpoint) / 60; size > 300 {
		t.Errorf("%d bytes to a feed", size)
	}
}

func TestTheListChanges(t *testing.T) {
	w := newWeb(t)
	w.page("/a", feedOf(item("1", "", "a")))
	w.page("/b", feedOf(item("1", "", "b")))
	r := newReader(w, w.outlines("/a", "/b"), nil)
	first, _ := r.read()
	// Another order, another folder and a www.: the same feeds.
	r.write(listOf(`<outline text="New"><outline type="rss" text="/b" xmlUrl="`+w.at("/b/")+`"/></outline>`, `<outline type="rss" text="/a" xmlUrl="`+w.at("/a")+`#x"/>`))
	w.page("/b/", feedOf(item("1", "", "b")))
	moved, _ := r.read()
	if got := moved.GUIDs(); len(got) != 1 || got[0] != first.GUIDs()[1] || !slices.Contains(moved.Documents[0].Defaults.Tags, "New") {
		t.Errorf("%q, want that of %q", got, first.GUIDs())
	}
	// One that has left is not read, and nothing is said to be gone.
	w.requests("/a")
	r.write(w.outlines("/b"))
	left, reading := r.read()
	if w.requests("/a") != 0 || len(left.Taken) != 0 || reading.Complete {
		t.Error("the feed that left is read still, or its reviews withdrawn")
	}
	r.write(w.outlines("/a", "/b"))
	if back, _ := r.read(); len(back.Documents) == 0 || back.GUIDs()[0] != first.GUIDs()[0] {
		t.Errorf("back as %q, was %q", back.GUIDs(), first.GUIDs())
	}
}

// fake answers for addresses that are nowhere.
type fake map[string]string

func (f fake) Do(req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if content, ok := f[req.URL.String()]; ok {
		rec.WriteString(content)
	} else {
		rec.WriteHeader(http.StatusNotFound)
	}
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}

func TestIdentitySurvivesHTTPS(t *testing.T) {
	content := feedOf(item("1", "", "one"))
	var seen [][]string
	for _, at := range []string{"http://www.a.example/feed/", "https://a.example/feed", "https://A.example:443/feed/"} {
		path := filepath.Join(t.TempDir(), "list.opml")
		if err := os.WriteFile(path, []byte(listOf(`<outline xmlUrl="`+at+`"/>`)), 0o644); err != nil {
			t.Fatal(err)
		}
		s := sourcetest.Open(t, opml.Type(), sourcetest.Place{Options: map[string]any{"path": path}, HTTP: fake{at: content}})
		out, _ := sourcetest.Read(t, s, nil)
		seen = append(seen, out.GUIDs())
	}
	if !slices.Equal(seen[0], seen[1]) || !slices.Equal(seen[0], seen[2]) || len(seen[0]) != 1 {
		t.Error(seen)
	}
}

// TestAnItemInTwoFeedsIsOne has a main feed, one of a category, and one that collects
// others' items.
func TestAnItemInTwoFeedsIsOne(t *testing.T) {
	w := newWeb(t)
	one, two := item("1", "https://a.example/one", "first"), item("2", "https://a.example/two", "second")
	w.page("/main", feedOf(two, one))
	w.page("/category", feedOf(two))
	w.page("/planet", feedOf(item("p1", "http://www.a.example/one/?utm_source=planet", "first"), item("p2", "https://b.example/own", "own")))
	r := newReader(w, w.outlines("/main", "/category", "/planet"), nil)
	out, _ := r.read()
	if got := guids(out); !slices.Equal(got, []string{"1", "2", "p2"}) {
		t.Fatal(got)
	}
	// The main feed shows the first item no longer; the planet does, and edits it.
	w.page("/main", feedOf(item("3", "https://a.example/three", "third"), two))
	w.page("/planet", feedOf(item("p1", "https://a.example/one", "first, edited by the planet"), item("p2", "https://b.example/own", "own")))
	for range 3 {
		r.restart()
		out, _ = r.read()
		for _, d := range out.Documents {
			if strings.Contains(d.Body, "planet") {
				t.Fatal("the planet's copy is another review")
			}
		}
		w.page("/planet", feedOf(item("p1", "https://a.example/one", "first, edited by the planet"+strings.Repeat(".", len(r.checkpoint)%7+1)), item("p2", "https://b.example/own", "own")))
	}
	// An edit of the main feed's own item goes through.
	w.page("/main", feedOf(item("3", "https://a.example/three", "third, edited"), two))
	if out, _ = r.read(); !slices.Contains(guids(out), "3") {
		t.Error(out.GUIDs())
	}
	// Also when the feed whose item it is has left the list.
	r.write(w.outlines("/category", "/planet"))
	w.page("/category", feedOf(item("2", "https://a.example/two", "second, in the category")))
	out, _ = r.read()
	if slices.Contains(guids(out), "2") {
		t.Error("the item of a feed that left came again as another's")
	}
	// And in a feed that comes later.
	w.page("/late", feedOf(item("2", "https://a.example/two", "second"), item("l", "https://late.example/l", "late")))
	r.write(w.outlines("/category", "/planet", "/late"))
	if out, _ = r.read(); !slices.Equal(guids(out), []string{"l"}) {
		t.Error(guids(out))
	}
}

func TestSettings(t *testing.T) {
	w := newWeb(t)
	for _, path := range []string{"/a", "/b", "/c", "/d"} {
		w.page(path, feedOf(item("1", "", path)))
	}
	list := listOf(`<outline text="Film"><outline text="A Paper" category="Weekly" xmlUrl="`+w.at("/a")+`"/><outline text="B Paper" xmlUrl="`+w.at("/b")+`"/></outline>`,
		`<outline text="Cats" xmlUrl="`+w.at("/c")+`"/>`, `<outline text="D" category="/film" xmlUrl="`+w.at("/d")+`"/>`)
	r := newReader(w, list, map[string]any{
		"folders": []any{"film"},
		"feeds": []any{
			map[string]any{"url": w.at("/a/"), "critic": map[string]any{"name": "Jane Doe", "outlet": "The Paper"}, "rating": map[string]any{"best": 5}, "language": "de", "rights": "link", "tags": []any{"x"}},
			map[string]any{"url": w.at("/b"), "critic": "John Roe"},
			map[string]any{"url": w.at("/d"), "skip": true},
		},
	})
	out, _ := r.read()
	if len(out.Documents) != 2 {
		t.Fatal(out.GUIDs())
	}
	a, b := out.Documents[0].Defaults, out.Documents[1].Defaults
	if a.Critic.Name != "Jane Doe" || a.Critic.Outlet != "The Paper" || a.Scale.Best != review.Int(5) || a.Language != "de" || a.Rights != review.RightsLink ||
		!slices.Equal(a.Tags, []string{"x", "Film", "Weekly"}) {
		t.Errorf("%+v", a)
	}
	if b.Critic.Name != "John Roe" || b.Critic.Outlet != "B Paper" || b.Language != "" || !slices.Equal(b.Tags, []string{"Film"}) {
		t.Errorf("%+v", b)
	}
	// What the list says of a feed changes: its documents are read anew, as other ones.
	hash := out.Documents[1].RawSHA256
	r.write(strings.ReplaceAll(list, "B Paper", "B Journal"))
	out, _ = r.read()
	if len(out.Documents) != 1 || out.Documents[0].Defaults.Critic.Outlet != "B Journal" || out.Documents[0].RawSHA256 == hash {
		t.Errorf("%+v", out.Documents)
	}
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		options map[string]any
		want    string
	}{
		"no list":       {map[string]any{"path": "x"}, "path: there is no such list"},
		"neither":       {map[string]any{}, "path or url"},
		"both":          {map[string]any{"path": "x", "url": "https://a.example/"}, "make two sources"},
		"a feed twice":  {map[string]any{"path": "x", "feeds": []any{map[string]any{"url": "https://a.example/f"}, map[string]any{"url": "http://www.a.example/f/"}}}, "there twice"},
		"a scale":       {map[string]any{"path": "x", "feeds": []any{map[string]any{"url": "https://a.example/f", "rating": map[string]any{"best": 1, "worst": 5}}}}, "higher number"},
		"without a url": {map[string]any{"path": "x", "feeds": []any{map[string]any{"skip": true}}}, "url is missing"},
	} {
		o := sourcetest.NewOptions(c.options)
		opml.Type().Configure(o)
		if got := fmt.Sprint(o.Faults()); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %q", name, got, c.want)
		}
	}
}

func TestAListOnTheWeb(t *testing.T) {
	w := newWeb(t)
	w.page("/a", feedOf(item("1", "", "a")))
	w.page("/list.opml", listOf(`<outline xmlUrl="a"/>`))
	r := newReader(w, "", map[string]any{"url": w.at("/list.opml")})
	if out, _ := r.read(); len(out.Documents) != 1 {
		t.Fatal(out)
	}
	// It does not answer: the feeds are those it named last.
	w.page("/a", feedOf(item("1", "", "a, edited")))
	w.handle("/list.opml", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	out, _ := r.read()
	if len(out.Documents) != 1 || len(out.Problems) != 1 || !strings.Contains(out.Problems[0].Err.Error(), "500") {
		t.Errorf("%+v", out)
	}
	// After a restart nobody knows them, and the source cannot be read.
	r.restart()
	if _, err := r.source.Read(t.Context(), r.checkpoint, &sourcetest.Out{}); err == nil || !strings.Contains(err.Error(), "500") {
		t.Error(err)
	}
	w.handle("/list.opml", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "60")
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	var later *pipeline.RetryAfter
	if _, err := r.source.Read(t.Context(), r.checkpoint, &sourcetest.Out{}); !errors.As(err, &later) || later.After != time.Minute {
		t.Error(err)
	}
}

// TestHubsAreThoseOfTheFeeds: whoever tells of changes to a feed of the list is told of at each
// reading, also of a feed that does not answer now.
func TestHubsAreThoseOfTheFeeds(t *testing.T) {
	w := newWeb(t)
	hub := func(path string) string {
		return strings.Replace(feedOf(item("1", "", path)), "<channel>", `<channel xmlns:atom="http://www.w3.org/2005/Atom"><atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="`+w.at(path)+`"/>`, 1)
	}
	w.page("/a", hub("/a"))
	w.page("/b", feedOf(item("1", "", "b")))
	w.page("/c", hub("/c"))
	r := newReader(w, w.outlines("/a", "/b", "/c"), nil)
	want := []pipeline.Push{{Feed: w.at("/a"), Hub: "https://hub.example/", Topic: w.at("/a")}, {Feed: w.at("/c"), Hub: "https://hub.example/", Topic: w.at("/c")}}
	for range 2 {
		if _, reading := r.read(); !slices.Equal(reading.Push, want) {
			t.Errorf("%+v", reading.Push)
		}
		r.restart()
	}
	r.read()
	w.handle("/c", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	if _, reading := r.read(); !slices.Equal(reading.Push, want) {
		t.Errorf("%+v", reading.Push)
	}
	r.write(w.outlines("/b", "/c"))
	if _, reading := r.read(); !slices.Equal(reading.Push, want[1:]) {
		t.Errorf("%+v", reading.Push)
	}
}

// slow is a feed that hands out more than may wait, and notes how many do so at once.
type slow struct {
	name      string
	now, most *atomic.Int64
}

func (s slow) Read(ctx context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); old = s.most.Load() {
	}
	for i := range 100 {
		if err := out.Document(review.Document{GUID: fmt.Sprint(i), Body: s.name, Form: review.FormText}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{Checkpoint: []byte(s.name)}, nil
}

// TestAFewAtATime reads many feeds with much in each: a few at once, handed out by one
// goroutine, in order, and all of it.
func TestAFewAtATime(t *testing.T) {
	var all []string
	for i := range 200 {
		all = append(all, fmt.Sprintf(`<outline xmlUrl="https://a.example/%03d"/>`, i))
	}
	path := filepath.Join(t.TempDir(), "list.opml")
	if err := os.WriteFile(path, []byte(listOf(all...)), 0o644); err != nil {
		t.Fatal(err)
	}
	var now, most atomic.Int64
	env := sourcetest.Env(fake{})
	env.Feed = func(address string, _ time.Duration, _ ...pipeline.FeedPast) pipeline.Source {
		return slow{name: address, now: &now, most: &most}
	}
	open := opml.Type().Configure(sourcetest.NewOptions(map[string]any{"path": path}))
	s, err := open(env)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := sourcetest.Read(t, s, nil)
	if len(out.Documents) != 20_000 || !slices.IsSortedFunc(out.Documents, func(a, b review.Document) int { return strings.Compare(a.Body, b.Body) }) {
		t.Errorf("%d documents, or out of order", len(out.Documents))
	}
	if n := most.Load(); n < 2 || n > 128 {
		t.Errorf("%d feeds at once", n)
	}
}

func TestDiagnose(t *testing.T) {
	w := newWeb(t)
	w.page("/a", feedOf(item("1", "", "a")))
	r := newReader(w, w.outlines("/a", "/missing"), nil)
	findings := r.source.(pipeline.Diagnoser).Diagnose(t.Context())
	if len(findings) != 2 || findings[0].Level != pipeline.LevelOK || !strings.Contains(findings[0].Cause, "names 2 feeds; of 2 that were asked, 1 answer") ||
		findings[1].Level != pipeline.LevelFault || !strings.HasPrefix(findings[1].Cause, "/missing: feed: 404") {
		t.Errorf("%+v", findings)
	}
	gone := filepath.Join(t.TempDir(), "list.opml")
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.options["path"] = gone
	r.restart()
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if f := r.source.(pipeline.Diagnoser).Diagnose(t.Context()); len(f) != 1 || f[0].Level != pipeline.LevelFault {
		t.Error(f)
	}
}
