package feeds_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// turns answers the feed with one document and all other pages with another.
type turns struct {
	feed, page []byte
	asked      int
}

func (s *turns) Do(req *http.Request) (*http.Response, error) {
	body := s.page
	if s.asked++; s.asked == 1 {
		body = s.feed
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
}

// FuzzPast: whatever a feed and its pages say of older items, and whatever stands in the
// checkpoint, one reading asks for no more than it may and hands out each GUID once.
func FuzzPast(f *testing.F) {
	for _, kind := range allPaged() {
		s := &shelf{kind: kind, size: 2}
		s.write(6)
		posts, older := s.page(1)
		first := s.render(posts, older)
		posts, older = s.page(2)
		f.Add([]byte(first), []byte(s.render(posts, older)), []byte(`{"url":"https://feed.example/","archive":{"number":3,"last":"https://feed.example/?paged=2","until":["x"]}}`))
	}
	f.Fuzz(func(t *testing.T, feed, page, checkpoint []byte) {
		http := &turns{feed: feed, page: page}
		env := pipeline.SourceEnv{Name: "fuzz", Log: slog.New(slog.DiscardHandler), Clock: sourcetest.Clock{}, HTTP: http}
		source := feeds.Opener(env)("https://feed.example/", time.Minute, pipeline.FeedPast{Where: pipeline.PastAuto, Pages: 5})
		for range 2 {
			var out sourcetest.Out
			http.asked = 0
			reading, err := source.Read(context.Background(), checkpoint, &out)
			if http.asked > 1+10+1 {
				t.Fatalf("%d requests", http.asked)
			}
			seen := map[string]bool{}
			for _, guid := range out.GUIDs() {
				if seen[guid] {
					t.Fatalf("%q was handed out twice", guid)
				}
				seen[guid] = true
			}
			if err != nil {
				return
			}
			checkpoint = reading.Checkpoint
		}
	})
}
