package daemon_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// newReviews and criticFeeds are the load: so many reviews, spread over so many feeds.
const (
	newReviews  = 10_000
	criticFeeds = 500
)

const criticsConfig = `version: 1
site: {title: Bench, url: "https://reviews.example.org"}
sinks:
  - {name: critics, type: feed, per: critic}
`

// BenchmarkManyFeeds puts new reviews by many critics onto the log while the view that
// makes a feed of each follows it, as in a running daemon, and waits until all of them
// stand in the feeds, in three formats. It says how long that took, from the first
// event on the log, and what of it the log alone took.
func BenchmarkManyFeeds(b *testing.B) {
	var log, visible, spent time.Duration
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		n := newNewsroom(b, criticsConfig)
		events := manyReviews(newReviews)
		b.StartTimer()
		began, before := time.Now(), cpu(b)
		for from := 0; from < len(events); from += pipeline.MaxAppend {
			if _, err := n.window.Append(b.Context(), events[from:from+pipeline.MaxAppend]); err != nil {
				b.Fatal(err)
			}
		}
		log += time.Since(began)
		if err := n.viewings[0].CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		visible, spent = visible+time.Since(began), spent+cpu(b)-before
		rounds++
		b.StopTimer()
		n.mustStand(b, criticFeeds*3)
		n.close(b)
		b.StartTimer()
	}
	per := func(d time.Duration) float64 { return d.Seconds() / float64(rounds) }
	b.ReportMetric(per(log), "log-s")
	b.ReportMetric(per(visible), "visible-s")
	b.ReportMetric(per(spent), "cpu-s")
	b.ReportMetric(0, "ns/op")
}

// manyReviews are n new reviews, each by another critic than the one before.
func manyReviews(n int) []pipeline.Append {
	body := strings.Repeat("A quiet film about borrowed time. ", 15)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	events := make([]pipeline.Append, n)
	for i := range events {
		e := &review.Event{Schema: review.Schema, Kind: review.Published, Revision: 1, FirstSeenAt: at.Add(time.Duration(i/400) * time.Second)}
		e.Source = review.Source{Name: "bench", Type: "files", GUID: fmt.Sprint(i), FetchedAt: at}
		e.ReviewID = review.NewID(e.Source.Name, e.Source.GUID)
		e.EventID, e.FeedID = review.NewEventID(e.ReviewID, 1), "tag:reviews.example.org,2026-11-22:reviews/"+string(e.ReviewID)
		e.EntryKind, e.Language, e.PublishedAt = review.EntryReview, "en", at.Add(time.Duration(i)*time.Minute)
		e.URL, e.Title = fmt.Sprintf("https://example.org/reviews/%d", i), fmt.Sprintf("On film number %d", i)
		e.Film = review.Film{ID: review.FilmID(fmt.Sprintf("film-%d-2010", i)), Title: fmt.Sprintf("Film %d", i), Year: 2010}
		e.Critic = review.Critic{ID: review.CriticID(fmt.Sprintf("critic-%d", i%criticFeeds)), Name: fmt.Sprintf("Critic %d", i%criticFeeds)}
		e.Rating = review.Rating{Kind: review.Scored, Raw: "4/5", Value: review.Int(4), Best: review.Int(5), Norm: review.NewDecimal(800, 1)}
		e.BodyHTML, e.BodyText, e.Summary = "<p>"+body+"</p>", body, body[:100]
		e.ContentHash = e.Review.ContentHash()
		events[i] = pipeline.Append{Review: e}
	}
	return events
}
