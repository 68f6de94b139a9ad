// Package serve answers HTTP: the tree of public documents, just as it stands on
// disk, and three addresses for whoever operates the daemon. routes.go lists every
// URL. It makes no document and knows no sink; it is the only importer of the
// Prometheus client.
//
// A document has a strong ETag, a hash of its bytes, so that a reader who asks
// again gets 304 until something changed, whichever daemon answers and however
// often it was restarted. Everything is "no-cache": it may be kept, and must be
// asked about before it is used, because a correction should arrive at once.
// Hashes and gzipped forms are kept in memory within bounds; files are expected
// to be replaced, not written in place (see pipeline/tree), and then nobody ever
// gets half of one, or one with the ETag of another.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Options are what a server is made of.
type Options struct {
	// Root is the folder that is served. Names in it that begin with a dot are not.
	Root string
	// Ready says why the daemon is not ready for work, nil when it is. An error
	// made by errors.Join is several reasons. nil: always ready.
	Ready func(context.Context) error
	// Metrics are the daemon's own numbers; it is called for each scrape. May be nil.
	Metrics func(context.Context) []Metric
	Log     *slog.Logger
	Clock   pipeline.Clock
	Version string // of the program
}

// Server is the http.Handler. Close it after use.
type Server struct {
	options Options
	root    *os.Root
	cache   cache
	mux     *http.ServeMux
	scrape  scrape
	media   map[string]media
}

// New opens the root, which must be there.
func New(o Options) (*Server, error) {
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	s := &Server{options: o, root: root, mux: http.NewServeMux(), scrape: newScrape(o.Version), media: mediaTypes()}
	s.routes()
	return s, nil
}

// Close gives the root back.
func (s *Server) Close() error { return s.root.Close() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// The limits of a connection. Documents are small, and readers many.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	// grace is how long requests under way may take once the server is to stop.
	grace = 10 * time.Second
)

// Serve answers what comes in on ln until ctx ends, then lets the requests under
// way finish and returns nil. It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("requests under way were cut off", "grace", grace)
		err = server.Close()
	}
	if closed := <-served; !errors.Is(closed, http.ErrServerClosed) {
		err = errors.Join(err, closed)
	}
	if err != nil {
		return fmt.Errorf("serve: stop: %w", err)
	}
	return nil
}
