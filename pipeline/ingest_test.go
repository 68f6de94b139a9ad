package pipeline_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/films"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/views"
)

func TestLifeOfAReview(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|great", "d": "Up|sad"}
	w.want("+4 ~0 -0 ^0 =0")
	w.want("+0 ~0 -0 ^0 =4")
	first := w.latest()

	w.shelf.texts["a"] = "Soul|better"
	delete(w.shelf.texts, "b")
	w.shelf.texts["e"] = "Cars|loud"
	w.want("+1 ~1 -1 ^0 =2")
	w.want("+0 ~0 -0 ^0 =4")

	w.shelf.texts["b"] = "Luca|fine"
	w.want("+0 ~0 -0 ^1 =4")
	now := w.latest()

	a, b := now["a"], now["b"]
	if a.Kind != review.Revised || a.Revision != 2 || a.BodyText != "better" || !a.RevisedAt.After(first["a"].FirstSeenAt) {
		t.Errorf("the revised one: %s, revision %d, %q, revised %s", a.Kind, a.Revision, a.BodyText, a.RevisedAt)
	}
	for guid, before := range first {
		e := now[guid]
		if e.FeedID != before.FeedID || !e.FirstSeenAt.Equal(before.FirstSeenAt) || !e.PublishedAt.Equal(before.PublishedAt) || e.ReviewID != before.ReviewID {
			t.Errorf("%s: what was fixed at first sight has changed:\n%+v\n%+v", guid, before, e)
		}
	}
	if b.Kind != review.Restored || b.Revision != 3 || !b.RevisedAt.IsZero() {
		t.Errorf("the restored one: %s, revision %d, revised %s: it says what it said before", b.Kind, b.Revision, b.RevisedAt)
	}
	want := []string{"a:published/1", "b:published/1", "c:published/1", "d:published/1", "a:revised/2", "e:published/1", "b:withdrawn/2", "b:restored/3"}
	if got := w.history(); !reflect.DeepEqual(got, want) {
		t.Errorf("the log holds %v, want %v", got, want)
	}
	if got := a.FeedID; !strings.HasPrefix(got, "tag:reviews.example.org,2026-11-22:reviews/") {
		t.Errorf("feed id %q", got)
	}
	if a.Film.ID != "soul-2020" {
		t.Errorf("film id %q", a.Film.ID)
	}
}

func TestWithdrawnCarriesTheReview(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|great"}
	w.poll()
	delete(w.shelf.texts, "a")
	w.want("+0 ~0 -1 ^0 =2")
	if e := w.latest()["a"]; !e.Gone() || e.Film.Title != "Soul" || e.BodyText != "good" || e.WithdrawnAt.IsZero() || !e.RevisedAt.IsZero() {
		t.Errorf("withdrawn: %+v", e)
	}
	w.shelf.texts["a"] = "Soul|good"
	w.want("+0 ~0 -0 ^1 =2")
	if e := w.latest()["a"]; e.Gone() || !e.WithdrawnAt.IsZero() || !e.RevisedAt.IsZero() {
		t.Errorf("restored, with the text it had: %+v", e)
	}
}

func TestWithdrawalIsGuarded(t *testing.T) {
	full := func() map[string]string {
		return map[string]string{"a": "Soul|1", "b": "Luca|2", "c": "Coco|3", "d": "Up|4", "e": "Cars|5"}
	}
	for _, c := range []struct {
		name   string
		policy pipeline.WithdrawPolicy
		after  func(*shelf)
		says   string
	}{
		{"lists nothing", pipeline.WithdrawGuarded, func(s *shelf) { s.texts = nil }, "+0 ~0 -0 ^0 =0 held 5 of 5"},
		{"lost more than half", pipeline.WithdrawGuarded, func(s *shelf) { delete(s.texts, "a"); delete(s.texts, "b"); delete(s.texts, "c") }, "+0 ~0 -0 ^0 =2 held 3 of 5"},
		{"lost less than half", pipeline.WithdrawGuarded, func(s *shelf) { delete(s.texts, "a"); delete(s.texts, "b") }, "+0 ~0 -2 ^0 =3"},
		{"all are other files now", pipeline.WithdrawGuarded, func(s *shelf) { s.texts = map[string]string{"z": "Elio|9"} }, "+1 ~0 -0 ^0 =0 held 5 of 5"},
		{"many others came as it lost most", pipeline.WithdrawGuarded, func(s *shelf) {
			s.texts = map[string]string{"a": "Soul|1", "u": "U|1", "v": "V|1", "w": "W|1", "x": "X|1", "y": "Y|1"}
		}, "+5 ~0 -0 ^0 =1 held 4 of 5"},
		{"the operator says so", pipeline.WithdrawAlways, func(s *shelf) { s.texts = nil }, "+0 ~0 -5 ^0 =0"},
		{"the operator says never", pipeline.WithdrawNever, func(s *shelf) { delete(s.texts, "a") }, "+0 ~0 -0 ^0 =4"},
		{"shows only a part", pipeline.WithdrawGuarded, func(s *shelf) { delete(s.texts, "a"); s.partial = true }, "+0 ~0 -0 ^0 =4"},
		{"says that nothing changed", pipeline.WithdrawGuarded, func(s *shelf) { s.texts = nil; s.unchanged = true }, "+0 ~0 -0 ^0 =0"},
		{"something could not be read", pipeline.WithdrawGuarded, func(s *shelf) {
			delete(s.texts, "a")
			s.problems = []pipeline.Problem{{Where: "a", Err: errors.New("permission denied")}}
		}, "+0 ~0 -0 ^0 =4 damaged 1"},
		{"a text that broke is not gone", pipeline.WithdrawGuarded, func(s *shelf) { s.texts["a"] = "Soul|broken" }, "+0 ~0 -0 ^0 =4 damaged 1"},
		{"a text that is no review any more is", pipeline.WithdrawGuarded, func(s *shelf) { s.texts["a"] = "Soul|news" }, "+0 ~0 -1 ^0 =4 passed 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t)
			w.shelf.texts = full()
			w.want("+5 ~0 -0 ^0 =0")
			w.polled.Withdraw = c.policy
			c.after(w.shelf)
			w.want(c.says)
		})
	}
}

func TestWhatASourceTakesBackIsWithdrawn(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|1", "b": "Luca|2", "c": "Coco|3"}
	w.poll()
	// It shows but one now, and takes back another: the third is merely not shown.
	w.shelf.partial = true
	w.shelf.texts = map[string]string{"a": "Soul|1"}
	w.shelf.gone = []string{"b", "nobody knows this one"}
	w.want("+0 ~0 -1 ^0 =1")
	if now := w.latest(); !now["b"].Gone() || now["c"].Gone() {
		t.Errorf("b is %s, c is %s", now["b"].Kind, now["c"].Kind)
	}
	w.want("+0 ~0 -0 ^0 =1")
	// What it hands out all the same is there.
	w.shelf.gone = []string{"a"}
	w.want("+0 ~0 -0 ^0 =1")
}

func TestAMoveKeepsTheReview(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"old/a": "Soul|good", "old/b": "Luca|fine", "old/c": "Coco|x"}
	w.poll()
	first := w.latest()
	move := func(from, to string) {
		w.shelf.texts[to] = w.shelf.texts[from]
		delete(w.shelf.texts, from)
	}
	for _, name := range []string{"a", "b", "c"} {
		move("old/"+name, "new/"+name)
	}
	w.want("+0 ~3 -0 ^0 =0") // all at once, and nothing is withdrawn or doubled
	w.want("+0 ~0 -0 ^0 =3")
	now := w.latest()
	for _, name := range []string{"a", "b", "c"} {
		before, after := first["old/"+name], now["new/"+name]
		if after.ReviewID != before.ReviewID || after.FeedID != before.FeedID || after.ContentHash != before.ContentHash || !after.RevisedAt.IsZero() {
			t.Errorf("%s has become another review, or looks revised:\n%+v\n%+v", name, before, after)
		}
	}

	w.shelf.texts["old/a"] = "Up|another film in the old place"
	w.want("+1 ~0 -0 ^0 =3")
	w.shelf.texts["new/a"] = "Soul|even better"
	w.want("+0 ~1 -0 ^0 =3")
	if e := w.latest()["new/a"]; e.ReviewID != first["old/a"].ReviewID || e.Revision != 3 {
		t.Errorf("the moved review is %s at revision %d", e.ReviewID, e.Revision)
	}
	w.close()
	w.open()
	w.want("+0 ~0 -0 ^0 =4")
	move("new/a", "old/z")
	w.want("+0 ~1 -0 ^0 =3")
	if n := len(w.latest()); n != 4 {
		t.Errorf("%d reviews, want 4", n)
	}
}

// TestAMoveBesideSomethingUnreadable: the review that moved is not doubled, and
// nothing is withdrawn.
func TestAMoveBesideSomethingUnreadable(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|x", "d": "Up|y"}
	w.poll()
	before := w.latest()["a"]
	w.shelf.problems = []pipeline.Problem{{Where: "z", Err: errors.New("not text")}}
	w.shelf.texts["a2"] = w.shelf.texts["a"]
	delete(w.shelf.texts, "a")
	delete(w.shelf.texts, "b")
	w.want("+0 ~1 -0 ^0 =2 damaged 1")
	if e := w.latest()["a2"]; e == nil || e.ReviewID != before.ReviewID {
		t.Errorf("the moved review is %+v", e)
	}
	w.shelf.problems = nil
	w.want("+0 ~0 -1 ^0 =3")
}

// TestTheGuardHoldsOn: what comes after a loss does not make it look smaller.
func TestTheGuardHoldsOn(t *testing.T) {
	w := newWire(t)
	for i := range 10 {
		w.shelf.texts[fmt.Sprint(i)] = fmt.Sprintf("Film %d|x", i)
	}
	w.poll()
	for i := range 6 {
		delete(w.shelf.texts, fmt.Sprint(i))
	}
	for i := range 3 {
		w.shelf.texts[fmt.Sprint("new", i)] = fmt.Sprintf("New %d|y", i)
	}
	w.want("+3 ~0 -0 ^0 =4 held 6 of 10")
	w.want("+0 ~0 -0 ^0 =7 held 6 of 10")
	w.shelf.texts["0"], w.shelf.texts["1"], w.shelf.texts["2"] = "Film 0|x", "Film 1|x", "Film 2|x"
	w.want("+0 ~0 -3 ^0 =10") // three are back, and what is missing is no mass any more
	delete(w.shelf.texts, "new0")
	w.want("+0 ~0 -1 ^0 =9") // and the guard begins anew
}

func TestABrokenDocumentLeavesItsNeighbours(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|broken", "c": "Coco|great", "d": "Up|news"}
	report, err := w.ingest.Poll(t.Context(), &w.polled, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(&report); got != "+2 ~0 -0 ^0 =0 damaged 1 passed 1" {
		t.Error(got)
	}
	if want := []string{"b: this text is broken"}; !reflect.DeepEqual(report.Problems, want) || !report.NeedsAttention() {
		t.Errorf("problems %q", report.Problems)
	}
}

// TestCheckpointIsKeptLast: a reading that failed leaves the checkpoint as it was,
// and what it had handed out is on the log all the same.
func TestCheckpointIsKeptLast(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good"}
	w.shelf.err = errors.New("the connection broke")
	if _, err := w.ingest.Poll(t.Context(), &w.polled, nil); err == nil || !strings.Contains(err.Error(), `source "shelf"`) {
		t.Errorf("poll: %v", err)
	}
	if _, err := w.bus.KV().Get(t.Context(), pipeline.CheckpointKey("shelf")); !errors.Is(err, pipeline.ErrNotFound) {
		t.Errorf("the checkpoint of a failed reading was kept: %v", err)
	}
	if len(w.history()) != 1 {
		t.Errorf("the log holds %v", w.history())
	}
	w.shelf.err = nil
	w.want("+0 ~0 -0 ^0 =1")
	if got, err := w.bus.KV().Get(t.Context(), pipeline.CheckpointKey("shelf")); err != nil || !strings.Contains(string(got), base64.StdEncoding.EncodeToString([]byte("1 texts"))) {
		t.Errorf("checkpoint %q, %v", got, err)
	}
}

func TestAChangedParserReadsEverythingAnew(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine"}
	w.poll()
	w.polled.Parser = "plain/2"
	w.want("+0 ~0 -0 ^0 =2") // understood anew, and understood the same
	w.polled.Parser, w.polled.Defaults = "plain/3", review.Defaults{Critic: review.Critic{Name: "Jane"}}
	w.want("+0 ~2 -0 ^0 =0")
}

// TestAChangedParserForgetsTheCheckpoint: else a feed that answers 304 would hide
// what is understood now.
func TestAChangedParserForgetsTheCheckpoint(t *testing.T) {
	w := newWire(t)
	var got []string
	polled := pipeline.Polled{Name: "feed", Parser: "plain/1", Source: checkpoints{&got}}
	for _, parser := range []string{"plain/1", "plain/1", "plain/2", "plain/2"} {
		polled.Parser = parser
		if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"", "1", "", "3"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the source was handed %q, want %q", got, want)
	}
}

// checkpoints is a source that notes the checkpoints it is handed.
type checkpoints struct{ got *[]string }

func (c checkpoints) Read(_ context.Context, checkpoint []byte, _ pipeline.Out) (pipeline.Reading, error) {
	*c.got = append(*c.got, string(checkpoint))
	return pipeline.Reading{Checkpoint: fmt.Append(nil, len(*c.got))}, nil
}

// TestACheckpointMayBeOfAnySize: one that is more than a message is kept in parts, and
// read whole, and of the one before nothing stays. Where a part is missing or another
// one's, all of the source is read.
func TestACheckpointMayBeOfAnySize(t *testing.T) {
	w := newWire(t)
	kv := w.bus.KV()
	long := &longMemory{}
	polled := pipeline.Polled{Name: "long", Parser: "plain/1", Source: long}
	parts := func() []string {
		keys, err := kv.Keys(t.Context(), pipeline.CheckpointKey("long")+".")
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	var last []byte
	for _, c := range []struct{ size, parts int }{{100, 0}, {512 << 10, 0}, {512<<10 + 1, 2}, {6 << 20, 12}, {5<<20 + 3, 11}, {100, 0}, {2 << 20, 4}} {
		long.next = bytes.Repeat([]byte(strconv.Itoa(c.size)+" "), c.size)[:c.size]
		if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(long.got, last) || len(parts()) != c.parts {
			t.Fatalf("of %d bytes, %d came back; then %d parts, want %d", len(last), len(long.got), len(parts()), c.parts)
		}
		last = long.next
	}
	for name, harm := range map[string]func(key string) error{
		"a part is missing":       func(key string) error { return kv.Delete(t.Context(), key) },
		"a part is another one's": func(key string) error { return kv.Put(t.Context(), key, []byte("else")) },
	} {
		if err := harm(parts()[1]); err != nil {
			t.Fatal(err)
		}
		for _, want := range [][]byte{nil, last} {
			if _, err := w.ingest.Poll(t.Context(), &polled, nil); err != nil || !bytes.Equal(long.got, want) {
				t.Errorf("%s: %d bytes, %v, want %d", name, len(long.got), err, len(want))
			}
		}
	}
}

// longMemory is a source that remembers what it is told to.
type longMemory struct{ got, next []byte }

func (l *longMemory) Read(_ context.Context, checkpoint []byte, _ pipeline.Out) (pipeline.Reading, error) {
	l.got = checkpoint
	return pipeline.Reading{Checkpoint: l.next}, nil
}

func TestTwoDocumentsWithOneID(t *testing.T) {
	w := newWire(t)
	report, err := w.ingest.Poll(t.Context(), &pipeline.Polled{Name: "twice", Source: reader(func(out pipeline.Out) {
		out.Document(review.Document{GUID: "x", RawSHA256: "1", Body: "one", Stated: review.Review{Film: review.Film{Title: "Soul"}}})
		out.Document(review.Document{GUID: "x", RawSHA256: "1", Body: "one", Stated: review.Review{Film: review.Film{Title: "Soul"}}})
		out.Document(review.Document{GUID: "x", RawSHA256: "2", Body: "two", Stated: review.Review{Film: review.Film{Title: "Luca"}}})
	})}, nil)
	if err != nil || brief(&report) != "+1 ~0 -0 ^0 =0 damaged 1" {
		t.Errorf("%s, %v", brief(&report), err)
	}
}

// reader is a source that hands out what it likes.
type reader func(pipeline.Out)

func (r reader) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	r(out)
	return pipeline.Reading{Complete: true}, nil
}

func TestATooLargeDocumentLeavesItsNeighbours(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|" + strings.Repeat("long ", 3<<20), "c": "Coco|great"}
	report, err := w.ingest.Poll(t.Context(), &w.polled, nil)
	if err != nil || report.Published != 2 || report.Damaged != 1 {
		t.Errorf("%s, %v: %v", brief(&report), err, report.Problems)
	}
}

func TestManyDocuments(t *testing.T) {
	w := newWire(t)
	for i := range 1500 {
		w.shelf.texts[fmt.Sprintf("g%04d", i)] = fmt.Sprintf("Film %d|text %d", i%700, i)
	}
	w.want("+1500 ~0 -0 ^0 =0")
	w.want("+0 ~0 -0 ^0 =1500")
	if n := len(w.latest()); n != 1500 {
		t.Errorf("%d reviews on the log", n)
	}
	for i := range 600 {
		delete(w.shelf.texts, fmt.Sprintf("g%04d", i))
	}
	w.want("+0 ~0 -600 ^0 =900")
}

// TestRestartForgetsNothing: everything is closed and opened again between polls,
// at times without the views.
func TestRestartForgetsNothing(t *testing.T) {
	w := newWire(t)
	w.shelf.texts = map[string]string{"a": "Soul|good", "b": "Luca|fine", "c": "Coco|x"}
	w.want("+3 ~0 -0 ^0 =0")
	w.close()
	w.open()
	w.want("+0 ~0 -0 ^0 =3")
	w.shelf.texts["a"] = "Soul|better"
	w.close()
	store, err := views.Open(w.dir+"/views", quiet())
	if err != nil {
		t.Fatal(err)
	}
	names, err := store.Views()
	if err != nil || len(names) != 3 {
		t.Fatalf("views %q, %v", names, err)
	}
	for _, name := range names {
		if err := store.Drop(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.want("+0 ~1 -0 ^0 =2")
}

// TestTwoDaemonsDoNotDouble: two engines on one log read the same shelf at the
// same time, again and again while it changes.
func TestTwoDaemonsDoNotDouble(t *testing.T) {
	w := newWire(t)
	ctx := t.Context()
	other, err := bus.Open(ctx, bus.Options{Dir: w.dir, Log: quiet(), Attach: true})
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
		Log: pipeline.NewWindow(other.Log(), 100), KV: other.KV(), Store: store, Registry: films.New(), Normalize: plain,
		Site: pipeline.Site{URL: "https://reviews.example.org"}, Clock: newClock(), Logger: quiet(), Workers: 1,
	})
	if err := second.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	for round := range 6 {
		for i := range 60 {
			w.shelf.texts[fmt.Sprintf("g%02d", i)] = fmt.Sprintf("Film %d|round %d", i%20, round)
		}
		errs := make(chan error, 2)
		for _, in := range []*pipeline.Ingest{w.ingest, second} {
			go func() {
				polled := w.polled
				_, err := in.Poll(ctx, &polled, nil)
				errs <- err
			}()
		}
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
	}
	history := w.history()
	seen := map[string]bool{}
	for _, h := range history {
		if seen[h] {
			t.Errorf("%s stands twice on the log", h)
		}
		seen[h] = true
	}
	if len(history) != 6*60 {
		t.Errorf("%d events on the log, want %d", len(history), 6*60)
	}
	for guid, e := range w.latest() {
		if e.Revision != 6 || e.BodyText != "round 5" {
			t.Errorf("%s ends at revision %d: %s", guid, e.Revision, e.BodyText)
		}
	}
}

// TestTheLogFollowsTheShelf plays random lives of shelves: after each poll the
// log says what the shelf does, with no more events than texts that changed.
func TestTheLogFollowsTheShelf(t *testing.T) {
	w := newWire(t)
	shelves := map[string]map[string]string{}
	rapid.Check(t, func(rt *rapid.T) {
		name := fmt.Sprintf("shelf%d", len(shelves))
		s := &shelf{texts: map[string]string{}}
		shelves[name] = s.texts
		polled := pipeline.Polled{Name: name, Source: s, Withdraw: pipeline.WithdrawAlways, Parser: "plain/1"}
		last := map[string]string{}
		for range rapid.IntRange(1, 5).Draw(rt, "polls") {
			for range rapid.IntRange(0, 4).Draw(rt, "edits") {
				guid := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "guid")
				if text := rapid.SampledFrom([]string{"", "Soul|1", "Soul|2", "Luca|1"}).Draw(rt, "text"); text == "" {
					delete(s.texts, guid)
				} else {
					s.texts[guid] = text
				}
			}
			changed := 0
			for _, guid := range []string{"a", "b", "c", "d"} {
				if last[guid] != s.texts[guid] {
					changed++
				}
				last[guid] = s.texts[guid]
			}
			report, err := w.ingest.Poll(rt.Context(), &polled, nil)
			if err != nil {
				rt.Fatal(err)
			}
			if n := report.Events(); n > changed || changed > 0 && n == 0 {
				rt.Fatalf("%d texts changed and gave %s", changed, brief(&report))
			}
		}
	})
	stands := map[string]map[string]string{}
	for name := range shelves {
		stands[name] = map[string]string{}
	}
	if err := w.bus.Log().Latest(t.Context(), func(e pipeline.Entry) error {
		if r := e.Review; !r.Gone() {
			if _, twice := stands[r.Source.Name][r.Source.GUID]; twice {
				t.Errorf("%s %s stands twice", r.Source.Name, r.Source.GUID)
			}
			stands[r.Source.Name][r.Source.GUID] = r.Film.Title + "|" + r.BodyText
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shelves, stands); diff != "" {
		t.Errorf("the log says something else than the shelves (-shelf +log):\n%s", diff)
	}
}

func TestPollStopsWhenAsked(t *testing.T) {
	w := newWire(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := w.ingest.Poll(ctx, &pipeline.Polled{Name: "endless", Source: endless(stop)}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("poll ends with %v", err)
	}
}

// endless hands out documents until it is stopped; after some it stops itself.
type endless func()

func (e endless) Read(_ context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	for i := 0; ; i++ {
		if i == 1000 {
			e()
		}
		if err := out.Document(review.Document{GUID: fmt.Sprint(i), Stated: review.Review{Film: review.Film{Title: "Soul"}}}); err != nil {
			return pipeline.Reading{}, err
		}
	}
}

func TestProgressIsTold(t *testing.T) {
	w := newWire(t)
	for i := range 900 {
		w.shelf.texts[fmt.Sprint(i)] = fmt.Sprintf("Film %d|x", i)
	}
	var told []int
	if _, err := w.ingest.Poll(t.Context(), &w.polled, func(r pipeline.Report) { told = append(told, r.Published) }); err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || !slices.IsSorted(told) || told[len(told)-1] != 900 {
		t.Errorf("told %v", told)
	}
}
