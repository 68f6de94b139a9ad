package feeds

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the bytes, tokens follow each other without a gap and cover them.
func TestLexerCoversEverything(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE", "[", "]", `"`, "'", "=", " ",
		"<item>", "</item>", "<a b='c'", "text", "é", "&amp;", ":", "\x00",
	})
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		l := lexer{src: []byte(src)}
		at := 0
		for {
			tok, ok := l.next()
			if !ok {
				break
			}
			if tok.start != at || tok.end <= tok.start || tok.end != l.at {
				t.Fatalf("%q: token [%d, %d) at %d", src, tok.start, tok.end, at)
			}
			at = tok.end
		}
		if at != len(src) {
			t.Fatalf("%q: ends at %d of %d", src, at, len(src))
		}
	})
}

// The lexer looks at every byte a few times at most: what opens and is never
// closed must not send it to the end again and again.
func TestLexerIsLinear(t *testing.T) {
	for _, piece := range []string{
		"<!--", "<?", "<![CDATA[", "<!x", "<!x[", "<!x[>", "<!DOCTYPE [", `<a "`, `<a '`, `<a ">`, "<a '>\"", "<", "</", "<a", "&", "<item><![CDATA[</item>",
	} {
		src := []byte(strings.Repeat(piece, 4<<20/len(piece)))
		n := 0
		for l := (lexer{src: src}); ; n++ {
			if _, ok := l.next(); !ok {
				break
			}
		}
		if n == 0 {
			t.Errorf("%q: no tokens", piece)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"a &lt;b&gt; &amp;amp; &quot;c&quot; &apos;": `a <b> &amp; "c" '`,
		"&#233;&#xe9;&eacute;":                       "ééé",
		"?a=1&copy=2&b=3;":                           "?a=1&copy=2&b=3;",
		"&copy;&copyx; &;&&&semi;":                   "©&copyx; &;&&;",
		"&CounterClockwiseContourIntegral;":          "∳",
		"&" + strings.Repeat("x", 50) + ";":          "&" + strings.Repeat("x", 50) + ";",
	} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestPersonName(t *testing.T) {
	for in, want := range map[string]string{
		"Jane Doe":                       "Jane Doe",
		"jane@example.org (Jane Doe)":    "Jane Doe",
		"Jane Doe (jane@example.org)":    "Jane Doe",
		"Jane Doe <jane@example.org>":    "Jane Doe",
		`"Jane Doe" <jane@example.org>`:  "Jane Doe",
		"jane@example.org":               "",
		" Jane\n Doe ":                   "Jane Doe",
		"noreply@example.org (Jane (J))": "Jane (J)",
	} {
		if got := personName(in); got != want {
			t.Errorf("personName(%q) is %q, want %q", in, got, want)
		}
	}
}
