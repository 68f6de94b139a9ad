package normalize_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

// TestSharedArchive reads a real archive of Markdown: every rating must come out
// as its front matter says.
func TestSharedArchive(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "reviews-quicoto", "*.md"))
	if len(files) == 0 {
		t.Skip("no ../shared beside the checkout")
	}
	if len(files) != 75 {
		t.Errorf("%d files, want 75", len(files))
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := normalize.Normalize(review.Document{
			GUID: filepath.Base(name), Form: review.FormMarkdown, Body: string(data),
			Defaults: review.Defaults{Scale: review.Scale{Best: review.Int(5)}, Critic: review.Critic{Name: "Jane Doe"}},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, after, _ := strings.Cut(string(data), "\nrating: ")
		want, _, _ := strings.Cut(after, "\n")
		if r.Rating.Kind != review.Scored || r.Rating.Value.String() != want || r.Rating.Best.String() != "5" {
			t.Errorf("%s: rating %s, want %s/5", name, show(r.Rating), want)
		}
		if r.Rating.FoundIn != "front_matter:rating" || r.Rating.Basis != review.BasisConfigured {
			t.Errorf("%s: rating found in %q, basis %q", name, r.Rating.FoundIn, r.Rating.Basis)
		}
		if len(r.Warnings) > 0 {
			t.Errorf("%s: %v", name, r.Warnings)
		}
		_, body, _ := strings.Cut(string(data)[4:], "\n---\n")
		wantKind := review.EntryReview
		if body = strings.TrimSpace(body); body == "" || strings.HasPrefix(body, "_[No review was written") {
			wantKind = review.EntryRating
		}
		if r.EntryKind != wantKind || (r.BodyText == "") != (wantKind == review.EntryRating) {
			t.Errorf("%s: entry kind %s with %d bytes of text, want %s", name, r.EntryKind, len(r.BodyText), wantKind)
		}
		if r.Film.Title == "" || strings.Contains(r.Film.Title, "(") || r.PublishedAt.IsZero() || r.Critic.ID != "jane-doe" {
			t.Errorf("%s: film %+v, published %v, critic %+v", name, r.Film, r.PublishedAt, r.Critic)
		}
		if strings.HasSuffix(r.Title, ")") && r.Film.Year == 0 {
			t.Errorf("%s: no year from %q", name, r.Title)
		}
	}
}
