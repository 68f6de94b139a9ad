package feed_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestView holds the view to the laws of all views: in particular, the documents
// are those of a fresh view that was given only the latest event of each review.
func TestView(t *testing.T) {
	for _, c := range []struct {
		per, order     string
		formats        string
		limit          int
		history, tombs bool
	}{
		{"none", "published", "rss atom json", 3, true, true},
		{"none", "updated", "json", 1, true, false},
		{"film", "published", "rss", 2, true, false},
		{"film", "rating", "atom", 3, false, true},
		{"critic", "published", "atom", 1, true, true},
		{"outlet", "rating", "json", 2, true, false},
		{"tag", "published", "json", 1, true, false},
	} {
		t.Run(fmt.Sprintf("per %s by %s", c.per, c.order), func(t *testing.T) {
			s := feed.Defaults()
			s.Formats = strings.Fields(c.formats)
			s.Per, s.Order, s.Limit, s.History, s.Tombstones = c.per, c.order, c.limit, c.history, c.tombs
			sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View {
				return open(t, s, env).WithPages(2)
			}, sinktest.Touches(func(before *review.Event, now pipeline.Entry, path string) bool {
				other := c.per != "film" || path == "feeds/test.opml"
				return now.Review != nil && (other || before != nil && inFeedOf(path, before) || inFeedOf(path, now.Review))
			}))
		})
	}
}

// inFeedOf reports whether the document belongs to the film of the event. Ids
// that are no slugs become other names, so only slugs are looked at closely.
func inFeedOf(path string, e *review.Event) bool {
	id := string(e.Film.ID)
	if strings.ContainsAny(id, "./ \\\x00:ABx") || len(id) > 100 {
		return true
	}
	return id != "" && (strings.HasPrefix(path, "feeds/test/"+id+".") || strings.HasPrefix(path, "feeds/test/"+id+"/"))
}

func open(t testing.TB, s feed.Settings, env pipeline.ViewEnv) *feed.View {
	t.Helper()
	v, err := feed.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// bench is a view at work in a test.
type bench struct {
	t    testing.TB
	view pipeline.View
	st   *sinktest.Memory
	docs *sinktest.Documents
	log  sinktest.History
	// reads are the positions that the view has read from the log.
	reads []pipeline.Position
}

func newBench(t testing.TB, s feed.Settings) *bench {
	b := &bench{t: t, st: &sinktest.Memory{}, docs: &sinktest.Documents{}}
	b.view = open(t, s, b.env())
	return b
}

func (b *bench) env() pipeline.ViewEnv {
	env := b.log.ViewEnv()
	env.At = func(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
		b.reads = append(b.reads, at)
		return b.log.At(ctx, at)
	}
	env.Links = filmPages
	return env
}

// filmPages is what a view that writes pages of films offers.
func filmPages() []pipeline.Link {
	return []pipeline.Link{{Title: "{film}", Path: "films/{film}.html", MediaType: "text/html", PerFilm: true}}
}

// apply puts events on the log and applies them in one batch. It returns the
// paths of the documents that were written or removed.
func (b *bench) apply(events ...*review.Event) []string {
	b.t.Helper()
	from := len(b.log)
	b.log = sinktest.NewHistory(append(b.events(), events...)...)
	b.docs.Touched()
	if err := b.view.Apply(context.Background(), b.log[from:], b.st, b.docs); err != nil {
		b.t.Fatal(err)
	}
	return b.docs.Touched()
}

func (b *bench) events() []*review.Event {
	var events []*review.Event
	for _, e := range b.log {
		events = append(events, e.Review)
	}
	return events
}

func isList(path string) bool { return strings.HasSuffix(path, ".opml") }

// feeds are the paths of the documents there are, the list of feeds aside.
func (b *bench) feeds() (paths []string) {
	for _, path := range b.docs.Paths() {
		if !isList(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// titles are those of a JSON feed's items, in order.
func (b *bench) titles(path string) []string {
	b.t.Helper()
	var titles []string
	for _, it := range readJSON(b.t, b.docs.Content(path)).Items {
		titles = append(titles, it.Title)
	}
	return titles
}

func per(kind string) feed.Settings {
	s := feed.Defaults()
	s.Per = kind
	return s
}

func TestGolden(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply(golden()...)
	for _, ending := range []string{"rss", "atom", "json"} {
		compare(t, "latest."+ending, b.docs.Content("feeds/test."+ending))
	}
}

func TestGoldenEmpty(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply()
	for _, ending := range []string{"rss", "atom", "json"} {
		compare(t, "empty."+ending, b.docs.Content("feeds/test."+ending))
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); go test -update writes it anew:\n%s", file, diff)
	}
}

// golden is a small feed with one review of every sort.
func golden() []*review.Event {
	return []*review.Event{
		sinktest.Event(sinktest.On("2010-09-20"), func(e *review.Event) {
			e.Source = review.Source{Name: "blog", Type: "feed", URL: "https://example.org/feed/", GUID: "1"}
			e.Critic.URL = "https://example.org/jane"
			e.Film.IDs = review.FilmIDs{IMDb: "tt1334260", TMDB: "42188"}
			e.Film.Directors = []string{"Mark Romanek"}
			e.Tags = []string{"Drama", "drama", "Science Fiction"}
			e.Media = []review.Media{{URL: "https://example.org/still.jpg", Kind: "image", Alt: "Three children"}}
			e.BodyHTML = "<p>A quiet film &amp; a sad one.</p>\n<p>It stays with you.</p>"
		}),
		sinktest.Event(sinktest.GUID("2"), sinktest.On("2010-09-20"), sinktest.FilmOf("Solaris", 1972), func(e *review.Event) {
			e.Title, e.Rights, e.Language = "The ocean that remembers us", review.RightsExcerpt, "en-GB"
			e.Rating = review.Rating{Kind: review.Lost, Raw: "(out of 5)", Best: review.Int(5)}
		}),
		sinktest.Event(sinktest.GUID("3"), sinktest.On("2010-09-18"), sinktest.Grade("B+"), sinktest.By("", ""), func(e *review.Event) {
			e.Rights, e.URL = review.RightsLink, "ftp://example.org/not-for-the-web"
		}),
		sinktest.Event(sinktest.GUID("4"), sinktest.On("2010-09-17"), sinktest.Kind(review.Revised, 2),
			sinktest.Says(review.Negative), sinktest.Text("A < B && C.")),
	}
}

func TestWhatIsShown(t *testing.T) {
	solaris := sinktest.FilmOf("Solaris", 1972)
	b := newBench(t, feed.Defaults())

	b.apply(sinktest.Event(sinktest.On("2010-09-01")),
		sinktest.Event(sinktest.GUID("2"), solaris, sinktest.On("2010-09-02")))
	want := []string{"Solaris (1972) ★★★★", "Never Let Me Go (2010) ★★★★"}
	if diff := cmp.Diff(want, b.titles("feeds/test.json")); diff != "" {
		t.Fatalf("after two were published (-want +got):\n%s", diff)
	}

	before := readJSON(t, b.docs.Content("feeds/test.json"))
	b.apply(sinktest.Event(sinktest.On("2010-09-01"), sinktest.Kind(review.Revised, 2), sinktest.Stars("2.5", "5")))
	after := readJSON(t, b.docs.Content("feeds/test.json"))
	if got := after.Items[1].Title; got != "Never Let Me Go (2010) ★★½" {
		t.Errorf("an edit shows as %q", got)
	}
	if before.Items[1].ID != after.Items[1].ID || before.Items[1].Published != after.Items[1].Published {
		t.Errorf("an edit moved id or date: %+v, then %+v", before.Items[1], after.Items[1])
	}
	if before.Items[1].Modified == after.Items[1].Modified {
		t.Errorf("an edit left date_modified at %s", after.Items[1].Modified)
	}
	if diff := cmp.Diff(before.Items[0], after.Items[0]); diff != "" {
		t.Errorf("an edit changed its neighbour (-before +after):\n%s", diff)
	}

	b.apply(sinktest.Event(sinktest.GUID("2"), solaris, sinktest.On("2010-09-02"), sinktest.Kind(review.Withdrawn, 2)))
	if diff := cmp.Diff([]string{"Never Let Me Go (2010) ★★½"}, b.titles("feeds/test.json")); diff != "" {
		t.Errorf("after a withdrawal (-want +got):\n%s", diff)
	}
	b.apply(sinktest.Event(sinktest.GUID("2"), solaris, sinktest.On("2010-09-02"), sinktest.Kind(review.Restored, 3)))
	if diff := cmp.Diff([]string{"Solaris (1972) ★★★★", "Never Let Me Go (2010) ★★½"}, b.titles("feeds/test.json")); diff != "" {
		t.Errorf("after it was restored (-want +got):\n%s", diff)
	}
}

func TestFilmFeeds(t *testing.T) {
	b := newBench(t, per("film"))
	files := func(slugs ...string) (paths []string) {
		for _, slug := range slugs {
			for _, ending := range []string{"atom", "json", "rss"} {
				paths = append(paths, "feeds/test/"+slug+"."+ending)
			}
		}
		return paths
	}
	steps := []struct {
		name  string
		event *review.Event
		there []string
		moved []string
	}{
		{"published", sinktest.Event(), files("never-let-me-go-2010"), files("never-let-me-go-2010")},
		{"another film", sinktest.Event(sinktest.GUID("2"), sinktest.FilmOf("Solaris", 1972)),
			files("never-let-me-go-2010", "solaris-1972"), files("solaris-1972")},
		{"the film was mistaken", sinktest.Event(sinktest.Kind(review.Revised, 2), sinktest.FilmOf("Solaris", 1972)),
			files("solaris-1972"), files("never-let-me-go-2010", "solaris-1972")},
		{"withdrawn, one of two", sinktest.Event(sinktest.GUID("2"), sinktest.FilmOf("Solaris", 1972), sinktest.Kind(review.Withdrawn, 2)),
			files("solaris-1972"), files("solaris-1972")},
		{"no film known", sinktest.Event(sinktest.Kind(review.Revised, 3), func(e *review.Event) { e.Film = review.Film{} }),
			nil, files("solaris-1972")},
		{"in other letters", sinktest.Event(sinktest.GUID("3"), func(e *review.Event) { e.Film.ID = "七人の侍-1954" }),
			files("七人の侍-1954"), files("七人の侍-1954")},
	}
	for _, step := range steps {
		touched := slices.DeleteFunc(b.apply(step.event), isList)
		if diff := cmp.Diff(step.moved, touched); diff != "" {
			t.Errorf("%s: documents touched (-want +got):\n%s", step.name, diff)
		}
		if diff := cmp.Diff(step.there, b.feeds()); diff != "" {
			t.Errorf("%s: documents there (-want +got):\n%s", step.name, diff)
		}
	}
	doc := readJSON(t, b.docs.Content("feeds/test/七人の侍-1954.json"))
	if want := "https://reviews.example.org/feeds/test/%E4%B8%83%E4%BA%BA%E3%81%AE%E4%BE%8D-1954.json"; doc.FeedURL != want {
		t.Errorf("feed_url %s, want %s", doc.FeedURL, want)
	}
}

// TestHome is the page a feed is about.
func TestHome(t *testing.T) {
	for name, c := range map[string]struct {
		links func() []pipeline.Link
		film  review.FilmID
		want  string
	}{
		"the film's page":       {filmPages, "solaris-1972", "https://reviews.example.org/films/solaris-1972.html"},
		"no pages of films":     {nil, "solaris-1972", "https://reviews.example.org/"},
		"an id that is no slug": {filmPages, "solaris/1972", "https://reviews.example.org/"},
	} {
		env := sinktest.History(nil).ViewEnv()
		env.Links = c.links
		b := newBench(t, per("film"))
		b.view = open(t, per("film"), env)
		b.apply(sinktest.Event(func(e *review.Event) { e.Film.ID = c.film }))
		if got := readJSON(t, b.docs.Content(b.feeds()[1])).HomePageURL; got != c.want {
			t.Errorf("%s: home page %s, want %s", name, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	b := newBench(t, feed.Defaults())
	var want []string
	for _, day := range []string{"2024-02-29", "2010-01-01", "1968-05-01", "0900-01-01"} {
		e := sinktest.Event(sinktest.GUID(day), sinktest.On(day))
		e.Title = "Of " + day
		want = append(want, e.Title+" ★★★★")
		b.apply(e)
	}
	never := sinktest.Event(sinktest.GUID("never"), sinktest.On(""), func(e *review.Event) { e.FirstSeenAt = time.Time{} })
	never.Title = "Without any date"
	b.apply(never)
	if diff := cmp.Diff(append(want, "Without any date ★★★★"), b.titles("feeds/test.json")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEntriesAreRenderedOnce counts what is read from the log, which is what a
// rendered entry is made from when it is not at hand.
func TestEntriesAreRenderedOnce(t *testing.T) {
	s := feed.Defaults()
	s.Limit, s.History = 5, false
	b := newBench(t, s)
	var events []*review.Event
	for n := range 20 {
		events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(n)), sinktest.On(fmt.Sprintf("2010-09-%02d", n+1))))
	}
	b.apply(events...)
	b.apply(sinktest.Event(sinktest.GUID("19"), sinktest.On("2010-09-20"), sinktest.Kind(review.Revised, 2)))
	if len(b.reads) > 0 {
		t.Errorf("read %v from the log, though all entries were at hand", b.reads)
	}
	b.view = open(t, s, b.env())
	b.apply()
	if want := []pipeline.Position{21, 19, 18, 17, 16}; !slices.Equal(b.reads, want) {
		t.Errorf("after a restart read %v, want %v", b.reads, want)
	}
	b.reads = nil
	b.apply(sinktest.Event(sinktest.GUID("19"), sinktest.On("2010-09-20"), sinktest.Kind(review.Withdrawn, 3)))
	if want := []pipeline.Position{15}; !slices.Equal(b.reads, want) {
		t.Errorf("after a withdrawal read %v, want %v: the one that moved up", b.reads, want)
	}
}

func TestStateOfAnotherLog(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply(sinktest.Event())
	b.log = sinktest.NewHistory(sinktest.Event(sinktest.GUID("another")))
	err := open(t, feed.Defaults(), b.env()).Apply(context.Background(), nil, b.st, b.docs)
	if err == nil || !strings.Contains(err.Error(), "delete the views folder") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
}

func TestLinks(t *testing.T) {
	s := feed.Defaults()
	s.Formats, s.Title = []string{"json", "rss"}, "{{.Site.Title}}, everything"
	want := []pipeline.Link{
		{Title: "The Aisle Seat, everything", Path: "feeds/test.rss", MediaType: "application/rss+xml", Feed: true},
		{Title: "The Aisle Seat, everything", Path: "feeds/test.json", MediaType: "application/feed+json", Feed: true},
	}
	if diff := cmp.Diff(want, newBench(t, s).view.(pipeline.Linker).Links()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Title, s.Per = "", "film"
	want = []pipeline.Link{
		{Title: "The Aisle Seat: feeds by film (test)", Path: "feeds/test.opml", MediaType: "text/x-opml"},
		{Title: "{film} · The Aisle Seat", Path: "feeds/test/{film}.rss", MediaType: "application/rss+xml", Feed: true, PerFilm: true},
		{Title: "{film} · The Aisle Seat", Path: "feeds/test/{film}.json", MediaType: "application/feed+json", Feed: true, PerFilm: true},
	}
	if diff := cmp.Diff(want, newBench(t, s).view.(pipeline.Linker).Links()); diff != "" {
		t.Errorf("per film (-want +got):\n%s", diff)
	}
}

// TestLinksLead asks that the links offered for a film are where its feeds are.
func TestLinksLead(t *testing.T) {
	b := newBench(t, per("film"))
	b.apply(sinktest.Event(), sinktest.Event(sinktest.GUID("2"), func(e *review.Event) { e.Film.ID = "七人の侍-1954" }))
	var want []string
	for _, id := range []review.FilmID{"never-let-me-go-2010", "七人の侍-1954"} {
		for _, l := range b.view.(pipeline.Linker).Links() {
			if of, ok := l.Of(id, "a film"); ok {
				want = append(want, of.Path)
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, b.feeds()); diff != "" {
		t.Errorf("(-offered +written):\n%s", diff)
	}
}

func TestVersion(t *testing.T) {
	env := sinktest.History(nil).ViewEnv()
	base := open(t, feed.Defaults(), env).Version()
	for name, change := range map[string]func(*feed.Settings, *pipeline.ViewEnv){
		"formats":     func(s *feed.Settings, _ *pipeline.ViewEnv) { s.Formats = []string{"rss"} },
		"limit":       func(s *feed.Settings, _ *pipeline.ViewEnv) { s.Limit++ },
		"per":         func(s *feed.Settings, _ *pipeline.ViewEnv) { s.Per = "film" },
		"title":       func(s *feed.Settings, _ *pipeline.ViewEnv) { s.Title = "Other" },
		"description": func(s *feed.Settings, _ *pipeline.ViewEnv) { s.Description = "Other" },
		"stars":       func(s *feed.Settings, _ *pipeline.ViewEnv) { s.StarsInTitle = false },
		"sink":        func(_ *feed.Settings, e *pipeline.ViewEnv) { e.Name = "other" },
		"site":        func(_ *feed.Settings, e *pipeline.ViewEnv) { e.Site.URL = "https://other.example" },
		"film pages":  func(_ *feed.Settings, e *pipeline.ViewEnv) { e.Links = filmPages },
	} {
		s, e := feed.Defaults(), env
		change(&s, &e)
		if open(t, s, e).Version() == base {
			t.Errorf("another %s is the same version", name)
		}
	}
}
