package daemon

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/hub"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/subscriber"
)

// publishing is who serves what the views make, who tells the world of changes, and
// who is told.
type publishing struct {
	server    *serve.Server
	hub       *hub.Hub       // nil unless the config has it
	publisher *hub.Publisher // likewise
	// subscriber is nil unless the config has a callback.
	subscriber *subscriber.Subscriber
}

// openPublishing makes them; the caller closes the server.
func (d *Daemon) openPublishing(ctx context.Context) (*publishing, error) {
	p := &publishing{}
	o := serve.Options{
		Root: filepath.Join(d.Config.Data, publicFolder), Site: d.siteNow, Settled: d.settled, Gone: d.gone, Moved: d.moved,
		Ready: d.ready, Metrics: d.metrics, Log: d.Log, Clock: d.Clock, Version: d.Version,
	}
	w := d.Config.WebSub
	if w.Hub != "" {
		p.publisher = hub.NewPublisher(hub.PublisherOptions{
			Hub: w.Hub, TopicOf: d.topicOf, HTTP: d.client(w.AllowPrivate), Clock: d.Clock, Log: d.Log,
		})
	}
	if w.Builtin {
		var err error
		p.hub, err = hub.Open(ctx, hub.Options{
			URL:   func() string { return d.siteNow().URL + config.HubPath },
			Topic: d.topic, TopicOf: d.topicOf, Content: d.content,
			KV: d.bus.KV(), HTTP: d.client(w.AllowPrivate), Clock: d.Clock, Log: d.Log,
		})
		if err != nil {
			return nil, err
		}
		o.Hub, o.HubPath = http.Handler(p.hub), config.HubPath
	}
	var err error
	if p.subscriber, err = d.openSubscriber(ctx, &o); err != nil {
		return nil, err
	}
	p.server, err = serve.New(o)
	return p, err
}

// start has the hubs at work until r ends, and all of them told of changes.
func (p *publishing) start(d *Daemon, r *running) {
	told := []func([]string){p.server.Changed}
	if p.publisher != nil {
		told = append(told, p.publisher.Changed)
		r.work.Go(func() { p.publisher.Run(r.ctx) })
	}
	if p.hub != nil {
		told = append(told, p.hub.Changed)
		d.hub.Store(p.hub)
		r.work.Go(func() {
			if err := p.hub.Run(r.ctx); err != nil {
				d.Log.Error("the hub could not note whom it has still to tell", "err", err)
			}
		})
	}
	d.told.Store(&told)
	if p.subscriber != nil {
		d.subscriber.Store(p.subscriber)
		r.work.Go(func() { p.subscriber.Run(r.ctx) })
	}
}

// published is what views tell of changed documents. Nobody waits.
func (d *Daemon) published(paths []string) {
	if told := d.told.Load(); told != nil {
		for _, tell := range *told {
			tell(paths)
		}
	}
}

// siteNow is the site as the config has it now.
func (d *Daemon) siteNow() pipeline.Site { return *d.site.Load() }

// settled reports whether some view has said that the document stays as it is.
func (d *Daemon) settled(path string) bool {
	return slices.ContainsFunc(runners[viewing](d.members()), func(v viewing) bool { return v.Settled(path) })
}

// gone reports whether some view has taken the document back. No other has put it:
// then it would stand.
func (d *Daemon) gone(path string) bool {
	return slices.ContainsFunc(runners[viewing](d.members()), func(v viewing) bool { return v.Gone(path) })
}

// topicOf is the address that subscribers know a document by: one of a feed that
// goes on. A page of its archive is not expected to change.
func (d *Daemon) topicOf(path string) (address string, ok bool) {
	if _, ok := serve.FeedType(path); !ok || d.settled(path) {
		return "", false
	}
	return serve.TopicURL(d.siteNow(), path), true
}

// topic is topicOf backwards, for feeds that there are.
func (d *Daemon) topic(address string) (path string, ok bool) {
	path, ok = strings.CutPrefix(address, d.siteNow().URL+"/")
	path, err := url.PathUnescape(path)
	if !ok || err != nil {
		return "", false
	}
	if known, ok := d.topicOf(path); !ok || known != address {
		return "", false
	}
	return path, owned(runners[viewing](d.members()), path)
}

// content is a document as it stands.
func (d *Daemon) content(path string) (content []byte, contentType string, err error) {
	contentType, _ = serve.FeedType(path)
	content, err = d.public.Read(path)
	return content, contentType, err
}
