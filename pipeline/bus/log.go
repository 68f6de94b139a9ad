package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// eventLog is the log of events: the stream FILMWIRE_LOG.
type eventLog struct {
	bus      *Bus
	fault    fault
	batching chan struct{} // holds one while a batch goes in
	groups   sync.Pool     // of *group
	cursors  cursors
	unread   unreadable

	mu   sync.Mutex // guards what follows
	last uint64     // the newest message when Head was asked last
	head uint64     // the newest event a reader gets, as of last
}

func newEventLog(b *Bus) *eventLog {
	return &eventLog{
		bus:      b,
		batching: make(chan struct{}, 1),
		groups:   sync.Pool{New: func() any { return new(group) }},
		unread:   unreadable{log: b.opts.Log, noted: map[pipeline.Position]bool{}},
	}
}

// At implements [pipeline.Log].
func (l *eventLog) At(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
	ctx, end, err := l.bus.begin(ctx)
	if err != nil {
		return pipeline.Entry{}, fmt.Errorf("log: position %d: %w", at, err)
	}
	defer end()
	subject, body, err := l.message(ctx, uint64(at))
	if err != nil {
		return pipeline.Entry{}, fmt.Errorf("log: position %d: %w", at, err)
	}
	e, err := decode(subject, at, body)
	if err != nil {
		return pipeline.Entry{}, fmt.Errorf("log: %w", err)
	}
	return e, nil
}

// message gets one message by its sequence, ErrNotFound if it is not there.
func (l *eventLog) message(ctx context.Context, seq uint64) (subject string, body []byte, err error) {
	if seq == 0 {
		return "", nil, pipeline.ErrNotFound
	}
	m, err := l.get(ctx, getRequest{Seq: seq})
	return m.subject, m.body, err
}

// stored is a message as the stream holds it.
type stored struct {
	seq     uint64
	subject string
	body    []byte
}

func (l *eventLog) get(ctx context.Context, r getRequest) (stored, error) {
	m, err := l.getDirect(ctx, r)
	if errors.Is(err, pipeline.ErrNotFound) && l.bus.opts.Replicas > 1 {
		// Any replica may have answered, one that lags too. The leader knows.
		return l.getLeader(ctx, r)
	}
	return m, err
}

// getRequest asks for the message at a sequence, or for the first one of a subject
// that stands there or behind.
type getRequest struct {
	Seq           uint64 `json:"seq"`
	NextBySubject string `json:"next_by_subj,omitempty"`
}

const (
	directGet = "$JS.API.DIRECT.GET." + logStream
	leaderGet = "$JS.API.STREAM.MSG.GET." + logStream
)

func (l *eventLog) getDirect(ctx context.Context, r getRequest) (stored, error) {
	request, err := json.Marshal(r)
	if err != nil {
		return stored{}, err
	}
	m, err := l.bus.nc.RequestWithContext(ctx, directGet, request)
	if err != nil {
		return stored{}, err
	}
	switch status := m.Header.Get("Status"); status {
	case "":
		seq, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
		return stored{seq: seq, subject: m.Header.Get(jetstream.SubjectHeader), body: m.Data}, err
	case "404":
		return stored{}, pipeline.ErrNotFound
	default:
		return stored{}, fmt.Errorf("the server answers %s %s", status, m.Header.Get("Description"))
	}
}

func (l *eventLog) getLeader(ctx context.Context, r getRequest) (stored, error) {
	request, err := json.Marshal(r)
	if err != nil {
		return stored{}, err
	}
	m, err := l.bus.nc.RequestWithContext(ctx, leaderGet, request)
	if err != nil {
		return stored{}, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return stored{}, fmt.Errorf("the server's answer: %w", err)
	}
	switch {
	case answer.Error == nil:
		return stored{seq: answer.Message.Seq, subject: answer.Message.Subject, body: answer.Message.Data}, nil
	case answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return stored{}, pipeline.ErrNotFound
	}
	return stored{}, answer.Error
}

// Revisions implements [pipeline.Log]. There are few, so they are asked for one by
// one. An event that cannot be read is passed over, as in Read.
func (l *eventLog) Revisions(ctx context.Context, source string, id review.ID) ([]pipeline.Entry, error) {
	ctx, end, err := l.bus.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("log: revisions of %s: %w", id, err)
	}
	defer end()
	var entries []pipeline.Entry
	next := getRequest{Seq: 1, NextBySubject: reviewSubject(source, id)}
	for {
		m, err := l.get(ctx, next)
		if errors.Is(err, pipeline.ErrNotFound) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("log: revisions of %s: %w", id, err)
		}
		next.Seq = m.seq + 1
		e, err := decode(m.subject, pipeline.Position(m.seq), m.body)
		if err != nil {
			l.unread.note(pipeline.Position(m.seq), err)
			continue
		}
		entries = append(entries, e)
	}
}

// Head implements [pipeline.Log]. An event this version cannot read does not
// count: no reader would ever get there.
func (l *eventLog) Head(ctx context.Context) (pipeline.Position, error) {
	ctx, end, err := l.bus.begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("log: head: %w", err)
	}
	defer end()
	l.mu.Lock()
	defer l.mu.Unlock()
	last, err := l.lastMessage(ctx)
	if err != nil {
		return 0, fmt.Errorf("log: head: %w", err)
	}
	if last != l.last {
		if err := l.findHead(ctx, last); err != nil {
			return 0, fmt.Errorf("log: head: %w", err)
		}
	}
	return pipeline.Position(l.head), nil
}

// findHead looks from the newest message backwards for one that readers get, no
// further than it has looked before.
func (l *eventLog) findHead(ctx context.Context, last uint64) error {
	head, floor := last, l.last
	if last < floor { // the stream was made anew
		l.head, floor = 0, 0
	}
	for ; head > floor; head-- {
		subject, body, err := l.message(ctx, head)
		if errors.Is(err, pipeline.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := decode(subject, pipeline.Position(head), body); err == nil {
			l.head = head
			break
		}
	}
	l.last = last
	return nil
}

func (l *eventLog) lastMessage(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	st, err := l.bus.js.Stream(ctx, logStream)
	if err != nil {
		return 0, err
	}
	return st.CachedInfo().State.LastSeq, nil
}

// unreadable tells of each event that could not be read once, however many
// readers pass it over.
type unreadable struct {
	log   *slog.Logger
	mu    sync.Mutex
	noted map[pipeline.Position]bool
}

// mostNoted bounds the memory of a reader whose writers are all newer.
const mostNoted = 1000

func (u *unreadable) note(at pipeline.Position, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.noted[at] || len(u.noted) > mostNoted {
		return
	}
	u.noted[at] = true
	if len(u.noted) > mostNoted {
		u.log.Warn("more events cannot be read; the rest is passed over without a line each", "position", at)
		return
	}
	u.log.Warn("an event on the log cannot be read and is passed over; was it written by a newer version?", "position", at, "err", err)
}

// noStream recognises that nobody keeps the log: the server has shut JetStream
// down, or the stream is gone.
func noStream(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound)
}
