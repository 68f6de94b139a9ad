package file_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/file"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

func TestColumns(t *testing.T) {
	e := pipeline.SampleEvent()
	e.Credits = append(e.Credits, review.Credit{Role: "cast", Names: []string{"Carey Mulligan", "Andrew Garfield"}})
	e.Rating.Value, e.Rating.Norm, e.Rating.Span = review.Int(0), review.Int(0), review.Span{Start: 3, End: 6}
	want := map[string]string{
		"event_id": e.EventID, "revision": "1", "kind": "published", "published_at": "2026-11-22T12:00:00Z",
		"watched_on": "2026-11-22", "film.title": "Never Let Me Go", "film.year": "2010", "film.ids.imdb": "tt1334260",
		"film.directors": "Mark Romanek", "credits.names": "Mark Romanek; Carey Mulligan; Andrew Garfield",
		"credits.role": "director; cast", "media.alt": "A pier", "film.years": "2010",
		// An explicit zero is one; what is not known is nothing.
		"rating.value": "0", "rating.norm": "0", "rating.span": "[3,6]", "rating.worst": "", "withdrawn_at": "", "spoiler": "",
		"source.name": "sample", "critic.outlet": "The Aisle Seat", "body_html": e.BodyHTML,
	}
	d := newDesk(t, func(s *file.Settings) {
		s.Format, s.Columns = "csv", nil
		for name := range want {
			s.Columns = append(s.Columns, name)
		}
	})
	d.done(e)
	rows, err := csv.NewReader(strings.NewReader(read(t, d.path()))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	for i, name := range rows[0] {
		if rows[1][i] != want[name] {
			t.Errorf("%s: %q, want %q", name, rows[1][i], want[name])
		}
	}
}

func TestFormulas(t *testing.T) {
	for title, want := range map[string]string{
		"=HYPERLINK(\"https://example.org\")": "'=HYPERLINK(\"https://example.org\")",
		"-30-":                                "'-30-",
		"+1":                                  "+1", // a number is none
		"@":                                   "'@",
		"\tTab":                               "'\tTab",
		"8½":                                  "8½",
	} {
		for _, keep := range []bool{false, true} {
			d := newDesk(t, func(s *file.Settings) {
				s.Format, s.Columns, s.Formulas = "csv", []string{"film.title", "event_id"}, keep
			})
			d.done(sinktest.Event(func(e *review.Event) { e.Film.Title = title }))
			rows, err := csv.NewReader(strings.NewReader(read(t, d.path()))).ReadAll()
			if err != nil || len(rows) != 2 {
				t.Fatal(rows, err)
			}
			if keep {
				want = title
			}
			if rows[1][0] != want {
				t.Errorf("%q became %q, want %q", title, rows[1][0], want)
			}
		}
	}
}

func TestSettingsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*file.Settings)
		fault  string
	}{
		"a field that there is not": {func(s *file.Settings) { s.Columns = []string{"event_id", "film.titel"} }, `columns.1: film has no field "titel"; it has id, title,`},
		"a group":                   {func(s *file.Settings) { s.Columns = []string{"event_id", "film"} }, "columns.1: film holds several fields; name one, as film.id"},
		"within a plain value":      {func(s *file.Settings) { s.Columns = []string{"event_id", "rating.norm.x"} }, `columns.1: rating.norm is a plain value and has no "x"`},
		"no id":                     {func(s *file.Settings) { s.Columns = []string{"kind"} }, "columns: event_id has to be among them"},
		"too small":                 {func(s *file.Settings) { s.MaxSize = file.Bytes(10) }, "max_size: want at least 64kB"},
		"a packed file":             {func(s *file.Settings) { s.Path = "/tmp/x.gz" }, "path: the endings"},
	} {
		t.Run(name, func(t *testing.T) {
			s := file.Defaults()
			c.change(&s)
			var faults []string
			s.Check(func(key, text string) { faults = append(faults, key+": "+text) })
			if len(faults) != 1 || !strings.Contains(faults[0], c.fault) {
				t.Errorf("%q, want %q", faults, c.fault)
			}
		})
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]string{"none": "none", "64kB": "64kB", "1500 MB": "1500MB", "1000MB": "1GB", "7B": "7B"} {
		var s file.Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "0", "1", "64 kb", "-1MB", "1.5MB", "MB", "12345678901GB"} {
		if err := new(file.Size).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a size", text)
		}
	}
}

// FuzzReadBack opens the sink on foreign bytes: nothing that stood there is lost, and
// what is handed over stands in whole lines behind it.
func FuzzReadBack(f *testing.F) {
	e := pipeline.SampleEvent()
	line := string(e.AppendJSON(nil))
	for _, seed := range []string{"", line, line + "\n", line[:50], "{}\n\x00\x00", "event_id,kind\r\n", "event_id,kind\r\nx.1,\"a", "\"", "a\nb"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, content []byte, table bool) {
		d := newDesk(t, func(s *file.Settings) {
			if table {
				s.Format, s.Columns = "csv", []string{"event_id", "kind"}
			}
		})
		write(t, d.path(), string(content))
		d.open()
		fresh := sinktest.Event(sinktest.GUID("fresh"))
		d.done(fresh)
		d.open()
		d.done(fresh)
		all, inAll := 0, 0
		for _, name := range d.files() {
			text := read(t, d.env.Folder+"/"+name)
			all += len(text)
			inAll += strings.Count(text, fresh.EventID)
		}
		if all < len(content) || inAll != 1 {
			t.Errorf("%d bytes of %d, the event %d times: %v", all, len(content), inAll, d.files())
		}
		if last := read(t, d.path()); !slices.Contains([]byte{'\n'}, last[len(last)-1]) {
			t.Errorf("%q", last)
		}
	})
}
