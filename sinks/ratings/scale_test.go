package ratings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// crowd makes up ratings: who gave what to which film, and when. The same number
// gives the same rating each time.
type crowd struct {
	ratings, films, critics int
	batch                   int // so many are applied at once
}

type made struct {
	film, critic int
	minute       int   // when, unlike any other
	tenths       int64 // below 0: no score
}

func (c crowd) rating(i int) made {
	random := rand.New(rand.NewPCG(11, uint64(i)))
	m := made{
		film:   int(float64(c.films) * math.Pow(random.Float64(), 1.5)), // some films have many
		critic: random.IntN(c.critics),
		minute: i*7919%c.ratings + 1, // not in the order in which they come
		tenths: int64(random.IntN(21)) * 50,
	}
	if random.IntN(10) == 0 {
		m.tenths = -1
	}
	return m
}

func (c crowd) event(i int) *review.Event {
	m := c.rating(i)
	score := norm(review.NewDecimal(m.tenths, 1))
	if m.tenths < 0 {
		score = sinktest.Rated(review.Unrated, "")
	}
	return sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.FilmOf(fmt.Sprintf("Film %c %d", 'A'+m.film%26, m.film), 1920+m.film%100),
		sinktest.By(fmt.Sprintf("Critic %d", m.critic), ""), score, func(e *review.Event) {
			e.PublishedAt = sinktest.Epoch().Add(time.Duration(m.minute) * time.Minute)
		})
}

// numbers is what a film's numbers should be, added up as anybody would.
type numbers struct {
	n, unrated, scored   int
	sum, squares, above  float64
	lowest, highest      float64
	histogram            [10]int
	mean, ranked, spread float64
}

func (c crowd) expect() map[review.FilmID]*numbers {
	type seat struct{ film, critic int }
	latest := map[seat]made{}
	all := map[int]*numbers{}
	for i := range c.ratings {
		m := c.rating(i)
		if all[m.film] == nil {
			all[m.film] = &numbers{lowest: math.Inf(1), highest: math.Inf(-1)}
		}
		if m.tenths < 0 {
			all[m.film].unrated++
			continue
		}
		all[m.film].scored++
		if before, had := latest[seat{m.film, m.critic}]; !had || m.minute > before.minute {
			latest[seat{m.film, m.critic}] = m
		}
	}
	for at, m := range latest {
		f, score := all[at.film], float64(m.tenths)/10
		f.n++
		f.sum += score
		f.squares += score * score
		f.lowest, f.highest = min(f.lowest, score), max(f.highest, score)
		f.histogram[min(int(score/10), 9)]++
		if score >= 60 {
			f.above++
		}
	}
	byID := map[review.FilmID]*numbers{}
	for film, f := range all {
		n := float64(f.n)
		f.mean, f.ranked = f.sum/n, (f.sum+66*1.15)/(n+1.15)
		f.spread = math.Sqrt(max(0, f.squares-f.sum*f.sum/n) / (n - 1))
		byID[sinktest.Event(sinktest.FilmOf(fmt.Sprintf("Film %c %d", 'A'+film%26, film), 1920+film%100)).Film.ID] = f
	}
	return byID
}

// heads keeps the numbers of the documents of films, without the reviews, and counts
// what is written.
type heads struct {
	of      map[string][]byte
	written int
	bytes   int64
}

func (h *heads) Put(path string, content []byte) {
	h.written++
	h.bytes += int64(len(content))
	if head, _, ok := bytes.Cut(content, []byte(`,"reviews":[`)); ok && !isList(path) {
		h.of[path] = append(bytes.Clone(head), '}')
	}
}

func (h *heads) PutWith(path string, content []byte, _ pipeline.Facts) { h.Put(path, content) }

func (h *heads) Remove(path string) { delete(h.of, path) }

// follow applies the crowd's ratings in batches, to a real store, and returns the
// largest heap it saw between two of them, in bytes.
func (c crowd) follow(t testing.TB, v *ratings.View, state pipeline.ViewState, docs pipeline.Documents) (heap uint64) {
	t.Helper()
	began := cpuTime(t)
	last := began
	for from := 0; from < c.ratings; from += c.batch {
		var batch []pipeline.Entry
		for i := from; i < min(from+c.batch, c.ratings); i++ {
			batch = append(batch, pipeline.Entry{Position: pipeline.Position(i + 1), Review: c.event(i), Live: true})
		}
		b := state.Begin()
		if err := v.Apply(context.Background(), batch, b, docs); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(pipeline.Position(from + len(batch))); err != nil {
			t.Fatal(err)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		heap = max(heap, mem.HeapAlloc)
		if done := from + len(batch); done%(c.ratings/10) == 0 {
			now := cpuTime(t)
			t.Logf("after %d ratings: CPU %s, %d µs for each of the last %d, largest heap %d MB",
				done, (now - began).Round(time.Second), (now-last).Microseconds()/int64(c.ratings/10), c.ratings/10, heap>>20)
			last = now
		}
	}
	return heap
}

func openStore(t testing.TB) pipeline.ViewState {
	t.Helper()
	store, err := views.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store.View("ratings")
}

// TestCrowd and TestProveCrowd compare every film's numbers with a computation
// written otherwise.
func TestCrowd(t *testing.T) { testCrowd(t, crowd{10_000, 1_000, 200, 1_000}) }

// gathered is about how many ratings without texts the engine applies at once while a
// view catches up: what it gathers is bounded by size.
const gathered = 20_000

func TestProveCrowd(t *testing.T) {
	if os.Getenv("FILMWIRE_PROVE") == "" {
		t.Skip("a million ratings; FILMWIRE_PROVE=1 runs it")
	}
	testCrowd(t, crowd{1_000_000, 100_000, 2_000, gathered})
}

func testCrowd(t *testing.T, c crowd) {
	docs := &heads{of: map[string][]byte{}}
	began, before := time.Now(), cpuTime(t)
	heap := c.follow(t, open(t, ratings.Defaults(), sinktest.History(nil).ViewEnv()), openStore(t), docs)
	took, spent := time.Since(began), cpuTime(t)-before
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("%d ratings of %d films by %d critics: %s (%.0f ratings/s), CPU %s (%.0f µs a rating, making it up included), %d documents of %d MB written, largest heap %d MB, memory from the system %d MB",
		c.ratings, c.films, c.critics, took.Round(time.Millisecond), float64(c.ratings)/took.Seconds(), spent.Round(time.Millisecond), float64(spent.Microseconds())/float64(c.ratings),
		docs.written, docs.bytes>>20, heap>>20, mem.Sys>>20)
	want := c.expect()
	if len(want) != len(docs.of) {
		t.Fatalf("documents of %d films, want %d", len(docs.of), len(want))
	}
	for id, f := range want {
		var a ratings.Aggregate
		if err := json.Unmarshal(docs.of[ratings.Path(id)], &a); err != nil {
			t.Fatalf("film %s: %v", id, err)
		}
		f.compare(t, id, &a)
	}
}

func (f *numbers) compare(t *testing.T, id review.FilmID, a *ratings.Aggregate) {
	if a.N != f.n || a.Counts.Scored != f.scored || a.Counts.Unrated != f.unrated || a.Histogram != f.histogram || a.TooFew != (f.n < 3) {
		t.Fatalf("film %s: %+v, want %+v", id, a, f)
	}
	if f.n == 0 {
		if !a.Mean.IsZero() || !a.Ranked.IsZero() || !a.Min.IsZero() || !a.Positive.IsZero() {
			t.Fatalf("film %s has numbers of nothing: %+v", id, a)
		}
		return
	}
	pairs := map[string][2]float64{
		"mean": {a.Mean.Float(), f.mean}, "ranked": {a.Ranked.Float(), f.ranked}, "min": {a.Min.Float(), f.lowest},
		"max": {a.Max.Float(), f.highest}, "share": {10 * a.Positive.Share.Float(), 10 * f.above / float64(f.n)},
	}
	if f.n > 1 {
		pairs["spread"] = [2]float64{a.Spread.Float(), f.spread}
	}
	for name, p := range pairs {
		if math.Abs(p[0]-p[1]) > 0.005001 {
			t.Fatalf("film %s: %s is %v, want about %v", id, name, p[0], p[1])
		}
	}
}

func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	return usage(t, syscall.RUSAGE_SELF)
}

// ownThread is RUSAGE_THREAD of getrusage(2), which only Linux has.
const ownThread = 1

func usage(t testing.TB, who int) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		t.Skipf("getrusage %d: %v", who, err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// written counts what is written.
type written struct {
	documents int
	bytes     int64
}

func (w *written) Put(_ string, content []byte) {
	w.documents++
	w.bytes += int64(len(content))
}

func (w *written) PutWith(path string, content []byte, _ pipeline.Facts) { w.Put(path, content) }

func (w *written) Remove(string) { w.documents++ }

// BenchmarkAmongFilms is one event of a film with one review, among few films and
// among many. What it costs must not depend on how many there are; "ratio" is
// against the fewest. The time is that of the thread that applies events: the store
// still sorts, beside it, what it was filled with.
func BenchmarkAmongFilms(b *testing.B) {
	var least float64
	for _, films := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("films=%d", films), func(b *testing.B) {
			store, err := views.OpenMemory()
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			state, v := store.View("ratings"), open(b, ratings.Defaults(), sinktest.History(nil).ViewEnv())
			docs := &written{}
			events := make([]*review.Event, 1000)
			for from := 0; from < films; from += 10_000 {
				var batch []pipeline.Entry
				for i := from; i < min(from+10_000, films); i++ {
					e := among(i, i%11)
					if i < len(events) {
						events[i] = among(i*(films/len(events)), 3)
					}
					batch = append(batch, pipeline.Entry{Position: pipeline.Position(i + 1), Review: e, Live: true})
				}
				s := state.Begin()
				if err := v.Apply(b.Context(), batch, s, docs); err != nil {
					b.Fatal(err)
				}
				if err := s.Commit(pipeline.Position(from + len(batch))); err != nil {
					b.Fatal(err)
				}
			}
			*docs = written{}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before, n := usage(b, ownThread), 0
			for b.Loop() {
				s := state.Begin()
				if err := v.Apply(b.Context(), sinktest.NewHistory(events[n%len(events)]), s, docs); err != nil {
					b.Fatal(err)
				}
				s.Discard()
				n++
			}
			each := float64((usage(b, ownThread) - before).Microseconds()) / float64(n)
			if least == 0 {
				least = each
			}
			b.ReportMetric(each, "cpu-µs/event")
			b.ReportMetric(each/least, "ratio")
			b.ReportMetric(float64(docs.documents)/float64(n), "documents/event")
			b.ReportMetric(float64(docs.bytes>>10)/float64(n), "kB/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func among(i, score int) *review.Event {
	random := rand.New(rand.NewPCG(3, uint64(i)))
	return sinktest.Event(sinktest.GUID(fmt.Sprint(i)), sinktest.FilmOf(fmt.Sprintf("%c%c%c %d", 'A'+random.IntN(26), 'a'+random.IntN(26), 'a'+random.IntN(26), i), 2000),
		sinktest.Stars(fmt.Sprint(score), "10"), sinktest.On(fmt.Sprintf("20%02d-%02d-%02d", random.IntN(26), 1+random.IntN(12), 1+random.IntN(28))))
}
