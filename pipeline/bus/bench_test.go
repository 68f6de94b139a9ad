//go:build unix

package bus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
	"github.com/filmwire/filmwire/pipeline/review"
)

// cpu is what the process has used of all cores.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// perEvent reports what one event costs: the time that passes and the work of all
// cores, the embedded server's and the garbage collector's too.
func perEvent(b *testing.B, used time.Duration, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(events), "µs/event")
	b.ReportMetric(float64(used.Nanoseconds())/1e3/float64(events), "cpu-µs/event")
}

func BenchmarkAppend1000(b *testing.B) {
	log := mustOpenBench(b).Log()
	groups := make([][]pipeline.Append, b.N)
	for n := range groups {
		groups[n] = bustest.First(fmt.Sprint(n), pipeline.MaxAppend)
	}
	before := cpu(b)
	b.ResetTimer()
	for _, group := range groups {
		if _, err := log.Append(context.Background(), group); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	perEvent(b, cpu(b)-before, b.N*pipeline.MaxAppend)
}

func BenchmarkAppendOne(b *testing.B) {
	log := mustOpenBench(b).Log()
	group := bustest.First("s", b.N)
	before := cpu(b)
	b.ResetTimer()
	for i := range group {
		if _, err := log.Append(context.Background(), group[i:i+1]); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	perEvent(b, cpu(b)-before, b.N)
}

// BenchmarkEncode is the part of an append that is JSON.
func BenchmarkEncode(b *testing.B) {
	event := bustest.Review("s", 1)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	for b.Loop() {
		body.Reset()
		if err := enc.Encode(event); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	log := mustOpenBench(b).Log()
	const total = 20 * pipeline.MaxAppend
	for n := range 20 {
		if _, err := log.Append(context.Background(), bustest.First(fmt.Sprint(n), pipeline.MaxAppend)); err != nil {
			b.Fatal(err)
		}
	}
	for _, max := range []int{50, 500, 1000} {
		b.Run(fmt.Sprint(max), func(b *testing.B) {
			before := cpu(b)
			for range b.N {
				for after := pipeline.Position(0); after < total; {
					entries, err := log.Read(context.Background(), after, max)
					if err != nil {
						b.Fatal(err)
					}
					after = entries[len(entries)-1].Position
				}
			}
			b.StopTimer()
			perEvent(b, cpu(b)-before, b.N*total)
		})
	}
}

// BenchmarkDecode is the part of a reading that is JSON.
func BenchmarkDecode(b *testing.B) {
	data, err := json.Marshal(bustest.Review("s", 1))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := review.ParseEvent(data); err != nil {
			b.Fatal(err)
		}
	}
}

func mustOpenBench(b *testing.B) *bus.Bus {
	return closeAtEnd(b, mustOpen(b, bus.Options{Dir: b.TempDir()}))
}
