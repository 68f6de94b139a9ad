// Package wordpress is the source that reads the posts of a WordPress site through
// its REST API, an export of the site (WXR), or both: then the site says which posts
// there are, and the export adds what the API keeps to itself, the custom fields in
// which plugins keep ratings.
//
// A poll asks for one short list: which posts there are, the latest changed first,
// without their texts. It says what is new or edited, and by its total whether
// something is gone; only then more is asked. So what was read is compared post by
// post, and posts that are edited, added or deleted while pages are turned are
// neither lost nor doubled. Drafts are not in the API. A post behind a password is,
// without its text: it is taken back, as is one that is there no longer.
//
// How an export is taken apart is the business of pipeline/exports, and what a text
// and a custom field say that of normalize. The API of a site that keeps it from
// strangers is not read: such a site has a feed.
package wordpress

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Type is the catalogue's line.
func Type() pipeline.SourceType {
	return pipeline.SourceType{
		Name:      "wordpress",
		Summary:   "A WordPress site through its REST API, an export of it (WXR), or both.",
		Configure: configure,
	}
}

// options are the source's lines of the config.
type options struct {
	URL        string        `config:"url" form:"url" doc:"The address of the site, or of its REST API where the site does not say where that is."`
	Export     pipeline.Path `config:"export" doc:"The file from Tools > Export (WXR): plain, gzipped, or its parts in a zip or a folder. With url it only adds the custom fields that the API does not show."`
	Categories []string      `config:"categories" unique:"true" doc:"Read only posts of these categories and those below them: names as in their addresses (slugs), or ids."`
	Tags       []string      `config:"tagged" unique:"true" doc:"Read only posts with one of these tags: slugs or ids."`
	Types      []string      `config:"types" unique:"true" doc:"The types of posts that are read: for url as its REST API calls them in addresses, [posts] if not given; for export alone as the file calls them, [post] and well-known names of types for reviews."`
	Timeout    time.Duration `config:"timeout" min:"1ms" max:"6h" doc:"What one reading may take. A site that is not through by then is read on at the next poll."`
}

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Timeout: 10 * time.Minute}
	o.Decode(&opts)
	if opts.URL == "" && opts.Export == "" {
		o.Fault("", "wants url, export or both: the address of the site, and the file from its Tools > Export")
	}
	if opts.URL == "" && len(opts.Categories)+len(opts.Tags) > 0 {
		o.Fault("categories", "categories and tagged choose what is asked of the site at url; an export is made of a category when it is made")
	}
	// Beside what is on the web, an export that is missing is told with each reading.
	if _, err := os.Stat(string(opts.Export)); opts.URL == "" && opts.Export != "" && err != nil {
		o.Fault("export", "there is no such export")
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		if len(opts.Types) == 0 && opts.URL != "" {
			opts.Types = []string{"posts"}
		}
		s := &source{options: opts, env: env}
		if u, err := url.Parse(opts.URL); err == nil {
			s.name = u.Redacted()
		}
		return s, nil
	}
}

// source reads a site, an export, or both.
type source struct {
	options options
	env     pipeline.SourceEnv
	name    string // the site's address without a password
}

// Read hands out what is new or edited on the site since the last reading; of an
// export alone, all of it.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	if s.options.URL == "" {
		return s.readExport(ctx, out)
	}
	known := readCheckpoint(stored, s.key())
	now := s.env.Clock.Now()
	if wait := known.NotBefore.Sub(now); wait > 0 && wait <= longestRetry {
		return pipeline.Reading{}, &pipeline.RetryAfter{After: wait, Err: fmt.Errorf("wordpress: %s: the server asked to come back later", s.name)}
	}
	within, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	r := &reading{source: s, ctx: within, out: out, now: now, known: known, budget: maxRequests, size: fetchSize}
	err := r.run()
	switch {
	case ctx.Err() != nil:
		return pipeline.Reading{}, ctx.Err()
	case r.stopped != nil:
		return pipeline.Reading{}, r.stopped
	case err == nil && r.unchanged:
		return pipeline.Reading{Checkpoint: stored, Unchanged: true}, nil
	case err != nil && within.Err() != nil:
		err = fmt.Errorf("wordpress: %s: not through within %v, which timeout can raise: %w", s.name, s.options.Timeout, err)
	}
	if err != nil && r.handed == 0 {
		return pipeline.Reading{}, err
	}
	if err != nil { // what was read stays read: the next poll goes on from there
		r.cutOff(err)
		if err := out.Problem(pipeline.Problem{Where: s.name, Err: fmt.Errorf("%d posts were read; the next poll goes on behind them: %w", r.handed, err)}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	kept, err := r.known.write()
	return pipeline.Reading{Checkpoint: kept, Complete: r.complete}, err
}

// key tells the checkpoint of one site and choice from that of another.
func (s *source) key() string {
	o := &s.options
	return fmt.Sprintf("%s %q %q %q", s.name, o.Types, o.Categories, o.Tags)
}

// readExport hands out an export that stands alone.
func (s *source) readExport(ctx context.Context, out pipeline.Out) (pipeline.Reading, error) {
	counted := &counted{Out: out}
	err := s.env.Export(ctx, pipeline.Export{Path: string(s.options.Export), PostTypes: s.options.Types}, counted)
	return pipeline.Reading{Complete: err == nil && counted.problems == 0}, err
}

// counted counts what could not be read.
type counted struct {
	pipeline.Out
	problems int
}

func (c *counted) Problem(p pipeline.Problem) error {
	c.problems++
	return c.Out.Problem(p)
}

// exportState tells one version of the export from the next.
func (s *source) exportState() string {
	if s.options.Export == "" {
		return ""
	}
	info, err := os.Stat(string(s.options.Export))
	if err != nil {
		return "not there"
	}
	return fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
}

// feedOf is where a site's feed is, for those whose API cannot be read.
func (s *source) feedOf() string {
	u, err := url.Parse(s.options.URL)
	if err != nil {
		return s.name
	}
	path, _, _ := strings.Cut(u.Path, "/wp-json")
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/") + "/feed/"}).String()
}
