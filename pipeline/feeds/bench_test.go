//go:build unix

package feeds

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
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
		identify(p.entries, nil)
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
		if _, err := outlineOf(b.Context(), toUTF8(src, "")); err != nil {
			b.Fatal(err)
		}
	}
}
