package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "filmwire.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nsite: {url: https://example.org}\ndata: ../elsewhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, new(fakes).catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(dir), "elsewhere"); cfg.Data != want || cfg.Path != path {
		t.Errorf("data is %s, path is %s: want %s, %s", cfg.Data, cfg.Path, want, path)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("loading wrote something: %v, %v", entries, err)
	}
}

func TestLoadNoFile(t *testing.T) {
	_, err := config.Load(filepath.Join("no", "such.yaml"), config.Catalogue{})
	var faults *config.Faults
	if !errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Code != config.MissingFile {
		t.Fatalf("got %v", err)
	}
	want := "no/such.yaml: config file: no such file or directory (config.missing_file)\n" +
		"   name yours with -c, or begin one with `filmwire init`\n1 fault"
	if filepath.ToSlash(err.Error()) != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestEnvironmentIsTheDefault(t *testing.T) {
	t.Setenv("FILMWIRE_TEST_SECRET", "open sesame")
	c := new(fakes).catalogue()
	c.Getenv = nil
	cfg, err := config.Parse("filmwire.yaml", []byte("version: 1\nsite: {url: http://x}\nnats: {token: {env: FILMWIRE_TEST_SECRET}}\n"), c)
	if err != nil || cfg.NATS.Token.Reveal() != "open sesame" {
		t.Errorf("got %v, %v", cfg, err)
	}
}

func TestSecretsArrive(t *testing.T) {
	f := new(fakes)
	_, err := config.Parse("filmwire.yaml", []byte(`version: 1
site: {url: http://x}
sinks:
  - {name: a, type: webhook, url: x, secret: {file: testdata/secret.txt}, secrets: [plain, 12, {env: HOOK_SECRET}]}
`), f.catalogue())
	if err != nil {
		t.Fatal(err)
	}
	got := f.decoded[0].(hookSink)
	all := got.Secret.Reveal()
	for _, s := range got.Secrets {
		all += "," + s.Reveal()
	}
	if want := "from-a-file,plain,12,from-the-environment"; all != want {
		t.Errorf("got %s, want %s", all, want)
	}
}

// fingerprints reads a config whose source and sink differ in one line.
func fingerprints(t *testing.T, source, sink, site string) (string, string) {
	t.Helper()
	cfg, err := config.Parse("filmwire.yaml", fmt.Appendf(nil, `version: 1
site: {url: http://x%s}
sources:
  - {name: a, type: feed, url: x%s}
sinks:
  - {name: b, type: feed%s}
`, site, source, sink), new(fakes).catalogue())
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Sources[0].Fingerprint, cfg.Sinks[0].Fingerprint
}

func TestFingerprints(t *testing.T) {
	source, sink := fingerprints(t, "", "", "")
	for _, tc := range []struct {
		name               string
		source, sink, site string
		newSource, newSink bool
	}{
		{"the same", "", "", "", false, false},
		{"when a source is read", ", schedule: '@every 1h', timeout: 3s, withdraw: never", "", "", false, false},
		{"critic", ", critic: Jane", "", "", true, false},
		{"scale", ", rating: {best: 5}", "", "", true, false},
		{"tags", ", tags: [a]", "", "", true, false},
		{"options of a sink", "", ", limit: 7", "", false, true},
		{"filter", "", ", where: {languages: [en]}", "", false, true},
		{"site", "", "", ", title: T", false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := fingerprints(t, tc.source, tc.sink, tc.site)
			if (a != source) != tc.newSource || (b != sink) != tc.newSink {
				t.Errorf("source changed: %v, sink changed: %v", a != source, b != sink)
			}
		})
	}
	_, ab := fingerprints(t, "", ", limit: 7, formats: [a, b]", "")
	_, ba := fingerprints(t, "", ", formats: ['a', b], limit: 7", "")
	if ab != ba {
		t.Error("the order of keys and the quotes count")
	}
	_, other := fingerprints(t, "", ", limit: 7, formats: [b, a]", "")
	if ab == other {
		t.Error("the order of a list does not count")
	}
}

func TestSecretsAreNotInFingerprints(t *testing.T) {
	read := func(secret string) string {
		cfg, err := config.Parse("filmwire.yaml", []byte("version: 1\nsite: {url: http://x}\nsinks: [{name: a, type: webhook, url: x, secret: "+secret+"}]\n"), new(fakes).catalogue())
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Sinks[0].Fingerprint
	}
	if read("one") != read("two") {
		t.Error("a secret can be tried out against the fingerprint")
	}
}

func TestStringOptions(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	o := config.StringOptions(map[string]string{"path": "testdata/reviews/*.md", "follow": "true", "since": "2024-02-29", "also": "null"}, config.Catalogue{})
	var k filesSource
	o.Decode(&k)
	if err := o.Err(); err != nil {
		t.Fatal(err)
	}
	if string(k.Path) != filepath.Join(wd, "testdata/reviews/*.md") || !*k.Follow || k.Since.Year != 2024 || filepath.Base(string(k.Also[0])) != "null" {
		t.Errorf("got %+v", k)
	}
}

func TestStringOptionsFaults(t *testing.T) {
	o := config.StringOptions(map[string]string{"pathh": "x", "follow": "maybe", "also": "no/such"}, config.Catalogue{})
	var k filesSource
	o.Decode(&k)
	o.Fault("also.0", "not there")
	o.Fault("", "all in all not good")
	want := []string{
		"all in all not good (config.bad_value)",
		"follow: want true or false, found the text \"maybe\" (config.wrong_type)",
		"also.0: not there (config.missing_file)",
		"path is missing (config.missing_key)\n   add the key \"path\"",
		"unknown key \"pathh\" (config.unknown_key)\n   did you mean \"path\"?",
		"5 faults",
	}
	got := o.Err().Error()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("got\n%s\nwant in it\n%s", got, w)
		}
	}
}

// What the struct holds before stays where the file says nothing, at any depth.
func TestDefaultsStay(t *testing.T) {
	type look struct {
		Title string `config:"title"`
		Size  int    `config:"size"`
	}
	got := struct {
		Look    look           `config:"look"`
		Pointer *look          `config:"pointer"`
		None    *look          `config:"none"`
		List    []int          `config:"list"`
		Map     map[string]int `config:"map"`
	}{look{"a", 1}, &look{"b", 2}, nil, []int{1, 2}, map[string]int{"x": 1}}
	_, err := config.Parse("f.yaml", []byte(`version: 1
site: {url: http://x}
sources: [{name: a, type: t, look: {title: A}, pointer: {size: 3}, list: 9, map: {y: 2}}]
`), config.Catalogue{Sources: []pipeline.SourceType{{Name: "t", Configure: func(o pipeline.Options) pipeline.OpenSource {
		o.Decode(&got)
		return nil
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got.Look, *got.Pointer, got.None, got.List, got.Map); text != "{A 1} {b 3} <nil> [9] map[y:2]" {
		t.Errorf("got %s", text)
	}
}

func TestProgrammingErrorsPanic(t *testing.T) {
	for name, into := range map[string]any{
		"no pointer": filesSource{},
		"no struct":  new(int),
		"a channel": &struct {
			C chan int `config:"path"`
		}{},
		"a map of numbers": &struct {
			M map[int]int `config:"path"`
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "config: ") {
					t.Errorf("got %v: want a panic of ours", p)
				}
			}()
			config.StringOptions(map[string]string{"path": "x"}, config.Catalogue{}).Decode(into)
		})
	}
}

// check holds for any bytes: a config, or faults that have places in the file.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, data []byte) {
	t.Helper()
	cfg, err := config.Parse("f.yaml", data, new(fakes).catalogue())
	if (cfg == nil) == (err == nil) {
		t.Fatalf("%q: got %v and %v", data, cfg, err)
	}
	if err == nil {
		return
	}
	var faults *config.Faults
	if !errors.As(err, &faults) || len(faults.List) == 0 {
		t.Fatalf("%q: got %T without faults", data, err)
	}
	lines := yaml.Lines(data)
	text := err.Error()
	before := config.Fault{}
	for _, f := range faults.List {
		if f.File != "f.yaml" {
			continue // a preset's, which has a file of its own
		}
		switch {
		case f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > utf8.RuneCountInString(lines[f.Line-1])+1:
			t.Fatalf("%q: %d:%d is outside the file: %s", data, f.Line, f.Column, f.Text)
		case f.Text == "" || !strings.HasPrefix(f.Code, "config."):
			t.Fatalf("%q: a fault says nothing: %+v", data, f)
		case f.Line < before.Line || f.Line == before.Line && f.Column < before.Column:
			t.Fatalf("%q: faults are not in order", data)
		case !strings.Contains(text, f.String()+"\n"):
			t.Fatalf("%q: a fault is not printed", data)
		}
		before = f
	}
}

// sound is the config of testdata/good/design, which holds nearly every key.
func sound(t interface{ Fatal(...any) }) string {
	data, err := os.ReadFile("testdata/good/design.txt")
	if err != nil {
		t.Fatal(err)
	}
	in, _, _ := strings.Cut(string(data), cut)
	return in
}

// Whatever happens to a good config, it is a config still or says where it is not.
func TestMutations(t *testing.T) {
	good := sound(t)
	rapid.Check(t, func(t *rapid.T) {
		data := []rune(good)
		for range rapid.IntRange(1, 4).Draw(t, "mutations") {
			at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
			to := min(len(data), at+rapid.IntRange(0, 12).Draw(t, "cut"))
			put := rapid.StringOf(rapid.RuneFrom([]rune("ab1 :-{}[],\n\t\"'&*!|>#é\r\u2028"))).Draw(t, "put")
			data = append(data[:at:at], append([]rune(put), data[to:]...)...)
			if len(data) == 0 {
				break
			}
		}
		check(t, []byte(string(data)))
	})
}

// Whatever else is wrong, a secret that stands in the file is not printed.
func TestSecretsNeverShow(t *testing.T) {
	lines := strings.Split(`version: 1
site: {url: http://x}
nats: {url: "nats://me:swordfish@x", token: swordfish, replicas: 3}
sources:
  - {name: a, type: feed, url: x, token: swordfish, max_items: 3}
sinks:
  - {name: a, type: webhook, url: x, secret: "swordfish", secrets: [swordfish, 'swordfish']}
  - name: b
    type: webhook
    url: x
    secret: |
      swordfish
      swordfish
    secrets:
      - swordfish
      - >-
        swordfish
    backfill: all`, "\n")
	rapid.Check(t, func(t *rapid.T) {
		broken := append([]string(nil), lines...)
		for range rapid.IntRange(1, 5).Draw(t, "breaks") {
			i := rapid.IntRange(0, len(broken)-1).Draw(t, "line")
			was := rapid.SampledFrom([]string{"1", "3", "http", "feed", "webhook", "all", "url", "name", "max_items", "replicas", "backfill", "sinks", "nats:"}).Draw(t, "was")
			is := rapid.SampledFrom([]string{"x", "[]", "{}", "-1", "~", "urll", ": :", "\"", "]", "é"}).Draw(t, "is")
			broken[i] = strings.Replace(broken[i], was, is, 1)
		}
		_, err := config.Parse("f.yaml", []byte(strings.Join(broken, "\n")), new(fakes).catalogue())
		if err != nil && strings.Contains(err.Error(), "swordfish") {
			t.Fatalf("a secret shows:\n%s\nin\n%s", err, strings.Join(broken, "\n"))
		}
	})
}

// What breaks a URL, or the line around it, does not bring its password to light.
func TestPasswordsOfBrokenURLsNeverShow(t *testing.T) {
	for name, url := range map[string]string{
		"scheme without a colon": `"x//me:swordfish@x"`,
		"no scheme":              `"//me:swordfish@x"`,
		"no slashes":             `me:swordfish@x`,
		"no slashes, quoted":     `'me:swordfish@x'`,
		"no user":                `x//:swordfish@x`,
		"no end of the quote":    `"x//me:swordfish@x`,
		"whole":                  `nats://me:swordfish@x`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, line := range []string{
				"nats: {url: " + url + ", : :, replicas: 3}",
				"nats: {url: " + url + ", replicas: 3",
				"nats: {url=" + url + "]}",
				"nats: {urll: " + url + "}",
				"sinks: [{name: a, type: webhook, url: " + url + ", urll: x}]",
			} {
				_, err := config.Parse("f.yaml", []byte("version: 1\nsite: {url: http://x}\n"+line+"\n"), new(fakes).catalogue())
				if err == nil {
					t.Errorf("no fault in %s", line)
				} else if strings.Contains(err.Error(), "swordfish") {
					t.Errorf("a secret shows:\n%s", err)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound(f)))
	bad, _ := filepath.Glob("testdata/bad/*.txt")
	for _, file := range bad {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		in, _, _ := strings.Cut(string(data), cut)
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}

func TestBackfillByKindOfSink(t *testing.T) {
	cfg, err := config.Parse("f.yaml", []byte("version: 1\nsite: {url: http://x}\nsinks: [{name: a, type: feed}, {name: b, type: webhook, url: x}]\n"), new(fakes).catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := cfg.Sinks[0].Backfill, cfg.Sinks[1].Backfill; a.Mode != pipeline.BackfillAll || b.Mode != pipeline.BackfillNone {
		t.Errorf("got %v and %v", a, b)
	}
}

// Without a type called pages no index page is asked for.
func TestNoIndexPageWithoutItsType(t *testing.T) {
	c := new(fakes).catalogue()
	c.Sinks = []pipeline.SinkType{c.Sinks[0]}
	cfg, err := config.Parse("f.yaml", []byte("version: 1\nsite: {url: http://x}\n"), c)
	if err != nil || len(cfg.Sinks) != 0 {
		t.Errorf("got %v, %v", cfg, err)
	}
}
