package daemon

import (
	"context"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// metrics reads the numbers when they are asked for: nothing is counted twice.
func (d *Daemon) metrics(ctx context.Context) []serve.Metric {
	var all []serve.Metric
	head, err := d.log.Head(ctx)
	if err == nil {
		all = append(all, serve.Metric{Name: "filmwire_log_head", Help: "Position of the newest event on the log.", Value: float64(head)})
	}
	if h := d.hub.Load(); h != nil {
		all = append(all, serve.Metric{Name: "filmwire_hub_subscriptions", Help: "Subscriptions to feeds at the daemon's own hub.", Value: float64(h.Subscriptions())})
	}
	if s := d.subscriber.Load(); s != nil {
		all = append(all, serve.Metric{Name: "filmwire_websub_live", Help: "Hubs elsewhere that have promised to tell of changes to feeds.", Value: float64(s.Live())})
	}
	for _, m := range d.members() {
		if err == nil || m.Kind == KindSource { // how far behind a sink is, nobody knows now
			all = append(all, m.metrics(head)...)
		}
	}
	return all
}

func sourceMetrics(st SourceStatus, due time.Time) []serve.Metric {
	label := []serve.Label{{Name: "source", Value: st.Name}}
	return []serve.Metric{
		{Name: "filmwire_source_polls_total", Help: "Polls of a source.", Counter: true, Labels: label, Value: float64(st.Polls)},
		{Name: "filmwire_source_events_total", Help: "Events a source gave.", Counter: true, Labels: label, Value: float64(st.Events)},
		{Name: "filmwire_source_failures", Help: "Polls of a source that failed in a row.", Labels: label, Value: float64(st.Failures)},
		{Name: "filmwire_source_damaged", Help: "Documents of the last poll that could not be read.", Labels: label, Value: float64(st.Report.Damaged)},
		{Name: "filmwire_source_held", Help: "Reviews missing from a source that were not withdrawn.", Labels: label, Value: float64(st.Report.Held)},
		{Name: "filmwire_source_last_read_seconds", Help: "Unix time of the last poll without an error.", Labels: label, Value: unix(st.LastRead)},
		{Name: "filmwire_source_next_poll_seconds", Help: "Unix time of the next poll.", Labels: label, Value: unix(due)},
	}
}

func sinkMetrics(name string, head, position pipeline.Position, failures int64) []serve.Metric {
	label := []serve.Label{{Name: "sink", Value: name}}
	return []serve.Metric{
		{Name: "filmwire_sink_position", Help: "Every event up to this position is settled.", Labels: label, Value: float64(position)},
		{Name: "filmwire_sink_lag", Help: "Positions a sink is behind the head of the log.", Labels: label, Value: max(float64(head)-float64(position), 0)},
		{Name: "filmwire_sink_failures_total", Help: "Batches of a sink that failed.", Counter: true, Labels: label, Value: float64(failures)},
	}
}

// deliveryMetrics are what only sinks that deliver have.
func deliveryMetrics(name string, st *pipeline.DeliveryStatus) []serve.Metric {
	label := []serve.Label{{Name: "sink", Value: name}}
	paused := serve.Metric{Name: "filmwire_sink_paused", Help: "1 for a sink that waits for somebody to act, with the reason's code.", Labels: label}
	if st.Paused != nil {
		paused.Value, paused.Labels = 1, append(label, serve.Label{Name: "code", Value: st.Paused.Code})
	}
	return []serve.Metric{
		{Name: "filmwire_sink_waiting", Help: "Events that were read and are not settled.", Labels: label, Value: float64(st.Waiting)},
		{Name: "filmwire_sink_quarantined", Help: "Events a sink gave up that nobody has dealt with.", Labels: label, Value: float64(st.Quarantined)},
		paused,
	}
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
