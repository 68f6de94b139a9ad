package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

// ErrClosed is what calls on a closed bus return, wrapped.
var ErrClosed = errors.New("the log is closed")

// answerTimeout is how long the server may take to answer one request. It is
// long, because a disk that syncs slowly is not a fault; one that is full shows
// itself by no answer at all.
const answerTimeout = 10 * time.Second

// errNoAnswer tells a server that kept silent from a caller that gave up.
var errNoAnswer = fmt.Errorf("the server does not answer (waited %s)", answerTimeout)

// Options say where the log is.
type Options struct {
	// Dir is the data folder. The embedded server keeps its files in Dir/nats.
	Dir string
	// URL of a NATS server that runs elsewhere, several with commas; user and
	// password may stand in it. "" is the server inside this process.
	URL string
	// Credentials is the path of a .creds file for URL, "" for none.
	Credentials string
	// Token is a token for URL.
	Token pipeline.Secret
	// Replicas is how many servers of a cluster keep each thing, 1 if zero. What
	// is there already is never reduced.
	Replicas int
	// Listen is a host:port at which the embedded server takes connections of
	// other tools, without any password; port 0 takes a free one. "" opens none.
	Listen string
	// KeepRevisions is how many events of each review the log keeps, 16 if zero.
	// A log that keeps more already goes on doing so.
	KeepRevisions int
	// MaxStore is how many bytes the embedded server may fill. Zero takes what it
	// fills now and nine tenths of what is free on the disk.
	MaxStore int64
	// AckWait is after which silence of its taker a job goes to another, 30 s if zero.
	AckWait time.Duration
	// Attach allows to join the process that has the data folder open, instead of
	// being refused.
	Attach bool
	// Log takes what operators should know. The embedded server's own chatter goes
	// there at debug level.
	Log *slog.Logger
}

const (
	defaultRevisions = 16
	defaultAckWait   = 30 * time.Second
)

func (o Options) withDefaults() (Options, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Replicas < 1 || o.URL == "" {
		o.Replicas = 1
	}
	if o.KeepRevisions < 1 {
		o.KeepRevisions = defaultRevisions
	}
	if o.AckWait <= 0 {
		o.AckWait = defaultAckWait
	}
	if o.URL != "" {
		return o, nil
	}
	if o.Dir == "" {
		return o, errors.New("log: neither a data folder nor a NATS url is given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("log: data folder %s: %w", o.Dir, err)
	}
	o.Dir = dir
	return o, nil
}

// Bus is an open log with the state and the jobs that belong to it. Safe for use
// by many goroutines.
type Bus struct {
	opts Options
	nc   *nats.Conn
	js   jetstream.JetStream
	own  *ownServer // nil where the server runs elsewhere

	log  *eventLog
	kv   *stateBucket
	jobs *jobQueue

	closing context.Context // ends when Close begins
	shut    context.CancelFunc
	once    sync.Once
	closed  error

	mu     sync.Mutex // guards ending, and calls against a late Add
	ending bool
	calls  sync.WaitGroup
}

// Open opens the log and makes what is missing of it. It waits for an external
// server until ctx ends, with one line in the log. It fails when another process
// has the data folder open, unless opts.Attach.
func Open(ctx context.Context, opts Options) (*Bus, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{opts: opts}
	b.closing, b.shut = context.WithCancel(context.Background())
	if err := b.connect(ctx); err != nil {
		b.shut()
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// connect finds or starts the server and makes a connection to it.
func (b *Bus) connect(ctx context.Context) (err error) {
	if b.opts.URL != "" {
		b.nc, err = dialExternal(ctx, b.opts)
		return err
	}
	lock, err := takeFolder(b.opts.Dir)
	if errors.Is(err, errFolderTaken) && b.opts.Attach {
		b.nc, lock, err = attach(ctx, b.opts)
	}
	if err != nil || lock == nil {
		return err
	}
	b.own, err = startServer(ctx, b.opts, lock)
	if err != nil {
		return err
	}
	b.nc, err = dialOwn(b.opts, b.own.server)
	if err != nil {
		return errors.Join(err, b.own.stop())
	}
	return nil
}

// prepare makes the streams and hands out the ports.
func (b *Bus) prepare(ctx context.Context) error {
	js, err := jetstream.New(b.nc, jetstream.WithDefaultTimeout(answerTimeout))
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	b.js = js
	store, err := b.ensureStreams(ctx)
	if err != nil {
		return err
	}
	b.log = newEventLog(b)
	b.kv = &stateBucket{bus: b, kv: store.state}
	b.jobs = &jobQueue{bus: b, polls: store.polls}
	return nil
}

// Log is the log of events.
func (b *Bus) Log() pipeline.Log { return b.log }

// KV is the state that is not events.
func (b *Bus) KV() pipeline.KV { return b.kv }

// Jobs hands out polls.
func (b *Bus) Jobs() pipeline.Jobs { return b.jobs }

// Close ends the waiting calls with ErrClosed, waits for those that write, and
// stops the embedded server. Calls after the first wait for it and return the same.
func (b *Bus) Close() error {
	b.once.Do(func() {
		b.mu.Lock()
		b.ending = true
		b.mu.Unlock()
		b.shut()
		b.calls.Wait()
		b.nc.Close()
		if b.own != nil {
			b.closed = b.own.stop()
		}
	})
	return b.closed
}

// attached reports that the server is another process's own.
func (b *Bus) attached() bool { return b.own == nil && b.opts.URL == "" }

// begin opens one call: Close waits for its end. What the call asks of the server
// has answerTimeout.
func (b *Bus) begin(ctx context.Context) (context.Context, func(), error) {
	if err := b.enter(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, errNoAnswer)
	return ctx, func() { cancel(); b.calls.Done() }, nil
}

// beginWrite is begin for a call that writes. It does not wait for a server of our
// own that writes no more.
func (b *Bus) beginWrite(ctx context.Context) (context.Context, func(), error) {
	ctx, end, err := b.begin(ctx)
	if err != nil || b.own == nil {
		return ctx, end, err
	}
	writes := b.own.words.writes
	if cause := context.Cause(writes); cause != nil {
		end()
		return nil, nil, cause
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(writes, func() { cancel(context.Cause(writes)) })
	return ctx, func() { stop(); cancel(nil); end() }, nil
}

// explain says in our words why a call got no answer.
func (b *Bus) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("not connected to NATS at %s: %w", b.where(), err)
	case cause != nil && !errors.Is(err, cause):
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// beginWait opens a call that may wait for ever: Close cuts it short.
func (b *Bus) beginWait(ctx context.Context) (context.Context, func(), error) {
	if err := b.enter(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.closing, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil); b.calls.Done() }, nil
}

func (b *Bus) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ending {
		return ErrClosed
	}
	b.calls.Add(1)
	return nil
}
