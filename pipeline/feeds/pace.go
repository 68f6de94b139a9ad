package feeds

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// How often a feed is asked.
const (
	// hourly is the least time between two requests for a feed whose publisher says
	// nothing. One that says something is taken at its word.
	hourly = time.Hour
	// leastSaid is what counts as saying something: max-age=0 and the like are what
	// servers send that were never told.
	leastSaid = time.Minute
	// mostCached and mostSaid bound what a mistaken header, which often holds for a
	// whole server, and a mistaken element of the feed itself can do.
	mostCached = 24 * time.Hour
	mostSaid   = 7 * 24 * time.Hour
)

// headerPace reads what an answer's header says. before is what was known, which an
// answer without a body need not repeat.
func headerPace(h http.Header, before pipeline.Pace, bodiless bool, now time.Time) pipeline.Pace {
	control, expires := h.Get("Cache-Control"), h.Get("Expires")
	if control == "" && expires == "" && bodiless {
		return before
	}
	before.Cache, before.Expires = maxAge(control), 0
	age, _ := strconv.Atoi(h.Get("Age"))
	before.Cache = sane(before.Cache-time.Duration(max(age, 0))*time.Second, mostCached)
	at, err := http.ParseTime(expires)
	if err == nil && !strings.Contains(control, "max-age") { // which decides (RFC 9111, 5.3)
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		before.Expires = sane(at.Sub(now), mostCached)
	}
	return before
}

func maxAge(control string) time.Duration {
	for directive := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32)
		if err == nil {
			return time.Duration(n) * time.Second
		}
	}
	return 0
}

// sane bounds a stated time. What is next to nothing is nothing.
func sane(d, most time.Duration) time.Duration {
	if d < leastSaid {
		return 0
	}
	return min(d, most).Truncate(time.Second)
}

// paceBytes is how far into a feed its own word on the pace is looked for.
const paceBytes = 64 << 10

// bodyPace reads what the feed itself says before its first item: ttl, skipHours,
// skipDays and the elements of the syndication module.
func bodyPace(p pipeline.Pace, body []byte) pipeline.Pace {
	p.TTL, p.Update, p.NoHours, p.NoDays = 0, 0, 0, 0
	period, frequency := time.Duration(0), 1
	l := lexer{src: body[:min(len(body), paceBytes)]}
	for {
		t, ok := l.next()
		if !ok {
			break
		}
		if t.mark != markStart {
			continue
		}
		name := string(lower(t.name, new([16]byte)))
		if name == "item" || name == "entry" {
			break
		}
		text := func() string { return textAfter(&l) }
		switch name {
		case "ttl":
			if n, err := strconv.Atoi(text()); err == nil && n > 0 && n < 1<<20 {
				p.TTL = sane(time.Duration(n)*time.Minute, mostSaid)
			}
		case "updateperiod":
			period = periods()[strings.ToLower(text())]
		case "updatefrequency":
			if n, err := strconv.Atoi(text()); err == nil && n > 0 {
				frequency = n
			}
		case "hour":
			if n, err := strconv.Atoi(text()); err == nil && n >= 0 && n <= 24 {
				p.NoHours |= 1 << (n % 24)
			}
		case "day":
			p.NoDays |= dayBit(text())
		}
	}
	p.Update = sane(period/time.Duration(frequency), mostSaid)
	if p.NoHours == 1<<24-1 { // never is no answer
		p.NoHours = 0
	}
	if p.NoDays == 1<<7-1 {
		p.NoDays = 0
	}
	return p
}

// textAfter is the text that follows a start tag.
func textAfter(l *lexer) string {
	t, ok := l.next()
	if !ok || t.mark != markText {
		return ""
	}
	return string(bytes.TrimSpace(l.src[t.start:t.end]))
}

func periods() map[string]time.Duration {
	const day = 24 * time.Hour
	return map[string]time.Duration{"hourly": time.Hour, "daily": day, "weekly": 7 * day, "monthly": 30 * day, "yearly": 365 * day}
}

func dayBit(name string) uint8 {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return 1 << d
		}
	}
	return 0
}

// following is the earliest time for the next request after one that went well, and
// why it is not earlier. Of all that is said, the longest counts.
func following(s *pipeline.PollState) (time.Time, string) {
	wait, why := time.Duration(0), ""
	for _, said := range [...]struct {
		wait time.Duration
		by   string
	}{
		{s.Said.Cache, "the server's Cache-Control says that the feed stays as it is for %s"},
		{s.Said.Expires, "the server's Expires says that the feed stays as it is for %s"},
		{s.Said.TTL, "the feed's ttl says every %s"},
		{s.Said.Update, "the feed's sy:updatePeriod says every %s"},
	} {
		if said.wait > wait {
			wait, why = said.wait, fmt.Sprintf(said.by, InWords(said.wait))
		}
	}
	if wait == 0 {
		wait, why = hourly, "a feed is asked once an hour, unless it says itself how often"
	}
	at := s.Asked.Add(wait)
	if later := outside(at, &s.Said); later.After(at) {
		return later, "the feed's skipHours and skipDays leave out the time before"
	}
	return at, why
}

// outside is the first time from at on that the feed does not leave out.
func outside(at time.Time, p *pipeline.Pace) time.Time {
	if p.NoHours == 0 && p.NoDays == 0 {
		return at
	}
	for range 8 * 24 {
		utc := at.UTC()
		if p.NoHours>>utc.Hour()&1 == 0 && p.NoDays>>utc.Weekday()&1 == 0 {
			return at
		}
		at = utc.Truncate(time.Hour).Add(time.Hour)
	}
	return at
}

// InWords says a length of time as people do.
func InWords(d time.Duration) string {
	for _, unit := range [...]struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= unit.of {
			n := int((d + unit.of/2) / unit.of)
			if n == 1 {
				return unit.name
			}
			if d < 2*unit.of*10 && d%unit.of != 0 && unit.of > time.Second { // 90 minutes, not 2 hours
				continue
			}
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "second"
}
