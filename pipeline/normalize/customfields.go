package normalize

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// customFields are a document's fields by name; of two with one name the first
// counts.
type customFields map[string]string

// ratingPlugin says where a plugin keeps the critic's own rating, and on what scale.
// All of them keep 0, or nothing, where the critic filled in no rating; so there
// a zero is none.
type ratingPlugin struct {
	field string
	best  int64
	// when names the field that says whether the plugin is in use for this post,
	// and is its values that say yes; "" if there is none.
	when string
	is   []string
}

// ratingPlugins are those whose fields and scales are known. What visitors voted is
// kept beside that by some of them, and is all that others keep (WP-PostRatings,
// kk Star Ratings, Rate my Post, GD Rating System, Site Reviews, Multi Rating):
// their fields are no rating of the critic's and are not read.
var ratingPlugins = [...]ratingPlugin{
	{field: "wp_review_total", best: 5, when: "wp_review_type", is: []string{"star", "stars"}},
	{field: "wp_review_total", best: 10, when: "wp_review_type", is: []string{"point", "points"}},
	{field: "wp_review_total", best: 100, when: "wp_review_type", is: []string{"percentage", "circle"}},
	{field: "taq_review_score", best: 100},
	{field: "tie_review_score", best: 100},
	{field: "yasr_overall_rating", best: 5},
	{field: "ta_post_review_rating", best: 5},
	{field: "_bsf_rating", best: 5, when: "_bsf_post_type", is: []string{"1"}},
	{field: "option_overall_score", best: 100, when: "cwp_meta_box_check", is: []string{"Yes"}},
	{field: "_lets_review_final_score_100", best: 100, when: "_lets_review_type", is: []string{"1", "2"}},
}

// rankMath keeps the scale beside the value, and assumes 5 where none is given.
const rankMath = "rank_math_snippet_review_"

// readFields takes the rating and the film's ids from custom fields.
func (u *understanding) readFields() {
	if len(u.doc.Fields) == 0 {
		return
	}
	fields := customFields{}
	for _, f := range u.doc.Fields {
		if _, twice := fields[f.Name]; !twice {
			fields[f.Name] = strings.TrimSpace(f.Value)
		}
	}
	u.readPlugins(fields)
	for _, f := range u.doc.Fields {
		u.readSchemaField(f)
		u.readOwnField(f, fields)
		u.readFilmField(f)
	}
}

func (u *understanding) readPlugins(fields customFields) {
	for i := range ratingPlugins {
		p := &ratingPlugins[i]
		if p.when != "" && !slices.Contains(p.is, fields[p.when]) {
			continue
		}
		u.fieldRating(p.field, fields[p.field], review.Scale{Best: review.Int(p.best)})
	}
	scale := review.Scale{Best: decimal(fields[rankMath+"best_rating"]), Worst: decimal(fields[rankMath+"worst_rating"])}
	if scale.Best.IsZero() {
		scale.Best = review.Int(5)
	}
	if kind := fields["rank_math_rich_snippet"]; kind == "" || kind == "review" {
		u.fieldRating(rankMath+"rating_value", fields[rankMath+"rating_value"], scale)
	}
}

// fieldRating notes the number that a plugin keeps, if there is one.
func (u *understanding) fieldRating(name, value string, scale review.Scale) {
	if n := decimal(value); n.Sign() > 0 {
		u.found = append(u.found, field(value, inField+name, scale, review.BasisStated, strengthField))
	}
}

// decimal is a number, zero where there is none.
func decimal(s string) review.Decimal {
	d, err := review.ParseDecimal(strings.TrimSpace(s))
	if err != nil {
		return review.Decimal{}
	}
	return d
}

// readSchemaField reads what plugins keep of schema.org: a serialized object with
// a rating in it.
func (u *understanding) readSchemaField(f review.Field) {
	if !containsFold(f.Name, "schema") || !strings.Contains(f.Value, "ratingValue") {
		return
	}
	v, ok := unserialize(strings.TrimSpace(f.Value))
	if !ok {
		return
	}
	rating, ok := schemaRating(v, 0)
	if !ok {
		return
	}
	scale := review.Scale{Best: decimal(rating.get("bestRating").text), Worst: decimal(rating.get("worstRating").text)}
	if scale.Best.IsZero() {
		scale = u.scale
	}
	u.fieldRating(f.Name, rating.get("ratingValue").text, scale)
}

// schemaRating finds the rating in an object. That of many people is none.
func schemaRating(v phpValue, depth int) (phpValue, bool) {
	if v.get("ratingValue").text != "" {
		return v, true
	}
	for _, p := range v.list {
		if containsFold(p.key, "aggregate") || depth > maxPHPDepth {
			continue
		}
		if r, ok := schemaRating(p.value, depth+1); ok {
			return r, true
		}
	}
	return phpValue{}, false
}

// maxOwnField is longer than a rating in a field of one's own.
const maxOwnField = 64

// readOwnField reads a field that somebody made for the rating: rating, _stars,
// film_score, nota. What stands there and is no rating (a certificate, a remark) is
// left alone.
func (u *understanding) readOwnField(f review.Field, all customFields) {
	if !ownRatingField(f.Name) || votedField(f.Name, all) || pluginField(f.Name) {
		return
	}
	value := strings.TrimSpace(f.Value)
	if v, ok := unserialize(value); ok {
		value = strings.TrimSpace(v.only())
	}
	// Advanced Custom Fields keep beside "rating" a "_rating" that refers to the
	// field's definition.
	if value == "" || len(value) > maxOwnField || strings.HasPrefix(value, "field_") || !utf8.ValidString(value) {
		return
	}
	scale, basis := u.scale, u.basis
	if own := scaleBeside(f.Name, all); !own.Best.IsZero() {
		scale, basis = own, review.BasisStated
	}
	found := field(value, inField+f.Name, scale, basis, strengthField)
	if k := found.rating.Kind; k == review.Unrated || k == review.Lost || k == review.Invalid && found.number.IsZero() {
		return
	}
	u.found = append(u.found, found)
}

func pluginField(name string) bool {
	return strings.HasPrefix(name, rankMath) ||
		slices.ContainsFunc(ratingPlugins[:], func(p ratingPlugin) bool { return p.field == name })
}

// words are the words of a field's name in lower case.
func fieldWords(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' })
}

// ownRatingField reports a name that means the critic's rating: a word for it,
// alone or behind words that say whose. "imdb_rating" and "content_rating" are
// something else.
func ownRatingField(name string) bool {
	if isRatingKey(plainKey(name)) {
		return true
	}
	words := fieldWords(name)
	if n := len(words); n > 1 && words[n-1] == "value" {
		words = words[:n-1]
	}
	for i, w := range words {
		if i < len(words)-1 {
			if !ratingOwner(w) {
				return false
			}
			continue
		}
		return ratingWord(w)
	}
	return false
}

func ratingWord(w string) bool {
	switch w {
	case "rating", "ratings", "stars", "star", "score", "grade", "starrating", "note", "nota", "notas", "notation", "voto", "bewertung", "wertung",
		"sterne", "estrellas", "estrelas", "etoiles", "stelle", "calificacion", "puntuacion", "valoracion", "valutazione", "punteggio",
		"avaliacao", "ocena", "betyg", "cijfer", "waardering", "arvosana", "karakter", "terningkast":
		return true
	}
	return false
}

func ratingOwner(w string) bool {
	switch w {
	case "review", "film", "movie", "critic", "critics", "editor", "editors", "author", "reviewer", "my", "our", "final", "overall", "total",
		"star", "post", "critique", "kritik", "critica", "pelicula", "filme", "acf", "meta":
		return true
	}
	return false
}

// votedField reports a field that holds what visitors voted: the number of votes is
// kept beside it.
func votedField(name string, all customFields) bool {
	for _, end := range [...]string{"_count", "_votes", "_voters", "_users", "_num", "_total_votes"} {
		if v, there := all[name+end]; there && strings.Trim(v, "0123456789") == "" && v != "" {
			return true
		}
	}
	return false
}

// scaleBeside is the scale in the fields beside one: rating_max, rating_out_of.
func scaleBeside(name string, all customFields) review.Scale {
	var s review.Scale
	for _, end := range [...]string{"_max", "_best", "_out_of", "_scale", ".max", ".best", ".maximum", ".out_of", ".scale"} {
		at := strings.TrimSuffix(name, ".value") + end
		if n := decimal(all[at]); n.Sign() > 0 && s.Best.IsZero() {
			s.Best = n
		}
	}
	for _, key := range [...]string{"max_rating", "best_rating", "bestRating", "rating_scale"} {
		if n := decimal(all[key]); n.Sign() > 0 && s.Best.IsZero() {
			s.Best = n
		}
	}
	return s
}

// readFilmField takes the ids and the year of the film.
func (u *understanding) readFilmField(f review.Field) {
	if len(f.Value) > maxTitle {
		return
	}
	film := &u.review.Film
	words := fieldWords(f.Name)
	for len(words) > 1 && (ratingOwner(words[0])) {
		words = words[1:]
	}
	switch strings.Join(words, "") {
	case "imdb", "imdbid", "imdburl", "imdblink":
		film.IDs.IMDb = first(film.IDs.IMDb, idOf(f.Value, imdbID, func(i review.FilmIDs) string { return i.IMDb }))
	case "tmdb", "tmdbid", "tmdburl", "themoviedb":
		film.IDs.TMDB = first(film.IDs.TMDB, idOf(f.Value, tmdbID, func(i review.FilmIDs) string { return i.TMDB }))
	case "wikidata", "wikidataid":
		film.IDs.Wikidata = first(film.IDs.Wikidata, idOf(f.Value, wikidataID, func(i review.FilmIDs) string { return i.Wikidata }))
	case "letterboxd", "letterboxdurl", "letterboxdslug":
		film.IDs.Letterboxd = first(film.IDs.Letterboxd, linkedIDs(strings.TrimSpace(f.Value)).Letterboxd)
	case "year", "releaseyear":
		film.Year = firstYearOf(film.Year, exactYear(strings.TrimSpace(f.Value)))
	}
}
