// Package files is the source that reads reviews from files: Markdown, HTML and
// plain text, one document each, and JSON, NDJSON, CSV and exports of other
// services with many, each of them also gzipped or in a zip. It hands out what the
// files hold; front matter, headings and ratings are for normalize to understand. A
// folder can be watched, so that a review is out the moment it is saved.
//
// What a poll reads is everything there is, and the engine passes over what has
// not changed. So a file that is gone withdraws its review, and nothing may be
// taken for gone that merely could not be read: any problem makes a reading
// incomplete.
//
// It is the only importer of github.com/fsnotify/fsnotify and of
// github.com/bmatcuk/doublestar.
package files

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Type is the catalogue's line.
func Type() pipeline.SourceType {
	return pipeline.SourceType{
		Name:      "files",
		Summary:   "A folder of Markdown, HTML, text, JSON, NDJSON or CSV files, packed or not.",
		Configure: configure,
	}
}

// options are the source's lines of the config.
type options struct {
	Path   []pipeline.Path `config:"path,required" least:"1" doc:"A file, a folder (all files below it) or a pattern with * ? [ ] { } and **; or a list of them. A review is known by its path below the part without wildcards."`
	Watch  bool            `config:"watch" doc:"Read at once when something changes, besides the schedule."`
	Settle time.Duration   `config:"settle" min:"0s" max:"1h" doc:"A file that was written to so recently may be half there; it is looked at again until it stays as it is."`
	// Columns says which column of a CSV file holds a field of the document.
	Columns    map[string]string `config:"columns" doc:"For CSV files: the column that holds a field of the document, as film.title: Movie; columns with well-known names need none."`
	Television bool              `config:"television" doc:"Read television series and episodes of exports too."`
}

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Watch: true, Settle: time.Second}
	o.Decode(&opts)
	patterns := make([]pattern, 0, len(opts.Path))
	for i, path := range opts.Path {
		p, err := newPattern(string(path))
		if err != nil {
			key := "path"
			if len(opts.Path) > 1 {
				key = fmt.Sprintf("path.%d", i)
			}
			o.Fault(key, err.Error())
			continue
		}
		patterns = append(patterns, p)
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		s := &source{patterns: patterns, options: opts, env: env}
		if env.Log == nil {
			s.env.Log = slog.New(slog.DiscardHandler)
		}
		if !opts.Watch {
			return s, nil
		}
		return watched{s}, nil
	}
}

// source reads all files of its patterns.
type source struct {
	patterns []pattern
	options  options
	env      pipeline.SourceEnv
	away     atomic.Bool // a watched folder went, and no watch has begun since
}

// watched is a source that tells by itself when something changed.
type watched struct{ *source }

// Read hands out all documents, in the order of their paths. There is nothing
// to remember, so the checkpoint is empty.
func (s *source) Read(ctx context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	r := &reading{ctx: ctx, out: out, at: s.env.Clock.Now(), options: &s.options, env: &s.env, exports: map[string]bool{}}
	for i := range s.patterns {
		if err := s.readPattern(i, r); err != nil {
			return pipeline.Reading{}, err
		}
	}
	if r.ignored > 0 {
		s.env.Log.Debug("files of other kinds are not read", "count", r.ignored)
	}
	return pipeline.Reading{Complete: r.problems == 0}, nil
}

func (s *source) readPattern(i int, r *reading) error {
	p := &s.patterns[i]
	r.pattern = p
	w := walk{
		pattern: p,
		file: func(f found) error {
			for j := range i {
				if s.patterns[j].covers(f.path) {
					return nil // read already
				}
			}
			if other := s.double(i, f.guid); other != "" {
				return r.problem(f.path, fmt.Errorf("is called %s below its folder, and so is %s, which is read; one pattern above both folders tells them apart", f.guid, other))
			}
			return r.file(f)
		},
		problem: r.problem,
	}
	if err := w.run(r.ctx); err != nil {
		return err
	}
	r.ignored += w.ignored
	return nil
}

// double is the file of an earlier pattern that has the same path below another
// folder: the two would be taken for one document.
func (s *source) double(i int, guid string) string {
	for j := range i {
		if p := &s.patterns[j]; p.base != s.patterns[i].base && p.holds(guid) {
			return p.join(guid)
		}
	}
	return ""
}
