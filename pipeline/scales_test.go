package pipeline_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

// desk is a source of ratings by guid, "critic @ outlet: rating", all of which it shows.
type desk map[string]string

func (d desk) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	for _, guid := range slices.Sorted(maps.Keys(d)) {
		by, rating, _ := strings.Cut(d[guid], ": ")
		name, outlet, _ := strings.Cut(by, " @ ")
		title := strings.TrimLeft(guid, "/") // a file that is moved says the same
		rating, text, _ := strings.Cut(rating, " | ")
		sum := sha256.Sum256([]byte(guid + d[guid]))
		if err := out.Document(review.Document{
			GUID: guid, RawSHA256: hex.EncodeToString(sum[:]), Form: review.FormText,
			Body: "A film that one remembers for " + title + ", and for little else. " + text, RatingText: rating,
			Stated: review.Review{
				Film: review.Film{Title: "Film " + title, Year: 2020}, PublishedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
				Critic: review.Critic{Name: name, Outlet: review.Outlet(outlet)},
			},
		}); err != nil {
			return pipeline.Reading{}, err
		}
	}
	return pipeline.Reading{Complete: true, Checkpoint: []byte("x")}, nil
}

// newDesk is a wire that reads a desk, and understands it as people's are.
func newDesk(t testing.TB) (*wire, desk) {
	t.Helper()
	w := &wire{t: t, dir: t.TempDir(), clock: newClock(), normalize: normalize.Normalize}
	d := desk{}
	w.polled = pipeline.Polled{Name: "desk", Type: "desk", Source: d, Parser: "1", Withdraw: pipeline.WithdrawAlways}
	w.open()
	t.Cleanup(w.close)
	return w, d
}

// scores puts scores of a critic on the desk.
func (d desk) scores(by string, all ...string) {
	for _, s := range all {
		d[fmt.Sprintf("%s %d", by, len(d))] = by + ": " + s
	}
}

// rated says what the log has of a review's rating now.
func (w *wire) rated(guid string) string {
	w.t.Helper()
	e := w.latest()[guid]
	if e == nil {
		return "no such review"
	}
	return fmt.Sprintf("%s %s %s %s", e.Kind, e.Rating.Kind, e.Rating.Text(), e.Rating.Basis)
}

func (w *wire) wantRated(guid, want string) {
	w.t.Helper()
	if got := w.rated(guid); got != want {
		w.t.Errorf("%s is %q, want %q", guid, got, want)
	}
}

// scalesFromTheLog makes the view of scales anew and expects every byte of its state,
// and that nothing is due.
func (w *wire) scalesFromTheLog() {
	w.t.Helper()
	fresh, err := views.OpenMemory()
	if err != nil {
		w.t.Fatal(err)
	}
	defer fresh.Close()
	view := pipeline.Scales{Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer}}
	own := pipeline.NewViewing(pipeline.ViewingConfig{Name: "engine.scales", View: view, Log: w.bus.Log(), Store: fresh, Logger: quiet(), Clock: w.clock})
	if err := errors.Join(own.Prepare(w.t.Context()), own.CatchUp(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
	now := dump(prefixed{w.store.View("engine.scales")})
	if diff := cmp.Diff(dump(own.Reader()), now); diff != "" {
		w.t.Errorf("the scales made anew from the log (-) are not those there were (+):\n%s", diff)
	}
	for key := range now {
		if strings.HasPrefix(key, "due/") {
			w.t.Errorf("%s is left", key)
		}
	}
}

func TestABareNumberTakesTheScaleOfTheOthers(t *testing.T) {
	for _, c := range []struct {
		name   string
		others []string
		bare   string
		want   string
	}{
		{"five of one scale", []string{"3/5", "4/5", "2/5", "5/5", "1/5"}, "4", "published scored 4/5 inferred"},
		{"halves", []string{"3.5/5", "4/5", "2/5", "5/5", "1/5"}, "2,5", "published scored 2.5/5 inferred"},
		{"stars", []string{"3/4", "2.5/4", "2/4", "4/4", "1/4"}, "★★★½", "published scored 3.5/4 inferred"},
		{"four are too few", []string{"3/5", "4/5", "2/5", "5/5"}, "4", "published ambiguous  "},
		{"two scales", []string{"3/5", "4/5", "2/5", "5/5", "6/10"}, "4", "published ambiguous  "},
		{"nine in ten", []string{"3/5", "4/5", "2/5", "5/5", "1/5", "3/5", "4/5", "2/5", "5/5", "6/10"}, "4", "published scored 4/5 inferred"},
		{"eight in nine", []string{"3/5", "4/5", "2/5", "5/5", "1/5", "3/5", "4/5", "2/5", "6/10"}, "4", "published ambiguous  "},
		{"written in other ways", []string{"3 / 5.0", "★★★☆☆", "4 out of 5", "five out of five stars", "0/5"}, "4", "published scored 4/5 inferred"},
		{"letters are a scale of their own", []string{"A", "B", "C", "3/5", "4/5", "2/5", "5/5", "1/5"}, "4", "published ambiguous  "},
		{"letters are no scale of numbers", []string{"A", "B", "C", "B+", "A-"}, "4", "published ambiguous  "},
		{"it does not fit", []string{"3/5", "4/5", "2/5", "5/5", "1/5"}, "7", "published ambiguous  "},
		{"five stars of ten are five as often", []string{"3/10", "4/10", "8/10", "5/10", "1/10"}, "★★★★", "published ambiguous  "},
		{"a bare number of ten", []string{"3/10", "4/10", "8/10", "5/10", "1/10"}, "7", "published scored 7/10 inferred"},
		{"verdicts and lost ones say nothing", []string{"thumbs up", "(out of 5)", "?/5", "thumbs down", "", "3/5"}, "4", "published ambiguous  "},
		{"bare ones are no evidence", []string{"3", "4", "2", "5", "1", "3"}, "4", "published ambiguous  "},
		{"a scale from one", []string{"3 on a scale of 1 to 5", "4 on a scale of 1 to 5", "5 on a scale of 1 to 5", "2 on a scale of 1 to 5", "1 on a scale of 1 to 5"}, "3", "published scored 3/5 inferred"},
		{"a zero is a zero", []string{"3/5", "4/5", "2/5", "5/5", "1/5"}, "0", "published scored 0/5 inferred"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, d := newDesk(t)
			d.scores("Jane Doe @ Daily", c.others...)
			d["bare"] = "Jane Doe @ Daily: " + c.bare
			w.poll()
			w.wantRated("bare", c.want)
			w.scalesFromTheLog()
			if r := w.latest()["bare"].Rating; r.Basis == review.BasisInferred {
				if r.Raw != c.bare || r.FoundIn != "field:rating" || r.Span.IsZero() || r.Norm.IsZero() {
					t.Errorf("the rating is %+v", r)
				}
			}
			w.want(fmt.Sprintf("+0 ~0 -0 ^0 =%d", len(c.others)+1))
		})
	}
}

// TestEvidenceThatComesLater: a bare rating is revised when the critic's other scores
// show its scale, nothing else of it changes, and no reading of it undoes that.
func TestEvidenceThatComesLater(t *testing.T) {
	w, d := newDesk(t)
	d["bare"] = "Jane Doe @ Daily: 4"
	d.scores("Jane Doe @ Daily", "3/5", "4/5", "2/5", "5/5")
	w.want("+5 ~0 -0 ^0 =0")
	w.wantRated("bare", "published ambiguous  ")
	before := w.latest()["bare"]

	d.scores("Jane Doe @ Daily", "1/5")
	w.want("+1 ~0 -0 ^0 =5")
	w.wantRated("bare", "revised scored 4/5 inferred")
	now := w.latest()["bare"]
	if now.Revision != 2 || now.EventID == before.EventID || now.ContentHash == before.ContentHash || !now.RevisedAt.After(before.FirstSeenAt) {
		t.Errorf("revision %d, %s, hash %s, revised %s", now.Revision, now.EventID, now.ContentHash, now.RevisedAt)
	}
	if now.ContentHash != now.Review.ContentHash() {
		t.Error("the content hash is not that of the content")
	}
	same := *now
	same.Kind, same.Revision, same.EventID, same.RevisedAt, same.ContentHash, same.Rating = before.Kind, before.Revision, before.EventID, before.RevisedAt, before.ContentHash, before.Rating
	if diff := cmp.Diff(before, &same, cmp.Comparer(func(a, b review.Decimal) bool { return a.Cmp(b) == 0 }), cmp.AllowUnexported(review.Date{})); diff != "" {
		t.Errorf("more than the rating has changed:\n%s", diff)
	}

	w.want("+0 ~0 -0 ^0 =6")
	w.polled.Parser = "2" // everything is understood anew
	w.want("+0 ~0 -0 ^0 =6")
	d["bare"] = "Jane Doe @ Daily: 4 | And it is long."
	w.want("+0 ~1 -0 ^0 =5")
	w.wantRated("bare", "revised scored 4/5 inferred")
	d["/bare"] = d["bare"] // it moves
	delete(d, "bare")
	w.want("+0 ~1 -0 ^0 =5")
	w.wantRated("/bare", "revised scored 4/5 inferred")
	d["/bare"] = "Jane Doe @ Daily: 4/5 | And it is long."
	w.want("+0 ~1 -0 ^0 =5")
	w.wantRated("/bare", "revised scored 4/5 stated")
	d["/bare"] = "Jane Doe @ Daily: 4 | And it is long."
	w.want("+0 ~1 -0 ^0 =5")
	w.wantRated("/bare", "revised scored 4/5 inferred")
	w.scalesFromTheLog()
}

// TestEvidenceThatGoes: with too little left to go by, the rating is ambiguous again,
// and with enough it is not.
func TestEvidenceThatGoes(t *testing.T) {
	w, d := newDesk(t)
	d["bare"] = "Jane Doe @ Daily: 4"
	d.scores("Jane Doe @ Daily", "3/5", "4/5", "2/5", "5/5", "1/5")
	w.want("+6 ~0 -0 ^0 =0")
	w.wantRated("bare", "published scored 4/5 inferred")
	gone := "Jane Doe @ Daily 3"
	text := d[gone]
	delete(d, gone)
	w.want("+0 ~0 -1 ^0 =5")
	w.wantRated("bare", "revised ambiguous  ")
	if e := w.latest()["bare"]; e.Rating.Raw != "4" || e.ContentHash != e.Review.ContentHash() {
		t.Errorf("what is left of the rating: %+v", e.Rating)
	}
	w.want("+0 ~0 -0 ^0 =5")
	d[gone] = text
	w.want("+0 ~0 -0 ^1 =5")
	w.wantRated("bare", "revised scored 4/5 inferred")
	before := w.latest()["bare"].Revision
	d[gone] = "Jane Doe @ Daily: thumbs up" // an edit is as good, and what comes with it knows
	d["bare"] += " | It is long."
	w.want("+0 ~2 -0 ^0 =4")
	w.wantRated("bare", "revised ambiguous  ")
	if now := w.latest()["bare"].Revision; now != before+1 {
		t.Errorf("%d revisions for one edit", now-before)
	}
	delete(d, "bare") // what is gone is not looked at
	w.want("+0 ~0 -1 ^0 =5")
	d[gone] = text
	w.want("+0 ~1 -0 ^0 =4")
	w.wantRated("bare", "withdrawn ambiguous  ")
	d["bare"] = "Jane Doe @ Daily: 4"
	w.want("+0 ~0 -0 ^1 =5")
	w.wantRated("bare", "restored scored 4/5 inferred")
	w.scalesFromTheLog()
}

// TestWhoseScaleItIs: scales are a critic's at an outlet; who has no name has none, and
// what the operator says comes before what the scores show.
func TestWhoseScaleItIs(t *testing.T) {
	w, d := newDesk(t)
	five, ten := []string{"3/5", "4/5", "2/5", "5/5", "1/5"}, []string{"3/10", "9/10", "7/10", "5/10", "1/10"}
	d.scores("Jane Doe @ Daily", five...)
	d.scores("Jane Doe @ Weekly", ten...)
	d.scores("Max @ Daily", ten...)
	d.scores(" @ Daily", five...)
	d.scores("Eve", five...)
	for guid, by := range map[string]string{"a": "Jane Doe @ Daily", "b": "Jane Doe @ Weekly", "c": "Max @ Daily", "d": " @ Daily", "e": "Eve", "f": "Jane Doe", "g": "JANE DOE @ daily"} {
		d[guid] = by + ": 4"
	}
	w.poll()
	for guid, want := range map[string]string{"a": "scored 4/5 inferred", "b": "scored 4/10 inferred", "c": "scored 4/10 inferred",
		"d": "ambiguous  ", "e": "scored 4/5 inferred", "f": "ambiguous  ", "g": "scored 4/5 inferred"} {
		w.wantRated(guid, "published "+want)
	}

	// Another source of the same critic at the same outlet needs no evidence of its own,
	// and its ratings are revised by what comes in here.
	other := desk{"x": "Jane Doe @ Daily: 3", "y": "Zoe @ Daily: 3"}
	polled := pipeline.Polled{Name: "other", Type: "desk", Source: other, Parser: "1", Withdraw: pipeline.WithdrawAlways}
	if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil {
		t.Fatal(err)
	}
	w.wantRated("x", "published scored 3/5 inferred")
	w.wantRated("y", "published ambiguous  ")
	d.scores("Zoe @ Daily", five...)
	w.poll()
	w.wantRated("y", "revised scored 3/5 inferred")

	// The operator says what the scale is: that holds, and is no evidence.
	polled.Defaults.Scale, polled.Parser = review.Scale{Best: review.Int(10)}, "2"
	if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil {
		t.Fatal(err)
	}
	w.wantRated("x", "revised scored 3/10 configured")
	for i := range 20 {
		other[fmt.Sprint("more ", i)] = "Jane Doe @ Daily: 3"
	}
	if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil {
		t.Fatal(err)
	}
	w.wantRated("a", "published scored 4/5 inferred")
	w.scalesFromTheLog()
}

// TestScalesAfterARestart: neither a restart nor the loss of the views changes what was
// inferred, and each is looked at once.
func TestScalesAfterARestart(t *testing.T) {
	w, d := newDesk(t)
	for i := range 900 {
		d[fmt.Sprintf("bare %03d", i)] = "Jane Doe @ Daily: 4"
	}
	d.scores("Jane Doe @ Daily", "3/5", "4/5", "2/5", "5/5")
	w.want("+904 ~0 -0 ^0 =0")
	d.scores("Jane Doe @ Daily", "3/5")
	left := 2 // the review, and one group of those it concerns
	w.close()
	w.between = func(l pipeline.Log) pipeline.Log { return failing{l, &left} }
	w.open()
	if _, err := w.ingest.Poll(t.Context(), &w.polled, nil); !errors.Is(err, errDisk) {
		t.Fatalf("polled on a full disk: %v", err)
	}
	count := func() (inferred int) {
		for _, e := range w.latest() {
			if e.Rating.Basis == review.BasisInferred {
				inferred++
			}
			if e.Revision > 2 {
				t.Fatalf("%s was revised twice", e.Source.GUID)
			}
		}
		return inferred
	}
	if n := count(); n == 0 || n == 900 {
		t.Fatalf("%d were inferred when the log failed: the test is of no use", n)
	}
	left = 1000
	w.close()
	w.open()
	if n := count(); n != 900 {
		t.Errorf("%d are inferred after the start, want 900", n)
	}
	w.scalesFromTheLog()
	head, err := w.bus.Log().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.store.Drop("engine.scales")
	w.store.Drop("engine.ledger")
	w.close()
	w.open()
	w.want("+0 ~0 -0 ^0 =905")
	if again, _ := w.bus.Log().Head(t.Context()); again != head {
		t.Errorf("a start without the views: %d events", again-head)
	}
	w.scalesFromTheLog()
}

// TestTwoDaemonsInferOnce: both see the evidence, and each review is revised once.
func TestTwoDaemonsInferOnce(t *testing.T) {
	w, d := newDesk(t)
	other, err := bus.Open(t.Context(), bus.Options{Dir: w.dir, Log: quiet(), Attach: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	store, err := views.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	second := pipeline.NewIngest(pipeline.IngestConfig{
		Log: pipeline.NewWindow(other.Log(), 100), KV: other.KV(), Store: store, Registry: films.New(), Normalize: normalize.Normalize,
		Inference: pipeline.Inference{Version: normalize.Version, Rate: normalize.Infer},
		Site:      pipeline.Site{URL: "https://reviews.example.org"}, Clock: newClock(), Logger: quiet(), Workers: 1,
	})
	if err := second.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		d[fmt.Sprintf("bare %03d", i)] = "Jane Doe @ Daily: 4"
	}
	w.poll()
	d.scores("Jane Doe @ Daily", "3/5", "4/5", "2/5", "5/5", "1/5")
	errs := make(chan error, 2)
	for _, in := range []*pipeline.Ingest{w.ingest, second} {
		go func() {
			polled := w.polled
			_, err := in.Poll(t.Context(), &polled, nil)
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	w.poll()
	for guid, e := range w.latest() {
		if strings.HasPrefix(guid, "bare") && (e.Rating.Basis != review.BasisInferred || e.Revision != 2) {
			t.Errorf("%s: revision %d, %s", guid, e.Revision, w.rated(guid))
		}
	}
	w.scalesFromTheLog()
}

// TestScalesOfRandomHistories: whatever comes, is edited and goes, at the end
// each rating without a scale stands as its critic's stated scores say, counted anew,
// and the view is the one that the log gives.
func TestScalesOfRandomHistories(t *testing.T) {
	w, _ := newDesk(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		by := fmt.Sprintf("Critic %d", n)
		d := desk{}
		w.polled.Name, w.polled.Source = fmt.Sprintf("desk-%d", n), d
		for range rapid.IntRange(1, 8).Draw(rt, "polls") {
			for range rapid.IntRange(1, 6).Draw(rt, "changes") {
				guid := rapid.SampledFrom(strings.Fields("a b c d e f g h i j k l")).Draw(rt, "guid")
				rating := rapid.SampledFrom([]string{"3/5", "4/5", "2/5", "1/5", "5/5", "6/10", "B", "4", "7", "★★", "", "gone"}).Draw(rt, "rating")
				if d[guid] = by + " @ Daily: " + rating; rating == "gone" {
					delete(d, guid)
				}
			}
			if _, err := w.ingest.Poll(context.Background(), &w.polled, nil); err != nil {
				rt.Fatal(err)
			}
		}
		five, ten, all := 0, 0, 0
		for _, text := range d {
			switch {
			case strings.HasSuffix(text, "/5"):
				five, all = five+1, all+1
			case strings.HasSuffix(text, "/10"):
				ten, all = ten+1, all+1
			case strings.HasSuffix(text, ": B"):
				all++
			}
		}
		for guid, e := range w.latest() {
			if e.Source.Name != w.polled.Name || e.Gone() {
				continue
			}
			want, bare := "", e.Rating.Raw
			switch {
			case bare != "4" && bare != "7" && bare != "★★":
				continue
			case all >= 5 && five*10 >= all*9 && bare != "7":
				want = map[string]string{"4": "4/5", "★★": "2/5"}[bare]
			case all >= 5 && ten*10 >= all*9 && bare != "★★":
				want = bare + "/10"
			}
			if got := e.Rating.Text(); got != want {
				rt.Fatalf("%s: %q is %q, want %q: %d of five, %d of ten, %d in all", guid, bare, got, want, five, ten, all)
			}
		}
		w.scalesFromTheLog()
		if w.t.Failed() {
			rt.FailNow()
		}
	})
}
