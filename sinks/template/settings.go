package template

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settings are a template sink's own options.
type Settings struct {
	File  pipeline.Path `config:"file,required" doc:"The template's file."`
	Path  string        `config:"path,required" doc:"Where the document goes under public/; {{.Film}}, {{.Review}} and {{.Year}} stand for the film's slug, the review's id and the year it came out."`
	For   string        `config:"for" enum:"all,film,review" doc:"all: one document; film: one for each film; review: one for each review."`
	Order string        `config:"order" enum:"newest,oldest,rating,title" doc:"How the reviews of a document are ordered; rating has the highest first."`
	Limit int           `config:"limit" min:"1" max:"10000" doc:"How many reviews a document holds."`

	content string // of File
}

const (
	forAll    = "all"
	forFilm   = "film"
	forReview = "review"

	byNewest = "newest"
	byOldest = "oldest"
	byRating = "rating"
	byTitle  = "title"

	maxFile = 1 << 20 // bytes of a template
)

// Defaults are the settings of a sink that states none.
func Defaults() Settings { return Settings{For: forAll, Order: byNewest, Limit: 100} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "template",
		Summary: "Publishes documents of your own, worded by a Go template.",
		View:    configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenView {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}

// Check reads the template and notes everything that is wrong with the settings, by
// key.
func (s *Settings) Check(fault func(key, text string)) {
	if _, err := s.places(); err != nil && s.Path != "" {
		fault("path", err.Error())
	}
	if err := s.read(); err != nil {
		if s.File != "" {
			fault("file", err.Error())
		}
		return
	}
	if _, err := s.wording(); err != nil {
		fault("file", err.Error())
	}
}

// read reads the template's file.
func (s *Settings) read() error {
	info, err := os.Stat(string(s.File))
	switch {
	case err != nil:
		return errors.New("there is no such file")
	case info.Size() > maxFile:
		return fmt.Errorf("a template of %d bytes; at most %d", info.Size(), maxFile)
	}
	content, err := os.ReadFile(string(s.File))
	s.content = string(content)
	return err
}

// Place is what a path is worded with.
type Place struct {
	Film   string // slug, "" where it has none
	Review string // id
	Year   string // the review came out
}

// places parses the path's template, and tries it: it must be a path that documents
// may have, and another one for another film or review.
func (s *Settings) places() (*texttemplate.Template, error) {
	t, err := texttemplate.New("path").Parse(s.Path)
	if err != nil {
		return nil, fmt.Errorf("not a template: %w", err)
	}
	one, err := placed(t, Place{"film-1999", "0123456789abcdef", "2026"})
	if err != nil {
		return nil, err
	}
	other := Place{"film-1999", "0123456789abcdef", "2026"}
	switch s.For {
	case forFilm:
		other = Place{Film: "other-1999"}
		if one, err = placed(t, Place{Film: "film-1999"}); err != nil {
			return nil, err
		}
	case forReview:
		other.Review = "fedcba9876543210"
	default:
		if strings.Contains(s.Path, "{{") {
			return nil, errors.New("is that of one document: film and review are for `for: film` and `for: review`")
		}
		return t, nil
	}
	if two, err := placed(t, other); err != nil || two == one {
		return nil, fmt.Errorf("is the same for each %s: it needs {{.%s}}", s.For, strings.ToUpper(s.For[:1])+s.For[1:])
	}
	return t, nil
}

// placed words a path.
func placed(t *texttemplate.Template, p Place) (string, error) {
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", fmt.Errorf("%w; there are .Film, .Review, .Year", err)
	}
	return b.String(), checkPath(b.String())
}

// checkPath says why a document may not have this path.
func checkPath(p string) error {
	switch {
	case p == "" || !filepath.IsLocal(p) || path.Clean(p) != p || p == ".":
		return fmt.Errorf("%q is no path inside public/, as lists/best.html", p)
	case p == "index.html" || p == "404.html":
		return fmt.Errorf("%s is made by the pages sink", p)
	case strings.ContainsFunc(p, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == 0xfffd || strings.ContainsRune(`\:*?"<>|`, r)
	}):
		return fmt.Errorf("%q holds what not every file system takes", p)
	}
	for name := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(name, ".") || len(name) > 255 {
			return fmt.Errorf("%q holds a hidden name, or one that is too long", p)
		}
	}
	return nil
}

// placeOf is what the path of a review's document is worded with.
func placeOf(e *review.Event) Place {
	p := Place{Review: string(e.ReviewID), Year: e.Date().UTC().Format("2006")}
	if e.Film.ID.IsSlug() {
		p.Film = string(e.Film.ID)
	}
	return p
}

// sample is a page to try a template on.
func sample() Page {
	e := pipeline.SampleEvent()
	site := pipeline.Site{Title: "Site", URL: "https://example.org", Language: "en"}
	return Page{Site: site, Sink: "sink", Film: e.Film, Updated: time.Unix(0, 0).UTC(), Reviews: []pipeline.Telling{{Event: e, Live: true, Site: site, Sink: "sink"}}}
}
