package normalize_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// aParagraph is long enough to be a review's text, and ends in the middle of one.
const aParagraph = "It begins in a field, at dusk, with two people who have said what they had to say to each other years ago, " +
	"and it is in no hurry to tell which of them will speak first. The camera keeps its distance. Nobody is explained, " +
	"and the ending is one to argue about on the way home, which is as it should be with a film about silence."

// TestPlacesOfRatings goes through testdata/ratings/places.txt: short reviews with
// ratings where critics put them, and others in which nothing is one.
func TestPlacesOfRatings(t *testing.T) {
	data, err := os.ReadFile("testdata/ratings/places.txt")
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
			if got := placed(t, text); got != want {
				t.Errorf("%s\n\tgot  %s\n\twant %s", text, got, want)
			}
		})
	}
	if n < 200 {
		t.Errorf("only %d reviews in the file", n)
	}
}

// placed reads a line of the table and says what rating is found, where, and whether
// another contradicts it.
func placed(t *testing.T, text string) string {
	title := "The Long Field"
	if rest, ok := strings.CutPrefix(text, "["); ok {
		end := strings.LastIndex(rest, "]")
		title, text = rest[:end], rest[end+1:]
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "…", aParagraph), " ¶ ", "\n\n")
	r := read(t, review.Document{Form: review.FormText, Body: strings.TrimSpace(text), Stated: review.Review{Title: title}})
	got := r.Rating.String()
	if r.Rating.Kind != review.Unrated {
		got += " " + r.Rating.FoundIn + " " + r.Rating.Raw
	}
	if s := r.Rating.Span; !s.IsZero() {
		in := map[string]string{"text": r.BodyText, "title": r.Title}[r.Rating.FoundIn]
		if s.End > len(in) || in[s.Start:s.End] != r.Rating.Raw {
			t.Errorf("the span %v of %q is not %q", s, in, r.Rating.Raw)
		}
	}
	if slices.ContainsFunc(r.Warnings, func(w review.Warning) bool { return w.Code == "rating.conflict" }) {
		got += " !conflict"
	}
	return got
}
