package films_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

// The size that the registry is made for.
const (
	manyFilms   = 100_000
	manyLookups = 1_000_000
	groupOf     = 400 // reviews that ingest decides about at once
)

// counting counts what is read of the store.
type counting struct {
	pipeline.Reader
	gets *int
}

func (c counting) Get(key string) ([]byte, bool) {
	*c.gets++
	return c.Reader.Get(key)
}

// filmNumber is one of many films: some share a title, a third has an id, half a
// director.
func filmNumber(n int) review.Film {
	words := []string{"Silent", "River", "Night", "Garden", "Stranger", "Winter", "Letter", "Island", "Mirror", "Summer"}
	f := film(fmt.Sprintf("The %s of %s %d", words[n%10], words[n/10%10], n/100%977), 1930+n/7%95)
	if n%3 == 0 {
		f.IDs.IMDb = fmt.Sprintf("tt%07d", n)
	}
	if n%2 == 0 {
		f.Directors = []string{fmt.Sprintf("%s Author%d", words[n%7], n%5000)}
	}
	return f
}

// reviewOf is how some review writes of a film.
func reviewOf(f review.Film, how int) review.Film {
	switch how % 8 {
	case 0:
		f.Title = strings.ToUpper(f.Title)
	case 1:
		f.Title = strings.TrimPrefix(f.Title, "The ") + ", The"
	case 2:
		f.IDs = review.FilmIDs{}
	case 3:
		f.Year++
		f.IDs, f.Directors = review.FilmIDs{}, nil
	case 4:
		f.Directors = nil
	}
	return f
}

// BenchmarkLookups identifies 1,000,000 reviews of 100,000 films that a real store
// holds, in groups as ingest does: spread over all films, and as reviews come, most
// of them of some two thousand films of the season.
func BenchmarkLookups(b *testing.B) {
	store, err := views.Open(filepath.Join(b.TempDir(), "views"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	state, registry := store.View("films"), films.New()
	began := time.Now()
	head := fill(b, registry, state)
	b.Logf("%d films were identified and indexed in %v, %d events", manyFilms, time.Since(began).Round(time.Millisecond), head)
	for _, season := range []int{manyFilms, 2000} {
		b.Run(fmt.Sprintf("of %d films", season), func(b *testing.B) {
			gets, learned := 0, 0
			reader := counting{state, &gets}
			random := rand.New(rand.NewPCG(1, 2))
			before := cpu(b)
			for b.Loop() {
				for range manyLookups / groupOf {
					group := registry.Begin(reader)
					for range groupOf {
						r := review.Review{Film: reviewOf(filmNumber(random.IntN(season)*(manyFilms/season)), random.IntN(8))}
						events, err := group.Identify("00", &r, nil, day)
						if err != nil || r.Film.ID == "" {
							b.Fatal(r.Film, err)
						}
						learned += len(events)
					}
				}
			}
			n := float64(b.N * manyLookups)
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/n, "cpu-ns/look-up")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/look-up")
			b.ReportMetric(float64(gets)/n, "gets/look-up")
			b.ReportMetric(float64(learned)/n, "events/look-up")
		})
	}
}

// cpu is the time the process has spent on all cores.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill identifies all films and puts the decisions into the state.
func fill(b *testing.B, registry *films.Registry, state pipeline.ViewState) (head pipeline.Position) {
	b.Helper()
	for n := 0; n < manyFilms; {
		group := registry.Begin(state)
		var entries []pipeline.Entry
		for range groupOf {
			r := review.Review{Film: filmNumber(n)}
			n++
			events, err := group.Identify("00", &r, nil, day)
			if err != nil {
				b.Fatal(err)
			}
			for _, e := range events {
				head++
				entries = append(entries, pipeline.Entry{Position: head, Film: e.Film})
			}
		}
		batch := state.Begin()
		if err := registry.Apply(b.Context(), entries, batch, nil); err != nil {
			b.Fatal(err)
		}
		if err := batch.Commit(head); err != nil {
			b.Fatal(err)
		}
	}
	return head
}
