package feed

import "github.com/filmwire/filmwire/pipeline/review"

// WithPages makes archive pages of so many reviews on average, so that few reviews
// make several.
func (v *View) WithPages(mean uint64) *View {
	v.meanPage = mean
	return v
}

// SeenHash is the hash by which a review stands in its page.
func SeenHash(e *review.Event) string { return seenOf(e)[16:] }
