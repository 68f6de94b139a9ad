package ratings

import (
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
//	list/<order>/<section>/<film> the film's line, in HTML and in JSON: see line
//	size/<order>                  how many films there are
//	part/<order>/<section>NUL<step> how many films a part of a parted section has
type index struct {
	st     pipeline.State
	orders []*order
	dirty  map[place]bool
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
func stepsOf(node string) []string               { return strings.Split(strings.TrimSuffix(node, "/"), "/") }
func nodeOf(steps []string) string               { return strings.Join(steps, "/") + "/" }
func lineKey(o *order, steps []string, c *card) string {
	return listKey(o, nodeOf(steps)) + string(c.ID)
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
			x.move(before, nil, nil)
		}
		return nil
	}
	text := mustJSON(now)
	if had && string(old) == text {
		return nil
	}
	x.st.Set(cardKey(id), []byte(text))
	x.move(before, now, line(now, text))
	return nil
}

// move takes a film's line from where it stood, nil for nowhere, to where it
// belongs.
func (x *index) move(before, now *card, line []byte) {
	for _, o := range x.orders {
		x.dirty[place{o, ""}] = true // it shows the first films of all
		var from, to []string
		if before != nil {
			from = o.steps(before)
		}
		if now != nil {
			to = o.steps(now)
			x.st.Set(lineKey(o, to, now), line)
		}
		if slices.Equal(from, to) {
			x.dirty[place{o, x.page(o, to)}] = true
			continue
		}
		if before != nil {
			x.st.Delete(lineKey(o, from, before))
			x.count(o, from, -1)
		}
		if now != nil {
			x.count(o, to, 1)
		}
	}
}

// page is the section on whose page a film stands.
func (x *index) page(o *order, steps []string) string {
	node := ""
	for at, n := 0, x.get(sizeKey(o)); n > maxListed && steps[at] != last; at++ {
		n = x.get(partKey(o, node, steps[at]))
		node += steps[at] + "/"
	}
	return node
}

// count counts a film in or out, in every section on its way. Its line stands in
// the lists already, or no longer.
func (x *index) count(o *order, steps []string, by int) {
	key, node := sizeKey(o), ""
	for _, step := range steps {
		n := x.add(key, by)
		x.dirty[place{o, node}] = true
		switch was := n - by; {
		case n > maxListed && was <= maxListed:
			x.part(o, node)
			return
		case n <= maxListed && was > maxListed:
			x.join(o, node)
			return
		case n <= maxListed:
			return
		}
		key = partKey(o, node, step)
		node += step + "/"
	}
	x.add(key, by)
	x.dirty[place{o, node}] = true
}

// part counts the parts of a section that has become too large for a page.
func (x *index) part(o *order, node string) {
	prefix := listKey(o, node)
	sizes := map[string]int{}
	x.st.Scan(prefix, func(key string, _ []byte) bool {
		step, _, _ := strings.Cut(key[len(prefix):], "/")
		sizes[step]++
		return true
	})
	for step, n := range sizes {
		x.set(partKey(o, node, step), n)
		part := node + step + "/"
		x.dirty[place{o, part}] = true
		if n > maxListed && step != last {
			x.part(o, part)
		}
	}
}

// join forgets the parts of a section that fits on a page again, and their parts.
func (x *index) join(o *order, node string) {
	var keys []string
	x.st.Scan(partsKey(o, node), func(key string, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		x.st.Delete(key)
		within, step, _ := strings.Cut(key[len(partsKey(o, "")):], "\x00")
		x.dirty[place{o, within + step + "/"}] = true
	}
}

func (x *index) get(key string) int {
	value, _ := x.st.Get(key)
	n, _ := strconv.Atoi(string(value)) // nothing is 0
	return n
}

func (x *index) set(key string, n int) {
	if n == 0 {
		x.st.Delete(key)
		return
	}
	x.st.Set(key, strconv.AppendInt(nil, int64(n), 10))
}

func (x *index) add(key string, by int) int {
	n := x.get(key) + by
	x.set(key, n)
	return n
}

// size is how many films a section has, 0 for one that is not there.
func (x *index) size(p place) int {
	if p.node == "" {
		return x.get(sizeKey(p.order))
	}
	steps := stepsOf(p.node)
	end := len(steps) - 1
	within := ""
	if end > 0 {
		within = nodeOf(steps[:end])
	}
	return x.get(partKey(p.order, within, steps[end]))
}

// isParted reports whether a section of n films has parts.
func (p place) isParted(n int) bool { return n > maxListed && !strings.HasSuffix(p.node, last+"/") }

// part of a section.
type part struct {
	place
	films int
}

// parts of a section that has them, in order.
func (x *index) parts(p place) []part {
	prefix := partKey(p.order, p.node, "")
	var list []part
	x.st.Scan(prefix, func(key string, value []byte) bool {
		n, _ := strconv.Atoi(string(value))
		list = append(list, part{place{p.order, p.node + key[len(prefix):] + "/"}, n})
		return true
	})
	return list
}

// only is the one part of a section that holds all its films, if there is one.
// Such a section has no page: whoever would be sent there is sent on.
func (x *index) only(p place, films int) (inside place, ok bool) {
	prefix := partKey(p.order, p.node, "")
	x.st.Scan(prefix, func(key string, value []byte) bool {
		n, _ := strconv.Atoi(string(value))
		inside, ok = place{p.order, p.node + key[len(prefix):] + "/"}, n == films
		return false
	})
	return inside, ok
}

// lines are the first films of a section, at most max.
func (x *index) lines(p place, max int) (html, asJSON []string) {
	x.st.Scan(listKey(p.order, p.node), func(_ string, value []byte) bool {
		if len(html) == max {
			return false
		}
		h, j, _ := strings.Cut(string(value), "\n")
		html, asJSON = append(html, h), append(asJSON, j)
		return true
	})
	return html, asJSON
}

// touched are the sections whose pages may have changed, in a fixed order.
func (x *index) touched() []place {
	return slices.SortedFunc(maps.Keys(x.dirty), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.order.name, b.order.name), cmp.Compare(a.node, b.node))
	})
}
