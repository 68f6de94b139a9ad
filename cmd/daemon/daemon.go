package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/hub"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/subscriber"
	"github.com/filmwire/filmwire/pipeline/tree"
	"github.com/filmwire/filmwire/pipeline/views"
)

// Options is what a daemon is made of.
type Options struct {
	Config *config.Config
	// Load reads the config again, for a reload. Its error is a *config.Faults.
	Load    func() (*config.Config, error)
	Log     *slog.Logger
	Clock   pipeline.Clock
	Version string
	// Progress, which may be nil, is told how far the poll of a source is, and at
	// the end what it came to: then the report has its EndedAt.
	Progress func(pipeline.Report)
	// Dial, which may be nil, connects sources to an address, instead of the network's
	// own directory: in tests, whose servers have names.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Daemon is Filmwire, wired and ready, with nothing running yet. What all parts
// share stands here; each source and each sink is a member of the crew.
type Daemon struct {
	Options
	stack

	bus        *bus.Bus
	log        *pipeline.Window
	store      *views.Store
	leftovers  *pipeline.Leftovers
	public     *tree.Tree
	ingest     *pipeline.Ingest
	rules      rulebook
	clients    map[bool]pipeline.Doer // by whether private addresses are allowed
	readers    map[bool]*fetch.Client // those of sources, likewise
	holds      *fetch.Holds           // sites that sources leave alone for a while
	noted      map[string]SinkStatus  // what was last noted of each sink
	filmsNoted *FilmsStatus           // what was last noted of the registry
	holder     string                 // as whom it delivers, "" where no other daemon can
	salt       []byte                 // of fingerprints that cover secrets
	since      time.Time              // when it was opened
	sweeping   chan struct{}          // holds one when a sweep is asked for

	site       atomic.Pointer[pipeline.Site]         // of the config that holds now
	hub        atomic.Pointer[hub.Hub]               // nil unless Run has one
	subscriber atomic.Pointer[subscriber.Subscriber] // likewise
	told       atomic.Pointer[[]func([]string)]      // who is told of changed documents, nil unless Run does

	// changing is held while members come and go.
	changing sync.Mutex
	leaving  []*member // that may not have ended yet

	mu      sync.Mutex // over what follows
	crew    []*member  // sinks before sources, each in the config's order; never changed, only replaced
	running *running   // nil unless Run does
}

// windowSize is how many decoded events stay at hand for the sinks, if they are small.
const windowSize = 16_384

// Folders under the data folder. Public is served; views and staging may be
// deleted while no daemon runs.
const (
	publicFolder  = "public"
	viewsFolder   = "views"
	stagingFolder = "staging"
)

// Open makes a daemon. The caller closes it.
func Open(ctx context.Context, o Options) (*Daemon, error) {
	d := &Daemon{
		Options: o, clients: map[bool]pipeline.Doer{}, readers: map[bool]*fetch.Client{}, noted: map[string]SinkStatus{},
		salt: []byte(rand.Text()), since: o.Clock.Now(), sweeping: make(chan struct{}, 1),
	}
	d.site.Store(&o.Config.Site)
	for _, step := range []func(context.Context) error{d.openBus, d.openStores, d.openIngest, d.openCrew} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// Close gives everything back in reverse. Run, if it was called, has returned.
func (d *Daemon) Close() error {
	var errs []error
	for _, m := range slices.Backward(d.members()) {
		errs = append(errs, m.holds.unwind())
	}
	return errors.Join(append(errs, d.unwind())...)
}

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
	return d.openHolds(ctx)
}

func (d *Daemon) openStores(ctx context.Context) error {
	store, err := views.Open(filepath.Join(d.Config.Data, viewsFolder), d.Log)
	if err != nil {
		return err
	}
	d.store = store
	d.push("views", store.Close)
	d.leftovers = pipeline.NewLeftovers(store)
	if err := d.tieToLog(ctx); err != nil {
		return err
	}
	if err := d.nameHolder(); err != nil {
		return err
	}
	d.public, err = d.openTree(&d.stack, publicFolder)
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
		if err := d.leftovers.Retire(name); err != nil {
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

// nameHolder finds the name under which this daemon delivers where others may join
// the log. It stays the same as long as the derived state does, which one process at
// a time has open: after a crash the sinks are its own at once.
func (d *Daemon) nameHolder() error {
	if d.Config.NATS.URL == "" && d.Config.NATS.Listen == "" {
		return nil
	}
	own := d.store.View("engine.daemon")
	name, ok := own.Get("name")
	d.holder = string(name)
	if ok {
		return own.Err()
	}
	d.holder = rand.Text()
	batch := own.Begin()
	batch.Set("name", []byte(d.holder))
	return batch.Commit(0)
}

// sourceClient is the one for all sources that may reach private addresses, or for all
// that may not: how many requests a host gets at once is counted per client.
func (d *Daemon) sourceClient(allowPrivate bool) pipeline.Doer {
	if d.readers[allowPrivate] == nil {
		c := fetch.New(fetch.Options{
			UserAgent: fetch.UserAgent(d.Version), AllowPrivate: allowPrivate, Clock: d.Clock, Log: d.Log, Holds: d.holds, Dial: d.Dial,
		})
		d.readers[allowPrivate] = c
		d.push("connections of sources", func() error { c.Close(); return nil })
	}
	return d.readers[allowPrivate]
}

// client is that of everything else that is not a sink's own.
func (d *Daemon) client(allowPrivate bool) pipeline.Doer {
	if d.clients[allowPrivate] == nil {
		d.clients[allowPrivate] = d.newClient(allowPrivate)
	}
	return d.clients[allowPrivate]
}

func (d *Daemon) newClient(allowPrivate bool) *fetch.Client {
	return fetch.New(fetch.Options{
		UserAgent: fetch.UserAgent(d.Version), AllowPrivate: allowPrivate, Clock: d.Clock, Log: d.Log,
	})
}

func (d *Daemon) openIngest(ctx context.Context) error {
	d.rules.registry = films.New()
	d.rules.take(d.Config.Films)
	d.ingest = pipeline.NewIngest(pipeline.IngestConfig{
		Log: d.log, KV: d.bus.KV(), Store: d.store, Registry: d.rules.registry, Normalize: normalize.Normalize,
		Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer},
		Site:      d.Config.Site, Clock: d.Clock, Logger: d.Log, Workers: runtime.GOMAXPROCS(0),
	})
	d.ingest.SetResolver(d.resolver(d.Config.Films.Resolver))
	return d.ingest.Prepare(ctx)
}

// resolver is the catalogue that a config has asked about films, nil for none.
func (d *Daemon) resolver(c *config.Resolver) *pipeline.Resolving {
	if c == nil {
		return nil
	}
	return &pipeline.Resolving{Type: c.Type, Resolver: c.Open(pipeline.ResolverEnv{Clock: d.Clock, HTTP: d.client(c.AllowPrivate)})}
}

// openCrew opens and prepares all parts of the config, as going over to it from
// nothing does, and drops what views have derived that are no longer in it.
func (d *Daemon) openCrew(ctx context.Context) error {
	wanted, err := want(d.Config, d.salt, d.Log, d.log.At)
	if err != nil {
		return err
	}
	opened, err := d.openAll(Steps(nil, parts(wanted)), wanted)
	d.crew = opened
	if err != nil {
		return err
	}
	if err := d.forgetUnknown(opened); err != nil {
		return err
	}
	for _, m := range opened {
		if err := m.ready(ctx); err != nil {
			return err
		}
	}
	return d.keepRecord(ctx)
}

// forgetUnknown drops what views derived that are none of the members.
func (d *Daemon) forgetUnknown(members []*member) error {
	names, err := d.store.Views()
	if err != nil {
		return err
	}
	for _, name := range names {
		known := strings.Contains(name, ".") || // the engine's own
			slices.ContainsFunc(members, Part{Kind: KindView, Name: name}.isOf)
		if known {
			continue
		}
		if err := d.leftovers.Retire(name); err != nil {
			return err
		}
		d.Log.Info("sink is no longer in the config; what it made leaves", "sink", name)
	}
	return nil
}
