// Package wikidata asks Wikidata which film is meant, through the API of MediaWiki
// (https://www.wikidata.org/w/api.php). It looks a film up by its Wikidata, IMDb or
// TMDB id, else searches by label and alias among the items that are films, and reads
// of each its ids, labels, aliases and titles in all languages and the year it first
// came out. It does not read directors, which are items of their own, and chooses
// none.
package wikidata

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	URL string `config:"url" form:"url" doc:"Where the API is, for a mirror or a proxy."`
}

// Type is the resolver's line of the catalogue.
func Type() pipeline.ResolverType {
	return pipeline.ResolverType{
		Name:      "wikidata",
		Summary:   "Asks Wikidata, which wants no key.",
		Configure: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenResolver {
	k := options{URL: "https://www.wikidata.org/w/api.php"}
	o.Decode(&k)
	return func(env pipeline.ResolverEnv) pipeline.Resolver { return &resolver{env, k.URL} }
}

type resolver struct {
	env pipeline.ResolverEnv
	url string
}

// Properties of Wikidata.
const (
	instanceOf  = "P31"
	imdbID      = "P345"
	published   = "P577"
	title       = "P1476"
	tmdbMovieID = "P4947"
)

// mostItems is how many items Wikidata hands out at once. Where more fit, it takes a
// person.
const mostItems = 50

// Resolve lists the films that could be meant: see [pipeline.Resolver].
func (r *resolver) Resolve(ctx context.Context, stated review.Film) ([]review.Film, error) {
	ids, err := r.find(ctx, stated)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("wikidata: %w", pipeline.ErrNotFound)
	}
	items, err := r.items(ctx, ids)
	if err != nil {
		return nil, err
	}
	var films []review.Film
	for _, id := range slices.Sorted(maps.Keys(items)) {
		if it := items[id]; it.isFilm() {
			films = append(films, it.film())
		}
	}
	if len(films) == 0 {
		return nil, fmt.Errorf("wikidata: %w", pipeline.ErrNotFound)
	}
	return films, nil
}

// find lists the items that could be meant.
func (r *resolver) find(ctx context.Context, stated review.Film) ([]string, error) {
	switch {
	case isItem(stated.IDs.Wikidata):
		return []string{stated.IDs.Wikidata}, nil
	case isWord(stated.IDs.IMDb):
		return r.search(ctx, "haswbstatement:"+imdbID+"="+stated.IDs.IMDb)
	case isWord(stated.IDs.TMDB):
		return r.search(ctx, "haswbstatement:"+tmdbMovieID+"="+stated.IDs.TMDB)
	}
	name := cmp.Or(stated.Title, stated.OriginalTitle)
	if name == "" || stated.Year == 0 {
		return nil, nil
	}
	return r.labelled(ctx, name)
}

// isItem reports that an id is one of an item, as Q484048.
func isItem(id string) bool {
	digits, ok := strings.CutPrefix(id, "Q")
	_, err := strconv.ParseUint(digits, 10, 63)
	return ok && err == nil
}

// isWord reports that an id is letters and digits, and so no query of its own.
func isWord(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

// ask sends one request. What MediaWiki reports of itself is an error for the time
// being.
func (r *resolver) ask(ctx context.Context, query url.Values, into any) error {
	query.Set("format", "json")
	query.Set("formatversion", "2")
	query.Set("maxlag", "5") // what Wikidata asks of programs: https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("wikidata: %w", err)
	}
	var answer json.RawMessage
	err = r.env.JSON(req, &answer)
	if errors.Is(err, pipeline.ErrNotFound) {
		return fmt.Errorf("wikidata: %s: is the url right?", err.Error())
	}
	if err != nil {
		return fmt.Errorf("wikidata: %w", err)
	}
	var fault struct {
		Error struct {
			Code string `json:"code"`
			Info string `json:"info"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer, &fault); err != nil {
		return fmt.Errorf("wikidata: the answer is not what MediaWiki says: %w", err)
	}
	if fault.Error.Code != "" {
		return fmt.Errorf("wikidata: %s: %s", fault.Error.Code, fault.Error.Info)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("wikidata: the answer is not what MediaWiki says: %w", err)
	}
	return nil
}

// labelled lists the items that have a name as a label or an alias, or that begin
// with it, in any language.
func (r *resolver) labelled(ctx context.Context, name string) ([]string, error) {
	return r.search(ctx, `inlabel:"`+strings.NewReplacer(`"`, " ", `\`, " ").Replace(name)+`" haswbstatement:`+anyFilm())
}

// search lists the items that a query of Wikidata's search finds
// (https://www.mediawiki.org/wiki/Help:Extension:WikibaseCirrusSearch).
func (r *resolver) search(ctx context.Context, text string) ([]string, error) {
	var answer struct {
		Query struct {
			Search []struct {
				Title string `json:"title"`
			} `json:"search"`
		} `json:"query"`
		Continue map[string]any `json:"continue"`
	}
	err := r.ask(ctx, url.Values{
		"action": {"query"}, "list": {"search"}, "srsearch": {text}, "srnamespace": {"0"},
		"srlimit": {strconv.Itoa(mostItems)}, "srprop": {""}, "srinfo": {""},
	}, &answer)
	if err != nil {
		return nil, err
	}
	if len(answer.Continue) > 0 {
		return nil, fmt.Errorf("wikidata: too many films fit: %w", pipeline.ErrNotFound)
	}
	var ids []string
	for _, hit := range answer.Query.Search {
		if isItem(hit.Title) && len(ids) < mostItems {
			ids = append(ids, hit.Title)
		}
	}
	return ids, nil
}

// filmClasses are the items of which a film is an instance: film, feature film,
// short, silent, animated, documentary, television, animated feature, anime film.
func filmClasses() []string {
	return []string{"Q11424", "Q24869", "Q24862", "Q226730", "Q202866", "Q93204", "Q506240", "Q29168811", "Q20650540"}
}

// anyFilm is a search for instances of any of the classes.
func anyFilm() string {
	all := filmClasses()
	for i, class := range all {
		all[i] = instanceOf + "=" + class
	}
	return strings.Join(all, "|")
}

func (r *resolver) items(ctx context.Context, ids []string) (map[string]*item, error) {
	var answer struct {
		Entities map[string]*item `json:"entities"`
	}
	err := r.ask(ctx, url.Values{
		"action": {"wbgetentities"}, "ids": {strings.Join(ids, "|")}, "props": {"labels|aliases|claims"},
	}, &answer)
	return answer.Entities, err
}
