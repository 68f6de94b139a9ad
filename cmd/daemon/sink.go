package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/tree"
)

// viewing is the runner of a view.
type viewing struct {
	*pipeline.Viewing
	kv pipeline.KV
}

func (d *Daemon) openView(w *wanted, holds *stack) (runner, error) {
	staging, err := d.openTree(holds, stagingFolder, w.Name)
	if err != nil {
		return nil, err
	}
	return viewing{kv: d.bus.KV(), Viewing: pipeline.NewViewing(pipeline.ViewingConfig{
		Name: w.Name, View: w.view, Where: &w.sink.Where, Log: d.log, Store: d.store, Leftovers: d.leftovers,
		Public: d.public, Staging: staging, Pause: w.sink.Pause, Published: d.published, Logger: d.Log, Clock: d.Clock,
	})}, nil
}

func (v viewing) prepare(ctx context.Context) error {
	if err := v.heed(ctx); err != nil {
		return err
	}
	return v.Prepare(ctx)
}

// heed has the view made anew if somebody has asked for it.
func (v viewing) heed(ctx context.Context) error {
	word, err := v.kv.Get(ctx, pipeline.RemakeKey(v.Name()))
	if errors.Is(err, pipeline.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sink %q: %w", v.Name(), err)
	}
	v.Remake(string(word))
	return nil
}

func (v viewing) run(ctx context.Context) { v.Run(ctx) } // it says itself what went wrong

func (v viewing) note() SinkStatus {
	return SinkStatus{Name: v.Name(), Position: v.Position(), Failures: v.Failures()}
}

func (v viewing) metrics(head pipeline.Position) []serve.Metric {
	return sinkMetrics(v.Name(), head, v.Position(), v.Failures())
}

// delivering is the runner of a delivery.
type delivering struct{ *pipeline.Delivering }

func (d *Daemon) openDelivery(w *wanted, holds *stack) (runner, error) {
	own, err := d.openTree(holds, w.Type, w.Name)
	if err != nil {
		return nil, err
	}
	s := w.sink
	// A client of its own: connections and turns at a host are shared with nobody
	// whose receiver hangs.
	client := d.newClient(s.AllowPrivate)
	holds.push("connections", func() error { client.Close(); return nil })
	delivery, err := s.OpenDelivery(pipeline.DeliveryEnv{
		Name: s.Name, Site: w.site, Log: d.Log.With("sink", s.Name), Clock: d.Clock,
		HTTP: client, Tree: own, Folder: d.folder(w.Type, w.Name), Messages: d.bus.OpenMessages,
	})
	if err != nil {
		return nil, err
	}
	holdCloser(holds, delivery)
	return delivering{pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: s.Name, Delivery: delivery, Where: &s.Where, Backfill: s.Backfill,
		Terms: s.Terms, Pause: s.Pause, Log: d.log, KV: d.bus.KV(), Logger: d.Log, Clock: d.Clock,
		Holder: d.holder, Fingerprint: s.Fingerprint,
	})}, nil
}

func (s delivering) prepare(ctx context.Context) error { return s.Prepare(ctx) }
func (s delivering) run(ctx context.Context)           { s.Run(ctx) } // it says itself what went wrong

func (s delivering) note() SinkStatus {
	st := s.Status()
	note := SinkStatus{
		Name: s.Name(), Position: st.Position, Waiting: st.Waiting, Failures: st.Failures, LastError: st.LastError, elsewhere: st.Elsewhere,
	}
	if st.Paused != nil {
		note.Paused = *st.Paused
	}
	return note
}

func (s delivering) metrics(head pipeline.Position) []serve.Metric {
	st := s.Status()
	return append(sinkMetrics(s.Name(), head, st.Position, st.Failures), deliveryMetrics(s.Name(), &st)...)
}

// holdCloser has a plug-in closed that holds something open.
func holdCloser(holds *stack, plugin any) {
	if closer, ok := plugin.(io.Closer); ok {
		holds.push("plug-in", closer.Close)
	}
}

// openTree opens a folder under the data folder.
func (d *Daemon) openTree(holds *stack, folder ...string) (*tree.Tree, error) {
	t, err := tree.Open(d.folder(folder...))
	if err != nil {
		return nil, err
	}
	holds.push("folder "+filepath.Join(folder...), t.Close)
	return t, nil
}

// folder is a folder under the data folder.
func (d *Daemon) folder(names ...string) string {
	return filepath.Join(append([]string{d.Config.Data}, names...)...)
}

// pending is what a delivery would be handed if it began now, and from where on.
func pending(ctx context.Context, s *config.Sink, b *bus.Bus, clock pipeline.Clock) (int, pipeline.Position, error) {
	return pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: s.Name, Where: &s.Where, Backfill: s.Backfill, Terms: s.Terms,
		Log: b.Log(), KV: b.KV(), Logger: slog.New(slog.DiscardHandler), Clock: clock,
	}).Pending(ctx)
}
