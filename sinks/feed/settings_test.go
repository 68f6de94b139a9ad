package feed_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// lines are a sink's lines of a config file, decoded.
type lines struct {
	given  map[string]any
	faults map[string]string
}

func (l *lines) Decode(into any) {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("config"), ",")
		if value, ok := l.given[name]; ok {
			v.Field(i).Set(reflect.ValueOf(value))
		}
	}
}

func (l *lines) Fault(key, text string) {
	if l.faults == nil {
		l.faults = map[string]string{}
	}
	l.faults[key] = text
}

func TestType(t *testing.T) {
	typ := feed.Type()
	if typ.Name != "feed" || typ.Summary == "" || typ.View == nil || typ.Delivery != nil {
		t.Errorf("not a view's line of the catalogue: %+v", typ)
	}
	view, err := typ.View(&lines{})(sinktest.History(nil).ViewEnv())
	if err != nil {
		t.Fatal(err)
	}
	docs := &sinktest.Documents{}
	if err := view.Apply(t.Context(), nil, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	want := []string{"feeds/test.atom", "feeds/test.json", "feeds/test.rss"}
	if diff := cmp.Diff(want, docs.Paths()); diff != "" {
		t.Errorf("from no settings (-want +got):\n%s", diff)
	}
}

func TestSettingsFaults(t *testing.T) {
	cases := []struct {
		name  string
		given map[string]any
		want  map[string]string // a part of the text, by key
	}{
		{"fine", map[string]any{"formats": []string{"json"}, "limit": 1, "per": "film", "title": "{{.Film.Title}}"}, nil},
		{"no formats", map[string]any{"formats": []string{}}, map[string]string{"formats": "at least one"}},
		{"an unknown format", map[string]any{"formats": []string{"rss", "rdf"}}, map[string]string{"formats.1": `no format "rdf"`}},
		{"a format twice", map[string]any{"formats": []string{"rss", "rss"}}, map[string]string{"formats.1": "twice"}},
		{"limit", map[string]any{"limit": 0}, map[string]string{"limit": "1 to 10000"}},
		{"a limit too high", map[string]any{"limit": 10001}, map[string]string{"limit": "1 to 10000"}},
		{"per", map[string]any{"per": "director"}, map[string]string{"per": "want one of none, film, critic, outlet, tag"}},
		{"order", map[string]any{"order": "random"}, map[string]string{"order": "published, updated, rating"}},
		{"dialect", map[string]any{"dialect": "klingon"}, map[string]string{"dialect": "want one of letterboxd"}},
		{"a dialect without RSS", map[string]any{"dialect": "letterboxd", "formats": []string{"json"}}, map[string]string{"dialect": "add rss"}},
		{"tombstones without Atom", map[string]any{"tombstones": true, "formats": []string{"rss"}}, map[string]string{"tombstones": "add atom"}},
		{"a hub that is none", map[string]any{"hub": []string{"hub.example.org"}}, map[string]string{"hub": "not a web address"}},
		{"functions of templates", map[string]any{"per": "tag", "title": "{{.Tag | upper}}"}, nil},
		{"not a template", map[string]any{"title": "{{.Site"}, map[string]string{"title": "not a template"}},
		{"an unknown field", map[string]any{"description": "{{.Director}}"}, map[string]string{"description": ".Film.Title"}},
		{"several", map[string]any{"limit": -1, "per": ""}, map[string]string{"limit": "want", "per": "want"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := &lines{given: c.given}
			open := feed.Type().View(l)
			if !slices.Equal(slices.Sorted(maps.Keys(c.want)), slices.Sorted(maps.Keys(l.faults))) {
				t.Fatalf("faults %v, want them at %v", l.faults, c.want)
			}
			for key, part := range c.want {
				if !strings.Contains(l.faults[key], part) {
					t.Errorf("%s: %q does not say %q", key, l.faults[key], part)
				}
			}
			if _, err := open(sinktest.History(nil).ViewEnv()); (err != nil) != (c.want != nil) {
				t.Errorf("opened with %v", err)
			}
		})
	}
}

func TestTitleOfFeed(t *testing.T) {
	cases := []struct {
		name, per, title, description string
		wantTitle, wantDescription    string
	}{
		{"of all", "none", "", "", "The Aisle Seat: test", "Film reviews from The Aisle Seat"},
		{"of a film", "film", "", "", "Never Let Me Go (2010) · The Aisle Seat", "Reviews of Never Let Me Go (2010)"},
		{"own words", "film", "{{.Film.Title}} & {{.Name}}", "At\n {{.Site.URL}}", "Never Let Me Go & test", "At https://reviews.example.org"},
		{"no words", "none", "{{if false}}x{{end}}", " ", "The Aisle Seat: test", "Film reviews from The Aisle Seat"},
		{"fails for this film", "film", `{{if gt .Film.Year 2000}}{{slice .Film.Title 0 99}}{{end}}`, "", "Never Let Me Go (2010) · The Aisle Seat", "Reviews of Never Let Me Go (2010)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := per(c.per)
			s.Title, s.Description = c.title, c.description
			b := newBench(t, s)
			b.apply(sinktest.Event())
			base := strings.TrimSuffix(b.feeds()[0], ".atom")
			mustBeValid(t, b.docs.Files(), base)
			doc := readJSON(t, b.docs.Content(base+".json"))
			if doc.Title != c.wantTitle || doc.Description != c.wantDescription {
				t.Errorf("%q, %q; want %q, %q", doc.Title, doc.Description, c.wantTitle, c.wantDescription)
			}
		})
	}
}

func TestErrorFromTheLog(t *testing.T) {
	b := newBench(t, feed.Defaults())
	b.apply(sinktest.Event())
	env := b.env()
	broken := errors.New("no connection")
	env.At = func(_ context.Context, at pipeline.Position) (pipeline.Entry, error) { return pipeline.Entry{}, broken }
	err := open(t, feed.Defaults(), env).Apply(t.Context(), nil, b.st, b.docs)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), `feed "test"`) {
		t.Errorf("got %v, want the log's error, with the feed's name", err)
	}
}

// A feed that a reader subscribes to: one document for each format.
func ExampleView() {
	view, err := feed.New(feed.Settings{Formats: []string{"json"}, Limit: 10, Per: "none", Order: "published", StarsInTitle: true},
		sinktest.History(nil).ViewEnv())
	if err != nil {
		fmt.Println(err)
		return
	}
	log := sinktest.NewHistory(sinktest.Event(sinktest.Stars("3.5", "5"), func(e *review.Event) { e.Title = "Borrowed time" }))
	docs := &sinktest.Documents{}
	if err := view.Apply(context.Background(), log, &sinktest.Memory{}, docs); err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range docs.Paths() {
		fmt.Println(path)
	}
	fmt.Println(strings.Contains(docs.Content("feeds/test.json"), `"title":"Borrowed time ★★★½"`))
	// Output:
	// feeds/test.json
	// true
}
