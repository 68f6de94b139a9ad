package daemon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/cmd/daemon"
	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks"
)

// unchangedFeeds is how many feeds are polled, and readersAtOnce how many of them at
// the same time.
const (
	unchangedFeeds = 2000
	readersAtOnce  = 128
)

// list is a source that stands on many feeds, as a list of feeds is one: it reads all
// whose time has come, and its checkpoint holds theirs.
type list struct {
	addresses []string
	feeds     map[string]pipeline.Source
}

func listType(base string) pipeline.SourceType {
	return pipeline.SourceType{Name: "list", Configure: func(o pipeline.Options) pipeline.OpenSource {
		return func(env pipeline.SourceEnv) (pipeline.Source, error) {
			l := list{feeds: map[string]pipeline.Source{}}
			for i := range unchangedFeeds {
				address := fmt.Sprintf("%s/blogs/%d/feed.xml", base, i)
				l.addresses = append(l.addresses, address)
				l.feeds[address] = env.Feed(address, 0)
			}
			return l, nil
		}
	}}
}

// Read reads every feed.
func (l list) Read(ctx context.Context, stored []byte, out pipeline.Out) (pipeline.Reading, error) {
	known := map[string][]byte{}
	if stored != nil {
		if err := json.Unmarshal(stored, &known); err != nil {
			return pipeline.Reading{}, err
		}
	}
	var mu sync.Mutex
	next, changed := map[string][]byte{}, false
	var first error
	addresses := make(chan string)
	var work sync.WaitGroup
	for range readersAtOnce {
		work.Go(func() {
			for address := range addresses {
				r, err := l.feeds[address].Read(ctx, known[address], lockedOut{&mu, out})
				mu.Lock()
				if next[address] = r.Checkpoint; err != nil {
					first = err
				}
				changed = changed || !r.Unchanged
				mu.Unlock()
			}
		})
	}
	for _, address := range l.addresses {
		addresses <- address
	}
	close(addresses)
	if work.Wait(); first != nil || !changed {
		return pipeline.Reading{Checkpoint: stored, Unchanged: !changed}, first
	}
	kept, err := json.Marshal(next)
	return pipeline.Reading{Checkpoint: kept}, err
}

type lockedOut struct {
	*sync.Mutex
	pipeline.Out
}

func (o lockedOut) Document(d review.Document) error {
	o.Lock()
	defer o.Unlock()
	return o.Out.Document(d)
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

// BenchmarkUnchangedFeeds polls 2,000 feeds that have not changed, as one source,
// through the daemon: with the log, where each next time is written before its request.
// The server is part of the process, and of its CPU.
func BenchmarkUnchangedFeeds(b *testing.B) {
	server := stubServer(b)
	clock := newHandClock(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC))
	dir := b.TempDir()
	text := "version: 1\nsite: {title: T, url: \"https://reviews.example.org\"}\nsources:\n  - {name: blogs, type: list}\n"
	cfg, err := config.Parse(filepath.Join(dir, "filmwire.yaml"), []byte(text), config.Catalogue{Sources: []pipeline.SourceType{listType("http://blogs.example.org")}, Sinks: sinks.Builtin()})
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
