package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/pipeline"
)

func (c *command) runVerb() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Read the sources on schedule, feed the sinks, serve the results",
		Long: `Run reads every source on its schedule, feeds every sink and serves what they
make, until it is stopped. With --once it reads every source once, lets every
sink catch up and exits: DATA/public is then a complete static site.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context(), once) },
	}
	cmd.Flags().BoolVar(&once, "once", false, "read every source once, let every sink catch up, exit")
	return cmd
}

func (c *command) run(ctx context.Context, once bool) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	bar := &progress{out: c.Err, on: isTerminal(c.Err)}
	d, err := daemon.Open(ctx, daemon.Options{
		Config: cfg, Load: c.load, Log: c.logger(bar, once), Clock: pipeline.SystemClock{}, Version: version(), Progress: bar.show,
	})
	if err != nil {
		return err
	}
	if once {
		err = c.once(ctx, d, bar)
		if err == nil {
			fmt.Fprintf(c.Out, "%s is up to date\n", filepath.Join(cfg.Data, "public"))
		}
	} else {
		stop := reloadOnHangup(ctx, d)
		err = d.Run(ctx, func(at net.Addr) { fmt.Fprintf(bar, "Filmwire serves on http://%s\n", at) })
		stop()
	}
	bar.clear()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}

// reloadOnHangup has the daemon reload whenever SIGHUP comes, until stop is called.
func reloadOnHangup(ctx context.Context, d *daemon.Daemon) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var work sync.WaitGroup
	work.Go(func() {
		for range hangups {
			d.Reload(ctx) // what came of it is in the log
		}
	})
	return func() {
		signal.Stop(hangups)
		close(hangups)
		work.Wait()
	}
}

func (c *command) once(ctx context.Context, d *daemon.Daemon, bar *progress) error {
	sum, err := d.Once(ctx)
	bar.clear()
	if err != nil {
		return err
	}
	for _, r := range sum.Reports {
		fmt.Fprintf(c.Out, "%s: %s\n", r.Source, describe(&r))
	}
	for _, err := range sum.Errors {
		fmt.Fprintf(c.Err, "filmwire: %v\n", err)
	}
	if sum.NeedsAttention() {
		c.code = exitAttention
	}
	return nil
}

// describe says what a poll came to, in words.
func describe(r *pipeline.Report) string {
	if r.Waits != "" && r.Read == 0 {
		return "not asked: " + r.Waits
	}
	if r.Unchanged {
		return "unchanged"
	}
	parts := []string{fmt.Sprintf("%d read", r.Read)}
	for _, p := range []struct {
		n    int
		word string
	}{
		{r.Published, "published"}, {r.Revised, "revised"}, {r.Withdrawn, "withdrawn"}, {r.Restored, "restored"},
		{r.Same, "unchanged"}, {r.PassedBy, "passed over as no review"}, {r.Damaged, "could not be read"},
		{r.Warned, "with something lost or not understood (see `filmwire events`)"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	text := strings.Join(parts, ", ")
	if r.Held > 0 {
		text += fmt.Sprintf("; %d of %d are missing, which is too many at once: nothing was withdrawn", r.Held, r.HeldOf)
	}
	return text
}

// progress is a terminal with one line at its end that says how far the sources
// are. What else is written goes above that line.
type progress struct {
	out io.Writer
	on  bool

	mu    sync.Mutex
	shown bool
}

func (p *progress) show(r pipeline.Report) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	if r.EndedAt.IsZero() {
		fmt.Fprintf(p.out, "%s: %d read, %d new", r.Source, r.Read, r.Events())
		p.shown = true
	}
}

// Write lets the log share the terminal.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	return p.out.Write(b)
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

func (p *progress) wipe() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
