package serve_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
)

func TestGoneAndMoved(t *testing.T) {
	s := newSite(t, func(o *serve.Options) {
		o.Gone = func(path string) bool {
			return path == "films/withdrawn.html" || path == "feeds/by-film/withdrawn.rss" || path == "films/back.html"
		}
		o.Moved = func(path string) (string, bool) {
			to, ok := map[string]string{"films/old": "films/new é", "films/old.json": "films/new.json", "films/back": "films/elsewhere"}[path]
			return to, ok
		}
	})
	s.write("films/back.html", "it stands")
	for path, want := range map[string]struct {
		status   int
		location string
	}{
		"/films/withdrawn": {410, ""}, "/films/withdrawn.html": {410, ""}, "/feeds/by-film/withdrawn.rss": {410, ""}, "/films/other": {404, ""},
		"/films/old": {301, "/films/new%20%C3%A9"}, "/films/old.json": {301, "/films/new.json"}, "/films/back": {200, ""},
		"/feeds/withdrawn.rss": {404, ""},
	} {
		for _, accept := range []string{"*/*", firefox} {
			got := s.get("GET", path, "Accept", accept)
			if got.status != want.status || got.header.Get("Location") != want.location {
				t.Errorf("%s for %s: %d %v", path, accept, got.status, got.header)
			}
			if got.status == 200 {
				continue
			}
			if isPage := strings.HasPrefix(got.header.Get("Content-Type"), "text/html"); isPage != (accept == firefox) {
				t.Errorf("%s for %s came as %s", path, accept, got.header.Get("Content-Type"))
			}
			if cache := got.header.Get("Cache-Control"); (want.status == 301) != (cache == "public, max-age=3600") || want.status != 301 && cache != "no-store" {
				t.Errorf("%s: Cache-Control %q", path, cache)
			}
			if got.header.Get("Etag") != "" || got.header.Get("Vary") != "Accept" {
				t.Errorf("%s: %v", path, got.header)
			}
			head := s.get("HEAD", path, "Accept", accept)
			if head.status != got.status || head.body != "" || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
				t.Errorf("HEAD %s: %d %v", path, head.status, head.header)
			}
		}
	}
}

func TestPagesForFaults(t *testing.T) {
	s := newSite(t, nil)
	path := "/%3Cscript%3Ealert(1)%3C/script%3E"
	got := s.get("GET", path, "Accept", chrome)
	if got.status != 404 || !strings.Contains(got.body, "The Aisle Seat") || strings.Contains(got.body, "<script") || got.header.Get("Content-Security-Policy") == "" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	if got := s.get("POST", "/", "Accept", chrome); got.status != 405 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %v", got.status, got.header)
	}
	s.write("404.html", "<p>the site's own page</p>")
	if got := s.get("GET", path, "Accept", chrome); got.status != 404 || got.body != "<p>the site's own page</p>" || got.header.Get("Etag") != "" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	if got := s.get("GET", path); got.status != 404 || got.body != "not found\n" {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// setClock is a clock that stands still until it is set.
type setClock struct{ now atomic.Int64 }

func (c *setClock) Now() time.Time { return time.Unix(0, c.now.Load()).UTC() }

func (c *setClock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestWhatPeoplePutThereIsSeenWithinASecond changes files behind the server's back.
func TestWhatPeoplePutThereIsSeenWithinASecond(t *testing.T) {
	clock := &setClock{}
	clock.now.Store(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).UnixNano())
	s := newSite(t, func(o *serve.Options) { o.Clock = clock })
	s.write("style.css", "one")
	file := filepath.Join(s.dir, "style.css")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when, want string, status int) {
		t.Helper()
		if got := s.get("GET", "/style.css"); got.status != status || got.body != want {
			t.Errorf("%s: %d %q, want %d %q", when, got.status, got.body, status, want)
		}
	}
	is("at first", "one", 200)
	put("two")
	is("at once", "one", 200) // kept: nobody told
	clock.now.Add(int64(time.Second))
	is("after a second", "two", 200)
	clock.now.Add(-int64(time.Hour))
	put("three")
	is("with a clock that was set back", "three", 200)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	clock.now.Add(int64(time.Second))
	is("removed", "not found\n", 404)
	put("four")
	is("put again", "four", 200)
}

// TestChangedDocuments are served at once, whatever names they go by.
func TestChangedDocuments(t *testing.T) {
	s := newSite(t, nil)
	s.write("films/heat.json", "{}")
	s.write("index.html", "front")
	for _, step := range []struct{ change, path, want string }{
		{"", "/films/heat", "{}"}, {"", "/", "front"}, {"films/heat.html", "/films/heat", "changed films/heat.html"},
		{"index.html", "/", "changed index.html"}, {"index.html", "/index.html", "changed index.html"}, {"films/heat.json", "/films/heat.json", "changed films/heat.json"},
	} {
		if step.change != "" {
			s.write(step.change, "changed "+step.change)
		}
		if got := s.get("GET", step.path); got.body != step.want {
			t.Errorf("after a change of %q, %s is %q", step.change, step.path, got.body)
		}
	}
	if err := s.tree.Remove("films/heat.html"); err != nil {
		t.Fatal(err)
	}
	s.server.Changed([]string{"films/heat.html"})
	if got := s.get("GET", "/films/heat"); got.body != "changed films/heat.json" {
		t.Errorf("the page is gone, and there is %q", got.body)
	}
}

// TestLargeDocuments are not kept in memory, and not pressed.
func TestLargeDocuments(t *testing.T) {
	s := newSite(t, nil)
	large := strings.Repeat("0123456789abcdef", 9<<16)
	s.write("feeds/large.rss", large)
	first := s.get("GET", "/feeds/large.rss", "Accept-Encoding", "gzip, br")
	etag := first.header.Get("Etag")
	if first.status != 200 || first.body != large || first.header.Get("Content-Encoding") != "" || etag == "" {
		t.Fatalf("%d, %d bytes, %v", first.status, len(first.body), first.header)
	}
	for _, more := range [][]string{{"Accept", firefox}, {"A-IM", "feed"}} {
		if got := s.get("GET", "/feeds/large.rss", more...); got.status != 200 || got.body != large {
			t.Errorf("%v: %d", more, got.status)
		}
	}
	if got := s.get("GET", "/feeds/large.rss", "If-None-Match", etag); got.status != 304 {
		t.Errorf("%d", got.status)
	}
	if _, err := s.tree.Write("feeds/large.rss", []byte(large+"!")); err != nil {
		t.Fatal(err)
	}
	// Nobody told: the file is another than the one whose tag is known.
	if got := s.get("GET", "/feeds/large.rss"); got.status != 503 && got.body != large+"!" || got.body == large {
		t.Errorf("%d, %d bytes", got.status, len(got.body))
	}
}

// TestHotDocumentsAreMadeReadyAgain: what was asked for in a pressed form is pressed
// again in the background when it changes, before anybody asks.
func TestHotDocumentsAreMadeReadyAgain(t *testing.T) {
	s := newSite(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(ctx, ln) }()
	s.url = "http://" + ln.Addr().String()
	s.write("feeds/hot.rss", strings.Repeat("one ", 20_000))
	s.write("feeds/cold.rss", strings.Repeat("one ", 20_000))
	s.get("GET", "/feeds/hot.rss", "Accept-Encoding", "br")
	s.get("GET", "/feeds/cold.rss", "Accept-Encoding", "identity")
	s.write("feeds/hot.rss", strings.Repeat("two ", 20_000))
	s.write("feeds/cold.rss", strings.Repeat("two ", 20_000))
	for len(s.server.Ready("/feeds/hot.rss")) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("it was never made ready")
		}
		exec.Command("true").Run() // let it work
	}
	if got := s.server.Ready("/feeds/hot.rss"); len(got) != 1 || got[0] != "br" {
		t.Errorf("ready: %v", got)
	}
	if got := s.server.Ready("/feeds/cold.rss"); len(got) != 0 {
		t.Errorf("pressed though nobody asked: %v", got)
	}
	if got := s.get("GET", "/feeds/hot.rss", "Accept-Encoding", "br"); unpressed(t, got) != strings.Repeat("two ", 20_000) {
		t.Error("the version before was made ready")
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestHubIsServed(t *testing.T) {
	s := newSite(t, func(o *serve.Options) {
		o.HubPath = "/hub"
		o.Hub = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) })
	})
	if got := s.get("POST", "/hub"); got.status != 202 {
		t.Errorf("%d", got.status)
	}
	if got := s.get("GET", "/metrics"); !strings.Contains(got.body, `filmwire_http_requests_total{code="202",route="hub"} 1`) {
		t.Error("the hub's answers are not counted")
	}
}

var _ pipeline.Clock = (*setClock)(nil)
