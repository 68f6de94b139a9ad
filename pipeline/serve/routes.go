package serve

import (
	"io"
	"log/slog"
	"net/http"
)

// routes lists every URL. GET stands for HEAD too.
func (s *Server) routes() {
	s.route("GET /{$}", "index", s.document)                 // index.html
	s.route("GET /feeds/{path...}", "feeds", s.document)     // latest.rss, by-film/solaris-1972.atom
	s.route("GET /films/{path...}", "films", s.document)     // solaris-1972, solaris-1972.json
	s.route("GET /critics/{path...}", "critics", s.document) // jane-doe
	s.route("GET /feeds", "feeds", s.document)               // without these three, ServeMux would send people to a folder
	s.route("GET /films", "films", s.document)
	s.route("GET /critics", "critics", s.document)
	s.route("GET /{path...}", "other", s.document) // opml.xml, style.css: whatever the tree holds

	s.route("GET /livez", "livez", s.live)        // the process lives
	s.route("GET /readyz", "readyz", s.ready)     // it is ready for work, or why not
	s.route("GET /metrics", "metrics", s.metrics) // Prometheus text

	s.route("/", "other", notAllowed) // every other method
}

// handler answers a request and says with which status.
type handler func(w http.ResponseWriter, r *http.Request) int

// route counts what a handler answers, and logs it for those who debug.
func (s *Server) route(pattern, name string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		status := h(w, r)
		s.scrape.count(name, status)
		if s.options.Log.Enabled(r.Context(), slog.LevelDebug) {
			s.options.Log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", status)
		}
	})
}

func notAllowed(w http.ResponseWriter, r *http.Request) int {
	w.Header().Set("Allow", "GET, HEAD")
	return plain(w, r, http.StatusMethodNotAllowed, "method not allowed: documents are only read\n")
}

func notFound(w http.ResponseWriter, r *http.Request) int {
	return plain(w, r, http.StatusNotFound, "not found\n")
}

// plain answers with a line of text.
func plain(w http.ResponseWriter, r *http.Request, status int, text string) int {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, text) // a reader who has gone is no fault
	}
	return status
}
