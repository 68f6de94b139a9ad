package files

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// stepClock sleeps until the test says that the time is over.
type stepClock struct {
	asleep chan struct{} // one value as each sleep begins
	wake   chan struct{} // one value ends one
}

func (stepClock) Now() time.Time { return sourcetest.Noon() }

func (c stepClock) Sleep(ctx context.Context, _ time.Duration) error {
	select {
	case c.asleep <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// started tells when the watch logs that it is under way.
type started struct {
	slog.Handler
	once *sync.Once
	now  chan struct{}
}

func (s started) Enabled(context.Context, slog.Level) bool { return true }

func (s started) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "watching files" {
		s.once.Do(func() { close(s.now) })
	}
	return nil
}

// watching starts a watch and returns when it is under way.
func watching(t *testing.T, paths ...string) (clock stepClock, changed chan struct{}) {
	t.Helper()
	clock = stepClock{make(chan struct{}), make(chan struct{})}
	ready := started{slog.DiscardHandler, new(sync.Once), make(chan struct{})}
	env := sourcetest.Env(nil)
	env.Clock, env.Log = clock, slog.New(ready)
	s, err := Type().Configure(sourcetest.NewOptions(map[string]any{"path": paths}))(env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	changed = make(chan struct{})
	done := make(chan error)
	go func() {
		done <- s.(pipeline.Watcher).Watch(ctx, func() {
			select {
			case changed <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	<-ready.now
	return clock, changed
}

// settle lets sleeps pass until changed was called.
func settle(clock stepClock, changed chan struct{}) {
	for {
		select {
		case clock.wake <- struct{}{}:
		case <-clock.asleep:
		case <-changed:
			return
		}
	}
}

func TestWatch(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
	}{
		{"new file", func(t *testing.T, dir string) { write(t, dir+"/new.md", "x") }},
		{"edit in place", func(t *testing.T, dir string) { write(t, dir+"/a.md", "x") }},
		{"edit by rename", func(t *testing.T, dir string) {
			write(t, dir+"/.a.md.tmp", "x")
			must(t, os.Rename(dir+"/.a.md.tmp", dir+"/a.md"))
		}},
		{"edit as vim does it", func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/a.md", dir+"/a.md~"))
			write(t, dir+"/a.md", "x")
			must(t, os.Remove(dir+"/a.md~"))
		}},
		{"removed", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/a.md")) }},
		{"moved away", func(t *testing.T, dir string) { must(t, os.Rename(dir+"/a.md", t.TempDir()+"/a.md")) }},
		{"in a folder below", func(t *testing.T, dir string) { write(t, dir+"/sub/b.md", "x") }},
		{"new folder", func(t *testing.T, dir string) { write(t, dir+"/2027/01/c.md", "x") }},
		{"folder moved in", func(t *testing.T, dir string) {
			elsewhere := tree(t, map[string]string{"in/d.md": "x"})
			must(t, os.Rename(elsewhere+"/in", dir+"/in"))
		}},
		{"folder moved away", func(t *testing.T, dir string) { must(t, os.Rename(dir+"/sub", t.TempDir()+"/sub")) }},
		{"folder removed", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir+"/sub")) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{"a.md": "a", "sub/b.md": "b"})
			clock, changed := watching(t, dir+"/**/*.md")
			tt.change(t, dir)
			<-clock.asleep
			settle(clock, changed)
		})
	}
}

func TestWatchOfANamedFile(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a", "other.md": "b"})
	clock, changed := watching(t, dir+"/a.md")
	write(t, dir+"/new", "y")
	if err := os.Rename(dir+"/new", dir+"/a.md"); err != nil {
		t.Fatal(err)
	}
	<-clock.asleep
	settle(clock, changed)
}

func TestWatchSeesNewFolderAfterwards(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a"})
	clock, changed := watching(t, dir)
	write(t, dir+"/later/b.md", "b")
	<-clock.asleep
	settle(clock, changed)
	write(t, dir+"/later/b.md", "b, edited")
	<-clock.asleep
	settle(clock, changed)
}

// What happens while the watch waits for quiet puts changed off, and is told
// about once.
func TestWatchGathersEvents(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a"})
	clock, changed := watching(t, dir+"/*.md")
	write(t, dir+"/a.md", "one")
	<-clock.asleep
	write(t, dir+"/a.md", "two")
	write(t, dir+"/b.md", "three")
	settle(clock, changed)
	select {
	case <-changed:
		t.Error("told twice")
	default:
	}
}

func TestWatchCanBeTurnedOff(t *testing.T) {
	s := sourcetest.Open(t, Type(), sourcetest.Place{Options: map[string]any{"path": t.TempDir(), "watch": false}})
	if _, watches := s.(pipeline.Watcher); watches {
		t.Error("watch: false watches")
	}
	if _, watches := open(t, t.TempDir()).(pipeline.Watcher); !watches {
		t.Error("watching is not the default")
	}
}

func TestWatchOfAFolderThatIsGone(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.md": "a"})
	s := open(t, dir+"/in")
	if err := os.RemoveAll(dir + "/in"); err != nil {
		t.Fatal(err)
	}
	if err := s.(pipeline.Watcher).Watch(t.Context(), func() {}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

// Events that never pause must not put changed off for ever.
func TestDebounceHasPatience(t *testing.T) {
	now := sourcetest.Noon()
	calls := 0
	ctx, cancel := context.WithCancel(t.Context())
	d := &debounce{clock: jumpClock{&now}, changed: func() { calls++ }, ticks: make(chan struct{})}
	d.note(ctx)
	for range 2 * patience / quiet {
		<-d.ticks
		d.note(ctx)
		if d.tick(ctx); d.done == nil {
			break
		}
	}
	cancel()
	d.stop()
	if calls != 1 || now.Sub(sourcetest.Noon()) < patience {
		t.Errorf("%d calls after %v", calls, now.Sub(sourcetest.Noon()))
	}
}

// jumpClock moves on by what is slept. One goroutine sleeps at a time.
type jumpClock struct{ now *time.Time }

func (c jumpClock) Now() time.Time { return *c.now }

func (c jumpClock) Sleep(ctx context.Context, d time.Duration) error {
	*c.now = c.now.Add(d)
	return ctx.Err()
}
