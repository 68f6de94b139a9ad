package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	logStream    = "FILMWIRE_LOG"
	pollStream   = "FILMWIRE_POLL"
	pollConsumer = "pollers"
	stateBucketN = "filmwire-state"
	stateStream  = "KV_" + stateBucketN

	// pollWindow is how long a second post of one slot is recognised. It bounds by
	// how much the clocks of two daemons may differ.
	pollWindow = 2 * time.Hour
	// pollMaxAge is when a job that nobody took is forgotten.
	pollMaxAge = 24 * time.Hour
	// maxState is the largest value of the state, in bytes.
	maxState = 4 << 20

	retryFirst = 100 * time.Millisecond
	retryLast  = 2 * time.Second
)

// store is what the streams are reached by.
type store struct {
	state jetstream.KeyValue
	polls jetstream.Consumer
}

// ensureStreams makes the streams, or brings those that are there up to what this
// version needs. An external server may still be choosing a leader: it is asked
// again until ctx ends.
func (b *Bus) ensureStreams(ctx context.Context) (store, error) {
	var s store
	for wait := retryFirst; ; wait = min(2*wait, retryLast) {
		err := b.ensureOnce(ctx, &s)
		if err == nil || b.opts.URL == "" || !notYet(err) {
			return s, err
		}
		b.opts.Log.Debug("the log is not ready", "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return s, errors.Join(err, ctx.Err())
		}
	}
}

// notYet recognises the answers of a cluster that is starting.
func notYet(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code == 503
	}
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded)
}

func (b *Bus) ensureOnce(ctx context.Context, s *store) (err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := b.ensureStream(ctx, b.logConfig()); err != nil {
		return err
	}
	if err := b.ensureStream(ctx, b.pollConfig()); err != nil {
		return err
	}
	if s.state, err = b.ensureState(ctx); err != nil {
		return err
	}
	if b.attached() {
		s.polls, err = b.js.Consumer(ctx, pollStream, pollConsumer)
	} else {
		s.polls, err = b.js.CreateOrUpdateConsumer(ctx, pollStream, jetstream.ConsumerConfig{
			Durable:   pollConsumer,
			AckPolicy: jetstream.AckExplicitPolicy,
			AckWait:   b.opts.AckWait,
		})
	}
	if err != nil {
		return fmt.Errorf("log: consumer %s: %w", pollConsumer, err)
	}
	return nil
}

func (b *Bus) logConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               logStream,
		Description:        "Filmwire's log of review and film events",
		Subjects:           []string{allReviews, allFilms},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardOld,
		MaxMsgsPerSubject:  int64(b.opts.KeepRevisions),
		Replicas:           b.opts.Replicas,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
}

func (b *Bus) pollConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        pollStream,
		Description: "Filmwire's polls to do",
		Subjects:    []string{allPolls},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.WorkQueuePolicy,
		Discard:     jetstream.DiscardOld,
		Duplicates:  pollWindow,
		MaxAge:      pollMaxAge,
		Replicas:    b.opts.Replicas,
	}
}

// ensureStream makes a stream, or raises one that is there to what is wanted. Who
// is attached to another process leaves that one's streams alone.
func (b *Bus) ensureStream(ctx context.Context, want jetstream.StreamConfig) error {
	st, err := b.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if _, err = b.js.CreateStream(ctx, want); err != nil {
			return fmt.Errorf("log: create stream %s: %w", want.Name, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("log: stream %s: %w", want.Name, err)
	}
	have := st.CachedInfo().Config
	if have.Storage != want.Storage || have.Retention != want.Retention {
		return fmt.Errorf("log: stream %s has %v storage and %v retention, want %v and %v: it belongs to something else; use another NATS account",
			want.Name, have.Storage, have.Retention, want.Storage, want.Retention)
	}
	changed, left := raise(&have, want)
	if len(left) > 0 && !b.attached() {
		b.opts.Log.Warn("the log keeps more than the config asks for; left as it is", "stream", want.Name, "settings", strings.Join(left, ", "))
	}
	return b.update(ctx, have, changed)
}

func (b *Bus) update(ctx context.Context, config jetstream.StreamConfig, changed []string) error {
	if len(changed) == 0 || b.attached() {
		return nil
	}
	if _, err := b.js.UpdateStream(ctx, config); err != nil {
		return fmt.Errorf("log: stream %s: change %s: %w", config.Name, strings.Join(changed, ", "), err)
	}
	b.opts.Log.Info("the log was changed to what the config asks for", "stream", config.Name, "settings", strings.Join(changed, ", "))
	return nil
}

// raise changes in have what is missing of want. It never takes away: what an
// operator has set higher is named in left.
func raise(have *jetstream.StreamConfig, want jetstream.StreamConfig) (changed, left []string) {
	for _, subject := range want.Subjects {
		if !slices.Contains(have.Subjects, subject) {
			have.Subjects = append(slices.Clone(have.Subjects), subject)
			changed = append(changed, "subjects")
		}
	}
	number := func(name string, have *int64, want int64) {
		switch {
		case *have > 0 && *have < want: // 0 and -1 are no limit
			*have = want
			changed = append(changed, name)
		case *have != want && want > 0:
			left = append(left, fmt.Sprintf("%s %d instead of %d", name, *have, want))
		}
	}
	number("revisions", &have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	replicas := int64(have.Replicas)
	number("replicas", &replicas, int64(want.Replicas))
	have.Replicas = int(replicas)
	if want.Duplicates > have.Duplicates {
		have.Duplicates = want.Duplicates
		changed = append(changed, "duplicate window")
	}
	if want.AllowDirect && !have.AllowDirect {
		have.AllowDirect = true
		changed = append(changed, "direct reading")
	}
	if want.AllowAtomicPublish && !have.AllowAtomicPublish {
		have.AllowAtomicPublish = true
		changed = append(changed, "atomic batches")
	}
	return changed, left
}

func (b *Bus) ensureState(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, stateBucketN)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:         stateBucketN,
			Description:    "Filmwire's checkpoints, cursors and quarantine",
			History:        1,
			Replicas:       b.opts.Replicas,
			Storage:        jetstream.FileStorage,
			LimitMarkerTTL: tombstoneLife,
		})
		if err != nil {
			return nil, fmt.Errorf("log: create bucket %s: %w", stateBucketN, err)
		}
		return kv, nil
	}
	if err != nil {
		return nil, fmt.Errorf("log: bucket %s: %w", stateBucketN, err)
	}
	st, err := b.js.Stream(ctx, stateStream)
	if err != nil {
		return nil, fmt.Errorf("log: bucket %s: %w", stateBucketN, err)
	}
	have := st.CachedInfo().Config
	changed, _ := raise(&have, jetstream.StreamConfig{Replicas: b.opts.Replicas})
	return kv, b.update(ctx, have, changed)
}
