package bustest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

func runJobs(t *testing.T, fresh Fresh) {
	t.Run("each slot of a source is one job", func(t *testing.T) { oneJobEach(t, fresh) })
	t.Run("many takers", func(t *testing.T) { manyTakers(t, fresh) })
	t.Run("a job whose taker fell silent goes to another", func(t *testing.T) { silentTaker(t, fresh) })
	t.Run("a job that is worked on stays", func(t *testing.T) { busyTaker(t, fresh) })
	t.Run("take gives up with its context", func(t *testing.T) {
		jobs := open(t, fresh(t, bus.Options{})).Jobs()
		ctx, cancel := context.WithCancel(bound(t))
		cancel()
		if j, err := jobs.Take(ctx); err == nil {
			t.Errorf("took %v", j)
		}
	})
}

func post(t *testing.T, jobs pipeline.Jobs, source, slot string) {
	t.Helper()
	if err := jobs.Post(bound(t), source, slot); err != nil {
		t.Fatalf("post: %v", err)
	}
}

func take(t *testing.T, jobs pipeline.Jobs) pipeline.Job {
	t.Helper()
	j, err := jobs.Take(bound(t))
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	return j
}

func done(t *testing.T, j pipeline.Job) {
	t.Helper()
	if err := j.Done(bound(t)); err != nil {
		t.Fatalf("done: %v", err)
	}
}

func oneJobEach(t *testing.T, fresh Fresh) {
	jobs := open(t, fresh(t, bus.Options{})).Jobs()
	const odd = "a source. with * and ü"
	for range 3 {
		post(t, jobs, "blog", "10:00")
		post(t, jobs, "blog", "10:30")
		post(t, jobs, odd, "10:00")
	}
	var got []string
	for range 3 {
		j := take(t, jobs)
		got = append(got, j.Source()+"@"+j.Slot())
		done(t, j)
	}
	if want := []string{"blog@10:00", "blog@10:30", odd + "@10:00"}; !slices.Equal(got, want) {
		t.Errorf("jobs %q, want %q", got, want)
	}
	post(t, jobs, "blog", "10:00") // done, and still known
	post(t, jobs, "last", "1")
	if j := take(t, jobs); j.Source() != "last" {
		t.Errorf("took %s@%s again", j.Source(), j.Slot())
	}
}

func manyTakers(t *testing.T, fresh Fresh) {
	const posted = 60
	jobs := open(t, fresh(t, bus.Options{})).Jobs()
	ctx, stop := context.WithCancel(bound(t))
	taken := make(chan string, 2*posted)
	var takers, posters sync.WaitGroup
	for range 4 {
		takers.Go(func() {
			for {
				j, err := jobs.Take(ctx)
				if err != nil {
					return
				}
				if err := j.Done(bound(t)); err != nil {
					t.Errorf("done: %v", err)
				}
				taken <- j.Source()
			}
		})
	}
	for range 2 {
		posters.Go(func() {
			for i := range posted {
				if err := jobs.Post(bound(t), fmt.Sprintf("s%d", i), "slot"); err != nil {
					t.Errorf("post: %v", err)
				}
			}
		})
	}
	posters.Wait()
	seen := map[string]int{}
	for range posted {
		seen[<-taken]++
	}
	stop()
	takers.Wait()
	close(taken)
	for s := range taken {
		seen[s]++
	}
	for s, n := range seen {
		if n != 1 {
			t.Errorf("job %s was done %d times", s, n)
		}
	}
	if len(seen) != posted {
		t.Errorf("%d jobs done, want %d", len(seen), posted)
	}
}

func silentTaker(t *testing.T, fresh Fresh) {
	jobs := open(t, fresh(t, bus.Options{AckWait: 200 * time.Millisecond})).Jobs()
	post(t, jobs, "blog", "1")
	take(t, jobs) // and never a word again
	j := take(t, jobs)
	if j.Source() != "blog" || j.Slot() != "1" {
		t.Errorf("took %s@%s", j.Source(), j.Slot())
	}
	done(t, j)
}

// busyTaker takes two jobs and works on the first alone. Each time the second comes
// back, the first would have come back too.
func busyTaker(t *testing.T, fresh Fresh) {
	jobs := open(t, fresh(t, bus.Options{AckWait: time.Second})).Jobs()
	post(t, jobs, "busy", "1")
	busy := take(t, jobs)
	post(t, jobs, "silent", "1")
	take(t, jobs)
	ctx, stop := context.WithCancel(bound(t))
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := busy.Working(bound(t)); err != nil {
				t.Errorf("working: %v", err)
			}
			<-tick.C
		}
	})
	for range 3 {
		if j := take(t, jobs); j.Source() != "silent" {
			t.Errorf("%s@%s was given to another while it was worked on", j.Source(), j.Slot())
		}
	}
	stop()
	work.Wait()
	done(t, busy)
}
