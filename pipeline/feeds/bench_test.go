//go:build unix

package feeds

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"github.com/mmcdole/gofeed"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

// blogFeed is a feed as WordPress writes one, of n items of about 2.4 kB each.
func blogFeed(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
	xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel>
	<title>The Aisle Seat</title>
	<atom:link href="https://reviews.example.org/feed/" rel="self" type="application/rss+xml" />
	<link>https://reviews.example.org</link>
	<description>Films, seen</description>
	<lastBuildDate>Sun, 22 Nov 2026 18:00:00 +0000</lastBuildDate>
	<language>en-GB</language>
	<sy:updatePeriod>hourly</sy:updatePeriod>
`)
	body := strings.Repeat("<p>The long take in the second act is where the film earns its <em>reputation</em>; nothing before it &#8211; and little after &#8211; is as sure of itself.</p>\n", 10)
	for i := range n {
		date := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour).Format(time.RFC1123Z)
		fmt.Fprintf(&b, `	<item>
		<title>Film Number %[1]d (2010) &#8211; &#9733;&#9733;&#9733;&#189;</title>
		<link>https://reviews.example.org/2026/11/film-number-%[1]d/</link>
		<comments>https://reviews.example.org/2026/11/film-number-%[1]d/#respond</comments>
		<dc:creator><![CDATA[Jane Doe]]></dc:creator>
		<pubDate>%[2]s</pubDate>
		<category><![CDATA[Drama]]></category>
		<category><![CDATA[Reviews]]></category>
		<guid isPermaLink="false">https://reviews.example.org/?p=%[1]d</guid>
		<description><![CDATA[The long take in the second act is where the film earns its reputation; nothing before it [&#8230;]]]></description>
		<content:encoded><![CDATA[%[3]s]]></content:encoded>
		<wfw:commentRss>https://reviews.example.org/2026/11/film-number-%[1]d/feed/</wfw:commentRss>
		<slash:comments>0</slash:comments>
	</item>
`, i, date, body)
	}
	b.WriteString("</channel>\n</rss>\n")
	return b.Bytes()
}

const benchItems = 100

// perItem reports what an item costs: the time that passed, and the processor's,
// which other work on the machine disturbs less.
func perItem(b *testing.B, before time.Duration) {
	items := float64(b.N * benchItems)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/items, "ns/item")
	b.ReportMetric(float64((processor()-before).Nanoseconds())/items, "cpu-ns/item")
}

func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rssFile is what encoding/xml is asked for: the fields that a review is made of.
type rssFile struct {
	Items []struct {
		Title    string   `xml:"title"`
		Link     string   `xml:"link"`
		GUID     string   `xml:"guid"`
		Date     string   `xml:"pubDate"`
		Creator  string   `xml:"http://purl.org/dc/elements/1.1/ creator"`
		Category []string `xml:"category"`
		Summary  string   `xml:"description"`
		Body     string   `xml:"http://purl.org/rss/1.0/modules/content/ encoded"`
	} `xml:"channel>item"`
}

// BenchmarkReviews measures a feed's bytes to its normalized reviews, and in the same
// run, turn by turn, encoding/xml's Unmarshal of the same bytes with one pass of
// bluemonday over the bodies. Both by the processor's time.
func BenchmarkReviews(b *testing.B) {
	for _, items := range []int{20, 100, 5000} {
		b.Run(fmt.Sprintf("%d items", items), func(b *testing.B) { benchmarkReviews(b, items) })
	}
}

func benchmarkReviews(b *testing.B, items int) {
	src, policy := blogFeed(items), bluemonday.UGCPolicy()
	var ours, plain time.Duration
	for b.Loop() {
		began := processor()
		normalizeAll(b, src, items)
		ours += processor() - began
		began = processor()
		sanitizeAll(b, policy, src, items)
		plain += processor() - began
	}
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(b.N*items) }
	b.ReportMetric(per(ours), "cpu-ns/review")
	b.ReportMetric(per(plain), "cpu-ns/plain")
	b.ReportMetric(float64(ours)/float64(plain), "ratio")
	b.ReportMetric(0, "ns/op")
}

func normalizeAll(b *testing.B, src []byte, items int) {
	at, _ := url.Parse("https://reviews.example.org/feed/")
	p, err := parse(b.Context(), src, "application/rss+xml", at, time.Time{})
	if err != nil || p.count() != items {
		b.Fatal(err)
	}
	if _, err := p.each(b.Context(), identities{}, func(entries []entry) error {
		for i := range entries {
			r, err := normalize.Normalize(entries[i].doc)
			if err != nil || r.Film.Title == "" || r.BodyHTML == "" || r.Rating.Kind == review.Unrated {
				b.Fatalf("%+v: %v", r, err)
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

func sanitizeAll(b *testing.B, policy *bluemonday.Policy, src []byte, items int) {
	var f rssFile
	if err := xml.Unmarshal(src, &f); err != nil || len(f.Items) != items {
		b.Fatal(err)
	}
	for i := range f.Items {
		if policy.Sanitize(f.Items[i].Body) == "" {
			b.Fatal("nothing is left")
		}
	}
}

// BenchmarkRSS measures a feed's bytes to its documents; BenchmarkUniversal is
// gofeed's universal parser on the same bytes, to compare with in the same run.
func BenchmarkRSS(b *testing.B) {
	src := blogFeed(benchItems)
	at, _ := url.Parse("https://reviews.example.org/feed/")
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	before := processor()
	for b.Loop() {
		p, err := parse(b.Context(), src, "application/rss+xml", at, time.Time{})
		if err != nil || len(p.entries) != benchItems {
			b.Fatal(err)
		}
		identities{}.identify(p.entries)
		oldestFirst(latest(p.entries))
	}
	perItem(b, before)
	b.ReportMetric(float64(len(src))/benchItems, "B/item")
}

func BenchmarkUniversal(b *testing.B) {
	src := blogFeed(benchItems)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	before := processor()
	for b.Loop() {
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(src)); err != nil {
			b.Fatal(err)
		}
	}
	perItem(b, before)
}

func BenchmarkOutline(b *testing.B) {
	src := blogFeed(benchItems)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := outlineOf(b.Context(), toUTF8(src, ""), largeFeed); err != nil {
			b.Fatal(err)
		}
	}
}
