package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/normalize"
)

// wanted is one part as a config asks for it, not open yet.
type wanted struct {
	Part
	site   pipeline.Site
	zone   *time.Location
	source *config.Source // of a source
	sink   *config.Sink   // of a sink
	view   pipeline.View  // of a view: made, and doing nothing until it is open
	// stored is the Settings of the part that may be stored: without secrets.
	stored string
	open   func(*Daemon, *wanted, *stack) (runner, error)
}

// offering are the views of one config, and what they offer each other. It does
// not change: a view that stays while others come knows what it was made with.
type offering struct {
	offers []offer
	links  []pipeline.Link
}

// offer is what one view offers.
type offer struct {
	pipeline.Linker
	filtered bool
}

// settle collects what the views offer. A view with a filter may not have made the
// documents of every film, so those are not offered.
func (o *offering) settle() {
	for _, offer := range o.offers {
		for _, l := range offer.Links() {
			if !(offer.filtered && l.PerFilm) {
				o.links = append(o.links, l)
			}
		}
	}
}

// want makes of a config what it asks for, sinks before sources. salt is that of
// [config.Sink.Settings]; log and at are for the views.
func want(c *config.Config, salt []byte, log *slog.Logger, at atFunc) ([]*wanted, error) {
	var all []*wanted
	var around offering
	for i := range c.Sinks {
		s := &c.Sinks[i]
		w := &wanted{site: c.Site, sink: s, stored: s.Settings(nil), open: (*Daemon).openDelivery, Part: Part{
			Kind: KindDelivery, Name: s.Name, Type: s.Type, Settings: s.Settings(salt), Around: hash(c.Site),
		}}
		all = append(all, w)
		if s.OpenView == nil {
			continue
		}
		w.Kind, w.open = KindView, (*Daemon).openView
		if err := w.makeView(log, at, &around); err != nil {
			return nil, fmt.Errorf("sink %q: %w", s.Name, err)
		}
	}
	around.settle()
	for _, w := range all {
		if w.view != nil {
			w.Version = w.view.Version()
		}
	}
	for i := range c.Sources {
		s := &c.Sources[i]
		all = append(all, &wanted{site: c.Site, zone: c.Zone, source: s, stored: s.Settings(nil), open: (*Daemon).openSource, Part: Part{
			Kind: KindSource, Name: s.Name, Type: s.Type, Settings: s.Settings(salt), Around: hash(c.Zone.String()), Version: parser(s),
		}})
	}
	return all, nil
}

// atFunc reads one entry of the log: see [pipeline.ViewEnv].
type atFunc = func(context.Context, pipeline.Position) (pipeline.Entry, error)

// makeView makes the view, and adds what it offers to around.
func (w *wanted) makeView(log *slog.Logger, at atFunc, around *offering) error {
	view, err := w.sink.OpenView(pipeline.ViewEnv{
		Name: w.Name, Site: w.site, Log: log.With("sink", w.Name), At: at,
		Links: func() []pipeline.Link { return around.links },
	})
	if err != nil {
		return err
	}
	if linker, ok := view.(pipeline.Linker); ok {
		around.offers = append(around.offers, offer{linker, !reflect.DeepEqual(w.sink.Where, pipeline.Where{})})
	}
	w.view = fingerprinted{view, w.sink.Fingerprint}
	return nil
}

// fingerprinted is a view that is made anew also when what the engine does for it
// has changed: its filter.
type fingerprinted struct {
	pipeline.View
	config string
}

func (f fingerprinted) Version() string { return f.config + " " + f.View.Version() }

// parser names what understands the documents of a source.
func parser(s *config.Source) string {
	return fmt.Sprintf("%s %s %s", s.Type, normalize.Version, s.Fingerprint)
}

// parts are what is wanted, for comparing.
func parts(all []*wanted) []Part {
	list := make([]Part, len(all))
	for i, w := range all {
		list[i] = w.Part
	}
	return list
}

// hash is a short fingerprint of a value, as fmt writes it.
func hash(v any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", v))
	return hex.EncodeToString(sum[:6])
}
