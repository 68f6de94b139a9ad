package films

import (
	"slices"

	"github.com/filmwire/filmwire/pipeline/review"
)

// maxTitles is how many titles a film may go by: more is a fault somewhere.
const maxTitles = 60

// learn adds to a known film what a review of it says and the film does not know
// yet. What is known of it stands in the rows of its titles, so that a film that
// learns nothing need not be read.
func (g *identifying) learn(c *claims, found *match, d decision) error {
	if _, err := g.namesakes(c); err != nil {
		return err
	}
	if g.knows(c, found) {
		return nil
	}
	r, err := load(g.st, found.film)
	if err != nil || r == nil {
		return err
	}
	if next, grew := g.grown(r, c, found); grew {
		events, err := g.change(review.FilmRevised, next, "", d)
		if err != nil {
			return err
		}
		found.events = append(found.events, events...)
	}
	if found.stage != review.StageID {
		return nil
	}
	return g.prove(c, found, d)
}

// naming reports the stages from which a film learns ids: by all that name one
// film. So a second id of a catalogue finds that there is one, and is another film.
func naming(stage string) bool {
	return strong(stage) || stage == review.StageTitleNear || stage == review.StageSpelling
}

// strong reports the stages from which a film learns everything.
func strong(stage string) bool {
	return stage == review.StageID || stage == review.StageTitleYear
}

// knows reports that there is nothing in the review for its film to learn, as far
// as the rows at hand tell.
func (g *identifying) knows(c *claims, found *match) bool {
	switch found.stage {
	case review.StageOverride:
		return false
	case review.StageTitle, review.StageAmbiguous:
		return true
	}
	f := c.film
	for _, all := range c.rows {
		i := slices.IndexFunc(all, func(n namesake) bool { return n.root == found.film })
		if i < 0 {
			if !strong(found.stage) && c.film.IDs.IsZero() {
				continue
			}
			return false
		}
		n := &all[i]
		if !knowsYears(n.year, n.years, f) {
			return false
		}
		if n.ids.Or(f.IDs) != n.ids || f.IDs.Clash(n.ids) || strong(found.stage) && n.directors == "" && c.directors != "" {
			return false
		}
		if found.stage == review.StageID && len(all) > 1 {
			return false // another of that title may be the same film
		}
	}
	return len(c.rows) > 0
}

func knowsYears(year int, years []int, f *review.Film) bool {
	known := func(y int) bool { return y == year || slices.Contains(years, y) }
	return (f.Year == 0 || known(f.Year)) && !slices.ContainsFunc(f.Years, func(y int) bool { return !known(y) })
}

// grown is a film with what a review adds to it.
func (g *identifying) grown(r *row, c *claims, found *match) (*row, bool) {
	next := *r
	f, grew := &next.film, false
	if o := found.override; o != nil && !slices.Contains(r.overrides, o.String()) {
		next.overrides, grew = append(slices.Clip(r.overrides), o.String()), true
	}
	if found.stage == review.StageOverride {
		return &next, grew
	}
	if ids := f.IDs.Or(g.learnable(f.IDs, c.film.IDs)); ids != f.IDs && naming(found.stage) && !found.conflict {
		f.IDs, grew = ids, true
	}
	if strong(found.stage) {
		grew = g.grownFacts(f, c, found.stage) || grew
	}
	if knowsYears(f.Year, f.Years, c.film) || found.stage == review.StageAmbiguous || found.stage == review.StageTitle {
		return &next, grew
	}
	years := slices.Concat(f.Years, c.film.Years, []int{f.Year, c.film.Year})
	slices.Sort(years)
	f.Years = slices.DeleteFunc(slices.Compact(years), func(y int) bool { return y == 0 })
	if len(f.Years) < 2 {
		f.Years = nil
	}
	return &next, true
}

// grownFacts adds titles, directors and, where it is not known, the year.
func (g *identifying) grownFacts(f *review.Film, c *claims, stage string) (grew bool) {
	if len(f.Directors) == 0 && len(c.film.Directors) > 0 {
		f.Directors, grew = c.film.Directors, true
	}
	if f.Year == 0 && c.film.Year != 0 && stage != review.StageTitleYear {
		f.Year, grew = c.film.Year, true
	}
	if f.Title == "" && c.film.Title != "" {
		f.Title, grew = c.film.Title, true
	}
	known := keys(f)
	if key := titleKey(c.film.OriginalTitle); f.OriginalTitle == "" && key != "" && !slices.Contains(known, key) {
		f.OriginalTitle, grew = c.film.OriginalTitle, true
		known = append(known, key)
	}
	for _, title := range append([]string{c.film.Title, c.film.OriginalTitle}, c.film.AltTitles...) {
		key := titleKey(title)
		if key == "" || slices.Contains(known, key) || len(known) >= maxTitles || g.elsewhere(f.ID, key) {
			continue
		}
		f.AltTitles, grew = append(slices.Clip(f.AltTitles), title), true
		known = append(known, key)
	}
	return grew
}

// learnable are those of a review's ids that no film has which clashes with the
// known ones.
func (g *identifying) learnable(known, stated review.FilmIDs) review.FilmIDs {
	stated.Each(func(catalogue, id string) {
		if own, _, ok := identified(g.st, catalogue, id); ok {
			if r, err := load(g.st, own); err != nil || r == nil || r.film.IDs.Clash(known) {
				stated.Set(catalogue, "")
			}
		}
	})
	return stated
}

// elsewhere reports that a title is known of a film that was merged into this one.
func (g *identifying) elsewhere(id review.FilmID, key string) bool {
	all, err := called(g.st, key)
	return err == nil && slices.ContainsFunc(all, func(n namesake) bool { return n.root == id && n.own != id })
}

// prove notes the ids of a review, whose film they name, also on the one other film
// that has its very title and year: the review shows the two to be one,
// and Settle merges them. Where a third goes by that title and year, nothing is
// shown.
func (g *identifying) prove(c *claims, found *match, d decision) error {
	if c.film.Year == 0 || len(c.rows) == 0 {
		return nil
	}
	var twin *namesake
	for i := range c.rows[0] {
		n := &c.rows[0][i]
		if n.root == found.film || n.year != c.film.Year {
			continue
		}
		if twin != nil {
			return nil
		}
		twin = n
	}
	if twin == nil || twin.open || twin.own != twin.root || twin.ids.Or(c.film.IDs) == twin.ids || g.another(c, twin, c.keys[0]) {
		return nil
	}
	r, err := load(g.st, twin.own)
	if err != nil || r == nil {
		return err
	}
	next := *r
	next.film.IDs = r.film.IDs.Or(c.film.IDs)
	events, err := g.change(review.FilmRevised, &next, "", d)
	found.events = append(found.events, events...)
	return err
}
