package feed_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/feeds"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/sinktest"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

// served answers every request with the same document.
type served string

func (s served) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: req, ContentLength: int64(len(s)),
		Body: io.NopCloser(bytes.NewReader([]byte(s))),
	}, nil
}

// told is what must come back of a review that was published in a feed and is read
// from it: by another Filmwire, say.
type told struct {
	Film, IDs, Critic, URL, Title, Language, Via string
	Year                                         int
	Published                                    time.Time
	Kind                                         review.RatingKind
	Norm, Letter                                 string
	Verdict                                      review.Verdict
	Tags                                         []string
}

func tell(r *review.Review) told {
	var ids []string
	r.Film.IDs.Each(func(catalogue, id string) { ids = append(ids, catalogue+":"+id) })
	return told{
		Film: r.Film.Title, Year: r.Film.Year, IDs: strings.Join(ids, " "), Critic: r.Critic.Name, URL: r.URL, Title: r.Title,
		Language: r.Language, Via: r.Source.URL, Published: r.PublishedAt, Kind: r.Rating.Kind, Norm: r.Rating.Norm.String(),
		Letter: r.Rating.Letter, Verdict: r.Rating.Verdict, Tags: r.Tags,
	}
}

// Our own feeds are sources as good as any: what they say of film and rating in words of
// their own comes back.
func TestFeedsAreReadBack(t *testing.T) {
	b := newBench(t, per("none"))
	events := []*review.Event{
		sinktest.Event(sinktest.GUID("1"), sinktest.On("2010-09-20"), func(e *review.Event) {
			e.Source.URL, e.Film.IDs = "https://example.org/feed/", review.FilmIDs{IMDb: "tt1334260", TMDB: "42188"}
			e.Tags, e.Title, e.BodyHTML = []string{"Drama"}, "What the children knew", "<p>A quiet film &amp; a sad one.</p>"
		}),
		sinktest.Event(sinktest.GUID("2"), sinktest.On("2010-09-19"), sinktest.FilmOf("Solaris", 1972), sinktest.Grade("B+")),
		sinktest.Event(sinktest.GUID("3"), sinktest.On("2010-09-18"), sinktest.FilmOf("Ran", 1985), func(e *review.Event) {
			e.Rating = review.Rating{Kind: review.Lost, Raw: "(out of 5)", Best: review.Int(5)}
		}),
		sinktest.Event(sinktest.GUID("4"), sinktest.On("2010-09-17"), sinktest.FilmOf("Stalker", 1979), sinktest.Says(review.Negative)),
		sinktest.Event(sinktest.GUID("5"), sinktest.On("2010-09-16"), sinktest.FilmOf("Jeanne", 1975), func(e *review.Event) {
			e.Rating = review.Rating{Kind: review.Unrated}
		}),
	}
	for i, e := range events {
		e.URL = "https://reviews.example.org/" + e.Source.GUID
		if i > 0 {
			e.Title = "On " + e.Film.Title
		}
		e.BodyHTML, e.BodyText = "<p>Nobody says in this text what it was worth.</p>", "Nobody says in this text what it was worth."
	}
	b.apply(events...)
	for _, path := range b.feeds() {
		t.Run(path, func(t *testing.T) {
			env := pipeline.SourceEnv{Name: "back", Log: slog.New(slog.DiscardHandler), Clock: sourcetest.Clock{}, HTTP: served(b.docs.Content(path))}
			var out sourcetest.Out
			if _, err := feeds.Opener(env)("https://wire.example/"+path, time.Minute).Read(t.Context(), nil, &out); err != nil {
				t.Fatal(err)
			}
			if len(out.Documents) != len(events) || len(out.Problems) > 0 {
				t.Fatalf("%d documents, problems %v", len(out.Documents), out.Problems)
			}
			for _, d := range out.Documents {
				r, err := normalize.Normalize(d)
				if err != nil {
					t.Fatal(err)
				}
				r.Source.URL = d.Stated.Source.URL
				i := slices.IndexFunc(events, func(e *review.Event) bool { return e.URL == r.URL })
				want := tell(&events[i].Review)
				if strings.HasPrefix(r.Title, want.Title) { // the stars are put behind it
					want.Title = r.Title
				}
				if want.Kind == review.Lost && !strings.HasSuffix(path, ".json") {
					want.Kind = review.Unrated // schema.org has no words for what was lost
				}
				if diff := cmp.Diff(want, tell(&r)); diff != "" {
					t.Errorf("%s: published -, read back +:\n%s", events[i].Film.Title, diff)
				}
			}
		})
	}
}
