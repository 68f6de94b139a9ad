package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

const (
	// idleCursor is when the server forgets a cursor that nobody reads on.
	idleCursor = 2 * time.Minute
	// mostIdle is how many cursors wait for their reader to come back: more than
	// there are sinks that stand apart from each other.
	mostIdle = 64
	// readRetry is the pause after a reading that was cut short.
	readRetry = 250 * time.Millisecond
)

// cursor is a place on the log at which the server goes on sending: an ephemeral
// consumer that acknowledges nothing.
type cursor struct {
	consumer  jetstream.Consumer
	name      string
	after     pipeline.Position // it continues behind this one
	delivered uint64            // messages it has sent so far
}

// cursors keeps those that are not in use. A reader that comes back for what
// follows goes on with its cursor; Read itself has no memory.
type cursors struct {
	mu   sync.Mutex
	idle []*cursor // the longest unused first
}

func (c *cursors) take(after pipeline.Position) *cursor {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.idle, func(cur *cursor) bool { return cur.after == after })
	if i < 0 {
		return nil
	}
	cur := c.idle[i]
	c.idle = slices.Delete(c.idle, i, i+1)
	return cur
}

// put returns the cursor that has no room any more, if there is one.
func (c *cursors) put(cur *cursor) (dropped *cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) >= mostIdle {
		dropped = c.idle[0]
		c.idle = slices.Delete(c.idle, 0, 1)
	}
	c.idle = append(c.idle, cur)
	return dropped
}

// Read implements [pipeline.Log]. An event that cannot be read, because a newer
// version wrote it, is passed over with one warning.
func (l *eventLog) Read(ctx context.Context, after pipeline.Position, max int) ([]pipeline.Entry, error) {
	if max < 1 {
		return nil, fmt.Errorf("log: read after %d: at most %d entries is none", after, max)
	}
	ctx, end, err := l.bus.beginWait(ctx)
	if err != nil {
		return nil, fmt.Errorf("log: read after %d: %w", after, err)
	}
	defer end()
	for {
		entries, next, err := l.readOnce(ctx, after, max)
		if len(entries) > 0 {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("log: read after %d: %w", after, err)
		}
		after = next
	}
}

// readOnce reads one batch with the cursor for that place. next is how far it got.
// What is worth another try is no error.
func (l *eventLog) readOnce(ctx context.Context, after pipeline.Position, max int) ([]pipeline.Entry, pipeline.Position, error) {
	cur := l.cursors.take(after)
	fresh := cur == nil
	if fresh {
		var err error
		if cur, err = l.open(ctx, after); err != nil {
			return nil, after, l.again(ctx, err)
		}
	}
	entries, err := l.fill(ctx, cur, max)
	if err == nil {
		l.forget(l.cursors.put(cur))
		return entries, cur.after, nil
	}
	// A message may be on its way that nobody will take: this cursor is of no more
	// use. What has come until now has come in order.
	l.forget(cur)
	if len(entries) > 0 || errors.Is(err, errCursorLost) {
		return entries, cur.after, nil
	}
	if !fresh && context.Cause(ctx) == nil && passing(err) {
		return nil, cur.after, nil // forgotten while it was idle
	}
	return nil, cur.after, l.again(ctx, err)
}

// again decides about an error: nil, after a pause, if the reader should try once
// more.
func (l *eventLog) again(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if !passing(err) {
		return err
	}
	return pause(ctx, readRetry)
}

// passing recognises, in a call whose own context has not ended, what heals by
// itself: the cursor was forgotten while idle, the connection is lost, or the
// server is being changed for another.
func passing(err error) bool {
	return errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoHeartbeat) ||
		errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrConsumerLeadershipChanged) || errors.Is(err, jetstream.ErrServerShutdown)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// openTimeout is how long the making of a cursor may take. A request that was under
// way when the connection broke is never answered, so it is not long.
const openTimeout = 5 * time.Second

// open makes a cursor.
func (l *eventLog) open(ctx context.Context, after pipeline.Position) (*cursor, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	consumer, err := l.bus.js.CreateConsumer(ctx, logStream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       uint64(after) + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idleCursor,
	})
	if err != nil {
		return nil, err
	}
	return &cursor{consumer: consumer, name: consumer.CachedInfo().Name, after: after}, nil
}

// forget tells the server that a cursor is not needed, without waiting for an
// answer: if the word is lost, idleCursor does the rest.
func (l *eventLog) forget(cur *cursor) {
	if cur != nil {
		l.bus.nc.Publish("$JS.API.CONSUMER.DELETE."+logStream+"."+cur.name, nil)
	}
}

var errCursorLost = errors.New("the cursor lost a message")

// fill waits for the next message and takes with it what else is there.
func (l *eventLog) fill(ctx context.Context, cur *cursor, max int) ([]pipeline.Entry, error) {
	first, err := cur.consumer.Next(jetstream.FetchContext(endless{ctx}))
	if errors.Is(err, nats.ErrTimeout) {
		return nil, nil // nothing for half a minute: ask again
	}
	if err != nil {
		return nil, err
	}
	entries, pending, err := l.take(cur, first, nil)
	if err != nil || pending == 0 || max == 1 {
		return entries, err
	}
	more, err := cur.consumer.FetchNoWait(min(max-1, int(min(pending, pipeline.MaxAppend))))
	if err != nil {
		return entries, err
	}
	for m := range more.Messages() {
		if entries, _, err = l.take(cur, m, entries); err != nil {
			return entries, err
		}
	}
	return entries, more.Error()
}

// take adds one message to the entries. It refuses one that does not follow the
// one before: the server numbers what it sends to a cursor.
func (l *eventLog) take(cur *cursor, m jetstream.Msg, entries []pipeline.Entry) (_ []pipeline.Entry, pending uint64, err error) {
	meta, err := m.Metadata()
	if err != nil {
		return entries, 0, err
	}
	if meta.Sequence.Consumer != cur.delivered+1 {
		return entries, 0, errCursorLost
	}
	cur.delivered++
	cur.after = pipeline.Position(meta.Sequence.Stream)
	e, err := decode(m.Subject(), cur.after, m.Data())
	if err != nil {
		l.unread.note(cur.after, err)
		return entries, meta.NumPending, nil
	}
	return append(entries, e), meta.NumPending, nil
}

// endless hides a deadline, which the client library would take for the time to
// wait on the server's side. The context's end still ends the waiting.
type endless struct{ context.Context }

// Deadline implements [context.Context].
func (endless) Deadline() (time.Time, bool) { return time.Time{}, false }
