package wikidata

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// item is an item of Wikidata, as far as it is read
// (https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html).
type item struct {
	ID      string         `json:"id"`
	Missing bool           `json:"missing"`
	Labels  keyed[text]    `json:"labels"`
	Aliases keyed[[]text]  `json:"aliases"`
	Claims  keyed[[]claim] `json:"claims"`
}

// keyed is an object of PHP's, which an empty one writes as an empty list.
type keyed[T any] map[string]T

// UnmarshalJSON takes an object, or an empty list for one.
func (k *keyed[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "[]" {
		return nil
	}
	return json.Unmarshal(data, (*map[string]T)(k))
}

type text struct {
	Value string `json:"value"`
}

type claim struct {
	Rank string `json:"rank"`
	Main struct {
		Kind  string `json:"snaktype"` // value, somevalue or novalue
		Value struct {
			Value json.RawMessage `json:"value"`
		} `json:"datavalue"`
	} `json:"mainsnak"`
}

// values are those of a property that hold, the preferred ones first.
func (it *item) values(property string) []json.RawMessage {
	var preferred, normal []json.RawMessage
	for _, c := range it.Claims[property] {
		switch {
		case c.Main.Kind != "value" || c.Rank == "deprecated":
		case c.Rank == "preferred":
			preferred = append(preferred, c.Main.Value.Value)
		default:
			normal = append(normal, c.Main.Value.Value)
		}
	}
	return append(preferred, normal...)
}

// isFilm reports that the item is an instance of a film, or has an id that only
// films have.
func (it *item) isFilm() bool {
	if it == nil || it.Missing || !isItem(it.ID) {
		return false
	}
	classes := filmClasses()
	for _, value := range it.values(instanceOf) {
		var class struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(value, &class) == nil && slices.Contains(classes, class.ID) {
			return true
		}
	}
	return len(it.values(tmdbMovieID)) > 0
}

// film is the item as a film. An item with two ids of a catalogue stands for
// several films, or for versions of one; such an id is left out.
func (it *item) film() review.Film {
	f := review.Film{Year: it.year(), IDs: review.FilmIDs{
		Wikidata: it.ID, IMDb: it.only(imdbID), TMDB: it.only(tmdbMovieID),
	}}
	for _, value := range it.values(title) {
		var t struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(value, &t) != nil || t.Text == "" {
			continue
		}
		if f.OriginalTitle == "" {
			f.OriginalTitle = t.Text
		} else {
			f.AltTitles = append(f.AltTitles, t.Text)
		}
	}
	f.Title = it.Labels["en"].Value
	if f.Title == "" {
		f.Title = f.OriginalTitle
	}
	for _, language := range slices.Sorted(maps.Keys(it.Labels)) {
		f.AltTitles = append(f.AltTitles, it.Labels[language].Value)
	}
	for _, language := range slices.Sorted(maps.Keys(it.Aliases)) {
		for _, alias := range it.Aliases[language] {
			f.AltTitles = append(f.AltTitles, alias.Value)
		}
	}
	return f
}

// only is the value of a property that has just one, "" for any other.
func (it *item) only(property string) string {
	values := it.values(property)
	var id string
	if len(values) != 1 || json.Unmarshal(values[0], &id) != nil {
		return ""
	}
	return id
}

// year is when the film first came out, 0 where that is not known to the year.
func (it *item) year() (first int) {
	const toTheYear = 9 // of Wikidata's precisions; 10 is to the month, 11 to the day
	for _, value := range it.values(published) {
		var date struct {
			Time      string `json:"time"` // +2001-04-25T00:00:00Z
			Precision int    `json:"precision"`
		}
		if json.Unmarshal(value, &date) != nil || date.Precision < toTheYear {
			continue
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(date.Time, "+"), "-")
		if year, err := strconv.Atoi(text); err == nil && year > 0 && (first == 0 || year < first) {
			first = year
		}
	}
	return first
}
