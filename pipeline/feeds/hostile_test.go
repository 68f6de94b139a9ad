package feeds_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline/fetch"
)

func packed(size int, parts ...io.Reader) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	for _, p := range parts {
		io.Copy(z, p)
	}
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for ; size > 0; size -= len(chunk) {
		z.Write(chunk)
	}
	z.Close()
	return b.Bytes()
}

func prefixes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<a%d:x xmlns:a%d="u%d">`, i, i, i)
	}
	return b.String()
}

// raw answers with bytes that net/http would not write, and hangs up.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, answer)
	}
}

func answered(kind string, body []byte, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Write(body)
	}
}

// TestWhatIsMeantToHurt: whatever a server answers, it comes to an error or a problem of
// that source, and the next source is read as if nothing had been.
func TestWhatIsMeantToHurt(t *testing.T) {
	const item = `<item><guid>1</guid><title>Heat (1995)</title><description>Hot.</description></item>`
	const open = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>`
	zipped := []string{"Content-Encoding", "gzip"}
	ever := func(piece string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, open)
			for block := strings.Repeat(piece, 1+(64<<10)/len(piece)); r.Context().Err() == nil; {
				if _, err := io.WriteString(w, block); err != nil {
					return
				}
			}
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		says   string // in the error, or the first problem
	}{
		{"two million elements in 15 kB", answered("text/xml", packed(0, strings.NewReader(open+item+"<item><guid>2</guid>"+strings.Repeat("<b:c>", 2_000_000))), zipped...), "cut short"},
		{"two million elements before the items", answered("text/xml", packed(0, strings.NewReader(open+strings.Repeat("<b:c>", 2_000_000))), zipped...), "nested"},
		{"eight thousand namespaces", answered("text/xml", []byte(open+item+"<item><guid>2</guid>"+prefixes(8000)+"</item></channel></rss>")), "nested"},
		{"gzip bomb", answered("text/xml", packed(200<<20), zipped...), "too large"},
		{"gzip bomb that begins as a feed", answered("text/xml", packed(200<<20, strings.NewReader(open+item)), zipped...), "too large"},
		{"endless spaces", ever(" "), "too large"},
		{"endless items", ever(item), "too large"},
		{"endless text", ever("<item><title>x"), "too large"},
		{"sixty thousand items", answered("text/xml", []byte(open+strings.Repeat("<item><guid/></item>", 60_000))), "50000 items"},
		{"slow drip", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, open)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "no answer within"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within"},
		{"redirects in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, "too many redirects"},
		{"redirect to a file", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, "unsupported protocol scheme"},
		{"shorter than it says", raw("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + open + item), "cut short"},
		{"longer than it says", raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + open + item), "not a feed"},
		{"a length that is none", raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + open), "bad Content-Length"},
		{"a huge length", raw("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000\r\n\r\n" + open + item), "cut short"},
		{"broken chunks", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + open), "chunk"},
		{"a header without end", raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), "headers"},
		{"no HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n"), "malformed HTTP"},
		{"says gzip and is none", answered("text/xml", []byte(open+item), zipped...), "gzip"},
		{"gzip cut short", answered("text/xml", packed(0, strings.NewReader(open+strings.Repeat(item, 5000)))[:200], zipped...), "cut short"},
		{"a picture", answered("image/png", []byte("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00\xff", 5000))), "not a feed"},
		{"a web page", answered("text/html", []byte("<!doctype html><html><body>Sorry</body></html>")), "not a feed"},
		{"nothing", answered("application/rss+xml", nil), "not a feed"},
		{"json, nested", answered("application/feed+json", []byte(`{"version":"https://jsonfeed.org/version/1.1","items":`+strings.Repeat("[", 1_000_000))), "JSON"},
		{"json, nested in an item", answered("application/feed+json", []byte(`{"items":[{"id":"1","_x":`+strings.Repeat("[", 1_000_000))), "JSON"},
		{"json that is no feed", answered("application/json", []byte(`{"error":"rate limited"}`)), "not a JSON Feed"},
		{"entities that grow", answered("text/xml", []byte(`<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`+open+`<item><guid>&b;&c;</guid></item><item/></channel></rss>`)), "no guid"},
	}
	w := newWire(t)
	good := newSite(t, answered("application/rss+xml", []byte(open+item+"</channel></rss>")))
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := newSite(t, tt.answer)
			limit := time.Minute
			if tt.says == "no answer within" {
				limit = 100 * time.Millisecond
			}
			report, err := w.pollWithin(fmt.Sprintf("bad%d", i), bad.URL, limit)
			said := fmt.Sprint(err, report.Problems)
			if !strings.Contains(said, tt.says) {
				t.Errorf("it came to %.300s, want %q", said, tt.says)
			}
			name := fmt.Sprintf("good%d", i)
			if _, err := w.poll(name, good.URL); err != nil || len(w.latest(name)) != 1 {
				t.Errorf("the next source: %v", err)
			}
		})
	}
}

// A private address is refused where the config does not allow it, before anything is
// sent, also when a feed leads there.
func TestPrivateAddressIsAnError(t *testing.T) {
	w := newWire(t)
	w.client = fetch.New(fetch.Options{})
	s := newSite(t, answered("text/xml", nil))
	if _, err := w.poll("private", s.URL); err == nil || !strings.Contains(err.Error(), "allow_private") {
		t.Errorf("error is %v", err)
	}
	if asked := s.requests(); asked != "" {
		t.Errorf("it was asked for %s", asked)
	}
}
