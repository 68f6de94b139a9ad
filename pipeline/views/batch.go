package views

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filmwire/filmwire/pipeline"
)

// reader reads one view's keys from the store or from a batch on top of it.
type reader struct {
	from   pebble.Reader
	prefix string
	note   func(error)
}

// Get returns a value, and notes an error.
func (r reader) Get(key string) ([]byte, bool) {
	value, closer, err := r.from.Get([]byte(r.prefix + key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false
	}
	if err != nil {
		r.note(fmt.Errorf("views: get %q: %w", key, err))
		return nil, false
	}
	defer closer.Close()
	return append([]byte{}, value...), true
}

// Scan calls f in ascending order.
func (r reader) Scan(prefix string, f func(string, []byte) bool) {
	r.iterate(prefix, (*pebble.Iterator).First, (*pebble.Iterator).Next, f)
}

// ScanBack calls f in descending order.
func (r reader) ScanBack(prefix string, f func(string, []byte) bool) {
	r.iterate(prefix, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, f)
}

func (r reader) iterate(prefix string, start, step func(*pebble.Iterator) bool, f func(string, []byte) bool) {
	low := []byte(r.prefix + prefix)
	iter, err := r.from.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: after(low)})
	if err != nil {
		r.note(fmt.Errorf("views: scan %q: %w", prefix, err))
		return
	}
	defer iter.Close()
	for ok := start(iter); ok; ok = step(iter) {
		if !f(string(iter.Key()[len(r.prefix):]), iter.Value()) {
			break
		}
	}
	if err := iter.Error(); err != nil {
		r.note(fmt.Errorf("views: scan %q: %w", prefix, err))
	}
}

// after is the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// batch is a set of changes to one view.
type batch struct {
	reader
	view  *viewState
	batch *pebble.Batch
	err   error
}

func (b *batch) note(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Set writes a value.
func (b *batch) Set(key string, value []byte) {
	if err := b.batch.Set([]byte(b.prefix+key), value, nil); err != nil {
		b.note(fmt.Errorf("views: set %q: %w", key, err))
	}
}

// Delete removes a key.
func (b *batch) Delete(key string) {
	if err := b.batch.Delete([]byte(b.prefix+key), nil); err != nil {
		b.note(fmt.Errorf("views: delete %q: %w", key, err))
	}
}

// Commit keeps the changes and the position together. It does not wait for the
// disk: what a power cut takes is applied again from the log.
func (b *batch) Commit(at pipeline.Position) error {
	if b.err != nil {
		b.Discard()
		return b.err
	}
	position := binary.BigEndian.AppendUint64(nil, uint64(at))
	if err := b.batch.Set(b.view.positionKey(), position, nil); err != nil {
		return fmt.Errorf("views: commit %s: %w", b.view.name, err)
	}
	if err := b.batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("views: commit %s: %w", b.view.name, err)
	}
	b.batch = nil
	return nil
}

// Discard forgets the changes.
func (b *batch) Discard() {
	if b.batch != nil {
		b.batch.Close()
		b.batch = nil
	}
}
