/*
Package opml is the source that reads a list of feeds: OPML, as feed readers export
it and blogrolls publish it, from a file or an address. The list is read anew at each
poll, and then each of its feeds.

A feed is known by its address without scheme and www, wherever in the list it stands. Each
keeps a checkpoint of its own and is asked when its own time has come, and one that
cannot be read is a problem and leaves the others alone. One that leaves the list is no
longer read, and withdraws nothing.

The same feed twice in a list is one, and so is an item that several feeds show: it is the
item of the feed that showed it first. Lists within lists (type="include") are not
followed.

How a feed is fetched and taken apart is the business of pipeline/feeds.
*/
package opml

import (
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Type is the catalogue's line.
func Type() pipeline.SourceType {
	return pipeline.SourceType{
		Name:      "opml",
		Summary:   "A list of feeds, as feed readers export it.",
		Configure: configure,
	}
}

// options are the source's lines of the config.
type options struct {
	Path       pipeline.Path `config:"path" doc:"The list's file."`
	URL        string        `config:"url" form:"url" doc:"The list's address, where it is on the web."`
	Folders    []string      `config:"folders" form:"filled" doc:"Only feeds in one of these folders of the list, at any depth, or with one of these categories."`
	FolderTags bool          `config:"folder_tags" doc:"Folders and categories of the list are tags of the reviews."`
	Feeds      []feedOptions `config:"feeds" doc:"What holds for single feeds, before what the source says of all."`
	Timeout    time.Duration `config:"timeout" min:"1ms" max:"1h" doc:"How long reading one feed, or the list, may take."`

	Backfill      pipeline.PastPlace `config:"backfill" doc:"Where older reviews of each feed are looked for, once, a few pages with each poll: auto (where the feed's own links lead, and in the numbered pages of a feed that says it comes from WordPress), links, wordpress, or none."`
	BackfillPages int                `config:"backfill_pages" min:"1" max:"10000" doc:"How many pages of older reviews are read of each feed at most."`
}

// feedOptions are what the config says of one feed of the list.
type feedOptions struct {
	URL      string        `config:"url,required" form:"url" doc:"The feed's address, as in the list; http and https are the same."`
	Skip     bool          `config:"skip" doc:"The feed is not read."`
	Critic   criticOptions `config:"critic" doc:"The critic of reviews that name none: a name, or some of the keys below."`
	Rating   scaleOptions  `config:"rating" doc:"The scale of bare numbers, and of stars without empty ones."`
	Language string        `config:"language" form:"language" doc:"The language of reviews that do not say, as a BCP 47 tag."`
	Rights   review.Rights `config:"rights" doc:"How much of the text may be passed on."`
	Tags     []string      `config:"tags" doc:"Tags that are added to every review."`
}

type criticOptions struct {
	Name   string          `config:"name" doc:"The critic's name."`
	URL    string          `config:"url" form:"url" doc:"The critic's page on the web."`
	ID     review.CriticID `config:"id" form:"name" default:"made of the name" doc:"The critic's id in the events."`
	Outlet review.Outlet   `config:"outlet" default:"the feed's name in the list" doc:"The publication the critic writes for."`
}

// UnmarshalText takes the critic's name.
func (c *criticOptions) UnmarshalText(text []byte) error {
	*c = criticOptions{Name: string(text)}
	return nil
}

type scaleOptions struct {
	Best  review.Decimal `config:"best,required" doc:"The best number of the scale."`
	Worst review.Decimal `config:"worst" default:"0" doc:"The worst number of the scale."`
}

const (
	defaultTimeout = time.Minute
	defaultPages   = 200
)

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{FolderTags: true, Timeout: defaultTimeout, Backfill: pipeline.PastAuto, BackfillPages: defaultPages}
	o.Decode(&opts)
	switch {
	case opts.Path == "" && opts.URL == "":
		o.Fault("", "wants path or url: the list's file, or its address")
	case opts.Path != "" && opts.URL != "":
		o.Fault("url", "is one list and path another: make two sources of them")
	}
	if _, err := os.Stat(string(opts.Path)); opts.Path != "" && err != nil {
		o.Fault("path", "there is no such list")
	}
	if _, err := url.Parse(opts.URL); err != nil {
		o.Fault("url", err.Error())
	}
	seen := map[string]bool{}
	for i, f := range opts.Feeds {
		key := "feeds." + strconv.Itoa(i)
		u, err := url.Parse(f.URL)
		if err != nil {
			o.Fault(key+".url", err.Error())
			continue
		}
		if f.URL != "" && seen[feedKey(u)] {
			o.Fault(key+".url", "is there twice")
		}
		seen[feedKey(u)] = true
		if best := f.Rating.Best; !best.IsZero() && f.Rating.Worst.Cmp(best) >= 0 {
			o.Fault(key+".rating.best", "the scale ends before it begins: best is the higher number")
		}
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) { return newSource(opts, env), nil }
}

// source reads a list, and the feeds of it.
type source struct {
	options options
	env     pipeline.SourceEnv
	own     map[string]*feedOptions    // by the feed's key
	feeds   map[string]pipeline.Source // by address: those opened so far
	told    map[string]told            // by the feed's key
	warned  map[string]bool            // what was said once
	cached  answer                     // the list
	plan    plan                       // for it
	last    packed                     // what was remembered last
}

// told is what a feed said of itself when it was last read: it holds while it cannot be.
type told struct {
	push []pipeline.Push
	more bool
}

func newSource(opts options, env pipeline.SourceEnv) *source {
	s := &source{
		options: opts, env: env, own: map[string]*feedOptions{}, feeds: map[string]pipeline.Source{},
		told: map[string]told{}, warned: map[string]bool{},
	}
	for i := range opts.Feeds {
		if u, err := url.Parse(opts.Feeds[i].URL); err == nil {
			s.own[feedKey(u)] = &opts.Feeds[i]
		}
	}
	return s
}

// feed opens a feed, once for each address.
func (s *source) feed(address string) pipeline.Source {
	f := s.feeds[address]
	if f == nil {
		f = s.env.Feed(address, s.options.Timeout, pipeline.FeedPast{Where: s.options.Backfill, Pages: s.options.BackfillPages})
		s.feeds[address] = f
	}
	return f
}

// defaults is what the list and the config say of the reviews of a feed.
func (s *source) defaults(f *listed) review.Defaults {
	var d review.Defaults
	if o := s.own[f.key]; o != nil {
		d = review.Defaults{
			Critic:   review.Critic{ID: o.Critic.ID, Name: o.Critic.Name, URL: o.Critic.URL, Outlet: o.Critic.Outlet},
			Scale:    review.Scale{Worst: o.Rating.Worst, Best: o.Rating.Best},
			Language: o.Language, Rights: o.Rights, Tags: o.Tags,
		}
	}
	said := review.Defaults{Critic: review.Critic{Outlet: review.Outlet(f.title)}}
	if s.options.FolderTags {
		said.Tags = f.folders
	}
	return d.Or(said)
}
