package files

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

var (
	_ pipeline.Diagnoser = (*source)(nil)
	_ pipeline.Diagnoser = watched{}
)

// Diagnose counts the files that each path means, and reads none.
func (s *source) Diagnose(ctx context.Context) []pipeline.Finding {
	var findings []pipeline.Finding
	for i := range s.patterns {
		findings = append(findings, s.count(ctx, &s.patterns[i])...)
	}
	return findings
}

func (s *source) count(ctx context.Context, p *pattern) (findings []pipeline.Finding) {
	files := 0
	w := walk{
		pattern: p,
		file:    func(found) error { files++; return nil },
		problem: func(where string, err error) error {
			findings = append(findings, pipeline.Finding{
				Level: pipeline.LevelWarning, Cause: fmt.Sprintf("%s: %v", where, err),
				Remedy: "while something cannot be read, nothing of the source is withdrawn",
			})
			return ctx.Err()
		},
	}
	name := p.join(p.glob)
	if p.named() {
		name = p.base
	}
	switch err := w.run(ctx); {
	case err != nil:
		return append(findings, pipeline.Finding{Level: pipeline.LevelFault, Cause: err.Error()})
	case files == 0:
		return append(findings, pipeline.Finding{
			Level: pipeline.LevelWarning, Cause: "no file is meant by " + name,
			Remedy: "put reviews there (" + extensions + "), or mend `path:`",
		})
	}
	return append(findings, pipeline.Finding{Level: pipeline.LevelOK, Cause: fmt.Sprintf("%d files are meant by %s", files, name)})
}

// watchLimit is where Linux says how many folders one user may watch.
const watchLimit = "/proc/sys/fs/inotify/max_user_watches"

// Diagnose counts the folders to watch, too, against what the system allows.
func (w watched) Diagnose(ctx context.Context) []pipeline.Finding {
	return append(w.source.Diagnose(ctx), w.watches(ctx, watchLimit)...)
}

// watches compares the folders to watch with the limit in a file; where there is no
// such file there is no such limit.
func (w watched) watches(ctx context.Context, limit string) []pipeline.Finding {
	text, err := os.ReadFile(limit)
	if err != nil {
		return nil
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil
	}
	folders := 0
	for i := range w.patterns {
		each := walk{
			pattern: &w.patterns[i],
			folder:  func(string) error { folders++; return nil },
			file:    func(found) error { return nil },
			problem: func(string, error) error { return ctx.Err() },
		}
		if err := each.run(ctx); err != nil {
			return nil // said by those who count the files
		}
	}
	if folders <= most/2 {
		return nil
	}
	return []pipeline.Finding{{
		Level: pipeline.LevelWarning, Cause: fmt.Sprintf("%d folders are watched, of the %d that the system allows one user", folders, most),
		Remedy: "raise fs.inotify.max_user_watches with sysctl, or say `watch: false` and let the schedule see changes",
	}}
}
