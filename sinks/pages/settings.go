package pages

import "github.com/filmwire/filmwire/pipeline"

// Settings are a pages sink's own options.
type Settings struct {
	Latest int `config:"latest" min:"1" max:"500" doc:"How many reviews the front page shows."`
}

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
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}
