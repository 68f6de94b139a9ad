package daemon_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"path/filepath"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sources"
)

// status is how things stand, as the verb says it when nothing runs.
func (m *month) status() daemon.SourceStatus {
	m.t.Helper()
	cfg, err := config.Parse(filepath.Join(m.dir, "filmwire.yaml"), []byte(monthConfig), config.Catalogue{Sources: sources.Builtin(), Sinks: sinks.Builtin()})
	if err != nil {
		m.t.Fatal(err)
	}
	b, err := bus.Open(m.t.Context(), daemon.BusOptions(cfg, nil))
	if err != nil {
		m.t.Fatal(err)
	}
	defer b.Close()
	st, err := daemon.ReadStatus(m.t.Context(), cfg, b, m.clock)
	if err != nil {
		m.t.Fatal(err)
	}
	return st.Sources[0]
}

// once is `run --once`.
func (m *month) once() (said string, attention bool) {
	m.t.Helper()
	d := m.open()
	sum, err := d.Once(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	<-m.polled
	if err := d.Close(); err != nil {
		m.t.Error(err)
	}
	return sum.Reports[0].Waits, sum.NeedsAttention()
}

// TestRunOnceFromCron runs once every twenty minutes, as some have it in a crontab,
// and looks at the status after each.
func TestRunOnceFromCron(t *testing.T) {
	const feed = `<rss version="2.0"><channel><title>T</title><item><guid isPermaLink="false">1</guid><title>T (2020)</title><description>A sentence.</description></item></channel></rss>`
	asked, code := 0, http.StatusOK
	clock := newHandClock(time.Date(2026, time.March, 1, 12, 0, 5, 0, time.UTC))
	m := newMonth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if code != http.StatusOK {
			w.WriteHeader(code)
			return
		}
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, feed)
	}), clock)
	step := func(pass time.Duration, wantAsked int, wantSaid string, wantAttention bool, wantNext, wantWhy string) {
		t.Helper()
		clock.moveTo(clock.Now().Add(pass))
		before := asked
		said, attention := m.once()
		if asked-before != wantAsked || !strings.Contains(said, wantSaid) || (said == "") != (wantSaid == "") || attention != wantAttention {
			t.Errorf("at %v: asked %d times, said %q, attention %v", clock.Now(), asked-before, said, attention)
		}
		st := m.status()
		if got := st.Next.Format("15:04"); !strings.HasPrefix(got, wantNext) || !strings.Contains(st.Why, wantWhy) {
			t.Errorf("at %v: next at %v because %q, want %s, %s", clock.Now(), st.Next, st.Why, wantNext, wantWhy)
		}
	}
	step(0, 1, "", false, "13:00", "once an hour")
	step(20*time.Minute, 0, "a feed is asked once an hour", false, "13:00", "its schedule")
	step(40*time.Minute, 1, "", false, "14:0", "")
	code = http.StatusInternalServerError
	step(60*time.Minute, 1, "", true, "16:00", "it failed once") // an hour and a little
	code = http.StatusOK
	step(20*time.Minute, 0, "it failed once (feed: 500", false, "16:00", "it failed once")
	if st := m.status(); st.Error == "" || !st.NeedsAttention() || st.Failures != 1 || !strings.Contains(st.Feeds[0].Words(), "fails since") {
		t.Errorf("a failure is forgotten when nobody is asked: %+v", st)
	}
	step(60*time.Minute, 1, "", false, "", "")
	if st := m.status(); st.Error != "" || st.NeedsAttention() {
		t.Errorf("a failure is remembered after it went well: %+v", st)
	}
	code = http.StatusGone
	step(60*time.Minute, 1, "", true, "00:00", "gone for good")
	step(6000*time.Minute, 0, "gone for good", false, "00:00", "gone for good")
	if st := m.status(); !st.Next.IsZero() || !strings.Contains(st.Feeds[0].Words(), "is gone for good") {
		t.Errorf("%+v", st)
	}
}

// TestAConfigThatUnderstandsAnewAsksAtOnce: whoever says that a scale ends at ten is not
// to wait for an hour to see what comes of it.
func TestAConfigThatUnderstandsAnewAsksAtOnce(t *testing.T) {
	const feed = `<rss version="2.0"><channel><title>T</title><ttl>600</ttl><item><guid isPermaLink="false">1</guid><title>T (2020)</title><description>A sentence. Rating: 4</description></item></channel></rss>`
	asked := 0
	clock := newHandClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	m := newMonth(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, feed)
	}), clock)
	m.once()
	for i, best := range []string{"best: 4", "best: 10"} {
		clock.moveTo(clock.Now().Add(2 * time.Minute))
		m.text = strings.Replace(monthConfig, "best: 5", best, 1)
		if said, _ := m.once(); said != "" || asked != i+2 {
			t.Errorf("with %s: asked %d times, said %q", best, asked, said)
		}
		if said, _ := m.once(); said == "" || asked != i+2 {
			t.Errorf("with %s once more: asked %d times, said %q", best, asked, said)
		}
	}
}
