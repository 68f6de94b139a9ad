package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	maxPayload = 8 << 20 // bytes of one message, headers included
	// maxMemory bounds memory streams and consumers. Ours keep everything in files;
	// only the cursors of readers are in memory, and they are small.
	maxMemory = 64 << 20
)

// ownServer is the NATS server inside this process, with the lock on its folder
// and the door for the command line's other processes.
type ownServer struct {
	server *server.Server
	words  *serverLog
	door   *door
	lock   *flock.Flock
}

// startServer starts the server on the folder and returns when it is ready. The
// lock is released when it fails.
func startServer(ctx context.Context, opts Options, lock *flock.Flock) (*ownServer, error) {
	own := &ownServer{lock: lock, words: newServerLog(opts.Log)}
	if err := own.start(ctx, opts); err != nil {
		return nil, errors.Join(err, own.stop())
	}
	var err error
	own.door, err = openDoor(opts.Dir, own.server, opts.Log)
	if err != nil {
		return nil, errors.Join(err, own.stop())
	}
	return own, nil
}

func (o *ownServer) start(ctx context.Context, opts Options) error {
	config, err := serverOptions(opts)
	if err != nil {
		return err
	}
	srv, err := server.NewServer(config)
	if err != nil {
		return fmt.Errorf("log: embedded server: %w", err)
	}
	srv.SetLoggerV2(o.words, false, false, false)
	o.server = srv
	ready := make(chan struct{})
	go func() {
		defer close(ready)
		srv.Start() // recovers the whole store before it returns
	}()
	select {
	case <-ready:
	case <-ctx.Done():
		srv.Shutdown()
		<-ready
		return fmt.Errorf("log: start the embedded server: %w", ctx.Err())
	}
	select {
	case text := <-o.words.fatal:
		return fmt.Errorf("log: embedded server on %s: %s", config.StoreDir, text)
	default:
	}
	if opts.Listen != "" {
		opts.Log.Info("the log takes connections of other tools", "listen", srv.Addr().String())
	}
	return nil
}

func serverOptions(opts Options) (*server.Options, error) {
	store := filepath.Join(opts.Dir, "nats")
	limit := opts.MaxStore
	if limit <= 0 {
		limit = roomFor(store)
	}
	o := &server.Options{
		ServerName:             "filmwire",
		DontListen:             opts.Listen == "",
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               store,
		SyncAlways:             true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      limit,
		MaxPayload:             maxPayload,
		DisableJetStreamBanner: true,
	}
	if opts.Listen == "" {
		return o, nil
	}
	host, port, err := net.SplitHostPort(opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("log: listen address %q: %w", opts.Listen, err)
	}
	o.Host = host
	if o.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("log: listen address %q: the port is no number", opts.Listen)
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	return o, nil
}

// stop ends everything in reverse and gives the folder free.
func (o *ownServer) stop() error {
	var errs []error
	if o.door != nil {
		errs = append(errs, o.door.close())
	}
	if o.server != nil {
		o.server.Shutdown()
		o.server.WaitForShutdown()
	}
	if err := o.lock.Unlock(); err != nil {
		errs = append(errs, fmt.Errorf("log: unlock the data folder: %w", err))
	}
	return errors.Join(errs...)
}
