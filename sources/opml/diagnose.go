package opml

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*source)(nil)

// mostAsked is how many feeds of a list are asked.
const mostAsked = 100

// Diagnose reads the list, and asks its feeds for their header. It names the feeds with
// which something is wrong, and counts the others.
func (s *source) Diagnose(ctx context.Context) []pipeline.Finding {
	l, err := s.list(ctx)
	if err != nil {
		return []pipeline.Finding{s.unread(err)}
	}
	var findings []pipeline.Finding
	for _, p := range l.problems {
		cause := p.err.Error()
		if p.what != "" {
			cause = p.what + ": " + cause
		}
		findings = append(findings, pipeline.Finding{Level: pipeline.LevelWarning, Cause: cause})
	}
	feeds := s.chosen(l)
	fine := 0
	for i, found := range s.ask(ctx, feeds[:min(len(feeds), mostAsked)]) {
		ok := true
		for _, f := range found {
			if f.Level != pipeline.LevelOK {
				ok = false
				f.Cause = feeds[i].name() + ": " + f.Cause
				findings = append(findings, f)
			}
		}
		if ok {
			fine++
		}
	}
	counted := fmt.Sprintf("%s names %d feeds; of %d that were asked, %d answer as they should", s.where(), len(feeds), min(len(feeds), mostAsked), fine)
	return append([]pipeline.Finding{{Level: pipeline.LevelOK, Cause: counted}}, findings...)
}

// ask asks feeds for their findings, a few at a time.
func (s *source) ask(ctx context.Context, feeds []listed) [][]pipeline.Finding {
	found := make([][]pipeline.Finding, len(feeds))
	places := make(chan struct{}, atOnce)
	var work sync.WaitGroup
	for i := range feeds {
		feed, ok := s.feed(feeds[i].address).(pipeline.Diagnoser)
		if !ok {
			continue
		}
		work.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			found[i] = feed.Diagnose(ctx)
		})
	}
	work.Wait()
	return found
}

// unread is the finding where there is no list.
func (s *source) unread(err error) pipeline.Finding {
	f := pipeline.Finding{Level: pipeline.LevelFault, Cause: err.Error(), Remedy: "put the list there, or give its new place"}
	if errors.Is(err, pipeline.ErrPrivate) {
		f.Remedy = "if it is meant to be reached, say `allow_private: true` on the source"
	}
	return f
}
