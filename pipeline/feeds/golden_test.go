package feeds_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/review"
)

var update = flag.Bool("update", false, "write the golden files anew")

// served answers every request with the same bytes, as from https://feed.example.
type served []byte

func (s served) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/xml"}},
		Body: io.NopCloser(bytes.NewReader(s)), ContentLength: int64(len(s)), Request: req,
	}, nil
}

// TestEvents reads testdata/events, a file for each format and each fault, and compares
// the events on the log with NAME.golden. What hangs on the time, the version or other
// fields is left out.
func TestEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/events/*.[xj]*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	w := newWire(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			env := pipeline.SourceEnv{Name: name, Log: slog.New(slog.DiscardHandler), Clock: w.clock, HTTP: served(src)}
			report, err := w.ingest.Poll(t.Context(), &pipeline.Polled{
				Name: name, Type: "feed", Source: feeds.Opener(env)("https://feed.example/dir/feed.xml", time.Minute),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, w.latest(name), report.Problems)
			golden := "testdata/events/" + name + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; -update writes it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("want -, got +; -update writes it anew:\n%s", diff)
			}
		})
	}
}

// told writes events as JSON, one after the other by their GUID, and what was said of
// the source.
func told(t *testing.T, events []*review.Event, problems []string) []byte {
	t.Helper()
	slices.SortFunc(events, func(a, b *review.Event) int { return strings.Compare(a.Source.GUID, b.Source.GUID) })
	var out bytes.Buffer
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"schema", "event_id", "review_id", "feed_id", "content_hash", "first_seen_at"} {
			delete(fields, f)
		}
		fields["source"] = map[string]any{"guid": e.Source.GUID, "url": e.Source.URL}
		if film, ok := fields["film"].(map[string]any); ok { // which depends on what was read before
			delete(film, "match")
		}
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(fields); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range problems {
		out.WriteString("problem: " + p + "\n")
	}
	return out.Bytes()
}
