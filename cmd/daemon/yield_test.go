package daemon

import (
	"testing"

	"github.com/filmwire/filmwire/pipeline"
)

func TestFalling(t *testing.T) {
	full := pipeline.Report{Read: 20, PassedBy: 2, Fresh: 20, Rated: 15}
	weekly := func(rated int) pipeline.Report { return pipeline.Report{Read: 20, PassedBy: 2, Fresh: 1, Rated: rated} }
	tests := []struct {
		name string
		then pipeline.Report
		n    int
		want int
	}{
		{"as always", weekly(1), 12, 0},
		{"no ratings any more", weekly(0), 12, 1},
		{"some without a rating", weekly(0), 5, 0},
		{"no reviews any more", pipeline.Report{Read: 20, PassedBy: 20}, 1, 1},
		{"all damaged", pipeline.Report{Read: 20, Damaged: 20}, 1, 1},
		{"nothing read", pipeline.Report{Unchanged: true}, 50, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var y Yield
			for range 3 {
				y.add(&full)
			}
			for range 40 {
				r := weekly(1)
				y.add(&r)
			}
			for range tt.n {
				y.add(&tt.then)
			}
			if len(y) > keptReadings {
				t.Errorf("%d readings are kept", len(y))
			}
			if got := y.falling(); len(got) != tt.want {
				t.Errorf("%q", got)
			}
		})
	}
}
