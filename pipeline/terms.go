package pipeline

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Terms are how events are handed to a delivery, as the config has it.
type Terms struct {
	Events      []review.EventKind `config:"events" default:"all" doc:"Which kinds of event the sink gets. The others are passed over."`
	Batch       int                `config:"batch" min:"1" max:"1000" doc:"The most events handed over in one call."`
	Concurrency int                `config:"concurrency" min:"1" max:"64" doc:"How many calls may be under way at once. Events of one review stay in order."`
	Retry       RetryPolicy        `config:"retry" doc:"How an event is tried again that did not get through."`
}

// RetryPolicy is how an event is tried again that did not get through.
type RetryPolicy struct {
	Attempts int           `config:"attempts" min:"0" max:"1000000" doc:"After so many tries the event goes to the quarantine; 0 is never."`
	Min      time.Duration `config:"min" min:"1ms" max:"24h" doc:"The wait before the second try; it doubles with each try after."`
	Max      time.Duration `config:"max" min:"1ms" max:"24h" doc:"The longest wait between two tries, unless the receiver asks for a longer one."`
}

// DefaultTerms are those of a sink whose config says nothing.
func DefaultTerms() Terms {
	return Terms{Batch: 100, Concurrency: 1, Retry: RetryPolicy{Min: time.Second, Max: 5 * time.Minute}}
}

// orDefault fills in what was left at zero.
func (t Terms) orDefault() Terms {
	d := DefaultTerms()
	if t.Batch == 0 {
		t.Batch = d.Batch
	}
	if t.Concurrency == 0 {
		t.Concurrency = d.Concurrency
	}
	if t.Retry.Min == 0 {
		t.Retry.Min = d.Retry.Min
	}
	if t.Retry.Max == 0 {
		t.Retry.Max = max(d.Retry.Max, t.Retry.Min)
	}
	return t
}

// Check notes what the tags of the fields cannot say, by key.
func (t *Terms) Check(fault func(key, text string)) {
	if t.Retry.Max < t.Retry.Min {
		fault("retry.max", "is below retry.min")
	}
}

// takes reports whether the sink wants events of a kind.
func (t *Terms) takes(kind review.EventKind) bool {
	return len(t.Events) == 0 || slices.Contains(t.Events, kind)
}

// wait is how long to wait after the nth try of an event: doubling from Min to
// Max, with up to a fifth more that follows from the event's id, so that many that
// failed together do not come back together.
func (r RetryPolicy) wait(event string, attempt int) time.Duration {
	d := r.Min
	for i := 1; i < attempt && d < r.Max; i++ {
		d *= 2
	}
	d = min(d, r.Max)
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", event, attempt)
	return d + time.Duration(float64(d)/5*(float64(h.Sum32())/(1<<32)))
}
