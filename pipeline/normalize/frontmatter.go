package normalize

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// readFrontMatter reads the YAML between two lines --- at the beginning, and
// returns the text behind it. Front matter that cannot be read is an error that
// names the line in the document.
func (u *understanding) readFrontMatter(text string) (rest string, err error) {
	head, rest, ok := cutFrontMatter(text)
	if !ok {
		return text, unread(text)
	}
	root, faults := yaml.Parse([]byte(head))
	if len(faults) > 0 {
		f := faults[0]
		return "", fmt.Errorf("front matter: line %d: %s", f.Line+1, f.Text)
	}
	if root == nil {
		return rest, nil
	}
	if root.Kind != yaml.Mapping {
		return "", fmt.Errorf("front matter: line %d: want keys and values, as title: Mulan; this is %s", root.Line+1, root)
	}
	if err := notReview(root); err != nil {
		return "", err
	}
	m := matter{understanding: u, into: &u.review}
	for _, p := range root.Pairs {
		m.set(p.Key.Value, p.Value)
	}
	m.finish()
	return rest, nil
}

// cutFrontMatter splits a document at the line that ends its front matter.
func cutFrontMatter(text string) (head, rest string, ok bool) {
	if !fence(firstLine(text), "---") {
		return "", text, false
	}
	from := len(firstLine(text))
	for at := from; at < len(text); {
		line := firstLine(text[at:])
		if fence(line, "---") || fence(line, "...") {
			return text[from:at], text[at+len(line):], true
		}
		at += len(line)
	}
	return "", text, false
}

// firstLine is the first line with its end.
func firstLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1]
	}
	return s
}

func fence(line, mark string) bool { return strings.TrimRight(line, " \t\r\n") == mark }

// unread is the error for what was meant as front matter and is none.
func unread(text string) error {
	line := firstLine(text)
	switch {
	case fence(line, "+++"):
		return fmt.Errorf("front matter: line 1: TOML (+++) is not read: write it as YAML between two lines ---")
	case fence(line, "---"):
		second := firstLine(text[len(line):])
		if key, _, ok := strings.Cut(second, ":"); ok && key != "" && !strings.ContainsAny(key, " *[") {
			return fmt.Errorf("front matter: line 1: no line --- ends it")
		}
	}
	return nil
}

// notReview is pipeline.ErrNotReview for what the front matter says is none.
func notReview(root *yaml.Node) error {
	for _, p := range root.Pairs {
		value := strings.ToLower(scalar(p.Value))
		switch plainKey(p.Key.Value) {
		case "draft":
			if yes(p.Value) {
				return fmt.Errorf("%w: a draft", pipeline.ErrNotReview)
			}
		case "published":
			if value == "false" {
				return fmt.Errorf("%w: a draft (published: false)", pipeline.ErrNotReview)
			}
		case "type", "mediatype", "kind":
			if otherThing(value) {
				return fmt.Errorf("%w: %s: %s, not a film", pipeline.ErrNotReview, p.Key.Value, scalar(p.Value))
			}
		}
	}
	return nil
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
	if list := n.Strings(); len(list) > 0 {
		return strings.TrimSpace(list[0])
	}
	return ""
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
	into   *review.Review
	title  string
	name   string
	rating []ratingKey
	scale  review.Scale
}

// ratingKey is a rating, and the key it stood behind.
type ratingKey struct {
	key   string
	text  string
	scale review.Scale
}

// set reads one key.
func (m *matter) set(key string, n *yaml.Node) {
	k := plainKey(key)
	if n.IsNull() {
		return
	}
	if isRatingKey(k) {
		m.setRating(key, n)
		return
	}
	if m.setScale(k, n) || m.setFilm(k, n) || m.setDates(k, n) || m.setIDs(k, n) {
		return
	}
	r := m.into
	switch k {
	case "title":
		m.title = scalar(n)
	case "name":
		m.name = scalar(n)
	case "author", "critic", "reviewer", "authors", "reviewedby", "byline":
		m.setCritic(n)
	case "outlet", "publication":
		r.Critic.Outlet = review.Outlet(first(string(r.Critic.Outlet), scalar(n)))
	case "tags", "tag", "categories", "category", "keywords", "genre", "genres":
		for _, text := range n.Strings() {
			for tag := range strings.SplitSeq(text, ",") {
				r.Tags = append(r.Tags, tag)
			}
		}
	case "url", "permalink", "canonical", "canonicalurl", "link":
		if r.URL == "" {
			r.URL = m.base.resolve(scalar(n), false)
			m.base = newResolver(r.URL)
		}
	case "language", "lang", "locale":
		r.Language = first(r.Language, scalar(n))
	case "spoiler", "spoilers", "containsspoilers", "hasspoilers":
		r.Spoiler = r.Spoiler || yes(n)
	case "rewatch", "rewatched":
		r.Rewatch = r.Rewatch || yes(n)
	case "liked", "like", "loved", "favourite", "favorite":
		r.Liked = r.Liked || yes(n)
	case "summary", "excerpt", "description":
		r.Summary = first(r.Summary, scalar(n))
	case "image", "cover", "coverimage", "poster", "thumbnail", "featuredimage":
		if src := m.base.resolve(scalar(n), false); src != "" {
			r.Media = append(r.Media, review.Media{URL: src, Kind: "image"})
		}
	}
}

func isRatingKey(k string) bool {
	switch k {
	case "rating", "ratings", "stars", "score", "grade", "myrating", "myscore", "mygrade", "ratingemoji", "starrating",
		"ratingstars", "ratingvalue", "verdict", "overallrating", "overall", "personalrating", "reviewrating",
		"reviewscore", "filmrating", "movierating", "recommended":
		return true
	}
	return false
}

// setRating notes a rating, which may be a mapping of value and scale.
func (m *matter) setRating(key string, n *yaml.Node) {
	if n.Kind != yaml.Mapping {
		text := scalar(n)
		if plainKey(key) == "recommended" {
			text = map[string]string{"true": "Recommended", "yes": "Recommended", "false": "Not recommended", "no": "Not recommended"}[strings.ToLower(text)]
		}
		if text != "" {
			m.rating = append(m.rating, ratingKey{key: key, text: text})
		}
		return
	}
	var r ratingKey
	r.key = key
	for _, p := range n.Pairs {
		switch text := scalar(p.Value); plainKey(p.Key.Value) {
		case "value", "score", "rating", "stars", "ratingvalue", "letter", "raw":
			r.text = first(r.text, text)
		case "best", "max", "outof", "bestrating", "scale", "of":
			r.scale.Best, _ = review.ParseDecimal(text)
		case "worst", "min", "worstrating":
			r.scale.Worst, _ = review.ParseDecimal(text)
		}
	}
	m.rating = append(m.rating, r)
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
	case "film", "movie", "filmtitle", "movietitle", "itemreviewed":
		if n.Kind == yaml.Mapping {
			for _, p := range n.Pairs {
				m.setFilmPart(plainKey(p.Key.Value), p.Value)
			}
		} else {
			m.film = first(m.film, scalar(n))
		}
	case "originaltitle":
		f.OriginalTitle = first(f.OriginalTitle, scalar(n))
	case "year", "releaseyear", "filmyear", "movieyear":
		f.Year = firstYearOf(f.Year, exactYear(clip(scalar(n), 4)))
	case "director", "directors", "directedby":
		if len(f.Directors) == 0 {
			for _, text := range n.Strings() {
				people, _ := names(text)
				f.Directors = append(f.Directors, people...)
			}
		}
	case "cast", "starring", "actors":
		for _, text := range n.Strings() {
			if people, ok := names(text); ok && len(people) > 0 {
				m.into.Credits = append(m.into.Credits, review.Credit{Role: "cast", Names: people})
			}
		}
	case "country", "countries":
		if len(f.Countries) == 0 {
			f.Countries = splitWords(n.Strings())
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
	switch k {
	case "date", "published", "publishedat", "pubdate", "publishdate", "datepublished":
		if t, ok := when(scalar(n)); ok && r.PublishedAt.IsZero() {
			r.PublishedAt = t
		} else if !ok && k == "date" {
			m.review.Warn(frontMatterValue, "published_at", fmt.Sprintf("line %d: %s is no date; write 2020-05-29", n.Line+1, n))
		}
	case "lastmod", "updated", "modified", "modifiedat", "lastmodified", "lastmodifiedat", "dateupdated":
		if t, ok := when(scalar(n)); ok && r.ModifiedAt.IsZero() {
			r.ModifiedAt = t
		}
	case "watched", "watchedon", "datewatched", "watcheddate", "watchdate", "viewed", "viewedon", "dateviewed":
		if d, ok := day(scalar(n)); ok && r.WatchedOn.IsZero() {
			r.WatchedOn = d
		}
	default:
		return false
	}
	return true
}

func (m *matter) setIDs(k string, n *yaml.Node) bool {
	ids := &m.into.Film.IDs
	text := scalar(n)
	switch k {
	case "imdb", "imdbid", "imdburl", "imdblink":
		ids.IMDb = first(ids.IMDb, idOf(text, imdbID, func(i review.FilmIDs) string { return i.IMDb }))
	case "tmdb", "tmdbid", "tmdburl", "themoviedb":
		ids.TMDB = first(ids.TMDB, idOf(text, tmdbID, func(i review.FilmIDs) string { return i.TMDB }))
	case "wikidata", "wikidataid":
		ids.Wikidata = first(ids.Wikidata, idOf(text, wikidataID, func(i review.FilmIDs) string { return i.Wikidata }))
	case "letterboxd", "letterboxdurl", "letterboxdslug", "letterboxdid":
		ids.Letterboxd = first(ids.Letterboxd, idOf(text, letterboxdID, func(i review.FilmIDs) string { return i.Letterboxd }))
	case "ids":
		for _, p := range n.Pairs {
			if kk := plainKey(p.Key.Value); kk != "ids" {
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
		return review.Critic{Name: scalar(n)}
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
