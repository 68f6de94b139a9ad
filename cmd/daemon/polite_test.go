package daemon_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sources"
)

// dial is a clock that stands still until it is moved.
type handClock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers map[*sleeper]bool
}

type sleeper struct {
	for_  time.Duration
	until time.Time
	woken chan struct{}
}

func newHandClock(now time.Time) *handClock {
	return &handClock{now: now, sleepers: map[*sleeper]bool{}}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	s := &sleeper{for_: d, until: c.now.Add(d), woken: make(chan struct{})}
	c.sleepers[s] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.sleepers, s)
	}()
	select {
	case <-s.woken:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// moveTo wakes whoever waits for a time up to then.
func (c *handClock) moveTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
	for s := range c.sleepers {
		if !s.until.After(t) {
			close(s.woken)
			delete(c.sleepers, s)
		}
	}
}

// asleep reports whether somebody sleeps for just so long.
func (c *handClock) asleep(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sleepers {
		if s.for_ == d {
			return true
		}
	}
	return false
}

// publisher is a site whose feed goes through what feeds go through. It knows by
// itself, not from the code under test, from when on it may be asked again.
type publisher struct {
	t     *testing.T
	clock *handClock
	start time.Time

	mu         sync.Mutex
	asked      []time.Time // polls, each counted once however often it was redirected
	codes      map[int]int
	allowed    time.Time // nobody asks before
	never      bool
	blind      int // requests without a validator
	follows    bool
	direct     int // polls that began at the new address
	hang, hung chan struct{}
}

// item n comes out on the morning of day n.
func (p *publisher) feed(day int) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>T</title><link>https://old.example.org/</link><ttl>120</ttl>`)
	if day >= 24 {
		b.WriteString(`<skipHours><hour>0</hour><hour>1</hour><hour>2</hour><hour>3</hour><hour>4</hour></skipHours>`)
	}
	for n := day; n >= 0 && n > day-10; n-- {
		fmt.Fprintf(&b, `<item><guid isPermaLink="false">item-%d</guid><title>Film %d (2020)</title><pubDate>%s</pubDate><description>A sentence about it. Rating: 4/5</description></item>`,
			n, n, p.start.AddDate(0, 0, n).Format(time.RFC1123Z))
	}
	return b.String() + `</channel></rss>`
}

// tag is the validator of a day's feed, in letters that invite to tidy them up.
func tag(day int) string { return fmt.Sprintf(`W/"Day %d' &\é"`, day) }

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := p.clock.Now()
	day := int(now.Sub(p.start) / (24 * time.Hour))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.check(r, now, day)
	code := http.StatusOK
	hours := func(n float64) { p.allowed = now.Add(time.Duration(n * float64(time.Hour))) }
	hours(2) // the feed's ttl
	switch {
	case day == 5:
		w.Header().Set("Cache-Control", "public, max-age=14400")
		hours(4)
	case day == 7 && p.codes[429] < 3: // the second says nothing of how long
		if code = http.StatusTooManyRequests; p.codes[429] != 1 {
			w.Header().Set("Retry-After", "9000")
			hours(2.5)
		} else {
			hours(1)
		}
	case day == 9 && p.codes[503] < 2:
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", now.Add(5*time.Hour).Format(http.TimeFormat))
		hours(5)
	case day == 10 && p.codes[500] < 1:
		code = http.StatusInternalServerError
		hours(1)
	case day >= 13 && r.Host == "old.example.org":
		code = http.StatusMovedPermanently
		w.Header().Set("Location", "http://new.example.org/feed")
	case day >= 28:
		code, p.never = http.StatusGone, true
	}
	if day < 28 && day >= 24 && p.allowed.UTC().Hour() < 5 { // skipHours
		p.allowed = p.allowed.Truncate(24 * time.Hour).Add(5 * time.Hour)
	}
	p.follows = code == http.StatusMovedPermanently
	if hang := p.hang; hang != nil && !p.follows { // until the client has gone
		p.hang = nil
		close(p.hung)
		<-r.Context().Done()
		return
	}
	if code == http.StatusOK {
		w.Header().Set("Etag", tag(day))
		if r.Header.Get("If-None-Match") == tag(day) {
			code = http.StatusNotModified
		}
	}
	p.codes[code]++
	w.WriteHeader(code)
	if code == http.StatusOK {
		io.WriteString(w, p.feed(day))
	}
}

// check looks at what the reader knows, and whether it comes too early.
func (p *publisher) check(r *http.Request, now time.Time, day int) {
	switch sent := r.Header.Get("If-None-Match"); {
	case sent == "":
		p.blind++
	case !slices.ContainsFunc(make([]struct{}, day+1), func(struct{}) bool { day--; return sent == tag(day+1) }):
		p.t.Errorf("%v: a validator that was never given: %q", now, sent)
	}
	if r.Header.Get("If-Modified-Since") != "" {
		p.t.Errorf("%v: a date that was never given", now)
	}
	if p.follows && r.Host == "new.example.org" {
		return // the second half of the poll that was sent here
	}
	if r.Host == "new.example.org" {
		p.direct++
	}
	p.asked = append(p.asked, now)
	if now.Before(p.allowed) || p.never {
		p.t.Errorf("%v: asked too early: not before %v, or never: %v", now, p.allowed, p.never)
	}
}

// until waits for something, while the clock stands still.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for !so() {
		select {
		case <-time.After(200 * time.Microsecond):
		case <-t.Context().Done():
			t.Fatalf("%s: never", what)
		}
	}
}

// month is a daemon that reads one feed, by a clock that is moved by hand.
type month struct {
	t        *testing.T
	dir      string
	clock    *handClock
	server   string // where every host is
	polled   chan pipeline.Report
	text     string
	log      syncBuffer
	schedule *schedule.Schedule
}

const monthConfig = `version: 1
site: {title: T, url: "https://reviews.example.org"}
listen: 127.0.0.1:0
timezone: UTC
sources:
  - {name: blog, type: feed, url: "http://old.example.org/feed", schedule: "@every 1h", rating: {best: 5}}
`

func (m *month) open() *daemon.Daemon {
	m.t.Helper()
	cfg, err := config.Parse(filepath.Join(m.dir, "filmwire.yaml"), []byte(cmp.Or(m.text, monthConfig)), config.Catalogue{Sources: sources.Builtin(), Sinks: sinks.Builtin()})
	if err != nil {
		m.t.Fatal(err)
	}
	d, err := daemon.Open(m.t.Context(), daemon.Options{
		Config: cfg, Log: slog.New(slog.NewTextHandler(&m.log, nil)), Clock: m.clock, Version: "test",
		Progress: func(r pipeline.Report) {
			if !r.EndedAt.IsZero() {
				m.polled <- r
			}
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, m.server)
		},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return d
}

// run has a daemon run until stop.
func (m *month) run() (stop func()) {
	m.t.Helper()
	d := m.open()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, nil) }()
	stop = sync.OnceFunc(func() {
		// A job that is not marked as done is another daemon's after a while of real time.
		until(m.t, "no job is under way", func() bool { return !m.clock.asleep(10 * time.Second) })
		cancel()
		if err := <-ended; err != nil {
			m.t.Errorf("the daemon ends with %v", err)
		}
		if err := d.Close(); err != nil {
			m.t.Error(err)
		}
	})
	m.t.Cleanup(stop)
	return stop
}

// nextTurn moves the clock to the next turn of the schedule, once the planner sleeps.
func (m *month) nextTurn() {
	m.t.Helper()
	until(m.t, "the planner sleeps", func() bool { return m.clock.asleep(time.Minute) })
	now := m.clock.Now()
	jitter := m.schedule.Jitter("blog", now)
	slot := m.schedule.Next(m.schedule.Latest(now))
	m.clock.moveTo(slot.At.Add(jitter))
}

func (m *month) poll() pipeline.Report {
	m.t.Helper()
	select {
	case r := <-m.polled:
		return r
	case <-m.t.Context().Done():
		m.t.Fatalf("no poll\n%s", m.log.String())
	}
	return pipeline.Report{}
}

func newMonth(t *testing.T, h http.Handler, clock *handClock) *month {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	every, err := schedule.Parse("@every 1h", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return &month{
		t: t, dir: t.TempDir(), clock: clock, server: server.Listener.Addr().String(), polled: make(chan pipeline.Report, 1), schedule: every,
	}
}

// TestAMonthOfOneFeed reads a feed for thirty days of a clock that is moved by hand,
// through restarts, some of them in the middle of a request, and everything that its
// server answers. The server itself says what is too early.
func TestAMonthOfOneFeed(t *testing.T) {
	start := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	clock := newHandClock(start)
	p := &publisher{t: t, clock: clock, start: start, codes: map[int]int{}}
	m := newMonth(t, p, clock)
	stop := m.run()
	m.poll()
	published := 1
	for turn := 1; clock.Now().Before(start.AddDate(0, 0, 30)); turn++ {
		m.nextTurn()
		report := m.poll()
		published += report.Published
		if report.Revised+report.Withdrawn+report.Restored > 0 {
			t.Errorf("%v: %+v", clock.Now(), report)
		}
		switch {
		case turn%47 == 0: // a restart between turns
			stop()
			stop = m.run()
			if report.Waits != "" { // the turn that was none is made up for
				m.poll()
			}
		case turn%101 == 0 && turn < 650: // and one in the middle of a request
			stop()
			m.interrupted(p)
			stop = m.run()
			m.poll()
		}
	}
	stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blind != 1 {
		t.Errorf("%d requests without a validator, want the first alone", p.blind)
	}
	if published != 28 {
		t.Errorf("%d reviews were published, want one for each day the feed lived", published)
	}
	for code, want := range map[int]int{429: 3, 503: 2, 500: 1, 410: 1} {
		if p.codes[code] != want {
			t.Errorf("%d answers with %d, want %d", p.codes[code], code, want)
		}
	}
	if n := p.codes[301]; n < 3 || n > 3*12+1 {
		t.Errorf("%d redirects before the new address was asked", n)
	}
	if p.direct < 90 {
		t.Errorf("%d polls began at the new address", p.direct)
	}
	if t.Failed() || testing.Verbose() {
		perDay := map[int]int{}
		for _, at := range p.asked {
			perDay[int(at.Sub(start)/(24*time.Hour))]++
		}
		t.Logf("polls by day: %v", perDay)
	}
	// Never too early is easily said of who never comes.
	quiet := 0
	for _, at := range p.asked {
		if day := at.Sub(start) / (24 * time.Hour); day >= 1 && day < 4 {
			quiet++
		}
	}
	if quiet < 30 || quiet > 36 {
		t.Errorf("%d polls in three quiet days of a feed that asks for one every two hours", quiet)
	}
}

// interrupted stops in the middle of the next request.
func (m *month) interrupted(p *publisher) {
	m.t.Helper()
	hung := make(chan struct{})
	p.mu.Lock()
	p.hang, p.hung = make(chan struct{}), hung
	p.mu.Unlock()
	d := m.open()
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	go func() {
		<-hung
		cancel()
	}()
	for ctx.Err() == nil {
		m.clock.moveTo(m.clock.Now().Add(time.Hour))
		if sum, err := d.Once(ctx); err == nil && sum.Reports[0].Waits == "" {
			m.t.Errorf("%v: the request that hangs came to %+v", m.clock.Now(), sum)
		}
		<-m.polled
	}
	if err := d.Close(); err != nil {
		m.t.Error(err)
	}
}
