package feed

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The state of a feed view. KEY tells the feeds of one sink apart: empty for the
// one feed of all reviews, else what stands in its path. The rows of a list hold the
// position of the review's latest event in 8 bytes, then its id.
//
//	p/KEY/ORDER     -> what the feed shows, in its order
//	u/KEY/REVISED   -> those that were revised, the latest first
//	t/KEY/WITHDRAWN -> those that were withdrawn, the latest first
//	a/KEY/PAGE/SEEN -> all there ever were, in the order of first sight: see shelf
//	g/KEY/PAGE      -> the pages there are
//	n/KEY           -> how many rows a/KEY has, 8 bytes
//	s/KEY           -> there while the pages are published
//	l/KEY           -> the feed's title, in the list of the sink's feeds
//	r/REVIEW        -> where the review stands: a standing in each line
//	w               -> there once the standing documents have been written
const (
	placeRows     = "p/"
	revisedRows   = "u/"
	withdrawnRows = "t/"
	memberRows    = "a/"
	pageRows      = "g/"
	countRows     = "n/"
	shownRows     = "s/"
	listRows      = "l/"
	reviewRows    = "r/"
	writtenRow    = "w"
)

// descending writes a time so that the newest sorts first, and what has none last.
func descending(t time.Time) string {
	seconds := int64(math.MinInt64)
	if !t.IsZero() {
		seconds = t.Unix()
	}
	return fmt.Sprintf("%016x", math.MaxUint64-(uint64(seconds)+1<<63))
}

// orderOf sorts a feed: ascending keys are its order. What is equal sorts by date,
// the newest first, then by review id.
func orderOf(e *review.Event, order string) string {
	date := descending(dateOf(e)) + string(e.ReviewID)
	switch order {
	case byUpdated:
		return descending(updatedOf(e)) + string(e.ReviewID)
	case byRating:
		return byNorm(&e.Rating) + date
	}
	return date
}

// byNorm sorts the best first, and what has no score last.
func byNorm(r *review.Rating) string {
	if r.Kind != review.Scored || r.Norm.IsZero() {
		return "9999"
	}
	return fmt.Sprintf("%04d", 1000-min(max(int(10*r.Norm.Float()), 0), 1000))
}

// standing is where one review stands in one feed: the keys of its rows in each
// list, without prefix and KEY. "" is not there.
type standing struct {
	key       string
	place     string
	revised   string
	withdrawn string
	seen      string
}

// standings says where the review of an entry belongs.
func (v *View) standings(e pipeline.Entry) []standing {
	buried := !e.Live && e.Kept && e.Review.Gone()
	if !e.Live && !(buried && (v.settings.History || v.settings.Tombstones)) {
		return nil
	}
	var all []standing
	for _, s := range v.groups(e.Review) {
		now := standing{key: s.key}
		if v.settings.History {
			now.seen = seenOf(e.Review)
		}
		if e.Live {
			now.place = orderOf(e.Review, v.settings.Order)
			if v.settings.Order == byPublished && updatedOf(e.Review).After(dateOf(e.Review)) {
				now.revised = descending(updatedOf(e.Review)) + now.place
			}
		}
		if buried && v.settings.Tombstones && !e.Review.WithdrawnAt.IsZero() {
			now.withdrawn = descending(moment(e.Review.WithdrawnAt)) + string(e.Review.ReviewID)
		}
		all = append(all, now)
	}
	return all
}

const (
	fieldSeparator = "\x1f"
	lineSeparator  = "\n"
)

// encode writes standings as the value of a review's row.
func encode(all []standing) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 {
			b.WriteString(lineSeparator)
		}
		b.WriteString(strings.Join([]string{s.key, s.place, s.revised, s.withdrawn, s.seen}, fieldSeparator))
	}
	return b.String()
}

// decode reads what encode has written.
func decode(row string) []standing {
	var all []standing
	for text := range strings.SplitSeq(row, lineSeparator) {
		if f := strings.Split(text, fieldSeparator); len(f) == 5 {
			all = append(all, standing{f[0], f[1], f[2], f[3], f[4]})
		}
	}
	return all
}

// places is the part of the state that a batch changes.
type places struct {
	pipeline.State
	// dirty are the feeds in which something changed, in the order it did.
	dirty []*shelf
	byKey map[string]*shelf
	// meanPage is how many reviews an archive page holds on average.
	meanPage uint64
}

// feed is a feed that the batch changes.
func (p *places) feed(key string) *shelf {
	s, ok := p.byKey[key]
	if !ok {
		s = &shelf{st: p.State, key: key, mean: p.meanPage, touched: map[string]bool{}}
		p.byKey[key] = s
		p.dirty = append(p.dirty, s)
	}
	return s
}

// move brings the review of an entry to where it belongs now, or out of all
// feeds.
func (p *places) move(e pipeline.Entry, now []standing) {
	row := reviewRows + string(e.Review.ReviewID)
	before, _ := p.Get(row)
	for _, was := range decode(string(before)) {
		is := standing{}
		if i := slices.IndexFunc(now, func(s standing) bool { return s.key == was.key }); i >= 0 {
			is = now[i]
		}
		p.clear(was, is)
	}
	value := append(binary.BigEndian.AppendUint64(nil, uint64(e.Position)), e.Review.ReviewID...)
	for _, is := range now {
		for _, list := range is.lists() {
			p.Set(list, value)
		}
		feed := p.feed(is.key)
		if is.seen != "" {
			feed.put(is.seen, e.Live, value)
		}
	}
	switch after := encode(now); {
	case after == string(before):
	case after == "":
		p.Delete(row)
	default:
		p.Set(row, []byte(after))
	}
}

// clear takes a review out of the rows where it does not stand any more.
func (p *places) clear(was, is standing) {
	now := is.lists()
	for _, list := range was.lists() {
		if !slices.Contains(now, list) {
			p.Delete(list)
		}
	}
	feed := p.feed(was.key)
	if was.seen != "" && was.seen != is.seen {
		feed.remove(was.seen)
	}
}

// lists are the keys of the standing's rows in the lists, pages aside.
func (s *standing) lists() []string {
	var keys []string
	for _, list := range [...][2]string{{placeRows, s.place}, {revisedRows, s.revised}, {withdrawnRows, s.withdrawn}} {
		if list[1] != "" {
			keys = append(keys, list[0]+s.key+"/"+list[1])
		}
	}
	return keys
}

// place is one row of a list.
type place struct {
	order    string // the key, in its list
	position pipeline.Position
	review   review.ID
}

func placeOf(order string, value []byte) place {
	return place{order, pipeline.Position(binary.BigEndian.Uint64(value)), review.ID(value[8:])}
}

// rowsOf appends to rows the beginning of a list, at most limit rows.
func rowsOf(rows []place, st pipeline.Reader, list, key string, limit int) []place {
	full := len(rows) + limit
	prefix := list + key + "/"
	st.Scan(prefix, func(row string, value []byte) bool {
		rows = append(rows, placeOf(row[len(prefix):], value))
		return len(rows) < full
	})
	return rows
}

// dateKey is how much of an order key is a date.
const dateKey = 16

// window appends to rows what a feed shows, at most limit rows. A feed by date of
// publication leaves a fifth of its room to what came out or was revised latest, so
// that the edit of an old review shows, and the edit of all old reviews leaves the
// new ones where they are.
func (v *View) window(rows []place, st pipeline.Reader, key string) []place {
	limit := v.settings.Limit
	rows = rowsOf(rows, st, placeRows, key, limit)
	if len(rows) < limit || v.settings.Order != byPublished || limit < 2 {
		return rows
	}
	room := max(limit/5, 1)
	sure := limit - room
	revised := v.revised(st, key, rows, sure, room)
	// Both are sorted, the latest first: merge them into the room there is.
	rest := slices.Clone(rows[sure:])
	rows = rows[:sure]
	for len(rows) < limit {
		if len(revised) > 0 && (len(rest) == 0 || revised[0].order[:dateKey] < rest[0].order[:dateKey]) {
			one := revised[0]
			one.order = one.order[dateKey:]
			rows, revised = append(rows, one), revised[1:]
			rest = slices.DeleteFunc(rest, func(p place) bool { return p.review == one.review })
			continue
		}
		one := rest[0]
		rows, rest = append(rows, one), rest[1:]
		revised = slices.DeleteFunc(revised, func(p place) bool { return p.review == one.review })
	}
	slices.SortFunc(rows, func(a, b place) int { return strings.Compare(a.order, b.order) })
	return rows
}

// revised are the reviews revised latest that are not among the first rows of the
// feed, as many as there is room for.
func (v *View) revised(st pipeline.Reader, key string, rows []place, sure, room int) []place {
	var found []place
	prefix := revisedRows + key + "/"
	st.Scan(prefix, func(row string, value []byte) bool {
		order := row[len(prefix):]
		if order[:dateKey] >= rows[len(rows)-1].order[:dateKey] { // older than all that are shown anyway
			return false
		}
		if order[dateKey:] > rows[sure-1].order {
			found = append(found, placeOf(order, value))
		}
		return len(found) < room
	})
	return found
}
