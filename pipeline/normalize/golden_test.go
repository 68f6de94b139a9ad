package normalize_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

var update = flag.Bool("update", false, "write the golden files anew")

// aside is what a source and an operator say of a golden document, in a file
// NAME.stated.json beside it.
type aside struct {
	Title, URL, Critic, Outlet, Film, File string
	Year                                   int
	Rating                                 string
	RatingField                            string `json:"rating_field"`
	Best                                   review.Decimal
	DefaultBest                            review.Decimal `json:"default_best"`
	DefaultCritic                          string         `json:"default_critic"`
	DefaultLanguage                        string         `json:"default_language"`
	DefaultTags                            []string       `json:"default_tags"`
}

// goldenDocument reads testdata/golden/NAME.{md,html,page.html,txt}.
func goldenDocument(t testing.TB, path string) review.Document {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name, ext, _ := strings.Cut(filepath.Base(path), ".")
	d := review.Document{GUID: name, Body: string(body), Form: map[string]review.Form{
		"md": review.FormMarkdown, "html": review.FormHTML, "page.html": review.FormPage, "txt": review.FormText,
	}[ext]}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(path), name+".stated.json"))
	if err != nil {
		return d
	}
	var a aside
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	d.URL, d.File = a.URL, a.File
	d.Stated.Title, d.Stated.Film.Title, d.Stated.Film.Year = a.Title, a.Film, a.Year
	d.Stated.Critic = review.Critic{Name: a.Critic, Outlet: review.Outlet(a.Outlet)}
	d.RatingText, d.RatingField, d.RatingScale.Best = a.Rating, a.RatingField, a.Best
	d.Defaults = review.Defaults{
		Scale: review.Scale{Best: a.DefaultBest}, Critic: review.Critic{Name: a.DefaultCritic},
		Language: a.DefaultLanguage, Tags: a.DefaultTags,
	}
	return d
}

func goldenFiles(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, ext := range []string{"md", "html", "txt"} {
		found, err := filepath.Glob("testdata/golden/*." + ext)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 15 {
		t.Fatalf("only %d golden documents", len(files))
	}
	return files
}

func TestGolden(t *testing.T) {
	for _, path := range goldenFiles(t) {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		t.Run(name, func(t *testing.T) {
			d := goldenDocument(t, path)
			r, err := normalize.Normalize(d)
			if err != nil {
				t.Fatal(err)
			}
			checkReview(t, d, r)
			got, err := json.MarshalIndent(r, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata/golden", name+".json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// checkReview holds what is true of every review, whatever the document.
func checkReview(t testing.TB, d review.Document, r review.Review) {
	t.Helper()
	if again, err := normalize.Normalize(d); err != nil || again.ContentHash() != r.ContentHash() {
		t.Errorf("understood again it differs: %v", err)
	}
	if r.Rating.Kind == "" || r.EntryKind == "" {
		t.Errorf("rating kind %q, entry kind %q", r.Rating.Kind, r.EntryKind)
	}
	if r.Rating.Norm.IsZero() != (r.Rating.Kind != review.Scored) {
		t.Errorf("a %s rating with norm %q", r.Rating.Kind, r.Rating.Norm)
	}
	if s := r.Rating.Span; !s.IsZero() {
		text := map[string]string{"title": r.Title, "text": r.BodyText}
		if in, ok := text[r.Rating.FoundIn]; ok && (s.End > len(in) || s.Start < 0 || in[s.Start:s.End] != r.Rating.Raw) {
			t.Errorf("span %v of %s is not %q", s, r.Rating.FoundIn, r.Rating.Raw)
		}
	}
	for _, c := range r.Credits {
		if c.Lost != (len(c.Names) == 0) {
			t.Errorf("credit %+v: lost and names do not fit", c)
		}
	}
	notInvented(t, d, r)
	if (r.BodyText == "") && r.Summary != "" && d.Stated.Summary == "" && d.Form == review.FormHTML {
		t.Errorf("a summary of nothing: %q", r.Summary)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
