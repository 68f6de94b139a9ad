// Package films says which film a review is about: the registry and its matching
// rules. It decides from the review, from what stands on the log, from the
// operator's overrides and from what it is handed of a catalogue's answer; it asks
// nobody itself, and where two films could be meant it does not choose.
//
// The rules, strongest first, each giving the stage of the match:
//
//	override    the operator says so
//	id          another catalogue's id is known; two different ids of one
//	            catalogue are never one film
//	title_year  the same folded title and the same year
//	title_near  the same folded title, one year apart, and no other film of that
//	            title within three years
//	spelling    the same year, and a title with a slip or two in long words
//	title       a review without a year: the films of that title without a year
//	            are one provisional film, apart from all that have one
//	ambiguous   several films fit: none is chosen, and such reviews are a film of
//	            their own until somebody says more
//	new         none of these: a film not seen before
//
// Two films that fit by title are told apart by ids that clash and by directors of
// whom none is the same.
//
// A film learns from reviews that were found by id or by title and year: ids,
// titles, directors, years. From weaker matches it learns no title, so that one
// guess does not lead to the next. Films merge where the same id was
// learned for both, or where the operator says so; nowhere else. Which of the two
// stays hangs on their ids alone (betterName), not on which came first.
//
// What was decided on weak grounds is looked at again when a film comes up that
// makes the grounds weaker: see [Registry.Due].
package films

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Registry is the view of the film events on the log. Its state holds
//
//	film/ID                 what is known of the film (row)
//	title/KEY               the films that go by a folded title (namesakes)
//	id/CATALOGUE/ID         the film that has another catalogue's id, and what it
//	                        was merged into: two lines
//	spelt/YEAR/PRINT        folded titles of that year with the same print
//	from/ID/FILM            films merged into one
//	open/ID                 films that are ambiguous
//	ruled/ID                films that overrides decided about
//	doubt/POSITION/ID       films about which something was decided there that
//	                        makes weak matches weaker
//
// Apply, Begin and what Begin returns are not for use at the same time: what was
// read is remembered.
type Registry struct {
	overrides atomic.Pointer[overrides]
	memory    *memory
}

// New returns a registry without overrides.
func New() *Registry {
	r := &Registry{memory: newMemory()}
	r.Override(nil)
	return r
}

// Override replaces the operator's overrides.
func (g *Registry) Override(all []pipeline.Override) { g.overrides.Store(compile(all)) }

// Rules is a fingerprint of the overrides.
func (g *Registry) Rules() string { return g.overrides.Load().print }

// Version names the layout of the state.
func (*Registry) Version() string { return "films/3" }

// Apply takes the film events of a batch.
func (g *Registry) Apply(_ context.Context, entries []pipeline.Entry, st pipeline.State, _ pipeline.Documents) error {
	for _, e := range entries {
		if e.Film == nil {
			continue
		}
		if err := apply(forgetful{st, g.memory}, e.Film, e.Position); err != nil {
			return fmt.Errorf("film %s at %d: %w", e.Film.FilmID, e.Position, err)
		}
	}
	return nil
}

// Due lists the films about which something was decided after a position that
// makes weak matches with them weaker, or that shows two of them to be one.
func (*Registry) Due(st pipeline.Reader, after pipeline.Position) []review.FilmID {
	var due []review.FilmID
	first := doubtKey(after+1, "")
	st.ScanBack(doubts, func(key string, _ []byte) bool {
		if key < first {
			return false
		}
		if id := review.FilmID(key[len(first):]); !slices.Contains(due, id) {
			due = append(due, id)
		}
		return true
	})
	return due
}

// Current is what a film was merged into, the film itself for any other. It is not
// ok for a film that is not known.
func (*Registry) Current(st pipeline.Reader, id review.FilmID) (review.FilmID, bool) {
	value, ok := st.Get(filmKey(id))
	if !ok {
		return "", false
	}
	r, err := unpackRow(id, value)
	if err != nil {
		return "", false
	}
	return r.root(), true
}

// Prefixes of the state.
const (
	titles = "title/"
	opens  = "open/"
	ruled  = "ruled/"
	doubts = "doubt/"
)

func filmKey(id review.FilmID) string        { return "film/" + string(id) }
func idKey(catalogue, id string) string      { return "id/" + catalogue + "/" + id }
func speltKey(year int, print string) string { return "spelt/" + strconv.Itoa(year) + "/" + print }
func fromPrefix(root review.FilmID) string   { return "from/" + string(root) + "/" }
func fromKey(root, id review.FilmID) string  { return fromPrefix(root) + string(id) }
func doubtKey(at pipeline.Position, id review.FilmID) string {
	return fmt.Sprintf("%s%016x/%s", doubts, uint64(at), id)
}

// root is what the film was merged into, or itself.
func (r *row) root() review.FilmID {
	if r.into != "" {
		return r.into
	}
	return r.film.ID
}

// load reads a film's row, nil where there is none.
func load(st pipeline.Reader, id review.FilmID) (*row, error) {
	value, ok := st.Get(filmKey(id))
	if !ok {
		return nil, nil
	}
	return unpackRow(id, value)
}

// called reads the films that go by a folded title. A title that has many is one
// short row all the same: the most common ones have a few dozen films.
func called(st pipeline.Reader, key string) ([]namesake, error) {
	value, ok := st.Get(titles + key)
	if !ok {
		return nil, nil
	}
	return unpackNamesakes(value)
}

// identified is the film that has another catalogue's id, and what it is now.
func identified(st pipeline.Reader, catalogue, id string) (own, root review.FilmID, ok bool) {
	value, ok := st.Get(idKey(catalogue, id))
	if !ok {
		return "", "", false
	}
	a, b, _ := strings.Cut(string(value), "\n")
	return review.FilmID(a), review.FilmID(b), true
}

// apply takes one decision. at is 0 for one that is not on the log yet.
func apply(st pipeline.State, e *review.FilmEvent, at pipeline.Position) error {
	var before *row
	if e.Revision > 1 {
		var err error
		if before, err = load(st, e.FilmID); err != nil {
			return err
		}
	}
	r := &row{film: e.Film, revision: e.Revision, position: at, overrides: e.Overrides}
	r.film.ID = e.FilmID
	if e.Kind == review.FilmMerged {
		target, err := load(st, e.Into)
		if err != nil {
			return err
		}
		r.into = e.Into
		if target != nil {
			r.into = target.root()
		}
		if r.into == e.FilmID {
			r.into = "" // a ring must not hang us
		}
	}
	x := indexing{st: st, at: at}
	if before != nil {
		x.leave(before, r)
	}
	x.enter(r)
	if r.into != "" {
		x.adopt(r)
	}
	return x.err
}

// indexing keeps the rows by which films are found.
type indexing struct {
	st  pipeline.State
	at  pipeline.Position
	err error
}

func (x *indexing) fault(err error) {
	if x.err == nil {
		x.err = err
	}
}

// doubt notes that weak matches with a film are to be looked at again.
func (x *indexing) doubt(id review.FilmID) {
	if x.at != 0 {
		x.st.Set(doubtKey(x.at, id), nil)
	}
}

// leave takes out what no longer holds of a film.
func (x *indexing) leave(before, now *row) {
	after := keys(&now.film)
	for _, key := range keys(&before.film) {
		if slices.Contains(after, key) {
			continue
		}
		all, err := called(x.st, key)
		if err != nil {
			x.fault(err)
			return
		}
		x.st.Set(titles+key, packNamesakes(without(all, now.film.ID)))
	}
	if before.into != "" && before.into != now.into {
		x.st.Delete(fromKey(before.into, now.film.ID))
		x.doubt(before.into)
	}
	if before.open() {
		x.st.Delete(opens + string(now.film.ID))
	}
	if len(before.overrides) > 0 {
		x.st.Delete(ruled + string(now.film.ID))
	}
}

// enter puts a film into every row by which it is found.
func (x *indexing) enter(r *row) {
	id := r.film.ID
	x.st.Set(filmKey(id), r.pack())
	for _, key := range keys(&r.film) {
		x.enterTitle(key, r.namesake(r.root()))
	}
	r.film.IDs.Each(func(catalogue, foreign string) { x.enterID(r, catalogue, foreign) })
	if r.into != "" {
		x.st.Set(fromKey(r.into, id), nil)
		x.doubt(id)
	} else if r.open() {
		x.st.Set(opens+string(id), nil)
	}
	if len(r.overrides) > 0 {
		x.st.Set(ruled+string(id), nil)
	}
	if r.film.Year == 0 {
		return
	}
	x.enterSpelling(r, r.film.Title)
	x.enterSpelling(r, r.film.OriginalTitle)
	for _, title := range r.film.AltTitles {
		x.enterSpelling(r, title)
	}
}

// enterTitle puts a film among those of a title. Those near it are in doubt.
func (x *indexing) enterTitle(key string, n namesake) {
	before, known := x.st.Get(titles + key)
	var all []namesake
	if known {
		var err error
		if all, err = unpackNamesakes(before); err != nil {
			x.fault(err)
			return
		}
	}
	value := packNamesakes(with(all, n))
	if known && string(before) == string(value) {
		return
	}
	x.st.Set(titles+key, value)
	near := false
	for i := range all {
		other := &all[i]
		if other.root != n.root && other.year != 0 && n.year != 0 && apart(other.year, n.year) <= clearOf+nearYears {
			x.doubt(other.root)
			near = true
		}
	}
	if near {
		x.doubt(n.root)
	}
}

// enterID makes a film the one that has another catalogue's id. Where another has it
// already, the two may be one film, and the id is that of the one with the better
// name, whichever came first: films of one group are put down in the order in which
// they were made, not in which they learned.
func (x *indexing) enterID(r *row, catalogue, foreign string) {
	own, root, ok := identified(x.st, catalogue, foreign)
	now := r.root()
	if ok && own != r.film.ID {
		if root == now {
			return
		}
		if !betterName(now, root) {
			x.doubt(now)
			return
		}
		x.doubt(root)
	} else if ok && root == now {
		return
	}
	x.st.Set(idKey(catalogue, foreign), packLines([]string{string(r.film.ID), string(now)}))
}

// betterName orders the ids of films of which one is to be merged into the other: one
// that tells its year before one that does not, then the shorter one.
func betterName(a, b review.FilmID) bool {
	if y := withYear.MatchString(string(a)); y != withYear.MatchString(string(b)) {
		return y
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) < 0
}

var withYear = regexp.MustCompile(`-(18|19|20|21)[0-9]{2}(-[0-9]+)?$`)

// enterSpelling puts a title among those that look like it.
func (x *indexing) enterSpelling(r *row, title string) {
	spelt := spelling(title)
	p := print(spelt)
	if p == "" {
		return
	}
	key := speltKey(r.film.Year, p)
	value, _ := x.st.Get(key)
	lines := unpackLines(value)
	if slices.Contains(lines, spelt) {
		return
	}
	x.st.Set(key, packLines(append(slices.Clone(lines), spelt)))
	for _, other := range lines {
		if !almost(spelt, other) {
			continue
		}
		all, err := called(x.st, titleKey(other))
		if err != nil {
			x.fault(err)
			return
		}
		for i := range all {
			if all[i].year == r.film.Year && all[i].root != r.root() {
				x.doubt(all[i].root)
			}
		}
	}
}

// adopt takes the films that were merged into one that is now merged itself.
func (x *indexing) adopt(r *row) {
	var children []review.FilmID
	prefix := fromPrefix(r.film.ID)
	x.st.Scan(prefix, func(key string, _ []byte) bool {
		children = append(children, review.FilmID(key[len(prefix):]))
		return true
	})
	for _, id := range children {
		child, err := load(x.st, id)
		if err != nil || child == nil {
			x.fault(err)
			continue
		}
		x.st.Delete(fromKey(r.film.ID, id))
		child.into = r.into
		x.enter(child)
	}
}
