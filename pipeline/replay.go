package pipeline

import (
	"context"
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// replay is a replay under way, as it stands in the cursor.
type replay struct {
	ID string `json:"id"`
	Selection
	UpTo Position `json:"up_to"`          // what stood on the log when it began
	Done Position `json:"done,omitempty"` // up to here everything is sent, or in the line
}

// newestFor is the newest of a review's events, of those up to a position, that a
// delivery takes. There is none where the review has been withdrawn since: what
// was published is not shown again.
func (t *Terms) newestFor(revisions []Entry, upTo Position) (Entry, bool) {
	var newest Entry
	found := false
	for _, e := range revisions {
		switch {
		case e.Position > upTo:
		case t.takes(e.Review.Kind):
			newest, found = e, true
		case e.Review.Gone():
			found = false
		}
	}
	return newest, found
}

// replayed reports whether a replay sends a review whose newest event this is: what
// the sink's own filter does not keep it never sends.
func replayed(e Entry, s *Selection, where *Where) bool {
	return s.keeps(e.Review) && (where == nil || where.Match(e.Review))
}

// eachReplayed calls f with what a replay sends, one event of each review. For a
// delivery that gets every kind of event that is in log order.
func eachReplayed(ctx context.Context, log Log, t *Terms, where *Where, s *Selection, f func(Entry) error) error {
	return log.Latest(ctx, func(e Entry) error {
		if !t.takes(e.Review.Kind) {
			if e.Review.Gone() {
				return nil
			}
			revisions, err := log.Revisions(ctx, e.Review.Source.Name, e.Review.ReviewID)
			if err != nil {
				return err
			}
			newest, ok := t.newestFor(revisions, e.Position)
			if !ok {
				return nil
			}
			e = newest
		}
		if !replayed(e, s, where) {
			return nil
		}
		return f(e)
	})
}

// RemakeKey is where in KV a word stands that has a view made anew from the log when
// it is another one: a view's replay.
func RemakeKey(sink string) string { return "sink." + sink + ".remake" }

// Preview is what a replay would send.
type Preview struct {
	Events int                      `json:"events"`
	Kinds  map[review.EventKind]int `json:"kinds,omitempty"`
	Oldest *review.Event            `json:"oldest,omitempty"` // by when it came out
	Newest *review.Event            `json:"newest,omitempty"`
	First  []*review.Event          `json:"first,omitempty"` // that go first, a few
}

// previewed is how many events a preview shows.
const previewed = 5

// PreviewReplay says what a replay of a delivery would send now.
func PreviewReplay(ctx context.Context, log Log, t Terms, where *Where, s Selection) (Preview, error) {
	p := Preview{Kinds: map[review.EventKind]int{}}
	var first []Entry
	err := eachReplayed(ctx, log, &t, where, &s, func(e Entry) error {
		p.Events++
		p.Kinds[e.Review.Kind]++
		if p.Oldest == nil || e.Review.Date().Before(p.Oldest.Date()) {
			p.Oldest = e.Review
		}
		if p.Newest == nil || e.Review.Date().After(p.Newest.Date()) {
			p.Newest = e.Review
		}
		at, _ := slices.BinarySearchFunc(first, e, func(a, b Entry) int { return int(a.Position) - int(b.Position) })
		first = slices.Insert(first, at, e)
		first = first[:min(len(first), previewed)]
		return nil
	})
	for _, e := range first {
		p.First = append(p.First, e.Review)
	}
	return p, err
}

// positionsReplayed lists where on the log stands what a replay is to send still.
func (d *Delivering) positionsReplayed(ctx context.Context, r *replay) ([]Position, error) {
	var all []Position
	err := eachReplayed(ctx, d.Log, &d.Terms, d.Where, &r.Selection, func(e Entry) error {
		if e.Position > r.Done && e.Position <= r.UpTo {
			all = append(all, e.Position)
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}
