package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// askPrefix is followed by the name that answers.
const askPrefix = "filmwire.ask."

// ErrNobody is what Ask returns, wrapped, when nobody answers to the name.
var ErrNobody = errors.New("nobody answers")

// Answer has f answer what others ask of a name, one question at a time, until the
// bus is closed or stop is called, which waits for the question under way.
func (b *Bus) Answer(name string, f func(question []byte) []byte) (stop func(), err error) {
	if err := b.enter(context.Background()); err != nil {
		return nil, fmt.Errorf("answer to %s: %w", name, err)
	}
	questions := make(chan *nats.Msg, 8)
	sub, err := b.nc.ChanSubscribe(askPrefix+token(name), questions)
	if err == nil {
		err = b.nc.Flush() // nobody asks before the server knows
	}
	if err != nil {
		b.calls.Done()
		return nil, fmt.Errorf("answer to %s: %w", name, err)
	}
	leave, cancel := context.WithCancel(b.closing)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer b.calls.Done()
		answer := func(m *nats.Msg) {
			if err := m.Respond(f(m.Data)); err != nil {
				b.opts.Log.Warn("a question could not be answered", "name", name, "err", err)
			}
		}
		for {
			select {
			case m := <-questions:
				answer(m)
			case <-leave.Done():
				b.leave(sub, questions, answer)
				return
			}
		}
	}()
	return func() { cancel(); <-ended }, nil
}

// leaving is how long the server may take to hear that nobody answers to a name.
const leaving = 2 * time.Second

// leave has the server know that nobody answers any more, and answers what it sent
// before: else whoever asked then would wait for ever.
func (b *Bus) leave(sub *nats.Subscription, questions <-chan *nats.Msg, answer func(*nats.Msg)) {
	err := sub.Drain()
	if err == nil {
		err = b.nc.FlushTimeout(leaving)
	}
	if err != nil {
		b.opts.Log.Debug("nobody answers any more, and the server does not know", "err", err)
	}
	for {
		select {
		case m := <-questions:
			answer(m)
		default:
			return
		}
	}
}

// Ask asks whoever answers to a name, in this process or another, and waits for the
// answer until ctx ends. ErrNobody: there is no such one now.
func (b *Bus) Ask(ctx context.Context, name string, question []byte) ([]byte, error) {
	ctx, end, err := b.beginWait(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", name, err)
	}
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lost := b.nc.StatusChanged(nats.CLOSED)
	defer b.nc.RemoveStatusListener(lost)
	go func() {
		select {
		case <-lost:
			cancel(errors.New("the one that was asked went away"))
		case <-ctx.Done():
		}
	}()
	m, err := b.nc.RequestWithContext(ctx, askPrefix+token(name), question)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("ask %s: %w", name, ErrNobody)
	case err != nil:
		return nil, fmt.Errorf("ask %s: %w", name, b.explain(ctx, err))
	}
	return m.Data, nil
}
