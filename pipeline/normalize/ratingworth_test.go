package normalize_test

import (
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

func decimal(t testing.TB, s string) review.Decimal {
	t.Helper()
	d, err := review.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRatingsAreWorthWhatTheOperatorSays: the table is by the rating as written, and
// however else the same rating may be.
func TestRatingsAreWorthWhatTheOperatorSays(t *testing.T) {
	table := map[string]review.Decimal{
		"A": decimal(t, "95"), "B+": decimal(t, "82.5"), "★★★★": decimal(t, "100"), "3.5": decimal(t, "81"), "6/10": decimal(t, "55"),
		"Masterpiece": decimal(t, "100"), "Recommended": decimal(t, "75"), "thumbs down": decimal(t, "20"),
	}
	four := review.Scale{Best: review.Int(4)}
	for _, c := range []struct {
		text  string
		scale review.Scale
		want  string
	}{
		{"A", review.Scale{}, "scored letter=A norm=95.0 configured"},
		{"a", review.Scale{}, "scored letter=A norm=95.0 configured"},
		{"A+", review.Scale{}, "scored letter=A+ norm=100.0 stated"},
		{"B-plus", review.Scale{}, "scored letter=B+ norm=82.5 configured"},
		{"★★★★", review.Scale{}, "scored value=4 norm=100.0 configured"},
		{"⭐️⭐️⭐️⭐️", review.Scale{}, "scored value=4 norm=100.0 configured"},
		{"★★★★", four, "scored value=4 best=4 norm=100.0 configured"},
		{"4/4", four, "scored value=4 best=4 norm=100.0 configured"},
		{"4/5", four, "scored value=4 best=5 norm=80.0 stated"},
		{"4/5", review.Scale{}, "scored value=4 best=5 norm=80.0 stated"},
		{"3½", four, "scored value=3.5 best=4 norm=81.0 configured"},
		{"three and a half stars", four, "scored value=3.5 best=4 norm=81.0 configured"},
		{"3", four, "scored value=3 best=4 norm=75.0 configured"},
		{"6 out of 10", four, "scored value=6 best=10 norm=55.0 configured"},
		{"6", four, "invalid"},
		{"masterpiece!", four, "scored norm=100.0 configured"},
		{"Recommended.", four, "scored norm=75.0 configured"},
		{"Thumbs down", four, "scored norm=20.0 configured"},
		{"thumbs up", four, "verdict verdict=positive"},
		{"(out of 5)", four, "lost best=5"},
		{"", four, "unrated"},
	} {
		t.Run(c.text, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormText, Body: prose, RatingText: c.text, Stated: review.Review{Title: "Mulan"},
				Defaults: review.Defaults{Scale: c.scale, Conversion: table}})
			if got := show(r.Rating); got != c.want {
				t.Errorf("%q is %s, want %s", c.text, got, c.want)
			}
		})
	}
	for _, c := range []struct{ text, want, raw string }{
		{"Verdict: Masterpiece", "scored norm=100.0 configured", "Masterpiece"},
		{"Masterpiece.", "scored norm=100.0 configured", "Masterpiece."},
		{"Rating: A", "scored letter=A norm=95.0 configured", "A"},
		{"The story: masterpiece", "unrated", ""},
		{"Audience rating: masterpiece", "unrated", ""},
	} {
		t.Run("text "+c.text, func(t *testing.T) {
			r := read(t, review.Document{Form: review.FormText, Body: prose + "\n\n" + c.text, Stated: review.Review{Title: "Mulan"},
				Defaults: review.Defaults{Conversion: table}})
			if show(r.Rating) != c.want || r.Rating.Raw != c.raw {
				t.Errorf("%q: %s from %q, want %s from %q", c.text, show(r.Rating), r.Rating.Raw, c.want, c.raw)
			}
		})
	}
}

func TestRatingsInWordsAreShownAsWritten(t *testing.T) {
	r := read(t, review.Document{Form: review.FormText, Body: prose, RatingText: "A masterpiece", Stated: review.Review{Title: "Mulan"},
		Defaults: review.Defaults{Conversion: map[string]review.Decimal{"a masterpiece": review.Int(100)}}})
	if r.Rating.Text() != "A masterpiece" || r.Rating.String() != "A masterpiece" || !r.Rating.Positive() {
		t.Errorf("%+v is shown as %q, %q", r.Rating, r.Rating.Text(), r.Rating.String())
	}
}

// TestScalesOfTheirTime: a bare number is on the scale of its review's own day, which
// a field, the diary or the text states; what states its scale is on that.
func TestScalesOfTheirTime(t *testing.T) {
	day := func(s string) review.Date {
		d, err := review.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	defaults := review.Defaults{
		Scale: review.Scale{Best: review.Int(5)},
		Earlier: []review.EarlierScale{
			{Scale: review.Scale{Best: review.Int(10)}, Until: day("2008-06-01")},
			{Scale: review.Scale{Best: review.Int(4)}, Until: day("2015-01-01")},
		},
	}
	for _, c := range []struct {
		name, published, watched, rating, body, want string
	}{
		{"before all", "2001-02-03", "", "4", "", "4/10"},
		{"the last day", "2008-05-31", "", "4", "", "4/10"},
		{"the first day", "2008-06-01", "", "4", "", "4/4"},
		{"new year's eve", "2014-12-31", "", "3.5", "", "3.5/4"},
		{"new year", "2015-01-01", "", "4", "", "4/5"},
		{"no day", "", "", "4", "", "4/5"},
		{"the diary's", "", "2009-01-01", "★★★½", "", "3.5/4"},
		{"published later than seen", "2016-01-01", "2009-01-01", "3", "", "3/5"},
		{"it does not fit", "2010-01-01", "", "5", "", "invalid"},
		{"it says so itself", "2010-01-01", "", "5/5", "", "5/5"},
		{"in the text", "2010-01-01", "", "", "Rating: ★★★", "3/4"},
		{"the day is in the text", "", "", "", "Posted on March 3, 2010\n\n" + prose + "\n\nRating: 3", "3/4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := review.Document{Form: review.FormText, Body: prose + "\n\n" + c.body, RatingText: c.rating, Stated: review.Review{Title: "Mulan"}, Defaults: defaults}
			if c.published == "" && c.body != "" {
				doc.Body = c.body
			}
			if c.published != "" {
				doc.Stated.PublishedAt, _ = time.Parse(time.DateOnly, c.published)
			}
			if c.watched != "" {
				doc.Stated.WatchedOn = day(c.watched)
			}
			r := read(t, doc)
			if got := r.Rating.String(); got != c.want {
				t.Errorf("got %s (%+v), published %s, want %s", got, r.Rating, r.PublishedAt, c.want)
			}
		})
	}
}
