// Package schedule says when to read a source. It is the only importer of
// robfig/cron, of which it takes the parser and Next as pure functions; when to
// run, and never twice for one slot, is decided here, on an injected clock.
//
// A slot is one turn of a schedule, named so that every daemon names it alike.
// Cron times are wall-clock times: a slot that daylight saving skips runs at the
// hour that takes its place, and one that comes twice runs once.
package schedule

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is when to read a source.
type Schedule struct {
	spec  string
	every time.Duration // "@every": slots are multiples of it since 1970
	cron  cron.Schedule // else, in wall-clock time
	zone  *time.Location
}

// Slot is one turn of a schedule.
type Slot struct {
	Name string // the same on every daemon
	At   time.Time
	wall time.Time
}

// shortest is the least time between two slots.
const shortest = time.Second

// Parse reads a schedule: five cron fields ("*/30 * * * *"), a word (@hourly,
// @daily, @weekly, @monthly, @yearly) or "@every 15m". Cron times are in zone. An
// error says what is wrong and how a schedule looks.
func Parse(spec string, zone *time.Location) (*Schedule, error) {
	spec = strings.TrimSpace(spec)
	s := &Schedule{spec: spec, zone: zone}
	if text, ok := strings.CutPrefix(spec, "@every "); ok {
		every, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil || every < shortest {
			return nil, fmt.Errorf("schedule %q: want a time of at least a second, as in \"@every 15m\"", spec)
		}
		s.every = every.Truncate(time.Second)
		return s, nil
	}
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		return nil, fmt.Errorf("schedule %q: a zone in the schedule is not read; `timezone` in the config is that of all schedules", spec)
	}
	parsed, err := parseCron(spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w; want five fields, as in \"*/30 * * * *\" for every half hour, or \"@every 15m\"", spec, err)
	}
	s.cron = parsed
	if parsed.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("schedule %q: there is no such day, so it would never run", spec)
	}
	return s, nil
}

// parseCron keeps a panic of the parser from ending the process.
func parseCron(spec string) (parsed cron.Schedule, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("not a cron expression")
		}
	}()
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(spec)
}

// String is the schedule as it was written.
func (s *Schedule) String() string { return s.spec }

// Next is the first slot after prev.
func (s *Schedule) Next(prev Slot) Slot {
	if s.every > 0 {
		return s.everySlot(prev.At.Truncate(s.every).Add(s.every))
	}
	for wall := prev.wall; ; {
		wall = s.cron.Next(wall)
		slot := s.wallSlot(wall)
		if slot.At.After(prev.At) {
			return slot // what daylight saving moved onto its predecessor is skipped
		}
	}
}

// Latest is the newest slot at or before now.
func (s *Schedule) Latest(now time.Time) Slot {
	if s.every > 0 {
		return s.everySlot(now.Truncate(s.every))
	}
	wall := s.wall(now)
	for _, back := range [...]time.Duration{2 * time.Hour, 26 * time.Hour, 32 * 24 * time.Hour, 367 * 24 * time.Hour, 9 * 366 * 24 * time.Hour} {
		slot, found := Slot{}, false
		for next := s.cron.Next(wall.Add(-back)); !next.IsZero() && !s.wallSlot(next).At.After(now); next = s.cron.Next(next) {
			slot, found = s.wallSlot(next), true
		}
		if found {
			return slot
		}
	}
	return s.wallSlot(wall)
}

func (s *Schedule) everySlot(at time.Time) Slot {
	at = at.UTC()
	return Slot{Name: at.Format("20060102T150405Z"), At: at, wall: at}
}

// wallSlot is the slot at a wall-clock time, which is held in a UTC value.
func (s *Schedule) wallSlot(wall time.Time) Slot {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	return Slot{Name: wall.Format("20060102T150405"), At: at.UTC(), wall: wall}
}

// wall is what a clock on the wall shows at t, held in a UTC value.
func (s *Schedule) wall(t time.Time) time.Time {
	t = t.In(s.zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// maxJitter bounds how far a source's runs are moved.
const maxJitter = time.Minute

// Jitter is how long after its slots a source runs: the same for a name for ever,
// spread over a tenth of the time between slots and a minute at most, so that
// five hundred sources of one schedule do not start at once.
func (s *Schedule) Jitter(name string, at time.Time) time.Duration {
	slot := s.Latest(at)
	period := s.Next(slot).At.Sub(slot.At)
	room := min(period/10, maxJitter)
	if room <= 0 {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	return time.Duration(h.Sum64() % uint64(room)).Truncate(time.Millisecond)
}
