package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

func (c *command) explainVerb() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Say how something was understood",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.explainRatingVerb(), c.explainReviewVerb(), c.explainFilmVerb(), c.explainHouseVerb())
	return cmd
}

func (c *command) explainRatingVerb() *cobra.Command {
	var scale review.Scale
	var best, worst string
	cmd := &cobra.Command{
		Use:   "rating STRING | -",
		Short: "Say what a rating means",
		Long: `Rating says what a rating as critics write it means, and why. With "-" it reads
ratings from standard input, one a line, and prints one JSON object a line. In
those, value is the number, the letter or the verdict.`,
		Example: "  filmwire explain rating '3 1/2 out of 4'\n  filmwire explain rating --best 5 3.5\n  cut -f1 scores.tsv | filmwire explain rating -",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, f := range []struct {
				name, text string
				to         *review.Decimal
			}{{"best", best, &scale.Best}, {"worst", worst, &scale.Worst}} {
				if f.text == "" {
					continue
				}
				if err := f.to.UnmarshalText([]byte(f.text)); err != nil {
					return usageError{fmt.Errorf("--%s: %w", f.name, err)}
				}
			}
			if args[0] == "-" {
				return c.explainRatings(scale)
			}
			return c.explainRating(args[0], scale)
		},
	}
	cmd.Flags().StringVar(&best, "best", "", "the best `number` of the scale, for bare numbers and stars")
	cmd.Flags().StringVar(&worst, "worst", "", "the worst `number` of the scale, where it is not 0")
	return cmd
}

// explained is a rating as explain prints it: as in an event, but that the value
// may be a letter or a verdict too.
type explained struct {
	Raw   string            `json:"raw"`
	Kind  review.RatingKind `json:"kind"`
	Value any               `json:"value,omitempty"`
	Worst review.Decimal    `json:"worst,omitzero"`
	Best  review.Decimal    `json:"best,omitzero"`
	Norm  review.Decimal    `json:"norm,omitzero"`
	Basis review.Basis      `json:"basis,omitempty"`
}

func explain(raw string, scale review.Scale) explained {
	r := normalize.Rating(raw, scale)
	e := explained{Raw: raw, Kind: r.Kind, Worst: r.Worst, Best: r.Best, Norm: r.Norm, Basis: r.Basis}
	switch {
	case r.Letter != "":
		e.Value = r.Letter
	case r.Verdict != "":
		e.Value = r.Verdict
	case !r.Value.IsZero():
		e.Value = r.Value
	}
	return e
}

func (c *command) explainRatings(scale review.Scale) error {
	out := bufio.NewWriter(c.Out)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	lines := bufio.NewScanner(c.In)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := enc.Encode(explain(strings.TrimSuffix(lines.Text(), "\r"), scale)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return out.Flush()
}

// why says in words what each kind means.
func why(e explained) string {
	switch e.Kind {
	case review.Scored:
		return "counts in aggregates"
	case review.Verdicted:
		return "takes a side, but is no number: not in any mean"
	case review.Unrated:
		return "no rating was found"
	case review.Lost:
		return "a scale or a marker is there, but the value is gone: never a zero"
	case review.Ambiguous:
		return "a number on a scale that is not known; say which with --best, or in the source's `rating: {best: ...}`"
	}
	return "this cannot be a rating"
}

func (c *command) explainRating(raw string, scale review.Scale) error {
	e := explain(raw, scale)
	fmt.Fprintf(c.Out, "%s\n  kind   %s: %s\n", raw, e.Kind, why(e))
	if e.Value != nil {
		fmt.Fprintf(c.Out, "  value  %v\n", e.Value)
	}
	if !e.Best.IsZero() {
		fmt.Fprintf(c.Out, "  scale  %s\n", scaleText(e.Worst, e.Best, e.Basis))
	}
	if !e.Norm.IsZero() {
		fmt.Fprintf(c.Out, "  norm   %s of 100\n", e.Norm)
	}
	return nil
}

// scaleText says which scale a rating is on, and where that comes from.
func scaleText(worst, best review.Decimal, basis review.Basis) string {
	if best.IsZero() {
		return string(basis)
	}
	if worst.IsZero() {
		worst = review.Int(0)
	}
	return fmt.Sprintf("%s to %s, %s", worst, best, basis)
}
