package feed_test

import (
	"fmt"
	"html"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"
	gofeedjson "github.com/mmcdole/gofeed/json"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/feed"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// hostile are strings that have broken feeds somewhere.
func hostile() map[string]string {
	return map[string]string{
		"empty":           "",
		"space":           " \t\n ",
		"null":            "a\x00b",
		"controls":        "\x01\x02\x0b\x0c\x0e\x1f\x7f\u0080\u0085\u009f",
		"not utf-8":       "caf\xe9 \xff\xfe \xc3",
		"lone surrogate":  "\xed\xa0\x80 and \xed\xbf\xbf",
		"noncharacters":   "\ufffe\uffff\ufdd0\U0001fffe",
		"replacement":     "lost \ufffd here",
		"byte-order mark": "\ufeffmarked",
		"end of cdata":    "]]>",
		"ends of cdata":   "]]]]>><![CDATA[x]]>]]>",
		"cdata in pieces": "]]\x00>",
		"line ends":       "a\rb\r\nc\n\rd",
		"bidi":            "\u202eesrever\u202c \u2067isolated\u2069 \u200f",
		"emoji":           "👩‍👩‍👧‍👦 🏳️‍🌈 é",
		"html":            `<b onclick="x()">bold</b> & <script>alert("1")</script>`,
		"entities":        "&amp; &lt; &#60; &nbsp; &nosuch; AT&T &",
		"xml":             `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x><!-- -- -->`,
		"closing tags":    "</item></channel></rss></entry></feed>",
		"dates":           "<updated>@</updated><lastBuildDate>@</lastBuildDate>",
		"quotes":          `"double" 'single' \u0000 \`,
		"separators":      "a\u2028b\u2029c\u00a0d",
		"template":        "{{.Film}} {{end}} %s %!d(MISSING)",
		"path":            "../../../etc/passwd",
		"url":             "https://user:secret@exämple.org:8080/a b?q=ü&x=<y>#%zz",
		"javascript":      "javascript:alert(1)",
	}
}

// TestHostileStrings writes each of them into every text field of a review.
func TestHostileStrings(t *testing.T) {
	for name, s := range hostile() {
		t.Run(name, func(t *testing.T) {
			e := sinktest.Event(sinktest.Stars("3.5", "5"))
			fill(reflect.ValueOf(e).Elem(), s)
			e.ReviewID, e.Rights, e.Rating.Kind, e.Spoiler = "0123456789abcdef0123456789abcdef", review.RightsFull, review.Scored, false
			mustAgree(t, sinktest.Event(sinktest.GUID("2")), e)
		})
	}
}

// TestHostileFields writes each of them into one field at a time.
func TestHostileFields(t *testing.T) {
	for name, s := range hostile() {
		t.Run(name, func(t *testing.T) {
			var events []*review.Event
			for n, set := range []func(e *review.Event){
				func(e *review.Event) { e.Title = s },
				func(e *review.Event) { e.Title = "Another title " + s },
				func(e *review.Event) { e.Summary = s },
				func(e *review.Event) { e.Summary, e.BodyText, e.BodyHTML = "", s+"\n\n"+s, "" },
				func(e *review.Event) { e.BodyHTML = "<p>" + s + "</p>" },
				func(e *review.Event) { e.URL = s },
				func(e *review.Event) { e.URL = "https://example.org/" + s },
				func(e *review.Event) { e.Film.Title, e.Rights = s, review.RightsLink },
				func(e *review.Event) { e.Critic.Name, e.Critic.URL = s, s },
				func(e *review.Event) {
					e.CoCritics = []review.Critic{{Name: s, URL: s}, {Name: "John Roe"}, {Name: s + "x"}}
				},
				func(e *review.Event) {
					e.Critic, e.CoCritics = review.Critic{}, []review.Critic{{Name: s}, {ID: review.CriticID(s)}}
				},
				func(e *review.Event) { e.Tags = []string{s, "x", s + "x"} },
				func(e *review.Event) { e.FeedID = s + "1" },
				func(e *review.Event) { e.Film.ID, e.URL = review.FilmID(s), "" },
				func(e *review.Event) {
					e.Rating = review.Rating{Kind: review.Scored, Letter: s, Raw: s, Norm: review.Int(50)}
				},
				func(e *review.Event) { e.Source.Name, e.Source.URL = s, "https://example.org/feed" },
			} {
				e := sinktest.Event(sinktest.GUID(fmt.Sprint(n)))
				set(e)
				events = append(events, e)
			}
			mustAgree(t, events...)
		})
	}
}

// fill sets every string below v, in slices of two.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), s)
			}
		}
	}
}

// mustAgree puts the reviews into a feed and asks that it is valid, and that two
// parsers that know nothing of each other read the same from all three formats.
func mustAgree(t testing.TB, events ...*review.Event) {
	t.Helper()
	b := newBench(t, feed.Defaults())
	b.apply(events...)
	mustBeValid(t, b.docs.Files(), "feeds/test")
	if err := agree(t, b.docs.Files()); err != nil {
		t.Error(err)
	}
	if got := len(b.titles("feeds/test.json")); got != len(events) {
		t.Errorf("%d entries of %d reviews", got, len(events))
	}
}

// look is what a reader of feeds sees of an entry.
type look struct{ ID, Title, Link, Published, Summary, Content, Authors, Tags string }

func agree(t testing.TB, files map[string]string) error {
	t.Helper()
	want := looksOfJSON(t, files["feeds/test.json"])
	for name, got := range map[string][]look{
		"rss":            looksOfRSS(t, files["feeds/test.rss"]),
		"atom":           looksOfAtom(t, files["feeds/test.atom"]),
		"rss by gofeed":  looksOfGofeed(t, files["feeds/test.rss"], want),
		"atom by gofeed": looksOfGofeed(t, files["feeds/test.atom"], want),
		"json by gofeed": looksOfGofeed(t, files["feeds/test.json"], want),
	} {
		if name == "rss" || name == "rss by gofeed" {
			for i := range got {
				got[i].Summary = html.UnescapeString(got[i].Summary) // HTML there, shown as text
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("JSON and %s differ (-json +%s):\n%.3000s", name, name, diff)
		}
	}
	return nil
}

func looksOfJSON(t testing.TB, doc string) []look {
	looks := []look{}
	for _, it := range readJSON(t, doc).Items {
		l := look{ID: it.ID, Title: it.Title, Link: it.URL, Published: it.Published, Summary: it.Summary, Tags: strings.Join(it.Tags, "|")}
		if it.ContentHTML != nil {
			l.Content = *it.ContentHTML
		}
		for _, a := range it.Authors {
			l.Authors += a.Name + "|"
		}
		looks = append(looks, l)
	}
	return looks
}

func looksOfRSS(t testing.TB, doc string) []look {
	looks := []look{}
	for _, it := range parseXML(t, doc).one("", "channel").all("", "item") {
		l := look{
			ID: it.says("", "guid"), Title: it.says("", "title"), Link: it.says("", "link"),
			Summary: it.says("", "description"), Content: it.says(bodySpace, "encoded"), Tags: it.list("", "category"),
		}
		if date := it.says("", "pubDate"); date != "" {
			d, err := time.Parse(time.RFC1123Z, date)
			if err != nil {
				t.Error(err)
			}
			l.Published = d.UTC().Format(time.RFC3339)
		}
		for _, c := range it.all(dcSpace, "creator") {
			l.Authors += c.text + "|"
		}
		looks = append(looks, l)
	}
	return looks
}

func looksOfAtom(t testing.TB, doc string) []look {
	looks := []look{}
	for _, e := range parseXML(t, doc).all(atomSpace, "entry") {
		l := look{
			ID: e.says(atomSpace, "id"), Title: e.says(atomSpace, "title"), Link: e.all(atomSpace, "link")[0].attrs["href"],
			Published: e.says(atomSpace, "published"), Summary: e.says(atomSpace, "summary"), Content: e.says(atomSpace, "content"),
		}
		var terms []string
		for _, c := range e.all(atomSpace, "category") {
			terms = append(terms, c.attrs["term"])
		}
		l.Tags = strings.Join(terms, "|")
		for _, a := range e.all(atomSpace, "author") {
			l.Authors += a.says(atomSpace, "name") + "|"
		}
		looks = append(looks, l)
	}
	return looks
}

// looksOfGofeed takes a JSON feed's content_text for content, which is the summary here.
func looksOfGofeed(t testing.TB, doc string, want []look) []look {
	f, err := gofeed.NewParser().ParseString(doc)
	if err != nil {
		t.Errorf("gofeed: %v\n%.2000s", err, doc)
		return nil
	}
	looks := []look{}
	for i, it := range f.Items {
		l := look{ID: it.GUID, Title: it.Title, Link: it.Link, Summary: it.Description, Content: it.Content, Tags: strings.Join(it.Categories, "|")}
		l.Authors = namesByGofeed(t, f, doc, i)
		if it.PublishedParsed != nil {
			l.Published = it.PublishedParsed.UTC().Format(time.RFC3339)
		}
		if i < len(want) {
			if want[i].Content == "" && l.Content == l.Summary {
				l.Content = ""
			}
		}
		looks = append(looks, l)
	}
	return looks
}

// namesByGofeed are an item's authors. In those of RSS and JSON gofeed looks for mail
// addresses, but keeps them as they are elsewhere.
func namesByGofeed(t testing.TB, f *gofeed.Feed, doc string, i int) (names string) {
	it := f.Items[i]
	switch f.FeedType {
	case "rss":
		if it.DublinCoreExt != nil {
			names = strings.Join(append(it.DublinCoreExt.Creator, ""), "|")
		}
	case "json":
		native, err := new(gofeedjson.Parser).Parse(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range native.Items[i].Authors {
			names += a.Name + "|"
		}
	default:
		for _, a := range it.Authors {
			names += a.Name + "|"
		}
	}
	return names
}

// TestOneMegabyte has titles and texts of a size that nobody expects.
func TestOneMegabyte(t *testing.T) {
	s := strings.Repeat("Äußerst lang <&> ", 1<<20/19)
	mustAgree(t,
		sinktest.Event(func(e *review.Event) { e.Title = s }),
		sinktest.Event(sinktest.GUID("2"), func(e *review.Event) { e.Summary, e.BodyHTML, e.BodyText = "", "", s }),
		sinktest.Event(sinktest.GUID("3"), func(e *review.Event) { e.BodyHTML = s }))
}

// TestFormatsAgree is the same for random reviews.
func TestFormatsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := sinktest.Histories().Draw(rt, "history")
		b := &bench{t: t, st: &sinktest.Memory{}, docs: &sinktest.Documents{}, log: h}
		b.view = open(t, feed.Defaults(), b.env())
		if err := b.view.Apply(t.Context(), h, b.st, b.docs); err != nil {
			rt.Fatal(err)
		}
		mustBeValid(t, b.docs.Files(), "feeds/test")
		if err := agree(t, b.docs.Files()); err != nil {
			rt.Fatal(err)
		}
	})
}
