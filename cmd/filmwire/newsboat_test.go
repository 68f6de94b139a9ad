package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reader is newsboat with a cache of its own, subscribed to one feed: it knows an
// article by its guid alone, so that in two feeds it would be one.
type reader struct {
	t      *testing.T
	folder string
}

// subscribe makes a reader, or skips the test where there is none to be had.
func subscribe(t *testing.T, url string) *reader {
	t.Helper()
	for _, program := range []string{"newsboat", "sqlite3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not installed; no real reader looks at the feeds", program)
		}
	}
	r := &reader{t: t, folder: t.TempDir()}
	for name, content := range map[string]string{"urls": url + "\n", "config": "reload-threads 1\n"} {
		if err := os.WriteFile(filepath.Join(r.folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// item is an article as the reader keeps it.
type item struct{ GUID, Title, Published string }

// reload has the reader fetch its feed, and returns what it has of it then, by guid.
func (r *reader) reload() []item {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "newsboat", "-x", "reload", "-u", "urls", "-c", "cache.db", "-C", "config")
	cmd.Dir = r.folder
	cmd.Env = append(os.Environ(), "HOME="+r.folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("newsboat: %v\n%s", err, out)
	}
	const separator = "\x1f"
	query := "select guid, title, pubDate from rss_item where deleted = 0 order by guid"
	out, err := exec.CommandContext(r.t.Context(), "sqlite3", "-separator", separator, filepath.Join(r.folder, "cache.db"), query).Output()
	if err != nil {
		r.t.Fatalf("sqlite3: %v", err)
	}
	var items []item
	for line := range strings.SplitSeq(string(bytes.TrimSpace(out)), "\n") {
		if f := strings.Split(line, separator); len(f) == 3 {
			items = append(items, item{f[0], f[1], f[2]})
		}
	}
	return items
}

// TestARealReaderSeesNoDuplicate subscribes with newsboat before and after an edit
// and a withdrawal, and looks into its cache.
func TestARealReaderSeesNoDuplicate(t *testing.T) {
	config := newsroom(t, 6)
	replace(t, config, "data: ./data", "data: ./data\nlisten: 127.0.0.1:0")
	s := serve(t, config)
	defer s.stop()
	// The formats are files of their own, and one may stand before the other does.
	entries := func(n int) {
		s.until("/feeds/latest.rss", func(body string) bool { return strings.Count(body, "<item>") == n })
		s.until("/feeds/latest.atom", func(body string) bool { return strings.Count(body, "<entry") == n })
	}
	entries(6)
	rss, atom := subscribe(t, s.url+"/feeds/latest.rss"), subscribe(t, s.url+"/feeds/latest.atom")
	before := rss.reload()
	if len(before) != 6 {
		t.Fatalf("the reader has %d articles, want 6: %q", len(before), before)
	}
	for _, it := range before {
		if !strings.HasPrefix(it.GUID, "tag:") || it.Title == "" || it.Published == "" {
			t.Errorf("article %+v", it)
		}
	}
	if diff := cmp.Diff(before, atom.reload()); diff != "" {
		t.Errorf("RSS and Atom are not the same to it (-rss +atom):\n%s", diff)
	}

	reviews := filepath.Join(filepath.Dir(config), "reviews")
	replace(t, filepath.Join(reviews, "000003.md"), "film:", "title: Seen once more\nfilm:")
	s.until("/feeds/latest.rss", has("Seen once more"))
	s.until("/feeds/latest.atom", has("Seen once more"))
	for format, r := range map[string]*reader{"rss": rss, "atom": atom} {
		after := r.reload()
		edited := slices.IndexFunc(after, func(it item) bool { return strings.HasPrefix(it.Title, "Seen once more") })
		if edited < 0 || len(after) != len(before) {
			t.Fatalf("%s: after the edit %d articles: %+v", format, len(after), after)
		}
		after[edited].Title = before[edited].Title
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: more than the title changed (-before +after):\n%s", format, diff)
		}
	}
	if err := os.Remove(filepath.Join(reviews, "000004.md")); err != nil {
		t.Fatal(err)
	}
	entries(5)
	for format, r := range map[string]*reader{"rss": rss, "atom": atom} {
		after := r.reload() // a reader may keep what has left the feed
		if len(after) > len(before) {
			t.Errorf("%s: %d articles after a withdrawal", format, len(after))
		}
		for _, it := range after {
			if !slices.ContainsFunc(before, func(b item) bool { return b.GUID == it.GUID }) {
				t.Errorf("%s: the withdrawal brought an article: %+v", format, it)
			}
		}
	}
}
