package feed_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/feeds"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// BenchmarkChangedFeed renders a feed of 50 entries in three formats: joined from
// rendered entries, which is what every feed costs that a batch changes; with one
// of the entries edited, which is rendered as well; and for comparison with
// gorilla/feeds as it comes. The budget of a changed feed is 60 µs of CPU.
func BenchmarkChangedFeed(b *testing.B) {
	const entries = 50
	events := make([]*review.Event, entries)
	for n := range events {
		events[n] = sinktest.Event(sinktest.GUID(fmt.Sprint(n)), sinktest.On(fmt.Sprintf("2010-09-%02d", n%28+1)),
			func(e *review.Event) {
				e.BodyHTML = "<p>" + strings.Repeat("A quiet film about borrowed time. ", 15) + "</p>"
			})
	}
	w := newBench(b, feed.Defaults())
	w.apply(events...)
	docs := &discard{}
	apply := func(b *testing.B, batch []pipeline.Entry) {
		if err := w.view.Apply(context.Background(), batch, w.st, docs); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("joined", func(b *testing.B) {
		b.ReportAllocs()
		n, before := 0, cpu(b)
		for b.Loop() {
			apply(b, nil)
			n++
		}
		b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(n)/1000, "cpu-µs/changed-feed")
		b.ReportMetric(float64(docs.bytes), "document-bytes")
	})
	b.Run("edited", func(b *testing.B) {
		b.ReportAllocs()
		at := pipeline.Position(entries)
		for b.Loop() {
			at++
			apply(b, []pipeline.Entry{{Position: at, Review: events[7], Live: true}})
		}
	})
	b.Run("stock", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			stock(b, events)
		}
	})
}

// cpu is the time the process has spent on all cores.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBacklog applies a batch of 1,000 events to a feed of 50.
func BenchmarkBacklog(b *testing.B) {
	var batch []pipeline.Entry
	for n := range 1000 {
		e := sinktest.Event(sinktest.GUID(fmt.Sprint(n)))
		e.PublishedAt = sinktest.Epoch().Add(time.Duration(n) * time.Hour)
		batch = append(batch, pipeline.Entry{Position: pipeline.Position(n + 1), Review: e, Live: true})
	}
	for b.Loop() {
		w := newBench(b, feed.Defaults())
		if err := w.view.Apply(context.Background(), batch, w.st, &discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

// discard takes documents and keeps only their size.
type discard struct{ bytes int }

func (d *discard) PutWith(path string, content []byte, _ pipeline.Facts) { d.Put(path, content) }

func (d *discard) Put(path string, content []byte) {
	if path == "feeds/test.rss" {
		d.bytes = 0
	}
	d.bytes += len(content)
}

func (d *discard) Remove(string) {}

func stock(b *testing.B, events []*review.Event) {
	f := &feeds.Feed{
		Title: "The Aisle Seat", Link: &feeds.Link{Href: "https://reviews.example.org/"},
		Description: "Film reviews", Updated: sinktest.Epoch(),
	}
	for _, e := range events {
		f.Add(&feeds.Item{
			Id: e.FeedID, Title: e.Title, Link: &feeds.Link{Href: e.URL}, Description: e.Summary, Content: e.BodyHTML,
			Author: &feeds.Author{Name: e.Critic.Name}, Created: e.Date(), Updated: e.Updated(),
		})
	}
	for _, render := range []func() (string, error){f.ToRss, f.ToAtom, f.ToJSON} {
		if _, err := render(); err != nil {
			b.Fatal(err)
		}
	}
}
