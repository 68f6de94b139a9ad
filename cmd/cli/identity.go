package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
)

// storyOf reads how a film came about. One that was merged into another makes way
// for that one, and people are told.
func (c *command) storyOf(ctx context.Context, b *bus.Bus, id *review.FilmID, asJSON bool) (films.Story, error) {
	catalogue, err := films.Read(ctx, b.Log())
	if err != nil {
		return films.Story{}, err
	}
	story, _, err := catalogue.Story(*id)
	if err != nil || story.Into == "" {
		return story, err
	}
	if !asJSON {
		fmt.Fprintf(c.Out, "%s was merged into %s.\n\n", *id, story.Into)
	}
	*id = story.Into
	story, _, err = catalogue.Story(*id)
	return story, err
}

// printIdentity says how the film of these reviews is known: what it is called
// elsewhere, how its reviews were found to be of it, what it could be confused
// with, what was merged into it and which overrides decided.
func printIdentity(out io.Writer, s *films.Story, events []*review.Event) {
	f := &s.Film
	fmt.Fprintf(out, "Identity: %s, registered as %s", f.ID, filmName(f))
	var also []string
	for _, title := range append([]string{f.OriginalTitle}, f.AltTitles...) {
		if title != "" && title != f.Title {
			also = append(also, title)
		}
	}
	if len(also) > 0 {
		fmt.Fprintf(out, ", also %s", strings.Join(also, "; "))
	}
	if len(f.Years) > 1 {
		fmt.Fprintf(out, "; years %s", strings.Trim(fmt.Sprint(f.Years), "[]"))
	}
	f.IDs.Each(func(catalogue, id string) { fmt.Fprintf(out, "; %s:%s", catalogue, id) })
	fmt.Fprintln(out, ".")
	printStages(out, events)
	if f.Match.Stage == review.StageAmbiguous {
		fmt.Fprintf(out, "It stands for reviews that could be of several films: %s.\n", joinFilms(f.Match.Candidates))
	}
	for i := range s.Merged {
		fmt.Fprintf(out, "Merged into it: %s, %s.\n", s.Merged[i].ID, filmName(&s.Merged[i]))
	}
	for _, o := range s.Overrides {
		fmt.Fprintf(out, "Decided by an override: %s.\n", o)
	}
}

// printStages says how many reviews were found how.
func printStages(out io.Writer, events []*review.Event) {
	counts := map[string]int{}
	sure := map[string]review.Decimal{}
	candidates := map[review.FilmID]bool{}
	for _, e := range events {
		m := e.Film.Match
		counts[m.Stage]++
		sure[m.Stage] = m.Confidence
		for _, id := range m.Candidates {
			candidates[id] = true
		}
	}
	var parts []string
	for _, stage := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %s (confidence %s)", count(counts[stage], "review"), howFound(stage), sure[stage]))
	}
	fmt.Fprintf(out, "Found: %s.\n", strings.Join(parts, ", "))
	if len(candidates) > 0 {
		fmt.Fprintf(out, "Could be confused with: %s.\n", joinFilms(slices.Sorted(maps.Keys(candidates))))
	}
}

func howFound(stage string) string {
	switch stage {
	case review.StageOverride:
		return "by an override"
	case review.StageID:
		return "by another catalogue's id"
	case review.StageTitleYear:
		return "by title and year"
	case review.StageTitleNear:
		return "by title, a year apart"
	case review.StageSpelling:
		return "by a title spelt almost alike, and year"
	case review.StageTitle:
		return "by a title without a year"
	case review.StageAmbiguous:
		return "that fit several films"
	}
	return "that made the film known"
}

func joinFilms(ids []review.FilmID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return strings.Join(all, ", ")
}

// inspected is a question with the reviews it is about.
type inspected struct {
	films.Question
	Reviews []inspectedReview `json:"reviews,omitempty"`
}

type inspectedReview struct {
	ID     review.ID `json:"review_id"`
	URL    string    `json:"url,omitempty"`
	Critic string    `json:"critic,omitempty"`
	Title  string    `json:"title,omitempty"`
}

// inspectFilms prints what is open about films, and the overrides that would answer.
func (c *command) inspectFilms(ctx context.Context, b *bus.Bus, asJSON bool) error {
	catalogue, err := films.Read(ctx, b.Log())
	if err != nil {
		return err
	}
	questions, err := catalogue.Questions()
	if err != nil {
		return err
	}
	all := make([]inspected, len(questions))
	about := map[review.FilmID]*inspected{}
	for i, q := range questions {
		all[i].Question = q
		about[q.Film] = &all[i]
	}
	if err := addReviews(ctx, b.Log(), about); err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(c.Out, "Nothing is open: no review fits several films.")
	}
	for i := range all {
		printQuestion(c.Out, &all[i])
	}
	return nil
}

func addReviews(ctx context.Context, log pipeline.Log, about map[review.FilmID]*inspected) error {
	if len(about) == 0 {
		return nil
	}
	return log.Latest(ctx, func(e pipeline.Entry) error {
		if q := about[e.Review.Film.ID]; q != nil && !e.Review.Gone() {
			q.Reviews = append(q.Reviews, inspectedReview{e.Review.ReviewID, e.Review.URL, e.Review.Byline(), review.Line(e.Review.Title)})
		}
		return nil
	})
}

// mostInspected is how many reviews are printed with a question.
const mostInspected = 5

func printQuestion(out io.Writer, q *inspected) {
	name := filmName(&review.Film{Title: q.Title, Year: q.Year})
	switch q.Kind {
	case films.Ambiguous:
		fmt.Fprintf(out, "%s: reviews of %s fit several films, and stand apart: %s\n", q.Film, name, joinFilms(q.Could))
	case films.NoYear:
		fmt.Fprintf(out, "%s: reviews of %s give no year; it could be %s\n", q.Film, name, joinFilms(q.Could))
	default:
		fmt.Fprintf(out, "%s: is %s the same as %s?\n", q.Film, name, joinFilms(q.Could))
	}
	for i := range q.Reviews[:min(len(q.Reviews), mostInspected)] {
		r := &q.Reviews[i]
		fmt.Fprintf(out, "    %s  %s\n", r.ID, strings.Join(slices.DeleteFunc([]string{r.Title, r.Critic, r.URL}, func(s string) bool { return s == "" }), ", "))
	}
	if more := len(q.Reviews) - mostInspected; more > 0 {
		fmt.Fprintf(out, "    and %d more\n", more)
	}
	fmt.Fprintf(out, "  in the overrides: - same: [%s, %s]\n", q.Could[0], q.Film)
	if q.Kind == films.Namesakes {
		fmt.Fprintf(out, "                or: - different: [%s, %s]\n", q.Could[0], q.Film)
	} else if len(q.Reviews) > 0 {
		fmt.Fprintf(out, "                or: - {review: %s, film: %s}\n", q.Reviews[0].ID, q.Could[0])
	}
	fmt.Fprintln(out)
}
