package daemon_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sources"
)

// unchangedFeeds is how many feeds are polled.
const unchangedFeeds = 2000

// unchangedHosts is how many hosts they are on: of one host, two are asked at a time.
const unchangedHosts = 20

// listOf is a list of the feeds.
func listOf(b *testing.B, dir string) {
	var outlines []pipeline.Outline
	for i := range unchangedFeeds {
		outlines = append(outlines, pipeline.Outline{Title: fmt.Sprint("Blog ", i), Feed: fmt.Sprintf("http://blogs%d.example.org/blogs/%d/feed.xml", i%unchangedHosts, i)})
	}
	list, err := pipeline.OPML("Blogs", "http://blogs.example.org/", outlines)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "blogs.opml"), list, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// stubServer answers as a server of feeds does that have not changed, at as little cost
// as a server can have, since it shares the processor with what is measured.
func stubServer(b *testing.B) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	const feed = `<rss version="2.0"><channel><title>T</title><link>https://a.example/</link><ttl>60</ttl><item><guid isPermaLink="false">1</guid><title>T (2020)</title><description>A sentence.</description></item></channel></rss>`
	full := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nEtag: \"1\"\r\nContent-Length: %d\r\n\r\n%s", len(feed), feed)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				lines := bufio.NewReader(conn)
				for conditional := false; ; {
					line, err := lines.ReadSlice('\n')
					if err != nil {
						return
					}
					switch {
					case strings.HasPrefix(string(line), "If-None-Match:"):
						conditional = true
					case len(line) <= 2:
						answer := full
						if conditional {
							answer = "HTTP/1.1 304 Not Modified\r\nEtag: \"1\"\r\n\r\n"
						}
						if _, err := io.WriteString(conn, answer); err != nil {
							return
						}
						conditional = false
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// BenchmarkUnchangedFeeds polls 2,000 feeds that have not changed, as one list of feeds,
// through the daemon: with the log, where each next time is written before its request.
// The server is part of the process, and of its CPU.
func BenchmarkUnchangedFeeds(b *testing.B) {
	server := stubServer(b)
	clock := newHandClock(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC))
	dir := b.TempDir()
	text := "version: 1\nsite: {title: T, url: \"https://reviews.example.org\"}\nsources:\n  - {name: blogs, type: opml, path: ./blogs.opml}\n"
	listOf(b, dir)
	cfg, err := config.Parse(filepath.Join(dir, "filmwire.yaml"), []byte(text), config.Catalogue{Sources: sources.Builtin(), Sinks: sinks.Builtin()})
	if err != nil {
		b.Fatal(err)
	}
	d, err := daemon.Open(b.Context(), daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock, Version: "bench",
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	once := func(read int) {
		sum, err := d.Once(b.Context())
		if err != nil || sum.NeedsAttention() || sum.Reports[0].Read != read {
			b.Fatalf("%+v, %v", sum, err)
		}
	}
	once(unchangedFeeds)
	var took, spent time.Duration
	b.ReportAllocs()
	for b.Loop() {
		clock.moveTo(clock.Now().Add(2 * time.Hour))
		began, before := time.Now(), cpu(b)
		once(0)
		took, spent = took+time.Since(began), spent+cpu(b)-before
	}
	feeds := float64(b.N) * unchangedFeeds
	b.ReportMetric(feeds/took.Seconds(), "feeds/s")
	b.ReportMetric(float64(spent.Nanoseconds())/1000/feeds, "cpu-us/feed")
	b.ReportMetric(0, "ns/op")
}
