package wikidata_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/resolvers/wikidata"
)

// still is a clock that stands.
type still struct{ pipeline.Clock }

func (still) Now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// open is the resolver asking a server.
func open(t *testing.T, h http.HandlerFunc) pipeline.Resolver {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := config.ValueOptions(map[string]any{"url": server.URL + "/w/api.php"}, config.Catalogue{})
	make := wikidata.Type().Configure(o)
	if err := o.Err(); err != nil {
		t.Fatal(err)
	}
	return make(pipeline.ResolverEnv{Clock: still{}, HTTP: server.Client()})
}

func claim(rank, value string) string {
	return `{"mainsnak": {"snaktype": "value", "datavalue": {"value": ` + value + `}}, "type": "statement", "rank": "` + rank + `"}`
}

// amelie has a date by the day, one by the decade and one that was wrong.
func amelie() string {
	return `{"type": "item", "id": "Q484048",
 "labels": {"en": {"language": "en", "value": "Amélie"}, "de": {"language": "de", "value": "Die fabelhafte Welt der Amélie"}},
 "aliases": {"en": [{"language": "en", "value": "Amelie from Montmartre"}]},
 "claims": {
  "P31": [` + claim("normal", `{"entity-type": "item", "id": "Q11424"}`) + `],
  "P345": [` + claim("normal", `"tt0211915"`) + `],
  "P4947": [` + claim("normal", `"194"`) + `],
  "P1476": [` + claim("normal", `{"text": "Le Fabuleux Destin d'Amélie Poulain", "language": "fr"}`) + `],
  "P577": [` + claim("normal", `{"time": "+2001-08-16T00:00:00Z", "precision": 11}`) + `,` +
		claim("normal", `{"time": "+2001-04-25T00:00:00Z", "precision": 11}`) + `,` +
		claim("normal", `{"time": "+1990-00-00T00:00:00Z", "precision": 8}`) + `,` +
		claim("deprecated", `{"time": "+1999-01-01T00:00:00Z", "precision": 11}`) + `,
   {"mainsnak": {"snaktype": "somevalue"}, "rank": "normal"}]}}`
}

// api is Wikidata with one film, and a song of its name.
func api(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("format") != "json" || q.Get("formatversion") != "2" {
			t.Errorf("asked for %v", q)
		}
		switch text := q.Get("srsearch"); {
		case strings.HasPrefix(text, `inlabel:"Amélie" haswbstatement:P31=Q11424|`):
			fmt.Fprint(w, `{"batchcomplete": true, "query": {"search": [{"ns": 0, "title": "Q484048"}, {"ns": 0, "title": "Q99"}]}}`)
		case text == "haswbstatement:P345=tt0211915" || text == "haswbstatement:P4947=194":
			fmt.Fprint(w, `{"batchcomplete": true, "query": {"search": [{"ns": 0, "title": "Q484048"}]}}`)
		case q.Get("action") == "query":
			fmt.Fprint(w, `{"batchcomplete": true, "query": {"search": []}}`)
		case q.Get("ids") == "Q7":
			fmt.Fprint(w, `{"entities": {"Q7": {"id": "Q7", "missing": true}}, "success": 1}`)
		default:
			entities := []string{}
			for _, id := range strings.Split(q.Get("ids"), "|") {
				if id == "Q484048" {
					entities = append(entities, `"Q484048": `+amelie())
				} else {
					entities = append(entities, `"`+id+`": {"id": "`+id+`", "labels": [], "aliases": [], "claims": {"P31": [`+claim("normal", `{"id": "Q7366"}`)+`]}}`)
				}
			}
			fmt.Fprintf(w, `{"entities": {%s}, "success": 1}`, strings.Join(entities, ","))
		}
	}
}

func TestFound(t *testing.T) {
	want := []review.Film{{
		Title: "Amélie", OriginalTitle: "Le Fabuleux Destin d'Amélie Poulain", Year: 2001,
		AltTitles: []string{"Die fabelhafte Welt der Amélie", "Amélie", "Amelie from Montmartre"},
		IDs:       review.FilmIDs{Wikidata: "Q484048", IMDb: "tt0211915", TMDB: "194"},
	}}
	for name, stated := range map[string]review.Film{
		"by title, and not the song": {Title: "Amélie", Year: 2001},
		"by IMDb's id":               {IDs: review.FilmIDs{IMDb: "tt0211915"}},
		"by TMDB's id":               {IDs: review.FilmIDs{TMDB: "194"}},
		"by its own id":              {IDs: review.FilmIDs{Wikidata: "Q484048"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := open(t, api(t)).Resolve(t.Context(), stated)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, found, decimals()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	for name, stated := range map[string]review.Film{
		"no such title":         {Title: "Amélie 2", Year: 2001},
		"no film":               {IDs: review.FilmIDs{Wikidata: "Q99"}},
		"no such item":          {IDs: review.FilmIDs{Wikidata: "Q7"}},
		"an id that is a query": {IDs: review.FilmIDs{IMDb: "tt1|P31=Q5"}},
		"no year":               {Title: "Amélie"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := open(t, api(t)).Resolve(t.Context(), stated)
			if !errors.Is(err, pipeline.ErrNotFound) || len(found) > 0 {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

func TestTooManyToTell(t *testing.T) {
	_, err := open(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"continue": {"sroffset": 50, "continue": "-||"}, "query": {"search": [{"title": "Q1"}]}}`)
	}).Resolve(t.Context(), review.Film{Title: "Love", Year: 2015})
	if !errors.Is(err, pipeline.ErrNotFound) {
		t.Error(err)
	}
}

// An item with two ids of one catalogue gives neither.
func TestTwoIDs(t *testing.T) {
	two := strings.Replace(amelie(), claim("normal", `"tt0211915"`), claim("normal", `"tt1"`)+","+claim("normal", `"tt2"`), 1)
	found, err := open(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"entities": {"Q484048": %s}}`, two)
	}).Resolve(t.Context(), review.Film{IDs: review.FilmIDs{Wikidata: "Q484048"}})
	if err != nil || len(found) != 1 || found[0].IDs.IMDb != "" || found[0].IDs.TMDB != "194" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		code int
		body string
		says string
	}{
		{"too many requests", 429, "", "429"},
		{"down", 500, "", "500"},
		{"another server", 404, "", "is the url right?"},
		{"a page for people", 200, "<html>", "not what a catalogue says"},
		{"a list", 200, "[1]", "not what MediaWiki says"},
		{"its servers lag", 200, `{"error": {"code": "maxlag", "info": "Waiting for wdqs1: 7 seconds lagged."}}`, "maxlag: Waiting"},
		{"another form", 200, `{"query": {"search": "none"}}`, "not what MediaWiki says"},
		{"huge", 200, strings.Repeat(" ", 5<<20), "over 4194304 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(c.code)
				fmt.Fprint(w, c.body)
			}).Resolve(t.Context(), review.Film{Title: "Amélie", Year: 2001})
			if err == nil || errors.Is(err, pipeline.ErrNotFound) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v", err)
			}
			later := (*pipeline.RetryAfter)(nil)
			if errors.As(err, &later) != (c.code == 429 || c.code == 500) {
				t.Errorf("retry after: %v", later)
			}
		})
	}
}

func TestSlow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := open(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}).Resolve(ctx, review.Film{Title: "Amélie", Year: 2001})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// decimals compares decimals.
func decimals() cmp.Option {
	return cmp.Comparer(func(a, b review.Decimal) bool { return a == b })
}
