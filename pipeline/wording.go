package pipeline

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Telling is what a template of the config sees of one event: every field of the
// event by its Go name (.Kind, .Film.Title, .Byline, .Rating.Text, .Excerpt 200), and what
// surrounds it. It is what deliveries word their calls with.
type Telling struct {
	*review.Event
	Live   bool // false: the review is to be taken back, and only its ids are known
	Site   Site
	Sink   string            // the sink's name
	Values map[string]string // the sink's own words, secrets among them
}

// Name is what people call the film, on one line: its title with the year, else
// the review's own title.
func (t Telling) Name() string {
	title := review.Line(t.Film.Title)
	switch {
	case title == "":
		return review.Line(t.Title)
	case t.Film.Year == 0:
		return title
	}
	return fmt.Sprintf("%s (%d)", title, t.Film.Year)
}

// Link is the review's address if a reader can follow it, else "".
func (t Telling) Link() string { return review.WebURL(t.URL) }

// Words are the functions that templates of the config have besides Go's own:
//
//	json V           V as JSON, ready to stand in a JSON document
//	line S           S on one line, without what is not to be seen
//	cut N S          at most N characters of S, between words, with dots
//	swap S OLD NEW ...  S with each OLD replaced by the NEW behind it, in one pass
//	path S           S escaped for one part of a URL's path (urlquery is Go's own)
//	join SEP LIST    the items of LIST with SEP between them
//	lower S, upper S
//	day T            a time as 2026-11-22, "" for none
//	at LAYOUT T      a time in UTC, by a layout of Go's: "Jan 2, 2006"
func Words() template.FuncMap {
	return template.FuncMap{
		"json":  asJSON,
		"line":  review.Line,
		"cut":   func(n int, s string) string { return review.Cut(s, n) },
		"swap":  swap,
		"path":  url.PathEscape,
		"join":  func(sep string, list []string) string { return strings.Join(list, sep) },
		"lower": strings.ToLower,
		"upper": strings.ToUpper,
		"day":   func(t time.Time) string { return at(time.DateOnly, t) },
		"at":    at,
	}
}

func at(layout string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

func asJSON(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

func swap(s string, pairs ...string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("swap: %q has nothing to be replaced by", pairs[len(pairs)-1])
	}
	return strings.NewReplacer(pairs...).Replace(s), nil
}

// Wording is a text template of the config over a [Telling].
type Wording struct{ t *template.Template }

// NewWording parses a template and tries it on a made-up event with the given
// values, which finds fields and values that do not exist. name is the config's
// key, for error texts.
func NewWording(name, text string, values map[string]string) (*Wording, error) {
	t, err := template.New(name).Funcs(Words()).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("not a template: %w", err)
	}
	w := &Wording{t}
	made := Telling{SampleEvent(), true, Site{Title: "Site", URL: "https://example.org", Language: "en"}, "sink", values}
	if _, err := w.Say(made); err != nil {
		return nil, err
	}
	return w, nil
}

// Say executes the template.
func (w *Wording) Say(t Telling) (string, error) {
	var b strings.Builder
	if err := w.t.Execute(&b, t); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return b.String(), nil
}

// SampleEvent is a made-up event with every field that a review may have, to try
// templates and receivers on.
func SampleEvent() *review.Event {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	e := &review.Event{Schema: review.Schema, Kind: review.Published, Revision: 1, FirstSeenAt: at, RevisedAt: at}
	e.Source = review.Source{Name: "sample", Type: "files", URL: "https://reviews.example.org/feed", GUID: "sample-1", FetchedAt: at}
	e.ReviewID = review.NewID(e.Source.Name, e.Source.GUID)
	e.EventID = review.NewEventID(e.ReviewID, e.Revision)
	e.FeedID = "tag:reviews.example.org,2026-11-22:" + string(e.ReviewID)
	e.Review = sampleReview(e.Source, at)
	e.ContentHash = e.Review.ContentHash()
	return e
}

func sampleReview(from review.Source, at time.Time) review.Review {
	const text = "A quiet film about borrowed time. It stays with you."
	scale := review.Scale{Best: review.Int(5)}
	return review.Review{
		Source: from, EntryKind: review.EntryReview, URL: "https://reviews.example.org/never-let-me-go",
		Title: "Never Let Me Go", Summary: text, BodyHTML: "<p>" + text + "</p>", BodyText: text, Language: "en",
		Critic:    review.Critic{ID: "jane-doe", Name: "Jane Doe", URL: "https://reviews.example.org/jane", Outlet: "The Aisle Seat"},
		CoCritics: []review.Critic{{ID: "john-roe", Name: "John Roe", Outlet: "The Aisle Seat"}},
		Film: review.Film{
			ID: "never-let-me-go-2010", Title: "Never Let Me Go", OriginalTitle: "Never Let Me Go", AltTitles: []string{"Alles, was wir geben mussten"},
			Year: 2010, Years: []int{2010}, Directors: []string{"Mark Romanek"}, Countries: []string{"GB"}, Companies: []string{"Film4"},
			IDs: review.FilmIDs{IMDb: "tt1334260", TMDB: "42188", Wikidata: "Q1141912", Letterboxd: "never-let-me-go-2010"},
		},
		Rating: review.Rating{
			Kind: review.Scored, Raw: "4/5", Value: review.Int(4), Best: scale.Best, Norm: scale.Norm(review.Int(4)),
			Basis: review.BasisStated, FoundIn: "rating",
		},
		PublishedAt: at, ModifiedAt: at, WatchedOn: review.DateOf(at),
		Credits:   []review.Credit{{Role: "director", Names: []string{"Mark Romanek"}}},
		Festivals: []review.Honour{{Name: "Telluride", Year: 2010}}, Tags: []string{"science fiction"},
		Media: []review.Media{{URL: "https://reviews.example.org/still.jpg", Alt: "A pier", Kind: "image"}},
	}
}
