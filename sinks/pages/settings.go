package pages

import (
	"fmt"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a pages sink's own options.
type Settings struct {
	// Latest is how many reviews the front shows, 1 to MaxLatest.
	Latest int `config:"latest"`
}

// MaxLatest is the most reviews the front can be made to show.
const MaxLatest = 500

// Defaults are the settings of a sink that states none.
func Defaults() Settings { return Settings{Latest: 30} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "pages",
		Summary: "Writes the site's front page with the latest reviews, and a list of all feeds.",
		Single:  true,
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
	if s.Latest < 1 || s.Latest > MaxLatest {
		fault("latest", fmt.Sprintf("want 1 to %d reviews, not %d", MaxLatest, s.Latest))
	}
}
