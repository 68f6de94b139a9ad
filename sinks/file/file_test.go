package file_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/file"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// desk is a folder with one sink that writes into it.
type desk struct {
	t        testing.TB
	settings file.Settings
	env      pipeline.DeliveryEnv
	sink     *file.Delivery
}

func newDesk(t testing.TB, change func(*file.Settings)) *desk {
	t.Helper()
	d := &desk{t: t, settings: file.Defaults()}
	if change != nil {
		change(&d.settings)
	}
	d.env, _ = sinktest.DeliveryEnv()
	d.env.Name, d.env.Folder = "kept", filepath.Join(t.TempDir(), "file", "kept")
	d.open()
	return d
}

// open opens the sink anew, as after a crash: what it knew is forgotten.
func (d *desk) open() {
	d.t.Helper()
	sink, err := file.New(d.settings, d.env)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { sink.Close() })
	d.sink = sink
}

func (d *desk) path() string {
	if d.settings.Path != "" {
		return string(d.settings.Path)
	}
	return filepath.Join(d.env.Folder, "kept."+d.settings.Format)
}

// hand hands events over and returns the verdict on them, which must be one.
func (d *desk) hand(events ...*review.Event) pipeline.Verdict {
	d.t.Helper()
	verdicts, err := d.sink.Deliver(d.t.Context(), sinktest.NewHistory(events...))
	if err != nil || len(verdicts) != len(events) {
		d.t.Fatal(verdicts, err)
	}
	if len(slices.Compact(slices.Clone(verdicts))) != 1 {
		d.t.Fatalf("verdicts differ: %v", verdicts)
	}
	return verdicts[0]
}

func (d *desk) done(events ...*review.Event) {
	d.t.Helper()
	if v := d.hand(events...); v != (pipeline.Verdict{}) {
		d.t.Fatalf("want done, got %+v", v)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var from io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if from, err = gzip.NewReader(f); err != nil {
			t.Fatal(path, err)
		}
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(path, err)
	}
	return string(content)
}

// files are the names in the folder, sorted.
func (d *desk) files() (names []string) {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.path()))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// ids are the events of all files in the order of their names. Each line must be whole.
func (d *desk) ids() (ids []string) {
	d.t.Helper()
	for _, name := range d.files() {
		if strings.HasSuffix(name, ".torn") {
			continue
		}
		content := read(d.t, filepath.Join(filepath.Dir(d.path()), name))
		if d.settings.Format == "csv" {
			ids = append(ids, d.csvIDs(name, content)...)
			continue
		}
		for line := range strings.Lines(content) {
			e, err := review.ParseEvent([]byte(line))
			if err != nil || !strings.HasSuffix(line, "\n") {
				d.t.Fatalf("%s: %q: %v", name, line, err)
			}
			ids = append(ids, e.EventID)
		}
	}
	return ids
}

func (d *desk) csvIDs(name, content string) (ids []string) {
	d.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], d.settings.Columns) || !strings.HasSuffix(content, "\r\n") {
		d.t.Fatalf("%s: %v\n%s", name, err, content)
	}
	for _, row := range rows[1:] {
		ids = append(ids, row[slices.Index(d.settings.Columns, "event_id")])
	}
	return ids
}

// some makes n events of reviews of their own, from the given number on.
func some(from, n int) (events []*review.Event) {
	for i := range n {
		events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(from+i)), sinktest.Text("It has \"quotes\",\nlines, and more.")))
	}
	return events
}

func idsOf(events []*review.Event) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.EventID)
	}
	return ids
}

func (d *desk) holds(events []*review.Event) {
	d.t.Helper()
	if got, want := d.ids(), idsOf(events); !slices.Equal(got, want) {
		d.t.Fatalf("the files hold %d events, want %d:\n%v\n%v", len(got), len(want), got, want)
	}
}

func formats() map[string]func(*file.Settings) {
	return map[string]func(*file.Settings){
		"ndjson": nil,
		"csv": func(s *file.Settings) {
			s.Format, s.Columns = "csv", []string{"event_id", "kind", "review_id", "revision", "film.title", "body_text"}
		},
	}
}

// fewer makes the suite draw fewer histories: every batch waits for the disk.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks").Value
	before := checks.String()
	if err := checks.Set("20"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checks.Set(before) })
}

func TestDelivery(t *testing.T) {
	fewer(t)
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
				d := newDesk(t, format)
				return d.sink, func() map[string]string { return lastLines(t, d) }
			})
		})
	}
}

// lastLines is what whoever reads the file in order holds at its end: the last line of
// each review, but for those withdrawn.
func lastLines(t testing.TB, d *desk) map[string]string {
	held := map[string]string{}
	f, err := os.Open(d.path())
	if err != nil {
		return held // nothing was told
	}
	defer f.Close()
	keep := func(id, kind, line string) {
		held[id] = line
		if kind == "withdrawn" {
			delete(held, id)
		}
	}
	if d.settings.Format == "csv" {
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[min(1, len(rows)):] {
			keep(row[2], row[1], strings.Join(row, "|"))
		}
		return held
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Kind, Review_ID string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		keep(e.Review_ID, e.Kind, lines.Text())
	}
	return held
}

func TestRepeatsAreWrittenOnce(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, format)
			events := some(0, 50)
			d.done(events[:30]...)
			d.done(events[:30]...)
			for from := range 30 { // after a crash any tail of what was handed over comes again
				d.open()
				d.done(events[from : 31+from/2]...)
			}
			d.open()
			d.done(events...)
			d.holds(events)
			// An older revision of what stands there is no news either.
			second := sinktest.Event(sinktest.GUID("7"), sinktest.Kind(review.Revised, 2))
			d.done(events[7], second, second)
			d.open()
			d.done(events[7], second)
			d.holds(append(events, second))
		})
	}
}

// TestPowerCut cuts the file at many places of its last lines, as a power cut may: what
// had its verdict stands, what comes again is written once, and nothing that stood
// there is thrown away.
func TestPowerCut(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			first := newDesk(t, format)
			events := some(0, 6)
			first.done(events[:3]...)
			before := len(read(t, first.path()))
			first.done(events[3:]...)
			whole := read(t, first.path())
			for cut := before; cut <= len(whole); cut += 1 + (len(whole)-before)/40 {
				for _, zeros := range []int{0, 100} { // some file systems leave these behind
					d := newDesk(t, format)
					left := whole[:cut] + strings.Repeat("\x00", zeros)
					write(t, d.path(), left)
					d.open()
					d.done(events[3:]...)
					d.holds(events)
					torn := ""
					if slices.Contains(d.files(), filepath.Base(d.path())+".torn") {
						torn = read(t, d.path()+".torn")
					}
					if !strings.HasSuffix(left, torn) {
						t.Fatalf("cut at %d: moved aside %q", cut, torn)
					}
				}
			}
		})
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAnEditorTookTheLastLinesEnd(t *testing.T) {
	d := newDesk(t, nil)
	events := some(0, 3)
	d.done(events[:2]...)
	write(t, d.path(), strings.TrimSuffix(read(t, d.path()), "\n"))
	d.done(events...)
	d.holds(events)
}

func TestRotationBySize(t *testing.T) {
	for name, format := range formats() {
		for _, compress := range []bool{false, true} {
			t.Run(fmt.Sprint(name, compress), func(t *testing.T) {
				d := newDesk(t, format)
				d.settings.MaxSize, d.settings.Compress = file.Bytes(64_000), compress
				d.open()
				events := some(0, 1000)
				for batch := range slices.Chunk(events, 100) {
					d.done(batch...)
					d.open() // what was rotated is remembered too
					d.done(batch...)
				}
				d.holds(events)
				files := d.files()
				if len(files) < 3 || files[len(files)-1] != "kept."+d.settings.Format {
					t.Errorf("the file itself is not the last of several: %v", files)
				}
				for i, name := range files {
					info, err := os.Stat(filepath.Join(d.env.Folder, name))
					if err != nil || info.Size() > 200_000 { // a batch is never torn apart
						t.Error(name, info.Size(), err)
					}
					if packed := strings.HasSuffix(name, ".gz"); packed != (compress && i < len(files)-1) {
						t.Error(name)
					}
				}
			})
		}
	}
}

func TestRotationByTime(t *testing.T) {
	for every, at := range map[string]struct{ sleep, next time.Duration }{
		"hourly":  {30 * time.Minute, 40 * time.Minute}, // from 12:00 on a Wednesday, the 15th
		"daily":   {11 * time.Hour, 2 * time.Hour},
		"weekly":  {4 * 24 * time.Hour, 24 * time.Hour},
		"monthly": {15 * 24 * time.Hour, 24 * time.Hour},
	} {
		t.Run(every, func(t *testing.T) {
			d := newDesk(t, func(s *file.Settings) { s.Rotate = every })
			events := some(0, 4)
			d.done(events[0])
			d.env.Clock.Sleep(t.Context(), at.sleep)
			d.done(events[1])
			if files := d.files(); len(files) != 1 {
				t.Fatalf("rotated too early: %v", files)
			}
			d.open() // when it was written last is known after a restart
			d.env.Clock.Sleep(t.Context(), at.next)
			d.done(events[2])
			d.done(events[3])
			if files := d.files(); len(files) != 2 {
				t.Fatalf("want one rotated file: %v", files)
			}
			d.holds(events)
		})
	}
}

func TestFilesThatAreTooManyGo(t *testing.T) {
	d := newDesk(t, func(s *file.Settings) { s.Rotate, s.Keep, s.Compress = "daily", 2, true })
	write(t, filepath.Join(d.env.Folder, "kept-notes.ndjson"), "somebody's own\n")
	for i := range 6 {
		d.done(some(i, 1)...)
		d.env.Clock.Sleep(t.Context(), 24*time.Hour)
	}
	files := d.files()
	if len(files) != 4 || !slices.Contains(files, "kept-notes.ndjson") {
		t.Fatal(files)
	}
	if !strings.HasPrefix(files[0], "kept-20100919") {
		t.Errorf("the newest are not those that stayed: %v", files)
	}
}

// TestTheClockGoesBack has a file rotated when the clock says it is before the last
// time: names go on sorting.
func TestTheClockGoesBack(t *testing.T) {
	d := newDesk(t, func(s *file.Settings) { s.MaxSize = file.Bytes(64_000) })
	events := some(0, 200)
	for i, batch := range slices.Collect(slices.Chunk(events, 50)) {
		d.env.Clock = &sinktest.Clock{}
		if i%2 == 0 {
			d.env.Clock.Sleep(t.Context(), 48*time.Hour)
		}
		d.open()
		d.done(batch...)
	}
	d.holds(events)
}

func TestPackingWasCutShort(t *testing.T) {
	d := newDesk(t, func(s *file.Settings) { s.Rotate = "daily" })
	events := some(0, 2)
	d.done(events[0])
	d.env.Clock.Sleep(t.Context(), 24*time.Hour)
	d.done(events[1])
	rotated := filepath.Join(d.env.Folder, d.files()[0])
	write(t, rotated+".gz.part", "half a fi")
	write(t, rotated+".gz", read(t, rotated)[:10]) // no crash of ours leaves this
	d.settings.Compress = true
	d.open()
	d.done(events...)
	d.holds(events)
	if files := d.files(); len(files) != 2 {
		t.Error(files)
	}
}

func TestOtherColumnsMakeAnotherFile(t *testing.T) {
	d := newDesk(t, formats()["csv"])
	events := some(0, 2)
	d.done(events[0])
	d.settings.Columns = []string{"film.title", "event_id"}
	d.open()
	d.done(events[1])
	if got := read(t, d.path()); got != "film.title,event_id\r\nNever Let Me Go,"+events[1].EventID+"\r\n" {
		t.Errorf("%q", got)
	}
	if files := d.files(); len(files) != 2 {
		t.Errorf("the file with the old columns is not kept beside it: %v", files)
	}
}

// TestTheFileIsTakenAway moves, removes and empties the file under the sink, as people
// and other tools do.
func TestTheFileIsTakenAway(t *testing.T) {
	d := newDesk(t, nil)
	events := some(0, 4)
	d.done(events[0])
	if err := os.Rename(d.path(), d.path()+".1"); err != nil {
		t.Fatal(err)
	}
	d.done(events[1])
	if err := os.Remove(d.path()); err != nil {
		t.Fatal(err)
	}
	d.done(events[1]) // it is there no more, so it is news
	d.done(events[2])
	if err := os.Truncate(d.path(), 0); err != nil {
		t.Fatal(err)
	}
	d.done(events[3])
	d.holds([]*review.Event{events[3], events[0]}) // kept.ndjson, kept.ndjson.1
}

func TestNoPlainFile(t *testing.T) {
	d := newDesk(t, func(s *file.Settings) { s.Path = "/dev/null" })
	if v := d.hand(some(0, 1)...); v.Outcome != pipeline.Retry || !strings.Contains(v.Reason, "no plain file") {
		t.Error(v)
	}
}

func TestPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	d := newDesk(t, nil)
	events := some(0, 2)
	d.done(events[0])
	d.open()
	if err := os.Chmod(d.path(), 0o400); err != nil {
		t.Fatal(err)
	}
	v := d.hand(events[1])
	if v.Outcome != pipeline.Retry || v.Code != "permission" || !strings.Contains(v.Reason, d.path()) {
		t.Error(v)
	}
	if err := os.Chmod(d.path(), 0o600); err != nil {
		t.Fatal(err)
	}
	d.done(events[1])
	d.holds(events)
}

func TestTheFolderIsAFile(t *testing.T) {
	d := newDesk(t, nil)
	write(t, d.env.Folder, "")
	v := d.hand(some(0, 2)...)
	if v.Outcome != pipeline.Retry || v.Code != "file" || !strings.Contains(v.Reason, d.env.Folder) {
		t.Error(v)
	}
	if f := d.sink.Diagnose(t.Context()); len(f) != 1 || f[0].Level != pipeline.LevelFault {
		t.Error(f)
	}
}

func TestDiagnoseChangesNothing(t *testing.T) {
	d := newDesk(t, nil)
	if f := d.sink.Diagnose(t.Context()); len(f) != 1 || f[0].Level != pipeline.LevelOK {
		t.Error(f)
	}
	if _, err := os.Stat(filepath.Dir(d.env.Folder)); err == nil {
		t.Error("a folder was made")
	}
}
