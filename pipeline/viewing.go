package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	published       func(paths []string)
	logger          *slog.Logger
	clock           Clock

	remaking sync.Mutex // over what follows
	remade   string     // the word under which the view was made last: see Remake
	abandon  context.CancelFunc

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
	// Published, which may be nil, is told which documents stand changed under
	// Public, or are gone from it, once that is kept. It must not wait: the view
	// does meanwhile.
	Published func(paths []string)
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
		name: c.Name, view: c.View, where: c.Where, log: c.Log, store: c.Store,
		state: c.Store.View(c.Name), public: c.Public, staging: c.Staging,
		waiting: map[string][]byte{}, maxWaiting: c.MaxWaiting, pause: c.Pause, published: c.Published, leftovers: c.Leftovers,
		logger: c.Logger.With("sink", c.Name), clock: c.Clock,
	}
}

// The engine keeps its own keys beside the view's.
const (
	viewKeys   = "v/"      // the view's own
	docKeys    = "doc/"    // path: the record of a document that is published
	goneKeys   = "gone/"   // path: there once the view has taken the document back
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
	case known && string(version) != v.version():
		reason = "its options changed, or somebody asked for it"
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
		stands, err := tree.Size(path)
		whole = err == nil && stands == parseRecord(value).size
		return whole
	})
	return whole
}

// Owns reports whether the view has published the document at path.
func (v *Viewing) Owns(path string) bool {
	_, ok := v.state.Get(docKeys + path)
	return ok
}

// Gone reports whether the view has taken the document at path back, and not put it
// again since.
func (v *Viewing) Gone(path string) bool {
	_, ok := v.state.Get(goneKeys + path)
	return ok
}

// Settled reports whether the view has published the document at path as one that
// stays as it is.
func (v *Viewing) Settled(path string) bool {
	text, ok := v.state.Get(docKeys + path)
	return ok && parseRecord(text).settled
}

// Documents counts those that the view has published.
func (v *Viewing) Documents() int {
	n := 0
	v.state.Scan(docKeys, func(string, []byte) bool {
		n++
		return true
	})
	return n
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
	return follow(ctx, v.clock, func() error { return v.step(ctx) }, func(attempt int, wait time.Duration, err error) {
		v.failures.Add(1)
		v.logger.Error("view cannot go on and will try again", "position", v.Position(), "attempt", attempt, "wait", wait, "err", err)
	})
}

// step applies the next entries, or makes the view anew if that was asked for.
func (v *Viewing) step(ctx context.Context) error {
	reading, abandon := context.WithCancel(ctx)
	defer abandon()
	v.remaking.Lock()
	v.abandon = abandon
	v.remaking.Unlock()
	if version, known := v.state.Get(versionKey); known && string(version) != v.version() {
		return v.Prepare(ctx)
	}
	entries, err := v.log.Read(reading, v.Position(), batchSize)
	if reading.Err() != nil && ctx.Err() == nil {
		return nil // to be made anew
	}
	if err != nil {
		return err
	}
	return v.take(ctx, entries)
}

// Remake has the view made anew from the log if it was not made under this word yet.
// A view that runs does it soon, another at its Prepare.
func (v *Viewing) Remake(word string) {
	v.remaking.Lock()
	defer v.remaking.Unlock()
	if v.remade == word {
		return
	}
	v.remade = word
	if v.abandon != nil {
		v.abandon()
	}
}

// version is what the view's documents depend on besides the log.
func (v *Viewing) version() string {
	v.remaking.Lock()
	defer v.remaking.Unlock()
	if v.remade == "" {
		return v.view.Version()
	}
	return v.view.Version() + " remade " + v.remade
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
	if len(entries) == batchSize {
		var err error
		if entries, err = v.gather(ctx, entries); err != nil {
			return err
		}
		last = entries[len(entries)-1].Position
	}
	return v.apply(ctx, entries, last)
}

// mostGathered bounds the texts of the entries that are applied at once, in bytes.
const mostGathered = 24 << 20

// gather reads on, towards the target, while what was read is not too much to hold:
// a document that many entries change is made once for all of them.
func (v *Viewing) gather(ctx context.Context, entries []Entry) ([]Entry, error) {
	size := sizeOf(entries)
	for last := entries[len(entries)-1].Position; last < v.target && size < mostGathered; {
		more, err := v.log.Read(ctx, last, batchSize)
		if err != nil {
			return nil, err
		}
		entries, size, last = append(entries, more...), size+sizeOf(more), more[len(more)-1].Position
	}
	return entries, nil
}

// sizeOf is roughly what entries take in memory, in bytes.
func sizeOf(entries []Entry) int {
	const bare = 1000
	size := bare * len(entries)
	for _, e := range entries {
		if r := e.Review; r != nil {
			size += len(r.BodyHTML) + len(r.BodyText) + len(r.Summary)
		}
	}
	return size
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
	changed, err := v.keep(ctx, batch, docs, upTo < v.target)
	if err != nil {
		return err
	}
	batch.Set(versionKey, []byte(v.version()))
	if err := batch.Commit(upTo); err != nil {
		return err
	}
	v.position.Store(uint64(upTo))
	if upTo >= v.target {
		v.waiting, v.waitingSize = map[string][]byte{}, 0
	}
	if v.published != nil && len(changed) > 0 {
		v.published(changed)
	}
	return nil
}

// keep writes the documents of a batch, and those that waited, and says which
// stand changed now. Files come before the commit: a crash between the two writes
// the same bytes again.
func (v *Viewing) keep(ctx context.Context, batch Batch, docs documents, stage bool) (changed []string, err error) {
	if len(docs) > 0 && v.public == nil {
		return nil, errors.New("a view without a tree made a document")
	}
	var writes []func() error
	for path, doc := range docs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		write, wrote := v.keepOne(batch, path, doc, stage)
		if write != nil {
			writes = append(writes, write)
		}
		if wrote {
			changed = append(changed, path)
		}
	}
	if !stage {
		released, more := v.release(batch)
		changed, writes = append(changed, released...), append(writes, more...)
	}
	return changed, together(ctx, writes)
}

// keepOne notes a document, and returns what is to be done with its file, nil for
// nothing. wrote says that it stands changed then.
func (v *Viewing) keepOne(batch Batch, path string, doc *document, stage bool) (write func() error, wrote bool) {
	text, had := batch.Get(docKeys + path)
	if doc == nil {
		batch.Set(goneKeys+path, nil)
		if had {
			batch.Delete(docKeys + path)
			batch.Set(stagedKeys+path, []byte(gone))
		}
		return nil, false
	}
	now := newRecord(doc.content, doc.facts)
	if had {
		before := parseRecord(text)
		if now = now.after(before); now == before {
			return nil, false
		}
	} else {
		batch.Delete(goneKeys + path)
	}
	batch.Set(docKeys+path, now.text())
	if stage {
		where, write := v.stage(path, doc.content)
		batch.Set(stagedKeys+path, []byte(where))
		return write, false
	}
	write = func() error { return v.publish(path, doc.content, now) }
	where, waits := batch.Get(stagedKeys + path)
	if !waits {
		return write, true
	}
	batch.Delete(stagedKeys + path)
	if string(where) != inStaging {
		return write, true
	}
	return func() error { return errors.Join(v.publish(path, doc.content, now), v.staging.Remove(path)) }, true
}

// publish writes a document where it is served.
func (v *Viewing) publish(path string, content []byte, r record) error {
	var err error
	if r.modified == 0 {
		_, err = v.public.Write(path, content)
	} else {
		_, err = v.public.WriteDated(path, content, r.time())
	}
	return err
}

const defaultMaxWaiting = 32 << 20

// stage keeps a document until the view has caught up, and says where. What it
// returns writes it, if that is to a file.
func (v *Viewing) stage(path string, content []byte) (where string, write func() error) {
	v.waitingSize -= len(v.waiting[path])
	delete(v.waiting, path)
	if v.waitingSize+len(content) > v.maxWaiting {
		return inStaging, func() error {
			_, err := v.staging.Write(path, content)
			return err
		}
	}
	v.waiting[path] = bytes.Clone(content)
	v.waitingSize += len(content)
	return inMemory, nil
}

// release says what waits, and how it is published.
func (v *Viewing) release(batch Batch) (released []string, writes []func() error) {
	waiting := map[string]string{}
	batch.Scan(stagedKeys, func(key string, where []byte) bool {
		waiting[key[len(stagedKeys):]] = string(where)
		return true
	})
	for path, where := range waiting {
		text, _ := batch.Get(docKeys + path)
		writes = append(writes, func() error { return v.releaseOne(path, where, parseRecord(text)) })
		batch.Delete(stagedKeys + path)
		released = append(released, path)
	}
	return released, writes
}

func (v *Viewing) releaseOne(path, where string, r record) error {
	switch where {
	case gone:
		return errors.Join(v.public.Remove(path), v.staging.Remove(path))
	case inMemory:
		return v.publish(path, v.waiting[path], r)
	}
	content, err := v.staging.Read(path)
	if errors.Is(err, ErrNotFound) {
		return nil // published by a try that failed before its commit
	}
	if err != nil {
		return err
	}
	if err := v.publish(path, content, r); err != nil {
		return err
	}
	return v.staging.Remove(path)
}

// sift marks what a sink should show. Without a filter the entries are shared as
// they are, but for the mark.
func sift(entries []Entry, where *Where) []Entry {
	out := make([]Entry, len(entries))
	for i, e := range entries {
		out[i] = e.judged(where)
	}
	return out
}

// judged is the entry with what a sink's filter says of it.
func (e Entry) judged(where *Where) Entry {
	e.Kept = e.Review != nil && (where == nil || where.Match(e.Review))
	e.Live = e.Kept && !e.Review.Gone()
	return e
}

// documents collects what a view makes in one batch: the last word on each path,
// nil for a removal.
type documents map[string]*document

type document struct {
	content []byte
	facts   Facts
}

func (d documents) Put(path string, content []byte) { d.PutWith(path, content, Facts{}) }
func (d documents) PutWith(path string, content []byte, facts Facts) {
	d[path] = &document{content, facts}
}
func (d documents) Remove(path string) { d[path] = nil }

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
