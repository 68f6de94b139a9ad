package bus

import (
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// FuzzNames publishes under any two names, without a server: the words of a subject
// must be safe, and two names must never share one.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"", "blog", "a.b", "*", ">", "~", " ", "é", "\xff", "a\r\nb: c", strings.Repeat("x", 65)} {
		f.Add(s, s+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, name := range []string{a, b} {
			word := token(name)
			if word == "" || len(word) > longestToken || strings.ContainsAny(word, ".*> \t\r\n\x00") {
				t.Errorf("token(%q) is %q", name, word)
			}
			if v := headerValue(name); strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) >= 0 {
				t.Errorf("headerValue(%q) is %q", name, v)
			}
		}
		if a != b && token(a) == token(b) {
			t.Errorf("%q and %q share the word %q", a, b, token(a))
		}
		e := &review.Event{Schema: review.Schema, ReviewID: review.NewID(a, b), EventID: b}
		e.Source.Name = a
		var g group
		if err := g.encode([]pipeline.Append{{Review: e}}, maxPayload); err != nil {
			t.Fatal(err)
		}
		m := &g.msgs[0]
		if guess, real := messageSize(m), int64(m.Size()-len(m.Subject)); guess < real {
			t.Errorf("a message of %d bytes is taken for %d", real, guess)
		}
		got, err := decode(m.Subject, 1, m.Data)
		if err != nil || got.Review.ReviewID != e.ReviewID {
			t.Errorf("decoded %v, %v", got.Review, err)
		}
	})
}
