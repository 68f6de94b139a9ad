package feeds_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// How sites lead to their older items.
const (
	pagedWordPress = "WordPress"       // ?paged=N, and nothing says so but the generator
	pagedAtom      = "Atom, next"      // RFC 5005, 3
	archivedRSS    = "RSS, archive"    // RFC 5005, 4: pages that never change
	pagedJSON      = "JSON Feed, next" // next_url
)

func allPaged() []string { return []string{pagedWordPress, pagedAtom, archivedRSS, pagedJSON} }

// shelf is a site with pages of older posts. Page 1 is the feed, and has the newest.
type shelf struct {
	kind    string
	size    int
	posts   []*post // the oldest first
	generic bool    // WordPress that does not say so
	undated bool
	between func(page int) // called before each page is answered
	refuse  func(page int, w http.ResponseWriter) bool
}

func (s *shelf) write(n int) {
	for range n {
		next := 1
		if len(s.posts) > 0 {
			next = s.posts[len(s.posts)-1].n + 1
		}
		s.posts = append(s.posts, newPost(next))
	}
}

// page is what stands on a page: in an archive, numbered from the oldest on.
func (s *shelf) page(n int) (posts []*post, older string) {
	if s.kind == archivedRSS {
		if n == 1 {
			posts = s.posts[max(0, len(s.posts)-s.size):]
			if full := len(s.posts) / s.size; full > 0 {
				older = fmt.Sprintf("archive-%d", full)
			}
			return posts, older
		}
		return nil, ""
	}
	end := len(s.posts) - (n-1)*s.size
	if end <= 0 {
		return nil, ""
	}
	if begin := end - s.size; begin > 0 {
		return s.posts[begin:end], "?paged=" + strconv.Itoa(n+1)
	}
	return s.posts[:end], ""
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("paged"))
	n = max(n, 1)
	if s.between != nil {
		s.between(n)
	}
	if s.refuse != nil && s.refuse(n, w) {
		return
	}
	posts, older := s.page(n)
	if name, isArchive := strings.CutPrefix(r.URL.Path, "/archive-"); isArchive {
		k, _ := strconv.Atoi(name)
		posts, older = s.posts[(k-1)*s.size:k*s.size], ""
		if k > 1 {
			older = fmt.Sprintf("archive-%d", k-1)
		}
	}
	if posts == nil && n > 1 {
		http.NotFound(w, r)
		return
	}
	posts = slices.Clone(posts)
	slices.Reverse(posts)
	io.WriteString(w, s.render(posts, older))
}

func (s *shelf) render(posts []*post, older string) string {
	var b strings.Builder
	switch s.kind {
	case pagedAtom:
		b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>urn:t</id>`)
		if older != "" {
			fmt.Fprintf(&b, `<link rel="next" href="%s"/>`, older)
		}
		for _, p := range posts {
			fmt.Fprintf(&b, `<entry><id>urn:%d</id><title>%s</title><updated>%s</updated><content>%s</content></entry>`, p.n, p.title, p.at.Format(time.RFC3339), p.text)
		}
		b.WriteString("</feed>")
	case pagedJSON:
		type item struct {
			ID    string    `json:"id"`
			Title string    `json:"title"`
			Text  string    `json:"content_text"`
			At    time.Time `json:"date_published"`
		}
		items := []item{}
		for _, p := range posts {
			items = append(items, item{strconv.Itoa(p.n), p.title, p.text, p.at})
		}
		json.NewEncoder(&b).Encode(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": "T", "next_url": older, "items": items})
	default:
		b.WriteString(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>https://site.example/</link>`)
		switch {
		case s.kind == archivedRSS && older != "":
			fmt.Fprintf(&b, `<atom:link rel="prev-archive" href="%s"/>`, older)
		case s.kind == pagedWordPress && !s.generic:
			b.WriteString("<generator>https://wordpress.org/?v=6.8.1</generator>")
		}
		for _, p := range posts {
			date := "<pubDate>" + p.at.Format(time.RFC1123Z) + "</pubDate>"
			if s.undated {
				date = ""
			}
			fmt.Fprintf(&b, `<item><guid isPermaLink="false">%d</guid><title>%s</title>%s<description>%s</description></item>`, p.n, p.title, date, p.text)
		}
		b.WriteString("</channel></rss>")
	}
	return b.String()
}

// walker polls a shelf.
type walker struct {
	*wire
	shelf *shelf
	site  *site
	name  string
	past  pipeline.FeedPast
}

func newWalker(t *testing.T, w *wire, name string, s *shelf) *walker {
	return &walker{wire: w, shelf: s, site: newSite(t, s.ServeHTTP), name: name, past: pipeline.FeedPast{Where: pipeline.PastAuto, Pages: 1000}}
}

func (w *walker) poll() *pipeline.Report {
	w.t.Helper()
	w.clock.pass(time.Hour)
	report, err := w.wire.poll(w.name, w.site.URL, w.past)
	if err != nil {
		w.t.Fatal(err)
	}
	return &report
}

// want looks that each post is one review.
func (w *walker) want(t *testing.T, posts int) {
	t.Helper()
	counts := numbers(w.latest(w.name))
	for n := range posts {
		if counts[n+1] != 1 {
			t.Errorf("post %d is %d reviews, want 1", n+1, counts[n+1])
		}
	}
	if len(counts) != posts {
		t.Errorf("reviews of %d posts, want %d", len(counts), posts)
	}
}

func TestOlderItemsAreRead(t *testing.T) {
	w := newWire(t)
	for i, kind := range allPaged() {
		t.Run(kind, func(t *testing.T) {
			s := &shelf{kind: kind, size: 3}
			s.write(13)
			r := newWalker(t, w, fmt.Sprintf("kind%d", i), s)
			r.poll()
			r.want(t, 13)
			first := r.site.requests()
			want := "/ /?paged=2 /?paged=3 /?paged=4 /?paged=5"
			switch kind {
			case archivedRSS:
				want = "/ /archive-4 /archive-3 /archive-2 /archive-1"
			case pagedWordPress: // nothing says which page is the last
				want += " /?paged=6"
			}
			if first != want {
				t.Errorf("asked for %s, want %s", first, want)
			}
			s.write(1)
			r.poll()
			r.want(t, 14)
			if again := r.site.requests(); again != "/" {
				t.Errorf("asked again for what it has: %s", again)
			}
		})
	}
}

// TestANewTagIsKeptDuringAWalk has a server that gives the same bytes another entity tag:
// that is what the feed is asked by the next time, while its past is being read too.
func TestANewTagIsKeptDuringAWalk(t *testing.T) {
	s := &shelf{kind: pagedWordPress, size: 2}
	s.write(60)
	r := newWalker(t, newWire(t), "tags", s)
	tags := 0
	var asked []string
	r.site = newSite(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.RawQuery == "" {
			asked = append(asked, req.Header.Get("If-None-Match"))
			tags++
			w.Header().Set("Etag", fmt.Sprintf(`"%d"`, tags))
		}
		s.ServeHTTP(w, req)
	})
	for range 4 {
		r.poll()
	}
	if want := []string{"", `"1"`, `"2"`, `"3"`}; !slices.Equal(asked, want) {
		t.Errorf("asked by %q, want %q", asked, want)
	}
	r.want(t, 60)
}

// A walk is made in stretches, and goes on where it was after a restart.
func TestWalkIsTakenUpAgain(t *testing.T) {
	w := newWire(t)
	for i, kind := range allPaged() {
		t.Run(kind, func(t *testing.T) {
			s := &shelf{kind: kind, size: 2}
			s.write(50)
			r := newWalker(t, w, fmt.Sprintf("stretch%d", i), s)
			asked := map[string]int{}
			for n := 0; n < 3; n++ {
				r.poll()
				for _, page := range strings.Fields(r.site.requests()) {
					asked[page]++
				}
				r.restart()
			}
			r.want(t, 50)
			for page, n := range asked {
				// Pages that may have moved on are looked at once more.
				if most := map[bool]int{true: 1, false: 2}[kind == archivedRSS]; page != "/" && n > most {
					t.Errorf("%s was asked for %d times", page, n)
				}
			}
			if len(asked) > 27 {
				t.Errorf("%d pages were asked for: %v", len(asked), asked)
			}
		})
	}
}

// Posts that come while the walk is under way push older ones to pages further on;
// posts that go pull them back, to pages that were read before.
func TestPagesMoveWhileTheyAreRead(t *testing.T) {
	w := newWire(t)
	for i, kind := range []string{pagedWordPress, pagedAtom, pagedJSON} {
		t.Run(kind+", posts come", func(t *testing.T) {
			for size := 1; size < 4; size++ {
				s := &shelf{kind: kind, size: size}
				s.write(9)
				extra := 6
				s.between = func(page int) {
					if page > 1 && extra > 0 {
						extra -= 2
						s.write(2)
					}
				}
				r := newWalker(t, w, fmt.Sprintf("come%d-%d", i, size), s)
				for range 5 {
					r.poll()
				}
				got := numbers(r.latest(r.name))
				for n := 1; n <= 9; n++ {
					if got[n] != 1 {
						t.Errorf("pages of %d: post %d is %d reviews, want 1", size, n, got[n])
					}
				}
			}
		})
		t.Run(kind+", posts go", func(t *testing.T) {
			s := &shelf{kind: kind, size: 2}
			s.write(40)
			r := newWalker(t, w, fmt.Sprintf("go%d", i), s)
			r.poll()
			s.posts = s.posts[:len(s.posts)-1] // the newest is taken down
			for range 3 {
				r.poll()
			}
			r.want(t, 40)
		})
	}
}

func TestWalksThatHaveNoEnd(t *testing.T) {
	item := func(n int) string {
		p := newPost(n)
		return fmt.Sprintf(`<item><guid isPermaLink="false">%d</guid><title>%s</title><description>%s</description></item>`, n, p.title, p.text)
	}
	feed := func(next, items string) string {
		return `<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><generator>WordPress</generator>` + next + items + `</channel></rss>`
	}
	next := func(to string) string { return `<atom:link rel="next" href="` + to + `"/>` }
	count := 0
	tests := map[string]struct {
		answer http.HandlerFunc
		most   int // requests of the first four polls
		posts  int
	}{
		"to itself": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, feed(next("/"), item(1))) }, 8, 1},
		"in a circle": {func(w http.ResponseWriter, r *http.Request) {
			other := map[string]string{"/": "/a", "/a": "/b", "/b": "/a"}[r.URL.Path]
			io.WriteString(w, feed(next(other), item(len(r.URL.Path))))
		}, 12, 2},
		"every page is the first": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, feed("", item(1)+item(2))) }, 10, 2},
		"ever new": {func(w http.ResponseWriter, r *http.Request) {
			count++
			io.WriteString(w, feed(next(fmt.Sprintf("/%d", count)), item(count)))
		}, 4 * (1 + 10), 15}, // each poll shows other items, so there is a gap each time
		"a page behind the last is a web page": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "" {
				io.WriteString(w, "<html><body>Nothing found</body></html>")
				return
			}
			io.WriteString(w, feed("", item(1)))
		}, 5, 1},
	}
	w := newWire(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newWalker(t, w, strings.ReplaceAll(name, " ", "-"), &shelf{})
			r.site.answer = tt.answer
			r.past.Pages = 12
			for range 4 {
				if report := r.poll(); report.Damaged > 0 {
					t.Errorf("problems %v", report.Problems)
				}
			}
			if n := len(strings.Fields(r.site.requests())); n > tt.most {
				t.Errorf("%d requests, want %d at most", n, tt.most)
			}
			counts := numbers(r.latest(r.name))
			for n, reviews := range counts {
				if reviews != 1 {
					t.Errorf("post %d is %d reviews", n, reviews)
				}
			}
			if len(counts) < tt.posts {
				t.Errorf("%d posts were read, want %d", len(counts), tt.posts)
			}
		})
	}
}

func TestWherePastIsLookedFor(t *testing.T) {
	w := newWire(t)
	tests := []struct {
		name    string
		where   pipeline.PastPlace
		kind    string
		generic bool
		found   bool
	}{
		{"auto-says-wordpress", pipeline.PastAuto, pagedWordPress, false, true},
		{"auto-does-not-say", pipeline.PastAuto, pagedWordPress, true, false},
		{"wordpress-does-not-say", pipeline.PastWordPress, pagedWordPress, true, true},
		{"links-says-wordpress", pipeline.PastLinks, pagedWordPress, false, false},
		{"links-linked", pipeline.PastLinks, pagedAtom, false, true},
		{"none-linked", pipeline.PastNone, pagedAtom, false, false},
		{"none-says-wordpress", pipeline.PastNone, pagedWordPress, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{kind: tt.kind, size: 2, generic: tt.generic}
			s.write(6)
			r := newWalker(t, w, tt.name, s)
			r.past.Where = tt.where
			r.poll()
			r.wantPosts(t, map[bool]int{true: 6, false: 2}[tt.found])
		})
	}
}

// wantPosts looks of how many posts there are reviews.
func (w *walker) wantPosts(t *testing.T, posts int) {
	t.Helper()
	if got := len(numbers(w.latest(w.name))); got != posts {
		t.Errorf("reviews of %d posts, want %d", got, posts)
	}
}

// What goes wrong with an older page is said, does not keep the feed itself from
// being read, and is tried again when the server likes, but not for ever.
func TestAPageThatDoesNotCome(t *testing.T) {
	w := newWire(t)
	t.Run("for a while", func(t *testing.T) {
		s := &shelf{kind: pagedWordPress, size: 2}
		s.write(10)
		down := true
		s.refuse = func(page int, w http.ResponseWriter) bool {
			if down && page == 3 {
				w.Header().Set("Retry-After", "9000")
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return down && page == 3
		}
		r := newWalker(t, w, "while", s)
		report := r.poll()
		if report.Damaged != 1 || !strings.Contains(report.Problems[0], "older items") || !strings.Contains(report.Problems[0], "503") {
			t.Errorf("problems %v", report.Problems)
		}
		r.wantPosts(t, 4)
		down = false
		r.site.requests()
		r.poll() // an hour later: it said two and a half
		if asked := r.site.requests(); asked != "/" {
			t.Errorf("asked for %s before its time", asked)
		}
		r.poll()
		r.poll()
		r.want(t, 10)
	})
	t.Run("ever", func(t *testing.T) {
		s := &shelf{kind: pagedWordPress, size: 2}
		s.write(10)
		s.refuse = func(page int, w http.ResponseWriter) bool {
			if page == 3 {
				w.WriteHeader(http.StatusInternalServerError)
			}
			return page == 3
		}
		r := newWalker(t, w, "ever", s)
		for range 7 {
			r.poll()
		}
		r.wantPosts(t, 8) // its neighbours are there
		r.site.requests()
		if r.poll(); r.site.requests() != "/" {
			t.Error("it is asked for still")
		}
	})
	t.Run("an archive that is gone", func(t *testing.T) {
		s := &shelf{kind: archivedRSS, size: 2}
		s.write(6)
		r := newWalker(t, w, "gone", s)
		answer := r.site.answer
		r.site.answer = func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/archive-2" {
				w.WriteHeader(http.StatusGone)
				return
			}
			answer(w, q)
		}
		if report := r.poll(); report.Damaged != 1 || !strings.Contains(report.Problems[0], "not asked for again") {
			t.Errorf("problems %v", report.Problems)
		}
		s.write(1)
		r.poll()
		r.wantPosts(t, 3) // the feed's own go on
	})
}

// A feed that shows nothing of what it showed last has had more items than it holds.
func TestAGapIsFilled(t *testing.T) {
	w := newWire(t)
	for i, kind := range allPaged() {
		t.Run(kind, func(t *testing.T) {
			s := &shelf{kind: kind, size: 3}
			s.write(30)
			r := newWalker(t, w, fmt.Sprintf("gap%d", i), s)
			for range 3 {
				r.poll()
			}
			r.want(t, 30)
			r.site.requests()
			s.write(10)
			r.poll()
			r.want(t, 40)
			if asked := strings.Fields(r.site.requests()); len(asked) > 6 {
				t.Errorf("asked for %v: more than the gap", asked)
			}
		})
	}
}
