// Package feed is the source that reads one feed on the web: RSS, Atom or JSON
// Feed. How a feed is fetched and taken apart is the business of pipeline/feeds;
// here stand the options.
package feed

import (
	"net/url"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Type is the catalogue's line.
func Type() pipeline.SourceType {
	return pipeline.SourceType{
		Name:      "feed",
		Summary:   "An RSS, Atom or JSON feed on the web.",
		Configure: configure,
	}
}

// options are the source's lines of the config.
type options struct {
	URL     string        `config:"url,required" form:"url" doc:"The address of the feed: RSS, Atom or JSON Feed, over http or https."`
	Timeout time.Duration `config:"timeout" min:"1ms" max:"1h" doc:"How long one reading may take."`

	Backfill      pipeline.PastPlace `config:"backfill" doc:"Where older reviews are looked for, once, a few pages with each poll: auto (where the feed's own links lead, and in the numbered pages of a feed that says it comes from WordPress), links, wordpress, or none."`
	BackfillPages int                `config:"backfill_pages" min:"1" max:"10000" doc:"How many pages of older reviews are read at most."`
}

const (
	defaultTimeout = time.Minute
	defaultPages   = 200
)

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Timeout: defaultTimeout, Backfill: pipeline.PastAuto, BackfillPages: defaultPages}
	o.Decode(&opts)
	u, err := url.Parse(opts.URL)
	if err != nil {
		o.Fault("url", err.Error())
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		return env.Feed(u.String(), opts.Timeout, pipeline.FeedPast{Where: opts.Backfill, Pages: opts.BackfillPages}), nil
	}
}
