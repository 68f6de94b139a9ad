package ratings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settings are a ratings sink's own options.
type Settings struct {
	Prior Prior `config:"prior" doc:"What a film is worth before anyone has reviewed it, and how many votes that opinion weighs; the ranked score is drawn towards it."`
	// Votes says what one critic's several scores for one film come to: VotesLatest
	// or VotesFirst, by the reviews' dates, or VotesMean.
	Votes string `config:"votes" doc:"Which of several scores by one critic for one film counts: latest, first, or the mean of them; latest by default."`
	// Own are the outlets whose reviews are the site's own; see isOwn.
	Own []string `config:"own" doc:"Outlets whose reviews are marked up for search engines as the site's own, * for all; the outlet named like the site by default."`
}

// Prior is what a film with no reviews would be worth, and how many reviews that
// opinion weighs. The ranked score is shrunk towards it.
type Prior struct {
	Mean   review.Decimal `config:"mean" json:"mean" doc:"The score a film without reviews would have, 0 to 100; 66 by default."`        // 0 to 100
	Weight review.Decimal `config:"weight" json:"weight" doc:"How many votes the prior weighs, 0 to 1000, 0 for none; 1.15 by default."` // 0 to MaxWeight; 0 shrinks nothing
}

// The policies on several scores by one critic.
const (
	VotesLatest = "latest"
	VotesFirst  = "first"
	VotesMean   = "mean"
)

// MaxWeight is the heaviest prior: beyond it every film would have one score.
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
	s.Check(o.Fault)
	return func(env pipeline.ViewEnv) (pipeline.View, error) { return New(s, env) }
}

// Check notes everything that is wrong with the settings, by key.
func (s *Settings) Check(fault func(key, text string)) {
	within(fault, "prior.mean", s.Prior.Mean, 100)
	within(fault, "prior.weight", s.Prior.Weight, MaxWeight)
	if all := []string{VotesLatest, VotesFirst, VotesMean}; !slices.Contains(all, s.Votes) {
		fault("votes", fmt.Sprintf("want one of %s, not %q", strings.Join(all, ", "), s.Votes))
	}
}

func within(fault func(key, text string), key string, d review.Decimal, most int64) {
	if d.IsZero() || d.Sign() < 0 || d.Cmp(review.Int(most)) > 0 {
		fault(key, fmt.Sprintf("want a number from 0 to %d, not %q", most, d.String()))
	}
}
