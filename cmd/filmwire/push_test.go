package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// freeAddress is one where nobody listens now: two sites that know each other need
// addresses before they start.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestNewsComesByItself has one daemon read the feed of another once a year. The other
// is a hub, and the first subscribes to it: so an edit is there at once.
func TestNewsComesByItself(t *testing.T) {
	there, here := freeAddress(t), freeAddress(t)
	source := newsroom(t, 3)
	replace(t, source, "https://reviews.example.org", "http://"+there)
	replace(t, source, "data: ./data", "data: ./data\nlisten: "+there+"\nwebsub: {builtin: true, allow_private: true}")
	publisher := serve(t, source)
	publisher.until("/feeds/latest.rss", func(body string) bool { return strings.Count(body, "<item>") == 3 })

	config := filepath.Join(t.TempDir(), "filmwire.yaml")
	text := fmt.Sprintf(`version: 1
site: {title: Reader, url: "http://%s"}
data: ./data
listen: %s
websub: {callback: "http://%s"}
sources:
  - {name: blog, type: feed, url: "http://%s/feeds/latest.rss", schedule: "@yearly", allow_private: true}
sinks:
  - {name: latest, type: feed}
`, here, here, here, there)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	reader := serve(t, config)
	reader.until("/feeds/latest.rss", func(body string) bool { return strings.Count(body, "<item>") == 3 })
	reader.until("/metrics", has("filmwire_websub_live 1"))
	publisher.until("/metrics", has("filmwire_hub_subscriptions 1"))
	edit := func(n int, old, new string) {
		t.Helper()
		replace(t, filepath.Join(filepath.Dir(source), "reviews", fmt.Sprintf("%06d.md", n)), old, new)
		reader.until("/feeds/latest.rss", has(new))
	}
	edit(1, "Sentence 1 of the review.", "Sentence that was mended.")

	out, err := exec.Command("filmwire", "status", "-c", config).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "http://"+there+"/hub tells of changes, until ") {
		t.Errorf("status: %v\n%s", err, out)
	}
	if out, _ := exec.Command("filmwire", "doctor", "-c", config).CombinedOutput(); !strings.Contains(string(out), "http://"+here+"/websub/ leads to the daemon") {
		t.Errorf("doctor:\n%s", out)
	}
	elsewhere := filepath.Join(filepath.Dir(config), "elsewhere.yaml")
	if err := os.WriteFile(elsewhere, []byte(strings.Replace(text, `callback: "http://`+here, `callback: "http://`+there, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("filmwire", "doctor", "-c", elsewhere).CombinedOutput(); err == nil || !strings.Contains(string(out), "something else than the daemon answers at http://"+there+"/websub/: 404") {
		t.Errorf("doctor, of another's address: %v\n%s", err, out)
	}
	if res, _ := reader.get("/websub/somebody-elses"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an address nobody was given: %s", res.Status)
	}

	// A restart forgets nothing, on either side.
	reader.stop()
	reader = serve(t, config)
	reader.until("/metrics", has("filmwire_websub_live 1"))
	edit(2, "Sentence 2 of the review.", "Sentence that was mended again.")

	// A source that leaves the config is unsubscribed.
	feed := fmt.Sprintf(`{name: blog, type: feed, url: "http://%s/feeds/latest.rss", schedule: "@yearly", allow_private: true}`, there)
	replace(t, config, feed, `{name: archive, type: files, path: ./*.md}`)
	if out, err := exec.Command("filmwire", "reload", "-c", config).CombinedOutput(); err != nil {
		t.Fatalf("reload: %v\n%s", err, out)
	}
	publisher.until("/metrics", has("filmwire_hub_subscriptions 0"))
	reader.until("/metrics", has("filmwire_websub_live 0"))
	reader.stop()
	publisher.stop()
}
