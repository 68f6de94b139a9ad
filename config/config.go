package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// Config is a config file without a fault in it.
type Config struct {
	Path    string // as given
	Site    pipeline.Site
	Data    string // folder, absolute; it may not be there yet
	Listen  string // host:port; port 0 takes a free one
	NATS    NATS
	WebSub  WebSub
	Zone    *time.Location // of cron schedules
	Films   Films
	Sources []Source
	Sinks   []Sink

	fixed map[string]sealed // see Fixed
}

// NATS says where the log is kept.
type NATS struct {
	Embedded      bool          // a server within the daemon; else URL
	URL           string        // one or more, with commas
	Credentials   pipeline.Path // a .creds file, absolute; "" for none
	Token         pipeline.Secret
	Replicas      int    // of what is kept: 1, 3 or 5
	Listen        string // host:port where the embedded server takes others' connections; "" for nowhere
	KeepRevisions int    // of each review
}

// WebSub says who tells subscribers of changed feeds. The hubs are in Site.Hubs too.
type WebSub struct {
	Hub          string // a hub elsewhere, which is told of changes; "" for none
	Builtin      bool   // subscribers may come to the daemon itself, at HubPath
	AllowPrivate bool   // hub and subscribers may be on loopback and private addresses
	// Callback is where hubs elsewhere reach the daemon, without a slash at its end;
	// "" where they do not, and so no feed is subscribed to.
	Callback string
}

// HubPath is where the daemon's own hub is, under the site's URL.
const HubPath = "/hub"

// CallbackPath is where hubs elsewhere come to, under WebSub.Callback.
const CallbackPath = "/websub/"

// Source is one entry of sources.
type Source struct {
	Name         string // identity hangs on it
	Type         string
	Schedule     string // a cron line or an @every
	Defaults     review.Defaults
	AllowPrivate bool // may reach loopback and private addresses
	Withdraw     pipeline.WithdrawPolicy
	Open         pipeline.OpenSource
	// Fingerprint is a short hash over what changes how documents are understood.
	Fingerprint string
	sealed
}

// Sink is one entry of sinks. One of OpenView and OpenDelivery is set.
type Sink struct {
	Name         string
	Type         string
	Where        pipeline.Where
	Backfill     pipeline.Backfill
	AllowPrivate bool
	Pause        bool
	Terms        pipeline.Terms // of a delivery
	OpenView     pipeline.OpenView
	OpenDelivery pipeline.OpenDelivery
	// Fingerprint is a short hash over all that the config says of the sink, but
	// secrets and whether it is paused, and over the site: when it changes, a view
	// is made anew.
	Fingerprint string
	sealed
}

// Catalogue is what a config may name, and the machine it is read on.
type Catalogue struct {
	Sources []pipeline.SourceType
	Sinks   []pipeline.SinkType
	// Resolvers may be asked about films.
	Resolvers []pipeline.ResolverType
	// Presets holds the presets that can be used by name, NAME.yaml each. Nil holds
	// none.
	Presets fs.FS
	// CheckSchedule says what is wrong with a schedule. Nil checks nothing.
	CheckSchedule func(spec string) error
	// Getenv looks up a variable of the environment. Nil is os.LookupEnv.
	Getenv func(string) (string, bool)
}

func (c *Catalogue) getenv() func(string) (string, bool) {
	if c.Getenv == nil {
		return os.LookupEnv
	}
	return c.Getenv
}

// Load reads the config file at path. The error is a *[Faults] for everything
// that is wrong with it, also when it is not there.
func Load(path string, c Catalogue) (*Config, error) {
	data, err := open(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data, c)
}

// Parse reads data as the config file at path, whose folder relative paths start
// from. The error is a *[Faults].
func Parse(path string, data []byte, c Catalogue) (*Config, error) {
	return parse(path, data, c, func(d *decoder, root *yaml.Node) *Config { return read(d, root, c) })
}

// Locate reads of the config file at path only where the data folder and the log
// are: Path, Data and NATS. It is for commands that leave the rest to a running
// daemon, whose secrets may not be theirs. The error is a *[Faults].
func Locate(path string, c Catalogue) (*Config, error) {
	data, err := open(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data, c, func(d *decoder, root *yaml.Node) *Config {
		f, b := newFileKeys(d), d.block(root)
		b.Decode(&f.placeKeys)
		return &Config{Data: string(f.Data), NATS: f.NATS.nats(b)}
	})
}

// open is the config file's bytes.
func open(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		r := newReport(path, nil)
		r.nowhere(MissingFile, "config file: "+reason(err), "name yours with -c, or begin one with `filmwire init`")
		return nil, r.err()
	}
	return data, nil
}

// parse reads the file's tree and has it decoded.
func parse(path string, data []byte, c Catalogue, decode func(*decoder, *yaml.Node) *Config) (*Config, error) {
	r := newReport(path, yaml.Lines(data))
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		r.nowhere(MissingFile, "folder of the config file: "+reason(err), "")
		return nil, r.err()
	}
	root, faults := yaml.Parse(data)
	for _, f := range faults {
		r.at(f.Line, f.Column, Syntax, f.Text, "")
	}
	switch {
	case root == nil && len(faults) > 0:
		return nil, r.err()
	case root == nil:
		root = &yaml.Node{Kind: yaml.Mapping, Line: 1, Column: 1}
	}
	r.tree = root
	if root.Kind != yaml.Mapping {
		r.add(WrongType, root, "want keys and values, found "+describe(root), "begin with: version: 1")
		return nil, r.err()
	}
	d := newDecoder(r, dir, c)
	cfg := decode(d, root)
	if err := d.err(); err != nil {
		return nil, err
	}
	cfg.Path = path
	return cfg, nil
}

// read decodes the whole file. The result is of use only if nothing was noted.
func read(d *decoder, root *yaml.Node, c Catalogue) *Config {
	f, b := newFileKeys(d), d.block(root)
	b.Decode(f)
	b.finish()
	f.check()
	cfg := &Config{
		Site: f.Site.site(b), Data: string(f.Data), Listen: f.Listen, NATS: f.NATS.nats(b), WebSub: f.WebSub.webSub(),
		Zone: f.Zone.Location, Films: f.Films.films(b, c),
	}
	cfg.Site.Hubs = cfg.WebSub.hubs(cfg.Site.URL)
	f.NATS.Embedded = &cfg.NATS.Embedded // said or not, it is one thing
	cfg.fixed = fixed(f)
	language := "" // of a site that states it, and so of reviews that do not
	if b.is("site.language") {
		language = f.Site.Language
	}
	names := make(map[string]*yaml.Node)
	for _, entry := range f.Sources {
		cfg.Sources = append(cfg.Sources, readSource(entry, c, names, language))
	}
	names = make(map[string]*yaml.Node)
	var sinks []*block
	for _, entry := range f.Sinks {
		if sink, ok := unfold(entry, c); ok {
			sinks = append(sinks, sink)
			cfg.Sinks = append(cfg.Sinks, readSink(sink, c, names, cfg.Site))
		}
	}
	checkSingles(sinks, c)
	if entry := indexPage(d, c, sinks, names); entry != nil {
		cfg.Sinks = append(cfg.Sinks, readSink(entry, c, names, cfg.Site))
	}
	return cfg
}

// reason is an error of the file system without the operation and the path.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
