// Package sources is the catalogue of the sources that come with Filmwire. A new
// one is a folder below, and a line here.
package sources

import (
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sources/feed"
	"github.com/filmwire/filmwire/sources/files"
	"github.com/filmwire/filmwire/sources/letterboxd"
	"github.com/filmwire/filmwire/sources/opml"
	"github.com/filmwire/filmwire/sources/wordpress"
)

// Builtin lists the source types, in the order people read them.
func Builtin() []pipeline.SourceType {
	return []pipeline.SourceType{
		files.Type(),
		feed.Type(),
		letterboxd.Type(),
		wordpress.Type(),
		opml.Type(),
	}
}
