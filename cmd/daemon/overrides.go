package daemon

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
)

// rulebook is the registry's overrides and the file they come from.
type rulebook struct {
	registry *films.Registry

	mu    sync.Mutex
	path  string
	stamp string // of the file as it was last read
}

// take takes over what a config says.
func (r *rulebook) take(f config.Films) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.path, r.stamp = f.OverridesPath, stampOf(f.OverridesPath)
	r.registry.Override(f.Overrides)
}

// changed is the file if it is not as it was last read, "" if it is.
func (r *rulebook) changed() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	stamp := stampOf(r.path)
	if stamp == r.stamp {
		return ""
	}
	r.stamp = stamp
	return r.path
}

// stampOf is what shows that a file was written: its time and its size.
func stampOf(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// lookEvery is how often the file of overrides is looked at.
const lookEvery = 3 * time.Second

// keepRules reads the file of overrides again whenever it has changed, and has the
// films settled by it. A file with a fault changes nothing, and is said once.
func (d *Daemon) keepRules(ctx context.Context) {
	for d.Clock.Sleep(ctx, lookEvery) == nil {
		name := d.rules.changed()
		if name == "" {
			continue
		}
		all, err := config.ReadOverrides(name)
		if err != nil {
			d.Log.Error("the overrides were refused; the old ones hold", "file", name, "err", err)
			continue
		}
		d.rules.registry.Override(all)
		d.settleFilms(ctx)
	}
}

// settleFilms has the films settled. What could not be done now is done after the
// next poll.
func (d *Daemon) settleFilms(ctx context.Context) {
	if err := d.ingest.Settle(ctx); err != nil && ctx.Err() == nil {
		d.Log.Error("films could not be settled yet", "err", err)
	}
}

// moved is where the documents of a film stand now that was merged into another.
func (d *Daemon) moved(name string) (to string, ok bool) {
	dir, file := path.Split(name)
	if dir != "films/" && !(strings.HasPrefix(dir, "feeds/") && strings.Count(dir, "/") == 2) {
		return "", false
	}
	ending := path.Ext(file)
	id := review.FilmID(strings.TrimSuffix(file, ending))
	current, ok := d.ingest.Film(id)
	if !ok || current == id {
		return "", false
	}
	return dir + string(current) + ending, true
}
