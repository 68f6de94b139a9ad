package films

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settle decides about the films themselves: it merges those of which the same id
// was learned, among the films that are due, and where ruled says that the
// overrides have changed, it merges and parts what they say. problems are overrides
// that name films nobody knows.
func (g *identifying) Settle(due []review.FilmID, ruled bool, now time.Time) (events []pipeline.Append, problems []string, err error) {
	g.ruled = ruled
	for _, id := range due {
		g.due[id] = true
	}
	s := settling{g: g, d: decision{now: now}}
	if ruled {
		s.revoke()
		for _, o := range g.overrides.all {
			s.unknown(o)
			switch {
			case len(o.Same) > 0:
				s.join(o)
			case len(o.Different) > 0:
				s.part(o)
			}
		}
	}
	for _, id := range due {
		s.twins(id)
	}
	return s.events, s.problems, s.err
}

// Again reports whether a review that was identified before is to be identified
// again. It is asked after Settle. Without the overrides having changed, the film's
// id and stage are enough.
func (g *identifying) Again(id review.ID, r *review.Review) bool {
	film, stage := r.Film.ID, r.Film.Match.Stage
	switch {
	case g.moved[film], g.due[film] && weak(stage):
		return true
	case g.ruled && (stage == review.StageOverride || g.overrides.speaksOf(id, r, keys(&r.Film)) != nil):
		return true
	case film == "":
		return false
	}
	known, err := load(g.st, film)
	return err == nil && known != nil && known.into != ""
}

// weak reports the stages whose grounds another film may take away.
func weak(stage string) bool {
	return stage == review.StageTitleNear || stage == review.StageSpelling || stage == review.StageAmbiguous
}

// settling collects what is decided about films.
type settling struct {
	g        *identifying
	d        decision
	events   []pipeline.Append
	problems []string
	err      error
}

// load reads a film's row, nil where there is none or something went wrong.
func (s *settling) load(id review.FilmID) *row {
	r, err := load(s.g.st, id)
	if err != nil && s.err == nil {
		s.err = err
	}
	return r
}

func (s *settling) resolve(ref pipeline.FilmRef) *row {
	r, err := resolve(s.g.st, ref)
	if err != nil && s.err == nil {
		s.err = err
	}
	return r
}

func (s *settling) change(kind review.FilmEventKind, r *row, into review.FilmID) {
	events, err := s.g.change(kind, r, into, s.d)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.events = append(s.events, events...)
}

// revoke takes back what overrides decided that no longer stand.
func (s *settling) revoke() {
	var ids []review.FilmID
	s.g.st.Scan(ruled, func(key string, _ []byte) bool {
		ids = append(ids, review.FilmID(key[len(ruled):]))
		return true
	})
	for _, id := range ids {
		r := s.load(id)
		if r == nil {
			continue
		}
		joined := false
		stand := slices.DeleteFunc(slices.Clone(r.overrides), func(text string) bool {
			gone := !s.g.overrides.texts[text]
			joined = joined || gone && strings.HasPrefix(text, "same: ")
			return gone
		})
		if len(stand) == len(r.overrides) {
			continue
		}
		next := *r
		next.overrides = stand
		s.g.moved[r.root()] = true
		if joined && r.into != "" {
			s.split(&next)
			continue
		}
		s.keep(&next)
	}
}

// keep puts down what overrides say of a film, merged or not.
func (s *settling) keep(r *row) {
	kind := review.FilmRevised
	if r.into != "" {
		kind = review.FilmMerged
	}
	s.change(kind, r, r.into)
}

// split takes a film out of the one it was merged into.
func (s *settling) split(r *row) {
	from := r.into
	s.g.moved[from] = true
	next := *r
	next.into = ""
	s.change(review.FilmSplit, &next, "")
	if e := s.g.events[r.film.ID]; e != nil {
		e.From = from
	}
}

func (s *settling) unknown(o *pipeline.Override) {
	for _, ref := range slices.Concat(o.Same, o.Different, []pipeline.FilmRef{o.Film}) {
		if ref.Film != "" && s.load(ref.Film) == nil {
			s.problems = append(s.problems, fmt.Sprintf("%s: there is no film %s", o, ref.Film))
		}
	}
}

// join merges the films that an override says are one, into the first that is
// known.
func (s *settling) join(o *pipeline.Override) {
	var target *row
	for _, ref := range o.Same {
		r := s.resolve(ref)
		if r == nil {
			continue
		}
		if r.into != "" {
			r = s.load(r.into)
		}
		switch {
		case r == nil:
		case target == nil:
			target = r
		case r.film.ID != target.film.ID:
			s.name(target, o)
			s.merge(r, target, o)
		}
	}
}

// name notes an override on a film.
func (s *settling) name(r *row, o *pipeline.Override) {
	if slices.Contains(r.overrides, o.String()) {
		return
	}
	r.overrides = append(slices.Clip(r.overrides), o.String())
	s.keep(r)
}

func (s *settling) merge(r, into *row, because *pipeline.Override) {
	next := *r
	if because != nil && !slices.Contains(r.overrides, because.String()) {
		next.overrides = append(slices.Clip(r.overrides), because.String())
	}
	next.film.Match = review.Match{}
	s.change(review.FilmMerged, &next, into.film.ID)
}

// part takes apart films that an override says are not one. Their reviews are
// looked at again: some may be of a film that is not there yet.
func (s *settling) part(o *pipeline.Override) {
	for i, ref := range o.Different {
		a := s.resolve(ref)
		if a == nil {
			continue
		}
		s.g.moved[a.root()] = true
		for _, other := range o.Different[i+1:] {
			b := s.resolve(other)
			if b == nil || a.film.ID == b.film.ID || a.root() != b.root() {
				continue
			}
			if b.into == "" {
				a, b = b, a
			}
			next := *b
			next.overrides = append(slices.Clip(b.overrides), o.String())
			s.split(&next)
		}
	}
}

// twins merges a film into another that has the same id, if they can be one.
func (s *settling) twins(id review.FilmID) {
	r := s.load(id)
	if r == nil || r.into != "" {
		return
	}
	var twin *row
	r.film.IDs.Each(func(catalogue, foreign string) {
		if _, root, ok := identified(s.g.st, catalogue, foreign); ok && root != r.film.ID && twin == nil {
			twin = s.load(root)
		}
	})
	if twin == nil || r.film.IDs.Clash(twin.film.IDs) || s.parted(r, twin) {
		return
	}
	s.merge(r, twin, nil)
}

// parted reports that an override says that two films are not one.
func (s *settling) parted(a, b *row) bool {
	for _, o := range s.g.overrides.different {
		var means [2]int
		for i, ref := range o.Different {
			if r := s.resolve(ref); r != nil {
				for j, film := range [...]*row{a, b} {
					if r.root() == film.film.ID {
						means[j] = i + 1
					}
				}
			}
		}
		if means[0] != 0 && means[1] != 0 && means[0] != means[1] {
			return true
		}
	}
	return false
}
