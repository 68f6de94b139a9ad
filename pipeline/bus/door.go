package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// longestSocketPath is the shortest limit among the systems we know: macOS takes
// 104 bytes with the zero at the end, Linux 108.
const longestSocketPath = 103

// socketPath is where the process that has dir open answers others of the same
// user. A folder too deep for a socket has it in the system's temporary folder,
// under a name that follows from the folder's.
func socketPath(dir string) string {
	path := filepath.Join(dir, "daemon.sock")
	if len(path) <= longestSocketPath {
		return path
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(os.TempDir(), "filmwire-"+hex.EncodeToString(sum[:8])+".sock")
}

// door lets other processes of the same user onto the server inside this one.
type door struct {
	path     string
	listener net.Listener
	server   *server.Server
	log      *slog.Logger

	mu    sync.Mutex
	open  map[net.Conn]struct{} // nil after close
	busy  sync.WaitGroup
	ended chan struct{} // closed when no more are let in
}

// openDoor listens. The caller holds the folder's lock, so a socket that is there
// was left behind by a process that is dead.
func openDoor(dir string, srv *server.Server, log *slog.Logger) (*door, error) {
	path := socketPath(dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("log: remove a stale socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("log: socket for the command line: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("log: socket for the command line: %w", err), l.Close())
	}
	d := &door{path: path, listener: l, server: srv, log: log, open: map[net.Conn]struct{}{}, ended: make(chan struct{})}
	go d.accept()
	return d, nil
}

func (d *door) accept() {
	defer close(d.ended)
	for {
		conn, err := d.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			d.log.Warn("log: socket for the command line: no longer answered", "socket", d.path, "err", err)
			return
		}
		d.busy.Go(func() { d.pipe(conn) })
	}
}

// pipe joins one connection with the server until either side ends.
func (d *door) pipe(outer net.Conn) {
	inner, err := d.server.InProcessConn()
	if err != nil {
		outer.Close()
		return
	}
	if !d.keep(outer, inner) {
		return
	}
	defer d.drop(outer, inner)
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(inner, outer)
		inner.Close()
		outer.Close()
	}()
	io.Copy(outer, inner)
	inner.Close()
	outer.Close()
	<-done
}

// keep remembers the two ends for close; once closed, it closes them at once.
func (d *door) keep(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		if d.open == nil {
			c.Close()
			continue
		}
		d.open[c] = struct{}{}
	}
	return d.open != nil
}

func (d *door) drop(conns ...net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		delete(d.open, c)
	}
}

// close removes the socket, ends every connection and waits for them.
func (d *door) close() error {
	err := d.listener.Close() // unlinks the socket
	<-d.ended
	d.mu.Lock()
	for c := range d.open {
		c.Close()
	}
	d.open = nil
	d.mu.Unlock()
	d.busy.Wait()
	if err != nil {
		return fmt.Errorf("log: close the socket for the command line: %w", err)
	}
	return nil
}
