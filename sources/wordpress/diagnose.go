package wordpress

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*source)(nil)

// Diagnose looks whether the export is there, finds the API, and asks it for one id.
func (s *source) Diagnose(ctx context.Context) (findings []pipeline.Finding) {
	if path := string(s.options.Export); path != "" {
		f := pipeline.Finding{Level: pipeline.LevelOK, Cause: "the export is there: " + path}
		if _, err := os.Stat(path); err != nil {
			f = pipeline.Finding{
				Level: pipeline.LevelFault, Cause: fmt.Sprintf("the export is not there: %v", err),
				Remedy: "put the file from the site's Tools > Export in its place, or take export out of the config",
			}
		}
		findings = append(findings, f)
	}
	if s.options.URL == "" {
		return findings
	}
	within, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	r := &reading{source: s, ctx: within, now: s.env.Clock.Now(), known: readCheckpoint(nil, s.key()), budget: maxRequests}
	if err := r.findSite(); err != nil {
		return append(findings, s.unreached(err))
	}
	a, err := r.get(endpoint(r.known.Root, s.options.Types[0], onePost(r.query())), nil)
	if err != nil {
		return append(findings, s.unreached(err))
	}
	cause := fmt.Sprintf("%s answers", r.known.Root)
	if a.list.Total >= 0 {
		cause = fmt.Sprintf("%s answers: %d posts", r.known.Root, a.list.Total)
	}
	if a.list.Total == 0 {
		return append(findings, pipeline.Finding{Level: pipeline.LevelWarning, Cause: cause, Remedy: "see whether categories, tagged and types mean what they should"})
	}
	return append(findings, pipeline.Finding{Level: pipeline.LevelOK, Cause: cause})
}

// onePost asks for no more than the id of one post.
func onePost(q url.Values) url.Values {
	q.Set("per_page", "1")
	q.Set("_fields", "id")
	return q
}

// unreached is the finding where there was no answer.
func (s *source) unreached(err error) pipeline.Finding {
	f := pipeline.Finding{Level: pipeline.LevelFault, Cause: err.Error()}
	var refused *refusal
	if !errors.As(err, &refused) {
		f.Remedy = "see whether the address is right and the server up"
	}
	if errors.Is(err, pipeline.ErrPrivate) {
		f.Cause = s.name + ": " + pipeline.ErrPrivate.Error()
		f.Remedy = "if it is meant to be reached, say `allow_private: true` on the source"
	}
	return f
}
