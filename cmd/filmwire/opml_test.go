package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAListOfFeeds reads a list through the whole program: what the list and the config
// say of each feed is in its reviews, and a broken feed shows on the status beside the
// reviews of the others.
func TestAListOfFeeds(t *testing.T) {
	folder := t.TempDir()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			fmt.Fprint(w, "<html>no feed</html>")
			return
		}
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>x</title><link>https://example.org/</link><item><guid isPermaLink="false">1</guid>
<title>Soul (2020)</title><description>&lt;p&gt;A film about jazz, read at %s.&lt;/p&gt;&lt;p&gt;Rating: 4&lt;/p&gt;</description></item></channel></rss>`, r.URL.Path)
	}))
	defer server.Close()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "WEB", server.URL)), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := write("list.opml", `<opml version="2.0"><body><outline text="Weekly">
<outline text="The Aisle Seat" xmlUrl="WEB/aisle"/><outline text="Broken" xmlUrl="WEB/broken"/><outline text="Front Row" xmlUrl="WEB/front"/>
</outline></body></opml>`)
	config := write("filmwire.yaml", `
version: 1
site: {title: T, url: "https://reviews.example.org"}
listen: 127.0.0.1:0
sources:
  - name: blogroll
    type: opml
    path: list.opml
    allow_private: true
    rating: {best: 10}
    feeds:
      - {url: "WEB/front", critic: {name: Jane Doe}, rating: {best: 5}}
sinks: []
`)
	said := failing(t, 3, "run", "--once", "-c", config)
	if !strings.Contains(said, "2 published") || !strings.Contains(said, "Broken: feed: ") {
		t.Error(said)
	}
	for _, e := range eventsOf(t, config) {
		critic, rating := e["critic"].(map[string]any), e["rating"].(map[string]any)
		got := fmt.Sprintf("%v, %v, %v, %v", critic["name"], critic["outlet"], rating["norm"], e["tags"])
		want := "<nil>, The Aisle Seat, 40, [Weekly]"
		if strings.Contains(e["body_text"].(string), "/front") {
			want = "Jane Doe, Front Row, 80, [Weekly]"
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if said := failing(t, 3, "status", "-c", config); !strings.Contains(said, "Broken: feed: ") {
		t.Error(said)
	}
	if said := failing(t, 3, "try", list, "--allow-private"); strings.Count(said, "Soul (2020)") != 2 || !strings.Contains(said, "Broken: feed: ") {
		t.Error(said)
	}
	if said := failing(t, 1, "try", list); !strings.Contains(said, "--allow-private") {
		t.Error(said)
	}
}

// failing runs the program, which must exit with a code, and returns all it said.
func failing(t testing.TB, code int, args ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "filmwire", args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		t.Fatalf("filmwire %s: %v, want exit %d\n%s", strings.Join(args, " "), err, code, said)
	}
	return string(said)
}
