package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/ratings"
)

func (c *command) explainFilmVerb() *cobra.Command {
	var asJSON, inspect bool
	cmd := &cobra.Command{
		Use:   "film SLUG | --inspect",
		Short: "Say how a film's rating comes about, or what is open about films",
		Long: `Film prints every review of a film, what each counts as or why it does not count,
and the arithmetic from there to the numbers on the film's page. SLUG is the last
part of that page's address. With --inspect it prints what is open about films: those
that reviews fit by title and year but that may be another, each with the overrides
that would answer.`,
		Example: "  filmwire explain film never-let-me-go-2010\n  filmwire explain film --inspect",
		Args: func(cmd *cobra.Command, args []string) error {
			if inspect {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if inspect {
				return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
					return c.inspectFilms(ctx, b, asJSON)
				})
			}
			return c.withLog(cmd.Context(), func(ctx context.Context, cfg *config.Config, b *bus.Bus) error {
				return c.explainFilm(ctx, cfg, b, review.FilmID(args[0]), asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "the film's document, or what is open, as JSON")
	cmd.Flags().BoolVar(&inspect, "inspect", false, "what is open about films")
	return cmd
}

func (c *command) explainFilm(ctx context.Context, cfg *config.Config, b *bus.Bus, id review.FilmID, asJSON bool) error {
	counting, err := c.countingOf(cfg)
	if err != nil {
		return err
	}
	story, err := c.storyOf(ctx, b, &id, asJSON)
	if err != nil {
		return err
	}
	var events []*review.Event
	all := map[review.FilmID]bool{}
	err = counting.each(ctx, b, func(e *review.Event) {
		all[e.Film.ID] = true
		if e.Film.ID == id {
			events = append(events, e)
		}
	})
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return noSuchFilm(id, all)
	}
	a := counting.Aggregate(id, events)
	if asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(a)
	}
	if err := printFilm(c.Out, &a, counting.source()); err != nil {
		return err
	}
	fmt.Fprintln(c.Out)
	printIdentity(c.Out, &story, events)
	return nil
}

// mostSuggested is how many slugs are offered for one that is unknown.
const mostSuggested = 5

// noSuchFilm says that no review is of the film, and which film may be meant.
func noSuchFilm(id review.FilmID, films map[review.FilmID]bool) error {
	var near []string
	for other := range films {
		if other != "" && (strings.Contains(string(other), string(id)) || strings.Contains(string(id), string(other))) {
			near = append(near, string(other))
		}
	}
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	text := ""
	if len(near) > 0 {
		text = "; there is " + strings.Join(near[:min(len(near), mostSuggested)], ", ")
	}
	return fmt.Errorf("explain film: no review is of %q%s", id, text)
}

// printFilm prints a film's reviews and the arithmetic behind its numbers.
func printFilm(out io.Writer, a *ratings.Aggregate, rules string) error {
	fmt.Fprintf(out, "%s\n%s\n\n", filmName(&a.Film), strings.Repeat("=", len([]rune(filmName(&a.Film)))))
	if err := printVotes(out, a.Reviews); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if a.N == 0 {
		fmt.Fprintf(out, "No rating: none of these reviews has a score.\n")
	} else {
		printNumbers(out, a)
	}
	fmt.Fprintf(out, "\nBy %s, %s, prior %s with weight %s (%s).\n", a.Algorithm, a.Conversion, a.Prior.Mean, a.Prior.Weight, rules)
	return nil
}

// longestRaw is how much of a rating is printed as it was written, in runes.
const longestRaw = 24

func printVotes(out io.Writer, votes []ratings.Vote) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "DATE\tCRITIC\tWROTE\tOF 100\tCOUNTS")
	for i := range votes {
		v := &votes[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", orDash(v.Date), orDash(voteBy(v)), orDash(shorten(review.Line(v.Raw))), orDash(v.Norm.String()), fateOf(v))
	}
	return w.Flush()
}

func voteBy(v *ratings.Vote) string {
	by := review.Review{Critic: review.Critic{Name: v.Critic, Outlet: v.Outlet}}
	for _, name := range v.Others {
		by.CoCritics = append(by.CoCritics, review.Critic{Name: name})
	}
	return by.Signature()
}

func shorten(s string) string {
	if runes := []rune(s); len(runes) > longestRaw {
		return string(runes[:longestRaw-1]) + "…"
	}
	return s
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// fateOf says in words what became of a review.
func fateOf(v *ratings.Vote) string {
	switch {
	case !v.Counted && v.Repeats != "":
		return "no: " + v.Reason + " (" + string(v.Repeats) + ")"
	case !v.Counted:
		return "no: " + v.Reason
	case v.Weight != "1":
		return "yes, as " + v.Weight + " of the critic's vote"
	}
	return "yes"
}

// printNumbers prints how each number comes from the votes, step by step.
func printNumbers(out io.Writer, a *ratings.Aggregate) {
	sum, terms := votesOf(a)
	n := big.NewRat(int64(a.N), 1)
	if a.TooFew {
		fmt.Fprintf(out, "Too few: %s, and below %d a rating says more about the critics than about the film.\n\n", count(a.N, "vote"), ratings.MinVotes)
	}
	fmt.Fprintf(out, "Mean      %s\n", a.Mean)
	fmt.Fprintf(out, "          The votes added up, divided by how many they are:\n")
	fmt.Fprintf(out, "          %s = %s\n          %s / %d = %s\n\n", terms, plain(sum), plain(sum), a.N, a.Mean)

	prior := new(big.Rat).Mul(a.Prior.Mean.Rat(), a.Prior.Weight.Rat())
	total, weights := new(big.Rat).Add(sum, prior), new(big.Rat).Add(n, a.Prior.Weight.Rat())
	fmt.Fprintf(out, "Ranked    %s\n", a.Ranked)
	fmt.Fprintf(out, "          To sort films by. It is the mean as it would be if besides these critics\n")
	fmt.Fprintf(out, "          %s more had given %s; that keeps one lucky vote from leading the list:\n", a.Prior.Weight, a.Prior.Mean)
	fmt.Fprintf(out, "          (%s + %s × %s) / (%d + %s) = %s / %s = %s\n\n", plain(sum), a.Prior.Mean, a.Prior.Weight, a.N, a.Prior.Weight, plain(total), plain(weights), a.Ranked)

	positive := 0
	for _, v := range a.Histogram[review.PositiveNorm/10:] {
		positive += v
	}
	fmt.Fprintf(out, "Positive  %s\n", percentage(a.Positive.Share))
	fmt.Fprintf(out, "          %d of %s %s %d or more. If these are typical of all critics, the share among\n", positive, count(a.N, "vote"), isOrAre(positive), review.PositiveNorm)
	fmt.Fprintf(out, "          all of them is between %s and %s (Wilson's interval at 95 %%).\n\n", percentage(a.Positive.Low), percentage(a.Positive.High))

	fmt.Fprintf(out, "Range     %s to %s\n", a.Min, a.Max)
	if !a.Spread.IsZero() {
		fmt.Fprintf(out, "\nSpread    %s\n", a.Spread)
		fmt.Fprintf(out, "          How far a vote typically is from the mean: the distances squared, added up,\n")
		fmt.Fprintf(out, "          divided by %d (one less than the votes), and of that the square root.\n", a.N-1)
	}
	fmt.Fprintf(out, "\nVotes by tenths of the scale (70 to 79 holds 79.9 too)\n")
	for i, votes := range a.Histogram {
		fmt.Fprintf(out, "  %-9s  %s\n", tenthOf(i), bar(votes))
	}
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// longestBar is how many votes are drawn one by one.
const longestBar = 50

func bar(votes int) string {
	if votes == 0 {
		return "-"
	}
	return strings.Repeat("#", min(votes, longestBar)) + " " + strconv.Itoa(votes)
}

func tenthOf(i int) string {
	if i == 9 {
		return "90 to 100"
	}
	return fmt.Sprintf("%d to %d", 10*i, 10*i+9)
}

// mostTerms is how many votes of a sum are written out.
const mostTerms = 12

// votesOf is the sum of the votes, exactly, and in writing.
func votesOf(a *ratings.Aggregate) (*big.Rat, string) {
	sum := new(big.Rat)
	var terms []string
	for i := range a.Reviews {
		v := &a.Reviews[i]
		if !v.Counted {
			continue
		}
		weight, ok := new(big.Rat).SetString(v.Weight)
		if !ok {
			weight = new(big.Rat) // an aggregate has none that is no fraction
		}
		sum.Add(sum, weight.Mul(weight, v.Norm.Rat()))
		term := v.Norm.String()
		if v.Weight != "1" {
			term += " × " + v.Weight
		}
		terms = append(terms, term)
	}
	if more := len(terms) - mostTerms; more > 0 {
		terms = append(terms[:mostTerms], fmt.Sprintf("... (%d more)", more))
	}
	return sum, strings.Join(terms, " + ")
}

// plain is a number as people write it: exact where two places are enough.
func plain(r *big.Rat) string {
	d := review.Round(r, 2)
	s := d.String()
	if d.Rat().Cmp(r) != 0 {
		return "about " + s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// percentage is a share as a percentage with one place.
func percentage(share review.Decimal) string {
	return review.Round(new(big.Rat).Mul(share.Rat(), big.NewRat(100, 1)), 1).String() + " %"
}
