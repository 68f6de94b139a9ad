// Package films says which film a review is about: the registry and its matching
// rules. It decides from the review and from what stands on the log, never from
// the network, and where two films could be meant it does not choose.
//
// The rules, strongest first, each giving the stage of the match:
//
//	id          another catalogue's id is known; two different ids of one
//	            catalogue are never one film
//	title_year  the same folded title and the same year
//	title_near  the same folded title, one year apart, and no other film of that
//	            title within three years
//	title       a review without a year: the films of that title without a year
//	            are one provisional film, apart from all that have one
//	new         none of these: a film not seen before
package films

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fold"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Registry is the view of the film events on the log. Its zero value is ready.
// Its state holds
//
//	film/ID                   what is known of the film (row)
//	title/KEY                 a folded title: the films that go by it, one a line
//	id/CATALOGUE/ID           a catalogue's id, the value is the film
//	into/ID                   a merged film, the value is what it went into
type Registry struct{}

// New returns a registry.
func New() *Registry { return &Registry{} }

// row is what the registry keeps of a film.
type row struct {
	Film     review.Film       `json:"film"`
	Revision int               `json:"revision"`
	Position pipeline.Position `json:"position"`
}

// Version names the layout of the state.
func (*Registry) Version() string { return "films/1" }

// Apply takes the film events of a batch.
func (*Registry) Apply(_ context.Context, entries []pipeline.Entry, st pipeline.State, _ pipeline.Documents) error {
	for _, e := range entries {
		if e.Film == nil {
			continue
		}
		if err := apply(st, e.Film, e.Position); err != nil {
			return fmt.Errorf("film %s at %d: %w", e.Film.FilmID, e.Position, err)
		}
	}
	return nil
}

func apply(st pipeline.State, e *review.FilmEvent, at pipeline.Position) error {
	if e.Kind == review.FilmMerged {
		st.Set("into/"+string(e.FilmID), []byte(e.Into))
		return nil
	}
	value, err := json.Marshal(row{Film: e.Film, Revision: e.Revision, Position: at})
	if err != nil {
		return err
	}
	st.Set("film/"+string(e.FilmID), value)
	for _, key := range keys(&e.Film) {
		ids := called(st, key)
		if !slices.Contains(ids, e.FilmID) {
			st.Set("title/"+key, []byte(joinIDs(append(ids, e.FilmID))))
		}
	}
	e.Film.IDs.Each(func(catalogue, id string) {
		st.Set("id/"+catalogue+"/"+id, []byte(e.FilmID))
	})
	return nil
}

// keys are the folded titles a film goes by.
func keys(f *review.Film) []string {
	var all []string
	seen := map[string]bool{}
	for _, title := range append([]string{f.Title, f.OriginalTitle}, f.AltTitles...) {
		if title == "" {
			continue
		}
		if key := fold.Key(title); key != "" && !seen[key] {
			seen[key] = true
			all = append(all, key)
		}
	}
	return all
}

// called lists the films that go by a folded title. A title that has many is one
// short row all the same: the most common ones have a few dozen films.
func called(st pipeline.Reader, key string) []review.FilmID {
	value, ok := st.Get("title/" + key)
	if !ok {
		return nil
	}
	var ids []review.FilmID
	for id := range strings.SplitSeq(string(value), "\n") {
		ids = append(ids, review.FilmID(id))
	}
	return ids
}

func joinIDs(ids []review.FilmID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return strings.Join(all, "\n")
}

// load reads a film's row, following merges.
func load(st pipeline.Reader, id review.FilmID) (row, bool, error) {
	for range 16 { // a chain of merges is short; a ring must not hang us
		into, ok := st.Get("into/" + string(id))
		if !ok {
			break
		}
		id = review.FilmID(into)
	}
	value, ok := st.Get("film/" + string(id))
	if !ok {
		return row{}, false, nil
	}
	var r row
	if err := json.Unmarshal(value, &r); err != nil {
		return row{}, false, fmt.Errorf("films: the state of %s cannot be read: %w", id, err)
	}
	r.Film.ID = id
	return r, true, nil
}
