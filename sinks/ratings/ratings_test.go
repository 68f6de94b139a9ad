package ratings_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

func open(t testing.TB, s ratings.Settings, env pipeline.ViewEnv) *ratings.View {
	t.Helper()
	v, err := ratings.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// documents are those of a view that has followed the history.
func documents(t testing.TB, s ratings.Settings, h sinktest.History) *sinktest.Documents {
	t.Helper()
	docs := &sinktest.Documents{}
	if err := open(t, s, h.ViewEnv()).Apply(context.Background(), h, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	return docs
}

func aggregate(t testing.TB, docs *sinktest.Documents, id review.FilmID) ratings.Aggregate {
	t.Helper()
	var a ratings.Aggregate
	if err := json.Unmarshal([]byte(docs.Content(ratings.Path(id))), &a); err != nil {
		t.Fatalf("film %s: %v", id, err)
	}
	return a
}

func TestView(t *testing.T) {
	for _, votes := range []string{ratings.VotesLatest, ratings.VotesFirst, ratings.VotesMean} {
		t.Run(votes, func(t *testing.T) {
			s := ratings.Defaults()
			s.Votes = votes
			sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View { return open(t, s, env) },
				sinktest.Touches(func(before *review.Event, now pipeline.Entry, path string) bool {
					if now.Film != nil {
						return now.Film.Kind == review.FilmMerged && of(path, now.Film.FilmID)
					}
					return isList(path) || of(path, now.Review.Film.ID) || before != nil && of(path, before.Film.ID)
				}))
		})
	}
}

// isList reports whether a document is a list of films.
func isList(path string) bool {
	return strings.HasPrefix(path, "films/index.") || strings.HasPrefix(path, "films/by-")
}

// films are the paths of the documents that are of one film.
func films(docs *sinktest.Documents) (paths []string) {
	for _, path := range docs.Paths() {
		if !isList(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// of reports whether a document is one of the film's two.
func of(path string, id review.FilmID) bool {
	return path == ratings.Path(id) || path == ratings.PagePath(id)
}

var update = flag.Bool("update", false, "write the documents in testdata anew")

func TestGolden(t *testing.T) {
	g, e := sinktest.GUID, sinktest.Event
	solaris := sinktest.FilmOf("Solaris", 1972)
	for name, h := range map[string]sinktest.History{
		"one-of-each-kind": sinktest.NewHistory(
			e(g("1"), sinktest.By("Jane Doe", "The Aisle Seat"), sinktest.Stars("4", "5"), sinktest.On("2010-09-15")),
			e(g("2"), sinktest.By("Jane Doe", "The Aisle Seat"), sinktest.Stars("3", "5"), sinktest.On("2012-01-01")),
			e(g("3"), sinktest.By("Ann Author", "Blog & Co"), sinktest.Grade("A-"), sinktest.On("2010-10-01")),
			e(g("4"), sinktest.By("Zero Mostel", ""), sinktest.Stars("0", "4"), sinktest.On("2010-10-01")),
			e(g("5"), sinktest.By("Thumb", ""), sinktest.Says(review.Positive)),
			e(g("6"), sinktest.By("Silent", ""), sinktest.Rated(review.Unrated, "")),
			e(g("7"), sinktest.By("Scraped", ""), sinktest.Rated(review.Lost, "(out of 5)")),
			e(g("8"), sinktest.By("Bare", ""), sinktest.Rated(review.Ambiguous, "7")),
			e(g("9"), sinktest.By("Typo", ""), sinktest.Rated(review.Invalid, "5.5/5")),
		),
		"too-few":     sinktest.NewHistory(e(g("1"), solaris, sinktest.Stars("3.5", "4"))),
		"no-number":   sinktest.NewHistory(e(g("1"), solaris, sinktest.Rated(review.Lost, "★")), e(g("2"), solaris, sinktest.Says(review.Negative))),
		"one-blended": filmsThatDisagree(),
	} {
		t.Run(name, func(t *testing.T) {
			docs := documents(t, ratings.Defaults(), h)
			for _, path := range films(docs) {
				compare(t, name+filepath.Ext(path), docs.Content(path))
			}
		})
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); go test -update writes it anew:\n%s", path, diff)
	}
}

// filmsThatDisagree are reviews of one film that call it by several names.
func filmsThatDisagree() sinktest.History {
	film := func(guid string, f review.Film) *review.Event {
		return sinktest.Event(sinktest.GUID(guid), func(e *review.Event) { f.ID = "solaris-1972"; e.Film = f })
	}
	return sinktest.NewHistory(
		film("1", review.Film{Title: "Solaris", Year: 1972, Directors: []string{"Andrei Tarkovsky"}}),
		film("2", review.Film{Title: "Solyaris", OriginalTitle: "Солярис", Year: 1972, Years: []int{1972, 1990}}),
		film("3", review.Film{Title: "Solaris", Year: 1973, IDs: review.FilmIDs{IMDb: "tt0069293"}, Years: []int{1973}}),
		film("4", review.Film{Title: "Solyaris", AltTitles: []string{"Solaris '72"}, Directors: []string{"A. Tarkovsky"}}),
	)
}

func TestVotes(t *testing.T) {
	h := sinktest.NewHistory(
		sinktest.Event(sinktest.GUID("late"), sinktest.Stars("5", "5"), sinktest.On("2012-01-01")),
		sinktest.Event(sinktest.GUID("early"), sinktest.Stars("1", "5"), sinktest.On("2010-01-01")),
		sinktest.Event(sinktest.GUID("latest, unrated"), sinktest.Rated(review.Unrated, ""), sinktest.On("2014-01-01")),
		sinktest.Event(sinktest.GUID("nobody"), sinktest.By("", ""), sinktest.Stars("3", "5")),
		sinktest.Event(sinktest.GUID("nobody else"), sinktest.By("", ""), sinktest.Stars("3", "5")),
	)
	for votes, want := range map[string]string{ratings.VotesLatest: "73.33", ratings.VotesFirst: "46.67"} {
		t.Run(votes, func(t *testing.T) {
			s := ratings.Defaults()
			s.Votes = votes
			a := aggregate(t, documents(t, s, h), "never-let-me-go-2010")
			if a.N != 3 || a.Mean.String() != want || a.Counts.Scored != 4 || a.Counts.Unrated != 1 {
				t.Errorf("n %d, mean %s, counts %+v; want 3, %s, 4 scored and 1 unrated", a.N, a.Mean, a.Counts, want)
			}
		})
	}
}

func TestMeansAreRoundedOnceToEven(t *testing.T) {
	for name, c := range map[string]struct {
		tenths       []int64
		mean, ranked string
	}{
		"zero is a number":   {[]int64{0, 0, 0}, "0.00", "18.29"},
		"full marks":         {[]int64{1000, 1000, 1000}, "100.00", "90.58"},
		"thirds":             {[]int64{667, 667, 667}, "66.70", "66.51"},
		"down to even":       {[]int64{1, 0, 0, 0}, "0.02", "14.76"},
		"up to even":         {[]int64{3, 0, 0, 0}, "0.08", "14.80"},
		"just below the top": {[]int64{1000, 1000, 1000, 1000, 1000, 1000, 1000, 999}, "99.99", "95.72"},
	} {
		t.Run(name, func(t *testing.T) {
			var h []*review.Event
			for i, n := range c.tenths {
				h = append(h, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.By("", ""), norm(review.NewDecimal(n, 1))))
			}
			a := aggregate(t, documents(t, ratings.Defaults(), sinktest.NewHistory(h...)), "never-let-me-go-2010")
			if a.Mean.String() != c.mean || a.Ranked.String() != c.ranked {
				t.Errorf("mean %s, ranked %s; want %s and %s", a.Mean, a.Ranked, c.mean, c.ranked)
			}
		})
	}
}

func norm(d review.Decimal) sinktest.Option {
	return func(e *review.Event) { e.Rating = review.Rating{Kind: review.Scored, Raw: "x", Norm: d} }
}

func TestWilsonInterval(t *testing.T) {
	for _, c := range []struct {
		positive, n      int
		share, low, high string
	}{
		{0, 1, "0.000", "0.000", "0.793"},
		{1, 1, "1.000", "0.207", "1.000"},
		{8, 10, "0.800", "0.490", "0.943"},
		{0, 10, "0.000", "0.000", "0.278"},
		{10, 10, "1.000", "0.722", "1.000"},
		{1, 3, "0.333", "0.061", "0.792"},
		{50, 100, "0.500", "0.404", "0.596"},
	} {
		var h []*review.Event
		for i := range c.n {
			score := review.NewDecimal(599, 1)
			if i < c.positive {
				score = review.NewDecimal(600, 1)
			}
			h = append(h, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.By("", ""), norm(score)))
		}
		p := aggregate(t, documents(t, ratings.Defaults(), sinktest.NewHistory(h...)), "never-let-me-go-2010").Positive
		if got := fmt.Sprint(p.Share, p.Low, p.High); got != c.share+" "+c.low+" "+c.high {
			t.Errorf("%d of %d: %s, want %s %s %s", c.positive, c.n, got, c.share, c.low, c.high)
		}
	}
}

func TestNormsThatAreNone(t *testing.T) {
	for _, d := range []review.Decimal{{}, review.Int(-1), review.NewDecimal(1001, 1), review.NewDecimal(6666, 2)} {
		a := aggregate(t, documents(t, ratings.Defaults(), sinktest.NewHistory(sinktest.Event(norm(d)))), "never-let-me-go-2010")
		if a.N != 0 || !a.Mean.IsZero() || !a.Positive.IsZero() || a.Reviews[0].Counted || !strings.Contains(a.Reviews[0].Reason, "norm") {
			t.Errorf("norm %q: n %d, mean %s, %+v", d, a.N, a.Mean, a.Reviews[0])
		}
	}
}

func TestAFilmIsLeftAndGoes(t *testing.T) {
	solaris := sinktest.FilmOf("Solaris", 1972)
	h := sinktest.NewHistory(
		sinktest.Event(),
		sinktest.Event(sinktest.Kind(review.Revised, 2), solaris),
		sinktest.Event(sinktest.Kind(review.Withdrawn, 3), solaris),
		sinktest.Event(sinktest.Kind(review.Restored, 4)),
	)
	never := []string{"films/never-let-me-go-2010.html", "films/never-let-me-go-2010.json"}
	want := [][]string{never, {"films/solaris-1972.html", "films/solaris-1972.json"}, nil, never}
	v, st, docs := open(t, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
	for i := range h {
		if err := v.Apply(t.Context(), h[i:i+1], st, docs); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], films(docs)); diff != "" {
			t.Errorf("after %s: %s", h[i].Review.Kind, diff)
		}
		if len(want[i]) == 0 && st.Len() != 1 { // it has begun
			t.Errorf("%d keys are left of nothing", st.Len()-1)
		}
	}
}

func TestNothingNewTouchesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*review.Event)
		touches int
	}{
		"the text behind a summary": {func(e *review.Event) { e.BodyText, e.BodyHTML = "Another.", "<p>Another.</p>" }, 0},
		"tags and credits":          {func(e *review.Event) { e.Tags, e.Credits = []string{"x"}, []review.Credit{{Role: "writer"}} }, 0},
		"where the rating stood":    {func(e *review.Event) { e.Rating.FoundIn = "title" }, 0},
		"a summary":                 {sinktest.Text("Another."), 2},
		"the critic's link":         {func(e *review.Event) { e.URL = "https://example.org/moved" }, 2},
		"rights":                    {func(e *review.Event) { e.Rights = review.RightsLink }, 2},
	} {
		h := sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.Kind(review.Revised, 2), c.change))
		v, st, docs := open(t, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
		for i := range h {
			docs.Touched()
			if err := v.Apply(t.Context(), h[i:i+1], st, docs); err != nil {
				t.Fatal(err)
			}
		}
		if touched := slices.DeleteFunc(docs.Touched(), isList); len(touched) != c.touches {
			t.Errorf("%s: touched %v, want %d", name, touched, c.touches)
		}
	}
}

// TestLikeANaiveComputation computes the numbers once more, from the latest event
// of each review, by other means.
func TestLikeANaiveComputation(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := sinktest.Histories().Draw(rt, "history")
		docs := documents(t, ratings.Defaults(), h)
		byFilm := map[review.FilmID][]*review.Event{}
		for _, e := range h.Latest() {
			if e.Review != nil && e.Live && sinktest.CheckPath(string(e.Review.Film.ID)) == nil && len(e.Review.Film.ID) < 100 && !strings.ContainsAny(string(e.Review.Film.ID), "/ ") {
				byFilm[e.Review.Film.ID] = append(byFilm[e.Review.Film.ID], e.Review)
			}
		}
		if 2*len(byFilm) != len(films(docs)) {
			rt.Fatalf("documents %v for %d films", films(docs), len(byFilm))
		}
		for id, reviews := range byFilm {
			naive(rt, aggregate(t, docs, id), reviews)
		}
	})
}

func naive(rt *rapid.T, a ratings.Aggregate, reviews []*review.Event) {
	latest := map[string]*review.Event{}
	for _, e := range reviews {
		voice := string(e.Critic.ID) + "|" + e.Critic.Name
		if voice == "|" {
			voice = string(e.ReviewID)
		}
		if e.Critic.ID != "" {
			voice = string(e.Critic.ID)
		}
		last, has := latest[voice]
		later := has && (e.Date().After(last.Date()) || e.Date().Equal(last.Date()) && e.ReviewID < last.ReviewID)
		if e.Rating.Kind == review.Scored && (!has || later) {
			latest[voice] = e
		}
	}
	sum, positive := new(big.Rat), 0.0
	counted := map[review.ID]bool{}
	for _, e := range latest {
		counted[e.ReviewID] = true
		sum.Add(sum, e.Rating.Norm.Rat())
		if e.Rating.Positive() {
			positive++
		}
	}
	n := float64(len(latest))
	if a.N != len(latest) || len(a.Reviews) != len(reviews) || a.TooFew != (n < 3) {
		rt.Fatalf("%s: n %d of %d reviews, too few: %v; want %d of %d", a.Film.ID, a.N, len(a.Reviews), a.TooFew, len(latest), len(reviews))
	}
	for _, v := range a.Reviews {
		if v.Counted != counted[v.ReviewID] || v.Counted == (v.Reason != "") {
			rt.Fatalf("%s: review %s counted: %v, because %q", a.Film.ID, v.ReviewID, v.Counted, v.Reason)
		}
	}
	if n == 0 {
		return
	}
	total, _ := sum.Float64()
	p, z2 := positive/n, 1.96*1.96
	half := 1.96 * math.Sqrt(p*(1-p)/n+z2/(4*n*n)) / (1 + z2/n)
	middle := (p + z2/(2*n)) / (1 + z2/n)
	for name, pair := range map[string][2]float64{
		"mean":   {a.Mean.Float(), total / n},
		"ranked": {a.Ranked.Float(), (total + 66*1.15) / (n + 1.15)},
		"share":  {a.Positive.Share.Float(), p},
		"low":    {a.Positive.Low.Float(), middle - half},
		"high":   {a.Positive.High.Float(), middle + half},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.00501 {
			rt.Fatalf("%s: %s is %v, want about %v", a.Film.ID, name, pair[0], pair[1])
		}
	}
	sumOf := func(counts ...int) (n int) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	if sumOf(a.Histogram[:]...) != a.N {
		rt.Fatalf("%s: histogram %v of %d", a.Film.ID, a.Histogram, a.N)
	}
}

func TestHistogramEdges(t *testing.T) {
	var h []*review.Event
	for i, n := range []int64{0, 99, 100, 199, 899, 900, 999, 1000} {
		h = append(h, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.By("", ""), norm(review.NewDecimal(n, 1))))
	}
	a := aggregate(t, documents(t, ratings.Defaults(), sinktest.NewHistory(h...)), "never-let-me-go-2010")
	if want := [10]int{2, 2, 0, 0, 0, 0, 0, 0, 1, 3}; a.Histogram != want {
		t.Errorf("%v, want %v", a.Histogram, want)
	}
}

func TestSettings(t *testing.T) {
	prior := func(key string, value any) map[string]any {
		return map[string]any{"prior": map[string]any{key: value}}
	}
	for name, c := range map[string]struct {
		given map[string]any
		want  []string // how the faults begin
	}{
		"defaults":        {nil, nil},
		"no shrinking":    {prior("weight", 0), nil},
		"mean above":      {prior("mean", 100.1), []string{"prior.mean: want a number from 0 to 100"}},
		"negative weight": {prior("weight", -1), []string{"prior.weight: want a number from 0 to 1000"}},
		"too heavy":       {prior("weight", 9999), []string{"prior.weight: want a number from 0 to 1000"}},
		"votes":           {map[string]any{"votes": "best"}, []string{`votes: "best" is not one of latest, first, mean`}},
	} {
		t.Run(name, func(t *testing.T) {
			o := config.ValueOptions(c.given, config.Catalogue{})
			openView := ratings.Type().View(o)
			got := o.Faults()
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("faults %q, want %q", got, c.want)
			}
			if _, err := openView(sinktest.History(nil).ViewEnv()); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*ratings.Settings, *pipeline.ViewEnv){
		"defaults": func(*ratings.Settings, *pipeline.ViewEnv) {},
		"votes":    func(s *ratings.Settings, _ *pipeline.ViewEnv) { s.Votes = ratings.VotesFirst },
		"mean":     func(s *ratings.Settings, _ *pipeline.ViewEnv) { s.Prior.Mean = review.Int(67) },
		"weight":   func(s *ratings.Settings, _ *pipeline.ViewEnv) { s.Prior.Weight = review.Int(1) },
		"site":     func(_ *ratings.Settings, e *pipeline.ViewEnv) { e.Site.Title = "Another" },
		"feeds":    func(_ *ratings.Settings, e *pipeline.ViewEnv) { e.Links = feeds },
		"fewer formats": func(_ *ratings.Settings, e *pipeline.ViewEnv) {
			e.Links = func() []pipeline.Link { return feeds()[1:] }
		},
	} {
		s, env := ratings.Defaults(), sinktest.History(nil).ViewEnv()
		change(&s, &env)
		version := open(t, s, env).Version()
		if other, taken := seen[version]; taken {
			t.Errorf("%s and %s have one version, %s", name, other, version)
		}
		seen[version] = name
	}
	env := sinktest.History(nil).ViewEnv()
	env.Links = nil
	if seen[open(t, ratings.Defaults(), env).Version()] != "defaults" {
		t.Error("no links and no way to ask for them differ")
	}
	env.Links = func() []pipeline.Link { return feeds()[4:] }
	if seen[open(t, ratings.Defaults(), env).Version()] != "defaults" {
		t.Error("links that no page shows are another version")
	}
}

// BenchmarkEvent is one event of a film with ten reviews, among many films.
func BenchmarkEvent(b *testing.B) {
	for _, films := range []int{100, 3000} {
		b.Run(fmt.Sprintf("films=%d", films), func(b *testing.B) {
			var events []*review.Event
			for f := range films {
				for r := range 10 {
					events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(f, r)),
						sinktest.FilmOf(fmt.Sprint("Film ", f), 2000), sinktest.By(fmt.Sprint("Critic ", r), "")))
				}
			}
			h := sinktest.NewHistory(events...)
			v, st, docs := open(b, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
			if err := v.Apply(context.Background(), h, st, docs); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ { // the score is another each time round
				e := *events[i%len(events)]
				sinktest.Stars(fmt.Sprint(1+i/len(events)%4), "5")(&e)
				if err := v.Apply(context.Background(), sinktest.NewHistory(&e), st, docs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleView() {
	h := sinktest.NewHistory(
		sinktest.Event(sinktest.GUID("1"), sinktest.By("Jane Doe", ""), sinktest.Stars("4", "5")),
		sinktest.Event(sinktest.GUID("2"), sinktest.By("Ann Author", ""), sinktest.Grade("B+")),
		sinktest.Event(sinktest.GUID("3"), sinktest.By("Scraped", ""), sinktest.Rated(review.Lost, "(out of 5)")),
	)
	v, err := ratings.New(ratings.Defaults(), h.ViewEnv())
	if err != nil {
		fmt.Println(err)
		return
	}
	docs := &sinktest.Documents{}
	if err := v.Apply(context.Background(), h, &sinktest.Memory{}, docs); err != nil {
		fmt.Println(err)
		return
	}
	var a ratings.Aggregate
	if err := json.Unmarshal([]byte(docs.Content("films/never-let-me-go-2010.json")), &a); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.N, a.Mean, a.Ranked, a.Counts.Lost, a.TooFew)
	// Output: 2 81.65 75.94 1 true
}
