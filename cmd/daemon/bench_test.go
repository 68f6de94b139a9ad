package daemon_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"github.com/mmcdole/gofeed"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/tree"
	"github.com/filmwire/filmwire/pipeline/views"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sources"
)

// reviewsPerFeed and reviewSize are the load of the benchmark: RSS as a blog
// writes it, with 2.4 kB of HTML in each item.
const (
	reviewsPerFeed = 1000
	reviewSize     = 2400
)

// blogFeed is a feed of n reviews, numbered from first on, of so many films.
func blogFeed(first, n, films int) []byte {
	words := strings.Fields("the film a scene camera light quiet slow actor plays her city night rain music score edit cut long " +
		"shot story of two people who meet and part while nobody looks it is never sure whether that is sad or funny")
	random := rand.New(rand.NewPCG(7, uint64(first)))
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Aisle Seat</title><link>https://example.org/</link><description>Reviews</description>`)
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, `<item><title>Review: The Film Number %d (%d)</title><link>https://example.org/reviews/%d/</link><dc:creator><![CDATA[Jane Doe]]></dc:creator><pubDate>%s</pubDate><category><![CDATA[drama]]></category><guid isPermaLink="false">https://example.org/?p=%d</guid><description><![CDATA[A short word on film %d.]]></description><content:encoded><![CDATA[`,
			i%films, 1950+i%films%70, i, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i)*time.Minute).Format(time.RFC1123Z), i, i)
		for start := b.Len(); b.Len()-start < reviewSize; {
			b.WriteString("<p>")
			for range 40 + random.IntN(40) {
				b.WriteString(words[random.IntN(len(words))])
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, `and <em>that</em> is <a href="/tag/%d">that</a>.</p>`+"\n", i%9)
		}
		fmt.Fprintf(&b, "<p>Rating: %d/10</p>]]></content:encoded></item>", random.IntN(11))
	}
	b.WriteString("</channel></rss>")
	return b.Bytes()
}

// cpu is the time the process has spent on all cores, the embedded server's and
// the collector's included.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discard takes documents and keeps them.
type discard struct{ documents []review.Document }

func (d *discard) Document(doc review.Document) error {
	d.documents = append(d.documents, doc)
	return nil
}

func (d *discard) Gone(string) error { return nil }

func (d *discard) Problem(p pipeline.Problem) error { return p.Err }

// feedSource is the feed source, reading from a server on the loopback network.
func feedSource(b *testing.B, url string) pipeline.Source {
	b.Helper()
	options := config.StringOptions(map[string]string{"url": url}, config.Catalogue{})
	for _, t := range sources.Builtin() {
		if t.Name == "feed" {
			open := t.Configure(options)
			if err := options.Err(); err != nil {
				b.Fatal(err)
			}
			env := pipeline.SourceEnv{
				Name: "blog", Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{},
				HTTP: fetch.New(fetch.Options{AllowPrivate: true}),
			}
			env.Feed = feeds.Opener(env)
			s, err := open(env)
			if err != nil {
				b.Fatal(err)
			}
			return s
		}
	}
	b.Fatal("there is no feed source")
	return nil
}

// BenchmarkReview says what one new review costs in CPU, stage by stage, in an
// engine that runs already, and how that compares with a loop that only parses
// and sanitises the same bytes. "durable" is all of it up to the event on the log:
// read, normalize, identify, compare, publish, sync. "log" is the part of it that
// putting the finished events onto an embedded server takes, with nothing of ours
// but their encoding. A film that was not seen before costs an event of its own. Each
// round reads a feed of another source: one that had a thousand others each time would
// have all that it no longer shows compared with what is new, at 3 µs each, and the
// figure would grow with the rounds.
func BenchmarkReview(b *testing.B) {
	b.Run("new films", func(b *testing.B) { benchmarkReview(b, 1<<30) })
	b.Run("known films", func(b *testing.B) { benchmarkReview(b, 250) })
}

func benchmarkReview(b *testing.B, films int) {
	var feed []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		w.Write(feed)
	}))
	defer server.Close()
	n := newNewsroom(b, benchConfig)
	defer n.close(b)
	other := openBus(b, b.TempDir())
	defer other.Close()
	spent := map[string]time.Duration{}
	stage := func(name string, do func()) {
		before := cpu(b)
		do()
		spent[name] += cpu(b) - before
	}
	reviews := 0
	round := func() {
		feed = blogFeed(reviews, reviewsPerFeed, films)
		reviews += reviewsPerFeed
		stage("plain", func() { plainLoop(b, feed) })
		var read discard
		source := feedSource(b, server.URL)
		stage("read", func() {
			if _, err := source.Read(b.Context(), nil, &read); err != nil {
				b.Fatal(err)
			}
		})
		stage("normalize", func() {
			for _, d := range read.documents {
				if _, err := normalize.Normalize(d); err != nil {
					b.Fatal(err)
				}
			}
		})
		stage("durable", func() {
			report, err := n.ingest.Poll(b.Context(), &pipeline.Polled{Name: fmt.Sprintf("blog-%d", reviews), Type: "feed", Source: feedSource(b, server.URL), Parser: "bench"}, nil)
			if err != nil || report.Published != reviewsPerFeed {
				b.Fatalf("%+v, %v", report, err)
			}
		})
		events := written(b, n.bus.Log(), reviewsPerFeed)
		stage("log", func() { appendAll(b, other.Log(), events) })
		stage("apply+render", func() {
			for _, v := range n.viewings {
				if err := v.CatchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	round() // the first round pays for memory that later ones use again
	clear(spent)
	warm := reviews
	for b.Loop() {
		round()
	}
	per := func(name string) float64 { return float64(spent[name].Microseconds()) / float64(reviews-warm) }
	for _, name := range []string{"plain", "read", "normalize", "durable", "log", "apply+render"} {
		b.ReportMetric(per(name), name+"-cpu-µs/review")
	}
	b.ReportMetric(per("durable")-per("read")-per("normalize"), "publish-cpu-µs/review") // log is a part of it
	b.ReportMetric(per("durable")/per("plain"), "durable/plain")
	b.ReportMetric(0, "ns/op")
}

// plainLoop is what somebody would write first: parse with gofeed, sanitise with
// bluemonday, keep nothing.
func plainLoop(b *testing.B, feed []byte) {
	b.Helper()
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(feed))
	if err != nil {
		b.Fatal(err)
	}
	policy := bluemonday.UGCPolicy()
	n := 0
	for _, item := range parsed.Items {
		n += len(policy.Sanitize(item.Content))
	}
	if n == 0 {
		b.Fatal("nothing was sanitised")
	}
}

// written returns the newest n reviews on the log with the film events between
// them, as they were appended.
func written(b *testing.B, log pipeline.Log, n int) []pipeline.Append {
	b.Helper()
	head, err := log.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var events []pipeline.Append
	for after := head - min(head, pipeline.Position(2*n)); after < head; {
		entries, err := log.Read(b.Context(), after, pipeline.MaxAppend)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			events = append(events, pipeline.Append{Review: e.Review, Film: e.Film})
			after = e.Position
		}
	}
	reviews := 0
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Review != nil {
			reviews++
		}
		if reviews > n {
			return events[i+1:]
		}
	}
	return events
}

func appendAll(b *testing.B, log pipeline.Log, events []pipeline.Append) {
	b.Helper()
	for len(events) > 0 {
		n := min(len(events), pipeline.MaxAppend)
		if _, err := log.Append(b.Context(), events[:n]); err != nil {
			b.Fatal(err)
		}
		events = events[n:]
	}
}

func openBus(b *testing.B, dir string) *bus.Bus {
	b.Helper()
	opened, err := bus.Open(b.Context(), bus.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return opened
}

// newsroom is an engine with the sinks of the example, in an empty folder.
type newsroom struct {
	dir      string
	bus      *bus.Bus
	window   *pipeline.Window
	store    *views.Store
	ingest   *pipeline.Ingest
	viewings []*pipeline.Viewing
	trees    []*tree.Tree
}

const benchConfig = `version: 1
site: {title: Bench, url: "https://reviews.example.org"}
sinks:
  - {name: latest, type: feed}
  - {name: ratings, type: ratings}
`

func newNewsroom(b *testing.B, lines string) *newsroom {
	b.Helper()
	dir := b.TempDir()
	log := slog.New(slog.DiscardHandler)
	cfg, err := config.Parse(filepath.Join(dir, "filmwire.yaml"), []byte(lines), config.Catalogue{Sinks: sinks.Builtin()})
	if err != nil {
		b.Fatal(err)
	}
	n := &newsroom{dir: dir}
	n.bus = openBus(b, dir)
	if n.store, err = views.Open(filepath.Join(dir, "views"), log); err != nil {
		b.Fatal(err)
	}
	window := pipeline.NewWindow(n.bus.Log(), 16_384)
	n.window = window
	n.ingest = pipeline.NewIngest(pipeline.IngestConfig{
		Log: window, KV: n.bus.KV(), Store: n.store, Registry: films.New(), Normalize: normalize.Normalize,
		Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer},
		Site:      cfg.Site, Clock: pipeline.SystemClock{}, Logger: log, Workers: runtime.GOMAXPROCS(0),
	})
	if err := n.ingest.Prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	public := n.tree(b, filepath.Join(dir, "public"))
	for i := range cfg.Sinks {
		s := &cfg.Sinks[i]
		view, err := s.OpenView(pipeline.ViewEnv{Name: s.Name, Site: cfg.Site, Log: log, At: window.At, Links: func() []pipeline.Link { return nil }})
		if err != nil {
			b.Fatal(err)
		}
		v := pipeline.NewViewing(pipeline.ViewingConfig{
			Name: s.Name, View: view, Where: &s.Where, Log: window, Store: n.store,
			Public: public, Staging: n.tree(b, filepath.Join(dir, "staging", s.Name)), Logger: log, Clock: pipeline.SystemClock{},
		})
		if err := v.Prepare(b.Context()); err != nil {
			b.Fatal(err)
		}
		n.viewings = append(n.viewings, v)
	}
	return n
}

func (n *newsroom) tree(b *testing.B, dir string) *tree.Tree {
	b.Helper()
	t, err := tree.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	n.trees = append(n.trees, t)
	return t
}

// mustStand asks that there are so many feeds, in all formats together.
func (n *newsroom) mustStand(b *testing.B, feeds int) {
	b.Helper()
	found := 0
	err := filepath.WalkDir(filepath.Join(n.dir, "public", "feeds"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(d.Name()) != ".opml" {
			found++
		}
		return err
	})
	if err != nil || found != feeds {
		b.Fatalf("%d documents, want %d: %v", found, feeds, err)
	}
}

func (n *newsroom) close(b *testing.B) {
	b.Helper()
	for _, t := range n.trees {
		t.Close()
	}
	if err := n.store.Close(); err != nil {
		b.Fatal(err)
	}
	if err := n.bus.Close(); err != nil {
		b.Fatal(err)
	}
}
