package feed

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/filmwire/filmwire/pipeline"
)

// Topic is what a feed is about: the data of the title and description templates.
// Of a feed for each film, critic, outlet or tag, what it is about is as the newest
// review in the document has it.
type Topic struct {
	Site   pipeline.Site
	Name   string // of the sink
	Film   Film   // with per: film
	Critic Critic // with per: critic
	Outlet string // with per: outlet
	Tag    string // with per: tag
}

// Film is the film that a feed is about.
type Film struct {
	ID    string
	Title string
	Year  int // 0 where it is not known
}

// Critic is the critic that a feed is about.
type Critic struct {
	ID     string
	Name   string
	Outlet string
}

// fields are those that templates find, for an error text.
const fields = ".Site.Title, .Site.URL, .Site.Language, .Name, .Film.ID, .Film.Title, .Film.Year, .Critic.ID, .Critic.Name, .Critic.Outlet, .Outlet, .Tag"

// tryTemplate executes a template on a made-up topic, which finds fields that do
// not exist.
func (s *Settings) tryTemplate(key, text string) error {
	t, err := parse(key, text)
	if err != nil {
		return fmt.Errorf("not a template: %w", err)
	}
	made := Topic{
		Site: pipeline.Site{Title: "Site", URL: "https://example.org", Language: "en"}, Name: "name",
		Film:   Film{ID: "film-1999", Title: "Film", Year: 1999},
		Critic: Critic{ID: "critic", Name: "Critic", Outlet: "Outlet"}, Outlet: "Outlet", Tag: "tag",
	}
	if err := t.Execute(&strings.Builder{}, made); err != nil {
		return fmt.Errorf("%w; there are %s", err, fields)
	}
	return nil
}

// parse parses a template, which has the functions of all templates of the config.
func parse(key, text string) (*template.Template, error) {
	return template.New(key).Funcs(pipeline.Words()).Parse(text)
}

// wording makes a feed's title and description.
type wording struct{ title, description, plainTitle, plainDescription *template.Template }

// plain are the templates of a sink that states none.
func plain(per string) (title, description string) {
	switch per {
	case perFilm:
		film := `{{.Film.Title}}{{with .Film.Year}} ({{.}}){{end}}`
		return film + ` · {{.Site.Title}}`, `Reviews of ` + film
	case perCritic:
		return `{{.Critic.Name}} · {{.Site.Title}}`, `Film reviews by {{.Critic.Name}}`
	case perOutlet:
		return `{{.Outlet}} · {{.Site.Title}}`, `Film reviews from {{.Outlet}}`
	case perTag:
		return `{{.Tag}} · {{.Site.Title}}`, `Film reviews tagged {{.Tag}}`
	}
	return `{{.Site.Title}}: {{.Name}}`, `Film reviews from {{.Site.Title}}`
}

func (s *Settings) wording() (wording, error) {
	title, description := plain(s.Per)
	w := wording{
		plainTitle:       template.Must(template.New("title").Parse(title)),
		plainDescription: template.Must(template.New("description").Parse(description)),
	}
	var err error
	if w.title, err = parse("title", s.Title); err != nil {
		return w, fmt.Errorf("title: %w", err)
	}
	if w.description, err = parse("description", s.Description); err != nil {
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
