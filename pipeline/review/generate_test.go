package review_test

import (
	"reflect"
	"time"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Generators of whatever the types can hold, for the properties.

func decimals() *rapid.Generator[review.Decimal] {
	return rapid.Custom(func(t *rapid.T) review.Decimal {
		if rapid.Bool().Draw(t, "none") {
			return review.Decimal{}
		}
		return review.NewDecimal(rapid.Int64Range(-1e12, 1e12).Draw(t, "coef"), rapid.IntRange(0, 9).Draw(t, "scale"))
	})
}

// upTo are numbers from 0 to most, and none.
func upTo(most int64) *rapid.Generator[review.Decimal] {
	return rapid.Custom(func(t *rapid.T) review.Decimal {
		if rapid.Bool().Draw(t, "none") {
			return review.Decimal{}
		}
		return review.NewDecimal(rapid.Int64Range(0, most*10).Draw(t, "tenths"), 1)
	})
}

func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-2e9, 4e9).Draw(t, "seconds"), 0).UTC()
	})
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Just(""),
		rapid.String(),
		rapid.SampledFrom([]string{"<b>&amp;]]>", "\u2028\u2029", "★★★½", "\"\\\n\t", "\u202e", "🎬👩‍👩‍👧"}),
	)
}

func list[T any](item *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		items := rapid.SliceOfN(item, 0, 3).Draw(t, "items")
		if len(items) == 0 {
			return nil
		}
		return items
	})
}

func honours() *rapid.Generator[[]review.Honour] {
	return list(rapid.Custom(func(t *rapid.T) review.Honour {
		return review.Honour{Name: texts().Draw(t, "name"), Year: rapid.IntRange(0, 2100).Draw(t, "year")}
	}))
}

func ratings() *rapid.Generator[review.Rating] {
	return rapid.Custom(func(t *rapid.T) review.Rating {
		return review.Rating{
			Kind: rapid.SampledFrom(review.RatingKinds()).Draw(t, "kind"), Raw: texts().Draw(t, "raw"),
			Value: decimals().Draw(t, "value"), Worst: decimals().Draw(t, "worst"), Best: decimals().Draw(t, "best"),
			Letter: texts().Draw(t, "letter"), Norm: upTo(100).Draw(t, "norm"),
			Verdict: rapid.SampledFrom([]review.Verdict{"", review.Positive, review.Negative}).Draw(t, "verdict"),
			Basis:   rapid.SampledFrom([]review.Basis{"", review.BasisStated, review.BasisConfigured}).Draw(t, "basis"),
			FoundIn: texts().Draw(t, "found"), Span: review.Span{Start: rapid.IntRange(0, 9).Draw(t, "from"), End: rapid.IntRange(0, 99).Draw(t, "to")},
		}
	})
}

func films() *rapid.Generator[review.Film] {
	return rapid.Custom(func(t *rapid.T) review.Film {
		return review.Film{
			ID: review.FilmID(texts().Draw(t, "id")), Title: texts().Draw(t, "title"), OriginalTitle: texts().Draw(t, "original"),
			AltTitles: list(texts()).Draw(t, "alt"), Year: rapid.IntRange(0, 2100).Draw(t, "year"),
			Years: list(rapid.IntRange(1888, 2100)).Draw(t, "years"), Directors: list(texts()).Draw(t, "directors"),
			Countries: list(texts()).Draw(t, "countries"), Companies: list(texts()).Draw(t, "companies"),
			IDs:   review.FilmIDs{IMDb: texts().Draw(t, "imdb"), TMDB: texts().Draw(t, "tmdb")},
			Match: review.Match{Stage: texts().Draw(t, "stage"), Confidence: upTo(1).Draw(t, "confidence")},
		}
	})
}

func events() *rapid.Generator[review.Event] {
	return rapid.Custom(func(t *rapid.T) review.Event {
		id := review.NewID("blog", rapid.String().Draw(t, "guid"))
		e := review.Event{
			Schema: review.Schema, ReviewID: id, Revision: rapid.IntRange(1, 99).Draw(t, "revision"),
			Kind:   rapid.SampledFrom([]review.EventKind{review.Published, review.Revised, review.Withdrawn, review.Restored}).Draw(t, "kind"),
			FeedID: "tag:example.org,2026-11-22:reviews/" + string(id), FirstSeenAt: time.Unix(1, 0).UTC(), RevisedAt: moments().Draw(t, "revised"),
			Review: review.Review{
				Source:    review.Source{Name: "blog", Type: "feed", GUID: texts().Draw(t, "guid"), FetchedAt: time.Unix(2, 0).UTC()},
				EntryKind: review.EntryReview, URL: texts().Draw(t, "url"), Title: texts().Draw(t, "title"),
				Summary: texts().Draw(t, "summary"), BodyHTML: texts().Draw(t, "html"), BodyText: texts().Draw(t, "text"),
				Language: texts().Draw(t, "language"), Spoiler: rapid.Bool().Draw(t, "spoiler"),
				Critic: review.Critic{ID: "jane", Name: texts().Draw(t, "critic"), Outlet: review.Outlet(texts().Draw(t, "outlet"))},
				CoCritics: list(rapid.Custom(func(t *rapid.T) review.Critic {
					return review.Critic{ID: "john", Name: texts().Draw(t, "name"), URL: texts().Draw(t, "url"), Outlet: review.Outlet(texts().Draw(t, "outlet"))}
				})).Draw(t, "co-critics"),
				Film: films().Draw(t, "film"), Rating: ratings().Draw(t, "rating"),
				PublishedAt: moments().Draw(t, "published"), ModifiedAt: moments().Draw(t, "modified"),
				Rewatch: rapid.Bool().Draw(t, "rewatch"), Liked: rapid.Bool().Draw(t, "liked"), Awards: honours().Draw(t, "awards"), Festivals: honours().Draw(t, "festivals"),
				Tags: list(texts()).Draw(t, "tags"), Rights: review.RightsFull,
				Credits: list(rapid.Custom(func(t *rapid.T) review.Credit {
					return review.Credit{Role: texts().Draw(t, "role"), Names: list(texts()).Draw(t, "names"), Lost: rapid.Bool().Draw(t, "lost")}
				})).Draw(t, "credits"),
				Media: list(rapid.Custom(func(t *rapid.T) review.Media {
					return review.Media{URL: texts().Draw(t, "url"), Alt: texts().Draw(t, "alt"), Kind: "image", Type: texts().Draw(t, "type"), Length: rapid.Int64Range(0, 1<<40).Draw(t, "length")}
				})).Draw(t, "media"),
			},
		}
		if rapid.Bool().Draw(t, "watched") {
			e.WatchedOn = review.Date{Year: rapid.IntRange(1900, 2100).Draw(t, "y"), Month: 2, Day: rapid.IntRange(1, 28).Draw(t, "d")}
		}
		e.ContentHash = e.Review.ContentHash()
		e.EventID = review.NewEventID(id, e.Revision)
		return e
	})
}

// emptyFields names the fields of v that hold nothing, through structs and lists.
func emptyFields(v any) []string {
	var empty []string
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if v.IsZero() {
			empty = append(empty, path)
			return
		}
		switch {
		case v.Kind() == reflect.Slice:
			walk(path+"[0]", v.Index(0))
		case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() && v.Type() != reflect.TypeFor[review.Decimal]():
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(path+"."+v.Type().Field(i).Name, v.Field(i))
				}
			}
		}
	}
	walk("", reflect.ValueOf(v))
	return empty
}
