package review

import (
	"net/url"
	"unicode"
)

// FilmID identifies a film for ever. It is also the film's slug, the last part
// of its page's URL: "never-let-me-go-2010".
type FilmID string

// maxSlug is the longest slug in bytes: with an ending it is a name that every
// file system takes.
const maxSlug = 200

// IsSlug reports that the id can be a part of a path and of a URL as it is, on
// every file system. The registry gives films no others, but anybody may write
// to the log.
func (id FilmID) IsSlug() bool {
	for _, r := range id {
		small := unicode.IsLetter(r) && unicode.ToLower(r) == r
		if !small && r != '-' && r != '_' && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
			return false
		}
	}
	return id != "" && len(id) <= maxSlug
}

// Film is the film a review is about, as far as the review or the registry
// knows it.
type Film struct {
	ID            FilmID   `json:"id,omitempty" doc:"The film's slug, the same for ever."`
	Title         string   `json:"title,omitempty" doc:"Its title."`
	OriginalTitle string   `json:"original_title,omitempty" doc:"Its title in its own language."`
	AltTitles     []string `json:"alt_titles,omitempty" doc:"Other titles it has."`
	Year          int      `json:"year,omitempty" doc:"The year of release."`
	Years         []int    `json:"years,omitempty" doc:"Every year seen for it, those of festivals too."`
	Directors     []string `json:"directors,omitempty" doc:"Who directed it."`
	Countries     []string `json:"countries,omitempty" doc:"Where it was made."`
	Companies     []string `json:"companies,omitempty" doc:"Who made it."`
	IDs           FilmIDs  `json:"ids,omitzero" doc:"What other catalogues call it."`
	Match         Match    `json:"match,omitzero" doc:"How the film was found."`
}

// IsZero reports that nothing is known of the film.
func (f Film) IsZero() bool {
	return f.ID == "" && f.Title == "" && f.OriginalTitle == "" && f.AltTitles == nil && f.Year == 0 && f.Years == nil &&
		f.Directors == nil && f.Countries == nil && f.Companies == nil && f.IDs.IsZero() && f.Match.IsZero()
}

// FilmIDs are the names other catalogues have for a film.
type FilmIDs struct {
	IMDb       string `json:"imdb,omitempty" doc:"As tt1375666."`
	TMDB       string `json:"tmdb,omitempty" doc:"As 27205; of a film, never of television."`
	Wikidata   string `json:"wikidata,omitempty" doc:"As Q25188."`
	Letterboxd string `json:"letterboxd,omitempty" doc:"As inception."`
}

// IsZero reports that no catalogue's id is known.
func (ids FilmIDs) IsZero() bool { return ids == FilmIDs{} }

// Each calls f with every known id and the catalogue's name, in a fixed order.
func (ids FilmIDs) Each(f func(catalogue, id string)) {
	for _, pair := range [...][2]string{
		{"imdb", ids.IMDb}, {"tmdb", ids.TMDB}, {"wikidata", ids.Wikidata}, {"letterboxd", ids.Letterboxd},
	} {
		if pair[1] != "" {
			f(pair[0], pair[1])
		}
	}
}

// Set sets a catalogue's id, and reports whether there is a catalogue of that name.
func (ids *FilmIDs) Set(catalogue, id string) bool {
	switch catalogue {
	case "imdb":
		ids.IMDb = id
	case "tmdb":
		ids.TMDB = id
	case "wikidata":
		ids.Wikidata = id
	case "letterboxd":
		ids.Letterboxd = id
	default:
		return false
	}
	return true
}

// Clash reports that a catalogue has two different films here.
func (ids FilmIDs) Clash(other FilmIDs) bool {
	clash := func(x, y string) bool { return x != "" && y != "" && x != y }
	return clash(ids.IMDb, other.IMDb) || clash(ids.TMDB, other.TMDB) ||
		clash(ids.Wikidata, other.Wikidata) || clash(ids.Letterboxd, other.Letterboxd)
}

// Or fills what is not known from other.
func (ids FilmIDs) Or(other FilmIDs) FilmIDs {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&ids.IMDb, other.IMDb)
	fill(&ids.TMDB, other.TMDB)
	fill(&ids.Wikidata, other.Wikidata)
	fill(&ids.Letterboxd, other.Letterboxd)
	return ids
}

// Pages are the addresses of the film's pages in the other catalogues.
func (ids FilmIDs) Pages() []string {
	var pages []string
	ids.Each(func(catalogue, id string) {
		id = url.PathEscape(id)
		switch catalogue {
		case "imdb":
			pages = append(pages, "https://www.imdb.com/title/"+id+"/")
		case "tmdb":
			pages = append(pages, "https://www.themoviedb.org/movie/"+id)
		case "wikidata":
			pages = append(pages, "https://www.wikidata.org/wiki/"+id)
		case "letterboxd":
			pages = append(pages, "https://letterboxd.com/film/"+id+"/")
		}
	})
	return pages
}

// The stages of a match, strongest first: how a review's film was found.
const (
	StageOverride  = "override"   // the operator says so
	StageID        = "id"         // by another catalogue's id
	StageTitleYear = "title_year" // the same title and year
	StageTitleNear = "title_near" // the same title, a year apart, and no other near
	StageSpelling  = "spelling"   // the same year, and a title spelt almost alike
	StageTitle     = "title"      // the title of a review without a year
	StageAmbiguous = "ambiguous"  // several could be meant: a film of its own for now
	StageNew       = "new"        // a film not seen before
)

// Match says how a review's film was found in the registry.
type Match struct {
	Stage      string   `json:"stage,omitempty" doc:"By what the film was found."`
	Confidence Decimal  `json:"confidence,omitzero" min:"0" max:"1" doc:"How sure that is, 0 to 1."`
	Candidates []FilmID `json:"candidates,omitempty" doc:"Other films that could be meant."`
}

// IsZero reports that the film was not looked up.
func (m Match) IsZero() bool { return m.Stage == "" && m.Confidence.IsZero() && len(m.Candidates) == 0 }

// Credit is one credit line: who did what. A line whose names did not survive
// is Lost and has no names.
type Credit struct {
	Role  string   `json:"role" doc:"director, writer, cast and so on, in lower case."`
	Names []string `json:"names,omitempty" doc:"Who."`
	Lost  bool     `json:"lost,omitempty" doc:"There was a credit line, and its names did not survive."`
}

// Honour is an award or a festival, with the year it was given or held.
type Honour struct {
	Name string `json:"name" doc:"Its name."`
	Year int    `json:"year,omitempty" doc:"The year it was given or held."`
}

// Media is a picture, a video or a sound that belongs to the review.
type Media struct {
	URL    string `json:"url" doc:"Its address."`
	Alt    string `json:"alt,omitempty" doc:"What it shows, in words."`
	Kind   string `json:"kind,omitempty" doc:"image, video or audio."`
	Type   string `json:"type,omitempty" doc:"Its media type, as the source states it."`
	Length int64  `json:"length,omitempty" doc:"Its size in bytes, as the source states it."`
}

// Warning names one thing that was damaged or not understood, and where.
type Warning struct {
	Code   string `json:"code" doc:"As rating.value_lost, credits.names_lost or text.names_lost."`
	Field  string `json:"field,omitempty" doc:"The field it is about."`
	Detail string `json:"detail,omitempty" doc:"What was seen."`
}

// Rights says how much of a review's text may be passed on.
type Rights string

// The rights. The zero value means full.
const (
	RightsFull    Rights = "full"
	RightsExcerpt Rights = "excerpt"
	RightsLink    Rights = "link"
)

// Choices lists the rights.
func (Rights) Choices() []string { return words(RightsFull, RightsExcerpt, RightsLink) }
