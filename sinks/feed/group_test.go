package feed_test

import (
	"encoding/xml"
	"fmt"
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

func TestFeedsPer(t *testing.T) {
	odd := func(e *review.Event) {
		e.Critic = review.Critic{Name: "Ann & Co.", Outlet: "★"}
		e.Tags = []string{"Sci-Fi", "sci fi", "Crime", "  "}
	}
	for _, c := range []struct {
		per  string
		want map[string]string // title by path
	}{
		{"critic", map[string]string{
			"feeds/test/jane-doe.rss": "Jane Doe · The Aisle Seat",
			"feeds/test/ann-co.rss":   "Ann & Co. · The Aisle Seat",
		}},
		{"outlet", map[string]string{
			"feeds/test/the-aisle-seat.rss":   "The Aisle Seat · The Aisle Seat",
			"feeds/test/a6b2e0c1b0f1c1e5.rss": "★ · The Aisle Seat",
		}},
		{"tag", map[string]string{
			"feeds/test/sci-fi.rss": "Sci-Fi · The Aisle Seat",
			"feeds/test/crime.rss":  "Crime · The Aisle Seat",
		}},
	} {
		t.Run(c.per, func(t *testing.T) {
			b := newBench(t, per(c.per))
			b.apply(sinktest.Event(), sinktest.Event(sinktest.GUID("2"), odd))
			got := map[string]string{}
			for path, content := range b.docs.Files() {
				if strings.HasSuffix(path, ".rss") {
					title := parseXML(t, content).one("", "channel").says("", "title")
					if strings.HasPrefix(title, "★") { // signs alone have a hash for a name
						path = "feeds/test/a6b2e0c1b0f1c1e5.rss"
					}
					got[path] = title
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, path := range b.feeds() {
				if base, ok := strings.CutSuffix(path, ".rss"); ok {
					mustBeValid(t, b.docs.Files(), base)
				}
			}
			b.apply(sinktest.Event(sinktest.GUID("2"), odd, sinktest.Kind(review.Withdrawn, 2)))
			for path := range b.docs.Files() {
				if strings.Contains(path, "ann-co") || strings.Contains(path, "crime") {
					t.Errorf("%s is there without a review", path)
				}
			}
		})
	}
}

// TestOneReviewInTheFeedOfEachCritic: and gone from the feed of one who is no longer
// named.
func TestOneReviewInTheFeedOfEachCritic(t *testing.T) {
	b := newBench(t, per("critic"))
	both := sinktest.With("John Roe", "Jane Doe", "")
	b.apply(sinktest.Event(both), sinktest.Event(sinktest.GUID("2"), sinktest.By("John Roe", "A Film Paper")))
	for path, want := range map[string]int{"feeds/test/jane-doe.json": 1, "feeds/test/john-roe.json": 2} {
		if got := len(b.titles(path)); got != want {
			t.Errorf("%s: %d entries, want %d", path, got, want)
		}
	}
	for _, doc := range []string{"jane-doe", "john-roe"} {
		mustBeValid(t, b.docs.Files(), "feeds/test/"+doc)
	}
	b.apply(sinktest.Event(sinktest.Kind(review.Revised, 2)))
	if got := len(b.titles("feeds/test/john-roe.json")); got != 1 {
		t.Errorf("%d entries of John Roe, who wrote one", got)
	}
}

// outlines are the titles and addresses of a list of feeds.
func outlines(t *testing.T, doc string) []string {
	t.Helper()
	var list struct {
		Version string `xml:"version,attr"`
		Body    []struct {
			Type string `xml:"type,attr"`
			Text string `xml:"text,attr"`
			XML  string `xml:"xmlUrl,attr"`
			URL  string `xml:"url,attr"`
		} `xml:"body>outline"`
	}
	if err := xml.Unmarshal([]byte(doc), &list); err != nil || list.Version != "2.0" || len(list.Body) == 0 {
		t.Fatalf("%v: %s", err, doc)
	}
	var all []string
	for _, o := range list.Body {
		all = append(all, o.Type+" "+o.Text+" "+o.XML+o.URL)
	}
	return all
}

func TestListOfFeeds(t *testing.T) {
	s := per("film")
	s.Formats = []string{"json", "atom"}
	b := newBench(t, s)
	b.apply()
	list := func() []string { return outlines(t, b.docs.Content("feeds/test.opml")) }
	if diff := cmp.Diff([]string{"link The Aisle Seat: feeds by film (test) https://reviews.example.org/"}, list()); diff != "" {
		t.Errorf("without feeds (-want +got):\n%s", diff)
	}
	b.apply(sinktest.Event(), sinktest.Event(sinktest.GUID("2"), sinktest.FilmOf("Solaris", 1972)))
	both := []string{
		"rss Never Let Me Go (2010) · The Aisle Seat https://reviews.example.org/feeds/test/never-let-me-go-2010.atom",
		"rss Solaris (1972) · The Aisle Seat https://reviews.example.org/feeds/test/solaris-1972.atom",
	}
	if diff := cmp.Diff(both, list()); diff != "" {
		t.Errorf("two films (-want +got):\n%s", diff)
	}
	if touched := b.apply(sinktest.Event(sinktest.Kind(review.Revised, 2), sinktest.Stars("1", "5"))); slices.ContainsFunc(touched, isList) {
		t.Error("the list is written anew though nothing in it changed")
	}
	b.apply(sinktest.Event(sinktest.Kind(review.Withdrawn, 3)))
	if diff := cmp.Diff(both[1:], list()); diff != "" {
		t.Errorf("one is gone (-want +got):\n%s", diff)
	}
}

func TestOrders(t *testing.T) {
	for order, want := range map[string]string{
		"published": "new old rated unrated",
		"updated":   "old new rated unrated",
		"rating":    "rated new old unrated",
	} {
		s := feed.Defaults()
		s.Order = order
		b := newBench(t, s)
		add := func(name, day string, opts ...sinktest.Option) {
			b.apply(sinktest.Event(append([]sinktest.Option{sinktest.GUID(name), sinktest.On(day), func(e *review.Event) { e.Title = name }}, opts...)...))
		}
		add("new", "2010-01-04")
		add("old", "2010-01-03", sinktest.Kind(review.Revised, 2))
		add("rated", "2010-01-02", sinktest.Grade("A+"))
		add("unrated", "2010-01-01", sinktest.Rated(review.Unrated, ""))
		var got []string
		for _, title := range b.titles("feeds/test.json") {
			name, _, _ := strings.Cut(title, " ")
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %s: %v, want %s", order, got, want)
		}
	}
}

// TestMedia: a length or a type that nobody stated is nowhere.
func TestMedia(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply(sinktest.Event(func(e *review.Event) {
		e.Media = []review.Media{
			{URL: "https://e.org/still.jpg", Kind: "image", Alt: "A <b>still</b>"},
			{URL: "https://e.org/talk.mp3", Kind: "audio", Type: "audio/mpeg", Length: 5 << 30},
			{URL: "https://e.org/clip.mp4", Kind: "video", Type: "video/mp4"},
			{URL: "https://e.org/more.mp3", Kind: "audio", Type: "audio/mpeg", Length: 7},
			{URL: "javascript:alert(1)", Kind: "image"},
			{URL: "https://e.org/odd", Kind: "hologram", Type: "not a type", Length: -3},
		}
	}), sinktest.Event(sinktest.GUID("2"), func(e *review.Event) {
		e.Rights, e.Media = review.RightsExcerpt, []review.Media{{URL: "https://e.org/not-ours.jpg", Kind: "image"}}
	}))
	mustBeValid(t, b.docs.Files(), "feeds/test")
	for path, content := range b.docs.Files() {
		if strings.Contains(content, "not-ours") || strings.Contains(content, "javascript") {
			t.Errorf("%s passes on what it should not", path)
		}
	}
	rss := parseXML(t, b.docs.Content("feeds/test.rss")).one("", "channel").all("", "item")
	atom := parseXML(t, b.docs.Content("feeds/test.atom")).all(atomSpace, "entry")
	json := readJSON(t, b.docs.Content("feeds/test.json"))
	var got []string
	for i, it := range rss {
		for _, c := range it.all("", "enclosure") {
			got = append(got, fmt.Sprintf("rss enclosure %s %s %s", c.attrs["url"], c.attrs["type"], c.attrs["length"]))
		}
		for _, c := range it.all(mediaSpace, "content") {
			got = append(got, strings.TrimSpace(fmt.Sprintf("rss media %s %s %s %s", c.attrs["url"], c.attrs["medium"], c.attrs["type"], c.attrs["fileSize"])))
		}
		for _, l := range atom[i].all(atomSpace, "link") {
			if l.attrs["rel"] == "enclosure" {
				got = append(got, strings.TrimSpace(fmt.Sprintf("atom %s %s %s", l.attrs["href"], l.attrs["type"], l.attrs["length"])))
			}
		}
		for _, a := range json.Items[i].Attachments {
			got = append(got, fmt.Sprintf("json %s %s %d", a.URL, a.Type, a.Length))
		}
		got = append(got, "json image "+json.Items[i].Image)
	}
	slices.Sort(got)
	want := []string{
		"atom https://e.org/clip.mp4 video/mp4", "atom https://e.org/more.mp3 audio/mpeg 7", "atom https://e.org/odd",
		"atom https://e.org/still.jpg", "atom https://e.org/talk.mp3 audio/mpeg 5368709120",
		"json https://e.org/clip.mp4 video/mp4 0", "json https://e.org/more.mp3 audio/mpeg 7", "json https://e.org/talk.mp3 audio/mpeg 5368709120",
		"json image ", "json image https://e.org/still.jpg",
		"rss enclosure https://e.org/talk.mp3 audio/mpeg 5368709120",
		"rss media https://e.org/clip.mp4 video video/mp4", "rss media https://e.org/more.mp3 audio audio/mpeg 7",
		"rss media https://e.org/odd", "rss media https://e.org/still.jpg image", "rss media https://e.org/talk.mp3 audio audio/mpeg 5368709120",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHubs(t *testing.T) {
	s := feed.Defaults()
	s.Hub = []string{"https://hub.example.org/", "https://site.example.org/hub"}
	b := newBench(t, s)
	env := b.env()
	env.Site.Hubs = []string{"https://site.example.org/hub"}
	b.view = open(t, s, env)
	b.apply()
	want := []string{"https://site.example.org/hub", "https://hub.example.org/"}
	channel := parseXML(t, b.docs.Content("feeds/test.rss")).one("", "channel")
	root := parseXML(t, b.docs.Content("feeds/test.atom"))
	for _, n := range []*node{channel, root} {
		var got []string
		for _, l := range n.all(atomSpace, "link") {
			if l.attrs["rel"] == "hub" {
				got = append(got, l.attrs["href"])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: hubs %v, want %v", n.name.Local, got, want)
		}
	}
	if got := readJSON(t, b.docs.Content("feeds/test.json")).Hubs; !slices.Equal(got, []jsonHub{{"WebSub", want[0]}, {"WebSub", want[1]}}) {
		t.Errorf("JSON: hubs %v", got)
	}
}

func TestTombstones(t *testing.T) {
	s := feed.Defaults()
	s.Tombstones = true
	b := newBench(t, s)
	for n := range 60 {
		b.apply(archived(n))
	}
	for n := range 55 {
		b.apply(archived(n, sinktest.Kind(review.Withdrawn, 2), func(e *review.Event) {
			e.WithdrawnAt = sinktest.Epoch().Add(time.Duration(n) * time.Hour)
		}))
	}
	root := parseXML(t, b.docs.Content("feeds/test.atom"))
	buried := root.all(atSpace, "deleted-entry")
	if len(buried) != 50 || len(root.all(atomSpace, "entry")) != 5 {
		t.Fatalf("%d tombstones, %d entries; want 50 and 5", len(buried), len(root.all(atomSpace, "entry")))
	}
	last := archived(54)
	if got := buried[0].attrs; got["ref"] != last.FeedID || got["when"] != sinktest.Epoch().Add(54*time.Hour).Format(time.RFC3339) {
		t.Errorf("the first tombstone is %v, want that of %s", got, last.FeedID)
	}
	b.apply(archived(54, func(e *review.Event) { e.Kind, e.Revision = review.Restored, 3 }))
	if strings.Contains(b.docs.Content("feeds/test.atom"), `ref="`+last.FeedID) {
		t.Error("one that was restored is still named as withdrawn")
	}
	for _, ending := range []string{"rss", "json"} {
		if strings.Contains(b.docs.Content("feeds/test."+ending), "deleted-entry") {
			t.Errorf("%s has tombstones", ending)
		}
	}
}

func TestLetterboxdDialect(t *testing.T) {
	s := feed.Defaults()
	s.Dialect = "letterboxd"
	for _, c := range []struct {
		name   string
		rating sinktest.Option
		want   string
	}{
		{"stars", sinktest.Stars("3.5", "5"), "3.5"},
		{"of ten", sinktest.Stars("7", "10"), "3.5"},
		{"a letter", sinktest.Grade("B+"), "4.0"},
		{"nearly nothing", sinktest.Stars("1", "100"), "0.5"},
		{"a real zero, which Letterboxd cannot say", sinktest.Stars("0", "5"), ""},
		{"lost", sinktest.Rated(review.Lost, "(out of 5)"), ""},
	} {
		b := newBench(t, s)
		b.apply(sinktest.Event(c.rating, func(e *review.Event) {
			e.WatchedOn, e.Rewatch, e.Film.IDs.TMDB = review.Date{Year: 2010, Month: 9, Day: 3}, true, "42188"
		}))
		it := parseXML(t, b.docs.Content("feeds/test.rss")).one("", "channel").one("", "item")
		for name, want := range map[string]string{
			"memberRating": c.want, "watchedDate": "2010-09-03", "rewatch": "Yes", "filmTitle": "Never Let Me Go", "filmYear": "2010",
		} {
			if got := it.says(lbSpace, name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.name, name, got, want)
			}
		}
		if got := it.says(tmdbSpace, "movieId"); got != "42188" {
			t.Errorf("movieId %q", got)
		}
	}
	b := newBench(t, feed.Defaults())
	b.apply(sinktest.Event())
	if strings.Contains(b.docs.Content("feeds/test.rss"), "letterboxd") {
		t.Error("the dialect is there without being asked for")
	}
}

// TestUpdatedStays: a revision that changes nothing people see moves no date, and
// neither do neighbours.
func TestUpdatedStays(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply(sinktest.Event(), sinktest.Event(sinktest.GUID("2")), sinktest.Event(sinktest.GUID("3")))
	dates := func() map[string]string {
		m := map[string]string{}
		for _, e := range parseXML(t, b.docs.Content("feeds/test.atom")).all(atomSpace, "entry") {
			m[e.says(atomSpace, "id")] = e.says(atomSpace, "published") + " " + e.says(atomSpace, "updated")
		}
		return m
	}
	before := dates()
	merged := sinktest.Event(func(e *review.Event) { e.Kind, e.Revision, e.Film.ID = review.Revised, 2, "never-let-me-go" })
	gone := sinktest.Event(sinktest.GUID("3"), sinktest.Kind(review.Withdrawn, 2))
	b.apply(merged, gone)
	delete(before, gone.FeedID)
	if diff := cmp.Diff(before, dates()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestListsAreLinked: the list of a sink's feeds is offered, for the site's list.
func TestListsAreLinked(t *testing.T) {
	for _, kind := range []string{"film", "critic", "outlet", "tag"} {
		links := open(t, per(kind), sinktest.History(nil).ViewEnv()).Links()
		if !slices.ContainsFunc(links, func(l pipeline.Link) bool {
			return l.MediaType == pipeline.OPMLType && l.Path == "feeds/test.opml" && !l.Feed
		}) {
			t.Errorf("per %s: %v", kind, links)
		}
	}
}
