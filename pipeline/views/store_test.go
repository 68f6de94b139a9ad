package views_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/views"
)

func memory(t testing.TB) *views.Store {
	t.Helper()
	s, err := views.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestStateIsAnOrderedMap plays random writes against a plain map, within a batch
// and after its commit.
func TestStateIsAnOrderedMap(t *testing.T) {
	store := memory(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		view := store.View(fmt.Sprintf("view%d", n))
		neighbour := store.View(fmt.Sprintf("view%dx", n)).Begin()
		neighbour.Set("a", []byte("not mine"))
		if err := neighbour.Commit(1); err != nil {
			t.Fatal(err)
		}
		keys := rapid.SampledFrom([]string{"", "a", "a/", "a/b", "a/\xff", "b", "\x00", "\xff\xff", "é"})
		model := map[string]string{}
		for round := range rapid.IntRange(1, 4).Draw(t, "rounds") {
			batch := view.Begin()
			draft := map[string]string{}
			for k, v := range model {
				draft[k] = v
			}
			for range rapid.IntRange(0, 8).Draw(t, "writes") {
				key := keys.Draw(t, "key")
				if rapid.Bool().Draw(t, "delete") {
					batch.Delete(key)
					delete(draft, key)
					continue
				}
				value := rapid.String().Draw(t, "value")
				batch.Set(key, []byte(value))
				draft[key] = value
			}
			prefix := keys.Draw(t, "prefix")
			compare(t, batch, draft, prefix)
			compare(t, view, model, prefix)
			if rapid.Bool().Draw(t, "discard") {
				batch.Discard()
			} else {
				if err := batch.Commit(pipeline.Position(round + 1)); err != nil {
					t.Fatal(err)
				}
				model = draft
			}
			compare(t, view, model, prefix)
		}
		if err := view.Err(); err != nil {
			t.Fatal(err)
		}
	})
}

func compare(t *rapid.T, st pipeline.Reader, model map[string]string, prefix string) {
	var want, forward, back []string
	for k, v := range model {
		if got, ok := st.Get(k); !ok || string(got) != v {
			t.Fatalf("Get(%q) = %q, %v, want %q", k, got, ok, v)
		}
		if strings.HasPrefix(k, prefix) {
			want = append(want, k+"="+v)
		}
	}
	sort.Strings(want)
	st.Scan(prefix, func(k string, v []byte) bool { forward = append(forward, k+"="+string(v)); return true })
	st.ScanBack(prefix, func(k string, v []byte) bool { back = append([]string{k + "=" + string(v)}, back...); return true })
	keysOnly := func(all []string) []string { sort.Strings(all); return all }
	if !reflect.DeepEqual(keysOnly(forward), want) || !reflect.DeepEqual(keysOnly(back), want) {
		t.Fatalf("under %q: forwards %q, backwards %q, want %q", prefix, forward, back, want)
	}
	if _, ok := st.Get("not there"); ok {
		t.Fatal("a key that was never set")
	}
}

func TestScanStops(t *testing.T) {
	batch := memory(t).View("v").Begin()
	for _, k := range []string{"a1", "a2", "a3", "b"} {
		batch.Set(k, nil)
	}
	var seen []string
	batch.Scan("a", func(k string, _ []byte) bool { seen = append(seen, k); return len(seen) < 2 })
	if !reflect.DeepEqual(seen, []string{"a1", "a2"}) {
		t.Errorf("scanned %q", seen)
	}
	seen = nil
	batch.ScanBack("a", func(k string, _ []byte) bool { seen = append(seen, k); return false })
	if !reflect.DeepEqual(seen, []string{"a3"}) {
		t.Errorf("scanned back %q", seen)
	}
}

func TestPositionAndStateAreKeptTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "views")
	for round := 1; round <= 3; round++ {
		store, err := views.Open(dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		view := store.View("feed")
		at, err := view.Position()
		if err != nil || int(at) != round-1 {
			t.Fatalf("round %d begins at %d, %v", round, at, err)
		}
		batch := view.Begin()
		batch.Set("round", fmt.Append(nil, round))
		if err := batch.Commit(pipeline.Position(round)); err != nil {
			t.Fatal(err)
		}
		lost := view.Begin()
		lost.Set("round", []byte("never committed"))
		lost.Discard()
		if got, _ := view.Get("round"); string(got) != fmt.Sprint(round) {
			t.Errorf("round %d reads %q", round, got)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDropTakesOneViewOnly(t *testing.T) {
	store := memory(t)
	for _, name := range []string{"a", "ab", "b"} {
		batch := store.View(name).Begin()
		batch.Set("k", []byte(name))
		if err := batch.Commit(7); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := store.Views(); err != nil || !reflect.DeepEqual(names, []string{"a", "ab", "b"}) {
		t.Fatalf("views %q, %v", names, err)
	}
	if err := store.Drop("a"); err != nil {
		t.Fatal(err)
	}
	if names, err := store.Views(); err != nil || !reflect.DeepEqual(names, []string{"ab", "b"}) {
		t.Fatalf("views %q, %v", names, err)
	}
	if at, err := store.View("a").Position(); err != nil || at != 0 {
		t.Errorf("a dropped view stands at %d, %v", at, err)
	}
	if v, ok := store.View("ab").Get("k"); !ok || !bytes.Equal(v, []byte("ab")) {
		t.Errorf("the neighbour has %q, %v", v, ok)
	}
}

func TestDamagedStoreIsMadeAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "views")
	store, err := views.Open(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	batch := store.View("feed").Begin()
	batch.Set("k", bytes.Repeat([]byte("x"), 1<<16))
	if err := batch.Commit(9); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no manifest to damage: %v", err)
	}
	for _, m := range manifests {
		if err := os.WriteFile(m, []byte("this is no manifest"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store, err = views.Open(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if at, err := store.View("feed").Position(); err != nil || at != 0 {
		t.Errorf("a new store stands at %d, %v", at, err)
	}
	if _, err := os.Stat(dir + ".broken"); err != nil {
		t.Errorf("the damaged store was not put aside: %v", err)
	}
}

func BenchmarkCommit(b *testing.B) {
	store := memory(b)
	view := store.View("bench")
	for i := 0; b.Loop(); i++ {
		batch := view.Begin()
		for j := range 1000 {
			key := fmt.Sprintf("%08d", (i*1000+j)%100000)
			batch.Set("row/"+key, []byte("a reference of some forty bytes or so...."))
			batch.Set("film/"+key, nil)
			batch.Set("date/"+key, nil)
		}
		if err := batch.Commit(pipeline.Position(i)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*1000), "µs/event")
}
