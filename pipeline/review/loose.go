package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ParseDocument reads one document in its loose JSON form: any field of the
// event, by the event's names, in the shapes people write them. A rating, a
// critic or a film may be a plain string, a critic a list of several, a list may be
// one string, a date may lack time and zone (then it is UTC), a number may be a
// string. Besides those:
//
//	id (or guid)   the source's own id; else the url, else what film, critic and date say
//	body           HTML; body_html is the same, body_text (or text) plain text
//	published      the same as published_at; date too
//
// Fields it does not know are ignored. An error says which field, and why.
func ParseDocument(data []byte) (Document, error) {
	var l loose
	if err := json.Unmarshal(data, &l); err != nil {
		return Document{}, looseError(err)
	}
	d := Document{
		GUID: first(string(l.ID), string(l.GUID), l.Source.GUID),
		URL:  first(string(l.URL), string(l.Link)),
		Stated: Review{
			URL:         first(string(l.URL), string(l.Link)),
			EntryKind:   EntryKind(l.EntryKind),
			Title:       string(l.Title),
			Summary:     string(l.Summary),
			Language:    string(l.Language),
			Spoiler:     l.Spoiler,
			Critic:      l.Critic.first(),
			CoCritics:   slices.Concat(l.Critic.others(), l.CoCritics),
			Film:        l.film(),
			PublishedAt: l.published(),
			ModifiedAt:  time.Time(l.ModifiedAt),
			Rewatch:     l.Rewatch,
			Liked:       l.Liked,
			Credits:     l.Credits,
			Awards:      l.Awards,
			Festivals:   l.Festivals,
			Tags:        l.Tags,
			Media:       l.Media,
			Rights:      Rights(l.Rights),
		},
		RatingText:  l.Rating.text,
		RatingScale: l.Rating.scale,
		RatingField: "rating",
	}
	if t := time.Time(l.WatchedOn); !t.IsZero() {
		d.Stated.WatchedOn = DateOf(t)
	}
	switch {
	case l.Body != "" || l.BodyHTML != "":
		d.Form, d.Body = FormHTML, first(string(l.Body), string(l.BodyHTML))
	default:
		d.Form, d.Body = FormText, first(string(l.BodyText), string(l.Text))
	}
	if d.GUID == "" {
		d.GUID = d.madeUpGUID()
	}
	if d.GUID == "" {
		return Document{}, fmt.Errorf("document: no id, no url and no film title: nothing to know it by")
	}
	return d, nil
}

// madeUpGUID identifies a document that states no id by what it is about, so
// that editing its text does not make it another document.
func (d *Document) madeUpGUID() string {
	if d.URL != "" {
		return d.URL
	}
	title := first(d.Stated.Film.Title, d.Stated.Title)
	if title == "" {
		return ""
	}
	date := d.Stated.WatchedOn.String()
	if t := d.Stated.PublishedAt; date == "" && !t.IsZero() {
		date = DateOf(t).String()
	}
	return strings.Join([]string{title, fmt.Sprint(d.Stated.Film.Year), d.Stated.Critic.Name, date}, "|")
}

// loose mirrors the event with a forgiving type at each field.
type loose struct {
	ID          looseString  `json:"id"`
	GUID        looseString  `json:"guid"`
	Source      looseSource  `json:"source"`
	URL         looseString  `json:"url"`
	Link        looseString  `json:"link"`
	EntryKind   looseString  `json:"entry_kind"`
	Title       looseString  `json:"title"`
	Summary     looseString  `json:"summary"`
	Body        looseString  `json:"body"`
	BodyHTML    looseString  `json:"body_html"`
	BodyText    looseString  `json:"body_text"`
	Text        looseString  `json:"text"`
	Language    looseString  `json:"language"`
	Spoiler     bool         `json:"spoiler"`
	Critic      looseCritics `json:"critic"`
	CoCritics   looseCritics `json:"co_critics"`
	Film        looseFilm    `json:"film"`
	Year        looseInt     `json:"year"`
	Rating      looseRating  `json:"rating"`
	PublishedAt looseTime    `json:"published_at"`
	Published   looseTime    `json:"published"`
	Date        looseTime    `json:"date"`
	ModifiedAt  looseTime    `json:"modified_at"`
	WatchedOn   looseTime    `json:"watched_on"`
	Rewatch     bool         `json:"rewatch"`
	Liked       bool         `json:"liked"`
	Credits     []Credit     `json:"credits"`
	Awards      []Honour     `json:"awards"`
	Festivals   []Honour     `json:"festivals"`
	Tags        looseStrings `json:"tags"`
	Media       []Media      `json:"media"`
	Rights      looseString  `json:"rights"`
}

func (l *loose) film() Film {
	f := Film{
		Title:         string(l.Film.Title),
		OriginalTitle: string(l.Film.OriginalTitle),
		AltTitles:     l.Film.AltTitles,
		Year:          int(l.Film.Year),
		Years:         l.Film.Years,
		Directors:     l.Film.Directors,
		Countries:     l.Film.Countries,
		Companies:     l.Film.Companies,
		IDs:           FilmIDs(l.Film.IDs),
	}
	if f.Year == 0 {
		f.Year = int(l.Year)
	}
	return f
}

func (l *loose) published() time.Time {
	for _, t := range []looseTime{l.PublishedAt, l.Published, l.Date} {
		if !time.Time(t).IsZero() {
			return time.Time(t)
		}
	}
	return time.Time{}
}

type looseSource struct {
	GUID string `json:"guid"`
}

// UnmarshalJSON takes an event's source object; a plain string says nothing here.
func (s *looseSource) UnmarshalJSON(b []byte) error {
	type plain looseSource
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	return json.Unmarshal(b, (*plain)(s))
}

// looseString is a string, or a number or boolean as it was written.
type looseString string

func (s *looseString) UnmarshalJSON(b []byte) error {
	switch {
	case isNull(b):
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(s))
	case b[0] == '{' || b[0] == '[':
		return fmt.Errorf("%.20s: want a string", b)
	}
	*s = looseString(b)
	return nil
}

// looseStrings is a list of strings, or one string with commas.
type looseStrings []string

func (s *looseStrings) UnmarshalJSON(b []byte) error {
	if isNull(b) {
		return nil
	}
	if b[0] == '[' {
		var items []looseString
		if err := json.Unmarshal(b, &items); err != nil {
			return err
		}
		for _, it := range items {
			*s = appendWord(*s, string(it))
		}
		return nil
	}
	var one looseString
	if err := one.UnmarshalJSON(b); err != nil {
		return err
	}
	for part := range strings.SplitSeq(string(one), ",") {
		*s = appendWord(*s, part)
	}
	return nil
}

func appendWord(list []string, word string) []string {
	if word = strings.TrimSpace(word); word != "" {
		list = append(list, word)
	}
	return list
}

// looseInt is a whole number, or a string holding one.
type looseInt int

func (n *looseInt) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `" `)
	if text == "null" || text == "" {
		return nil
	}
	d, err := ParseDecimal(text)
	if err != nil || !d.Rat().IsInt() || d.Rat().Num().BitLen() > 31 {
		return fmt.Errorf("%.20s: want a whole number", b)
	}
	*n = looseInt(d.Rat().Num().Int64())
	return nil
}

// looseTime is a point in time in one of the layouts machines write.
type looseTime time.Time

// timeLayouts are tried in order; those without a zone are read as UTC.
var timeLayouts = [...]string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05",
	"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly, time.RFC1123Z, time.RFC1123,
}

// ParseTime reads a date or a time as machines write them: RFC 3339 with or
// without zone or time, or RFC 1123. Without a zone it is UTC. The result is in
// UTC, in whole seconds.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: want YYYY-MM-DD or RFC 3339, as 2026-11-22T18:00:00Z", s)
}

func (t *looseTime) UnmarshalJSON(b []byte) error {
	var s looseString
	if err := s.UnmarshalJSON(b); err != nil || s == "" {
		return err
	}
	parsed, err := ParseTime(string(s))
	*t = looseTime(parsed)
	return err
}

// looseCritic is an object, or the critic's name.
type looseCritic Critic

func (c *looseCritic) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*Critic)(c))
	}
	return (*looseString)(&c.Name).UnmarshalJSON(b)
}

// looseCritics are several critics in a list, or one. What names nobody is left out.
type looseCritics []Critic

func (cs *looseCritics) UnmarshalJSON(b []byte) error {
	var list []looseCritic
	if len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
	} else {
		list = make([]looseCritic, 1)
		if err := list[0].UnmarshalJSON(b); err != nil {
			return err
		}
	}
	for _, c := range list {
		if c != (looseCritic{}) {
			*cs = append(*cs, Critic(c))
		}
	}
	return nil
}

func (cs looseCritics) first() Critic {
	if len(cs) == 0 {
		return Critic{}
	}
	return cs[0]
}

func (cs looseCritics) others() []Critic { return cs[min(len(cs), 1):] }

// looseFilm is an object, or the film's title.
type looseFilm struct {
	Title         looseString  `json:"title"`
	OriginalTitle looseString  `json:"original_title"`
	AltTitles     looseStrings `json:"alt_titles"`
	Year          looseInt     `json:"year"`
	Years         []int        `json:"years"`
	Directors     looseStrings `json:"directors"`
	Countries     looseStrings `json:"countries"`
	Companies     looseStrings `json:"companies"`
	IDs           looseIDs     `json:"ids"`
}

func (f *looseFilm) UnmarshalJSON(b []byte) error {
	type plain looseFilm
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plain)(f))
	}
	return f.Title.UnmarshalJSON(b)
}

// looseIDs takes ids written as numbers too.
type looseIDs FilmIDs

func (ids *looseIDs) UnmarshalJSON(b []byte) error {
	if isNull(b) {
		return nil
	}
	var l struct {
		IMDb       looseString `json:"imdb"`
		TMDB       looseString `json:"tmdb"`
		Wikidata   looseString `json:"wikidata"`
		Letterboxd looseString `json:"letterboxd"`
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	*ids = looseIDs{IMDb: string(l.IMDb), TMDB: string(l.TMDB), Wikidata: string(l.Wikidata), Letterboxd: string(l.Letterboxd)}
	return nil
}

// looseRating is the rating as text, whatever shape it was written in.
type looseRating struct {
	text  string
	scale Scale
}

func (r *looseRating) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return (*looseString)(&r.text).UnmarshalJSON(b)
	}
	var o struct {
		Raw     looseString `json:"raw"`
		Value   looseString `json:"value"`
		Worst   Decimal     `json:"worst"`
		Best    Decimal     `json:"best"`
		Letter  string      `json:"letter"`
		Verdict string      `json:"verdict"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	r.scale = Scale{Worst: o.Worst, Best: o.Best}
	r.text = first(string(o.Raw), string(o.Value), o.Letter, o.Verdict)
	return nil
}

func isNull(b []byte) bool { return len(b) == 0 || bytes.Equal(b, []byte("null")) }

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// looseError says which field was wrong, without Go's type names.
func looseError(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
	case wrong.Field == "":
		return fmt.Errorf("document: want an object in braces, found a %s", wrong.Value)
	default:
		return fmt.Errorf("document: field %s: a %s does not fit there", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("document: %w", err)
}
