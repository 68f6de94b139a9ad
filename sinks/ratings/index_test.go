package ratings_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// pool are titles of films that are hard to tell apart by their beginnings, and
// others.
func pool() []string {
	var titles []string
	for i := range 130 {
		titles = append(titles, fmt.Sprintf("Film Number %d", i))
	}
	for i := range 60 {
		titles = append(titles, fmt.Sprintf("%c%c %d", 'A'+i%26, 'a'+i%7, i))
	}
	return append(titles, "The Heat", "Heat", "A Heat", "An Heat", "The", strings.Repeat("long ", 18)+"1", strings.Repeat("long ", 18)+"2")
}

// reviewOf is the review of the film in the pool.
func reviewOf(titles []string, n int, opts ...sinktest.Option) *review.Event {
	return sinktest.Event(append([]sinktest.Option{sinktest.GUID(fmt.Sprint(n)), sinktest.FilmOf(titles[n], 2000+n%3)}, opts...)...)
}

// TestListsAreAFunctionOfTheFilms puts films in and takes them out until sections
// are parted and joined, and compares with lists made at once. It draws few
// histories, since it takes many films to part a list.
func TestListsAreAFunctionOfTheFilms(t *testing.T) {
	titles := pool()
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 0))
		var log []*review.Event
		revision := map[int]int{}
		wave := func(kind review.EventKind, most int) {
			first := random.IntN(len(titles))
			for i := range 1 + random.IntN(most) {
				n := (first + i) % len(titles)
				revision[n]++
				log = append(log, reviewOf(titles, n, sinktest.Kind(kind, revision[n]), sinktest.Stars(fmt.Sprint(random.IntN(4)), "3"),
					sinktest.On(fmt.Sprintf("20%02d-0%d-01", 9+n%4, 1+n%9))))
			}
		}
		for range 2 {
			wave(review.Published, 2*len(titles))
			wave(review.Withdrawn, len(titles))
			wave(review.Restored, len(titles)/2)
		}
		h := sinktest.NewHistory(log...)
		v, st, docs := open(t, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
		for batch := range slices.Chunk([]pipeline.Entry(h), 1+random.IntN(60)) {
			if err := v.Apply(t.Context(), batch, st, docs); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(documents(t, ratings.Defaults(), h.Latest()).Files(), docs.Files()); diff != "" {
			t.Fatalf("seed %d (-at once +step by step)\n%s", seed, diff)
		}
		checkLists(t, docs)
	}
}

// checkLists follows the links from each of the three beginnings: every film is
// found once, on pages that are not too long, and every page is.
func checkLists(t testing.TB, docs *sinktest.Documents) {
	want := 0
	seen := map[string]bool{}
	for _, p := range films(docs) {
		if strings.HasSuffix(p, ".html") {
			want++
		}
	}
	for _, root := range []string{"films/index.html", "films/by-date/index.html", "films/by-title/index.html"} {
		found := map[string]int{}
		var follow func(page string)
		follow = func(page string) {
			content := docs.Content(page)
			if content == "" || seen[page] {
				t.Fatalf("%s: missing, or reached twice", page)
			}
			seen[page] = true
			var lists, listed []string
			for _, part := range strings.Split(content, "<li><a href=\"")[1:] {
				href, _, _ := strings.Cut(part, "\"")
				if to := path.Join(path.Dir(page), href); isList(to) {
					lists = append(lists, to)
				} else {
					listed = append(listed, to)
				}
			}
			if len(listed) > 100 {
				t.Fatalf("%s lists %d films", page, len(listed))
			}
			for _, to := range lists {
				follow(to)
			}
			if len(lists) == 0 { // else it shows the first of them only
				for _, film := range listed {
					found[film]++
				}
			}
		}
		follow(root)
		for film, n := range found {
			if n != 1 || docs.Content(film) == "" {
				t.Fatalf("%s leads to %s %d times, and it holds %d bytes", root, film, n, len(docs.Content(film)))
			}
		}
		if len(found) != want {
			t.Fatalf("%s leads to %d films of %d", root, len(found), want)
		}
	}
	for _, p := range docs.Paths() {
		if isList(p) && !seen[p] && !seen[strings.TrimSuffix(p, ".json")+".html"] {
			t.Fatalf("nothing leads to %s", p)
		}
	}
}

// TestListOrder reads the order of the three lists of a few films.
func TestListOrder(t *testing.T) {
	e := func(title string, stars, day string) *review.Event {
		return sinktest.Event(sinktest.GUID(title), sinktest.FilmOf(title, 2000), sinktest.Stars(stars, "5"), sinktest.On(day))
	}
	unrated := e("Zardoz", "1", "2009-01-01")
	sinktest.Rated(review.Lost, "★")(unrated)
	docs := documents(t, ratings.Defaults(), sinktest.NewHistory(
		e("The Heat", "3", "2010-01-01"), e("Heat Wave", "5", "2012-02-02"), e("Argo", "3", "2012-02-01"), e("Zulu", "0", "2010-12-31"), unrated,
	))
	for root, want := range map[string][]string{
		"films/index.html":          {"Heat Wave", "Argo", "The Heat", "Zulu", "Zardoz"},
		"films/by-date/index.html":  {"Heat Wave", "Argo", "Zulu", "The Heat", "Zardoz"},
		"films/by-title/index.html": {"Argo", "The Heat", "Heat Wave", "Zardoz", "Zulu"},
	} {
		var got []string
		for _, li := range elements(t, docs.Content(root), "li") {
			title, _, _ := strings.Cut(words(li), " (")
			got = append(got, title)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", root, diff)
		}
	}
	var machine struct {
		Films  int
		Listed []struct {
			ID, Title, URL string
			Year, N        int
			Mean, Ranked   review.Decimal
			TooFew         bool `json:"too_few"`
		}
	}
	if err := json.Unmarshal([]byte(docs.Content("films/index.json")), &machine); err != nil {
		t.Fatal(err)
	}
	first, last := machine.Listed[0], machine.Listed[4]
	if machine.Films != 5 || first.ID != "heat-wave-2000" || first.Mean.String() != "100.00" || first.Ranked.String() != "81.81" || !first.TooFew ||
		first.URL != "https://reviews.example.org/films/heat-wave-2000.html" || last.ID != "zardoz-2000" || !last.Mean.IsZero() || last.N != 0 {
		t.Errorf("machines read %+v", machine)
	}
}

// TestOneEventTouchesFewLists: among many films, an event rewrites the lists its
// film stands on and those on the way there.
func TestOneEventTouchesFewLists(t *testing.T) {
	titles := pool()
	var events []*review.Event
	for n := range titles {
		events = append(events, reviewOf(titles, n, sinktest.Stars(fmt.Sprint(n%11), "10"), sinktest.On(fmt.Sprintf("20%02d-0%d-01", 9+n%4, 1+n%9))))
	}
	h := sinktest.NewHistory(events...)
	v, st, docs := open(t, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
	if err := v.Apply(t.Context(), h, st, docs); err != nil {
		t.Fatal(err)
	}
	all := len(slices.DeleteFunc(docs.Paths(), func(p string) bool { return !isList(p) }))
	for n := range titles {
		docs.Touched()
		again := reviewOf(titles, n, sinktest.Stars(fmt.Sprint((n+3)%11), "10"), sinktest.Kind(review.Revised, 2))
		if err := v.Apply(t.Context(), sinktest.NewHistory(again), st, docs); err != nil {
			t.Fatal(err)
		}
		lists := 0
		for _, p := range docs.Touched() {
			if isList(p) {
				lists++
			} else if !of(p, again.Film.ID) {
				t.Errorf("a review of %s touches %s", again.Film.ID, p)
			}
		}
		if lists > 40 {
			t.Errorf("a review of %s touches %d lists of %d", again.Film.ID, lists, all)
		}
	}
}
