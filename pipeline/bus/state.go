package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

// tombstoneLife is how long the mark of a deleted key stays in the bucket. Nobody
// watches for it; it only keeps a delete as durable as a put.
const tombstoneLife = time.Hour

// stateBucket is the bucket filmwire-state.
type stateBucket struct {
	bus   *Bus
	kv    jetstream.KeyValue
	fault fault
}

// Get implements [pipeline.KV].
func (s *stateBucket) Get(ctx context.Context, key string) ([]byte, error) {
	value, _, err := s.Look(ctx, key)
	return value, err
}

// Look implements [pipeline.KV].
func (s *stateBucket) Look(ctx context.Context, key string) ([]byte, uint64, error) {
	ctx, end, err := s.bus.begin(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("state %s: %w", key, err)
	}
	defer end()
	entry, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, fmt.Errorf("state %s: %w", key, pipeline.ErrNotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("state %s: %w", key, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Put implements [pipeline.KV]. A value over 4 MiB is ErrTooLarge.
func (s *stateBucket) Put(ctx context.Context, key string, value []byte) error {
	_, err := s.write(ctx, key, value, func(ctx context.Context) (uint64, error) { return s.kv.Put(ctx, key, value) })
	return err
}

// Swap implements [pipeline.KV]. A value over 4 MiB is ErrTooLarge.
func (s *stateBucket) Swap(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return s.write(ctx, key, value, func(ctx context.Context) (uint64, error) {
		if revision == 0 {
			return s.kv.Create(ctx, key, value)
		}
		return s.kv.Update(ctx, key, value, revision)
	})
}

func (s *stateBucket) write(ctx context.Context, key string, value []byte, put func(context.Context) (uint64, error)) (uint64, error) {
	ctx, end, err := s.bus.beginWrite(ctx)
	if err != nil {
		return 0, fmt.Errorf("state %s: %w", key, err)
	}
	defer end()
	if limit := min(maxState, s.bus.nc.MaxPayload()-protocolRoom); int64(len(value)) > limit {
		return 0, fmt.Errorf("state %s: %d bytes, at most %d: %w", key, len(value), limit, pipeline.ErrTooLarge)
	}
	revision, err := put(ctx)
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, fmt.Errorf("state %s: %w", key, pipeline.ErrConflict)
	}
	if s.fault.note(ctx, err); err != nil {
		return 0, fmt.Errorf("state %s: put: %w", key, s.bus.explain(ctx, err))
	}
	return revision, nil
}

// Delete implements [pipeline.KV]. A key that is not there is no error.
func (s *stateBucket) Delete(ctx context.Context, key string) error {
	ctx, end, err := s.bus.beginWrite(ctx)
	if err != nil {
		return fmt.Errorf("state %s: %w", key, err)
	}
	defer end()
	err = s.kv.Purge(ctx, key, jetstream.PurgeTTL(tombstoneLife))
	if s.fault.note(ctx, err); err != nil {
		return fmt.Errorf("state %s: delete: %w", key, s.bus.explain(ctx, err))
	}
	return nil
}

// Keys implements [pipeline.KV]. The prefix "" is all keys.
func (s *stateBucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	if prefix != "" && !strings.HasSuffix(prefix, ".") {
		return nil, fmt.Errorf("state keys %q: a prefix ends in a dot", prefix)
	}
	ctx, end, err := s.bus.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("state keys %s: %w", prefix, err)
	}
	defer end()
	lister, err := s.kv.ListKeysFiltered(ctx, prefix+">")
	if err != nil {
		return nil, fmt.Errorf("state keys %s: %w", prefix, err)
	}
	var keys []string
	for key := range lister.Keys() {
		keys = append(keys, key)
	}
	if err := ctx.Err(); err != nil { // the listing ends early without a word
		return nil, fmt.Errorf("state keys %s: %w", prefix, err)
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}
