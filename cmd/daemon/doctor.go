package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Examine looks from outside at everything that a config depends on, whether or not
// a daemon runs on it: folders, the log, the port, every source and every delivery
// that can tell, and the clock. It changes nothing but that it makes a file in the
// data folder and removes it. Findings come in the order in which they were looked
// for; each has its Where.
func Examine(ctx context.Context, o Options) []pipeline.Finding {
	d := &doctor{Options: o}
	d.dataFolder()
	running := d.log(ctx)
	d.listen(ctx, running)
	d.callback(ctx, running)
	d.sources(ctx)
	d.sinks(ctx)
	d.clock()
	return d.findings
}

// doctor collects findings.
type doctor struct {
	Options
	findings []pipeline.Finding
	dates    dates
}

func (d *doctor) note(where string, findings ...pipeline.Finding) {
	for _, f := range findings {
		f.Where = cmp.Or(f.Where, where)
		d.findings = append(d.findings, f)
	}
}

func fine(format string, args ...any) pipeline.Finding {
	return pipeline.Finding{Level: pipeline.LevelOK, Cause: fmt.Sprintf(format, args...)}
}

// littleRoom is the free space below which somebody should make some: the log
// refuses to take more long before a disk is full.
const littleRoom = 512 << 20

// dataFolder looks whether the data folder, or the one it would be made in, can be
// written to, and how much room there is.
func (d *doctor) dataFolder() {
	const where = "data folder"
	folder := d.Config.Data
	for {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			d.note(where, pipeline.Finding{Level: pipeline.LevelFault, Cause: folder + " is a file, not a folder", Remedy: "choose another folder with `data:`"})
			return
		}
		if err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	if err := tryWriting(folder); err != nil {
		d.note(where, pipeline.Finding{
			Level: pipeline.LevelFault, Cause: fmt.Sprintf("nothing can be written into %s: %v", folder, err),
			Remedy: "give the folder to the user that Filmwire runs as, mount it writable, or choose another with `data:`",
		})
		return
	}
	free, err := bus.FreeBytes(folder)
	switch {
	case err != nil:
		d.note(where, fine("%s can be written to", d.Config.Data))
	case free < littleRoom:
		d.note(where, pipeline.Finding{
			Level: pipeline.LevelWarning, Cause: fmt.Sprintf("%d MB are free on the disk of %s", free>>20, folder),
			Remedy: "make room: a log that has none refuses events",
		})
	default:
		d.note(where, fine("%s can be written to, %d MB are free", d.Config.Data, free>>20))
	}
}

// tryWriting makes a file and removes it.
func tryWriting(folder string) error {
	f, err := os.CreateTemp(folder, ".filmwire-doctor-*")
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			return at.Err
		}
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// log looks at the log, and reports whether a daemon has it open.
func (d *doctor) log(ctx context.Context) (running bool) {
	findings, running := bus.Diagnose(ctx, BusOptions(d.Config, d.Log), d.Clock.Now)
	d.note("log", findings...)
	return running
}

// listen looks whether the port is free, or a daemon's own.
func (d *doctor) listen(ctx context.Context, running bool) {
	const where = "listen"
	address := d.Config.Listen
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		l.Close()
		d.note(where, fine("%s is free", address))
	case errors.Is(err, syscall.EADDRINUSE) && running && d.lives(ctx, address):
		d.note(where, fine("a daemon serves on %s", address))
	case errors.Is(err, syscall.EADDRINUSE):
		d.note(where, pipeline.Finding{
			Level: pipeline.LevelFault, Cause: "another program listens on " + address,
			Remedy: "stop it, or choose another address with `listen:`; port 0 takes a free one",
		})
	default:
		d.note(where, pipeline.Finding{
			Level: pipeline.LevelFault, Cause: err.Error(),
			Remedy: "choose an address of this machine with `listen:`; ports below 1024 are for those who may",
		})
	}
}

// lives asks whoever listens whether it is a daemon.
func (d *doctor) lives(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/livez", nil)
	if err != nil {
		return false
	}
	client := fetch.New(fetch.Options{UserAgent: fetch.UserAgent(d.Version), AllowPrivate: true, Clock: d.Clock})
	defer client.Close()
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	return err == nil && resp.StatusCode == http.StatusOK && string(said) == "ok\n"
}

// lookFor is how long one thing is looked at.
const lookFor = 15 * time.Second

// lookAtOnce is how many sources and sinks are looked at at the same time.
const lookAtOnce = 8

// look asks many for their findings, a few at a time, and notes them in order.
func (d *doctor) look(ctx context.Context, names []string, open func(i int) (any, error)) {
	found := make([][]pipeline.Finding, len(names))
	var all sync.WaitGroup
	turns := make(chan struct{}, lookAtOnce)
	for i := range names {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			found[i] = lookAt(ctx, func() (any, error) { return open(i) })
		})
	}
	all.Wait()
	for i, name := range names {
		d.note(name, found[i]...)
	}
}

// lookAt opens one plug-in for its findings alone.
func lookAt(ctx context.Context, open func() (any, error)) []pipeline.Finding {
	plugin, err := open()
	if err != nil {
		return []pipeline.Finding{{Level: pipeline.LevelFault, Cause: err.Error()}}
	}
	if closer, ok := plugin.(io.Closer); ok {
		defer closer.Close()
	}
	diagnoser, ok := plugin.(pipeline.Diagnoser)
	if !ok {
		return []pipeline.Finding{fine("nothing outside to look at")}
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	return diagnoser.Diagnose(ctx)
}

func (d *doctor) sources(ctx context.Context) {
	var names []string
	for i := range d.Config.Sources {
		names = append(names, fmt.Sprintf("source %q", d.Config.Sources[i].Name))
	}
	d.look(ctx, names, func(i int) (any, error) {
		c := &d.Config.Sources[i]
		env := pipeline.SourceEnv{Name: c.Name, Log: d.Log, Clock: d.Clock, HTTP: d.client(c.AllowPrivate)}
		env.Feed, env.Export = feeds.Opener(env), exports.Reader(env.Clock)
		env.Text, env.UTF8 = charset.Text, charset.Reader
		return c.Open(env)
	})
}

func (d *doctor) sinks(ctx context.Context) {
	var names []string
	var all []int
	for i := range d.Config.Sinks {
		if d.Config.Sinks[i].OpenDelivery != nil {
			names, all = append(names, fmt.Sprintf("sink %q", d.Config.Sinks[i].Name)), append(all, i)
		}
	}
	d.look(ctx, names, func(i int) (any, error) {
		c := &d.Config.Sinks[all[i]]
		return c.OpenDelivery(pipeline.DeliveryEnv{
			Name: c.Name, Site: d.Config.Site, Log: d.Log, Clock: d.Clock, HTTP: d.client(c.AllowPrivate), Tree: shut{},
			Folder:   filepath.Join(d.Config.Data, c.Type, c.Name),
			Messages: func(pipeline.MessageServer) (pipeline.Messages, error) { return mute{}, nil },
		})
	})
}

// client is as that of the daemon; what it hears of the time is remembered.
func (d *doctor) client(allowPrivate bool) pipeline.Doer {
	return &dated{clock: d.Clock, dates: &d.dates, Doer: fetch.New(fetch.Options{
		UserAgent: fetch.UserAgent(d.Version), AllowPrivate: allowPrivate, Clock: d.Clock, Log: d.Log,
	})}
}

// dates are how far servers' clocks were ahead of ours.
type dates struct {
	mu    sync.Mutex
	ahead []time.Duration
}

// dated notes the Date of every answer.
type dated struct {
	pipeline.Doer
	clock pipeline.Clock
	dates *dates
}

// Do sends the request.
func (d *dated) Do(req *http.Request) (*http.Response, error) {
	before := d.clock.Now()
	resp, err := d.Doer.Do(req)
	if err != nil {
		return resp, err
	}
	if at, bad := http.ParseTime(resp.Header.Get("Date")); bad == nil {
		after := d.clock.Now()
		d.dates.mu.Lock()
		d.dates.ahead = append(d.dates.ahead, at.Sub(before.Add(after.Sub(before)/2)))
		d.dates.mu.Unlock()
	}
	return resp, err
}

// mostSkew is how much a clock may differ from others': servers tell whole seconds,
// and caches old ones.
const mostSkew = 30 * time.Second

// clock compares the machine's clock with those of the servers that answered, and
// says which time zone schedules are in.
func (d *doctor) clock() {
	const where = "clock"
	d.note(where, zoneFinding(os.Getenv("TZ"), d.Config.Zone))
	all := slices.Clone(d.dates.ahead)
	if len(all) == 0 {
		d.note(where, fine("compared with nobody's: no server was asked"))
		return
	}
	slices.Sort(all)
	middle := all[len(all)/2].Round(time.Second)
	if middle.Abs() <= mostSkew {
		d.note(where, fine("agrees with the servers that were asked"))
		return
	}
	direction := "behind"
	if middle < 0 {
		direction = "ahead of"
	}
	d.note(where, pipeline.Finding{
		Level: pipeline.LevelWarning, Cause: fmt.Sprintf("%v %s the servers that were asked", middle.Abs(), direction),
		Remedy: "have the machine set its clock by NTP: dates of events, schedules and signatures go by it",
	})
}

// zoneFinding says in which zone schedules are, and whether the environment's could
// be understood: one that cannot is UTC without a word.
func zoneFinding(tz string, zone *time.Location) pipeline.Finding {
	if zone == time.Local && tz != "" {
		if _, err := time.LoadLocation(tz); err != nil {
			return pipeline.Finding{
				Level: pipeline.LevelWarning, Cause: fmt.Sprintf("the environment's TZ is %q, which is no zone: schedules are in UTC", tz),
				Remedy: "set TZ to a name such as Europe/Berlin, or say `timezone:` in the config",
			}
		}
	}
	if zone == time.Local { // which is called Local, and that tells nobody anything
		return fine("schedules are in the zone of this machine; `timezone:` in the config names another")
	}
	return fine("schedules are in the zone %s", zone)
}

// shut is a folder for deliveries that are only looked at.
type shut struct{}

var errShut = errors.New("nothing is written while things are only looked at")

func (shut) Write(string, []byte) (bool, error)                 { return false, errShut }
func (shut) WriteDated(string, []byte, time.Time) (bool, error) { return false, errShut }
func (shut) Read(string) ([]byte, error)                        { return nil, pipeline.ErrNotFound }
func (shut) Remove(string) error                                { return errShut }
func (shut) Size(string) (int64, error)                         { return 0, pipeline.ErrNotFound }

// mute passes nothing on, for deliveries that are only looked at.
type mute struct{}

func (mute) Send(context.Context, pipeline.Address, *review.Event) error  { return errShut }
func (mute) Store(context.Context, pipeline.Address, *review.Event) error { return errShut }
func (mute) Ask(context.Context, pipeline.Address, *review.Event) ([]byte, error) {
	return nil, errShut
}
func (mute) Close() error { return nil }
