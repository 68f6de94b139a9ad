package feeds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*source)(nil)

// Diagnose asks for the feed's header only; of a server that does not know how to
// answer that, for the feed, and reads nothing of it.
func (s *source) Diagnose(ctx context.Context) []pipeline.Finding {
	resp, err := s.ask(ctx, http.MethodHead)
	if err == nil && (resp.StatusCode == http.StatusMethodNotAllowed || resp.StatusCode == http.StatusNotImplemented) {
		resp.Body.Close()
		resp, err = s.ask(ctx, http.MethodGet)
	}
	if err != nil {
		return []pipeline.Finding{s.unreached(err)}
	}
	defer resp.Body.Close()
	if err := s.status(resp); err != nil {
		return []pipeline.Finding{{Level: pipeline.LevelFault, Cause: err.Error()}}
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	findings := []pipeline.Finding{{Level: pipeline.LevelOK, Cause: fmt.Sprintf("%s answers with %s", s.name, kind)}}
	if strings.TrimSpace(kind) == "text/html" {
		findings[0] = pipeline.Finding{
			Level: pipeline.LevelWarning, Cause: s.name + " answers with a web page",
			Remedy: "`filmwire try` with this address names the feeds of the page",
		}
	}
	if to := movedTo(resp); to != "" {
		findings = append(findings, pipeline.Finding{
			Level: pipeline.LevelWarning, Cause: "the feed has moved for good to " + to, Remedy: "give the config this url",
		})
	}
	return findings
}

func (s *source) ask(ctx context.Context, method string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	req.Header.Set("Accept", accept)
	return s.env.HTTP.Do(req)
}

// unreached is the finding where there was no answer.
func (s *source) unreached(err error) pipeline.Finding {
	f := pipeline.Finding{Level: pipeline.LevelFault, Cause: err.Error(), Remedy: "see whether the address is right and the server up"}
	if errors.Is(err, pipeline.ErrPrivate) {
		f.Cause = s.name + ": " + pipeline.ErrPrivate.Error()
		f.Remedy = "if it is meant to be reached, say `allow_private: true` on the source"
	}
	return f
}
