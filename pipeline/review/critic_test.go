package review_test

import (
	"testing"

	"github.com/filmwire/filmwire/pipeline/review"
)

// TestOneCriticHashesAsBefore: hashes on the log were made before a review could
// have several critics, and an unchanged review must not become a revision.
func TestOneCriticHashesAsBefore(t *testing.T) {
	r := review.Review{
		EntryKind: review.EntryReview, URL: "https://e.org/1", Title: "Soul", BodyText: "Fine.", Film: review.Film{Title: "Soul", Year: 2020},
		Critic: review.Critic{ID: "jane-doe", Name: "Jane Doe", URL: "https://e.org/jane", Outlet: "The Aisle Seat"},
	}
	const before = "7d33b618c3978c7df5f8823f242428ac"
	if got := r.ContentHash(); got != before {
		t.Errorf("hash %s, want %s", got, before)
	}
	r.CoCritics = []review.Critic{}
	if got := r.ContentHash(); got != before {
		t.Errorf("an empty list counts: %s", got)
	}
}

// TestCoCriticsAreNotMistaken: who is first, and which name is whose, matters.
func TestCoCriticsAreNotMistaken(t *testing.T) {
	jane, john := review.Critic{ID: "jane", Name: "Jane"}, review.Critic{ID: "john", Name: "John"}
	seen := map[string]string{}
	for name, r := range map[string]review.Review{
		"jane":          {Critic: jane},
		"jane and john": {Critic: jane, CoCritics: []review.Critic{john}},
		"john and jane": {Critic: john, CoCritics: []review.Critic{jane}},
		"with a page":   {Critic: jane, CoCritics: []review.Critic{{ID: "john", Name: "John", URL: "u"}}},
		"with outlet":   {Critic: jane, CoCritics: []review.Critic{{ID: "john", Name: "John", Outlet: "u"}}},
		"john twice":    {Critic: jane, CoCritics: []review.Critic{john, john}},
	} {
		hash := r.ContentHash()
		if other := seen[hash]; other != "" {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[hash] = name
	}
}

func TestSignature(t *testing.T) {
	jane, john, ann := review.Critic{Name: "Jane\nDoe"}, review.Critic{Name: "John Roe"}, review.Critic{Name: "Ann Poe"}
	seat := review.Critic{Outlet: "The Aisle Seat"}
	for want, r := range map[string]review.Review{
		"":                                       {},
		"The Aisle Seat":                         {Critic: seat},
		"Jane Doe":                               {Critic: jane},
		"John Roe":                               {CoCritics: []review.Critic{john}},
		"Jane Doe, The Aisle Seat":               {Critic: jane.Or(seat)},
		"Jane Doe & John Roe, The Aisle Seat":    {Critic: jane.Or(seat), CoCritics: []review.Critic{john, {}}},
		"Jane Doe, John Roe & Ann Poe":           {Critic: jane, CoCritics: []review.Critic{john, ann}},
		"Ann Poe & John Roe":                     {Critic: ann, CoCritics: []review.Critic{john}},
		"John Roe, The Aisle Seat":               {Critic: seat, CoCritics: []review.Critic{john}},
		"The Aisle Seat & Ann Poe, A Film Paper": {Critic: review.Critic{Name: "The Aisle Seat", Outlet: "A Film Paper"}, CoCritics: []review.Critic{ann}},
	} {
		if got := r.Signature(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
