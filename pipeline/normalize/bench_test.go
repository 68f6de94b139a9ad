package normalize

import (
	"os"
	"testing"

	"github.com/microcosm-cc/bluemonday"

	"github.com/filmwire/filmwire/pipeline/review"
)

// feedItem is a body as it stands in a feed, 2.4 kB of it.
func feedItem(b *testing.B) string {
	data, err := os.ReadFile("testdata/bench/feed-item.html")
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

func BenchmarkClean(b *testing.B) {
	body := feedItem(b)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			clean(body, site)
		}
	})
	b.Run("bluemonday", func(b *testing.B) {
		policy := bluemonday.UGCPolicy()
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			policy.Sanitize(body)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	doc := review.Document{
		GUID: "1", URL: "https://critic.example/2021/02/the-long-field/", Form: review.FormHTML, Body: feedItem(b),
		Stated: review.Review{Title: "Review: The Long Field (2021)"},
	}
	doc.Defaults.Critic.Name = "Jane Doe"
	b.SetBytes(int64(len(doc.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Normalize(doc); err != nil {
			b.Fatal(err)
		}
	}
}
