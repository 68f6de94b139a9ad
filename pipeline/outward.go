package pipeline

import "github.com/filmwire/filmwire/pipeline/review"

// Outward is the event that a delivery tells others for an entry, nil where there
// is nothing to tell: a film event, or a new review that the sink's filter hides.
//
// What is not Live is told as withdrawn, with no more than what it takes to find
// the review: who is to forget it need not learn it, least of all a review that a
// filter keeps from them. A revision that is hidden is told even if nobody saw
// the review before; forgetting twice does no harm.
func (e Entry) Outward() *review.Event {
	switch r := e.Review; {
	case r == nil || e.Live:
		return r
	case r.Kind == review.Published:
		return nil
	default:
		return &review.Event{
			Schema: r.Schema, EventID: r.EventID, Kind: review.Withdrawn, ReviewID: r.ReviewID, Revision: r.Revision,
			ContentHash: r.ContentHash, FeedID: r.FeedID, FirstSeenAt: r.FirstSeenAt, RevisedAt: r.RevisedAt,
			Review: review.Review{
				Source:    review.Source{Name: r.Source.Name, Type: r.Source.Type, GUID: r.Source.GUID, FetchedAt: r.Source.FetchedAt},
				EntryKind: r.EntryKind,
			},
		}
	}
}
