// Package views keeps the derived state of all views in one local Pebble store.
// It is the only importer of Pebble. Everything in the store can be made again
// from the log, so it may be deleted at any time, and a store that cannot be
// read is put aside and begun anew. It holds no original state.
//
// Keys are prefixed by view: the view's name, a zero byte, then "=" and the name
// of a thing the store keeps itself (the position), or "/" and the view's own key.
package views

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filmwire/filmwire/pipeline"
)

// Store is the Pebble store.
type Store struct {
	db *pebble.DB
}

// What Pebble may keep in memory: of the store, and of what was written last,
// twice at most. A small store uses little of either. With half the cache, the
// indexes and filters of a million rows push each other out, and unpacking them
// again takes more time than all else; with a quarter of the latter, what is
// written is merged with the rest four times as often.
const (
	cacheSize    = 64 << 20
	memTableSize = 16 << 20
)

// Open opens or makes the store in dir. A store that is damaged is renamed to
// dir.broken, with a warning, and made anew.
func Open(dir string, log *slog.Logger) (*Store, error) {
	store, err := open(dir, vfs.Default)
	if err == nil || !pebble.IsCorruptionError(err) {
		return store, err
	}
	aside := dir + ".broken"
	log.Warn("the views' store is damaged and is made anew from the log", "folder", dir, "aside", aside, "err", err)
	if err := errors.Join(os.RemoveAll(aside), os.Rename(dir, aside)); err != nil {
		return nil, fmt.Errorf("views: put %s aside: %w", dir, err)
	}
	return open(dir, vfs.Default)
}

// OpenMemory makes a store that lives in memory.
func OpenMemory() (*Store, error) { return open("views", vfs.NewMem()) }

func open(dir string, fs vfs.FS) (*Store, error) {
	cache := pebble.NewCache(cacheSize)
	defer cache.Unref()
	options := &pebble.Options{
		FS: fs, Cache: cache, Logger: quiet{}, MemTableSize: memTableSize,
		// Blocks in columns take less time to search than those in rows. A store in
		// an older format is read, and written anew as it changes.
		FormatMajorVersion: pebble.FormatValueSeparation,
	}
	// Most keys that a first import asks for are not there: a Bloom filter of ten
	// bits a key says so without reading a block. Other levels take this one's.
	options.Levels[0] = pebble.LevelOptions{FilterPolicy: bloom.FilterPolicy(10), IndexBlockSize: 256 << 10}
	db, err := pebble.Open(dir, options)
	if err != nil {
		return nil, fmt.Errorf("views: open %s: %w", dir, err)
	}
	return &Store{db: db}, nil
}

// Close closes the store. Nothing may use it any more.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("views: close: %w", err)
	}
	return nil
}

// View opens the state of one view.
func (s *Store) View(name string) pipeline.ViewState {
	return &viewState{db: s.db, name: name}
}

// Views lists the names of the views that have state, sorted.
func (s *Store) Views() ([]string, error) {
	iter, err := s.db.NewIter(nil)
	if err != nil {
		return nil, fmt.Errorf("views: list: %w", err)
	}
	defer iter.Close()
	var names []string
	for ok := iter.First(); ok; {
		name, _, _ := strings.Cut(string(iter.Key()), "\x00")
		names = append(names, name)
		ok = iter.SeekGE([]byte(name + "\x01"))
	}
	sort.Strings(names)
	return names, iter.Error()
}

// Drop deletes all state of a view.
func (s *Store) Drop(name string) error {
	if err := s.db.DeleteRange([]byte(name+"\x00"), []byte(name+"\x01"), pebble.NoSync); err != nil {
		return fmt.Errorf("views: drop %s: %w", name, err)
	}
	return nil
}

// viewState is one view's part of the store.
type viewState struct {
	db   *pebble.DB
	name string

	mu  sync.Mutex
	err error
}

func (v *viewState) prefix() string      { return v.name + "\x00/" }
func (v *viewState) positionKey() []byte { return []byte(v.name + "\x00=position") }

// Position is how far the view has come.
func (v *viewState) Position() (pipeline.Position, error) {
	value, closer, err := v.db.Get(v.positionKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("views: position of %s: %w", v.name, err)
	}
	defer closer.Close()
	if len(value) != 8 {
		return 0, fmt.Errorf("views: position of %s has %d bytes, want 8", v.name, len(value))
	}
	return pipeline.Position(binary.BigEndian.Uint64(value)), nil
}

// Begin starts a batch.
func (v *viewState) Begin() pipeline.Batch {
	b := &batch{view: v, batch: v.db.NewIndexedBatch()}
	b.reader = reader{from: b.batch, prefix: v.prefix(), note: b.note}
	return b
}

// Err is the first error any read met.
func (v *viewState) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

func (v *viewState) note(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.err = err
	}
}

func (v *viewState) reader() reader { return reader{from: v.db, prefix: v.prefix(), note: v.note} }

// Get, Scan and ScanBack read what is committed.
func (v *viewState) Get(key string) ([]byte, bool) { return v.reader().Get(key) }

// Scan reads forwards.
func (v *viewState) Scan(prefix string, f func(string, []byte) bool) { v.reader().Scan(prefix, f) }

// ScanBack reads backwards.
func (v *viewState) ScanBack(prefix string, f func(string, []byte) bool) {
	v.reader().ScanBack(prefix, f)
}

// quiet keeps Pebble's own chatter out of the log.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf("views: pebble: "+format, args...))
}
