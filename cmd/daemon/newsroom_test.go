package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks"
)

// TestMain leaves alone two goroutines of fasthttp: its clock, one for all servers,
// and who ends a server's idle workers, and sleeps up to ten seconds after its end.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// world is what a daemon under test reads and tells: shelves that sources of type
// shelf stand before, and books that sinks of type book write into.
type world struct {
	mu      sync.Mutex
	shelves map[string]*shelf
	books   map[string]*book
	// pageless: there is no kind of sink that a config has without saying so.
	pageless bool
}

func newWorld() *world { return &world{shelves: map[string]*shelf{}, books: map[string]*book{}} }

func (w *world) shelf(name string) *shelf {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shelves[name] == nil {
		w.shelves[name] = &shelf{texts: map[string]string{}, watchers: map[chan struct{}]bool{}}
	}
	return w.shelves[name]
}

func (w *world) book(name string) *book {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.books[name] == nil {
		w.books[name] = &book{}
	}
	return w.books[name]
}

// shelf holds reviews by guid.
type shelf struct {
	mu       sync.Mutex
	texts    map[string]string
	reads    int
	watchers map[chan struct{}]bool
}

// put puts reviews on the shelf, or changes them, and tells those who watch. An
// empty text takes one away.
func (s *shelf) put(texts map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for guid, text := range texts {
		if s.texts[guid] = text; text == "" {
			delete(s.texts, guid)
		}
	}
	for c := range s.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (s *shelf) readings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// shelfSource reads a shelf.
type shelfSource struct{ *shelf }

func (s shelfSource) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	s.mu.Lock()
	s.reads++
	var docs []review.Document
	for guid, text := range s.texts {
		docs = append(docs, review.Document{
			GUID: guid, RawSHA256: fmt.Sprintf("%x", text), Form: review.FormText, Body: text,
			Stated: review.Review{Film: review.Film{Title: filmOf(guid), Year: 2020}, PublishedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
		})
	}
	s.mu.Unlock()
	slices.SortFunc(docs, func(a, b review.Document) int { return strings.Compare(a.GUID, b.GUID) })
	for _, d := range docs {
		if err := out.Document(d); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{Complete: true}, nil
}

// filmsShelved is how many films the reviews are about: rebuilding everything a thousand
// times should not write a million files.
const filmsShelved = 100

func filmOf(guid string) string {
	n, _ := strconv.Atoi(guid)
	return fmt.Sprintf("Film %04d", n%filmsShelved)
}

func (s shelfSource) Watch(ctx context.Context, changed func()) error {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.watchers[c] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, c)
	}()
	changed() // what changed before it was watched
	for {
		select {
		case <-c:
			changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// book is written into by a delivery: the ids of events, in order.
type book struct {
	mu     sync.Mutex
	events []string
	opened int
	closed int
}

func (b *book) list() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events)
}

// openings is how often a sink was made for the book, and how many of those live.
func (b *book) openings() (opened, alive int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened, b.opened - b.closed
}

type bookDelivery struct{ *book }

// Deliver takes its time, as a call over a network does, and says nothing of what it
// has written when it is cut short.
func (b bookDelivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range entries {
		b.events = append(b.events, e.Review.EventID)
	}
	for range 100 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		runtime.Gosched()
	}
	return make([]pipeline.Verdict, len(entries)), nil
}

func (b bookDelivery) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed++
	return nil
}

// catalogue is the built-in sinks with the world's kinds.
func (w *world) catalogue() config.Catalogue {
	kinds := slices.DeleteFunc(sinks.Builtin(), func(t pipeline.SinkType) bool { return w.pageless && t.Name == "pages" })
	return config.Catalogue{
		Sources: []pipeline.SourceType{{Name: "shelf", Configure: func(o pipeline.Options) pipeline.OpenSource {
			var s struct {
				Shelf string `config:"shelf,required"`
			}
			o.Decode(&s)
			return func(pipeline.SourceEnv) (pipeline.Source, error) { return shelfSource{w.shelf(s.Shelf)}, nil }
		}}},
		Sinks: append(kinds, pipeline.SinkType{Name: "book", Delivery: func(o pipeline.Options) pipeline.OpenDelivery {
			var s struct {
				Book   string          `config:"book,required"`
				Secret pipeline.Secret `config:"secret"`
				Broken bool            `config:"broken"`
			}
			o.Decode(&s)
			return func(pipeline.DeliveryEnv) (pipeline.Delivery, error) {
				if s.Broken {
					return nil, fmt.Errorf("this one cannot be made")
				}
				b := w.book(s.Book)
				b.mu.Lock()
				defer b.mu.Unlock()
				b.opened++
				return bookDelivery{b}, nil
			}
		}}),
	}
}

// desk is one daemon with its config file and its data folder.
type desk struct {
	t     testing.TB
	world *world
	dir   string
	text  string // of the config
	log   syncBuffer
	url   string
	*daemon.Daemon
	stop func()
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

const deskHead = "version: 1\nsite: {title: Desk, url: \"https://reviews.example.org\"}\nlisten: 127.0.0.1:0\n"

func newDesk(t testing.TB, text string) *desk {
	t.Helper()
	return &desk{t: t, world: newWorld(), dir: t.TempDir(), text: text}
}

func (d *desk) load() (*config.Config, error) {
	return config.Parse(filepath.Join(d.dir, "filmwire.yaml"), []byte(d.text), d.world.catalogue())
}

// open makes the daemon, with nothing running.
func (d *desk) open() {
	d.t.Helper()
	cfg, err := d.load()
	if err != nil {
		d.t.Fatal(err)
	}
	d.Daemon, err = daemon.Open(d.t.Context(), daemon.Options{
		Config: cfg, Load: d.load, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Clock: pipeline.SystemClock{}, Version: "test",
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// run opens the daemon and has it run until close.
func (d *desk) run() {
	d.t.Helper()
	d.open()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Run(ctx, func(at net.Addr) {
			d.url = "http://" + at.String()
			close(ready)
		})
	}()
	select {
	case <-ready:
	case err := <-ended:
		d.t.Fatalf("the daemon does not run: %v", err)
	}
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			d.t.Errorf("the daemon ends with %v", err)
		}
		if err := d.Close(); err != nil {
			d.t.Error(err)
		}
	})
	d.stop = stop
	d.t.Cleanup(stop)
}

// reload goes over to another config, which must be taken.
func (d *desk) reload(text string) daemon.Outcome {
	d.t.Helper()
	d.text = text
	out := d.Reload(d.t.Context())
	if out.Refused != "" || out.NeedsAttention() {
		d.t.Fatalf("reload: %+v\n%s\n%s", out, text, d.log.String())
	}
	return out
}

// once brings everything up to date with nothing else running.
func (d *desk) once() {
	d.t.Helper()
	d.open()
	sum, err := d.Once(d.t.Context())
	if err != nil || len(sum.Errors) > 0 {
		d.t.Fatalf("%+v, %v", sum, err)
	}
	if err := d.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// until waits for something to come true, for as long as the test may run.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	for !so() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-d.t.Context().Done():
			d.t.Fatalf("%s: never\n%s", what, d.log.String())
		}
	}
}

// quiet waits until events events are on the log and every sink has seen all of it.
func (d *desk) quiet(events int) {
	d.t.Helper()
	d.until(fmt.Sprintf("%d events, and all sinks quiet", events), func() bool {
		response, err := http.Get(d.url + "/metrics")
		if err != nil {
			d.t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			d.t.Fatal(err)
		}
		seen := 0.0
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
			n, _ := strconv.ParseFloat(value, 64)
			switch {
			case strings.HasPrefix(name, "filmwire_sink_lag{") && n > 0:
				return false
			case strings.HasPrefix(name, "filmwire_source_events_total{"):
				seen += n
			}
		}
		return seen == float64(events)
	})
}

// file is what stands under public, "" for nothing.
func (d *desk) file(name string) string {
	content, err := os.ReadFile(filepath.Join(d.dir, "data", "public", name))
	if err != nil {
		return ""
	}
	return string(content)
}

// public is every file under public with what identifies it on the disk.
func (d *desk) public() map[string]string {
	d.t.Helper()
	files := map[string]string{}
	root := os.DirFS(filepath.Join(d.dir, "data", "public"))
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it went meanwhile
			return nil
		}
		if err != nil || e.IsDir() || strings.HasPrefix(name, ".") {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files[name] = string(content)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return files
}

// some are n texts by guid, from number first on.
func some(first, n int, what string) map[string]string {
	texts := map[string]string{}
	for i := first; i < first+n; i++ {
		texts[fmt.Sprintf("%04d", i)] = fmt.Sprintf("A sentence about film %d, %s.\n\nRating: %d/10", i, what, i%11)
	}
	return texts
}
