package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// joining is a listener whose connections can send the header of an answer and its
// body in one piece.
type joining struct{ net.Listener }

func (l joining) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &joined{Conn: conn, reading: deadline{set: conn.SetReadDeadline}, writing: deadline{set: conn.SetWriteDeadline}}, nil
}

// joined is a connection of a server that writes a large body in two pieces: what
// fits into its buffer with the header, then the rest. Between hold and release the
// first is kept back and sent with the second, in one call of the system and as one
// train of packets, which makes up a third of what an answer of 50 kB costs. Only
// the goroutine of the request uses it, as it does any ResponseWriter.
type joined struct {
	net.Conn
	holding bool
	held    []byte

	reading, writing deadline
}

// smallWrite bounds what is kept back, in bytes: the server's buffer holds 4,096.
const smallWrite = 4 << 10

func (c *joined) Write(p []byte) (int, error) {
	switch {
	case c.holding && len(c.held) == 0 && len(p) <= smallWrite:
		c.held = append(c.held[:0], p...)
		return len(p), nil
	case len(c.held) == 0:
		return c.write(p)
	}
	both := net.Buffers{c.held, p}
	n, err := both.WriteTo(c.Conn)
	for c.writing.putOff(err) {
		var more int64
		more, err = both.WriteTo(c.Conn) // what was sent is no longer among them
		n += more
	}
	n -= int64(len(c.held))
	c.held = c.held[:0]
	return int(max(n, 0)), err
}

func (c *joined) write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	for c.writing.putOff(err) {
		var more int
		more, err = c.Conn.Write(p[n:])
		n += more
	}
	return n, err
}

func (c *joined) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for n == 0 && c.reading.putOff(err) {
		n, err = c.Conn.Read(p)
	}
	return n, err
}

// ReadFrom lets the system send a file by itself.
func (c *joined) ReadFrom(r io.Reader) (int64, error) {
	if err := c.writing.stand(); err != nil {
		return 0, err
	}
	return io.Copy(c.Conn, r)
}

// SetDeadline sets both deadlines.
func (c *joined) SetDeadline(t time.Time) error {
	return errors.Join(c.reading.move(t), c.writing.move(t))
}

// SetReadDeadline sets that of reading.
func (c *joined) SetReadDeadline(t time.Time) error { return c.reading.move(t) }

// SetWriteDeadline sets that of writing.
func (c *joined) SetWriteDeadline(t time.Time) error { return c.writing.move(t) }

// release sends what is still kept back.
func (c *joined) release() {
	c.holding = false
	if len(c.held) > 0 {
		c.write(c.held) // who has gone is noticed by the server's next read
		c.held = c.held[:0]
	}
}

// connection is where a request's context has its connection.
type connection struct{}

func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connection{}, c)
}

// writeBody writes a body, with the header before it in one piece if it is large.
func writeBody(w http.ResponseWriter, r *http.Request, body []byte) {
	if len(body) > smallWrite {
		if c, ok := r.Context().Value(connection{}).(*joined); ok && r.ProtoMajor == 1 {
			c.holding = true
			defer c.release()
		}
	}
	w.Write(body) // a reader who has gone is no fault
}
