package ratings_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// feeds are what other views may offer: two sinks with feeds for each film, and
// what is none.
func feeds() []pipeline.Link {
	return []pipeline.Link{
		{Title: "{film} · The Aisle Seat", Path: "feeds/by-film/{film}.rss", MediaType: "application/rss+xml", Feed: true, PerFilm: true},
		{Title: "{film} · The Aisle Seat", Path: "feeds/by-film/{film}.json", MediaType: "application/feed+json", Feed: true, PerFilm: true},
		{Title: `{film} & "more"`, Path: "feeds/hohes lob/{film}.atom", MediaType: "application/atom+xml", Feed: true, PerFilm: true},
		{Title: "Odd", Path: "feeds/odd/{film}.x", MediaType: `a"b onload="x`, Feed: true, PerFilm: true},
		{Title: "Latest", Path: "feeds/latest.rss", MediaType: "application/rss+xml", Feed: true},
		{Title: "{film}", Path: "films/{film}.html", MediaType: "text/html", PerFilm: true},
	}
}

// pageOf is the one film page that comes of the events.
func pageOf(t testing.TB, offer func() []pipeline.Link, events ...*review.Event) string {
	t.Helper()
	h := sinktest.NewHistory(events...)
	env := h.ViewEnv()
	env.Links = offer
	docs := &sinktest.Documents{}
	if err := open(t, ratings.Defaults(), env).Apply(t.Context(), h, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	for path, content := range docs.Files() {
		if strings.HasSuffix(path, ".html") && !isList(path) {
			return content
		}
	}
	t.Fatal("there is no page")
	return ""
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

// section is what stands under a heading.
func section(t testing.TB, page, label string) string {
	t.Helper()
	for _, n := range elements(t, page, "section") {
		if attr(n, "aria-labelledby") == label {
			return words(n)
		}
	}
	return ""
}

func TestPageOfNumbers(t *testing.T) {
	by := func(name string, opts ...sinktest.Option) *review.Event {
		return sinktest.Event(append([]sinktest.Option{sinktest.GUID(name), sinktest.By(name, "")}, opts...)...)
	}
	three := []*review.Event{by("A", sinktest.Stars("4", "5")), by("B", sinktest.Stars("1", "4")), by("C", sinktest.Grade("A"))}
	for name, c := range map[string]struct {
		events []*review.Event
		want   string
	}{
		"three scores": {three, "Rating Mean68.33 of 100, from 3 scores, one for each critic. " +
			"Positive66.7 % scored 60 or more. Judging by 3 scores, the share among all critics is somewhere between 20.8 % and 93.9 %, at 95 % confidence. " +
			"Spread38.84 The scores go from 25.00 to 100.00; the more the critics differ, the larger this number is (their standard deviation). " +
			"Ranked67.69 of 100, to sort films by: the mean, drawn towards a prior of 66 that weighs as much as 1.15 scores. " +
			"1 1 1 050100 How many scores there are in each tenth of the scale. 3 reviews: 3 scores."},
		"one score": {three[:1], "Rating Too few: the numbers stand on 1 score, and mean little. Mean80.00 of 100, from 1 score, one for each critic. " +
			"Positive100 % scored 60 or more. Judging by 1 score, the share among all critics is somewhere between 20.7 % and 100 %, at 95 % confidence. " +
			"Ranked72.51 of 100, to sort films by: the mean, drawn towards a prior of 66 that weighs as much as 1.15 scores. " +
			"1 050100 How many scores there are in each tenth of the scale. 1 review: 1 score."},
		"a real zero": {[]*review.Event{by("A", sinktest.Stars("0", "4"))}, "Rating Too few: the numbers stand on 1 score, and mean little. Mean0.00 of 100, from 1 score, one for each critic. " +
			"Positive0 % scored 60 or more. Judging by 1 score, the share among all critics is somewhere between 0 % and 79.3 %, at 95 % confidence. " +
			"Ranked35.30 of 100, to sort films by: the mean, drawn towards a prior of 66 that weighs as much as 1.15 scores. " +
			"1 050100 How many scores there are in each tenth of the scale. 1 review: 1 score."},
		"no score": {[]*review.Event{by("A", sinktest.Rated(review.Lost, "(out of 5)")), by("B", sinktest.Says(review.Mixed)), by("C", sinktest.Rated(review.Unrated, "")), by("D", sinktest.Rated(review.Unrated, ""))},
			"Rating No rating: no review of this film has a score. 4 reviews: 1 verdict without a number, 2 without a rating, 1 rating lost."},
	} {
		if diff := cmp.Diff(c.want, section(t, pageOf(t, nil, c.events...), "rating")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPageOfReviews(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*review.Event)
		want   string
	}{
		"plain":                 {func(*review.Event) {}, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"an address":            {func(e *review.Event) { e.URL = "https://example.org/1" }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short. Read the review by Jane Doe, The Aisle Seat"},
		"an address to nowhere": {func(e *review.Event) { e.URL = "javascript:alert(1)" }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"a title of its own":    {func(e *review.Event) { e.Title = "Borrowed time" }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 Borrowed time In short."},
		"no critic":             {func(e *review.Event) { e.Critic = review.Critic{} }, "A critic without a name 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"an outlet alone":       {func(e *review.Event) { e.Critic.Name = "" }, "The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"stars":                 {func(e *review.Event) { e.Rating.Raw = "★★★★☆" }, "Jane Doe, The Aisle Seat 4/5 written “★★★★☆” counts as 80.0 of 100 2010-09-15 In short."},
		"a bare number":         {func(e *review.Event) { e.Rating.Raw = "4" }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"spaces":                {func(e *review.Event) { e.Rating.Raw = "4 / 5" }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"a sentence": {func(e *review.Event) { e.Rating.Raw = strings.Repeat("a long sentence ", 9) },
			"Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 In short."},
		"a letter":    {sinktest.Grade("A-"), "Jane Doe, The Aisle Seat A- counts as 91.7 of 100 2010-09-15 In short."},
		"a real zero": {sinktest.Stars("0", "4"), "Jane Doe, The Aisle Seat 0/4 counts as 0.0 of 100 2010-09-15 In short."},
		"a verdict": {func(e *review.Event) { sinktest.Says(review.Negative)(e); e.Rating.Raw = "Thumbs down" },
			"Jane Doe, The Aisle Seat Thumbs down 2010-09-15 In short. Does not count: a verdict is no number."},
		"a verdict in a sentence": {func(e *review.Event) {
			sinktest.Says(review.Negative)(e)
			e.Rating.Raw = "two of my thumbs, all of them down"
		},
			"Jane Doe, The Aisle Seat Not recommended written “two of my thumbs, all of them down” 2010-09-15 In short. Does not count: a verdict is no number."},
		"lost": {sinktest.Rated(review.Lost, "(out of 5)"),
			"Jane Doe, The Aisle Seat rating lost written “(out of 5)” 2010-09-15 In short. Does not count: there was a rating, and its value is lost."},
		"unrated": {sinktest.Rated(review.Unrated, "n/a"),
			"Jane Doe, The Aisle Seat 2010-09-15 In short. Does not count: the critic gave no rating."},
		"ambiguous": {sinktest.Rated(review.Ambiguous, "7"),
			"Jane Doe, The Aisle Seat written “7” 2010-09-15 In short. Does not count: a number on no known scale."},
		"invalid": {sinktest.Rated(review.Invalid, "5.5/5"),
			"Jane Doe, The Aisle Seat written “5.5/5” 2010-09-15 In short. Does not count: no possible rating."},
		"link only": {func(e *review.Event) { e.Rights = review.RightsLink }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15"},
		"no summary": {func(e *review.Event) { e.Summary, e.BodyText = "", strings.Repeat("words and more ", 40) },
			"Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 " + strings.Repeat("words and more ", 18) + "words and…"},
		"spoilers": {func(e *review.Event) { e.Spoiler = true }, "Jane Doe, The Aisle Seat 4/5 counts as 80.0 of 100 2010-09-15 Contains spoilersIn short."},
	} {
		e := sinktest.Event(sinktest.Text("In short."))
		e.URL = ""
		c.change(e)
		article := elements(t, pageOf(t, nil, e), "article")[0]
		if diff := cmp.Diff(c.want, words(article)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got, want := attr(article, "id"), pipeline.ReviewAnchor(e.ReviewID); got != want {
			t.Errorf("%s: the review stands at #%s, want #%s", name, got, want)
		}
	}
}

func TestPageHead(t *testing.T) {
	for name, c := range map[string]struct {
		film review.Film
		want string
	}{
		"plain":     {review.Film{ID: "heat-1995", Title: "Heat", Year: 1995}, "The Aisle Seat Films Heat (1995)"},
		"no year":   {review.Film{ID: "heat", Title: "Heat"}, "The Aisle Seat Films Heat"},
		"no title":  {review.Film{ID: "heat-1995"}, "The Aisle Seat Films heat-1995"},
		"all of it": {review.Film{ID: "x", Title: "Solaris", OriginalTitle: "Солярис", Year: 1972, Directors: []string{"Andrei Tarkovsky", "A. N. Other"}, Countries: []string{"USSR"}}, "The Aisle Seat Films Solaris (1972) Original title: Солярис Directed by Andrei Tarkovsky, A. N. Other USSR"},
		"one title": {review.Film{ID: "x", Title: "Heat", OriginalTitle: "Heat"}, "The Aisle Seat Films Heat"},
	} {
		page := pageOf(t, nil, sinktest.Event(func(e *review.Event) { e.Film = c.film }))
		if got := words(elements(t, page, "header")[0]); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		canonical := `<link rel="canonical" href="https://reviews.example.org/films/` + string(c.film.ID) + `.html">`
		if !strings.Contains(page, canonical) {
			t.Errorf("%s: no %s", name, canonical)
		}
	}
}

func TestPageLinksItsFeeds(t *testing.T) {
	page := pageOf(t, feeds, sinktest.Event())
	var got []string
	for _, l := range elements(t, page, "link") {
		if attr(l, "rel") == "alternate" {
			got = append(got, attr(l, "type")+" "+attr(l, "title")+" "+attr(l, "href"))
		}
	}
	const film = "Never Let Me Go (2010)"
	want := []string{
		"application/rss+xml " + film + " · The Aisle Seat ../feeds/by-film/never-let-me-go-2010.rss",
		"application/feed+json " + film + " · The Aisle Seat ../feeds/by-film/never-let-me-go-2010.json",
		"application/atom+xml " + film + ` & "more" ../feeds/hohes%20lob/never-let-me-go-2010.atom`,
		" Odd ../feeds/odd/never-let-me-go-2010.x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alternate links (-want +got):\n%s", diff)
	}
	if plain := `<link rel="alternate" type="application/rss+xml" title="`; !strings.Contains(page, plain) {
		t.Errorf("those who do not parse HTML look for %s", plain)
	}
	var hrefs []string
	for _, a := range elements(t, page, "a") {
		hrefs = append(hrefs, attr(a, "href"))
	}
	want = []string{
		"#reviews", "../", "index.html", "https://reviews.example.org/55c9b274", "../feeds/by-film/never-let-me-go-2010.rss", "../feeds/by-film/never-let-me-go-2010.json",
		"../feeds/hohes%20lob/never-let-me-go-2010.atom", "../feeds/odd/never-let-me-go-2010.x", "never-let-me-go-2010.json",
	}
	if diff := cmp.Diff(want, hrefs); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if got := section(t, pageOf(t, nil, sinktest.Event()), "subscribe"); got != "" {
		t.Errorf("without feeds the page says %q", got)
	}
}

// data is what the page says to machines, as a machine reads it.
func data(t testing.TB, page string) map[string]any {
	t.Helper()
	scripts := elements(t, page, "script")
	if len(scripts) != 1 || attr(scripts[0], "type") != "application/ld+json" {
		t.Fatalf("%d scripts, want one with data", len(scripts))
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(scripts[0].FirstChild.Data), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestJSONLD(t *testing.T) {
	film := func(e *review.Event) {
		e.Film = review.Film{
			ID: "solaris-1972", Title: "Solaris", OriginalTitle: "Солярис", AltTitles: []string{"Solyaris"}, Year: 1972,
			Directors: []string{"Andrei Tarkovsky"}, IDs: review.FilmIDs{IMDb: "tt0069293", Wikidata: "Q271830"},
		}
	}
	want := map[string]any{
		"@context": "https://schema.org", "@type": "Movie", "name": "Solaris", "alternateName": []any{"Солярис", "Solyaris"}, "datePublished": "1972",
		"director": []any{map[string]any{"@type": "Person", "name": "Andrei Tarkovsky"}}, "url": "https://reviews.example.org/films/solaris-1972.html",
		"sameAs":          []any{"https://www.imdb.com/title/tt0069293/", "https://www.wikidata.org/wiki/Q271830"},
		"aggregateRating": map[string]any{"@type": "AggregateRating", "ratingValue": 80.0, "ratingCount": 1.0, "bestRating": 100.0, "worstRating": 0.0},
		"review": []any{map[string]any{
			"@type": "Review", "author": map[string]any{"@type": "Person", "name": "Jane Doe"}, "datePublished": "2010-09-15", "inLanguage": "en",
			"publisher": map[string]any{"@type": "Organization", "name": "The Aisle Seat"}, "url": "https://reviews.example.org/55c9b274",
			"reviewRating": map[string]any{"@type": "Rating", "ratingValue": 4.0, "bestRating": 5.0, "worstRating": 0.0},
		}},
	}
	if diff := cmp.Diff(want, data(t, pageOf(t, nil, sinktest.Event(film)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	delete(want, "aggregateRating")
	delete(want["review"].([]any)[0].(map[string]any), "reviewRating")
	if diff := cmp.Diff(want, data(t, pageOf(t, nil, sinktest.Event(film, sinktest.Rated(review.Lost, "★"))))); diff != "" {
		t.Errorf("without a score (-want +got):\n%s", diff)
	}
	both := data(t, pageOf(t, nil, sinktest.Event(sinktest.With("John Roe", ""))))["review"].([]any)[0].(map[string]any)["author"]
	people := []any{map[string]any{"@type": "Person", "name": "Jane Doe"}, map[string]any{"@type": "Person", "name": "John Roe"}}
	if diff := cmp.Diff(any(people), both); diff != "" {
		t.Errorf("two critics (-want +got):\n%s", diff)
	}
	zero := data(t, pageOf(t, nil, sinktest.Event(sinktest.Stars("0", "4"))))["aggregateRating"].(map[string]any)
	if zero["ratingValue"] != 0.0 || zero["worstRating"] != 0.0 {
		t.Errorf("a real zero: %v", zero)
	}
}

// TestPageIsReadable asks for what readers with all sorts of machines need.
func TestPageIsReadable(t *testing.T) {
	page := pageOf(t, feeds, sinktest.Event(), sinktest.Event(sinktest.GUID("2"), sinktest.By("Ann Author", "")), sinktest.Event(sinktest.GUID("3"), sinktest.Rated(review.Lost, "★")))
	for what, n := range map[string]int{"html": 1, "title": 1, "h1": 1, "main": 1, "style": 1, "svg": 1, "article": 3, "img": 0, "iframe": 0, "form": 0} {
		if got := len(elements(t, page, what)); got != n {
			t.Errorf("%d %s, want %d", got, what, n)
		}
	}
	ids := map[string]bool{}
	for _, n := range elements(t, page, "*") {
		if id := attr(n, "id"); id != "" && ids[id] {
			t.Errorf("id %s is there twice", id)
		} else {
			ids[id] = true
		}
		if src := attr(n, "src"); src != "" || n.Data == "link" && attr(n, "rel") == "stylesheet" {
			t.Errorf("%s fetches %s", n.Data, src)
		}
	}
	for _, n := range elements(t, page, "section") {
		if !ids[attr(n, "aria-labelledby")] {
			t.Error("a section is labelled by nothing")
		}
	}
	for _, a := range elements(t, page, "a") {
		if words(a) == "" || attr(a, "href") == "" {
			t.Error("a link without words or without an end")
		}
	}
	svg := elements(t, page, "svg")[0]
	if got, want := attr(svg, "aria-label"), "How the scores are spread from 0 to 100: 2 from 80 to under 90."; attr(svg, "role") != "img" || got != want {
		t.Errorf("the drawing says %q, want %q", got, want)
	}
	if attr(elements(t, page, "html")[0], "lang") == "" {
		t.Error("the page says no language")
	}
}

// TestHistogramDrawing reads the heights back from the drawing.
func TestHistogramDrawing(t *testing.T) {
	var events []*review.Event
	for decade, n := range [10]int{1, 0, 0, 0, 0, 200, 0, 0, 0, 100} {
		for i := range n {
			events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(decade, "/", i)), sinktest.By("", ""), norm(review.Int(int64(10*decade)))))
		}
	}
	var heights []string
	for _, r := range elements(t, pageOf(t, nil, events...), "rect") {
		heights = append(heights, attr(r, "x")+":"+attr(r, "height"))
	}
	if diff := cmp.Diff([]string{"2:2", "162:66", "290:33"}, heights); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// TestHostilePages asks that no text becomes an element, an attribute or a link,
// and that what machines read is still one piece of data.
func TestHostilePages(t *testing.T) {
	shape := func(s string) (tags []string) {
		e := sinktest.Event(func(e *review.Event) {
			e.Rating.Raw = "r" + s
			e.Title, e.Summary, e.BodyText = "x"+s, "x"+s, s
			e.Film.Title, e.Film.OriginalTitle, e.Film.AltTitles = "y"+s, "o"+s, []string{"a" + s}
			e.Film.Directors, e.Film.Countries, e.Film.IDs.IMDb = []string{"d" + s}, []string{"c" + s}, "i"+s
			e.Critic.Name, e.Critic.Outlet = "z"+s, review.Outlet("q"+s)
			e.Language = "en"
		})
		e.URL = "https://example.org/"
		offer := func() []pipeline.Link {
			return []pipeline.Link{{Title: "t" + s, Path: "feeds/x/{film}.rss", MediaType: "application/rss+xml", Feed: true, PerFilm: true}}
		}
		page := pageOf(t, offer, e)
		for _, n := range elements(t, page, "*") {
			tags = append(tags, n.Data)
			for _, a := range n.Attr {
				tags = append(tags, a.Key)
			}
		}
		if name := data(t, page)["name"]; name != review.Line("y"+s) {
			t.Errorf("%.40q: machines read %.60q", s, name)
		}
		return tags
	}
	want := shape("plain")
	for _, s := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "-->", `"}</script>`, "\u2028\u2029", `\u003c/script`,
		`"><img src=x onerror=alert(1)>`, "' onmouseover='x", "</title></style>", "]]>", "a\x00b\x08\ufffe", "\xff\xfe",
		"{{.Site}}", "\u202etfel", "&lt;b&gt;", "</svg>",
	} {
		if diff := cmp.Diff(want, shape(s)); diff != "" {
			t.Errorf("%.40q changes the page (-plain +hostile):\n%s", s, diff)
		}
	}
}

func TestHostileIDs(t *testing.T) {
	for _, id := range []review.ID{`"><script>alert(1)</script>`, "a b", "x' onclick='y"} {
		e := sinktest.Event()
		e.ReviewID = id
		page := pageOf(t, nil, e)
		if got := attr(elements(t, page, "article")[0], "id"); got != pipeline.ReviewAnchor(id) {
			t.Errorf("id %q becomes %q", id, got)
		}
		data(t, page)
	}
	e := sinktest.Event()
	e.Language = `en" onclick="x`
	if slices.ContainsFunc(elements(t, pageOf(t, nil, e), "*"), func(n *html.Node) bool { return attr(n, "onclick") != "" }) {
		t.Error("a language becomes an attribute")
	}
}

func TestLinks(t *testing.T) {
	v := open(t, ratings.Defaults(), sinktest.History(nil).ViewEnv())
	page, ok := pipeline.FilmPage(v.Links())
	of, _ := page.Of("heat-1995", "Heat (1995)")
	want := pipeline.Link{Title: "Heat (1995)", Path: ratings.PagePath("heat-1995"), MediaType: "text/html"}
	if !ok || of != want {
		t.Errorf("got %+v, %v, want %+v", of, ok, want)
	}
}
