package serve

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"

	"github.com/valyala/fasthttp"
)

// handler answers a request and says with which status. The context ends when
// requests under way are cut off; the request is the library's own, and nothing of it
// may be kept.
type handler func(ctx context.Context, c *fasthttp.RequestCtx) int

// route is a URL that is no document.
type route struct {
	handler handler
	tally   *tally
	posts   bool // POST may be used besides GET and HEAD
}

// routes lists every URL that is no document.
func (s *Server) routes() map[string]route {
	all := map[string]route{
		"/livez":   {handler: s.live, tally: s.scrape.tally("livez")},      // the process lives
		"/readyz":  {handler: s.ready, tally: s.scrape.tally("readyz")},    // it is ready for work, or why not
		"/metrics": {handler: s.metrics, tally: s.scrape.tally("metrics")}, // Prometheus text
	}
	if s.options.Hub != nil { // WebSub: subscribers come here
		all[s.options.HubPath] = route{through(s.options.Hub), s.scrape.tally("hub"), true}
	}
	if s.options.Callback != nil { // WebSub: hubs come here, each with a token behind the slash
		all[s.options.CallbackPath] = route{through(s.options.Callback), s.scrape.tally("websub"), true}
	}
	return all
}

// routeOf finds the route of a path.
func (s *Server) routeOf(urlPath string) (route, bool) {
	if callback := s.options.CallbackPath; s.options.Callback != nil {
		if token, ok := strings.CutPrefix(urlPath, callback); ok {
			r := s.others[callback]
			return r, token != "" && !strings.Contains(token, "/")
		}
	}
	r, ok := s.others[urlPath]
	return r, ok
}

// otherRoute counts what has no name of its own.
const otherRoute = "other"

// tallyOf is where the answers with a document are counted: by its folder.
func (s *Server) tallyOf(name string) *tally {
	folder, _, below := strings.Cut(name, "/")
	switch {
	case name == "" || name == "index.html":
		return s.scrape.tally("index")
	case below && (folder == "feeds" || folder == "films" || folder == "critics"):
		return s.scrape.tally(folder)
	}
	return s.scrape.tally(otherRoute)
}

// handle answers one request. What is remembered is answered at once.
func (s *Server) handle(ctx context.Context, c *fasthttp.RequestCtx) {
	defer s.survive(c)
	urlPath, ok := pathOf(c.Request.Header.RequestURI())
	if !ok {
		c.SetConnectionClose()
		s.note(s.unnamed, c, s.fault(c, http.StatusBadRequest, "bad request"))
		return
	}
	reads := c.IsGet() || c.IsHead()
	if reads {
		now := s.options.Clock.Now()
		if d := s.known(urlPath, now); d != nil {
			s.note(d.tally, c, s.answer(c, d, now))
			return
		}
	}
	if clean := cleaned(urlPath); clean != urlPath {
		s.note(s.unnamed, c, s.toClean(c, clean))
		return
	}
	if r, ok := s.routeOf(urlPath); ok && (reads || r.posts && c.IsPost()) {
		s.note(r.tally, c, r.handler(ctx, c))
		return
	}
	switch {
	case reads: // index.html, feeds/latest.rss, films/solaris-1972, opml.xml: whatever the tree holds
		s.note(s.tallyOf(fileName(urlPath)), c, s.document(c, urlPath))
	case c.IsOptions(): // browsers ask before a script may
		s.note(s.unnamed, c, s.preflight(c, urlPath))
	default:
		s.note(s.unnamed, c, s.notAllowed(c))
	}
}

// survive answers for a handler that panicked.
func (s *Server) survive(c *fasthttp.RequestCtx) {
	fault := recover()
	if fault == nil {
		return
	}
	s.options.Log.Error("request could not be answered: this is a mistake in the program", "path", string(c.Request.Header.RequestURI()), "panic", fault, "stack", string(debug.Stack()))
	c.Response.Reset()
	c.SetConnectionClose()
	s.note(s.unnamed, c, s.fault(c, http.StatusInternalServerError, "internal error"))
}

// cleaned is a path without empty parts and dots, as everybody else understands it.
func cleaned(urlPath string) string {
	clean := path.Clean(urlPath)
	if clean != "/" && strings.HasSuffix(urlPath, "/") {
		clean += "/"
	}
	return clean
}

// toClean sends on to the one address of a path that was written in another way.
func (s *Server) toClean(c *fasthttp.RequestCtx, clean string) int {
	to := escapePath(clean)
	if _, query, ok := strings.Cut(string(c.Request.Header.RequestURI()), "?"); ok {
		to += "?" + query
	}
	c.Response.Header.Set("Location", to)
	return s.say(c, http.StatusTemporaryRedirect, "this is at "+clean)
}

// note counts an answer, and logs it for those who debug.
func (s *Server) note(t *tally, c *fasthttp.RequestCtx, status int) {
	t.count(status)
	if s.options.Log.Enabled(context.Background(), slog.LevelDebug) {
		s.options.Log.Debug("request", "method", string(c.Method()), "path", string(c.Request.Header.RequestURI()), "status", status)
	}
}

func (s *Server) notAllowed(c *fasthttp.RequestCtx) int {
	c.Response.Header.Set("Allow", "GET, HEAD")
	return s.fault(c, http.StatusMethodNotAllowed, "method not allowed: documents are only read")
}

// preflight lets scripts of any site ask for JSON on condition that it has changed.
func (s *Server) preflight(c *fasthttp.RequestCtx, urlPath string) int {
	if len(c.Request.Header.Peek("Access-Control-Request-Method")) == 0 || !s.opens(urlPath) {
		return s.notAllowed(c)
	}
	h := &c.Response.Header
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, A-IM")
	h.Set("Access-Control-Max-Age", "86400")
	c.SetStatusCode(http.StatusNoContent)
	return http.StatusNoContent
}

// opens reports whether a path's name says that scripts of any site may read what
// is there.
func (s *Server) opens(urlPath string) bool { return mediaOf(s.media, fileName(urlPath)).open }
