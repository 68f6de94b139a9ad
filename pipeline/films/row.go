package films

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// row is what the registry keeps of a film.
type row struct {
	film      review.Film // Match is set for one that is ambiguous
	revision  int
	position  pipeline.Position // of its latest event
	into      review.FilmID     // the film it was merged into, "" for none
	overrides []string          // that decided something about it
}

// open reports a film that stands for others between which nobody could choose.
func (r *row) open() bool { return r.film.Match.Stage == review.StageAmbiguous }

// namesake is a film as the row of one of its titles has it: all that the rules ask
// about it, so that a match costs one look-up.
type namesake struct {
	own       review.FilmID // the film that goes by the title
	root      review.FilmID // what it is now: itself, or what it was merged into
	year      int
	years     []int
	ids       review.FilmIDs
	directors string // see directorsKey
	open      bool
}

func (r *row) namesake(root review.FilmID) namesake {
	return namesake{
		own: r.film.ID, root: root, year: r.film.Year, years: r.film.Years, ids: r.film.IDs,
		directors: directorsKey(r.film.Directors), open: r.open(),
	}
}

// packed is a value of the registry's state: numbers as varints, texts with their
// length before them. It takes a tenth of the time that JSON takes.
type packed []byte

func (p *packed) number(n uint64) { *p = binary.AppendUvarint(*p, n) }

func (p *packed) text(s string) {
	p.number(uint64(len(s)))
	*p = append(*p, s...)
}

func (p *packed) texts(all []string) {
	p.number(uint64(len(all)))
	for _, s := range all {
		p.text(s)
	}
}

func (p *packed) years(all []int) {
	p.number(uint64(len(all)))
	for _, y := range all {
		p.number(uint64(y))
	}
}

func (p *packed) ids(ids review.FilmIDs) {
	p.text(ids.IMDb)
	p.text(ids.TMDB)
	p.text(ids.Wikidata)
	p.text(ids.Letterboxd)
}

// errPacked says that a value is not what pack wrote.
var errPacked = errors.New("films: the registry's state cannot be read; delete the views folder")

// unpacking reads what packed wrote. After a fault everything is zero.
type unpacking struct {
	b   []byte
	bad bool
}

func (u *unpacking) number() uint64 {
	n, width := binary.Uvarint(u.b)
	if width <= 0 {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[width:]
	return n
}

func (u *unpacking) text() string {
	n := u.number()
	if n > uint64(len(u.b)) {
		u.bad, u.b = true, nil
		return ""
	}
	s := string(u.b[:n])
	u.b = u.b[n:]
	return s
}

// count is how many values follow. Each takes a byte at least.
func (u *unpacking) count() int {
	n := u.number()
	if n > uint64(len(u.b)) {
		u.bad, u.b = true, nil
		return 0
	}
	return int(n)
}

func (u *unpacking) texts() []string {
	n := u.count()
	if n == 0 {
		return nil
	}
	all := make([]string, n)
	for i := range all {
		all[i] = u.text()
	}
	return all
}

func (u *unpacking) years() []int {
	n := u.count()
	if n == 0 {
		return nil
	}
	all := make([]int, n)
	for i := range all {
		all[i] = int(u.number())
	}
	return all
}

func (u *unpacking) ids() review.FilmIDs {
	return review.FilmIDs{IMDb: u.text(), TMDB: u.text(), Wikidata: u.text(), Letterboxd: u.text()}
}

func (u *unpacking) err() error {
	if u.bad {
		return errPacked
	}
	return nil
}

func (r *row) pack() []byte {
	f := &r.film
	p := make(packed, 0, 160)
	p.number(uint64(r.revision))
	p.number(uint64(r.position))
	p.text(string(r.into))
	p.texts(r.overrides)
	p.text(f.Title)
	p.text(f.OriginalTitle)
	p.texts(f.AltTitles)
	p.number(uint64(f.Year))
	p.years(f.Years)
	p.texts(f.Directors)
	p.texts(f.Countries)
	p.texts(f.Companies)
	p.ids(f.IDs)
	p.text(f.Match.Stage)
	p.texts(filmIDStrings(f.Match.Candidates))
	return p
}

func unpackRow(id review.FilmID, b []byte) (*row, error) {
	u := unpacking{b: b}
	r := &row{revision: int(u.number()), position: pipeline.Position(u.number()), into: review.FilmID(u.text()), overrides: u.texts()}
	r.film = review.Film{
		ID: id, Title: u.text(), OriginalTitle: u.text(), AltTitles: u.texts(),
		Year: int(u.number()), Years: u.years(),
		Directors: u.texts(), Countries: u.texts(), Companies: u.texts(), IDs: u.ids(),
	}
	r.film.Match.Stage = u.text()
	for _, c := range u.texts() {
		r.film.Match.Candidates = append(r.film.Match.Candidates, review.FilmID(c))
	}
	if r.open() {
		r.film.Match.Confidence = confidence(review.StageAmbiguous)
	}
	return r, u.err()
}

func filmIDStrings(ids []review.FilmID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}

// packNamesakes packs the films of one title.
func packNamesakes(all []namesake) []byte {
	p := make(packed, 0, 64*len(all))
	p.number(uint64(len(all)))
	for i := range all {
		n := &all[i]
		p.text(string(n.own))
		if n.root == n.own {
			p.text("")
		} else {
			p.text(string(n.root))
		}
		open := uint64(0)
		if n.open {
			open = 1
		}
		p.number(uint64(n.year)<<1 | open)
		p.years(n.years)
		p.ids(n.ids)
		p.text(n.directors)
	}
	return p
}

func unpackNamesakes(b []byte) ([]namesake, error) {
	u := unpacking{b: b}
	all := make([]namesake, u.count())
	for i := range all {
		n := &all[i]
		n.own, n.root = review.FilmID(u.text()), review.FilmID(u.text())
		if n.root == "" {
			n.root = n.own
		}
		year := u.number()
		n.year, n.open = int(year>>1), year&1 == 1
		n.years, n.ids, n.directors = u.years(), u.ids(), u.text()
	}
	return all, u.err()
}

// with are the namesakes and one more, or what is known of it now.
func with(all []namesake, n namesake) []namesake {
	all = slices.Clone(all)
	if i := slices.IndexFunc(all, func(o namesake) bool { return o.own == n.own }); i >= 0 {
		all[i] = n
		return all
	}
	return append(all, n)
}

// without are the namesakes but for one film.
func without(all []namesake, own review.FilmID) []namesake {
	return slices.DeleteFunc(all, func(n namesake) bool { return n.own == own })
}

// packLines packs texts that hold no line ends.
func packLines(all []string) []byte { return []byte(strings.Join(all, "\n")) }

func unpackLines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.Split(string(b), "\n")
}
