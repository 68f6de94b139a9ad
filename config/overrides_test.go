package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

const withOverrides = "version: 1\nsite: {url: https://example.org}\nfilms: {overrides: testdata/%s}\n"

func TestOverrides(t *testing.T) {
	cfg, err := config.Parse("filmwire.yaml", fmt.Appendf(nil, withOverrides, "films.yaml"), new(fakes).catalogue())
	if err != nil {
		t.Fatal(err)
	}
	want := []pipeline.Override{
		{Same: []pipeline.FilmRef{{Title: "Amélie", Year: 2001}, {IDs: review.FilmIDs{IMDb: "tt0211915"}}}},
		{Different: []pipeline.FilmRef{{Film: "crash-2004"}, {Title: "Crash", Year: 2005}}},
		{Alias: "Le Fabuleux Destin", Year: 2001, Film: pipeline.FilmRef{Film: "amelie-2001"}},
		{Review: "https://example.org/reviews/12", Film: pipeline.FilmRef{Title: "The Thing"}},
	}
	if diff := cmp.Diff(want, cfg.Films.Overrides); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := config.ReadOverrides(cfg.Films.OverridesPath)
	if diff := cmp.Diff(want, again); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestOverridesFaults: every fault in one run, each with the place in its own file,
// beside those of the config.
func TestOverridesFaults(t *testing.T) {
	_, err := config.Parse("filmwire.yaml", fmt.Appendf(nil, withOverrides+"lisen: x\n", "bad-films.yaml"), new(fakes).catalogue())
	var faults *config.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults.List {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", f.File, f.Line, f.Column, f.Code))
	}
	want := []string{
		"filmwire.yaml:4:1 config.unknown_key",
		"testdata/bad-films.yaml:1:9 config.bad_value",
		"testdata/bad-films.yaml:2:3 config.bad_value",
		"testdata/bad-films.yaml:2:3 config.unknown_key",
		"testdata/bad-films.yaml:4:9 config.bad_value",
		"testdata/bad-films.yaml:5:3 config.missing_key",
		"testdata/bad-films.yaml:6:3 config.bad_value",
		"testdata/bad-films.yaml:6:27 config.unknown_key",
		"testdata/bad-films.yaml:8:9 config.bad_value",
		"testdata/bad-films.yaml:9:20 config.bad_value",
		"testdata/bad-films.yaml:9:31 config.unknown_key",
		"testdata/bad-films.yaml:10:3 config.wrong_type",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, err)
	}
	if !strings.Contains(err.Error(), "did you mean \"same\"?") {
		t.Errorf("no nearest key in\n%v", err)
	}
	_, err = config.Parse("filmwire.yaml", fmt.Appendf(nil, withOverrides, "none.yaml"), new(fakes).catalogue())
	if !errors.As(err, &faults) || faults.List[0].Code != config.MissingFile || faults.List[0].Line != 3 {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestResolver(t *testing.T) {
	for _, c := range []struct{ name, says, fault string }{
		{"none", "films: {}", ""},
		{"one", "films: {resolver: {type: almanac, key: k, allow_private: true}}", ""},
		{"another type", "films: {resolver: {type: almanak, key: k}}", `unknown type "almanak"`},
		{"without what it wants", "films: {resolver: {type: almanac}}", "key is missing"},
		{"with what it does not know", "films: {resolver: {type: almanac, key: k, keys: k}}", `unknown key "keys"`},
		{"no type", "films: {resolver: {key: k}}", "type is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := config.Parse("f.yaml", []byte("version: 1\nsite: {url: 'https://example.org'}\n"+c.says+"\n"), new(fakes).catalogue())
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := cfg.Films.Resolver
			if (r != nil) != (c.name == "one") || r != nil && (r.Type != "almanac" || !r.AllowPrivate || r.Open == nil) {
				t.Errorf("resolver %+v", r)
			}
		})
	}
}
