package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// dial opens a bare connection to a site.
func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

// said sends bytes on a connection of its own and reads answers until it is closed.
func (s *site) said(request string) []answer {
	s.t.Helper()
	conn := s.dial()
	go io.WriteString(conn, request)
	var all []answer
	for r := bufio.NewReader(conn); ; {
		if _, err := r.Peek(1); err != nil {
			return all
		}
		all = append(all, read(s.t, r, "GET"))
	}
}

// read reads one answer.
func read(t testing.TB, r *bufio.Reader, method string) answer {
	t.Helper()
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

const asking = "Host: reviews.example.org\r\n"

// TestOneConnectionForMany asks one after the other, of all kinds, and in one go.
func TestOneConnectionForMany(t *testing.T) {
	s := newSite(t, nil)
	large := strings.Repeat("0123456789abcdef", 5000)
	s.write("feeds/latest.rss", large)
	s.write("index.html", "home")
	etag := s.get("GET", "/feeds/latest.rss").header.Get("Etag")
	kinds := []struct {
		request, method string
		status          int
		body            string
	}{
		{"GET /feeds/latest.rss HTTP/1.1\r\n" + asking + "\r\n", "GET", 200, large},
		{"GET / HTTP/1.1\r\n" + asking + "\r\n", "GET", 200, "home"},
		{"HEAD /feeds/latest.rss HTTP/1.1\r\n" + asking + "\r\n", "HEAD", 200, ""},
		{"GET /feeds/latest.rss HTTP/1.1\r\n" + asking + "If-None-Match: " + etag + "\r\n\r\n", "GET", 304, ""},
		{"GET /nothing HTTP/1.1\r\n" + asking + "\r\n", "GET", 404, "not found\n"},
		{"PUT / HTTP/1.1\r\n" + asking + "Content-Length: 38\r\n\r\nGET /secret HTTP/1.1\r\nHost: a.example\r\n", "PUT", 405, "method not allowed: documents are only read\n"},
		{"GET http://other.example/?a=b HTTP/1.1\r\n" + asking + "\r\n", "GET", 200, "home"},
	}
	check := func(i int, got answer) {
		t.Helper()
		if want := kinds[i%len(kinds)]; got.status != want.status || got.body != want.body || got.header.Get("Date") == "" || got.header.Get("Server") != "" {
			t.Errorf("%d: %d with %d bytes %v, want %d with %d", i, got.status, len(got.body), got.header, want.status, len(want.body))
		}
	}
	conn := s.dial()
	r := bufio.NewReader(conn)
	for i := range 50 * len(kinds) {
		k := kinds[i%len(kinds)]
		io.WriteString(conn, k.request)
		check(i, read(t, r, k.method))
	}
	go func() {
		for range 50 {
			for _, k := range kinds {
				io.WriteString(conn, k.request)
			}
		}
	}()
	for i := range 50 * len(kinds) {
		check(i, read(t, r, kinds[i%len(kinds)].method))
	}
}

// TestConnectionsEnd: whoever says so, or speaks HTTP/1.0, is answered once.
func TestConnectionsEnd(t *testing.T) {
	s := newSite(t, nil)
	s.write("index.html", "home")
	for _, request := range []string{
		"GET / HTTP/1.1\r\n" + asking + "Connection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\n" + asking + "\r\n",
	} {
		if got := s.said(request + request); len(got) != 1 || got[0].status != 200 || got[0].body != "home" {
			t.Errorf("%q: %v", request, got)
		}
	}
	kept := "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
	if got := s.said(kept + "GET / HTTP/1.0\r\n\r\n"); len(got) != 2 || got[0].header.Get("Connection") != "keep-alive" {
		t.Errorf("%v", got)
	}
}

// TestNoRequestIsSmuggled: where the end of a request is in doubt, what comes behind
// it is not answered.
func TestNoRequestIsSmuggled(t *testing.T) {
	s := newSite(t, func(o *serve.Options) {
		o.HubPath = "/hub"
		o.Hub = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	})
	s.write("secret.txt", "secret")
	inner := "GET /secret.txt HTTP/1.1\r\n" + asking + "\r\n"
	chunked := "0\r\n\r\n" + inner
	for _, lines := range []string{
		"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n", "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked, identity\r\nContent-Length: %d\r\n", "Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding : chunked\r\n",
		"Content-Length: %d\r\nContent-Length: 0\r\n", "Content-Length: +5\r\n", "Content-Length: -1\r\n", "Content-Length: 0x10\r\n", "Content-Length: 5, 5\r\n",
		" Content-Length: 5\r\n", "Content-Length : 5\r\n",
	} {
		if strings.Contains(lines, "%d") {
			lines = fmt.Sprintf(lines, len(chunked))
		}
		for _, path := range []string{"/hub", "/"} {
			got := s.said("POST " + path + " HTTP/1.1\r\n" + asking + lines + "\r\n" + chunked)
			for i, a := range got {
				if i > 0 || strings.Contains(a.body, "secret") {
					t.Errorf("%q: answer %d: %d %v %q", lines, i, a.status, a.header, a.body)
				}
			}
		}
	}
}

func TestBadRequests(t *testing.T) {
	s := newSite(t, nil)
	s.write("index.html", "home")
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\n\r\n":                                                         400, // without a host
		"GET /%zz HTTP/1.1\r\n" + asking + "\r\n":                                        400,
		"GET index.html HTTP/1.1\r\n" + asking + "\r\n":                                  400,
		"GET ftp://a.example/ HTTP/1.1\r\n" + asking + "\r\n":                            400,
		"GET / HTTP/1.1\r\nno header\r\n\r\n":                                            400,
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n":                                   400, // TLS
		"GET / HTTP/1.1\r\n" + asking + "X: " + strings.Repeat("x", 17<<10) + "\r\n\r\n": 431,
	} {
		got := s.said(request)
		if len(got) != 1 || got[0].status != want || got[0].header.Get("Cache-Control") != "no-store" {
			t.Errorf("%.40q: %v", request, got)
		}
	}
	long := "GET / HTTP/1.1\r\n" + asking + "X: " + strings.Repeat("x", 15<<10) + "\r\nConnection: close\r\n\r\n"
	if got := s.said(long); len(got) != 1 || got[0].status != 200 {
		t.Errorf("a header of 15 kB: %v", got)
	}
}

// TestPathsHaveOneForm: another way of writing a path leads to it, on this site.
func TestPathsHaveOneForm(t *testing.T) {
	s := newSite(t, nil)
	s.write("a/b.txt", "b")
	for path, want := range map[string]string{
		"//a/b.txt?x=1": "/a/b.txt?x=1", "/a//b.txt": "/a/b.txt", "/a/./b.txt": "/a/b.txt", "/c/../a/b.txt": "/a/b.txt",
		"/../a/b.txt": "/a/b.txt", "//evil.example/..": "/", "//evil.example": "/evil.example", "/a/%2e%2e/a//": "/a/",
	} {
		got := s.said("GET " + path + " HTTP/1.1\r\n" + asking + "Connection: close\r\n\r\n")
		if len(got) != 1 || got[0].status != 307 || got[0].header.Get("Location") != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	if got := s.get("GET", "/a/%62.txt?x"); got.status != 200 || got.body != "b" {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// TestReadersWhoGoAway in the middle of a large body harm nobody else.
func TestReadersWhoGoAway(t *testing.T) {
	s := newSite(t, nil)
	kept, large := strings.Repeat("0123456789abcdef", 200_000), strings.Repeat("0123456789abcdef", 9<<16)
	s.write("kept.txt", kept)
	s.write("large.txt", large)
	for _, path := range []string{"/kept.txt", "/large.txt"} {
		for range 20 {
			conn := s.dial()
			io.WriteString(conn, "GET "+path+" HTTP/1.1\r\n"+asking+"\r\n")
			io.ReadFull(conn, make([]byte, 1000))
			conn.Close()
		}
	}
	if got := s.get("GET", "/kept.txt"); got.body != kept {
		t.Errorf("%d bytes", len(got.body))
	}
	if got := s.get("GET", "/large.txt"); got.body != large {
		t.Errorf("%d bytes", len(got.body))
	}
}

// TestSlowReadersGetOneVersion: each reads what stood there when it asked, to its
// end, while the document changes.
func TestSlowReadersGetOneVersion(t *testing.T) {
	s := newSite(t, nil)
	version := func(n int) string { return strings.Repeat(fmt.Sprintf("%07d,", n), 400_000) } // more than the system holds ready
	var readers []*bufio.Reader
	for n := range 5 {
		s.write("large.txt", version(n))
		conn := s.dial()
		io.WriteString(conn, "GET /large.txt HTTP/1.1\r\n"+asking+"\r\n")
		r := bufio.NewReader(conn)
		if _, err := r.Peek(1); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	for n, r := range readers {
		if got := read(t, r, "GET"); got.body != version(n) {
			t.Errorf("reader %d got %d bytes, %.8q to begin with", n, len(got.body), got.body)
		}
	}
}

// TestHandlersKeepWhatTheyAreTold: nothing of a request changes after it.
func TestHandlersKeepWhatTheyAreTold(t *testing.T) {
	var mu sync.Mutex
	var kept []string
	s := newSite(t, func(o *serve.Options) {
		o.CallbackPath = "/websub/"
		o.Callback = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 100_000))
			if err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, r.URL.Path+" "+r.URL.Query().Get("q")+" "+r.Header.Get("X-Said")+" "+string(body))
			w.Header().Set("X-Answer", r.Method)
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, "<p>thanks")
		})
	})
	conn := s.dial()
	r := bufio.NewReader(conn)
	var want []string
	for i := range 100 {
		body := strings.Repeat(fmt.Sprint(i%10), i*100)
		if i%2 == 0 {
			fmt.Fprintf(conn, "POST /websub/t%03d?q=%03d HTTP/1.1\r\n%sX-Said: %03d\r\nContent-Length: %d\r\n\r\n%s", i, i, asking, i, len(body), body)
		} else {
			fmt.Fprintf(conn, "POST /websub/t%03d?q=%03d HTTP/1.1\r\n%sX-Said: %03d\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", i, i, asking, i, len(body), body)
		}
		want = append(want, fmt.Sprintf("/websub/t%03d %03d %03d %s", i, i, i, body))
		got := read(t, r, "POST")
		if got.status != 202 || got.body != "<p>thanks" || got.header.Get("X-Answer") != "POST" || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%d: %d %v %q", i, got.status, got.header, got.body)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for i := range want {
		if kept[i] != want[i] {
			t.Fatalf("%d: kept %.60q, want %.60q", i, kept[i], want[i])
		}
	}
	if got := s.said("POST /websub/x HTTP/1.1\r\n" + asking + "Connection: close\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("x", 200_000)); len(got) != 1 || got[0].status != 413 {
		t.Errorf("a body beyond the handler's bound: %v", got)
	}
	for _, path := range []string{"/websub/", "/websub/a/b"} {
		if got := s.get("POST", path); got.status != 405 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestAPanicIsOneRequests: the daemon lives on, and its log says where.
func TestAPanicIsOneRequests(t *testing.T) {
	var log safeBuffer
	s := newSite(t, func(o *serve.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.HubPath = "/hub"
		o.Hub = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Half", "said")
			panic("at the hub")
		})
		o.Ready = func(context.Context) error { panic("at readiness") }
	})
	s.write("index.html", "home")
	for _, path := range []string{"/hub", "/readyz"} {
		if got := s.get("GET", path); got.status != 500 || got.body != "internal error\n" || got.header.Get("X-Half") != "" {
			t.Errorf("%s: %d %v %q", path, got.status, got.header, got.body)
		}
	}
	if got := s.get("GET", "/"); got.body != "home" {
		t.Errorf("afterwards: %d %q", got.status, got.body)
	}
	for _, want := range []string{"at the hub", "at readiness", "wire_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, log.String())
		}
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// lacking is a listener that has no descriptors left, a few times.
type lacking struct {
	net.Listener
	times int
}

func (l *lacking) Accept() (net.Conn, error) {
	if l.times--; l.times >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.Listener.Accept()
}

func TestServeOutlivesALackOfDescriptors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("home"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := serve.New(serve.Options{Root: dir, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, &lacking{ln, 2}) }()
	res, err := http.Get("http://" + ln.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestServeStopsBeforeItBegan: a daemon may be told to stop at any time.
func TestServeStopsBeforeItBegan(t *testing.T) {
	s, err := serve.New(serve.Options{Root: t.TempDir(), Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Serve(ctx, ln); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
}
