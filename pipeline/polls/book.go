package polls

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Book remembers the feeds of one source. It is a [pipeline.Polls].
type Book struct {
	kv     pipeline.KV
	source string
	clock  pipeline.Clock

	writing sync.Mutex // held while pages are written

	mu    sync.Mutex // over what follows
	read  bool
	pages []*page
	at    map[string]*row
	next  *commit // what is announced now is written with, nil if nobody waits
	tally Tally
}

// row is one feed: as it stands on its page, and what is to stand there when the
// reading is over.
type row struct {
	page    *page
	state   pipeline.PollState
	settled *pipeline.PollState
	written []byte // state, encoded
	asked   bool   // since Begin
}

func (r *row) latest() pipeline.PollState {
	if r.settled != nil {
		return *r.settled
	}
	return r.state
}

// commit is one writing that several wait for.
type commit struct {
	done chan struct{}
	err  error
}

// Tally is what the feeds of a source did since [Book.Begin].
type Tally struct {
	Asked   int // requests that went out
	Waiting int // feeds whose time had not come
	// Soonest is the one of them whose time comes first.
	Soonest pipeline.PollState
}

// New opens the book of a source. It reads nothing yet.
func New(kv pipeline.KV, source string, clock pipeline.Clock) *Book {
	return &Book{kv: kv, source: source, clock: clock}
}

// Begin begins a reading of the source: what another daemon has written since is
// looked up, and what an earlier reading left unsaid is dropped.
func (b *Book) Begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read, b.tally = false, Tally{}
}

// Tally is what happened since Begin.
func (b *Book) Tally() Tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tally
}

// Look implements [pipeline.Polls].
func (b *Book) Look(ctx context.Context, feed string) (pipeline.PollState, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.load(ctx); err != nil {
		return pipeline.PollState{}, err
	}
	if r := b.at[feed]; r != nil {
		return r.latest(), nil
	}
	return pipeline.PollState{Feed: feed}, nil
}

// All lists what is remembered, in the order in which the feeds were first asked.
func (b *Book) All(ctx context.Context) ([]pipeline.PollState, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.load(ctx); err != nil {
		return nil, err
	}
	var all []pipeline.PollState
	for _, p := range b.pages {
		for _, r := range p.rows {
			all = append(all, r.latest())
		}
	}
	return all, nil
}

// Announce implements [pipeline.Polls]. Of those who come while the pages are being
// written, the first writes for all.
func (b *Book) Announce(ctx context.Context, s pipeline.PollState) error {
	b.mu.Lock()
	if err := b.load(ctx); err != nil {
		b.mu.Unlock()
		return err
	}
	b.set(s).asked = true
	b.tally.Asked++
	c := b.next
	leads := c == nil
	if leads {
		c = &commit{done: make(chan struct{})}
		b.next = c
	}
	b.mu.Unlock()
	if leads {
		b.write(ctx, c)
		return c.err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write writes for all who wait for c. Whoever began it going away is no reason for
// the others to fail.
func (b *Book) write(ctx context.Context, c *commit) {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	b.next = nil
	b.mu.Unlock()
	c.err = b.save(context.WithoutCancel(ctx))
	close(c.done)
}

// Settle implements [pipeline.Polls].
func (b *Book) Settle(s pipeline.PollState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.at[s.Feed]; r != nil {
		r.settled = &s
	}
}

// Wait implements [pipeline.Polls].
func (b *Book) Wait(s pipeline.PollState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.at[s.Feed]; r != nil && r.asked { // it was announced, and then not asked
		r.asked = false
		b.tally.Asked--
	}
	first := b.tally.Soonest.Next
	if b.tally.Waiting++; b.tally.Waiting == 1 || !s.Next.IsZero() && (first.IsZero() || s.Next.Before(first)) {
		b.tally.Soonest = s
	}
}

// End ends a reading: what was settled is written. kept says that the source's
// checkpoint was, so that a feed that was read anew need not be read anew again.
func (b *Book) End(ctx context.Context, kept bool) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	for _, r := range b.at {
		if r.settled == nil {
			continue
		}
		s := *r.settled
		r.settled = nil
		s.Anew = s.Anew || !kept && r.state.Anew
		if s != r.state {
			b.set(s)
		}
	}
	b.mu.Unlock()
	return b.save(ctx)
}

// Told says that a hub has told of news: the feed may be asked now.
func (b *Book) Told(ctx context.Context, feed string) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	err := b.load(ctx)
	if r := b.at[feed]; err == nil && r != nil { // else it may be asked anyhow
		s := r.latest()
		s.Next = time.Time{}
		b.set(s)
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.save(ctx)
}

// set puts a state on its page.
func (b *Book) set(s pipeline.PollState) *row {
	r := b.at[s.Feed]
	if r == nil {
		r = &row{page: b.room()}
		r.page.rows = append(r.page.rows, r)
		b.at[s.Feed] = r
	}
	r.state, r.settled, r.written = s, nil, nil
	r.page.changed[s.Feed] = true
	return r
}

// room is the page for a feed that is not remembered yet.
func (b *Book) room() *page {
	if n := len(b.pages); n > 0 && len(b.pages[n-1].rows) < pageSize {
		return b.pages[n-1]
	}
	p := &page{key: pageKey(b.source, len(b.pages)), changed: map[string]bool{}}
	b.pages = append(b.pages, p)
	return p
}

// load reads the pages, for those who hold mu.
func (b *Book) load(ctx context.Context) error {
	if b.read {
		return nil
	}
	before := b.pages
	b.pages, b.at = nil, map[string]*row{}
	for n := 0; ; n++ {
		p := &page{key: pageKey(b.source, n), changed: map[string]bool{}}
		value, revision, err := b.kv.Look(ctx, p.key)
		if errors.Is(err, pipeline.ErrNotFound) {
			b.read = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("when feeds may be asked: %w", err)
		}
		if n < len(before) && before[n].revision == revision && len(before[n].changed) == 0 {
			p = before[n] // as this daemon wrote it
			p.rest()
		} else {
			p.revision = revision
			p.decode(value)
		}
		p.rows = slices.DeleteFunc(p.rows, func(r *row) bool { return b.forgotten(&r.state) })
		for _, r := range p.rows {
			b.at[r.state.Feed] = r
		}
		b.pages = append(b.pages, p)
	}
}

// rememberFor is how long a feed is remembered that is asked no more.
const rememberFor = 400 * 24 * time.Hour

func (b *Book) forgotten(s *pipeline.PollState) bool {
	before := b.clock.Now().Add(-rememberFor)
	return s.Asked.Before(before) && s.Next.Before(before)
}

// save writes the pages that have changed, for those who hold writing.
func (b *Book) save(ctx context.Context) error {
	b.mu.Lock()
	var dirty []*page
	for _, p := range b.pages {
		if len(p.changed) > 0 {
			dirty = append(dirty, p)
		}
	}
	b.mu.Unlock()
	for _, p := range dirty {
		if err := b.savePage(ctx, p); err != nil {
			return fmt.Errorf("when feeds may be asked: %w", err)
		}
	}
	return nil
}

// saveTries is how often a page is written again that another daemon was first with.
const saveTries = 5

func (b *Book) savePage(ctx context.Context, p *page) error {
	for try := 1; ; try++ {
		b.mu.Lock()
		value, err := p.encode()
		changed := p.changed
		p.changed = map[string]bool{}
		b.mu.Unlock()
		if err != nil {
			return err
		}
		revision, err := b.kv.Swap(ctx, p.key, value, p.revision)
		if err == nil {
			p.revision = revision
			return nil
		}
		b.mu.Lock()
		for feed := range changed {
			p.changed[feed] = true
		}
		b.mu.Unlock()
		if !errors.Is(err, pipeline.ErrConflict) || try == saveTries {
			return err
		}
		if err := b.merge(ctx, p); err != nil {
			return err
		}
	}
}

// merge takes what another daemon has written onto a page, but for what we have
// changed ourselves.
func (b *Book) merge(ctx context.Context, p *page) error {
	theirs := &page{key: p.key, changed: map[string]bool{}}
	value, revision, err := b.kv.Look(ctx, p.key)
	if err != nil && !errors.Is(err, pipeline.ErrNotFound) {
		return err
	}
	theirs.decode(value)
	b.mu.Lock()
	defer b.mu.Unlock()
	p.revision = revision
	for _, r := range theirs.rows {
		feed := r.state.Feed
		switch ours := b.at[feed]; {
		case ours == nil:
			r.page = p
			p.rows = append(p.rows, r)
			b.at[feed] = r
		case ours.page == p && !p.changed[feed]:
			ours.state, ours.written = r.state, r.written
		}
	}
	return nil
}
