package pipeline

import (
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Where is a sink's filter. Every field that is set must hold; in a list, one of
// its values must. Words are compared without regard to case. The zero value
// keeps everything.
type Where struct {
	Critics     []string       `config:"critics"` // ids or names
	Outlets     []string       `config:"outlets"`
	Sources     []string       `config:"sources"`
	Films       []string       `config:"films"` // slugs
	Tags        []string       `config:"tags"`
	Languages   []string       `config:"languages"` // en keeps en-GB too
	Years       []int          `config:"years"`     // of the film
	MinRating   review.Decimal `config:"min_rating"`
	MaxRating   review.Decimal `config:"max_rating"` // 0 to 100; both keep scored reviews only
	RatingKinds []string       `config:"rating_kinds"`
	EntryKinds  []string       `config:"entry_kinds"`
}

// Match reports whether the filter keeps the review as it stands.
func (w *Where) Match(e *review.Event) bool {
	return anyOf(w.Critics, string(e.Critic.ID), e.Critic.Name) &&
		anyOf(w.Outlets, string(e.Critic.Outlet)) &&
		anyOf(w.Sources, e.Source.Name) &&
		anyOf(w.Films, string(e.Film.ID)) &&
		anyOf(w.Tags, e.Tags...) &&
		w.language(e.Language) &&
		(len(w.Years) == 0 || slices.Contains(w.Years, e.Film.Year)) &&
		w.rating(&e.Rating) &&
		anyOf(w.RatingKinds, string(e.Rating.Kind)) &&
		anyOf(w.EntryKinds, string(e.EntryKind))
}

func (w *Where) rating(r *review.Rating) bool {
	if w.MinRating.IsZero() && w.MaxRating.IsZero() {
		return true
	}
	return r.Kind == review.Scored &&
		(w.MinRating.IsZero() || r.Norm.Cmp(w.MinRating) >= 0) &&
		(w.MaxRating.IsZero() || r.Norm.Cmp(w.MaxRating) <= 0)
}

func (w *Where) language(tag string) bool {
	if len(w.Languages) == 0 {
		return true
	}
	tag = strings.ToLower(tag)
	for _, want := range w.Languages {
		want = strings.ToLower(want)
		if tag == want || strings.HasPrefix(tag, want+"-") {
			return true
		}
	}
	return false
}

// anyOf reports whether a value is among those wanted, or none are wanted.
func anyOf(wanted []string, values ...string) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, v := range values {
		if v != "" && slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, v) }) {
			return true
		}
	}
	return false
}

// Check returns what is wrong with the filter, by key.
func (w *Where) Check(fault func(key, text string)) {
	for _, kind := range w.RatingKinds {
		if !slices.Contains(review.RatingKinds(), review.RatingKind(kind)) {
			fault("rating_kinds", "no rating kind is called "+kind+"; there are scored, verdict, unrated, lost, ambiguous, invalid")
		}
	}
	for _, bound := range []struct {
		key string
		d   review.Decimal
	}{{"min_rating", w.MinRating}, {"max_rating", w.MaxRating}} {
		if d := bound.d; !d.IsZero() && (d.Sign() < 0 || d.Cmp(review.Int(100)) > 0) {
			fault(bound.key, "want a number from 0 to 100: ratings are compared on one scale")
		}
	}
	if !w.MinRating.IsZero() && !w.MaxRating.IsZero() && w.MinRating.Cmp(w.MaxRating) > 0 {
		fault("min_rating", "is above max_rating: nothing could match")
	}
}
