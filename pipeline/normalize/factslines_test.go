package normalize_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// TestFactsOfReviews goes through testdata/facts.txt: short reviews, and what they say
// of their film.
func TestFactsOfReviews(t *testing.T) {
	data, err := os.ReadFile("testdata/facts.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		text, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || strings.HasPrefix(text, "#") {
			continue
		}
		n++
		t.Run(text, func(t *testing.T) {
			rest := strings.TrimPrefix(text, "[")
			end := strings.LastIndex(rest, "] ")
			body := strings.ReplaceAll(strings.ReplaceAll(rest[end+2:], "…", aParagraph), " ¶ ", "\n\n")
			r := read(t, review.Document{Form: review.FormText, Body: body, Stated: review.Review{Title: rest[:end]}})
			if got := factsOf(&r); got != want {
				t.Errorf("%s\n\tgot  %s\n\twant %s", text, got, want)
			}
		})
	}
	if n < 50 {
		t.Errorf("only %d reviews in the file", n)
	}
}

func factsOf(r *review.Review) string {
	s := "film=" + r.Film.Title
	add := func(key string, values []string, sep string) {
		if len(values) > 0 {
			s += " " + key + "=" + strings.Join(values, sep)
		}
	}
	honours := func(all []review.Honour) (out []string) {
		for _, h := range all {
			if out = append(out, h.Name); h.Year != 0 {
				out[len(out)-1] += fmt.Sprint(" ", h.Year)
			}
		}
		return out
	}
	var credits []string
	for _, c := range r.Credits {
		names := strings.Join(c.Names, ",")
		if c.Lost {
			names = "lost"
		}
		credits = append(credits, c.Role+":"+names)
	}
	if r.Film.Year != 0 {
		s += fmt.Sprint(" year=", r.Film.Year)
	}
	if r.Film.OriginalTitle != "" {
		s += " original=" + r.Film.OriginalTitle
	}
	add("countries", r.Film.Countries, ",")
	add("companies", r.Film.Companies, ",")
	add("credits", credits, ";")
	add("awards", honours(r.Awards), ";")
	add("festivals", honours(r.Festivals), ";")
	if !r.WatchedOn.IsZero() {
		s += " watched=" + r.WatchedOn.String()
	}
	if r.Spoiler {
		s += " spoiler"
	}
	return s
}
