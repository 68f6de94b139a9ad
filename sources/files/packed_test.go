package files

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/charset"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// zipped packs files in the order given, name and content in turn.
func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: files[i], Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// told are the documents as GUID=body, and the problems as !place: reason.
func told(dir string, out *sourcetest.Out) []string {
	var all []string
	for _, d := range out.Documents {
		all = append(all, d.GUID+"="+strings.TrimSpace(d.Body))
	}
	for _, p := range out.Problems {
		all = append(all, "!"+strings.TrimPrefix(p.Where, dir+"/")+": "+p.Err.Error())
	}
	return all
}

func TestEveryFormIsReadFromAnArchive(t *testing.T) {
	content := zipped(t,
		"blog/a.md", "A", "blog/b.html", "<p>B", "c.txt", "C\r\n", "d.json", `{"id":"d","body":"D"}`,
		"e.ndjson", `{"id":"e1","body":"E1"}`+"\n"+`{"id":"e2","body":"E2"}`, "f.csv", "id,film,review\nf,Heat,F\n",
		"utf16.txt", toUTF16("\ufeffé", binary.LittleEndian), "img/g.png", "\x89PNG", "__MACOSX/._a.md", "x", ".DS_Store", "x", "h.md~", "x", "_drafts/i.md", "x",
		`win\j.md`, "J",
	)
	want := []string{"x.zip/blog/a.md=A", "x.zip/blog/b.html=<p>B", "x.zip/c.txt=C", "d=D", "e1=E1", "e2=E2", "f=F", "x.zip/utf16.txt=é", "x.zip/win/j.md=J"}
	dir := tree(t, map[string]string{"x.zip": content})
	out, r := read(t, dir)
	if got := told(dir, out); !slices.Equal(got, want) || !r.Complete {
		t.Errorf("read\n%q, want\n%q", got, want)
	}
	if got := out.Documents[0].File; got != "a.md" {
		t.Errorf("the file is called %q", got)
	}
}

func TestEveryFormIsReadCompressed(t *testing.T) {
	dir := tree(t, map[string]string{
		"a.md.gz": gzipped(t, "A"), "b.html.gz": gzipped(t, "<p>B"), "c.TXT.GZ": gzipped(t, "C"), "d.json.gz": gzipped(t, `[{"id":"d","body":"D"}]`),
		"e.ndjson.gz": gzipped(t, `{"id":"e1","body":"E1"}`+"\n"+`{"id":"e2","body":"E2"}`), "f.csv.gz": gzipped(t, "id,film,review\nf,Heat,F\n"),
		"g.tar.gz": gzipped(t, "x"), "h.gz": gzipped(t, "x"), "i.zip.gz": gzipped(t, zipped(t, "a.md", "A")),
	})
	want := []string{"a.md.gz=A", "b.html.gz=<p>B", "c.TXT.GZ=C", "d=D", "e1=E1", "e2=E2", "f=F"}
	out, r := read(t, dir)
	if got := told(dir, out); !slices.Equal(got, want) || !r.Complete {
		t.Errorf("read\n%q, want\n%q", got, want)
	}
}

// locked marks a packed file as encrypted.
func locked(content string) string {
	for _, sign := range []string{"PK\x03\x04", "PK\x01\x02"} {
		at := map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[sign]
		i := strings.Index(content, sign) + at
		content = content[:i] + string(content[i]|1) + content[i+1:]
	}
	return content
}

func TestArchivesThatAreNotWhatTheySay(t *testing.T) {
	many := make([]string, 0, 2*50_001)
	for i := range 50_001 {
		many = append(many, fmt.Sprintf("%d.md", i), "")
	}
	long := make([]string, 0, 400)
	for i := range 200 {
		long = append(long, strings.Repeat("x", 60_000)+fmt.Sprint(i, ".md"), "")
	}
	one := zipped(t, "a.md", "A", "b.md", "B")
	for _, c := range []struct {
		name, content string
		want          []string
	}{
		{"encrypted", locked(one), []string{"x.zip/b.md=B", "!x.zip: is encrypted"}},
		{"a name that leads out", zipped(t, "../../etc/a.md", "A", "/b.md", "B", "c.md", "C"), []string{"x.zip/c.md=C", "!x.zip/../../etc/a.md: has a name that leads out", "!x.zip//b.md: has a name that leads out"}},
		{"an archive in it", zipped(t, "in.zip", one, "c.md", "C"), []string{"x.zip/c.md=C", "!x.zip/in.zip: is an archive in an archive"}},
		{"the same name twice", zipped(t, "a.md", "1", "a.md", "2"), []string{"x.zip/a.md=1", "!x.zip/a.md: is in the archive twice"}},
		{"a file too large", zipped(t, "a.md", strings.Repeat("x", maxFile+1), "b.md", "B"), []string{"x.zip/b.md=B", "!x.zip/a.md: larger than 16 MB"}},
		{"a line too long", zipped(t, "a.ndjson", `{"id":"`+strings.Repeat("x", maxLine+1)+"\"}\n"+`{"id":"2","body":"B"}`), []string{"2=B", "!x.zip/a.ndjson:1: a line of more than 16 MB"}},
		{"binary in it", zipped(t, "a.md", "x\x00y\x00\x00", "b.md", "B"), []string{"x.zip/b.md=B", "!x.zip/a.md: holds bytes that are no text"}},
		{"too many files", zipped(t, many...), []string{"!x.zip: holds more than 50000 files"}},
		{"too long a list of files", zipped(t, long...), []string{"!x.zip: holds more than 50000 files"}},
		{"nothing in it", zipped(t), []string{"!x.zip: holds no file of a kind that is read"}},
		{"nothing for us", zipped(t, "a.png", "A"), []string{"!x.zip: holds no file of a kind that is read"}},
		{"cut off", one[:len(one)-30], []string{"!x.zip: cannot be unpacked"}},
		{"damaged", strings.Replace(one, "A", "B", 1), nil},
		{"no archive", "It is long.", []string{"!x.zip: holds no table"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "damaged" {
				at := strings.Index(c.content, "a.md") + len("a.md")
				c.content = c.content[:at] + "\xff\xff\xff" + c.content[at+3:]
				c.want = []string{"x.zip/b.md=B", "!x.zip/a.md: cannot be unpacked"}
			}
			dir := tree(t, map[string]string{"x.zip": c.content, "y.md": "Y"})
			out, r := read(t, dir)
			got := told(dir, out)
			want := append([]string{}, c.want...)
			at := slices.IndexFunc(want, func(s string) bool { return s[0] == '!' })
			want = slices.Insert(want, at, "y.md=Y") // the neighbour
			ok := len(got) == len(want) && !r.Complete
			for i := range want {
				ok = ok && strings.HasPrefix(got[i], want[i])
			}
			if !ok {
				t.Errorf("read\n%.300q, want\n%q", got, want)
			}
		})
	}
}

func TestAnUnpackedExportIsReadAsOne(t *testing.T) {
	diary := "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
	files := map[string]string{
		"lb/profile.csv": "Date Joined,Username,Email Address\n2015-01-01,jane,jane@example.org\n",
		"lb/diary.csv":   diary + "2024-05-02,Amélie,2001,https://boxd.it/aaa1,4.5,Yes,,2024-05-01\n", "lb/ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n2024-05-02,Amélie,2001,https://boxd.it/2a2q,4.5\n",
		"lb/watched.csv": "Date,Name,Year,Letterboxd URI\n2020-02-02,Alien,1979,https://boxd.it/2awY\n", "lb/deleted/diary.csv": diary + "2019-01-01,Cats,2019,https://boxd.it/zzz1,0.5,,,2019-01-01\n",
		"lb/lists/best.csv": "Letterboxd list export v7\n", "own.csv": "id,film\n1,Heat\n",
	}
	dir := tree(t, files)
	for path, want := range map[string]string{
		dir: "Amélie|2001|2024-05-01 1", dir + "/lb": "Amélie|2001|2024-05-01", dir + "/lb/watched.csv": "Alien|1979|", dir + "/lb/w*.csv": "Alien|1979|",
	} {
		out, r := read(t, path)
		if got := strings.Join(out.GUIDs(), " "); got != want || !r.Complete {
			t.Errorf("%s: read %q, want %q; problems %v", path, got, want, out.Problems)
		}
		if strings.HasSuffix(path, "lb") && !slices.Equal(out.Taken, []string{"Cats|2019|2019-01-01"}) {
			t.Errorf("%s: taken back %q", path, out.Taken)
		}
	}
}

// ticking is a clock that stands still but for those who sleep. Something may happen
// meanwhile.
type ticking struct {
	mu    sync.Mutex
	now   time.Time
	slept func()
}

func (c *ticking) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ticking) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	c.slept()
	return ctx.Err()
}

func TestHalfWrittenFilesAreNotRead(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, settle string
		age          time.Duration // of the file when it is come to
		writes       int           // further ones, one at each look
		want         string
		waited       time.Duration
	}{
		{"long settled", "1s", time.Hour, 0, "0", 0},
		{"just settled", "1s", time.Second, 0, "0", 0},
		{"still", "1s", 300 * time.Millisecond, 0, "0", 700 * time.Millisecond},
		{"growing", "1s", 0, 3, "0123", 4 * time.Second},
		{"growing without end", "1s", 0, 1000, "!a.md: it is being written to", 6 * time.Second},
		{"from the future", "1s", -time.Minute, 0, "0", 0},
		{"not asked for", "0s", 0, 0, "0", 0},
		{"a longer time", "10s", 4 * time.Second, 0, "0", 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.md")
			clock := &ticking{now: start}
			content, n := "0", 0
			put := func(at time.Time) {
				write(t, path, content)
				if err := os.Chtimes(path, at, at); err != nil {
					t.Fatal(err)
				}
			}
			put(start.Add(-c.age))
			clock.slept = func() {
				if n++; n <= c.writes {
					content += fmt.Sprint(n)
					put(clock.Now())
				}
			}
			s, err := Type().Configure(sourcetest.NewOptions(map[string]any{"path": dir, "settle": c.settle}))(pipeline.SourceEnv{
				Clock: clock, Export: exports.Reader(clock), Text: charset.Text, UTF8: charset.Reader,
			})
			if err != nil {
				t.Fatal(err)
			}
			out := &sourcetest.Out{}
			if _, err := s.Read(t.Context(), nil, out); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(told(dir, out), " ")
			if !strings.HasPrefix(strings.TrimPrefix(got, "a.md="), c.want) {
				t.Errorf("read %q, want %q", got, c.want)
			}
			if waited := clock.Now().Sub(start); waited != c.waited {
				t.Errorf("waited for %v, want %v", waited, c.waited)
			}
		})
	}
}

func FuzzArchive(f *testing.F) {
	one := zipped(f, "a.md", "A", "../b.md", "B", "c.ndjson", `{"id":"1"}`, "d.csv", "film,x\nHeat,1\n", "e.zip", "PK")
	for _, seed := range []string{one, locked(one), one[:len(one)-40], gzipped(f, "A"), "PK\x05\x06" + strings.Repeat("\x00", 18)} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, archive bool) {
		name := map[bool]string{true: "x.zip", false: "x.ndjson.gz"}[archive]
		out, r := read(t, tree(t, map[string]string{name: string(b)}))
		unknown := slices.DeleteFunc(slices.Clone(out.Problems), func(p pipeline.Problem) bool { return errors.Is(p.Err, pipeline.ErrUnmapped) })
		if r.Complete == (len(unknown) > 0) {
			t.Errorf("complete %v with %v", r.Complete, out.Problems)
		}
		for _, d := range out.Documents {
			if d.GUID == "" || strings.Contains(d.GUID, "..") && strings.HasPrefix(d.GUID, "x.zip/..") {
				t.Errorf("GUID %q", d.GUID)
			}
		}
	})
}
