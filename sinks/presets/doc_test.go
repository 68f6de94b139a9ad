package presets_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// TestTheExampleOfTheDocs: the preset and the config of docs/writing-a-sink.md do
// what is said there.
func TestTheExampleOfTheDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/writing-a-sink.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(doc), "```yaml\n")
	if len(blocks) < 3 {
		t.Fatal("the example is gone")
	}
	var heard, token string
	board := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard, token = string(body), r.Header.Get("Authorization")
	}))
	defer board.Close()
	dir := t.TempDir()
	preset, _, _ := strings.Cut(blocks[1], "```")
	preset = strings.ReplaceAll(preset, "https://board.example", board.URL)
	if err := os.WriteFile(filepath.Join(dir, "board.yaml"), []byte(preset), 0o644); err != nil {
		t.Fatal(err)
	}
	sinks, _, _ := strings.Cut(blocks[2], "```")
	c := catalogue()
	c.Getenv = func(string) (string, bool) { return "let-me-in", true }
	cfg, err := config.Parse(filepath.Join(dir, "filmwire.yaml"), []byte("version: 1\nsite: {url: https://reviews.example.org}\n"+sinks), c)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := sinktest.DeliveryEnv()
	env.Clock = pipeline.SystemClock{}
	d, err := cfg.Sinks[0].OpenDelivery(env)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event())); err != nil || v[0].Outcome != pipeline.Done {
		t.Fatalf("%+v %v", v, err)
	}
	want := `{"board": "films", "text": "Never Let Me Go (2010)", "link": "https://reviews.example.org/55c9b274"}`
	if strings.TrimSpace(heard) != want || token != "Bearer let-me-in" {
		t.Errorf("%s %s, want %s", token, heard, want)
	}
}
