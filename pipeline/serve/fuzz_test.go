package serve

import (
	"strings"
	"testing"
)

// FuzzHeaders reads whatever a stranger may send as conditions and preferences.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"gzip, br;q=0.5", `"abc-gzip", W/"def" ,*`, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"feed;q=0.", ";;q=;,", `"`, `W/"`, "*;q=1.0000", "\x00,\xff;q=-1", "q=0", `"a""b"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if c := accepted([]string{header}); c < identity || c >= codings {
			t.Errorf("coding %d", c)
		}
		lower := strings.ToLower(header)
		if prefersPage([]string{header}, "application/rss+xml") && !strings.Contains(lower, "html") {
			t.Errorf("a page for who does not name HTML: %q", header)
		}
		if accepted([]string{header}) == brotlied && !strings.Contains(lower, "br") && !strings.Contains(header, "*") {
			t.Errorf("brotli for %q", header)
		}
		tags(header, func(tag string) bool {
			if tag != "*" && (len(tag) < 2 || tag[0] != '"' || strings.Count(tag, `"`) != 2 || !strings.Contains(header, tag)) {
				t.Errorf("tag %q in %q", tag, header)
			}
			return true
		})
		if n := len(bases([]string{header})); n > maxTags {
			t.Errorf("%d tags", n)
		}
		if wantsDelta([]string{header}) && !strings.Contains(lower, "feed") {
			t.Errorf("a delta for %q", header)
		}
	})
}

// FuzzCut cuts feeds: what is cut and joined again is what it was, but for the space
// between entries.
func FuzzCut(f *testing.F) {
	f.Add(`<rss><channel><title>t</title><item><guid>1</guid></item> <item><guid>2</guid></item></channel></rss>`)
	f.Add(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id></entry><!-- x --></feed>`)
	f.Add(`{"items":[{"id":"1"}, {"id":"2"}],"version":"x"}`)
	f.Add(`{"items":[]}`)
	f.Add(`<rss><channel><item>`)
	f.Fuzz(func(t *testing.T, doc string) {
		for _, kind := range []string{"application/rss+xml", "application/feed+json"} {
			p, err := cut(kind, []byte(doc))
			if err != nil {
				continue
			}
			whole, kept := p.join(func(part) bool { return true })
			if kept != len(p.entries) {
				t.Fatalf("%d of %d kept", kept, len(p.entries))
			}
			rest := doc
			for _, piece := range append([][]byte{p.head}, texts(p.entries)...) {
				at := strings.Index(rest, string(piece))
				if at < 0 {
					t.Fatalf("%q is not in %q, in order", piece, doc)
				}
				rest = rest[at+len(piece):]
			}
			if !strings.HasSuffix(string(whole), string(p.tail)) || !strings.HasSuffix(doc, string(p.tail)) {
				t.Fatalf("the tail of %q is %q", doc, p.tail)
			}
			again, err := cut(kind, whole)
			if err != nil || len(again.entries) != len(p.entries) {
				t.Fatalf("cut again: %v", err)
			}
		}
		for _, kind := range []string{"application/rss+xml", "application/atom+xml", "application/feed+json"} {
			readFeed(kind, []byte(doc)) // nothing but: it comes back
		}
	})
}

func texts(entries []part) [][]byte {
	var all [][]byte
	for _, e := range entries {
		all = append(all, e.text)
	}
	return all
}
