package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/review"
)

func (c *command) explainReviewVerb() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "review ID | URL",
		Short: "Say how a review was understood, and what became of it",
		Long: `Review prints where a review was read, where in it the rating stands and what it was
understood to mean, how its film was found, what was damaged, and each of its revisions
with what changed. ID is the review's id as events have it; its address will do.`,
		Example: "  filmwire explain review https://blog.example/heat/\n  filmwire explain review 0b2f5c9a17e04d5f8f2c9f0a6f1f3f7d",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withLog(cmd.Context(), func(ctx context.Context, _ *config.Config, b *bus.Bus) error {
				return c.explainReview(ctx, b.Log(), args[0], asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "the review's events, one a line, as JSON")
	return cmd
}

func (c *command) explainReview(ctx context.Context, log pipeline.Log, what string, asJSON bool) error {
	var found []*review.Event
	if err := log.Latest(ctx, func(e pipeline.Entry) error {
		if isMeant(e.Review, what) {
			found = append(found, e.Review)
		}
		return nil
	}); err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("explain review: no review has the id or the address %q; `filmwire events --json` lists both", what)
	case len(found) > 1:
		return fmt.Errorf("explain review: %d reviews have the address %q: name one by its id: %s", len(found), what, idsOf(found))
	}
	e := found[0]
	revisions, err := log.Revisions(ctx, e.Source.Name, e.ReviewID)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetEscapeHTML(false)
		for _, r := range revisions {
			if err := enc.Encode(r.Review); err != nil {
				return err
			}
		}
		return nil
	}
	if err := printReview(c.Out, e); err != nil {
		return err
	}
	if e.Rating.Kind == review.Ambiguous || e.Rating.Basis == review.BasisInferred {
		evidence, err := pipeline.ScaleEvidence(ctx, log, e.Critic)
		if err != nil {
			return err
		}
		printEvidence(c.Out, e, evidence)
	}
	printWarnings(c.Out, e)
	return printRevisions(c.Out, revisions)
}

// isMeant reports whether a review is the one that an id or an address names.
func isMeant(e *review.Event, what string) bool {
	return string(e.ReviewID) == what || e.EventID == what || e.URL != "" && plainAddress(e.URL) == plainAddress(what)
}

// plainAddress is an address without what people leave out or a site changes.
func plainAddress(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" {
		return s
	}
	u.Scheme, u.Fragment, u.Host = "", "", strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	return strings.TrimSuffix(u.String(), "/")
}

func idsOf(events []*review.Event) string {
	var ids []string
	for _, e := range events {
		ids = append(ids, fmt.Sprintf("%s (source %s)", e.ReviewID, e.Source.Name))
	}
	return strings.Join(ids, ", ")
}

// printReview prints what stands on the log of a review now.
func printReview(out io.Writer, e *review.Event) error {
	head := cmp.Or(review.Line(e.Title), filmName(&e.Film))
	fmt.Fprintf(out, "%s\n%s\n\n", head, strings.Repeat("=", len([]rune(head))))
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, text)
		}
	}
	line("Review", string(e.ReviewID))
	line("By", e.Signature())
	line("At", e.URL)
	line("Came out", dateOf(e.PublishedAt))
	line("Read from", fmt.Sprintf("source %s (%s), as %s", e.Source.Name, e.Source.Type, review.Line(e.Source.GUID)))
	line("First seen", dateOf(e.FirstSeenAt))
	if e.Gone() {
		line("Withdrawn", dateOf(e.WithdrawnAt)+": the source has it no longer")
	}
	line("Film", filmFound(&e.Film))
	r := &e.Rating
	line("Rating", orDash(r.Text()))
	line("  kind", fmt.Sprintf("%s: %s", r.Kind, why(explained{Kind: r.Kind})))
	line("  written", review.Cut(review.Line(r.Raw), longestWritten))
	line("  read in", foundIn(r))
	line("  scale", scaleText(r.Worst, r.Best, r.Basis))
	if !r.Norm.IsZero() {
		line("  norm", r.Norm.String()+" of 100")
	}
	return w.Flush()
}

// longestWritten is how much of a rating is printed as it stands in the review, in runes.
const longestWritten = 120

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func filmFound(f *review.Film) string {
	if f.ID == "" {
		return filmName(f)
	}
	text := fmt.Sprintf("%s, %s, %s (confidence %s)", filmName(f), f.ID, foundAs(f.Match.Stage), f.Match.Confidence)
	if len(f.Match.Candidates) > 0 {
		text += "; could be " + joinFilms(f.Match.Candidates)
	}
	return text
}

// foundAs says how one review's film was found.
func foundAs(stage string) string {
	switch stage {
	case review.StageAmbiguous:
		return "fits several films"
	case review.StageOverride, review.StageID, review.StageTitleYear, review.StageTitleNear, review.StageSpelling, review.StageTitle:
		return "found " + howFound(stage)
	}
	return "made known by it"
}

func foundIn(r *review.Rating) string {
	if r.FoundIn == "" || r.Span.IsZero() {
		return r.FoundIn
	}
	return fmt.Sprintf("%s, bytes %d to %d", r.FoundIn, r.Span.Start, r.Span.End)
}

// printEvidence says what the critic's other scores show of a scale that is not stated.
func printEvidence(out io.Writer, e *review.Event, evidence pipeline.ScalesShown) {
	by := orDash(e.Signature())
	if evidence.Scored == 0 {
		fmt.Fprintf(out, "\nThe scale: no other review by %s states one.\n", by)
		return
	}
	var parts []string
	for _, s := range evidence.Scales {
		parts = append(parts, fmt.Sprintf("%d on %s", s.Reviews, strings.ReplaceAll(s.Scale, "..", " to ")))
	}
	fmt.Fprintf(out, "\nThe scale: of the reviews by %s, %d state theirs: %s.\n", by, evidence.Scored, strings.Join(parts, ", "))
	if evidence.Used == "" {
		fmt.Fprintf(out, "That shows none: it takes %d scores, %d %% of them on one scale.\n", pipeline.FewestScores, pipeline.ScaleShare)
	} else {
		fmt.Fprintf(out, "So a bare number is on %s, if it fits there.\n", strings.ReplaceAll(evidence.Used, "..", " to "))
	}
}

func printWarnings(out io.Writer, e *review.Event) {
	if len(e.Warnings) > 0 {
		fmt.Fprintln(out, "\nDamaged or not understood")
	}
	for _, w := range e.Warnings {
		fmt.Fprintf(out, "  %s: %s\n", w.Code, w.Detail)
	}
}

// printRevisions prints the life of a review, as far as the log keeps it.
func printRevisions(out io.Writer, revisions []pipeline.Entry) error {
	fmt.Fprintln(out, "\nRevisions")
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for i, entry := range revisions {
		e := entry.Review
		at, changed := e.FirstSeenAt, ""
		switch {
		case e.Gone():
			at = e.WithdrawnAt
		case e.Revision > 1:
			at = e.RevisedAt
		}
		if i > 0 && e.Kind == review.Revised {
			changed = "\tchanged: " + strings.Join(changesOf(&revisions[i-1].Review.Review, &e.Review), ", ")
		}
		fmt.Fprintf(w, "  %d\t%s\t%s%s\n", e.Revision, dateOf(at), e.Kind, changed)
	}
	return w.Flush()
}

// changesOf names the fields, as events call them, in which two versions of a review
// differ; how and when it was read is no difference.
func changesOf(before, after *review.Review) []string {
	var names []string
	a, b := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if name != "source" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = []string{"nothing but how it was read"}
	}
	return names
}
