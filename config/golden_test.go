package config_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/config"
)

var update = flag.Bool("update", false, "write what is printed into the golden files")

// The golden files have two parts: a config above the cut, what comes of it below.
const cut = "\n=====\n"

func golden(t *testing.T, pattern string, run func(t *testing.T, in string) string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in, want, _ := strings.Cut(string(data), cut)
			got := run(t, in+"\n") + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(in+cut+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBad(t *testing.T) {
	golden(t, "testdata/bad/*.txt", func(t *testing.T, in string) string {
		cfg, err := config.Parse("filmwire.yaml", []byte(in), new(fakes).catalogue())
		var faults *config.Faults
		if cfg != nil || !errors.As(err, &faults) {
			t.Fatalf("got %v, %v: want faults", cfg, err)
		}
		if strings.Contains(err.Error(), "swordf") || strings.Contains(err.Error(), "sword''f") {
			t.Error("a secret shows")
		}
		return err.Error()
	})
}

func TestGood(t *testing.T) {
	golden(t, "testdata/good/*.txt", func(t *testing.T, in string) string {
		f := new(fakes)
		cfg, err := config.Parse("filmwire.yaml", []byte(in), f.catalogue())
		if err != nil {
			t.Fatal(err)
		}
		return show(t, cfg, f.decoded)
	})
}

// show prints a config, its folder written as DIR. Secrets come as JSON shows
// them.
func show(t *testing.T, cfg *config.Config, decoded []any) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	line := func(what string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, data)
	}
	line("site", cfg.Site)
	line("data", cfg.Data)
	line("listen", cfg.Listen)
	line("nats", cfg.NATS)
	for _, s := range cfg.Sources {
		if s.Open == nil || s.Fingerprint == "" {
			t.Errorf("source %s cannot be opened, or has no fingerprint", s.Name)
		}
		line("source "+s.Name, []any{s.Type, s.Schedule, s.Withdraw, s.AllowPrivate, s.Defaults})
	}
	for _, s := range cfg.Sinks {
		if (s.OpenView == nil) == (s.OpenDelivery == nil) || s.Fingerprint == "" {
			t.Errorf("sink %s is neither view nor delivery, or has no fingerprint", s.Name)
		}
		line("sink "+s.Name, []any{s.Type, s.OpenView != nil, s.AllowPrivate, s.Backfill, s.Where})
		if s.OpenDelivery != nil {
			line("terms "+s.Name, s.Terms)
		}
		if s.Pause {
			line("pause", s.Name)
		}
	}
	for _, d := range decoded {
		line("options", d)
	}
	return strings.TrimSpace(strings.ReplaceAll(b.String(), dir, "DIR"))
}
