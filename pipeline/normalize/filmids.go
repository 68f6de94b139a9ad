package normalize

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// filmIDs are the ids the text links to, those of which exactly one of a kind is
// linked: a review that links three films of a director does not say which it
// is of.
func filmIDs(links []link) review.FilmIDs {
	var ids review.FilmIDs
	var many review.FilmIDs
	note := func(have, more *string, id string) {
		if id == "" || *have == id {
			return
		}
		if *have != "" {
			*more = id
		}
		*have = id
	}
	for _, l := range links {
		id := linkedIDs(l.href)
		note(&ids.IMDb, &many.IMDb, id.IMDb)
		note(&ids.TMDB, &many.TMDB, id.TMDB)
		note(&ids.Wikidata, &many.Wikidata, id.Wikidata)
		note(&ids.Letterboxd, &many.Letterboxd, id.Letterboxd)
	}
	for _, pair := range [...][2]*string{
		{&ids.IMDb, &many.IMDb}, {&ids.TMDB, &many.TMDB}, {&ids.Wikidata, &many.Wikidata}, {&ids.Letterboxd, &many.Letterboxd},
	} {
		if *pair[1] != "" {
			*pair[0] = ""
		}
	}
	return ids
}

// linkedIDs are the ids that the address of a catalogue's page holds.
func linkedIDs(href string) review.FilmIDs {
	var ids review.FilmIDs
	_, rest, ok := strings.Cut(href, "://")
	if !ok {
		return ids
	}
	host, where, ok := strings.Cut(rest, "/")
	if !ok || len(host) > 24 {
		return ids
	}
	host = strings.ToLower(host)
	host = strings.TrimPrefix(strings.TrimPrefix(host, "www."), "m.")
	switch host {
	case "imdb.com":
		ids.IMDb = imdbID(segmentAfter(where, "title/"))
	case "themoviedb.org", "tmdb.org":
		ids.TMDB = leadingDigits(segmentAfter(where, "movie/"))
	case "letterboxd.com":
		ids.Letterboxd = letterboxdID(segmentAfter(where, "film/"))
		// Its addresses of a film by another catalogue's id.
		ids.TMDB = tmdbID(segmentAfter(where, "tmdb/"))
		ids.IMDb = imdbID(segmentAfter(where, "imdb/"))
	case "wikidata.org":
		ids.Wikidata = first(wikidataID(segmentAfter(where, "wiki/")), wikidataID(segmentAfter(where, "entity/")))
	}
	return ids
}

// segmentAfter is the part of a path that follows a part, "" if it does not occur.
func segmentAfter(path, part string) string {
	i := strings.Index(path, part)
	if i < 0 || i > 0 && path[i-1] != '/' {
		return ""
	}
	rest := path[i+len(part):]
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// idOf is the id in a field, written as an id or as an address.
func idOf(value string, plain func(string) string, linked func(review.FilmIDs) string) string {
	value = strings.TrimSpace(value)
	if id := linked(linkedIDs(value)); id != "" {
		return id
	}
	if !strings.Contains(value, "://") {
		if id := linked(linkedIDs("https://" + value)); id != "" {
			return id
		}
	}
	return plain(value)
}

// imdbID takes tt and seven to ten digits.
func imdbID(s string) string {
	if len(s) < 9 || len(s) > 12 || !strings.HasPrefix(s, "tt") || strings.Trim(s[2:], "0123456789") != "" {
		return ""
	}
	return s
}

// tmdbID takes digits.
func tmdbID(s string) string {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

func leadingDigits(s string) string {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return tmdbID(s[:end])
}

// wikidataID takes Q and digits.
func wikidataID(s string) string {
	if len(s) < 2 || len(s) > 12 || s[0] != 'Q' || strings.Trim(s[1:], "0123456789") != "" {
		return ""
	}
	return s
}

// letterboxdID takes the slug of a film.
func letterboxdID(s string) string {
	if s == "" || len(s) > 120 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return ""
	}
	return s
}
