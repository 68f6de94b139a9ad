package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// imported is when a source was read for the first time, as it stands in KV. What
// it held then has been there for nobody knows how long.
type imported struct {
	Began time.Time `json:"began"`          // before the first event
	Ended time.Time `json:"ended,omitzero"` // after the last one; absent while it goes on
}

const (
	sourceKeys = "source."
	importKeys = ".import"
)

func importKey(source string) string { return sourceKeys + source + importKeys }

func readImport(ctx context.Context, kv KV, key string) (im imported, err error) {
	value, err := kv.Get(ctx, key)
	if err == nil {
		err = json.Unmarshal(value, &im)
	}
	if err != nil {
		return im, fmt.Errorf("first reading: %w", err)
	}
	return im, nil
}

func writeImport(ctx context.Context, kv KV, source string, im imported) error {
	value, err := json.Marshal(im)
	if err == nil {
		err = kv.Put(ctx, importKey(source), value)
	}
	if err != nil {
		return fmt.Errorf("first reading: %w", err)
	}
	return nil
}

// firstReading is what a poll knows of the first reading of its source.
type firstReading struct {
	imported
	underWay bool // this poll is part of it
}

func (p *poll) beginFirst(ctx context.Context) (f firstReading, err error) {
	f.imported, err = readImport(ctx, p.in.KV, importKey(p.source.Name))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	f.underWay = f.Ended.IsZero()
	return f, err
}

// noteFirst notes that a first reading has begun, before its first event is on the
// log.
func (p *poll) noteFirst(ctx context.Context) error {
	if !p.first.underWay || !p.first.Began.IsZero() {
		return nil
	}
	p.first.Began = p.in.Clock.Now()
	return writeImport(ctx, p.in.KV, p.source.Name, p.first.imported)
}

// endFirst notes that a first reading is through. One that found nothing was none,
// and one that is to go on with older things is not over.
func (p *poll) endFirst(ctx context.Context, more bool) error {
	if !p.first.underWay || more || p.report.Read == 0 && p.first.Began.IsZero() {
		return nil
	}
	p.first.underWay, p.first.Ended = false, p.in.Clock.Now()
	return writeImport(ctx, p.in.KV, p.source.Name, p.first.imported)
}

// importPatience is how long a sink waits for a first reading to end: a source that
// was taken out of the config in the middle of it never ends.
const importPatience = aDay

// importing reports whether a first reading is under way, or has yet to begin.
func importing(ctx context.Context, kv KV, now time.Time) (bool, error) {
	keys, err := kv.Keys(ctx, sourceKeys)
	if err != nil {
		return false, err
	}
	none := true
	for _, key := range keys {
		if !strings.HasSuffix(key, importKeys) {
			continue
		}
		none = false
		im, err := readImport(ctx, kv, key)
		if err != nil {
			return false, err
		}
		if im.Ended.IsZero() && now.Sub(im.Began) < importPatience {
			return true, nil
		}
	}
	return none, nil
}

// calendar knows when reviews came out.
type calendar struct {
	kv    KV
	ended map[string]time.Time // by source, when its first reading ended; zero: not yet
}

func newCalendar(kv KV) *calendar { return &calendar{kv: kv, ended: map[string]time.Time{}} }

// turn has first readings that were under way looked at again.
func (c *calendar) turn() {
	for source, ended := range c.ended {
		if ended.IsZero() {
			delete(c.ended, source)
		}
	}
}

// cameOut is when a review came out: its own date; without one, when it was first
// seen. But what a source held when it was first read came out long ago.
func (c *calendar) cameOut(ctx context.Context, e *review.Event) (time.Time, error) {
	if !e.PublishedAt.IsZero() {
		return e.PublishedAt, nil
	}
	source := e.Source.Name
	ended, known := c.ended[source]
	if !known {
		im, err := readImport(ctx, c.kv, importKey(source))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return time.Time{}, err
		}
		ended = im.Ended
		c.ended[source] = ended
	}
	if ended.IsZero() || !e.FirstSeenAt.After(ended) {
		return time.Time{}, nil
	}
	return e.FirstSeenAt, nil
}

// threshold parts a sink's past from what it gets: reviews are ordered by when they
// came out, where that is the same by when they were first seen, and where that is
// too by their id. The zero threshold has no past.
type threshold struct {
	Since  time.Time `json:"since,omitzero"`
	Seen   time.Time `json:"seen,omitzero"`
	Review review.ID `json:"review,omitempty"`
}

func (c *calendar) place(ctx context.Context, e *review.Event) (threshold, error) {
	at, err := c.cameOut(ctx, e)
	return threshold{at, e.FirstSeenAt, e.ReviewID}, err
}

func (t threshold) compare(u threshold) int {
	return cmp.Or(t.Since.Compare(u.Since), t.Seen.Compare(u.Seen), cmp.Compare(t.Review, u.Review))
}

// isPast reports whether an event is of a review of the sink's past. A review that
// was not past once never is: when a later revision dates it back, the sink has it
// already and must see what becomes of it.
func (d *Delivering) isPast(ctx context.Context, c *calendar, t threshold, entry Entry) (bool, error) {
	if t == (threshold{}) {
		return false, nil
	}
	e := entry.Review
	at, err := c.place(ctx, e)
	if err != nil || at.compare(t) >= 0 {
		return false, err
	}
	if e.Revision == 1 {
		return true, nil
	}
	revisions, err := d.Log.Revisions(ctx, e.Source.Name, e.ReviewID)
	if err != nil {
		return false, err
	}
	for _, r := range revisions {
		if r.Position >= entry.Position {
			break
		}
		at, err := c.place(ctx, r.Review)
		if err != nil || at.compare(t) >= 0 {
			return false, err
		}
	}
	return true, nil
}

// begin is the cursor of a sink that starts for the first time.
func (d *Delivering) begin(ctx context.Context) (cursor, error) {
	switch d.Backfill.Mode {
	case BackfillAll:
		return cursor{}, nil
	case BackfillSince:
		return cursor{threshold: threshold{Since: d.Backfill.Since}}, nil
	case BackfillLast:
		return cursor{Last: d.Backfill.Last}, nil
	}
	head, err := d.Log.Head(ctx)
	return cursor{Position: head, threshold: threshold{Since: d.Clock.Now().Add(-aDay)}}, err
}

// aDay is how far back a new sink looks for what is new: a review dated today, as
// most are, without a time, came out at midnight.
const aDay = 24 * time.Hour

// newest works out the threshold of a sink that begins with the n newest reviews of
// those that it keeps. It is not ok while sources are being read for the first time,
// or none has been yet: the newest may be still to come.
func (d *Delivering) newest(ctx context.Context, n int) (t threshold, ok bool, err error) {
	if under, err := importing(ctx, d.KV, d.Clock.Now()); under || err != nil {
		return t, false, err
	}
	var places []threshold
	dates := newCalendar(d.KV)
	err = d.Log.Latest(ctx, func(entry Entry) error {
		if !entry.judged(d.Where).Live {
			return nil
		}
		at, err := dates.place(ctx, entry.Review)
		places = append(places, at)
		return err
	})
	if err != nil {
		return t, false, err
	}
	if len(places) == 0 { // nothing of what there is, and everything new
		return threshold{Since: d.Clock.Now().Add(-aDay)}, true, nil
	}
	slices.SortFunc(places, threshold.compare)
	return places[max(len(places)-n, 0)], true, nil
}
