package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/tree"
)

// TestMain leaves alone two goroutines of fasthttp: its clock, one for all servers,
// and who ends a server's idle workers, and sleeps up to ten seconds after its end.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// site is a served folder.
type site struct {
	t    testing.TB
	dir  string
	tree *tree.Tree
	url  string
	// server is told of what write changes.
	server *serve.Server
}

// someSite is what the server knows of the site.
func someSite() pipeline.Site {
	return pipeline.Site{Title: "The Aisle Seat", URL: "https://reviews.example.org", Language: "en"}
}

// longAgo is far enough in the past for a Last-Modified.
func longAgo() time.Time { return time.Date(2020, time.May, 1, 12, 0, 0, 0, time.UTC) }

func newSite(t testing.TB, change func(*serve.Options)) *site {
	t.Helper()
	dir := t.TempDir()
	public, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := serve.Options{Root: dir, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}, Version: "1.2.3"}
	if change != nil {
		change(&o)
	}
	s, err := serve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	url := serveOn(t, s)
	t.Cleanup(func() { public.Close() })
	return &site{t: t, dir: dir, tree: public, url: url, server: s}
}

// serveOn has a server answer on the loopback until the test ends, and closes it.
func serveOn(t testing.TB, s *serve.Server) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return "http://" + ln.Addr().String()
}

func (s *site) write(name, content string) {
	s.t.Helper()
	if _, err := s.tree.Write(name, []byte(content)); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(s.dir, name), longAgo(), longAgo()); err != nil {
		s.t.Fatal(err)
	}
	s.server.Changed([]string{name})
}

// answer is a response with its body read, as it came over the wire.
type answer struct {
	status int
	header http.Header
	body   string
}

// get sends a request without Go's own compression, with headers given in pairs.
func (s *site) get(method, path string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(headers) == 0 {
		headers = []string{"Accept-Encoding", "identity"}
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// TestFolderWithoutItsSlash: links in a folder's page count from within it.
func TestFolderWithoutItsSlash(t *testing.T) {
	s := newSite(t, nil)
	s.write("films/index.html", "list")
	s.write("films/by-date/index.html", "by date")
	for path, want := range map[string]string{"/films": "./films/", "/films/by-date": "./by-date/", "/films?x=1": "./films/"} {
		if got := s.get("GET", path); got.status != 301 || got.header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want 301 to %s", path, got.status, got.header.Get("Location"), want)
		}
	}
}

func TestURLs(t *testing.T) {
	s := newSite(t, nil)
	for name, content := range map[string]string{
		"index.html": "home", "feeds/latest.rss": "<rss/>", "feeds/latest.atom": "<feed/>", "feeds/latest.json": "{}",
		"feeds/by-film/solaris-1972.json": "{}", "films/solaris-1972.html": "page", "films/solaris-1972.json": "{}",
		"films/no-page.json": "{}", "films/mr.-nobody-2009.html": "page", "critics/jane-doe.html": "jane", "opml.xml": "<opml/>",
		"sitemap.xml": "<urlset/>", "style.css": "p{}", "a/picture.png": "png", "a/thing": "?", "lists/index.html": "list",
	} {
		s.write(name, content)
	}
	for path, want := range map[string]struct {
		status      int
		contentType string
		body        string
	}{
		"/":                                {200, "text/html; charset=utf-8", "home"},
		"/index.html":                      {200, "text/html; charset=utf-8", "home"},
		"/feeds/latest.rss":                {200, "application/rss+xml; charset=utf-8", "<rss/>"},
		"/feeds/latest.atom":               {200, "application/atom+xml; charset=utf-8", "<feed/>"},
		"/feeds/latest.json":               {200, "application/feed+json", "{}"},
		"/feeds/by-film/solaris-1972.json": {200, "application/feed+json", "{}"},
		"/films/solaris-1972":              {200, "text/html; charset=utf-8", "page"},
		"/films/solaris-1972.json":         {200, "application/json", "{}"},
		"/films/no-page":                   {200, "application/json", "{}"},
		"/films/mr.-nobody-2009":           {200, "text/html; charset=utf-8", "page"},
		"/critics/jane-doe":                {200, "text/html; charset=utf-8", "jane"},
		"/opml.xml":                        {200, "text/x-opml; charset=utf-8", "<opml/>"},
		"/sitemap.xml":                     {200, "application/xml; charset=utf-8", "<urlset/>"},
		"/style.css":                       {200, "text/css; charset=utf-8", "p{}"},
		"/a/picture.png":                   {200, "image/png", "png"},
		"/a/thing":                         {200, "application/octet-stream", "?"},
		"/lists/":                          {200, "text/html; charset=utf-8", "list"},
		"/lists":                           {301, "", ""},
		"/feeds":                           {404, "text/plain; charset=utf-8", "not found\n"},
		"/feeds/":                          {404, "text/plain; charset=utf-8", "not found\n"},
		"/films/nothing":                   {404, "text/plain; charset=utf-8", "not found\n"},
		"/index.html/below":                {404, "text/plain; charset=utf-8", "not found\n"},
		"/" + strings.Repeat("x", 300):     {404, "text/plain; charset=utf-8", "not found\n"},
		"/nul%00byte":                      {404, "text/plain; charset=utf-8", "not found\n"},
		"/livez":                           {200, "text/plain; charset=utf-8", "ok\n"},
	} {
		t.Run(path, func(t *testing.T) {
			got := s.get("GET", path)
			if got.status != want.status || got.header.Get("Content-Type") != want.contentType || got.body != want.body {
				t.Errorf("%d %s %q, want %d %s %q", got.status, got.header.Get("Content-Type"), got.body, want.status, want.contentType, want.body)
			}
			if got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Error("browsers may sniff")
			}
			head := s.get("HEAD", path)
			got.header.Del("Date")
			head.header.Del("Date")
			got.header.Del("Content-Length") // plain answers know theirs only with the body
			head.header.Del("Content-Length")
			if diff := cmp.Diff(got.header, head.header); head.status != want.status || head.body != "" || diff != "" {
				t.Errorf("HEAD: %d %q %s", head.status, head.body, diff)
			}
		})
	}
}

func TestHiddenIsHidden(t *testing.T) {
	s := newSite(t, nil)
	s.write("index.html", "home")
	outside := filepath.Join(filepath.Dir(s.dir), "outside.txt")
	for path, content := range map[string]string{
		outside: "secret", filepath.Join(s.dir, ".htaccess"): "secret", filepath.Join(s.dir, ".tmp", "HALF"): "secret",
		filepath.Join(s.dir, "films", ".draft.html"): "secret",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link.txt": outside, "up": "..", "loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/.htaccess", "/.tmp/HALF", "/films/.draft.html", "/films/.draft", "/link.txt", "/up/outside.txt", "/loop", "/pipe",
		"/%2e%2e/outside.txt", "/..%2foutside.txt", "/films/..%2f..%2foutside.txt", "/films/%2e%2e/%2e%2e/outside.txt",
		"/..%5coutside.txt", "/%2etmp/HALF", "//outside.txt", "/./.tmp/HALF", "/films/%2fetc/passwd",
	} {
		got := s.get("GET", path)
		for got.status == http.StatusTemporaryRedirect || got.status == http.StatusMovedPermanently {
			got = s.get("GET", got.header.Get("Location"))
		}
		if got.status != 404 || strings.Contains(got.body, "secret") {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
}

func TestOtherMethods(t *testing.T) {
	s := newSite(t, nil)
	s.write("index.html", "home")
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		for _, path := range []string{"/", "/feeds/latest.rss", "/livez", "/metrics"} {
			got := s.get(method, path)
			if got.status != 405 || got.header.Get("Allow") != "GET, HEAD" || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: %d, Allow %q", method, path, got.status, got.header.Get("Allow"))
			}
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	s := newSite(t, nil)
	s.write("feeds/latest.rss", "<rss>one</rss>")
	first := s.get("GET", "/feeds/latest.rss")
	etag, modified := first.header.Get("Etag"), first.header.Get("Last-Modified")
	if !strings.HasPrefix(etag, `"`) || modified != longAgo().Format(http.TimeFormat) {
		t.Fatalf("ETag %s, Last-Modified %s", etag, modified)
	}
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"the tag":                     {[]string{"If-None-Match", etag}, 304},
		"in a list":                   {[]string{"If-None-Match", `"a,b", W/"c" ,` + etag}, 304},
		"in a second header":          {[]string{"If-None-Match", `"a"`, "If-None-Match", etag}, 304},
		"weak":                        {[]string{"If-None-Match", "W/" + etag}, 304},
		"anything":                    {[]string{"If-None-Match", "*"}, 304},
		"another":                     {[]string{"If-None-Match", `"another"`}, 200},
		"without quotes":              {[]string{"If-None-Match", strings.Trim(etag, `"`)}, 200},
		"not closed":                  {[]string{"If-None-Match", strings.TrimSuffix(etag, `"`)}, 200},
		"empty":                       {[]string{"If-None-Match", ""}, 200},
		"the time":                    {[]string{"If-Modified-Since", modified}, 304},
		"a later time":                {[]string{"If-Modified-Since", longAgo().Add(time.Hour).Format(http.TimeFormat)}, 304},
		"an earlier time":             {[]string{"If-Modified-Since", longAgo().Add(-time.Second).Format(http.TimeFormat)}, 200},
		"no time":                     {[]string{"If-Modified-Since", "yesterday"}, 200},
		"the tag is the better word":  {[]string{"If-None-Match", `"another"`, "If-Modified-Since", modified}, 200},
		"the tag though time differs": {[]string{"If-None-Match", etag, "If-Modified-Since", longAgo().Add(-time.Hour).Format(http.TimeFormat)}, 304},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				got := s.get(method, "/feeds/latest.rss", append(c.headers, "Accept-Encoding", "identity")...)
				if got.status != c.want {
					t.Fatalf("%s: %d, want %d", method, got.status, c.want)
				}
				if got.status == 304 && (got.body != "" || got.header.Get("Content-Type") != "") {
					t.Errorf("304 with %q and %v", got.body, got.header)
				}
				for _, same := range []string{"Etag", "Cache-Control", "Vary", "Last-Modified"} {
					if got.header.Get(same) != first.header.Get(same) || got.header.Get(same) == "" {
						t.Errorf("%s %d: %s is %q, was %q", method, got.status, same, got.header.Get(same), first.header.Get(same))
					}
				}
			}
		})
	}
	s.write("feeds/latest.rss", "<rss>two</rss>")
	got := s.get("GET", "/feeds/latest.rss", "If-None-Match", etag)
	if got.status != 200 || got.body != "<rss>two</rss>" || got.header.Get("Etag") == etag {
		t.Errorf("after a change of the same length and time: %d %q", got.status, got.body)
	}
	s.write("feeds/latest.rss", "<rss>one</rss>")
	if got := s.get("HEAD", "/feeds/latest.rss"); got.header.Get("Etag") != etag {
		t.Errorf("the same bytes again have ETag %s, had %s", got.header.Get("Etag"), etag)
	}
}

func TestNoTimeThatIsStillToCome(t *testing.T) {
	s := newSite(t, nil)
	now := time.Now().Add(time.Hour)
	if _, err := s.tree.WriteDated("index.html", []byte("home"), now); err != nil {
		t.Fatal(err)
	}
	got := s.get("GET", "/", "If-Modified-Since", now.UTC().Format(http.TimeFormat))
	if got.status != 200 || got.header.Get("Last-Modified") != "" {
		t.Errorf("%d, Last-Modified %q", got.status, got.header.Get("Last-Modified"))
	}
}

func TestCodings(t *testing.T) {
	s := newSite(t, nil)
	long := strings.Repeat("<item>a review</item>", 500)
	s.write("feeds/latest.rss", long)
	s.write("feeds/short.rss", "<rss/>")
	s.write("a/picture.png", long)
	plain := s.get("GET", "/feeds/latest.rss").header.Get("Etag")
	for asked, want := range map[string]string{
		"gzip": "gzip", "gzip, deflate, br": "br", "br;q=0.5, gzip": "gzip", "br;q=0.5, gzip;q=0.5": "br", "*": "br",
		"GZIP": "gzip", "x-gzip": "gzip", "identity;q=0.5, *;q=0.9": "br", "*, br;q=0": "gzip", "deflate, zstd": "",
		"identity": "", "identity, gzip;q=0.5": "", "gzip;q=0": "", "gzip; q=0.000, br;q=0.0": "", "x-gzip-like": "",
		"gzip;level=9;q=0.1, br;q=0.05": "gzip", "br;q=nonsense": "br", "*;q=0": "", ",;,=,gzip": "gzip",
	} {
		for range 2 { // made, then remembered
			got := s.get("GET", "/feeds/latest.rss", "Accept-Encoding", asked)
			if got.header.Get("Content-Encoding") != want || unpressed(t, got) != long {
				t.Fatalf("%q: came as %q with %d bytes", asked, got.header.Get("Content-Encoding"), len(got.body))
			}
			etag := got.header.Get("Etag")
			if (etag == plain) != (want == "") || strings.HasPrefix(etag, "W/") {
				t.Errorf("%q: entity tag %s, the plain one is %s", asked, etag, plain)
			}
			if got.header.Get("Content-Length") != fmt.Sprint(len(got.body)) || got.header.Get("Vary") != "Accept-Encoding, Accept, A-IM" {
				t.Errorf("%q: %v", asked, got.header)
			}
			if again := s.get("GET", "/feeds/latest.rss", "Accept-Encoding", asked, "If-None-Match", etag); again.status != 304 || again.header.Get("Etag") != etag {
				t.Errorf("%q: %d %v", asked, again.status, again.header)
			}
			if want == "" {
				continue
			}
			if other := s.get("GET", "/feeds/latest.rss", "Accept-Encoding", "identity", "If-None-Match", etag); other.status != 200 || other.body != long {
				t.Errorf("the pressed form's tag answers for the plain one: %d", other.status)
			}
		}
	}
	for _, path := range []string{"/feeds/short.rss", "/a/picture.png"} {
		if got := s.get("GET", path, "Accept-Encoding", "gzip, br"); got.header.Get("Content-Encoding") != "" {
			t.Errorf("%s came as %s", path, got.header.Get("Content-Encoding"))
		}
	}
}

func TestHeadersByKind(t *testing.T) {
	s := newSite(t, func(o *serve.Options) {
		o.Settled = func(path string) bool { return path == "feeds/latest-1.rss" }
		site := someSite()
		site.Hubs = []string{"https://reviews.example.org/hub", "https://hub.example.org/"}
		o.Site = func() pipeline.Site { return site }
	})
	for name, want := range map[string]struct{ origin, cache, policy, link string }{
		"index.html":                 {"", "no-cache", "script-src 'none'", ""},
		"films/solaris-1972.json":    {"*", "no-cache", "", ""},
		"feeds/latest.rss":           {"", "public, max-age=60", "", `<https://reviews.example.org/hub>; rel="hub", <https://hub.example.org/>; rel="hub", <https://reviews.example.org/feeds/latest.rss>; rel="self"`},
		"feeds/latest-1.rss":         {"", "public, max-age=86400", "", `<https://reviews.example.org/hub>; rel="hub", <https://hub.example.org/>; rel="hub", <https://reviews.example.org/feeds/latest-1.rss>; rel="self"`},
		"feeds/by-film/mädchen.json": {"*", "public, max-age=60", "", `<https://reviews.example.org/hub>; rel="hub", <https://hub.example.org/>; rel="hub", <https://reviews.example.org/feeds/by-film/m%C3%A4dchen.json>; rel="self"`},
	} {
		s.write(name, "<p>some text</p>")
		for _, condition := range []string{`"none"`, "*"} {
			got := s.get("GET", "/"+(&url.URL{Path: name}).EscapedPath(), "If-None-Match", condition)
			h := got.header
			policy := h.Get("Content-Security-Policy")
			if h.Get("Access-Control-Allow-Origin") != want.origin || h.Get("Cache-Control") != want.cache ||
				!strings.HasPrefix(policy, want.policy) || (policy == "") != (want.policy == "") || h.Get("Link") != want.link {
				t.Errorf("%s: %d %v", name, got.status, h)
			}
		}
	}
}

// TestRangesAreRefused: whoever resumes a download gets the whole again.
func TestRangesAreRefused(t *testing.T) {
	s := newSite(t, nil)
	s.write("feeds/latest.rss", "<rss>whole</rss>")
	etag := s.get("GET", "/feeds/latest.rss").header.Get("Etag")
	for _, header := range [][]string{{"Range", "bytes=2-3"}, {"Range", "bytes=-1"}, {"Range", "bytes=2-3", "If-Range", etag}} {
		got := s.get("GET", "/feeds/latest.rss", header...)
		if got.status != 200 || got.body != "<rss>whole</rss>" || got.header.Get("Accept-Ranges") != "none" {
			t.Errorf("%v: %d %q %v", header, got.status, got.body, got.header)
		}
	}
}

func TestPreflight(t *testing.T) {
	s := newSite(t, nil)
	for path, want := range map[string]int{"/films/solaris-1972.json": 204, "/feeds/latest.json": 204, "/feeds/latest.rss": 405, "/": 405} {
		got := s.get("OPTIONS", path, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
		if got.status != want || (got.header.Get("Access-Control-Allow-Origin") == "*") != (want == 204) {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
	}
}

// TestNeverTorn reads a document while it is replaced: each answer is one whole
// version, with that version's own ETag.
func TestNeverTorn(t *testing.T) {
	s := newSite(t, nil)
	version := func(n int) string { return strings.Repeat(string(rune('a'+n%26)), 1+n*7919%60_000) }
	s.write("feeds/latest.rss", version(0))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, encoding := range []string{"identity", "gzip", "br"} {
		wg.Go(func() {
			for ctx.Err() == nil {
				got := s.get("GET", "/feeds/latest.rss", "Accept-Encoding", encoding)
				body := unpressed(t, got)
				if got.status != 200 || body == "" || strings.Count(body, body[:1]) != len(body) {
					t.Errorf("%d: a torn document of %d bytes", got.status, len(body))
					return
				}
				sum := sha256.Sum256([]byte(body))
				if want := hex.EncodeToString(sum[:12]); !strings.HasPrefix(got.header.Get("Etag"), `"`+want) {
					t.Errorf("ETag %s of a document with %s", got.header.Get("Etag"), want)
					return
				}
			}
		})
	}
	for n := range 300 {
		if _, err := s.tree.WriteDated("feeds/latest.rss", []byte(version(n)), longAgo()); err != nil {
			t.Fatal(err)
		}
		s.server.Changed([]string{"feeds/latest.rss"})
		if got := s.get("GET", "/feeds/latest.rss"); got.body != version(n) {
			t.Fatalf("version %d is not there when it was told of", n)
		}
	}
}

func unpressed(t *testing.T, got answer) string {
	var r io.Reader = strings.NewReader(got.body)
	switch got.header.Get("Content-Encoding") {
	case "":
		return got.body
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Error(err)
			return ""
		}
		r = z
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return string(content)
}

func TestReadyz(t *testing.T) {
	var reason error
	s := newSite(t, func(o *serve.Options) { o.Ready = func(context.Context) error { return reason } })
	for _, c := range []struct {
		reason error
		status int
		want   map[string]any
	}{
		{nil, 200, map[string]any{"ready": true, "version": "1.2.3"}},
		{errors.New("log: closed"), 503, map[string]any{"ready": false, "version": "1.2.3", "reasons": []any{"log: closed"}}},
		{errors.Join(errors.New("a"), errors.Join(errors.New("b"), errors.New("c"))), 503,
			map[string]any{"ready": false, "version": "1.2.3", "reasons": []any{"a", "b", "c"}}},
	} {
		reason = c.reason
		got := s.get("GET", "/readyz")
		var body map[string]any
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, body); got.status != c.status || diff != "" {
			t.Errorf("%d, want %d: %s", got.status, c.status, diff)
		}
	}
	if got := s.get("GET", "/livez"); got.status != 200 {
		t.Errorf("a daemon that is not ready is not alive: %d", got.status)
	}
}

func TestMetrics(t *testing.T) {
	s := newSite(t, func(o *serve.Options) {
		o.Metrics = func(context.Context) []serve.Metric {
			return []serve.Metric{
				{Name: "filmwire_events_total", Help: "Events.", Counter: true, Labels: []serve.Label{{"source", `a "b"`}}, Value: 3},
				{Name: "filmwire_events_total", Help: "Events.", Counter: true, Labels: []serve.Label{{"source", "c"}}, Value: 4},
				{Name: "filmwire_lag", Help: "Entries behind.", Value: 0.5},
				{Name: "not a name", Value: 1},
			}
		}
	})
	s.get("GET", "/nothing")
	got := s.get("GET", "/metrics")
	for _, want := range []string{
		"# TYPE filmwire_events_total counter", `filmwire_events_total{source="a \"b\""} 3`, `filmwire_events_total{source="c"} 4`,
		"# TYPE filmwire_lag gauge", "filmwire_lag 0.5", `filmwire_build_info{version="1.2.3"} 1`, "go_goroutines",
		`filmwire_http_requests_total{code="404",route="other"} 1`,
	} {
		if !strings.Contains(got.body, want+"\n") && !strings.Contains(got.body, want+" ") {
			t.Errorf("%q is not there", want)
		}
	}
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("%d %s", got.status, got.header.Get("Content-Type"))
	}
}

func TestTwoServersShareNothing(t *testing.T) {
	a, b := newSite(t, nil), newSite(t, nil)
	a.get("GET", "/nothing")
	if got := b.get("GET", "/metrics"); strings.Contains(got.body, `code="404"`) {
		t.Error("one server counts the requests of another")
	}
}

func TestServeStopsGracefully(t *testing.T) {
	dir := t.TempDir()
	asked, release := make(chan struct{}), make(chan struct{})
	s, err := serve.New(serve.Options{Root: dir, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}, Ready: func(context.Context) error {
		close(asked)
		<-release
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped, answered := make(chan error, 1), make(chan int, 1)
	go func() { stopped <- s.Serve(ctx, ln) }()
	go func() {
		res, err := http.Get("http://" + ln.Addr().String() + "/readyz")
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	<-asked
	cancel()
	close(release)
	if status := <-answered; status != 200 {
		t.Errorf("the request under way was answered %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestServeSaysWhyItCannot(t *testing.T) {
	s, err := serve.New(serve.Options{Root: t.TempDir(), Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := s.Serve(t.Context(), ln); err == nil || !strings.HasPrefix(err.Error(), "serve: ") {
		t.Errorf("%v", err)
	}
	if _, err := serve.New(serve.Options{Root: filepath.Join(t.TempDir(), "nothing")}); err == nil {
		t.Error("a root that is not there is served")
	}
}

func BenchmarkDocument(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "latest.rss"), bytes.Repeat([]byte("<item/>"), 4000), 0o644); err != nil {
		b.Fatal(err)
	}
	s, err := serve.New(serve.Options{Root: dir, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		b.Fatal(err)
	}
	url := serveOn(b, s) + "/latest.rss"
	for name, headers := range map[string][2]string{
		"200": {}, "200-gzip": {"Accept-Encoding", "gzip"}, "304": {"If-None-Match", etagOf(b, url)},
	} {
		b.Run(name, func(b *testing.B) {
			var c fasthttp.RequestCtx // the server alone, without a connection
			c.Request.Header.SetRequestURI("/latest.rss")
			c.Request.Header.SetHost("reviews.example.org")
			if headers[0] != "" {
				c.Request.Header.Set(headers[0], headers[1])
			}
			b.ReportAllocs()
			for b.Loop() {
				c.Response.Reset()
				s.Handle(b.Context(), &c)
			}
		})
	}
}

func ExampleServer() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("home"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	s, err := serve.New(serve.Options{Root: dir, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	defer func() { stop(); <-served }()
	res, err := http.Get("http://" + ln.Addr().String() + "/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Println(res.StatusCode, res.Header.Get("Etag"), string(body), err)
	// Output: 200 "4ea140588150773ce3aace78" home <nil>
}
