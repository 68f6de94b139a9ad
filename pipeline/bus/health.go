package bus

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

// fault remembers that the last write of one kind found no room, or no answer. A
// server whose disk is full still calls itself healthy.
type fault struct {
	mu  sync.Mutex
	err error
}

// note looks at the outcome of a write whose context is ctx.
func (f *fault) note(ctx context.Context, err error) {
	if err != nil && !isFault(ctx, err) {
		return // it was refused for what it is, or the caller gave up
	}
	f.set(err)
}

func (f *fault) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fault) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Error codes of the server that speak of room. The client library has no names
// for them.
const (
	codeAccountFull  = 10002
	codeNoResources  = 10023
	codeMemoryFull   = 10028
	codeStorageFull  = 10047
	codeStoreFailed  = 10077
	codeBatchDropped = 10176 // a batch whose staging failed
)

func isFault(ctx context.Context, err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.Cause(ctx) == errNoAnswer
	}
	if noStream(err) || errors.Is(err, nats.ErrTimeout) {
		return true
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode {
	case codeAccountFull, codeNoResources, codeMemoryFull, codeStorageFull, codeStoreFailed, codeBatchDropped:
		return true
	}
	return api.Code == 503
}

// healthTimeout is how long whoever asks for the health is kept waiting.
const healthTimeout = 3 * time.Second

// Health reports why the log cannot do its work now, nil if it can. It looks at
// the connection, the server, the free space, and at how the last writes went.
func (b *Bus) Health(ctx context.Context) error {
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	defer end()
	ctx, cancel := context.WithTimeoutCause(ctx, healthTimeout, errNoAnswer)
	defer cancel()
	if !b.nc.IsConnected() {
		return fmt.Errorf("log: not connected to NATS at %s: %w", b.where(), errors.Join(nats.ErrConnectionClosed, b.nc.LastError()))
	}
	if b.own != nil {
		if err := b.ownHealth(); err != nil {
			return err
		}
	}
	if _, err := b.log.lastMessage(ctx); err != nil {
		return fmt.Errorf("log: stream %s: %w", logStream, b.explain(ctx, err))
	}
	return b.writeHealth(ctx)
}

func (b *Bus) ownHealth() error {
	if err := context.Cause(b.own.words.writes); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if h := b.own.server.Healthz(&server.HealthzOptions{JSEnabledOnly: true}); h.Status != "ok" {
		return fmt.Errorf("log: embedded server: %s: %s; restart when the cause is gone", h.Status, h.Error)
	}
	store := filepath.Join(b.opts.Dir, "nats")
	if free, err := FreeBytes(store); err == nil && free < leastFree {
		return fmt.Errorf("log: %d MB free on the disk of %s: make room, then restart", free>>20, store)
	}
	return nil
}

// writeHealth reports a write that found no room. With a server elsewhere the
// fault may have healed without us: it is asked.
func (b *Bus) writeHealth(ctx context.Context) error {
	for _, f := range []*fault{&b.log.fault, &b.kv.fault, &b.jobs.fault} {
		err := f.get()
		if err == nil {
			continue
		}
		if b.opts.URL != "" && b.probe(ctx) == nil {
			f.set(nil)
			continue
		}
		return fmt.Errorf("log: the last write failed, is the disk full? make room, and restart if that does not help: %w", err)
	}
	return nil
}

// probeKey is written by nothing but a probe.
const probeKey = "health.probe"

// probe writes where it does no harm, and asks the log's stream for a refusal.
func (b *Bus) probe(ctx context.Context) error {
	if _, err := b.kv.kv.Put(ctx, probeKey, []byte(clientName)); err != nil {
		return err
	}
	const never = 1<<63 - 1
	_, err := b.js.Publish(ctx, reviewPrefix+"~probe.~probe", nil, jetstream.WithExpectLastSequencePerSubject(never))
	if isConflict(err) {
		return nil
	}
	return errors.Join(errors.New("the log took what it must refuse"), err)
}

// Stats is what can be said of the log in numbers.
type Stats struct {
	Events  uint64            // on the log, superseded ones that are still kept too
	Bytes   uint64            // they fill
	Reviews uint64            // with at least one event, withdrawn ones too
	Films   uint64            // with at least one decision
	Head    pipeline.Position // of the newest message
	First   time.Time         // when the oldest kept event was put on the log; zero on an empty log

	Connected bool
	Server    string // "embedded", "attached", or the URL without its secrets
	Listen    string // host:port for other tools, "" if there is none
}

// Stats counts. On a log of a million reviews it takes the server some
// milliseconds.
func (b *Bus) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Server: b.where()}
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return s, fmt.Errorf("log: stats: %w", err)
	}
	defer end()
	s.Connected = b.nc.IsConnected()
	if b.own != nil && b.opts.Listen != "" {
		s.Listen = b.own.server.Addr().String()
	}
	st, err := b.js.Stream(ctx, logStream)
	if err != nil {
		return s, fmt.Errorf("log: stats: %w", err)
	}
	state := st.CachedInfo().State
	s.Events, s.Bytes, s.Head = state.Msgs, state.Bytes, pipeline.Position(state.LastSeq)
	if state.Msgs > 0 {
		s.First = state.FirstTime
	}
	if s.Films, err = b.countFilms(ctx); err != nil {
		return s, fmt.Errorf("log: stats: %w", err)
	}
	s.Reviews = state.NumSubjects - min(s.Films, state.NumSubjects)
	return s, nil
}

// countFilms has the server list the last message of each film, which it does
// without sending one.
func (b *Bus) countFilms(ctx context.Context) (uint64, error) {
	consumer, err := b.log.listLast(ctx, allFilms)
	if err != nil {
		return 0, err
	}
	info := consumer.CachedInfo()
	b.log.forget(&cursor{name: info.Name})
	return info.NumPending, nil
}

// where names the server for people.
func (b *Bus) where() string {
	switch {
	case b.opts.URL != "":
		return redacted(b.opts.URL)
	case b.attached():
		return "attached"
	}
	return "embedded"
}
