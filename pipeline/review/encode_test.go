package review_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

// standard is what encoding/json makes of an event.
func standard(t interface{ Fatal(...any) }, e *review.Event) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// TestAppendJSONIsTheStandardForm: a field that is added to an event and forgotten
// in AppendJSON fails here.
func TestAppendJSONIsTheStandardForm(t *testing.T) {
	full := everyField()
	if diff := cmp.Diff(string(standard(t, &full)), string(full.AppendJSON(nil))); diff != "" {
		t.Errorf("an event with every field (-standard +is):\n%s", diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := events().Draw(t, "event")
		if want, got := standard(t, &e), e.AppendJSON([]byte("before")); string(got) != "before"+string(want) {
			t.Fatalf("(-standard +is):\n%s", cmp.Diff(string(want), string(got)))
		}
	})
}

// everyField is an event in which no field is empty: a new field must be filled
// here, and the check below says when one is not.
func everyField() review.Event {
	d := review.NewDecimal(125, 1)
	at := time.Date(2026, 11, 22, 1, 2, 3, 456000000, time.UTC)
	return review.Event{
		Schema: review.Schema, EventID: "e", Kind: review.Revised, ReviewID: "r", Revision: 2, ContentHash: "c", FeedID: "f", FirstSeenAt: at, RevisedAt: at, WithdrawnAt: at,
		Review: review.Review{
			Source:    review.Source{Name: "n", Type: "t", URL: "u", GUID: "g", FetchedAt: at, Parser: "p", RawSHA256: "s"},
			EntryKind: review.EntryReview, URL: "u", Title: "t\x00\x1f\u2028\u2029\xff\"\\\b\f\n\r\t<&>", Summary: "s", BodyHTML: "h", BodyText: "t", Language: "en", Spoiler: true,
			Critic:    review.Critic{ID: "i", Name: "n", URL: "u", Outlet: "o"},
			CoCritics: []review.Critic{{ID: "j", Name: "m", URL: "v", Outlet: "p"}, {Name: "q"}},
			Film: review.Film{ID: "i", Title: "t", OriginalTitle: "o", AltTitles: []string{"a", "b"}, Year: 2010, Years: []int{2009, 2010}, Directors: []string{"d"}, Countries: []string{"c"}, Companies: []string{"c"},
				IDs:   review.FilmIDs{IMDb: "tt1", TMDB: "2", Wikidata: "Q3", Letterboxd: "l"},
				Match: review.Match{Stage: "s", Confidence: d, Candidates: []review.FilmID{"a", "b"}}},
			Rating:      review.Rating{Kind: review.Scored, Raw: "r", Value: d, Worst: d, Best: d, Letter: "A", Verdict: review.Mixed, Norm: d, Basis: review.BasisStated, FoundIn: "f", Span: review.Span{Start: 1, End: 2}},
			PublishedAt: at, ModifiedAt: at, WatchedOn: review.Date{Year: 2026, Month: 1, Day: 2}, Rewatch: true, Liked: true,
			Credits: []review.Credit{{Role: "r", Names: []string{"n"}, Lost: true}, {Role: "q"}},
			Awards:  []review.Honour{{Name: "a", Year: 1}}, Festivals: []review.Honour{{Name: "f", Year: 2}}, Tags: []string{"t"},
			Media: []review.Media{{URL: "u", Alt: "a", Kind: "k", Type: "t", Length: 3}}, Rights: review.RightsFull,
			Warnings: []review.Warning{{Code: "c", Field: "f", Detail: "d"}},
		},
	}
}

func TestEveryFieldIsFilled(t *testing.T) {
	e := everyField()
	if empty := emptyFields(e); len(empty) > 0 {
		t.Errorf("everyField leaves empty: %s", strings.Join(empty, ", "))
	}
}

func BenchmarkEncode(b *testing.B) {
	e := everyField()
	e.BodyHTML = strings.Repeat("<p>A quiet film about “time”, and about stopping to look.</p>\n", 40)
	e.BodyText = strings.Repeat("A quiet film about “time”, and about stopping to look.\n", 40)
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			standard(b, &e)
		}
	})
	b.Run("AppendJSON", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf = e.AppendJSON(buf[:0])
		}
	})
}
