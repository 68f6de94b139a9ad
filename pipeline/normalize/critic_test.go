package normalize_test

import (
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// wrote are the ids of who wrote a review, the critic first.
func wrote(r *review.Review) string {
	var ids []string
	for _, c := range r.Critics() {
		ids = append(ids, string(c.ID))
	}
	return strings.Join(ids, " ")
}

// TestSeveralCritics: who is named is who wrote it, and nobody is made up.
func TestSeveralCritics(t *testing.T) {
	for _, c := range []struct{ name, stated, want string }{
		{"two", "Jane Doe and John Roe", "jane-doe john-roe"},
		{"two with a sign", "Jane Doe & John Roe", "jane-doe john-roe"},
		{"three", "Jane Doe, John Roe and Ann Poe", "jane-doe john-roe ann-poe"},
		{"three with the other comma", "Jane Doe, John Roe, and Ann Poe", "jane-doe john-roe ann-poe"},
		{"three with two words", "Jane Doe and John Roe and Ann Poe", "jane-doe john-roe ann-poe"},
		{"German", "Änne Müller und Jan von der Heide", "anne-muller jan-von-der-heide"},
		{"French", "Jeanne Dupont et Jean Martin", "jeanne-dupont jean-martin"},
		{"markup", "<a href='/jane'>Jane Doe</a> &amp; John Roe", "jane-doe john-roe"},
		{"one twice", "Jane Doe and Jane Doe", "jane-doe"},
		{"one family name", "Jane and John Doe", "jane-and-john-doe"},
		{"a surname with a word in it", "Santiago Ramón y Cajal López", "santiago-ramon-y-cajal-lopez"},
		{"a title", "Sight and Sound", "sight-and-sound"},
		{"a person and a department", "Jane Doe and the Film Team", "jane-doe-and-the-film-team"},
		{"a person and a paper", "Jane Doe and Film Comment", "jane-doe-and-film-comment"},
		{"a place", "Jane Doe, Chicago Heights", "jane-doe-chicago-heights"},
		{"a paper", "Jane Doe, Evening Standard", "jane-doe-evening-standard"},
		{"the family name first", "Doe, Jane", "doe-jane"},
		{"a place after several", "Jane Doe and John Roe, Chicago", "jane-doe-and-john-roe-chicago"},
		{"a handle", "jane & john", "jane-and-john"},
		{"a duo", "Siskel & Ebert", "siskel-and-ebert"},
		{"an account", "admin", "admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stated := review.Review{Title: "The Piano", Critic: review.Critic{Name: c.stated}}
			r := read(t, review.Document{Form: review.FormHTML, Body: "<p>" + prose + "</p>", Stated: stated})
			if got := wrote(&r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestBylinesOfPages: what stands with a name in the place of a byline is not a part of it,
// and what is no name names nobody.
func TestBylinesOfPages(t *testing.T) {
	for by, want := range map[string]string{
		"Jane Doe":                  "jane-doe",
		"Jane Doe | 3 min read":     "jane-doe",
		"Jane Doe · 4 May":          "jane-doe",
		"Reviewed by Jane Doe":      "jane-doe",
		"Jane Doe, staff critic":    "jane-doe",
		"{{ post.author }}":         "",
		"&lt;%= author %&gt;":       "",
		"★★★½":                      "",
		"jane_doe":                  "",
		"jane@aisle.example":        "",
		"https://aisle.example/jan": "",
	} {
		d := review.Document{Form: review.FormPage, Body: `<title>The Piano</title><meta name="author" content="` + by + `"><article><p>` + prose + "</p></article>"}
		r := read(t, d)
		if got := wrote(&r); got != want {
			t.Errorf("%s: %q, want %q", by, got, want)
		}
	}
}

// TestCriticsOfFields: lists of authors, and what stands among them that is none.
func TestCriticsOfFields(t *testing.T) {
	jane := review.Critic{Name: "Jane Doe", URL: "https://e.org/jane"}
	for _, c := range []struct {
		name     string
		stated   review.Review
		defaults review.Critic
		want     string
	}{
		{"two", review.Review{Critic: jane, CoCritics: []review.Critic{{Name: "John Roe"}}}, review.Critic{}, "jane-doe john-roe"},
		{"one twice", review.Review{Critic: jane, CoCritics: []review.Critic{{Name: "JANE DOE"}, {Name: " "}}}, review.Critic{}, "jane-doe"},
		{"the outlet too", review.Review{Critic: jane, CoCritics: []review.Critic{{Name: "The Aisle Seat"}}}, review.Critic{Outlet: "The Aisle Seat"}, "jane-doe"},
		{"the outlet first", review.Review{Critic: review.Critic{Name: "the aisle seat"}, CoCritics: []review.Critic{jane}}, review.Critic{Outlet: "The Aisle Seat"}, "jane-doe"},
		{"an account first", review.Review{Critic: review.Critic{Name: "admin"}, CoCritics: []review.Critic{jane}}, review.Critic{}, "jane-doe"},
		{"the outlet alone", review.Review{Critic: review.Critic{Name: "The Aisle Seat"}}, review.Critic{Outlet: "The Aisle Seat"}, "the-aisle-seat"},
		{"a list in a list", review.Review{Critic: jane, CoCritics: []review.Critic{{Name: "John Roe & Ann Poe"}}}, review.Critic{}, "jane-doe john-roe ann-poe"},
		{"the operator's id", review.Review{Critic: review.Critic{Name: "John Roe"}, CoCritics: []review.Critic{{Name: "Jane Doe"}}}, review.Critic{ID: "jd", Name: "jane doe"}, "john-roe jd"},
		{"the operator's pair", review.Review{Critic: review.Critic{Name: "Jane Doe and John Roe"}}, review.Critic{ID: "duo", Name: "Jane Doe and John Roe"}, "duo"},
		{"nobody but the operator's", review.Review{}, review.Critic{Name: "Jane Doe and John Roe"}, "jane-doe-and-john-roe"},
		{"ids", review.Review{Critic: review.Critic{ID: "a", Name: "Jane Doe"}, CoCritics: []review.Critic{{ID: "b", Name: "Jane Doe"}}}, review.Critic{}, "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.stated.Title = "The Piano"
			r := read(t, review.Document{Form: review.FormHTML, Body: "<p>" + prose + "</p>", Stated: c.stated, Defaults: review.Defaults{Critic: c.defaults}})
			if got := wrote(&r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, co := range r.CoCritics {
				if co.Outlet != r.Critic.Outlet {
					t.Errorf("%s writes for %q, not for %q", co.Name, co.Outlet, r.Critic.Outlet)
				}
			}
		})
	}
}

// TestCriticsOfTexts: by-lines, front matter and JSON-LD.
func TestCriticsOfTexts(t *testing.T) {
	const ld = `<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Movie","name":"The Piano"},"author":%s}</script>`
	page := func(authors string) review.Document {
		return review.Document{Form: review.FormPage, URL: "https://e.org/1", Body: "<title>The Piano</title>" + strings.Replace(ld, "%s", authors, 1) + "<article><p>" + prose + "</p></article>"}
	}
	matter := func(lines string) review.Document {
		return review.Document{Form: review.FormMarkdown, Body: "---\ntitle: The Piano\n" + lines + "\n---\n" + prose}
	}
	byline := func(line string) review.Document {
		return review.Document{Form: review.FormHTML, Body: "<p>" + line + "</p><p>" + prose + "</p>", Stated: review.Review{Title: "The Piano"}}
	}
	for _, c := range []struct {
		name string
		doc  review.Document
		want string
	}{
		{"a by-line of two", byline("By Jane Doe and John Roe"), "jane-doe john-roe"},
		{"a by-line of two with a date", byline("By Jane Doe and John Roe | June 2, 2022"), "jane-doe john-roe"},
		{"a by-line of three", byline("Reviewed by Jane Doe, John Roe &amp; Ann Poe"), "jane-doe john-roe ann-poe"},
		{"a by-line and a place", byline("By Jane Doe, Chicago"), "jane-doe"},
		{"two posted", byline("Posted on 2 June 2022 by Jane Doe & John Roe"), "jane-doe john-roe"},
		{"a list of names", matter("authors: [Jane Doe, John Roe]"), "jane-doe john-roe"},
		{"a list of people", matter("authors:\n  - name: Jane Doe\n    url: https://e.org/jane\n  - {name: John Roe}"), "jane-doe john-roe"},
		{"an author and the authors", matter("author: Jane Doe\nauthors: [Jane Doe, John Roe]"), "jane-doe john-roe"},
		{"one line", matter("author: Jane Doe and John Roe"), "jane-doe john-roe"},
		{"an empty list", matter("authors: []"), ""},
		{"JSON-LD of two", page(`[{"@type":"Person","name":"Jane Doe"},{"@type":"Person","name":"John Roe"}]`), "jane-doe john-roe"},
		{"JSON-LD names", page(`["Jane Doe","John Roe"]`), "jane-doe john-roe"},
		{"JSON-LD with a publisher", page(`[{"@type":"Organization","name":"A Film Paper"},{"@type":"Person","name":"Jane Doe","url":"/jane"}]`), "jane-doe"},
		{"JSON-LD of a publisher", page(`{"@type":"Organization","name":"A Film Paper"}`), "a-film-paper"},
		{"JSON-LD of nobody", page(`[{"@type":"Person"},7,null]`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, c.doc)
			if got := wrote(&r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	r := read(t, page(`[{"name":"A"},{"@type":"Person","name":"Jane Doe","url":"/jane"}]`))
	if len(r.CoCritics) != 1 || r.CoCritics[0].URL != "https://e.org/jane" {
		t.Errorf("co-critics %+v", r.CoCritics)
	}
}
