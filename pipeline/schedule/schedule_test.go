package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no zone data here: %v", err)
	}
	return loc
}

func parse(t testing.TB, spec string, loc *time.Location) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(spec, loc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ spec, says string }{
		{"", "five fields"},
		{"* * * *", "five fields"},
		{"61 * * * *", "five fields"},
		{"0 0 30 2 *", "no such day"},
		{"@every soon", "at least a second"},
		{"@every 5ms", "at least a second"},
		{"TZ=", "`timezone` in the config"},
		{"TZ=Europe/Berlin", "`timezone` in the config"},
		{"CRON_TZ=UTC 0 0 * * *", "`timezone` in the config"},
		{"@fortnightly", "five fields"},
	} {
		if _, err := schedule.Parse(c.spec, time.UTC); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Parse(%q) = %v, want an error that says %q", c.spec, err, c.says)
		}
	}
}

// slots lists the instants from start to end, as one daemon that never sleeps
// would run them.
func slots(s *schedule.Schedule, start, end time.Time) []string {
	var all []string
	for slot := s.Next(s.Latest(start)); slot.At.Before(end); slot = s.Next(slot) {
		all = append(all, slot.Name+"="+slot.At.Format("15:04Z"))
	}
	return all
}

func TestDaylightSaving(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	spring := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	autumn := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, spec string
		start      time.Time
		want       []string
	}{
		{"a slot that is skipped runs an hour on", "30 2 * * *", spring, []string{"20260329T023000=01:30Z"}},
		{"a slot that comes twice runs once", "30 2 * * *", autumn, []string{"20261025T023000=01:30Z"}},
		{"an ordinary hour", "0 9 * * *", spring, []string{"20260329T090000=07:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := slots(parse(t, c.spec, berlin), c.start, c.start.Add(24*time.Hour))
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("slots %v, want %v", got, c.want)
			}
		})
	}
}

func TestSlotsGoForward(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	specs := []string{"* * * * *", "*/7 * * * *", "30 2 * * *", "0 0 1 * *", "15 3 * * 0", "@hourly", "@every 15m", "@every 90s", "@yearly"}
	rapid.Check(t, func(rt *rapid.T) {
		s := parse(t, rapid.SampledFrom(specs).Draw(rt, "spec"), berlin)
		now := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(rt, "now"), 0)
		slot := s.Latest(now)
		if slot.At.After(now) {
			rt.Fatalf("%s: the latest slot at %s is %s", s, now, slot.At)
		}
		next := s.Next(slot)
		if !next.At.After(now) && next.At.Sub(now) < -time.Hour {
			rt.Fatalf("%s: after %s comes %s, and now is %s", s, slot.At, next.At, now)
		}
		if !next.At.After(slot.At) || next.Name == slot.Name {
			rt.Fatalf("%s: after %v comes %v", s, slot, next)
		}
		if j := s.Jitter("blog", now); j < 0 || j > time.Minute {
			rt.Fatalf("jitter %s", j)
		}
	})
}

// virtual is a clock that jumps to the next sleeper.
type virtual struct {
	mu  sync.Mutex
	now time.Time
	end time.Time
	// jump, once, makes a sleep last so much longer: a lid that was closed.
	jump time.Duration
}

func (v *virtual) Now() time.Time { v.mu.Lock(); defer v.mu.Unlock(); return v.now }

func (v *virtual) Sleep(ctx context.Context, d time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d + v.jump)
	v.jump = 0
	if !v.now.Before(v.end) {
		return context.Canceled
	}
	return ctx.Err()
}

// board notes jobs and takes each source@slot once, as the log does.
type board struct {
	pipeline.Jobs
	mu    sync.Mutex
	clock pipeline.Clock
	jobs  map[string]time.Time
	order []string
	posts int
	fail  int
}

func (b *board) Post(_ context.Context, source, slot string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail > 0 {
		b.fail--
		return context.DeadlineExceeded
	}
	b.posts++
	id := source + "@" + slot
	if _, there := b.jobs[id]; !there {
		b.jobs[id] = b.clock.Now()
		b.order = append(b.order, id)
	}
	return nil
}

func run(t *testing.T, clock *virtual, b *board, plans ...schedule.Plan) *schedule.Planner {
	t.Helper()
	b.clock, b.jobs = clock, map[string]time.Time{}
	p := schedule.NewPlanner(plans, b, clock, slog.New(slog.DiscardHandler))
	p.Run(t.Context())
	return p
}

func TestPlannerPostsEachSlotOnce(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 7, 0, 0, time.UTC)
	clock := &virtual{now: start, end: start.Add(2 * time.Hour)}
	var b board
	run(t, clock, &b, schedule.Plan{Source: "blog", Schedule: parse(t, "@every 15m", time.UTC)})
	// 10:00 at once (it was missed), then 10:15 ... 12:00
	if len(b.jobs) != 9 || b.posts != 9 {
		t.Errorf("%d jobs in %d posts, want 9: %v", len(b.jobs), b.posts, b.order)
	}
	if at := b.jobs["blog@20261122T100000Z"]; !at.Equal(start) {
		t.Errorf("the missed slot was posted at %s, want at once", at)
	}
}

func TestPlannerMakesUpOnceAfterSleep(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 0, 30, 0, time.UTC)
	clock := &virtual{now: start, end: start.Add(11*time.Hour + 10*time.Minute), jump: 10 * time.Hour}
	var b board
	run(t, clock, &b, schedule.Plan{Source: "blog", Schedule: parse(t, "@every 1h", time.UTC), Last: start})
	// asleep from 10:01 to 20:01: one make-up, then 21:00
	if len(b.order) != 2 {
		t.Errorf("jobs %v, want one for the missed slots and one for 21:00", b.order)
	}
}

func TestPlannerDoesNotPollTwiceForARestart(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 7, 0, 0, time.UTC)
	clock := &virtual{now: start, end: start.Add(5 * time.Minute)}
	var b board
	p := run(t, clock, &b, schedule.Plan{Source: "blog", Schedule: parse(t, "@every 15m", time.UTC), Last: start.Add(-time.Minute)})
	if len(b.order) != 0 {
		t.Errorf("jobs %v, want none before 10:15", b.order)
	}
	if due := p.Due("blog"); due.Before(start.Add(8*time.Minute)) || due.After(start.Add(10*time.Minute)) {
		t.Errorf("due %s, want just after 10:15", due)
	}
}

func TestTwoPlannersAreOne(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 7, 0, 0, time.UTC)
	names := map[string]bool{}
	for _, offset := range []time.Duration{0, 13 * time.Second} {
		clock := &virtual{now: start.Add(offset), end: start.Add(3 * time.Hour)}
		var b board
		run(t, clock, &b, schedule.Plan{Source: "blog", Schedule: parse(t, "*/20 * * * *", time.UTC)})
		for _, id := range b.order {
			names[id] = true
		}
	}
	if len(names) != 10 { // 10:00, 10:20 ... 13:00
		t.Errorf("%d different jobs from two daemons, want 10: %v", len(names), names)
	}
}

func TestPlannerTriesAgain(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 7, 0, 0, time.UTC)
	clock := &virtual{now: start, end: start.Add(5 * time.Minute)}
	b := board{fail: 3}
	run(t, clock, &b, schedule.Plan{Source: "blog", Schedule: parse(t, "@every 15m", time.UTC)})
	if len(b.order) != 1 || b.jobs[b.order[0]].Sub(start) != 30*time.Second {
		t.Errorf("jobs %v, want the slot after three failures", b.jobs)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"* * * * *", "@every 1h", "@daily", "TZ=", "0 0 30 2 *", "*/0 * * * *", "1-0 * * * *"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 10, 7, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := schedule.Parse(spec, time.UTC)
		if err != nil {
			return
		}
		if slot := s.Latest(now); slot.At.After(now) {
			t.Errorf("%q: the latest slot is %s", spec, slot.At)
		}
	})
}
