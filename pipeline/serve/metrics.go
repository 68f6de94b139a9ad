package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
)

// Metric is one number of the daemon at the time of a scrape.
type Metric struct {
	// Name is that of Prometheus: filmwire_events_total. All metrics of one name
	// have the same Help, Counter and label names.
	Name, Help string
	Counter    bool // it only rises; else it is a gauge
	Labels     []Label
	Value      float64
}

// Label is one dimension of a metric.
type Label struct{ Name, Value string }

// scrape keeps the server's own numbers.
type scrape struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
}

func newScrape(version string) scrape {
	s := scrape{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "filmwire_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "code"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "filmwire_build_info", Help: "The program's version; the value is always 1.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	s.registry.MustRegister(s.requests, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// tally counts the answers of one route. Those that are given all day are at hand.
type tally struct {
	of              *prometheus.CounterVec
	ok, notModified prometheus.Counter
}

func (s *scrape) tally(route string) *tally {
	of := s.requests.MustCurryWith(prometheus.Labels{"route": route})
	return &tally{of: of, ok: of.WithLabelValues("200"), notModified: of.WithLabelValues("304")}
}

func (t *tally) count(status int) {
	switch status {
	case http.StatusOK:
		t.ok.Inc()
	case http.StatusNotModified:
		t.notModified.Inc()
	default:
		t.of.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}

func (s *Server) metrics(ctx context.Context, c *fasthttp.RequestCtx) int {
	gatherers := prometheus.Gatherers{s.scrape.registry}
	if s.options.Metrics != nil {
		own := prometheus.NewRegistry()
		own.MustRegister(numbers{ctx: ctx, of: s.options.Metrics})
		gatherers = append(gatherers, own)
	}
	return through(promhttp.HandlerFor(gatherers, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(s.options.Log.Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError,
	}))(ctx, c)
}

// numbers is a collector of what the daemon hands in.
type numbers struct {
	ctx context.Context
	of  func(context.Context) []Metric
}

// Describe says nothing: which numbers there are is known when they are asked for.
func (numbers) Describe(chan<- *prometheus.Desc) {}

func (n numbers) Collect(out chan<- prometheus.Metric) {
	for _, m := range n.of(n.ctx) {
		var names, values []string
		for _, l := range m.Labels {
			names, values = append(names, l.Name), append(values, l.Value)
		}
		kind := prometheus.GaugeValue
		if m.Counter {
			kind = prometheus.CounterValue
		}
		desc := prometheus.NewDesc(m.Name, m.Help, names, nil)
		metric, err := prometheus.NewConstMetric(desc, kind, m.Value, values...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(desc, fmt.Errorf("metric %s: %w", m.Name, err))
		}
		out <- metric
	}
}
