package serve

import (
	"math"
	"net"
	"sync"
	"time"
)

// deadline is one deadline of a connection. A server moves it several times with each
// request, nearly always to a later time, and each move costs a timer. So it is only
// noted while an earlier one stands: when that comes, whoever was interrupted looks
// whether it has been put off, and goes on. Safe for use by several goroutines.
type deadline struct {
	set func(time.Time) error // of the connection below

	mu           sync.Mutex
	moved        bool  // it was set before; until then there is none
	wanted, real int64 // in Unix nanoseconds; never is none
}

// never is the deadline that does not come.
const never = math.MaxInt64

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixNano()
}

// move sets the deadline. The zero time is none.
func (d *deadline) move(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.moved {
		d.moved, d.real = true, never
	}
	d.wanted = nanos(t)
	if d.real <= d.wanted {
		return nil
	}
	d.real = d.wanted
	return d.set(t)
}

// putOff reports, of the error of an interrupted call, that the deadline was put off
// meanwhile: then the new one stands, and the call is to go on.
func (d *deadline) putOff(err error) bool {
	if late, ok := err.(net.Error); !ok || !late.Timeout() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moved && d.real < d.wanted && d.arm() == nil
}

// stand has the connection below know the deadline, for a call that cannot go on.
func (d *deadline) stand() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.moved || d.real == d.wanted {
		return nil
	}
	return d.arm()
}

func (d *deadline) arm() error {
	d.real = d.wanted
	if d.wanted == never {
		return d.set(time.Time{})
	}
	return d.set(time.Unix(0, d.wanted))
}
