package template_test

import (
	"bytes"
	"encoding/xml"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/sinktest"
	"github.com/filmwire/filmwire/sinks/template"
)

func example(t testing.TB, name string) pipeline.Path {
	t.Helper()
	path, err := filepath.Abs("../../docs/examples/templates/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Path(path)
}

// wrote is a template of the test's own.
func wrote(t testing.TB, name, text string) pipeline.Path {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return pipeline.Path(path)
}

func settings(file pipeline.Path, path, each string) template.Settings {
	s := template.Defaults()
	s.File, s.Path, s.For = file, path, each
	return s
}

func open(t testing.TB, s template.Settings, env pipeline.ViewEnv) *template.View {
	t.Helper()
	v, err := template.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestView(t *testing.T) {
	whole := wrote(t, "whole.txt", "{{range .Reviews}}{{.BodyText}} {{.Name}} {{.Critic.Name}} {{.Rating.Text}}\n{{end}}{{at \"2006-01-02\" .Updated}}")
	for name, s := range map[string]template.Settings{
		"all":          settings(whole, "whole.txt", "all"),
		"a film":       settings(example(t, "film.html"), "cards/{{.Film}}.html", "film"),
		"a review":     settings(whole, "notes/{{.Year}}/{{.Review}}.txt", "review"),
		"the first":    {File: whole, Path: "first.txt", For: "all", Order: "oldest", Limit: 2},
		"by rating":    {File: whole, Path: "best.txt", For: "all", Order: "rating", Limit: 3},
		"by title":     {File: whole, Path: "az.txt", For: "all", Order: "title", Limit: 3},
		"the calendar": settings(example(t, "calendar.ics"), "calendar.ics", "all"),
		"the sitemap":  settings(example(t, "sitemap.xml"), "sitemap.xml", "all"),
		"the digest":   settings(example(t, "digest.txt"), "digest.txt", "all"),
		"the blogroll": settings(example(t, "blogroll.opml"), "blogroll.opml", "all"),
	} {
		t.Run(name, func(t *testing.T) {
			sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View { return open(t, s, env) })
		})
	}
}

// made applies events and returns the documents.
func made(t *testing.T, s template.Settings, events ...*review.Event) *sinktest.Documents {
	t.Helper()
	h := sinktest.NewHistory(events...)
	docs := &sinktest.Documents{}
	if err := open(t, s, h.ViewEnv()).Apply(t.Context(), h, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestCalendar(t *testing.T) {
	seen := func(e *review.Event) { e.WatchedOn = review.Date{Year: 2026, Month: time.March, Day: 4} }
	long := strings.Repeat("Été, très long; ", 20)
	content := made(t, settings(example(t, "calendar.ics"), "calendar.ics", "all"),
		sinktest.Event(seen, sinktest.FilmOf("Tom, Dick; Harry\\", 2010), sinktest.Text(long)), sinktest.Event(sinktest.GUID("unseen"))).Content("calendar.ics")
	if strings.Count(content, "BEGIN:VEVENT") != 1 || !strings.Contains(content, "\r\nDTSTART;VALUE=DATE:20260304\r\nSUMMARY:Tom\\, Dick\\; Harry\\\\ (2010) (4/5)\r\n") {
		t.Error(content)
	}
	for line := range strings.Lines(content) {
		if len(line) > 77 || !strings.HasSuffix(line, "\r\n") {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	if unfolded := strings.ReplaceAll(content, "\r\n ", ""); !strings.Contains(unfolded, "DESCRIPTION:Été\\, très long\\; Été") {
		t.Error(unfolded)
	}
}

func TestMarkupIsWellFormed(t *testing.T) {
	hostile := sinktest.Event(sinktest.By(`A & <b> "q"`, ""), func(e *review.Event) {
		e.Critic.URL, e.URL = "https://example.org/?a=1&b=2", "https://example.org/?a=1&b=<2>"
	})
	for name, path := range map[string]string{"sitemap.xml": "sitemap.xml", "blogroll.opml": "blogroll.opml"} {
		content := made(t, settings(example(t, name), path, "all"), hostile).Content(path)
		if err := xml.Unmarshal([]byte(content), new(struct{})); err != nil || !strings.Contains(content, "a=1&amp;b=") {
			t.Errorf("%v:\n%s", err, content)
		}
	}
	film := sinktest.Event(sinktest.FilmOf("<script>x</script>", 2010))
	docs := made(t, settings(example(t, "film.html"), "cards/{{.Film}}.html", "film"), film)
	for _, path := range docs.Paths() {
		if _, err := html.Parse(strings.NewReader(docs.Content(path))); err != nil || strings.Contains(docs.Content(path), "<script>") || !strings.Contains(docs.Content(path), "<p>A quiet film") {
			t.Errorf("%s: %v\n%s", path, err, docs.Content(path))
		}
	}
}

func TestRightsHold(t *testing.T) {
	whole := wrote(t, "whole.txt", "{{range .Reviews}}[{{.BodyText}}{{.BodyHTML}}{{.Summary}}]{{end}}")
	for rights, want := range map[review.Rights]string{"": "[body<p>body</p>sum]", "full": "[body<p>body</p>sum]", "excerpt": "[sum]", "link": "[]", "a later word": "[]"} {
		got := made(t, settings(whole, "whole.txt", "all"), sinktest.Event(func(e *review.Event) {
			e.Rights, e.Summary, e.BodyText, e.BodyHTML = rights, "sum", "body", "<p>body</p>"
		})).Content("whole.txt")
		if got != want {
			t.Errorf("%s: %s, want %s", rights, got, want)
		}
	}
}

// TestADocumentThatFailsStays: what stood there stands, and the log names the line.
func TestADocumentThatFailsStays(t *testing.T) {
	file := wrote(t, "picky.txt", "ok\n{{range .Reviews}}{{index .Film.Directors 0}}{{end}}\n")
	h := sinktest.NewHistory(sinktest.Event(func(e *review.Event) { e.Film.Directors = []string{"Mark Romanek"} }), sinktest.Event(sinktest.GUID("2")))
	var log bytes.Buffer
	env := h.ViewEnv()
	env.Log = slog.New(slog.NewTextHandler(&log, nil))
	v, st, docs := open(t, settings(file, "picky.txt", "all"), env), &sinktest.Memory{}, &sinktest.Documents{}
	for _, e := range h {
		if err := v.Apply(t.Context(), []pipeline.Entry{e}, st, docs); err != nil {
			t.Fatal(err)
		}
	}
	if docs.Content("picky.txt") != "ok\nMark Romanek\n" || !strings.Contains(log.String(), "picky.txt:2:") {
		t.Errorf("%q\n%s", docs.Content("picky.txt"), log.String())
	}
}

// TestOthersDocumentsAreLeftAlone: two sinks do not write one file, nor into one
// another's folder.
func TestOthersDocumentsAreLeftAlone(t *testing.T) {
	file := wrote(t, "a.txt", "a")
	for path, ok := range map[string]bool{"feeds/mine.txt": false, "opml.xml": false, "lists/mine.txt": true, "feeds.txt": true} {
		h := sinktest.NewHistory(sinktest.Event())
		env := h.ViewEnv()
		v := open(t, settings(file, path, "all"), pipeline.ViewEnv{Name: "mine", Site: env.Site, Log: env.Log, At: env.At, Links: func() []pipeline.Link {
			return []pipeline.Link{{Path: "feeds/latest.rss"}, {Path: "opml.xml"}, {Path: path}}
		}})
		err := v.Apply(t.Context(), h, &sinktest.Memory{}, &sinktest.Documents{})
		if (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestVersionFollowsTheTemplate(t *testing.T) {
	env := sinktest.NewHistory().ViewEnv()
	one := open(t, settings(wrote(t, "a.txt", "one"), "a.txt", "all"), env).Version()
	two := open(t, settings(wrote(t, "a.txt", "two"), "a.txt", "all"), env).Version()
	if one == two {
		t.Error("another text is to make the view anew")
	}
}

func TestCheck(t *testing.T) {
	good := wrote(t, "good.txt", "{{range .Reviews}}{{.Name}}{{end}}")
	for name, c := range map[string]struct {
		s         template.Settings
		key, text string
	}{
		"no file":               {settings("/nowhere.txt", "a.txt", "all"), "file", "no such file"},
		"does not parse":        {settings(wrote(t, "bad.txt", "a\nb {{range}}\n"), "a.txt", "all"), "file", "bad.txt:2"},
		"a typo":                {settings(wrote(t, "typo.txt", "a\n\n{{.Revews}}"), "a.txt", "all"), "file", "typo.txt:3"},
		"out of the tree":       {settings(good, "../a.txt", "all"), "path", "inside public/"},
		"absolute":              {settings(good, "/etc/passwd", "all"), "path", "inside public/"},
		"hidden":                {settings(good, "a/.b", "all"), "path", "hidden"},
		"the front page":        {settings(good, "index.html", "all"), "path", "pages sink"},
		"one path for films":    {settings(good, "film.txt", "film"), "path", "{{.Film}}"},
		"one path for reviews":  {settings(good, "{{.Film}}.txt", "review"), "path", "{{.Review}}"},
		"a film's path for all": {settings(good, "{{.Film}}.txt", "all"), "path", "one document"},
	} {
		t.Run(name, func(t *testing.T) {
			found := ""
			c.s.Check(func(key, text string) { found += key + ": " + text + "\n" })
			if !strings.HasPrefix(found, c.key+": ") || !strings.Contains(found, c.text) {
				t.Errorf("faults: %q", found)
			}
		})
	}
}
