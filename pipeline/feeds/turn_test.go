package feeds_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/polls"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// byHand is a clock that moves when somebody sleeps, or when it is told to.
type byHand struct {
	now   time.Time
	slept time.Duration
}

func (c *byHand) Now() time.Time { return c.now }

func (c *byHand) Sleep(ctx context.Context, d time.Duration) error {
	if d == 15*time.Second { // the watch over a request
		<-ctx.Done()
		return ctx.Err()
	}
	c.now, c.slept = c.now.Add(d), c.slept+d
	return ctx.Err()
}

// reader reads one feed as the engine does: its checkpoint is kept with what it read.
type reader struct {
	t          *testing.T
	clock      *byHand
	book       *polls.Book
	feed       pipeline.Source
	open       func() pipeline.Source
	openAt     func(string) pipeline.Source
	asked      []*http.Request
	mu         *sync.Mutex // between a handler that hangs up and who reads on
	requests   *int        // how many
	checkpoint []byte
	answer     http.HandlerFunc
}

const feedAddress = "http://blog.example.org/feed"

func newReader(t *testing.T, address string, answer http.HandlerFunc) *reader {
	t.Helper()
	r := &reader{t: t, clock: &byHand{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}, answer: answer, mu: new(sync.Mutex), requests: new(int)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.asked = append(r.asked, req)
		*r.requests++
		answer := r.answer
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(server.Close)
	log, err := bus.Open(t.Context(), bus.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	client := fetch.New(fetch.Options{Clock: r.clock, AllowPrivate: true, Holds: fetch.NewHolds(r.clock, nil, nil),
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		}})
	t.Cleanup(client.Close)
	r.book = polls.New(log.KV(), "blog", r.clock)
	env := pipeline.SourceEnv{Name: "blog", Log: slog.New(slog.DiscardHandler), Clock: r.clock, HTTP: client, Polls: r.book}
	r.openAt = func(address string) pipeline.Source { return feeds.Opener(env)(address, 0) }
	r.open = func() pipeline.Source { return r.openAt(address) }
	r.feed = r.open()
	return r
}

// read reads once, and says whether the feed was asked.
func (r *reader) read() (asked int, out *sourcetest.Out, err error) {
	r.t.Helper()
	r.book.Begin()
	before := r.count()
	out = &sourcetest.Out{}
	reading, err := r.feed.Read(r.t.Context(), r.checkpoint, out)
	if err == nil {
		r.checkpoint = reading.Checkpoint
	}
	if err := r.book.End(r.t.Context(), err == nil); err != nil {
		r.t.Fatal(err)
	}
	return r.count() - before, out, err
}

// count is how many requests have come.
func (r *reader) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.requests
}

func (r *reader) mustAsk(times int) *sourcetest.Out {
	r.t.Helper()
	asked, out, err := r.read()
	if err != nil || asked != times {
		r.t.Fatalf("%v: asked %d times, want %d: %v; %+v", r.clock.now, asked, times, err, r.state())
	}
	return out
}

func (r *reader) state() pipeline.PollState {
	r.t.Helper()
	r.book.Begin()
	s, err := r.book.Look(r.t.Context(), feedAddress)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *reader) pass(d time.Duration) { r.clock.now = r.clock.now.Add(d) }

func items(n int, head string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>T</title><link>https://a.example/</link>` + head)
	for ; n > 0; n-- {
		fmt.Fprintf(&b, `<item><guid isPermaLink="false">%d</guid><title>Title %d</title><pubDate>%s</pubDate><description>x</description></item>`,
			n, n, time.Date(2026, 2, n, 0, 0, 0, 0, time.UTC).Format(time.RFC1123Z))
	}
	return b.String() + `</channel></rss>`
}

// serving answers with a feed, and 304 to its tag.
func serving(body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		tag := fmt.Sprintf(`"%d"`, len(body))
		w.Header().Set("Etag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, body)
	}
}

func failing(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// TestPace says of each publisher's word when the feed is asked next.
func TestPace(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	tests := []struct {
		name   string
		head   string
		header []string
		next   time.Duration
		why    string
	}{
		{"nothing", "", nil, hour, "once an hour"},
		{"ttl", "<ttl>90</ttl>", nil, 90 * time.Minute, "ttl says every 90 minutes"},
		{"ttl allows more", "<ttl> 10 </ttl>", nil, 10 * time.Minute, "ttl"},
		{"ttl of nothing", "<ttl>0</ttl>", nil, hour, "once an hour"},
		{"ttl gone mad", "<ttl>525600</ttl>", nil, 7 * day, "ttl says every 7 days"},
		{"ttl that is none", "<ttl>often</ttl>", nil, hour, "once an hour"},
		{"ttl in an item", "<item><guid>x</guid><ttl>600</ttl></item>", nil, hour, "once an hour"},
		{"max-age", "", []string{"Cache-Control", "public, max-age=7200, must-revalidate"}, 2 * hour, "Cache-Control"},
		{"max-age allows more", "", []string{"Cache-Control", "max-age=300"}, 5 * time.Minute, "Cache-Control"},
		{"max-age of nothing", "", []string{"Cache-Control", "no-cache, max-age=0"}, hour, "once an hour"},
		{"max-age and age", "", []string{"Cache-Control", "max-age=7200", "Age", "1800"}, 90 * time.Minute, "Cache-Control"},
		{"max-age of a year", "", []string{"Cache-Control", "max-age=31536000, immutable"}, day, "Cache-Control says that the feed stays as it is for day"},
		{"expires", "", []string{"Expires", "Mon, 02 Mar 2026 15:00:00 GMT", "Date", "Mon, 02 Mar 2026 12:00:00 GMT"}, 3 * hour, "Expires"},
		{"expires by another clock", "", []string{"Expires", "Mon, 02 Mar 2026 20:00:00 GMT", "Date", "Mon, 02 Mar 2026 17:00:00 GMT"}, 3 * hour, "Expires"},
		{"expires long ago", "", []string{"Expires", "Thu, 19 Nov 1981 08:52:00 GMT"}, hour, "once an hour"},
		{"max-age before expires", "", []string{"Cache-Control", "max-age=600", "Expires", "Mon, 02 Mar 2026 20:00:00 GMT"}, 10 * time.Minute, "Cache-Control"},
		{"sy", "<sy:updatePeriod>\n\tdaily\t</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", nil, 6 * hour, "sy:updatePeriod"},
		{"sy yearly", "<sy:updatePeriod>yearly</sy:updatePeriod>", nil, 7 * day, "sy:updatePeriod"},
		{"the longest counts", "<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>", []string{"Cache-Control", "max-age=600"}, day, "sy:updatePeriod"},
		{"skipHours", "<skipHours><hour>13</hour><hour>14</hour><hour>15</hour></skipHours>", nil, 4 * hour, "skipHours"},
		{"all hours skipped", "<skipHours>" + hours(24) + "</skipHours>", nil, hour, "once an hour"},
		{"skipDays", "<ttl>780</ttl><skipDays><day>Tuesday</day><day>wednesday</day></skipDays>", nil, 60 * hour, "skipDays"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReader(t, feedAddress, serving(items(2, tt.head), tt.header...))
			r.mustAsk(1)
			s := r.state()
			if got := s.Next.Sub(s.Asked); got != tt.next || !strings.Contains(s.Why, tt.why) {
				t.Errorf("next after %v, because %q; want %v, %q", got, s.Why, tt.next, tt.why)
			}
			r.pass(tt.next - 2*time.Minute)
			r.mustAsk(0)
			r.pass(2 * time.Minute)
			r.mustAsk(1)
		})
	}
}

func hours(n int) (s string) {
	for i := range n {
		s += fmt.Sprintf("<hour>%d</hour>", i)
	}
	return s
}

func TestATurnThatIsAMomentEarlyWaits(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(2, "")))
	r.mustAsk(1)
	r.pass(time.Hour - 42*time.Second)
	r.mustAsk(1)
	if r.clock.slept != 42*time.Second {
		t.Errorf("waited %v", r.clock.slept)
	}
}

func TestOwnFeedsAreAskedAtEveryTurn(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1/feed", "http://[::1]:8000/feed", "http://192.168.1.4/feed", "http://localhost/feed", "http://nas/feed", "http://blog.local/feed"} {
		r := newReader(t, address, serving(items(2, "<ttl>600</ttl>")))
		for range 3 {
			r.mustAsk(1)
		}
		r.answer = failing(500)
		for range 3 {
			if asked, _, err := r.read(); asked != 1 || err == nil {
				t.Errorf("%s: asked %d times, %v", address, asked, err)
			}
		}
	}
}

func TestFailuresBackOff(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	tests := []struct {
		name   string
		answer http.HandlerFunc
		fault  pipeline.Fault
		waits  []time.Duration // at least, and a tenth more at most
	}{
		{"server", failing(500), pipeline.FaultServer, []time.Duration{hour, 2 * hour, 4 * hour, 8 * hour, 16 * hour, day, day}},
		{"missing", failing(404), pipeline.FaultMissing, []time.Duration{hour, 2 * hour, 4 * hour, 8 * hour, 16 * hour, 32 * hour, 64 * hour, 128 * hour, 7 * day}},
		{"denied", failing(403), pipeline.FaultDenied, []time.Duration{6 * hour, 12 * hour, day, 2 * day, 3 * day}},
		{"another 4xx", failing(418), pipeline.FaultRequest, []time.Duration{6 * hour, 12 * hour}},
		{"busy", failing(429), pipeline.FaultBusy, []time.Duration{hour, 2 * hour}},
		{"busy for three hours", failing(503, "Retry-After", "10800"), pipeline.FaultBusy, []time.Duration{3 * hour, 3 * hour, 4 * hour}},
		{"busy for ten minutes", failing(429, "Retry-After", "600"), pipeline.FaultBusy, []time.Duration{hour / 6, hour / 6, 4 * hour}},
		{"busy for no time", failing(429, "Retry-After", "0"), pipeline.FaultBusy, []time.Duration{time.Minute, time.Minute, 4 * hour}},
		{"redirects without end", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, pipeline.FaultServer, []time.Duration{hour, 2 * hour}},
		{"not a feed", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hello</html>") }, pipeline.FaultNotFeed, []time.Duration{hour, 2 * hour}},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, pipeline.FaultConnection, []time.Duration{hour / 4, hour / 2, hour}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReader(t, feedAddress, tt.answer)
			for i, wait := range tt.waits {
				asked, _, err := r.read()
				s := r.state()
				if asked < 1 || err == nil || s.Fault != tt.fault || s.Failures != i+1 {
					t.Fatalf("%d: asked %d times, %v, %+v", i, asked, err, s)
				}
				if got := s.Next.Sub(s.Asked); got < wait || got > wait+wait/10+time.Second {
					t.Errorf("failure %d is followed by %v, want %v and a little", i+1, got, wait)
				}
				r.pass(s.Next.Sub(r.clock.now) - 2*time.Minute)
				r.mustAsk(0)
				r.pass(2 * time.Minute)
			}
			r.answer = serving(items(2, ""))
			r.mustAsk(1)
			if s := r.state(); s.Failures != 0 || s.Error != "" || !s.Failing.IsZero() {
				t.Errorf("after it went well: %+v", s)
			}
		})
	}
}

func TestGoneIsAskedNoMore(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(2, "")))
	r.mustAsk(1)
	r.answer = failing(410)
	r.pass(time.Hour)
	if _, _, err := r.read(); !errors.Is(err, pipeline.ErrGone) {
		t.Fatal(err)
	}
	for range 50 {
		r.pass(30 * 24 * time.Hour / 50 * 10)
		r.feed = r.open()
		r.mustAsk(0)
	}
	r.checkpoint = nil // the config wants it understood anew
	if asked, _, _ := r.read(); asked != 1 {
		t.Errorf("asked %d times after the config changed", asked)
	}
}

// A change of the config has a feed understood anew at once; a crash has not.
func TestUnderstoodAnew(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(2, "")))
	r.mustAsk(1)
	r.pass(5 * time.Minute)
	r.mustAsk(0)
	r.checkpoint = nil
	if out := r.mustAsk(1); len(out.Documents) != 2 || r.asked[1].Header.Get("If-None-Match") != "" {
		t.Errorf("%d documents, asked with %v", len(out.Documents), r.asked[1].Header)
	}
	r.checkpoint = nil
	r.mustAsk(1) // a moment later: it waits until a minute has passed
	if r.clock.slept != time.Minute {
		t.Errorf("waited %v", r.clock.slept)
	}
	r.pass(5 * time.Minute)

	// Read, but not kept, over and over.
	r.checkpoint = nil
	r.book.Begin()
	if _, err := r.feed.Read(t.Context(), nil, &sourcetest.Out{}); err != nil {
		t.Fatal(err)
	}
	if err := r.book.End(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		r.pass(10 * time.Minute)
		r.feed = r.open()
		r.mustAsk(0)
	}
	r.pass(10 * time.Minute)
	r.mustAsk(1)
}

// Whoever was not reached is asked again as soon as somebody starts the daemon.
func TestARestartAsksWhoWasNotReached(t *testing.T) {
	r := newReader(t, feedAddress, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for range 2 {
		if asked, _, err := r.read(); asked < 1 || err == nil {
			t.Fatalf("asked %d times, %v", asked, err)
		}
		r.pass(3 * time.Minute)
		r.feed = r.open()
		r.mustAsk(0)
		r.pass(2 * time.Minute)
		r.feed = r.open()
	}
}

func TestDelta(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(3, "")))
	r.mustAsk(1)
	delta := strings.Replace(items(1, ""), ">1<", ">4<", 1)
	r.answer = func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("A-Im") != "feed" {
			t.Errorf("asked with %v", req.Header)
		}
		w.Header().Set("Im", "feed")
		w.Header().Set("Etag", `"whole"`)
		w.WriteHeader(http.StatusIMUsed)
		io.WriteString(w, delta)
	}
	r.pass(time.Hour)
	if out := r.mustAsk(1); fmt.Sprint(out.GUIDs()) != "[4]" {
		t.Errorf("read %v", out.GUIDs())
	}
	r.answer = failing(304)
	r.pass(time.Hour)
	r.mustAsk(1)
	if sent := r.asked[2].Header.Get("If-None-Match"); sent != `"whole"` {
		t.Errorf("asked with %q, want the tag of the whole feed", sent)
	}
	r.answer = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, delta) } // as the whole feed
	r.pass(time.Hour)
	if out := r.mustAsk(1); fmt.Sprint(out.GUIDs()) != "[4]" {
		t.Errorf("a feed of the same bytes as a delta was passed over: %v", out.GUIDs())
	}
	// One that was not asked for like that is none.
	for _, header := range [][]string{{"Im", "vcdiff"}, {}, {"Im", "feed", "Delta-Base", `"another"`}} {
		r := newReader(t, feedAddress, serving(items(3, "")))
		r.mustAsk(1)
		r.answer = failing(226, header...)
		r.pass(time.Hour)
		if _, _, err := r.read(); err == nil || !strings.Contains(err.Error(), "226") {
			t.Errorf("%v: %v", header, err)
		}
	}
}

// moving serves a feed at /feed, and answers with 301 to it elsewhere.
func moving(to string, feed http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if "http://"+r.Host+r.URL.Path == to {
			feed(w, r)
			return
		}
		http.Redirect(w, r, to, http.StatusMovedPermanently)
	}
}

func TestMoves(t *testing.T) {
	const to = "http://elsewhere.example.com/feed"
	others := strings.ReplaceAll(items(3, ""), "Title", "Casino")
	tests := []struct {
		name    string
		there   http.HandlerFunc
		adopted bool
		words   string
	}{
		{"the same feed", serving(items(3, "")), true, "asked for at " + to},
		{"the same items among new ones", serving(items(5, "")), true, "asked for at"},
		{"another feed", serving(others), false, "other items"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReader(t, feedAddress, serving(items(3, "")))
			r.mustAsk(1)
			r.answer = moving(to, tt.there)
			for range 24 {
				r.pass(3 * time.Hour)
				r.mustAsk(2)
			}
			if s := r.state(); s.Adopted != "" {
				t.Fatalf("adopted before three days have passed: %+v", s)
			}
			r.pass(3 * time.Hour)
			r.mustAsk(2)
			s := r.state()
			if (s.Adopted == to) != tt.adopted || !strings.Contains(feeds.MovedInWords(&s), tt.words) {
				t.Fatalf("%+v: %s", s, feeds.MovedInWords(&s))
			}
			if !tt.adopted {
				return
			}
			r.pass(3 * time.Hour)
			r.mustAsk(1)
			if last := r.asked[len(r.asked)-1]; last.Host != "elsewhere.example.com" || last.Header.Get("If-None-Match") == "" {
				t.Errorf("asked %s with %v", last.Host, last.Header)
			}
			r.answer = failing(404) // the new address fails: back to the old one in the end
			for range 3 {
				r.pass(r.state().Next.Sub(r.clock.now))
				r.read()
			}
			r.answer = serving(items(3, ""))
			r.pass(r.state().Next.Sub(r.clock.now))
			r.mustAsk(1)
			if last := r.asked[len(r.asked)-1]; last.Host != "blog.example.org" {
				t.Errorf("asked %s in the end", last.Host)
			}
		})
	}
}

func TestARedirectThatComesAndGoesIsNotAdopted(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(3, "")))
	for i := range 60 {
		r.answer = serving(items(3, ""))
		if i%10 != 0 {
			r.answer = moving("http://elsewhere.example.com/feed", serving(items(3, "")))
		}
		r.read()
		r.pass(4 * time.Hour)
	}
	if s := r.state(); s.Adopted != "" {
		t.Errorf("%+v", s)
	}
}

// A 304 from another server than the one that gave the date is about something else.
func TestA304FromElsewhereIsNotTrusted(t *testing.T) {
	dated := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-Modified-Since") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
			io.WriteString(w, body)
		}
	}
	r := newReader(t, feedAddress, dated(items(3, "")))
	r.mustAsk(1)
	r.answer = moving("http://elsewhere.example.com/feed", dated(items(5, "")))
	r.pass(time.Hour)
	if out := r.mustAsk(4); len(out.Documents) != 5 {
		t.Errorf("read %v", out.GUIDs())
	}
	r.pass(time.Hour)
	r.mustAsk(2)
}

func TestSilence(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(10, ""))) // one a day, up to 10 February
	r.mustAsk(1)
	s := r.state()
	if s.Usual != 24*time.Hour || s.Newest.Day() != 10 {
		t.Errorf("%+v", s)
	}
	for at, silent := range map[time.Time]bool{
		time.Date(2026, 2, 23, 0, 0, 0, 0, time.UTC): false,
		time.Date(2026, 2, 25, 0, 0, 0, 0, time.UTC): true,
	} {
		if got := !s.Silent(at).IsZero(); got != silent {
			t.Errorf("silent on %v: %v", at, got)
		}
	}
}

func TestAHubHasAFeedAskedAtOnce(t *testing.T) {
	r := newReader(t, feedAddress, serving(items(2, "<ttl>600</ttl>")))
	r.mustAsk(1)
	r.mustAsk(0)
	if err := r.book.Told(t.Context(), feedAddress); err != nil {
		t.Fatal(err)
	}
	r.mustAsk(1)
	r.mustAsk(0)
}

// One feed of a site is refused: the others are not asked, which is no failure of theirs.
func TestABusySiteIsNotAskedForItsOtherFeeds(t *testing.T) {
	r := newReader(t, feedAddress, failing(429, "Retry-After", "7200"))
	if asked, _, err := r.read(); asked != 1 || err == nil {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	r.answer = serving(items(2, ""))
	other := r.another("http://news.example.org/feed")
	other.mustAsk(0)
	tally := r.book.Tally()
	if tally.Asked != 0 || tally.Waiting != 1 || !strings.Contains(tally.Soonest.Why, "example.org answers with 429") || tally.Soonest.Failures != 0 {
		t.Errorf("%+v", tally)
	}
	r.pass(2*time.Hour + 13*time.Minute)
	other.mustAsk(1)
	r.mustAsk(1)
}

// another reads another feed beside the first.
func (r *reader) another(address string) *reader {
	o := *r
	o.feed, o.checkpoint = r.openAt(address), nil
	return &o
}
