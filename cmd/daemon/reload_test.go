package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

const archive = "sources:\n  - {name: archive, type: shelf, shelf: a, schedule: \"@every 24h\"}\n"

// changes are the steps of an outcome that are not keep: "start latest".
func changes(out daemon.Outcome) []string {
	var all []string
	for _, s := range out.Steps {
		if s.Change != daemon.Keep {
			all = append(all, string(s.Change)+" "+s.Name)
		}
	}
	return all
}

func TestASinkAddedWhileRunningGetsItsHistory(t *testing.T) {
	const before = "sinks:\n  - {name: latest, type: feed}\n  - {name: ratings, type: ratings}\n  - {name: old, type: book, book: old, backfill: all}\n"
	d := newDesk(t, deskHead+archive+before)
	shelf := d.world.shelf("a")
	shelf.put(some(0, 40, "as it was"))
	d.run()
	untouched := []string{"feeds/latest.atom", "feeds/latest.rss", "feeds/latest.json", "films/film-0001-2020.html", "films/film-0001-2020.json"}
	d.quiet(40)
	stands := stat(t, d, untouched)
	readings := shelf.readings()

	out := d.reload(deskHead + archive + before + "  - {name: second, type: feed, limit: 500}\n  - {name: new, type: book, book: new, backfill: all}\n  - {name: quiet, type: book, book: quiet}\n")
	if diff := cmp.Diff([]string{"start second", "start new", "start quiet", "restart pages"}, changes(out)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	d.until("the new sinks have the history", func() bool {
		return strings.Count(d.file("feeds/second.atom"), "<entry>") == 40 && len(d.world.book("new").list()) == 40
	})
	d.until("the front links the new feed", func() bool {
		return strings.Contains(d.file("index.html"), "feeds/second.rss") && strings.Contains(d.file("opml.xml"), "feeds/second.rss")
	})
	if diff := cmp.Diff(stands, stat(t, d, untouched)); diff != "" {
		t.Errorf("documents of others were touched:\n%s", diff)
	}
	if n := shelf.readings(); n != readings {
		t.Errorf("the source was read %d times for the reload", n-readings)
	}
	if opened, alive := d.world.book("old").openings(); opened != 1 || alive != 1 {
		t.Errorf("the sink that stayed was made %d times", opened)
	}

	// Everybody goes on from where they are.
	shelf.put(some(40, 5, "as it was"))
	d.until("all sinks follow", func() bool {
		return strings.Count(d.file("feeds/latest.atom"), "<entry>") == 45 && strings.Count(d.file("feeds/second.atom"), "<entry>") == 45 &&
			len(d.world.book("old").list()) == 45 && len(d.world.book("new").list()) == 45
	})
	if got := d.world.book("quiet").list(); len(got) != 0 { // reviews of 2020 are past
		t.Errorf("a sink without a backfill got %d events of the past", len(got))
	}
}

// stat says which files stand: the inode changes when one is written again.
func stat(t *testing.T, d *desk, names []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(d.dir, "data", "public", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = fmt.Sprint(inode(info), " ", info.ModTime())
	}
	return all
}

func TestABadConfigChangesNothing(t *testing.T) {
	good := deskHead + archive + "sinks:\n  - {name: latest, type: feed}\n  - {name: told, type: book, book: told, backfill: all, secret: sesame}\n"
	d := newDesk(t, good)
	d.world.shelf("a").put(some(0, 10, "as it was"))
	d.run()
	d.quiet(10)
	for _, c := range []struct {
		name, text string
		refused    []string
		restart    []string
	}{
		{"every fault is named", good + "  - {name: latest, type: feeed, limit: many}\nsite: x\n", []string{"feeed", "latest", "site"}, nil},
		{"no YAML", "\t" + good, []string{"config.syntax"}, nil},
		{"a part that cannot be made", good + "  - {name: third, type: feed}\n  - {name: broken, type: book, book: b, broken: true}\n", []string{"broken", "cannot be made"}, nil},
		{"what takes a restart", strings.Replace(good, "127.0.0.1:0", "127.0.0.1:1", 1) + "data: ./other\nnats: {token: x, url: \"nats://example.org\"}\n",
			[]string{"restart for this"}, []string{"data", "listen", "nats.embedded", "nats.token", "nats.url"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, logged := d.public(), strings.Count(d.log.String(), "level=ERROR")
			d.text = c.text
			out := d.Reload(t.Context())
			for _, want := range c.refused {
				if !strings.Contains(out.Refused, want) {
					t.Errorf("refused with %q: want %q in it", out.Refused, want)
				}
			}
			if diff := cmp.Diff(c.restart, out.Restart); diff != "" || len(out.Steps) > 0 {
				t.Errorf("%v, %s", out.Steps, diff)
			}
			if n := strings.Count(d.log.String(), "level=ERROR") - logged; n != 1 {
				t.Errorf("logged %d times", n)
			}
			if diff := cmp.Diff(before, d.public()); diff != "" {
				t.Errorf("documents changed:\n%s", diff)
			}
		})
	}
	if opened, alive := d.world.book("told").openings(); opened != 1 || alive != 1 {
		t.Errorf("the sink was made %d times, %d live", opened, alive)
	}
	d.text = good
	if out := d.Reload(t.Context()); len(changes(out)) != 0 || out.Refused != "" {
		t.Errorf("going back to what runs: %+v", out)
	}
	if strings.Contains(d.log.String(), "sesame") {
		t.Error("a secret shows in the log")
	}
	// A secret is part of what a sink is, though nothing that is stored shows it.
	if got := changes(d.reload(strings.Replace(good, "sesame", "another", 1))); !slices.Equal(got, []string{"restart told"}) {
		t.Errorf("after a change of a secret: %v", got)
	}
	if got := d.world.book("told").list(); len(got) != 10 {
		t.Errorf("a restart told %d events, want the 10 once", len(got))
	}
}

func TestWhatLeavesTakesItsDocumentsAlong(t *testing.T) {
	base := deskHead + archive + "sinks:\n  - {name: latest, type: feed}\n"
	extra := "  - {name: by-film, type: feed, per: film}\n  - {name: ratings, type: ratings}\n  - {name: told, type: book, book: told, backfill: all}\n"
	d := newDesk(t, base+extra)
	d.world.shelf("a").put(some(0, 8, "as it was"))
	d.run()
	d.quiet(8)
	own := filepath.Join(d.dir, "data", "public", "robots.txt")
	if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.reload(base)
	d.until("their documents leave", func() bool {
		for name := range d.public() {
			if strings.HasPrefix(name, "films/") || strings.HasPrefix(name, "feeds/by-film/") {
				return false
			}
		}
		return true
	})
	if d.file("feeds/latest.rss") == "" || d.file("robots.txt") != "mine" {
		t.Error("others' documents left too")
	}
	d.world.shelf("a").put(some(8, 2, "as it was"))
	d.until("the rest goes on", func() bool { return strings.Count(d.file("feeds/latest.atom"), "<entry>") == 10 })
	d.reload(base + extra)
	d.until("they are back", func() bool {
		return len(d.world.book("told").list()) == 10 && d.file("films/film-0009-2020.html") != "" && d.file("feeds/by-film/film-0009-2020.rss") != ""
	})
	if got := d.world.book("told").list(); len(unique(got)) != len(got) {
		t.Errorf("a sink that came back repeats itself: %v", got)
	}
}

// TestWhatLeftWhileNothingRanIsGone: a start is going over to a config from nothing.
func TestWhatLeftWhileNothingRanIsGone(t *testing.T) {
	d := newDesk(t, deskHead+archive+"sinks:\n  - {name: latest, type: feed}\n  - {name: front, type: pages}\n")
	d.world.shelf("a").put(some(0, 4, "as it was"))
	d.once()
	if d.file("opml.xml") == "" || d.file("feeds/latest.rss") == "" {
		t.Fatal("nothing was made")
	}
	if err := os.WriteFile(filepath.Join(d.dir, "data", "public", "404.html"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.world.pageless = true // or there would be pages without a word
	d.text = deskHead + archive
	d.once()
	if diff := cmp.Diff(map[string]string{"404.html": "mine"}, d.public()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// TestReloadsLeaveNoGoroutine: what stops ends.
func TestReloadsLeaveNoGoroutine(t *testing.T) {
	a := deskHead + archive + "sinks:\n  - {name: latest, type: feed}\n"
	b := deskHead + "sources:\n  - {name: other, type: shelf, shelf: b}\n  - {name: archive, type: shelf, shelf: a}\nsinks:\n  - {name: latest, type: feed, limit: 7}\n  - {name: told, type: book, book: told}\n"
	d := newDesk(t, a)
	d.world.shelf("a").put(some(0, 5, "as it was"))
	d.run()
	d.quiet(5)
	d.reload(b)
	d.reload(a)
	before := ours()
	for range 10 {
		d.reload(b)
		d.reload(a)
	}
	d.until(fmt.Sprintf("no more goroutines than the %d before", before), func() bool { return ours() <= before })
	if opened, alive := d.world.book("told").openings(); opened != 11 || alive != 0 {
		t.Errorf("%d sinks were made, and %d not closed", opened, alive)
	}
}

// ours counts the goroutines in which code of this module runs.
func ours() (n int) {
	buf := make([]byte, 4<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "filmwire/filmwire/cmd/daemon.") || strings.Contains(g, "filmwire/filmwire/pipeline.") {
			n++
		}
	}
	return n
}

func TestRandomReloadsMissAndRepeatNothing(t *testing.T) { randomReloads(t, 30) }

func TestProveRandomReloadsMissAndRepeatNothing(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("1,000 reloads take minutes: run `make prove`")
	}
	randomReloads(t, 1000)
}

// randomReloads goes from one random config to the next while reviews are
// published, edited and taken away, then brings all to an end and compares.
func randomReloads(t *testing.T, reloads int) {
	random := rand.New(rand.NewPCG(1, uint64(reloads)))
	cfg := newSlots()
	d := newDesk(t, cfg.text())
	for _, name := range shelves {
		d.world.shelf(name).put(some(0, 20, "at first"))
	}
	d.run()
	var work sync.WaitGroup
	edits := make(chan struct{}, 3)
	work.Go(func() { edit(d.world, edits) })
	counts := map[daemon.Change]int{}
	for range reloads {
		for range cap(edits) - len(edits) { // they happen while it reloads
			edits <- struct{}{}
		}
		cfg.change(random, 1+random.IntN(3))
		for _, s := range d.reload(cfg.text()).Steps {
			counts[s.Change]++
		}
	}
	close(edits)
	work.Wait()
	d.stop()
	t.Logf("%d reloads: %v", reloads, counts)

	d.text = newSlots().text()
	d.once()
	made, told := d.public(), d.world.books
	for _, folder := range []string{"views", "public", "staging"} {
		if err := os.RemoveAll(filepath.Join(d.dir, "data", folder)); err != nil {
			t.Fatal(err)
		}
	}
	d.once()
	if diff := cmp.Diff(d.public(), made); diff != "" {
		t.Errorf("views are not as made from the log alone (-fresh +reloaded):\n%.3000s", diff)
	}
	want := events(t, d)
	t.Logf("%d events, %d documents", len(want), len(made))
	for name, book := range told {
		got := book.list()
		if len(unique(got)) != len(got) {
			t.Errorf("book %s: %d of %d events are repeated", name, len(got)-len(unique(got)), len(got))
		}
		if diff := cmp.Diff(want, unique(got)); diff != "" {
			t.Errorf("book %s was told something else than the log (-log +book):\n%.2000s", name, diff)
		}
		if _, alive := book.openings(); alive != 0 {
			t.Errorf("book %s: %d sinks were not closed", name, alive)
		}
	}
	if strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("the daemon complains:\n%s", d.log.String())
	}
}

// events are the ids of all events of reviews on the log, sorted.
func events(t *testing.T, d *desk) []string {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Options{Dir: filepath.Join(d.dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	head, err := b.Log().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for at := pipeline.Position(0); at < head; {
		entries, err := b.Log().Read(t.Context(), at, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if at = e.Position; e.Review != nil {
				ids = append(ids, e.Review.EventID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

var shelves = []string{"a", "b", "c"}

// edit publishes, changes and takes away reviews, as often as it is asked to; no
// review more often than the log keeps its revisions.
func edit(w *world, asked <-chan struct{}) {
	random := rand.New(rand.NewPCG(3, 4))
	edits := map[string]int{}
	i := 20
	for range asked {
		name := shelves[random.IntN(len(shelves))]
		old := fmt.Sprintf("%04d", random.IntN(i))
		change := some(i, 1, "new")
		if edits[name+old]++; edits[name+old] < 5 {
			change[old] = fmt.Sprintf("Said otherwise, %d.", i)
			if random.IntN(4) == 0 {
				change[old] = ""
			}
		}
		w.shelf(name).put(change)
		i++
	}
}

// slots are a config in the making: for each part of it, what it may be and what it
// is now, "" for not there. All are there at first.
type slots []slot

type slot struct {
	in  string // the list it is in; "" for the file itself
	may []string
	is  string
}

func newSlots() slots {
	all := slots{
		{may: []string{"site: {title: Desk, url: \"https://reviews.example.org\"}", "site: {title: Another Desk, url: \"https://reviews.example.org\"}"}},
		{may: []string{"timezone: Europe/Berlin", "timezone: Asia/Tokyo"}},
	}
	for _, name := range shelves {
		all = append(all, slot{in: "sources", may: []string{
			"{name: " + name + ", type: shelf, shelf: " + name + "}",
			"{name: " + name + ", type: shelf, shelf: " + name + ", schedule: \"*/5 * * * *\"}",
			"{name: " + name + ", type: shelf, shelf: " + name + ", withdraw: always}", ""}})
	}
	all = append(all,
		slot{in: "sinks", may: []string{"{name: latest, type: feed}", "{name: latest, type: feed, limit: 7}", "{name: latest, type: feed, where: {min_rating: 60}}", ""}},
		slot{in: "sinks", may: []string{"{name: by-film, type: feed, per: film}", "{name: by-film, type: feed, per: film, formats: [atom]}", ""}},
		slot{in: "sinks", may: []string{"{name: ratings, type: ratings}", "{name: ratings, type: ratings, votes: first}", ""}},
		slot{in: "sinks", may: []string{"{name: front, type: pages}", "{name: front, type: pages, latest: 3}", ""}},
	)
	for _, name := range []string{"one", "two", "three"} {
		all = append(all, slot{in: "sinks", may: []string{
			"{name: " + name + ", type: book, book: " + name + ", backfill: all}",
			"{name: " + name + ", type: book, book: " + name + ", backfill: all, batch: 3}", ""}})
	}
	for i := range all {
		all[i].is = all[i].may[0]
	}
	return all
}

// change makes n of the slots something else, perhaps.
func (s slots) change(random *rand.Rand, n int) {
	for range n {
		one := &s[random.IntN(len(s))]
		one.is = one.may[random.IntN(len(one.may))]
	}
}

func (s slots) text() string {
	text, in := "version: 1\nlisten: 127.0.0.1:0\n", ""
	for _, one := range s {
		switch {
		case one.is == "":
		case one.in == "":
			text += one.is + "\n"
		case one.in != in:
			in = one.in
			text += in + ":\n"
			fallthrough
		default:
			text += "  - " + one.is + "\n"
		}
	}
	return text
}
