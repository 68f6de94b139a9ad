package pages_test

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/pages"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestView holds the view to the laws of all views.
func TestView(t *testing.T) {
	sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View {
		return open(t, pages.Settings{Latest: 3}, env)
	}, sinktest.Touches(func(_ *review.Event, now pipeline.Entry, path string) bool {
		return now.Review != nil && path == "index.html"
	}))
}

func open(t testing.TB, s pages.Settings, env pipeline.ViewEnv) *pages.View {
	t.Helper()
	v, err := pages.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// links are what other views may offer: a feed in three formats, one in a single
// one, and a page.
func links() []pipeline.Link {
	return []pipeline.Link{
		{Title: "Latest", Path: "feeds/latest.rss", MediaType: "application/rss+xml", Feed: true},
		{Title: "Latest", Path: "feeds/latest.atom", MediaType: "application/atom+xml", Feed: true},
		{Title: "Latest", Path: "feeds/latest.json", MediaType: "application/feed+json", Feed: true},
		{Title: "Praise & \"more\"", Path: "feeds/hohes lob.json", MediaType: "application/feed+json", Feed: true},
		{Title: "Films by rating", Path: "films/index.html", MediaType: "text/html"},
		{Title: "{film}", Path: "films/{film}.html", MediaType: "text/html", PerFilm: true},
		{Title: "{film} · The Aisle Seat", Path: "feeds/by-film/{film}.rss", MediaType: "application/rss+xml", Feed: true, PerFilm: true},
		{Title: "All feeds (OPML)", Path: "opml.xml", MediaType: "text/x-opml"},
	}
}

// written applies the log in one batch and returns the documents.
func written(t testing.TB, log sinktest.History, offer []pipeline.Link) map[string]string {
	t.Helper()
	env := log.ViewEnv()
	env.Links = func() []pipeline.Link { return offer }
	docs := &sinktest.Documents{}
	if err := open(t, pages.Defaults(), env).Apply(t.Context(), log, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	return docs.Files()
}

func TestGolden(t *testing.T) {
	log := sinktest.NewHistory(
		sinktest.Event(sinktest.On("2010-09-20"), func(e *review.Event) { e.Rating.Raw = "★★★★" }),
		sinktest.Event(sinktest.GUID("2"), sinktest.On("2010-09-19"), sinktest.FilmOf("Solaris", 1972),
			sinktest.Rated(review.Lost, "(out of 5)"), func(e *review.Event) {
				e.Title, e.Language, e.Spoiler = "The ocean that remembers us", "en-GB", true
			}),
		sinktest.Event(sinktest.GUID("3"), sinktest.On("2010-09-18"), sinktest.FilmOf("Tár", 0), sinktest.Grade("B+"),
			sinktest.By("", "Blog & Co"), func(e *review.Event) { e.Rights = review.RightsLink }),
		sinktest.Event(sinktest.GUID("4"), sinktest.On("2010-09-17"), sinktest.Text("<script>alert(1)</script> & more"),
			sinktest.Rated(review.Unrated, ""), func(e *review.Event) { e.Film, e.Title, e.Critic = review.Film{}, "", review.Critic{} }),
	)
	log[3].Review.URL = "javascript:alert(1)"
	files := written(t, log, links())
	for _, name := range []string{"index.html", "404.html", "opml.xml"} {
		compare(t, name, files[name])
	}
	compare(t, "empty.html", written(t, nil, nil)["index.html"])
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

// elements are those of a page with a name, in order.
func elements(t testing.TB, page, name string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (name == "*" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestAutodiscovery(t *testing.T) {
	page := written(t, nil, links())["index.html"]
	var got []string
	for _, l := range elements(t, page, "link") {
		if attr(l, "rel") == "alternate" {
			got = append(got, attr(l, "type")+" "+attr(l, "title")+" "+attr(l, "href"))
		}
	}
	want := []string{
		"application/rss+xml Latest feeds/latest.rss",
		"application/atom+xml Latest feeds/latest.atom",
		"application/feed+json Latest feeds/latest.json",
		`application/feed+json Praise & "more" feeds/hohes%20lob.json`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alternate links (-want +got):\n%s", diff)
	}
	if plain := `<link rel="alternate" type="application/rss+xml" title="Latest" href="feeds/latest.rss">`; !strings.Contains(page, plain) {
		t.Errorf("those who do not parse HTML look for %s", plain)
	}
	odd := []pipeline.Link{{Title: "Odd", Path: "odd.x", MediaType: `a"b onload="x`, Feed: true}}
	for _, n := range elements(t, written(t, nil, odd)["index.html"], "*") {
		if attr(n, "onload") != "" || strings.Contains(attr(n, "type"), "onload") {
			t.Errorf("a media type becomes an attribute of %s", n.Data)
		}
	}
	var hrefs []string
	for _, a := range elements(t, page, "a") {
		hrefs = append(hrefs, attr(a, "href"))
	}
	want = []string{"#latest", "feeds/latest.rss", "feeds/latest.atom", "feeds/latest.json", "feeds/hohes%20lob.json", "opml.xml", "films/index.html"}
	if diff := cmp.Diff(want, hrefs); diff != "" {
		t.Errorf("links on the page (-want +got):\n%s", diff)
	}
}

func TestOPML(t *testing.T) {
	type list struct {
		XMLName  xml.Name `xml:"opml"`
		Version  string   `xml:"version,attr"`
		Title    string   `xml:"head>title"`
		Outlines []struct {
			Type  string `xml:"type,attr"`
			Text  string `xml:"text,attr"`
			Title string `xml:"title,attr"`
			XML   string `xml:"xmlUrl,attr"`
			HTML  string `xml:"htmlUrl,attr"`
			URL   string `xml:"url,attr"`
		} `xml:"body>outline"`
	}
	read := func(offer []pipeline.Link) (l list) {
		if err := xml.Unmarshal([]byte(written(t, nil, offer)["opml.xml"]), &l); err != nil {
			t.Fatal(err)
		}
		if l.Version != "2.0" || l.Title != "The Aisle Seat" {
			t.Errorf("version %q, title %q", l.Version, l.Title)
		}
		return l
	}
	got := read(links()).Outlines
	if len(got) != 2 {
		t.Fatalf("%d outlines, want one for each feed", len(got))
	}
	for i, want := range []string{"https://reviews.example.org/feeds/latest.rss", "https://reviews.example.org/feeds/hohes%20lob.json"} {
		o := got[i]
		if o.Type != "rss" || o.XML != want || o.Text == "" || o.Title != o.Text || o.HTML != "https://reviews.example.org/" {
			t.Errorf("outline %+v, want xmlUrl %s", o, want)
		}
	}
	if got := read(nil).Outlines; len(got) != 1 || got[0].Type != "link" || got[0].URL == "" {
		t.Errorf("without feeds: %+v, want one link, since the body may not be empty", got)
	}
}

// TestReadable asks for what readers with all sorts of machines need.
func TestReadable(t *testing.T) {
	log := sinktest.NewHistory(sinktest.Event(func(e *review.Event) { e.Rating.Raw = "★★★★" }), sinktest.Event(sinktest.GUID("2")))
	for name, page := range written(t, log, links()) {
		if name == "opml.xml" {
			continue
		}
		for what, n := range map[string]int{"html": 1, "title": 1, "h1": 1, "main": 1, "style": 1, "script": 0, "img": 0, "iframe": 0} {
			if got := len(elements(t, page, what)); got != n {
				t.Errorf("%s: %d %s, want %d", name, got, what, n)
			}
		}
		if attr(elements(t, page, "html")[0], "lang") == "" {
			t.Errorf("%s says no language", name)
		}
		ids := map[string]bool{}
		for _, n := range elements(t, page, "*") {
			if id := attr(n, "id"); id != "" && ids[id] {
				t.Errorf("%s: id %s is there twice", name, id)
			} else {
				ids[id] = true
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: %s has %s", name, n.Data, a.Key)
				}
			}
		}
		for _, n := range elements(t, page, "section") {
			if !ids[attr(n, "aria-labelledby")] {
				t.Errorf("%s: a section is labelled by nothing", name)
			}
		}
		for _, a := range elements(t, page, "a") {
			if words(a) == "" || attr(a, "href") == "" {
				t.Errorf("%s: a link without words or without an end", name)
			}
		}
	}
	first := words(elements(t, written(t, log, nil)["index.html"], "article")[0])
	if !strings.Contains(first, "4/5") {
		t.Errorf("stars cannot be read aloud: %q", first)
	}
}

// TestHostileStrings asks that no text becomes an element, an attribute or a link.
func TestHostileStrings(t *testing.T) {
	shape := func(s string) (tags []string) {
		e := sinktest.Event(sinktest.Rated(review.Verdicted, s), func(e *review.Event) {
			e.Title, e.Summary, e.BodyText = "x"+s, "x"+s, s
			e.Film.Title, e.Critic.Name, e.Critic.Outlet = "y"+s, "z"+s, review.Outlet("z"+s)
			e.Source.Name, e.Tags = s, []string{s}
		})
		e.URL, e.Rating.Verdict = "https://example.org/", review.Positive
		e.Rating.Raw = "r" + s
		page := written(t, sinktest.NewHistory(e), []pipeline.Link{{Title: "t" + s, Path: "feeds/x.rss", MediaType: "application/rss+xml", Feed: true}})
		if !xmlOK(page["opml.xml"]) {
			t.Errorf("%q: opml.xml is not well-formed", s)
		}
		for _, n := range elements(t, page["index.html"], "*") {
			tags = append(tags, n.Data)
			for _, a := range n.Attr {
				tags = append(tags, a.Key)
			}
		}
		return tags
	}
	want := shape("plain")
	for _, s := range []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='x", "</title></style>", "<!--", "]]>",
		"a\x00b\x08\ufffe", "\xff\xfe", "{{.Site}}", "\u202etfel", "&lt;b&gt;", strings.Repeat("long ", 5000),
	} {
		if diff := cmp.Diff(want, shape(s)); diff != "" {
			t.Errorf("%.40q changes the page (-plain +hostile):\n%s", s, diff)
		}
	}
	for _, u := range []string{"javascript:alert(1)", "javascript://host/%0Aalert(1)", "ftp://alert.example/", "//alert.example/", "/alert"} {
		e := sinktest.Event()
		e.URL = u
		if page := written(t, sinktest.NewHistory(e), nil)["index.html"]; strings.Contains(page, "alert") {
			t.Errorf("%s is linked", u)
		}
	}
}

func xmlOK(doc string) bool {
	var any struct {
		Inner string `xml:",innerxml"`
	}
	return xml.Unmarshal([]byte(doc), &any) == nil
}

func TestItems(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("words and more ", 40))
	cases := []struct {
		name   string
		change func(*review.Event)
		want   string
	}{
		{"plain", func(*review.Event) {}, "Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a title of its own", func(e *review.Event) { e.Title = "Borrowed time" },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 Borrowed time In short."},
		{"no film", func(e *review.Event) { e.Film, e.Title = review.Film{}, "Borrowed time" },
			"Borrowed time 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a title that says no more", func(e *review.Event) { e.Title = "Review: NEVER LET ME GO, 2010" },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"no film, and a title that says no more", func(e *review.Event) { e.Film, e.Title = review.Film{}, "Review" },
			"Review 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"nothing", func(e *review.Event) { e.Review, e.FirstSeenAt = review.Review{}, time.Time{} }, "A review"},
		{"two critics", sinktest.With("John Roe"), "Never Let Me Go (2010) 4/5 Jane Doe & John Roe, The Aisle Seat 2010-09-15 In short."},
		{"an outlet alone", func(e *review.Event) { e.Critic.Name = "" }, "Never Let Me Go (2010) 4/5 The Aisle Seat 2010-09-15 In short."},
		{"lost", sinktest.Rated(review.Lost, "(out of 5)"), "Never Let Me Go (2010) rating lost Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"unrated", sinktest.Rated(review.Unrated, ""), "Never Let Me Go (2010) Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"ambiguous", sinktest.Rated(review.Ambiguous, "7"), "Never Let Me Go (2010) Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a bare number", func(e *review.Event) { e.Rating.Raw = "4" }, "Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"stars", func(e *review.Event) { e.Rating.Raw = "★★★★☆" }, "Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a letter", sinktest.Grade("B+"), "Never Let Me Go (2010) B+ Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a verdict", sinktest.Says(review.Positive), "Never Let Me Go (2010) Recommended Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"a rating in a sentence", func(e *review.Event) { e.Rating.Raw = "I give it " + long },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 In short."},
		{"no summary", func(e *review.Event) { e.Summary = "" },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 " + strings.TrimSpace(strings.Repeat("words and more ", 20)) + "…"},
		{"link only", func(e *review.Event) { e.Rights = review.RightsLink },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15"},
		{"spoilers", func(e *review.Event) { e.Spoiler = true },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15 Contains spoilersIn short."},
		{"spoilers, no summary", func(e *review.Event) { e.Spoiler, e.Summary = true, "" },
			"Never Let Me Go (2010) 4/5 Jane Doe, The Aisle Seat 2010-09-15"},
	}
	for _, c := range cases {
		e := sinktest.Event()
		e.Summary, e.BodyText, e.URL = "In short.", long, ""
		c.change(e)
		page := written(t, sinktest.NewHistory(e), nil)["index.html"]
		if got := words(elements(t, page, "article")[0]); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestWhereItemsLead asks for the link to a film's page and the one to the review.
func TestWhereItemsLead(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*review.Event)
		offer  []pipeline.Link
		want   []string
	}{
		"both":            {func(*review.Event) {}, links(), []string{"films/never-let-me-go-2010.html", "https://reviews.example.org/55c9b274"}},
		"no address":      {func(e *review.Event) { e.URL = "" }, links(), []string{"films/never-let-me-go-2010.html"}},
		"no film":         {func(e *review.Event) { e.Film = review.Film{} }, links(), []string{"https://reviews.example.org/55c9b274"}},
		"no slug":         {func(e *review.Event) { e.Film.ID = "../up" }, links(), []string{"https://reviews.example.org/55c9b274"}},
		"other letters":   {func(e *review.Event) { e.Film.ID, e.URL = "七人", "" }, links(), []string{"films/%E4%B8%83%E4%BA%BA.html"}},
		"no pages":        {func(*review.Event) {}, nil, []string{"https://reviews.example.org/55c9b274"}},
		"neither of them": {func(e *review.Event) { e.Review = review.Review{Title: "A title"} }, links(), nil},
	} {
		e := sinktest.Event()
		c.change(e)
		var hrefs []string
		article := elements(t, written(t, sinktest.NewHistory(e), c.offer)["index.html"], "article")[0]
		for n := range article.Descendants() {
			if n.Data == "a" {
				hrefs = append(hrefs, attr(n, "href"))
			}
		}
		if diff := cmp.Diff(c.want, hrefs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFeedsOfFilms asks that they are spoken of, and not listed.
func TestFeedsOfFilms(t *testing.T) {
	const note = "Each film has feeds of its own"
	for name, c := range map[string]struct {
		offer []pipeline.Link
		want  bool
	}{
		"with pages":    {links(), true},
		"nothing else":  {links()[5:], true},
		"without pages": {slices.DeleteFunc(links(), func(l pipeline.Link) bool { return l.MediaType == "text/html" }), false},
		"without feeds": {slices.DeleteFunc(links(), func(l pipeline.Link) bool { return l.PerFilm && l.Feed }), false},
	} {
		files := written(t, nil, c.offer)
		if got := strings.Contains(files["index.html"], note); got != c.want {
			t.Errorf("%s: the page says %q: %v, want %v", name, note, got, c.want)
		}
		for path, content := range files {
			if strings.Contains(content, "{film}") || strings.Contains(content, "%7Bfilm") {
				t.Errorf("%s: %s lists a feed of no film", name, path)
			}
		}
	}
}

// TestCounts compares what was counted event by event with a count of the latest.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := sinktest.Histories().Draw(rt, "history")
		reviews, films, critics := 0, map[string]bool{}, map[string]bool{}
		for _, e := range h.Latest() {
			if e.Review == nil || !e.Live {
				continue
			}
			reviews++
			if f := e.Review.Film; f.ID != "" {
				films[string(f.ID)] = true
			} else if f.Title != "" {
				films[fmt.Sprint(f.Title, f.Year)] = true
			}
			for _, c := range e.Review.Critics() {
				if c.ID != "" {
					critics[string(c.ID)] = true
				} else if c.Name != "" {
					critics["name "+c.Name] = true
				}
			}
		}
		want := "No reviews yet."
		if reviews > 0 {
			want = number(reviews, "review") + " of " + number(len(films), "film") + " by " + number(len(critics), "critic") + "."
			want = strings.ReplaceAll(strings.ReplaceAll(want, " of 0 films", ""), " by 0 critics", "")
		}
		docs, st := &sinktest.Documents{}, &sinktest.Memory{}
		v := open(t, pages.Defaults(), h.ViewEnv())
		for _, e := range h {
			if err := v.Apply(t.Context(), []pipeline.Entry{e}, st, docs); err != nil {
				rt.Fatal(err)
			}
		}
		if len(h) > 0 && !strings.Contains(docs.Content("index.html"), ">"+want+"<") {
			rt.Fatalf("the page does not say %q", want)
		}
	})
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func TestThousands(t *testing.T) {
	var events []*review.Event
	for n := range 1204 {
		events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(n))))
	}
	page := written(t, sinktest.NewHistory(events...), nil)["index.html"]
	if want := "1,204 reviews of 1 film by 1 critic."; !strings.Contains(page, want) {
		t.Errorf("the page does not say %q", want)
	}
	if got := len(elements(t, page, "article")); got != 30 {
		t.Errorf("%d reviews on the page, want 30", got)
	}
}

func TestVersionFollowsLinks(t *testing.T) {
	env := sinktest.History(nil).ViewEnv()
	before := open(t, pages.Defaults(), env).Version()
	env.Links = links
	if open(t, pages.Defaults(), env).Version() == before {
		t.Error("other feeds are the same version, so the page would not be made anew")
	}
	env.Links = nil
	if open(t, pages.Defaults(), env).Version() != before {
		t.Error("no links and no way to ask for them differ")
	}
}

func TestReadsTheLogOnce(t *testing.T) {
	log := sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.GUID("2")), sinktest.Event(sinktest.GUID("3")))
	st, docs := &sinktest.Memory{}, &sinktest.Documents{}
	env := log.ViewEnv()
	reads := 0
	env.At = func(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
		reads++
		return log.At(ctx, at)
	}
	for _, batch := range [][]pipeline.Entry{log[:2], log[2:], nil} {
		if err := open(t, pages.Defaults(), log.ViewEnv()).Apply(t.Context(), batch, st, docs); err != nil {
			t.Fatal(err)
		}
	}
	v := open(t, pages.Defaults(), env)
	for range 3 {
		if err := v.Apply(t.Context(), nil, st, docs); err != nil {
			t.Fatal(err)
		}
	}
	if reads != 3 {
		t.Errorf("read the log %d times for 3 reviews", reads)
	}
	broken := errors.New("no connection")
	env.At = func(context.Context, pipeline.Position) (pipeline.Entry, error) { return pipeline.Entry{}, broken }
	if err := open(t, pages.Defaults(), env).Apply(t.Context(), nil, st, docs); !errors.Is(err, broken) {
		t.Errorf("got %v, want the log's error", err)
	}
	log = sinktest.NewHistory(sinktest.Event(sinktest.GUID("4")), sinktest.Event(sinktest.GUID("5")), sinktest.Event(sinktest.GUID("6")))
	err := open(t, pages.Defaults(), log.ViewEnv()).Apply(t.Context(), nil, st, docs)
	if err == nil || !strings.Contains(err.Error(), "delete the views folder") {
		t.Errorf("on another log: %v, want an error that says what to do", err)
	}
}

func TestType(t *testing.T) {
	typ := pages.Type()
	if typ.Name != "pages" || typ.Summary == "" || typ.View == nil || typ.Delivery != nil {
		t.Errorf("not a view's line of the catalogue: %+v", typ)
	}
	if _, err := typ.View(config.ValueOptions(nil, config.Catalogue{}))(sinktest.History(nil).ViewEnv()); err != nil {
		t.Errorf("no settings: %v", err)
	}
	wrong := config.ValueOptions(map[string]any{"latest": 501}, config.Catalogue{})
	typ.View(wrong)
	if got := wrong.Faults(); len(got) != 1 || !strings.HasPrefix(got[0], "latest: want a number from 1 to 500") {
		t.Errorf("latest 501: faults %v", got)
	}
}

func TestLinks(t *testing.T) {
	want := []pipeline.Link{{Title: "All feeds (OPML)", Path: "opml.xml", MediaType: "text/x-opml"}}
	if diff := cmp.Diff(want, open(t, pages.Defaults(), sinktest.History(nil).ViewEnv()).Links()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
