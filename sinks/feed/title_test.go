package feed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

func decimal(t testing.TB, s string) review.Decimal {
	t.Helper()
	if s == "" {
		return review.Decimal{}
	}
	d, err := review.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTitle(t *testing.T) {
	film := review.Film{ID: "heat-1995", Title: "Heat", Year: 1995, OriginalTitle: "Hitze", AltTitles: []string{"Fuego contra fuego"}}
	cases := []struct {
		title string
		film  review.Film
		want  string
	}{
		{"", film, "Heat (1995) ★★★★"},
		{"Heat", film, "Heat (1995) ★★★★"},
		{"HEAT (1995)", film, "Heat (1995) ★★★★"},
		{"Review: Heat", film, "Heat (1995) ★★★★"},
		{"Fuego contra fuego – crítica", film, "Heat (1995) ★★★★"},
		{"Heat, 1995 - ★★★★", film, "Heat (1995) ★★★★"},
		{"A city that never cools", film, "A city that never cools ★★★★"},
		{"Heat: a city that never cools", film, "Heat: a city that never cools ★★★★"},
		{"The heat of the night ★★★★", film, "The heat of the night ★★★★"},
		{"Heat (1972)", film, "Heat (1972) ★★★★"},
		{"Two\nlines\tand  spaces", film, "Two lines and spaces ★★★★"},
		{"Solaris", review.Film{Title: "Solaris"}, "Solaris ★★★★"},
		{"Anything", review.Film{}, "Anything ★★★★"},
		{"", review.Film{}, "Review by Jane Doe ★★★★"},
		{"映画評", review.Film{Title: "七人の侍", Year: 1954}, "映画評 ★★★★"},
	}
	for _, c := range cases {
		b := newBench(t, feed.Defaults())
		e := sinktest.Event()
		e.Title, e.Film = c.title, c.film
		b.apply(e)
		if got := b.titles("feeds/test.json")[0]; got != c.want {
			t.Errorf("title %q of %q: got %q, want %q", c.title, c.film.Title, got, c.want)
		}
	}
}

func TestRatingInTitle(t *testing.T) {
	cases := []struct {
		name          string
		value, best   string
		letter        string
		kind          review.RatingKind
		verdict       review.Verdict
		want          string
		schema        string // worst value best
		withoutStars  bool
		jsonSaysValue any
	}{
		{name: "stars", value: "4", best: "5", want: "★★★★", schema: "0 4 5", jsonSaysValue: 4.0},
		{name: "half a star more", value: "3.5", best: "5", want: "★★★½", schema: "0 3.5 5", jsonSaysValue: 3.5},
		{name: "half a star", value: "0.5", best: "5", want: "½", schema: "0 0.5 5", jsonSaysValue: 0.5},
		{name: "a real zero", value: "0", best: "5", want: "0/5", schema: "0 0 5", jsonSaysValue: 0.0},
		{name: "a real zero of four", value: "0", best: "4", want: "0/4", schema: "0 0 4", jsonSaysValue: 0.0},
		{name: "three quarters", value: "3.75", best: "5", want: "3.75/5", schema: "0 3.75 5", jsonSaysValue: 3.75},
		{name: "of four", value: "3.5", best: "4", want: "★★★½/4", schema: "0 3.5 4", jsonSaysValue: 3.5},
		{name: "written 5.0", value: "3.0", best: "5.0", want: "★★★", schema: "0 3.0 5.0", jsonSaysValue: 3.0},
		{name: "of ten", value: "8", best: "10", want: "8/10", schema: "0 8 10", jsonSaysValue: 8.0},
		{name: "of a hundred", value: "68", best: "100", want: "68/100", schema: "0 68 100", jsonSaysValue: 68.0},
		{name: "letter", letter: "B+", want: "B+", schema: "0 83.3 100"},
		{name: "thumbs up", kind: review.Verdicted, verdict: review.Positive, want: "Recommended"},
		{name: "thumbs sideways", kind: review.Verdicted, verdict: review.Mixed, want: "Mixed"},
		{name: "thumbs down", kind: review.Verdicted, verdict: review.Negative, want: "Not recommended"},
		{name: "a later verdict", kind: review.Verdicted, verdict: "sublime"},
		{name: "lost", kind: review.Lost, best: "5", want: "?/5"},
		{name: "lost, scale and all", kind: review.Lost},
		{name: "unrated", kind: review.Unrated},
		{name: "ambiguous", kind: review.Ambiguous, value: "7", jsonSaysValue: 7.0},
		{name: "invalid", kind: review.Invalid, value: "5.5", best: "5", jsonSaysValue: 5.5},
		{name: "switched off", value: "4", best: "5", schema: "0 4 5", withoutStars: true, jsonSaysValue: 4.0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := review.Rating{Kind: c.kind, Value: decimal(t, c.value), Best: decimal(t, c.best), Letter: c.letter, Verdict: c.verdict}
			if r.Kind == "" {
				r.Kind, r.Norm = review.Scored, review.Scale{Best: r.Best}.Norm(r.Value)
			}
			if r.Letter != "" {
				r.Norm = review.LetterNorm(r.Letter)
			}
			s := feed.Defaults()
			s.StarsInTitle = !c.withoutStars
			b := newBench(t, s)
			b.apply(sinktest.Event(func(e *review.Event) { e.Rating = r }))

			want := strings.TrimSpace("Never Let Me Go (2010) " + c.want)
			it := readJSON(t, b.docs.Content("feeds/test.json")).Items[0]
			if it.Title != want {
				t.Errorf("title %q, want %q", it.Title, want)
			}
			rating := it.Review["rating"].(map[string]any)
			if rating["kind"] != string(r.Kind) || rating["value"] != c.jsonSaysValue {
				t.Errorf("_review.rating %v, want kind %s and value %v", rating, r.Kind, c.jsonSaysValue)
			}
			rss := parseXML(t, b.docs.Content("feeds/test.rss")).one("", "channel").one("", "item")
			atom := parseXML(t, b.docs.Content("feeds/test.atom")).one(atomSpace, "entry")
			for _, n := range []*node{rss, atom} {
				if got := schemaRating(n); got != c.schema {
					t.Errorf("%s: schema.org rating %q, want %q", n.name.Local, got, c.schema)
				}
			}
		})
	}
}

// schemaRating is the worst, the value and the best that an item states.
func schemaRating(n *node) string {
	r := n.one(schemaSpace, "reviewRating")
	if r == nil || r.one(schemaSpace, "ratingExplanation") != nil {
		return ""
	}
	return r.says(schemaSpace, "worstRating") + " " + r.says(schemaSpace, "ratingValue") + " " + r.says(schemaSpace, "bestRating")
}

func TestRights(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("Long words and more of them. ", 20))
	cases := []struct {
		name             string
		change           func(*review.Event)
		summary, content string
	}{
		{"full", func(*review.Event) {}, "In short.", "<p>The body.</p>"},
		{"full, said so", func(e *review.Event) { e.Rights = review.RightsFull }, "In short.", "<p>The body.</p>"},
		{"excerpt", func(e *review.Event) { e.Rights = review.RightsExcerpt }, "In short.", ""},
		{"excerpt without a summary", func(e *review.Event) { e.Rights, e.Summary, e.BodyText = review.RightsExcerpt, "", long },
			long[:len("Long words and more of them. ")*10+len("Long")] + "…", ""},
		{"link", func(e *review.Event) { e.Rights = review.RightsLink }, "Jane Doe, The Aisle Seat: Never Let Me Go (2010) ★★★★", ""},
		{"a later word", func(e *review.Event) { e.Rights = "two-sentences" }, "Jane Doe, The Aisle Seat: Never Let Me Go (2010) ★★★★", ""},
		{"plain text", func(e *review.Event) { e.BodyHTML, e.BodyText = "", "One & two\nlines.\n\n<Next>" },
			"In short.", "<p>One &amp; two<br>\nlines.</p>\n<p>&lt;Next&gt;</p>"},
		{"spoilers", func(e *review.Event) { e.Summary, e.Spoiler = "", true },
			"Jane Doe, The Aisle Seat: Never Let Me Go (2010) ★★★★", "<p>The body.</p>"},
		{"nothing", func(e *review.Event) { e.Review = review.Review{Title: "A title"} }, "A title", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, feed.Defaults())
			b.apply(sinktest.Event(func(e *review.Event) {
				e.Summary, e.BodyText, e.BodyHTML = "In short.", "The body.", "<p>The body.</p>"
				c.change(e)
			}))
			got := looksOfJSON(t, b.docs.Content("feeds/test.json"))[0]
			if diff := cmp.Diff([]string{c.summary, c.content}, []string{got.Summary, got.Content}); diff != "" {
				t.Errorf("summary and content (-want +got):\n%s", diff)
			}
			if err := agree(t, b.docs.Files()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLinkOfEntry(t *testing.T) {
	cases := []struct {
		name, url, film, want string
	}{
		{"its own", "https://example.org/a?b=c&d=e#f", "heat-1995", "https://example.org/a?b=c&d=e#f"},
		{"none", "", "heat-1995", "https://reviews.example.org/films/heat-1995.html#r-55c9b274ab9b66bada357986fc2aeffa"},
		{"none, and no film", "", "", "https://reviews.example.org/"},
		{"none, and an id that is no slug", "", "heat/1995", "https://reviews.example.org/"},
		{"relative", "/reviews/1", "heat-1995", "https://reviews.example.org/films/heat-1995.html#r-55c9b274ab9b66bada357986fc2aeffa"},
		{"a file", "file:///home/me/heat.md", "heat-1995", "https://reviews.example.org/films/heat-1995.html#r-55c9b274ab9b66bada357986fc2aeffa"},
		{"a script", "javascript:alert(1)", "heat-1995", "https://reviews.example.org/films/heat-1995.html#r-55c9b274ab9b66bada357986fc2aeffa"},
		{"with a password", "https://me:secret@example.org/a", "", "https://example.org/a"},
		{"letters and spaces", "https://exämple.org/ein Käfer?q=ü", "", "https://xn--exmple-cua.org/ein%20K%C3%A4fer?q=%C3%BC"},
		{"encoded already", "https://example.org/K%C3%A4fer%20100%25", "", "https://example.org/K%C3%A4fer%20100%25"},
		{"a stray sign", "https://example.org/100%", "", "https://example.org/100%25"},
		{"a film in other letters", "", "七人の侍", "https://reviews.example.org/films/%E4%B8%83%E4%BA%BA%E3%81%AE%E4%BE%8D.html#r-55c9b274ab9b66bada357986fc2aeffa"},
		{"a port", "http://example.org:8080/", "", "http://example.org:8080/"},
	}
	for _, c := range cases {
		b := newBench(t, feed.Defaults())
		e := sinktest.Event()
		e.URL, e.Film.ID = c.url, review.FilmID(c.film)
		b.apply(e)
		if got := readJSON(t, b.docs.Content("feeds/test.json")).Items[0].URL; got != c.want {
			t.Errorf("%s: %q is linked as %q, want %q", c.name, c.url, got, c.want)
		}
	}
}

func TestLinkWithoutPagesOfFilms(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.view = open(t, feed.Defaults(), sinktest.History(nil).ViewEnv())
	e := sinktest.Event()
	e.URL = ""
	b.apply(e)
	if got, want := readJSON(t, b.docs.Content("feeds/test.json")).Items[0].URL, "https://reviews.example.org/"; got != want {
		t.Errorf("linked as %q, want %q", got, want)
	}
}

// FuzzEntry writes foreign text into the fields of a review that come from far
// away, and asks for valid feeds that agree.
func FuzzEntry(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s, s, s)
	}
	f.Add("Heat", "<p>A body.</p>", "https://example.org/")
	f.Fuzz(func(t *testing.T, title, body, link string) {
		mustAgree(t, sinktest.Event(func(e *review.Event) {
			e.Title, e.Film.Title, e.Critic.Name, e.Tags = title, title, title, []string{title}
			e.Summary, e.BodyHTML, e.BodyText = "", body, body
			e.URL, e.Critic.URL, e.Source.URL, e.FeedID = link, link, link, link
			e.Language = title
		}))
	})
}
