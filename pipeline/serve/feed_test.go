package serve_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// newsroom is a site with the feeds of a real view.
type newsroom struct {
	*site
	view pipeline.View
	log  sinktest.History
	st   *sinktest.Memory
	docs *sinktest.Documents
}

func newNewsroom(t *testing.T) *newsroom {
	t.Helper()
	n := &newsroom{site: newSite(t, nil), st: &sinktest.Memory{}, docs: &sinktest.Documents{}}
	env := n.log.ViewEnv()
	env.Name, env.Site = "latest", someSite()
	env.At = func(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) { return n.log.At(ctx, at) }
	view, err := feed.New(feed.Defaults(), env)
	if err != nil {
		t.Fatal(err)
	}
	n.view = view
	return n
}

// publish has events happen, and the documents that come of them served.
func (n *newsroom) publish(events ...*review.Event) {
	n.t.Helper()
	var batch []pipeline.Entry
	for _, e := range events {
		batch = append(batch, pipeline.Entry{Position: pipeline.Position(len(n.log) + len(batch) + 1), Review: e, Live: !e.Gone()})
	}
	n.log = append(n.log, batch...)
	if err := n.view.Apply(n.t.Context(), batch, n.st, n.docs); err != nil {
		n.t.Fatal(err)
	}
	for _, path := range n.docs.Touched() {
		n.write(path, n.docs.Content(path))
	}
}

func reviewOf(n int, opts ...sinktest.Option) *review.Event {
	dated := func(e *review.Event) {
		e.FirstSeenAt = sinktest.Epoch().Add(time.Duration(n) * time.Minute)
		e.PublishedAt = e.FirstSeenAt
	}
	return sinktest.Event(append([]sinktest.Option{sinktest.GUID(fmt.Sprint(n)), sinktest.FilmOf(fmt.Sprintf("Film Number %02d", n), 1980+n), dated}, opts...)...)
}

func feeds() []string {
	return []string{"/feeds/latest.rss", "/feeds/latest.atom", "/feeds/latest.json"}
}

// titles of the entries of a feed, by whatever a reader of its format would use.
func titles(t *testing.T, got answer) []string {
	t.Helper()
	var list []string
	if strings.Contains(got.header.Get("Content-Type"), "json") {
		var x struct{ Items []struct{ Title string } }
		if err := json.Unmarshal([]byte(got.body), &x); err != nil {
			t.Fatalf("%v in %s", err, got.body)
		}
		for _, it := range x.Items {
			list = append(list, it.Title)
		}
		return list
	}
	var x struct {
		Items []struct {
			Title string `xml:"title"`
		} `xml:"channel>item"`
		Entries []struct {
			Title string `xml:"title"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(got.body), &x); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	for _, it := range append(x.Items, x.Entries...) {
		list = append(list, it.Title)
	}
	return list
}

func TestDeltas(t *testing.T) {
	n := newNewsroom(t)
	for i := range 20 {
		n.publish(reviewOf(i))
	}
	for at, path := range feeds() {
		t.Run(path, func(t *testing.T) {
			n.t = t
			ask := func(etag string, more ...string) answer {
				return n.get("GET", path, append([]string{"A-IM", "feed", "If-None-Match", etag, "Accept-Encoding", "identity"}, more...)...)
			}
			first := ask(`"never seen"`)
			if first.status != 200 || first.header.Get("IM") != "" || len(titles(t, first)) < 20 {
				t.Fatalf("of an unknown version: %d %v", first.status, first.header)
			}
			before := first.header.Get("Etag")
			if got := ask(before); got.status != 304 || got.header.Get("Etag") != before {
				t.Errorf("unchanged: %d %v", got.status, got.header)
			}
			n.publish(reviewOf(50+at, sinktest.Text("brand new")), reviewOf(3, sinktest.Kind(review.Revised, 2+at), sinktest.Text("mended "+path)))
			got := ask(`"unknown", ` + before)
			if got.status != http.StatusIMUsed || got.header.Get("IM") != "feed" || got.header.Get("Delta-Base") != before {
				t.Fatalf("%d %v", got.status, got.header)
			}
			if list := titles(t, got); len(list) != 2 || !strings.Contains(got.body, "brand new") || !strings.Contains(got.body, "mended "+path) {
				t.Errorf("the delta holds %v", list)
			}
			full := n.get("GET", path)
			for name, want := range map[string]string{
				"Etag": full.header.Get("Etag"), "Content-Type": full.header.Get("Content-Type"), "Vary": full.header.Get("Vary"),
				"Cache-Control": "no-store, im", "Last-Modified": full.header.Get("Last-Modified"), "Content-Length": fmt.Sprint(len(got.body)),
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
				}
			}
			if head := n.get("HEAD", path, "A-IM", "feed", "If-None-Match", before, "Accept-Encoding", "identity"); head.status != 226 || head.body != "" {
				t.Errorf("HEAD: %d %q", head.status, head.body)
			}
			zipped := n.get("GET", path, "A-IM", "feed;q=0.5, gzip", "If-None-Match", before, "Accept-Encoding", "gzip")
			if zipped.status != 226 || unpressed(t, zipped) != got.body || zipped.header.Get("Etag") != strings.TrimSuffix(full.header.Get("Etag"), `"`)+`-gzip"` {
				t.Errorf("pressed: %d %v", zipped.status, zipped.header)
			}
			if again := ask(zipped.header.Get("Etag")); again.status != 304 {
				t.Errorf("with the tag of another coding: %d", again.status)
			}
			for _, not := range []string{"", "gdiff", "feed;q=0"} {
				if got := n.get("GET", path, "A-IM", not, "If-None-Match", before); got.status != 200 {
					t.Errorf("A-IM: %q: %d", not, got.status)
				}
			}
			// What was taken back a delta could not say.
			n.publish(reviewOf(7, sinktest.Kind(review.Withdrawn, 20+2*at)))
			if got := ask(full.header.Get("Etag")); got.status != 200 || strings.Contains(got.body, "Film Number 07") {
				t.Errorf("after a withdrawal: %d", got.status)
			}
			n.publish(reviewOf(7, sinktest.Kind(review.Restored, 21+2*at)))
		})
	}
}

const (
	firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	chrome  = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)

// TestBrowsersGetAPage, and whoever reads feeds gets the feed.
func TestBrowsersGetAPage(t *testing.T) {
	n := newNewsroom(t)
	n.publish(reviewOf(1, sinktest.Text("A <b>bold</b> film & more.")), reviewOf(2, sinktest.Rated(review.Lost, "")))
	for _, path := range feeds() {
		t.Run(path, func(t *testing.T) {
			n.t = t
			plain := n.get("GET", path)
			for accept, page := range map[string]bool{
				firefox: true, chrome: true, "text/html": true, "TEXT/HTML;q=1, application/xml;q=0.2": true,
				"*/*": false, "": false, plain.header.Get("Content-Type"): false, "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9": false,
				"text/html;q=0.9, application/xml": false, "text/html, */*": false, "application/feed+json, */*;q=0.1": false,
				"text/html, application/rss+xml, application/atom+xml, application/feed+json": false, "text/html;q=0": false, "image/png": false,
			} {
				got := n.get("GET", path, "Accept", accept, "Accept-Encoding", "identity")
				isPage := strings.HasPrefix(got.header.Get("Content-Type"), "text/html")
				if got.status != 200 || isPage != page || !page && got.body != plain.body || got.header.Get("Vary") != plain.header.Get("Vary") {
					t.Errorf("Accept: %q: %d %v", accept, got.status, got.header)
				}
			}
			page := n.get("GET", path, "Accept", firefox, "Accept-Encoding", "br")
			body := unpressed(t, page)
			for _, want := range []string{
				"https://reviews.example.org" + path, "The Aisle Seat", "Film Number 01", "Film Number 02", "Jane Doe",
				"bold", "15 September 2010", `href="https://reviews.example.org/`,
			} {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			etag := page.header.Get("Etag")
			if etag == plain.header.Get("Etag") || page.header.Get("Content-Security-Policy") == "" || page.header.Get("Cache-Control") != "no-cache" {
				t.Errorf("%v", page.header)
			}
			if again := n.get("GET", path, "Accept", firefox, "Accept-Encoding", "br", "If-None-Match", etag); again.status != 304 {
				t.Errorf("asked again: %d", again.status)
			}
			if feed := n.get("GET", path, "If-None-Match", etag); feed.status != 200 {
				t.Errorf("the page's tag answers for the feed: %d", feed.status)
			}
			if delta := n.get("GET", path, "Accept", firefox, "A-IM", "feed", "Accept-Encoding", "identity"); delta.body != plain.body {
				t.Errorf("who reads deltas got %s", delta.header.Get("Content-Type"))
			}
		})
	}
	n.t = t
	n.publish(reviewOf(9))
	if got := n.get("GET", feeds()[0], "Accept", firefox, "Accept-Encoding", "identity"); !strings.Contains(got.body, "Film Number 09") {
		t.Error("the page is of the version before")
	}
}

// TestPagesSayRatingsAsPeopleDo, and all three formats alike.
func TestPagesSayRatingsAsPeopleDo(t *testing.T) {
	n := newNewsroom(t)
	verdict := func(e *review.Event) { e.Rating = review.Rating{Kind: review.Verdicted, Verdict: review.Positive} }
	stars := func(e *review.Event) {
		e.Rating = review.Rating{Kind: review.Scored, Raw: "3.5", Value: review.NewDecimal(35, 1), Best: review.Int(5), Norm: review.NewDecimal(700, 1), Basis: review.BasisConfigured}
	}
	n.publish(reviewOf(1, verdict), reviewOf(2, stars))
	for _, path := range feeds() {
		body := n.get("GET", path, "Accept", firefox, "Accept-Encoding", "identity").body
		for _, want := range []string{">Recommended<", ">3.5/5<"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %s", path, want)
			}
		}
	}
}

// TestPagesEscapeEverything puts markup wherever a feed has text.
func TestPagesEscapeEverything(t *testing.T) {
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&lt;script&gt;`
	escaped, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(evil)); err != nil {
		t.Fatal(err)
	}
	in := b.String()
	s := newSite(t, nil)
	s.write("feeds/x.rss", `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:schema="https://schema.org/"><channel><title>`+in+`</title><link>javascript:alert(3)</link><description>`+in+`</description><language>`+in+`</language><item><title>`+in+`</title><link>javascript:alert(4)</link><description>`+in+`</description><dc:creator>`+in+`</dc:creator><schema:reviewRating><schema:name>`+in+`</schema:name></schema:reviewRating></item></channel></rss>`)
	s.write("feeds/x.atom", `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="`+in+`"><title>`+in+`</title><subtitle>`+in+`</subtitle><link href="javascript:alert(3)"/><entry><title>`+in+`</title><link href="javascript:alert(4)"/><summary>`+in+`</summary><author><name>`+in+`</name></author></entry></feed>`)
	s.write("feeds/x.json", strings.ReplaceAll(`{"title":E,"description":E,"home_page_url":"javascript:alert(3)","language":E,"items":[{"id":E,"title":E,"url":"javascript:alert(4)","summary":E,"authors":[{"name":E}],"_review":{"rating":{"raw":E}}}]}`, "E", string(escaped)))
	for _, path := range []string{"/feeds/x.rss", "/feeds/x.atom", "/feeds/x.json"} {
		got := s.get("GET", path, "Accept", firefox, "Accept-Encoding", "identity")
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || strings.Count(got.body, "alert(1)") < 3 {
			t.Errorf("%s: %v\n%s", path, got.header, got.body)
		}
		for _, not := range []string{"<script", "<img", "javascript:", `lang="<`, "onerror=alert(2)>\""} {
			if strings.Contains(got.body, not) {
				t.Errorf("%s: the page holds %s:\n%s", path, not, got.body)
			}
		}
	}
	for path, content := range map[string]string{"feeds/broken.rss": "<rss><channel>", "feeds/broken.json": "{", "feeds/broken.atom": ""} {
		s.write(path, content)
		if got := s.get("GET", "/"+path, "Accept", firefox, "Accept-Encoding", "identity"); got.status != 200 || got.body != content {
			t.Errorf("%s: a feed that cannot be read is to be sent as it is: %d %q", path, got.status, got.body)
		}
		if got := s.get("GET", "/"+path, "A-IM", "feed", "Accept-Encoding", "identity"); got.status != 200 || got.body != content {
			t.Errorf("%s: a feed that cannot be cut is to be sent as it is: %d %q", path, got.status, got.body)
		}
	}
}

func TestEmptyFeed(t *testing.T) {
	n := newNewsroom(t)
	n.publish()
	for _, path := range feeds() {
		if got := n.get("GET", path, "Accept", firefox, "Accept-Encoding", "identity"); !strings.Contains(got.body, "nothing in it yet") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := n.get("GET", path, "A-IM", "feed", "If-None-Match", `"x"`); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}
