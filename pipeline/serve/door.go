package serve

import (
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// door is a listener that does not give up when the system has nothing left for one
// more connection, and knows those that are open.
type door struct {
	net.Listener
	log  *slog.Logger
	open sync.Map // net.Conn to nothing
}

// patience is how long the door waits before it tries again.
const patience = 50 * time.Millisecond

func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if lacking, ok := err.(interface{ Temporary() bool }); ok && lacking.Temporary() {
			d.log.Warn("a connection could not be taken: trying again", "err", err)
			time.Sleep(patience)
			continue
		}
		return conn, err
	}
}

// note follows a connection from its beginning to its end.
func (d *door) note(c net.Conn, state fasthttp.ConnState) {
	switch state {
	case fasthttp.StateNew:
		d.open.Store(c, nil)
	case fasthttp.StateClosed:
		d.open.Delete(c)
	}
}

// closeAll cuts off whoever is still there.
func (d *door) closeAll() {
	d.open.Range(func(c, _ any) bool {
		c.(net.Conn).Close()
		return true
	})
}
