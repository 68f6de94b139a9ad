package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newsroom writes n reviews and a config that reads them.
func newsroom(t testing.TB, n int) (config string) {
	t.Helper()
	dir := t.TempDir()
	reviews := filepath.Join(dir, "reviews")
	if err := os.Mkdir(reviews, 0o755); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		text := fmt.Sprintf("---\nfilm: The Film Number %d\nyear: %d\ndate: %s\nrating: %d\n---\n\n%s\n",
			i%(n/3+1), 1950+i%(n/3+1)%70, day.Format(time.DateOnly), random.IntN(6), strings.Repeat(fmt.Sprintf("Sentence %d of the review. ", i), 20))
		if err := os.WriteFile(filepath.Join(reviews, fmt.Sprintf("%06d.md", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config = filepath.Join(dir, "filmwire.yaml")
	text := `version: 1
site: {title: Newsroom, url: "https://reviews.example.org"}
data: ./data
sources:
  - {name: archive, type: files, path: ./reviews/*.md, critic: Jane Doe, rating: {best: 5}}
sinks:
  - {name: latest, type: feed, history: false}
  - {name: by-film, type: feed, per: film, history: false}
  - {name: complete, type: feed}
  - {name: ratings, type: ratings}
  - {name: posts, type: drafts, networks: [mastodon], backfill: all}
`
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return config
}

// firstSight is the day in a feed id, which a test that runs over midnight would
// trip over.
var firstSight = regexp.MustCompile(`tag:reviews\.example\.org,\d{4}-\d\d-\d\d:`)

// made is everything a run leaves for people: what is public, and the drafts.
func made(t testing.TB, config string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, folder := range []string{"public", "drafts"} {
		files, err := readFolder(filepath.Join(filepath.Dir(config), "data", folder))
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range files {
			all[folder+"/"+name] = firstSight.ReplaceAllString(content, "tag:reviews.example.org,DAY:")
		}
	}
	return all
}

// shown is what was made but for the archive of the feed that has one: its pages go
// by when a review was first seen, which is another moment in each run.
func shown(all map[string]string) map[string]string {
	rest := map[string]string{}
	for name, content := range all {
		if !strings.HasPrefix(name, "public/feeds/complete") {
			rest[name] = content
		}
	}
	return rest
}

// survive kills an import of n reviews again and again at random, then lets it
// run, and compares with one that was left in peace.
func survive(t *testing.T, n, kills int) {
	calm := newsroom(t, n)
	began := time.Now()
	filmwire(t, "run", "--once", "-c", calm)
	whole := time.Since(began)
	want := made(t, calm)

	config := newsroom(t, n)
	interrupted, runs := 0, 0
	for ; interrupted < kills && runs < 20*kills; runs++ {
		cmd := exec.Command("filmwire", "run", "--once", "-c", config)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(rand.N(2*whole/time.Duration(kills)), func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			interrupted++
		}
		timer.Stop()
	}
	t.Logf("%d of %d runs were killed; an undisturbed one took %s", interrupted, runs, whole)
	if interrupted == 0 {
		t.Error("no run was killed: the test says nothing")
	}
	filmwire(t, "run", "--once", "-c", config)

	seen := map[string]int{}
	for _, e := range eventsOf(t, config) {
		seen[e["review_id"].(string)]++
		if e["kind"] != "published" || e["revision"] != 1.0 {
			t.Errorf("review %s is %s at revision %v", e["review_id"], e["kind"], e["revision"])
		}
	}
	if len(seen) != n {
		t.Errorf("%d reviews on the log, want %d", len(seen), n)
	}
	got := made(t, config)
	if diff := cmp.Diff(shown(want), shown(got)); diff != "" {
		t.Errorf("killed runs leave something else (-calm +killed):\n%.2000s", diff)
	}
	for _, folder := range []string{"views", "public"} {
		if err := os.RemoveAll(filepath.Join(filepath.Dir(config), "data", folder)); err != nil {
			t.Fatal(err)
		}
	}
	filmwire(t, "run", "--once", "-c", config)
	if diff := cmp.Diff(made(t, config), got); diff != "" {
		t.Errorf("what is made from the log alone is something else (-fresh +killed):\n%.2000s", diff)
	}
	if out := filmwire(t, "run", "--once", "-c", config); strings.Contains(out, "published") {
		t.Errorf("one more run publishes again: %s", out)
	}
}

func TestAKilledImportLosesNothing(t *testing.T) { survive(t, 300, 3) }

func TestProveAKilledImportLosesNothing(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("20 kills over 10,000 reviews take minutes: run `make prove`")
	}
	survive(t, 10_000, 20)
}
