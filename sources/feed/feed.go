// Package feed is the source that reads one feed on the web: RSS, Atom or JSON
// Feed. How a feed is fetched and taken apart is the business of pipeline/feeds;
// here stand the options.
package feed

import (
	"net/url"
	"strings"
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
	URL     string        `config:"url,required" doc:"The feed's address, http or https."`
	Timeout time.Duration `config:"timeout" doc:"What one reading may take; 1m by default."`
}

const defaultTimeout = time.Minute

func configure(o pipeline.Options) pipeline.OpenSource {
	opts := options{Timeout: defaultTimeout}
	o.Decode(&opts)
	u, err := url.Parse(strings.TrimSpace(opts.URL))
	switch {
	case opts.URL == "": // missing, which Decode has noted
	case err != nil || u.Host == "":
		o.Fault("url", "is no address; want one like https://example.org/feed/")
	case u.Scheme != "http" && u.Scheme != "https":
		o.Fault("url", "has the scheme "+u.Scheme+"; a feed is read over http or https")
	}
	if opts.Timeout <= 0 {
		o.Fault("timeout", "must be above zero; 1m is the default")
	}
	return func(env pipeline.SourceEnv) (pipeline.Source, error) {
		return env.Feed(u.String(), opts.Timeout), nil
	}
}
