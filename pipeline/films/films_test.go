package films_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// desk identifies films one by one, and puts what was decided on the registry
// either after each or after a whole group.
type desk struct {
	t        testing.TB
	registry *films.Registry
	store    *views.Store
	state    pipeline.ViewState
	head     pipeline.Position
	group    pipeline.Identifying
	events   []pipeline.Append
	n        int
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	store, err := views.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, registry: films.New(), store: store, state: store.View("films")}
	t.Cleanup(d.close)
	d.group = d.registry.Begin(d.state)
	return d
}

// identify says which film a review is about.
func (d *desk) identify(f review.Film) review.Film {
	d.t.Helper()
	d.n++
	r := review.Review{Film: f}
	events, err := d.group.Identify(review.NewID("test", fmt.Sprint(d.n)), &r, nil, day)
	if err != nil {
		d.t.Fatal(err)
	}
	d.events = append(d.events, events...)
	return r.Film
}

// publish puts what was decided on the log, in its JSON form, and begins anew.
func (d *desk) publish() {
	d.t.Helper()
	batch := d.state.Begin()
	for _, e := range d.events {
		data, err := json.Marshal(e.Film)
		if err != nil {
			d.t.Fatal(err)
		}
		event, err := review.ParseFilmEvent(data)
		if err != nil {
			d.t.Fatal(err)
		}
		d.head++
		if err := d.registry.Apply(d.t.Context(), []pipeline.Entry{{Position: d.head, Film: event}}, batch, nil); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := batch.Commit(d.head); err != nil {
		d.t.Fatal(err)
	}
	d.events = nil
	d.group = d.registry.Begin(d.state)
}

// close closes the store, once.
func (d *desk) close() {
	if d.store != nil {
		d.store.Close()
		d.store = nil
	}
}

// settle puts down what is decided about the films themselves, until nothing is.
func (d *desk) settle() {
	d.t.Helper()
	d.publish()
	for after := pipeline.Position(0); ; {
		due := d.registry.Due(d.state, after)
		after = d.head
		events, _, err := d.group.Settle(due, false, day)
		if err != nil {
			d.t.Fatal(err)
		}
		if len(events) == 0 {
			return
		}
		d.events = append(d.events, events...)
		d.publish()
	}
}

func film(title string, year int) review.Film { return review.Film{Title: title, Year: year} }

func imdb(f review.Film, id string) review.Film { f.IDs.IMDb = id; return f }

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		name   string
		films  []review.Film
		ids    []review.FilmID
		stages string
	}{
		{"the same title and year", []review.Film{film("Soul", 2020), film("SOUL", 2020)}, []review.FilmID{"soul-2020", "soul-2020"}, "new title_year"},
		{"a remake", []review.Film{film("The Thing", 1982), film("The Thing", 2011)}, []review.FilmID{"the-thing-1982", "the-thing-2011"}, "new new"},
		{"no year is its own film", []review.Film{film("The Thing", 1982), film("The Thing", 0), film("Thing", 0)}, []review.FilmID{"the-thing-1982", "the-thing", "the-thing"}, "new title title"},
		{"a festival year", []review.Film{film("Parasite", 2019), film("Parasite", 2020)}, []review.FilmID{"parasite-2019", "parasite-2019"}, "new title_near"},
		{"two years apart", []review.Film{film("Crash", 2004), film("Crash", 2006)}, []review.FilmID{"crash-2004", "crash-2006"}, "new new"},
		{"a namesake too close to choose", []review.Film{film("Crash", 2004), film("Crash", 2006), film("Crash", 2005)}, []review.FilmID{"crash-2004", "crash-2006", "crash-2005"}, "new new ambiguous"},
		{"an id decides over title and year", []review.Film{imdb(film("Amélie", 2001), "tt0211915"), imdb(film("Le Fabuleux Destin d'Amélie Poulain", 2002), "tt0211915")}, []review.FilmID{"amelie-2001", "amelie-2001"}, "new id"},
		{"two ids are two films", []review.Film{imdb(film("Crash", 2004), "tt1"), imdb(film("Crash", 2004), "tt2")}, []review.FilmID{"crash-2004", "crash-2004-2"}, "new new"},
		{"no id between two ids is a third, once", []review.Film{imdb(film("Crash", 2004), "tt1"), imdb(film("Crash", 2004), "tt2"), film("Crash", 2004), film("Crash", 2004)}, []review.FilmID{"crash-2004", "crash-2004-2", "crash-2004-3", "crash-2004-3"}, "new new ambiguous ambiguous"},
		{"an id learned from a later review", []review.Film{film("Soul", 2020), imdb(film("Soul", 2020), "tt7"), imdb(film("Seele", 2021), "tt7")}, []review.FilmID{"soul-2020", "soul-2020", "soul-2020"}, "new title_year id"},
		{"ids alone", []review.Film{{IDs: review.FilmIDs{TMDB: "27205"}}, {IDs: review.FilmIDs{TMDB: "27205"}}}, []review.FilmID{"tmdb-27205", "tmdb-27205"}, "new id"},
		{"no film", []review.Film{{}}, []review.FilmID{""}, ""},
		{"an alternative title", []review.Film{{Title: "Solaris", OriginalTitle: "Солярис", Year: 1972}, film("Солярис", 1972)}, []review.FilmID{"solaris-1972", "solaris-1972"}, "new title_year"},
		{"titles of signs and numbers", []review.Film{film("$", 1971), film("…", 0), film("1917", 2019), film("9", 2009), film("8½", 1963), film("M", 1931), film("WALL·E", 2008), film("Se7en", 1995)},
			[]review.FilmID{"x-09fc9608-1971", "x-8f4d9da3", "1917-2019", "9-2009", "8-1-2-1963", "m-1931", "wall-e-2008", "se7en-1995"}, "new title new new new new new new"},
	} {
		for _, grouped := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/grouped=%v", c.name, grouped), func(t *testing.T) {
				d := newDesk(t)
				stages := ""
				for i, f := range c.films {
					got := d.identify(f)
					if c.name == "titles of signs and numbers" && c.ids[i][:1] == "x" {
						if got.ID[:2] != "x-" {
							t.Errorf("film %d is %q", i, got.ID)
						}
					} else if got.ID != c.ids[i] {
						t.Errorf("film %d (%s %d) is %q, want %q", i, f.Title, f.Year, got.ID, c.ids[i])
					}
					if stages != "" {
						stages += " "
					}
					stages += got.Match.Stage
					if !grouped {
						d.publish()
					}
				}
				if stages != c.stages {
					t.Errorf("stages %q, want %q", stages, c.stages)
				}
			})
		}
	}
}

func TestCandidatesAreListed(t *testing.T) {
	d := newDesk(t)
	d.identify(film("The Thing", 1982))
	d.identify(film("The Thing", 2011))
	got := d.identify(film("The Thing", 0))
	if fmt.Sprint(got.Match.Candidates) != "[the-thing-1982 the-thing-2011]" {
		t.Errorf("candidates %v", got.Match.Candidates)
	}
}

// TestGroupsDoNotMatter: what a film is called, and into which it is merged, does not
// hang on how many reviews were decided together.
func TestGroupsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []review.Film
		for range rapid.IntRange(1, 12).Draw(rt, "reviews") {
			f := film(rapid.SampledFrom([]string{"Crash", "The Thing", "Soul", "crash"}).Draw(rt, "title"), rapid.SampledFrom([]int{0, 2004, 2005, 2006, 2010}).Draw(rt, "year"))
			f.IDs.IMDb = rapid.SampledFrom([]string{"", "", "tt1", "tt2"}).Draw(rt, "imdb")
			all = append(all, f)
		}
		one, many := newDesk(t), newDesk(t)
		defer one.close()
		defer many.close()
		ids := map[review.FilmID]bool{}
		for i, f := range all {
			a, b := one.identify(f), many.identify(f)
			if a.ID != b.ID || a.Match.Stage != b.Match.Stage {
				rt.Fatalf("review %d of %+v: %q by %s in one group, %q by %s in many", i, f, a.ID, a.Match.Stage, b.ID, b.Match.Stage)
			}
			ids[a.ID] = true
			if rapid.Bool().Draw(rt, "publish") {
				many.publish()
			}
		}
		one.settle()
		many.settle()
		for id := range ids {
			a, _ := one.registry.Current(one.state, id)
			b, _ := many.registry.Current(many.state, id)
			if a != b {
				rt.Fatalf("%s is now %s in one group, %s in many", id, a, b)
			}
		}
	})
}

// TestTwoIDsAreNeverOneFilm holds for any history.
func TestTwoIDsAreNeverOneFilm(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		known := map[review.FilmID]string{}
		for range rapid.IntRange(1, 20).Draw(rt, "reviews") {
			f := film(rapid.SampledFrom([]string{"Crash", "Crush"}).Draw(rt, "title"), rapid.SampledFrom([]int{0, 2004, 2005}).Draw(rt, "year"))
			f.IDs.IMDb = rapid.SampledFrom([]string{"", "tt1", "tt2", "tt3"}).Draw(rt, "imdb")
			got := d.identify(f)
			if id := f.IDs.IMDb; id != "" {
				if known[got.ID] != "" && known[got.ID] != id {
					rt.Fatalf("%s is both %s and %s", got.ID, known[got.ID], id)
				}
				known[got.ID] = id
			}
		}
	})
}

func BenchmarkIdentify(b *testing.B) {
	d := newDesk(b)
	const films = 20000
	for i := range films {
		d.identify(film(fmt.Sprintf("The Film Number %d", i), 1950+i%70))
		if i%500 == 499 {
			d.publish()
		}
	}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		n := i * 7919 % films
		d.identify(film(fmt.Sprintf("The Film Number %d", n), 1950+n%70))
	}
}
