package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"runtime"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/tree"
	"github.com/filmwire/filmwire/pipeline/views"
)

// Options is what a daemon is made of.
type Options struct {
	Config  *config.Config
	Log     *slog.Logger
	Clock   pipeline.Clock
	Version string
	// Progress, which may be nil, is told how far the poll of a source is, and at
	// the end what it came to: then the report has its EndedAt.
	Progress func(pipeline.Report)
}

// Daemon is Filmwire, wired and ready, with nothing running yet.
type Daemon struct {
	Options
	stack

	bus        *bus.Bus
	log        *pipeline.Window
	store      *views.Store
	public     *tree.Tree
	ingest     *pipeline.Ingest
	sources    []*source
	viewings   []*pipeline.Viewing
	deliveries []*pipeline.Delivering
	offers     []offer
	clients    map[bool]pipeline.Doer // by whether private addresses are allowed
	noted      map[string]SinkStatus  // what was last noted of each sink
}

// windowSize is how many decoded events stay at hand for the sinks.
const windowSize = 4096

// Folders under the data folder. Public is served; views and staging may be
// deleted while no daemon runs.
const (
	publicFolder  = "public"
	viewsFolder   = "views"
	stagingFolder = "staging"
)

// Open makes a daemon. The caller closes it.
func Open(ctx context.Context, o Options) (*Daemon, error) {
	d := &Daemon{Options: o, clients: map[bool]pipeline.Doer{}, noted: map[string]SinkStatus{}}
	for _, step := range []func(context.Context) error{
		d.openBus, d.openStores, d.openSinks, d.openIngest, d.openSources,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, d.unwind())
		}
	}
	return d, nil
}

// Close stops everything in reverse.
func (d *Daemon) Close() error { return d.unwind() }

// BusOptions are the options of the log that a config asks for.
func BusOptions(c *config.Config, log *slog.Logger) bus.Options {
	return bus.Options{
		Dir: c.Data, URL: c.NATS.URL, Credentials: string(c.NATS.Credentials), Token: c.NATS.Token,
		Replicas: c.NATS.Replicas, Listen: c.NATS.Listen, KeepRevisions: c.NATS.KeepRevisions, Log: log,
	}
}

func (d *Daemon) openBus(ctx context.Context) error {
	b, err := bus.Open(ctx, BusOptions(d.Config, d.Log))
	if err != nil {
		return err
	}
	d.bus = b
	d.push("log", b.Close)
	d.log = pipeline.NewWindow(b.Log(), windowSize)
	return nil
}

func (d *Daemon) openStores(ctx context.Context) error {
	store, err := views.Open(filepath.Join(d.Config.Data, viewsFolder), d.Log)
	if err != nil {
		return err
	}
	d.store = store
	d.push("views", store.Close)
	if err := d.tieToLog(ctx); err != nil {
		return err
	}
	d.public, err = d.openTree(publicFolder)
	return err
}

// logKey is where in KV the log's own name stands, made up when it is first seen.
const logKey = "log.id"

// tieToLog drops all derived state that was made from another log: positions of
// one mean nothing on another.
func (d *Daemon) tieToLog(ctx context.Context) error {
	id, err := d.bus.KV().Get(ctx, logKey)
	if errors.Is(err, pipeline.ErrNotFound) {
		id = []byte(rand.Text())
		err = d.bus.KV().Put(ctx, logKey, id)
	}
	if err != nil {
		return fmt.Errorf("log: whose views these are: %w", err)
	}
	tie := d.store.View("engine.log")
	if known, ok := tie.Get("id"); ok && string(known) == string(id) {
		return nil
	}
	names, err := d.store.Views()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := d.store.Drop(name); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		d.Log.Info("the log is another one; all views are made anew from it", "views", len(names))
	}
	batch := tie.Begin()
	batch.Set("id", id)
	return batch.Commit(0)
}

func (d *Daemon) openTree(folder ...string) (*tree.Tree, error) {
	t, err := tree.Open(filepath.Join(append([]string{d.Config.Data}, folder...)...))
	if err != nil {
		return nil, err
	}
	d.push("folder "+filepath.Join(folder...), t.Close)
	return t, nil
}

func (d *Daemon) openSinks(ctx context.Context) error {
	for i := range d.Config.Sinks {
		s := &d.Config.Sinks[i]
		open := d.openDelivery
		if s.OpenView != nil {
			open = d.openView
		}
		if err := open(s); err != nil {
			return fmt.Errorf("sink %q: %w", s.Name, err)
		}
	}
	for _, v := range d.viewings {
		if err := v.Prepare(ctx); err != nil {
			return err
		}
	}
	for _, s := range d.deliveries {
		if err := s.Prepare(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *Daemon) openView(s *config.Sink) error {
	view, err := s.OpenView(pipeline.ViewEnv{
		Name: s.Name, Site: d.Config.Site, Log: d.Log.With("sink", s.Name), At: d.log.At, Links: d.links,
	})
	if err != nil {
		return err
	}
	if linker, ok := view.(pipeline.Linker); ok {
		d.offers = append(d.offers, offer{linker, !reflect.DeepEqual(s.Where, pipeline.Where{})})
	}
	staging, err := d.openTree(stagingFolder, s.Name)
	if err != nil {
		return err
	}
	d.viewings = append(d.viewings, pipeline.NewViewing(pipeline.ViewingConfig{
		Name: s.Name, View: fingerprinted{view, s.Fingerprint}, Where: &s.Where, Log: d.log, Store: d.store,
		Public: d.public, Staging: staging, Pause: s.Pause, Logger: d.Log, Clock: d.Clock,
	}))
	return nil
}

func (d *Daemon) openDelivery(s *config.Sink) error {
	own, err := d.openTree(s.Type, s.Name)
	if err != nil {
		return err
	}
	delivery, err := s.OpenDelivery(pipeline.DeliveryEnv{
		Name: s.Name, Site: d.Config.Site, Log: d.Log.With("sink", s.Name), Clock: d.Clock,
		HTTP: d.client(s.AllowPrivate), Tree: own,
	})
	if err != nil {
		return err
	}
	d.deliveries = append(d.deliveries, pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: s.Name, Delivery: delivery, Where: &s.Where, Backfill: s.Backfill,
		Terms: s.Terms, Pause: s.Pause, Log: d.log, KV: d.bus.KV(), Logger: d.Log, Clock: d.Clock,
	}))
	return nil
}

// fingerprinted is a view that is made anew also when what the engine does for it
// has changed: its filter.
type fingerprinted struct {
	pipeline.View
	config string
}

func (f fingerprinted) Version() string { return f.config + " " + f.View.Version() }

// offer is what one view offers.
type offer struct {
	pipeline.Linker
	filtered bool
}

// links lists what all views offer. A view with a filter may not have made the
// documents of every film, so those are not offered.
func (d *Daemon) links() []pipeline.Link {
	var all []pipeline.Link
	for _, o := range d.offers {
		for _, l := range o.Links() {
			if !(o.filtered && l.PerFilm) {
				all = append(all, l)
			}
		}
	}
	return all
}

// client is the one for all that may reach private addresses, or for all that may
// not: how many requests a host gets at once is counted per client.
func (d *Daemon) client(allowPrivate bool) pipeline.Doer {
	if d.clients[allowPrivate] == nil {
		d.clients[allowPrivate] = fetch.New(fetch.Options{
			UserAgent: fetch.UserAgent(d.Version), AllowPrivate: allowPrivate, Clock: d.Clock, Log: d.Log,
		})
	}
	return d.clients[allowPrivate]
}

func (d *Daemon) openIngest(ctx context.Context) error {
	d.ingest = pipeline.NewIngest(pipeline.IngestConfig{
		Log: d.log, KV: d.bus.KV(), Store: d.store, Registry: films.New(), Normalize: normalize.Normalize,
		Site: d.Config.Site, Clock: d.Clock, Logger: d.Log, Workers: runtime.GOMAXPROCS(0),
	})
	return d.ingest.Prepare(ctx)
}

func (d *Daemon) openSources(ctx context.Context) error {
	for i := range d.Config.Sources {
		s, err := d.openSource(ctx, &d.Config.Sources[i])
		if err != nil {
			return fmt.Errorf("source %q: %w", d.Config.Sources[i].Name, err)
		}
		d.sources = append(d.sources, s)
	}
	return nil
}
