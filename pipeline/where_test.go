package pipeline_test

import (
	"slices"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

func TestWhere(t *testing.T) {
	yes, no := true, false
	scored := func(norm int64) review.Rating { return review.Rating{Kind: review.Scored, Norm: review.Int(norm)} }
	base := review.Review{
		Source: review.Source{Name: "blog"}, EntryKind: review.EntryReview, Title: "The heart of it",
		Summary: "Borrowed\n time.", BodyText: "A film about 七人の侍, and ÜBER all about art.", Language: "en-GB",
		Critic: review.Critic{ID: "jane-doe", Name: "Jane Doe", Outlet: "The Aisle Seat"},
		Film:   review.Film{ID: "heat-1995", Year: 1995}, Rating: scored(80), Tags: []string{"Drama", "crime"},
	}
	with := func(r *review.Review) { r.CoCritics = []review.Critic{{ID: "john-roe", Name: "John Roe"}} }
	cases := []struct {
		name    string
		where   pipeline.Where
		against string
		edit    func(*review.Review)
		found   string
	}{
		{name: "nothing asked"},
		{name: "critic by id", where: pipeline.Where{Critics: []string{"jane-doe"}}},
		{name: "critic by name, other case", where: pipeline.Where{Critics: []string{"x", "JANE DOE"}}},
		{name: "a critic of several", where: pipeline.Where{Critics: []string{"john-roe"}}, edit: with},
		{name: "the first of several", where: pipeline.Where{Critics: []string{"Jane Doe"}}, edit: with},
		{name: "none of several", where: pipeline.Where{Critics: []string{"Ann"}}, against: "critics", found: "Jane Doe & John Roe", edit: with},
		{name: "another critic", where: pipeline.Where{Critics: []string{"Ann"}}, against: "critics", found: "Jane Doe"},
		{name: "outlet", where: pipeline.Where{Outlets: []string{"the aisle seat"}}},
		{name: "another outlet", where: pipeline.Where{Outlets: []string{"Blog"}}, against: "outlets", found: "The Aisle Seat"},
		{name: "another source", where: pipeline.Where{Sources: []string{"archive"}}, against: "sources", found: "blog"},
		{name: "another film", where: pipeline.Where{Films: []string{"heat-1972"}}, against: "films", found: "heat-1995"},
		{name: "tag", where: pipeline.Where{Tags: []string{"CRIME"}}},
		{name: "another tag", where: pipeline.Where{Tags: []string{"comedy"}}, against: "tags", found: "Drama, crime"},
		{name: "language", where: pipeline.Where{Languages: []string{"EN"}}},
		{name: "a language that only begins so", where: pipeline.Where{Languages: []string{"e"}}, against: "languages", found: "en-GB"},
		{name: "year", where: pipeline.Where{Years: []int{1995}}},
		{name: "another year", where: pipeline.Where{Years: []int{1972}}, against: "years", found: "1995"},
		{name: "at the least rating", where: pipeline.Where{MinRating: review.Int(80)}},
		{name: "below the least", where: pipeline.Where{MinRating: review.Int(81)}, against: "min_rating", found: "80"},
		{name: "above the highest", where: pipeline.Where{MaxRating: review.Int(79)}, against: "max_rating", found: "80"},
		{name: "no rating", where: pipeline.Where{MinRating: review.Int(0)}, against: "min_rating", found: "lost",
			edit: func(r *review.Review) { r.Rating = review.Rating{Kind: review.Lost} }},
		{name: "rating kind", where: pipeline.Where{RatingKinds: []string{"lost", "unrated"}}, against: "rating_kinds", found: "scored"},
		{name: "entry kind", where: pipeline.Where{EntryKinds: []string{"rating"}}, against: "entry_kinds", found: "review"},
		{name: "text there", where: pipeline.Where{HasText: &yes}},
		{name: "text not wanted", where: pipeline.Where{HasText: &no}, against: "has_text", found: "true"},
		{name: "no text", where: pipeline.Where{HasText: &yes}, against: "has_text", found: "false",
			edit: func(r *review.Review) { r.BodyText, r.BodyHTML = " \n", "" }},
		{name: "a phrase over two lines", where: pipeline.Where{Text: []string{"borrowed  TIME"}}},
		{name: "a word", where: pipeline.Where{Text: []string{"nothing", "art"}}},
		{name: "a part of a word", where: pipeline.Where{Text: []string{"hear"}}, against: "text"},
		{name: "the end of a word", where: pipeline.Where{Text: []string{"orrowed"}}, against: "text"},
		{name: "without spaces between words", where: pipeline.Where{Text: []string{"人の"}}},
		{name: "capitals of other alphabets", where: pipeline.Where{Text: []string{"über"}}},
		{name: "several fields, the last against", where: pipeline.Where{Tags: []string{"drama"}, Years: []int{1995}, Text: []string{"comet"}}, against: "text"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := &review.Event{Review: base}
			if c.edit != nil {
				c.edit(&e.Review)
			}
			if got := c.where.Against(e); got != c.against || c.where.Match(e) != (c.against == "") {
				t.Fatalf("against it is %q, match %t; want %q", got, c.where.Match(e), c.against)
			}
			if got := c.where.Found(c.against, e); c.against != "" && got != c.found {
				t.Errorf("found %q, want %q", got, c.found)
			}
		})
	}
}

// What one value may be is said by tags, which the config's tests go through.
func TestWhereUpsideDown(t *testing.T) {
	var keys []string
	note := func(key, _ string) { keys = append(keys, key) }
	(&pipeline.Where{MinRating: review.Int(0), MaxRating: review.Int(0)}).Check(note)
	if len(keys) != 0 {
		t.Errorf("faults with %v, want none", keys)
	}
	(&pipeline.Where{MinRating: review.Int(80), MaxRating: review.Int(20)}).Check(note)
	if !slices.Equal(keys, []string{"min_rating"}) {
		t.Errorf("faults with %v, want min_rating", keys)
	}
}
