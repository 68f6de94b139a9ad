package ratings

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// maxListed is how many films a page lists. A section with more is parted into
// those one step further.
const maxListed = 100

// index keeps all films in their orders, within one batch. A section is named by
// its steps, each with a slash behind it; "" is the whole. One with more than
// maxListed films is parted: how many films each of its parts has is kept, so a
// film that comes or goes touches the sections on its way and no others. Which
// sections there are depends on the films alone, not on how they came. The state:
//
//	card/<film>                   the film's card, as JSON
//	list/<order>/<section>/<film> the film's line in HTML, and where the order has JSON, its card on a second one
//	size/<order>                  how many films there are
//	part/<order>/<section>NUL<step> how many films a part of a parted section has
//	front/<order>                 the key of the last line on a parted order's first page
//
// The page of a parted section shows which parts it has and nothing of what is in
// them, so a film that moves within them leaves it alone: what an event rewrites
// are the pages its film stands on, and those that link a section that comes or goes.
type index struct {
	st     pipeline.State
	orders []*order
	dirty  map[place]bool
	// What a batch asks again and again: sizes by their keys, and the values of the
	// front keys. The state has the same sizes, but for the numbers of those that
	// are unsaved, which go into it once, when the batch is through.
	sizes   map[string]int
	unsaved map[string]bool
	fronts  map[*order]string
	*scratch
}

// scratch is memory that batches hand on: see lines.
type scratch struct {
	paper []byte
	ends  []int
}

// place is a section of an order.
type place struct {
	order *order
	node  string
}

func cardKey(id review.FilmID) string            { return "card/" + string(id) }
func listKey(o *order, node string) string       { return "list/" + o.name + "/" + node }
func sizeKey(o *order) string                    { return "size/" + o.name }
func partsKey(o *order, node string) string      { return "part/" + o.name + "/" + node }
func partKey(o *order, node, step string) string { return partsKey(o, node) + "\x00" + step }
func frontKey(o *order) string                   { return "front/" + o.name }
func stepsOf(node string) []string               { return strings.Split(strings.TrimSuffix(node, "/"), "/") }
func lineKey(o *order, steps []string, c *card) string {
	return listKey(o, nodeOf(steps)) + string(c.ID)
}

func nodeOf(steps []string) string {
	if len(steps) == 0 {
		return ""
	}
	return strings.Join(steps, "/") + "/"
}

// keep brings the lists to what is known of a film now; nil takes it off them.
func (x *index) keep(id review.FilmID, now *card) error {
	var before *card
	old, had := x.st.Get(cardKey(id))
	if had {
		before = new(card)
		if err := json.Unmarshal(old, before); err != nil {
			return fmt.Errorf("%s: %w; delete the views folder", cardKey(id), err)
		}
	}
	if now == nil {
		if had {
			x.st.Delete(cardKey(id))
			x.move(before, nil, nil, nil)
		}
		return nil
	}
	text := mustJSON(now)
	if had && string(old) == text {
		return nil
	}
	x.st.Set(cardKey(id), []byte(text))
	html := line(now)
	x.move(before, now, html, append(append(html, '\n'), text...))
	return nil
}

// move takes a film's line from where it stood, nil for nowhere, to where it
// belongs: its HTML, or that and its JSON.
func (x *index) move(before, now *card, html, both []byte) {
	for _, o := range x.orders {
		var from, to []string
		if before != nil {
			from = o.steps(before)
			x.show(o, lineKey(o, from, before))
		}
		if now != nil {
			to = o.steps(now)
			line := html
			if o.asJSON {
				line = both
			}
			x.st.Set(lineKey(o, to, now), line)
			x.show(o, lineKey(o, to, now))
		}
		if before != nil && !slices.Equal(from, to) {
			x.st.Delete(lineKey(o, from, before))
		}
		x.recount(o, from, to)
	}
}

// show notes that the first page of a parted order lists a line, if it does.
func (x *index) show(o *order, key string) {
	end, known := x.fronts[o]
	if !known {
		value, _ := x.st.Get(frontKey(o))
		end = string(value)
		x.fronts[o] = end
	}
	if key <= end {
		x.dirty[place{o, ""}] = true
	}
}

// recount counts a film out of where it stood, and in where it stands. The sections
// it has not left have as many films as before.
func (x *index) recount(o *order, from, to []string) {
	at := 0
	if from != nil && to != nil {
		for ; ; at++ {
			p := place{o, nodeOf(to[:at])}
			if !p.isParted(x.size(p)) {
				x.dirty[p] = true
				return
			}
			if from[at] != to[at] {
				at++
				break
			}
		}
	}
	if from != nil {
		x.count(o, from, at, -1)
	}
	if to != nil {
		x.count(o, to, at, 1)
	}
}

// count counts a film in or out, in every section on its way from the one at a
// level on. Its line stands in the lists already, or no longer.
func (x *index) count(o *order, steps []string, level, by int) {
	for ; ; level++ {
		p := place{o, nodeOf(steps[:level])}
		n := x.add(p.sizeKey(), by)
		was := n - by
		switch {
		case level == 0:
			x.dirty[p] = true // it says how many films there are
		case n == 0 || was == 0:
			x.reshape(p.within())
		}
		parted, wasParted := p.isParted(n), p.isParted(was)
		if parted && wasParted {
			continue
		}
		x.dirty[p] = true
		switch {
		case parted:
			x.part(p)
		case wasParted:
			x.join(p)
		}
		return
	}
}

// part counts the parts of a section that has become too large for a page.
func (x *index) part(p place) {
	prefix := listKey(p.order, p.node)
	sizes := map[string]int{}
	x.st.Scan(prefix, func(key string, _ []byte) bool {
		step, _, _ := strings.Cut(key[len(prefix):], "/")
		sizes[step]++
		return true
	})
	for step, n := range sizes {
		inside := place{p.order, p.node + step + "/"}
		x.set(inside.sizeKey(), n)
		x.dirty[inside] = true
		if inside.isParted(n) {
			x.part(inside)
		}
	}
	x.reshape(p)
}

// join forgets the parts of a section that fits on a page again, and their parts.
func (x *index) join(p place) {
	var keys []string
	x.st.Scan(partsKey(p.order, p.node), func(key string, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		x.set(key, 0)
		within, step, _ := strings.Cut(key[len(partsKey(p.order, "")):], "\x00")
		x.dirty[place{p.order, within + step + "/"}] = true
	}
	x.reshape(p)
}

// reshape notes the pages that change when a section gets, or loses, a part: its
// own, and where it has come to have a single part, or no longer has, the one that
// links what is shown in its place.
func (x *index) reshape(p place) {
	x.dirty[p] = true
	for few := 2; p.node != "" && len(x.parts(p, few+1)) <= few; few = 1 {
		p = p.within()
		x.dirty[p] = true
	}
}

func (x *index) get(key string) int {
	n, known := x.sizes[key]
	if !known {
		value, _ := x.st.Get(key)
		n, _ = strconv.Atoi(string(value)) // nothing is 0
		x.sizes[key] = n
	}
	return n
}

func (x *index) set(key string, n int) {
	was := x.get(key)
	x.sizes[key] = n
	switch {
	case n == 0:
		x.st.Delete(key)
		delete(x.unsaved, key)
	case was == 0: // scans are to see that it is there
		x.save(key)
	default:
		x.unsaved[key] = true
	}
}

// save writes a size to the state.
func (x *index) save(key string) {
	x.st.Set(key, strconv.AppendInt(nil, int64(x.sizes[key]), 10))
	delete(x.unsaved, key)
}

// saveAll writes the sizes that a batch has changed, each once: that of the whole
// changes with nearly every event.
func (x *index) saveAll() {
	for _, key := range slices.Sorted(maps.Keys(x.unsaved)) {
		x.save(key)
	}
}

func (x *index) add(key string, by int) int {
	n := x.get(key) + by
	x.set(key, n)
	return n
}

// size is how many films a section has, 0 for one that is not there, or stands
// inside one that is not parted.
func (x *index) size(p place) int { return x.get(p.sizeKey()) }

// sizeKey is where the size of a section stands.
func (p place) sizeKey() string {
	if p.node == "" {
		return sizeKey(p.order)
	}
	within := p.within().node
	return partKey(p.order, within, strings.TrimSuffix(p.node[len(within):], "/"))
}

// within is the section that a section is a part of.
func (p place) within() place {
	steps := stepsOf(p.node)
	return place{p.order, nodeOf(steps[:len(steps)-1])}
}

// isParted reports whether a section of n films has parts.
func (p place) isParted(n int) bool { return n > maxListed && !strings.HasSuffix(p.node, last+"/") }

// part of a section.
type part struct {
	place
	films int
}

// parts are the first of a section's parts, in order, at most max; of one that is
// not parted there are none.
func (x *index) parts(p place, max int) []part {
	prefix := partKey(p.order, p.node, "")
	var list []part
	x.st.Scan(prefix, func(key string, value []byte) bool {
		if len(list) == max {
			return false
		}
		n, known := x.sizes[key]
		if !known {
			n, _ = strconv.Atoi(string(value))
		}
		list = append(list, part{place{p.order, p.node + key[len(prefix):] + "/"}, n})
		return true
	})
	return list
}

// only is the one part of a section that holds all its films, if there is one.
// Such a section has no page: whoever would be sent there is sent on.
func (x *index) only(p place) (inside part, ok bool) {
	first := x.parts(p, 2)
	if len(first) != 1 {
		return part{}, false
	}
	return first[0], true
}

// lines are the first films of a section, at most max, and the key of the last.
// They stand in the index's paper, until the next are asked for.
func (x *index) lines(p place, max int) (html, asJSON [][]byte, end string) {
	x.paper, x.ends = x.paper[:0], x.ends[:0]
	x.st.Scan(listKey(p.order, p.node), func(key string, value []byte) bool {
		if len(x.ends) == max {
			return false
		}
		x.paper, end = append(x.paper, value...), key
		x.ends = append(x.ends, len(x.paper))
		return true
	})
	from := 0
	for _, to := range x.ends {
		h, j, _ := bytes.Cut(x.paper[from:to], []byte{'\n'})
		html, asJSON, from = append(html, h), append(asJSON, j), to
	}
	return html, asJSON, end
}

// touched are the sections whose pages may have changed, in a fixed order.
func (x *index) touched() []place {
	return slices.SortedFunc(maps.Keys(x.dirty), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.order.name, b.order.name), cmp.Compare(a.node, b.node))
	})
}
