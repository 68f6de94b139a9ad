package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// OpenMessages implements [pipeline.OpenMessages]. Without a URL the messages go
// over the log's own connection.
func (b *Bus) OpenMessages(s pipeline.MessageServer) (pipeline.Messages, error) {
	m := &messages{bus: b, nc: b.nc, js: b.js}
	if s.URL == "" {
		return m, nil
	}
	opts := Options{URL: s.URL, Credentials: string(s.Credentials), Token: s.Token, Log: b.opts.Log}
	nc, err := nats.Connect(s.URL, externalOptions(opts)...)
	if err != nil {
		return nil, fmt.Errorf("messages: connect to NATS at %s: %w", redacted(s.URL), err)
	}
	m.nc, m.own = nc, nc
	if m.js, err = jetstream.New(nc, jetstream.WithDefaultTimeout(answerTimeout)); err != nil {
		nc.Close()
		return nil, fmt.Errorf("messages: %w", err)
	}
	return m, nil
}

// messages implements [pipeline.Messages].
type messages struct {
	bus *Bus
	nc  *nats.Conn
	js  jetstream.JetStream
	own *nats.Conn // to be closed; nil where it is the log's
}

var errLogsOwn = errors.New("the subjects under filmwire are the log's own")

// message is an event on its way, like those on the log.
func message(to pipeline.Address, e *review.Event) (*nats.Msg, error) {
	words := make([]string, len(to))
	for i, w := range to {
		words[i] = token(w)
	}
	m := &nats.Msg{Subject: strings.Join(words, "."), Header: header(nil, e.CloudEvent()), Data: e.AppendJSON(nil)}
	if len(to) == 0 || words[0] == "filmwire" {
		return nil, fmt.Errorf("messages: %s: %w", m.Subject, errLogsOwn)
	}
	return m, nil
}

// do sends one message by send, within the time that a server may take.
func (s *messages) do(ctx context.Context, to pipeline.Address, e *review.Event, send func(context.Context, *nats.Msg) error) error {
	m, err := message(to, e)
	if err != nil {
		return err
	}
	ctx, end, err := s.bus.begin(ctx)
	if err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	defer end()
	err = send(ctx, m)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrMaxPayload):
		err = errors.Join(pipeline.ErrTooLarge, err)
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse):
		err = pipeline.ErrNobody
	}
	return fmt.Errorf("messages: %s: %w", m.Subject, s.bus.explain(ctx, err))
}

// Send implements [pipeline.Messages].
func (s *messages) Send(ctx context.Context, to pipeline.Address, e *review.Event) error {
	return s.do(ctx, to, e, func(ctx context.Context, m *nats.Msg) error {
		if err := s.nc.PublishMsg(m); err != nil {
			return err
		}
		return s.nc.FlushWithContext(ctx)
	})
}

// Store implements [pipeline.Messages].
func (s *messages) Store(ctx context.Context, to pipeline.Address, e *review.Event) error {
	return s.do(ctx, to, e, func(ctx context.Context, m *nats.Msg) error {
		_, err := s.js.PublishMsg(ctx, m, jetstream.WithMsgID(e.EventID), jetstream.WithRetryAttempts(0))
		return err
	})
}

// Ask implements [pipeline.Messages].
func (s *messages) Ask(ctx context.Context, to pipeline.Address, e *review.Event) (reply []byte, err error) {
	err = s.do(ctx, to, e, func(ctx context.Context, m *nats.Msg) error {
		r, err := s.nc.RequestMsgWithContext(ctx, m)
		if err == nil {
			reply = r.Data
		}
		return err
	})
	return reply, err
}

// Close implements [pipeline.Messages].
func (s *messages) Close() error {
	if s.own != nil {
		s.own.Close()
	}
	return nil
}
