package feed_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// document is what a crawler wants of one document of a feed.
type document struct {
	ids                         []string
	self, older, newer, current string
	archive                     bool
	titles                      map[string]string
}

// read reads a document of any format.
func read(t testing.TB, url, doc string) document {
	t.Helper()
	d := document{titles: map[string]string{}}
	links := func(n *node) {
		rels := map[string]string{}
		for _, l := range n.all(atomSpace, "link") {
			rels[l.attrs["rel"]] = l.attrs["href"]
		}
		d.self, d.older, d.newer, d.current = rels["self"], rels["prev-archive"], rels["next-archive"], rels["current"]
		d.archive = n.one(fhSpace, "archive") != nil
	}
	switch {
	case strings.HasSuffix(url, ".rss"):
		channel := parseXML(t, doc).one("", "channel")
		links(channel)
		for _, it := range channel.all("", "item") {
			d.ids = append(d.ids, it.says("", "guid"))
			d.titles[it.says("", "guid")] = it.says("", "title")
		}
	case strings.HasSuffix(url, ".atom"):
		root := parseXML(t, doc)
		links(root)
		for _, e := range root.all(atomSpace, "entry") {
			d.ids = append(d.ids, e.says(atomSpace, "id"))
			d.titles[e.says(atomSpace, "id")] = e.says(atomSpace, "title")
		}
	default:
		f := readJSON(t, doc)
		d.self = f.FeedURL
		if h := f.History; h != nil {
			d.older, d.newer, d.current, d.archive = h.PrevArchive, h.NextArchive, h.Current, h.Archive
			if f.NextURL != h.PrevArchive {
				t.Errorf("%s: next_url %q, prev_archive %q", url, f.NextURL, h.PrevArchive)
			}
		}
		for _, it := range f.Items {
			d.ids = append(d.ids, it.ID)
			d.titles[it.ID] = it.Title
		}
	}
	return d
}

// crawl walks from a feed back to its first page, and returns all entries by id and
// how many documents they were in. It knows nothing but addresses.
func crawl(t testing.TB, fetch func(url string) string, feed string) (titles map[string]string, documents int) {
	t.Helper()
	titles = map[string]string{}
	before := document{}
	for url := feed; url != ""; documents++ {
		d := read(t, url, fetch(url))
		if d.self != url {
			t.Fatalf("%s says that it is %s", url, d.self)
		}
		if url != feed && (d.current != feed || d.newer != map[bool]string{true: before.self}[before.self != feed] || d.archive != (d.newer != "")) {
			t.Fatalf("%s: current %q, next-archive %q, archive %t; came from %s", url, d.current, d.newer, d.archive, before.self)
		}
		for id, title := range d.titles {
			if known, ok := titles[id]; ok && known != title {
				t.Fatalf("%s is %q in %s, and %q in a newer document", id, title, url, known)
			}
			titles[id] = title
		}
		before, url = d, d.older
	}
	return titles, documents
}

// fetch serves the documents of a bench by their address.
func (b *bench) fetch(url string) string {
	b.t.Helper()
	path, ok := strings.CutPrefix(url, sinktest.Site().URL+"/")
	content, there := b.docs.Files()[path]
	if !ok || !there {
		b.t.Fatalf("there is no %s", url)
	}
	return content
}

// archived is the nth review of an archive that is imported in groups of 40, each
// seen at one time, with dates in no order.
func archived(n int, opts ...sinktest.Option) *review.Event {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	all := append([]sinktest.Option{
		sinktest.GUID(fmt.Sprint(n)), sinktest.FilmOf(fmt.Sprintf("Film %d", n), 1950+n%70), sinktest.Text(fmt.Sprintf("Of film %d.", n)),
		func(e *review.Event) {
			e.FirstSeenAt = sinktest.Epoch().Add(time.Duration(n/40) * time.Hour)
			e.PublishedAt = sinktest.Epoch().Add(-time.Duration(random.IntN(1e6)) * time.Minute)
		},
	}, opts...)
	return sinktest.Event(all...)
}

// TestCrawl: whoever walks back gets every review, and no withdrawn one.
func TestCrawl(t *testing.T) {
	const reviews = 5000
	b := newBench(t, feed.Defaults())
	var events []*review.Event
	for n := range reviews {
		events = append(events, archived(n))
	}
	for batch := range slices.Chunk(events, 1000) {
		b.apply(batch...)
	}
	b.apply(archived(17, sinktest.Kind(review.Withdrawn, 2)), archived(4321, sinktest.Kind(review.Withdrawn, 2)),
		archived(99, sinktest.Kind(review.Revised, 2), func(e *review.Event) { e.Title = "Seen again" }))
	want := map[string]string{}
	for n, e := range events {
		title := fmt.Sprintf("Film %d (%d) ★★★★", n, 1950+n%70)
		switch n {
		case 17, 4321:
			continue
		case 99:
			title = "Seen again ★★★★"
		}
		want[e.FeedID] = title
	}
	for _, ending := range []string{".rss", ".atom", ".json"} {
		got, documents := crawl(t, b.fetch, sinktest.Site().URL+"/feeds/test"+ending)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%.2000s", ending, diff)
		}
		if documents < reviews/200 || documents > reviews/50 {
			t.Errorf("%s: %d documents", ending, documents)
		}
	}
	for _, path := range b.docs.Paths() {
		if base, ok := strings.CutSuffix(path, ".rss"); ok {
			mustBeValid(t, b.docs.Files(), base)
		}
	}
}

// pages are the archive pages there are, in RSS.
func (b *bench) pages() map[string]string {
	pages := map[string]string{}
	for path, content := range b.docs.Files() {
		if strings.HasPrefix(path, "feeds/test/") && strings.HasSuffix(path, ".rss") {
			pages[path] = content
		}
	}
	return pages
}

// changed are the paths at which two sets of documents differ.
func changed(before, after map[string]string) []string {
	var paths []string
	for path := range after {
		if before[path] != after[path] {
			paths = append(paths, path)
		}
	}
	for path := range before {
		if _, there := after[path]; !there {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// archive is a bench with 600 reviews in some pages.
func archive(t *testing.T) *bench {
	b := newBench(t, feed.Defaults())
	var events []*review.Event
	for n := range 600 {
		events = append(events, archived(n))
	}
	b.apply(events...)
	if n := len(b.pages()); n < 3 {
		t.Fatalf("%d pages: too few to say anything", n)
	}
	return b
}

// open is the page whose newest neighbour is not there yet.
func (b *bench) open() string {
	b.t.Helper()
	for path, content := range b.pages() {
		if d := read(b.t, path, content); d.newer == "" {
			return path
		}
	}
	b.t.Fatal("no page is open")
	return ""
}

// holding is the page that holds a review.
func (b *bench) holding(e *review.Event) string {
	b.t.Helper()
	for path, content := range b.pages() {
		if strings.Contains(content, e.FeedID) {
			return path
		}
	}
	b.t.Fatalf("no page holds %s", e.FeedID)
	return ""
}

func TestPagesStay(t *testing.T) {
	old := archived(30)
	for _, c := range []struct {
		name string
		do   func(b *bench) (want []string) // the pages that may change
	}{
		{"new reviews go into the open page, and into pages behind it", func(b *bench) []string {
			want := []string{b.open()}
			before := b.pages()
			for n := range 300 {
				b.apply(archived(600 + n))
			}
			for path := range b.pages() {
				if _, there := before[path]; !there {
					want = append(want, path)
				}
			}
			if len(want) < 2 {
				b.t.Error("300 reviews opened no page")
			}
			return want
		}},
		{"an edit", func(b *bench) []string {
			b.apply(archived(30, sinktest.Kind(review.Revised, 2), sinktest.Stars("1", "5")))
			if !slices.ContainsFunc(b.titles("feeds/test.json"), func(s string) bool { return s == "Film 30 (1980) ★" }) {
				b.t.Errorf("the feed does not show the edit: %q", b.titles("feeds/test.json"))
			}
			return []string{b.holding(old)}
		}},
		{"a withdrawal", func(b *bench) []string {
			page := b.holding(old)
			b.apply(archived(30, sinktest.Kind(review.Withdrawn, 2)))
			if strings.Contains(b.pages()[page], old.FeedID) {
				b.t.Error("the page still holds it")
			}
			return []string{page}
		}},
		{"withdrawn and restored: as before", func(b *bench) []string {
			b.apply(archived(30, sinktest.Kind(review.Withdrawn, 2)))
			b.apply(archived(30, func(e *review.Event) { e.Kind, e.Revision = review.Restored, 3 }))
			return nil
		}},
		{"the review that begins a page", func(b *bench) []string {
			var first *review.Event
			for n := range 600 { // the page's name holds a part of what begins it
				for path := range b.pages() {
					if hash := path[len(path)-len("000000000000.rss"):]; strings.HasPrefix(feed.SeenHash(archived(n)), strings.TrimSuffix(hash, ".rss")) {
						first = archived(n, sinktest.Kind(review.Withdrawn, 2))
					}
				}
			}
			page := b.holding(first)
			b.apply(first)
			return []string{page}
		}},
		{"one seen long ago comes late", func(b *bench) []string {
			before := b.pages()
			late := sinktest.Event(sinktest.GUID("late"), func(e *review.Event) { e.FirstSeenAt = old.FirstSeenAt.Add(time.Second) })
			b.apply(late)
			for path, content := range b.pages() {
				if before[path] != content && !strings.Contains(content, late.FeedID) {
					b.t.Errorf("%s changed and does not hold it", path)
				}
			}
			return []string{b.holding(late)}
		}},
		{"all of a page are withdrawn", func(b *bench) []string {
			page := b.holding(old)
			ids := read(b.t, page, b.pages()[page]).ids
			for n := range 600 {
				if slices.Contains(ids, archived(n).FeedID) {
					b.apply(archived(n, sinktest.Kind(review.Withdrawn, 2)))
				}
			}
			if d := read(b.t, page, b.pages()[page]); len(d.ids) != 0 || d.older+d.newer == "" {
				b.t.Errorf("the page holds %d reviews, with %q and %q beside it", len(d.ids), d.older, d.newer)
			}
			return []string{page}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := archive(t)
			before := b.pages()
			want := c.do(b)
			slices.Sort(want)
			if diff := cmp.Diff(want, changed(before, b.pages())); diff != "" {
				t.Errorf("pages that changed (-may +did):\n%s", diff)
			}
		})
	}
}

// TestOnlyThePageIsRendered counts what is written when an old review is edited.
func TestOnlyThePageIsRendered(t *testing.T) {
	b := archive(t)
	page := strings.TrimSuffix(b.holding(archived(30)), ".rss")
	got := b.apply(archived(30, sinktest.Kind(review.Revised, 2)))
	var want []string
	for _, base := range []string{"feeds/test", page} {
		want = append(want, base+".atom", base+".json", base+".rss")
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if len(b.reads) > 0 {
		t.Errorf("read %v from the log, though all was at hand", b.reads)
	}
}

// TestPagesBeginWithTheLimit: a feed that shows everything has no pages, and one that
// once had more than it shows keeps them.
func TestPagesBeginWithTheLimit(t *testing.T) {
	s := feed.Defaults()
	s.Limit = 3
	b := newBench(t, s)
	for n := range 3 {
		b.apply(archived(n))
	}
	if pages := b.pages(); len(pages) != 0 {
		t.Errorf("three reviews in a feed of three, and pages %v", slices.Sorted(maps.Keys(pages)))
	}
	b.apply(archived(3))
	if len(b.pages()) == 0 {
		t.Error("the fourth of a feed of three is nowhere")
	}
	b.apply(archived(0, sinktest.Kind(review.Withdrawn, 2)))
	if len(b.pages()) == 0 {
		t.Error("a withdrawal took all pages away")
	}
	s.History = false
	b = newBench(t, s)
	b.apply(archived(0), archived(1), archived(2), archived(3))
	if pages := b.pages(); len(pages) != 0 {
		t.Errorf("switched off, and pages %v", slices.Sorted(maps.Keys(pages)))
	}
}

// TestBulkEdit: all old reviews are edited, and the new ones stay in the feed.
func TestBulkEdit(t *testing.T) {
	s := feed.Defaults()
	s.Limit = 10
	b := newBench(t, s)
	day := func(n int) sinktest.Option {
		return func(e *review.Event) { e.PublishedAt = sinktest.Epoch().AddDate(0, 0, n-60) }
	}
	for n := range 40 {
		b.apply(archived(n, day(n)))
	}
	for n := range 30 {
		b.apply(archived(n, day(n), sinktest.Kind(review.Revised, 2), func(e *review.Event) {
			e.RevisedAt = sinktest.Epoch().Add(time.Duration(n) * time.Hour)
		}))
	}
	var want []string
	for _, n := range []int{39, 38, 37, 36, 35, 34, 33, 32, 29, 28} { // eight of the newest, and the two edited last
		want = append(want, archived(n).FeedID)
	}
	got := read(t, "feeds/test.rss", b.docs.Content("feeds/test.rss")).ids
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
