package bustest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
)

func runState(t *testing.T, fresh Fresh) {
	place := fresh(t, bus.Options{})
	kv := open(t, place).KV()
	t.Run("put, get, delete", func(t *testing.T) {
		const key = "source.blog-1_x=.checkpoint"
		if _, err := kv.Get(bound(t), key); !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("get before put: %v, want ErrNotFound", err)
		}
		if err := kv.Delete(bound(t), key); err != nil {
			t.Errorf("delete before put: %v", err)
		}
		for _, value := range [][]byte{[]byte("one"), {0, 1, 2, 255}, bytes.Repeat([]byte("x"), 3<<20)} {
			if err := kv.Put(bound(t), key, value); err != nil {
				t.Fatalf("put %d bytes: %v", len(value), err)
			}
			if got, err := kv.Get(bound(t), key); err != nil || !bytes.Equal(got, value) {
				t.Errorf("get: %d bytes, %v; want the %d put", len(got), err, len(value))
			}
		}
		if err := kv.Delete(bound(t), key); err != nil {
			t.Fatal(err)
		}
		if _, err := kv.Get(bound(t), key); !errors.Is(err, pipeline.ErrNotFound) {
			t.Errorf("get after delete: %v, want ErrNotFound", err)
		}
	})
	t.Run("too large", func(t *testing.T) {
		if err := kv.Put(bound(t), "large", make([]byte, 5<<20)); !errors.Is(err, pipeline.ErrTooLarge) {
			t.Errorf("%v, want ErrTooLarge", err)
		}
	})
	t.Run("an empty value is a value", func(t *testing.T) {
		if err := kv.Put(bound(t), "empty.value", nil); err != nil {
			t.Fatal(err)
		}
		if got, err := kv.Get(bound(t), "empty.value"); err != nil || len(got) != 0 {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("swap", func(t *testing.T) { swap(t, kv) })
	t.Run("keys", func(t *testing.T) {
		for _, key := range []string{"k.b", "k.a.2", "k.a.1", "ka.1", "k.gone"} {
			if err := kv.Put(bound(t), key, []byte("v")); err != nil {
				t.Fatal(err)
			}
		}
		if err := kv.Delete(bound(t), "k.gone"); err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]string{"k.": "[k.a.1 k.a.2 k.b]", "k.a.": "[k.a.1 k.a.2]", "none.": "[]"} {
			got, err := kv.Keys(bound(t), prefix)
			if err != nil || fmt.Sprint(got) != want {
				t.Errorf("keys %s: %v, %v; want %s", prefix, got, err, want)
			}
		}
		if got, err := kv.Keys(bound(t), "k"); err == nil {
			t.Errorf("a prefix without a dot: %v", got)
		}
	})
	t.Run("keys that are none", func(t *testing.T) {
		for _, key := range []string{"", "a b", "a.*", ">", ".a", "a."} {
			if err := kv.Put(bound(t), key, []byte("v")); err == nil {
				t.Errorf("put %q went in", key)
			}
		}
	})
}

// swap: a value is put only on top of the one that was looked at, also where a key
// was deleted in between.
func swap(t *testing.T, kv pipeline.KV) {
	const key = "sink.posts.cursor"
	if _, _, err := kv.Look(bound(t), key); !errors.Is(err, pipeline.ErrNotFound) {
		t.Fatalf("look before put: %v, want ErrNotFound", err)
	}
	first, err := kv.Swap(bound(t), key, []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Swap(bound(t), key, []byte("x"), 0); !errors.Is(err, pipeline.ErrConflict) {
		t.Errorf("a second create: %v, want ErrConflict", err)
	}
	second, err := kv.Swap(bound(t), key, []byte("2"), first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Swap(bound(t), key, []byte("x"), first); !errors.Is(err, pipeline.ErrConflict) {
		t.Errorf("on top of an older revision: %v, want ErrConflict", err)
	}
	if value, revision, err := kv.Look(bound(t), key); err != nil || string(value) != "2" || revision != second {
		t.Errorf("look: %q at %d, %v; want 2 at %d", value, revision, err, second)
	}
	if err := kv.Delete(bound(t), key); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Swap(bound(t), key, []byte("x"), second); !errors.Is(err, pipeline.ErrConflict) {
		t.Errorf("on top of a value that was deleted: %v, want ErrConflict", err)
	}
	if _, err := kv.Swap(bound(t), key, []byte("3"), 0); err != nil {
		t.Errorf("create after a delete: %v", err)
	}
	if _, err := kv.Swap(bound(t), "large", make([]byte, 5<<20), 0); !errors.Is(err, pipeline.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}
