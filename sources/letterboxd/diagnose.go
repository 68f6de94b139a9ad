package letterboxd

import (
	"context"
	"fmt"
	"os"

	"github.com/filmwire/filmwire/pipeline"
)

var _ pipeline.Diagnoser = (*source)(nil)

// Diagnose asks for the feed's header, and looks whether the export is there.
func (s *source) Diagnose(ctx context.Context) (findings []pipeline.Finding) {
	if feed, ok := s.feed.(pipeline.Diagnoser); ok {
		findings = feed.Diagnose(ctx)
	}
	if s.options.Export == "" {
		return findings
	}
	path := string(s.options.Export)
	if _, err := os.Stat(path); err != nil {
		return append(findings, pipeline.Finding{
			Level: pipeline.LevelFault, Cause: fmt.Sprintf("the export is not there: %v", err),
			Remedy: "put the file from Letterboxd's Settings > Data in its place, or take export out of the config",
		})
	}
	return append(findings, pipeline.Finding{Level: pipeline.LevelOK, Cause: "the export is there: " + path})
}
