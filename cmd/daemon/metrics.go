package daemon

import (
	"context"
	"time"

	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// metrics reads the numbers when they are asked for: nothing is counted twice.
func (d *Daemon) metrics(planner *schedule.Planner) func(context.Context) []serve.Metric {
	return func(ctx context.Context) []serve.Metric {
		var all []serve.Metric
		for _, s := range d.sources {
			all = append(all, sourceMetrics(s.Status(), planner)...)
		}
		head, err := d.log.Head(ctx)
		if err != nil {
			return all
		}
		all = append(all, serve.Metric{Name: "filmwire_log_head", Help: "Position of the newest event on the log.", Value: float64(head)})
		for _, v := range d.viewings {
			all = append(all, sinkMetrics(v.Name(), float64(head)-float64(v.Position()), v.Failures(), 0)...)
		}
		for _, s := range d.deliveries {
			all = append(all, sinkMetrics(s.Name(), float64(head)-float64(s.Position()), s.Failures(), s.Quarantined())...)
		}
		return all
	}
}

func sourceMetrics(st SourceStatus, planner *schedule.Planner) []serve.Metric {
	label := []serve.Label{{Name: "source", Value: st.Name}}
	return []serve.Metric{
		{Name: "filmwire_source_polls_total", Help: "Polls of a source.", Counter: true, Labels: label, Value: float64(st.Polls)},
		{Name: "filmwire_source_events_total", Help: "Events a source gave.", Counter: true, Labels: label, Value: float64(st.Events)},
		{Name: "filmwire_source_failures", Help: "Polls of a source that failed in a row.", Labels: label, Value: float64(st.Failures)},
		{Name: "filmwire_source_damaged", Help: "Documents of the last poll that could not be read.", Labels: label, Value: float64(st.Report.Damaged)},
		{Name: "filmwire_source_held", Help: "Reviews missing from a source that were not withdrawn.", Labels: label, Value: float64(st.Report.Held)},
		{Name: "filmwire_source_last_read_seconds", Help: "Unix time of the last poll without an error.", Labels: label, Value: unix(st.LastRead)},
		{Name: "filmwire_source_next_poll_seconds", Help: "Unix time of the next poll.", Labels: label, Value: unix(planner.Due(st.Name))},
	}
}

func sinkMetrics(name string, lag float64, failures, quarantined int64) []serve.Metric {
	label := []serve.Label{{Name: "sink", Value: name}}
	return []serve.Metric{
		{Name: "filmwire_sink_lag", Help: "Positions a sink is behind the head of the log.", Labels: label, Value: max(lag, 0)},
		{Name: "filmwire_sink_failures_total", Help: "Batches of a sink that failed.", Counter: true, Labels: label, Value: float64(failures)},
		{Name: "filmwire_sink_quarantined_total", Help: "Events a sink gave up.", Counter: true, Labels: label, Value: float64(quarantined)},
	}
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
