package tree_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/tree"
)

func open(t *testing.T, dir string) *tree.Tree {
	t.Helper()
	tr, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func write(t *testing.T, tr *tree.Tree, name, content string) bool {
	t.Helper()
	wrote, err := tr.Write(name, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return wrote
}

func files(t *testing.T, tr *tree.Tree) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	err := tr.Files(t.Context(), func(name string, size int64) error {
		got[name] = size
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWriteReadRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	tr := open(t, dir)
	if !write(t, tr, "films/solaris-1972.json", "{}") || !write(t, tr, "index.html", "") {
		t.Error("a new file was not written")
	}
	got, err := tr.Read("films/solaris-1972.json")
	if err != nil || string(got) != "{}" {
		t.Errorf("Read = %q, %v", got, err)
	}
	if size, err := tr.Size("index.html"); size != 0 || err != nil {
		t.Errorf("Size of an empty file = %d, %v", size, err)
	}
	if diff := cmp.Diff(map[string]int64{"films/solaris-1972.json": 2, "index.html": 0}, files(t, tr)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "index.html")); err != nil || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("a web server could not read the file: %v, %v", info.Mode(), err)
	}
	for range 2 {
		if err := tr.Remove("films/solaris-1972.json"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "films")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder left empty is still there: %v", err)
	}
}

func TestSameBytesAreNotWrittenAgain(t *testing.T) {
	dir := t.TempDir()
	tr := open(t, dir)
	write(t, tr, "a/feed.rss", "<rss/>")
	before, err := os.Stat(filepath.Join(dir, "a/feed.rss"))
	if err != nil {
		t.Fatal(err)
	}
	if write(t, tr, "a/feed.rss", "<rss/>") {
		t.Error("wrote the same bytes again")
	}
	after, err := os.Stat(filepath.Join(dir, "a/feed.rss"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("another file stands there: %v", err)
	}
	for _, other := range []string{"<RSS/>", "<rss></rss>", ""} {
		if !write(t, tr, "a/feed.rss", other) {
			t.Errorf("%q was not written", other)
		}
	}
}

func TestWriteDated(t *testing.T) {
	dir := t.TempDir()
	tr := open(t, dir)
	at := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	for _, step := range []struct {
		name, content string
		modified      time.Time
		wrote         bool
		want          time.Time
	}{
		{"new", "a", at, true, at},
		{"the same, earlier", "a", at.Add(-time.Hour), false, at},
		{"the same, later", "a", at.Add(time.Hour), false, at.Add(time.Hour)},
		{"other bytes, earlier", "b", at, true, at},
		{"the same, without a time", "b", time.Time{}, false, at},
	} {
		wrote, err := tr.WriteDated("x/page", []byte(step.content), step.modified)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "x/page"))
		if err != nil || wrote != step.wrote || !info.ModTime().Equal(step.want.Truncate(time.Second)) {
			t.Errorf("%s: wrote %v, %v at %v, want %v", step.name, wrote, err, info.ModTime(), step.want)
		}
	}
}

func TestNoPathLeadsOut(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr := open(t, filepath.Join(dir, "tree"))
	for link, target := range map[string]string{"link": "../outside", "up": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, "tree", link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"", ".", "..", "../outside", "a/../../outside", "/etc/passwd", outside, "a//b", "a/", "./a",
		`a\..\b`, "a\x00b", ".tmp/x", ".htaccess", "a/.b", "link", "up/outside", "up/new",
	} {
		if content, err := tr.Read(name); err == nil {
			t.Errorf("Read(%q) = %q", name, content)
		}
		if _, err := tr.Size(name); err == nil {
			t.Errorf("Size(%q) is known", name)
		}
		if name == "link" {
			continue // a write there replaces the link, which is inside
		}
		if _, err := tr.Write(name, []byte("x")); err == nil {
			t.Errorf("Write(%q) wrote", name)
		}
	}
	for _, name := range []string{"link", "up/outside", "../outside"} {
		tr.Remove(name)
	}
	if secret, err := os.ReadFile(outside); err != nil || string(secret) != "secret" {
		t.Errorf("what stands outside is now %q, %v", secret, err)
	}
}

func TestNotFound(t *testing.T) {
	tr := open(t, t.TempDir())
	write(t, tr, "folder/file", "x")
	for _, name := range []string{"nothing", "no/folder", "folder", "folder/file/below"} {
		if _, err := tr.Read(name); !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("Read(%q): %v, want ErrNotFound", name, err)
		}
		if _, err := tr.Size(name); !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("Size(%q): %v, want ErrNotFound", name, err)
		}
		if err := tr.Remove(name); err != nil {
			t.Errorf("Remove(%q): %v", name, err)
		}
	}
	if diff := cmp.Diff(map[string]int64{"folder/file": 1}, files(t, tr)); diff != "" {
		t.Errorf("removing what is not there took something: %s", diff)
	}
}

func TestAFileAndAFolderOfOneName(t *testing.T) {
	tr := open(t, t.TempDir())
	write(t, tr, "a", "file")
	if _, err := tr.Write("a/b", nil); err == nil {
		t.Error("a file became a folder")
	}
	write(t, tr, "c/d", "file")
	if _, err := tr.Write("c", nil); err == nil {
		t.Error("a folder became a file")
	}
	if diff := cmp.Diff(map[string]int64{"a": 4, "c/d": 4}, files(t, tr)); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRemovesWhatAKilledRunLeft(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{".tmp/HALF": "<rs", "index.html": "whole", ".nojekyll": "the user's"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tr := open(t, dir)
	if left, _ := os.ReadDir(filepath.Join(dir, ".tmp")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, ".nojekyll")); err != nil {
		t.Errorf("the user's own file is gone: %v", err)
	}
	if diff := cmp.Diff(map[string]int64{"index.html": 5}, files(t, tr)); diff != "" {
		t.Error(diff)
	}
}

// TestReadersSeeWholeFiles reads by plain os.ReadFile, as another program would,
// while files are replaced, removed with their folder, and the tree is opened
// again and again by others.
func TestReadersSeeWholeFiles(t *testing.T) {
	dir := t.TempDir()
	tr := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	while := func(do func()) {
		wg.Go(func() {
			for ctx.Err() == nil {
				do()
			}
		})
	}
	while(func() {
		content, err := os.ReadFile(filepath.Join(dir, "feeds/latest.rss"))
		if err == nil && (len(content) == 0 || bytes.Count(content, content[:1]) != len(content)) {
			t.Errorf("a torn file of %d bytes", len(content))
		}
	})
	while(func() {
		if err := tr.Remove("feeds/latest.rss"); err != nil {
			t.Error(err)
		}
	})
	while(func() {
		other, err := tree.Open(dir)
		if err != nil {
			t.Error(err)
			return
		}
		other.Close()
	})
	for n := range 300 {
		content := strings.Repeat(string(rune('a'+n%26)), 1+n*37%30000)
		if _, err := tr.Write("feeds/latest.rss", []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesStops(t *testing.T) {
	tr := open(t, t.TempDir())
	write(t, tr, "a", "")
	write(t, tr, "b", "")
	enough := errors.New("enough")
	calls := 0
	err := tr.Files(t.Context(), func(string, int64) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("after %d calls: %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tr.Files(ctx, func(string, int64) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLikeAMap does random things to a tree and to a map.
func TestLikeAMap(t *testing.T) {
	base := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		tr := open(t, filepath.Join(base, fmt.Sprint(runs)))
		want := map[string]int64{}
		names := rapid.SampledFrom([]string{"a", "b/c", "b/d", "e/f/g", "é.json"})
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			name := names.Draw(rt, "name")
			if rapid.Bool().Draw(rt, "remove") {
				if err := tr.Remove(name); err != nil {
					rt.Fatal(err)
				}
				delete(want, name)
				continue
			}
			content := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(rt, "content")
			before, _ := tr.Read(name)
			_, there := want[name]
			wrote, err := tr.Write(name, content)
			if err != nil || wrote == (there && bytes.Equal(before, content)) {
				rt.Fatalf("Write(%q, %q) over %q = %v, %v", name, content, before, wrote, err)
			}
			want[name] = int64(len(content))
		}
		if diff := cmp.Diff(want, files(t, tr)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func ExampleTree_Write() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	public, err := tree.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer public.Close()
	for range 2 {
		fmt.Println(public.Write("films/solaris-1972.json", []byte("{}")))
	}
	// Output:
	// true <nil>
	// false <nil>
}
