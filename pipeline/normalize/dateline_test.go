package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

const prose = "A woman who does not speak is put ashore with her piano, and nobody will carry it up the beach for her."

// over reads a text with some lines over it.
func over(t testing.TB, form review.Form, lines string) review.Review {
	t.Helper()
	d := review.Document{Form: form, Body: lines + "\n\n" + prose + "\n"}
	if form != review.FormText {
		d.Body = "<p>" + strings.ReplaceAll(lines, "\n", "</p><p>") + "</p><p>" + prose + "</p>"
	}
	d.Stated.Title = "The Piano (1993)"
	return read(t, d)
}

func TestDatelines(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"January 4, 2020", "2020-01-04"},
		{"4 January 2020", "2020-01-04"},
		{"Jan 4th, 2020", "2020-01-04"},
		{"Jan. 4, 2020", "2020-01-04"},
		{"Sept 14 2020", "2020-09-14"},
		{"2020-01-04", "2020-01-04"},
		{"2020/1/4", "2020-01-04"},
		{"24.01.2020", "2020-01-24"},
		{"01/24/2020", "2020-01-24"},
		{"Saturday, January 4, 2020", "2020-01-04"},
		{"Sat 4 Jan 2020", "2020-01-04"},
		{"SATURDAY, 4TH JANUARY, 2020", "2020-01-04"},
		{"4. Januar 2020", "2020-01-04"},
		{"4 janvier 2020", "2020-01-04"},
		{"4 de enero de 2020", "2020-01-04"},
		{"January 4, 2020 at 10:30 am", "2020-01-04"},
		{"January 4, 2020 · 4 min read", "2020-01-04"},
		{"Posted: January 4, 2020", "2020-01-04"},
		{"Published on 4 January 2020 in Reviews", "2020-01-04"},
		{"Reviewed by Petra Halloran on 2 June 2022", "2022-06-02 Petra Halloran"},
		{"By Petra Halloran | June 2, 2022", "2022-06-02 Petra Halloran"},
		{"By Petra Halloran, June 2, 2022", "2022-06-02 Petra Halloran"},
		{"by Petra Halloran – 2 June 2022 – 3 comments", "2022-06-02 Petra Halloran"},
		{"Posted on June 2, 2022 by Petra Halloran", "2022-06-02 Petra Halloran"},
		{"Posted by Petra Halloran on June 2, 2022", "2022-06-02 Petra Halloran"},
		{"June 2, 2022 by Petra Halloran", "2022-06-02 Petra Halloran"},
		{"Film review by J. P. van Berg, 2022-06-02", "2022-06-02 J. P. van Berg"},
		{"By Petra Halloran", "- Petra Halloran"},
		{"January 4th, 2008 by petra", "2008-01-04"},
		{"By Petra Halloran, | January 4, 2008", "2008-01-04 Petra Halloran"},

		{"04/05/2020", "-"},
		{"04.01.2020", "-"},
		{"12.01.2020", "-"},
		{"13.01.2020", "2020-01-13"},
		{"31 February 2020", "-"},
		{"January 32, 2020", "-"},
		{"January 2020", "-"},
		{"4 January", "-"},
		{"Saturday", "-"},
		{"2020", "-"},
		{"4 January 20200", "-"},
		{"January 4, 2020 was the day nobody came.", "-"},
		{"4 January 2020 is when it begins", "-"},
		{"On January 4, 2020 it snowed.", "-"},
		{"Release date: January 4, 2020", "-"},
		{"Opens January 4, 2020", "-"},
		{"May 4, 2020 be with you", "-"},
		{"March of the 4 2020s", "-"},
		{"By January 4, 2020", "-"},
		{"By January 4, 2020 she has gone.", "-"},
		{"June 2, 2022 | June 3, 2022", "-"},
	} {
		for _, form := range []review.Form{review.FormText, review.FormHTML, review.FormPage, review.FormMarkdown} {
			t.Run(c.line+" "+string(form), func(t *testing.T) {
				r := over(t, form, c.line)
				got := "-"
				if !r.PublishedAt.IsZero() {
					got = strings.TrimSuffix(r.PublishedAt.Format("2006-01-02T15:04:05Z07:00"), "T00:00:00Z")
				}
				if got = strings.TrimSpace(got + " " + r.Critic.Name); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if c.want != "-" && r.Summary != prose {
					t.Errorf("the line leads the summary: %q", r.Summary)
				}
			})
		}
	}
}

func TestWhereADateMayStand(t *testing.T) {
	const date = "January 4, 2020"
	for _, c := range []struct {
		name, body string
		form       review.Form
		dated      bool
	}{
		{"over the title", date + "\n\nThe Piano\n\n" + prose, review.FormText, true},
		{"under the byline", "The Piano\n\nReviewed by Jane Doe\n" + date + "\n\n" + prose, review.FormText, true},
		{"under the credits", "The Piano\n\n" + strings.Repeat("Starring Holly Hunter\n", 7) + "\n" + date + "\n\n" + prose, review.FormText, true},
		{"under a standfirst", prose + "\n\n" + date + "\n\n" + prose, review.FormText, true},
		{"on the first line of a paragraph", "<p>" + date + "<br>" + prose + "</p>", review.FormHTML, true},
		{"far down", strings.Repeat(prose+"\n\n", 8) + date + "\n\n" + prose, review.FormText, false},
		{"far down, signed", strings.Repeat(prose+"\n\n", 8) + "Reviewed by Jane Doe, " + date, review.FormText, true},
		{"far down, posted", strings.Repeat("<p>"+prose+"</p>", 8) + "<p>Posted by Jane Doe on " + date + "</p>", review.FormHTML, true},
		{"in a quotation", "<blockquote>" + date + "</blockquote><p>" + prose, review.FormHTML, false},
		{"beside a label", "<table><tr><td>Released</td><td>" + date + "</td></tr></table><p>" + prose, review.FormHTML, false},
		{"behind a term", "<dl><dt>Released</dt><dd>" + date + "</dd></dl><p>" + prose, review.FormHTML, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := review.Document{Form: c.form, Body: c.body}
			if c.form == review.FormHTML {
				d.Stated.Title = "The Piano"
			}
			r := read(t, d)
			if r.PublishedAt.IsZero() == c.dated {
				t.Errorf("published at %v", r.PublishedAt)
			}
			if r.Film.Title != "The Piano" && c.form == review.FormHTML {
				t.Errorf("film %q", r.Film.Title)
			}
			if c.dated && !strings.HasPrefix(r.Summary, prose) {
				t.Errorf("summary %q", r.Summary)
			}
		})
	}
}

func TestStatedDatesWin(t *testing.T) {
	line := "<p>By Jane Doe | January 4, 2020</p><p>" + prose + "</p>"
	stated := review.Document{Form: review.FormHTML, Body: line}
	stated.Stated.PublishedAt = over(t, review.FormText, "2021-06-01").PublishedAt
	for name, d := range map[string]review.Document{
		"stated":       stated,
		"meta":         {Form: review.FormPage, Body: "<head><meta property=article:published_time content=2021-06-01></head><body>" + line},
		"time":         {Form: review.FormPage, Body: "<body><time datetime=2021-06-01>January 5, 2020</time>" + line},
		"JSON-LD":      {Form: review.FormPage, Body: `<script type="application/ld+json">{"@type":"Review","datePublished":"2021-06-01"}</script>` + line},
		"front matter": {Form: review.FormMarkdown, Body: "---\ndate: 2021-06-01\n---\nBy Jane Doe | January 4, 2020\n\n" + prose},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, d)
			if got := r.PublishedAt.Format("2006-01-02"); got != "2021-06-01" {
				t.Errorf("published at %s", got)
			}
			if r.Critic.Name != "Jane Doe" || r.Summary != prose {
				t.Errorf("critic %q, summary %q", r.Critic.Name, r.Summary)
			}
		})
	}
}

// TestDatesAreNotInvented: whatever day is written in whatever way, it is that
// day or none.
func TestDatesAreNotInvented(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		y, m, d := rapid.IntRange(1880, 2110).Draw(rt, "year"), rapid.IntRange(0, 13).Draw(rt, "month"), rapid.IntRange(0, 32).Draw(rt, "day")
		line := fmt.Sprintf(rapid.SampledFrom([]string{"%[1]d-%02[2]d-%02[3]d", "%02[3]d.%02[2]d.%[1]d", "%[2]d/%[3]d/%[1]d", "%[3]d May %[1]d", "May %[3]d, %[1]d", "By Jane Doe, %[3]d. May %[1]d"}).Draw(rt, "form"), y, m, d)
		on := over(t, review.FormText, line).PublishedAt
		if on.IsZero() {
			return
		}
		byName := strings.Contains(line, "May")
		if on.Year() != y || on.Day() != d && !(on.Day() == m && int(on.Month()) == d) || !byName && int(on.Month()) != m && int(on.Month()) != d || byName && on.Month() != 5 {
			t.Fatalf("%q became %v", line, on)
		}
		if dotted := strings.Count(line, ".") == 2; !byName && (dotted && d <= 12 || strings.Contains(line, "/") && d <= 12 && m <= 12) {
			t.Fatalf("%q may be two days and became %v", line, on)
		}
	})
}
