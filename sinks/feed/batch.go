package feed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// batch is the view at work on one batch.
type batch struct {
	*View
	ctx    context.Context
	latest map[review.ID]pipeline.Entry
	st     pipeline.State
	docs   pipeline.Documents
	listed bool // the list of feeds has changed
}

// standing has the documents written that are there without any review.
func (b *batch) standing(p *places) {
	if b.settings.Per == perNone {
		p.feed("")
	}
	b.listed = true
	if _, written := p.Get(writtenRow); !written {
		p.Set(writtenRow, nil)
	}
}

// write renders one feed and those of its pages that have changed, in all formats. A
// feed that has no reviews left is removed, unless it is of all reviews.
func (b *batch) write(feed *shelf, rows []place) error {
	empty := len(rows) == 0 && feed.key != ""
	publish := feed.members() > b.settings.Limit && !empty
	published := feed.settle(publish)
	if empty {
		b.remove(feed.key, "")
		b.list(feed.key, "")
	} else if err := b.writeFeed(feed, rows, publish); err != nil {
		return err
	}
	if !publish && !published {
		return nil
	}
	for _, start := range feed.changedPages() {
		older, newer, there := feed.around(start)
		if !there || !publish {
			b.remove(feed.key, pageName(start))
			continue
		}
		k := envelopeKey{subject: subject{key: feed.key}, page: pageName(start), older: older, newer: newer}
		if err := b.writePage(feed, start, k); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) remove(key, page string) {
	for _, f := range b.formats {
		b.docs.Remove(b.path(key, page, f))
	}
}

// writeFeed renders what is subscribed to.
func (b *batch) writeFeed(feed *shelf, rows []place, publish bool) error {
	shown, err := b.fragments(rows)
	if err != nil {
		return err
	}
	k := envelopeKey{subject: subject{key: feed.key}}
	if feed.key != "" {
		if len(shown) == 0 {
			return nil // all superseded: their newer revisions are on the way
		}
		k.subject = newest(shown).subject(feed.key)
		title, _ := b.wording.of(b.topic(k.subject))
		b.list(feed.key, title)
	}
	if publish {
		k.older = feed.newest()
	}
	if b.body.removed, err = b.tombstones(feed.key); err != nil {
		return err
	}
	return b.put(k, shown)
}

// writePage renders an archive page, the newest first, in the words of its newest
// review: what comes after must not change it.
func (b *batch) writePage(feed *shelf, start string, k envelopeKey) error {
	b.rows = feed.shown(b.rows[:0], start)
	shown, err := b.fragments(b.rows)
	if err != nil {
		return err
	}
	slices.SortFunc(shown, func(x, y *fragment) int { return strings.Compare(x.order, y.order) })
	if len(shown) > 0 {
		k.subject = shown[0].subject(feed.key)
	}
	b.body.removed = nil
	return b.put(k, shown)
}

// newest is the fragment that came out last.
func newest(all []*fragment) *fragment {
	return slices.MinFunc(all, func(x, y *fragment) int { return strings.Compare(x.order, y.order) })
}

// put joins a document in all formats.
func (b *batch) put(k envelopeKey, shown []*fragment) error {
	around, err := b.envelopes(k)
	if err != nil {
		return err
	}
	b.body.updated = time.Time{}
	for _, one := range shown {
		if one.updated.After(b.body.updated) {
			b.body.updated = one.updated
		}
	}
	facts := pipeline.Facts{Modified: b.body.updated, Settled: k.newer != ""}
	for i, f := range b.formats {
		b.body.items, b.parts = b.body.items[:0], b.parts[:0]
		for _, one := range shown {
			b.body.items = append(b.body.items, one.items[i])
		}
		b.parts = f.join(b.parts, around[i], &b.body)
		b.docs.PutWith(b.path(k.key, k.page, f), b.press.print(b.parts), facts)
	}
	return nil
}

// fragments returns the rendered entries of the rows. An entry is taken from the
// cache, from the batch at hand, or from the log; one that the log no longer
// holds is passed over, since a newer revision of it is about to come.
func (b *batch) fragments(rows []place) ([]*fragment, error) {
	b.shown = slices.Grow(b.shown[:0], len(rows))[:len(rows)]
	b.missing = b.missing[:0]
	for i, row := range rows {
		f, ok := b.rendered.get(row.position)
		b.shown[i] = f
		if ok {
			continue
		}
		e, err := b.entry(row)
		if errors.Is(err, pipeline.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.missing = append(b.missing, missing{at: i, position: row.position, event: e})
	}
	if err := b.renderMissing(); err != nil {
		return nil, err
	}
	for _, m := range b.missing {
		b.shown[m.at] = m.fragment
		b.rendered.put(m.position, m.fragment, m.fragment.size())
	}
	b.shown = slices.DeleteFunc(b.shown, func(f *fragment) bool { return f == nil })
	return b.shown, nil
}

// missing is an entry to be rendered: where it belongs, and what came of it.
type missing struct {
	at       int
	position pipeline.Position
	event    *review.Event
	fragment *fragment
	err      error
}

// renderMissing renders on all cores: it is most of what a new review costs here.
func (b *batch) renderMissing() error {
	render := b.renderer(b.missing)
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(b.missing)) - 1 {
		others.Go(render)
	}
	render()
	others.Wait()
	for _, m := range b.missing {
		if m.err != nil {
			return fmt.Errorf("review %s: %w", m.event.ReviewID, m.err)
		}
	}
	return nil
}

func (b *batch) entry(row place) (*review.Event, error) {
	if e, ok := b.latest[row.review]; ok && e.Position == row.position {
		return e.Review, nil
	}
	e, err := b.env.At(b.ctx, row.position)
	if err != nil {
		return nil, fmt.Errorf("review %s at %d: %w", row.review, row.position, err)
	}
	if e.Review == nil || e.Review.ReviewID != row.review {
		return nil, fmt.Errorf("position %d does not hold review %s: the state belongs to another log; delete the views folder", row.position, row.review)
	}
	return e.Review, nil
}

// mostTombstones bounds the withdrawn entries that a feed names.
const mostTombstones = 50

// tombstones are the reviews withdrawn latest from a feed, if it is to name them.
func (b *batch) tombstones(key string) ([]tombstone, error) {
	if !b.settings.Tombstones {
		return nil, nil
	}
	var all []tombstone
	for _, row := range rowsOf(nil, b.st, withdrawnRows, key, mostTombstones) {
		t, ok, err := b.tombstone(row)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, t)
		}
	}
	return all, nil
}

// tombstone is the mark of a withdrawn review. One that the log no longer holds has
// been restored, or withdrawn once more, and that is about to come.
func (b *batch) tombstone(row place) (t tombstone, ok bool, err error) {
	if f, cached := b.rendered.get(row.position); cached {
		return f.removed, true, nil
	}
	e, err := b.entry(row)
	if errors.Is(err, pipeline.ErrNotFound) {
		return t, false, nil
	}
	if err != nil {
		return t, false, err
	}
	t = tombstone{id: entryID(e, b.env.Site), when: moment(e.WithdrawnAt)}
	f := &fragment{removed: t}
	b.rendered.put(row.position, f, f.size())
	return t, true, nil
}
