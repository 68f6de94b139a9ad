package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/polls"
	"github.com/filmwire/filmwire/pipeline/schedule"
)

// FeedStatus is how one feed of a source is doing.
type FeedStatus struct {
	pipeline.PollState
	// Silent is since when it has brought nothing although it used to.
	Silent time.Time `json:"silent_since,omitzero"`
}

// Words says what people should know of the feed, "" for nothing.
func (f *FeedStatus) Words() string {
	switch moved := feeds.MovedInWords(&f.PollState); {
	case !f.Gone.IsZero():
		return "is gone for good, says its server since " + f.Gone.Format(time.DateOnly) + ", and is not asked again; take it out of the config, or give it its new address"
	case f.Failures > 0:
		return fmt.Sprintf("fails since %s, %d in a row, asked again from %s: %s", moment(f.Failing), f.Failures, moment(f.Next), f.Error)
	case moved != "":
		return moved
	case !f.Silent.IsZero():
		return fmt.Sprintf("is silent: its newest item is of %s, and one every %s was usual", f.Silent.Format(time.DateOnly), feeds.InWords(f.Usual))
	}
	return ""
}

// readFeeds fills in what is remembered of the feeds of a source.
func (s *SourceStatus) readFeeds(ctx context.Context, kv pipeline.KV, clock pipeline.Clock) error {
	all, err := polls.New(kv, s.Name, clock).All(ctx)
	now := clock.Now()
	for i := range all {
		s.Feeds = append(s.Feeds, FeedStatus{PollState: all[i], Silent: all[i].Silent(now)})
	}
	return err
}

// plan fills in when the source is polled next: at the first turn of its schedule at
// which it, or one of its feeds, may be asked.
func (s *SourceStatus) plan(c *config.Source, zone *time.Location, now time.Time) {
	when, err := schedule.Parse(c.Schedule, zone)
	if err != nil {
		return
	}
	from, why := s.NotBefore, "the source asked for time"
	if len(s.Feeds) > 0 && s.Feeds[0].PollState.Why != "" || len(s.Feeds) > 1 {
		soonest, ever := soonest(s.Feeds)
		if !ever {
			s.Why = soonest.Why
			return
		}
		if soonest.Next.After(from) {
			from, why = soonest.Next, soonest.Why
		}
	}
	turn := turnAfter(when, c.Name, now)
	if s.Next, s.Why = turn, "its schedule, "+c.Schedule; !from.After(turn) {
		return
	}
	s.Next, s.Why = turnAfter(when, c.Name, from.Add(-feeds.Soon-time.Nanosecond)), why
	if s.Next.Before(from) { // a turn that waits a moment
		s.Next = from
	}
}

// turnAfter is the first turn of a schedule after a time, as a source of that name has it.
func turnAfter(when *schedule.Schedule, name string, at time.Time) time.Time {
	jitter := when.Jitter(name, at)
	slot := when.Latest(at.Add(-jitter))
	for !slot.At.Add(jitter).After(at) {
		slot = when.Next(slot)
	}
	return slot.At.Add(jitter)
}

// soonest is the feed whose time comes first; ever is false if none has one.
func soonest(all []FeedStatus) (first *FeedStatus, ever bool) {
	for i := range all {
		f := &all[i]
		switch {
		case !f.Gone.IsZero():
			if first == nil {
				first = f
			}
		case !ever || f.Next.Before(first.Next):
			first, ever = f, true
		}
	}
	return first, ever
}
