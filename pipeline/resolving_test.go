package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// almanac is a catalogue that knows films, or has a fault.
type almanac struct {
	mu    sync.Mutex
	asked []string
	films []review.Film
	err   error
	hang  bool

	during func() // done while it is being asked
}

func (a *almanac) Resolve(ctx context.Context, stated review.Film) ([]review.Film, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, stated.Title)
	if a.during != nil {
		a.during()
	}
	if a.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.films, nil
}

func (a *almanac) resolving() *pipeline.Resolving {
	return &pipeline.Resolving{Type: "almanac", Resolver: a}
}

// broken is a catalogue that panics.
type broken struct{}

func (broken) Resolve(context.Context, review.Film) ([]review.Film, error) { panic("broken") }

func amelie() review.Film {
	return review.Film{
		Title: "Amélie", OriginalTitle: "Le Fabuleux Destin d'Amélie Poulain", AltTitles: []string{"Amelie from Montmartre"},
		Year: 2001, IDs: review.FilmIDs{IMDb: "tt0211915", TMDB: "194"},
	}
}

// twoCritics write about one film by two of its titles.
func twoCritics(w *wire) {
	w.shelf.texts = map[string]string{"a": "x|lovely", "b": "y|too sweet"}
	w.shelf.films = map[string]review.Film{
		"a": {Title: "Amélie", Year: 2001}, "b": {Title: "Le Fabuleux Destin d'Amélie Poulain", Year: 2001},
	}
}

// filmOf are the ids of the films of the reviews, by guid.
func (w *wire) filmOf() map[string]review.FilmID {
	w.t.Helper()
	all := map[string]review.FilmID{}
	for guid, e := range w.latest() {
		all[guid] = e.Film.ID
	}
	return all
}

// decided are the latest events of all films.
func (w *wire) decided() map[review.FilmID]*review.FilmEvent {
	w.t.Helper()
	all := map[review.FilmID]*review.FilmEvent{}
	if err := w.bus.Log().Films(w.t.Context(), func(e pipeline.Entry) error {
		all[e.Film.FilmID] = e.Film
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestACatalogueMakesTwoTitlesOneFilm(t *testing.T) {
	without := newWire(t)
	twoCritics(without)
	without.want("+2 ~0 -0 ^0 =0")
	if f := without.filmOf(); f["a"] == f["b"] {
		t.Fatalf("the rules alone: %v; the test shows nothing", f)
	}

	w := newWire(t)
	a := &almanac{films: []review.Film{amelie()}}
	w.ingest.SetResolver(a.resolving())
	twoCritics(w)
	w.want("+2 ~0 -0 ^0 =0")
	if f := w.filmOf(); f["a"] != "amelie-2001" || f["b"] != "amelie-2001" {
		t.Fatalf("films %v", f)
	}
	if len(a.asked) != 2 {
		t.Errorf("asked %q", a.asked)
	}
	for guid, e := range w.latest() {
		before := without.latest()[guid]
		if e.ContentHash != before.ContentHash || e.Film.Title != before.Film.Title || !e.Film.IDs.IsZero() || e.Film.AltTitles != nil || e.Film.OriginalTitle != "" {
			t.Errorf("%s: the review's own words changed: %+v", guid, e.Film)
		}
	}

	film := w.decided()["amelie-2001"]
	if film.Film.IDs != amelie().IDs || film.Film.OriginalTitle != amelie().OriginalTitle {
		t.Errorf("the film knows %+v", film.Film)
	}
	if len(film.Resolved) == 0 || film.Resolved[0].By != "almanac" || film.Resolved[0].Asked.Year != 2001 ||
		film.Resolved[0].Answer.IDs.TMDB != "194" || film.Resolved[0].At.IsZero() {
		t.Errorf("the event says %+v", film.Resolved)
	}

	// What is known costs no request: neither the same again, nor another critic, nor
	// a revision.
	w.want("+0 ~0 -0 ^0 =2")
	w.shelf.texts["a"] = "x|lovely, twice"
	w.shelf.texts["c"] = "z|fine"
	w.shelf.films["c"] = review.Film{Title: "Amelie from Montmartre", Year: 2001}
	w.want("+1 ~1 -0 ^0 =1")
	if f := w.filmOf(); f["c"] != "amelie-2001" || len(a.asked) != 2 {
		t.Errorf("films %v, asked %q", f, a.asked)
	}
}

// The registry is made of the log alone: nobody is asked, and it is the same.
func TestReplayAsksNobody(t *testing.T) {
	w := newWire(t)
	w.ingest.SetResolver((&almanac{films: []review.Film{amelie()}}).resolving())
	twoCritics(w)
	w.poll()
	before, decided := w.filmOf(), w.decided()
	w.close()
	if err := os.RemoveAll(filepath.Join(w.dir, "views")); err != nil {
		t.Fatal(err)
	}
	w.open()
	never := &almanac{err: errors.New("asked during a replay")}
	w.ingest.SetResolver(never.resolving())
	if err := w.ingest.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want("+0 ~0 -0 ^0 =2")
	w.shelf.texts["c"] = "z|fine"
	w.shelf.films["c"] = review.Film{Title: "Amelie from Montmartre", Year: 2001}
	w.want("+1 ~0 -0 ^0 =2")
	after := w.filmOf()
	if after["c"] != "amelie-2001" {
		t.Errorf("the registry has forgotten a title: %v", after)
	}
	delete(after, "c")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(decided, w.decided(), decimals()); diff != "" {
		t.Error(diff)
	}
	if len(never.asked) > 0 {
		t.Errorf("asked %q", never.asked)
	}
}

// Where the catalogue does not answer, or not beyond doubt, the rules alone decide.
func TestWithoutAnAnswerTheRulesDecide(t *testing.T) {
	twin := amelie()
	twin.IDs = review.FilmIDs{TMDB: "7"}
	far := amelie()
	far.Year = 2004
	other := amelie()
	other.Title, other.OriginalTitle, other.AltTitles = "Delicatessen", "", nil
	for _, c := range []struct {
		name  string
		a     pipeline.Resolver
		limit time.Duration
	}{
		{"two films fit", &almanac{films: []review.Film{amelie(), twin}}, 0},
		{"of another year", &almanac{films: []review.Film{far}}, 0},
		{"of another title", &almanac{films: []review.Film{other}}, 0},
		{"none", &almanac{err: fmt.Errorf("almanac: %w", pipeline.ErrNotFound)}, 0},
		{"down", &almanac{err: errors.New("503")}, 0},
		{"busy", &almanac{err: &pipeline.RetryAfter{After: time.Hour, Err: errors.New("429")}}, 0},
		{"slow", &almanac{hang: true}, time.Nanosecond},
		{"broken", broken{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			w.ingest.SetResolver(&pipeline.Resolving{Type: "almanac", Resolver: c.a, Limit: c.limit})
			twoCritics(w)
			w.want("+2 ~0 -0 ^0 =0")
			if f := w.filmOf(); f["a"] != "amelie-2001" || f["b"] == f["a"] {
				t.Errorf("films %v", f)
			}
			for id, e := range w.decided() {
				if len(e.Resolved) > 0 || !e.Film.IDs.IsZero() {
					t.Errorf("%s: %+v", id, e)
				}
			}
		})
	}
}

// While a catalogue takes its time, others go on deciding.
func TestAskingHoldsUpNobody(t *testing.T) {
	w := newWire(t)
	a := &almanac{}
	other := w.polled
	other.Name = "other"
	other.Source = &shelf{texts: map[string]string{"o": "Delicatessen|odd"}, films: map[string]review.Film{"o": {Title: "Delicatessen"}}}
	a.during = func() {
		a.during = nil
		if r, err := w.ingest.Poll(t.Context(), &other, nil); err != nil || r.Published != 1 {
			t.Errorf("the other source: %s, %v", brief(&r), err)
		}
	}
	w.ingest.SetResolver(a.resolving())
	w.shelf.texts = map[string]string{"a": "Soul|fine"}
	w.want("+1 ~0 -0 ^0 =0")
	if len(a.asked) != 1 {
		t.Errorf("asked %q: a film without year and id is not to be asked about", a.asked)
	}
}

// The operator's word wins over a catalogue, which is not even asked.
func TestTheOperatorWinsOverACatalogue(t *testing.T) {
	w := newWire(t)
	a := &almanac{films: []review.Film{amelie()}}
	w.ingest.SetResolver(a.resolving())
	w.rule(pipeline.Override{Alias: "Amélie", Film: pipeline.FilmRef{Title: "Another Amélie", Year: 2001}})
	w.shelf.texts = map[string]string{"a": "x|lovely"}
	w.shelf.films = map[string]review.Film{"a": {Title: "Amélie", Year: 2001}}
	w.want("+1 ~0 -0 ^0 =0")
	if f := w.filmOf(); f["a"] != "another-amelie-2001" || len(a.asked) > 0 {
		t.Errorf("films %v, asked %q", f, a.asked)
	}
}

// A catalogue that is down is left alone, for as long as it says.
func TestAFaultRestsTheCatalogue(t *testing.T) {
	w := newWire(t)
	a := &almanac{err: &pipeline.RetryAfter{After: time.Hour, Err: errors.New("429")}}
	w.ingest.SetResolver(a.resolving())
	critic := func(guid, title string) {
		w.shelf.texts[guid] = title + "|fine"
	}
	critic("a", "Soul")
	w.want("+1 ~0 -0 ^0 =0")
	critic("b", "Luca")
	w.want("+1 ~0 -0 ^0 =1")
	if len(a.asked) != 1 {
		t.Errorf("asked %q while it rests", a.asked)
	}
	w.clock.Sleep(t.Context(), time.Hour)
	a.err = nil
	critic("c", "Coco")
	w.want("+1 ~0 -0 ^0 =2")
	if len(a.asked) != 2 {
		t.Errorf("asked %q; an hour has passed", a.asked)
	}
}

// An answer is kept. That there is no such film holds for a month.
func TestAnAnswerIsKept(t *testing.T) {
	for _, c := range []struct {
		name    string
		a       *almanac
		later   time.Duration
		answers int
	}{
		{"a film", &almanac{films: []review.Film{{Title: "Soul", Year: 2020, IDs: review.FilmIDs{TMDB: "508442"}}}}, 400 * 24 * time.Hour, 1},
		{"no film", &almanac{}, 29 * 24 * time.Hour, 1},
		{"no film, and a month went by", &almanac{}, 31 * 24 * time.Hour, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			w.ingest.SetResolver(c.a.resolving())
			// The log refuses what was decided, as if the daemon had died in between.
			down := errors.New("the log is down")
			w.close()
			w.between = func(l pipeline.Log) pipeline.Log { return refusing{l, &down} }
			w.open()
			w.ingest.SetResolver(c.a.resolving())
			w.shelf.texts = map[string]string{"a": "Soul|fine"}
			if _, err := w.ingest.Poll(t.Context(), &w.polled, nil); !errors.Is(err, down) {
				t.Fatal(err)
			}
			w.clock.Sleep(t.Context(), c.later)
			down = nil
			w.want("+1 ~0 -0 ^0 =0")
			if len(c.a.asked) != c.answers {
				t.Errorf("asked %q", c.a.asked)
			}
		})
	}
}

// refusing is a log that takes nothing while there is an error.
type refusing struct {
	pipeline.Log
	err *error
}

func (l refusing) Append(ctx context.Context, events []pipeline.Append) ([]pipeline.Position, error) {
	if *l.err != nil {
		return nil, *l.err
	}
	return l.Log.Append(ctx, events)
}

// A poll asks about so many films, and the rest are left to the rules.
func TestQuestionsAreBounded(t *testing.T) {
	w := newWire(t)
	a := &almanac{}
	w.ingest.SetResolver(a.resolving())
	for i := range 450 {
		w.shelf.texts[fmt.Sprint(i)] = fmt.Sprintf("Film %d of many|fine", i)
	}
	w.want("+450 ~0 -0 ^0 =0")
	if len(a.asked) != 200 {
		t.Errorf("asked %d times", len(a.asked))
	}
}

// decimals compares decimals.
func decimals() cmp.Option {
	return cmp.Comparer(func(a, b review.Decimal) bool { return a == b })
}
