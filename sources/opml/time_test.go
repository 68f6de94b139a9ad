package opml_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/polls"
	"github.com/filmwire/filmwire/sources/opml"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// byHand is a clock that is moved by hand.
type byHand struct{ now time.Time }

func (c *byHand) Now() time.Time { return c.now }

func (c *byHand) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// timed reads lists of feeds on public hosts, all of which the web answers for, and
// remembers when each may be asked.
type timed struct {
	*reader
	clock *byHand
	book  *polls.Book
	place sourcetest.Place
}

// newTimed lists each path at a host of its own: /a at a-films.example.
func newTimed(w *web, options map[string]any, paths ...string) *timed {
	w.t.Helper()
	clock := &byHand{time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	log, err := bus.Open(w.t.Context(), bus.Options{Dir: w.t.TempDir()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { log.Close() })
	client := fetch.New(fetch.Options{Clock: clock, AllowPrivate: true, Holds: fetch.NewHolds(clock, nil, nil), Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
	}})
	w.t.Cleanup(client.Close)
	t := &timed{reader: &reader{t: w.t, web: w, path: filepath.Join(w.t.TempDir(), "list.opml"), options: options}, clock: clock}
	if t.options == nil {
		t.options = map[string]any{}
	}
	t.options["path"] = t.path
	t.book = polls.New(log.KV(), "list", clock)
	t.place = sourcetest.Place{Options: t.options, HTTP: client, Polls: t.book, Clock: clock}
	t.list(paths...)
	t.restart()
	return t
}

func (t *timed) list(paths ...string) {
	var all []string
	for _, p := range paths {
		all = append(all, fmt.Sprintf(`<outline type="rss" text="%s" xmlUrl="http://%s-films.example%s"/>`, p, strings.Trim(p, "/"), p))
	}
	t.write(listOf(all...))
}

func (t *timed) restart() {
	t.t.Helper()
	t.source = sourcetest.Open(t.t, opml.Type(), t.place)
}

// after reads when some time has passed.
func (t *timed) after(d time.Duration) (*sourcetest.Out, pipeline.Reading) {
	t.t.Helper()
	t.clock.now = t.clock.now.Add(d)
	t.book.Begin()
	out, r := t.read()
	if err := t.book.End(t.t.Context(), true); err != nil {
		t.t.Fatal(err)
	}
	return out, r
}

// TestEachFeedHasItsOwnTime reads a list for a day, every hour and through restarts. Each
// feed is asked when its publisher wants it to be, and one that is gone no more.
func TestEachFeedHasItsOwnTime(t *testing.T) {
	w := newWeb(t)
	w.page("/plain", feedOf(item("1", "", "one")))
	w.handle("/cached", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Cache-Control", "max-age=21600")
		fmt.Fprint(rw, feedOf(item("1", "", "one")))
	})
	w.handle("/gone", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusGone) })
	w.handle("/busy", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "36000")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	r := newTimed(w, nil, "/plain", "/cached", "/gone", "/busy")
	documents, problems := 0, 0
	for hour := range 24 {
		if hour%5 == 4 {
			r.restart()
		}
		out, _ := r.after(time.Hour)
		documents, problems = documents+len(out.Documents), problems+len(out.Problems)
	}
	for path, want := range map[string]int{"/plain": 24, "/cached": 4, "/gone": 1, "/busy": 3} {
		if got := w.requests(path); got < want-1 || got > want {
			t.Errorf("%s was asked for %d times in a day, want %d", path, got, want)
		}
	}
	if documents != 2 || problems < 2 || problems > 4 {
		t.Errorf("%d documents and %d problems", documents, problems)
	}
}

// wordpress is a feed of n items with ten to a page, which says that it comes from there.
// Its items have the links of the site of the first path.
func (w *web) wordpress(path, site string, n int) {
	w.handle(path, func(rw http.ResponseWriter, req *http.Request) {
		page := 1
		fmt.Sscan(req.URL.Query().Get("paged"), &page)
		var items []string
		for i := n - 10*(page-1); i > max(n-10*page, 0); i-- {
			items = append(items, item(fmt.Sprintf("%s-%d", path, i), fmt.Sprintf("https://%s/%d", site, i), fmt.Sprintf("body %d", i)))
		}
		if len(items) == 0 {
			http.NotFound(rw, req)
			return
		}
		fmt.Fprint(rw, strings.Replace(feedOf(items...), "<channel>", "<channel><generator>https://wordpress.org/?v=6.8</generator>", 1))
	})
}

// TestThePastOfEachFeed follows two feeds to their first item. The second is a part of the
// first, and each item comes once, although the two are not at the same pages at a time.
func TestThePastOfEachFeed(t *testing.T) {
	w := newWeb(t)
	w.wordpress("/all", "site.example", 314)
	w.wordpress("/part", "site.example", 150)
	r := newTimed(w, nil, "/all", "/part")
	seen := map[string]int{}
	readings := 1
	for ; ; readings++ {
		out, reading := r.after(time.Hour)
		if len(out.Problems) > 0 {
			t.Fatal(out.Problems)
		}
		for _, d := range out.Documents {
			seen[d.URL]++
		}
		if readings%2 == 0 {
			r.restart()
		}
		if !reading.More {
			break
		}
	}
	if len(seen) != 314 || readings < 3 {
		t.Errorf("%d items in %d readings", len(seen), readings)
	}
	if all, part := w.requests("/all"), w.requests("/part"); all < 32 || part < 15 {
		t.Errorf("the past was asked for %d and %d times", all, part)
	}
	if r.after(24 * time.Hour); w.requests("/all")+w.requests("/part") != 2 {
		t.Error("the past is asked for again")
	}
}

// TestNoPastWhereNoneIsWanted has the same feed and takes its first page alone.
func TestNoPastWhereNoneIsWanted(t *testing.T) {
	w := newWeb(t)
	w.wordpress("/all", "site.example", 50)
	r := newTimed(w, map[string]any{"backfill": "none"}, "/all")
	if out, reading := r.after(time.Hour); len(out.Documents) != 10 || reading.More {
		t.Errorf("%d documents, more: %v", len(out.Documents), reading.More)
	}
	few := newTimed(w, map[string]any{"backfill_pages": 2}, "/all")
	if out, reading := few.after(time.Hour); len(out.Documents) != 30 || reading.More {
		t.Errorf("%d documents, more: %v", len(out.Documents), reading.More)
	}
}

// TestReadAnewTheyAreTheSame: other settings are to understand all of it, and every item is
// the review that it was, of the feed that it was.
func TestReadAnewTheyAreTheSame(t *testing.T) {
	w := newWeb(t)
	one, two := item("1", "https://a.example/one", "first"), item("2", "https://a.example/two", "second")
	w.page("/main", feedOf(two, one))
	w.page("/planet", feedOf(item("p1", "https://a.example/one", "first"), item("p2", "https://b.example/own", "own")))
	r := newTimed(w, nil, "/main", "/planet")
	before, _ := r.after(time.Hour)
	r.list("/planet", "/main") // which would come first now
	r.restart()
	r.checkpoint = r.source.(pipeline.Rereader).Anew(r.checkpoint)
	after, reading := r.after(2 * time.Hour)
	was, is := before.GUIDs(), after.GUIDs()
	slices.Sort(was)
	slices.Sort(is)
	if !slices.Equal(was, is) || len(is) != 3 || reading.Unchanged {
		t.Errorf("%q, then %q", was, is)
	}
	if again, reading := r.after(2 * time.Hour); len(again.Documents) != 0 || !reading.Unchanged {
		t.Errorf("read anew once more: %q", again.GUIDs())
	}
	if got := r.source.(pipeline.Rereader).Anew([]byte("foreign")); len(got) == 0 {
		t.Error("a foreign checkpoint is not read anew but is an error")
	}
}
