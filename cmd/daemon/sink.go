package daemon

import (
	"context"
	"io"
	"path/filepath"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
	"github.com/filmwire/filmwire/pipeline/tree"
)

// viewing is the runner of a view.
type viewing struct{ *pipeline.Viewing }

func (d *Daemon) openView(w *wanted, holds *stack) (runner, error) {
	staging, err := d.openTree(holds, stagingFolder, w.Name)
	if err != nil {
		return nil, err
	}
	return viewing{pipeline.NewViewing(pipeline.ViewingConfig{
		Name: w.Name, View: w.view, Where: &w.sink.Where, Log: d.log, Store: d.store, Leftovers: d.leftovers,
		Public: d.public, Staging: staging, Pause: w.sink.Pause, Logger: d.Log, Clock: d.Clock,
	})}, nil
}

func (v viewing) prepare(ctx context.Context) error { return v.Prepare(ctx) }
func (v viewing) run(ctx context.Context)           { v.Run(ctx) } // it says itself what went wrong

func (v viewing) note() SinkStatus {
	return SinkStatus{Name: v.Name(), Position: v.Position(), Failures: v.Failures()}
}

func (v viewing) metrics(head pipeline.Position) []serve.Metric {
	return sinkMetrics(v.Name(), float64(head)-float64(v.Position()), v.Failures(), 0)
}

// delivering is the runner of a delivery.
type delivering struct{ *pipeline.Delivering }

func (d *Daemon) openDelivery(w *wanted, holds *stack) (runner, error) {
	own, err := d.openTree(holds, w.Type, w.Name)
	if err != nil {
		return nil, err
	}
	s := w.sink
	delivery, err := s.OpenDelivery(pipeline.DeliveryEnv{
		Name: s.Name, Site: w.site, Log: d.Log.With("sink", s.Name), Clock: d.Clock,
		HTTP: d.client(s.AllowPrivate), Tree: own,
	})
	if err != nil {
		return nil, err
	}
	holdCloser(holds, delivery)
	return delivering{pipeline.NewDelivering(pipeline.DeliveringConfig{
		Name: s.Name, Delivery: delivery, Where: &s.Where, Backfill: s.Backfill,
		Terms: s.Terms, Pause: s.Pause, Log: d.log, KV: d.bus.KV(), Logger: d.Log, Clock: d.Clock,
	})}, nil
}

func (s delivering) prepare(ctx context.Context) error { return s.Prepare(ctx) }
func (s delivering) run(ctx context.Context)           { s.Run(ctx) } // it says itself what went wrong

func (s delivering) note() SinkStatus {
	return SinkStatus{Name: s.Name(), Position: s.Position(), Failures: s.Failures()}
}

func (s delivering) metrics(head pipeline.Position) []serve.Metric {
	return sinkMetrics(s.Name(), float64(head)-float64(s.Position()), s.Failures(), s.Quarantined())
}

// holdCloser has a plug-in closed that holds something open.
func holdCloser(holds *stack, plugin any) {
	if closer, ok := plugin.(io.Closer); ok {
		holds.push("plug-in", closer.Close)
	}
}

// openTree opens a folder under the data folder.
func (d *Daemon) openTree(holds *stack, folder ...string) (*tree.Tree, error) {
	t, err := tree.Open(filepath.Join(append([]string{d.Config.Data}, folder...)...))
	if err != nil {
		return nil, err
	}
	holds.push("folder "+filepath.Join(folder...), t.Close)
	return t, nil
}
