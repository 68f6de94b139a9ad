package tmdb_test

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
	"github.com/filmwire/filmwire/resolvers/tmdb"
)

// still is a clock that stands.
type still struct{ pipeline.Clock }

func (still) Now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// open is the resolver asking a server.
func open(t *testing.T, h http.HandlerFunc) pipeline.Resolver {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := config.ValueOptions(map[string]any{"key": "k-123", "url": server.URL}, config.Catalogue{})
	make := tmdb.Type().Configure(o)
	if err := o.Err(); err != nil {
		t.Fatal(err)
	}
	return make(pipeline.ResolverEnv{Clock: still{}, HTTP: server.Client()})
}

const amelie = `{"adult": false, "id": 194, "imdb_id": "tt0211915", "title": "Amélie",
 "original_title": "Le Fabuleux Destin d'Amélie Poulain", "original_language": "fr", "release_date": "2001-04-25",
 "alternative_titles": {"titles": [{"iso_3166_1": "US", "title": "Amelie from Montmartre", "type": ""}]},
 "external_ids": {"imdb_id": "tt0211915", "wikidata_id": "Q484048", "facebook_id": null},
 "credits": {"cast": [{"name": "Audrey Tautou"}], "crew": [{"job": "Director", "name": "Jean-Pierre Jeunet"}, {"job": "Writer", "name": "Guillaume Laurant"}]}}`

func amelieFilm() review.Film {
	return review.Film{
		Title: "Amélie", OriginalTitle: "Le Fabuleux Destin d'Amélie Poulain", AltTitles: []string{"Amelie from Montmartre"},
		Year: 2001, Directors: []string{"Jean-Pierre Jeunet"},
		IDs: review.FilmIDs{TMDB: "194", IMDb: "tt0211915", Wikidata: "Q484048"},
	}
}

// api is TMDB with one film, which it lists in its year.
func api(t *testing.T, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		if got := r.Header.Get("Authorization"); got != "Bearer k-123" {
			t.Errorf("authorization %q", got)
		}
		q := r.URL.Query()
		switch {
		case r.URL.Path == "/3/search/movie" && q.Get("primary_release_year") == "2001" && q.Get("query") == "Amélie",
			r.URL.Path == "/3/search/movie" && q.Get("query") == "Twice":
			fmt.Fprint(w, `{"page": 1, "results": [{"id": 194, "title": "Amélie"}], "total_pages": 1, "total_results": 1}`)
		case r.URL.Path == "/3/search/movie":
			fmt.Fprint(w, `{"page": 1, "results": [], "total_pages": 1, "total_results": 0}`)
		case r.URL.Path == "/3/find/tt0211915" && q.Get("external_source") == "imdb_id":
			fmt.Fprint(w, `{"movie_results": [{"id": 194}], "tv_results": [], "person_results": []}`)
		case strings.HasPrefix(r.URL.Path, "/3/find/"):
			fmt.Fprint(w, `{"movie_results": [], "tv_results": [{"id": 1396}]}`)
		case r.URL.Path == "/3/movie/194" && q.Get("append_to_response") == "alternative_titles,external_ids,credits":
			fmt.Fprint(w, amelie)
		default:
			http.Error(w, `{"success": false, "status_code": 34}`, http.StatusNotFound)
		}
	}
}

func TestFound(t *testing.T) {
	for _, c := range []struct {
		name     string
		stated   review.Film
		requests int
	}{
		{"by title and year", review.Film{Title: "Amélie", Year: 2001}, 4},
		{"in the year of a festival", review.Film{Title: "Amélie", Year: 2002}, 4},
		{"listed in three years, once", review.Film{Title: "Twice", Year: 2001}, 4},
		{"by IMDb's id", review.Film{IDs: review.FilmIDs{IMDb: "tt0211915"}}, 2},
		{"by its own id", review.Film{IDs: review.FilmIDs{TMDB: "194"}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			found, err := open(t, api(t, &asked)).Resolve(t.Context(), c.stated)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]review.Film{amelieFilm()}, found, decimals()); diff != "" {
				t.Error(diff)
			}
			if len(asked) != c.requests {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		stated review.Film
	}{
		{"no such title", review.Film{Title: "Amélie 2", Year: 2001}},
		{"years away", review.Film{Title: "Amélie", Year: 2004}},
		{"a series", review.Film{IDs: review.FilmIDs{IMDb: "tt0903747"}}},
		{"an id that was deleted", review.Film{IDs: review.FilmIDs{TMDB: "7"}}},
		{"no year", review.Film{Title: "Amélie"}},
		{"an id it cannot look up", review.Film{IDs: review.FilmIDs{Letterboxd: "amelie"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			found, err := open(t, api(t, &asked)).Resolve(t.Context(), c.stated)
			if !errors.Is(err, pipeline.ErrNotFound) || len(found) > 0 {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

func TestTooManyToTell(t *testing.T) {
	for name, body := range map[string]string{
		"pages of them": `{"results": [{"id": 1}], "total_pages": 2}`,
		"a page":        `{"results": [{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7},{"id":8},{"id":9}], "total_pages": 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/3/search/movie" {
					t.Errorf("%s was read all the same", r.URL.Path)
				}
				fmt.Fprint(w, body)
			}).Resolve(t.Context(), review.Film{Title: "M", Year: 1931})
			if !errors.Is(err, pipeline.ErrNotFound) {
				t.Error(err)
			}
		})
	}
}

// Two films that fit are both handed out: who asks sees that it cannot be told.
func TestAmbiguous(t *testing.T) {
	found, err := open(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/3/search/movie":
			fmt.Fprint(w, `{"results": [{"id": 5}, {"id": 6}], "total_pages": 1}`)
		default:
			fmt.Fprintf(w, `{"id": %s, "title": "Legend", "release_date": "2015-09-09"}`, strings.TrimPrefix(r.URL.Path, "/3/movie/"))
		}
	}).Resolve(t.Context(), review.Film{Title: "Legend", Year: 2015})
	if err != nil || len(found) != 2 || found[0].IDs.TMDB == found[1].IDs.TMDB {
		t.Errorf("%v, %v", found, err)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		h     http.HandlerFunc
		after time.Duration // 0: no RetryAfter
		says  string
	}{
		{"too many requests", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 90 * time.Second, "429"},
		{"until a date", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", still{}.Now().Add(time.Hour).Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}, time.Hour, "503"},
		{"for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "2000000000")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 24 * time.Hour, "429"},
		{"down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, 0, "500 internal server error"},
		{"the key is wrong", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 0, "is the key right?"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, 0, "is the url right?"},
		{"a page for people", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>busy</html>") }, 0, "not what a catalogue says"},
		{"cut short", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"results": [{"id"`) }, 0, "not what a catalogue says"},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			line := strings.Repeat(" ", 1<<16)
			for range 80 {
				fmt.Fprint(w, line)
			}
		}, 0, "over 4194304 bytes"},
		{"another film than was asked for", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/3/search/movie" {
				fmt.Fprint(w, `{"results": [{"id": 5}], "total_pages": 1}`)
				return
			}
			fmt.Fprint(w, `{"id": 6, "title": "Amélie"}`)
		}, 0, "asked for film 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, c.h).Resolve(t.Context(), review.Film{Title: "Amélie", Year: 2001})
			if err == nil || errors.Is(err, pipeline.ErrNotFound) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "k-123") {
				t.Fatalf("error %v", err)
			}
			after := time.Duration(0)
			if later := (*pipeline.RetryAfter)(nil); errors.As(err, &later) {
				after = later.After
			}
			if after != c.after {
				t.Errorf("retry after %v, want %v", after, c.after)
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
