package films

import (
	"fmt"
	"slices"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// confidence is what each stage is worth, from 0 to 1. These are judgements, not
// measurements: they order the inspection list.
func confidence(stage string) review.Decimal {
	switch stage {
	case review.StageTitleYear:
		return review.NewDecimal(95, 2)
	case review.StageTitleNear, review.StageSpelling:
		return review.NewDecimal(8, 1)
	case review.StageTitle, review.StageAmbiguous:
		return review.NewDecimal(5, 1)
	}
	return review.Int(1)
}

// identifying decides about one group of reviews on top of the registry.
type identifying struct {
	st        *draft
	overrides *overrides
	// events are those decided here, of films whose rows the log does not have yet.
	events map[review.FilmID]*review.FilmEvent

	// What Settle found out, for Again.
	moved map[review.FilmID]bool // films whose every review is to be looked at again
	due   map[review.FilmID]bool // films whose weak matches are
	ruled bool                   // the overrides have changed
}

// Begin starts deciding on top of the registry's state.
func (g *Registry) Begin(st pipeline.Reader) pipeline.Identifying {
	return &identifying{
		st:        &draft{Reader: st, memory: g.memory, changed: map[string][]byte{}},
		overrides: g.overrides.Load(),
		events:    map[review.FilmID]*review.FilmEvent{},
		moved:     map[review.FilmID]bool{},
		due:       map[review.FilmID]bool{},
	}
}

// Unsure reports that the review's film would be a new one, or one that stands for
// several. Where the operator has spoken, nothing is unsure.
func (g *identifying) Unsure(id review.ID, r *review.Review) (bool, error) {
	film := r.Film
	film.ID, film.Match = "", review.Match{}
	c := g.claim(&film)
	if g.overrides.speaksOf(id, r, c.keys) != nil {
		return false, nil
	}
	found, err := g.find(c, nil)
	return found.film == "" || found.stage == review.StageAmbiguous || found.stage == review.StageTitle, err
}

// Identify finds the review's film or makes a new one. A review that names no
// film stays without. What a catalogue said of the film is as good as said by the
// review, but the review's own words stay what they are.
func (g *identifying) Identify(id review.ID, r *review.Review, resolved *review.Resolution, now time.Time) ([]pipeline.Append, error) {
	stood := r.Film.ID
	film := &r.Film
	film.ID, film.Match = "", review.Match{}
	c := g.claim(film)
	override := g.overrides.speaksOf(id, r, c.keys)
	if resolved.Known() && override == nil {
		more := completed(film, &resolved.Answer)
		c = g.claim(&more)
	} else {
		resolved = nil
	}
	if override == nil && film.Title == "" && film.IDs.IsZero() {
		return nil, nil
	}
	found, err := g.find(c, override)
	if err != nil {
		return nil, err
	}
	d := decision{cause: id, now: now, from: stood, resolved: resolved}
	if found.film == "" {
		if err := g.create(c, &found, d); err != nil {
			return nil, err
		}
	} else if err := g.learn(c, &found, d); err != nil {
		return nil, err
	}
	film.ID = found.film
	film.Match = review.Match{Stage: found.stage, Confidence: confidence(found.stage), Candidates: found.candidates}
	return found.events, nil
}

// decision is what goes with every event of one review.
type decision struct {
	cause review.ID
	now   time.Time
	from  review.FilmID // where the review stood before
	// resolved is what a catalogue said, nil for nothing.
	resolved *review.Resolution
}

// claims are what a review says of its film.
type claims struct {
	film      *review.Film
	keys      []string // of its titles
	directors string
	// rows are the films that go by each title, in the order of keys, once they
	// were asked for.
	rows  [][]namesake
	apart *pipeline.Override // that keeps the film apart from one it would match
	from  review.FilmID      // that one
}

func (g *identifying) claim(film *review.Film) *claims {
	return &claims{film: film, keys: keys(film), directors: directorsKey(film.Directors)}
}

// meantBy reports that a reference means a film of these claims.
func (c *claims) meantBy(ref pipeline.FilmRef) bool {
	return sharesID(ref.IDs, c.film.IDs) ||
		ref.Title != "" && ref.Year == c.film.Year && slices.Contains(c.keys, titleKey(ref.Title))
}

// namesakes are the films that go by the review's titles, by title.
func (g *identifying) namesakes(c *claims) ([][]namesake, error) {
	if c.rows != nil {
		return c.rows, nil
	}
	c.rows = make([][]namesake, 0, len(c.keys))
	for _, key := range c.keys {
		all, err := called(g.st, key)
		if err != nil {
			return nil, err
		}
		c.rows = append(c.rows, all)
	}
	return c.rows, nil
}

// create makes a film that was not seen before. It takes no id that another film
// has.
func (g *identifying) create(c *claims, found *match, d decision) error {
	known := *c.film
	known.IDs.Each(func(catalogue, id string) {
		if _, _, taken := identified(g.st, catalogue, id); taken {
			known.IDs.Set(catalogue, "")
		}
	})
	kind, from := review.FilmNew, review.FilmID("")
	var because []string
	if found.override != nil {
		because = []string{found.override.String()}
		if ref := found.override.Film; found.stage == review.StageOverride && ref.Title != "" {
			known.AltTitles = append([]string{known.Title}, known.AltTitles...)
			known.Title, known.Year = ref.Title, ref.Year
		} else if found.stage == review.StageOverride {
			known.IDs = ref.IDs.Or(known.IDs)
		}
		if found.stage != review.StageOverride && d.from != "" {
			kind, from = review.FilmSplit, found.from
		}
	}
	r := &row{film: known, revision: 1, overrides: because}
	r.film.ID, r.film.Match = g.freeID(&known), review.Match{}
	if found.stage == review.StageAmbiguous {
		r.film.Match = review.Match{Stage: found.stage, Confidence: confidence(found.stage), Candidates: found.candidates}
	}
	event := g.event(kind, r, d)
	event.From = from
	found.film = r.film.ID
	found.events = append(found.events, pipeline.Append{Film: event})
	return g.remember(event)
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
		// A merged film keeps its row: nobody else gets its id.
		if _, taken := g.st.Get(filmKey(id)); !taken && !isList(id) {
			return id
		}
	}
}

// isList reports the names under which lists of films stand beside their pages.
func isList(id review.FilmID) bool { return id == "index" || id == "by-date" || id == "by-title" }

func (g *identifying) event(kind review.FilmEventKind, r *row, d decision) *review.FilmEvent {
	film := r.film
	film.ID = ""
	e := &review.FilmEvent{
		Schema:    review.FilmSchema,
		EventID:   fmt.Sprintf("film.%s.%d", r.film.ID, r.revision),
		Kind:      kind,
		FilmID:    r.film.ID,
		Revision:  r.revision,
		Film:      film,
		CausedBy:  d.cause,
		Overrides: r.overrides,
		DecidedAt: d.now,
	}
	e.Resolved = d.alsoResolved(nil)
	return e
}

// alsoResolved are resolutions that went into an event before, and that of this
// decision.
func (d *decision) alsoResolved(before []review.Resolution) []review.Resolution {
	if d.resolved == nil {
		return before
	}
	return append(before, *d.resolved)
}

// remember takes an event into account before it stands on the log.
func (g *identifying) remember(e *review.FilmEvent) error {
	g.events[e.FilmID] = e
	return apply(g.st, e, 0)
}

// change puts down what is now known of a film, or what it was merged into. A film
// whose event this very group made is not on the log yet, and its event simply says
// something else.
func (g *identifying) change(kind review.FilmEventKind, r *row, into review.FilmID, d decision) ([]pipeline.Append, error) {
	if pending, ok := g.events[r.film.ID]; ok {
		pending.Film, pending.Overrides = r.film, r.overrides
		pending.Film.ID = ""
		pending.Resolved = d.alsoResolved(pending.Resolved)
		if kind != review.FilmRevised {
			pending.Kind, pending.Into = kind, into
		}
		return nil, apply(g.st, pending, 0)
	}
	next := *r
	next.revision++
	event := g.event(kind, &next, d)
	event.Into = into
	after := r.position
	if err := g.remember(event); err != nil {
		return nil, err
	}
	return []pipeline.Append{{Film: event, After: after}}, nil
}

func apart(a, b int) int {
	if a < b {
		return b - a
	}
	return a - b
}
