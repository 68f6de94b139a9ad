package normalize_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"
	"unicode"

	xhtml "golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

// notInvented holds that what a review says stands in its document: the digits
// of the rating, every word of every name, the day.
func notInvented(t testing.TB, d review.Document, r review.Review) {
	t.Helper()
	seen := strings.Map(func(r rune) rune { // without what nobody sees
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Noncharacter_Code_Point, r) {
			return -1
		}
		return r
	}, html.UnescapeString(d.Body))
	given := strings.Join([]string{d.Body, html.UnescapeString(d.Body), seen, html.UnescapeString(withoutTags(d.Body)), withoutTags(seen), d.File, d.RatingText, d.Stated.Title, d.Stated.Critic.Name, d.Defaults.Critic.Name,
		r.BodyText, r.Title, fmt.Sprint(d.Stated.Credits, d.Stated.CoCritics, d.Stated.Film, d.Stated.PublishedAt)}, "\n")
	if value := strings.Trim(r.Rating.Value.String(), "-"); value != "" && r.Rating.FoundIn != "image" && !written(given, value) {
		t.Errorf("rating %s is not written there", r.Rating.Value)
	}
	names := append([]string{r.Critic.Name}, r.Film.Directors...)
	for _, c := range r.CoCritics {
		names = append(names, c.Name)
	}
	for _, c := range r.Credits {
		names = append(names, c.Names...)
	}
	for _, name := range names {
		for word := range strings.FieldsSeq(name) {
			if !strings.Contains(given, word) {
				t.Errorf("name %q is not written there", name)
			}
		}
	}
	if r.Film.Year != 0 && !strings.Contains(given, fmt.Sprint(r.Film.Year)) {
		t.Errorf("year %d is not written there", r.Film.Year)
	}
	for _, on := range [...]time.Time{r.PublishedAt, r.ModifiedAt} {
		if !on.IsZero() && !dayWritten(given, on) {
			t.Errorf("date %v is not written there", on)
		}
	}
}

// withoutTags is a text as a browser shows it: a mark within a word, A<b>A, leaves it
// one word, and what is a box of its own begins another.
func withoutTags(text string) string {
	var b strings.Builder
	z := xhtml.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			return b.String()
		case xhtml.TextToken:
			b.Write(z.Raw())
		case xhtml.StartTagToken, xhtml.EndTagToken, xhtml.SelfClosingTagToken:
			if name, _ := z.TagName(); ownBox[string(name)] {
				b.WriteByte('\n')
			}
		}
	}
}

var ownBox = map[string]bool{
	"address": true, "article": true, "aside": true, "blockquote": true, "body": true, "br": true, "caption": true, "dd": true, "details": true,
	"div": true, "dl": true, "dt": true, "figcaption": true, "figure": true, "footer": true, "form": true, "h1": true, "h2": true, "h3": true,
	"h4": true, "h5": true, "h6": true, "header": true, "hr": true, "img": true, "li": true, "main": true, "nav": true, "ol": true, "p": true,
	"pre": true, "script": true, "section": true, "style": true, "summary": true, "table": true, "tbody": true, "td": true, "tfoot": true,
	"th": true, "thead": true, "title": true, "tr": true, "ul": true,
}

// dayWritten reports that the digits of a day stand in a text. In another zone it
// may be the day before or after.
func dayWritten(text string, on time.Time) bool {
	for shift := -1; shift <= 1; shift++ {
		day := on.AddDate(0, 0, shift)
		if strings.Contains(text, day.Format("2006")) && strings.Contains(text, day.Format("2")) {
			return true
		}
	}
	return false
}

// lines that say something, and lines that nearly do.
var saying = []string{
	"Directed by %s", "Dir. %s, UK %d, 110 mins", "(%[2]d, UK)", "UK/France %[2]d", "Starring %s and Tom Okafor", "Directed by", "Cast: %s (Ada), %s",
	"Reviewed by %s on %[3]d June %[2]d", "By %s | June %[3]d, %[2]d", "By %s", "By %s and John Roe", "By %s, John Roe & Ann Poe", "June %[3]d, %[2]d", "%02[3]d.06.%[2]d", "%[2]d-06-%02[3]d", "%[3]d/%[3]d/%[2]d",
	"Rating: %[3]d/5", "%[3]d out of 10", "My score: %[3]d.5 of 10", "★★★½☆", "(out of 5)", "B+", "Four stars (out of 5)", "I give it %[3]d stars out of five.",
	"London Film Festival %[2]d", "It was June %[3]d, %[2]d when %s came home, and it rained.", "Acting: %[3]d/10", "IMDb: %[3]d.1", "%[3]d years and %[2]d nights pass.",
	"Country: UK | Year: %[2]d | Runtime: %[3]d mins", "Written by %s, who should know.", "%s directed it in %[2]d.", "Posted by %s on June %[3]d, %[2]d at 10:00",
}

func TestNothingIsInvented(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		for range rapid.IntRange(0, 8).Draw(rt, "lines") {
			name := rapid.SampledFrom([]string{"Jane Doe", "Guillermo del Toro", "Agnès Varda", "Robert Downey, Jr.", "the cast", ", and", "X. Y. Zed"}).Draw(rt, "name")
			line := rapid.SampledFrom(saying).Draw(rt, "line")
			line = fmt.Sprintf(line, name, rapid.IntRange(1870, 2120).Draw(rt, "year"), rapid.IntRange(0, 33).Draw(rt, "number"))
			line, _, _ = strings.Cut(line, "%!(EXTRA")
			lines = append(lines, line)
			if rapid.Bool().Draw(rt, "prose") {
				lines = append(lines, prose)
			}
		}
		form := rapid.SampledFrom([]review.Form{review.FormText, review.FormHTML, review.FormPage, review.FormMarkdown}).Draw(rt, "form")
		sep := "\n\n"
		if form == review.FormHTML || form == review.FormPage {
			sep = rapid.SampledFrom([]string{"</p><p>", "<br>", "</li><li>", "</td><td>", "</div><div>"}).Draw(rt, "between")
		}
		d := review.Document{Form: form, Body: strings.Join(lines, sep)}
		d.Stated.Title = "The Piano"
		r := read(t, d)
		notInvented(t, d, r)
		if t.Failed() {
			rt.Fatalf("from %q", d.Body)
		}
		if r.Rating.Kind == review.Scored && (strings.Contains(r.Rating.Raw, "IMDb") || r.Rating.FoundIn == "text" && r.BodyText != "" && !strings.Contains(r.BodyText, r.Rating.Raw)) {
			rt.Fatalf("rating %+v from %q", r.Rating, d.Body)
		}
	})
}
