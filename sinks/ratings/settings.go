package ratings

import (
	"fmt"
	"math/big"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Settings are a ratings sink's own options.
type Settings struct {
	Prior Prior `config:"prior"`
	// Votes says which of several scores by one critic for one film counts:
	// VotesLatest or VotesFirst, by the reviews' dates.
	Votes string `config:"votes"`
}

// Prior is what a film with no reviews would be worth, and how many reviews that
// opinion weighs. The ranked score is shrunk towards it.
type Prior struct {
	Mean   review.Decimal `config:"mean" json:"mean"`     // 0 to 100
	Weight review.Decimal `config:"weight" json:"weight"` // 0 to MaxWeight; 0 shrinks nothing
}

// The policies on several scores by one critic.
const (
	VotesLatest = "latest"
	VotesFirst  = "first"
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
	if s.Votes != VotesLatest && s.Votes != VotesFirst {
		fault("votes", fmt.Sprintf("want %s or %s, not %q", VotesLatest, VotesFirst, s.Votes))
	}
}

func within(fault func(key, text string), key string, d review.Decimal, most int64) {
	if d.IsZero() || d.Sign() < 0 || d.Cmp(review.Int(most)) > 0 {
		fault(key, fmt.Sprintf("want a number from 0 to %d, not %q", most, d.String()))
	}
}

// rats are the prior's two numbers as fractions.
func (p Prior) rats() (mean, weight *big.Rat) { return p.Mean.Rat(), p.Weight.Rat() }
