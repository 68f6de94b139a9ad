package review_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

func TestRatingForPeople(t *testing.T) {
	num := func(s string) review.Decimal {
		d, _ := review.ParseDecimal(s) // "" is no number
		return d
	}
	scored := func(value, worst, best string) review.Rating {
		return review.Rating{Kind: review.Scored, Raw: "as written", Value: num(value), Worst: num(worst), Best: num(best)}
	}
	verdict := func(raw string, v review.Verdict) review.Rating {
		return review.Rating{Kind: review.Verdicted, Raw: raw, Verdict: v}
	}
	for _, c := range []struct {
		name        string
		rating      review.Rating
		text, stars string
	}{
		{"stars", scored("4", "", "5"), "4/5", "★★★★"},
		{"half a star more", scored("3.5", "", "5"), "3.5/5", "★★★½"},
		{"half a star", scored("0.5", "", "5"), "0.5/5", "½"},
		{"no star at all", scored("0", "", "5"), "0/5", ""},
		{"three quarters", scored("3.75", "", "5"), "3.75/5", ""},
		{"of four", scored("3.5", "", "4"), "3.5/4", "★★★½/4"},
		{"written 5.0", scored("3.0", "", "5.0"), "3.0/5.0", "★★★"},
		{"from one", scored("3", "1", "5"), "3/5", "★★★"},
		{"from below zero", scored("1", "-4", "4"), "1 (-4 to 4)", ""},
		{"of ten", scored("8", "", "10"), "8/10", ""},
		{"more than best", scored("5.5", "", "5"), "5.5/5", ""},
		{"a value alone", scored("8", "", ""), "8", ""},
		{"nothing", scored("", "", ""), "", ""},
		{"letter", review.Rating{Kind: review.Scored, Letter: "B+", Best: num("5"), Value: num("4")}, "B+", ""},
		{"verdict", verdict("", review.Positive), "Recommended", ""},
		{"in the code's words", verdict("positive", review.Positive), "Recommended", ""},
		{"in the critic's words", verdict("Two  thumbs\ndown", review.Negative), "Two thumbs down", ""},
		{"a thumb", verdict("👍", review.Positive), "👍", ""},
		{"in a sentence", verdict("You should really go and see it", review.Positive), "Recommended", ""},
		{"mixed", verdict("mixed", review.Mixed), "Mixed", ""},
		{"down", verdict("negative", review.Negative), "Not recommended", ""},
		{"a later verdict", verdict("", "sublime"), "", ""},
		{"unrated", review.Rating{Kind: review.Unrated, Raw: "n/a"}, "", ""},
		{"lost", review.Rating{Kind: review.Lost, Raw: "(out of 5)", Best: num("5")}, "", ""},
		{"ambiguous", review.Rating{Kind: review.Ambiguous, Raw: "4", Value: num("4")}, "", ""},
		{"invalid", review.Rating{Kind: review.Invalid, Raw: "5.5/5", Value: num("5.5"), Best: num("5")}, "", ""},
		{"a later kind", review.Rating{Kind: "stellar", Raw: "★", Value: num("1"), Best: num("5")}, "", ""},
		{"no rating", review.Rating{}, "", ""},
	} {
		if got := c.rating.Text(); got != c.text {
			t.Errorf("%s: text %q, want %q", c.name, got, c.text)
		}
		if got := c.rating.Stars(); got != c.stars {
			t.Errorf("%s: stars %q, want %q", c.name, got, c.stars)
		}
	}
}

// Whatever is drawn can be counted again.
func TestStarsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		best := rapid.SampledFrom([]int64{4, 5}).Draw(t, "best")
		value := review.NewDecimal(rapid.Int64Range(0, 600).Draw(t, "hundredths"), 2)
		stars := review.Rating{Kind: review.Scored, Value: value, Best: review.Int(best)}.Stars()
		drawn := int64(100*strings.Count(stars, "★") + 50*strings.Count(stars, "½"))
		if stars != "" && review.NewDecimal(drawn, 2).Cmp(value) != 0 {
			t.Fatalf("%s of %d is drawn %s", value, best, stars)
		}
	})
}

func TestRatingString(t *testing.T) {
	for _, c := range []struct {
		rating review.Rating
		want   string
	}{
		{review.Rating{Kind: review.Scored, Value: review.Int(4), Best: review.Int(5)}, "4/5"},
		{review.Rating{Kind: review.Scored, Letter: "A-"}, "A-"},
		{review.Rating{Kind: review.Verdicted, Verdict: review.Negative}, "negative"},
		{review.Rating{Kind: review.Lost, Best: review.Int(5)}, "lost"},
	} {
		if got := c.rating.String(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.rating, got, c.want)
		}
	}
}

func ExampleRating_Text() {
	stars := review.Rating{Kind: review.Scored, Raw: "★★★½☆", Value: review.NewDecimal(35, 1), Best: review.Int(5)}
	lost := review.Rating{Kind: review.Lost, Raw: "(out of 5)", Best: review.Int(5)}
	fmt.Printf("%q %q\n", stars.Text(), stars.Stars())
	fmt.Printf("%q %q\n", lost.Text(), lost.Stars())
	// Output:
	// "3.5/5" "★★★½"
	// "" ""
}

func TestOwnTitle(t *testing.T) {
	heat := review.Film{Title: "Heat", Year: 1995, OriginalTitle: "Hitze", AltTitles: []string{"Fuego contra fuego"}}
	for _, c := range []struct {
		title string
		film  review.Film
		want  string
	}{
		{"", heat, ""},
		{"HEAT (1995)", heat, ""},
		{"Review: Heat", heat, ""},
		{"Hitze, Filmkritik", heat, ""},
		{"Fuego contra fuego – crítica", heat, ""},
		{"Heat, 1995 - ★★★★", heat, ""},
		{"He\x00at", heat, ""},
		{"Heat (1972)", heat, "Heat (1972)"},
		{"Heat: a city\nthat never cools", heat, "Heat: a city that never cools"},
		{"The heat of the night", heat, "The heat of the night"},
		{"Solaris", review.Film{Title: "Solaris"}, ""},
		{"Anything", review.Film{}, "Anything"},
		{"Review", review.Film{}, ""},
		{"0", review.Film{Title: "Soul"}, ""},
		{"映画評", review.Film{Title: "七人の侍", Year: 1954}, "映画評"},
	} {
		r := review.Review{Title: c.title, Film: c.film}
		if got := r.OwnTitle(); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.title, c.film.Title, got, c.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("words and more ", 40))
	for name, c := range map[string]struct {
		review review.Review
		max    int
		want   string
	}{
		"summary":            {review.Review{Summary: " In\nshort. ", BodyText: long}, 280, "In short."},
		"excerpt":            {review.Review{Rights: review.RightsExcerpt, Summary: "In short."}, 280, "In short."},
		"link":               {review.Review{Rights: review.RightsLink, Summary: "In short.", BodyText: long}, 280, ""},
		"a later word":       {review.Review{Rights: "two-sentences", Summary: "In short."}, 280, ""},
		"no summary":         {review.Review{BodyText: long}, 20, "words and more words…"},
		"spoilers":           {review.Review{Spoiler: true, Summary: "In short."}, 280, "In short."},
		"spoilers, no words": {review.Review{Spoiler: true, BodyText: long}, 280, ""},
		"one long word":      {review.Review{Summary: strings.Repeat("x", 99)}, 10, strings.Repeat("x", 10) + "…"},
		"no spaces at all":   {review.Review{Summary: "映画は静かに終わる。"}, 5, "映画は静か…"},
		"just so":            {review.Review{Summary: "ab cd"}, 5, "ab cd"},
		"cut behind a comma": {review.Review{Summary: "one, two three"}, 7, "one…"},
		"nothing":            {review.Review{}, 280, ""},
	} {
		if got := c.review.Excerpt(c.max); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLinesAreLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := texts().Draw(t, "text")
		line := review.Line(s)
		if !utf8.ValidString(line) || strings.TrimSpace(line) != line || strings.Contains(line, "  ") || strings.ContainsFunc(line, unicode.IsControl) {
			t.Fatalf("%q becomes %q", s, line)
		}
		if again := review.Line(line); again != line {
			t.Fatalf("%q becomes %q when done again", line, again)
		}
		most := rapid.IntRange(1, 9).Draw(t, "max")
		r := review.Review{Summary: s}
		if n := utf8.RuneCountInString(r.Excerpt(most)); n > most+1 {
			t.Fatalf("%q is cut to %d runes and dots, want %d", s, n, most)
		}
	})
}

func TestWebURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org/a?b=c&d=e#f":           "https://example.org/a?b=c&d=e#f",
		" http://example.org ":                      "http://example.org",
		"https://me:secret@example.org/a":           "https://example.org/a",
		"":                                          "",
		"/reviews/1":                                "",
		"//example.org/a":                           "",
		"https:///a":                                "",
		"javascript:alert(1)":                       "",
		"javascript://host/%0Aalert(1)":             "",
		"ftp://example.org/":                        "",
		"file:///home/me/heat.md":                   "",
		"https://exa mple.org/":                     "",
		"https://example.org/\"><script>":           "https://example.org/%22%3E%3Cscript%3E",
		"https://example.org/?q=\"><i>&p=a b":       "https://example.org/?q=%22%3E%3Ci%3E&p=a%20b",
		"https://example.org/?q=Amélie&t[]=1":       "https://example.org/?q=Am%C3%A9lie&t%5B%5D=1",
		"https://example.org/?q=100%&r=%C3%A9&s=%4": "https://example.org/?q=100%25&r=%C3%A9&s=%254",
		"java\x00script:alert(1)//https://":         "",
	} {
		if got := review.WebURL(in); got != want {
			t.Errorf("WebURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSlugs(t *testing.T) {
	for _, id := range []review.FilmID{"heat-1995", "七人の侍-1954", "amélie", "a_b", "2046", review.FilmID(strings.Repeat("x", 200))} {
		if !id.IsSlug() {
			t.Errorf("%q is no slug", id)
		}
	}
	for _, id := range []review.FilmID{"", "Heat", "a b", "a/b", "..", ".a", "a.b", "{film}", "a\x00", "\xff", `a\b`, "a:b", "a?b", "a#b", "a%b", review.FilmID(strings.Repeat("x", 201))} {
		if id.IsSlug() {
			t.Errorf("%q is a slug", id)
		}
	}
}

func TestPagesInCatalogues(t *testing.T) {
	ids := review.FilmIDs{IMDb: "tt1375666", TMDB: "27205", Wikidata: "Q25188", Letterboxd: "in/ception?"}
	want := "https://www.imdb.com/title/tt1375666/ https://www.themoviedb.org/movie/27205 https://www.wikidata.org/wiki/Q25188 https://letterboxd.com/film/in%2Fception%3F/"
	if got := strings.Join(ids.Pages(), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if pages := (review.FilmIDs{}).Pages(); pages != nil {
		t.Errorf("pages of nothing: %v", pages)
	}
}
