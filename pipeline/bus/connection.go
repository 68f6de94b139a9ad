package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	clientName    = "filmwire"
	reconnectWait = 2 * time.Second
	// attachPatience is how long a process that has the folder open, and does not
	// answer, is taken to be starting.
	attachPatience = 15 * time.Second
	attachRetry    = 50 * time.Millisecond
)

// dialOwn connects to the server inside this process.
func dialOwn(opts Options, srv *server.Server) (*nats.Conn, error) {
	nc, err := nats.Connect("", append(logOptions(opts.Log), nats.InProcessServer(srv), nats.NoReconnect())...)
	if err != nil {
		return nil, fmt.Errorf("log: connect to the embedded server: %w", err)
	}
	return nc, nil
}

// attach joins the process that has the folder open. If that one ends meanwhile,
// the result is the folder's lock instead of a connection.
func attach(ctx context.Context, opts Options) (*nats.Conn, *flock.Flock, error) {
	patience, cancel := context.WithTimeout(ctx, attachPatience)
	defer cancel()
	path := socketPath(opts.Dir)
	for {
		nc, err := nats.Connect("nats://127.0.0.1:4222", // never dialled: the dialer knows better
			append(logOptions(opts.Log), nats.SetCustomDialer(socketDialer{ctx, path}), nats.NoReconnect())...)
		if err == nil {
			return nc, nil, nil
		}
		select {
		case <-time.After(attachRetry):
		case <-patience.Done():
			return nil, nil, fmt.Errorf("log: %w: %s, but it does not answer at %s: %w", errFolderTaken, opts.Dir, path, err)
		}
		if lock, err := takeFolder(opts.Dir); err == nil || !errors.Is(err, errFolderTaken) {
			return nil, lock, err
		}
	}
}

// socketDialer dials a socket whatever address it is asked for.
type socketDialer struct {
	ctx  context.Context
	path string
}

// Dial implements nats.CustomDialer.
func (d socketDialer) Dial(string, string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(d.ctx, "unix", d.path)
}

// dialExternal connects to a server elsewhere. It waits for one that is not up yet
// until ctx ends.
func dialExternal(ctx context.Context, opts Options) (*nats.Conn, error) {
	where := redacted(opts.URL)
	nc, err := nats.Connect(opts.URL, externalOptions(opts)...)
	if err != nil {
		return nil, fmt.Errorf("log: connect to NATS at %s: %w", where, err)
	}
	if err := awaitConnection(ctx, nc, opts.Log, where); err != nil {
		nc.Close()
		return nil, err
	}
	return nc, nil
}

// externalOptions are those of a connection to a server elsewhere. It is tried for
// ever, and what cannot be sent meanwhile is an error.
func externalOptions(opts Options) []nats.Option {
	return append(append(logOptions(opts.Log), identity(opts)...),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1), // what cannot be sent now is an error now
	)
}

func awaitConnection(ctx context.Context, nc *nats.Conn, log *slog.Logger, where string) error {
	changes := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changes)
	if nc.IsConnected() {
		return nil
	}
	log.Info("waiting for NATS", "url", where, "err", nc.LastError())
	for !nc.IsConnected() {
		if nc.IsClosed() {
			return fmt.Errorf("log: connect to NATS at %s: %w", where, errors.Join(nats.ErrConnectionClosed, nc.LastError()))
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return fmt.Errorf("log: connect to NATS at %s: %w", where, errors.Join(ctx.Err(), nc.LastError()))
		}
	}
	return nil
}

func logOptions(log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name(clientName),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to the log lost", "err", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("connection to the log is back", "url", nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Warn("connection to the log", "subject", subject, "err", err)
		}),
	}
}

// redacted hides passwords in a list of URLs.
func redacted(list string) string {
	parts := strings.Split(list, ",")
	for i, p := range parts {
		if u, err := url.Parse(strings.TrimSpace(p)); err == nil {
			if u.User != nil {
				u.User = url.User("xxxxx") // a name alone may be a token
			}
			parts[i] = u.String()
		} else {
			parts[i] = "<not a url>"
		}
	}
	return strings.Join(parts, ",")
}
