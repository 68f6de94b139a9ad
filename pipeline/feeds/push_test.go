package feeds

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

func TestWhoTellsOfChanges(t *testing.T) {
	const hub, self = "https://hub.example/", "https://feed.example/feed.xml"
	rss := func(links string) string {
		return `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>` + links + `<item><guid>1</guid><atom:link rel="hub" href="https://item.example/"/><title>x</title></item></channel></rss>`
	}
	for _, c := range []struct {
		name   string
		header []string
		body   string
		hub    string // "" for nobody
		topic  string
	}{
		{"nobody", nil, rss(""), "", ""},
		{"RSS", nil, rss(`<atom:link rel="hub" href="https://hub.example/"/><atom:link href="https://feed.example/feed.xml" rel="self"/>`), hub, self},
		{"RSS with another prefix", nil, strings.Replace(rss(`<atom10:link xmlns:atom10="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/><atom:link href="https://feed.example/feed.xml" rel="self"/>`), "<title>A</title>", "", 1), hub, self},
		{"Atom", nil, `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed.xml"/><link rel="hub" href="https://hub.example/"/><entry><id>1</id></entry></feed>`, hub, self},
		{"JSON", nil, `{"version":"https://jsonfeed.org/version/1.1","feed_url":"https://feed.example/feed.xml","hubs":[{"type":"rssCloud","url":"https://cloud.example/"},{"type":"WebSub","url":"https://hub.example/"}],"items":[]}`, hub, self},
		{"the header", []string{`<https://hub.example/>; rel="hub", <https://feed.example/feed.xml>;rel=self`}, rss(""), hub, self},
		{"the header before the feed", []string{`<https://hub.example/>; rel=hub`}, rss(`<atom:link rel="hub" href="https://old.example/"/><atom:link rel="self" href="https://feed.example/feed.xml"/>`), hub, self},
		{"several headers", []string{`<https://feed.example/>; rel="alternate home"; title="a, \"b\" <c>"`, ` < bad`, `<https://hub.example/>;title="x;rel=self";rel="HUB", </feed.xml>; rel="self"; type=text/xml`}, rss(""), hub, self},
		{"one that is reached safely", []string{`<http://hub.example/>; rel=hub, <https://hub.example/>; rel=hub, <https://feed.example/feed.xml>; rel=self`}, rss(""), hub, self},
		{"no safe one", []string{`<http://hub.example/>; rel=hub, <https://feed.example/feed.xml>; rel=self`}, rss(""), "http://hub.example/", self},
		{"no address", nil, rss(`<atom:link rel="hub" href="https://hub.example/"/>`), "", ""},
		{"no hub", nil, rss(`<atom:link rel="self" href="https://feed.example/feed.xml"/>`), "", ""},
		{"a hub that is none", nil, rss(`<atom:link rel="hub" href="javascript:alert(1)"/><atom:link rel="hub" href="https://user:secret@hub.example/"/><atom:link rel="hub" href="https:///x"/><atom:link rel="self" href="https://feed.example/feed.xml"/>`), "", ""},
		{"an endless address", nil, rss(`<atom:link rel="hub" href="https://hub.example/` + strings.Repeat("x", 2000) + `"/><atom:link rel="self" href="https://feed.example/feed.xml"/>`), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, _ := url.Parse("https://feed.example/a/b.xml")
			p, err := parse(t.Context(), []byte(c.body), "", at, noon())
			if err != nil {
				t.Fatal(err)
			}
			s := source{name: "https://feed.example/a"}
			about := headerRelations(c.header)
			got := s.push(&about, &p.about, at)
			var want []pipeline.Push
			if c.hub != "" {
				want = []pipeline.Push{{Feed: "https://feed.example/a", Hub: c.hub, Topic: c.topic}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// nothing takes what a feed holds.
type nothing struct{}

func (nothing) Document(review.Document) error { return nil }
func (nothing) Gone(string) error              { return nil }
func (nothing) Problem(pipeline.Problem) error { return nil }

// TestWhoTellsIsKnownWhileNothingChanges: a feed that is unchanged, or cut short, has
// not dropped its hub; one that is there without has.
func TestWhoTellsIsKnownWhileNothingChanges(t *testing.T) {
	const head, end = `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>`, `</channel></rss>`
	const links = `<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="https://feed.example/"/>`
	item := func(n string) string { return `<item><guid>` + n + `</guid><title>x</title></item>` }
	body, tag := "", ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		if tag != "" && r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write([]byte(body))
	}))
	defer server.Close()
	s := Opener(pipeline.SourceEnv{Clock: pipeline.SystemClock{}, HTTP: server.Client()})(server.URL, time.Minute)
	var stored []byte
	for _, step := range []struct {
		what, body, tag string
		pushed          bool
	}{
		{"first", head + links + item("1") + end, `"1"`, true},
		{"not modified", "", `"1"`, true},
		{"the same bytes", head + links + item("1") + end, "", true},
		{"cut short", head + item("2"), "", true},
		{"whole again", head + links + item("2") + end, "", true},
		{"without a hub", head + item("2") + end, "", false},
		{"with it, and cut short", head + links + item("3"), "", true},
	} {
		body, tag = step.body, step.tag
		r, err := s.Read(t.Context(), stored, nothing{})
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if pushed := slices.Contains(r.Push, pipeline.Push{Feed: server.URL, Hub: "https://hub.example/", Topic: "https://feed.example/"}); pushed != step.pushed || len(r.Push) > 1 {
			t.Errorf("%s: %v", step.what, r.Push)
		}
		stored = r.Checkpoint
	}
}

func FuzzLinkHeader(f *testing.F) {
	for _, s := range []string{`<https://hub.example/>; rel="hub", </feed>;rel=self`, `<a>;rel="hub\"`, `<<>>;;=,<>;rel`, `<x>;rel*=UTF-8''hub`} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		r := headerRelations([]string{a, b})
		for _, hub := range r.hubs {
			if !strings.Contains(a, hub) && !strings.Contains(b, hub) {
				t.Errorf("hub %q is not written there", hub)
			}
		}
	})
}
