package films

import (
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// How far apart two years of one title may be.
const (
	nearYears = 1 // a festival year against a release year
	clearOf   = 3 // within so many years no second film of the title may stand
)

// match is what the rules found for a review.
type match struct {
	film       review.FilmID // "" for none: a new one
	stage      string
	candidates []review.FilmID // that were not chosen, or not to be told apart
	override   *pipeline.Override
	from       review.FilmID // the film that the override keeps the review from
	conflict   bool          // the review\'s ids name films that cannot be one
	events     []pipeline.Append
}

// find looks for a known film, strongest rule first.
func (g *identifying) find(c *claims, override *pipeline.Override) (match, error) {
	if override != nil {
		if m, ok, err := g.overruled(override); ok || err != nil {
			return m, err
		}
	}
	m, ok, err := g.byID(c)
	if ok || err != nil {
		return m, err
	}
	if _, err := g.namesakes(c); err != nil {
		return m, err
	}
	conflict := m.candidates
	if m, ok = g.exactly(c, conflict); !ok && len(m.candidates) == 0 {
		m, ok = g.near(c, conflict)
	}
	if !ok && len(m.candidates) == 0 {
		if m, ok, err = g.spelt(c, conflict); err != nil {
			return m, err
		}
	}
	if !ok {
		m = unmatched(c, m.candidates, conflict)
	}
	m.conflict = len(conflict) > 0
	if c.apart != nil && m.film == "" {
		m.override, m.from = c.apart, c.from
	}
	return m, nil
}

// unmatched is the match of a review that no film fits, or several do.
func unmatched(c *claims, several, conflict []review.FilmID) match {
	m := match{stage: review.StageNew, candidates: several}
	for _, id := range conflict {
		m.candidates = addFilm(m.candidates, id)
	}
	switch {
	case len(m.candidates) > 0:
		m.stage = review.StageAmbiguous
	case c.film.Year == 0 && c.film.IDs.IsZero():
		m.stage = review.StageTitle
		m.candidates = dated(c)
	}
	return m
}

// overruled is the film that an override says. It is not ok where the override
// names none that is known, nor says enough to make one.
func (g *identifying) overruled(o *pipeline.Override) (match, bool, error) {
	m := match{stage: review.StageOverride, override: o}
	refs := o.Same
	if len(refs) == 0 {
		refs = []pipeline.FilmRef{o.Film}
	}
	for _, ref := range refs {
		r, err := resolve(g.st, ref)
		if err != nil {
			return m, false, err
		}
		if r != nil {
			m.film = r.root()
			return m, true, nil
		}
	}
	return m, len(o.Same) == 0 && o.Film.Film == "", nil
}

// byID finds the film that the review's ids name. Ids that name two films which
// cannot be one are a conflict: they name none, and the films are its candidates.
// Two that can be one are; Settle sees to it.
func (g *identifying) byID(c *claims) (match, bool, error) {
	if c.film.IDs.IsZero() {
		return match{}, false, nil
	}
	var m match
	var found []*row
	known, failed := 0, error(nil)
	total := 0
	c.film.IDs.Each(func(catalogue, id string) {
		total++
		_, root, ok := identified(g.st, catalogue, id)
		if !ok || failed != nil {
			return
		}
		known++
		if slices.ContainsFunc(found, func(r *row) bool { return r.film.ID == root }) {
			return
		}
		r, err := load(g.st, root)
		if err != nil || r == nil {
			failed = err
			return
		}
		found = append(found, r)
	})
	if failed != nil || len(found) == 0 {
		return m, false, failed
	}
	fit := slices.DeleteFunc(slices.Clone(found), func(r *row) bool {
		n := r.namesake(r.film.ID)
		return (known < total || len(found) > 1) && r.film.IDs.Clash(c.film.IDs) || g.keptApart(c, &n, "")
	})
	if len(fit) == 0 || slices.ContainsFunc(fit, func(r *row) bool { return r.film.IDs.Clash(fit[0].film.IDs) }) {
		for _, r := range found {
			m.candidates = addFilm(m.candidates, r.film.ID)
		}
		return m, false, nil
	}
	return match{film: fit[0].film.ID, stage: review.StageID}, true, nil
}

// keptApart reports that an override says that the review's film is not the
// namesake, and notes which.
func (g *identifying) keptApart(c *claims, n *namesake, key string) bool {
	if len(g.overrides.different) == 0 {
		return false
	}
	o := g.overrides.parts(c, n, key)
	if o != nil {
		c.apart, c.from = o, n.root
	}
	return o != nil
}

// another reports that a namesake cannot be the review's film, whatever its year.
func (g *identifying) another(c *claims, n *namesake, key string) bool {
	return n.ids.Clash(c.film.IDs) || otherDirectors(n.directors, c.directors) || g.keptApart(c, n, key)
}

// exactly finds the one film of the title and the year. Where there are several,
// reviews of it are a film of their own, which is open. The review's main title
// comes first: another may be that of another film as well.
func (g *identifying) exactly(c *claims, conflict []review.FilmID) (m match, ok bool) {
	var several []review.FilmID
	var open *namesake
	for i, all := range c.rows {
		var real []review.FilmID
		for j := range all {
			n := &all[j]
			switch {
			case n.year != c.film.Year || slices.Contains(conflict, n.root):
			case n.year == 0 && !(n.ids.IsZero() && c.film.IDs.IsZero()):
				// Without a year nothing says that this is the film of that id.
			case g.another(c, n, c.keys[i]):
			case !n.open:
				real = addFilm(real, n.root)
			case open == nil && c.film.IDs.IsZero():
				open = n
			}
		}
		if len(real) == 1 {
			return g.exact(c, real[0]), true
		}
		for _, id := range real {
			several = addFilm(several, id)
		}
	}
	if open != nil {
		return match{film: open.root, stage: review.StageAmbiguous, candidates: g.besides(c, open.root)}, true
	}
	return match{candidates: several}, false
}

func (g *identifying) exact(c *claims, film review.FilmID) match {
	if c.film.Year == 0 {
		return match{film: film, stage: review.StageTitle, candidates: dated(c)}
	}
	return match{film: film, stage: review.StageTitleYear}
}

// near finds the one film a year apart, where no other stands close.
func (g *identifying) near(c *claims, conflict []review.FilmID) (m match, ok bool) {
	year := c.film.Year
	if year == 0 {
		return m, false
	}
	var close, fit []review.FilmID
	for i, all := range c.rows {
		for j := range all {
			n := &all[j]
			seen := slices.Contains(n.years, year)
			if n.open || n.year == 0 || apart(n.year, year) > clearOf && !seen {
				continue
			}
			close = addFilm(close, n.root)
			if (apart(n.year, year) <= nearYears || seen) && !slices.Contains(conflict, n.root) && !g.another(c, n, c.keys[i]) {
				fit = addFilm(fit, n.root)
			}
		}
	}
	switch {
	case len(fit) == 0:
		return m, false
	case len(close) > 1:
		return match{candidates: close}, false
	}
	return match{film: fit[0], stage: review.StageTitleNear}, true
}

// spelt finds the one film of the year whose title is spelt almost alike.
func (g *identifying) spelt(c *claims, conflict []review.FilmID) (m match, ok bool, err error) {
	if c.film.Year == 0 {
		return m, false, nil
	}
	var fit []review.FilmID
	for _, title := range append([]string{c.film.Title, c.film.OriginalTitle}, c.film.AltTitles...) {
		lines, spelling := g.alike(title, c.film.Year)
		for _, line := range lines {
			if !almost(spelling, line) {
				continue
			}
			key := titleKey(line)
			all, err := called(g.st, key)
			if err != nil {
				return m, false, err
			}
			for i := range all {
				n := &all[i]
				if n.year == c.film.Year && !n.open && !slices.Contains(conflict, n.root) && !g.another(c, n, key) {
					fit = addFilm(fit, n.root)
				}
			}
		}
	}
	if len(fit) == 1 {
		return match{film: fit[0], stage: review.StageSpelling}, true, nil
	}
	return match{candidates: fit}, false, nil
}

// alike are the titles of a year that may be spelt almost as one is, which is
// returned in the same form.
func (g *identifying) alike(title string, year int) (lines []string, spelt string) {
	if title == "" {
		return nil, ""
	}
	spelt = spelling(title)
	p := print(spelt)
	if p == "" {
		return nil, spelt
	}
	value, _ := g.st.Get(speltKey(year, p))
	return unpackLines(value), spelt
}

// dated are the films of the review's titles that have a year.
func dated(c *claims) []review.FilmID {
	var ids []review.FilmID
	for _, all := range c.rows {
		for i := range all {
			if all[i].year != 0 {
				ids = addFilm(ids, all[i].root)
			}
		}
	}
	return ids
}

// besides are the other films that a review of an open film could be about.
func (g *identifying) besides(c *claims, chosen review.FilmID) []review.FilmID {
	var ids []review.FilmID
	for _, all := range c.rows {
		for i := range all {
			n := &all[i]
			if n.root != chosen && n.year != 0 && (c.film.Year == 0 || apart(n.year, c.film.Year) <= clearOf) {
				ids = addFilm(ids, n.root)
			}
		}
	}
	return ids
}

func addFilm(ids []review.FilmID, id review.FilmID) []review.FilmID {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}
