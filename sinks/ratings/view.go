package ratings

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"unicode"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// View is the view. Its state has two kinds of keys:
//
//	film/<film>/<review>   a [row]: what the review adds to the film
//	review/<review>        the film under which the row stands
type View struct {
	settings Settings
	log      *slog.Logger
}

var _ pipeline.View = (*View)(nil)

// New makes the view. Settings that Check finds fault with are an error.
func New(s Settings, env pipeline.ViewEnv) (*View, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("ratings %q: %w", env.Name, errors.Join(faults...))
	}
	return &View{settings: s, log: env.Log}, nil
}

// Version changes with the settings, and with how documents are computed.
func (v *View) Version() string {
	return fmt.Sprintf("%s %s prior=%s,%s state=1",
		v.settings.algorithm(), conversion, v.settings.Prior.Mean, v.settings.Prior.Weight)
}

// Path is where the document of a film stands.
func Path(id review.FilmID) string { return "films/" + string(id) + ".json" }

func rowsKey(id review.FilmID) string              { return "film/" + string(id) + "/" }
func rowKey(id review.FilmID, of review.ID) string { return rowsKey(id) + string(of) }
func reviewKey(of review.ID) string                { return "review/" + string(of) }

// Apply updates the rows of the reviews, then renders each film they touched once.
func (v *View) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	changed := map[review.FilmID]bool{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		if e.Review == nil {
			continue
		}
		if err := v.place(e, st, changed); err != nil {
			return fmt.Errorf("ratings: review %s: %w", e.Review.ReviewID, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ratings: %w", err)
		}
		if err := v.render(id, st, docs); err != nil {
			return fmt.Errorf("ratings: film %s: %w", id, err)
		}
	}
	return nil
}

// place puts the review's row under its film, or takes it away, and notes which
// films that changes.
func (v *View) place(e pipeline.Entry, st pipeline.State, changed map[review.FilmID]bool) error {
	id, film := e.Review.ReviewID, v.filmOf(e)
	if before, had := st.Get(reviewKey(id)); had && review.FilmID(before) != film {
		st.Delete(rowKey(review.FilmID(before), id))
		st.Delete(reviewKey(id))
		changed[review.FilmID(before)] = true
	}
	if film == "" {
		return nil
	}
	now, err := json.Marshal(newRow(e.Review))
	if err != nil {
		return err
	}
	if before, had := st.Get(rowKey(film, id)); had && bytes.Equal(before, now) {
		return nil
	}
	st.Set(rowKey(film, id), now)
	st.Set(reviewKey(id), []byte(film))
	changed[film] = true
	return nil
}

// filmOf is the film whose rating the entry is part of, "" for none: the review
// is not to be shown, or its film's id could not be the name of a document.
func (v *View) filmOf(e pipeline.Entry) review.FilmID {
	if !e.Live || e.Review.Film.ID == "" {
		return ""
	}
	if !isSlug(e.Review.Film.ID) {
		v.log.Warn("review counts for no film: the film's id is no slug", "review", e.Review.ReviewID, "film", e.Review.Film.ID)
		return ""
	}
	return e.Review.Film.ID
}

// maxSlug leaves room for .json in the 255 bytes that file systems give a name.
const maxSlug = 240

func isSlug(id review.FilmID) bool {
	for _, r := range id {
		if r != '-' && r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			return false
		}
	}
	return len(id) <= maxSlug
}

func (v *View) render(id review.FilmID, st pipeline.State, docs pipeline.Documents) error {
	var rows []row
	var fault error
	prefix := rowsKey(id)
	st.Scan(prefix, func(key string, value []byte) bool {
		r := row{ID: review.ID(key[len(prefix):])}
		fault = json.Unmarshal(value, &r)
		rows = append(rows, r)
		return fault == nil
	})
	if fault != nil {
		return fault
	}
	if len(rows) == 0 {
		docs.Remove(Path(id))
		return nil
	}
	content, err := json.MarshalIndent(v.settings.aggregate(id, rows), "", "  ")
	if err != nil {
		return err
	}
	docs.Put(Path(id), append(content, '\n'))
	return nil
}
