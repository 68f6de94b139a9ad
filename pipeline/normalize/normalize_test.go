package normalize_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

var _ pipeline.Normalize = normalize.Normalize

func ExampleRating() {
	five := review.Scale{Best: review.Int(5)}
	for _, text := range []string{"3 1/2 out of 4", "★★★☆☆", "B-plus", "4", "(out of 5)"} {
		r := normalize.Rating(text, review.Scale{})
		fmt.Println(text, "is", r.Kind, first(r.Norm.String(), "without a norm"))
	}
	r := normalize.Rating("4", five)
	fmt.Println("4 with a configured best of 5 is", r.Kind, r.Norm)
	// Output:
	// 3 1/2 out of 4 is scored 87.5
	// ★★★☆☆ is scored 60.0
	// B-plus is scored 83.3
	// 4 is ambiguous without a norm
	// (out of 5) is lost without a norm
	// 4 with a configured best of 5 is scored 80.0
}

func ExampleNormalize() {
	r, err := normalize.Normalize(review.Document{
		GUID: "1", Form: review.FormText,
		Body: "Stalker (1979)\n\nDirected by Andrei Tarkovsky\n\nThree men walk into a room.\n\nRating: 9/10\n",
	})
	fmt.Println(err, r.Film.Title, r.Film.Year, r.Film.Directors, r.Rating, r.Rating.FoundIn)
	// Output: <nil> Stalker 1979 [Andrei Tarkovsky] 9/10 text
}

// exact lets go-cmp compare decimals, which have no fields to see.
var exact = cmp.Comparer(func(a, b review.Decimal) bool { return a == b })

func read(t testing.TB, d review.Document) review.Review {
	t.Helper()
	d.GUID = "1"
	r, err := normalize.Normalize(d)
	if err != nil {
		t.Fatal(err)
	}
	checkReview(t, d, r)
	return r
}

func TestTitles(t *testing.T) {
	type film = review.Film
	for _, c := range []struct {
		title string
		want  review.Film
	}{
		{"Mulan (2020)", film{Title: "Mulan", Year: 2020}},
		{"Mulan [2020]", film{Title: "Mulan", Year: 2020}},
		{"Mulan, 2020", film{Title: "Mulan", Year: 2020}},
		{"Mulan, 2020 - ★★★½", film{Title: "Mulan", Year: 2020}},
		{"Mulan (2020) - ★★★½ (contains spoilers)", film{Title: "Mulan", Year: 2020}},
		{"1917", film{Title: "1917"}},
		{"300", film{Title: "300"}},
		{"2001: A Space Odyssey", film{Title: "2001: A Space Odyssey"}},
		{"2001: A Space Odyssey (1968)", film{Title: "2001: A Space Odyssey", Year: 1968}},
		{"Blade Runner 2049", film{Title: "Blade Runner 2049"}},
		{"The Contractor 2022", film{Title: "The Contractor 2022"}},
		{"Fahrenheit 9/11", film{Title: "Fahrenheit 9/11"}},
		{"Nine Eleven: 9/11", film{Title: "Nine Eleven: 9/11"}},
		{"The Longest Day - 1 of 5", film{Title: "The Longest Day - 1 of 5"}},
		{"50/50", film{Title: "50/50"}},
		{"Review: 50/50 (2011)", film{Title: "50/50", Year: 2011}},
		{"8½", film{Title: "8½"}},
		{"8½ - ★★★★", film{Title: "8½"}},
		{"Area (51)", film{Title: "Area (51)"}},
		{"Metropolis (1027)", film{Title: "Metropolis (1027)"}},
		{"Birdman or (The Unexpected Virtue of Ignorance)", film{Title: "Birdman or (The Unexpected Virtue of Ignorance)"}},
		{"Mission: Impossible - Rogue Nation", film{Title: "Mission: Impossible - Rogue Nation"}},
		{"S.W.A.T.: Firefight", film{Title: "S.W.A.T.: Firefight"}},
		{"Ocean's Eleven", film{Title: "Ocean's Eleven"}},
		{"Who's Afraid of Virginia Woolf?", film{Title: "Who's Afraid of Virginia Woolf?"}},
		{"Movie Review: Mulan", film{Title: "Mulan"}},
		{"REVIEW: “Mulan”", film{Title: "Mulan"}},
		{"Film review – Mulan (2020)", film{Title: "Mulan", Year: 2020}},
		{"Movie Review | Mulan", film{Title: "Mulan"}},
		{"[Review] Mulan", film{Title: "Mulan"}},
		{"Review of Mulan", film{Title: "Mulan"}},
		{"Mulan review", film{Title: "Mulan"}},
		{"Mulan (Film Review)", film{Title: "Mulan"}},
		{"Mulan – Movie Review", film{Title: "Mulan"}},
		{"Mulan (2020) – Film Review", film{Title: "Mulan", Year: 2020}},
		{"Mulan review (2020)", film{Title: "Mulan", Year: 2020}},
		{"Mulan: A Review", film{Title: "Mulan"}},
		{"Mulan review – a sword, a phoenix and no songs", film{Title: "Mulan"}},
		{"‘Mulan’ Review: A Sword and a Phoenix", film{Title: "Mulan"}},
		{`Review: "The King's Speech" is a joy`, film{Title: "The King's Speech"}},
		{"The Review", film{Title: "The Review"}},
		{"Mulan (3/5)", film{Title: "Mulan"}},
		{"Mulan: 3.5/5", film{Title: "Mulan"}},
		{"Mulan ★★★", film{Title: "Mulan"}},
		{"[4/5] Mulan", film{Title: "Mulan"}},
		{"Mulan - B+", film{Title: "Mulan"}},
		{"Mulan (B)", film{Title: "Mulan"}},
		{"Plan B", film{Title: "Plan B"}},
		{"Plan - B", film{Title: "Plan - B"}},
		{"Mulan | The Back Row", film{Title: "Mulan"}},
		{"Capsule: The Piano (Jane Campion, 1993)", film{Title: "The Piano", Year: 1993, Directors: []string{"Jane Campion"}}},
		{"Rashomon (Akira Kurosawa, 1950)", film{Title: "Rashomon", Year: 1950, Directors: []string{"Akira Kurosawa"}}},
		{"Rashomon (1950, dir. Akira Kurosawa)", film{Title: "Rashomon", Year: 1950, Directors: []string{"Akira Kurosawa"}}},
		{"Pan's Labyrinth (Guillermo del Toro, 2006)", film{Title: "Pan's Labyrinth", Year: 2006, Directors: []string{"Guillermo del Toro"}}},
		{"Amélie (Le Fabuleux Destin d'Amélie Poulain, 2001)", film{Title: "Amélie", OriginalTitle: "Le Fabuleux Destin d'Amélie Poulain", Year: 2001}},
		{"Downfall (Der Untergang, 2004)", film{Title: "Downfall", OriginalTitle: "Der Untergang", Year: 2004}},
		{"Run Lola Run (Lola Rennt, 1998)", film{Title: "Run Lola Run", OriginalTitle: "Lola Rennt", Year: 1998}},
		{"Bicycle Thieves (Ladri di biciclette, 1948)", film{Title: "Bicycle Thieves", OriginalTitle: "Ladri di biciclette", Year: 1948}},
		{"Hidden (Caché, 2005)", film{Title: "Hidden", Year: 2005}},
		{"Vertigo (Hitchcock, 1958)", film{Title: "Vertigo", Year: 1958}},
		{"Mulan (USA/UK 2020)", film{Title: "Mulan", Year: 2020, Countries: []string{"United States", "United Kingdom"}}},
		{"<i>Mulan</i> &amp; Co", film{Title: "Mulan & Co"}},
	} {
		t.Run(c.title, func(t *testing.T) {
			d := review.Document{Form: review.FormHTML, Body: "<p>It is long.</p>"}
			d.Stated.Title = c.title
			d.Defaults.Critic.Outlet = "The Back Row"
			if diff := cmp.Diff(c.want, read(t, d).Film, exact); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSpoilerMarks(t *testing.T) {
	for _, c := range []struct {
		title, body string
		want        bool
	}{
		{"Mulan (contains spoilers)", "It ends.", true},
		{"Mulan [SPOILERS!]", "It ends.", true},
		{"Mulan - Spoiler Review", "It ends.", true},
		{"Mulan (spoiler-free)", "It ends.", false},
		{"Mulan", "<i>This review may contain spoilers.</i></p><p>It ends.", true},
		{"Mulan", "Warning: spoilers ahead!</p><p>It ends.", true},
		{"Mulan", "This review does not contain spoilers.</p><p>It ends.", false},
		{"Mulan", "No spoilers here.</p><p>It ends.", false},
		{"Mulan", "It ends.</p><p>I hate spoilers.", false},
	} {
		d := review.Document{Form: review.FormHTML, Body: "<p>" + c.body + "</p>"}
		d.Stated.Title = c.title
		r := read(t, d)
		if r.Spoiler != c.want || r.Film.Title != "Mulan" || r.Summary != "It ends." && !strings.Contains(r.Summary, "spoilers") {
			t.Errorf("%q, %q: spoiler %v of %q, summary %q", c.title, c.body, r.Spoiler, r.Film.Title, r.Summary)
		}
	}
}

// TestWhereRatingsAreRead has a text for every place that counts, and for places
// that look like one.
func TestWhereRatingsAreRead(t *testing.T) {
	const prose = "It begins in a school that is too quiet, and nothing in it is hurried."
	for _, c := range []struct{ name, title, body, want string }{
		{"own line", "", prose + "\n\n3.5/5\n\n" + prose, "3.5/5 in text"},
		{"own line of stars", "", prose + "\n\n★★★☆☆\n\n" + prose, "3/5 in text"},
		{"labelled", "", prose + "\n\nMy rating: 7 out of 10 - see it\n\n" + prose, "7/10 in text"},
		{"labelled without a colon", "", prose + "\n\nRating 4/5", "4/5 in text"},
		{"labelled letter", "", "Verdict: B+\n\n" + prose, "B+ in text"},
		{"labelled and remarked", "", "Score: 8/10 and worth every minute of it\n\n" + prose, "8/10 in text"},
		{"label on a line of its own", "", prose + "\n\nRating\n\n4/5", "4/5 in text"},
		{"last sentence", "", prose + "\n\nA joy from end to end. 4/5", "4/5 in text"},
		{"last sentence in brackets", "", prose + "\n\nA joy from end to end (★★★½☆)", "3.5/5 in text"},
		{"first sentence", "", "4/5 – a joy from end to end.\n\n" + prose, "4/5 in text"},
		{"given", "", prose + "\n\nI'd give it three and a half out of four stars. Go.", "3.5/4 in text"},
		{"title", "Mulan (3/5)", prose, "3/5 in title"},
		{"title before text", "Mulan - ★★★★☆", prose + "\n\n4/5", "4/5 in title"},
		{"title against text", "Mulan (2/5)", prose + "\n\nRating: 4/5", "2/5 in title conflict"},
		{"verdict", "", prose + "\n\nTwo thumbs up!", "positive in text"},
		{"two that agree", "", "Rating: 4/5\n\n" + prose + "\n\nRating: 8/10", "4/5 in text"},
		{"two that do not", "", "Rating: 4/5\n\n" + prose + "\n\nRating: 2/5", "4/5 in text conflict"},
		{"letter and number", "", "Rating: 4/5\n\n" + prose + "\n\nGrade: B", "4/5 in text"},
		{"lost in brackets", "", prose + "\n\nStar rating (out of 5)\n\n" + prose, "lost in text"},
		{"lost behind a title", "", "Mulan by Ida Berg (out of 5)\n\n" + prose, "lost in text"},
		{"lost in the last paragraph", "", prose + "\n\nI liked it well enough to see it twice, with my mother and without (out of 5). Go.", "lost in text"},
		{"not lost", "", prose + "\n\nI liked it well enough to see it twice: four stars (out of 5)", "unrated"},
		{"not lost, in a line", "", prose + "\n\nVery good indeed, 3½ (out of 4)\n\n" + prose, "unrated"},
		{"verdict against number", "Mulan (2/5)", prose + "\n\nTwo thumbs up!", "2/5 in title conflict"},
		{"verdict with number", "Mulan (4/5)", prose + "\n\nTwo thumbs up!", "4/5 in title"},
		{"verdict against verdict", "", "Verdict: Fresh\n\n" + prose + "\n\nThumbs down!", "positive in text conflict"},
		{"the same on two scales", "Mulan (3/4)", prose + "\n\n15/20", "3/4 in title"},
		{"lost behind a label", "", "Rating:\n\n" + prose, "lost in text"},
		{"bare number with a label", "", prose + "\n\nRating: 4", "ambiguous in text"},

		{"difficulty", "", "The route has two out of four stars in difficulty.", "unrated"},
		{"Rotten Tomatoes", "", "It sits at 68% on Rotten Tomatoes", "unrated"},
		{"Rotten Tomatoes, labelled", "", "Rotten Tomatoes: 68%\n\n" + prose, "unrated"},
		{"IMDb", "", "IMDb rating: 8.5/10\n\n" + prose, "unrated"},
		{"IMDb, remarked", "", "Rating: 8.5 on IMDb\n\n" + prose, "unrated"},
		{"readers", "", "Audience score: 91%\n\n" + prose, "unrated"},
		{"certificate", "", "Rating: PG-13\n\n" + prose, "unrated"},
		{"certificate by age", "", "Rating: 15\n\n" + prose, "unrated"},
		{"certificate R", "", "Rated R\n\n" + prose, "unrated"},
		{"part of the film", "", "Acting: 4/5\n\nSound: 3/5\n\n" + prose, "unrated"},
		{"part of the film, score", "", "Video score: 4/5\n\n" + prose, "unrated"},
		{"composer", "", "Score: Hans Zimmer\n\n" + prose, "unrated"},
		{"year", "", prose + " It was made in 1997.", "unrated"},
		{"length", "", "Running time: 104/110\n\n" + prose, "unrated"},
		{"bare number on a line", "", prose + "\n\n4\n\n" + prose, "unrated"},
		{"page of a gallery", "", "1 of 5\n\n" + prose, "unrated"},
		{"scene break", "", prose + "\n\n***\n\n" + prose, "unrated"},
		{"middle of prose", "", prose + "\n\nHis last one got 2/5 from me, and I stand by that.\n\n" + prose, "unrated"},
		{"somebody else's", "", prose + "\n\nMy sister gave it 5/5 and has not been wrong before.", "unrated"},
		{"date", "", prose + "\n\n3/5/2020", "unrated"},
		{"fraction of the film", "", prose + "\n\nThe first 2/3 work.", "unrated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormText, Body: c.body}
			d.Stated.Title = first(c.title, "Mulan")
			r := read(t, d)
			got := r.Rating.String()
			if r.Rating.FoundIn != "" {
				got += " in " + r.Rating.FoundIn
			}
			if len(r.Warnings) > 0 && r.Warnings[0].Code == "rating.conflict" {
				got += " conflict"
			}
			if got != c.want {
				t.Errorf("%s, want %s (raw %q)", got, c.want, r.Rating.Raw)
			}
		})
	}
}

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

func TestStatedRatings(t *testing.T) {
	five := review.Scale{Best: review.Int(5)}
	for _, c := range []struct {
		name string
		doc  review.Document
		want string
	}{
		{"scale stated apart", review.Document{RatingText: "4", RatingScale: five}, "4/5 stated in field:rating"},
		{"scale configured", review.Document{RatingText: "4", Defaults: review.Defaults{Scale: five}}, "4/5 configured in field:rating"},
		{"scale written", review.Document{RatingText: "8/10", RatingScale: five}, "8/10 stated in field:rating"},
		{"named field", review.Document{RatingText: "8/10", RatingField: "memberRating"}, "8/10 stated in field:memberRating"},
		{"scale without a value", review.Document{RatingScale: five}, "lost  in field:rating"},
		{"nothing", review.Document{}, "unrated  in "},
		{"field before title", review.Document{RatingText: "4/5", Stated: review.Review{Title: "Mulan (2/5)"}}, "4/5 stated in field:rating"},
		{"what scores before what does not", review.Document{RatingText: "4", Stated: review.Review{Title: "Mulan (4/5)"}}, "4/5 stated in title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.doc.Form, c.doc.Body = review.FormHTML, "<p>It is long.</p>"
			c.doc.Stated.Title = first(c.doc.Stated.Title, "Mulan")
			r := read(t, c.doc)
			if got := fmt.Sprintf("%s %s in %s", r.Rating, r.Rating.Basis, r.Rating.FoundIn); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestNotReviews(t *testing.T) {
	for _, c := range []struct{ name, form, body, want string }{
		{"a draft", "md", "---\ntitle: Mulan\ndraft: true\n---\nx", "a draft"},
		{"not published", "md", "---\ntitle: Mulan\npublished: false\n---\nx", "a draft"},
		{"an episode", "md", "---\ntitle: Mulan\ntype: episode\n---\nx", "type: episode, not a film"},
		{"a game", "md", "---\ntitle: Mulan\ntype: Video Game\n---\nx", "type: Video Game, not a film"},
		{"nothing", "html", "", "neither a film nor a text"},
		{"nothing but a form", "html", "<p>Leave a Reply</p><p>Name</p><p>Email</p>", "neither a film nor a text"},
		{"a page on a book", "page", `<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Book"}}</script><p>It is long.`, "reviews a Book"},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := map[string]review.Form{"md": review.FormMarkdown, "html": review.FormHTML, "page": review.FormPage}[c.form]
			_, err := normalize.Normalize(review.Document{Form: form, Body: c.body})
			if !errors.Is(err, pipeline.ErrNotReview) || !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("got %v, want not a review: %s", err, c.want)
			}
		})
	}
	for _, kind := range []string{"movie", "film", "review", "post", "whatever"} {
		if r := read(t, review.Document{Form: review.FormMarkdown, Body: "---\ntitle: Mulan\ntype: " + kind + "\n---\nx"}); r.Film.Title != "Mulan" {
			t.Errorf("type %s: %+v", kind, r.Film)
		}
	}
}

func TestBrokenFrontMatter(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"not closed", "---\ntitle: Mulan\n\nIt is long.", "front matter: line 1: no line --- ends it"},
		{"no YAML", "---\ntitle: Mulan\nrating: [3\n---\nx", "front matter: line "},
		{"a key twice", "---\ntitle: Mulan\nrating: 3\nrating: 4\n---\nx", "front matter: line 4, column 1: key"},
		{"a tab", "---\ntitle: Mulan\n\trating: 3\n---\nx", "front matter: line 3, column 1: "},
		{"a colon without quotes", "---\nrating: 3\ntitle: Mission: Impossible\n---\nx", "front matter: line 3, column "},
		{"a list", "---\n- Mulan\n---\nx", "front matter: line 2: want keys and values"},
		{"TOML not closed", "+++\ntitle = 'Mulan'\n\nIt is long.", "front matter: line 1: no line +++ ends it"},
		{"no TOML", "+++\ntitle = 'Mulan'\nrating = four\n+++\nx", "front matter: line 3, column 10: no TOML"},
		{"a key of TOML twice", "+++\nrating = 3\nrating = 4\n+++\nx", "front matter: line 3, column 1: no TOML"},
		{"YAML between lines of TOML", "+++\ntitle: Mulan\n+++\nx", "front matter: line 2, column 6: no TOML"},
		{"JSON not closed", "{\n \"title\": \"Mulan\",\n\nIt is long.", "front matter: line 4, column 1: no JSON"},
		{"no JSON", "{\n \"title\": \"Mulan\",\n \"rating\": four\n}\nx", "front matter: line 3, column 13: no JSON"},
		{"a key of JSON twice", "{\"rating\": 3,\n\"rating\": 4}\nx", "front matter: line 2, column 9: no JSON: key"},
		{"JSON between lines, not closed", "---json\n{\"rating\": 3,\n---\nx", "front matter: line 2, column 14: no JSON"},
		{"too long", "+++\na = '" + strings.Repeat("x", 200_000) + "'\n+++\nx", "front matter: longer than 128 kB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := normalize.Normalize(review.Document{Form: review.FormMarkdown, Body: c.body})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || errors.Is(err, pipeline.ErrNotReview) {
				t.Errorf("got %v, want %s...", err, c.want)
			}
		})
	}
	for name, body := range map[string]string{
		"a rule on top":  "---\n\nIt is long.\n\nMuch too long.",
		"empty":          "---\n---\nIt is long.",
		"ended by dots":  "---\ntitle: Mulan\n...\nIt is long.",
		"blanks behind":  "---  \ntitle: Mulan\n---\t\nIt is long.",
		"none":           "It is long.",
		"only a heading": "# Mulan\n\nIt is long.",
		"TOML":           "+++\ntitle = 'Mulan'\n+++\n\nIt is long.",
		"JSON":           "{\"title\": \"Mulan\"}\nIt is long.",
		"empty JSON":     "{}\n\nIt is long.",
		"a template":     "{{ page.title }}\n\nIt is long.",
		"a brace":        "{% include stars.html %}\nIt is long.",
	} {
		if r := read(t, review.Document{Form: review.FormMarkdown, Body: body}); !strings.HasPrefix(r.BodyText, "It is long.") {
			t.Errorf("%s: text %q", name, r.BodyText)
		}
	}
}

func TestScalesInFrontMatter(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"rating: 3\nrating_max: 4", "3/4 stated"},
		{"rating: 3\nworst_rating: 1\nbest_rating: 5", "3/5 stated"},
		{"rating: {value: 3, max: 4}", "3/4 stated"},
		{"rating: {max: 4}", "lost "},
		{"rating: {value: [3]}", "3/5 configured"},
		{"rating: {a: {b: c}}", "unrated "},
		{"rating: [3, 4]", "3/5 configured"},
		{"rating: n/a", "unrated "},
		{"rating: ~", "unrated "},
		{"rating: 9", "invalid "},
		{"recommended: no", "negative "},
		{"recommended: maybe", "unrated "},
	} {
		d := review.Document{Form: review.FormMarkdown, Body: "---\ntitle: Mulan\n" + c.lines + "\n---\nIt is long.\n"}
		d.Defaults.Scale.Best = review.Int(5)
		if r := read(t, d).Rating; fmt.Sprint(r, " ", r.Basis) != c.want {
			t.Errorf("%q: %s %s, want %s", c.lines, r, r.Basis, c.want)
		}
	}
}

func TestFrontMatterKeys(t *testing.T) {
	for _, key := range []string{"rating", "stars", "score", "grade", "my_rating", "myRating", "My Rating", "ratingEmoji", "star-rating"} {
		r := read(t, review.Document{Form: review.FormMarkdown, Body: "---\ntitle: Mulan\n" + key + ": 3/5\n---\nx"})
		if r.Rating.Norm.String() != "60.0" || r.Rating.FoundIn != "front_matter:"+key {
			t.Errorf("%s: %s in %q", key, r.Rating, r.Rating.FoundIn)
		}
	}
	r := read(t, review.Document{Form: review.FormMarkdown, URL: "https://critic.example/a/", Body: `---
film: Oldeuboi
original_title: 올드보이
year: 2003
published: 2020-05-29 10:00:00 +0200
lastmod: 2020-06-01
reviewer: Jane Doe
categories: Thriller, Korean
tags: [korean, Revenge]
date_watched: 2020-05-28T23:30:00+09:00
rewatch: true
imdb_id: tt0364569
tmdb_id: 670
letterboxd: https://letterboxd.com/film/oldboy/
wikidata: Q483815
permalink: /oldeuboi/
lang: en_us
directors: [Park Chan-wook]
country: South Korea
excerpt: A corridor, a hammer.
recommended: true
unknown: [1, {a: b}]
---
One take. The hammer.
`})
	want := review.Film{
		Title: "Oldeuboi", OriginalTitle: "올드보이", Year: 2003, Directors: []string{"Park Chan-wook"}, Countries: []string{"South Korea"},
		IDs: review.FilmIDs{IMDb: "tt0364569", TMDB: "670", Wikidata: "Q483815", Letterboxd: "oldboy"},
	}
	if diff := cmp.Diff(want, r.Film, exact); diff != "" {
		t.Errorf("film: -want +got:\n%s", diff)
	}
	got := []string{r.URL, r.Language, r.Critic.Name, string(r.Critic.ID), r.PublishedAt.Format(time.RFC3339), r.ModifiedAt.Format(time.RFC3339),
		r.WatchedOn.String(), fmt.Sprint(r.Rewatch), strings.Join(r.Tags, "+"), r.Summary, r.Rating.String()}
	wantFields := []string{"https://critic.example/a/", "en-US", "Jane Doe", "jane-doe", "2020-05-29T08:00:00Z", "2020-06-01T00:00:00Z",
		"2020-05-28", "true", "Thriller+Korean+Revenge", "A corridor, a hammer.", "positive"}
	if diff := cmp.Diff(wantFields, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCredits(t *testing.T) {
	type credit = review.Credit
	for _, c := range []struct {
		name, body string
		want       []review.Credit
	}{
		{"one line each", "Directed by Jane Campion\n\nStarring: Holly Hunter, Harvey Keitel & Sam Neill",
			[]credit{{Role: "director", Names: []string{"Jane Campion"}}, {Role: "cast", Names: []string{"Holly Hunter", "Harvey Keitel", "Sam Neill"}}}},
		{"on one line", "Director: Jane Campion | Writer: Jane Campion | Cast: Holly Hunter",
			[]credit{{Role: "director", Names: []string{"Jane Campion"}}, {Role: "writer", Names: []string{"Jane Campion"}}, {Role: "cast", Names: []string{"Holly Hunter"}}}},
		{"two roles", "Written and directed by Greta Gerwig.",
			[]credit{{Role: "director", Names: []string{"Greta Gerwig"}}, {Role: "writer", Names: []string{"Greta Gerwig"}}}},
		{"parts and generations", "Starring Robert Downey, Jr., Holly Hunter (Ada) and Mark O'Brien as Joe",
			[]credit{{Role: "cast", Names: []string{"Robert Downey, Jr.", "Holly Hunter", "Mark O'Brien"}}}},
		{"particles", "Directed by Guillermo del Toro and Florian Henckel von Donnersmarck",
			[]credit{{Role: "director", Names: []string{"Guillermo del Toro", "Florian Henckel von Donnersmarck"}}}},
		{"names lost", "Directed by\n\nStarring: , and", []credit{{Role: "director", Lost: true}, {Role: "cast", Lost: true}}},
		{"lost once, there once", "Directed by\n\nDirector: Jane Campion", []credit{{Role: "director", Names: []string{"Jane Campion"}}}},
		{"prose", "Directed by Jane Campion, this is a film about a piano.", nil},
		{"prose in capitals", "Starring Role Of A Lifetime For One Very Young Lady", nil},
		{"prose with stars", "Starring roles are hard to come by.", nil},
		{"prose with music", "Music is what she has.", nil},
		{"prose with a cast", "Cast against type: he smiles.", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormText, Body: c.body + "\n\nA woman who does not speak is put ashore with her piano."}
			d.Stated.Title = "The Piano"
			r := read(t, d)
			if diff := cmp.Diff(c.want, r.Credits); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			lost := 0
			for _, w := range r.Warnings {
				if w.Code == "credits.names_lost" {
					lost++
				}
			}
			if (lost == 1) != strings.Contains(fmt.Sprint(c.want), "true") {
				t.Errorf("warnings %v", r.Warnings)
			}
			if !strings.HasPrefix(r.Summary, "A woman") && c.want != nil {
				t.Errorf("summary %q", r.Summary)
			}
		})
	}
	for body, want := range map[string][]credit{
		"<h4>Cast</h4><ul><li>Holly Hunter as Ada</li><li>Sam Neill</li></ul><h4>Director</h4><p>It is long.</p>": {{Role: "cast", Names: []string{"Holly Hunter", "Sam Neill"}}, {Role: "director", Lost: true}},
		"<h4>Cast</h4><p>Holly Hunter</p><p>It is long.</p>":                                                      {{Role: "cast", Lost: true}},
		"<p>Written by Jane Campion</p><p>It is long.</p>":                                                        {{Role: "writer", Names: []string{"Jane Campion"}}},
	} {
		r := read(t, review.Document{Form: review.FormHTML, Body: body, Stated: review.Review{Title: "The Piano"}})
		if diff := cmp.Diff(want, r.Credits); diff != "" || r.Critic.Name != "" {
			t.Errorf("%s: critic %q, -want +got:\n%s", body, r.Critic.Name, diff)
		}
	}
	r := read(t, review.Document{Form: review.FormHTML, Body: "<h1>The Piano</h1><dl><dt>Director</dt><dd>Jane Campion</dd><dt>Cast</dt><dd></dd></dl><p>It is long.</p>"})
	if diff := cmp.Diff([]credit{{Role: "director", Names: []string{"Jane Campion"}}, {Role: "cast", Lost: true}}, r.Credits); diff != "" {
		t.Errorf("definitions: -want +got:\n%s", diff)
	}
}

func TestBoilerplate(t *testing.T) {
	const prose = "It begins in a school that is too quiet, and nothing in it is hurried."
	for _, c := range []struct{ name, body, want string }{
		{"comment form", "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n\nName *\n\nSubmit", ""},
		{"post a comment", "Post a Comment\n\nNice one! said somebody, at great length, who had not seen it.", ""},
		{"counted comments", "3 thoughts on “Mulan”\n\nI liked it.", ""},
		{"form labels alone", "Name\n\nEmail\n\nWebsite", ""},
		{"share bar", "Share this:\n\nFacebook\n\nTwitter\n\nEmail", ""},
		{"share bar on one line", "Share on Facebook Twitter Pinterest", ""},
		{"footer of the feed", "The post Mulan appeared first on The Back Row.", ""},
		{"footer of the feed, otherwise", "The post Mulan first appeared on The Back Row.", ""},
		{"read more", "Continue reading Mulan →", ""},
		{"filed", "Filed under: Reviews, Disney", ""},
		{"related", "Related\n\nOldboy\n\nStalker", ""},

		{"one label is a word", "Name", "Name"},
		{"one network is a film", "X", "X"},
		{"two films", "Threads and Pocket are films too.", "Threads and Pocket are films too."},
		{"a reply in prose", "Leave a reply on the desk, she says, and goes.", "Leave a reply on the desk, she says, and goes."},
		{"comments in prose", "Three comments on the score follow.", "Three comments on the score follow."},
		{"the post in prose", "The post arrives first thing on Monday.", "The post arrives first thing on Monday."},
		{"share in prose", "Share this with your mother.", "Share this with your mother."},
		{"read in prose", "Read more books, he tells her.", "Read more books, he tells her."},
		{"related in prose", "Related\n\n" + prose + " " + prose, "Related\n\n" + prose + " " + prose},
		{"watched in prose", "Watched on a plane, it shrinks.", "Watched on a plane, it shrinks."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormText, Body: prose + "\n\n" + c.body}
			d.Stated.Title = "Mulan"
			want := strings.TrimSpace(prose + "\n\n" + c.want)
			if got := read(t, d).BodyText; got != want {
				t.Errorf("text\n got %q\nwant %q", got, want)
			}
		})
	}
	top := read(t, review.Document{Form: review.FormText, Stated: review.Review{Title: "Mulan"}, Body: "Leave a comment\n\n" + prose})
	if top.BodyText != prose {
		t.Errorf("a link on top: %q", top.BodyText)
	}
}

func TestBareRatings(t *testing.T) {
	for _, c := range []struct {
		name, body, rating string
		want               review.EntryKind
		watched            string
	}{
		{"nothing", "", "3/5", review.EntryRating, ""},
		{"a placeholder", "<p><em>[No review was written for this episode]</em></p>", "3/5", review.EntryRating, ""},
		{"a day", "<p>Watched on Friday May 3, 2019.</p>", "3/5", review.EntryRating, "2019-05-03"},
		{"a poster", `<p><img src="https://a.example/p.jpg"></p>`, "3/5", review.EntryRating, ""},
		{"credits and a rating", "<p>Directed by Jane Campion</p><p>Rating: 3/5</p>", "", review.EntryRating, ""},
		{"a text", "<p>No review was written about it until now.</p>", "3/5", review.EntryReview, ""},
		{"neither", "", "", review.EntryReview, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormHTML, Body: c.body, RatingText: c.rating}
			d.Stated.Title = "The Piano"
			r := read(t, d)
			if r.EntryKind != c.want || r.WatchedOn.String() != c.watched {
				t.Errorf("%s, watched %q", r.EntryKind, r.WatchedOn)
			}
			if r.EntryKind == review.EntryRating && (r.BodyText != "" || r.BodyHTML != "" || r.Summary != "") {
				t.Errorf("a bare rating with a text: %q", r.BodyHTML)
			}
		})
	}
}

func TestDamagedTexts(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"empty brackets", "There one of her teachers () has told them.", "There one of her teachers () has told them."},
		{"a comma after by", "Kathy, played by , who never shouts, is there.", "Kathy, played by , who never shouts, is there."},
		{"by and", "It was written by and shot in a week.", "It was written by and shot in a week."},
		{"a full stop after by", "It is directed by .", "It is directed by ."},
		{"commas in brackets", "The brothers ( , ) are late.", "The brothers ( , ) are late."},
		{"code", "Call main() and wait.", ""},
		{"a smile", "It ends well :-()", ""},
		{"a loose comma", "He came , saw , and went.", ""},
		{"sound", "It is good, by and large.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormText, Body: c.body}
			d.Stated.Title = "Mulan"
			got := ""
			for _, w := range read(t, d).Warnings {
				if w.Code == "text.names_lost" {
					got = w.Detail
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	for _, c := range []struct {
		line      string
		year      int
		countries string
		festivals string
	}{
		{"UK/USA 2010, 103 min", 2010, "United Kingdom+United States", ""},
		{"(France, Germany and Italy, 2001. 122 mins. PG)", 2001, "France+Germany+Italy", ""},
		{"2003 | South Korea | Thriller", 2003, "South Korea", ""},
		{"London Film Festival 2011", 1993, "", "London Film Festival 2011"},
		{"Toronto International Film Festival (2011)", 1993, "", "Toronto International Film Festival 2011"},
		{"In France in 1940 it was otherwise", 1993, "", ""},
		{"France", 1993, "", ""},
		{"The film festival of 2011 was dull", 1993, "", ""},
	} {
		d := review.Document{Form: review.FormText, Body: c.line + "\n\nA woman who does not speak is put ashore."}
		d.Stated.Title = "The Piano (1993)"
		r := read(t, d)
		festivals := ""
		for _, f := range r.Festivals {
			festivals += fmt.Sprint(f.Name, " ", f.Year)
		}
		if r.Film.Year != c.year || strings.Join(r.Film.Countries, "+") != c.countries || festivals != c.festivals {
			t.Errorf("%q: year %d, countries %v, festivals %q", c.line, r.Film.Year, r.Film.Countries, festivals)
		}
		if c.year != 1993 && fmt.Sprint(r.Film.Years) != fmt.Sprint(map[bool][]int{true: {1993, c.year}}[c.year > 1993]) {
			t.Errorf("%q: years %v", c.line, r.Film.Years)
		}
	}
}

func TestSummaries(t *testing.T) {
	long := strings.Repeat("word ", 100)
	for _, c := range []struct{ name, stated, body, want string }{
		{"stated", "<p>A <b>joy</b>.</p>", "<p>Text.</p>", "A joy."},
		{"stated with a footer", "<p>A joy.</p><p>The post Mulan appeared first on The Back Row.</p>", "<p>Text.</p>", "A joy."},
		{"whole sentences", "", "<p>Mr. Darcy swims! J. Doe does not. Then " + long + ".</p>", "Mr. Darcy swims! J. Doe does not."},
		{"over paragraphs", "", "<h2>One</h2><p>First.</p><p>Second.</p>", "First. Second."},
		{"a long first sentence", "", "<p>" + long + "</p>", strings.Repeat("word ", 55)[:274] + "…"},
		{"facts left out", "", "<p>Running time: 104 min</p><p>Rating: 3/5</p><p>It is long.</p>", "It is long."},
		{"no text", "", "", ""},
		{"words without an end", "", "<p>Jane Doe</p><p>It is long.</p><p>The end</p>", "It is long."},
		{"nothing but words without an end", "", "<p>A far cry from the book</p>", "A far cry from the book"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormHTML, Body: c.body}
			d.Stated.Title, d.Stated.Summary = "Mulan", c.stated
			if got := read(t, d).Summary; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCritics(t *testing.T) {
	jane := review.Critic{ID: "jd", Name: "Jane Doe", Outlet: "The Back Row"}
	for _, c := range []struct {
		name     string
		stated   review.Critic
		body     string
		defaults review.Critic
		want     review.Critic
	}{
		{"default", review.Critic{}, "It is long.", jane, jane},
		{"stated", review.Critic{Name: "Tom Okafor"}, "By Ida Berg\n\nIt is long.", jane, review.Critic{ID: "tom-okafor", Name: "Tom Okafor", Outlet: "The Back Row"}},
		{"the same as the default", review.Critic{Name: "jane doe"}, "It is long.", jane, review.Critic{ID: "jd", Name: "jane doe", Outlet: "The Back Row"}},
		{"byline", review.Critic{}, "Reviewed by Ida Berg\n\nIt is long.", jane, review.Critic{ID: "ida-berg", Name: "Ida Berg", Outlet: "The Back Row"}},
		{"byline with a date", review.Critic{}, "By Ida Berg | May 3, 2020\n\nIt is long.", review.Critic{}, review.Critic{ID: "ida-berg", Name: "Ida Berg"}},
		{"no byline", review.Critic{}, "By God, it is long.", review.Critic{}, review.Critic{ID: "god", Name: "God"}},
	} {
		if c.name == "no byline" {
			c.body, c.want = "By the time it ends, it is long.", review.Critic{}
		}
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormText, Body: c.body}
			d.Stated.Title, d.Stated.Critic, d.Defaults.Critic = "Mulan", c.stated, c.defaults
			if diff := cmp.Diff(c.want, read(t, d).Critic); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFilmIDsFromLinks(t *testing.T) {
	link := func(urls ...string) string {
		out := "<p>It is long."
		for _, u := range urls {
			out += ` <a href="` + u + `">x</a>`
		}
		return out
	}
	for _, c := range []struct {
		name, body string
		want       review.FilmIDs
	}{
		{"one of each", link("https://www.imdb.com/title/tt0133093/?ref_=x", "https://www.themoviedb.org/movie/603-the-matrix", "https://letterboxd.com/film/the-matrix/", "https://www.wikidata.org/wiki/Q83495"),
			review.FilmIDs{IMDb: "tt0133093", TMDB: "603", Letterboxd: "the-matrix", Wikidata: "Q83495"}},
		{"the same twice", link("https://m.imdb.com/title/tt0133093/", "http://imdb.com/title/tt0133093"), review.FilmIDs{IMDb: "tt0133093"}},
		{"two films", link("https://www.imdb.com/title/tt0133093/", "https://www.imdb.com/title/tt0234215/", "https://www.imdb.com/title/tt0133093/"), review.FilmIDs{}},
		{"television", link("https://www.themoviedb.org/tv/1399"), review.FilmIDs{}},
		{"a person", link("https://www.imdb.com/name/nm0000206/"), review.FilmIDs{}},
		{"another host", link("https://notimdb.com/title/tt0133093/"), review.FilmIDs{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: review.FormHTML, Body: c.body}
			d.Stated.Title = "The Matrix"
			if diff := cmp.Diff(c.want, read(t, d).Film.IDs); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDefaultsAndStatedFieldsAreLeftAlone(t *testing.T) {
	tags := append(make([]string, 0, 8), "a")
	d := review.Document{Form: review.FormHTML, Body: "<p>Directed by Jane Campion</p><p>It is long.</p>"}
	d.Stated.Title, d.Stated.Tags = "Mulan", tags
	d.Defaults = review.Defaults{Tags: []string{"A", "b"}, Language: "DE_at", Rights: review.RightsExcerpt}
	r := read(t, d)
	if strings.Join(r.Tags, "+") != "a+b" || r.Language != "de-AT" || r.Rights != review.RightsExcerpt {
		t.Errorf("tags %v, language %q, rights %q", r.Tags, r.Language, r.Rights)
	}
	if tags[:2][1] != "" || len(d.Stated.Credits) != 0 {
		t.Error("the document was written to")
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, path := range goldenFiles(f) {
		if strings.HasSuffix(path, ".md") {
			f.Add(goldenDocument(f, path).Body)
		}
	}
	f.Add("---\nrating: [[1, {a: 2}], 3]\nfilm: [1]\nauthor: [[x]]\ndate: {a: b}\n---\n> > > [a]: <b>")
	f.Fuzz(func(t *testing.T, body string) { fuzzForm(t, review.FormMarkdown, body) })
}

func FuzzPage(f *testing.F) {
	for _, path := range goldenFiles(f) {
		if strings.HasSuffix(path, ".html") {
			f.Add(goldenDocument(f, path).Body)
		}
	}
	f.Add(`<article class=p-rating itemprop=author><script type="application/ld+json">[{"@type":["Review"],"review":[{"@graph":{}}]}]</script></div></article>`)
	f.Fuzz(func(t *testing.T, body string) { fuzzForm(t, review.FormPage, body) })
}

func FuzzText(f *testing.F) {
	for _, path := range goldenFiles(f) {
		if strings.HasSuffix(path, ".txt") {
			f.Add(goldenDocument(f, path).Body)
		}
	}
	f.Add("Mulan (Le (2020) - [★★★\nBy Directed by\nRating: (out of \n\nI give it ")
	f.Fuzz(func(t *testing.T, body string) { fuzzForm(t, review.FormText, body) })
}

func fuzzForm(t *testing.T, form review.Form, body string) {
	body = strings.ReplaceAll(strings.ToValidUTF8(body, "\ufffd"), "\x00", "") // as every source hands it out
	d := review.Document{GUID: "1", URL: "https://critic.example/x/", Form: form, Body: body}
	r, err := normalize.Normalize(d)
	if err == nil {
		checkReview(t, d, r)
	}
}
