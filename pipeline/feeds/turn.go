package feeds

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// turn is one poll of a feed: whether its time has come, and what is remembered of
// how it went. Where nothing is remembered, as in a trial, its time is always now.
type turn struct {
	source    *source
	before    pipeline.PollState // as it was found
	announced pipeline.PollState // as it was written down before the request
	state     pipeline.PollState // as it stands
}

// Soon is how long a turn waits for its time to come, so that a feed that may be
// asked hourly is, by a schedule that comes round every hour: a second early today
// would be a whole turn late.
const Soon = time.Minute

// anewAfter is the least time before a feed that has been read is asked again because
// it is to be understood anew.
const anewAfter = time.Minute

// unreachedAfter is the least time before a feed whose server was not reached is asked
// again by a daemon that has been started since.
const unreachedAfter = 5 * time.Minute

// turn looks whether the feed's time has come, and writes down the next before the
// request goes out: who comes back after a crash finds that. It is nil if the feed is
// not to be asked. knew says that the checkpoint knows the feed.
func (s *source) turn(ctx context.Context, knew bool) (*turn, error) {
	t := &turn{source: s, state: pipeline.PollState{Feed: s.name}}
	if s.env.Polls == nil {
		t.state.Asked = s.env.Clock.Now()
		return t, nil
	}
	var err error
	if t.before, err = s.env.Polls.Look(ctx, s.name); err != nil {
		return nil, err
	}
	due, ever := t.due(knew)
	now := s.now()
	if wait := due.Sub(now); !ever || wait > Soon {
		s.env.Polls.Wait(t.before)
		return nil, nil
	} else if wait > 0 {
		if err := s.env.Clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
		now = s.now()
	}
	t.state = t.before
	t.state.Asked, t.state.Anew = now, !knew
	t.announce()
	t.announced = t.state
	return t, s.env.Polls.Announce(ctx, t.state)
}

// now is the time as it is written down.
func (s *source) now() time.Time { return s.env.Clock.Now().UTC().Truncate(time.Millisecond) }

// due is from when on the feed may be asked; ever is false for one that is gone.
func (t *turn) due(knew bool) (at time.Time, ever bool) {
	b := &t.before
	// That nothing is known of a feed that was read and kept means that the config
	// wants it to be understood anew.
	anew := !knew && !b.Anew && b.Failures == 0
	unreached := b.Fault == pipeline.FaultDNS || b.Fault == pipeline.FaultConnection
	switch {
	case t.source.own, b.Asked.IsZero():
		return time.Time{}, true
	case !b.Gone.IsZero():
		return time.Time{}, !knew && !b.Anew
	case anew && b.Next.After(b.Asked.Add(anewAfter)):
		return b.Asked.Add(anewAfter), true
	case unreached && b.Asked.Before(t.source.opened) && b.Next.After(b.Asked.Add(unreachedAfter)):
		return b.Asked.Add(unreachedAfter), true // somebody started us again: the line may be up
	}
	return b.Next, true
}

// announce sets the time that holds if nobody hears how the request went: that of an
// answer that says what the last one said.
func (t *turn) announce() {
	s := &t.state
	switch {
	case s.Failures > 0:
		s.Next = s.Asked.Add(jitter(s.Feed, curveOf(s.Fault).after(s.Failures+1))).Truncate(time.Second)
	case s.Anew:
		s.Next, _ = following(s)
		s.Why = "its last reading was cut short"
	default:
		s.Next, s.Why = following(s)
	}
	t.unbind()
}

// unbind takes back when a feed may be asked that may be at any time.
func (t *turn) unbind() {
	if t.source.own {
		t.state.Next, t.state.Why = time.Time{}, ""
	}
}

// address is where the feed is asked for: where it has moved, if that was adopted.
func (t *turn) address() string {
	if t.state.Adopted != "" {
		return t.state.Adopted
	}
	return t.source.url
}

// answered notes an answer that says what the feed holds, or that it is unchanged.
func (t *turn) answered(a *answer) {
	s := &t.state
	s.Failures, s.Failing, s.Fault, s.Error, s.Gone = 0, time.Time{}, "", "", time.Time{}
	s.Said = headerPace(a.header, s.Said, a.unchanged, s.Asked)
	if a.body != nil && !a.delta {
		s.Said = bodyPace(s.Said, a.body)
	}
	s.Anew = false
	s.Next, s.Why = following(s)
	t.settle()
}

// settle has the state kept, if it is not what was written already.
func (t *turn) settle() {
	t.unbind()
	if t.source.env.Polls != nil && t.state != t.announced {
		t.source.env.Polls.Settle(t.state)
	}
}

// failed notes that the request did not go well. It is true if there was none: then
// the feed waits.
func (t *turn) failed(err error) (waits bool) {
	var retry *pipeline.RetryAfter
	switch {
	case t.source.env.Polls == nil:
		return false
	case errors.Is(err, pipeline.ErrPrivate): // which the config has to say
		t.state = t.before
	case errors.Is(err, pipeline.ErrHeld) && errors.As(err, &retry):
		now := t.state.Asked
		t.state = t.before
		t.state.Next = now.Add(jitter(t.state.Feed, retry.After)).Truncate(time.Second)
		t.state.Why = retry.Error()
		t.settle()
		t.source.env.Polls.Wait(t.state)
		return !t.source.own
	default:
		t.state = failed(t.state, err)
		t.leave()
	}
	t.settle()
	return false
}

// noteNews keeps how often the feed brings something, by the dates of its items.
func (t *turn) noteNews(entries []entry, delta bool) {
	var dates []time.Time
	for i := range entries {
		if at := entries[i].doc.Stated.PublishedAt; !at.IsZero() && !at.After(t.state.Asked) {
			dates = append(dates, at)
		}
	}
	if len(dates) == 0 {
		return
	}
	slices.SortFunc(dates, time.Time.Compare)
	s := &t.state
	if newest := dates[len(dates)-1]; newest.After(s.Newest) || !delta {
		s.Newest = newest.UTC()
	}
	if delta || len(dates) < leastDates {
		return
	}
	var gaps []time.Duration
	for i := range dates[1:] {
		gaps = append(gaps, dates[i+1].Sub(dates[i]))
	}
	slices.Sort(gaps)
	mean := dates[len(dates)-1].Sub(dates[0]) / time.Duration(len(gaps))
	s.Usual, s.Longest = max(mean, gaps[len(gaps)/2], time.Hour), gaps[len(gaps)-1]
}

// leastDates is how many dated items say what is usual.
const leastDates = 5

// isOwn reports that an address is on this machine or a network of one's own, as far
// as it shows: there nobody needs to be spared.
func isOwn(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	if net.ParseIP(host) == nil && !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".localhost", ".local", ".internal", ".lan", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
