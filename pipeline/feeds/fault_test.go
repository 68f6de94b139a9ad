package feeds

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// rssOf wraps items in a feed.
// noon is the only time there is.
func noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

func rssOf(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T</title><link>https://a.example/</link>` +
		strings.Join(items, "\n") + `</channel></rss>`
}

// anItem is an item with a guid and a body.
func anItem(guid, body string) string {
	return fmt.Sprintf(`<item><guid isPermaLink="false">%s</guid><title>Title of %s</title><description>%s</description></item>`, guid, guid, body)
}

func toUTF16(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// TestFaults feeds the reader what real feeds get wrong. guids are the items that
// must come out, body a piece of text that must stand in the first of them.
func TestFaults(t *testing.T) {
	accents := rssOf(anItem("1", "Amélie – “jolie”"), anItem("2", "x"))
	latin := func(s string) string { // Windows-1252, where it is not ASCII
		return strings.NewReplacer("é", "\xe9", "–", "\x96", "“", "\x93", "”", "\x94").Replace(s)
	}
	relabelled := func(label string) string { return strings.Replace(accents, "UTF-8", label, 1) }
	tests := []struct {
		name        string
		feed        string
		contentType string
		guids       string
		body        string
		cut         bool
	}{
		{"latin-1 inside declared utf-8", latin(accents), "", "2 1", "Amélie – “jolie”", false},
		{"latin-1 declared", latin(relabelled("ISO-8859-1")), "", "2 1", "Amélie – “jolie”", false},
		{"latin-1 declared by the server only", latin(relabelled("")), "text/xml; charset=iso-8859-1", "2 1", "Amélie – “jolie”", false},
		{"utf-8 declared as latin-1", relabelled("ISO-8859-1"), "", "2 1", "Amélie – “jolie”", false},
		{"unknown label", relabelled("x-klingon"), "text/xml; charset=utf-42", "2 1", "Amélie – “jolie”", false},
		{"utf-8 byte-order mark", "\ufeff" + accents, "", "2 1", "Amélie – “jolie”", false},
		{"utf-16 with mark", string(toUTF16("\ufeff"+relabelled("UTF-16"), binary.LittleEndian)), "", "2 1", "Amélie – “jolie”", false},
		{"utf-16 big-endian without mark", string(toUTF16(relabelled("UTF-16"), binary.BigEndian)), "", "2 1", "Amélie – “jolie”", false},
		{"iso-2022-jp hides in ascii", rssLabelled("iso-2022-jp", anItem("1", "\x1b$B1G2h\x1b(B")), "", "1", "映画", false},
		{"control character", rssOf(anItem("1", "a\x0bb\x00c")), "", "1", "abc", false},
		{"reference to a control character", rssOf(anItem("1", "a&#11;b&#x1F;c&#xD800;d")), "", "1", "abcd", false},
		{"noncharacter", rssOf(anItem("1", "a\ufffe&#xFFFE;b")), "", "1", "ab", false},
		{"undeclared entity", rssOf(anItem("1", "a&nbsp;&hellip;&madeup; b")), "", "1", "a\u00a0…&madeup; b", false},
		{"bare ampersand", rssOf(anItem("1", "Q & A at ?a=1&copy=2")), "", "1", "Q & A at ?a=1&copy=2", false},
		{"undeclared prefix", strings.ReplaceAll(rssOf(`<item><guid>1</guid><content:encoded>deep</content:encoded><x:y>z</x:y></item>`), `xmlns:content`, `xmlns:other`), "", "1", "deep", false},
		{"unescaped html", rssOf(anItem("1", `<p>one<br>two <img src="a.png"> three</p>`)), "", "1", `<p>one<br>two <img src="a.png"> three</p>`, false},
		{"title with unclosed tag", rssOf(`<item><guid>1</guid><title>A <i>B</title><description>x</description></item>`), "", "1", "x", false},
		{"item not closed", rssOf(`<item><guid>1</guid><description>x</description>`, anItem("2", "y")), "", "2 1", "x", false},
		{"description not closed", rssOf(`<item><guid>1</guid><description>x</item>`, anItem("2", "y")), "", "2 1", "x", false},
		{"guid not closed", rssOf(`<item><description>x</description><guid>1</item>`, anItem("2", "y")), "", "2 1", "x", false},
		{"cdata not closed", rssOf(anItem("1", "<![CDATA[x"), anItem("2", "<![CDATA[y]]>"), anItem("3", "z")), "", "3 2 1", "x", false},
		{"cdata not closed at the end", rssOf(anItem("1", "x"), anItem("2", "<![CDATA[y")), "", "2 1", "x", false},
		{"cdata in pieces", rssOf(anItem("1", "<![CDATA[a ]]]]><![CDATA[> b]]> &amp; c")), "", "1", "a ]]> b & c", false},
		{"cdata about feeds", rssOf(anItem("1", "<![CDATA[write &lt;item> or </item>]]>")), "", "1", "write &lt;item> or </item>", false},
		{"greater-than in an attribute", rssOf(`<item><guid>1</guid><enclosure url="http://a.example/?a>b" type="audio/mpeg"/><description>x</description></item>`), "", "1", "x", false},
		{"quote not closed", rssOf(`<item><guid>1</guid><enclosure url="http://a.example/ type=audio/><description>x</description></item>`, anItem("2", "y")), "", "2 1", "x", false},
		{"comment with an item", rssOf("<!-- "+anItem("0", "no")+" -->", anItem("1", "x")), "", "1", "x", false},
		{"warning before the feed", "<br />\n<b>Warning</b>: mysql_connect() in /var/www on line 3\n" + rssOf(anItem("1", "x")), "", "1", "x", false},
		{"root after 5 kB", strings.Repeat("<!-- nothing to see here -->\n", 200) + rssOf(anItem("1", "x")), "", "1", "x", false},
		{"cut in an item", strings.Split(rssOf(anItem("1", "x"), anItem("2", "y"), anItem("3", "z")), "Title of 3")[0], "", "2 1", "x", true},
		{"cut between items", strings.Split(rssOf(anItem("1", "x"), anItem("2", "y")), "</channel")[0], "", "2 1", "x", true},
		{"rss not closed", strings.TrimSuffix(rssOf(anItem("1", "x")), "</rss>"), "", "1", "x", false},
		{"something behind the feed", rssOf(anItem("1", "x")) + "<script>analytics()</script><div>", "", "1", "x", false},
		{"upper case", strings.NewReplacer("item>", "ITEM>", "<rss", "<RSS", "</rss", "</RSS").Replace(rssOf(anItem("1", "x"))), "", "1", "x", false},
		{"items outside the channel", strings.Replace(rssOf(anItem("1", "x")), "</channel>", "</channel>"+anItem("2", "y"), 1), "", "2 1", "x", false},
		{"bogus default namespace", strings.Replace(rssOf(anItem("1", "x")), "<rss", `<rss xmlns="http://example.com/what"`, 1), "", "1", "x", false},
		{"bogus namespace of a prefix", strings.Replace(rssOf(anItem("1", "x")), "<rss", `<rss xmlns:dc="http://example.com/what"`, 1), "", "1", "x", false},
		{"json byte-order mark", "\ufeff" + `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","content_html":"x"}]}`, "", "1", "x", false},
		{"json with raw line breaks", "{\"items\":[{\"id\":\"1\",\"content_html\":\"a\n\tb \\\" c\"}]}", "", "1", "a\n\tb \" c", false},
		{"json cut short", `{"items":[{"id":"1","content_text":"x"},{"id":"2"},{"id":"3","content`, "", "2 1", "x", true},
		{"json with an item of another kind", `{"items":[{"id":"1","content_text":"x"},null,[],"no",{"id":"2","title":["a"]},{"id":"3"}],"language":7}`, "", "3 1", "x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, p := documents(t, []byte(tt.feed), tt.contentType)
			var guids []string
			for _, d := range docs {
				guids = append(guids, d.GUID)
			}
			if got := strings.Join(guids, " "); got != tt.guids {
				t.Fatalf("items %q, want %q", got, tt.guids)
			}
			if body := docs[len(docs)-1].Body; body != tt.body {
				t.Errorf("body is %q, want %q", body, tt.body)
			}
			if p.cut != tt.cut {
				t.Errorf("cut short: %v, want %v", p.cut, tt.cut)
			}
		})
	}
}

func rssLabelled(label string, items ...string) string {
	return strings.Replace(rssOf(items...), "UTF-8", label, 1)
}

// FuzzEncoding: whatever the bytes and the labels, what comes of them is UTF-8 without
// what XML forbids as it is, and not much more than there was.
func FuzzEncoding(f *testing.F) {
	for _, label := range []string{"utf-8", "utf-16", "iso-2022-jp", "windows-1251", "gb18030", "x-klingon"} {
		f.Add([]byte(rssLabelled(label, anItem("1", "a\xe9\x0b&#11;\ufffe"))), "text/xml; charset="+label)
	}
	f.Add(toUTF16("\ufeff<rss/>", binary.LittleEndian), "")
	f.Fuzz(func(t *testing.T, b []byte, contentType string) {
		out := toUTF8(bytes.Clone(b), contentType)
		if !utf8.Valid(out) || len(out) > 4*len(b)+16 {
			t.Fatalf("%q became %q", b, out)
		}
		for _, r := range string(out) {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff' {
				t.Fatalf("%q has %U left", out, r)
			}
		}
	})
}

// bombs are feeds made to hurt, by name. Each has one good item besides where
// that can be told apart.
func bombs() map[string]string {
	return map[string]string{
		"nothing":           "",
		"no feed":           "<html><body>Hello</body></html>",
		"json, no feed":     `{"hello":"world"}`,
		"json, nested":      `{"items":` + strings.Repeat("[", 1_000_000),
		"nested head":       `<rss><channel>` + strings.Repeat("<a:b>", 1_000_000),
		"nested in item":    rssOf("<item><guid>1</guid>" + strings.Repeat("<a:b>", 1_000_000) + "</item>"),
		"prefixes in item":  rssOf("<item><guid>1</guid>" + prefixes(8000) + "</item>"),
		"prefixes in head":  "<rss><channel>" + prefixes(8000),
		"items without end": "<rss><channel>" + strings.Repeat("<item>", 60_000),
		"pieces":            rssOf("<item><guid>1</guid><dc:creator>" + strings.Repeat("a<b/>", 100_000) + "</dc:creator></item>"),
		"huge attribute":    rssOf(`<item><guid isPermaLink="` + strings.Repeat("x", 1<<20) + `">1</guid></item>`),
	}
}

func prefixes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<a%d:x xmlns:a%d="u%d">`, i, i, i)
	}
	return b.String()
}

func TestBombs(t *testing.T) {
	at, _ := url.Parse("https://feed.example/")
	for name, bomb := range bombs() {
		t.Run(name, func(t *testing.T) {
			p, err := parse(t.Context(), []byte(bomb), "", at, noon())
			if err != nil {
				return
			}
			if !p.cut && !slices.ContainsFunc(p.entries, func(e entry) bool { return e.fault != nil }) {
				t.Errorf("read as %d items without a fault", len(p.entries))
			}
		})
	}
}

func TestBombBesideGoodItems(t *testing.T) {
	thirty := "<x"
	for i := range 30 {
		thirty += fmt.Sprintf(` xmlns:a%d="u"`, i)
	}
	for _, name := range []string{"nested", "prefixes", "shallow prefixes", "pieces"} {
		bad := map[string]string{
			"nested":           "<item><guid>1</guid>" + strings.Repeat("<a:b>", 300) + "</item>",
			"prefixes":         "<item><guid>1</guid>" + prefixes(300) + "</item>",
			"shallow prefixes": "<item><guid>1</guid>" + strings.Repeat(thirty+">", 10) + "</item>",
			"pieces":           "<item><guid>1</guid><dc:creator>" + strings.Repeat("a<b/>", 2000) + "</dc:creator></item>",
		}[name]
		t.Run(name, func(t *testing.T) {
			docs, p := documents(t, []byte(rssOf(anItem("0", "x"), bad, anItem("2", "y"))), "")
			if len(docs) != 2 || docs[0].GUID != "2" || docs[1].GUID != "0" {
				t.Errorf("read %+v", docs)
			}
			if p.entries[1].fault == nil && p.entries[0].fault == nil && p.entries[2].fault == nil {
				t.Error("the bomb was not reported")
			}
		})
	}
}

// An item that the parser does not take is lost alone, with its neighbours' texts
// where they belong.
func TestItemsAreParsedOneByOneWhenNeeded(t *testing.T) {
	bad := `<item><guid>1</guid><link>a<?x</link><enclosure <<< url="x"/></item>`
	src := []byte(rssOf(anItem("0", "x"), bad, anItem("2", "y")))
	docs, _ := documents(t, src, "")
	for _, d := range docs {
		if want := map[string]string{"0": "x", "2": "y"}[d.GUID]; want != "" && d.Body != want {
			t.Errorf("item %s has the body %q, want %q", d.GUID, d.Body, want)
		}
	}
	if !bytes.Contains(src, []byte("<?x")) || len(docs) < 2 {
		t.Errorf("%d items, want the two good ones at least", len(docs))
	}
}

func TestHeadChangesEveryHash(t *testing.T) {
	one, _ := documents(t, []byte(rssOf("<language>en</language>", anItem("1", "x"))), "")
	two, _ := documents(t, []byte(rssOf("<language>de</language>", anItem("1", "x"))), "")
	same, _ := documents(t, []byte(rssOf("<language>en</language>", "<generator>new</generator>", anItem("1", "x"), anItem("2", "y"))), "")
	if one[0].RawSHA256 == two[0].RawSHA256 {
		t.Error("the items' language changed, and they count as unchanged")
	}
	if one[0].RawSHA256 != same[1].RawSHA256 {
		t.Error("nothing about the item changed, and it counts as changed")
	}
}

func TestParseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at, _ := url.Parse("https://feed.example/")
	for _, src := range []string{rssOf(anItem("1", "x")), `{"items":[{"id":"1"}]}`} {
		if _, err := parse(ctx, []byte(src), "", at, noon()); !errors.Is(err, context.Canceled) {
			t.Errorf("%.10s: error is %v", src, err)
		}
	}
	o, err := outlineOf(t.Context(), []byte(rssOf(anItem("1", "x"))), largeFeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := parseSkeleton(ctx, o.dialect, o.skeleton); !errors.Is(err, context.Canceled) {
		t.Errorf("the parser goes on: %v", err)
	}
}
