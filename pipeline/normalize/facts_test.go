package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

func TestCatalogueLines(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"Dir. Ken Loach, UK 1969, 110 mins", "1969 United Kingdom Ken Loach"},
		{"Dir: Ken Loach; UK; 1969; 110 mins; cert 12", "1969 United Kingdom Ken Loach"},
		{"(Dir. Ken Loach, UK, 1969)", "1969 United Kingdom Ken Loach"},
		{"Dir. Ken Loach. UK 1969. 1h 50m. PG", "1969 United Kingdom Ken Loach"},
		{"Dir Ken Loach | UK/France 1969 | 110'", "1969 United Kingdom+France Ken Loach"},
		{"d. Joel Coen & Ethan Coen, USA 1991, 116 min", "1991 United States Joel Coen+Ethan Coen"},
		{"Directed by Ken Loach, 1969, 110 mins", "1969  Ken Loach"},
		{"UK 1969 Dir: Ken Loach", ""},
		{"UK 1969, Dir: Ken Loach, Starring: David Bradley, Freddie Fletcher", "1969 United Kingdom Ken Loach"},
		{"UK/France 1969", "1969 United Kingdom+France"},
		{"(1969, UK)", "1969 United Kingdom"},
		{"(1969)", "1969"},
		{"UK – 1969 – Drama", "1969 United Kingdom"},
		{"1969, 110 minutes", "1969"},
		{"Country: UK | Year: 1969 | Running time: 110 mins", "1969 United Kingdom"},
		{"Year: 1969", "1969"},
		{"Genre: Drama, coming of age | Language: English", ""},
		{"Running time: 110 mins, rated PG", ""},
		{"110 mins", ""},
		{"UK 1969, London Film Festival 2010", "1969 United Kingdom"},
		{"London Film Festival (2010) – UK 1969", "1969 United Kingdom"},
		{"Korea, 123 min, subtitled", " South Korea"},

		{"1969 was a year in the UK", ""},
		{"In the UK, 1969, boys went down the pit.", "-"},
		{"Paris, 1962", ""},
		{"1917, 1943", ""},
		{"1969", ""},
		{"Drama in 3 acts", ""},
		{"Dir. Ken Loach takes 110 mins to get there.", "-"},
		{"Directed by Ken Loach in 1969, it holds up.", "-"},
		{"Comedy, horror and 12 monkeys", ""},
	} {
		for _, form := range []review.Form{review.FormText, review.FormHTML} {
			t.Run(c.line+" "+string(form), func(t *testing.T) {
				d := review.Document{Form: form, Body: c.line + "\n\n" + prose}
				if form == review.FormHTML {
					d.Body = "<p>" + c.line + "</p><p>" + prose + "</p>"
				}
				d.Stated.Title = "Kes"
				r := read(t, d)
				got := ""
				if r.Film.Year != 0 {
					got = fmt.Sprint(r.Film.Year)
				}
				got = strings.TrimRight(got+" "+strings.Join(r.Film.Countries, "+")+" "+strings.Join(r.Film.Directors, "+"), " ")
				if leads := !strings.HasPrefix(r.Summary, prose); leads {
					got = strings.TrimSpace(got + "-")
				}
				if got != c.want {
					t.Errorf("got %q, want %q; summary %q", got, c.want, r.Summary)
				}
			})
		}
	}
}

// TestWhatDoesNotLeadTheSummary: the lines over a review are not what it says.
func TestWhatDoesNotLeadTheSummary(t *testing.T) {
	for _, c := range []struct{ name, over string }{
		{"credits", "<p>Directed by Jane Campion<br>Starring Holly Hunter</p>"},
		{"credits before the text of one paragraph", "<p>Directed by Jane Campion<br>"},
		{"a byline before the text of one paragraph", "<p>By Jane Doe<br>May 3, 1993<br>"},
		{"a rating", "<p>★★★★☆</p>"},
		{"a labelled rating", "<p>Rating: 4/5</p>"},
		{"a rating in front of the text", "<p>★★★★☆ – "},
		{"a rating as a sentence", "<p>4/5. "},
		{"facts", "<p>New Zealand 1993, 121 min</p>"},
		{"a caption", "<figure><img src=/a.jpg><figcaption>Holly Hunter, and her piano on the beach.</figcaption></figure>"},
		{"a caption in a box", `<div class="wp-caption alignleft"><img src=/a.jpg><p class="wp-caption-text">Holly Hunter, and her piano on the beach.</p></div>`},
		{"a caption in a table", `<table class="tr-caption-container"><tr><td><img src=/a.jpg></td></tr><tr><td class="tr-caption">Holly Hunter.</td></tr></table>`},
		{"whose the picture is", "<p>Photo: Jane Doe for the piano makers</p><p>Courtesy of Miramax.</p>"},
		{"a spoiler warning", "<p>Warning: spoilers ahead!</p>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := c.over
			if !strings.Contains(body[len(body)-5:], "</") {
				body += prose + "</p>"
			} else {
				body += "<p>" + prose + "</p>"
			}
			r := read(t, review.Document{Form: review.FormHTML, URL: "https://critic.example/", Body: body, Stated: review.Review{Title: "The Piano"}})
			if r.Summary != prose {
				t.Errorf("summary %q", r.Summary)
			}
		})
	}
	few := read(t, review.Document{Form: review.FormHTML, Body: "<p>Directed by Jane Campion<br>Long and loud<br>And lovely<br>See it</p>", Stated: review.Review{Title: "The Piano"}})
	if few.Summary != "Long and loud And lovely See it" || few.EntryKind != review.EntryReview || few.BodyText == "" {
		t.Errorf("a few words under a credit: %s, summary %q", few.EntryKind, few.Summary)
	}
	for _, text := range []string{"Directed with care.", "By and large it works.", "★ is a film about a star.", "A scene from the middle says it: wait."} {
		if r := over(t, review.FormHTML, text); !strings.HasPrefix(r.Summary, text) {
			t.Errorf("%q is prose, and gone from %q", text, r.Summary)
		}
	}
}
