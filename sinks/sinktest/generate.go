package sinktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Histories draws logs as the engine could have written them: reviews by
// several critics of several films are published, revised, withdrawn and
// restored; ratings, films, texts and critics change; some texts and names are
// hostile; a filter hides some; events of films stand in between, and reviews move
// to another film by them, unchanged otherwise. Revisions count
// up by one and positions have no gaps. Each text ends in a mark that no
// earlier revision has, and no later one that changes the text: see [Mark].
func Histories() *rapid.Generator[History] {
	return rapid.Custom(func(t *rapid.T) History {
		s := story{reviews: map[string]*review.Event{}, live: map[string]bool{}}
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			s.step(t)
		}
		return s.log
	})
}

// Mark is the word that the text of one revision of one review ends in.
func Mark(guid string, revision int) string { return fmt.Sprintf("mark%sx%d.", guid, revision) }

// story is a history being written.
type story struct {
	log     History
	reviews map[string]*review.Event // the latest event of each, by GUID
	live    map[string]bool
}

func (s *story) step(t *rapid.T) {
	switch rapid.IntRange(0, 14).Draw(t, "about a film") {
	case 0:
		s.film(t)
		return
	case 1, 2:
		s.move(t)
		return
	}
	guid := strconv.Itoa(rapid.IntRange(1, 6).Draw(t, "review"))
	last, seen := s.reviews[guid]
	var e *review.Event
	switch {
	case !seen:
		e = Event(GUID(guid), Kind(review.Published, 1), FilmOf(drawFilm(t)), drawCritic(t), drawRating(t), drawDate(t))
		edit(t, e)
	case last.Gone():
		e = next(last, review.Restored)
		edit(t, e)
	case rapid.IntRange(0, 3).Draw(t, "withdrawn") == 0:
		e = next(last, review.Withdrawn)
	default:
		e = next(last, review.Revised)
		edit(t, e)
	}
	e = decoded(e)
	s.reviews[guid] = e
	hidden := rapid.IntRange(0, 9).Draw(t, "hidden") == 0
	s.log = append(s.log, pipeline.Entry{Position: s.next(), Review: e, Live: !e.Gone() && !hidden, Kept: !hidden})
}

func (s *story) next() pipeline.Position { return pipeline.Position(len(s.log) + 1) }

func (s *story) film(t *rapid.T) {
	title, year := drawFilm(t)
	made := Event(FilmOf(title, year)).Film
	s.log = append(s.log, pipeline.Entry{Position: s.next(), Film: &review.FilmEvent{
		Schema: review.FilmSchema, EventID: fmt.Sprintf("film.%d", s.next()), Kind: review.FilmNew,
		FilmID: made.ID, Revision: 1, Film: made, DecidedAt: Epoch(),
	}})
}

// move decides that two films are one, or that one review is of another film: the
// reviews concerned come again as revised, with another film's id and the same
// content.
func (s *story) move(t *rapid.T) {
	title, year := drawFilm(t)
	into := Event(FilmOf(title, year)).Film
	guids := slices.Sorted(maps.Keys(s.reviews))
	if len(guids) == 0 {
		return
	}
	from := s.reviews[rapid.SampledFrom(guids).Draw(t, "moved")]
	whole := rapid.Bool().Draw(t, "the whole film")
	if whole {
		s.log = append(s.log, pipeline.Entry{Position: s.next(), Film: &review.FilmEvent{
			Schema: review.FilmSchema, EventID: fmt.Sprintf("film.%d", s.next()), Kind: review.FilmMerged,
			FilmID: from.Film.ID, Revision: 2, Film: from.Film, Into: into.ID, DecidedAt: Epoch(),
		}})
	}
	for _, guid := range guids {
		last := s.reviews[guid]
		if last.Gone() || last != from && !(whole && last.Film.ID == from.Film.ID) {
			continue
		}
		e := next(last, review.Revised)
		e.Film.ID = into.ID
		s.reviews[guid] = decoded(e)
		s.log = append(s.log, pipeline.Entry{Position: s.next(), Review: s.reviews[guid], Live: s.live[guid]})
	}
}

// next is the event that follows last, with the same review in it.
func next(last *review.Event, kind review.EventKind) *review.Event {
	e := *last
	Kind(kind, last.Revision+1)(&e)
	e.EventID = review.NewEventID(e.ReviewID, e.Revision)
	return &e
}

// edit changes some of the review, and always its text.
func edit(t *rapid.T, e *review.Event) {
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		switch rapid.IntRange(0, 8).Draw(t, "field") {
		case 0, 1:
			drawRating(t)(e)
		case 2:
			FilmOf(drawFilm(t))(e)
		case 3:
			e.Film = strange(t, e.Film)
		case 4:
			drawCritic(t)(e)
		case 5:
			e.Title = rapid.SampledFrom(words()).Draw(t, "title")
		case 6:
			e.Rights = rapid.SampledFrom([]review.Rights{"", review.RightsFull, review.RightsExcerpt, review.RightsLink}).Draw(t, "rights")
		case 7:
			e.Spoiler = !e.Spoiler
			e.Tags = rapid.SliceOfN(rapid.SampledFrom(words()), 0, 2).Draw(t, "tags")
		case 8:
			e.Language = rapid.SampledFrom([]string{"", "en", "en-GB", "de", "ja"}).Draw(t, "language")
			e.URL = rapid.SampledFrom([]string{"", e.URL, "https://example.com/a?b=c&d=e#f"}).Draw(t, "url")
		}
	}
	Text(rapid.SampledFrom(words()).Draw(t, "text") + " " + Mark(e.Source.GUID, e.Revision))(e)
	e.ContentHash = e.Review.ContentHash()
}

// decoded is the event as the log gives it back.
func decoded(e *review.Event) *review.Event {
	data, err := json.Marshal(e)
	if err != nil {
		panic("sinktest: " + err.Error())
	}
	again, err := review.ParseEvent(data)
	if err != nil {
		panic("sinktest: " + err.Error())
	}
	return again
}

// drawFilm draws one of a few films; two share a title.
func drawFilm(t *rapid.T) (title string, year int) {
	titles := []string{"Never Let Me Go", "Solaris", "Solaris", "Tár"}
	years := []int{2010, 1972, 2002, 0}
	n := rapid.IntRange(0, len(titles)-1).Draw(t, "film")
	return titles[n], years[n]
}

// strange draws a film as a registry that knows little, or a foreign writer of
// the log, may state it: the same film under another name, none, or an id that
// is no slug.
func strange(t *rapid.T, f review.Film) review.Film {
	switch rapid.IntRange(0, 5).Draw(t, "strange film") {
	case 0:
		f.ID = ""
	case 1:
		f.Title = rapid.SampledFrom(words()).Draw(t, "film title")
	case 2:
		f.IDs.IMDb, f.Directors = "tt1334260", []string{"Mark Romanek"}
	case 3:
		f.Year, f.Directors = f.Year+1, nil
	case 4:
		f.OriginalTitle, f.AltTitles = "Солярис", words()[:2]
	case 5:
		f.ID = rapid.SampledFrom([]review.FilmID{
			"../../etc/passwd", "a/b", "/abs", "..", ".hidden", "A B", "x\x00y", `c:\d`,
			review.FilmID(strings.Repeat("long-", 80)),
		}).Draw(t, "film id")
	}
	return f
}

func drawCritic(t *rapid.T) Option {
	names := []string{"Jane Doe", "Ann Author", "José Ñandú", "", "../up", "<b>Bold</b>"}
	outlets := []string{"The Aisle Seat", "Blog & Co", ""}
	by := By(rapid.SampledFrom(names).Draw(t, "critic"), rapid.SampledFrom(outlets).Draw(t, "outlet"))
	with := With(rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(t, "co-critics")...)
	return func(e *review.Event) {
		by(e)
		e.CoCritics = nil
		with(e)
	}
}

func drawRating(t *rapid.T) Option {
	switch rapid.IntRange(0, 7).Draw(t, "rating") {
	case 0:
		return Says(rapid.SampledFrom([]review.Verdict{review.Positive, review.Mixed, review.Negative}).Draw(t, "verdict"))
	case 1:
		kinds := []review.RatingKind{review.Unrated, review.Lost, review.Ambiguous, review.Invalid, "a later kind"}
		raws := []string{"", "(out of 5)", "7", "5.5/5", "\x00"}
		n := rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")
		return Rated(kinds[n], raws[n])
	case 2:
		return Grade(rapid.SampledFrom([]string{"A+", "A-", "B+", "C", "F+", "F"}).Draw(t, "letter"))
	}
	halves := rapid.Int64Range(0, 20).Draw(t, "tenths")
	return Stars(review.NewDecimal(halves*5, 1).String(), "10")
}

// drawDate draws from few days, so that reviews share one.
func drawDate(t *rapid.T) Option {
	day := rapid.IntRange(0, 4).Draw(t, "day")
	return func(e *review.Event) {
		e.PublishedAt = Epoch().AddDate(0, 0, day)
		if day == 0 {
			e.PublishedAt = time.Time{}
		}
	}
}

// words are texts that have broken something somewhere, and plain ones.
func words() []string {
	return []string{
		"A quiet film. It stays with you.", "Dull!", "", "Übergröße – “naïve” café", "映画は静かに終わる。そして残る。",
		"<script>alert(1)</script>", "]]><!--", "a\x00b\x08c\u0085\ufffe", "\u202edrowkcab", "👩‍👩‍👧‍👦 e\u0301\u0323 🏳️‍🌈",
		"--- \nstatus: approved\n---\n", "line\r\nbreak\ttab", `"quoted" 'single' \back`, "https://example.com/x?a=1&b=2",
		strings.Repeat("long words and more of them ", 40), strings.Repeat("x", 700), "#tag @name {{.Film}} %s",
	}
}
