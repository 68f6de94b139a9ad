package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// meanPage is how many reviews an archive page holds on average.
const meanPage = 100

// seenOf sorts reviews in the order of first sight, and those that were seen at the
// same time by a hash of their id. Both are fixed for ever and travel in every event.
func seenOf(e *review.Event) string {
	sum := sha256.Sum256([]byte(e.ReviewID))
	return fmt.Sprintf("%016x", uint64(e.FirstSeenAt.UnixMilli())+1<<63) + hex.EncodeToString(sum[:16])
}

// begins reports whether a review begins a page of its own. That is up to its id
// alone, so that where pages begin does not depend on which other reviews there are,
// nor on when they came: what comes late, or goes, changes one page. See decision 0014.
func (s *shelf) begins(seen string) bool {
	n, err := strconv.ParseUint(seen[len(seen)-16:], 16, 64)
	return err == nil && n%s.mean == 0
}

// pageName is a page's name in its path: the day on which its first review was first
// seen, and a part of the hash that tells it from others of the day. The page that no
// review begins is the first.
func pageName(start string) string {
	if start == "" {
		return "first"
	}
	ms, err := strconv.ParseUint(start[:16], 16, 64)
	if err != nil {
		return start
	}
	return time.UnixMilli(int64(ms-1<<63)).UTC().Format(time.DateOnly) + "-" + start[16:28]
}

// shelf is one feed in the course of a batch, with its archive pages. A page is
// known by the row that begins it; the oldest may have none, and is "". Reviews that
// were withdrawn keep their row, so that no page moves with them.
type shelf struct {
	st   pipeline.State
	key  string
	mean uint64 // reviews to a page
	// starts are the pages, the oldest first: all of them, or the newest few.
	starts  []string
	loaded  bool
	whole   bool
	touched map[string]bool // pages that have changed, or are gone
	count   *uint64         // of rows, once it is known
}

// last is behind all that was ever seen.
const last = "~"

// few is how many pages are looked up at first: what is new belongs to the newest.
const few = 4

// reach looks up the pages down to the one before that in which seen belongs.
func (s *shelf) reach(seen string) {
	if !s.loaded {
		s.load(few)
	}
	if !s.whole && (len(s.starts) < 2 || s.starts[1] > seen) {
		s.load(0)
	}
}

// load looks up the newest n pages, or all.
func (s *shelf) load(n int) {
	s.starts, s.loaded, s.whole = s.starts[:0], true, true
	prefix := pageRows + s.key + "/"
	s.st.ScanBack(prefix, func(row string, _ []byte) bool {
		s.starts = append(s.starts, row[len(prefix):])
		s.whole = len(s.starts) != n
		return s.whole
	})
	slices.Reverse(s.starts)
}

// at is the index of the page in which seen belongs, -1 before the first.
func (s *shelf) at(seen string) int {
	s.reach(seen)
	i, found := slices.BinarySearch(s.starts, seen)
	if found {
		return i
	}
	return i - 1
}

func (s *shelf) row(start, seen string) string { return memberRows + s.key + "/" + start + "/" + seen }

// put gives a review its row. live is whether the page shows it.
func (s *shelf) put(seen string, live bool, place []byte) {
	i := s.at(seen)
	switch {
	case s.begins(seen) && (i < 0 || s.starts[i] != seen):
		i = s.open(i+1, seen)
	case i < 0:
		i = s.open(0, "")
	}
	row := s.row(s.starts[i], seen)
	if _, there := s.st.Get(row); !there {
		s.add(1)
	}
	value := []byte{'-'}
	if live {
		value[0] = '+'
	}
	s.st.Set(row, append(value, place...))
	s.touched[s.starts[i]] = true
}

// remove takes a review's row away. The page that it began goes with it, and what
// stands there joins the page before.
func (s *shelf) remove(seen string) {
	i := s.at(seen)
	if i < 0 {
		return
	}
	row := s.row(s.starts[i], seen)
	if _, there := s.st.Get(row); !there {
		return
	}
	s.st.Delete(row)
	s.add(-1)
	s.touched[s.starts[i]] = true
	switch start := s.starts[i]; {
	case start == seen:
		rest := s.rows(start)
		s.shut(i)
		if i--; i < 0 && len(rest) > 0 {
			i = s.open(0, "")
		}
		s.take(start, rest, i)
	case start == "" && len(s.rows(start)) == 0:
		s.shut(i)
	}
}

// open makes a page at index i, and gives it what belongs there of the page before.
func (s *shelf) open(i int, start string) int {
	s.starts = slices.Insert(s.starts, i, start)
	s.st.Set(pageRows+s.key+"/"+start, nil)
	s.touch(i-1, i, i+1)
	if i == 0 {
		return i
	}
	before := s.starts[i-1]
	all := s.rows(before)
	later := slices.DeleteFunc(slices.Clone(all), func(m member) bool { return m.seen < start })
	s.take(before, later, i)
	if before == "" && len(later) == len(all) { // no review begins it, so none is left to keep it
		i--
		s.shut(i)
	}
	return i
}

// shut takes page i away.
func (s *shelf) shut(i int) {
	s.touch(i-1, i, i+1)
	s.st.Delete(pageRows + s.key + "/" + s.starts[i])
	s.starts = slices.Delete(s.starts, i, i+1)
}

// take moves rows from a page to page i.
func (s *shelf) take(from string, rows []member, i int) {
	for _, m := range rows {
		s.st.Delete(s.row(from, m.seen))
		s.st.Set(s.row(s.starts[i], m.seen), m.value)
		s.touch(i)
	}
}

// touch notes pages as changed: also the neighbours of one that came or went, for
// they link to it.
func (s *shelf) touch(pages ...int) {
	for _, i := range pages {
		if i >= 0 && i < len(s.starts) {
			s.touched[s.starts[i]] = true
		}
	}
}

// member is a row of a page.
type member struct {
	seen  string
	value []byte
}

func (s *shelf) rows(start string) []member {
	var rows []member
	prefix := s.row(start, "")
	s.st.Scan(prefix, func(row string, value []byte) bool {
		rows = append(rows, member{row[len(prefix):], slices.Clone(value)})
		return true
	})
	return rows
}

// shown appends to rows what a page shows.
func (s *shelf) shown(rows []place, start string) []place {
	prefix := s.row(start, "")
	s.st.Scan(prefix, func(row string, value []byte) bool {
		if value[0] == '+' {
			rows = append(rows, placeOf(row[len(prefix):], value[1:]))
		}
		return true
	})
	return rows
}

// members is how many reviews there ever were in the feed.
func (s *shelf) members() int {
	if s.count == nil {
		s.count = new(uint64)
		if value, ok := s.st.Get(countRows + s.key); ok {
			*s.count = binary.BigEndian.Uint64(value)
		}
	}
	return int(*s.count)
}

func (s *shelf) add(n int) { *s.count = uint64(s.members() + n) }

// settle writes down how many reviews there are, and whether their pages are
// published. Where that has changed, all pages have.
func (s *shelf) settle(publish bool) (before bool) {
	if n := s.members(); n == 0 {
		s.st.Delete(countRows + s.key)
	} else {
		s.st.Set(countRows+s.key, binary.BigEndian.AppendUint64(nil, *s.count))
	}
	_, before = s.st.Get(shownRows + s.key)
	if publish == before {
		return before
	}
	if publish {
		s.st.Set(shownRows+s.key, nil)
	} else {
		s.st.Delete(shownRows + s.key)
	}
	s.load(0)
	for _, start := range s.starts {
		s.touched[start] = true
	}
	return before
}

// around are the names of the pages before and behind one, "" for none, and whether
// it is there itself.
func (s *shelf) around(start string) (older, newer string, there bool) {
	i := s.at(start)
	if i < 0 || s.starts[i] != start {
		return "", "", false
	}
	if i > 0 {
		older = pageName(s.starts[i-1])
	}
	if i+1 < len(s.starts) {
		newer = pageName(s.starts[i+1])
	}
	return older, newer, true
}

// newest is the name of the newest page.
func (s *shelf) newest() string {
	s.reach(last)
	if len(s.starts) == 0 {
		return ""
	}
	return pageName(s.starts[len(s.starts)-1])
}

// changedPages are the pages to be written or removed, in order.
func (s *shelf) changedPages() []string {
	pages := make([]string, 0, len(s.touched))
	for start := range s.touched {
		pages = append(pages, start)
	}
	slices.SortFunc(pages, strings.Compare)
	return pages
}
