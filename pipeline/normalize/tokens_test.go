package normalize

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// ours and theirs write down the tokens of a text, one to a line.
func ours(s string) string {
	var b strings.Builder
	t := tokens{s: s}
	for t.next() {
		switch t.kind {
		case textToken:
			text := unixLines(s[t.from:t.to])
			if !t.verbatim {
				text = unescaped(text)
			}
			b.WriteString("text " + text + "\n")
		case startToken:
			fmt.Fprintf(&b, "%d start %s %v", t.from, t.tag, t.closed)
			for _, a := range t.attrs {
				fmt.Fprintf(&b, " %q=%q", strings.ReplaceAll(asciiLower(s[a.key:a.keyEnd]), "\x00", "\ufffd"), t.value(a))
			}
			b.WriteByte('\n')
		case endToken:
			fmt.Fprintf(&b, "%d end %s\n", t.from, t.tag)
		}
	}
	return b.String()
}

func theirs(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	at := 0
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		from := at
		at += len(z.Raw())
		switch token := z.Token(); kind {
		case html.TextToken:
			b.WriteString("text " + token.Data + "\n")
		case html.StartTagToken, html.SelfClosingTagToken:
			fmt.Fprintf(&b, "%d start %s %v", from, token.DataAtom, kind == html.SelfClosingTagToken)
			for i, a := range token.Attr {
				if i < maxAttributes {
					fmt.Fprintf(&b, " %q=%q", a.Key, a.Val)
				}
			}
			b.WriteByte('\n')
		case html.EndTagToken:
			fmt.Fprintf(&b, "%d end %s\n", from, token.DataAtom)
		}
	}
	return b.String()
}

func unescaped(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		text, width := reference(s[i:])
		b.WriteString(text)
		s = s[i+width:]
	}
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// sameTokens holds our tokens to those of the other tokenizer.
func sameTokens(t testing.TB, s string) {
	t.Helper()
	if strings.Contains(s, "\x00") {
		s = strings.ReplaceAll(s, "\x00", "") // in scripts they are replaced, which nobody sees
	}
	joined := strings.NewReplacer("\ntext ", "") // of two texts in a row
	if a, b := joined.Replace(ours(s)), joined.Replace(theirs(s)); a != b {
		t.Fatalf("%q\nours:\n%stheirs:\n%s", s, a, b)
	}
}

func TestTokensAreThoseOfBrowsers(t *testing.T) {
	for _, s := range append(vectors(t),
		"a<b>c</b >d</b\n/>", "<", "a<", "</", "a</", "</>x", "</ x>y", "<!>x", "<!", "<!x", "<!-", "<!--", "<!-->x", "<!--->x", "<!---->x",
		"<!--a--!>x", "<!--a--!-->x", "<!--a--!->x-->y", "<!--a->b-->c", "<!--a---->b", "<?php x ?>y", "<!DOCTYPE html>x", "<!doctype", "<![CDATA[a]]>b",
		"<a b=c d='e' f=\"g\" h>", "<a =b>", "<a b==c>", "<a b = c>", "<a b/c>", "<a b=/>", "<a b=c/>", "<a b='c'/>", "<a / / b>", "<a//>", "<br/>", "<br />",
		"<a b='c", "<a b", "<a ", "<a", "<A HREF=x HREF=y href=z>", "<a b='1'c=2>", "<x-y-zzzzzzzzzzzzzzzzzzzz>", "<a\"b>", "<a b=`c d`>", "< a>", "<1>", "<a b=>", "<a b= >",
		"<script>a</script>b", "<script>a<b></SCRIPT >b", "<script>a</scriptx>b</script>", "<script><!--a</script>b", "<script><!--<script>a</script>b--></script>c",
		"<script><!--<script>a--></script>b", "<script><!--<1></script>b", "<script><!--></script>b", "<script><!---></script>b", "<script><!-- - -></script>b", "<script><!--<script/</script/</script>b",
		"<script><!--<script>a-></script>b--></script>c", "<a"+distinct(80)+">", "<style>a<!--</style>b", "<title>a&amp;<b></title>c", "<textarea>a</textarea", "<plaintext>a</plaintext>b", "<xmp></xmp>", "<noscript><p></noscript>", "<iframe/>a</iframe>b",
		"a&amp;b&lt&#60;&#x3c;&#0;&#128;&#xD800;&#99999999999;&unknown;&notit;&notit &hellip;&semi;&fjlig;&", "&#", "&#x", "&#8217;&#8217 &#160;&#159;", "&;&&amp",
		"<a b='&amp;&lt&#60;&notit;&not=&not&notx&copy=x&copy;=&semi;&fjlig;&'>", "<a b=a\rb c='a\r\nb'>\r\n\r", "<a b=&quot;>", strings.Repeat("<a"+strings.Repeat(" b", 80)+">", 2),
	) {
		sameTokens(t, s)
	}
}

// distinct are n attributes, each with a name of its own.
func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " x%d=%d", i, i)
	}
	return b.String()
}

func TestTokensOfSoup(t *testing.T) {
	pieces := []string{"<", ">", "/", "a", "script", "SCRIPT", "title", "style", "!", "-", "--", "!--", "=", "'", `"`, " ", "\n", "\r", "&", "amp", "not", "it", ";", "#", "x", "3", "é", "?", "<a", "</a>", "<script>", "</script>", "<!--", "-->", "textarea", "<b c="}
	rapid.Check(t, func(rt *rapid.T) {
		sameTokens(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 24).Draw(rt, "pieces"), ""))
		sameTokens(t, soup(rt))
	})
}

func FuzzTokens(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v)
	}
	f.Add("<script><!--<script></script>--></script><a b='&notit;' /><title>&lt</title>")
	f.Fuzz(func(t *testing.T, s string) { sameTokens(t, s) })
}
