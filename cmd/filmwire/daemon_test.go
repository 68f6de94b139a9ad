package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// serving is a daemon that runs.
type serving struct {
	t      *testing.T
	url    string
	config string
	cmd    *exec.Cmd
	log    chan string // what it has logged, when it has ended
}

// serve starts `filmwire run` and waits until it says where it serves.
func serve(t *testing.T, config string) *serving {
	t.Helper()
	cmd := exec.Command("filmwire", "run", "-c", config)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	s := &serving{t: t, config: config, cmd: cmd, log: make(chan string, 1)}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "serves on "); ok {
			s.url = url
			break
		}
	}
	if s.url == "" {
		t.Fatal("the daemon does not say where it serves")
	}
	go func() {
		var all strings.Builder
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
		}
		s.log <- all.String()
	}()
	return s
}

// stop ends the daemon as an operator does, and returns what it logged.
func (s *serving) stop() string {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	log := <-s.log
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the daemon ends with %v\n%s", err, log)
	}
	return log
}

// get asks for a path, with a header if one is given.
func (s *serving) get(path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(header) == 2 {
		req.Header.Set(header[0], header[1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(body)
}

// until asks for a path until its body is as wanted, for as long as the test may run.
func (s *serving) until(path string, so func(body string) bool) string {
	s.t.Helper()
	for {
		_, body := s.get(path)
		if so(body) {
			return body
		}
		if err := s.t.Context().Err(); err != nil {
			s.t.Fatalf("%s never came to be so: %v\n%s", path, err, body)
		}
		breathe(s.t.Context())
	}
}

// breathe lets others work between two looks.
func breathe(ctx context.Context) {
	exec.CommandContext(ctx, "true").Run()
}

func has(text string) func(string) bool {
	return func(body string) bool { return strings.Contains(body, text) }
}

func TestTheDaemonServesAndFollowsEdits(t *testing.T) {
	config := newsroom(t, 12)
	replace(t, config, "data: ./data", "data: ./data\nlisten: 127.0.0.1:0")
	s := serve(t, config)

	s.until("/feeds/latest.atom", func(body string) bool { return strings.Count(body, "<entry>") == 12 })
	for path, want := range map[string]string{
		"/":                  "text/html; charset=utf-8",
		"/feeds/latest.rss":  "application/rss+xml; charset=utf-8",
		"/feeds/latest.atom": "application/atom+xml; charset=utf-8",
		"/feeds/latest.json": "application/feed+json",
		"/livez":             "",
		"/readyz":            "",
		"/metrics":           "",
	} {
		res, body := s.get(path)
		if res.StatusCode != http.StatusOK || body == "" {
			t.Errorf("%s: %s, %d bytes", path, res.Status, len(body))
		}
		if got := res.Header.Get("Content-Type"); want != "" && got != want && got != want+"; charset=utf-8" {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if _, index := s.get("/"); !strings.Contains(index, `rel="alternate"`) || !strings.Contains(index, "feeds/latest.rss") {
		t.Errorf("the index page does not link the feeds:\n%s", index)
	}
	res, _ := s.get("/feeds/latest.rss")
	etag := res.Header.Get("ETag")
	if etag == "" || strings.HasPrefix(etag, "W/") {
		t.Errorf("ETag %q, want a strong one", etag)
	}
	if res, body := s.get("/feeds/latest.rss", "If-None-Match", etag); res.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("asked again: %s", res.Status)
	}

	// An edit is seen at once: the folder is watched.
	review := filepath.Join(filepath.Dir(config), "reviews", "000005.md")
	replace(t, review, "Sentence 5 of the review.", "Sentence that was mended.")
	s.until("/feeds/latest.json", has("Sentence that was mended"))
	s.until("/feeds/latest.rss", has("Sentence that was mended")) // the formats are written one by one
	if res, _ := s.get("/feeds/latest.rss", "If-None-Match", etag); res.StatusCode != http.StatusOK {
		t.Errorf("after the edit: %s", res.Status)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(config), "reviews", "000007.md")); err != nil {
		t.Fatal(err)
	}
	s.until("/feeds/latest.atom", func(body string) bool { return strings.Count(body, "<entry>") == 11 })
	s.until("/metrics", has(`filmwire_sink_lag{sink="latest"} 0`))

	// The verbs that look work beside the daemon.
	kinds := map[any]int{}
	for _, e := range eventsOf(t, config) {
		kinds[e["kind"]]++
	}
	if fmt.Sprint(kinds) != "map[published:10 revised:1 withdrawn:1]" {
		t.Errorf("events beside the daemon: %v", kinds)
	}
	if status := filmwire(t, "status", "-c", config); !strings.Contains(status, "archive") {
		t.Errorf("status: %s", status)
	}
	// A second daemon on the folder is refused, and says why.
	second := exec.Command("filmwire", "run", "-c", config)
	if out, err := second.CombinedOutput(); err == nil || second.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), filepath.Join(filepath.Dir(config), "data")) {
		t.Errorf("a second daemon: %v\n%s", err, out)
	}

	log := s.stop()
	if strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("the daemon complains:\n%s", log)
	}
	if n := strings.Count(log, "\n"); n > 25 {
		t.Errorf("%d lines of log for a quiet life:\n%s", n, log)
	}
	if len(eventsOf(t, config)) != 12 {
		t.Error("the log is not what it was before the daemon stopped")
	}
}

// TestARestartedDaemonGoesOn: what happened to the folder meanwhile is seen, and
// nothing is published twice.
func TestARestartedDaemonGoesOn(t *testing.T) {
	config := newsroom(t, 5)
	replace(t, config, "data: ./data", "data: ./data\nlisten: 127.0.0.1:0")
	s := serve(t, config)
	s.until("/feeds/latest.atom", func(body string) bool { return strings.Count(body, "<entry>") == 5 })
	s.cmd.Process.Kill()
	s.cmd.Wait()
	replace(t, filepath.Join(filepath.Dir(config), "reviews", "000002.md"), "Sentence 2 of the review.", "Sentence while it was dead.")
	s = serve(t, config)
	s.until("/feeds/latest.json", has("while it was dead"))
	s.stop()
	for _, e := range eventsOf(t, config) {
		if e["kind"] == "published" && e["revision"] != 1.0 {
			t.Errorf("%v at revision %v", e["kind"], e["revision"])
		}
	}
}

// replace changes a text in a file, by a new file in its place as editors do.
func replace(t testing.TB, path, old, new string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(content), old, new)
	if changed == string(content) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err := os.WriteFile(path+".new~", []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new~", path); err != nil {
		t.Fatal(err)
	}
}
