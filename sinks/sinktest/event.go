package sinktest

import (
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Option changes one thing about a made-up event.
type Option func(*review.Event)

// Event makes an event: a published review of Never Let Me Go by Jane Doe, four
// stars of five, unless the options say otherwise. What follows from the rest
// (event id, feed id, content hash) is worked out last, unless an option set it.
func Event(opts ...Option) *review.Event {
	e := &review.Event{
		Schema:      review.Schema,
		Kind:        review.Published,
		Revision:    1,
		FirstSeenAt: Epoch(),
	}
	e.Source = review.Source{Name: "test", Type: "files", GUID: "1", FetchedAt: Epoch()}
	e.EntryKind = review.EntryReview
	e.Language = "en"
	e.PublishedAt = Epoch()
	FilmOf("Never Let Me Go", 2010)(e)
	By("Jane Doe", "The Aisle Seat")(e)
	Stars("4", "5")(e)
	Text("A quiet film about borrowed time. It stays with you.")(e)
	for _, o := range opts {
		o(e)
	}
	if e.ReviewID == "" {
		e.ReviewID = review.NewID(e.Source.Name, e.Source.GUID)
	}
	if e.Title == "" {
		e.Title = e.Film.Title
	}
	if e.URL == "" {
		e.URL = "https://reviews.example.org/" + string(e.ReviewID[:8])
	}
	e.FeedID = "tag:reviews.example.org,2010:" + string(e.ReviewID)
	e.EventID = review.NewEventID(e.ReviewID, e.Revision)
	e.ContentHash = e.Review.ContentHash()
	return e
}

// GUID tells one review from another: the source's own id.
func GUID(guid string) Option {
	return func(e *review.Event) { e.Source.GUID = guid }
}

// Kind is what happened, and in which revision. From revision 2 on the event has
// a time of revision, or of withdrawal, a minute after Epoch for each.
func Kind(kind review.EventKind, revision int) Option {
	return func(e *review.Event) {
		e.Kind, e.Revision = kind, revision
		at := Epoch().Add(time.Duration(revision) * time.Minute)
		e.WithdrawnAt = time.Time{}
		switch {
		case kind == review.Withdrawn:
			e.WithdrawnAt = at
		case revision > 1:
			e.RevisedAt = at
		}
	}
}

// FilmOf is the film, with an id made of title and year. No year is 0.
func FilmOf(title string, year int) Option {
	return func(e *review.Event) {
		e.Film = review.Film{ID: review.FilmID(slug(title)), Title: title, Year: year}
		if year != 0 {
			e.Film.ID += review.FilmID("-" + review.Int(int64(year)).String())
		}
	}
}

// By is the critic, with an id made of the name, and the outlet.
func By(name, outlet string) Option {
	return func(e *review.Event) {
		e.Critic = review.Critic{ID: review.CriticID(slug(name)), Name: name, Outlet: review.Outlet(outlet)}
	}
}

// With adds critics who wrote it with the first, as By names that one.
func With(names ...string) Option {
	return func(e *review.Event) {
		for _, name := range names {
			e.CoCritics = append(e.CoCritics, review.Critic{ID: review.CriticID(slug(name)), Name: name, Outlet: e.Critic.Outlet})
		}
	}
}

// Stars is a scored rating: value of best, both as decimals. One that does not
// parse panics.
func Stars(value, best string) Option {
	return func(e *review.Event) {
		scale := review.Scale{Best: decimal(best)}
		e.Rating = review.Rating{
			Kind: review.Scored, Raw: value + "/" + best, Value: decimal(value), Best: scale.Best,
			Norm: scale.Norm(decimal(value)), Basis: review.BasisStated, FoundIn: "rating",
		}
	}
}

// Grade is a scored rating: a letter.
func Grade(letter string) Option {
	return func(e *review.Event) {
		e.Rating = review.Rating{
			Kind: review.Scored, Raw: letter, Letter: letter,
			Norm: review.LetterNorm(letter), Basis: review.BasisStated, FoundIn: "rating",
		}
	}
}

// Rated is a rating of any kind that has no number, as the critic wrote it.
func Rated(kind review.RatingKind, raw string) Option {
	return func(e *review.Event) { e.Rating = review.Rating{Kind: kind, Raw: raw} }
}

// Says is a verdict.
func Says(v review.Verdict) Option {
	return func(e *review.Event) {
		e.Rating = review.Rating{Kind: review.Verdicted, Raw: string(v), Verdict: v}
	}
}

// Text is the summary, and the body made of it.
func Text(summary string) Option {
	return func(e *review.Event) {
		e.Summary, e.BodyText = summary, summary
		e.BodyHTML = "<p>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(summary) + "</p>"
	}
}

// On is the day it was published, YYYY-MM-DD; "" is no date. One that does not
// parse panics.
func On(day string) Option {
	return func(e *review.Event) {
		if day == "" {
			e.PublishedAt = time.Time{}
			return
		}
		t, err := review.ParseTime(day)
		if err != nil {
			panic("sinktest: " + err.Error())
		}
		e.PublishedAt = t
	}
}

func decimal(s string) review.Decimal {
	d, err := review.ParseDecimal(s)
	if err != nil {
		panic("sinktest: " + err.Error())
	}
	return d
}

// slug is what the registry would make of a plain title; good enough for tests.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
