package exports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// wellKnown are the fields of a document by the names people give columns in English,
// German, French, Spanish and Italian. What may be a remark as well, "Note", is none.
// A column that the config maps goes by that alone.
func wellKnown(column string) string {
	switch strings.NewReplacer("_", "", " ", "", "-", "").Replace(column) {
	case "film", "movie", "filmtitle", "movietitle", "name", "filmtitel", "titredufilm", "titolofilm", "titolodelfilm", "película", "pelicula":
		return "film.title"
	case "title", "titel", "titre", "título", "titulo", "titolo":
		return "title"
	case "year", "filmyear", "releaseyear", "movieyear", "jahr", "année", "annee", "año", "anno":
		return "film.year"
	case "originaltitle", "originaltitel", "titreoriginal", "títulooriginal", "titulooriginal", "titolooriginale":
		return "film.original_title"
	case "director", "directors", "regie", "regisseur", "réalisateur", "realisateur", "regista", "regia":
		return "film.directors"
	case "imdb", "imdbid", "const":
		return "film.ids.imdb"
	case "tmdb", "tmdbid":
		return "film.ids.tmdb"
	case "letterboxdslug":
		return "film.ids.letterboxd"
	case "rating", "score", "stars", "grade", "myrating", "yourrating",
		"bewertung", "wertung", "sterne", "évaluation", "evaluation", "étoiles", "etoiles", "valoración", "valoracion", "puntuación", "puntuacion",
		"calificación", "calificacion", "estrellas", "valutazione", "punteggio", "voto", "stelle":
		return "rating"
	case "review", "body", "text", "content", "kritik", "rezension", "critique", "crítica", "critica", "reseña", "resena", "recensione", "texte", "texto", "testo":
		return "body"
	case "summary", "excerpt", "verdict":
		return "summary"
	case "critic", "reviewer", "author", "kritiker", "autor", "auteur", "autore":
		return "critic.name"
	case "outlet", "publication", "site":
		return "critic.outlet"
	case "url", "link", "permalink":
		return "url"
	case "id", "guid":
		return "id"
	case "date", "published", "publishedat", "reviewdate", "datum", "fecha", "data":
		return "published_at"
	case "watchedon", "watcheddate", "datewatched":
		return "watched_on"
	case "tags", "categories":
		return "tags"
	case "language", "lang", "sprache", "langue", "idioma", "lingua":
		return "language"
	}
	return ""
}

// fields says which column holds which field: the config's word first, then the
// names that are well known. A column that nobody knows is not read.
func (r *reading) fields(t *table) (map[string]int, error) {
	at := map[string]int{}
	for field, column := range r.export.Columns {
		i, ok := t.columns[strings.ToLower(strings.TrimSpace(column))]
		if !ok {
			return nil, fmt.Errorf("has no column %q, which columns.%s names; it has %s", column, field, strings.Join(t.header, ", "))
		}
		at[field] = i
	}
	mapped := map[int]bool{}
	for _, i := range at {
		mapped[i] = true
	}
	for i, name := range t.header { // in their order, for two may mean the same
		field := wellKnown(strings.ToLower(strings.TrimSpace(name)))
		if _, taken := at[field]; field != "" && !taken && !mapped[i] {
			at[field] = i
		}
	}
	if _, film := at["film.title"]; !film {
		if _, title := at["title"]; !title {
			return nil, fmt.Errorf("no column names the film (film, movie, title ...); it has %s. columns in the config says what they mean", strings.Join(t.header, ", "))
		}
	}
	return at, nil
}

// plainTable reads a table of somebody's own: each row is a loose document.
func (r *reading) plainTable(t *table) error {
	at, err := r.fields(t)
	if err != nil {
		return r.problem(t.name, err)
	}
	if err := unread(t, at); err != nil {
		if err := r.problem(t.name, err); err != nil {
			return err
		}
	}
	names := make([]string, 0, len(at))
	for field := range at {
		names = append(names, field)
	}
	slices.Sort(names)
	for _, row := range t.rows {
		d, err := looseDocument(row, names, at)
		if err != nil {
			if err := r.problem(row.where(), err); err != nil {
				return err
			}
			continue
		}
		if err := r.document(d, append(append([]string{}, t.header...), row.values...)...); err != nil {
			return err
		}
	}
	return nil
}

// unread says which columns nobody reads where the ratings may be in one of them: none
// is known to hold them. A table whose columns are all understood just has none.
func unread(t *table, at map[string]int) error {
	read := map[int]bool{}
	for field, i := range at {
		if field == "rating" || strings.HasPrefix(field, "rating.") {
			return nil
		}
		read[i] = true
	}
	var others []string
	for i, column := range t.header {
		if column = strings.TrimSpace(column); column != "" && !read[i] {
			others = append(others, column)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return fmt.Errorf("%w, and these were not read: %s; if one of them does, say so in the config, as in columns: {rating: %q}",
		pipeline.ErrUnmapped, strings.Join(others, ", "), others[0])
}

// looseDocument makes the loose JSON of a row, and reads that.
func looseDocument(row row, names []string, at map[string]int) (review.Document, error) {
	object := map[string]any{}
	for _, field := range names {
		if i := at[field]; i < len(row.values) && row.values[i] != "" {
			set(object, field, row.values[i])
		}
	}
	// A title is that of the film where no column is.
	if _, film := at["film.title"]; !film {
		set(object, "film.title", object["title"])
	}
	text, err := json.Marshal(object)
	if err != nil {
		return review.Document{}, err
	}
	d, err := review.ParseDocument(text)
	if err == nil && d.Form == review.FormHTML && !strings.ContainsRune(d.Body, '<') {
		d.Form = review.FormText
	}
	return d, err
}

// set puts a value where a dotted field says.
func set(object map[string]any, field string, value any) {
	if value == nil {
		return
	}
	parent, rest, nested := strings.Cut(field, ".")
	if !nested {
		object[field] = value
		return
	}
	inner, ok := object[parent].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[parent] = inner
	}
	set(inner, rest, value)
}
