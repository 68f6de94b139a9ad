package serve

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

// timed is a connection whose calls are interrupted by its deadlines as often as a
// test wants, and which notes when those are set.
type timed struct {
	net.Conn
	interruptions int
	got           []byte
	reads, writes []time.Time
}

func (c *timed) interrupted() bool {
	c.interruptions--
	return c.interruptions >= 0
}

func (c *timed) Read(p []byte) (int, error) {
	if c.interrupted() {
		return 0, os.ErrDeadlineExceeded
	}
	return copy(p, "asked"), nil
}

func (c *timed) Write(p []byte) (int, error) {
	if c.interrupted() {
		half := len(p) / 2
		c.got = append(c.got, p[:half]...)
		return half, os.ErrDeadlineExceeded
	}
	c.got = append(c.got, p...)
	return len(p), nil
}

func (c *timed) SetReadDeadline(t time.Time) error {
	c.reads = append(c.reads, t)
	return nil
}

func (c *timed) SetWriteDeadline(t time.Time) error {
	c.writes = append(c.writes, t)
	return nil
}

func joinedTo(below *timed) *joined {
	return &joined{Conn: below, reading: deadline{set: below.SetReadDeadline}, writing: deadline{set: below.SetWriteDeadline}}
}

// later is so far ahead that no test sees it come.
func later(n int) time.Time { return time.Now().Add(time.Duration(n) * 24 * time.Hour).Truncate(0) }

func TestADeadlineThatIsPutOffIsSetOnce(t *testing.T) {
	below := &timed{}
	c := joinedTo(below)
	first := later(1)
	for _, at := range []time.Time{first, later(2), {}, later(3), first} {
		if err := c.SetReadDeadline(at); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(below.reads, []time.Time{first}) {
		t.Errorf("set %d times: %v", len(below.reads), below.reads)
	}
	past := time.Unix(1, 0) // as the server does to interrupt its own read
	if c.SetReadDeadline(past); !slices.Equal(below.reads, []time.Time{first, past}) {
		t.Errorf("an earlier one was not set: %v", below.reads)
	}
}

func TestAnInterruptedCallGoesOnUnderTheDeadlineThatWasWanted(t *testing.T) {
	below := &timed{interruptions: 1}
	c := joinedTo(below)
	first, second := later(1), later(2)
	c.SetDeadline(first)
	c.SetDeadline(second)
	buf := make([]byte, 8)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "asked" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if !below.reads[len(below.reads)-1].Equal(second) {
		t.Errorf("goes on under %v, want %v", below.reads, second)
	}
	for _, held := range []bool{false, true} {
		below.interruptions, below.got = 1, nil
		c = joinedTo(below)
		c.SetWriteDeadline(first)
		c.SetWriteDeadline(second)
		c.holding = held
		if held {
			c.Write([]byte("a header, ")) // is kept back
		}
		c.holding = false
		if n, err := c.Write([]byte("a body")); n != len("a body") || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		want := "a body"
		if held {
			want = "a header, a body"
		}
		if string(below.got) != want {
			t.Errorf("sent %q, want %q", below.got, want)
		}
	}
	if !below.writes[len(below.writes)-1].Equal(second) {
		t.Errorf("goes on under %v, want %v", below.writes, second)
	}
}

func TestADeadlineThatHasComeHolds(t *testing.T) {
	for name, set := range map[string]func(*joined){
		"read": func(c *joined) { c.SetReadDeadline(time.Unix(1, 0)) }, "both": func(c *joined) { c.SetDeadline(time.Unix(1, 0)) },
	} {
		below := &timed{interruptions: 1}
		c := joinedTo(below)
		set(c)
		if _, err := c.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One that nobody set through it is not its business.
	below := &timed{interruptions: 1}
	if _, err := joinedTo(below).Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

// TestAFileGoesUnderTheDeadlineThatWasWanted: what the system sends by itself cannot
// be interrupted and go on.
func TestAFileGoesUnderTheDeadlineThatWasWanted(t *testing.T) {
	below := &timed{}
	c := joinedTo(below)
	c.SetWriteDeadline(later(1))
	second := later(2)
	c.SetWriteDeadline(second)
	if _, err := c.ReadFrom(io.LimitReader(zeros{}, 10)); err != nil || len(below.got) != 10 {
		t.Error(len(below.got), err)
	}
	if !below.writes[len(below.writes)-1].Equal(second) {
		t.Errorf("sent under %v", below.writes)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
