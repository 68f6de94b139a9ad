package letterboxd_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/letterboxd"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

func open(t testing.TB, s letterboxd.Settings, env pipeline.ViewEnv) *letterboxd.View {
	t.Helper()
	v, err := letterboxd.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestView(t *testing.T) {
	sinktest.View(t, func(t testing.TB, env pipeline.ViewEnv) pipeline.View {
		return open(t, letterboxd.Settings{Text: "full", Dates: "published"}, env)
	})
}

// made applies events and returns the documents.
func made(t testing.TB, s letterboxd.Settings, events ...*review.Event) *sinktest.Documents {
	t.Helper()
	h := sinktest.NewHistory(events...)
	docs := &sinktest.Documents{}
	if err := open(t, s, h.ViewEnv()).Apply(t.Context(), h, &sinktest.Memory{}, docs); err != nil {
		t.Fatal(err)
	}
	if err := docs.Err(); err != nil {
		t.Fatal(err)
	}
	return docs
}

// rows are a file's records by column.
func rows(t testing.TB, content string) (all []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = r[i]
		}
		all = append(all, row)
	}
	return all
}

const janes = "letterboxd/test/jane-doe.csv"

func one(t testing.TB, s letterboxd.Settings, e *review.Event) map[string]string {
	t.Helper()
	all := rows(t, made(t, s, e).Content(janes))
	if len(all) != 1 {
		t.Fatal(all)
	}
	return all[0]
}

func TestRow(t *testing.T) {
	e := sinktest.Event(func(e *review.Event) {
		e.Film.Directors = []string{"Mark Romanek"}
		e.Film.IDs = review.FilmIDs{IMDb: "tt1334260", TMDB: "42188", Letterboxd: "never-let-me-go-2010"}
		e.WatchedOn, e.Rewatch = review.Date{Year: 2010, Month: 9, Day: 14}, true
		e.Tags = []string{"science fiction", "clones, sad", ""}
	})
	want := map[string]string{
		"LetterboxdURI": "https://letterboxd.com/film/never-let-me-go-2010/", "tmdbID": "42188", "imdbID": "tt1334260",
		"Title": "Never Let Me Go", "Year": "2010", "Directors": "Mark Romanek", "Rating": "4", "Rating10": "",
		"WatchedDate": "2010-09-14", "Rewatch": "true", "Tags": "science fiction, clones sad",
		"Review": "A quiet film about borrowed time. It stays with you.",
	}
	if got := one(t, letterboxd.Defaults(), e); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v\nwant\n%v", got, want)
	}
}

func TestRatings(t *testing.T) {
	for name, c := range map[string]struct {
		rated         sinktest.Option
		stars, points string
	}{
		"stars of five":       {sinktest.Stars("3.5", "5"), "3.5", ""},
		"the best":            {sinktest.Stars("5", "5"), "5", ""},
		"the least":           {sinktest.Stars("0.5", "5"), "0.5", ""},
		"quarters":            {sinktest.Stars("3.25", "5"), "", "6"},
		"stars of four":       {sinktest.Stars("3", "4"), "", "8"},
		"points of ten":       {sinktest.Stars("7", "10"), "", "7"},
		"of a hundred":        {sinktest.Stars("94", "100"), "", "9"},
		"very little":         {sinktest.Stars("1", "100"), "", "1"},
		"a real zero":         {sinktest.Stars("0", "5"), "", ""},
		"a real zero of ten":  {sinktest.Stars("0", "10"), "", ""},
		"one to five, by one": {scale("3", "1", "5"), "3", ""},
		"the worst of those":  {scale("1", "1", "5"), "1", ""},
		"plus and minus":      {scale("-4", "-4", "4"), "", ""},
		"a letter": {func(e *review.Event) {
			e.Rating = review.Rating{Kind: review.Scored, Raw: "A-", Letter: "A-", Norm: review.LetterNorm("A-")}
		}, "", "9"},
		"thumbs":    {sinktest.Rated(review.Verdicted, "fresh"), "", ""},
		"unrated":   {sinktest.Rated(review.Unrated, ""), "", ""},
		"lost":      {sinktest.Rated(review.Lost, "(out of 5)"), "", ""},
		"ambiguous": {sinktest.Rated(review.Ambiguous, "4"), "", ""},
		"invalid":   {sinktest.Rated(review.Invalid, "6/5"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			row := one(t, letterboxd.Defaults(), sinktest.Event(c.rated))
			if row["Rating"] != c.stars || row["Rating10"] != c.points {
				t.Errorf("%q and %q, want %q and %q", row["Rating"], row["Rating10"], c.stars, c.points)
			}
		})
	}
}

// scale is a scored rating on a scale that does not begin at zero.
func scale(value, worst, best string) sinktest.Option {
	return func(e *review.Event) {
		number := func(s string) review.Decimal {
			d, err := review.ParseDecimal(s)
			if err != nil {
				panic(err)
			}
			return d
		}
		s := review.Scale{Worst: number(worst), Best: number(best)}
		e.Rating = review.Rating{Kind: review.Scored, Raw: value, Value: number(value), Worst: s.Worst, Best: s.Best, Norm: s.Norm(number(value))}
	}
}

func TestText(t *testing.T) {
	const body = `<h2>Head</h2><p>It <em>stays</em>  with
<strong>you</strong>, <a href="https://example.org/?a=1&amp;b='2'">here</a>.<br>Next &amp; last.</p><blockquote><p>"Quoted" \ twice</p><p>Again</p></blockquote>
<ul><li><p>one</p></li><li>two</li></ul><figure><img src="https://example.org/x.jpg" alt="x"><figcaption>A <cite>pier</cite></figcaption></figure><p><a href="javascript:x">no link</a></p>`
	const want = "Head\n\nIt <em>stays</em> with <strong>you</strong>, <a href='https://example.org/?a=1&amp;b=&#39;2&#39;'>here</a>.\nNext &amp; last." +
		"\n\n<blockquote>&quot;Quoted&quot; &#92; twice\n\nAgain</blockquote>\n\n• one\n\n• two\n\nA <i>pier</i>\n\nno link"
	html := func(e *review.Event) { e.BodyHTML = body }
	rights := func(r review.Rights) sinktest.Option {
		return func(e *review.Event) { e.Rights = r; e.URL = "https://example.org/r" }
	}
	const link = "<a href='https://example.org/r'>https://example.org/r</a>"
	const summary = "A quiet film about borrowed time. It stays with you."
	for name, c := range map[string]struct {
		text    string
		options []sinktest.Option
		want    string
	}{
		"full":             {"full", []sinktest.Option{html}, want},
		"none":             {"none", []sinktest.Option{html}, ""},
		"an excerpt":       {"excerpt", []sinktest.Option{html, rights("")}, summary + "\n\n" + link},
		"excerpt by right": {"full", []sinktest.Option{html, rights(review.RightsExcerpt)}, summary + "\n\n" + link},
		"link by right":    {"full", []sinktest.Option{html, rights(review.RightsLink)}, link},
		"a later right":    {"full", []sinktest.Option{html, rights("mention")}, link},
		"plain":            {"full", []sinktest.Option{func(e *review.Event) { e.BodyHTML, e.BodyText = "", "One <\n\nTwo" }}, "One &lt;\n\nTwo"},
		"a bare rating":    {"full", []sinktest.Option{func(e *review.Event) { e.EntryKind = review.EntryRating }}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			row := one(t, letterboxd.Settings{Text: c.text, Dates: "watched"}, sinktest.Event(c.options...))
			if row["Review"] != c.want {
				t.Errorf("%q\nwant\n%q", row["Review"], c.want)
			}
		})
	}
}

func TestDays(t *testing.T) {
	tagged := func(e *review.Event) { e.Tags, e.Rewatch = []string{"x"}, true }
	watched := one(t, letterboxd.Defaults(), sinktest.Event(tagged))
	if watched["WatchedDate"] != "" || watched["Tags"] != "" || watched["Rewatch"] != "" {
		t.Error("a day was made up", watched)
	}
	published := one(t, letterboxd.Settings{Text: "full", Dates: "published"}, sinktest.Event(tagged))
	if published["WatchedDate"] != "2010-09-15" || published["Tags"] != "x" || published["Rewatch"] != "true" {
		t.Error(published)
	}
}

func TestEachCriticHasAFile(t *testing.T) {
	docs := made(t, letterboxd.Defaults(),
		sinktest.Event(),
		sinktest.Event(sinktest.GUID("2"), sinktest.By("John Roe", "")),
		sinktest.Event(sinktest.GUID("3"), sinktest.By("", "")),
		sinktest.Event(sinktest.GUID("4"), func(e *review.Event) { e.Critic.ID = "../../etc/x" }),
		sinktest.Event(sinktest.GUID("5"), func(e *review.Event) { e.Film = review.Film{} }))
	if got := docs.Paths(); len(got) != 4 || !slices.Contains(got, janes) || !slices.Contains(got, "letterboxd/test/john-roe.csv") ||
		!slices.Contains(got, "letterboxd/test.csv") {
		t.Error(got)
	}
}

// TestParts has more reviews than a file takes, by size and by number, and takes them
// away again.
func TestParts(t *testing.T) {
	for name, c := range map[string]struct {
		reviews, text, parts int
	}{
		"by size":       {30, 100_000, 4},
		"by number":     {2_000, 10, 2},
		"a single huge": {1, 2_000_000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var events []*review.Event
			for i := range c.reviews {
				events = append(events, sinktest.Event(sinktest.GUID(fmt.Sprint(i)), func(e *review.Event) {
					e.Film.Title = fmt.Sprintf("Film %d", i)
					e.PublishedAt = sinktest.Epoch().AddDate(0, 0, i)
				}, sinktest.Text(strings.Repeat("word ", c.text/5))))
			}
			h := sinktest.NewHistory(events...)
			docs, st := &sinktest.Documents{}, &sinktest.Memory{}
			v := open(t, letterboxd.Defaults(), h.ViewEnv())
			if err := v.Apply(t.Context(), h, st, docs); err != nil {
				t.Fatal(err)
			}
			paths := docs.Paths()
			if len(paths) != c.parts {
				t.Fatal(paths)
			}
			total := 0
			for _, path := range paths {
				content := docs.Content(path)
				if len(content) > 1_000_000 {
					t.Errorf("%s has %d bytes", path, len(content))
				}
				all := rows(t, content)
				if len(all) > 1_900 {
					t.Errorf("%s has %d rows", path, len(all))
				}
				total += len(all)
			}
			if total != c.reviews {
				t.Errorf("%d rows of %d reviews", total, c.reviews)
			}
			docs.Touched()
			// A later review changes the last part and no other.
			h = append(h, pipeline.Entry{Position: pipeline.Position(len(h) + 1), Live: true, Review: sinktest.Event(sinktest.GUID("new"), sinktest.On("2030-01-01"))})
			v = open(t, letterboxd.Defaults(), h.ViewEnv())
			if err := v.Apply(t.Context(), h[len(h)-1:], st, docs); err != nil {
				t.Fatal(err)
			}
			if touched := docs.Touched(); len(touched) != 1 {
				t.Errorf("one new review touched %v", touched)
			}
			var gone []pipeline.Entry
			for _, e := range h {
				e.Live, e.Position = false, e.Position+pipeline.Position(len(h))
				gone = append(gone, e)
			}
			if err := v.Apply(t.Context(), gone, st, docs); err != nil {
				t.Fatal(err)
			}
			if left := docs.Paths(); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// out keeps what an export holds.
type out struct {
	documents []review.Document
	problems  []pipeline.Problem
}

func (o *out) Document(d review.Document) error { o.documents = append(o.documents, d); return nil }
func (o *out) Gone(string) error                { return nil }
func (o *out) Problem(p pipeline.Problem) error { o.problems = append(o.problems, p); return nil }

// TestRoundTrip reads a file back with the reader of exports: each review comes back
// with its film, its rating, its day and its text.
func TestRoundTrip(t *testing.T) {
	var events []*review.Event
	for i, stars := range []string{"0.5", "1", "2.5", "4", "5"} {
		events = append(events, sinktest.Event(sinktest.GUID(stars), sinktest.Stars(stars, "5"), sinktest.Text("He said \"no\", \\ and <left>."), func(e *review.Event) {
			e.Film.Title, e.Film.Year = fmt.Sprintf("A \"Film\", %d", i), 2000+i
			e.Film.Directors, e.Film.IDs.IMDb = []string{"Ann A.", "Bob B."}, fmt.Sprintf("tt000000%d", i)
			e.WatchedOn = review.Date{Year: 2010, Month: 9, Day: 10 + i}
		}))
	}
	events = append(events, sinktest.Event(sinktest.GUID("ten"), sinktest.Stars("3", "4"), func(e *review.Event) {
		e.WatchedOn = review.Date{Year: 2011, Month: 1, Day: 1}
	}))
	path := filepath.Join(t.TempDir(), "import.csv")
	if err := os.WriteFile(path, []byte(made(t, letterboxd.Defaults(), events...).Content(janes)), 0o644); err != nil {
		t.Fatal(err)
	}
	back := &out{}
	if err := exports.Reader(pipeline.SystemClock{})(context.Background(), pipeline.Export{Path: path}, back); err != nil || len(back.problems) > 0 {
		t.Fatal(err, back.problems)
	}
	if len(back.documents) != len(events) {
		t.Fatalf("%d of %d", len(back.documents), len(events))
	}
	for i, d := range back.documents {
		e, s := events[i], d.Stated
		want := e.Rating.Value.String()
		scale := review.Int(5)
		if i == 5 {
			want, scale = "8", review.Int(10)
		}
		if s.Film.Title != e.Film.Title || s.Film.Year != e.Film.Year || s.Film.IDs != e.Film.IDs || !slices.Equal(s.Film.Directors, e.Film.Directors) ||
			s.WatchedOn != e.WatchedOn || d.RatingText != want || d.RatingScale.Best != scale {
			t.Errorf("%+v\nof\n%+v", d, e.Review)
		}
		if i < 5 && d.Body != "<p>He said &quot;no&quot;, &#92; and &lt;left&gt;.</p>\n" {
			t.Errorf("%q", d.Body)
		}
	}
}

// FuzzText has a body that nobody cleaned: what goes to Letterboxd holds the tags it
// keeps and no others, each of them closed, and nothing that a way of quoting could trip
// over.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"<p>It <em>stays</em>", "<blockquote><blockquote>x", "<i><b>x</i></b>", "</i>", "a \\ \" '", "<a href='https://e.org/'><a href=x>y</a></a>"} {
		f.Add(seed)
	}
	tag := regexp.MustCompile(`<(/?)(b|strong|i|em|blockquote|a)( href='https?://[^'<>"\\ ]*')?>`)
	f.Fuzz(func(t *testing.T, body string) {
		text := one(t, letterboxd.Defaults(), sinktest.Event(func(e *review.Event) { e.BodyHTML = body }))["Review"]
		if strings.ContainsAny(tag.ReplaceAllString(text, ""), "<>\"\\") {
			t.Errorf("%q became %q", body, text)
		}
		open := 0
		for _, found := range tag.FindAllStringSubmatch(text, -1) {
			if open++; found[1] == "/" {
				open -= 2
			}
		}
		if open != 0 {
			t.Errorf("%q became %q, with %d tags open", body, text, open)
		}
	})
}
