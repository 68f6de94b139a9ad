package bus_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
	"github.com/filmwire/filmwire/pipeline/review"
)

// bustestPatience bounds what would otherwise hang for ever.
const bustestPatience = 2 * time.Minute

func bound(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bustestPatience)
	t.Cleanup(cancel)
	return ctx
}

func closeAtEnd(t testing.TB, b *bus.Bus) *bus.Bus {
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// lines is a log that tests can read.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level}))
}

func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	first := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
	_, err := bus.Open(bound(t), bus.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("second open: %v; want an error that names %s and what to do", err, dir)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]bus.Options{
		"nothing given":            {},
		"a file as folder":         {Dir: file},
		"a listen address":         {Dir: t.TempDir(), Listen: "nonsense"},
		"a port that is no number": {Dir: t.TempDir(), Listen: "127.0.0.1:http"},
		"a url that is none":       {URL: "nats://\x00"},
		"credentials not there":    {URL: "nats://127.0.0.1:1", Credentials: filepath.Join(t.TempDir(), "none.creds")},
	} {
		if b, err := bus.Open(bound(t), o); err == nil {
			t.Errorf("%s: opened", name)
			b.Close()
		}
	}
}

func TestOpenWithContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if b, err := bus.Open(ctx, bus.Options{Dir: dir}); err == nil {
		b.Close()
	}
	closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir})) // the folder is free either way
}

func TestQuietAtInfo(t *testing.T) {
	var log lines
	dir := t.TempDir()
	for range 2 {
		b := mustOpen(t, bus.Options{Dir: dir, Log: log.logger(slog.LevelInfo)})
		if _, err := b.Log().Append(bound(t), []pipeline.Append{{Film: bustest.Film(review.FilmID(fmt.Sprint(time.Now().UnixNano())))}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if log.String() != "" {
		t.Errorf("a quiet life fills the log:\n%s", log.String())
	}
}

func TestSocket(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("deep", 30))
	for name, dir := range map[string]string{"short path": t.TempDir(), "path too long for a socket": deep} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			owner := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
			path := filepath.Join(dir, "daemon.sock")
			if dir == deep {
				found, err := filepath.Glob(filepath.Join(tmp, "filmwire-*.sock"))
				if err != nil || len(found) != 1 {
					t.Fatalf("sockets in the temporary folder: %v, %v", found, err)
				}
				path = found[0]
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, want 0600", info.Mode().Perm())
			}
			other := mustOpen(t, bus.Options{Dir: dir, Attach: true})
			if s, err := other.Stats(bound(t)); err != nil || s.Server != "attached" {
				t.Errorf("stats: %+v, %v", s, err)
			}
			if err := other.Close(); err != nil {
				t.Error(err)
			}
			if err := owner.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the socket after close: %v", err)
			}
		})
	}
}

func TestAttachToNobodyOwns(t *testing.T) {
	dir := t.TempDir()
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir, Attach: true}))
	if s, err := b.Stats(bound(t)); err != nil || s.Server != "embedded" {
		t.Errorf("stats: %+v, %v", s, err)
	}
}

func TestOwnerEndsUnderAnAttachedReader(t *testing.T) {
	dir := t.TempDir()
	owner := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
	other := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir, Attach: true}))
	done := make(chan error)
	go func() {
		_, err := other.Log().Read(bound(t), 0, 1)
		done <- err
	}()
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read: %v, want that the connection is gone", err)
	}
	if err := other.Health(bound(t)); err == nil {
		t.Error("health of an attached bus without its owner is fine")
	}
}

func TestKilled(t *testing.T) {
	dir := t.TempDir()
	var acked int
	for round := range 3 {
		acked = killWriter(t, dir, acked, round)
	}
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir})) // a stale socket is there
	head, err := b.Log().Head(bound(t))
	if err != nil || int(head) < acked {
		t.Fatalf("head %d, %v; %d were acknowledged", head, err, acked)
	}
	for after := pipeline.Position(0); after < head; {
		entries, err := b.Log().Read(bound(t), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Position != after+1 {
				t.Fatalf("position %d after %d", e.Position, after)
			}
			after = e.Position
		}
	}
	if value, err := b.KV().Get(bound(t), "acked"); err != nil {
		t.Errorf("state: %v", err)
	} else if n, err := strconv.Atoi(string(value)); err != nil || n < acked {
		t.Errorf("state says %q, %d were acknowledged: %v", value, acked, err)
	}
}

// writerDir is the variable by which the test binary runs as a writer instead.
const writerDir = "FILMWIRE_BUS_TEST_WRITER"

// runAsWriter appends for ever, and prints the newest position after each
// acknowledgement.
func runAsWriter() {
	dir := os.Getenv(writerDir)
	if dir == "" {
		return
	}
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Options{Dir: dir})
	for n := 0; err == nil; n++ {
		group := bustest.First(fmt.Sprintf("pid%d.%d", os.Getpid(), n), 1+29*(n%2)) // one, and a batch of 30
		var at []pipeline.Position
		if at, err = b.Log().Append(ctx, group); err != nil {
			break
		}
		last := strconv.Itoa(int(at[len(at)-1]))
		if err = b.KV().Put(ctx, "acked", []byte(last)); err == nil {
			fmt.Println(last)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// killWriter runs a writer on the folder, kills it in the midst, and returns the
// last position it was sure of.
func killWriter(t *testing.T, dir string, before, round int) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(bound(t), exe)
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked, scan := before, bufio.NewScanner(out)
	for n := 0; n < 5+round && scan.Scan(); n++ {
		if acked, err = strconv.Atoi(scan.Text()); err != nil {
			t.Fatalf("the writer says %q", scan.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for scan.Scan() { // what it said before it died
		if n, err := strconv.Atoi(scan.Text()); err == nil {
			acked = n
		}
	}
	cmd.Wait()
	if acked <= before {
		t.Fatalf("the writer acknowledged nothing: %s", stderr.String())
	}
	return acked
}

// raw is a client of other make on the port of an embedded server.
func raw(t *testing.T, b *bus.Bus) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	s, err := b.Stats(bound(t))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("nats://" + s.Listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

func TestHeaders(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}))
	_, js := raw(t, b)
	first := bustest.Review("Où ça? 50%", 1)
	second := bustest.Revise(first, review.Withdrawn)
	at, err := b.Log().Append(bound(t), []pipeline.Append{{Film: bustest.Film("f-2010")}, {Review: first}})
	if err != nil {
		t.Fatal(err)
	}
	batch := append([]pipeline.Append{{Review: second, After: at[1]}}, bustest.First("plain", 30)...)
	if _, err := b.Log().Append(bound(t), batch); err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(bound(t), "FILMWIRE_LOG")
	if err != nil {
		t.Fatal(err)
	}
	id := string(first.ReviewID)
	plain := string(batch[1].Review.ReviewID)
	for seq, want := range map[uint64][]string{
		1: {"filmwire.films.f-2010", "f-2010.1", "/films", "org.filmwire.film.new", "2026-11-22T18:00:00Z", "f-2010"},
		2: {"", id + ".1", "/sources/O%C3%B9%20%C3%A7a%3F%2050%25", "org.filmwire.review.published", "2026-11-22T18:00:00Z", id},
		3: {"", id + ".2", "/sources/O%C3%B9%20%C3%A7a%3F%2050%25", "org.filmwire.review.withdrawn", "2026-11-22T20:00:00Z", id},
		4: {"filmwire.reviews.plain." + plain, plain + ".1", "/sources/plain", "org.filmwire.review.published", "2026-11-22T18:00:00Z", plain},
	} {
		m, err := st.GetMsg(bound(t), seq)
		if err != nil {
			t.Fatal(err)
		}
		if want[0] != "" && m.Subject != want[0] {
			t.Errorf("%d: subject %s, want %s", seq, m.Subject, want[0])
		}
		if m.Header.Get("ce-specversion") != "1.0" || m.Header.Get("content-type") != "application/json" {
			t.Errorf("%d: headers %v", seq, m.Header)
		}
		for i, name := range []string{"ce-id", "ce-source", "ce-type", "ce-time", "ce-subject"} {
			if got := m.Header.Get(name); got != want[i+1] {
				t.Errorf("%d: %s is %q, want %q", seq, name, got, want[i+1])
			}
		}
		if seq > 1 && (!bytes.Contains(m.Data, []byte(`memory. `)) || !bytes.Contains(m.Data, []byte(`time & memory`)) || bytes.HasSuffix(m.Data, []byte("\n"))) {
			t.Errorf("%d: body %.300s...", seq, m.Data)
		}
	}
}

func TestSubjectsOfOddNames(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}))
	_, js := raw(t, b)
	names := []string{"", " ", "*", ">", "a.b", "a*", "é", "e\u0301", strings.Repeat("x", 65), strings.Repeat("x", 66), "A", "a", "~", "a b", "a\x00b"}
	sum := sha256.Sum256([]byte("*"))
	names = append(names, hex.EncodeToString(sum[:16])) // a plain word that looks like the hash of another
	for _, name := range names {
		if _, err := b.Log().Append(bound(t), []pipeline.Append{{Review: withSource(bustest.Review("s", 1), name)}}); err != nil {
			t.Errorf("source %q: %v", name, err)
		}
	}
	st, err := js.Stream(bound(t), "FILMWIRE_LOG")
	if err != nil {
		t.Fatal(err)
	}
	if n := st.CachedInfo().State.NumSubjects; n != uint64(len(names)) {
		t.Errorf("%d subjects for %d sources", n, len(names))
	}
}

func withSource(e *review.Event, name string) *review.Event {
	e.Source.Name = name
	return e
}

func TestUnreadableEvents(t *testing.T) {
	var log lines
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Log: log.logger(slog.LevelWarn)}))
	_, js := raw(t, b)
	alien := func(subject, body string) {
		t.Helper()
		if _, err := js.Publish(bound(t), subject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	add := func(n int) {
		t.Helper()
		if _, err := b.Log().Append(bound(t), []pipeline.Append{{Review: bustest.Review("s", n)}}); err != nil {
			t.Fatal(err)
		}
	}
	alien("filmwire.reviews.s.newer", `{"schema":"review/2","kind":"praised"}`)
	add(1)
	alien("filmwire.films.broken", `{"schema":`)
	alien("filmwire.reviews.s.empty", ``)
	add(2)
	alien("filmwire.films.newer", `{"schema":"film/2"}`)
	alien("filmwire.reviews.s.newer", `[]`)

	head, err := b.Log().Head(bound(t))
	if err != nil || head != 5 {
		t.Errorf("head %d, %v; want 5, the newest that can be read", head, err)
	}
	for range 3 {
		var got []pipeline.Position
		for after := pipeline.Position(0); after < head; {
			entries, err := b.Log().Read(bound(t), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				after = e.Position
				got = append(got, after)
			}
		}
		if fmt.Sprint(got) != "[2 5]" {
			t.Errorf("read %v, want [2 5]", got)
		}
	}
	latest := 0
	if err := b.Log().Latest(bound(t), func(pipeline.Entry) error { latest++; return nil }); err != nil || latest != 2 {
		t.Errorf("latest: %d events, %v; want 2", latest, err)
	}
	if _, err := b.Log().At(bound(t), 1); err == nil || errors.Is(err, pipeline.ErrNotFound) {
		t.Errorf("at 1: %v, want that it cannot be read", err)
	}
	waiting := make(chan pipeline.Position)
	go func() {
		entries, err := b.Log().Read(bound(t), 5, 10)
		if err != nil {
			t.Errorf("read after 5: %v", err)
			close(waiting)
			return
		}
		waiting <- entries[0].Position
	}()
	add(3)
	if at := <-waiting; at != 8 {
		t.Errorf("the reader behind the unreadable was woken with %d, want 8", at)
	}
	for at, want := range map[int]int{1: 1, 3: 1, 4: 1, 5: 0, 6: 1, 7: 1} {
		if n := strings.Count(log.String(), fmt.Sprintf("position=%d ", at)); n != want {
			t.Errorf("%d lines about position %d, want %d:\n%s", n, at, want, log.String())
		}
	}
	if h, err := b.Log().Head(bound(t)); err != nil || h != 8 {
		t.Errorf("head %d, %v; want 8", h, err)
	}
}

// TestStolenMessage takes a message away from the reader's cursor, as a network
// may. The reader must notice and get it all the same.
func TestStolenMessage(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}))
	_, js := raw(t, b)
	if _, err := b.Log().Append(bound(t), bustest.First("s", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Log().Read(bound(t), 0, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Log().Append(bound(t), bustest.First("t", 3)); err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(bound(t), "FILMWIRE_LOG")
	if err != nil {
		t.Fatal(err)
	}
	stolen := 0
	for info := range st.ListConsumers(bound(t)).Info() {
		c, err := js.Consumer(bound(t), "FILMWIRE_LOG", info.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
		stolen++
	}
	if stolen != 1 {
		t.Fatalf("%d cursors, want the reader's", stolen)
	}
	entries, err := b.Log().Read(bound(t), 1, 10)
	if err != nil || len(entries) == 0 || entries[0].Position != 2 {
		t.Errorf("read after 1: %v, %v; want position 2", entries, err)
	}
}

func TestStreamGone(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}))
	_, js := raw(t, b)
	if err := js.DeleteStream(bound(t), "FILMWIRE_LOG"); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 30} {
		if at, err := b.Log().Append(bound(t), bustest.First("s", size)); err == nil || len(at) > 0 {
			t.Errorf("append of %d to no stream: %v, %v", size, at, err)
		}
	}
	if err := b.Health(bound(t)); err == nil {
		t.Error("health without the stream is fine")
	}
}

func TestNoRoom(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), MaxStore: 1 << 20}))
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		if herr := b.Health(bound(t)); herr != nil {
			t.Fatalf("health before the store is full: %v", herr)
		}
		_, err = b.Log().Append(bound(t), bustest.First(fmt.Sprint(n), 10))
	}
	if err == nil {
		t.Fatal("24 MB went into a store of 1 MB")
	}
	if herr := b.Health(bound(t)); herr == nil || !strings.Contains(herr.Error(), "disk full") {
		t.Errorf("append says %v, and health %v", err, herr)
	}
	if _, err := b.Log().At(bound(t), 1); err != nil {
		t.Errorf("a full log cannot be read: %v", err)
	}
}

func TestConflictIsNoFault(t *testing.T) {
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir()}))
	for range 2 {
		b.Log().Append(bound(t), bustest.First("s", 1))
	}
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	b.Log().Append(expired, bustest.First("s", 30))
	if err := b.Health(bound(t)); err != nil {
		t.Errorf("health after a conflict and a caller who gave up: %v", err)
	}
}

func TestServerNotUpYet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var log lines
	opened := make(chan *bus.Bus)
	go func() {
		b, err := bus.Open(bound(t), bus.Options{URL: fmt.Sprintf("nats://name:hush@127.0.0.1:%d", port), Log: log.logger(slog.LevelInfo)})
		if err != nil {
			t.Errorf("open: %v", err)
		}
		opened <- b
	}()
	for !strings.Contains(log.String(), "waiting for NATS") && bound(t).Err() == nil {
		time.Sleep(time.Millisecond) // it has no other sign of waiting than its line in the log
	}
	runServer(t, t.TempDir(), port)
	b := <-opened
	if b == nil {
		return
	}
	closeAtEnd(t, b)
	if _, err := b.Log().Append(bound(t), bustest.First("s", 1)); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "hush") || strings.Count(log.String(), "waiting for NATS") != 1 {
		t.Errorf("log:\n%s", log.String())
	}
	if s, err := b.Stats(bound(t)); err != nil || strings.Contains(s.Server, "hush") {
		t.Errorf("stats: %+v, %v", s, err)
	}
}

func TestServerNeverUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := bus.Open(ctx, bus.Options{URL: "nats://name:hush@127.0.0.1:1"})
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "hush") {
		t.Errorf("open: %v; want that the time is up, without the password", err)
	}
}

func TestServerRestartsUnderAReader(t *testing.T) {
	dir := t.TempDir()
	srv := runServer(t, dir, server.RANDOM_PORT)
	port := srv.Addr().(*net.TCPAddr).Port
	b := closeAtEnd(t, mustOpen(t, bus.Options{URL: srv.ClientURL()}))
	if _, err := b.Log().Append(bound(t), bustest.First("before", 3)); err != nil {
		t.Fatal(err)
	}
	got := make(chan pipeline.Position, 100)
	ctx, stop := context.WithCancel(bound(t))
	var reader sync.WaitGroup
	reader.Go(func() {
		for after := pipeline.Position(0); ; {
			entries, err := b.Log().Read(ctx, after, 2)
			if err != nil {
				if ctx.Err() == nil {
					t.Errorf("read: %v", err)
				}
				return
			}
			for _, e := range entries {
				after = e.Position
				got <- after
			}
		}
	})
	for want := pipeline.Position(1); want <= 3; want++ {
		if at := <-got; at != want {
			t.Errorf("read %d, want %d", at, want)
		}
	}
	srv.Shutdown()
	srv.WaitForShutdown()
	if err := b.Health(bound(t)); err == nil {
		t.Error("health without a server is fine")
	}
	if _, err := b.Log().Append(bound(t), bustest.First("meanwhile", 1)); err == nil {
		t.Error("an append without a server went in")
	}
	runServer(t, dir, port)
	var err error
	for err = b.Health(bound(t)); err != nil && bound(t).Err() == nil; err = b.Health(bound(t)) {
		time.Sleep(10 * time.Millisecond) // until the client has connected again
	}
	if err != nil {
		t.Fatalf("health after the server is back: %v", err)
	}
	if _, err := b.Log().Append(bound(t), bustest.First("after", 2)); err != nil {
		t.Fatal(err)
	}
	for want := pipeline.Position(4); want <= 5; want++ {
		if at := <-got; at != want {
			t.Errorf("read %d, want %d", at, want)
		}
	}
	stop()
	reader.Wait()
}

func TestStreamsAreRaisedNeverLowered(t *testing.T) {
	url := runServer(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
	var log lines
	revisions := func(want int64) {
		t.Helper()
		nc, err := nats.Connect(url)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		st, err := js.Stream(bound(t), "FILMWIRE_LOG")
		if err != nil {
			t.Fatal(err)
		}
		if got := st.CachedInfo().Config; got.MaxMsgsPerSubject != want || !got.AllowDirect || !got.AllowAtomicPublish || got.Description != "by hand" {
			t.Errorf("%d revisions, direct %v, atomic %v, %q; want %d", got.MaxMsgsPerSubject, got.AllowDirect, got.AllowAtomicPublish, got.Description, want)
		}
	}
	makeByHand(t, url)
	for _, step := range []struct {
		keep int
		want int64
		says string
	}{{8, 8, "level=INFO"}, {4, 8, "level=WARN"}, {20, 20, "level=INFO"}} {
		b := mustOpen(t, bus.Options{URL: url, KeepRevisions: step.keep, Log: log.logger(slog.LevelInfo)})
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		revisions(step.want)
		if all := strings.Split(strings.TrimSpace(log.String()), "\n"); !strings.Contains(all[len(all)-1], step.says) || !strings.Contains(all[len(all)-1], "revisions") {
			t.Errorf("%d revisions asked for: the log says %q", step.keep, all[len(all)-1])
		}
	}
}

// makeByHand makes the log's stream as an early version or an operator might have.
func makeByHand(t *testing.T, url string) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(bound(t), jetstream.StreamConfig{
		Name: "FILMWIRE_LOG", Description: "by hand", Subjects: []string{"filmwire.reviews.*.*"}, MaxMsgsPerSubject: 4,
	}); err != nil {
		t.Fatal(err)
	}
}

func TestStreamOfSomethingElse(t *testing.T) {
	url := runServer(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(bound(t), jetstream.StreamConfig{Name: "FILMWIRE_POLL", Subjects: []string{"other"}, Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	if b, err := bus.Open(bound(t), bus.Options{URL: url}); err == nil || !strings.Contains(err.Error(), "FILMWIRE_POLL") {
		t.Errorf("open: %v, want an error that names the stream", err)
		if b != nil {
			b.Close()
		}
	}
}

func TestJobThatIsNone(t *testing.T) {
	var log lines
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Log: log.logger(slog.LevelWarn)}))
	_, js := raw(t, b)
	for _, body := range []string{"", "nonsense", "{}"} {
		if _, err := js.Publish(bound(t), "filmwire.poll.x", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Jobs().Post(bound(t), "blog", "1"); err != nil {
		t.Fatal(err)
	}
	j, err := b.Jobs().Take(bound(t))
	if err != nil || j.Source() != "blog" {
		t.Errorf("took %v, %v", j, err)
	}
	if n := strings.Count(log.String(), "dropped"); n != 3 {
		t.Errorf("%d lines about dropped jobs, want 3:\n%s", n, log.String())
	}
}
