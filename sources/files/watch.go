package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/filmwire/filmwire/pipeline"
)

// An editor saves in several steps, and a copied folder comes in many: changed
// is called when nothing has happened for quiet, but not put off for longer
// than patience.
const (
	quiet    = 300 * time.Millisecond
	patience = 5 * time.Second
)

// Watch calls changed soon after files that the source reads were written, made,
// renamed or removed. It watches folders, not files, so that a file replaced by
// another of its name is seen too. When a folder that a pattern begins in goes, the
// watch ends with an error, and the next one begins when it is back.
func (s watched) Watch(ctx context.Context, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return watchError("", err)
	}
	defer w.Close()
	for i := range s.patterns {
		if err := s.follow(ctx, w, &s.patterns[i], s.patterns[i].base); err != nil {
			return err
		}
	}
	d := &debounce{clock: s.env.Clock, changed: changed, ticks: make(chan struct{})}
	s.env.Log.Debug("watching files", "folders", len(w.WatchList()))
	if s.away.Swap(false) {
		changed() // the folder is back
	}
	ctx, cancel := context.WithCancel(ctx)
	defer d.stop()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, open := <-w.Events:
			if !open {
				return errors.New("files: the watch has ended")
			}
			relevant, err := s.event(ctx, w, e)
			if err != nil {
				return err
			}
			if s.lost(e) {
				s.away.Store(true)
				return fmt.Errorf("files: watching %s: the folder is gone", e.Name)
			}
			if relevant {
				d.note(ctx)
			}
		case err := <-w.Errors:
			// Too many events at once: some were lost, so look at everything.
			s.env.Log.Debug("events of files were lost", "err", err)
			d.note(ctx)
		case <-d.ticks:
			d.tick(ctx)
		}
	}
}

// follow watches a folder of a pattern and all below it that may hold files of it.
func (s watched) follow(ctx context.Context, w *fsnotify.Watcher, p *pattern, dir string) error {
	add := func(dir string) error {
		if err := w.Add(dir); err != nil {
			return watchError(dir, err)
		}
		return nil
	}
	if p.named() {
		return add(filepath.Dir(p.base))
	}
	walk := walk{pattern: p, folder: add, problem: func(string, error) error { return nil }}
	info, err := os.Stat(dir)
	if err != nil {
		return watchError(dir, err)
	}
	rel, err := filepath.Rel(p.base, dir)
	if err != nil {
		return watchError(dir, err)
	}
	if rel = filepath.ToSlash(rel); rel == "." {
		rel = ""
	}
	return walk.enter(ctx, dir, rel, info)
}

// event decides whether an event is about the source's files, and follows new
// folders.
func (s watched) event(ctx context.Context, w *fsnotify.Watcher, e fsnotify.Event) (relevant bool, err error) {
	if e.Op == fsnotify.Chmod {
		return false, nil
	}
	info, statErr := os.Stat(e.Name)
	isDir := statErr == nil && info.IsDir()
	for i := range s.patterns {
		p := &s.patterns[i]
		switch {
		case isDir && e.Has(fsnotify.Create) && p.below(e.Name):
			err := s.follow(ctx, w, p, e.Name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return false, err
			}
			relevant = true // it may have come with files in it
		case !isDir && p.covers(e.Name):
			relevant = true
		case statErr != nil && p.below(e.Name): // a folder that went, perhaps
			relevant = true
		}
	}
	return relevant, nil
}

// lost reports that a folder in which a pattern begins was removed or moved away:
// the system's watch went with it.
func (s watched) lost(e fsnotify.Event) bool {
	if !e.Has(fsnotify.Remove) && !e.Has(fsnotify.Rename) {
		return false
	}
	for i := range s.patterns {
		base := s.patterns[i].base
		if s.patterns[i].named() {
			base = filepath.Dir(base)
		}
		if filepath.Clean(e.Name) == base {
			return true
		}
	}
	return false
}

// below reports that the path is a folder that the pattern looks into.
func (p *pattern) below(path string) bool {
	rel, err := filepath.Rel(p.base, path)
	if p.named() || err != nil || !filepath.IsLocal(rel) {
		return false
	}
	return rel == "." || !p.skips(filepath.Base(path)) && p.enters(filepath.ToSlash(rel))
}

func watchError(dir string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("files: watching %s: the system's limit of watches is reached (on Linux, raise fs.inotify.max_user_watches and max_user_instances): %w", dir, err)
	}
	return fmt.Errorf("files: watching %s: %w", dir, err)
}

// debounce gathers events until nothing happens for a while. Its methods are
// called from one goroutine; one sleeper at a time waits for it.
type debounce struct {
	clock    pipeline.Clock
	changed  func()
	ticks    chan struct{}
	done     chan struct{} // of the sleeper; nil while there is none
	again    bool          // something happened while the sleeper slept
	deadline time.Time
}

// note says that something happened.
func (d *debounce) note(ctx context.Context) {
	if d.done != nil {
		d.again = true
		return
	}
	d.deadline = d.clock.Now().Add(patience)
	d.sleep(ctx)
}

func (d *debounce) sleep(ctx context.Context) {
	d.again, d.done = false, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		if d.clock.Sleep(ctx, quiet) != nil {
			return
		}
		select {
		case d.ticks <- struct{}{}:
		case <-ctx.Done():
		}
	}(d.done)
}

// tick is called when the sleeper has slept.
func (d *debounce) tick(ctx context.Context) {
	<-d.done
	d.done = nil
	if d.again && d.clock.Now().Before(d.deadline) {
		d.sleep(ctx)
		return
	}
	d.changed()
}

// stop waits for the sleeper. Its context must have ended.
func (d *debounce) stop() {
	if d.done != nil {
		<-d.done
	}
}
