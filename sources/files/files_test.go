package files

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree writes files below a fresh folder and returns it.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
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

func open(t testing.TB, paths ...string) pipeline.Source {
	t.Helper()
	return sourcetest.Open(t, Type(), sourcetest.Place{Options: map[string]any{"path": paths}})
}

func read(t testing.TB, paths ...string) (*sourcetest.Out, pipeline.Reading) {
	t.Helper()
	return sourcetest.Read(t, open(t, paths...), nil)
}

func TestConformanceOfFiles(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type:     Type(),
		Complete: true,
		Place: func(t *testing.T) sourcetest.Place {
			dir := t.TempDir()
			return sourcetest.Place{
				Options: map[string]any{"path": filepath.Join(dir, "*.*")},
				Hold: func(s sourcetest.State) {
					write(t, filepath.Join(dir, "1.md"), "---\nrating: 4\n---\nfirst")
					write(t, filepath.Join(dir, "2.html"), [...]string{"<p>second", "<p>second, edited", "\x00\x00\x00\x01"}[s])
					write(t, filepath.Join(dir, "3.txt"), "third")
				},
				Put: func(b []byte) { write(t, filepath.Join(dir, "x.md"), string(b)) },
			}
		},
		Hostile: map[string][]byte{
			"binary":    []byte("\x7fELF\x00\x00\x00\x00\x01"),
			"too large": make([]byte, maxFile+1),
		},
	})
}

func TestConformanceOfLines(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type:     Type(),
		Complete: true,
		Place: func(t *testing.T) sourcetest.Place {
			path := filepath.Join(t.TempDir(), "all.ndjson")
			write(t, path, "")
			return sourcetest.Place{
				Options: map[string]any{"path": path},
				Hold: func(s sourcetest.State) {
					second := [...]string{`{"id":"2","body":"second"}`, `{"id":"2","body":"second, edited"}`, `{"id":"2","body`}[s]
					write(t, path, `{"id":"1","body":"first"}`+"\n"+second+"\n"+`{"id":"3","body":"third"}`)
				},
				Put: func(b []byte) { write(t, path, string(b)) },
			}
		},
		Hostile: map[string][]byte{
			"no json":      []byte("hello"),
			"endless line": slices.Concat([]byte(`{"id":"1","body":"`), slices.Repeat([]byte("x"), maxLine+1), []byte(`"}`)),
			"nested":       []byte(strings.Repeat(`{"film":`, 100_000)),
			"zeros":        make([]byte, 1000),
		},
	})
}

func TestConformanceOfAnArray(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type:     Type(),
		Complete: true,
		Place: func(t *testing.T) sourcetest.Place {
			dir := t.TempDir()
			path := filepath.Join(dir, "all.json")
			return sourcetest.Place{
				Options: map[string]any{"path": dir},
				Hold: func(s sourcetest.State) {
					second := [...]string{`{"id":"2","body":"second"}`, `{"id":"2","body":"second, edited"}`, `{"id":"2","film":{"year":"x"}}`}[s]
					write(t, path, `[{"id":"1","body":"first"},`+"\n"+second+",\n"+`{"id":"3","body":"third"}]`)
				},
				Put: func(b []byte) { write(t, path, string(b)) },
			}
		},
		Hostile: map[string][]byte{
			"empty":  nil,
			"nested": []byte(strings.Repeat("[", 1_000_000)),
			"cut":    []byte(`[{"id":"1","body":"x"}`),
			"two":    []byte(`[{"id":"1","body":"x"}] [{"id":"2","body":"x"}]`),
		},
	})
}

func TestWhatAPathMeans(t *testing.T) {
	files := map[string]string{
		"a.md": "a", "b.MARKDOWN": "b", "c.txt": "c", "d.docx": "d", "noext": "n",
		"sub/e.md": "e", "sub/deep/f.htm": "f", "sub/g.md~": "g", "sub/.hidden.md": "h", "sub/#i.md#": "i", "sub/j.swp": "j",
		".git/k.md": "k", "sub/.drafts/l.md": "l", "we[i]rd/m.md": "m", "a.md.tmp": "n",
	}
	tests := []struct{ path, want string }{
		{"", "a.md b.MARKDOWN c.txt sub/deep/f.htm sub/e.md we[i]rd/m.md"},
		{"**/*.md", "a.md sub/e.md we[i]rd/m.md"},
		{"*.md", "a.md"},
		{"*/*.md", "sub/e.md we[i]rd/m.md"},
		{"{a,sub/e}.md", "a.md sub/e.md"},
		{"sub/**", "deep/f.htm e.md"},
		{"sub/*", "e.md"},
		{"s?b/d*/*", "sub/deep/f.htm"},
		{"sub/.*.md", ".hidden.md"},
		{"sub/.drafts/*", "l.md"},
		{"sub/.drafts", "l.md"},
		{"**/.*/*.md", ".git/k.md sub/.drafts/l.md"},
		{"a.md", "a.md"},
		{"sub/.hidden.md", ".hidden.md"},
		{"we[i]rd", "m.md"},
		{"we[i]rd/m.md", "m.md"},
		{`we\[i\]rd/*.md`, "m.md"},
	}
	dir := tree(t, files)
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			out, r := read(t, filepath.Join(dir)+"/"+tt.path)
			if got := strings.Join(out.GUIDs(), " "); got != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
			if len(out.Problems) > 0 || !r.Complete {
				t.Errorf("problems %v, complete %v", out.Problems, r.Complete)
			}
		})
	}
}

func TestPathFaults(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a"})
	tests := []struct {
		path any
		want string
	}{
		{dir + "/gone.md", "path: there is no file or folder " + dir + "/gone.md"},
		{dir + "/gone/**/*.md", "path: there is no folder " + dir + "/gone"},
		{dir + "/a.md/*", "path: " + dir + "/a.md is no folder"},
		{dir + "/[", "path: " + dir + "/[ is no valid pattern"},
		{[]string{dir + "/a.md", dir + "/gone.md"}, "path.1: there is no file"},
		{[]string{dir + "/*.{md", dir + "/b.md"}, "path.0: "},
	}
	for _, tt := range tests {
		o := sourcetest.NewOptions(map[string]any{"path": tt.path})
		Type().Configure(o)
		if len(o.Faults()) == 0 || !strings.HasPrefix(o.Faults()[0], tt.want) {
			t.Errorf("%v: faults %q, want %q", tt.path, o.Faults(), tt.want)
		}
	}
}

func TestForms(t *testing.T) {
	dir := tree(t, map[string]string{
		"a.md": "---\ntitle: A\n---\nText", "b.html": "<h1>B</h1>", "c.txt": "C",
		"d.json": `{"title":"D","body":"<p>d","rating":"4/5"}`, "e.json": `{"id":"own","body_text":"e"}`, "f.json": " { } ",
	})
	out, _ := read(t, dir)
	type short struct {
		guid string
		form review.Form
		body string
	}
	var got []short
	for _, d := range out.Documents {
		got = append(got, short{d.GUID, d.Form, d.Body})
		if d.URL != "" || !d.Stated.PublishedAt.IsZero() || !d.Stated.ModifiedAt.IsZero() {
			t.Errorf("%s states what no file says: %+v", d.GUID, d)
		}
	}
	want := []short{
		{"a.md", review.FormMarkdown, "---\ntitle: A\n---\nText"}, {"b.html", review.FormPage, "<h1>B</h1>"}, {"c.txt", review.FormText, "C"},
		{"d.json", review.FormHTML, "<p>d"}, {"own", review.FormText, "e"}, {"f.json", review.FormText, ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("read\n%v, want\n%v", got, want)
	}
}

func toUTF16(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestEncodings(t *testing.T) {
	const text = "Amélie – “jolie”\nnaïve"
	latin := strings.NewReplacer("é", "\xe9", "–", "\x96", "“", "\x93", "”", "\x94", "ï", "\xef").Replace(text)
	tests := []struct{ name, file, content, want string }{
		{"utf-8", "a.md", text, text},
		{"byte-order mark", "a.md", "\ufeff" + text, text},
		{"windows line breaks", "a.md", "a\r\nb\r\n", "a\nb\n"},
		{"old mac line breaks", "a.md", "a\rb\r", "a\nb\n"},
		{"windows-1252", "a.md", latin, text},
		{"one wrong byte", "a.md", "Amélie \xe9", "Amélie é"},
		{"utf-16 with mark", "a.txt", toUTF16("\ufeff"+text, binary.LittleEndian), text},
		{"utf-16 big-endian with mark", "a.txt", toUTF16("\ufeff"+text, binary.BigEndian), text},
		{"utf-16 without mark", "a.txt", toUTF16(text, binary.LittleEndian), text},
		{"utf-16 big-endian without mark", "a.txt", toUTF16(text, binary.BigEndian), text},
		{"page that says what it is", "a.html", "<meta charset=koi8-r><p>\xeb\xc9\xce\xcf", "<meta charset=koi8-r><p>Кино"},
		{"page that says nothing", "a.html", "<p>" + latin, "<p>" + text},
		{"line in windows-1252", "a.ndjson", `{"id":"1","body":"` + strings.ReplaceAll(latin, "\n", `\n`) + `"}`, text},
		{"lines with mark", "a.ndjson", "\ufeff" + `{"id":"1","body":"x"}`, "x"},
		{"lines in utf-16", "a.ndjson", toUTF16("\ufeff"+`{"id":"1","body":"é"}`+"\r\n", binary.BigEndian), "é"},
		{"json with mark", "a.json", "\ufeff" + `[{"id":"1","body":"x"}]`, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, _ := read(t, tree(t, map[string]string{tt.file: tt.content}))
			if len(out.Documents) != 1 || out.Documents[0].Body != tt.want {
				t.Errorf("read %+v, problems %v, want %q", out.Documents, out.Problems, tt.want)
			}
		})
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	tests := []struct{ name, file, content, where, says string }{
		{"bad line", "a.ndjson", "{\"id\":\"1\"}\n\n{\"id\":\n{\"id\":\"2\"}\r\n", "a.ndjson:3", "document: "},
		{"line without anything to know it by", "a.ndjson", "{}\n", "a.ndjson:1", "no id"},
		{"bad element", "a.json", "[\n{\"id\":\"1\"},\n{\"id\":\"2\",\"year\":\"x\"}]", "a.json:3", "want a whole number"},
		{"broken array", "a.json", "[\n{\"id\":\"1\"},\n{\"id\" 2}]", "a.json:3", "document 2 and all after it"},
		{"file of a kind that is not read", "a.docx", "x", "a.docx", "those end in .md"},
		{"binary", "a.md", "x\x00y\x00\x00", "a.md", "no text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{tt.file: tt.content})
			out, r := read(t, filepath.Join(dir, tt.file))
			if len(out.Problems) != 1 {
				t.Fatalf("problems %v, want one", out.Problems)
			}
			p := out.Problems[0]
			if want := filepath.Join(dir, tt.where); p.Where != want || !strings.Contains(p.Err.Error(), tt.says) {
				t.Errorf("problem at %s: %v; want it at %s, saying %q", p.Where, p.Err, want, tt.says)
			}
			if r.Complete {
				t.Error("complete in spite of it")
			}
		})
	}
}

// A column that nobody knows is told of once a file, and withdraws no less.
func TestUnmappedColumnsAreToldOf(t *testing.T) {
	dir := tree(t, map[string]string{"own.csv": "film,Note\nHeat,8\nRan,9\n"})
	out, r := read(t, filepath.Join(dir, "own.csv"))
	if len(out.Problems) != 1 || !errors.Is(out.Problems[0].Err, pipeline.ErrUnmapped) {
		t.Errorf("problems %v, want one about the columns", out.Problems)
	}
	if len(out.Documents) != 2 || !r.Complete {
		t.Errorf("%d documents, complete %v; want both, and complete", len(out.Documents), r.Complete)
	}
}

func TestManyLinesAndALongOne(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `{"id":"%d","body":"%s"}`+"\n", i, strings.Repeat("x", i*37%90_000/60))
	}
	fmt.Fprintf(&b, `{"id":"long","body":"%s"}`+"\n", strings.Repeat("y", 1<<20))
	b.WriteString(`{"id":"last","body":"z"}`)
	out, r := read(t, tree(t, map[string]string{"a.jsonl": b.String()}))
	if n := len(out.Documents); n != 5002 || !r.Complete {
		t.Fatalf("%d documents, problems %v", n, out.Problems)
	}
	if got := len(out.Documents[5000].Body); got != 1<<20 {
		t.Errorf("the long line's body has %d bytes", got)
	}
	if out.Documents[5001].GUID != "last" {
		t.Errorf("last is %q", out.Documents[5001].GUID)
	}
}

func TestSymbolicLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need rights there")
	}
	dir := tree(t, map[string]string{"in/a.md": "a", "elsewhere/b.md": "b"})
	for name, target := range map[string]string{
		"in/link.md": "../elsewhere/b.md", "in/folder": "../elsewhere", "in/self.md": "self.md", "in/up": "..", "in/gone.md": "nowhere.md", "in/other.docx": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	out, r := read(t, filepath.Join(dir, "in", "**", "*.md"))
	if got := strings.Join(out.GUIDs(), " "); got != "a.md folder/b.md link.md up/elsewhere/b.md" {
		t.Errorf("read %q", got)
	}
	var where []string
	for _, p := range out.Problems {
		rel, _ := filepath.Rel(dir, p.Where)
		where = append(where, rel)
	}
	if got := strings.Join(where, " "); got != "in/gone.md in/other.docx in/self.md in/up/in" || r.Complete {
		t.Errorf("problems at %q (%v), complete %v", got, out.Problems, r.Complete)
	}
}

func TestSeveralPatterns(t *testing.T) {
	dir := tree(t, map[string]string{"a/x.md": "ax", "a/y.md": "ay", "b/x.md": "bx", "b/z.md": "bz"})
	out, r := read(t, dir+"/a/*.md", dir+"/a/y.md", dir+"/b")
	if got := strings.Join(out.GUIDs(), " "); got != "x.md y.md z.md" {
		t.Errorf("read %q", got)
	}
	if len(out.Problems) != 1 || out.Problems[0].Where != filepath.Join(dir, "b/x.md") || r.Complete {
		t.Errorf("two files with one name: problems %v, complete %v", out.Problems, r.Complete)
	}
	out, r = read(t, dir+"/{a,b}/*.md", dir+"/**/x.md")
	if got := strings.Join(out.GUIDs(), " "); got != "a/x.md a/y.md b/x.md b/z.md" || !r.Complete {
		t.Errorf("one pattern above both: read %q, problems %v", got, out.Problems)
	}
}

func TestFolderThatIsGoneIsAnError(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.md": "a"})
	s := open(t, dir+"/in/*.md")
	if err := os.RemoveAll(dir + "/in"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Read(t.Context(), nil, &sourcetest.Out{}); !errors.Is(err, fs.ErrNotExist) || r.Complete {
		t.Errorf("reading is %+v, error %v: all reviews would be withdrawn", r, err)
	}
}

func TestFileThatIsGoneIsAProblem(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a", "b.md": "b"})
	out := &sourcetest.Out{}
	out.Fail = func() error { os.Remove(dir + "/b.md"); return nil }
	r, err := open(t, dir+"/*.md").Read(t.Context(), nil, out)
	if err != nil || len(out.Problems) != 1 || !errors.Is(out.Problems[0].Err, fs.ErrNotExist) || r.Complete {
		t.Errorf("vanished between listing and reading: problems %v, complete %v, error %v", out.Problems, r.Complete, err)
	}
}

// A file whose size is not what comes out of it is being written to, as far as
// anyone can tell; those of /proc are always like that.
func TestFileThatKeepsChangingIsAProblem(t *testing.T) {
	const moving = "/proc/self/status"
	if _, err := os.Stat(moving); err != nil {
		t.Skip("needs ", moving)
	}
	dir := tree(t, map[string]string{"a.md": "a"})
	if err := os.Symlink(moving, dir+"/b.md"); err != nil {
		t.Fatal(err)
	}
	out, r := read(t, dir)
	if len(out.Documents) != 1 || len(out.Problems) != 1 || !errors.Is(out.Problems[0].Err, errMoving) || r.Complete {
		t.Errorf("read %q, problems %v, complete %v", out.GUIDs(), out.Problems, r.Complete)
	}
}

func TestUnreadableIsAProblem(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := tree(t, map[string]string{"a.md": "a", "b.md": "b", "sub/c.md": "c"})
	os.Chmod(dir+"/b.md", 0)
	os.Chmod(dir+"/sub", 0)
	defer os.Chmod(dir+"/sub", 0o755)
	out, r := read(t, dir)
	if len(out.Documents) != 1 || len(out.Problems) != 2 || r.Complete {
		t.Errorf("read %q, problems %v, complete %v", out.GUIDs(), out.Problems, r.Complete)
	}
}

func TestEmptyFolderIsComplete(t *testing.T) {
	if out, r := read(t, t.TempDir()); len(out.Documents) != 0 || !r.Complete {
		t.Errorf("read %q, complete %v", out.GUIDs(), r.Complete)
	}
}

func TestCancelInALongLine(t *testing.T) {
	path := filepath.Join(tree(t, map[string]string{"a.ndjson": `{"id":"1"}` + "\n" + strings.Repeat("x", 1<<20)}), "a.ndjson")
	ctx, cancel := context.WithCancel(t.Context())
	out := &sourcetest.Out{Fail: func() error { cancel(); return nil }}
	if _, err := open(t, path).Read(ctx, nil, out); !errors.Is(err, context.Canceled) || len(out.Problems) != 0 {
		t.Errorf("error %v, problems %v", err, out.Problems)
	}
}

func TestRealArchive(t *testing.T) {
	dir, err := filepath.Abs("../../../shared/data/reviews-quicoto")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("the shared archive is not here: ", err)
	}
	want := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".md") {
			want++
		}
	}
	out, r := read(t, dir)
	if len(out.Documents) != want || !r.Complete {
		t.Errorf("%d documents of %d files, problems %v", len(out.Documents), want, out.Problems)
	}
}

func FuzzFile(f *testing.F) {
	exts := []string{".md", ".html", ".txt", ".json", ".ndjson", ".csv", ".zip", ".md.gz", ".csv.gz", ".ndjson.gz"}
	for name, content := range map[string]string{
		".md": "---\nx: 1\n---\n\r\ntext", ".html": "<meta charset=latin1>\xe9", ".json": `[{"id":"1"},{"id":2,"film":"x"}]`,
		".ndjson": "{\"id\":\"1\"}\n{}\n{", ".txt": "\xff\xfea\x00",
	} {
		f.Add(uint8(slices.Index(exts, name)), []byte(content))
	}
	f.Add(uint8(slices.Index(exts, ".json")), []byte(`{"title":"x"}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, kind uint8, content []byte) {
		path := filepath.Join(dir, fmt.Sprint("f", os.Getpid(), exts[int(kind)%len(exts)]))
		write(t, path, string(content))
		out, r := sourcetest.Read(t, open(t, path), nil)
		if r.Complete != (len(out.Problems) == 0) {
			t.Errorf("complete %v with problems %v", r.Complete, out.Problems)
		}
		for _, d := range out.Documents {
			if d.GUID == "" || len(d.RawSHA256) != 64 || strings.ContainsRune(d.Body, '\r') && d.Form == review.FormMarkdown {
				t.Errorf("document %+v", d)
			}
		}
	})
}

func BenchmarkSmallFiles(b *testing.B) {
	dir := b.TempDir()
	body := strings.Repeat("The long take is where the film earns it.\n", 57)
	for i := range 1000 {
		write(b, fmt.Sprintf("%s/%02d/%04d.md", dir, i%10, i), "---\nrating: 4\n---\n"+body)
	}
	s := open(b, dir+"/**/*.md")
	b.ReportAllocs()
	for b.Loop() {
		if out, _ := sourcetest.Read(b, s, nil); len(out.Documents) != 1000 {
			b.Fatal("not all were read")
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "files/s")
}
