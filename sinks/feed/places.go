package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The state of a feed view. KEY tells the feeds of one sink apart: empty for the
// one feed of all reviews, else what stands in its path. ORDER sorts a feed.
//
//	p/KEY/ORDER  -> the position of the review's latest event, 8 bytes
//	r/REVIEW     -> where the review stands: KEY/ORDER, a line for each feed
//	w            -> there once the standing documents have been written
const (
	placeRows  = "p/"
	reviewRows = "r/"
	writtenRow = "w"
)

// orderOf sorts the newest date first, then by review id: ascending keys are the
// order of the feed. What has no date comes last.
func orderOf(e *review.Event) string {
	seconds := int64(math.MinInt64)
	if t := dateOf(e); !t.IsZero() {
		seconds = t.Unix()
	}
	return fmt.Sprintf("%016x%s", math.MaxUint64-(uint64(seconds)+1<<63), e.ReviewID)
}

// reviewIn is the review an order key belongs to.
func reviewIn(order string) review.ID { return review.ID(order[16:]) }

// grouping names the feeds that a live review stands in.
type grouping func(*review.Event) []string

// groupings are the ways to part reviews into feeds, by the value of per. A way
// to add is one line here and its fields of Topic.
func groupings(per string) grouping {
	if per == perFilm {
		return func(e *review.Event) []string {
			if e.Film.ID == "" {
				return nil // not identified: in no film's feed
			}
			return []string{pathKey(e.Film.ID)}
		}
	}
	return func(*review.Event) []string { return []string{""} }
}

// pathKey is a film's id as a part of a path. A slug stays what it is; anything
// else becomes what of it is safe, and a hash that tells it from its likes.
func pathKey(id review.FilmID) string {
	if id.IsSlug() {
		return string(id)
	}
	const most = 100 // bytes
	safe := strings.Map(func(r rune) rune {
		if review.FilmID(r).IsSlug() {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(id), ""))
	if len(safe) > most {
		safe = strings.ToValidUTF8(safe[:most], "")
	}
	sum := sha256.Sum256([]byte(id))
	return strings.TrimLeft(safe+"-"+hex.EncodeToString(sum[:8]), "-")
}

// places is the part of the state that a batch changes.
type places struct {
	pipeline.State
	// dirty are the feeds in which something changed, in the order it did.
	dirty []string
	seen  map[string]bool
}

// move brings the review of an entry to where it belongs now, or out of all
// feeds.
func (p *places) move(e pipeline.Entry, groups grouping) {
	row := reviewRows + string(e.Review.ReviewID)
	before, _ := p.Get(row)
	var now []string
	if e.Live {
		order := orderOf(e.Review)
		for _, key := range groups(e.Review) {
			now = append(now, key+"/"+order)
		}
	}
	after := strings.Join(now, "\n")
	if after != string(before) {
		for place := range strings.SplitSeq(string(before), "\n") {
			if place != "" {
				p.Delete(placeRows + place)
				p.mark(place)
			}
		}
	}
	for _, place := range now {
		p.Set(placeRows+place, binary.BigEndian.AppendUint64(nil, uint64(e.Position)))
		p.mark(place)
	}
	switch {
	case after == string(before):
	case after == "":
		p.Delete(row)
	default:
		p.Set(row, []byte(after))
	}
}

func (p *places) mark(place string) {
	key, _, _ := strings.Cut(place, "/")
	if !p.seen[key] {
		p.seen[key] = true
		p.dirty = append(p.dirty, key)
	}
}

// place is one row of a feed.
type place struct {
	review   review.ID
	position pipeline.Position
}

// window appends to rows the beginning of a feed, at most limit rows.
func window(rows []place, st pipeline.Reader, key string, limit int) []place {
	full := len(rows) + limit
	prefix := placeRows + key + "/"
	st.Scan(prefix, func(row string, value []byte) bool {
		rows = append(rows, place{reviewIn(row[len(prefix):]), pipeline.Position(binary.BigEndian.Uint64(value))})
		return len(rows) < full
	})
	return rows
}
