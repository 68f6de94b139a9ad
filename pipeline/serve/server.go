// Package serve answers HTTP: the tree of public documents, and a few addresses for
// whoever operates the daemon. routes.go lists every URL. It makes no document and
// knows no sink; it is the only importer of fasthttp and of the Prometheus client.
//
// A document is read once and kept in memory, within bounds, with everything that
// is sent of it: its forms (plain, gzip, brotli), its header values, the page it has
// for people if it is a feed. A request is then a look-up. The engine tells of what
// has changed ([Server.Changed]); what people put into the tree themselves is seen
// within a second.
//
// Each form has a strong ETag, a hash of the document's bytes and the form's name,
// and the document's time is that of the newest material change (the file bears it,
// see [pipeline.Facts]). Both come out the same after a restart and a rebuild, and
// from every daemon. Files are expected to be replaced, not written in place (see
// pipeline/tree), and then nobody ever gets half of one, or one with the ETag of
// another.
//
// Who says so gets only what is new in a feed (delta.go, RFC 3229), and a browser
// that opens a feed's address a page that says what to do with it (page.go).
package serve

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/filmwire/filmwire/pipeline"
)

// Options are what a server is made of.
type Options struct {
	// Root is the folder that is served. Names in it that begin with a dot are not.
	Root string
	// Site is whose documents they are, as it is now: pages and errors name it, and
	// feeds name its hubs.
	Site func() pipeline.Site
	// Settled, Gone and Moved say more of a path of the tree, and may be nil:
	// whether the document there is expected to stay as it is, whether it was taken
	// back, and where it is now. They are asked when a document is read first, or is
	// not there.
	Settled func(path string) bool
	Gone    func(path string) bool
	Moved   func(path string) (to string, ok bool)
	// Hub, which may be nil, answers at HubPath.
	Hub     http.Handler
	HubPath string
	// Callback, which may be nil, answers under CallbackPath, which ends in a slash:
	// one part of a path more.
	Callback     http.Handler
	CallbackPath string
	// Ready says why the daemon is not ready for work, nil when it is. An error
	// made by errors.Join is several reasons. nil: always ready.
	Ready func(context.Context) error
	// Metrics are the daemon's own numbers; it is called for each scrape. May be nil.
	Metrics func(context.Context) []Metric
	Log     *slog.Logger
	Clock   pipeline.Clock
	Version string // of the program
}

// Server answers requests while [Server.Serve] runs. Close it after use.
type Server struct {
	options  Options
	root     *os.Root
	cache    *generations[*document] // by URL path
	versions *generations[version]   // of feeds, by path and hash
	again    again
	press    press
	pages    *template.Template
	seed     maphash.Seed
	others   map[string]route // URLs that are no documents
	unnamed  *tally           // of what has no route
	scrape   scrape
	media    map[string]*media
}

// maxCached bounds one generation of the documents in memory, in bytes.
const maxCached = 32 << 20

// New opens the root, which must be there.
func New(o Options) (*Server, error) {
	pages, err := pageTemplates()
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	s := &Server{
		options: o, root: root, pages: pages, seed: maphash.MakeSeed(), again: newAgain(),
		cache:    newGenerations(maxCached, (*document).cost),
		versions: newGenerations(maxMarks, version.cost),
		scrape:   newScrape(o.Version), media: mediaTypes(),
	}
	s.unnamed = s.scrape.tally(otherRoute)
	s.others = s.routes()
	return s, nil
}

// Close gives the root back.
func (s *Server) Close() error { return s.root.Close() }

// The limits of a connection. Documents are small, and readers many.
const (
	readTimeout  = 10 * time.Second // of a whole request
	writeTimeout = 2 * time.Minute
	idleTimeout  = 2 * time.Minute
	maxHeader    = 16 << 10
	// maxAhead is how much of a request's body is read before its handler asks.
	maxAhead = 8 << 10
	// grace is how long requests under way may take once the server is to stop.
	grace = 10 * time.Second
)

// Serve answers what comes in on ln until ctx ends, then lets the requests under
// way finish and returns nil. It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	door := &door{Listener: ln, log: s.options.Log}
	requests, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	server := &fasthttp.Server{
		Handler:      func(c *fasthttp.RequestCtx) { s.handle(requests, c) },
		ErrorHandler: s.refuse,
		ConnState:    door.note,
		ReadTimeout:  readTimeout,
		WriteTimeout: writeTimeout,
		IdleTimeout:  idleTimeout,
		// The buffer is what bounds a header.
		ReadBufferSize: maxHeader,
		// A body comes as its handler reads it: nobody fills the memory with those
		// that no handler wants.
		StreamRequestBody:            true,
		MaxRequestBodySize:           maxAhead,
		DisablePreParseMultipartForm: true,
		CloseOnShutdown:              true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
		Logger:                       slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
	ready, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { s.makeReady(ready) })
	defer background.Wait()
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(door) }()
	select {
	case err := <-served:
		if err == nil {
			err = net.ErrClosed // the library says nothing of a listener that was closed
		}
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.ShutdownWithContext(last)
	ln.Close() // where it was not yet the server's
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("requests under way were cut off", "grace", grace)
		cutOff()
		door.closeAll()
		err = nil
	}
	if err = errors.Join(err, <-served); err != nil {
		return fmt.Errorf("serve: stop: %w", err)
	}
	return nil
}
