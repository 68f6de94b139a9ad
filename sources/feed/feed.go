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
}

const defaultTimeout = time.Minute

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Timeout: defaultTimeout}
	o.Decode(&opts)
	u, err := url.Parse(opts.URL)
	if err != nil {
		o.Fault("url", err.Error())
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		return env.Feed(u.String(), opts.Timeout), nil
	}
}
