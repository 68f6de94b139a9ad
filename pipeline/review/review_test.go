package review_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
)

var exactly = cmp.Comparer(func(a, b review.Decimal) bool { return a == b })

func TestEventRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events().Draw(t, "event")
		data, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := review.ParseEvent(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(&e, back, exactly); diff != "" {
			t.Fatalf("the event changed (-was +is):\n%s\n%s", diff, data)
		}
		if again := back.Review.ContentHash(); again != e.ContentHash {
			t.Fatalf("the content hash changed from %s to %s", e.ContentHash, again)
		}
	})
}

func TestUnknownIsAbsent(t *testing.T) {
	e := review.Event{Schema: review.Schema, Review: review.Review{Rating: review.Rating{Kind: review.Unrated}}}
	data, err := json.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"norm", "value", "best", "published_at", "revised_at", "watched_on", "critic", "tags", "summary", "span", "match", "year"} {
		if strings.Contains(string(data), `"`+field+`"`) {
			t.Errorf("%s is not known and stands in %s", field, data)
		}
	}
}

func TestParseEventRefusesAnotherSchema(t *testing.T) {
	for _, in := range []string{`{"schema":"review/2"}`, `{}`, `[]`, `{"schema":`} {
		if _, err := review.ParseEvent([]byte(in)); err == nil {
			t.Errorf("ParseEvent(%s) is no error", in)
		}
	}
	if _, err := review.ParseFilmEvent([]byte(`{"schema":"review/1"}`)); err == nil {
		t.Error("a review event passed for a film event")
	}
}

func TestContentHashSeesWhatMatters(t *testing.T) {
	base := func() review.Review {
		return review.Review{Title: "Soul", BodyText: "Fine.", Film: review.Film{Title: "Soul"}, Rating: review.Rating{Kind: review.Scored, Raw: "4/5"}}
	}
	first := base()
	for name, change := range map[string]func(*review.Review){
		"title":     func(r *review.Review) { r.Title = "Soul!" },
		"text":      func(r *review.Review) { r.BodyText = "Fine!" },
		"rating":    func(r *review.Review) { r.Rating.Raw = "5/5" },
		"year":      func(r *review.Review) { r.Film.Year = 2020 },
		"tags":      func(r *review.Review) { r.Tags = []string{"a"} },
		"spoiler":   func(r *review.Review) { r.Spoiler = true },
		"co-critic": func(r *review.Review) { r.CoCritics = []review.Critic{{Name: "John Roe"}} },
		"moved":     func(r *review.Review) { r.Title, r.Summary = "", "Soul" },
	} {
		if r := base(); func() bool { change(&r); return r.ContentHash() == first.ContentHash() }() {
			t.Errorf("a change of %s is not seen", name)
		}
	}
	for name, change := range map[string]func(*review.Review){
		"fetched": func(r *review.Review) { r.Source.FetchedAt = time.Now() },
		"raw":     func(r *review.Review) { r.Source.RawSHA256 = "00" },
		"match":   func(r *review.Review) { r.Film.Match.Stage = "id" },
		"film id": func(r *review.Review) { r.Film.ID = "soul-2020" },
		"warning": func(r *review.Review) { r.Warn("a", "b", "c") },
		"found":   func(r *review.Review) { r.Rating.FoundIn = "title" },
	} {
		if r := base(); func() bool { change(&r); return r.ContentHash() != first.ContentHash() }() {
			t.Errorf("a change of %s passes for a revision", name)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"4", "4"}, {"3.50", "3.50"}, {".5", "0.5"}, {"-4", "-4"}, {"+1", "1"}, {"0", "0"}, {"-0.5", "-0.5"},
		{"8.71245284", "8.71245284"}, {"007", "7"}, {"0.000", "0.000"},
	} {
		d, err := review.ParseDecimal(c.in)
		if err != nil || d.String() != c.want || d.IsZero() {
			t.Errorf("ParseDecimal(%q) = %q, %v, want %q", c.in, d, err, c.want)
		}
	}
	for _, in := range []string{"", ".", "4.", "1e3", "1,5", "--1", "1.2.3", "½", "NaN", strings.Repeat("9", 19), "0x1", " 1"} {
		if d, err := review.ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %q", in, d)
		}
	}
}

func TestDecimalIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, e := decimals().Draw(t, "d"), decimals().Draw(t, "e")
		if got, want := d.Cmp(e), d.Rat().Cmp(e.Rat()); got != want {
			t.Fatalf("%s against %s: %d, as fractions %d", d, e, got, want)
		}
		if d.IsZero() {
			return
		}
		back, err := review.ParseDecimal(d.String())
		if err != nil || back != d {
			t.Fatalf("%q reads back as %q, %v", d, back, err)
		}
	})
}

func TestRoundGoesToTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64Range(-1e6, 1e6).Draw(t, "num"), rapid.Int64Range(1, 1e4).Draw(t, "den"))
		places := rapid.IntRange(0, 4).Draw(t, "places")
		got := review.Round(r, places)
		off := new(big.Rat).Sub(got.Rat(), r)
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)))
		if off.Abs(off).Cmp(half) > 0 {
			t.Fatalf("%s to %d places is %s", r, places, got)
		}
	})
}

func TestNorm(t *testing.T) {
	num := func(s string) review.Decimal {
		d, err := review.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct{ value, worst, best, want string }{
		{"3", "0", "5", "60.0"}, {"3.25", "0", "4", "81.2"}, {"2.75", "0", "4", "68.8"}, {"1", "-4", "4", "62.5"},
		{"1", "1", "5", "0.0"}, {"5", "1", "5", "100.0"}, {"0", "0", "10", "0.0"},
		{"5.5", "0", "5", ""}, {"-1", "0", "5", ""}, {"1", "5", "1", ""}, {"0", "0", "0", ""},
	} {
		scale := review.Scale{Worst: num(c.worst), Best: num(c.best)}
		if got := scale.Norm(num(c.value)).String(); got != c.want {
			t.Errorf("%s on %s to %s is %q, want %q", c.value, c.worst, c.best, got, c.want)
		}
	}
	if !(review.Scale{Best: review.Int(5)}).Norm(review.Decimal{}).IsZero() {
		t.Error("no value has a norm")
	}
}

// TestNormIsExact compares the norm with the exact fraction, for small numbers and
// for such as do not fit machine words.
func TestNormIsExact(t *testing.T) {
	number := func(name string) *rapid.Generator[review.Decimal] {
		return rapid.Custom(func(t *rapid.T) review.Decimal {
			most := rapid.SampledFrom([]int64{5, 10, 100, 1e6, 1e13, 1e17}).Draw(t, name+" size")
			return review.NewDecimal(rapid.Int64Range(-most, most).Draw(t, name), rapid.IntRange(0, 14).Draw(t, name+" places"))
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		value, worst, best := number("value").Draw(t, "value"), number("worst").Draw(t, "worst"), number("best").Draw(t, "best")
		got := review.Scale{Worst: worst, Best: best}.Norm(value)
		width := new(big.Rat).Sub(best.Rat(), worst.Rat())
		above := new(big.Rat).Sub(value.Rat(), worst.Rat())
		inside := width.Sign() > 0 && above.Sign() >= 0 && above.Cmp(width) <= 0
		if got.IsZero() == inside {
			t.Fatalf("%s on %s to %s: norm %q", value, worst, best, got)
		}
		if !inside {
			return
		}
		exact := new(big.Rat).Mul(new(big.Rat).Quo(above, width), big.NewRat(100, 1))
		if want := review.Round(exact, 1); got != want {
			t.Fatalf("%s on %s to %s is %s, want %s", value, worst, best, got, want)
		}
	})
}

func TestParseDocument(t *testing.T) {
	for _, c := range []struct {
		name, in string
		check    func(review.Document) string
	}{
		{"a plain rating", `{"id":"1","film":"Soul","rating":"4/5"}`, func(d review.Document) string { return d.RatingText }},
		{"a number for a rating", `{"id":"1","rating":4.50}`, func(d review.Document) string { return d.RatingText }},
		{"a rating object", `{"id":"1","rating":{"value":4,"best":5}}`, func(d review.Document) string { return d.RatingText + " of " + d.RatingScale.Best.String() }},
		{"a year in a string", `{"id":"1","film":{"title":"Soul","year":"2020"}}`, func(d review.Document) string { return fmt.Sprint(d.Stated.Film.Year) }},
		{"a critic's name", `{"id":"1","critic":"Jane Doe"}`, func(d review.Document) string { return d.Stated.Critic.Name }},
		{"critics in a list", `{"id":"1","critic":["Jane Doe",{"name":"John Roe","url":"u"},null]}`, func(d review.Document) string { return fmt.Sprint(d.Stated.Critic, d.Stated.CoCritics) }},
		{"co-critics", `{"id":"1","critic":{"name":"Jane Doe"},"co_critics":["John Roe",{"id":"ann","name":"Ann Poe"}]}`, func(d review.Document) string { return d.Stated.Byline() }},
		{"one co-critic, and no critic", `{"id":"1","co_critics":"John Roe"}`, func(d review.Document) string { return d.Stated.Byline() }},
		{"a date alone", `{"id":"1","date":"2020-10-04"}`, func(d review.Document) string { return d.Stated.PublishedAt.String() }},
		{"tags with commas", `{"id":"1","tags":"a, b,,c"}`, func(d review.Document) string { return strings.Join(d.Stated.Tags, "|") }},
		{"no id but a url", `{"url":"https://e.org/1"}`, func(d review.Document) string { return d.GUID }},
		{"no id at all", `{"film":"Soul","critic":"Jane","date":"2020-10-04"}`, func(d review.Document) string { return d.GUID }},
		{"a numeric id", `{"id":77,"body":"<p>x</p>"}`, func(d review.Document) string { return d.GUID + string(d.Form) }},
		{"nulls", `{"id":"1","film":null,"rating":null,"tags":null,"critic":null,"body":null}`, func(d review.Document) string { return d.GUID }},
		{"a film id as a number", `{"id":"1","film":{"title":"x","ids":{"tmdb":27205}}}`, func(d review.Document) string { return d.Stated.Film.IDs.TMDB }},
	} {
		want := map[string]string{
			"a plain rating": "4/5", "a number for a rating": "4.50", "a rating object": "4 of 5", "a year in a string": "2020",
			"critics in a list": "{ Jane Doe  } [{ John Roe u }]", "co-critics": "Jane Doe, John Roe & Ann Poe", "one co-critic, and no critic": "John Roe",
			"a critic's name": "Jane Doe", "a date alone": "2020-10-04 00:00:00 +0000 UTC", "tags with commas": "a|b|c",
			"no id but a url": "https://e.org/1", "no id at all": "Soul|0|Jane|2020-10-04", "a numeric id": "77html", "nulls": "1",
			"a film id as a number": "27205",
		}[c.name]
		t.Run(c.name, func(t *testing.T) {
			d, err := review.ParseDocument([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.check(d); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	for _, in := range []string{`{}`, `[]`, `{"id":`, `{"id":{}}`, `{"id":"1","year":"soon"}`, `{"id":"1","date":"next week"}`, `{"id":"1","spoiler":"yes"}`} {
		if _, err := review.ParseDocument([]byte(in)); err == nil || strings.Contains(err.Error(), "Go ") {
			t.Errorf("ParseDocument(%s): %v, want an error in plain words", in, err)
		}
	}
}

// An event printed by one Filmwire is a document for another.
func TestEventIsADocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events().Draw(t, "event")
		e.URL = "https://example.org/1"
		data, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		d, err := review.ParseDocument(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if d.Stated.Film.Title != e.Film.Title || d.Stated.Critic.Name != e.Critic.Name || !d.Stated.PublishedAt.Equal(e.PublishedAt) {
			t.Fatalf("the document says something else than the event:\n%+v\n%s", d, data)
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(`{"id":"1","film":{"title":"Soul","year":2020},"rating":{"value":"4","best":5},"critic":"Jane"}`))
	f.Add([]byte(`{"id":1e9,"tags":[1,true,null,"x"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := review.ParseDocument(data)
		if err == nil && d.GUID == "" {
			t.Errorf("a document without a guid from %q", data)
		}
	})
}

func ExampleScale_Norm() {
	value, _ := review.ParseDecimal("3.5")
	fmt.Println(review.Scale{Best: review.Int(5)}.Norm(value))
	fmt.Println(review.LetterNorm("B+"))
	// Output:
	// 70.0
	// 83.3
}

func ExampleDecimal() {
	stated, _ := review.ParseDecimal("0")
	var unknown review.Decimal
	fmt.Printf("%q is a number: %v\n", stated, !stated.IsZero())
	fmt.Printf("%q is a number: %v\n", unknown, !unknown.IsZero())
	// Output:
	// "0" is a number: true
	// "" is a number: false
}

func ExampleParseDocument() {
	d, err := review.ParseDocument([]byte(`{"id": "42", "film": "Soul", "year": 2020, "rating": "4/5", "body": "<p>Lovely.</p>"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.GUID, d.Stated.Film.Title, d.Stated.Film.Year, d.RatingText)
	// Output: 42 Soul 2020 4/5
}
