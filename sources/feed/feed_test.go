package feed_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/sources/feed"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is the real client, which a test may send to loopback.
func client(t *testing.T) pipeline.Doer {
	c := fetch.New(fetch.Options{AllowPrivate: true})
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, url string) pipeline.Source {
	t.Helper()
	return sourcetest.Open(t, feed.Type(), sourcetest.Place{Options: map[string]any{"url": url}, HTTP: client(t)})
}

// rssOf wraps items in a feed.
func rssOf(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>T</title><link>https://a.example/</link>` +
		strings.Join(items, "\n") + `</channel></rss>`
}

func anItem(guid, body string) string {
	return fmt.Sprintf(`<item><guid isPermaLink="false">%s</guid><title>Title of %s</title><description>%s</description></item>`, guid, guid, body)
}

// states are the feeds of the suite. The broken one has an item nested too deep.
func states() map[sourcetest.State]string {
	dated := func(guid, date, body string) string {
		return fmt.Sprintf(`<item><guid>%s</guid><title>T</title><pubDate>%s</pubDate><description>%s</description></item>`, guid, date, body)
	}
	one := dated("1", "Mon, 02 Nov 2026 10:00:00 +0000", "first")
	three := dated("3", "Wed, 04 Nov 2026 10:00:00 +0000", "third")
	two := func(body string) string { return dated("2", "Tue, 03 Nov 2026 10:00:00 +0000", body) }
	return map[sourcetest.State]string{
		sourcetest.Whole:  rssOf(three, two("second"), one),
		sourcetest.Edited: rssOf(three, two("second, edited"), one),
		sourcetest.Broken: rssOf(three, two("second</description>"+strings.Repeat("<deep>", 300)), one),
	}
}

func TestConformance(t *testing.T) {
	hostile := map[string][]byte{
		"nothing":        nil,
		"no feed":        []byte("<html><body>Hello</body></html>"),
		"json, nested":   []byte(`{"items":` + strings.Repeat("[", 1_000_000)),
		"nested head":    []byte(`<rss><channel>` + strings.Repeat("<a:b>", 1_000_000)),
		"nested in item": []byte(rssOf("<item><guid>1</guid>" + strings.Repeat("<a:b>", 1_000_000) + "</item>")),
	}
	sourcetest.Run(t, sourcetest.Case{
		Type: feed.Type(),
		Place: func(t *testing.T) sourcetest.Place {
			var body []byte
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				tag := fmt.Sprintf(`"%d"`, len(body))
				w.Header().Set("Etag", tag)
				if r.Header.Get("If-None-Match") == tag {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				w.Write(body)
			})
			return sourcetest.Place{
				Options: map[string]any{"url": url},
				HTTP:    client(t),
				Hold:    func(s sourcetest.State) { body = []byte(states()[s]) },
				Put:     func(b []byte) { body = b },
			}
		},
		Hostile: hostile,
	})
}

func TestValidatorsGoBackByteForByte(t *testing.T) {
	const etag, modified = "W/\"a'\\b\xff<>&\"", "Sun,  22 Nov 2026 10:00:00 gmt"
	var asked []http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header)
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Etag", etag)
		w.Header().Set("Last-Modified", modified)
		io.WriteString(w, rssOf(anItem("1", "x")))
	})
	s := open(t, url)
	_, first := sourcetest.Read(t, s, nil)
	out, second := sourcetest.Read(t, s, first.Checkpoint)
	if !second.Unchanged || !bytes.Equal(second.Checkpoint, first.Checkpoint) || len(out.Documents) != 0 {
		t.Errorf("second reading is %+v with %d documents", second, len(out.Documents))
	}
	if asked[0].Get("If-None-Match") != "" || asked[0].Get("If-Modified-Since") != "" {
		t.Errorf("the first request was conditional: %v", asked[0])
	}
	if !strings.Contains(asked[0].Get("Accept"), "application/feed+json") {
		t.Errorf("Accept is %q", asked[0].Get("Accept"))
	}
}

func TestValidatorsOfAnotherAddressAreDropped(t *testing.T) {
	conditional := false
	handler := func(w http.ResponseWriter, r *http.Request) {
		conditional = r.Header.Get("If-None-Match") != ""
		w.Header().Set("Etag", `"1"`)
		io.WriteString(w, rssOf(anItem("1", "x")))
	}
	one, two := serve(t, handler), serve(t, handler)
	_, r := sourcetest.Read(t, open(t, one), nil)
	out, _ := sourcetest.Read(t, open(t, two), r.Checkpoint)
	if conditional || len(out.Documents) != 1 {
		t.Errorf("asked another server with the first one's validators: %v; %d documents", conditional, len(out.Documents))
	}
}

func TestSameBytesWithoutValidatorsAreUnchanged(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, rssOf(anItem("1", "x"))) })
	s := open(t, url)
	_, first := sourcetest.Read(t, s, nil)
	if out, second := sourcetest.Read(t, s, first.Checkpoint); !second.Unchanged || len(out.Documents) != 0 {
		t.Errorf("second reading is %+v", second)
	}
}

// A feed that came in half must not be remembered by its validators: the server
// would say from then on that nothing has changed.
func TestCutFeedIsReadAgain(t *testing.T) {
	whole := rssOf(anItem("1", "x"), anItem("2", "y"))
	tests := map[string]http.HandlerFunc{
		"by the generator": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, whole[:len(whole)-40]) },
		"by the connection": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			io.WriteString(w, whole[:len(whole)-40])
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", `"1"`)
				if r.Header.Get("If-None-Match") != "" {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				handler(w, r)
			}))
			out, r := sourcetest.Read(t, s, nil)
			if len(out.Documents) != 1 || len(out.Problems) != 1 || !strings.Contains(out.Problems[0].Err.Error(), "cut short") {
				t.Fatalf("read %d documents, problems %v", len(out.Documents), out.Problems)
			}
			if _, again := sourcetest.Read(t, s, r.Checkpoint); again.Unchanged {
				t.Error("half a feed is taken for all of it")
			}
		})
	}
}

func TestGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(rssOf(anItem("1", "x"))))
	z.Close()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	})
	if out, _ := sourcetest.Read(t, open(t, url), nil); len(out.Documents) != 1 {
		t.Errorf("%d documents", len(out.Documents))
	}
}

func TestStatus(t *testing.T) {
	noon := sourcetest.Noon()
	tests := []struct {
		name       string
		code       int
		retryAfter string
		gone       bool
		after      time.Duration // -1: no RetryAfter
		says       string
	}{
		{"gone", 410, "", true, -1, "410 gone"},
		{"not found", 404, "", false, -1, "look for the feed's new address"},
		{"forbidden", 403, "", false, -1, "turns robots away"},
		{"too many requests, seconds", 429, "120", false, 2 * time.Minute, "429 too many requests"},
		{"too many requests, date", 429, noon.Add(time.Hour).Format(http.TimeFormat), false, time.Hour, "429"},
		{"unavailable, date past", 503, noon.Add(-time.Hour).Format(http.TimeFormat), false, 0, "503"},
		{"unavailable, for ever", 503, "2000000000", false, 7 * 24 * time.Hour, "503"},
		{"unavailable, nonsense", 503, "soon", false, -1, "503 service unavailable"},
		{"unavailable, nothing", 503, "", false, -1, "503"},
		{"server error", 500, "3", false, -1, "the server is in trouble"},
		{"no content", 204, "", false, -1, "want 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				w.WriteHeader(tt.code)
			})
			_, err := open(t, url).Read(t.Context(), nil, &sourcetest.Out{})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error is %v, want it to say %q", err, tt.says)
			}
			if errors.Is(err, pipeline.ErrGone) != tt.gone {
				t.Errorf("gone: %v", err)
			}
			after := time.Duration(-1)
			if retry := (*pipeline.RetryAfter)(nil); errors.As(err, &retry) {
				after = retry.After
			}
			if after != tt.after {
				t.Errorf("retry after %v, want %v", after, tt.after)
			}
		})
	}
}

func TestMovedForGoodIsLoggedOnce(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
		case "/new":
			http.Redirect(w, r, "/today", http.StatusFound)
		default:
			io.WriteString(w, rssOf(anItem("1", r.URL.Path)))
		}
	})
	var log bytes.Buffer
	env := sourcetest.Env(client(t))
	env.Log = slog.New(slog.NewTextHandler(&log, nil))
	env.Feed = feeds.Opener(env)
	s, err := feed.Type().Configure(sourcetest.NewOptions(map[string]any{"url": url + "/old"}))(env)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Read(t, s, nil)
	sourcetest.Read(t, s, nil)
	if got := log.String(); strings.Count(got, "moved for good") != 1 || !strings.Contains(got, "url="+url+"/new\n") {
		t.Errorf("log is %s", got)
	}
}

func TestWebPageNamesItsFeeds(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed/"></head><body>Hi</body></html>`)
	})
	_, err := open(t, url).Read(t.Context(), nil, &sourcetest.Out{})
	if err == nil || !strings.Contains(err.Error(), "a web page; the feeds it names are "+url+"/feed/") {
		t.Errorf("error is %v", err)
	}
}

func TestTimeoutIsNoCancel(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := sourcetest.Open(t, feed.Type(), sourcetest.Place{Options: map[string]any{"url": url, "timeout": "1ms"}, HTTP: client(t)})
	_, err := s.Read(t.Context(), nil, &sourcetest.Out{})
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "no answer within 1ms") {
		t.Errorf("error is %v", err)
	}
}

func TestCancelDuringRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := open(t, url).Read(ctx, nil, &sourcetest.Out{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestPasswordIsNotKept(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "hunter2" {
			t.Errorf("password is %q", password)
		}
		io.WriteString(w, rssOf(anItem("1", "x"), "<item/>"))
	})
	out, r := sourcetest.Read(t, open(t, strings.Replace(url, "://", "://jane:hunter2@", 1)), nil)
	if bytes.Contains(r.Checkpoint, []byte("hunter2")) || strings.Contains(fmt.Sprint(out.Problems), "hunter2") {
		t.Errorf("the password stands in %s or %v", r.Checkpoint, out.Problems)
	}
	if len(out.Problems) != 1 || !strings.Contains(out.Problems[0].Err.Error(), "item 2: no guid") {
		t.Errorf("problems %v", out.Problems)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		options map[string]any
		fault   string
	}{
		{map[string]any{}, "url is missing"},
		{map[string]any{"url": "reviews.example.org/feed"}, `url: "reviews.example.org/feed" is not a web address`},
		{map[string]any{"url": "ftp://example.org/feed"}, `url: "ftp://example.org/feed" is not a web address`},
		{map[string]any{"url": "http://exa mple/"}, `url: "http://exa mple/" is not a web address`},
		{map[string]any{"url": "https://example.org/", "timeout": "0s"}, "timeout: want a duration from 1ms to 1h"},
		{map[string]any{"url": "https://example.org/", "timeout": "90s"}, ""},
	}
	for _, tt := range tests {
		o := sourcetest.NewOptions(tt.options)
		feed.Type().Configure(o)
		if got := strings.Join(o.Faults(), "; "); !strings.HasPrefix(got, tt.fault) || (got == "") != (tt.fault == "") {
			t.Errorf("%v: faults %q, want %q", tt.options, got, tt.fault)
		}
	}
}

func TestCheckpointIsReadable(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, rssOf(anItem("1", "x"))) })
	_, r := sourcetest.Read(t, open(t, url), nil)
	var c map[string]any
	if err := json.Unmarshal(r.Checkpoint, &c); err != nil || c["url"] != url {
		t.Errorf("checkpoint %s: %v", r.Checkpoint, err)
	}
}
