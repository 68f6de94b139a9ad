// Package resolvers is the catalogue of the resolvers that Filmwire is built with:
// one line each. Its folders are the resolvers; none knows another.
package resolvers

import (
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/resolvers/tmdb"
	"github.com/filmwire/filmwire/resolvers/wikidata"
)

// Builtin lists the kinds of resolvers.
func Builtin() []pipeline.ResolverType {
	return []pipeline.ResolverType{
		tmdb.Type(),
		wikidata.Type(),
	}
}
