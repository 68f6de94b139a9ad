package fetch

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// A body that is being waited for must bring minProgress bytes (decompressed)
// between two looks at it.
const (
	lookEvery   = 15 * time.Second
	minProgress = 1 << 10
)

// guard is a response's body with its limits: how many bytes, how long, and how
// slowly. Its watch runs from the request's start until end.
type guard struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	client *Client
	host   string
	slot   *host // which is given back at the end
	once   sync.Once
	done   chan struct{} // closed when watch has returned

	body      io.ReadCloser
	left, max int64

	receiving atomic.Bool  // the header is there
	reading   atomic.Bool  // somebody waits in Read
	got       atomic.Int64 // bytes read
}

// guard begins to watch over a request, and has it end with ctx.
func (c *Client) guard(ctx context.Context, name string, slot *host) *guard {
	ctx, cancel := context.WithCancelCause(ctx)
	g := &guard{
		ctx: ctx, cancel: cancel, client: c, host: name, slot: slot,
		left: c.options.MaxBody, max: c.options.MaxBody, done: make(chan struct{}),
	}
	go g.watch(c.options.Clock, c.options.Timeout)
	return g
}

// watch ends the request after timeout, or when a reader waits and next to
// nothing comes. A reader who does not read is not the server's fault.
func (g *guard) watch(clock pipeline.Clock, timeout time.Duration) {
	defer close(g.done)
	for waited := time.Duration(0); waited < timeout; {
		before, step := g.got.Load(), min(lookEvery, timeout-waited)
		dripping := g.receiving.Load() && g.reading.Load()
		if clock.Sleep(g.ctx, step) != nil {
			return
		}
		waited += step
		if n := g.got.Load() - before; step == lookEvery && dripping && g.reading.Load() && n < minProgress {
			g.cancel(fmt.Errorf("%w: %d bytes in %v", ErrSlow, n, step))
			return
		}
	}
	g.cancel(fmt.Errorf("%w: not done after %v", ErrSlow, timeout))
}

// Read reads decompressed bytes until the limit is passed.
func (g *guard) Read(p []byte) (int, error) {
	if int64(len(p)) > g.left+1 {
		p = p[:g.left+1]
	}
	g.reading.Store(true)
	n, err := g.body.Read(p)
	g.reading.Store(false)
	g.got.Add(int64(n))
	if g.left -= int64(n); g.left < 0 {
		n += int(g.left)
		g.left = 0
		return n, fmt.Errorf("%w: more than %d MB", ErrTooLarge, g.max>>20)
	}
	if err != nil && err != io.EOF {
		err = g.explain(err)
	}
	return n, err
}

// Close gives the host's slot back.
func (g *guard) Close() error {
	err := g.body.Close()
	g.end()
	return err
}

// end stops the watch and waits for it.
func (g *guard) end() {
	g.once.Do(func() {
		g.cancel(nil)
		<-g.done
		g.client.hosts.release(g.host, g.slot)
	})
}

// explain puts our own reason for ending a request in front of the "context
// canceled" that it looks like from inside.
func (g *guard) explain(err error) error {
	if cause := context.Cause(g.ctx); cause != nil && cause != g.ctx.Err() {
		return cause
	}
	return err
}
