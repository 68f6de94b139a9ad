package config_test

import (
	"errors"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// The plug-ins of these tests: as real ones do, each decodes and checks options
// of its own.
type (
	feedSource struct {
		URL      string            `config:"url,required"`
		Timeout  time.Duration     `config:"timeout"`
		Headers  map[string]string `config:"headers"`
		Token    pipeline.Secret   `config:"token"`
		MaxItems int8              `config:"max_items"`
	}
	filesSource struct {
		Path   pipeline.Path   `config:"path,required"`
		Also   []pipeline.Path `config:"also"`
		Since  review.Date     `config:"since"`
		Follow *bool           `config:"follow"`
	}
	limits struct {
		Limit uint    `config:"limit"`
		Share float64 `config:"share"`
	}
	feedSink struct {
		limits
		Formats []string       `config:"formats"`
		Prior   review.Decimal `config:"prior"`
		Look    struct {
			Title string    `config:"title,required"`
			Until time.Time `config:"until"`
		} `config:"look"`
		ignored int
	}
	hookSink struct {
		URL     string            `config:"url,required"`
		Secret  pipeline.Secret   `config:"secret"`
		Secrets []pipeline.Secret `config:"secrets"`
	}
)

// fakes is a catalogue that remembers what its plug-ins decoded.
type fakes struct{ decoded []any }

func (f *fakes) almanac(o pipeline.Options) pipeline.OpenResolver {
	var k struct {
		Key pipeline.Secret `config:"key,required"`
	}
	o.Decode(&k)
	f.decoded = append(f.decoded, k)
	return func(pipeline.ResolverEnv) pipeline.Resolver { return nil }
}

func (f *fakes) feed(o pipeline.Options) pipeline.OpenSource {
	k := feedSource{Timeout: 30 * time.Second, MaxItems: 50}
	o.Decode(&k)
	f.decoded = append(f.decoded, k)
	return func(pipeline.SourceEnv) (pipeline.Source, error) { return nil, nil }
}

func (f *fakes) files(o pipeline.Options) pipeline.OpenSource {
	var k filesSource
	o.Decode(&k)
	if dir, _, _ := strings.Cut(string(k.Path), "*"); k.Path != "" {
		if _, err := os.Stat(dir); err != nil {
			o.Fault("path", "there is no such folder")
		}
	}
	f.decoded = append(f.decoded, k)
	return func(pipeline.SourceEnv) (pipeline.Source, error) { return nil, nil }
}

func (f *fakes) view(o pipeline.Options) pipeline.OpenView {
	k := feedSink{limits: limits{Limit: 50}, Formats: []string{"rss"}}
	o.Decode(&k)
	for i, format := range k.Formats {
		if format == "pdf" {
			o.Fault([]string{"formats.0", "formats.1", "formats.2"}[i], "pdf is no feed format;\nthere are rss, atom, json")
		}
	}
	if k.ignored != 0 {
		o.Fault("", "a field without a tag was set")
	}
	f.decoded = append(f.decoded, k)
	return func(pipeline.ViewEnv) (pipeline.View, error) { return nil, nil }
}

func (f *fakes) hook(o pipeline.Options) pipeline.OpenDelivery {
	var k hookSink
	o.Decode(&k)
	f.decoded = append(f.decoded, k)
	return func(pipeline.DeliveryEnv) (pipeline.Delivery, error) { return nil, nil }
}

func (f *fakes) pages(o pipeline.Options) pipeline.OpenView {
	o.Decode(&struct{}{})
	return func(pipeline.ViewEnv) (pipeline.View, error) { return nil, nil }
}

func (f *fakes) catalogue() config.Catalogue {
	return config.Catalogue{
		Sources:   []pipeline.SourceType{{Name: "feed", Configure: f.feed}, {Name: "files", Configure: f.files}},
		Resolvers: []pipeline.ResolverType{{Name: "almanac", Configure: f.almanac}},
		Sinks: []pipeline.SinkType{
			{Name: "feed", View: f.view}, {Name: "webhook", Delivery: f.hook}, {Name: "pages", Single: true, View: f.pages},
		},
		Presets: fstest.MapFS{
			"hook.yaml": {Data: []byte("preset: 1\ndoc: Calls an address.\nparameters:\n  address: {doc: where, required: true}\n  secret: {doc: what it is signed with, secret: true}\n" +
				"sink:\n  type: webhook\n  events: [published]\n  url: {param: address}\n  secret: {param: secret}\n")},
			"broken.yaml":   {Data: []byte("preset: 2\ndoc: [a\n")},
			"misspelt.yaml": {Data: []byte("preset: 1\ndoc: It is wrong.\nparameters: {a: {doc: b}}\nsink:\n  type: webhook\n  urll: {param: a}\n  url: {param: b}\n  secrets: [{a: b}]\n")},
			"slack.yaml":    {Data: []byte("preset: 1\ndoc: As its name says.\nsink: {type: webhook, url: x}\n")},
		},
		CheckSchedule: func(spec string) error {
			if !strings.HasPrefix(spec, "@every ") && len(strings.Fields(spec)) != 5 {
				return errors.New("want five fields")
			}
			return nil
		},
		Getenv: func(name string) (string, bool) {
			value, ok := map[string]string{"HOOK_SECRET": "from-the-environment", "EMPTY": ""}[name]
			return value, ok
		},
	}
}
