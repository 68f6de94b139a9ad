package ratings_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

const film = review.FilmID("never-let-me-go-2010")

// outcomes says what became of each review, by GUID.
func outcomes(t testing.TB, s ratings.Settings, events ...*review.Event) (a ratings.Aggregate, of map[string]string) {
	t.Helper()
	a = aggregate(t, documents(t, s, sinktest.NewHistory(events...)), film)
	of = map[string]string{}
	guids := map[review.ID]string{}
	for _, e := range events {
		guids[e.ReviewID] = e.Source.GUID
	}
	for _, v := range a.Reviews {
		said := v.Weight
		if v.Repeats != "" {
			said = "repeats " + guids[v.Repeats] + ": "
		}
		of[guids[v.ReviewID]] = said + v.Reason
	}
	return a, of
}

func TestMeanOfACriticsScoresIsTheVote(t *testing.T) {
	s := ratings.Defaults()
	s.Votes = ratings.VotesMean
	e, g := sinktest.Event, sinktest.GUID
	a, of := outcomes(t, s,
		e(g("1"), sinktest.Stars("1", "3"), sinktest.On("2010-01-01")),
		e(g("2"), sinktest.Stars("2", "3"), sinktest.On("2011-01-01")),
		e(g("3"), sinktest.Stars("2", "3"), sinktest.On("2012-01-01")),
		e(g("unrated"), sinktest.Rated(review.Unrated, ""), sinktest.On("2013-01-01")),
		e(g("other"), sinktest.By("Ann Author", ""), sinktest.Stars("5", "5")),
	)
	want := map[string]string{"1": "1/3", "2": "1/3", "3": "1/3", "unrated": "the critic gave no rating", "other": "1"}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Error(diff)
	}
	// (33.3 + 66.7 + 66.7) / 3 = 55.5666..., so (55.5666... + 100) / 2.
	got := fmt.Sprint(a.N, a.Mean, a.Min, a.Max, a.Spread, a.Positive.Share, a.Histogram, " ", a.Algorithm)
	if want := "2 77.78 55.57 100.00 31.42 0.500 [0 0 0 0 0 1 0 0 0 1] aggregate/2 votes=mean"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSpreadIsTheSampleDeviation(t *testing.T) {
	for name, c := range map[string]struct {
		norms []int64
		want  string
	}{
		"one has none":   {[]int64{500}, ""},
		"all the same":   {[]int64{667, 667, 667}, "0.00"},
		"the book's own": {[]int64{200, 400, 400, 400, 500, 500, 700, 900}, "21.38"},
		"as far as may":  {[]int64{0, 1000}, "70.71"},
	} {
		var events []*review.Event
		for i, n := range c.norms {
			events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.By("", ""), norm(review.NewDecimal(n, 1))))
		}
		if a, _ := outcomes(t, ratings.Defaults(), events...); a.Spread.String() != c.want {
			t.Errorf("%s: %s, want %q", name, a.Spread, c.want)
		}
	}
}

// prose is a text of n words that has nothing in common with one of another seed.
func prose(seed, n int) string {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint("word", random.IntN(5000))
	}
	return strings.Join(words, " ")
}

// edited is a text in which every nth word is another, set in other type.
func edited(text string, n int) string {
	words := strings.Fields(text)
	for i := range words {
		if i%n == n-1 {
			words[i] = "edited"
		}
	}
	return "“" + strings.ToUpper(strings.Join(words, ", ")) + "!”"
}

// TestAReviewBySeveralIsOneVote: that of whom it names first. Nobody has two votes,
// and a score that somebody gives alone is not outweighed by one given together.
func TestAReviewBySeveralIsOneVote(t *testing.T) {
	by := func(guid, stars, day string, names ...string) *review.Event {
		return sinktest.Event(sinktest.GUID(guid), sinktest.Stars(stars, "5"), sinktest.On(day), sinktest.By(names[0], "The Daily"), sinktest.With(names[1:]...))
	}
	const earlier = "a later score by the same critic counts"
	for name, c := range map[string]struct {
		alone        *review.Event
		n            int
		mean         string
		joint, their string
	}{
		"the second alone, later":  {by("alone", "1", "2012-01-01", "John Roe"), 2, "60.00", "1", "1"},
		"the second alone, before": {by("alone", "1", "2009-01-01", "John Roe"), 2, "60.00", "1", "1"},
		"the first alone, later":   {by("alone", "1", "2012-01-01", "Jane Doe"), 1, "20.00", earlier, "1"},
		"the first alone, before":  {by("alone", "1", "2009-01-01", "Jane Doe"), 1, "100.00", "1", earlier},
		"the other way round":      {by("alone", "1", "2012-01-01", "John Roe", "Jane Doe"), 2, "60.00", "1", "1"},
		"together again":           {by("alone", "1", "2012-01-01", "Jane Doe", "John Roe"), 1, "20.00", earlier, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			a, of := outcomes(t, ratings.Defaults(), by("joint", "5", "2010-01-01", "Jane Doe", "John Roe", ""), c.alone)
			if a.N != c.n || a.Mean.String() != c.mean || of["joint"] != c.joint || of["alone"] != c.their {
				t.Errorf("n %d, mean %s, %v; want %d, %s, %q and %q", a.N, a.Mean, of, c.n, c.mean, c.joint, c.their)
			}
			for _, v := range a.Reviews {
				if v.Critic == "Jane Doe" && v.Date == "2010-01-01" && !slices.Equal(v.Others, []string{"John Roe"}) {
					t.Errorf("with %q", v.Others)
				}
			}
		})
	}
}

func TestSyndicatedReviewsCountOnce(t *testing.T) {
	text := prose(1, 300)
	at := func(guid, outlet, day, body string, opts ...sinktest.Option) *review.Event {
		return sinktest.Event(append([]sinktest.Option{sinktest.GUID(guid), sinktest.By("Jane Doe", outlet), sinktest.On(day), sinktest.Text(body)}, opts...)...)
	}
	const copied = "repeats a: syndicated: the same review came out at The Daily"
	for name, c := range map[string]struct {
		b    *review.Event
		want string
	}{
		"the same text":                {at("b", "Blog & Co", "2010-09-20", text), copied},
		"edited a little":              {at("b", "Blog & Co", "2010-09-20", edited(text, 20)), copied},
		"with another score":           {at("b", "Blog & Co", "2010-09-20", text, sinktest.Stars("1", "5")), copied},
		"its stars lost on the way":    {at("b", "Blog & Co", "2010-09-20", text, sinktest.Rated(review.Lost, "★")), copied},
		"stars lost at home":           {at("b", "Blog & Co", "2010-09-01", text, sinktest.Rated(review.Lost, "★")), copied},
		"two months later":             {at("b", "Blog & Co", "2010-11-20", text), "1/2"},
		"another text":                 {at("b", "Blog & Co", "2010-09-20", prose(2, 300)), "1/2"},
		"rewritten":                    {at("b", "Blog & Co", "2010-09-20", edited(text, 2)), "1/2"},
		"by somebody else":             {at("b", "Blog & Co", "2010-09-20", text, sinktest.By("Ann Author", "Blog & Co")), "1"},
		"a critic nobody knows":        {at("b", "", "2010-09-20", text, sinktest.By("", "")), "1"},
		"a few words are no evidence":  {at("b", "Blog & Co", "2010-09-20", "Go and see it."), "1/2"},
		"no rating, and another text ": {at("b", "Blog & Co", "2010-09-20", prose(2, 300), sinktest.Rated(review.Unrated, "")), "the critic gave no rating"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ratings.Defaults()
			s.Votes = ratings.VotesMean
			a, of := outcomes(t, s, at("a", "The Daily", "2010-09-15", text), c.b)
			if of["b"] != c.want {
				t.Errorf("%q, want %q", of["b"], c.want)
			}
			once := strings.HasPrefix(c.want, "repeats")
			if once && (of["a"] != "1" || a.N != 1 || a.Mean.String() != "80.00" || a.Counts.Syndicated != 1 || a.Counts.Scored != 1 || a.Counts.Lost != 0) {
				t.Errorf("n %d, mean %s, counts %+v, the original %q", a.N, a.Mean, a.Counts, of["a"])
			}
		})
	}
	japanese := strings.Repeat("映画は静かに終わる。そして残る。人は皆、時を借りて生きている。", 3)
	if _, of := outcomes(t, ratings.Defaults(), at("a", "The Daily", "2010-09-15", japanese), at("b", "Blog & Co", "2010-09-16", japanese)); of["b"] != copied {
		t.Errorf("without spaces between words: %q", of["b"])
	}
}

// TestUncountedChangeCountsOnly adds reviews without a number to a random film.
func TestUncountedChangeCountsOnly(t *testing.T) {
	kinds := []review.RatingKind{review.Unrated, review.Lost, review.Ambiguous, review.Invalid, review.Verdicted}
	rapid.Check(t, func(rt *rapid.T) {
		s := ratings.Defaults()
		s.Votes = rapid.SampledFrom([]string{ratings.VotesLatest, ratings.VotesFirst, ratings.VotesMean}).Draw(rt, "votes")
		draw := func(guid string) *review.Event {
			return sinktest.Event(sinktest.GUID(guid), sinktest.By(rapid.SampledFrom([]string{"A", "B", ""}).Draw(rt, "critic"), rapid.SampledFrom([]string{"X", "Y"}).Draw(rt, "outlet")),
				sinktest.On(fmt.Sprintf("2010-09-%02d", rapid.IntRange(1, 30).Draw(rt, "day"))), sinktest.Text(prose(rapid.IntRange(1, 3).Draw(rt, "text"), 60)),
				sinktest.Stars(fmt.Sprint(rapid.IntRange(0, 5).Draw(rt, "stars")), "5"))
		}
		var scored, all []*review.Event
		for i := range rapid.IntRange(1, 6).Draw(rt, "scores") {
			scored = append(scored, draw(fmt.Sprint("s", i)))
		}
		all = slices.Clone(scored)
		for i := range rapid.IntRange(1, 6).Draw(rt, "others") {
			e := draw(fmt.Sprint("o", i))
			sinktest.Rated(rapid.SampledFrom(kinds).Draw(rt, "kind"), "7")(e)
			all = append(all, e)
		}
		want, got := s.Aggregate(film, scored), s.Aggregate(film, all)
		counted := func(a *ratings.Aggregate) (list []ratings.Vote) {
			for _, v := range a.Reviews {
				if v.Kind == review.Scored {
					list = append(list, v)
				}
			}
			return list
		}
		if a, b := text(rt, counted(&want)), text(rt, counted(&got)); a != b {
			rt.Fatalf("scores\nwithout %s\nwith    %s", a, b)
		}
		want.Reviews, got.Reviews, want.Counts, got.Counts = nil, nil, ratings.Counts{}, ratings.Counts{}
		if a, b := text(rt, want), text(rt, got); a != b {
			rt.Fatalf("numbers\nwithout %s\nwith    %s", a, b)
		}
	})
}

func text(t rapid.TB, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestDocumentIsTheAggregate: what is put together from parts is what encoding/json
// would make of the whole.
func TestDocumentIsTheAggregate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := ratings.Defaults()
		s.Votes = rapid.SampledFrom([]string{ratings.VotesLatest, ratings.VotesMean}).Draw(rt, "votes")
		h := sinktest.Histories().Draw(rt, "history")
		docs := documents(t, s, h)
		of := map[review.FilmID][]*review.Event{}
		for _, e := range h.Latest() {
			if e.Review != nil && e.Live {
				of[e.Review.Film.ID] = append(of[e.Review.Film.ID], e.Review)
			}
		}
		for id, events := range of {
			content := docs.Content(ratings.Path(id))
			if content == "" {
				continue // the id is the name of no document
			}
			if want, got := text(rt, s.Aggregate(id, events)), strings.ReplaceAll(content, "\n", ""); want != got {
				rt.Fatalf("film %s\nwant %s\ngot  %s", id, want, got)
			}
		}
	})
}

func TestConversionNamesForeignTables(t *testing.T) {
	grade := func(guid, source, norm string) *review.Event {
		return sinktest.Event(sinktest.GUID(guid), sinktest.Grade("B"), func(e *review.Event) {
			e.Source.Name = source
			e.Rating.Norm = sinktest.Event(sinktest.Stars(norm, "100")).Rating.Norm
		})
	}
	for want, events := range map[string][]*review.Event{
		"norm/1":            {grade("1", "x", "75"), sinktest.Event(sinktest.GUID("2")), sinktest.Event(sinktest.GUID("3"), sinktest.Rated(review.Lost, "★"))},
		"norm/1 own=blog":   {grade("1", "blog", "80"), grade("2", "blog", "80"), sinktest.Event(sinktest.GUID("3"))},
		"norm/1 own=b,blog": {grade("1", "blog", "80"), grade("2", "b", "0")},
	} {
		if a, _ := outcomes(t, ratings.Defaults(), events...); a.Conversion != want {
			t.Errorf("got %q, want %q", a.Conversion, want)
		}
	}
}

// TestGoneFilmsAreRemoved: the engine is told to remove the documents of a film
// that has no review left, whether or not this view ever made them.
func TestGoneFilmsAreRemoved(t *testing.T) {
	solaris := sinktest.FilmOf("Solaris", 1972)
	both := func(id review.FilmID) []string { return []string{ratings.PagePath(id), ratings.Path(id)} }
	merged := pipeline.Entry{Position: 9, Film: &review.FilmEvent{Kind: review.FilmMerged, FilmID: "solyaris-1972", Into: "solaris-1972"}}
	moved := sinktest.Event(sinktest.Kind(review.Revised, 2), solaris)
	moved.ContentHash = sinktest.Event().ContentHash
	for name, c := range map[string]struct {
		before, now []pipeline.Entry
		want        []string
	}{
		"withdrawn, never seen before":       {nil, sinktest.NewHistory(sinktest.Event(sinktest.Kind(review.Withdrawn, 2))), both(film)},
		"withdrawn, another is left":         {sinktest.NewHistory(sinktest.Event(sinktest.GUID("2"))), sinktest.NewHistory(sinktest.Event(sinktest.Kind(review.Withdrawn, 2))), nil},
		"merged, never seen before":          {nil, []pipeline.Entry{merged}, both("solyaris-1972")},
		"moved by a decision about its film": {sinktest.NewHistory(sinktest.Event()), sinktest.NewHistory(moved), append(both(film), both("solaris-1972")...)},
	} {
		v, st, docs := open(t, ratings.Defaults(), sinktest.History(nil).ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
		for _, batch := range [][]pipeline.Entry{c.before, c.now} {
			docs.Touched()
			if err := v.Apply(t.Context(), batch, st, docs); err != nil {
				t.Fatal(err)
			}
		}
		touched := slices.DeleteFunc(docs.Touched(), func(path string) bool {
			return !of(path, film) && !of(path, "solaris-1972") && !of(path, "solyaris-1972")
		})
		if diff := cmp.Diff(c.want, touched); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOwnReviews(t *testing.T) {
	by := func(guid, outlet, url string) *review.Event {
		e := sinktest.Event(sinktest.GUID(guid), sinktest.By("Critic "+guid, outlet), sinktest.Stars(guid, "5"))
		e.URL = url
		return e
	}
	events := []*review.Event{
		by("1", "The Aisle Seat", "https://elsewhere.example/1"), by("2", "THE  AISLE SEAT", ""), by("3", "", "https://reviews.example.org/3"),
		by("4", "", ""), by("5", "", "https://reviews.example.org.evil.example/"), by("0", "Blog & Co", "https://blog.example/"),
	}
	for name, c := range map[string]struct {
		own   []string
		want  []float64 // the ratings marked up
		mean  any
		count any
	}{
		"as it comes": {nil, []float64{1, 2, 3, 4}, 50.0, 4.0},
		"others":      {[]string{"blog & co"}, []float64{0, 3, 4}, 46.67, 3.0},
		"all":         {[]string{"*"}, []float64{0, 1, 2, 3, 4, 5}, 50.0, 6.0},
	} {
		s := ratings.Defaults()
		s.Own = c.own
		movie := data(t, documents(t, s, sinktest.NewHistory(events...)).Content(ratings.PagePath(film)))
		var got []float64
		for _, r := range movie["review"].([]any) {
			rating := r.(map[string]any)["reviewRating"].(map[string]any)
			got = append(got, rating["ratingValue"].(float64))
			if rating["bestRating"] != 5.0 || rating["worstRating"] != 0.0 {
				t.Errorf("%s: %v states no scale", name, rating)
			}
		}
		slices.Sort(got)
		all := movie["aggregateRating"].(map[string]any)
		if diff := cmp.Diff(c.want, got); diff != "" || all["ratingValue"] != c.mean || all["ratingCount"] != c.count {
			t.Errorf("%s: %v of %v, %s", name, all["ratingValue"], all["ratingCount"], diff)
		}
	}
	movie := data(t, pageOf(t, nil, events[5]))
	if movie["review"] != nil || movie["aggregateRating"] != nil {
		t.Errorf("of others' reviews alone machines are told %v", movie)
	}
	unsigned := by("3", "", "")
	unsigned.Critic.Name = ""
	r := data(t, pageOf(t, nil, unsigned))["review"].([]any)[0].(map[string]any)
	if want := "https://reviews.example.org/films/never-let-me-go-2010.html#r-" + string(unsigned.ReviewID); r["url"] != want {
		t.Errorf("a review without an address is at %v, want %s", r["url"], want)
	}
	if diff := cmp.Diff(map[string]any{"@type": "Organization", "name": "The Aisle Seat"}, r["author"]); diff != "" {
		t.Error(diff)
	}
}
