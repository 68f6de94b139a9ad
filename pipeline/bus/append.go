package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/filmwire/filmwire/pipeline"
)

// batchFrom is the size from which a group is cheaper as one atomic batch: a batch
// costs a fixed 20 ms or so, and a single event about one sync of the disk.
const batchFrom = 20

// Append implements [pipeline.Log]. Groups of 20 and more go in all or none.
func (l *eventLog) Append(ctx context.Context, events []pipeline.Append) ([]pipeline.Position, error) {
	if len(events) == 0 {
		return nil, nil
	}
	if len(events) > pipeline.MaxAppend {
		return nil, fmt.Errorf("log: append: %d events at once, at most %d", len(events), pipeline.MaxAppend)
	}
	g := l.groups.Get().(*group)
	defer l.release(g)
	if err := g.encode(events, l.bus.nc.MaxPayload()); err != nil {
		return nil, fmt.Errorf("log: append: %w", err)
	}
	for i, e := range events {
		g.msgs[i].Header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(uint64(e.After), 10)}
	}
	if len(events) < batchFrom {
		return l.appendEach(ctx, events, g)
	}
	return l.appendBatch(ctx, g)
}

// largestKept is the size up to which the buffer of a group is used again.
const largestKept = 16 << 20

func (l *eventLog) release(g *group) {
	if g.bodies.Cap() > largestKept {
		return
	}
	g.bodies.Reset()
	l.groups.Put(g)
}

// appendEach puts a small group on the log one by one, and stops at the first that
// does not go in.
func (l *eventLog) appendEach(ctx context.Context, events []pipeline.Append, g *group) ([]pipeline.Position, error) {
	positions := make([]pipeline.Position, 0, len(events))
	for i := range g.msgs {
		at, err := l.appendOne(ctx, g, i)
		if err != nil {
			return positions, fmt.Errorf("log: append: %s after position %d: %w", events[i].Subject(), events[i].After, err)
		}
		positions = append(positions, at)
	}
	return positions, nil
}

func (l *eventLog) appendOne(ctx context.Context, g *group, i int) (pipeline.Position, error) {
	ctx, end, err := l.bus.beginWrite(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	ack, err := l.bus.js.PublishMsg(ctx, &g.msgs[i])
	if l.fault.note(ctx, err); err != nil {
		return 0, l.refusal(ctx, err)
	}
	return pipeline.Position(ack.Sequence), nil
}

// appendBatch puts a group on the log all or none. Batches go one at a time: the
// server gains nothing from several, and keeps only so many open.
func (l *eventLog) appendBatch(ctx context.Context, g *group) ([]pipeline.Position, error) {
	select {
	case l.batching <- struct{}{}:
		defer func() { <-l.batching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, end, err := l.bus.beginWrite(ctx)
	if err != nil {
		return nil, fmt.Errorf("log: append: %w", err)
	}
	defer end()
	ack, err := l.publishBatch(ctx, g)
	if l.fault.note(ctx, err); err != nil {
		return nil, fmt.Errorf("log: append %d events: %w", len(g.msgs), l.refusal(ctx, err))
	}
	positions := make([]pipeline.Position, len(g.msgs))
	first := ack.Sequence - uint64(len(g.msgs)) + 1 // the server puts a batch in without a gap
	for i := range positions {
		positions[i] = pipeline.Position(first + uint64(i))
	}
	return positions, nil
}

func (l *eventLog) publishBatch(ctx context.Context, g *group) (*jetstreamext.BatchAck, error) {
	// The first message waits for an answer, so that a missing stream is noticed:
	// those that follow are published without one.
	batch, err := jetstreamext.NewBatchPublisher(l.bus.js)
	if err != nil {
		return nil, err
	}
	last := len(g.msgs) - 1
	for i := range last {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(err, batch.Discard())
		}
		if err := batch.AddMsg(&g.msgs[i]); err != nil {
			return nil, errors.Join(err, batch.Discard())
		}
	}
	return batch.CommitMsg(ctx, &g.msgs[last])
}

// refusal says what an error of a publish means.
func (l *eventLog) refusal(ctx context.Context, err error) error {
	if isConflict(err) {
		return fmt.Errorf("%w: %w", pipeline.ErrConflict, err)
	}
	return l.bus.explain(ctx, err)
}

// isConflict knows the server's two ways to say that a subject ends elsewhere: a
// replicated stream has one of its own.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
