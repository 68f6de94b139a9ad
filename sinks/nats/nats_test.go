package nats_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/nats"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// house is a NATS server with a log on it, and somebody who listens.
type house struct {
	t    testing.TB
	bus  *bus.Bus
	url  string
	nc   *natsgo.Conn
	next atomic.Int64
}

func newHouse(t testing.TB) *house {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 256 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	h := &house{t: t, url: srv.ClientURL()}
	if h.bus, err = bus.Open(t.Context(), bus.Options{URL: h.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.bus.Close() })
	if h.nc, err = natsgo.Connect(h.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.nc.Close)
	return h
}

// patient is a clock by which nothing takes too long.
type patient struct{ sinktest.Clock }

func (*patient) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func (h *house) open(t testing.TB, env pipeline.DeliveryEnv, s nats.Settings) *nats.Delivery {
	t.Helper()
	if env.Log == nil {
		env, _ = sinktest.DeliveryEnv()
	}
	env.Clock, env.Messages = &patient{}, h.bus.OpenMessages
	s.Timeout = nats.Defaults().Timeout
	d, err := nats.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// keeper follows the contract: the newest revision of each review stands.
type keeper struct {
	t     testing.TB
	last  map[review.ID]int
	texts map[string]string
}

func newKeeper(t testing.TB) *keeper {
	return &keeper{t: t, last: map[review.ID]int{}, texts: map[string]string{}}
}

func (k *keeper) keep(header natsgo.Header, body []byte) {
	e, err := review.ParseEvent(body)
	if err != nil {
		k.t.Fatal(err)
	}
	if header.Get("ce-id") != e.EventID || header.Get("ce-type") != "org.filmwire.review."+string(e.Kind) {
		k.t.Errorf("headers %v of %s", header, e.EventID)
	}
	if e.Revision <= k.last[e.ReviewID] {
		return
	}
	k.last[e.ReviewID] = e.Revision
	delete(k.texts, string(e.ReviewID))
	if !e.Gone() {
		k.texts[string(e.ReviewID)] = e.BodyText
	}
}

func TestCore(t *testing.T) {
	h := newHouse(t)
	sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
		world := fmt.Sprintf("core%d", h.next.Add(1))
		sub, err := h.nc.SubscribeSync(world + ".>")
		if err == nil {
			err = h.nc.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		k := newKeeper(t)
		return h.open(t, env, nats.Settings{Subject: world + ".{{.Kind}}.{{.ReviewID}}", Mode: "core"}), func() map[string]string {
			h.nc.Flush() // what was sent before has come now
			for n, _, _ := sub.Pending(); n > 0; n, _, _ = sub.Pending() {
				m, err := sub.NextMsgWithContext(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				k.keep(m.Header, m.Data)
			}
			return k.texts
		}
	})
}

// TestStream goes to a server of its own URL, and nothing is kept twice there.
func TestStream(t *testing.T) {
	h := newHouse(t)
	js, err := jetstream.New(h.nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OUT", Subjects: []string{"out.>"}})
	if err != nil {
		t.Fatal(err)
	}
	env, _ := sinktest.DeliveryEnv()
	d := h.open(t, env, nats.Settings{Subject: "out.{{.Film.Title}}.{{.ReviewID}}", Mode: "stream", URL: pipeline.NewSecret(h.url)})
	events := sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.Kind(review.Revised, 2)))
	for range 2 {
		for i, v := range deliver(t, d, events) {
			if v.Outcome != pipeline.Done {
				t.Errorf("%d: %+v", i, v)
			}
		}
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil || info.State.Msgs != 2 {
		t.Errorf("%d messages are kept, want 2: %v", info.State.Msgs, err)
	}
	for subject := range info.State.Subjects {
		if words := strings.Split(subject, "."); len(words) != 3 || !strings.HasPrefix(words[1], "~") {
			t.Errorf("subject %q: a title with spaces is to be one hashed word", subject)
		}
	}
	nowhere := h.open(t, env, nats.Settings{Subject: "nowhere.{{.ReviewID}}", Mode: "stream"})
	if v := deliver(t, nowhere, events); v[0].Outcome != pipeline.Retry || v[0].Code != "nobody" || v[1].Code != "earlier" {
		t.Errorf("without a stream: %+v", v)
	}
}

func deliver(t testing.TB, d pipeline.Delivery, h sinktest.History) []pipeline.Verdict {
	t.Helper()
	v, err := d.Deliver(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRequest(t *testing.T) {
	h := newHouse(t)
	if _, err := h.nc.Subscribe("judge.*", func(m *natsgo.Msg) {
		e, err := review.ParseEvent(m.Data)
		if err != nil {
			t.Error(err)
		}
		m.Respond([]byte(e.Summary))
	}); err != nil {
		t.Fatal(err)
	}
	h.nc.Flush()
	d := h.open(t, pipeline.DeliveryEnv{}, nats.Settings{Subject: "judge.{{.ReviewID}}", Mode: "request"})
	for reply, want := range map[string]pipeline.Verdict{
		"":                   {},
		`{"verdict":"done"}`: {},
		`{"verdict":"retry","after_seconds":1e12,"code":"busy","reason":"full"}`: {Outcome: pipeline.Retry, After: 24 * time.Hour, Code: "busy", Reason: "full"},
		`{"verdict":"reject","reason":"no"}`:                                     {Outcome: pipeline.Reject, Code: "refused", Reason: "no"},
		`{"verdict":"maybe"}`:                                                    {Outcome: pipeline.Retry, Code: "bad_reply", Reason: `the verdict "maybe": want done, retry, reject or pause`},
		`yes`:                                                                    {Outcome: pipeline.Retry, Code: "bad_reply", Reason: `"yes" is no verdict`},
	} {
		if v := deliver(t, d, sinktest.NewHistory(sinktest.Event(sinktest.Text(reply)))); v[0] != want {
			t.Errorf("%s: %+v", reply, v[0])
		}
	}
	alone := h.open(t, pipeline.DeliveryEnv{}, nats.Settings{Subject: "nobody.here", Mode: "request"})
	if v := deliver(t, alone, sinktest.NewHistory(sinktest.Event())); v[0].Outcome != pipeline.Retry || v[0].Code != "nobody" {
		t.Errorf("nobody there: %+v", v)
	}
}

// TestAServerThatIsAway: nothing waits, nothing is lost.
func TestAServerThatIsAway(t *testing.T) {
	h := newHouse(t)
	d := h.open(t, pipeline.DeliveryEnv{}, nats.Settings{Subject: "x.y", Mode: "core", URL: pipeline.NewSecret("nats://127.0.0.1:1")})
	if v := deliver(t, d, sinktest.NewHistory(sinktest.Event())); v[0].Outcome != pipeline.Retry || v[0].Code != "unreachable" {
		t.Errorf("%+v", v)
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		s   nats.Settings
		key string
	}{
		"the log's own":         {nats.Settings{Subject: "filmwire.reviews.x"}, "subject"},
		"the server's own":      {nats.Settings{Subject: "$JS.API"}, "subject"},
		"an empty word":         {nats.Settings{Subject: "a..b"}, "subject"},
		"a typo":                {nats.Settings{Subject: "a.{{.Flim.ID}}"}, "subject"},
		"a mode":                {nats.Settings{Subject: "a", Mode: "jetstream"}, "mode"},
		"a token for nobody":    {nats.Settings{Subject: "a", Token: pipeline.NewSecret("x")}, "url"},
		"a url of another kind": {nats.Settings{Subject: "a", URL: pipeline.NewSecret("https://example.org")}, "url"},
	} {
		if c.s.Mode == "" {
			c.s.Mode = "core"
		}
		c.s.Timeout = time.Second
		var keys []string
		c.s.Check(func(key, _ string) { keys = append(keys, key) })
		if len(keys) != 1 || keys[0] != c.key {
			t.Errorf("%s: faults with %q, want %q", name, keys, c.key)
		}
	}
}
