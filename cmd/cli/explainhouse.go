package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/sinks/ratings"
)

func (c *command) explainHouseVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "house",
		Short: "Say what all reviews together suggest for the ranking, and how strict each critic is",
		Long: `House looks at all votes on all films. It says which prior they suggest for the
ranked score, beside the one in the config, and what would change if that were
declared instead; and how far each critic is above or below the others. It
changes nothing by itself.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				return c.explainHouse(ctx, cfg, b, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *command) explainHouse(ctx context.Context, cfg *config.Config, b *bus.Bus, asJSON bool) error {
	counting, err := c.countingOf(cfg)
	if err != nil {
		return err
	}
	house := ratings.NewHouse(counting.Settings)
	if err := counting.each(ctx, b, house.Add); err != nil {
		return err
	}
	f := house.Findings()
	if asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(f)
	}
	return printHouse(c.Out, &f, counting.source())
}

func printHouse(out io.Writer, f *ratings.Findings, rules string) error {
	fmt.Fprintf(out, "%s on %s; %d of the films have two votes or more.\n\n", count(f.Votes, "vote"), count(f.Films, "film"), f.Several)
	fmt.Fprintf(out, "The prior: what a film is worth before anyone has reviewed it, and how many\nvotes that opinion weighs. A film's ranked score is drawn towards it.\n\n")
	fmt.Fprintf(out, "  declared (%s): mean %s, weight %s\n", rules, f.Prior.Mean, f.Prior.Weight)
	if f.Estimate == nil {
		fmt.Fprintf(out, "  estimated from these votes: nothing. It takes two films, a film with two votes,\n  and films that differ more than their critics do.\n")
	} else {
		printEstimate(out, f)
	}
	fmt.Fprintf(out, "\nCritics, from lenient to strict: by how much their votes are above the mean of\nall votes on the same film, over the films that others have voted on too. Shown,\nnot applied.\n\n")
	if len(f.Critics) == 0 {
		fmt.Fprintf(out, "  No two known critics have voted on one film.\n")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  CRITIC\tFILMS\tDIFFERENCE")
	for _, l := range f.Critics {
		name := l.Name
		if name == "" {
			name = string(l.Critic)
		}
		sign := ""
		if l.Leniency.Sign() > 0 {
			sign = "+"
		}
		fmt.Fprintf(w, "  %s\t%d\t%s%s\n", name, l.Films, sign, l.Leniency)
	}
	return w.Flush()
}

// fewSeveral is how many films with several votes it takes before their variance
// is more than a guess.
const fewSeveral = 30

func printEstimate(out io.Writer, f *ratings.Findings) {
	e := f.Estimate
	fmt.Fprintf(out, "  estimated from these votes: mean %s, weight %s\n\n", e.Prior.Mean, e.Prior.Weight)
	fmt.Fprintf(out, "How the estimate comes about\n")
	fmt.Fprintf(out, "  %s is the mean of all votes.\n", e.Prior.Mean)
	fmt.Fprintf(out, "  Critics of one film differ by some %.1f points (variance within films %s),\n", math.Sqrt(e.Within.Float()), e.Within)
	fmt.Fprintf(out, "  films by some %.1f (variance between films %s).\n", math.Sqrt(e.Between.Float()), e.Between)
	fmt.Fprintf(out, "  %s / %s = %s: with that many votes, a film's own mean and the mean of\n  all films say equally much about the film.\n", e.Within, e.Between, e.Prior.Weight)
	if f.Several < fewSeveral {
		fmt.Fprintf(out, "  %s with two votes or more: far too few to rely on this.\n", count(f.Several, "film"))
	}
	fmt.Fprintln(out)
	fmt.Fprintf(out, "What declaring it would change\n")
	if e.Change.Largest == nil {
		fmt.Fprintf(out, "  No ranked score.\n")
		return
	}
	fmt.Fprintf(out, "  %d of %s would get another ranked score. Half of all films would move by %s\n  or less, and %s by most, from %s to %s.\n", e.Change.Moved, count(f.Films, "film"), e.Change.Median, e.Change.Largest.Name, e.Change.Largest.From, e.Change.Largest.To)
	fmt.Fprintf(out, "  To declare it, give the ratings sink  prior: {mean: %s, weight: %s}\n", e.Prior.Mean, e.Prior.Weight)
}
