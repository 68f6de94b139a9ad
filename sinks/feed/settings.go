package feed

import (
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a feed sink's own options.
type Settings struct {
	// Formats is any of rss, atom and json, in any order, at least one.
	Formats []string `config:"formats"`
	// Limit is the most entries a feed holds, 1 to MaxLimit.
	Limit int `config:"limit"`
	// Per is none for one feed, or film for one feed per film.
	Per string `config:"per"`
	// Title and Description are text/templates over a [Topic]. What comes out
	// empty, or cannot be executed for some film, falls back to the default.
	Title       string `config:"title"`
	Description string `config:"description"`
	// StarsInTitle puts the rating behind an entry's title.
	StarsInTitle bool `config:"stars_in_title"`
}

// MaxLimit is the most entries a feed can be made to hold: it is rendered and
// fetched as one document.
const MaxLimit = 10_000

// Defaults are the settings of a sink that states none.
func Defaults() Settings {
	return Settings{Formats: []string{"rss", "atom", "json"}, Limit: 50, Per: perNone, StarsInTitle: true}
}

// The ways to part reviews into feeds.
const (
	perNone = "none"
	perFilm = "film"
)

// Topic is what a feed is about: the data of the title and description templates.
type Topic struct {
	Site pipeline.Site
	Name string // of the sink
	Film Film   // of a film's feed; as its newest review has it
}

// Film is the film that a feed is about.
type Film struct {
	ID    string
	Title string
	Year  int // 0 where it is not known
}

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "feed",
		Summary: "Publishes reviews as RSS, Atom and JSON Feed, in one feed or one per film.",
		View:    configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenView {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	if len(s.Formats) == 0 {
		fault("formats", "want at least one of rss, atom, json")
	}
	for i, name := range s.Formats {
		if !slices.ContainsFunc(formats(), func(f format) bool { return f.name() == name }) {
			fault("formats", fmt.Sprintf("there is no format %q; there are rss, atom, json", name))
		} else if slices.Contains(s.Formats[:i], name) {
			fault("formats", fmt.Sprintf("%q is there twice", name))
		}
	}
	if s.Limit < 1 || s.Limit > MaxLimit {
		fault("limit", fmt.Sprintf("want 1 to %d entries, not %d", MaxLimit, s.Limit))
	}
	if s.Per != perNone && s.Per != perFilm {
		fault("per", fmt.Sprintf("want none or film, not %q", s.Per))
	}
	for key, text := range map[string]string{"title": s.Title, "description": s.Description} {
		if err := tryTemplate(key, text); err != nil {
			fault(key, err.Error())
		}
	}
}

// tryTemplate executes a template on a made-up topic, which finds fields that do
// not exist.
func tryTemplate(key, text string) error {
	t, err := template.New(key).Parse(text)
	if err != nil {
		return fmt.Errorf("not a template: %w", err)
	}
	made := Topic{
		Site: pipeline.Site{Title: "Site", URL: "https://example.org", Language: "en"},
		Name: "name", Film: Film{ID: "film-1999", Title: "Film", Year: 1999},
	}
	if err := t.Execute(&strings.Builder{}, made); err != nil {
		return fmt.Errorf("%w; there are .Site.Title, .Site.URL, .Site.Language, .Name, .Film.ID, .Film.Title, .Film.Year", err)
	}
	return nil
}

// wording makes a feed's title and description.
type wording struct{ title, description, plainTitle, plainDescription *template.Template }

func (s *Settings) wording() (wording, error) {
	plainTitle, plainDescription := `{{.Site.Title}}: {{.Name}}`, `Film reviews from {{.Site.Title}}`
	if s.Per == perFilm {
		film := `{{.Film.Title}}{{with .Film.Year}} ({{.}}){{end}}`
		plainTitle, plainDescription = film+` · {{.Site.Title}}`, `Reviews of `+film
	}
	w := wording{
		plainTitle:       template.Must(template.New("title").Parse(plainTitle)),
		plainDescription: template.Must(template.New("description").Parse(plainDescription)),
	}
	var err error
	if w.title, err = template.New("title").Parse(s.Title); err != nil {
		return w, fmt.Errorf("title: %w", err)
	}
	if w.description, err = template.New("description").Parse(s.Description); err != nil {
		return w, fmt.Errorf("description: %w", err)
	}
	return w, nil
}

func (w *wording) of(t Topic) (title, description string) {
	return say(t, w.title, w.plainTitle), say(t, w.description, w.plainDescription)
}

// say is the text of the first template that has one, else the site's URL: a
// feed without a title is not valid.
func say(t Topic, templates ...*template.Template) string {
	for _, tmpl := range templates {
		var b strings.Builder
		if err := tmpl.Execute(&b, t); err != nil {
			continue
		}
		if text := line(b.String()); text != "" {
			return text
		}
	}
	return t.Site.URL
}
