package exports_test

import (
	"slices"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// TestLetterboxdImport reads what other tools write for Letterboxd's import.
func TestLetterboxdImport(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"all columns": {
			"LetterboxdURI,tmdbID,imdbID,Title,Year,Directors,Rating,Rating10,WatchedDate,Rewatch,Tags,Review\n" +
				"https://letterboxd.com/film/top-gun/,744,tt0092099,Top Gun,1986,Tony Scott,4.5,,2024-05-01,true,\"jets, volleyball\",\"Loud.\n\nFast.\"\n",
			[]string{`Top Gun (1986) "4.5" of 5`},
		},
		"points of ten":      {"Title,Year,Rating10,WatchedDate\nTop Gun,1986,7,2024-05-01\n", []string{`Top Gun (1986) "7" of 10`}},
		"the later counts":   {"Title,Rating10,Rating\nTop Gun,7,4\n", []string{`Top Gun (0) "4" of 5`}},
		"the later, again":   {"Title,Rating,Rating10\nTop Gun,4,7\n", []string{`Top Gun (0) "7" of 10`}},
		"an id alone":        {"tmdbID,Rating10\n744,7\n", []string{` (0) "7" of 10`}},
		"no film":            {"Title,Rating10\n,7\nTop Gun,7\n", []string{`Top Gun (0) "7" of 10`, "! in.csv:2: names no film: neither Title nor an id is there"}},
		"without any rating": {"LetterboxdURI,Title\nhttps://boxd.it/29qU,Top Gun\n", []string{`Top Gun (0) "" of `}},
	} {
		t.Run(name, func(t *testing.T) {
			out := read(t, pipeline.Export{Path: write(t, "in.csv", c.content)})
			if got := out.lines(); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	out := read(t, pipeline.Export{Path: write(t, "in.csv", "LetterboxdURI,imdbID,Title,Directors,WatchedDate,Rewatch,Tags,Review,Rating10\n"+
		"https://letterboxd.com/film/top-gun/,tt0092099,Top Gun,\"A B, C D\",2024-05-01,true,\"x, y\",Loud.,8\n")})
	s := out.documents[0].Stated
	if s.Film.IDs != (review.FilmIDs{IMDb: "tt0092099", Letterboxd: "top-gun"}) || len(s.Film.Directors) != 2 ||
		s.WatchedOn.String() != "2024-05-01" || !s.Rewatch || len(s.Tags) != 2 || out.documents[0].Body != "<p>Loud.</p>\n" {
		t.Errorf("%+v", out.documents[0])
	}
}

// TestColumnsGoBeforeTheFormat has the config say what the columns are.
func TestColumnsGoBeforeTheFormat(t *testing.T) {
	out := read(t, pipeline.Export{Path: write(t, "in.csv", "Film,Rating10\nTop Gun,7/8\n"), Columns: map[string]string{"rating": "Rating10"}})
	if got := out.lines(); len(got) != 1 || got[0] != `Top Gun (0) "7/8" of ` {
		t.Error(got)
	}
}
