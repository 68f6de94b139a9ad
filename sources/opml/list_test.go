package opml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/review"
)

// lines are a list's feeds in a few words each, and its problems.
func lines(l *list) (all []string) {
	for _, f := range l.feeds {
		all = append(all, fmt.Sprintf("%s = %s %q in %s", f.key, f.address, f.title, strings.Join(f.folders, "|")))
	}
	for _, p := range l.problems {
		all = append(all, "! "+p.what+": "+p.err.Error())
	}
	return all
}

func TestLists(t *testing.T) {
	for name, want := range map[string][]string{
		"nested-folders": {
			`aisle.example/feed = https://aisle.example/feed/ "The Aisle Seat" in Film|Reviews|Cinema|New|Weekly`,
			`fish.example/atom.xml = http://www.fish.example/atom.xml "Fish & Chips – Films" in Film`,
			`cats.example/rss = https://cats.example/rss "Cats" in `,
		},
		"no-xml": {
			`a.example?x=1&y=2 = https://a.example/?x=1&y=2 "A & B" in `,
			`c.example/feed = http://c.example/feed "C D" in Unclosed folder`,
			`e.example/feed = https://e.example/feed "E" in Unclosed folder`,
		},
		"cut-short": {
			`whole.example/feed = https://whole.example/feed "Whole" in `,
			"! : " + errCut.Error(),
		},
		"one-feed-twice": {`aisle.example/feed = http://www.aisle.example/feed/ "The Aisle Seat" in One|Two`},
		"not-for-reading": {
			`bare.example/feed = https://bare.example/feed "" in `,
			"! More: " + errInclude.Error(), "! Mail: " + errNoAddress.Error(), "! Nowhere: " + errNoAddress.Error(),
		},
		"latin-9":            {`cafe.example = https://cafe.example/ "Café €" in `},
		"latin-1-says-utf-8": {`cafe.example = https://cafe.example/ "Café" in `},
		"utf-16":             {`cafe.example = https://cafe.example/ "Café" in `},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata", name+".opml"))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := charset.Text(content, true)
			l, err := parse(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(l); !slices.Equal(got, want) {
				t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestNoList(t *testing.T) {
	for _, content := range []string{"", "text", "<rss><channel/></rss>", "<html><body>Hello</body></html>", "{}"} {
		if _, err := parse(content, nil); !errors.Is(err, errNotList) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestBounds(t *testing.T) {
	var many strings.Builder
	for i := range maxFeeds + 10 {
		fmt.Fprintf(&many, `<outline xmlUrl="https://a.example/%d"/>`, i)
	}
	for name, c := range map[string]struct {
		content string
		feeds   int
		err     error
	}{
		"many feeds":               {many.String(), maxFeeds, errMany},
		"deep folders":             {strings.Repeat(`<outline text="x">`, 100_000) + `<outline xmlUrl="https://a.example/"/>`, 0, errDepth},
		"unclosed":                 {strings.ReplaceAll(many.String()[:60_000], "/>", ">") + ">", 1, nil},
		"no feeds":                 {`<outline text="x"/>`, 0, errEmpty},
		"categories":               {`<outline xmlUrl="https://a.example/" category="` + numbers(500_000, "%d,") + `"/>`, 1, nil},
		"one feed in many folders": {numbers(100_000, `<outline xmlUrl="https://a.example/" category="%d"/>`), 1, nil},
	} {
		l, err := parse("<opml>"+c.content+"</opml>", nil)
		if err != nil || len(l.feeds) < c.feeds || c.err != nil && !slices.ContainsFunc(l.problems, func(f fault) bool { return f.err == c.err }) {
			t.Errorf("%s: %v, %d feeds, %v", name, err, len(l.feeds), l.problems)
		}
	}
}

// numbers are so many numbers, each in a form.
func numbers(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

func TestRelativeAddress(t *testing.T) {
	base, err := url.Parse("https://lists.example/film/list.opml")
	if err != nil {
		t.Fatal(err)
	}
	l, err := parse(`<opml><outline xmlUrl="../feed.xml"/></opml>`, base)
	if err != nil || len(l.feeds) != 1 || l.feeds[0].address != "https://lists.example/feed.xml" {
		t.Error(l, err)
	}
}

func TestItemKeys(t *testing.T) {
	same := func(a, b review.Document) bool { return itemKey(&a) != 0 && itemKey(&a) == itemKey(&b) }
	link := func(s string) review.Document { return review.Document{URL: s, GUID: "1"} }
	if !same(link("http://www.a.example/post/"), link("https://a.example/post?utm_source=rss#more")) {
		t.Error("one link is two")
	}
	for _, other := range []string{"https://a.example/post2", "https://b.example/post", "https://a.example/post?p=2"} {
		if same(link("https://a.example/post"), link(other)) {
			t.Error("taken for the same:", other)
		}
	}
	if same(link("https://a.example/"), link("https://a.example/")) || same(link(""), link("")) {
		t.Error("what leads to a front page, or nowhere, is taken for one item")
	}
	if !same(review.Document{GUID: "tag:a.example,2026:1"}, review.Document{GUID: "tag:a.example,2026:1", URL: "https://a.example/"}) {
		t.Error("one tag is two")
	}
}

// TestALongListIsRemembered packs the memory of many feeds, whole where it is of the size
// that is kept, else with fewer items of each.
func TestALongListIsRemembered(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	bytesOf := func(n int) []byte {
		b := make([]byte, n)
		random.Read(b) // never fails
		return b
	}
	for name, c := range map[string]struct{ feeds, items, least int }{"as lists are": {1000, 100, 100}, "longer than is kept": {1000, 1500, 500}} {
		m := memory{}
		for i := range c.feeds {
			key := fmt.Sprintf("www%d.example.org/feed", i)
			inner, err := json.Marshal(map[string]any{"url": "https://" + key, "etag": bytesOf(16), "sha256": bytesOf(32), "last_modified": []byte("Mon, 02 Nov 2026 10:00:00 GMT")})
			if err != nil {
				t.Fatal(err)
			}
			m[key] = feedMemory{Checkpoint: inner, Settings: fmt.Sprintf("%x", bytesOf(6)), Items: bytesOf(c.items * keyBytes)}
		}
		p, err := m.pack()
		if err != nil || len(p.stored) > maxPacked {
			t.Fatal(name, len(p.stored), err)
		}
		back := unpack(p.stored)
		if !back.equal(p.memory) {
			t.Fatal(name, "what is remembered is not what was stored")
		}
		for key, f := range m {
			b := back[key]
			if !bytes.Equal(b.Checkpoint, f.Checkpoint) || b.Settings != f.Settings || len(b.Items) < c.least*keyBytes || !bytes.HasSuffix(f.Items, b.Items) {
				t.Fatalf("%s: %s came back as %+v", name, key, b)
			}
		}
		t.Logf("%s: %d bytes to a feed", name, len(p.stored)/c.feeds)
	}
}

func FuzzList(f *testing.F) {
	names, err := filepath.Glob("testdata/*.opml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		text, _ := charset.Text(content, true, "text/xml; charset=x")
		l, err := parse(text, nil)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, feed := range l.feeds {
			u, err := url.Parse(feed.address)
			if err != nil || u.Host == "" || feedKey(u) != feed.key || seen[feed.key] || len(feed.title) > maxWord {
				t.Errorf("%+v: %v", feed, err)
			}
			seen[feed.key] = true
		}
	})
}
