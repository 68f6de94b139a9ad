package serve

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// missing answers where no document stands: it has moved, it is gone, or it was
// never there.
func (s *Server) missing(w http.ResponseWriter, r *http.Request) int {
	name := fileName(r.URL.Path)
	if s.options.Moved != nil {
		if to, ok := s.options.Moved(name); ok {
			w.Header().Set("Location", "/"+escapePath(to))
			w.Header().Set("Cache-Control", keepMoved)
			return s.say(w, r, http.StatusMovedPermanently, "this has moved to /"+to)
		}
	}
	if s.options.Gone != nil {
		for _, ending := range endings() {
			if s.options.Gone(name + ending) {
				return s.fault(w, r, http.StatusGone, "gone: what stood here was withdrawn")
			}
		}
	}
	if wantsPage(r) {
		// A page that says so in the site's own clothes, where a view makes one.
		if page := s.known(notFoundPage, s.options.Clock.Now()); page != nil {
			return s.sendNotFound(w, r, page)
		}
		if page, err := s.load(notFoundPage); err == nil {
			return s.sendNotFound(w, r, page)
		}
	}
	return s.fault(w, r, http.StatusNotFound, "not found")
}

// notFoundPage is where a view may put a page for what is not there.
const notFoundPage = "/404.html"

// keepMoved bounds for how long a redirect is believed: films that were merged by
// mistake are parted again.
const keepMoved = "public, max-age=3600"

func (s *Server) sendNotFound(w http.ResponseWriter, r *http.Request, page *document) int {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	return write(w, r, http.StatusNotFound, page.media.contentType[0], page.body)
}

// fault answers with an error that is not to be kept.
func (s *Server) fault(w http.ResponseWriter, r *http.Request, status int, text string) int {
	w.Header().Set("Cache-Control", "no-store")
	return s.say(w, r, status, text)
}

// say answers with a line of text, as a small page where a browser asks.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, text string) int {
	if !wantsPage(r) {
		return write(w, r, status, "text/plain; charset=utf-8", []byte(text+"\n"))
	}
	var b strings.Builder
	err := s.pages.ExecuteTemplate(&b, "fault", map[string]any{
		"Status": status, "Name": http.StatusText(status), "Text": text, "Site": s.options.Site().Title, "Style": template.CSS(pageStyle),
	})
	if err != nil {
		s.options.Log.Error("error page could not be made", "err", err)
		return write(w, r, status, "text/plain; charset=utf-8", []byte(text+"\n"))
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	return write(w, r, status, "text/html; charset=utf-8", []byte(b.String()))
}

// wantsPage reports whether a browser asks.
func wantsPage(r *http.Request) bool { return prefersPage(r.Header["Accept"], "text/plain") }

// write answers with a short body.
func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) int {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Vary") == "" {
		h.Set("Vary", "Accept")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // a reader who has gone is no fault
	}
	return status
}
