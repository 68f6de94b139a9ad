package config_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
)

// sealing is a catalogue with one kind of sink that has a secret and a path.
func sealing(env map[string]string) config.Catalogue {
	return config.Catalogue{
		Getenv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		Sinks: []pipeline.SinkType{{Name: "hook", Delivery: func(o pipeline.Options) pipeline.OpenDelivery {
			var s struct {
				Secret pipeline.Secret `config:"secret"`
				Path   pipeline.Path   `config:"path"`
				N      int             `config:"n"`
			}
			o.Decode(&s)
			return func(pipeline.DeliveryEnv) (pipeline.Delivery, error) { return nil, nil }
		}}},
	}
}

func parseSealing(t *testing.T, path, text string, env map[string]string) *config.Config {
	t.Helper()
	cfg, err := config.Parse(path, []byte("version: 1\nsite: {url: \"https://example.org\"}\n"+text), sealing(env))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestSettingsTellsWhatChanged(t *testing.T) {
	const hook = "sinks:\n  - {name: a, type: hook, n: 1, secret: {env: S}}\n"
	base := parseSealing(t, "x.yaml", hook, map[string]string{"S": "one"}).Sinks[0]
	salt := []byte("salt")
	for _, c := range []struct {
		name, text, secret string
		salted, plain      bool // whether it is the same
	}{
		{"nothing", hook, "one", true, true},
		{"the way of writing", "sinks:\n  - name: a\n    secret:\n      env: S\n    n: 1 # one\n    type: hook\n", "one", true, true},
		{"the name", strings.Replace(hook, "name: a", "name: b", 1), "one", true, true},
		{"a value", strings.Replace(hook, "n: 1", "n: 2", 1), "one", false, false},
		{"a common key", strings.Replace(hook, "n: 1", "n: 1, pause: true", 1), "one", false, false},
		{"what the variable holds", hook, "two", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parseSealing(t, "x.yaml", c.text, map[string]string{"S": c.secret}).Sinks[0]
			if same := got.Settings(salt) == base.Settings(salt); same != c.salted {
				t.Errorf("with a salt the same: %v", same)
			}
			if same := got.Settings(nil) == base.Settings(nil); same != c.plain {
				t.Errorf("without one the same: %v", same)
			}
		})
	}
	if base.Settings([]byte("another")) == base.Settings(salt) {
		t.Error("the salt does not matter")
	}
	if told := parseSealing(t, "x.yaml", hook, map[string]string{"S": "swordfish"}); strings.Contains(fmt.Sprintf("%+v %#v", *told, told.Sinks), "swordfish") {
		t.Error("printing a sink shows its secret")
	}
}

func TestSettingsCountsPathsAsWhatTheyAre(t *testing.T) {
	const hook = "sinks:\n  - {name: a, type: hook, path: ./x}\n"
	here := parseSealing(t, "/somewhere/x.yaml", hook, nil).Sinks[0]
	there := parseSealing(t, "/elsewhere/x.yaml", hook, nil).Sinks[0]
	plain := parseSealing(t, "/elsewhere/x.yaml", strings.Replace(hook, ", path: ./x", "", 1), nil).Sinks[0]
	moved := parseSealing(t, "/somewhere/x.yaml", strings.Replace(hook, ", path: ./x", "", 1), nil).Sinks[0]
	if here.Settings(nil) == there.Settings(nil) || plain.Settings(nil) != moved.Settings(nil) {
		t.Error("a relative path is what it is from the config's folder, and nothing else hangs on that")
	}
}

func TestFixedNamesWhatTakesARestart(t *testing.T) {
	salt := []byte("salt")
	base := parseSealing(t, "x.yaml", "nats: {url: \"nats://a\", token: {env: T}}\n", map[string]string{"T": "one"}).Fixed(salt)
	for _, c := range []struct {
		name, text, token string
		want              []string
	}{
		{"nothing", "nats: {url: \"nats://a\", token: {env: T}, embedded: false, replicas: 1}\nlisten: 127.0.0.1:8080\n", "one", nil},
		{"what can be taken on", "nats: {url: \"nats://a\", token: {env: T}}\ntimezone: UTC\nsinks: [{name: a, type: hook}]\n", "one", nil},
		{"a secret", "nats: {url: \"nats://a\", token: {env: T}}\n", "two", []string{"nats.token"}},
		{"several", "nats: {url: \"nats://b\", token: {env: T}}\ndata: other\nlisten: 127.0.0.1:0\n", "one", []string{"data", "listen", "nats.url"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parseSealing(t, "x.yaml", c.text, map[string]string{"T": c.token}).Fixed(salt)
			var changed []string
			for _, key := range slices.Sorted(maps.Keys(got)) {
				if got[key] != base[key] {
					changed = append(changed, key)
				}
			}
			if diff := cmp.Diff(c.want, changed); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLocateNeedsNoMoreThanThePlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "filmwire.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("version: 1\nsite: nonsense\ndata: ./d\nsinks:\n  - {name: a, type: hook, secret: {env: NOT_HERE}}\n")
	cfg, err := config.Locate(path, sealing(nil))
	if err != nil || cfg.Data != filepath.Join(filepath.Dir(path), "d") || !cfg.NATS.Embedded {
		t.Errorf("%+v, %v", cfg, err)
	}
	write("data: [a, b]\nnats: {url: x}\n")
	if _, err := config.Locate(path, sealing(nil)); err == nil || !strings.Contains(err.Error(), "2 faults") {
		t.Errorf("%v, want what is wrong with data and nats", err)
	}
}

func TestTimezone(t *testing.T) {
	for name, want := range map[string]string{"Europe/Berlin": "", "UTC": "", "Local": "no time zone", "\"\"": "is not the name of a time zone", "Berlin": "no time zone \"Berlin\""} {
		cfg, err := config.Parse("x.yaml", []byte("version: 1\nsite: {url: \"https://example.org\"}\ntimezone: "+name+"\n"), config.Catalogue{})
		switch {
		case want == "" && (err != nil || cfg.Zone.String() != name):
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ":3:11:")):
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
