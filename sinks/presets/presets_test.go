package presets_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/presets"
	"github.com/filmwire/filmwire/sinks/sinktest"
	"github.com/filmwire/filmwire/sinks/webhook"
)

func catalogue() config.Catalogue {
	return config.Catalogue{Sinks: []pipeline.SinkType{webhook.Type()}, Presets: presets.Files()}
}

// call is what a service heard.
type call struct {
	method, path, token, media, key string
	body                            string
}

// say sends one event through a preset to a service on the loopback network.
func say(t *testing.T, use, with string, e *review.Event) call {
	t.Helper()
	var got []call
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, call{r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)})
	}))
	defer service.Close()
	text := fmt.Sprintf("version: 1\nsite: {url: https://reviews.example.org}\nsinks:\n  - {name: chat, type: preset, use: %s, with: {%s}}\n", use, strings.ReplaceAll(with, "HERE", service.URL))
	cfg, err := config.Parse("filmwire.yaml", []byte(text), catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if events := fmt.Sprint(cfg.Sinks[0].Terms.Events); events != "[published]" {
		t.Errorf("the preset takes %s: a chat does not take anything back", events)
	}
	env, _ := sinktest.DeliveryEnv()
	env.Clock = pipeline.SystemClock{}
	d, err := cfg.Sinks[0].OpenDelivery(env)
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.Deliver(t.Context(), sinktest.NewHistory(e))
	if err != nil || v[0].Outcome != pipeline.Done || len(got) != 1 {
		t.Fatalf("%+v, %v, %d calls", v, err, len(got))
	}
	return got[0]
}

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return m
}

// hostile is a review whose words mean something to every service.
func hostile() *review.Event {
	return sinktest.Event(sinktest.FilmOf("<b>Tom & \"Jerry\"</b> @everyone *x*", 2021), sinktest.Text("a < b & c > d *bold* @all"),
		func(e *review.Event) { e.URL = "https://reviews.example.org/a?b=1&c=2" })
}

func endless() *review.Event {
	return sinktest.Event(sinktest.FilmOf(strings.Repeat("Long Title * ", 100), 2021), sinktest.Text(strings.Repeat("_word* ", 2000)),
		sinktest.By(strings.Repeat("Name ", 100), ""), func(e *review.Event) { e.URL = "https://reviews.example.org/" + strings.Repeat("x", 1500) })
}

func TestSlack(t *testing.T) {
	got := say(t, "slack", "url: HERE/services/T/B/X", hostile())
	m := decode(t, got.body)
	want := `<https://reviews.example.org/a?b=1&amp;c=2|&lt;b&gt;Tom &amp; "Jerry"&lt;/b&gt; @everyone *x* (2021)>: 4/5 (Jane Doe)`
	if got.path != "/services/T/B/X" || got.media != "application/json" || m["text"] != want {
		t.Errorf("%+v", got)
	}
	block := m["blocks"].([]any)[0].(map[string]any)["text"].(map[string]any)
	if block["type"] != "mrkdwn" || block["text"] != want+"\na &lt; b &amp; c &gt; d *bold* @all" {
		t.Errorf("%v", block)
	}
	long := decode(t, say(t, "slack", "url: HERE", endless()).body)["blocks"].([]any)[0].(map[string]any)["text"].(map[string]any)["text"].(string)
	if n := utf8.RuneCountInString(long); n > 3000 {
		t.Errorf("a section of %d characters", n)
	}
}

func TestDiscord(t *testing.T) {
	m := decode(t, say(t, "discord", "url: HERE/api/webhooks/1/t", hostile()).body)
	want := "**\\<b\\>Tom & \"Jerry\"\\</b\\> @everyone \\*x\\* (2021)**: 4/5 (Jane Doe)\na \\< b & c \\> d \\*bold\\* @all\n<https://reviews.example.org/a?b=1&c=2>"
	if diff := cmp.Diff(want, m["content"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"parse": []any{}}, m["allowed_mentions"]); diff != "" {
		t.Error(diff)
	}
	content := decode(t, say(t, "discord", "url: HERE", endless()).body)["content"].(string)
	if n := utf8.RuneCountInString(content); n > 2000 {
		t.Errorf("%d characters", n)
	}
}

func TestNtfy(t *testing.T) {
	got := say(t, "ntfy", "server: HERE, topic: films", hostile())
	want := map[string]any{
		"topic": "films", "title": `<b>Tom & "Jerry"</b> @everyone *x* (2021)`, "message": "Jane Doe 4/5\na < b & c > d *bold* @all",
		"tags": []any{"clapper"}, "click": "https://reviews.example.org/a?b=1&c=2",
	}
	if diff := cmp.Diff(want, decode(t, got.body)); diff != "" || got.path != "/" || got.token != "" {
		t.Errorf("%+v\n%s", got, diff)
	}
	if got := say(t, "ntfy", "server: HERE, topic: films, token: tk_1", endless()); got.token != "Bearer tk_1" || len(got.body) > 4096 {
		t.Errorf("%s, %d bytes", got.token, len(got.body))
	}
}

func TestMatrix(t *testing.T) {
	e := hostile()
	got := say(t, "matrix", `homeserver: HERE, room: "!r/1:example.org", token: syt`, e)
	if got.method != "PUT" || got.token != "Bearer syt" || got.path != "/_matrix/client/v3/rooms/%21r%2F1:example.org/send/m.room.message/"+e.EventID {
		t.Errorf("%+v", got)
	}
	m := decode(t, got.body)
	if m["msgtype"] != "m.text" || m["format"] != "org.matrix.custom.html" || !strings.HasPrefix(m["body"].(string), `<b>Tom & "Jerry"</b>`) ||
		!strings.Contains(m["formatted_body"].(string), "&lt;b&gt;Tom &amp; &#34;Jerry&#34;&lt;/b&gt;") {
		t.Errorf("%v", m)
	}
}

func TestMastodon(t *testing.T) {
	e := hostile()
	got := say(t, "mastodon", "server: HERE, token: abc", e)
	form, err := url.ParseQuery(got.body)
	if err != nil || got.path != "/api/v1/statuses" || got.media != "application/x-www-form-urlencoded" || got.key != e.EventID || got.token != "Bearer abc" {
		t.Fatalf("%+v %v", got, err)
	}
	want := "<b>Tom & \"Jerry\"</b> @\u200beveryone *x* (2021): 4/5\n\na < b & c > d *bold* @\u200ball\n\nhttps://reviews.example.org/a?b=1&c=2"
	if form.Get("status") != want || form.Get("visibility") != "unlisted" || form.Get("language") != "en" {
		t.Errorf("%v", form)
	}
	form, err = url.ParseQuery(say(t, "mastodon", "server: HERE, token: abc", endless()).body)
	text, link, _ := strings.Cut(form.Get("status"), "https://")
	if n := utf8.RuneCountInString(text) + 23; err != nil || link == "" || n > 500 {
		t.Errorf("%d characters, %v", n, err)
	}
}

// TestACopyWorks: what comes with Filmwire can be copied and changed.
func TestACopyWorks(t *testing.T) {
	names, err := fs.Glob(presets.Files(), "*.yaml")
	if err != nil || len(names) != 5 {
		t.Fatal(names, err)
	}
	content, err := fs.ReadFile(presets.Files(), "slack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), "unfurl_links", "mrkdwn")), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := say(t, path, "url: HERE", sinktest.Event()); !strings.Contains(got.body, `"mrkdwn": false`) {
		t.Error(got.body)
	}
}
