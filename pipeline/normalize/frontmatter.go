package normalize

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// readFrontMatter reads what stands above the text in YAML, TOML or JSON, and
// returns the text behind it. Front matter that cannot be read is an error that
// names the place in the document.
func (u *understanding) readFrontMatter(text string) (rest string, err error) {
	head, ok, err := cutFrontMatter(text)
	if !ok || err != nil {
		return text, err
	}
	root, err := head.parse()
	if root == nil || err != nil {
		return head.rest, err
	}
	if err := notReview(root); err != nil {
		return "", err
	}
	m := matter{understanding: u, into: &u.review, above: head.above}
	m.setAll(root, 0)
	m.finish()
	return head.rest, nil
}

// notReview is pipeline.ErrNotReview for what the front matter says is none.
func notReview(root *yaml.Node) error {
	for _, p := range root.Pairs {
		key, value := plainKey(p.Key.Value), strings.ToLower(scalar(p.Value))
		switch key {
		case "draft", "isdraft", "private":
			if yes(p.Value) {
				return fmt.Errorf("%w: a draft", pipeline.ErrNotReview)
			}
		case "published", "publish", "permalink":
			if value == "false" || value == "no" {
				return fmt.Errorf("%w: a draft (%s: %s)", pipeline.ErrNotReview, p.Key.Value, value)
			}
		case "status", "state", "poststatus":
			if unpublished(value) {
				return fmt.Errorf("%w: a draft (%s: %s)", pipeline.ErrNotReview, p.Key.Value, value)
			}
		case "type", "mediatype", "medium", "kind", "layout":
			if otherThing(value) {
				return fmt.Errorf("%w: %s: %s, not a film", pipeline.ErrNotReview, p.Key.Value, scalar(p.Value))
			}
		case "category", "categories":
			if words := texts(p.Value); len(words) == 1 && otherShelf(words[0]) {
				return fmt.Errorf("%w: %s: %s, not a film", pipeline.ErrNotReview, p.Key.Value, words[0])
			}
		}
	}
	return nil
}

// unpublished reports a state in which a text is not for readers yet, or no longer.
func unpublished(status string) bool {
	switch plainKey(status) {
	case "draft", "private", "pending", "wip", "inprogress", "unpublished", "trash", "todo", "hidden", "archived":
		return true
	}
	return false
}

// otherShelf reports the one category of what is no film. A word that is also a
// kind of film, as series and musical are, says nothing.
func otherShelf(category string) bool {
	switch plainKey(category) {
	case "book", "books", "bookreview", "bookreviews", "tv", "television", "tvreview", "tvreviews", "game", "games",
		"gamereview", "gamereviews", "videogames", "album", "albums", "albumreview", "albumreviews", "podcasts", "recipes":
		return true
	}
	return false
}

// otherThing reports what is reviewed and is no film. What is not known may be
// one: people call their types what they like.
func otherThing(kind string) bool {
	switch plainKey(kind) {
	case "episode", "show", "tv", "tvshow", "tvseries", "series", "season", "tvseason", "tvepisode", "miniseries",
		"book", "novel", "comic", "manga", "game", "videogame", "boardgame", "album", "music", "musicalbum", "song",
		"podcast", "concert", "play", "theatre", "theater", "musical", "opera", "restaurant", "product", "app",
		"software", "recipe", "hotel", "bookreview", "gamereview", "tvreview", "musicreview", "albumreview":
		return true
	}
	return false
}

// plainKey is a key without case and signs: my_rating, myRating and "My rating"
// are one.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', ' ', '.':
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

// scalar is the text of a value; of a list, that of its first.
func scalar(n *yaml.Node) string {
	if list := texts(n); len(list) > 0 {
		return list[0]
	}
	return ""
}

// texts are the texts of a value. A link of a notebook, [[Mulan]], is what it is
// called; without quotes YAML takes it for a list in a list.
func texts(n *yaml.Node) []string {
	list := n.Strings()
	if n != nil && n.Kind == yaml.Sequence {
		for _, item := range n.Items {
			if item.Kind == yaml.Sequence {
				list = append(list, strings.Join(item.Strings(), ", "))
			}
		}
	}
	for i, text := range list {
		list[i] = unlinked(strings.TrimSpace(text))
	}
	return list
}

// unlinked is a text without the signs of a link: [[Films/Mulan|the remake]],
// [[Mulan]], [Mulan](https://...).
func unlinked(s string) string {
	if inner, ok := strings.CutPrefix(s, "[["); ok && strings.HasSuffix(inner, "]]") && strings.Count(s, "[[") == 1 {
		return wikiName(inner[:len(inner)-2])
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, ")") && strings.Count(s, "](") == 1 {
		name, _, _ := strings.Cut(inner, "](")
		return name
	}
	return s
}

// address is a value that is meant as an address: of a link, where it leads.
func address(n *yaml.Node) string {
	list := n.Strings()
	if len(list) == 0 {
		return ""
	}
	text := strings.TrimSpace(list[0])
	if _, target, ok := strings.Cut(text, "]("); ok && strings.HasSuffix(target, ")") {
		text = strings.TrimSuffix(target, ")")
	}
	return strings.TrimSpace(strings.Trim(text, "<>"))
}

// yes reports a value that means yes.
func yes(n *yaml.Node) bool {
	switch strings.ToLower(scalar(n)) {
	case "true", "yes", "y", "on", "1":
		return true
	}
	return false
}

// matter is front matter being read. What the source states comes before it.
type matter struct {
	*understanding
	into     *review.Review
	above    int // lines of the document above it
	title    string
	name     string
	created  string
	released int // the year
	alt      string
	rating   []ratingKey
	scale    review.Scale
}

// ratingKey is a rating, and the key it stood behind.
type ratingKey struct {
	key   string
	text  string
	scale review.Scale
}

// setAll reads the keys of a table, and of those tables in it that only put keys
// together.
func (m *matter) setAll(n *yaml.Node, depth int) {
	for _, p := range n.Pairs {
		switch plainKey(p.Key.Value) {
		case "extra", "params", "taxonomies", "review", "data", "custom", "meta":
			if p.Value.Kind == yaml.Mapping && depth < 3 {
				m.setAll(p.Value, depth+1)
				continue
			}
		}
		m.set(p.Key.Value, p.Value)
	}
}

// set reads one key.
func (m *matter) set(key string, n *yaml.Node) {
	k := plainKey(key)
	if n.IsNull() || m.setRating(key, n) || m.setScale(k, n) || m.setFilm(k, n) || m.setDates(k, n) || m.setIDs(k, n) {
		return
	}
	if m.setPeople(k, n) || m.setSwitches(k, n) || m.setPicture(k, n) {
		return
	}
	r := m.into
	switch k {
	case "title", "headline":
		m.title = first(m.title, scalar(n))
	case "name":
		m.name = scalar(n)
	case "tags", "tag", "categories", "category", "keywords", "genre", "genres":
		for _, text := range texts(n) {
			for tag := range strings.SplitSeq(text, ",") {
				r.Tags = append(r.Tags, strings.TrimLeft(strings.TrimSpace(tag), "#"))
			}
		}
	case "url", "permalink", "canonical", "canonicalurl", "link", "externalurl":
		m.setURL(address(n))
	case "language", "lang", "locale":
		r.Language = first(r.Language, scalar(n))
	case "summary", "excerpt", "description", "subtitle", "dek", "standfirst", "blurb":
		r.Summary = first(r.Summary, scalar(n))
	}
}

// setURL notes where a person reads it, or which film it is of: some have the film's
// page in a catalogue behind such a key.
func (m *matter) setURL(where string) {
	r := m.into
	if ids := linkedIDs(where); !ids.IsZero() {
		r.Film.IDs = r.Film.IDs.Or(ids)
	} else if r.URL == "" {
		r.URL = m.base.resolve(where, false)
		m.base = newResolver(r.URL)
	}
}

// setPeople reads who wrote it, and for whom.
func (m *matter) setPeople(k string, n *yaml.Node) bool {
	switch k {
	case "author", "critic", "reviewer", "authors", "reviewedby", "byline", "by", "writtenby", "postauthor":
		m.setCritic(n)
	case "outlet", "publication", "publisher":
		name := scalar(n)
		if n.Kind == yaml.Mapping {
			name = scalar(n.Get("name"))
		}
		c := &m.into.Critic
		c.Outlet = review.Outlet(first(string(c.Outlet), name))
	default:
		return false
	}
	return true
}

// setSwitches reads what is either so or not.
func (m *matter) setSwitches(k string, n *yaml.Node) bool {
	r := m.into
	switch k {
	case "spoiler", "spoilers", "containsspoilers", "hasspoilers", "spoilerwarning":
		r.Spoiler = r.Spoiler || yes(n)
	case "rewatch", "rewatched", "isrewatch":
		r.Rewatch = r.Rewatch || yes(n)
	case "liked", "like", "loved", "favourite", "favorite":
		r.Liked = r.Liked || yes(n)
	default:
		return false
	}
	return true
}

// setPicture reads the address of a picture, which may be a table with its text.
func (m *matter) setPicture(k string, n *yaml.Node) bool {
	if strings.HasSuffix(k, "alt") || k == "alttext" {
		m.alt = first(m.alt, scalar(n))
		return true
	}
	switch k {
	case "image", "cover", "coverimage", "poster", "thumbnail", "featuredimage", "images", "heroimage", "banner", "ogimage":
	default:
		return false
	}
	where, alt := address(n), ""
	if n.Kind == yaml.Mapping {
		for _, p := range n.Pairs {
			switch plainKey(p.Key.Value) {
			case "src", "url", "image", "path", "file", "href":
				where = first(where, address(p.Value))
			case "alt", "alttext", "description":
				alt = first(alt, scalar(p.Value))
			}
		}
	}
	if src := m.base.resolve(where, false); src != "" {
		m.into.Media = append(m.into.Media, review.Media{URL: src, Alt: alt, Kind: "image"})
	}
	return true
}

func isRatingKey(k string) bool {
	switch k {
	case "rating", "ratings", "stars", "score", "grade", "myrating", "myscore", "mygrade", "ratingemoji", "starrating",
		"ratingstars", "ratingvalue", "overallrating", "overall", "personalrating", "reviewrating", "mystars",
		"reviewscore", "filmrating", "movierating", "recommended", "recommend", "ratingstring", "criticrating",
		"wertung", "bewertung", "puntuacion", "puntuación", "calificacion", "calificación", "valoracion", "valoración", "voto", "betyg", "ocena":
		return true
	}
	return false
}

// maybeRatingKey reports a key that some write a rating behind and others a
// sentence: note is French for it, and nota Italian.
func maybeRatingKey(k string) bool {
	switch k {
	case "verdict", "note", "nota", "finalverdict", "thumbs":
		return true
	}
	return false
}

// setRating notes a rating, which may be a mapping of value and scale.
func (m *matter) setRating(key string, n *yaml.Node) bool {
	k := plainKey(key)
	switch {
	case maybeRatingKey(k):
		return m.maybeRating(key, n)
	case !isRatingKey(k):
		return false
	case n.Kind == yaml.Mapping:
		m.rating = append(m.rating, mappedRating(key, n))
		return true
	}
	text := scalar(n)
	if k == "recommended" || k == "recommend" {
		text = map[string]string{"true": "Recommended", "yes": "Recommended", "false": "Not recommended", "no": "Not recommended"}[strings.ToLower(text)]
	}
	if text != "" && !certificate(text) {
		m.rating = append(m.rating, ratingKey{key: key, text: text})
	}
	return true
}

// maybeRating takes a value for a rating if it is one, and a sentence for a summary
// if the key says that much.
func (m *matter) maybeRating(key string, n *yaml.Node) bool {
	text := scalar(n)
	switch g := understand(text, m.understanding.scale, m.basis); {
	case n.Kind == yaml.Mapping:
		m.rating = append(m.rating, mappedRating(key, n))
	case g.rating.Kind == review.Scored, g.rating.Kind == review.Verdicted, g.rating.Kind == review.Ambiguous:
		m.rating = append(m.rating, ratingKey{key: key, text: text})
	case g.rating.Kind == review.Invalid && strings.Contains(key, "erdict"):
		m.into.Summary = first(m.into.Summary, text)
	}
	return true
}

// certificate reports how old one must be to see a film, which some keep behind
// rating. The bare numbers among those, as 15, cannot be told from a score.
func certificate(text string) bool {
	switch strings.ToUpper(strings.TrimPrefix(strings.ToLower(text), "rated ")) {
	case "G", "PG", "PG-13", "PG13", "R", "NC-17", "X", "12A", "U", "TV-MA", "TV-14", "TV-PG", "TV-G", "TV-Y", "TV-Y7", "FSK 12", "FSK 16", "FSK 18", "M", "MA15+", "R18+", "14A":
		return true
	}
	return false
}

// mappedRating reads a rating that is a table.
func mappedRating(key string, n *yaml.Node) ratingKey {
	r := ratingKey{key: key}
	for _, p := range n.Pairs {
		switch text := scalar(p.Value); plainKey(p.Key.Value) {
		case "value", "score", "rating", "stars", "ratingvalue", "letter", "raw", "overall", "total", "final", "mine":
			r.text = first(r.text, text)
		case "best", "max", "outof", "bestrating", "scale", "of", "maximum":
			r.scale.Best, _ = review.ParseDecimal(text)
		case "worst", "min", "worstrating", "minimum":
			r.scale.Worst, _ = review.ParseDecimal(text)
		}
	}
	return r
}

func (m *matter) setScale(k string, n *yaml.Node) bool {
	switch k {
	case "bestrating", "ratingbest", "ratingmax", "maxrating", "ratingscale", "outof", "ratingoutof", "scale", "maxscore":
		m.scale.Best, _ = review.ParseDecimal(scalar(n))
	case "worstrating", "ratingworst", "ratingmin", "minrating":
		m.scale.Worst, _ = review.ParseDecimal(scalar(n))
	default:
		return false
	}
	return true
}

// setFilm reads what is said of the film. It may be a mapping of the same keys.
func (m *matter) setFilm(k string, n *yaml.Node) bool {
	f := &m.into.Film
	switch k {
	case "film", "movie", "filmtitle", "movietitle", "filmname", "moviename", "itemreviewed", "reviewof":
		if n.Kind == yaml.Mapping {
			for _, p := range n.Pairs {
				m.setFilmPart(plainKey(p.Key.Value), p.Value)
			}
		} else {
			m.film = first(m.film, scalar(n))
		}
	case "originaltitle", "titleoriginal", "origtitle":
		f.OriginalTitle = first(f.OriginalTitle, scalar(n))
	case "year", "releaseyear", "filmyear", "movieyear", "yearofrelease", "yearreleased":
		f.Year = firstYearOf(f.Year, exactYear(clip(scalar(n), 4)))
	case "released", "releasedate", "release", "premiere", "premiered", "datereleased", "filmreleased":
		m.released = firstYearOf(m.released, yearIn(scalar(n)))
	case "alttitle", "alttitles", "aka", "alsoknownas", "othertitles", "englishtitle":
		f.AltTitles = append(f.AltTitles, texts(n)...)
	case "director", "directors", "directedby":
		if len(f.Directors) == 0 {
			for _, text := range texts(n) {
				people, _ := names(text)
				f.Directors = append(f.Directors, people...)
			}
		}
	case "cast", "starring", "actors":
		for _, text := range texts(n) {
			if people, ok := names(text); ok && len(people) > 0 {
				m.into.Credits = append(m.into.Credits, review.Credit{Role: "cast", Names: people})
			}
		}
	case "country", "countries":
		if len(f.Countries) == 0 {
			f.Countries = splitWords(texts(n))
		}
	default:
		return false
	}
	return true
}

// setFilmPart reads a key inside of "film:".
func (m *matter) setFilmPart(k string, n *yaml.Node) {
	switch k {
	case "title", "name":
		m.film = first(m.film, scalar(n))
	case "film", "movie":
	default:
		_ = m.setFilm(k, n) || m.setIDs(k, n)
	}
}

// yearIn is the year of a date as people write it.
func yearIn(text string) int {
	if year := exactYear(clip(text, 4)); year != 0 {
		return year
	}
	t, _ := when(text)
	return plausible(t.Year())
}

func splitWords(texts []string) []string {
	var out []string
	for _, text := range texts {
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '/' }) {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func (m *matter) setDates(k string, n *yaml.Node) bool {
	r := m.into
	switch text := scalar(n); k {
	case "date", "published", "publishedat", "publishedon", "pubdate", "pubdatetime", "publishdate", "datepublished", "publicationdate", "reviewdate", "reviewed", "datereviewed", "posted":
		if t, ok := when(text); ok && r.PublishedAt.IsZero() {
			r.PublishedAt = t
		} else if !ok && k == "date" {
			m.review.Warn(frontMatterValue, "published_at", fmt.Sprintf("line %d: %s is no date; write 2020-05-29", n.Line+m.above, n))
		}
	case "created", "createdat", "datecreated", "creationdate", "dateadded":
		m.created = first(m.created, text)
	case "lastmod", "updated", "modified", "modifiedat", "updatedat", "lastmodified", "lastmodifiedat", "lastupdated", "dateupdated", "datemodified", "moddatetime", "updateddate":
		if t, ok := when(text); ok && r.ModifiedAt.IsZero() {
			r.ModifiedAt = t
		}
	case "watched", "watchedon", "watchedat", "datewatched", "watcheddate", "watchdate", "viewed", "viewedon", "dateviewed", "dateseen", "seen", "seenon", "lastwatched", "viewingdate":
		if d, ok := day(text); ok && r.WatchedOn.IsZero() {
			r.WatchedOn = d
		}
	default:
		return false
	}
	return true
}

func (m *matter) setIDs(k string, n *yaml.Node) bool {
	ids := &m.into.Film.IDs
	text := address(n)
	switch k {
	case "imdb", "imdbid", "imdburl", "imdblink", "ttid":
		ids.IMDb = first(ids.IMDb, idOf(text, imdbID, func(i review.FilmIDs) string { return i.IMDb }))
	case "tmdb", "tmdbid", "tmdburl", "tmdblink", "themoviedb", "themoviedbid":
		ids.TMDB = first(ids.TMDB, idOf(text, tmdbID, func(i review.FilmIDs) string { return i.TMDB }))
	case "wikidata", "wikidataid":
		ids.Wikidata = first(ids.Wikidata, idOf(text, wikidataID, func(i review.FilmIDs) string { return i.Wikidata }))
	case "letterboxd", "letterboxdurl", "letterboxdlink", "letterboxdslug", "letterboxdid", "letterboxduri":
		ids.Letterboxd = first(ids.Letterboxd, idOf(text, letterboxdID, func(i review.FilmIDs) string { return i.Letterboxd }))
	case "ids", "links", "externalids":
		for _, p := range n.Pairs {
			if kk := plainKey(p.Key.Value); !strings.HasSuffix(kk, "ids") && kk != "links" {
				m.setIDs(kk, p.Value)
			}
		}
	default:
		return false
	}
	return true
}

// setCritic takes one critic, or a list of several.
func (m *matter) setCritic(n *yaml.Node) {
	if n.Kind == yaml.Sequence {
		for _, item := range n.Items[:min(len(n.Items), maxCritics)] {
			if c := m.critic(item); m.into.Critic.Name == "" {
				m.setCritic(item)
			} else if c.Name != "" {
				m.into.CoCritics = append(m.into.CoCritics, c)
			}
		}
		return
	}
	if c := &m.into.Critic; c.Name == "" {
		named := m.critic(n)
		c.Name, c.URL = named.Name, first(c.URL, named.URL)
	}
}

func (m *matter) critic(n *yaml.Node) review.Critic {
	if n.Kind != yaml.Mapping {
		return review.Critic{Name: personal(scalar(n))}
	}
	return review.Critic{
		Name: first(scalar(n.Get("name")), scalar(n.Get("display_name"))),
		URL:  m.base.resolve(scalar(n.Get("url")), false),
	}
}

// finish puts together what several keys say.
func (m *matter) finish() {
	r := m.into
	r.Title = first(r.Title, m.title, m.name, m.film)
	r.Film.Year = firstYearOf(r.Film.Year, m.released)
	if t, ok := when(m.created); ok && r.PublishedAt.IsZero() {
		r.PublishedAt = t
	}
	if n := len(r.Media); n > 0 && r.Media[n-1].Alt == "" {
		r.Media[n-1].Alt = m.alt
	}
	if m.name != "" && m.film == "" && r.Film.Title == "" && m.title != "" && m.name != m.title {
		m.film = readTitle(m.name, m.site).film
		r.Film.Year = firstYearOf(r.Film.Year, readTitle(m.name, m.site).year)
	}
	for _, k := range m.rating {
		scale, basis := m.understanding.scale, m.basis
		if own := k.scale; !own.Best.IsZero() {
			scale, basis = own, review.BasisStated
		} else if !m.scale.Best.IsZero() {
			scale, basis = m.scale, review.BasisStated
		}
		f := field(k.text, inFrontMatter+k.key, scale, basis, strengthField)
		if f.rating.Kind == review.Unrated && !k.scale.Best.IsZero() {
			f.rating.Kind, f.rating.Best, f.rating.Worst = review.Lost, k.scale.Best, k.scale.Worst
		}
		m.found = append(m.found, f)
	}
}
