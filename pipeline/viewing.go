package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// batchSize is how many entries a sink takes at once.
const batchSize = 1000

// Viewing follows the log with one view.
type Viewing struct {
	name  string
	view  View
	where *Where // nil keeps everything
	log   Log
	state ViewState
	store Store
	// Public is where documents stand. While the view catches up they wait, in
	// memory or, when they are many, in staging, so that no reader ever sees a feed
	// of the past. Both are nil for a view without documents.
	public, staging Tree
	waiting         map[string][]byte
	waitingSize     int
	maxWaiting      int
	pause           bool
	leftovers       *Leftovers
	logger          *slog.Logger
	clock           Clock

	// keeping is held while documents are written and their records committed.
	keeping sync.Mutex

	// target is the position up to which documents are staged.
	target   Position
	position atomic.Uint64
	failures atomic.Int64
}

// ViewingConfig is what following the log with a view takes.
type ViewingConfig struct {
	Name            string
	View            View
	Where           *Where
	Log             Log
	Store           Store
	Public, Staging Tree
	// MaxWaiting bounds the documents that wait in memory while the view catches
	// up, in bytes: 0 is 32 MB, below 0 none do.
	MaxWaiting int
	Pause      bool // leave everything as it is
	// Leftovers takes what stood before the view was made anew; nil is those of
	// Store. One store has one user of them at a time.
	Leftovers *Leftovers
	Logger    *slog.Logger
	Clock     Clock
}

// NewViewing prepares to follow. Call Prepare before anything else.
func NewViewing(c ViewingConfig) *Viewing {
	if c.MaxWaiting == 0 {
		c.MaxWaiting = defaultMaxWaiting
	}
	if c.Leftovers == nil {
		c.Leftovers = NewLeftovers(c.Store)
	}
	return &Viewing{
		leftovers: c.Leftovers,
		name:      c.Name, view: c.View, where: c.Where, log: c.Log, store: c.Store,
		state: c.Store.View(c.Name), public: c.Public, staging: c.Staging,
		waiting: map[string][]byte{}, maxWaiting: c.MaxWaiting, pause: c.Pause, logger: c.Logger.With("sink", c.Name), clock: c.Clock,
	}
}

// The engine keeps its own keys beside the view's.
const (
	viewKeys   = "v/"      // the view's own
	docKeys    = "doc/"    // path: hash and size of a document that is published
	stagedKeys = "staged/" // path: where the document waits to be published
	versionKey = "version" // the view's fingerprint

	inMemory  = "m"
	inStaging = "d"
	gone      = "-" // it waits to be removed
)

// Name is the sink's name.
func (v *Viewing) Name() string { return v.name }

// Paused reports that the config keeps the view where it is.
func (v *Viewing) Paused() bool { return v.pause }

// Position is how far the view has come.
func (v *Viewing) Position() Position { return Position(v.position.Load()) }

// Failures counts the batches that failed.
func (v *Viewing) Failures() int64 { return v.failures.Load() }

// Reader reads the view's own state as committed.
func (v *Viewing) Reader() Reader { return within{Reader: v.state, prefix: viewKeys} }

// Prepare makes the view anew where its options have changed or its documents
// are not as it left them, and publishes its standing documents at first.
func (v *Viewing) Prepare(ctx context.Context) error {
	if v.pause {
		position, err := v.state.Position()
		v.position.Store(uint64(position))
		return err
	}
	version, known := v.state.Get(versionKey)
	reason := ""
	switch {
	case known && string(version) != v.view.Version():
		reason = "its options changed"
	case known && !v.intact():
		reason = "its documents are not as it left them"
	}
	if reason != "" {
		v.logger.Info("view is made anew from the log", "reason", reason)
		if err := v.leftovers.Retire(v.name); err != nil {
			return err
		}
		known = false
	}
	if err := v.state.Err(); err != nil {
		return err
	}
	position, err := v.state.Position()
	if err != nil {
		return err
	}
	v.position.Store(uint64(position))
	head, err := v.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("view %q: %w", v.name, err)
	}
	if head > position+batchSize || head > 0 && !known {
		v.target = head
	}
	if !known {
		return v.apply(ctx, nil, position)
	}
	return nil
}

// intact reports whether every document stands as the view left it.
func (v *Viewing) intact() bool {
	if v.public == nil {
		return true
	}
	whole := true
	v.state.Scan(docKeys, func(key string, value []byte) bool {
		path := key[len(docKeys):]
		tree := v.public
		switch waits, _ := v.state.Get(stagedKeys + path); string(waits) {
		case inMemory: // of a process that is gone
			whole = false
			return false
		case inStaging:
			tree = v.staging
		}
		_, size, _ := strings.Cut(string(value), " ")
		stands, err := tree.Size(path)
		whole = err == nil && strconv.FormatInt(stands, 10) == size
		return whole
	})
	return whole
}

// Owns reports whether the view has published the document at path.
func (v *Viewing) Owns(path string) bool {
	_, ok := v.state.Get(docKeys + path)
	return ok
}

// Hold keeps the view from publishing documents until release is called. What it
// owns and what stands are one meanwhile.
func (v *Viewing) Hold() (release func()) {
	v.keeping.Lock()
	return v.keeping.Unlock
}

// Run follows the log until ctx ends. A batch that fails is tried again later;
// other sinks do not notice.
func (v *Viewing) Run(ctx context.Context) error {
	if v.pause {
		<-ctx.Done()
		return ctx.Err()
	}
	return follow(ctx, v.clock, func() error {
		entries, err := v.log.Read(ctx, v.Position(), batchSize)
		if err != nil {
			return err
		}
		return v.take(ctx, entries)
	}, func(attempt int, wait time.Duration, err error) {
		v.failures.Add(1)
		v.logger.Error("view cannot go on and will try again", "position", v.Position(), "attempt", attempt, "wait", wait, "err", err)
	})
}

// CatchUp applies everything up to the head of the log as it is now.
func (v *Viewing) CatchUp(ctx context.Context) error {
	if v.pause {
		return nil
	}
	head, err := v.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("view %q: %w", v.name, err)
	}
	for v.Position() < head {
		entries, err := v.log.Read(ctx, v.Position(), batchSize)
		if err != nil {
			return fmt.Errorf("view %q: %w", v.name, err)
		}
		if err := v.take(ctx, entries); err != nil {
			v.failures.Add(1)
			return err
		}
	}
	return nil
}

// take applies what was read.
func (v *Viewing) take(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	last := entries[len(entries)-1].Position
	if len(entries) == batchSize && v.target <= last {
		head, err := v.log.Head(ctx)
		if err != nil {
			return err
		}
		v.target = head
	}
	return v.apply(ctx, entries, last)
}

// apply gives a batch to the view and keeps documents, state and position.
func (v *Viewing) apply(ctx context.Context, entries []Entry, upTo Position) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("view %q: apply up to %d: %w", v.name, upTo, err)
		}
	}()
	batch := v.state.Begin()
	defer batch.Discard()
	docs := documents{}
	err = guarded(func() error {
		return v.view.Apply(ctx, sift(entries, v.where), within{Reader: batch, State: batch, prefix: viewKeys}, docs)
	})
	if err != nil {
		return err
	}
	v.keeping.Lock()
	defer v.keeping.Unlock()
	if err := v.keep(ctx, batch, docs, upTo < v.target); err != nil {
		return err
	}
	batch.Set(versionKey, []byte(v.view.Version()))
	if err := batch.Commit(upTo); err != nil {
		return err
	}
	v.position.Store(uint64(upTo))
	if upTo >= v.target {
		v.waiting, v.waitingSize = map[string][]byte{}, 0
	}
	return nil
}

// keep writes the documents of a batch, and those that waited. Files come before
// the commit: a crash between the two writes the same bytes again.
func (v *Viewing) keep(ctx context.Context, batch Batch, docs documents, stage bool) error {
	for path, content := range docs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if v.public == nil {
			return errors.New("a view without a tree made a document")
		}
		if err := v.keepOne(batch, path, content, stage); err != nil {
			return err
		}
	}
	if stage {
		return nil
	}
	return v.release(batch)
}

func (v *Viewing) keepOne(batch Batch, path string, content *[]byte, stage bool) error {
	record, had := batch.Get(docKeys + path)
	if content == nil {
		if !had {
			return nil
		}
		batch.Delete(docKeys + path)
		batch.Set(stagedKeys+path, []byte(gone))
		return nil
	}
	now := recordOf(*content)
	if had && string(record) == now {
		return nil
	}
	batch.Set(docKeys+path, []byte(now))
	if stage {
		where, err := v.stage(path, *content)
		batch.Set(stagedKeys+path, []byte(where))
		return err
	}
	if _, err := v.public.Write(path, *content); err != nil {
		return err
	}
	where, waits := batch.Get(stagedKeys + path)
	if !waits {
		return nil
	}
	batch.Delete(stagedKeys + path)
	if string(where) != inStaging {
		return nil
	}
	return v.staging.Remove(path)
}

// recordOf is what is remembered of a document: hash and size.
func recordOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16]) + " " + strconv.Itoa(len(content))
}

const defaultMaxWaiting = 32 << 20

// stage keeps a document until the view has caught up, and says where.
func (v *Viewing) stage(path string, content []byte) (where string, err error) {
	v.waitingSize -= len(v.waiting[path])
	delete(v.waiting, path)
	if v.waitingSize+len(content) > v.maxWaiting {
		_, err := v.staging.Write(path, content)
		return inStaging, err
	}
	v.waiting[path] = bytes.Clone(content)
	v.waitingSize += len(content)
	return inMemory, nil
}

// release publishes what waits.
func (v *Viewing) release(batch Batch) error {
	waiting := map[string]string{}
	batch.Scan(stagedKeys, func(key string, where []byte) bool {
		waiting[key[len(stagedKeys):]] = string(where)
		return true
	})
	for path, where := range waiting {
		if err := v.releaseOne(path, where); err != nil {
			return err
		}
		batch.Delete(stagedKeys + path)
	}
	return nil
}

func (v *Viewing) releaseOne(path, where string) error {
	switch where {
	case gone:
		return errors.Join(v.public.Remove(path), v.staging.Remove(path))
	case inMemory:
		_, err := v.public.Write(path, v.waiting[path])
		return err
	}
	content, err := v.staging.Read(path)
	if errors.Is(err, ErrNotFound) {
		return nil // published by a try that failed before its commit
	}
	if err != nil {
		return err
	}
	if _, err := v.public.Write(path, content); err != nil {
		return err
	}
	return v.staging.Remove(path)
}

// sift marks what a sink should show. Without a filter the entries are shared as
// they are, but for the mark.
func sift(entries []Entry, where *Where) []Entry {
	out := make([]Entry, len(entries))
	for i, e := range entries {
		e.Live = e.Review != nil && !e.Review.Gone() && (where == nil || where.Match(e.Review))
		out[i] = e
	}
	return out
}

// documents collects what a view makes in one batch: the last word on each path,
// nil for a removal.
type documents map[string]*[]byte

func (d documents) Put(path string, content []byte) { d[path] = &content }
func (d documents) Remove(path string)              { d[path] = nil }

// within is a state whose keys are kept apart by a prefix.
type within struct {
	Reader
	State  State
	prefix string
}

func (w within) Get(key string) ([]byte, bool) { return w.Reader.Get(w.prefix + key) }

func (w within) Scan(prefix string, f func(string, []byte) bool) {
	w.Reader.Scan(w.prefix+prefix, func(key string, value []byte) bool { return f(key[len(w.prefix):], value) })
}

func (w within) ScanBack(prefix string, f func(string, []byte) bool) {
	w.Reader.ScanBack(w.prefix+prefix, func(key string, value []byte) bool { return f(key[len(w.prefix):], value) })
}

func (w within) Set(key string, value []byte) { w.State.Set(w.prefix+key, value) }
func (w within) Delete(key string)            { w.State.Delete(w.prefix + key) }

// backoff is how long to wait before the nth try: 1 s, 2 s, 4 s ... 5 min.
func backoff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 10), 5*time.Minute)
}
