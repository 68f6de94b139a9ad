package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

// jobQueue is the work queue FILMWIRE_POLL.
type jobQueue struct {
	bus   *Bus
	polls jetstream.Consumer
	fault fault
}

// poll is the body of a job's message.
type poll struct {
	Source string `json:"source"`
	Slot   string `json:"slot"`
}

// Post implements [pipeline.Jobs]. A slot is known again for two hours.
func (q *jobQueue) Post(ctx context.Context, source, slot string) error {
	ctx, end, err := q.bus.beginWrite(ctx)
	if err != nil {
		return fmt.Errorf("jobs: post %s@%s: %w", source, slot, err)
	}
	defer end()
	body, err := json.Marshal(poll{Source: source, Slot: slot})
	if err != nil {
		return fmt.Errorf("jobs: post %s@%s: %w", source, slot, err)
	}
	_, err = q.bus.js.Publish(ctx, pollPrefix+token(source), body, jetstream.WithMsgID(headerValue(source+"@"+slot)))
	if q.fault.note(ctx, err); err != nil {
		return fmt.Errorf("jobs: post %s@%s: %w", source, slot, q.bus.explain(ctx, err))
	}
	return nil
}

// Take implements [pipeline.Jobs].
func (q *jobQueue) Take(ctx context.Context) (pipeline.Job, error) {
	ctx, end, err := q.bus.beginWait(ctx)
	if err != nil {
		return nil, fmt.Errorf("jobs: take: %w", err)
	}
	defer end()
	for {
		m, err := q.polls.Next(jetstream.FetchContext(endless{ctx}))
		if cause := context.Cause(ctx); err != nil && cause != nil {
			return nil, fmt.Errorf("jobs: take: %w", cause)
		}
		switch {
		case err == nil:
			if j := q.accept(m); j != nil {
				return j, nil
			}
		case errors.Is(err, nats.ErrTimeout): // nothing for half a minute
		case passing(err):
			if err := pause(ctx, readRetry); err != nil {
				return nil, fmt.Errorf("jobs: take: %w", err)
			}
		default:
			return nil, fmt.Errorf("jobs: take: %w", err)
		}
	}
}

// accept makes a job of a message, nil of one that is none: it will never be.
func (q *jobQueue) accept(m jetstream.Msg) *job {
	j := &job{bus: q.bus, msg: m}
	if err := json.Unmarshal(m.Data(), &j.poll); err != nil || j.poll.Source == "" {
		q.bus.opts.Log.Warn("a poll job cannot be read and is dropped", "subject", m.Subject(), "err", err)
		if err := m.Term(); err != nil {
			q.bus.opts.Log.Warn("a poll job cannot be dropped", "subject", m.Subject(), "err", err)
		}
		return nil
	}
	return j
}

// job is one poll that this process has taken.
type job struct {
	bus  *Bus
	msg  jetstream.Msg
	poll poll
}

// Source implements [pipeline.Job].
func (j *job) Source() string { return j.poll.Source }

// Slot implements [pipeline.Job].
func (j *job) Slot() string { return j.poll.Slot }

// Working implements [pipeline.Job].
func (j *job) Working(ctx context.Context) error {
	_, end, err := j.bus.begin(ctx)
	if err == nil {
		defer end()
		err = j.msg.InProgress()
	}
	if err != nil {
		return fmt.Errorf("job %s@%s: working: %w", j.poll.Source, j.poll.Slot, err)
	}
	return nil
}

// Done implements [pipeline.Job]. It returns when the server has taken note.
func (j *job) Done(ctx context.Context) error {
	ctx, end, err := j.bus.begin(ctx)
	if err == nil {
		defer end()
		err = j.msg.DoubleAck(ctx)
	}
	if err != nil {
		return fmt.Errorf("job %s@%s: done: %w", j.poll.Source, j.poll.Slot, err)
	}
	return nil
}
