package bus_test

import (
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

// causes are the findings of a level, one line each.
func causes(findings []pipeline.Finding, level pipeline.Level) string {
	var all []string
	for _, f := range findings {
		if f.Level == level {
			all = append(all, f.Cause)
		}
	}
	return strings.Join(all, "\n")
}

func TestDiagnose(t *testing.T) {
	dir := t.TempDir()
	fresh, running := bus.Diagnose(t.Context(), bus.Options{Dir: dir}, time.Now)
	if running || !strings.Contains(causes(fresh, pipeline.LevelOK), "not there yet") {
		t.Errorf("an empty folder: %+v, running %t", fresh, running)
	}
	b, err := bus.Open(t.Context(), bus.Options{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	beside, running := bus.Diagnose(t.Context(), bus.Options{Dir: dir}, time.Now)
	if !running || !strings.Contains(causes(beside, pipeline.LevelOK), "a daemon runs") {
		t.Errorf("beside a daemon: %+v, running %t", beside, running)
	}
	stats, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url := "nats://" + stats.Listen
	server, _ := bus.Diagnose(t.Context(), bus.Options{URL: url}, time.Now)
	said := causes(server, pipeline.LevelOK)
	for _, want := range []string{"is version 2.", "JetStream is on", "the log holds 0 events"} {
		if !strings.Contains(said, want) {
			t.Errorf("a server says\n%s\nwant in it %q", said, want)
		}
	}
	if bad := causes(server, pipeline.LevelFault) + causes(server, pipeline.LevelWarning); bad != "" {
		t.Errorf("a server that is fine: %s", bad)
	}
	late, _ := bus.Diagnose(t.Context(), bus.Options{URL: url, Replicas: 3}, func() time.Time { return time.Now().Add(-time.Hour) })
	if said := causes(late, pipeline.LevelWarning); !strings.Contains(said, "differs from this machine's by 1h0m0s") || !strings.Contains(said, "1 servers instead of 3") {
		t.Errorf("with a clock an hour behind: %q", said)
	}
}

func TestDiagnoseNobody(t *testing.T) {
	got, _ := bus.Diagnose(t.Context(), bus.Options{URL: "nats://me:swordfish@127.0.0.1:1"}, time.Now)
	if len(got) != 1 || got[0].Level != pipeline.LevelFault || !strings.Contains(got[0].Remedy, "server is up") || strings.Contains(got[0].Cause, "swordfish") {
		t.Errorf("nobody there: %+v", got)
	}
}
