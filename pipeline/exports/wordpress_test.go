package exports_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/exports"
	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestWordPressGolden reads the exports in testdata, and writes down the reviews they
// come to, and what is said of the rest.
func TestWordPressGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/wordpress/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			out := read(t, pipeline.Export{Path: path})
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			for _, d := range out.documents {
				r, err := normalize.Normalize(d)
				if err != nil {
					t.Fatal(err)
				}
				r.Source.GUID = d.GUID
				if err := enc.Encode(r); err != nil {
					t.Fatal(err)
				}
			}
			for _, guid := range out.gone {
				fmt.Fprintf(&b, "gone %s\n", guid)
			}
			for _, p := range out.problems {
				fmt.Fprintf(&b, "! %s: %v\n", filepath.Base(p.Where), p.Err)
			}
			golden := strings.TrimSuffix(path, ".xml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// wxr is an export with items in it.
func wxr(items ...string) string {
	return `<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<wp:base_blog_url>https://x.example</wp:base_blog_url>
<wp:author><wp:author_login><![CDATA[j]]></wp:author_login><wp:author_display_name><![CDATA[Jane Doe]]></wp:author_display_name></wp:author>
` + strings.Join(items, "") + "</channel>\n</rss>\n"
}

// item is a post of the export; more stands behind its own elements.
func item(id, content string, more ...string) string {
	return fmt.Sprintf(`<item>
<title><![CDATA[Film %[1]s]]></title>
<link>https://x.example/%[1]s/</link>
<dc:creator><![CDATA[j]]></dc:creator>
<guid isPermaLink="false">https://x.example/?p=%[1]s</guid>
<content:encoded><![CDATA[%[2]s]]></content:encoded>
<wp:post_id>%[1]s</wp:post_id>
<wp:status><![CDATA[publish]]></wp:status>
<wp:post_type><![CDATA[post]]></wp:post_type>
%[3]s</item>
`, id, content, strings.Join(more, ""))
}

func meta(key, value string) string {
	return "<wp:postmeta><wp:meta_key><![CDATA[" + key + "]]></wp:meta_key><wp:meta_value><![CDATA[" + value + "]]></wp:meta_value></wp:postmeta>\n"
}

// ids are the documents' ids without the address, what is gone, and the problems.
func (s *shelf) ids() []string {
	var all []string
	for _, d := range s.documents {
		all = append(all, strings.TrimPrefix(d.GUID, "https://x.example/?p="))
	}
	for _, guid := range s.gone {
		all = append(all, "gone "+strings.TrimPrefix(guid, "https://x.example/?p="))
	}
	for _, p := range s.problems {
		all = append(all, "! "+filepath.Base(p.Where)+": "+p.Err.Error())
	}
	return all
}

func TestDamagedWordPressExports(t *testing.T) {
	three := wxr(item("1", "One."), item("2", "Two."), item("3", "Three."))
	swap := func(old, new string) string {
		if !strings.Contains(three, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(three, old, new, 1)
	}
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"whole", three, []string{"1", "2", "3"}},
		{"control characters", swap("Two.", "T\x00w\x0bo\x1f."), []string{"1", "2", "3"}},
		{"references to control characters", swap("<![CDATA[Film 2]]>", "Film &#11;&#x1F;2"), []string{"1", "2", "3"}},
		{"content without its end", swap("Two.]]>", "Two."), []string{"1", "3", "! export.xml:16: a CDATA section in this item is not closed; it is passed over"}},
		{"the last section without its end", swap("<wp:post_type><![CDATA[post]]></wp:post_type>\n</item>\n<item>\n<title><![CDATA[Film 2", "<wp:post_type><![CDATA[post</wp:post_type>\n</item>\n<item>\n<title><![CDATA[Film 2"),
			[]string{"2", "3", "! export.xml:6: a CDATA section in this item is not closed; it is passed over"}},
		{"the last section of all", wxr(item("1", "One.")) + "", []string{"1"}},
		{"a section that never ends", strings.Replace(three, "<wp:post_type><![CDATA[post]]></wp:post_type>\n</item>\n</channel>", "<wp:post_type><![CDATA[post</wp:post_type>\n</item>\n</channel>", 1),
			[]string{"1", "2", "! export.xml:26: a CDATA section in this item is not closed; it is passed over"}},
		{"an item without its end", swap("</item>\n<item>\n<title><![CDATA[Film 3", "<item>\n<title><![CDATA[Film 3"), []string{"1", "3", "! export.xml:16: this item is not closed where the next begins; it is passed over"}},
		{"a tag without its end", swap("<link>https://x.example/2/</link>", "<link>https://x.example/2/"), []string{"1", "3", "! export.xml:16: not well-formed: a tag is not closed, or one that was never opened; the item is passed over"}},
		{"the end is missing", three[:strings.Index(three, "<content:encoded><![CDATA[Three.")], []string{"1", "2", "! export.xml:26: the file ends in this item; was the download cut off?", "! export.xml:31: " + cutShort}},
		{"cut between items", three[:strings.Index(three, "<item>\n<title><![CDATA[Film 3")], []string{"1", "2", "! export.xml:26: " + cutShort}},
		{"PHP speaks before the declaration", "<br />\n<b>Warning</b>: something on line <b>1</b><br />\n" + three, []string{"1", "2", "3"}},
		{"CR LF", strings.ReplaceAll(three, "\n", "\r\n"), []string{"1", "2", "3"}},
		{"UTF-16", utf16le(three), []string{"1", "2", "3"}},
		{"a byte-order mark", "\xef\xbb\xbf" + three, []string{"1", "2", "3"}},
		{"prefixes of one's own", strings.NewReplacer("xmlns:wp=", "xmlns:ns0=", "xmlns:content", "xmlns:ns1", "xmlns:dc", "xmlns:ns2", "wp:", "ns0:", "content:", "ns1:", "dc:", "ns2:").Replace(three), []string{"1", "2", "3"}},
		{"escaped and not in sections", strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(three), []string{"1", "2", "3"}},
		{"nested", swap("<wp:status>", strings.Repeat("<x>", 100)+strings.Repeat("</x>", 100)+"<wp:status>"), []string{"1", "2", "3", "! export.xml:6: elements nested more than 64 deep"}[1:]},
		{"two ends of sections in a text", swap("Two.", "a ]]]]><![CDATA[> b"), []string{"1", "2", "3"}},
		{"an export in a post", swap("Two.", "An item is &lt;item&gt;: <item><title>x</title></item> <item> <title>y"), []string{"1", "2", "3"}},
		{"no post", wxr(strings.ReplaceAll(item("1", "One."), "[post]", "[film]")), []string{"! export.xml: holds no post, but 1 of type film; `types` of a wordpress source says which to read"}},
		{"private, in the bin, planned", wxr(strings.ReplaceAll(item("1", ""), "[publish]", "[private]"), strings.ReplaceAll(item("2", ""), "[publish]", "[trash]"),
			strings.ReplaceAll(item("3", ""), "[publish]", "[future]"), item("4", "")), []string{"4", "gone 1", "gone 2", "gone 3"}},
		{"nothing in it", wxr(), nil},
		{"a site map", `<?xml version="1.0"?><urlset><url/></urlset>`, []string{"! export.xml: is no export of WordPress (Tools > Export), which is the only XML that is read from files; a feed is read from its address"}},
		{"without a guid", swap(`<guid isPermaLink="false">https://x.example/?p=2</guid>`, ""), []string{"1", "2", "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := read(t, pipeline.Export{Path: write(t, "export.xml", c.file)})
			if got := out.ids(); !slices.Equal(got, c.want) {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
			for _, d := range out.documents {
				if id := d.GUID[len(d.GUID)-1:]; d.Stated.Title != "Film "+id || d.Stated.Critic.Name != "Jane Doe" {
					t.Errorf("document %+v", d)
				}
			}
		})
	}
}

const cutShort = "the file ends before its end; was the download cut off? What is whole was read, and nothing is taken for gone"

func utf16le(s string) string {
	b := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestLegacyBytesInAnExport(t *testing.T) {
	for name, c := range map[string][2]string{
		"Windows-1252 where UTF-8 is declared": {wxr(item("1", "Caf\xe9 \x96 good")), "Café – good"},
		"declared":                             {strings.Replace(wxr(item("1", "\xc4\xe5 \xe8")), "UTF-8", "windows-1251", 1), "Де и"},
	} {
		out := read(t, pipeline.Export{Path: write(t, "export.xml", c[0])})
		if len(out.documents) != 1 || out.documents[0].Body != c[1] {
			t.Errorf("%s: %+v", name, out.documents)
		}
	}
}

func TestAnItemThatIsTooLargeIsLostAlone(t *testing.T) {
	big := strings.Repeat("A line of a post that never ends.\n", 20<<20/34)
	out := read(t, pipeline.Export{Path: write(t, "export.xml", wxr(item("1", "One."), item("2", big), item("3", "Three.")))})
	want := []string{"1", "3", "! export.xml:16: an item of more than 16 MB; it is passed over"}
	if got := out.ids(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAListOfTagsIsLargerThanTheRest(t *testing.T) {
	tags := strings.Repeat("<wp:tag><wp:term_id>1</wp:term_id><wp:tag_slug><![CDATA[a-tag]]></wp:tag_slug><wp:tag_name><![CDATA[A tag]]></wp:tag_name></wp:tag>\n", 20<<20/128)
	file := strings.Replace(wxr(item("1", "One."), item("2", "Two.")), "</wp:author>\n", "</wp:author>\n"+tags, 1)
	out := read(t, pipeline.Export{Path: write(t, "export.xml", file)})
	if got := out.ids(); !slices.Equal(got, []string{"1", "2"}) || out.documents[0].Stated.Critic.Name != "Jane Doe" {
		t.Errorf("got %q", got)
	}
}

// TestWordPressPacked reads an export as people have it: gzipped, in parts, zipped,
// in a folder. A picture or an author may stand in another part.
func TestWordPressPacked(t *testing.T) {
	picture := strings.NewReplacer("[post]", "[attachment]", "[publish]", "[inherit]").Replace(item("9", "", "<wp:attachment_url>https://x.example/9.jpg</wp:attachment_url>"))
	parts := map[string]string{
		"site/site.wordpress.2026.000.xml": wxr(item("1", "One.", meta("_thumbnail_id", "9"))),
		"site/site.wordpress.2026.001.xml": wxr(item("2", "Two."), picture),
		"site/readme.xml":                  "<x/>",
		"__MACOSX/site/._x.xml":            wxr(item("7", "")),
	}
	folder := t.TempDir()
	for name, content := range parts {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(folder, "._x.xml")); err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte(wxr(item("1", "One.", meta("_thumbnail_id", "9")), item("2", "Two."), picture)))
	w.Close()
	for name, path := range map[string]string{
		"zip": pack(t, parts, ""), "folder": folder, "gzip": write(t, "x.xml.gz", z.String()), "a name that says nothing": write(t, "x", z.String()),
	} {
		t.Run(name, func(t *testing.T) {
			out := read(t, pipeline.Export{Path: path})
			if got := out.ids(); !slices.Equal(got, []string{"1", "2"}) {
				t.Fatalf("got %q", got)
			}
			if m := out.documents[0].Stated.Media; len(m) != 1 || m[0].URL != "https://x.example/9.jpg" {
				t.Errorf("media %v", m)
			}
		})
	}
	t.Run("gzip that is cut off", func(t *testing.T) {
		out := read(t, pipeline.Export{Path: write(t, "x.xml.gz", z.String()[:z.Len()-40])})
		if len(out.problems) == 0 {
			t.Errorf("nothing was said: %q", out.ids())
		}
	})
}

func TestShortcodesAndLineBreaks(t *testing.T) {
	for _, c := range []struct{ name, content, body, rating string }{
		{"paragraphs", "One\ntwo\n\nthree", "One<br/>\ntwo<br/>\n<br/>\nthree", ""},
		{"blocks", "<!-- wp:paragraph -->\n<p>One</p>\n<!-- /wp:paragraph -->", "<!-- wp:paragraph -->\n<p>One</p>\n<!-- /wp:paragraph -->", ""},
		{"an attribute over two lines", "<a\nhref=x>y</a>", "<a\nhref=x>y</a>", ""},
		{"less than", "1 < 2\n", "1 < 2<br/>\n", ""},
		{"a gallery", "a [gallery ids=\"1,2\"] b", "a  b", ""},
		{"what encloses", "[quote]He said[/quote] [sic] [1] [[rating:3]]", "He said [sic] [1] [[rating:3]]", ""},
		{"an embedded video", "a [embed width=\"1\"]https://v.example/1[/embed] b", "a  b", ""},
		{"rating:3.5/5", "Good. [rating:3.5/5]", "Good. ", "3.5/5 of "},
		{"rating=4", "[rating=4] Good.", " Good.", "4 of "},
		{"stars with a scale", `Good. [star rating="3.5" max="4"]`, "Good. ", "3.5 of 4"},
		{"usr", "[usr 4]", "", "4 of "},
		{"visitors' votes", "[ratings] [yasr_visitor_votes] [kkstarratings]", "  ", ""},
		{"no end of brackets", strings.Repeat("[<", 2000), strings.Repeat("[<", 2000), ""},
		{"a caption in an attribute", `[caption caption="On the pier"]<img src="x">[/caption]`, `<figure><img src="x"><figcaption>On the pier</figcaption></figure>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := read(t, pipeline.Export{Path: write(t, "export.xml", wxr(item("1", c.content)))}).documents[0]
			if d.Body != c.body {
				t.Errorf("body %q, want %q", d.Body, c.body)
			}
			got := ""
			if d.RatingText != "" {
				got = d.RatingText + " of " + d.RatingScale.Best.String()
			}
			if got != c.rating {
				t.Errorf("rating %q, want %q", got, c.rating)
			}
		})
	}
}

// TestWordPressTakesConstantMemory reads a large export, and looks now and then how
// much there is of it in memory.
func TestWordPressTakesConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 60 MB")
	}
	path := filepath.Join(t.TempDir(), "export.xml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := wxr("@")
	head, tail, _ := strings.Cut(whole, "@")
	text := strings.Repeat("A sentence about a film, and another one. ", 480)
	const posts = 3000
	f.WriteString(head)
	for i := range posts {
		f.WriteString(item(fmt.Sprint(i+1), text))
	}
	f.WriteString(tail)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out := &counting{}
	if err := exports.Reader(noon{})(t.Context(), pipeline.Export{Path: path}, out); err != nil {
		t.Fatal(err)
	}
	if out.n != posts || out.problems > 0 {
		t.Errorf("%d documents, %d problems", out.n, out.problems)
	}
	if out.most > 16<<20 {
		t.Errorf("%d MB in memory", out.most>>20)
	}
	t.Logf("at most %d kB", out.most>>10)
}

// counting counts, and notes how much memory is in use.
type counting struct {
	n, problems int
	most        uint64
}

func (c *counting) Document(review.Document) error {
	if c.n++; c.n%500 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.most = max(c.most, m.HeapAlloc)
	}
	return nil
}

func (c *counting) Gone(string) error              { return nil }
func (c *counting) Problem(pipeline.Problem) error { c.problems++; return nil }

func FuzzWXR(f *testing.F) {
	kinds, err := os.ReadFile("testdata/wordpress/every-kind-of-item.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kinds)
	f.Add([]byte(wxr(item("1", "[caption]<img>x[/caption][rating:3]\n<pre>\n"), item("2", "]]]]><![CDATA[>", meta("a", "b")))))
	f.Add([]byte("<wp:wxr_version><item><![CDATA[</item> <item><title>"))
	f.Fuzz(func(t *testing.T, content []byte) {
		out := read(t, pipeline.Export{Path: write(t, "x.xml", string(content))})
		if items := bytes.Count(content, []byte("item")); len(out.documents) > items && !bytes.HasPrefix(content, []byte("\xff\xfe")) && !bytes.HasPrefix(content, []byte("\xfe\xff")) && !bytes.HasPrefix(content, []byte("PK")) && !bytes.HasPrefix(content, []byte("\x1f\x8b")) {
			t.Errorf("%d documents from %d items", len(out.documents), items)
		}
		for _, d := range out.documents {
			if d.GUID == "" || d.RawSHA256 == "" || !utf8.ValidString(d.Body) || !utf8.ValidString(d.Stated.Title) {
				t.Errorf("document %+v", d)
			}
			if _, err := normalize.Normalize(d); err != nil && !errors.Is(err, pipeline.ErrNotReview) {
				t.Errorf("normalize: %v", err)
			}
		}
	})
}

// BenchmarkWordPress reads an export of posts of four kilobytes: cutting, reading and
// hashing, twice through.
func BenchmarkWordPress(b *testing.B) {
	text := strings.Repeat("A sentence about a <em>film</em>, and another one.\n\n", 80)
	var items []string
	for i := range 2000 {
		items = append(items, item(fmt.Sprint(i+1), text, meta("wp_review_total", "4.5"), meta("views", "12")))
	}
	path := write(b, "export.xml", wxr(items...))
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if err := exports.Reader(noon{})(b.Context(), pipeline.Export{Path: path}, &counting{n: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
