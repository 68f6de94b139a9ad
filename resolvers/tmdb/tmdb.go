// Package tmdb asks The Movie Database which film is meant, through its API
// (https://developer.themoviedb.org/reference). It looks a film up by its TMDB or
// IMDb id, else searches by title among the films of the year and of those next to
// it, and reads of each its ids, its titles in all countries and its directors. It
// knows films only, never television, and chooses none.
package tmdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// options are the resolver's own lines of the config.
type options struct {
	Key pipeline.Secret `config:"key,required" doc:"The API read access token of an account at TMDB."`
	URL string          `config:"url" form:"url" doc:"Where the API is, for a mirror or a proxy."`
}

// Type is the resolver's line of the catalogue.
func Type() pipeline.ResolverType {
	return pipeline.ResolverType{
		Name:      "tmdb",
		Summary:   "Asks The Movie Database, with a key of your own.",
		Configure: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenResolver {
	k := options{URL: "https://api.themoviedb.org"}
	o.Decode(&k)
	return func(env pipeline.ResolverEnv) pipeline.Resolver {
		return &resolver{env: env, base: strings.TrimSuffix(k.URL, "/") + "/3/", key: k.Key}
	}
}

type resolver struct {
	env  pipeline.ResolverEnv
	base string
	key  pipeline.Secret
}

// mostFilms bounds the films that are read for one question. Where more fit, it
// takes a person.
const mostFilms = 8

// Resolve lists the films that could be meant: see [pipeline.Resolver].
func (r *resolver) Resolve(ctx context.Context, stated review.Film) ([]review.Film, error) {
	ids, err := r.find(ctx, stated)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 || len(ids) > mostFilms {
		return nil, fmt.Errorf("tmdb: %d films fit: %w", len(ids), pipeline.ErrNotFound)
	}
	var films []review.Film
	for _, id := range ids {
		f, err := r.film(ctx, id)
		if errors.Is(err, pipeline.ErrNotFound) { // deleted, or merged into another
			continue
		}
		if err != nil {
			return nil, err
		}
		films = append(films, f)
	}
	if len(films) == 0 {
		return nil, fmt.Errorf("tmdb: %w", pipeline.ErrNotFound)
	}
	return films, nil
}

// find lists TMDB's ids of the films that could be meant.
func (r *resolver) find(ctx context.Context, stated review.Film) ([]int64, error) {
	if id, err := strconv.ParseInt(stated.IDs.TMDB, 10, 64); err == nil {
		return []int64{id}, nil
	}
	if stated.IDs.IMDb != "" {
		return r.byIMDb(ctx, stated.IDs.IMDb)
	}
	return r.search(ctx, stated)
}

func (r *resolver) byIMDb(ctx context.Context, id string) ([]int64, error) {
	var answer struct {
		Films []found `json:"movie_results"`
	}
	if err := r.list(ctx, "find/"+url.PathEscape(id), url.Values{"external_source": {"imdb_id"}}, &answer); err != nil {
		return nil, err
	}
	return merge(nil, answer.Films), nil
}

// found is a film in a list.
type found struct {
	ID int64 `json:"id"`
}

func merge(ids []int64, films []found) []int64 {
	for _, f := range films {
		if f.ID != 0 && !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// search asks for the title among the films of three years, for a festival year may
// stand for the year of release. A list of several pages holds too many to tell.
func (r *resolver) search(ctx context.Context, stated review.Film) (ids []int64, err error) {
	title := cmp.Or(stated.Title, stated.OriginalTitle)
	if title == "" || stated.Year == 0 {
		return nil, nil
	}
	for year := stated.Year - 1; year <= stated.Year+1; year++ {
		var answer struct {
			Films []found `json:"results"`
			Pages int     `json:"total_pages"`
		}
		query := url.Values{"query": {title}, "primary_release_year": {strconv.Itoa(year)}, "include_adult": {"false"}}
		if err := r.list(ctx, "search/movie", query, &answer); err != nil {
			return nil, err
		}
		ids = merge(ids, answer.Films)
		if answer.Pages > 1 || len(ids) > mostFilms {
			return nil, fmt.Errorf("tmdb: too many films fit: %w", pipeline.ErrNotFound)
		}
	}
	return ids, nil
}

// details is what TMDB has of a film, as far as it is read.
type details struct {
	ID            int64  `json:"id"`
	Title         string `json:"title"`
	OriginalTitle string `json:"original_title"`
	ReleaseDate   string `json:"release_date"`
	Alternative   struct {
		Titles []struct {
			Title string `json:"title"`
		} `json:"titles"`
	} `json:"alternative_titles"`
	External struct {
		IMDb     string `json:"imdb_id"`
		Wikidata string `json:"wikidata_id"`
	} `json:"external_ids"`
	Credits struct {
		Crew []struct {
			Job  string `json:"job"`
			Name string `json:"name"`
		} `json:"crew"`
	} `json:"credits"`
}

func (r *resolver) film(ctx context.Context, id int64) (review.Film, error) {
	var d details
	at := "movie/" + strconv.FormatInt(id, 10)
	if err := r.get(ctx, at, url.Values{"append_to_response": {"alternative_titles,external_ids,credits"}}, &d); err != nil {
		return review.Film{}, err
	}
	if d.ID != id {
		return review.Film{}, fmt.Errorf("tmdb: asked for film %d, and %d was answered", id, d.ID)
	}
	f := review.Film{
		Title: d.Title, OriginalTitle: d.OriginalTitle,
		IDs: review.FilmIDs{TMDB: strconv.FormatInt(id, 10), IMDb: d.External.IMDb, Wikidata: d.External.Wikidata},
	}
	year, _, _ := strings.Cut(d.ReleaseDate, "-")
	if n, err := strconv.Atoi(year); err == nil {
		f.Year = n
	}
	for _, t := range d.Alternative.Titles {
		f.AltTitles = append(f.AltTitles, t.Title)
	}
	for _, c := range d.Credits.Crew {
		if c.Job == "Director" {
			f.Directors = append(f.Directors, c.Name)
		}
	}
	return f, nil
}

// list is get of a list, which is there whatever is in it.
func (r *resolver) list(ctx context.Context, path string, query url.Values, into any) error {
	err := r.get(ctx, path, query, into)
	if errors.Is(err, pipeline.ErrNotFound) {
		return fmt.Errorf("%s: there is no such list: is the url right?", err.Error())
	}
	return err
}

func (r *resolver) get(ctx context.Context, path string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("tmdb: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+r.key.Reveal())
	if err := r.env.JSON(req, into); err != nil {
		return fmt.Errorf("tmdb: %w", err)
	}
	return nil
}
