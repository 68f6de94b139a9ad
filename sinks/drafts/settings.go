package drafts

import (
	"errors"
	"fmt"
	"slices"
	"text/template"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a drafts sink's own options.
type Settings struct {
	Networks []string `config:"networks" enum:"mastodon,bluesky,threads,x" least:"1" unique:"true" doc:"The networks that drafts are written for."`
	// Template is over a [Post]; "" is [DefaultTemplate].
	Template string   `config:"template" default:"film, rating, up to two sentences, link" doc:"A post's wording: a Go template over .Film .Title .Year .Rating .Text .Link .Hashtags .Critic .Outlet .Language .Spoiler .Network .Site."`
	Hashtags []string `config:"hashtags" pattern:"^#?[\\p{L}\\p{N}_]+$" want:"a hashtag: letters, digits and _ only" doc:"Hashtags at the end of each post, with or without the #."`
}

// Defaults are the settings of a sink that states none: every network.
func Defaults() Settings { return Settings{Networks: Networks()} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:     "drafts",
		Summary:  "Writes a post about each review for each social network, as files to approve.",
		Delivery: configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenDelivery {
	s := Defaults()
	o.Decode(&s)
	s.Check(o.Fault)
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, error) { return New(s, env) }
}

// Check notes a template that is none, by key.
func (s *Settings) Check(fault func(key, text string)) {
	if err := s.tryTemplate(); err != nil {
		fault("template", err.Error())
	}
}

// tryTemplate executes the template on a made-up post, which finds fields that do
// not exist, and wordings so long that no post can be made.
func (s *Settings) tryTemplate() error {
	t, err := template.New("template").Parse(s.Template)
	if err != nil {
		return fmt.Errorf("not a template: %w", err)
	}
	text, err := say(t, Post{
		Film: "Film (1999)", Title: "Film", Year: 1999, Rating: "4/5", Text: "It stays with you.", Link: "https://example.org/film",
	})
	if err != nil {
		return fmt.Errorf("%w; there are .Film .Title .Year .Rating .Text .Link .Hashtags .Critic .Outlet .Language .Spoiler .Network .Site", err)
	}
	if s.Template == "" {
		return nil
	}
	if text == "" {
		return errors.New("says nothing about a film with title, rating, text and link")
	}
	for _, n := range networks() {
		if slices.Contains(s.Networks, n.name) && !n.fits(text, "") {
			return fmt.Errorf("its own words take more than %s allows", n.name)
		}
	}
	return nil
}
