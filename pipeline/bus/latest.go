package bus

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

// latestPage is how many events Latest holds in memory at once.
const latestPage = 250

// Latest implements [pipeline.Log].
func (l *eventLog) Latest(ctx context.Context, f func(pipeline.Entry) error) error {
	return l.latest(ctx, allReviews, f)
}

// Films implements [pipeline.Log].
func (l *eventLog) Films(ctx context.Context, f func(pipeline.Entry) error) error {
	return l.latest(ctx, allFilms, f)
}

func (l *eventLog) latest(ctx context.Context, subjects string, f func(pipeline.Entry) error) error {
	ctx, end, err := l.bus.beginWait(ctx)
	if err != nil {
		return fmt.Errorf("log: latest: %w", err)
	}
	defer end()
	consumer, err := l.listLast(ctx, subjects)
	if err != nil {
		return fmt.Errorf("log: latest: %w", err)
	}
	walk := &latest{log: l, cur: &cursor{consumer: consumer, name: consumer.CachedInfo().Name}, f: f, covered: map[[16]byte]struct{}{}}
	defer l.forget(walk.cur)
	if walk.bound, err = l.lastMessage(ctx); err != nil {
		return fmt.Errorf("log: latest: %w", err)
	}
	return walk.run(ctx)
}

// listLast makes a consumer of the last message of each subject that matches.
func (l *eventLog) listLast(ctx context.Context, subjects string) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return l.bus.js.CreateConsumer(ctx, logStream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		FilterSubject:     subjects,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idleCursor,
	})
}

// latest is one walk over the latest event of every review.
//
// The server lists the last message of each subject when the consumer is made, and
// goes on behind that with everything new. Two things may happen during the walk.
// A review may get a newer event, which would come as a second one of the same
// review: so the walk remembers which reviews it has handed on. And an event of
// the list may be pushed out by newer ones before its turn: then the first of
// those that is kept is behind the list, so the walk goes on to where the log
// ended when the list was through.
type latest struct {
	log     *eventLog
	cur     *cursor
	f       func(pipeline.Entry) error
	bound   uint64 // not below the end of the list
	covered map[[16]byte]struct{}
	beyond  bool // the list is through, and bound is the end of the log then
}

func (w *latest) run(ctx context.Context) error {
	for {
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("log: latest: %w", cause)
		}
		page, err := w.cur.consumer.FetchNoWait(latestPage)
		if err != nil {
			return fmt.Errorf("log: latest: %w", err)
		}
		got := 0
		for m := range page.Messages() {
			got++
			done, err := w.visit(ctx, m)
			if done || err != nil {
				return err
			}
		}
		if err := page.Error(); err != nil {
			return fmt.Errorf("log: latest: %w", err)
		}
		if got > 0 {
			continue
		}
		// Nothing more, or an answer that took too long: the library does not say.
		info, err := w.info(ctx)
		if err != nil {
			return fmt.Errorf("log: latest: %w", err)
		}
		if info.Delivered.Consumer != w.cur.delivered {
			return fmt.Errorf("log: latest: %w", errCursorLost)
		}
		if info.NumPending == 0 {
			return nil
		}
	}
}

func (w *latest) info(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return w.cur.consumer.Info(ctx)
}

// visit hands one event on if it is the first of its review in this walk.
func (w *latest) visit(ctx context.Context, m jetstream.Msg) (done bool, err error) {
	meta, err := m.Metadata()
	if err != nil {
		return false, fmt.Errorf("log: latest: %w", err)
	}
	if meta.Sequence.Consumer != w.cur.delivered+1 {
		return false, fmt.Errorf("log: latest: %w", errCursorLost)
	}
	w.cur.delivered++
	seq := meta.Sequence.Stream
	if seq > w.bound {
		if w.beyond {
			return true, nil
		}
		w.beyond = true
		if w.bound, err = w.log.lastMessage(ctx); err != nil {
			return false, fmt.Errorf("log: latest: %w", err)
		}
	}
	if w.again(m.Subject()) {
		return false, nil
	}
	e, err := decode(m.Subject(), pipeline.Position(seq), m.Data())
	if err != nil {
		w.log.unread.note(pipeline.Position(seq), err)
		return false, nil
	}
	return false, w.f(e)
}

// again notes a subject, by a fingerprint of 16 bytes, and reports whether this
// walk has been at it before.
func (w *latest) again(subject string) bool {
	sum := sha256.Sum256([]byte(subject))
	print := [16]byte(sum[:16])
	_, seen := w.covered[print]
	w.covered[print] = struct{}{}
	return seen
}
