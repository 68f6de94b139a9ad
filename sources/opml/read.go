package opml

import (
	"context"
	"crypto/sha256"
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
	atOnce  = 8  // feeds that are fetched at the same time
	ahead   = 16 // feeds that are fetched or wait to be handed out
	waiting = 32 // documents of one feed that wait
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
	known := unpack(stored)
	r := &reading{source: s, known: known, next: maps.Clone(known), out: out, owners: known.owners()}
	feeds := s.chosen(l)
	if err := r.all(ctx, r.begin(feeds)); err != nil {
		return pipeline.Reading{}, err
	}
	return r.end(stored, feeds)
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
	owners      map[uint64]string // by the key of an item, the key of its feed
	failed      []error
	changed     bool // a feed had something new
}

// fetch is a feed that is being read, ahead of its turn.
type fetch struct {
	*listed
	inner    pipeline.Source // nil: it is not asked now
	known    feedMemory
	settings string
	defaults review.Defaults

	handed  chan handed // closed when the feed has been read
	reading pipeline.Reading
	err     error

	others         map[uint64]bool // items that are another feed's, as it was known
	shown, foreign []byte          // the keys of items in this reading
}

// begin says what is to be done for each feed.
func (r *reading) begin(feeds []listed) []*fetch {
	now := r.env.Clock.Now()
	fetches := make([]*fetch, len(feeds))
	for i := range feeds {
		f := &fetch{listed: &feeds[i], known: r.known[feeds[i].key], defaults: r.defaults(&feeds[i])}
		f.settings = fingerprint(f.defaults)
		f.others = keySet(f.known.Foreign)
		rests, resting := r.resting[f.key]
		switch {
		case resting && rests.until.IsZero():
			f.err = rests.err
		case resting && now.Before(rests.until):
		default:
			f.inner = r.feed(f.address)
		}
		fetches[i] = f
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

// checkpoint is the feed's own, none where its documents are to be read anew.
func (f *fetch) checkpoint() []byte {
	if f.known.Settings != f.settings {
		return nil
	}
	return f.known.Checkpoint
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
func (r *reading) all(ctx context.Context, fetches []*fetch) error {
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
func fetchAll(ctx context.Context, fetches []*fetch, turns chan<- *fetch) {
	var work sync.WaitGroup
	defer work.Wait()
	places := make(chan struct{}, atOnce)
	for _, f := range fetches {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		f.handed = make(chan handed, waiting)
		work.Go(func() {
			defer func() { <-places }()
			defer close(f.handed)
			if f.inner != nil {
				f.reading, f.err = f.inner.Read(ctx, f.checkpoint(), queue{ctx, f.handed})
			}
		})
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
		return r.fail(f)
	case f.inner == nil:
		return nil
	}
	delete(r.resting, f.key)
	r.push[f.key] = f.reading.Push
	switch {
	case !f.reading.Unchanged:
		r.changed = true
		r.next[f.key] = feedMemory{Checkpoint: f.reading.Checkpoint, Settings: f.settings, Shown: f.shown, Foreign: f.foreign}
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
	if owner, owned := r.owners[key]; f.others[key] || owned && owner != f.key {
		f.foreign = appendKey(f.foreign, key)
		return false
	}
	r.owners[key] = f.key
	f.shown = appendKey(f.shown, key)
	return true
}

// fail notes that a feed could not be read, and whether it is to be left alone.
func (r *reading) fail(f *fetch) error {
	r.failed = append(r.failed, f.err)
	var later *pipeline.RetryAfter
	switch {
	case errors.Is(f.err, pipeline.ErrGone):
		r.resting[f.key] = rest{err: f.err}
	case errors.As(f.err, &later):
		r.resting[f.key] = rest{until: r.env.Clock.Now().Add(later.After), err: f.err}
	}
	return r.out.Problem(pipeline.Problem{Where: f.name(), Err: f.err})
}

// end concludes the reading. That no feed at all could be read is an error of the source
// as a whole; what one of them asks for is not asked of the others.
func (r *reading) end(stored []byte, feeds []listed) (pipeline.Reading, error) {
	if n := len(feeds); n > 0 && len(r.failed) == n {
		err := r.failed[0]
		if !errors.Is(err, pipeline.ErrPrivate) {
			err = errors.New(err.Error())
		}
		return pipeline.Reading{}, fmt.Errorf("none of the list's feeds could be read (%d); the first: %w", n, err)
	}
	in := map[string]bool{}
	reading := pipeline.Reading{Checkpoint: stored, Unchanged: !r.changed}
	for i := range feeds {
		in[feeds[i].key] = true
		reading.Push = append(reading.Push, r.push[feeds[i].key]...)
	}
	maps.DeleteFunc(r.resting, func(key string, _ rest) bool { return !in[key] })
	maps.DeleteFunc(r.push, func(key string, _ []pipeline.Push) bool { return !in[key] })
	r.next.retire(in)
	if r.next.equal(r.known) {
		return reading, nil
	}
	var err error
	reading.Checkpoint, err = r.next.pack()
	return reading, err
}
