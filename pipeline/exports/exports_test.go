package exports_test

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
	"testing"
	"time"
	"unicode/utf16"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/review"
)

// noon is the only time there is.
type noon struct{ pipeline.Clock }

func (noon) Now() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// shelf keeps what is handed out.
type shelf struct {
	documents []review.Document
	gone      []string
	problems  []pipeline.Problem
	fail      error
}

func (s *shelf) Document(d review.Document) error {
	s.documents = append(s.documents, d)
	return s.fail
}

func (s *shelf) Gone(guid string) error {
	s.gone = append(s.gone, guid)
	return s.fail
}

func (s *shelf) Problem(p pipeline.Problem) error {
	s.problems = append(s.problems, p)
	return s.fail
}

// lines are the documents in a few words each, and the problems with the folder
// taken off.
func (s *shelf) lines() []string {
	var all []string
	for _, d := range s.documents {
		f := d.Stated.Film
		line := fmt.Sprintf("%s (%d) %q of %s", f.Title, f.Year, d.RatingText, d.RatingScale.Best)
		if d.Aside != "" {
			line += ", " + string(d.Aside)
		}
		all = append(all, line)
	}
	for _, p := range s.problems {
		all = append(all, "! "+filepath.Base(p.Where)+": "+p.Err.Error())
	}
	return all
}

func read(t testing.TB, e pipeline.Export) *shelf {
	t.Helper()
	out := &shelf{}
	if err := exports.Reader(noon{})(t.Context(), e, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// letterboxd is an export as Letterboxd packs it, by name.
func letterboxd() map[string]string {
	return map[string]string{
		"profile.csv": "Date Joined,Username,Email Address\n2015-01-01,jane,jane@example.org\n",
		"diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n" +
			"2024-05-02,Amélie,2001,https://boxd.it/aaa1,4.5,Yes,\"paris, cinema\",2024-05-01\n" +
			"2024-06-01,The Thing,1982,https://boxd.it/aaa2,,,,2024-05-31\n",
		"reviews.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n" +
			"2024-05-02,Amélie,2001,https://boxd.it/aaa1,4.5,Yes,\"Still <i>lovely</i>, and \"\"sweet\"\".\n\nSecond part.\",\"paris, cinema\",2024-05-01\n" +
			"2023-01-01,Ran,1985,https://boxd.it/aaa3,5,,Chaos.,,\n",
		"ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n" +
			"2024-05-02,Amélie,2001,https://boxd.it/2a2q,4.5\n" +
			"2020-02-02,Heat,1995,https://boxd.it/28SG,4\n",
		"watched.csv":             "Date,Name,Year,Letterboxd URI\n2020-02-02,Alien,1979,https://boxd.it/2awY\n",
		"deleted/diary.csv":       "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2019-01-01,Cats,2019,https://boxd.it/zzz1,0.5,,,2019-01-01\n",
		"deleted/reviews.csv":     "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n2019-01-01,Cats,2019,https://boxd.it/zzz1,0.5,,Oh no.,,2019-01-01\n",
		"lists/seen.csv":          "Letterboxd list export v7\n",
		"orphaned/some-diary.csv": "Date,Name\n",
	}
}

func pack(t testing.TB, files map[string]string, below string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(below + name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "letterboxd-jane.zip", b.String())
}

func TestLetterboxdExport(t *testing.T) {
	folder := t.TempDir()
	for name, content := range letterboxd() {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(content), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`Ran (1985) "5" of 5`, `Amélie (2001) "4.5" of 5`, `The Thing (1982) "" of `, `Heat (1995) "4" of 5`}
	for name, path := range map[string]string{
		"zip": pack(t, letterboxd(), ""), "zip of a folder": pack(t, letterboxd(), "letterboxd-jane-2024/"), "folder": folder,
	} {
		t.Run(name, func(t *testing.T) {
			out := read(t, pipeline.Export{Path: path})
			if got := out.lines(); !slices.Equal(got, want) {
				t.Fatalf("got %q\nwant %q", got, want)
			}
			if want := []string{"Cats|2019|2019-01-01"}; !slices.Equal(out.gone, want) {
				t.Errorf("gone %q, want %q: once, though both tables have it", out.gone, want)
			}
			d := out.documents[1]
			if d.Body != "<p>Still <i>lovely</i>, and \"sweet\".</p>\n<p>Second part.</p>\n" || d.Form != review.FormHTML {
				t.Errorf("body %q as %s", d.Body, d.Form)
			}
			s := d.Stated
			if d.GUID != "Amélie|2001|2024-05-01" || s.WatchedOn.String() != "2024-05-01" || !s.Rewatch || !slices.Equal(s.Tags, []string{"paris", "cinema"}) ||
				s.URL != "https://boxd.it/aaa1" || s.PublishedAt.Format(time.DateOnly) != "2024-05-02" {
				t.Errorf("document %+v", d)
			}
			if again := read(t, pipeline.Export{Path: path}); again.documents[1].RawSHA256 != d.RawSHA256 {
				t.Error("the same row has two hashes")
			}
		})
	}
}

func TestAnEditedRowHasAnotherHash(t *testing.T) {
	before := read(t, pipeline.Export{Path: pack(t, letterboxd(), "")})
	files := letterboxd()
	files["reviews.csv"] = strings.Replace(files["reviews.csv"], "Chaos.", "Chaos!", 1)
	after := read(t, pipeline.Export{Path: pack(t, files, "")})
	for i := range before.documents {
		same := before.documents[i].RawSHA256 == after.documents[i].RawSHA256
		if edited := before.documents[i].Stated.Film.Title == "Ran"; same == edited {
			t.Errorf("%s: the hash is the same: %v", before.documents[i].GUID, same)
		}
	}
}

const imdb = `Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors
tt0211915,9,2021-03-04,Amelie,Le fabuleux destin d'Amélie Poulain,https://www.imdb.com/title/tt0211915,Movie,8.3,122,2001,"Comedy, Romance",800000,2001-04-25,Jean-Pierre Jeunet
tt0903747,10,2020-01-01,Breaking Bad,Breaking Bad,https://www.imdb.com/title/tt0903747,TV Series,9.5,45,2008,Crime,2000000,2008-01-20,
tt0085701,,2022-01-01,The Hunger,The Hunger,https://www.imdb.com/title/tt0085701,TV Movie,6.6,97,1983,Horror,30000,1983-04-29,Tony Scott
`

func TestIMDbRatings(t *testing.T) {
	path := write(t, "ratings.csv", imdb)
	out := read(t, pipeline.Export{Path: path})
	want := []string{`Breaking Bad (2008) "10" of 10, television`, `Amelie (2001) "9" of 10`, `The Hunger (1983) "" of `}
	if got := out.lines(); !slices.Equal(got, want) {
		t.Fatalf("got %q\nwant %q", got, want)
	}
	amelie := out.documents[1]
	if f := amelie.Stated.Film; f.IDs.IMDb != "tt0211915" || f.OriginalTitle != "Le fabuleux destin d'Amélie Poulain" || !slices.Equal(f.Directors, []string{"Jean-Pierre Jeunet"}) {
		t.Errorf("film %+v", f)
	}
	if amelie.RatingScale.Worst != review.Int(1) {
		t.Errorf("scale %+v: IMDb has no zero", amelie.RatingScale)
	}
	asked := read(t, pipeline.Export{Path: path, Television: true})
	if asked.documents[0].Aside != "" {
		t.Errorf("television was asked for, and is aside: %q", asked.documents[0].Aside)
	}
}

func TestTablesOfOnesOwn(t *testing.T) {
	for _, c := range []struct {
		name, table string
		columns     map[string]string
		want        []string
	}{
		{"well-known names", "Movie,Year,Score,Review,Date\nHeat,1995,8/10,Loud.,2020-01-01\n", nil, []string{`Heat (1995) "8/10" of `}},
		{"a title is the film's", "title,rating\nHeat,B+\n", nil, []string{`Heat (0) "B+" of `}},
		{"mapped", "Werk;Note;Jahr\nHeat;4,5;1995\n", map[string]string{"film.title": "Werk", "rating": "note", "film.year": "Jahr"}, []string{`Heat (1995) "4,5" of `}},
		{"a mapped column means that alone", "Rating,Mine,Film\n7.9,3/5,Heat\n", map[string]string{"rating": "Mine"}, []string{`Heat (0) "3/5" of `}},
		{"tabs", "film\trating\nHeat\t3\n", nil, []string{`Heat (0) "3" of `}},
		{"a column that is not there", "film,rating\nHeat,3\n", map[string]string{"rating": "Stars"},
			[]string{`! own.csv: has no column "Stars", which columns.rating names; it has film, rating`}},
		{"in German", "Titel;Jahr;Bewertung;Kritik\nHeat;1995;8/10;Laut.\n", nil, []string{`Heat (1995) "8/10" of `}},
		{"in French", "Titre,Année,Étoiles\nHeat,1995,4\n", nil, []string{`Heat (1995) "4" of `}},
		{"in Spanish", "Película,AÑO,Puntuación\nHeat,1995,8\n", nil, []string{`Heat (1995) "8" of `}},
		{"in Italian", "Titolo,Anno,Voto\nHeat,1995,8\n", nil, []string{`Heat (1995) "8" of `}},
		{"the first of two that mean the same", "film,score,rating\nHeat,3/5,2/10\n", nil, []string{`Heat (0) "3/5" of `}},
		{"no rating among columns nobody knows", "film,Note,Land\nHeat,8,US\nRan,9,JP\n", nil, []string{`Heat (0) "" of `, `Ran (0) "" of `,
			`! own.csv: no column is known to hold the ratings, and these were not read: Note, Land; if one of them does, say so in the config, as in columns: {rating: "Note"}`}},
		{"no rating at all", "film,year\nHeat,1995\n", nil, []string{`Heat (1995) "" of `}},
		{"a rating beside a column nobody knows", "film,rating,Land\nHeat,8,US\n", nil, []string{`Heat (0) "8" of `}},
		{"no film", "a,b\n1,2\n", nil, []string{`! own.csv: no column names the film (film, movie, title ...); it has a, b. columns in the config says what they mean`}},
		{"a wrong year", "film,year\nHeat,soon\nRan,1985\n", nil, []string{`Ran (1985) "" of `, `! own.csv:2: document: "soon": want a whole number`}},
		{"no table", "just a line of text", nil, []string{"! own.csv: holds no table: the first line should name the columns"}},
		{"nothing", "", nil, []string{"! own.csv: holds no table: the first line should name the columns"}},
		{"short and long rows", "film,rating,year\nHeat\nRan,5,1985,more,and more\n", nil, []string{`Heat (0) "" of `, `Ran (1985) "5" of `}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read(t, pipeline.Export{Path: write(t, "own.csv", c.table), Columns: c.columns}).lines(); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestDamage opens what real exports have been through.
func TestDamage(t *testing.T) {
	const head = "Date,Name,Year,Letterboxd URI,Rating\n"
	row := func(film string) string { return "2020-01-01," + film + ",2000,https://boxd.it/" + film + ",3\n" }
	ok := func(film string) string { return film + ` (2000) "3" of 5` }
	utf16le := func(s string) string {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return string(b)
	}
	for _, c := range []struct {
		name, table string
		want        []string
	}{
		{"byte-order mark and CRLF", "\ufeff" + strings.ReplaceAll(head+row("A")+row("B"), "\n", "\r\n"), []string{ok("A"), ok("B")}},
		{"utf-16", utf16le(head + row("Amélie")), []string{ok("Amélie")}},
		{"windows-1252", head + row("Am\xe9lie"), []string{ok("Amélie")}},
		{"semicolons", strings.ReplaceAll(head+row("A"), ",", ";"), []string{ok("A")}},
		{"renamed columns", "Watched Date,Title,Year,Letterboxd URI,Rating\n" + row("A"), []string{ok("A")}},
		{"upper case", strings.ToUpper(head) + row("A"), []string{ok("A")}},
		{"empty lines", head + "\n\n" + row("A") + "\n" + row("B"), []string{ok("A"), ok("B")}},
		{"conflict marks", head + row("A") + "<<<<<<< HEAD\n" + row("B") + "=======\n" + row("C") + ">>>>>>> theirs\n" + row("D"),
			[]string{ok("A"), ok("B"), ok("C"), ok("D"),
				"! x.csv:3: a mark of a merge conflict, which is no row; settle the conflict",
				"! x.csv:5: a mark of a merge conflict, which is no row; settle the conflict",
				"! x.csv:7: a mark of a merge conflict, which is no row; settle the conflict"}},
		{"a quote never closed", head + row("A") + "2020-01-01,\"B,2000,https://boxd.it/B,3\n" + row("C"),
			[]string{ok("A"), ok("C"), "! x.csv:3: a quote is opened here and never closed; the row is lost"}},
		{"a stray quote", head + "2020-01-01,12\" Monkeys,2000,https://boxd.it/M,3\n" + row("C"), []string{ok(`12" Monkeys`), ok("C")}},
		{"a row without its address", head + "2020-01-01,A,2000\n" + row("B"),
			[]string{ok("B"), `! x.csv:2: the Letterboxd URI is "", which is no address; is a quote or a separator missing?`}},
		{"columns out of step", head + "A,2000,2020-01-01,3,https://boxd.it/A\n" + row("B"),
			[]string{ok("B"), `! x.csv:2: the Letterboxd URI is "3", which is no address; is a quote or a separator missing?`}},
		{"cut off", head + row("A") + "2020-01-01,B,20", []string{ok("A"), `! x.csv:3: the Letterboxd URI is "", which is no address; is a quote or a separator missing?`}},
		{"bytes", "PNG\x00\x01", []string{"! x.csv: holds bytes that are no text"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read(t, pipeline.Export{Path: write(t, "x.csv", c.table)}).lines(); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestPackedFiles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "film,rating\nHeat,3\n")
	z.Close()
	if got := read(t, pipeline.Export{Path: write(t, "own.csv.gz", packed.String())}).lines(); !slices.Equal(got, []string{`Heat (0) "3" of `}) {
		t.Errorf("gzip: %q", got)
	}
	two := pack(t, map[string]string{"a.csv": "film\tyear\nHeat\t1995\n", "notes.txt": "x", "__MACOSX/._a.csv": "x"}, "")
	if got := read(t, pipeline.Export{Path: two}).lines(); !slices.Equal(got, []string{`Heat (1995) "" of `}) {
		t.Errorf("zip of tables: %q", got)
	}
	for name, c := range map[string]struct{ content, want string }{
		"empty zip":   {"PK\x03\x04 and no more", "cannot be unpacked"},
		"cut gzip":    {packed.String()[:packed.Len()-9], "cannot be unpacked"},
		"not there":   {"", "no such file"},
		"no table":    {mustRead(t, pack(t, map[string]string{"readme.txt": "x"}, "")), "holds no .csv file"},
		"an archived": {mustRead(t, pack(t, map[string]string{"diary.csv": "junk"}, "")), "holds no table"},
	} {
		path := write(t, "x.zip", c.content)
		if name == "not there" {
			os.Remove(path)
		}
		out := read(t, pipeline.Export{Path: path})
		if len(out.documents) != 0 || len(out.problems) == 0 || !strings.Contains(out.problems[0].Err.Error(), c.want) {
			t.Errorf("%s: %q", name, out.lines())
		}
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBomb unpacks what promises more than it should.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("diary.csv")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 65 {
		w.Write(zeros)
	}
	z.Close()
	out := read(t, pipeline.Export{Path: write(t, "bomb.zip", b.String())})
	if len(out.problems) == 0 || !strings.Contains(out.problems[0].Err.Error(), "unpacks to more than 64 MB") {
		t.Errorf("got %q", out.lines())
	}
}

func TestReadingEndsWhenAsked(t *testing.T) {
	stop := errors.New("stop")
	for name, path := range map[string]string{
		"a document": pack(t, letterboxd(), ""),
		"a problem":  write(t, "x.csv", "<<<<<<< a\n<<<<<<< b\nfilm,rating\nHeat,3\n"),
	} {
		out := &shelf{fail: stop}
		if err := exports.Reader(noon{})(t.Context(), pipeline.Export{Path: path}, out); !errors.Is(err, stop) || len(out.documents)+len(out.problems) != 1 {
			t.Errorf("%s: %v after %q", name, err, out.lines())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := exports.Reader(noon{})(ctx, pipeline.Export{Path: pack(t, letterboxd(), "")}, &shelf{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func FuzzExport(f *testing.F) {
	f.Add([]byte(imdb))
	for _, content := range letterboxd() {
		f.Add([]byte(content))
	}
	f.Add([]byte("\"a\n\"b,\"\"\"\nfilm;rating\n\"\"x\"\n<<<<<<< \n"))
	f.Add([]byte(mustReadF(f, pack(f, letterboxd(), ""))))
	f.Fuzz(func(t *testing.T, content []byte) {
		out := read(t, pipeline.Export{Path: write(t, "x.csv", string(content))})
		lines := 2 + bytes.Count(content, []byte("\n")) + bytes.Count(content, []byte("\r"))
		if !bytes.HasPrefix(content, []byte("PK")) && !bytes.HasPrefix(content, []byte("\x1f\x8b")) && len(out.documents) > lines {
			t.Errorf("%d documents from %d lines", len(out.documents), lines)
		}
		for _, d := range out.documents {
			if d.GUID == "" || d.RawSHA256 == "" {
				t.Errorf("document %+v", d)
			}
		}
	})
}

func mustReadF(f *testing.F, path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return string(b)
}
