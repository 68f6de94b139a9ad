package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

// shelve puts a review of a film on the shelf.
func (w *wire) shelve(guid string, f review.Film) {
	if w.shelf.films == nil {
		w.shelf.films = map[string]review.Film{}
	}
	w.shelf.texts[guid], w.shelf.films[guid] = "|text of "+guid, f
}

// rule has the films settled by other overrides.
func (w *wire) rule(all ...pipeline.Override) {
	w.t.Helper()
	w.overrides = all
	w.registry.Override(all)
	if err := w.ingest.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// films is where every review stands: "guid film/stage", sorted.
func (w *wire) films() string {
	var all []string
	for guid, e := range w.latest() {
		all = append(all, fmt.Sprintf("%s %s/%s", guid, e.Film.ID, e.Film.Match.Stage))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (w *wire) wantFilms(want string) {
	w.t.Helper()
	if got := w.films(); got != want {
		w.t.Fatalf("reviews stand at\n%s, want\n%s", got, want)
	}
}

func titled(title string, year int) review.Film { return review.Film{Title: title, Year: year} }

func withIMDb(f review.Film, id string) review.Film { f.IDs.IMDb = id; return f }

func refs(t testing.TB, all ...string) []pipeline.FilmRef {
	t.Helper()
	out := make([]pipeline.FilmRef, len(all))
	for i, s := range all {
		if err := out[i].UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestAnIDMergesTwoFilms: a third review shows that two films are one, and the
// reviews of one go over to the other by a revision that changes nothing else.
func TestAnIDMergesTwoFilms(t *testing.T) {
	w := newWire(t)
	w.shelve("a", withIMDb(titled("Amélie", 2001), "tt0211915"))
	w.shelve("b", titled("Le Fabuleux Destin d'Amélie Poulain", 2001))
	w.want("+2 ~0 -0 ^0 =0")
	w.wantFilms("a amelie-2001/new, b le-fabuleux-destin-damelie-poulain-2001/new")
	before := w.latest()["b"]

	w.shelve("c", withIMDb(titled("Le fabuleux destin d’Amélie Poulain", 2001), "tt0211915"))
	w.want("+1 ~0 -0 ^0 =2")
	w.wantFilms("a amelie-2001/new, b amelie-2001/title_year, c amelie-2001/id")
	now := *w.latest()["b"]
	if now.Kind != review.Revised || now.Revision != 2 || now.EventID == before.EventID {
		t.Errorf("%s, revision %d, %s", now.Kind, now.Revision, now.EventID)
	}
	now.Kind, now.Revision, now.EventID, now.Film = before.Kind, before.Revision, before.EventID, before.Film
	if diff := cmp.Diff(before, &now, cmp.Comparer(func(a, b review.Decimal) bool { return a.Cmp(b) == 0 }), cmp.AllowUnexported(review.Date{})); diff != "" {
		t.Errorf("more than the film has changed:\n%s", diff)
	}
	if id, ok := w.ingest.Film("le-fabuleux-destin-damelie-poulain-2001"); !ok || id != "amelie-2001" {
		t.Errorf("the merged film is %q, %v", id, ok)
	}
	w.want("+0 ~0 -0 ^0 =3")
	w.shelve("d", titled("Le Fabuleux Destin d'Amelie Poulain", 2001))
	w.want("+1 ~0 -0 ^0 =3")
	w.wantFilms("a amelie-2001/new, b amelie-2001/title_year, c amelie-2001/id, d amelie-2001/title_year")
}

// TestANamesakeTakesBackAWeakMatch: what was taken for a festival's year is not
// when there is a film of that year.
func TestANamesakeTakesBackAWeakMatch(t *testing.T) {
	w := newWire(t)
	w.shelve("a", withIMDb(titled("Crash", 2004), "tt0375679"))
	w.shelve("b", titled("Crash", 2005))
	w.shelve("z", titled("Crash", 2004))
	w.want("+3 ~0 -0 ^0 =0")
	w.wantFilms("a crash-2004/new, b crash-2004/title_near, z crash-2004/title_year")
	w.shelve("c", withIMDb(titled("Crash", 2005), "tt0000002"))
	w.want("+1 ~0 -0 ^0 =3")
	w.wantFilms("a crash-2004/new, b crash-2005/title_year, c crash-2005/new, z crash-2004/title_year")
	w.want("+0 ~0 -0 ^0 =4")
}

// TestOverridesTakeEffectOnChange goes through each kind of override, and takes it
// back again.
func TestOverridesTakeEffectOnChange(t *testing.T) {
	w := newWire(t)
	w.shelve("a", titled("Amélie", 2001))
	w.shelve("b", titled("Le Fabuleux Destin", 2001))
	w.shelve("c", titled("Crash", 2004))
	w.shelve("d", titled("Crash", 2005))
	w.shelve("e", titled("Untitled", 1999))
	w.poll()
	rules := "a amelie-2001/new, b le-fabuleux-destin-2001/new, c crash-2004/new, d crash-2004/title_near, e untitled-1999/new"
	w.wantFilms(rules)
	for _, c := range []struct {
		name     string
		override pipeline.Override
		want     string
	}{
		{"same", pipeline.Override{Same: refs(t, "amelie-2001", "Le Fabuleux Destin (2001)")}, "a amelie-2001/new, b amelie-2001/override, c crash-2004/new, d crash-2004/title_near, e untitled-1999/new"},
		{"same, by slugs", pipeline.Override{Same: refs(t, "le-fabuleux-destin-2001", "amelie-2001")}, "a le-fabuleux-destin-2001/title_year, b le-fabuleux-destin-2001/new, c crash-2004/new, d crash-2004/title_near, e untitled-1999/new"},
		{"different", pipeline.Override{Different: refs(t, "crash-2004", "Crash (2005)")}, "a amelie-2001/new, b le-fabuleux-destin-2001/new, c crash-2004/new, d crash-2005/new, e untitled-1999/new"},
		{"alias", pipeline.Override{Alias: "Le fabuleux destin", Film: refs(t, "amelie-2001")[0]}, "a amelie-2001/new, b amelie-2001/override, c crash-2004/new, d crash-2005/title_year, e untitled-1999/new"},
		{"review", pipeline.Override{Review: string(review.NewID("shelf", "e")), Film: refs(t, "crash-2004")[0]}, "a amelie-2001/new, b le-fabuleux-destin-2001/new, c crash-2004/new, d crash-2005/title_year, e crash-2004/override"},
		{"a film that is not there", pipeline.Override{Same: refs(t, "amelie-2001", "nowhere-1900")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.rule(c.override)
			if got := brieflyStaged(w.films()); c.want != "" && got != brieflyStaged(c.want) {
				t.Errorf("reviews stand at\n%s, want\n%s", w.films(), c.want)
			}
			w.want("+0 ~0 -0 ^0 =5")
			head, _ := w.bus.Log().Head(t.Context())
			w.rule(c.override)
			if again, _ := w.bus.Log().Head(t.Context()); again != head {
				t.Errorf("the same overrides once more: %d events", again-head)
			}
			w.close()
			w.open() // a restart changes nothing
			if again, _ := w.bus.Log().Head(t.Context()); again != head {
				t.Errorf("a restart: %d events", again-head)
			}
			w.sameFromTheLog()
			w.rule()
			w.sameFromTheLog()
		})
	}
	w.t = t
	// Without overrides all stands by the rules again. A film that was taken apart
	// has come to be, and stays.
	if got, want := brieflyStaged(w.films()), brieflyStaged(strings.ReplaceAll(rules, "d crash-2004/title_near", "d crash-2005/title_year")); got != want {
		t.Errorf("at the end\n%s, want\n%s", got, want)
	}
}

// brieflyStaged tells only what the operator decided from what the rules did.
func brieflyStaged(s string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		if !strings.HasSuffix(p, "/override") {
			parts[i] = p[:strings.LastIndexByte(p, '/')]
		}
	}
	return strings.Join(parts, ", ")
}

// sameFromTheLog makes the registry anew from the log, without the overrides, and
// expects every byte of its state.
func (w *wire) sameFromTheLog() {
	w.t.Helper()
	fresh, err := views.OpenMemory()
	if err != nil {
		w.t.Fatal(err)
	}
	defer fresh.Close()
	own := pipeline.NewViewing(pipeline.ViewingConfig{Name: "engine.films", View: films.New(), Log: w.bus.Log(), Store: fresh, Logger: quiet(), Clock: w.clock})
	if err := errors.Join(own.Prepare(w.t.Context()), own.CatchUp(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(dump(own.Reader()), dump(w.registryState())); diff != "" {
		w.t.Errorf("the registry made anew from the log (-) is not the one there was (+):\n%s", diff)
	}
}

func (w *wire) registryState() pipeline.Reader {
	return prefixed{w.store.View("engine.films")}
}

// prefixed are a view's own keys.
type prefixed struct{ pipeline.Reader }

func (p prefixed) Scan(prefix string, f func(string, []byte) bool) {
	p.Reader.Scan("v/"+prefix, func(key string, value []byte) bool { return f(key[2:], value) })
}

func dump(st pipeline.Reader) map[string]string {
	all := map[string]string{}
	st.Scan("", func(key string, value []byte) bool {
		all[key] = string(value)
		return true
	})
	return all
}

// failing is a log that takes only so many more appends.
type failing struct {
	pipeline.Log
	left *int
}

var errDisk = errors.New("the disk is full")

func (f failing) Append(ctx context.Context, events []pipeline.Append) ([]pipeline.Position, error) {
	if *f.left--; *f.left < 0 {
		return nil, errDisk
	}
	return f.Log.Append(ctx, events)
}

// TestSettlingGoesOnAfterACrash: more reviews move than fit one group, the log fails
// in the middle, and the next start finishes.
func TestSettlingGoesOnAfterACrash(t *testing.T) {
	const reviews = 2300
	w := newWire(t)
	for i := range reviews {
		w.shelve(fmt.Sprintf("%04d", i), titled("Le Fabuleux Destin", 2001))
	}
	w.shelve("a", titled("Amélie", 2001))
	w.poll()
	left := 1
	w.between = func(l pipeline.Log) pipeline.Log { return failing{l, &left} }
	w.close()
	w.open()
	w.overrides = []pipeline.Override{{Same: refs(t, "amelie-2001", "le-fabuleux-destin-2001")}}
	w.registry.Override(w.overrides)
	if err := w.ingest.Settle(t.Context()); !errors.Is(err, errDisk) {
		t.Fatalf("settled on a full disk: %v", err)
	}
	moved := 0
	for _, e := range w.latest() {
		if e.Film.ID == "amelie-2001" {
			moved++
		}
	}
	if moved <= 1 || moved > reviews {
		t.Fatalf("%d of %d reviews had moved when the log failed: the test is of no use", moved-1, reviews)
	}
	left = 1000
	w.close()
	w.open() // by the overrides it settles at the start
	for guid, e := range w.latest() {
		if e.Film.ID != "amelie-2001" {
			t.Fatalf("review %s stands at %s", guid, e.Film.ID)
		}
		if e.Revision > 2 {
			t.Fatalf("review %s moved twice", guid)
		}
	}
	w.sameFromTheLog()
}

// TestFilmsOfRandomHistories: whatever comes, is edited, goes, and whatever the
// operator says in between, at every step the registry is the one that the log
// gives; no review stands at a film that was merged; two ids of one catalogue are
// never one film but by an override; and what people see of an unchanged review in
// a feed, its id and when it was updated, never changes.
func TestFilmsOfRandomHistories(t *testing.T) {
	w := newWire(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w.history4(rt, fmt.Sprintf("h%d ", n))
	})
}

// history4 is one random history, of films that have the history's name in their
// titles: many share one log.
func (w *wire) history4(rt *rapid.T, name string) {
	draw := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, label) }
	w.shelf.texts, w.shelf.films = map[string]string{}, map[string]review.Film{}
	w.polled.Name = "shelf-" + strings.TrimSpace(name)
	w.overrides = nil
	w.registry.Override(nil)
	type seen struct{ hash, feedID, updated string }
	known := map[review.ID]seen{}
	for range rapid.IntRange(1, 6).Draw(rt, "steps") {
		switch draw("what", "review", "review", "review", "gone", "rule") {
		case "review":
			guid := draw("guid", "a", "b", "c", "d")
			f := titled(name+draw("title", "Crash", "Smash", "Crushing", "Crashing Waves", "Crasching Waves"), rapid.SampledFrom([]int{0, 2004, 2005, 2007}).Draw(rt, "year"))
			if id := draw("imdb", "", "", "1", "2"); id != "" {
				f.IDs.IMDb = strings.TrimSpace(name) + "tt" + id
			}
			if draw("other title", "no", "yes") == "yes" {
				f.OriginalTitle = name + "Krasch"
			}
			w.shelve(guid, f)
		case "gone":
			delete(w.shelf.texts, draw("guid", "a", "b", "c", "d"))
		case "rule":
			ref := func(title string, year int) pipeline.FilmRef {
				return pipeline.FilmRef{Title: name + title, Year: year}
			}
			w.overrides = [][]pipeline.Override{
				nil,
				{{Same: []pipeline.FilmRef{ref("Crash", 2004), ref("Smash", 2004)}}},
				{{Different: []pipeline.FilmRef{ref("Crash", 2004), ref("Crash", 2005)}}},
				{{Alias: name + "Krasch", Film: ref("Crushing", 2004)}},
				{{Review: string(review.NewID(w.polled.Name, "a")), Film: ref("Smash", 2005)}},
			}[rapid.IntRange(0, 4).Draw(rt, "rule")]
			w.registry.Override(w.overrides)
			if err := w.ingest.Settle(context.Background()); err != nil {
				rt.Fatal(err)
			}
		}
		w.polled.Withdraw = pipeline.WithdrawAlways
		if _, err := w.ingest.Poll(context.Background(), &w.polled, nil); err != nil {
			rt.Fatal(err)
		}
		for _, e := range w.latest() {
			if e.Source.Name != w.polled.Name {
				continue
			}
			if current, ok := w.ingest.Film(e.Film.ID); !e.Gone() && (!ok || current != e.Film.ID) {
				rt.Fatalf("a review stands at %s, which is %q now", e.Film.ID, current)
			}
			now := seen{e.ContentHash, e.FeedID, e.Updated().String()}
			if before, had := known[e.ReviewID]; had && before.hash == now.hash && before != now {
				rt.Fatalf("review %s says the same, and was %v and is %v", e.Source.GUID, before, now)
			}
			known[e.ReviewID] = now
		}
	}
	w.sameFromTheLog()
	if w.t.Failed() {
		rt.FailNow()
	}
}
