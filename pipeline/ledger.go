package pipeline

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Ledger is the view that knows the latest revision of every review: what a
// document read again is compared with. Its state holds
//
//	review/ID                ledgerRow
//	live/SOURCE\x00ID        reviews that are there, by the source they stand in
//	guid/SOURCE\x00GUID      the review that a source's own id means, where that is
//	                         not the one derived from it: see find
type Ledger struct{}

// Version names the layout of the state.
func (Ledger) Version() string { return "ledger/4" }

// Apply takes the review events of a batch.
func (Ledger) Apply(_ context.Context, entries []Entry, st State, _ Documents) error {
	for _, entry := range entries {
		e := entry.Review
		if e == nil {
			continue
		}
		st.Set(ledgerKey(e.ReviewID), rowOf(e, entry.Position).encode())
		if e.ReviewID != review.NewID(e.Source.Name, e.Source.GUID) {
			st.Set(guidKey(e.Source.Name, e.Source.GUID), []byte(e.ReviewID))
		}
		live := liveKey(e.Source.Name, e.ReviewID)
		if e.Gone() {
			st.Delete(live)
		} else {
			st.Set(live, nil)
		}
	}
	return nil
}

func ledgerKey(id review.ID) string { return "review/" + string(id) }

func liveKey(source string, id review.ID) string { return livePrefix(source) + string(id) }

func guidKey(source, guid string) string { return "guid/" + source + "\x00" + guid }

func livePrefix(source string) string { return "live/" + source + "\x00" }

// ledgerRow is what the ledger keeps of a review's latest event: enough to tell
// whether a document is new, revised or the same, and what was fixed at first
// sight.
type ledgerRow struct {
	position    Position
	revision    int
	kind        review.EventKind
	hash        string // as it was read, whatever was inferred
	raw         string // of the document it was read from
	parser      string // what understood it
	feedID      string
	firstSeen   time.Time
	publishedAt time.Time
	revisedAt   time.Time
	film        review.FilmID
	stage       string // how the film was found
	traits      traits // what it is known by besides
	guid        string // the source's own id, which a moved file changes
}

func rowOf(e *review.Event, at Position) ledgerRow {
	return ledgerRow{
		position: at, revision: e.Revision, kind: e.Kind, hash: hashAsRead(e),
		raw: e.Source.RawSHA256, parser: e.Source.Parser, feedID: e.FeedID,
		firstSeen: e.FirstSeenAt, publishedAt: e.PublishedAt, revisedAt: e.RevisedAt,
		film: e.Film.ID, stage: e.Film.Match.Stage, traits: traitsOf(&e.Review), guid: e.Source.GUID,
	}
}

const (
	rowSeparator = "\x1f"
	rowFields    = 14
)

func (r ledgerRow) encode() []byte {
	return []byte(strings.Join([]string{
		strconv.FormatUint(uint64(r.position), 10), strconv.Itoa(r.revision), string(r.kind), r.hash,
		r.raw, r.parser, r.feedID,
		encodeTime(r.firstSeen), encodeTime(r.publishedAt), encodeTime(r.revisedAt),
		string(r.film), r.stage, r.traits.encode(),
		r.guid, // last: it may hold anything
	}, rowSeparator))
}

func decodeRow(b []byte) (ledgerRow, error) {
	f := strings.SplitN(string(b), rowSeparator, rowFields)
	if len(f) != rowFields {
		return ledgerRow{}, fmt.Errorf("ledger: a row has %d fields, want %d", len(f), rowFields)
	}
	position, err := strconv.ParseUint(f[0], 10, 64)
	if err != nil {
		return ledgerRow{}, fmt.Errorf("ledger: position: %w", err)
	}
	revision, err := strconv.Atoi(f[1])
	if err != nil {
		return ledgerRow{}, fmt.Errorf("ledger: revision: %w", err)
	}
	return ledgerRow{
		position: Position(position), revision: revision, kind: review.EventKind(f[2]), hash: f[3],
		raw: f[4], parser: f[5], feedID: f[6],
		firstSeen: decodeTime(f[7]), publishedAt: decodeTime(f[8]), revisedAt: decodeTime(f[9]),
		film: review.FilmID(f[10]), stage: f[11], traits: decodeTraits(f[12]), guid: f[13],
	}, nil
}

func encodeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func decodeTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// look finds a review in the ledger.
func look(st Reader, id review.ID) (ledgerRow, bool, error) {
	value, ok := st.Get(ledgerKey(id))
	if !ok {
		return ledgerRow{}, false, nil
	}
	row, err := decodeRow(value)
	return row, err == nil, err
}

// find finds the review that a source's own id means. That is the one whose id
// derives from it, unless the review has moved: then its new place means the old
// review, and what comes to stand in the old place is another. moves says that the
// source has reviews that moved; see anyMoved.
func find(st Reader, source, guid string, moves bool) (id review.ID, row ledgerRow, known bool, err error) {
	if moves {
		if value, ok := st.Get(guidKey(source, guid)); ok {
			id = review.ID(value)
			row, known, err = look(st, id)
			if err != nil || known && row.guid == guid {
				return id, row, known, err
			}
		}
	}
	id = review.NewID(source, guid)
	for n := 1; ; n++ {
		row, known, err = look(st, id)
		if err != nil || !known || row.guid == guid {
			return id, row, known, err
		}
		id = review.NewID(source, fmt.Sprintf("%s\x00%d", guid, n))
	}
}

// anyMoved reports whether a source has reviews whose id does not derive from its
// own id for them.
func anyMoved(st Reader, source string) bool { return anyUnder(st, guidKey(source, "")) }

// anyLive reports whether a source has any review that is there.
func anyLive(st Reader, source string) bool { return anyUnder(st, livePrefix(source)) }

func anyUnder(st Reader, prefix string) bool {
	found := false
	st.Scan(prefix, func(string, []byte) bool {
		found = true
		return false
	})
	return found
}

// liveIn calls f with every review that is there in a source.
func liveIn(st Reader, source string, f func(review.ID)) {
	prefix := livePrefix(source)
	st.Scan(prefix, func(key string, _ []byte) bool {
		f(review.ID(key[len(prefix):]))
		return true
	})
}

// next is the event that a review as read now amounts to, on top of the row, and
// false where it is nothing new.
func (r ledgerRow) next(known bool, e *review.Event, now time.Time) bool {
	if !known {
		e.Kind, e.Revision, e.FirstSeenAt = review.Published, 1, now
		return true
	}
	e.Revision, e.FeedID, e.FirstSeenAt, e.RevisedAt = r.revision+1, r.feedID, r.firstSeen, r.revisedAt
	if !r.publishedAt.IsZero() {
		e.PublishedAt = r.publishedAt
	}
	changed := e.ContentHash != r.hash
	if changed {
		e.RevisedAt = now
	}
	switch {
	case r.kind == review.Withdrawn:
		e.Kind = review.Restored
	case changed, e.Source.GUID != r.guid: // a move is a revision that changes nothing people see
		e.Kind = review.Revised
	default:
		return false
	}
	return true
}
