package normalize

import (
	"os"
	"syscall"
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

// measured reports the processor time an operation takes, which a busy machine
// changes less than the time on the clock.
func measured(b *testing.B, bytes int, f func()) {
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkClean(b *testing.B) {
	body := feedItem(b)
	b.Run("ours", func(b *testing.B) {
		measured(b, len(body), func() { clean(body, site) })
	})
	b.Run("bluemonday", func(b *testing.B) {
		policy := bluemonday.UGCPolicy()
		measured(b, len(body), func() { policy.Sanitize(body) })
	})
}

func docFor(b *testing.B) review.Document {
	doc := review.Document{
		GUID: "1", URL: "https://critic.example/2021/02/the-long-field/", Form: review.FormHTML, Body: feedItem(b),
		Stated: review.Review{Title: "Review: The Long Field (2021)"},
	}
	doc.Defaults.Critic.Name = "Jane Doe"
	return doc
}

func BenchmarkNormalize(b *testing.B) {
	doc := docFor(b)
	measured(b, len(doc.Body), func() {
		if _, err := Normalize(doc); err != nil {
			b.Fatal(err)
		}
	})
}
