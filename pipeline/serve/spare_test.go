package serve_test

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/filmwire/filmwire/pipeline/serve"
)

// TestSpareKeepsTheCollectorAway makes the garbage of some thousand requests, which
// a heap without spare memory is collected for again and again.
func TestSpareKeepsTheCollectorAway(t *testing.T) {
	collected := func() uint32 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range 40_000 {
			garbage = make([]byte, 2500)
		}
		runtime.ReadMemStats(&after)
		return after.NumGC - before.NumGC
	}
	without := collected()
	if without < 10 {
		t.Skipf("SKIPPED: the heap is not small now, or the collector is set to come late: it came %d times", without)
	}
	spare := serve.Spare()
	with := collected()
	runtime.KeepAlive(spare)
	if 2*with > without {
		t.Errorf("the collector came %d times with spare memory, %d without", with, without)
	}
}

var garbage []byte // or it would never reach the heap

func TestSpareLeavesAMemoryLimitAlone(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	if serve.Spare() != nil {
		t.Error("spare memory is taken under a limit, where it counts")
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if serve.Spare() == nil {
		t.Error("there is no spare memory without a limit")
	}
}
