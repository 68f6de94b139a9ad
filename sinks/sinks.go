// Package sinks is the catalogue of the sinks that Filmwire is built with: one
// line each. Its folders are the sinks; none knows another.
package sinks

import (
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sinks/drafts"
	"github.com/filmwire/filmwire/sinks/exec"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/file"
	"github.com/filmwire/filmwire/sinks/letterboxd"
	"github.com/filmwire/filmwire/sinks/nats"
	"github.com/filmwire/filmwire/sinks/pages"
	"github.com/filmwire/filmwire/sinks/ratings"
	"github.com/filmwire/filmwire/sinks/template"
	"github.com/filmwire/filmwire/sinks/webhook"
)

// Builtin lists the kinds of sinks.
func Builtin() []pipeline.SinkType {
	return []pipeline.SinkType{
		feed.Type(),
		ratings.Type(),
		pages.Type(),
		template.Type(),
		letterboxd.Type(),
		drafts.Type(),
		webhook.Type(),
		exec.Type(),
		file.Type(),
		nats.Type(),
	}
}
