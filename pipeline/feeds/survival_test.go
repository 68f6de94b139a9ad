package feeds_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// How blogs make guids.
const (
	guidPermalink = "the permalink"
	guidNumber    = "WordPress's ?p="
	guidTag       = "a tag of its own"
	guidOne       = "one for all items"
	guidOneHome   = "one for all items, whose links lead home"
	guidNone      = "none"
)

// blog is a site whose feed shows its newest posts.
type blog struct {
	scheme, host string
	guids        string
	undated      bool
	window       int
	backwards    bool // the oldest first
	moved        bool // other permalinks than before
	posts        []*post
}

func (b *blog) home() string { return b.scheme + "://" + b.host + "/" }

func (b *blog) link(p *post) string {
	switch {
	case b.guids == guidOneHome:
		return b.home()
	case b.moved:
		return fmt.Sprintf("%sreviews/%d/film-number-%d/", b.home(), p.at.Year(), p.n)
	}
	return fmt.Sprintf("%s%d/film-number-%d/", b.home(), p.at.Year(), p.n)
}

func (b *blog) guid(p *post) string {
	switch b.guids {
	case guidPermalink:
		return "<guid>" + b.link(p) + "</guid>"
	case guidNumber:
		return fmt.Sprintf(`<guid isPermaLink="false">%s?p=%d</guid>`, b.home(), p.n)
	case guidTag:
		return fmt.Sprintf(`<guid isPermaLink="false">tag:blog.example,2026:%d</guid>`, p.n)
	case guidOne, guidOneHome:
		return `<guid isPermaLink="false">` + b.home() + `</guid>`
	}
	return ""
}

// shown are the posts in the feed.
func (b *blog) shown() []*post { return b.posts[max(0, len(b.posts)-b.window):] }

func (b *blog) feed() string {
	var items []string
	for _, p := range b.shown() {
		date := ""
		if !b.undated {
			date = "<pubDate>" + p.at.Format(time.RFC1123Z) + "</pubDate>"
		}
		items = append(items, fmt.Sprintf("<item><title>%s</title><link>%s</link>%s%s<description>%s</description></item>",
			p.title, b.link(p), b.guid(p), date, p.text))
	}
	if !b.backwards {
		slices.Reverse(items)
	}
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title><link>` + b.home() + "</link>" +
		strings.Join(items, "\n") + "</channel></rss>"
}

func (b *blog) write(n int) {
	for range n {
		b.posts = append(b.posts, newPost(len(b.posts)+1))
	}
}

// survivors polls a blog's feed and looks that each post that was ever shown is one
// live review, no more and no less.
type survivors struct {
	*wire
	site *site
	blog *blog
	name string
	seen map[int]bool
}

func newSurvivors(w *wire, s *site, b *blog, name string) *survivors {
	s.answer = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, b.feed()) }
	return &survivors{wire: w, site: s, blog: b, name: name, seen: map[int]bool{}}
}

func (s *survivors) poll(t interface {
	Helper()
	Fatalf(string, ...any)
}, after string) {
	t.Helper()
	if _, err := s.wire.poll(s.name, s.site.URL); err != nil {
		t.Fatalf("after %s: %v", after, err)
	}
	for _, p := range s.blog.shown() {
		s.seen[p.n] = true
	}
	counts := numbers(s.latest(s.name))
	for n := range s.seen {
		if counts[n] != 1 {
			t.Fatalf("after %s: post %d is %d reviews, want 1 (guids: %s; %d posts were shown, there are %v)",
				after, n, counts[n], s.blog.guids, len(s.seen), counts)
		}
	}
	if len(counts) != len(s.seen) {
		t.Fatalf("after %s: reviews of %d posts, want %d", after, len(counts), len(s.seen))
	}
}

func allGuids() []string {
	return []string{guidPermalink, guidNumber, guidTag, guidOne, guidOneHome, guidNone}
}

// TestIdentitySurvives changes, one after the other, everything that happens to blogs.
func TestIdentitySurvives(t *testing.T) {
	w := newWire(t)
	for _, window := range []int{1, 4} {
		for i, guids := range allGuids() {
			t.Run(fmt.Sprintf("%s, %d shown", guids, window), func(t *testing.T) {
				b := &blog{scheme: "http", host: "blog.example", guids: guids, window: window}
				s := newSurvivors(w, newSite(t, nil), b, fmt.Sprintf("blog%d-%d", i, window))
				b.write(6)
				s.poll(t, "the start")
				b.scheme = "https"
				s.poll(t, "going to https")
				b.host = "www.blog.example"
				s.poll(t, "taking www")
				b.host = "reviews.example"
				s.poll(t, "moving to another host")
				b.posts[len(b.posts)-1].title = "Another title"
				s.poll(t, "the edit of a title")
				b.write(1)
				s.poll(t, "a new post")
				b.backwards = true
				w.restart()
				s.poll(t, "turning the order, and a restart")
				b.posts[len(b.posts)-1].text += " And one thing more."
				b.write(1)
				s.poll(t, "the edit of a text")
				w.parser += "+"
				b.write(1)
				s.poll(t, "a new version of ours")
				b.write(window)
				s.poll(t, "as many new ones as it shows")
				b.moved = true
				s.poll(t, "other permalinks")
				b.scheme, b.host = "http", "blog.example"
				s.poll(t, "going back to where it was")
			})
		}
	}
}

// TestIdentitySurvivesAnything makes a blog do several of those between two polls.
func TestIdentitySurvivesAnything(t *testing.T) {
	w, site, n := newWire(t), newSite(t, nil), 0
	rapid.Check(t, func(t *rapid.T) {
		if n++; n > 25 && os.Getenv("FILMWIRE_PROVE") == "" {
			return // each is half a dozen polls, and they sync
		}
		b := &blog{
			scheme: "http", host: "blog.example", window: rapid.IntRange(1, 5).Draw(t, "window"),
			guids: rapid.SampledFrom(allGuids()).Draw(t, "guids"),
		}
		// Without dates, links and guids there is nothing but the title.
		b.undated = (b.guids == guidNumber || b.guids == guidTag) && rapid.Bool().Draw(t, "undated")
		s := newSurvivors(w, site, b, fmt.Sprintf("blog%d", n))
		b.write(rapid.IntRange(1, 7).Draw(t, "posts"))
		s.poll(t, "the start")
		for range rapid.IntRange(1, 4).Draw(t, "polls") {
			var did []string
			do := func(what string, f func()) bool {
				if !rapid.Bool().Draw(t, what) {
					return false
				}
				f()
				did = append(did, what)
				return true
			}
			do("scheme", func() { b.scheme = map[string]string{"http": "https", "https": "http"}[b.scheme] })
			moved := do("host", func() {
				b.host = rapid.SampledFrom([]string{"blog.example", "www.blog.example", "reviews.example"}).Draw(t, "to")
			})
			if !b.undated {
				moved = do("permalinks", func() { b.moved = !b.moved }) || moved
			}
			if !moved {
				do("title", func() {
					rapid.SampledFrom(b.shown()).Draw(t, "of").title = fmt.Sprintf("Title %d (2011)", rapid.IntRange(1, 1e9).Draw(t, "title"))
				})
			}
			do("text", func() { rapid.SampledFrom(b.shown()).Draw(t, "of").text += " More." })
			do("order", func() { b.backwards = !b.backwards })
			do("posts", func() { b.write(rapid.IntRange(1, b.window).Draw(t, "new")) })
			s.poll(t, strings.Join(did, ", "))
		}
	})
}
