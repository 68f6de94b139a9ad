package sinktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// listing is a view done right: one document that lists the live reviews, read
// back from the log, and one beside each.
type listing struct {
	env   pipeline.ViewEnv
	fault string // what it does wrong, for the tests of the suite
	seen  int
}

func (v *listing) Version() string {
	if v.fault == "no version" {
		return ""
	}
	return "listing/1"
}

func (v *listing) Apply(ctx context.Context, entries []pipeline.Entry, st pipeline.State, docs pipeline.Documents) error {
	if v.fault == "deaf" {
		ctx = context.WithoutCancel(ctx)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("listing: %w", err)
	}
	for _, e := range entries {
		if e.Review != nil {
			v.one(e, st, docs)
		}
	}
	return v.list(ctx, st, docs)
}

func (v *listing) one(e pipeline.Entry, st pipeline.State, docs pipeline.Documents) {
	key, path := "review/"+string(e.Review.ReviewID), "reviews/"+string(e.Review.ReviewID)+".txt"
	v.seen++
	switch {
	case e.Live || v.fault == "keeps":
		st.Set(key, []byte(fmt.Sprint(e.Position)))
		docs.Put(path, []byte(e.Review.Summary))
	default:
		st.Delete(key)
		docs.Remove(path)
	}
	switch v.fault {
	case "counts":
		docs.Put("count.txt", []byte(fmt.Sprint(v.seen)))
	case "first":
		if _, there := st.Get("first/" + key); !there {
			st.Set("first/"+key, []byte(e.Review.Summary))
		}
		first, _ := st.Get("first/" + key)
		docs.Put("first.txt", first)
	case "path":
		docs.Put("films/"+string(e.Review.Film.ID), nil)
	case "changes":
		e.Review.Tags = append(e.Review.Tags, "seen")
	case "everything":
		docs.Remove("reviews/of-somebody-else.txt")
	}
}

func (v *listing) list(ctx context.Context, st pipeline.State, docs pipeline.Documents) error {
	var at []pipeline.Position
	st.Scan("review/", func(_ string, value []byte) bool {
		var p pipeline.Position
		fmt.Sscan(string(value), &p)
		at = append(at, p)
		return true
	})
	var list strings.Builder
	for _, p := range at {
		e, err := v.env.At(ctx, p)
		if errors.Is(err, pipeline.ErrNotFound) && v.fault != "needs old" {
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(&list, e.Review.Summary)
	}
	docs.Put("list.txt", []byte(list.String()))
	return nil
}

func openListing(fault string) func(testing.TB, pipeline.ViewEnv) pipeline.View {
	return func(_ testing.TB, env pipeline.ViewEnv) pipeline.View { return &listing{env: env, fault: fault} }
}

func ownFiles(_ *review.Event, now pipeline.Entry, path string) bool {
	return path == "list.txt" || now.Review != nil && strings.Contains(path, string(now.Review.ReviewID))
}

func TestViewSuitePassesASoundView(t *testing.T) {
	View(t, openListing(""), Touches(ownFiles))
}

// TestViewSuiteCatches breaks the view in one way at a time; a suite that does
// not see it is worth nothing.
func TestViewSuiteCatches(t *testing.T) {
	strangeFilm := func(e *review.Event) { e.Film.ID = "../up" }
	h := NewHistory(
		Event(strangeFilm, Text(Mark("1", 1))), Event(GUID("2"), Text(Mark("2", 1))),
		Event(GUID("2"), Kind(review.Withdrawn, 2), Text(Mark("2", 1))),
		Event(strangeFilm, Kind(review.Revised, 2), Text(Mark("1", 2))),
	)
	for fault, law := range map[string]string{
		"counts": "latest", "first": "latest", "keeps": "withdrawn", "path": "paths",
		"changes": "shared", "needs old": "superseded", "everything": "touches",
	} {
		t.Run(fault, func(t *testing.T) {
			s := viewSuite{open: func(env pipeline.ViewEnv) pipeline.View { return &listing{env: env, fault: fault} }, may: ownFiles}
			err := s.laws(slices.Clone(h), []int{2})
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("law %q", law)) {
				t.Fatalf("want a breach of law %q, got: %v", law, err)
			}
		})
	}
	deaf := viewSuite{open: func(env pipeline.ViewEnv) pipeline.View { return &listing{env: env, fault: "deaf"} }}
	if deaf.cancelled() == nil {
		t.Error("a view that does not listen to its context passes")
	}
	mute := viewSuite{open: func(env pipeline.ViewEnv) pipeline.View { return &listing{env: env, fault: "no version"} }}
	if mute.version() == nil {
		t.Error("a view without a version passes")
	}
}

// notes is a delivery done right: one file for each live review.
type notes struct {
	tree  pipeline.Tree
	fault string
}

func (d *notes) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	if err := ctx.Err(); err != nil && d.fault != "deaf" {
		return nil, err
	}
	verdicts := make([]pipeline.Verdict, len(entries))
	for i, e := range entries {
		if e.Review == nil {
			continue
		}
		if err := d.note(e); err != nil {
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry, Code: "write", Reason: err.Error()}
		}
		if d.fault == "fussy" && e.Review.Kind == "remastered" {
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry}
		}
	}
	if d.fault == "short" {
		return verdicts[:1], nil
	}
	return verdicts, nil
}

func (d *notes) note(e pipeline.Entry) error {
	path := "notes/" + string(e.Review.ReviewID)
	if d.fault == "piles up" {
		old, _ := d.tree.Read(path)
		_, err := d.tree.Write(path, append(old, e.Review.EventID...))
		return err
	}
	if !e.Live && d.fault != "keeps" {
		return d.tree.Remove(path)
	}
	_, err := d.tree.Write(path, []byte(e.Review.Summary))
	return err
}

func openNotes(fault string) func(pipeline.DeliveryEnv) (pipeline.Delivery, Outside) {
	return func(env pipeline.DeliveryEnv) (pipeline.Delivery, Outside) {
		return &notes{tree: env.Tree, fault: fault}, env.Tree.(*Tree).Files
	}
}

func TestDeliverySuitePassesASoundDelivery(t *testing.T) {
	Delivery(t, func(_ testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, Outside) {
		return openNotes("")(env)
	})
}

func TestDeliverySuiteCatches(t *testing.T) {
	h := NewHistory(Event(Text(Mark("1", 1))), Event(GUID("2"), Text(Mark("2", 1))), Event(Kind(review.Withdrawn, 2), Text(Mark("1", 1))))
	for fault, breach := range map[string]func(s *deliverySuite) error{
		"keeps":    func(s *deliverySuite) error { return s.laws(h, []int{2}) },
		"piles up": func(s *deliverySuite) error { return s.laws(h, []int{2}) },
		"short":    func(s *deliverySuite) error { return s.laws(h, []int{2}) },
		"deaf":     (*deliverySuite).cancelled,
		"fussy":    (*deliverySuite).laterKinds,
	} {
		t.Run(fault, func(t *testing.T) {
			if breach(&deliverySuite{open: openNotes(fault)}) == nil {
				t.Fatal("the suite does not see it")
			}
		})
	}
	if (&deliverySuite{open: openNotes("keeps")}).life() == nil {
		t.Error("a delivery that takes nothing back lives")
	}
}

func TestMemoryScans(t *testing.T) {
	var m Memory
	for _, k := range []string{"b/2", "a", "b/1", "c", "b0", "b/"} {
		m.Set(k, []byte(k))
	}
	m.Set("b/2", []byte("again"))
	m.Delete("b/")
	m.Delete("not there")
	scan := func(of func(string, func(string, []byte) bool), prefix string, max int) (got []string) {
		of(prefix, func(k string, v []byte) bool {
			got = append(got, k+"="+string(v))
			return len(got) < max
		})
		return got
	}
	for name, c := range map[string]struct{ got, want []string }{
		"up":      {scan(m.Scan, "b/", 9), []string{"b/1=b/1", "b/2=again"}},
		"down":    {scan(m.ScanBack, "b/", 9), []string{"b/2=again", "b/1=b/1"}},
		"stopped": {scan(m.ScanBack, "", 2), []string{"c=c", "b0=b0"}},
		"nothing": {scan(m.Scan, "d", 9), nil},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, ok := m.Get("b/"); ok || m.Len() != 5 {
		t.Errorf("deleted key is there, or Len is %d, want 5", m.Len())
	}
}

func TestMemoryHoldsViewsToTheContract(t *testing.T) {
	var m Memory
	m.Set("k", []byte("value"))
	var kept []byte
	m.Scan("", func(_ string, v []byte) bool { kept = v; return true })
	if string(kept) == "value" {
		t.Error("a value kept after a scan is still good: nobody would notice the mistake")
	}
	defer func() {
		if recover() == nil {
			t.Error("a write during a scan passed")
		}
	}()
	m.Scan("", func(string, []byte) bool { m.Set("other", nil); return true })
}

func TestCheckPath(t *testing.T) {
	for path, fine := range map[string]bool{
		"films/never-let-me-go-2010.json": true, "index.html": true, "a/b/c.rss": true, "feeds/josé.atom": true,
		"": false, ".": false, "..": false, "../x": false, "/abs": false, "a/../b": false, "a//b": false, "a/": false,
		"./a": false, ".hidden": false, "a/.tmp": false, `a\b`: false, "a\x00b": false, "c:/d": false, "what?": false,
		strings.Repeat("x", 256): false, "bad\xffbyte": false,
	} {
		if err := CheckPath(path); (err == nil) != fine {
			t.Errorf("CheckPath(%q) = %v, want fine: %v", path, err, fine)
		}
	}
}

func TestHistoriesAreWhatTheEngineWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		revisions := map[review.ID]int{}
		gone := map[review.ID]bool{}
		for i, e := range Histories().Draw(t, "history") {
			if int(e.Position) != i+1 || (e.Review == nil) == (e.Film == nil) {
				t.Fatalf("entry %d: position %d, review %v, film %v", i, e.Position, e.Review, e.Film)
			}
			if e.Review == nil {
				continue
			}
			id := e.Review.ReviewID
			if revisions[id]++; e.Review.Revision != revisions[id] {
				t.Fatalf("entry %d: revision %d after %d", i, e.Review.Revision, revisions[id]-1)
			}
			if first := e.Review.Kind == review.Published; first != (revisions[id] == 1) {
				t.Fatalf("entry %d: %s at revision %d", i, e.Review.Kind, revisions[id])
			}
			if back := e.Review.Kind == review.Restored; back != gone[id] || e.Live && e.Review.Gone() {
				t.Fatalf("entry %d: %s, live %v, of a review that was gone: %v", i, e.Review.Kind, e.Live, gone[id])
			}
			gone[id] = e.Review.Gone()
		}
	})
}

func ExampleEvent() {
	e := Event(FilmOf("Solaris", 1972), By("Ann Author", ""), Grade("B+"), On("2011-01-02"))
	fmt.Println(e.Film.ID, e.Critic.ID, e.Rating, e.Rating.Norm, e.Date().Year())
	// Output: solaris-1972 ann-author B+ 83.3 2011
}
