package normalize

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

var site = newResolver("https://critic.example/2020/05/film.html")

func TestCleanKeepsWhatAuthorsWrite(t *testing.T) {
	for _, c := range []struct{ name, in, html, text string }{
		{"text alone becomes a paragraph", "hello", "<p>hello</p>", "hello"},
		{"a block ends bold, and bold goes on", "hello <b>bold <div>x</div> y</b> z",
			"<p>hello <b>bold</b></p><p><b>x</b></p><p><b>y</b> z</p>", "hello bold\n\nx\n\ny z"},
		{"an unclosed paragraph", "<p>a<p>b", "<p>a</p><p>b</p>", "a\n\nb"},
		{"an unclosed mark ends with its paragraph", "<p>a <i>b</p><p>c", "<p>a <i>b</i></p><p>c</p>", "a b\n\nc"},
		{"an empty line is a new paragraph", "<p>a<br><br>b <i>c<br>\n<br/>d</i></p>",
			"<p>a</p><p>b <i>c</i></p><p><i>d</i></p>", "a\n\nb c\n\nd"},
		{"one break stays", "a<br>b<br>", "<p>a<br/>b</p>", "a\nb"},
		{"misnested marks", "<b>a<i>b</b>c</i>", "<p><b>a<i>b</i></b><i>c</i></p>", "abc"},
		{"space around marks moves out of them", "a<b> b </b>c", "<p>a <b>b</b> c</p>", "a b c"},
		{"empty elements", "<p>a<b></b></p><p>&nbsp;</p><ul> </ul><p><br></p>", "<p>a</p>", "a"},
		{"a list in a list without an item", "<ul><li>a</li><ul><li>b</ul></ul>",
			"<ul><li>a</li><li><ul><li>b</li></ul></li></ul>", "a\nb"},
		{"items without ends", "<ol start=3><li>a<li>b</ol>", `<ol start="3"><li>a</li><li>b</li></ol>`, "a\nb"},
		{"an item without a list", "<li>a<li>b", "<p>a</p><p>b</p>", "a\n\nb"},
		{"a table without rows", "<table><td>a<th>b<tr>c</table>d",
			"<table><tbody><tr><td>a</td><th>b</th></tr><tr><td>c</td></tr></tbody></table><p>d</p>", "a\tb\nc\n\nd"},
		{"an empty cell keeps its column", "<table><tr><td></td><td>b</td></table>",
			"<table><tbody><tr><td></td><td>b</td></tr></tbody></table>", "b"},
		{"breaks in a heading", "<h2>a<br>b</h2>", "<h2>a b</h2>", "a b"},
		{"breaks in pre", "<pre>a<br>b</pre>", "<pre>a\nb</pre>", "a\nb"},
		{"boxes in a heading", "<h2><div>Title</div></h2><div>text</div>", "<h2>Title</h2><p>text</p>", "Title\n\ntext"},
		{"another heading's end", "<h2>Title</h3>text", "<h2>Title</h2><p>text</p>", "Title\n\ntext"},
		{"white space in pre", "<pre>\n\n  a\n b <b> c</b>\n</pre>", "<pre>  a\n b  <b>c</b></pre>", "  a\n b  c"},
		{"definitions", "<dl><dt>Director<dd>Jane Campion</dl>",
			"<dl><dt>Director</dt><dd>Jane Campion</dd></dl>", "Director\nJane Campion"},
		{"a figure", `<figure><img src=/a.jpg alt="A still"><figcaption>The end</figcaption></figure>`,
			`<figure><img src="https://critic.example/a.jpg" alt="A still"/><figcaption>The end</figcaption></figure>`, "The end"},
		{"quotation", `<blockquote cite="https://a.example/">q<p>r</blockquote>`,
			`<blockquote cite="https://a.example/">q<p>r</p></blockquote>`, "q\n\nr"},
		{"details", "<details><summary>Spoiler</summary>He dies.</details>",
			"<details><summary>Spoiler</summary>He dies.</details>", "Spoiler\n\nHe dies."},
		{"a rule", "a<hr>b", "<p>a</p><hr/><p>b</p>", "a\n\nb"},
		{"entities", "1 &lt; 2 &amp;&amp; &eacute;&#x2605; &amp;lt;", "<p>1 &lt; 2 &amp;&amp; é★ &amp;lt;</p>", "1 < 2 && é★ &lt;"},
		{"no-break space", "Alien&nbsp;: bon&nbsp; film&nbsp;", "<p>Alien\u00a0: bon film</p>", "Alien : bon film"},
		{"marks and times", `<abbr title="x &quot;y&quot;">z</abbr><time datetime="2020-01-02">then</time><ins>i</ins><del>d</del><sub>2</sub>`,
			`<p><abbr title="x &#34;y&#34;">z</abbr><time datetime="2020-01-02">then</time><ins>i</ins><del>d</del><sub>2</sub></p>`, "x"[:0] + "zthenid2"},
		{"a picture of a character", `good <img class="wp-smiley" alt="★" src="https://s.example/2605.png">`, "<p>good ★</p>", "good ★"},
		{"a picture that loads late", `<img src="data:image/gif;base64,R0" data-src="/b.jpg">`,
			`<p><img src="https://critic.example/b.jpg"/></p>`, ""},
		{"a counting picture", `a<img src="https://count.example/p.gif" width=1 height=1>`, "<p>a</p>", "a"},
		{"an unclosed drawing loses nothing", "<p>a<svg><path d=x><p>b", "<p>a</p><p>b</p>", "a\n\nb"},
		{"a frame that closes itself", `a<iframe src="https://v.example/"/>b`, "<p>ab</p>", "ab"},
		{"what is shown without scripts", `a<noscript><p>turn on your scripts</p></noscript>b`, "<p>a b</p>", "a b"},
		{"a share bar", `<p>a</p><div class="sharedaddy sd-block"><div><a href="https://s.example">Share</a></div></div><p>b</p>`,
			"<p>a</p><p>b</p>", "a\n\nb"},
		{"a share bar without an end", `<p>a</p><div class="sharedaddy">Share<p>b</p>`, "<p>a</p><p>Share</p><p>b</p>", "a\n\nShare\n\nb"},
		{"a class that only looks like one", `<p class="responsive sharedfeelings">a</p>`, "<p>a</p>", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := clean(c.in, site)
			if string(b.html) != c.html {
				t.Errorf("html\n got %s\nwant %s", b.html, c.html)
			}
			if b.plain != c.text {
				t.Errorf("text\n got %q\nwant %q", b.plain, c.text)
			}
			soundHTML(t, b)
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"absolute", "https://a.example/b?c=d&e", "https://a.example/b?c=d&e"},
		{"scheme in capitals", "HTTPS://a.example/", "https://a.example/"},
		{"relative", "../x y.html", "https://critic.example/2020/x%20y.html"},
		{"without a scheme", "//b.example/c", "https://b.example/c"},
		{"mail", "mailto:jane@critic.example", "mailto:jane@critic.example"},
		{"mail to nobody", "mailto:", ""},
		{"control characters inside", "ht\ttps://a.exa\nmple/", "https://a.example/"},
		{"a place in the page", "#top", ""},
		{"script", "javascript:alert(1)", ""},
		{"script in pieces", " \x01java\nscript\t:alert(1)", ""},
		{"data", "data:text/html,x", ""},
		{"a host left out", "https:///x", ""},
		{"a scheme without a host", "https:evil", ""},
		{"other", "ftp://a.example/", ""},
		{"no scheme before a colon", "\u00a0javascript:x", ""},
		{"quotes", `https://a.example/"><i>`, "https://a.example/%22%3E%3Ci%3E"},
		{"nothing", "", ""},
		{"a bad escape", "x%zz", ""},
		{"endless", "https://a.example/" + strings.Repeat("x", maxAddress), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := site.resolve(c.in, true)
			if got != c.want {
				t.Errorf("resolve(%q) = %q, want %q", c.in, got, c.want)
			}
			if again := (resolver{}).resolve(got, true); again != got {
				t.Errorf("resolved again: %q", again)
			}
		})
	}
	if got := newResolver("file:///etc").resolve("x.html", false); got != "" {
		t.Errorf("relative to no page: %q, want nothing", got)
	}
}

// onAttribute finds an attribute that runs something, or styles, in a tag.
var onAttribute = regexp.MustCompile(`<[a-z][^>"]*("[^"]*"[^>"]*)*\s(on[a-z]+|style|id|class|srcset)\s*=`)

// soundHTML checks what must be so for every body.
func soundHTML(t testing.TB, b *body) {
	t.Helper()
	out := string(b.html)
	again := clean(out, resolver{})
	if string(again.html) != out {
		t.Fatalf("cleaned again it differs:\n%s\n%s", out, again.html)
	}
	if again.plain != b.plain {
		t.Fatalf("cleaned again the text of %s differs:\n%q\n%q", out, b.plain, again.plain)
	}
	if p := parsed(t, out); p != strings.ReplaceAll(out, "&#34;", `"`) {
		t.Fatalf("a browser reads it otherwise:\n%s\n%s", out, p)
	}
	lower := strings.ToLower(out)
	for _, bad := range []string{"<script", "<style", "<iframe", "<svg", "<form", "<input", "<object", "<embed", "<meta", "<link", "<base"} {
		if strings.Contains(lower, bad) {
			t.Fatalf("%s in %s", bad, out)
		}
	}
	if at := onAttribute.FindString(lower); at != "" {
		t.Fatalf("%s in %s", at, out)
	}
	if !utf8.ValidString(out) || !utf8.ValidString(b.plain) {
		t.Fatalf("not UTF-8: %q", out)
	}
	if i := strings.IndexFunc(out+b.plain, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		t.Fatalf("control characters in %q", out)
	}
	for i := range b.runs {
		r := &b.runs[i]
		if r.from < 0 || r.to < r.from || r.to > len(b.plain) || r.htmlTo < r.htmlFrom || r.htmlTo > len(b.html) || r.linked > r.to-r.from {
			t.Fatalf("run %d out of place: %+v", i, *r)
		}
	}
}

// parsed is the fragment as a browser understands it.
func parsed(t testing.TB, fragment string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
	}
	return strings.NewReplacer("&#39;", "'", "&#34;", `"`).Replace(b.String())
}

// vectors are ways to get something to run, one to a line.
func vectors(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/hostile/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			list = append(list, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00", `\x01`, "\x01").Replace(line))
		}
	}
	return list
}

func TestNothingHostileGetsThrough(t *testing.T) {
	all := vectors(t)
	if len(all) < 60 {
		t.Fatalf("only %d vectors", len(all))
	}
	policy := bluemonday.UGCPolicy()
	policy.RequireNoFollowOnLinks(false)
	for i, in := range all {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			b := clean(in, site)
			soundHTML(t, b)
			if theirs := policy.Sanitize(string(b.html)); skeleton(t, theirs) != skeleton(t, string(b.html)) {
				t.Errorf("the other sanitiser takes something out:\nin     %s\nours   %s\ntheirs %s", in, b.html, theirs)
			}
		})
	}
}

// skeleton is a fragment without the attributes that are text: there the other
// sanitiser is stricter, and escaping is enough.
func skeleton(t testing.TB, fragment string) string {
	z := html.NewTokenizer(strings.NewReader(fragment))
	var b strings.Builder
	for {
		if z.Next() == html.ErrorToken {
			return b.String()
		}
		token := z.Token()
		kept := token.Attr[:0]
		for _, a := range token.Attr {
			if a.Key != "alt" && a.Key != "title" {
				kept = append(kept, a)
			}
		}
		token.Attr = kept
		b.WriteString(token.String())
	}
}

// soup draws HTML as nobody should write it.
func soup(t *rapid.T) string {
	tags := []string{"p", "div", "b", "i", "em", "a href=https://a.example/x", "a", "ul", "ol", "li", "dl", "dt", "dd", "table",
		"tr", "td", "th", "tbody", "thead", "caption", "blockquote", "pre", "h1", "h3", "br", "hr", "img src=https://a.example/i.png",
		"figure", "figcaption", "details", "summary", "span", "svg", "script", "style", "select", "option", "q", "code", "form",
		"section", "abbr title=t", "label", "textarea", "title", "math", "center", "font", "sub", "table class=x", "iframe", "body", "html", "head"}
	words := []string{"a", " ", "b c", "\n", "&nbsp;", "&lt;", "<", ">", "é", "\u00a0", "\x00", "\xff", "\u202e", "&#0;", "]]>", "<!--", "-->"}
	var b strings.Builder
	for range rapid.IntRange(0, 40).Draw(t, "parts") {
		switch rapid.IntRange(0, 4).Draw(t, "what") {
		case 0, 1:
			b.WriteString("<" + rapid.SampledFrom(tags).Draw(t, "tag") + ">")
		case 2:
			name, _, _ := strings.Cut(rapid.SampledFrom(tags).Draw(t, "end"), " ")
			b.WriteString("</" + name + ">")
		default:
			b.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
		}
	}
	return b.String()
}

func TestTagSoup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		soundHTML(t, clean(soup(rt), site))
	})
}

func TestDroppedRunsLeaveSoundHTML(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := clean(soup(rt), site)
		keep := ""
		for i := range b.runs {
			if rapid.Bool().Draw(rt, "drop") {
				b.drop(i)
			} else {
				keep += b.at(i)
			}
		}
		b.compact()
		got := ""
		for i := range b.runs {
			got += b.at(i)
		}
		if got != keep {
			t.Fatalf("kept %q, want %q", got, keep)
		}
		again := clean(string(b.html), resolver{})
		if string(again.html) != string(b.html) {
			t.Fatalf("not sound:\n%s\n%s", b.html, again.html)
		}
	})
}

func TestCleanIsLinear(t *testing.T) {
	const n = 20_000
	for name, in := range map[string]string{
		"nested boxes":      strings.Repeat("<div>", n) + "x",
		"nested quotations": strings.Repeat("<blockquote>", n) + "x",
		"nested marks":      strings.Repeat("<b>", n) + strings.Repeat("<p>x", n),
		"nested tables":     strings.Repeat("<table><tr><td>", n) + "x",
		"nested lists":      strings.Repeat("<ul><li>", n) + "x",
		"a long start tag":  `<abbr title="` + strings.Repeat("x", n) + `">` + strings.Repeat("<p>x", n),
		"stray ends":        strings.Repeat("<div>", 99) + strings.Repeat("</table></li></b>x", n),
		"unclosed share":    strings.Repeat(`<p class="share-x">x`, n),
		"half a tag":        strings.Repeat("<a href=", n),
	} {
		t.Run(name, func(t *testing.T) {
			b := clean(in, site)
			if len(b.html) > 8*len(in)+100 {
				t.Errorf("%d bytes became %d", len(in), len(b.html))
			}
			soundHTML(t, b)
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v)
	}
	f.Add("<p>a<table><tr>b<td><ul>c<li>d<pre>\n e</pre><h1>f<dl>g")
	f.Fuzz(func(t *testing.T, in string) { soundHTML(t, clean(in, site)) })
}
