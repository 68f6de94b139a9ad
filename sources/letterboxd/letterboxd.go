// Package letterboxd is the source that reads what a member of Letterboxd wrote:
// the export for the past, the member's feed for what comes, or either alone. The
// feed shows the newest 50 entries, so the two overlap, and nothing joins them but
// the film and the day of the viewing: the feed calls an entry letterboxd-review-1,
// the export https://boxd.it/1. So film and day are what an entry is known by here.
//
// How a feed and an export are taken apart is the business of pipeline/feeds and
// pipeline/exports.
package letterboxd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Type is the catalogue's line.
func Type() pipeline.SourceType {
	return pipeline.SourceType{
		Name:      "letterboxd",
		Summary:   "A Letterboxd member's feed, export, or both.",
		Configure: configure,
	}
}

// options are the source's lines of the config.
type options struct {
	Member     string        `config:"member" pattern:"^[A-Za-z0-9_]{2,15}$" want:"a member's name: the last part of letterboxd.com/NAME" doc:"The member's name as in the profile's address, letterboxd.com/NAME; its feed is read."`
	Export     pipeline.Path `config:"export" doc:"The export from Settings > Data: the zip, its folder, or one CSV file of it."`
	Television bool          `config:"television" doc:"Read television too."`
	Timeout    time.Duration `config:"timeout" min:"1ms" max:"1h" doc:"What reading the feed may take."`
	Feed       string        `config:"feed" form:"url" doc:"The feed's address, where it is not letterboxd.com/NAME/rss/."`
}

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Timeout: time.Minute}
	o.Decode(&opts)
	if opts.Member == "" && opts.Export == "" && opts.Feed == "" {
		o.Fault("", "wants member, export or both: the member's feed, and the file from Settings > Data")
	}
	if opts.Feed == "" && opts.Member != "" {
		opts.Feed = "https://letterboxd.com/" + opts.Member + "/rss/"
	}
	// Beside what is on the web, an export that is missing is told with each reading.
	if _, err := os.Stat(string(opts.Export)); opts.Feed == "" && opts.Export != "" && err != nil {
		o.Fault("export", "there is no such export")
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		s := &source{options: opts, read: env.Export}
		if opts.Feed != "" {
			s.feed = env.Feed(opts.Feed, opts.Timeout)
		}
		return s, nil
	}
}

// source reads an export, a feed, or both.
type source struct {
	options options
	read    pipeline.ReadExport
	feed    pipeline.Source // nil without one
}

// checkpoint is what is remembered between readings.
type checkpoint struct {
	Feed []byte `json:"feed,omitempty"` // the feed's own
	// Fed are the entries that the feed has shown: what it says of one is fresher
	// than an export, also when it shows it no longer.
	Fed map[string]bool `json:"fed,omitempty"`
	// Export is the state of the export that was read, "" before.
	Export string `json:"export,omitempty"`
}

var _ pipeline.Rereader = (*source)(nil)

// readCheckpoint takes a stored checkpoint apart; one that is not ours counts for nothing.
func readCheckpoint(stored []byte) checkpoint {
	c := checkpoint{}
	if json.Unmarshal(stored, &c) != nil {
		c = checkpoint{}
	}
	if c.Fed == nil {
		c.Fed = map[string]bool{}
	}
	return c
}

// Anew keeps what the feed has shown: an export must not take its place when all is
// understood anew, for the feed shows most of it no longer.
func (s *source) Anew(stored []byte) []byte {
	c := readCheckpoint(stored)
	c.Export = ""
	if feed, ok := s.feed.(pipeline.Rereader); ok && c.Feed != nil {
		c.Feed = feed.Anew(c.Feed)
	} else {
		c.Feed = nil
	}
	kept, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	return kept
}

// Read hands out the export, then what the feed has besides. An export by itself
// is everything there is; what a feed no longer shows is not gone for that.
func (s *source) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	known := readCheckpoint(stored)
	next := checkpoint{Fed: known.Fed, Export: s.state()}
	shown := &shown{television: s.options.Television, entries: entries{}}
	feed := pipeline.Reading{Unchanged: true}
	if s.feed != nil {
		var err error
		if feed, err = s.feed.Read(ctx, known.Feed, shown); err != nil {
			return pipeline.Reading{}, err
		}
		next.Feed = feed.Checkpoint
	}
	for i := range shown.documents {
		next.Fed[shown.documents[i].GUID] = true
	}
	exported := &exported{Out: out, entries: entries{}, fed: next.Fed}
	unchanged := next.Export == known.Export
	if next.Export != "" && !unchanged {
		if err := s.read(ctx, pipeline.Export{Path: string(s.options.Export), Television: s.options.Television}, exported); err != nil {
			return pipeline.Reading{}, err
		}
	}
	if exported.problems > 0 {
		next.Export = "" // read it again, so that what is wrong with it is said again
	}
	if err := shown.handOn(out); err != nil {
		return pipeline.Reading{}, err
	}
	kept, err := json.Marshal(next)
	return pipeline.Reading{
		Checkpoint: kept, Unchanged: unchanged && feed.Unchanged,
		Complete: s.feed == nil && exported.problems == 0,
		Push:     feed.Push, More: feed.More,
	}, err
}

// state tells one version of the export from the next: "" where there is none. One
// that is not there is read all the same, which says so.
func (s *source) state() string {
	if s.options.Export == "" {
		return ""
	}
	info, err := os.Stat(string(s.options.Export))
	if err != nil {
		return "not there"
	}
	return fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
}

// entries counts the entries of one film on one day. The second has a number, in
// a feed as in an export.
type entries map[string]int

func (e entries) name(d *review.Document) {
	id := review.DiaryGUID(&d.Stated.Film, d.Stated.WatchedOn)
	if e[id]++; e[id] > 1 {
		id = fmt.Sprintf("%s#%d", id, e[id])
	}
	d.GUID, d.Fickle = id, false // film and day do not change
}

// shown keeps what the feed shows until the export has been read: that is older.
type shown struct {
	entries
	television bool
	documents  []review.Document
	problems   []pipeline.Problem
}

func (s *shown) Document(d review.Document) error {
	if s.television && d.Aside == review.AsideTelevision {
		d.Aside = ""
	}
	if d.Aside != review.AsideList {
		s.name(&d)
	}
	s.documents = append(s.documents, d)
	return nil
}

func (s *shown) Gone(string) error { return nil } // a feed tells of none

func (s *shown) Problem(p pipeline.Problem) error {
	s.problems = append(s.problems, p)
	return nil
}

func (s *shown) handOn(out pipeline.Out) error {
	for i := range s.documents {
		if err := out.Document(s.documents[i]); err != nil {
			return err
		}
	}
	for _, p := range s.problems {
		if err := out.Problem(p); err != nil {
			return err
		}
	}
	return nil
}

// exported hands on what the export has, but for what the feed has shown.
type exported struct {
	pipeline.Out
	entries
	fed      map[string]bool
	problems int
}

func (e *exported) Document(d review.Document) error {
	if e.name(&d); e.fed[d.GUID] {
		return nil
	}
	return e.Out.Document(d)
}

func (e *exported) Problem(p pipeline.Problem) error {
	e.problems++
	return e.Out.Problem(p)
}
