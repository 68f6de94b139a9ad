package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/serve"
)

// feedOf50kB is a feed of about 50 kB that compresses as text does.
func feedOf50kB() []byte {
	words := strings.Fields("the film a scene camera light quiet slow actor plays her city night rain music score edit cut long shot story people")
	random := rand.New(rand.NewPCG(1, 2))
	b := bytes.NewBufferString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>The Aisle Seat</title>`)
	for i := 0; b.Len() < 50_000; i++ {
		fmt.Fprintf(b, "<item><title>Film %d (19%02d) ★★★½</title><link>https://example.org/%d/</link><guid>tag:example.org,2026:%d</guid><description>", i, i%100, i, i)
		for range 120 {
			b.WriteString(words[random.IntN(len(words))] + " ")
		}
		b.WriteString("</description></item>\n")
	}
	b.WriteString("</channel></rss>")
	return b.Bytes()
}

const nginxConfig = `daemon off; master_process on; worker_processes %d; pid %[2]s/pid; error_log %[2]s/error.log;
events { worker_connections 1024; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
	types { application/rss+xml rss; } client_body_temp_path %[2]s/b; proxy_temp_path %[2]s/p; fastcgi_temp_path %[2]s/f;
	uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
	server { listen %[3]s; root %[4]s; gzip_static on; add_header Cache-Control "public, max-age=60"; add_header Vary "Accept-Encoding"; }
}
`

// BenchmarkAgainstNginx serves one feed of 50 kB, here and with nginx, to the same
// client on the same machine, in turns, and says how the rates compare. It needs
// nginx and wrk.
func BenchmarkAgainstNginx(b *testing.B) {
	for _, tool := range []string{"nginx", "wrk"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("SKIPPED: there is no %s on this machine", tool)
		}
	}
	root := b.TempDir()
	feed := feedOf50kB()
	file := filepath.Join(root, "latest.rss")
	if err := os.WriteFile(file, feed, 0o644); err != nil {
		b.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(feed)
	z.Close()
	if err := os.WriteFile(file+".gz", zipped.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{root, file, file + ".gz"} { // nginx may serve as another user
		for dir := path; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			os.Chmod(dir, 0o755)
		}
		os.Chtimes(path, longAgo(), longAgo())
	}
	ours := startOurs(b, root)
	theirs, nginx := startNginx(b, root)
	workers := childrenOf(nginx)
	for _, c := range []struct{ name, header string }{
		{"200", "Accept-Encoding: identity"}, {"200-gzip", "Accept-Encoding: gzip"}, {"304", "If-None-Match"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var of, ofCPU, ourRates, theirRates []float64
			for range 9 { // in turns: others use the machine too
				our, ourCPU := wrk(b, ours, header(b, c.header, ours), func() float64 { return cpuOf(b, "self") })
				their, theirCPU := wrk(b, theirs, header(b, c.header, theirs), func() float64 { return cpuOf(b, workers...) })
				of, ourRates, theirRates = append(of, our/their), append(ourRates, our), append(theirRates, their)
				ofCPU = append(ofCPU, theirCPU/ourCPU)
			}
			b.ReportMetric(median(ourRates), "filmwire/s")
			b.ReportMetric(median(theirRates), "nginx/s")
			b.ReportMetric(median(of), "of-nginx")
			b.ReportMetric(median(ofCPU), "of-nginx-by-cpu")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// header fills in the entity tag of a condition.
func header(b *testing.B, text, url string) string {
	if text == "If-None-Match" {
		text += ": " + etagOf(b, url)
	}
	return text
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

func startOurs(b *testing.B, root string) (url string) {
	b.Helper()
	s, err := serve.New(serve.Options{Root: root, Site: someSite, Log: slog.New(slog.DiscardHandler), Clock: pipeline.SystemClock{}})
	if err != nil {
		b.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	b.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			b.Error(err)
		}
		s.Close()
	})
	return "http://" + ln.Addr().String() + "/latest.rss"
}

func startNginx(b *testing.B, root string) (url string, pid int) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close() // for nginx to take
	dir := b.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, runtime.NumCPU(), dir, address, root), 0o644); err != nil {
		b.Fatal(err)
	}
	nginx := exec.Command("nginx", "-c", config, "-e", filepath.Join(dir, "error.log"))
	if err := nginx.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		nginx.Process.Signal(os.Interrupt) // the master ends its workers
		nginx.Wait()
	})
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return "http://" + address + "/latest.rss", nginx.Process.Pid
		}
		if b.Context().Err() != nil {
			b.Fatal(err)
		}
		exec.Command("true").Run() // let it start
	}
}

func etagOf(b *testing.B, url string) string {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Etag")
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrk asks as often as it can for a second, and says how often it was answered, and
// what an answer took of the server's CPU, in ticks.
func wrk(b *testing.B, url, header string, cpu func() float64) (rate, perAnswer float64) {
	b.Helper()
	before := cpu()
	out, err := exec.Command("wrk", "-t1", "-c32", "-d1s", "-H", header, url).CombinedOutput()
	spent := cpu() - before
	m := wrkRate.FindSubmatch(out)
	if err != nil || m == nil || bytes.Contains(out, []byte("Non-2xx")) && !strings.HasPrefix(header, "If-None-Match") {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	rate, err = strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate, spent / rate
}

// cpuOf is the CPU that processes have used, in ticks of the system. Unlike a rate it
// says the same on a machine that is busy with other things.
func cpuOf(b *testing.B, pids ...string) float64 {
	b.Helper()
	ticks := 0.0
	for _, pid := range pids {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		_, rest, _ := strings.Cut(string(text), ") ") // behind the name
		fields := strings.Fields(rest)
		if err != nil || len(fields) < 13 {
			return math.NaN() // not on this system
		}
		for _, f := range fields[11:13] { // utime and stime
			n, err := strconv.ParseFloat(f, 64)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return ticks
}

// childrenOf are the processes that a process has started.
func childrenOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return []string{"none"} // not on this system
	}
	return strings.Fields(string(text))
}
