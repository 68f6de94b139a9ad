package letterboxd_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/sources/letterboxd"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const head = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"

func row(film, text string) string {
	return fmt.Sprintf("2024-05-0%d,%s,2001,https://boxd.it/%s,4,,%q,,2024-05-0%d\n", len(film), film, film, text, len(film))
}

// TestConformance reads an export alone.
func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type: letterboxd.Type(),
		Place: func(t *testing.T) sourcetest.Place {
			path := filepath.Join(t.TempDir(), "reviews.csv")
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			put := func(b []byte) {
				if err := os.WriteFile(path, b, 0o666); err != nil {
					t.Fatal(err)
				}
				at = at.Add(time.Second)
				if err := os.Chtimes(path, at, at); err != nil {
					t.Fatal(err)
				}
			}
			return sourcetest.Place{
				Options: map[string]any{"export": path},
				Put:     put,
				Hold: func(s sourcetest.State) {
					second := row("BB", "second")
					switch s {
					case sourcetest.Edited:
						second = row("BB", "second, edited")
					case sourcetest.Broken:
						second = "2024-05-02,\n"
					}
					put([]byte(head + row("A", "first") + second + row("CCC", "third")))
				},
			}
		},
		Complete: true,
		Hostile:  map[string][]byte{"bytes": {0, 1, 2}, "a cut zip": []byte("PK\x03\x04"), "open quotes": []byte("\"\n\"")},
	})
}

// item is an entry of a member's feed.
func item(guid, film, day, more string) string {
	return fmt.Sprintf(`<item><title>%[2]s, 2001 - ★★★★</title><link>https://letterboxd.com/jane/film/%[2]s/</link><guid isPermaLink="false">%[1]s</guid>
<pubDate>Mon, 6 May 2024 13:01:00 +1200</pubDate><letterboxd:watchedDate>%[3]s</letterboxd:watchedDate><letterboxd:filmTitle>%[2]s</letterboxd:filmTitle>
<letterboxd:filmYear>2001</letterboxd:filmYear><letterboxd:memberRating>4.0</letterboxd:memberRating>%[4]s<description><![CDATA[<p>From the feed.</p>]]></description></item>`, guid, film, day, more)
}

// member serves a member's feed and an export, and opens a source on both.
type member struct {
	t      *testing.T
	feed   string
	export string
	source pipeline.Source
	mark   []byte
}

func newMember(t *testing.T, options map[string]any) *member {
	m := &member{t: t, export: filepath.Join(t.TempDir(), "reviews.csv")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<?xml version="1.0"?><rss version="2.0" xmlns:letterboxd="https://letterboxd.com" xmlns:tmdb="https://themoviedb.org"><channel><title>jane</title><link>https://letterboxd.com/jane/</link>%s</channel></rss>`, m.feed)
	}))
	t.Cleanup(server.Close)
	client := fetch.New(fetch.Options{AllowPrivate: true})
	t.Cleanup(client.Close)
	for key, value := range map[string]any{"feed": server.URL, "export": m.export} {
		if _, said := options[key]; !said {
			options[key] = value
		}
		if options[key] == "" { // without it
			delete(options, key)
		}
	}
	if options["feed"] == nil { // an export alone has to be there
		if err := os.WriteFile(m.export, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.source = sourcetest.Open(t, letterboxd.Type(), sourcetest.Place{Options: options, HTTP: client})
	return m
}

func (m *member) write(rows ...string) {
	if err := os.WriteFile(m.export, []byte(head+strings.Join(rows, "")), 0o666); err != nil {
		m.t.Fatal(err)
	}
}

// read reads once and says what came, from where.
func (m *member) read() []string {
	m.t.Helper()
	out, r := sourcetest.Read(m.t, m.source, m.mark)
	m.mark = r.Checkpoint
	if r.Complete {
		m.t.Error("a reading with a feed is complete")
	}
	var all []string
	for _, d := range out.Documents {
		from := "export"
		if strings.Contains(d.Body, "From the feed") {
			from = "feed"
		}
		if d.Aside != "" {
			from += ", " + string(d.Aside)
		}
		all = append(all, d.GUID+" "+from)
	}
	for _, p := range out.Problems {
		all = append(all, "! "+p.Err.Error())
	}
	return all
}

func (m *member) want(want ...string) {
	m.t.Helper()
	if got := m.read(); !slices.Equal(got, want) {
		m.t.Fatalf("got  %q\nwant %q", got, want)
	}
}

func TestFeedAndExportNameAnEntryAlike(t *testing.T) {
	m := newMember(t, map[string]any{})
	m.write(row("A", "first"), row("BB", "second"))
	m.feed = item("letterboxd-review-2", "BB", "2024-05-02", "")
	m.want("A|2001|2024-05-01 export", "BB|2001|2024-05-02 feed")

	// A new entry comes by the feed; the export, unchanged, is not read again.
	m.feed = item("letterboxd-review-3", "CCC", "2024-05-03", "") + m.feed
	m.want("BB|2001|2024-05-02 feed", "CCC|2001|2024-05-03 feed")

	// A later export has it too, and the feed shows the older one no longer: what
	// the feed said of it stays.
	m.write(row("A", "first"), row("BB", "second"), row("CCC", "third"))
	m.feed = item("letterboxd-review-3", "CCC", "2024-05-03", "")
	m.want("A|2001|2024-05-01 export", "CCC|2001|2024-05-03 feed")
}

// TestWhatTheFeedSaidStandsWhenAllIsReadAnew: the feed shows an entry no longer, and other
// settings are to understand everything: the export's older words are not taken for it.
func TestWhatTheFeedSaidStandsWhenAllIsReadAnew(t *testing.T) {
	m := newMember(t, map[string]any{})
	m.write(row("A", "first"), row("BB", "second"))
	m.feed = item("letterboxd-review-2", "BB", "2024-05-02", "")
	m.want("A|2001|2024-05-01 export", "BB|2001|2024-05-02 feed")
	m.feed = item("letterboxd-review-3", "CCC", "2024-05-03", "")
	m.want("CCC|2001|2024-05-03 feed")
	m.mark = m.source.(pipeline.Rereader).Anew(m.mark)
	m.want("A|2001|2024-05-01 export", "CCC|2001|2024-05-03 feed")
	if got := m.source.(pipeline.Rereader).Anew([]byte("foreign")); !strings.Contains(string(got), "{") {
		t.Errorf("of a foreign checkpoint stays %q", got)
	}
}

func TestAHubOfTheFeedIsPassedOn(t *testing.T) {
	m := newMember(t, map[string]any{"export": ""})
	m.feed = `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://jane.example/rss"/>` + item("letterboxd-review-2", "BB", "2024-05-02", "")
	if _, r := sourcetest.Read(t, m.source, nil); len(r.Push) != 1 || r.Push[0].Hub != "https://hub.example/" {
		t.Errorf("%+v", r.Push)
	}
}

func TestTwoEntriesOfOneFilmOnOneDay(t *testing.T) {
	m := newMember(t, map[string]any{"feed": ""})
	m.write(row("A", "morning"), row("A", "evening"))
	out, r := sourcetest.Read(t, m.source, nil)
	if got := out.GUIDs(); !slices.Equal(got, []string{"A|2001|2024-05-01", "A|2001|2024-05-01#2"}) {
		t.Errorf("ids %q", got)
	}
	if !r.Complete {
		t.Error("an export alone is everything there is")
	}
	if _, again := sourcetest.Read(t, m.source, r.Checkpoint); !again.Unchanged {
		t.Error("an export that has not changed is read again")
	}
}

func TestListsAndTelevisionStandAside(t *testing.T) {
	feed := item("letterboxd-list-9", "Seen", "", "") + item("letterboxd-watch-8", "Show", "2024-05-02", "<tmdb:tvId>7</tmdb:tvId>")
	m := newMember(t, map[string]any{"export": ""})
	m.feed = feed
	m.want("Show|2001|2024-05-02 feed, television", "letterboxd-list-9 feed, a list of films")
	asked := newMember(t, map[string]any{"export": "", "television": true})
	asked.feed = feed
	asked.want("Show|2001|2024-05-02 feed", "letterboxd-list-9 feed, a list of films")
}

func TestAMissingExportIsAProblemAndTheFeedIsRead(t *testing.T) {
	m := newMember(t, map[string]any{})
	m.feed = item("letterboxd-review-2", "BB", "2024-05-02", "")
	m.want("BB|2001|2024-05-02 feed", "! no such file or directory")
	m.want("! no such file or directory") // the feed has not changed
}

func TestDiagnoseLooksAtBoth(t *testing.T) {
	m := newMember(t, map[string]any{})
	levels := func() (all []pipeline.Level) {
		for _, f := range m.source.(pipeline.Diagnoser).Diagnose(t.Context()) {
			all = append(all, f.Level)
		}
		return all
	}
	if got := levels(); !slices.Equal(got, []pipeline.Level{pipeline.LevelOK, pipeline.LevelFault}) {
		t.Errorf("without the export: %v", got)
	}
	m.write(row("A", "first"))
	if got := levels(); !slices.Equal(got, []pipeline.Level{pipeline.LevelOK, pipeline.LevelOK}) {
		t.Errorf("with both: %v", got)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		options map[string]any
		want    string
	}{
		{map[string]any{}, "wants member, export or both"},
		{map[string]any{"member": "letterboxd.com/jane"}, `member: "letterboxd.com/jane" is not a member's name`},
		{map[string]any{"member": "jane", "timeout": "0s"}, "timeout: want a duration from 1ms to 1h"},
		{map[string]any{"member": "jane"}, ""},
		{map[string]any{"export": t.TempDir()}, ""},
		{map[string]any{"export": "testdata/jane.zip"}, "export: there is no such export"},
		{map[string]any{"export": "testdata/jane.zip", "member": "jane"}, ""},
	} {
		o := sourcetest.NewOptions(c.options)
		letterboxd.Type().Configure(o)
		if got := strings.Join(o.Faults(), "; "); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%v: faults %q, want %q", c.options, got, c.want)
		}
	}
}
