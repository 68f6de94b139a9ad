package feeds

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline/review"
)

// A large feed is cut twice, and comes to the same both times.
func FuzzCutAgain(f *testing.F) {
	for _, name := range []string{"wordpress.xml", "rss091.xml", "rss10.xml", "atom10.xml", "atom03.xml", "letterboxd.xml", "odd-rss.xml"} {
		f.Add(fixture(f, name))
	}
	f.Add([]byte(rssOf(anItem("1", "<![CDATA[x"), "<item><guid>2</guid>", anItem("3", "y"), "<item><guid>4</guid><title>z</item>")))
	f.Fuzz(func(t *testing.T, src []byte) {
		src = toUTF8(src, "")
		whole, err := outlineOf(t.Context(), src, 1<<30)
		if err != nil {
			return
		}
		large, err := outlineOf(t.Context(), src, 0)
		if err != nil || large.complete != whole.complete || large.lost != whole.lost {
			t.Fatalf("cut anew: %v, %+v", err, large)
		}
		again := large
		if large.spans != nil {
			again = large.again(large.spans)
		}
		if len(again.items) != len(whole.items) {
			t.Fatalf("%d items, and %d when cut anew", len(whole.items), len(again.items))
		}
		for i := range whole.items {
			a, b := &whole.items[i], &again.items[i]
			one, two := whole.skeleton[a.skeleton[0]:a.skeleton[1]], again.skeleton[b.skeleton[0]:b.skeleton[1]]
			if string(a.raw) != string(b.raw) || string(one) != string(two) || string(a.body.inner) != string(b.body.inner) ||
				string(a.title.inner) != string(b.title.inner) || (a.fault == nil) != (b.fault == nil) {
				t.Errorf("item %d is\n%s\n%s\nand when cut anew\n%s\n%s", i, a.raw, one, b.raw, two)
			}
		}
	})
}

// documentsOf are the documents of a feed of n items, as they are handed out.
func documentsOf(t *testing.T, src []byte) (docs []review.Document, large bool) {
	t.Helper()
	at, _ := url.Parse("https://feed.example/")
	p, err := parse(t.Context(), src, "", at, noon())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.each(t.Context(), identities{}, func(entries []entry) error {
		for i := range entries {
			docs = append(docs, entries[i].doc)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return docs, p.large != nil
}

func TestLargeFeedsAreReadInPieces(t *testing.T) {
	const n = 2*largeFeed + 7
	var items, objects []string
	for i := n; i > 0; i-- {
		date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
		items = append(items, fmt.Sprintf("<item><guid>%d</guid><title>Title %d</title><pubDate>%s</pubDate><description>text %d</description></item>", i, i, date.Format(time.RFC1123Z), i))
		objects = append(objects, fmt.Sprintf(`{"id":%d,"title":"Title %d","date_published":%q,"content_text":"text %d"}`, i, i, date.Format(time.RFC3339), i))
	}
	up, upObjects := slices.Clone(items), slices.Clone(objects)
	slices.Reverse(up)
	slices.Reverse(upObjects)
	twice := append(slices.Clone(items), "<item><guid>5</guid><title>Another</title><link>https://a.example/another</link></item>")
	for name, tt := range map[string]struct {
		src   string
		large bool
		n     int
	}{
		"newest first":                {rssOf(items...), true, n},
		"oldest first":                {rssOf(up...), true, n},
		"json, newest first":          {`{"items":[` + strings.Join(objects, ",") + `]}`, true, n},
		"json, oldest first":          {`{"items":[` + strings.Join(upObjects, ",\n") + `]}`, true, n},
		"two items of one guid":       {rssOf(twice...), false, n + 1},
		"some have no guid":           {strings.Replace(rssOf(items...), "<guid>9</guid>", "", 1), false, n},
		"json, some have no id":       {strings.Replace(`{"items":[`+strings.Join(objects, ",")+`]}`, `"id":9,`, "", 1), false, n},
		"head behind the items":       {strings.Replace(rssOf(items...), "</channel>", "<language>fr</language></channel>", 1), true, n},
		"no more than may be at once": {rssOf(items[:largeFeed]...), false, largeFeed},
	} {
		t.Run(name, func(t *testing.T) {
			docs, large := documentsOf(t, []byte(tt.src))
			if large != tt.large || len(docs) != tt.n {
				t.Fatalf("%d documents, in pieces: %v", len(docs), large)
			}
			seen := map[string]bool{}
			for i := range docs {
				d := &docs[i]
				seen[d.GUID] = true
				if i > 0 && d.Stated.PublishedAt.Before(docs[i-1].Stated.PublishedAt) && !d.Stated.PublishedAt.IsZero() {
					t.Fatalf("%s comes after %s", d.GUID, docs[i-1].GUID)
				}
				if strings.HasPrefix(d.Stated.Title, "Title ") && strings.TrimPrefix(d.Stated.Title, "Title ") != strings.TrimPrefix(d.Body, "text ") {
					t.Fatalf("%q has the text %q", d.Stated.Title, d.Body)
				}
			}
			if len(seen) != tt.n {
				t.Errorf("%d GUIDs, want %d", len(seen), tt.n)
			}
			if name == "head behind the items" && docs[0].Stated.Language != "fr" {
				t.Errorf("language %q", docs[0].Stated.Language)
			}
		})
	}
}

// Read as one, and in pieces: the same documents.
func TestPiecesAreTheSameDocuments(t *testing.T) {
	src := []byte(strings.Replace(string(rssOf(anItem("a", "x"), anItem("b", "y"), "<item><guid>c</guid><x:y xmlns:x=\"u\">z</x:y></item>")), "<rss", `<rss xml:base="https://b.example/"`, 1))
	at, _ := url.Parse("https://feed.example/")
	read := func(large int) (all []entry) {
		o, err := outlineOf(t.Context(), src, large)
		if err != nil {
			t.Fatal(err)
		}
		h, natives := o.natives(context.Background())
		h.base = at
		if o.spans == nil {
			return h.entries(o.items, natives, noon())
		}
		for i := range o.spans {
			part := o.again(o.spans[i : i+1])
			_, natives := part.natives(context.Background())
			all = append(all, h.entries(part.items, natives, noon())...)
		}
		return all
	}
	one, two := read(100), read(0)
	for i := range one {
		two[i].place = one[i].place
	}
	if diff := cmp.Diff(one, two, cmp.AllowUnexported(entry{}, review.Decimal{})); diff != "" {
		t.Error(diff)
	}
}

// live is the memory that is in use, in bytes.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The memory that reading takes besides the feed's own bytes hardly grows with the
// number of items: what is in use is measured at every thousandth document.
func TestMemoryDoesNotGrowWithTheItems(t *testing.T) {
	const most = 200 // bytes for each item more; the item itself has ten times as many
	besides := func(n int) int64 {
		src := blogFeed(n)
		at, _ := url.Parse("https://feed.example/")
		before := live()
		p, err := parse(t.Context(), src, "", at, noon())
		if err != nil {
			t.Fatal(err)
		}
		peak, count := live()-before, 0
		if _, err := p.each(t.Context(), identities{}, func(entries []entry) error {
			if count += len(entries); count%1000 == 0 {
				peak = max(peak, live()-before)
			}
			runtime.KeepAlive(entries)
			return nil
		}); err != nil || count != n {
			t.Fatalf("%d items: %v", count, err)
		}
		runtime.KeepAlive(src)
		return peak
	}
	thousand, ten := besides(1000), besides(10_000)
	t.Logf("besides the feed's own bytes: %d kB with 1,000 items, %d kB with 10,000", thousand>>10, ten>>10)
	if per := (ten - thousand) / 9000; per > most {
		t.Errorf("%d bytes for each item more, want %d at most", per, most)
	}
}
