package ratings

import (
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settings are a ratings sink's own options.
type Settings struct {
	Prior Prior `config:"prior" doc:"What a film is worth before anyone has reviewed it, and how many votes that opinion weighs; the ranked score is drawn towards it."`
	// Votes says what one critic's several scores for one film come to: VotesLatest
	// or VotesFirst, by the reviews' dates, or VotesMean.
	Votes string `config:"votes" enum:"latest,first,mean" doc:"Which of several scores by one critic for one film counts, by the reviews' dates, or the mean of them."`
	// Own are the outlets whose reviews are the site's own; see isOwn.
	Own []string `config:"own" default:"the outlet named like the site" doc:"Outlets whose reviews are marked up for search engines as the site's own, * for all."`
}

// Prior is what a film with no reviews would be worth, and how many reviews that
// opinion weighs. The ranked score is shrunk towards it.
type Prior struct {
	Mean   review.Decimal `config:"mean" json:"mean" min:"0" max:"100" doc:"The score of a film without reviews."`
	Weight review.Decimal `config:"weight" json:"weight" min:"0" max:"1000" doc:"How many votes the prior weighs, 0 for none."`
}

// The policies on several scores by one critic.
const (
	VotesLatest = "latest"
	VotesFirst  = "first"
	VotesMean   = "mean"
)

// MaxWeight is the heaviest prior: beyond it every film would have one score. The
// settings' tag says the same.
const MaxWeight = 1000

// Defaults are the settings of a sink that states none. The prior is what 61,680
// real critic scores give.
func Defaults() Settings {
	return Settings{
		Prior: Prior{Mean: review.Int(66), Weight: review.NewDecimal(115, 2)},
		Votes: VotesLatest,
	}
}

// Type is the catalogue's entry.
func Type() pipeline.SinkType {
	return pipeline.SinkType{
		Name:    "ratings",
		Summary: "Publishes one rating per film, as a page and as JSON, with every review behind it.",
		Single:  true,
		View:    configure,
	}
}

func configure(o pipeline.Options) pipeline.OpenView {
	s := Defaults()
	o.Decode(&s)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}
