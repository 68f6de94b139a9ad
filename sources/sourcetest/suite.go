package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// State is what a place holds.
type State int

// The states. Each holds the same three reviews, the first the oldest.
const (
	Whole  State = iota // all as they should be
	Edited              // the text of the second has been edited
	Broken              // the second cannot be read
)

// Place is something for a source to read.
type Place struct {
	Options map[string]any // of the source, by key
	HTTP    pipeline.Doer  // for sources that read the web
	Polls   pipeline.Polls // for those that keep time with feeds; nil keeps none
	Clock   pipeline.Clock // nil stands still
	// Hold makes the place hold a state. It is called before the first reading.
	Hold func(State)
	// Put makes the place hold foreign bytes: a feed's, or a file's.
	Put func([]byte)
}

// Case is one kind of source.
type Case struct {
	Type pipeline.SourceType
	// Place makes a fresh place, with nothing in it yet.
	Place func(t *testing.T) Place
	// Complete: a reading of a whole place says that it saw everything there is.
	Complete bool
	// Parts: the source has parts, and says what the operator says of each.
	Parts bool
	// Hostile are bytes by name that nobody means well with. Reading them ends,
	// with an error or a problem.
	Hostile map[string][]byte
}

// Run runs the suite.
func Run(t *testing.T, c Case) {
	before := own()
	t.Run("type", c.describes)
	t.Run("documents", c.documents)
	t.Run("repeated reading", c.repeated)
	t.Run("edit", c.edit)
	t.Run("broken document", c.broken)
	t.Run("checkpoint", c.checkpoint)
	t.Run("foreign checkpoint", c.foreignCheckpoint)
	t.Run("cancelled before", c.cancelledBefore)
	t.Run("stopped by its reader", c.stopped)
	for name, hostile := range c.Hostile {
		t.Run("hostile/"+name, func(t *testing.T) { c.hostile(t, hostile) })
	}
	leaked(t, before)
}

// Open configures and opens a source, and fails the test if that notes a fault.
func Open(t testing.TB, typ pipeline.SourceType, p Place) pipeline.Source {
	t.Helper()
	o := NewOptions(p.Options)
	open := typ.Configure(o)
	if len(o.Faults()) > 0 {
		t.Fatalf("options %v have faults: %q", p.Options, o.Faults())
	}
	s, err := open(p.env())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

// Read reads a source once, and fails the test on an error.
func Read(t testing.TB, s pipeline.Source, checkpoint []byte) (*Out, pipeline.Reading) {
	t.Helper()
	out := &Out{}
	r, err := s.Read(t.Context(), checkpoint, out)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return out, r
}

func (c *Case) place(t *testing.T, s State) Place {
	t.Helper()
	p := c.Place(t)
	p.Hold(s)
	return p
}

func (c *Case) describes(t *testing.T) {
	if c.Type.Name == "" || !strings.HasSuffix(c.Type.Summary, ".") {
		t.Errorf("want a name, and a sentence that says what it is: %q, %q", c.Type.Name, c.Type.Summary)
	}
	o := NewOptions(map[string]any{"surely-no-option": true})
	c.Type.Configure(o)
	if len(o.Faults()) == 0 {
		t.Error("an unknown option is no fault")
	}
}

var hexSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (c *Case) documents(t *testing.T) {
	out, r := Read(t, Open(t, c.Type, c.place(t, Whole)), nil)
	if len(out.Documents) != 3 || len(out.Problems) != 0 {
		t.Fatalf("%d documents and problems %v, want 3 and none", len(out.Documents), out.Problems)
	}
	if r.Complete != c.Complete || r.Unchanged {
		t.Errorf("reading is %+v, want complete %v", r, c.Complete)
	}
	forms := []review.Form{review.FormHTML, review.FormPage, review.FormMarkdown, review.FormText}
	for i, d := range out.Documents {
		switch {
		case d.GUID == "" || slices.Contains(out.GUIDs()[:i], d.GUID):
			t.Errorf("document %d: GUID %q is not its own", i, d.GUID)
		case !hexSHA256.MatchString(d.RawSHA256):
			t.Errorf("document %d: RawSHA256 is %q", i, d.RawSHA256)
		case !slices.Contains(forms, d.Form):
			t.Errorf("document %d: form %q", i, d.Form)
		case !utf8.ValidString(d.Body) || strings.TrimSpace(d.Body) == "":
			t.Errorf("document %d: body %q", i, d.Body)
		case !d.FetchedAt.Equal(Noon()):
			t.Errorf("document %d: fetched at %v, which is not what the clock says", i, d.FetchedAt)
		case !c.Parts && !reflect.ValueOf(d.Defaults).IsZero():
			t.Errorf("document %d: the defaults of a source as a whole are not its own to fill in", i)
		}
	}
}

func (c *Case) repeated(t *testing.T) {
	p := c.place(t, Whole)
	first, r1 := Read(t, Open(t, c.Type, p), nil)
	second, r2 := Read(t, Open(t, c.Type, p), nil)
	if !reflect.DeepEqual(first, second) {
		t.Errorf("two readings differ:\n%+v\n%+v", first, second)
	}
	if !reflect.DeepEqual(r1, r2) {
		t.Errorf("two readings end differently: %+v, %+v", r1, r2)
	}
}

func (c *Case) edit(t *testing.T) {
	p := c.place(t, Whole)
	s := Open(t, c.Type, p)
	before, _ := Read(t, s, nil)
	p.Hold(Edited)
	after, _ := Read(t, s, nil)
	if !slices.Equal(before.GUIDs(), after.GUIDs()) {
		t.Fatalf("an edit changed GUIDs from %q to %q", before.GUIDs(), after.GUIDs())
	}
	for i, d := range after.Documents {
		b := before.Documents[i]
		if edited := i == 1; (d.RawSHA256 != b.RawSHA256) != edited || (d.Body != b.Body) != edited {
			t.Errorf("document %d: edited %v, but its hash went from %s to %s and its body from %q to %q", i, edited, b.RawSHA256, d.RawSHA256, b.Body, d.Body)
		}
	}
}

func (c *Case) broken(t *testing.T) {
	p := c.place(t, Whole)
	s := Open(t, c.Type, p)
	whole, _ := Read(t, s, nil)
	p.Hold(Broken)
	out, r := Read(t, s, nil)
	want := []review.Document{whole.Documents[0], whole.Documents[2]}
	if !reflect.DeepEqual(out.Documents, want) {
		t.Errorf("beside a broken document: %+v, want %+v", out.Documents, want)
	}
	if len(out.Problems) == 0 {
		t.Error("no problem was reported")
	}
	for _, problem := range out.Problems {
		if problem.Where == "" || problem.Err == nil {
			t.Errorf("a problem without place or reason: %+v", problem)
		}
	}
	if r.Complete {
		t.Error("the reading says it was complete: the broken document's review would be withdrawn")
	}
}

func (c *Case) checkpoint(t *testing.T) {
	p := c.place(t, Whole)
	s := Open(t, c.Type, p)
	first, r := Read(t, s, nil)
	again, r2 := Read(t, Open(t, c.Type, p), r.Checkpoint)
	switch {
	case r2.Unchanged && (len(again.Documents) > 0 || !bytes.Equal(r.Checkpoint, r2.Checkpoint)):
		t.Errorf("unchanged, with %d documents and the checkpoint %q instead of %q", len(again.Documents), r2.Checkpoint, r.Checkpoint)
	case !r2.Unchanged && !reflect.DeepEqual(first, again):
		t.Errorf("with its checkpoint, an unchanged place reads as %+v, not %+v", again, first)
	}
	p.Hold(Edited)
	edited, _ := Read(t, s, r2.Checkpoint)
	if !slices.ContainsFunc(edited.Documents, func(d review.Document) bool {
		return d.GUID == first.Documents[1].GUID && d.Body != first.Documents[1].Body
	}) {
		t.Error("with a checkpoint from before, an edit is not seen")
	}
}

func (c *Case) foreignCheckpoint(t *testing.T) {
	s := Open(t, c.Type, c.place(t, Whole))
	for _, checkpoint := range []string{"", "{}", "null", "[1,2]", "\x00\xff", `{"url":"https://elsewhere.example/","etag":"eA=="}`} {
		if out, _ := Read(t, s, []byte(checkpoint)); len(out.Documents) != 3 {
			t.Errorf("with the checkpoint %q: %d documents, want all 3", checkpoint, len(out.Documents))
		}
	}
}

func (c *Case) cancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := &Out{}
	_, err := Open(t, c.Type, c.place(t, Whole)).Read(ctx, nil, out)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	if len(out.Documents) > 0 {
		t.Errorf("%d documents were handed out", len(out.Documents))
	}
}

func (c *Case) stopped(t *testing.T) {
	s := Open(t, c.Type, c.place(t, Whole))
	stop := errors.New("enough")
	out := &Out{Fail: func() error { return stop }}
	if _, err := s.Read(t.Context(), nil, out); !errors.Is(err, stop) {
		t.Errorf("error is %v, want what Out returned", err)
	}
	if len(out.Documents) != 1 {
		t.Errorf("%d documents after Out said stop, want 1", len(out.Documents))
	}
	ctx, cancel := context.WithCancel(t.Context())
	out = &Out{Fail: func() error { cancel(); return nil }}
	if _, err := s.Read(ctx, nil, out); !errors.Is(err, context.Canceled) || len(out.Documents) != 1 {
		t.Errorf("cancelled after the first of 3 documents: %d documents, error %v", len(out.Documents), err)
	}
}

func (c *Case) hostile(t *testing.T, b []byte) {
	p := c.Place(t)
	p.Put(b)
	out := &Out{}
	if _, err := Open(t, c.Type, p).Read(t.Context(), nil, out); err == nil && len(out.Problems) == 0 {
		t.Errorf("read as %d documents, and nothing was said", len(out.Documents))
	}
}

// own lists the goroutines that code of this module started, by id.
func own() map[string]string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	found := map[string]string{}
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		_, by, _ := strings.Cut(stack, "created by ")
		if strings.Contains(by, "/sources/") && !strings.Contains(by, "_test.") && !strings.Contains(stack, "testing.tRunner(") {
			id, _, _ := strings.Cut(stack, " [")
			found[id] = stack
		}
	}
	return found
}

// leaked fails the test if a goroutine of a source goes on. One that is about to
// end gets the time to.
func leaked(t *testing.T, before map[string]string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		left := own()
		for id := range before {
			delete(left, id)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, stack := range left {
				t.Errorf("a goroutine goes on:\n%s", stack)
			}
			return
		}
	}
}
