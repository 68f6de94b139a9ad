package normalize_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

// TestDraftsAreNotPublished has the ways in which generators and notebooks say that
// a text is not for readers, and some that look like one.
func TestDraftsAreNotPublished(t *testing.T) {
	for _, body := range []string{
		"---\ntitle: Mulan\ndraft: true\n---\nx", "---\ntitle: Mulan\ndraft: yes\n---\nx", "---\ntitle: Mulan\npublished: false\n---\nx",
		"---\ntitle: Mulan\npublish: false\n---\nx", "---\ntitle: Mulan\nstatus: Draft\n---\nx", "---\ntitle: Mulan\npermalink: false\n---\nx",
		"+++\ntitle = 'Mulan'\ndraft = true\n+++\nx", `{"title": "Mulan", "draft": true}` + "\nx", "---json\n{\"draft\": true}\n---\nx",
		"---\ntitle: Mulan\nprivate: true\n---\nx", "---\ntitle: Emma\ncategories: [Books]\n---\nx", "---\ntitle: Emma\nlayout: book-review\n---\nx",
	} {
		for _, form := range []review.Form{review.FormMarkdown, review.FormPage, review.FormText} {
			if r, err := normalize.Normalize(review.Document{Form: form, Body: body}); !errors.Is(err, pipeline.ErrNotReview) {
				t.Errorf("%s %q: %v, %+v", form, body, err, r.Title)
			}
		}
	}
	for _, line := range []string{"draft: false", "published: true", "published: 2020-05-29", "status: published", "permalink: /mulan/", "categories: [Film, Books]", "category: Musical"} {
		read(t, review.Document{Form: review.FormMarkdown, Body: "---\ntitle: Mulan\n" + line + "\n---\nx"})
	}
}

// TestKeysThatAreNoRating has what stands behind a rating's keys and is none, and
// keys that are a rating's only now and then.
func TestKeysThatAreNoRating(t *testing.T) {
	for _, c := range []struct{ lines, want, summary string }{
		{"rating: PG-13", "unrated", "x"},
		{"rating: R\nstars: 4", "4/5", "x"},
		{"imdb_rating: 8.1\ntmdb_score: 70", "unrated", "x"},
		{"verdict: Recommended", "positive", "x"},
		{"verdict: A film for a rainy day, and for no other.", "unrated", "A film for a rainy day, and for no other."},
		{"verdict: B+", "B+", "x"},
		{"note: 4/5", "4/5", "x"},
		{"note: seen on a plane", "unrated", "x"},
		{"nota: 3,5", "3.5/5", "x"},
		{"ratings: {story: 2, acting: 5, imdb: 9.9}", "unrated", "x"},
		{"ratings: {story: 2, overall: 3}", "3/5", "x"},
		{"review: {rating: 4, date: 2020-05-29}", "4/5", "x"},
		{"rating: \"⭐️⭐️\"", "2/5", "x"},
		{"rating: '4 / 5'", "4/5", "x"},
		{"rating: 0", "0/5", "x"},
	} {
		d := review.Document{Form: review.FormMarkdown, Body: "---\ntitle: Mulan\n" + c.lines + "\n---\nx"}
		d.Defaults.Scale.Best = review.Int(5)
		if r := read(t, d); r.Rating.String() != c.want || r.Summary != c.summary {
			t.Errorf("%q: %s, summary %q; want %s, %q", c.lines, r.Rating, r.Summary, c.want, c.summary)
		}
	}
}

func TestWhatAFileIsCalled(t *testing.T) {
	for _, c := range []struct{ file, body, want string }{
		{"2023-11-04-never-let-me-go.md", "It is long.", "Never Let Me Go||2023-11-04"},
		{"Never Let Me Go (2010).md", "It is long.", "Never Let Me Go (2010)|2010|0001-01-01"},
		{"2023-11-04 Nikita.md", "It is long.", "Nikita||2023-11-04"},
		{"2023-11-04-x.md", "---\ndate: 2020-01-02\ntitle: Mulan\n---\nIt is long.", "Mulan||2020-01-02"},
		{"never-let-me-go.md", "# Mulan\n\nIt is long.", "Mulan||0001-01-01"},
		{"index.md", "It is long.", "||0001-01-01"},
		{"2023-11-04.md", "It is long.", "||2023-11-04"},
		{"2023-13-40-mulan.md", "It is long.", "2023 13 40 Mulan||0001-01-01"},
		{"", "It is long.", "||0001-01-01"},
	} {
		r := read(t, review.Document{Form: review.FormMarkdown, File: c.file, Body: c.body})
		year := ""
		if r.Film.Year != 0 {
			year = fmt.Sprint(r.Film.Year)
		}
		if got := r.Title + "|" + year + "|" + r.PublishedAt.Format("2006-01-02"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.file, got, c.want)
		}
	}
}

// TestPlacesInFrontMatter holds that a warning names the line in the document,
// whatever the language.
func TestPlacesInFrontMatter(t *testing.T) {
	for _, body := range []string{
		"---\ntitle: Mulan\n\ndate: May\n---\nx", "+++\ntitle = 'Mulan'\n\ndate = 'May'\n+++\nx", "---json\n{\"title\": \"Mulan\",\n\n\"date\": \"May\"}\n---\nx",
		"{\n\"title\": \"Mulan\",\n\n\"date\": \"May\"}\nx",
	} {
		r := read(t, review.Document{Form: review.FormMarkdown, Body: body})
		if len(r.Warnings) != 1 || r.Warnings[0].Detail != `line 4: "May" is no date; write 2020-05-29` {
			t.Errorf("%q: %+v", body, r.Warnings)
		}
	}
}

func FuzzFrontMatter(f *testing.F) {
	for _, head := range []string{
		"---\nrating: 4\n---\n", "+++\na.b = [1, {c = 2}]\n[[d]]\n[d.e]\nrating = 4.50\n+++\n", "---toml\n[x.y]\nz = 2020-05-29\n---\n",
		`{"rating": {"value": 4}, "tags": [1, null, true]}` + "\n", "---json\n{\"film\": {}}\n---\n", ";;;\n{}\n;;;\n", "+++\n\"a\\tb\" = '''x\n'''\n+++\n",
	} {
		f.Add(head + "{{< rating 4 >}} [[a|b]] %% c %% {% d %} `{{`\n")
	}
	f.Fuzz(func(t *testing.T, body string) {
		fuzzForm(t, review.FormMarkdown, body)
		fuzzForm(t, review.FormText, body)
	})
}
