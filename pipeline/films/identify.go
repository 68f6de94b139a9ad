package films

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The stages of a match, as they stand in film.match.stage.
const (
	stageID        = "id"
	stageTitleYear = "title_year"
	stageTitleNear = "title_near"
	stageTitle     = "title"
	stageNew       = "new"
)

// confidence is what each stage is worth, from 0 to 1. These are judgements, not
// measurements: they order the inspection list.
func confidence(stage string) review.Decimal {
	switch stage {
	case stageID:
		return review.Int(1)
	case stageTitleYear:
		return review.NewDecimal(95, 2)
	case stageTitleNear:
		return review.NewDecimal(8, 1)
	case stageTitle:
		return review.NewDecimal(5, 1)
	}
	return review.Int(1)
}

// How far apart two years of one title may be.
const (
	nearYears = 1 // a festival year against a release year
	clearOf   = 3 // within so many years no second film of the title may stand
)

// identifying decides about one group of reviews on top of the registry.
type identifying struct {
	st pipeline.Reader
	// What this group decided and the registry's state does not hold yet.
	films  map[review.FilmID]*row
	events map[review.FilmID]*review.FilmEvent
	titles map[string][]review.FilmID
	ids    map[string]review.FilmID
}

// Begin starts deciding on top of the registry's state.
func (*Registry) Begin(st pipeline.Reader) pipeline.Identifying {
	return &identifying{
		st:     st,
		films:  map[review.FilmID]*row{},
		events: map[review.FilmID]*review.FilmEvent{},
		titles: map[string][]review.FilmID{},
		ids:    map[string]review.FilmID{},
	}
}

// Identify finds the review's film or makes a new one. A review that names no
// film stays without.
func (g *identifying) Identify(id review.ID, r *review.Review, now time.Time) ([]pipeline.Append, error) {
	film := &r.Film
	film.ID, film.Match = "", review.Match{}
	if film.Title == "" && film.IDs.IsZero() {
		return nil, nil
	}
	found, stage, candidates, err := g.find(film)
	if err != nil {
		return nil, err
	}
	var events []pipeline.Append
	if found == nil {
		found, events = g.create(film, id, now)
		stage = stageNew
		if film.Year == 0 {
			stage = stageTitle
		}
	} else if grown, ok := learn(found.Film, film); ok {
		events = g.revise(found, grown, id, now)
	}
	film.ID = found.Film.ID
	film.Match = review.Match{Stage: stage, Confidence: confidence(stage), Candidates: candidates}
	return events, nil
}

// find looks for a known film, strongest rule first.
func (g *identifying) find(film *review.Film) (*row, string, []review.FilmID, error) {
	if found, err := g.byID(film); found != nil || err != nil {
		return found, stageID, nil, err
	}
	if film.Title == "" {
		return nil, "", nil, nil
	}
	namesakes, err := g.namesakes(film)
	if err != nil {
		return nil, "", nil, err
	}
	if found := exactly(namesakes, film.Year); found != nil {
		if film.Year == 0 {
			return found, stageTitle, others(namesakes, found), nil
		}
		return found, stageTitleYear, nil, nil
	}
	if found := near(namesakes, film.Year); found != nil {
		return found, stageTitleNear, others(namesakes, found), nil
	}
	return nil, "", others(namesakes, nil), nil
}

// byID finds the one film that the review's ids name. Ids that name two films
// are a conflict and name none.
func (g *identifying) byID(film *review.Film) (*row, error) {
	var found *row
	var conflict bool
	var failed error
	film.IDs.Each(func(catalogue, id string) {
		filmID, ok := g.ids[catalogue+"/"+id]
		if !ok {
			value, known := g.st.Get("id/" + catalogue + "/" + id)
			if !known {
				return
			}
			filmID = review.FilmID(value)
		}
		r, err := g.load(filmID)
		if err != nil {
			failed = err
			return
		}
		if r == nil {
			return
		}
		if found != nil && found.Film.ID != r.Film.ID {
			conflict = true
		}
		found = r
	})
	if conflict || found != nil && idsClash(found.Film.IDs, film.IDs) {
		return nil, failed
	}
	return found, failed
}

// namesakes are the known films that share a title with film and do not clash
// with its ids.
func (g *identifying) namesakes(film *review.Film) ([]*row, error) {
	var all []*row
	for _, key := range keys(film) {
		for _, id := range append(called(g.st, key), g.titles[key]...) {
			r, err := g.load(id)
			if err != nil {
				return nil, err
			}
			if r == nil || idsClash(r.Film.IDs, film.IDs) || slices.ContainsFunc(all, func(o *row) bool { return o.Film.ID == r.Film.ID }) {
				continue
			}
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *row) int { return strings.Compare(string(a.Film.ID), string(b.Film.ID)) })
	return all, nil
}

// exactly finds the one film of that year. Where ids tell several apart, a review
// that clashes with none of them belongs to none: it goes to the one film without
// ids, if there is one.
func exactly(namesakes []*row, year int) *row {
	var found, bare []*row
	for _, r := range namesakes {
		if r.Film.Year != year {
			continue
		}
		found = append(found, r)
		if r.Film.IDs.IsZero() {
			bare = append(bare, r)
		}
	}
	switch {
	case len(found) == 1:
		return found[0]
	case len(bare) == 1:
		return bare[0]
	}
	return nil
}

// near finds the one film a year apart, where no other stands close.
func near(namesakes []*row, year int) *row {
	if year == 0 {
		return nil
	}
	var found *row
	for _, r := range namesakes {
		if r.Film.Year == 0 || apart(r.Film.Year, year) > clearOf {
			continue
		}
		if found != nil {
			return nil
		}
		found = r
	}
	if found == nil || apart(found.Film.Year, year) > nearYears {
		return nil
	}
	return found
}

// others lists the namesakes that were not chosen, for people to look at.
func others(namesakes []*row, chosen *row) []review.FilmID {
	var ids []review.FilmID
	for _, r := range namesakes {
		if chosen == nil || r.Film.ID != chosen.Film.ID {
			ids = append(ids, r.Film.ID)
		}
	}
	return ids
}

// create makes a film that was not seen before.
func (g *identifying) create(film *review.Film, cause review.ID, now time.Time) (*row, []pipeline.Append) {
	id := g.freeID(film)
	known := *film
	known.ID, known.Match = "", review.Match{}
	r := &row{Film: known, Revision: 1}
	r.Film.ID = id
	event := g.event(review.FilmNew, r, cause, now)
	g.remember(r, event)
	return r, []pipeline.Append{{Film: event}}
}

// freeID is the film's slug, with a number behind it where that is taken.
func (g *identifying) freeID(film *review.Film) review.FilmID {
	name := film.Title
	if name == "" {
		film.IDs.Each(func(catalogue, id string) {
			if name == "" {
				name = catalogue + " " + id
			}
		})
	}
	base := fold.Slug(name)
	if film.Year != 0 {
		base = fmt.Sprintf("%s-%d", base, film.Year)
	}
	for n := 1; ; n++ {
		id := review.FilmID(base)
		if n > 1 {
			id = review.FilmID(fmt.Sprintf("%s-%d", base, n))
		}
		if !g.taken(id) {
			return id
		}
	}
}

// taken reports whether a film has or had the id: a merged one keeps its row.
func (g *identifying) taken(id review.FilmID) bool {
	if _, pending := g.films[id]; pending {
		return true
	}
	_, known := g.st.Get("film/" + string(id))
	return known
}

// revise puts down what a review taught about a known film. A film this very
// group made is not on the log yet, and its event simply says more.
func (g *identifying) revise(r *row, grown review.Film, cause review.ID, now time.Time) []pipeline.Append {
	grown.ID = r.Film.ID
	if pending, ok := g.events[r.Film.ID]; ok {
		r.Film = grown
		pending.Film = bare(grown)
		g.remember(r, pending)
		return nil
	}
	after := r.Position
	next := &row{Film: grown, Revision: r.Revision + 1}
	event := g.event(review.FilmRevised, next, cause, now)
	g.remember(next, event)
	return []pipeline.Append{{Film: event, After: after}}
}

func (g *identifying) event(kind review.FilmEventKind, r *row, cause review.ID, now time.Time) *review.FilmEvent {
	return &review.FilmEvent{
		Schema:    review.FilmSchema,
		EventID:   fmt.Sprintf("film.%s.%d", r.Film.ID, r.Revision),
		Kind:      kind,
		FilmID:    r.Film.ID,
		Revision:  r.Revision,
		Film:      bare(r.Film),
		CausedBy:  cause,
		DecidedAt: now,
	}
}

// bare is a film as a film event carries it: the id stands beside it.
func bare(f review.Film) review.Film {
	f.ID, f.Match = "", review.Match{}
	return f
}

func (g *identifying) remember(r *row, event *review.FilmEvent) {
	g.films[r.Film.ID] = r
	g.events[r.Film.ID] = event
	for _, key := range keys(&r.Film) {
		if !slices.Contains(g.titles[key], r.Film.ID) {
			g.titles[key] = append(g.titles[key], r.Film.ID)
		}
	}
	r.Film.IDs.Each(func(catalogue, id string) { g.ids[catalogue+"/"+id] = r.Film.ID })
}

func (g *identifying) load(id review.FilmID) (*row, error) {
	if r, ok := g.films[id]; ok {
		return r, nil
	}
	r, ok, err := load(g.st, id)
	if err != nil || !ok {
		return nil, err
	}
	return &r, nil
}

// learn adds to a known film the ids that a review of it states and the film
// does not have yet.
func learn(known review.Film, stated *review.Film) (review.Film, bool) {
	before := known.IDs
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&known.IDs.IMDb, stated.IDs.IMDb)
	fill(&known.IDs.TMDB, stated.IDs.TMDB)
	fill(&known.IDs.Wikidata, stated.IDs.Wikidata)
	fill(&known.IDs.Letterboxd, stated.IDs.Letterboxd)
	return known, known.IDs != before
}

// idsClash reports that one catalogue has two different films here.
func idsClash(a, b review.FilmIDs) bool {
	clash := func(x, y string) bool { return x != "" && y != "" && x != y }
	return clash(a.IMDb, b.IMDb) || clash(a.TMDB, b.TMDB) ||
		clash(a.Wikidata, b.Wikidata) || clash(a.Letterboxd, b.Letterboxd)
}

func apart(a, b int) int {
	if a < b {
		return b - a
	}
	return a - b
}
