package serve

import (
	"log/slog"
	"net/http"
	"strings"
)

// routes lists every URL. GET stands for HEAD too.
func (s *Server) routes() {
	s.mux.HandleFunc("GET /{path...}", s.documents) // index.html, feeds/latest.rss, films/solaris-1972, opml.xml: whatever the tree holds

	s.route("GET /livez", "livez", s.live)        // the process lives
	s.route("GET /readyz", "readyz", s.ready)     // it is ready for work, or why not
	s.route("GET /metrics", "metrics", s.metrics) // Prometheus text

	if s.options.Hub != nil {
		for _, method := range []string{"POST ", "GET "} {
			s.route(method+s.options.HubPath, "hub", through(s.options.Hub)) // WebSub: subscribers come here
		}
	}
	if s.options.Callback != nil {
		for _, method := range []string{"POST ", "GET "} {
			s.route(method+s.options.CallbackPath+"{token}", "websub", through(s.options.Callback)) // WebSub: hubs come here
		}
	}
	s.route("OPTIONS /{path...}", otherRoute, s.preflight) // browsers ask before a script may
	s.route("/", otherRoute, s.notAllowed)                 // every other method
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

// ServeHTTP answers one request. What is remembered is answered at once.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		now := s.options.Clock.Now()
		if d := s.known(r.URL.Path, now); d != nil {
			s.note(d.tally, r, s.answer(w, r, d, now))
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

// documents answers with a document that is not remembered, or not there.
func (s *Server) documents(w http.ResponseWriter, r *http.Request) {
	s.note(s.tallyOf(fileName(r.URL.Path)), r, s.document(w, r))
}

// handler answers a request and says with which status.
type handler func(w http.ResponseWriter, r *http.Request) int

func (s *Server) route(pattern, name string, h handler) {
	t := s.scrape.tally(name)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.note(t, r, h(w, r)) })
}

// note counts an answer, and logs it for those who debug.
func (s *Server) note(t *tally, r *http.Request, status int) {
	t.count(status)
	if s.options.Log.Enabled(r.Context(), slog.LevelDebug) {
		s.options.Log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", status)
	}
}

func (s *Server) notAllowed(w http.ResponseWriter, r *http.Request) int {
	w.Header().Set("Allow", "GET, HEAD")
	return s.fault(w, r, http.StatusMethodNotAllowed, "method not allowed: documents are only read")
}

// preflight lets scripts of any site ask for JSON on condition that it has changed.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) int {
	if r.Header.Get("Access-Control-Request-Method") == "" || !s.opens(r.URL.Path) {
		return s.notAllowed(w, r)
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, A-IM")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return http.StatusNoContent
}

// opens reports whether a path's name says that scripts of any site may read what
// is there.
func (s *Server) opens(urlPath string) bool { return mediaOf(s.media, fileName(urlPath)).open }

// through answers with what another handler says.
func through(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) int {
		answer := &answered{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(answer, r)
		return answer.status
	}
}
