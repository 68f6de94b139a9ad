package opml

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

const (
	atOnce  = 128 // feeds that are fetched at the same time
	ahead   = 256 // feeds that are fetched or wait to be handed out: one that is slow holds up no more
	waiting = 8   // documents of one feed that wait
)

// Read reads the list, and each feed of it that has something new. Feeds are fetched a
// few at a time and handed out in the order of the list, so that two readings of the
// same are the same. It is never complete, for a feed is not.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	l, err := s.list(ctx)
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case l == nil:
		return pipeline.Reading{}, err
	case err != nil: // the feeds are still those it named last
		if err := out.Problem(pipeline.Problem{Where: s.where(), Err: err}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	for _, p := range l.problems {
		where := s.where()
		if p.what != "" {
			where += ": " + p.what
		}
		if err := out.Problem(pipeline.Problem{Where: where, Err: p.err}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	known := s.remembered(stored)
	r := &reading{source: s, known: known, next: maps.Clone(known), out: out}
	if s.plan.list != l {
		s.plan = s.planned(l)
	}
	if err := r.all(ctx, r.begin()); err != nil {
		return pipeline.Reading{}, err
	}
	return r.end(stored)
}

// remembered is the memory of a checkpoint, which is taken apart once.
func (s *source) remembered(stored []byte) memory {
	if s.last.memory == nil || !bytes.Equal(stored, s.last.stored) {
		s.last = packed{unpack(stored), stored}
	}
	return s.last.memory
}

// chosen are the feeds of the list that are read.
func (s *source) chosen(l *list) []listed {
	in := map[string]bool{}
	for _, f := range l.feeds {
		in[f.key] = true
	}
	for key, o := range s.own {
		if !in[key] && !s.warned[key] {
			s.warned[key] = true
			s.env.Log.Warn("the config has settings for a feed that is not in the list", "url", o.URL)
		}
	}
	return slices.DeleteFunc(slices.Clone(l.feeds), func(f listed) bool {
		if o := s.own[f.key]; o != nil && o.Skip {
			return true
		}
		return len(s.options.Folders) > 0 && !slices.ContainsFunc(f.folders, func(folder string) bool {
			return slices.ContainsFunc(s.options.Folders, func(want string) bool { return strings.EqualFold(want, folder) })
		})
	})
}

// reading is one reading of all feeds.
type reading struct {
	*source
	known, next memory
	out         pipeline.Out
	owners      map[uint64]string // see memory.owners; nil before the first item
	failed      []error
	changed     bool // a feed had something new
}

// plan is what a list comes to: the feeds that are read, and whether each is in it.
type plan struct {
	list  *list
	feeds []planned
	in    map[string]bool
}

// planned is a feed that is read, with what list and config say of its reviews.
type planned struct {
	listed
	inner    pipeline.Source
	defaults review.Defaults
	settings string // a fingerprint of defaults
}

func (s *source) planned(l *list) plan {
	p := plan{list: l, in: map[string]bool{}}
	for _, f := range s.chosen(l) {
		d := s.defaults(&f)
		p.feeds = append(p.feeds, planned{f, s.feed(f.address), d, fingerprint(d)})
		p.in[f.key] = true
	}
	return p
}

// fetch is a feed that is being read, ahead of its turn.
type fetch struct {
	*planned
	known feedMemory

	handed  chan handed // closed when the feed has been read
	reading pipeline.Reading
	err     error

	items []byte // the keys of those that were not known
}

// begin says what is to be done for each feed.
func (r *reading) begin() []fetch {
	fetches := make([]fetch, len(r.plan.feeds))
	for i := range r.plan.feeds {
		f := &r.plan.feeds[i]
		fetches[i] = fetch{planned: f, known: r.known[f.key]}
	}
	return fetches
}

// fingerprint tells settings apart, "" where there are none.
func fingerprint(d review.Defaults) string {
	text, err := json.Marshal(d)
	if none, _ := json.Marshal(review.Defaults{}); err != nil || string(text) == string(none) {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// checkpoint is the feed's own, and what it keeps of it where its documents are to be
// read anew.
func (f *fetch) checkpoint() []byte {
	if f.known.Settings == f.settings {
		return f.known.Checkpoint
	}
	if r, ok := f.inner.(pipeline.Rereader); ok && f.known.Checkpoint != nil {
		return r.Anew(f.known.Checkpoint)
	}
	return nil
}

// handed is one call of a feed's Out.
type handed struct {
	document *review.Document
	problem  *pipeline.Problem
	gone     string
}

// queue is a feed's Out: what it takes waits for the feed's turn.
type queue struct {
	ctx context.Context
	to  chan<- handed
}

func (q queue) put(h handed) error {
	select {
	case q.to <- h:
		return nil
	case <-q.ctx.Done():
		return q.ctx.Err()
	}
}

func (q queue) Document(d review.Document) error { return q.put(handed{document: &d}) }
func (q queue) Problem(p pipeline.Problem) error { return q.put(handed{problem: &p}) }
func (q queue) Gone(guid string) error           { return q.put(handed{gone: guid}) }

// all reads the feeds. When it returns, nothing goes on.
func (r *reading) all(ctx context.Context, fetches []fetch) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	turns := make(chan *fetch, ahead)
	work.Go(func() { fetchAll(ctx, fetches, turns) })
	for range fetches {
		select {
		case f := <-turns:
			if err := r.take(ctx, f); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// fetchAll reads the feeds, a few at a time. They begin in the order of the list: the one
// whose turn it is has always begun, and none waits for one behind it.
func fetchAll(ctx context.Context, fetches []fetch, turns chan<- *fetch) {
	var workers sync.WaitGroup
	defer workers.Wait()
	work := make(chan *fetch)
	defer close(work)
	for range min(atOnce, len(fetches)) {
		workers.Go(func() {
			for f := range work {
				f.reading, f.err = f.inner.Read(ctx, f.checkpoint(), queue{ctx, f.handed})
				close(f.handed)
			}
		})
	}
	for i := range fetches {
		f := &fetches[i]
		f.handed = make(chan handed, waiting)
		select {
		case work <- f:
		case <-ctx.Done():
			return
		}
		select {
		case turns <- f:
		case <-ctx.Done():
			return
		}
	}
}

// take hands out what a feed has, and notes what became of it.
func (r *reading) take(ctx context.Context, f *fetch) error {
	for h := range f.handed {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.hand(f, h); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case f.err != nil:
		if len(f.items) > 0 { // what was handed out is the feed's
			f.known.Items = newest(slices.Concat(f.known.Items, f.items), maxShown)
			r.next[f.key] = f.known
		}
		r.failed = append(r.failed, f.err)
		return r.out.Problem(pipeline.Problem{Where: f.name(), Err: f.err})
	}
	r.told[f.key] = told{f.reading.Push, f.reading.More}
	switch {
	case !f.reading.Unchanged:
		r.changed = true
		items := newest(slices.Concat(f.known.Items, f.items), maxShown)
		r.next[f.key] = feedMemory{Checkpoint: f.reading.Checkpoint, Settings: f.settings, Items: items}
	case f.known.Settings == f.settings: // it may have got other things to ask by
		f.known.Checkpoint = f.reading.Checkpoint
		r.next[f.key] = f.known
	}
	return nil
}

func (r *reading) hand(f *fetch, h handed) error {
	switch {
	case h.problem != nil:
		return r.out.Problem(*h.problem)
	case h.document == nil:
		return r.out.Gone(f.guid(h.gone))
	}
	d := *h.document
	if !r.isOf(f, itemKey(&d)) {
		return nil
	}
	d.GUID, d.Kin, d.Defaults = f.guid(d.GUID), f.guid(""), f.defaults
	if f.settings != "" { // what is said of it is a part of what it was read from
		sum := sha256.Sum256([]byte(d.RawSHA256 + f.settings))
		d.RawSHA256 = hex.EncodeToString(sum[:])
	}
	return r.out.Document(d)
}

// guid is an item's id among those of all feeds.
func (f *listed) guid(own string) string { return f.key + " " + own }

// isOf says whether an item is the feed's, or that of another which showed it first.
func (r *reading) isOf(f *fetch, key uint64) bool {
	if key == 0 {
		return true
	}
	if r.owners == nil {
		r.owners = r.known.owners()
	}
	owner, owned := r.owners[key]
	if !owned {
		r.owners[key] = f.key
		f.items = binary.BigEndian.AppendUint64(f.items, key)
	}
	return !owned || owner == f.key
}

// end concludes the reading. That no feed at all could be read is an error of the source
// as a whole; what one of them asks for is not asked of the others.
func (r *reading) end(stored []byte) (pipeline.Reading, error) {
	if n := len(r.plan.feeds); n > 0 && len(r.failed) == n {
		err := r.failed[0]
		if !errors.Is(err, pipeline.ErrPrivate) {
			err = errors.New(err.Error())
		}
		return pipeline.Reading{}, fmt.Errorf("none of the list's feeds could be read (%d); the first: %w", n, err)
	}
	in := r.plan.in
	reading := pipeline.Reading{Checkpoint: stored, Unchanged: !r.changed}
	for i := range r.plan.feeds {
		key := r.plan.feeds[i].key
		reading.Push = append(reading.Push, r.told[key].push...)
		reading.More = reading.More || r.told[key].more
	}
	maps.DeleteFunc(r.told, func(key string, _ told) bool { return !in[key] })
	r.next.retire(in)
	if r.next.equal(r.known) {
		return reading, nil
	}
	var err error
	r.last, err = r.next.pack()
	reading.Checkpoint = r.last.stored
	return reading, err
}
