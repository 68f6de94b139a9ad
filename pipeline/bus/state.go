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
	ctx, end, err := s.bus.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("state %s: %w", key, err)
	}
	defer end()
	entry, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("state %s: %w", key, pipeline.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("state %s: %w", key, err)
	}
	return entry.Value(), nil
}

// Put implements [pipeline.KV]. A value over 4 MiB is ErrTooLarge.
func (s *stateBucket) Put(ctx context.Context, key string, value []byte) error {
	ctx, end, err := s.bus.beginWrite(ctx)
	if err != nil {
		return fmt.Errorf("state %s: %w", key, err)
	}
	defer end()
	if limit := min(maxState, s.bus.nc.MaxPayload()-protocolRoom); int64(len(value)) > limit {
		return fmt.Errorf("state %s: %d bytes, at most %d: %w", key, len(value), limit, pipeline.ErrTooLarge)
	}
	_, err = s.kv.Put(ctx, key, value)
	if s.fault.note(ctx, err); err != nil {
		return fmt.Errorf("state %s: put: %w", key, s.bus.explain(ctx, err))
	}
	return nil
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
