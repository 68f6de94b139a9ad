package sinktest

import (
	"context"
	"fmt"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// History is a log of a test: entry i stands at position i+1.
type History []pipeline.Entry

// NewHistory puts events on a log in order. Those that are not gone are live.
func NewHistory(events ...*review.Event) History {
	h := make(History, 0, len(events))
	for _, e := range events {
		h = append(h, pipeline.Entry{Position: pipeline.Position(len(h) + 1), Review: e, Live: !e.Gone(), Kept: true})
	}
	return h
}

// Latest returns the latest entry of each review and film, in log order, at
// their own positions: what is left of a log that keeps one revision.
func (h History) Latest() []pipeline.Entry {
	last := map[string]pipeline.Position{}
	for _, e := range h {
		last[about(e)] = e.Position
	}
	var latest []pipeline.Entry
	for _, e := range h {
		if last[about(e)] == e.Position {
			latest = append(latest, e)
		}
	}
	return latest
}

// At returns the entry at a position, as ViewEnv.At does.
func (h History) At(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
	if err := ctx.Err(); err != nil {
		return pipeline.Entry{}, err
	}
	if at == 0 || int(at) > len(h) {
		return pipeline.Entry{}, fmt.Errorf("position %d: %w", at, pipeline.ErrNotFound)
	}
	return h[at-1], nil
}

// atLatest is At on a log that keeps one revision of each review.
func (h History) atLatest(ctx context.Context, at pipeline.Position) (pipeline.Entry, error) {
	e, err := h.At(ctx, at)
	if err != nil {
		return e, err
	}
	for _, later := range h[at:] {
		if about(later) == about(e) {
			return pipeline.Entry{}, fmt.Errorf("position %d: %w", at, pipeline.ErrNotFound)
		}
	}
	return e, nil
}

// about names what an entry is about.
func about(e pipeline.Entry) string {
	if e.Film != nil {
		return "film " + string(e.Film.FilmID)
	}
	return "review " + string(e.Review.ReviewID)
}
