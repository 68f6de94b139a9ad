package serve

import (
	"context"
	"io"
	"net"
	"net/http"
)

// joining is a listener whose connections can send the header of an answer and its
// body in one piece.
type joining struct{ net.Listener }

func (l joining) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &joined{Conn: conn}, nil
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
}

// smallWrite bounds what is kept back, in bytes: the server's buffer holds 4,096.
const smallWrite = 4 << 10

func (c *joined) Write(p []byte) (int, error) {
	switch {
	case c.holding && len(c.held) == 0 && len(p) <= smallWrite:
		c.held = append(c.held[:0], p...)
		return len(p), nil
	case len(c.held) == 0:
		return c.Conn.Write(p)
	}
	both := net.Buffers{c.held, p}
	n, err := both.WriteTo(c.Conn)
	n -= int64(len(c.held))
	c.held = c.held[:0]
	return int(max(n, 0)), err
}

// ReadFrom lets the system send a file by itself.
func (c *joined) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// release sends what is still kept back.
func (c *joined) release() {
	c.holding = false
	if len(c.held) > 0 {
		c.Conn.Write(c.held) // who has gone is noticed by the server's next read
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
