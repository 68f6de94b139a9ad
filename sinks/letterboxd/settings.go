package letterboxd

import (
	"fmt"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
)

// Settings are a letterboxd sink's own options.
type Settings struct {
	Text  string `config:"text" enum:"full,excerpt,none" doc:"How much of a review goes along: full, as far as its rights allow; excerpt: a few sentences and a link; none."`
	Dates string `config:"dates" enum:"watched,published" doc:"What the day in the diary is: watched, only where the day of the viewing is known; published, else the day the review came out. Reviews without a day stand beside the diary, and Letterboxd takes no tags for them."`
}

const (
	textFull    = "full"
	textExcerpt = "excerpt"
	textNone    = "none"

	byWatched   = "watched"
	byPublished = "published"
)

// Defaults are the settings of a sink that states none.
func Defaults() Settings { return Settings{Text: textFull, Dates: byWatched} }

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "letterboxd",
		Summary: "Makes the CSV files that Letterboxd imports, for each critic.",
		View:    configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenView {
	s := Defaults()
	o.Decode(&s)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}

func (s *Settings) check() error {
	switch {
	case !slices.Contains([]string{textFull, textExcerpt, textNone}, s.Text):
		return fmt.Errorf("text: %q is not one of full, excerpt, none", s.Text)
	case !slices.Contains([]string{byWatched, byPublished}, s.Dates):
		return fmt.Errorf("dates: %q is not one of watched, published", s.Dates)
	}
	return nil
}
