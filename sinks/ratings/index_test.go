package ratings_test

import (
	"bytes"
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
	"github.com/filmwire/filmwire/pipeline/views"
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

// TestSectionsWithOnePart: "F" has the parts "FA" and, in place of "FI" with nothing
// beside it, "FILM NUMBER". A film noir comes between, and goes again: the page of
// "F" links another section then, though it has the same parts.
func TestSectionsWithOnePart(t *testing.T) {
	titles := append(pool()[:130], "Fargo", "Film Noir")
	var log []*review.Event
	for n := range titles {
		log = append(log, reviewOf(titles, n))
	}
	noir := len(titles) - 1
	log = append(log, reviewOf(titles, noir, sinktest.Kind(review.Withdrawn, 2)))
	h := sinktest.NewHistory(log...)
	v, st, docs := open(t, ratings.Defaults(), h.ViewEnv()), &sinktest.Memory{}, &sinktest.Documents{}
	for n := range h {
		if err := v.Apply(t.Context(), h[n:n+1], st, docs); err != nil {
			t.Fatal(err)
		}
		if n < noir-1 {
			continue
		}
		if diff := cmp.Diff(documents(t, ratings.Defaults(), sinktest.NewHistory(log[:n+1]...).Latest()).Files(), docs.Files()); diff != "" {
			t.Fatalf("after %d events (-at once +step by step)\n%s", n+1, diff)
		}
		checkLists(t, docs)
		if beside := strings.Contains(docs.Content("films/by-title/in-f.html"), "in-film-n.html"); beside != (n == noir) {
			t.Errorf("after %d events, F links FILM N: %v", n+1, beside)
		}
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

// shelf notes what an event writes and removes, and which lists link sections.
type shelf struct {
	parted  map[string]bool // the lists there are; true for those between the first page and the films
	touched []string
	changed bool // a list came or went
}

func (s *shelf) Put(path string, content []byte) {
	s.touched = append(s.touched, path)
	if !isList(path) {
		return
	}
	if _, had := s.parted[path]; !had {
		s.changed = true
	}
	s.parted[path] = !strings.Contains(path, "/index.") && (bytes.Contains(content, []byte("<h2>All of them</h2>")) || bytes.Contains(content, []byte(`"sections":[`)))
}

func (s *shelf) PutWith(path string, content []byte, _ pipeline.Facts) { s.Put(path, content) }

func (s *shelf) Remove(path string) {
	s.touched = append(s.touched, path)
	if _, had := s.parted[path]; had {
		s.changed = true
		delete(s.parted, path)
	}
}

// among has many films in its lists, and then moves some of them.
func (s *shelf) among(t *testing.T, films, events int) (documents int) {
	store, err := views.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	state, v := store.View("ratings"), open(t, ratings.Defaults(), sinktest.History(nil).ViewEnv())
	apply := func(entries ...pipeline.Entry) {
		b := state.Begin()
		if err := v.Apply(t.Context(), entries, b, s); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(1); err != nil {
			t.Fatal(err)
		}
	}
	var first []pipeline.Entry
	for i := range films {
		first = append(first, pipeline.Entry{Review: among(i, i%11), Live: true})
	}
	apply(first...)
	quiet := 0
	for n := range events {
		i := n * (films / events)
		e := among(i, (i+1+n%9)%11)
		s.touched, s.changed = nil, false
		apply(pipeline.Entry{Review: e, Live: true})
		documents += len(s.touched)
		for _, p := range s.touched {
			if !isList(p) && !of(p, e.Film.ID) {
				t.Errorf("a review of %s touches %s", e.Film.ID, p)
			}
			if !s.changed && s.parted[p] {
				t.Errorf("a review of %s touches %s, which links sections, and none of them came or went", e.Film.ID, p)
			}
		}
		if !s.changed {
			quiet++
			// The film's two; by rating the two pages it left, the two it went to and
			// the first two; by date its own and the first; by title its own.
			if len(s.touched) > 2+6+2+1 {
				t.Errorf("a review of %s touches %q", e.Film.ID, s.touched)
			}
		}
	}
	if quiet < events/3 {
		t.Errorf("%d films: only %d events of %d opened and closed no section", films, quiet, events)
	}
	return documents
}

// TestOneEventTouchesFewLists: what an event rewrites does not depend on how many
// films there are. Pages of sections that are parted stay as they are.
func TestOneEventTouchesFewLists(t *testing.T) {
	const events = 100
	for _, films := range []int{1_000, 6_000} {
		s := &shelf{parted: map[string]bool{}}
		documents := s.among(t, films, events)
		between := 0
		for _, parted := range s.parted {
			if parted {
				between++
			}
		}
		t.Logf("%d films, %d lists, %d of them of sections: %.1f documents an event", films, len(s.parted), between, float64(documents)/events)
		if between < 5 {
			t.Errorf("%d films: %d lists of sections, too few to tell", films, between)
		}
		if documents > 11*events {
			t.Errorf("%d films: %d documents in %d events", films, documents, events)
		}
	}
}
