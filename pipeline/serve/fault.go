package serve

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"
)

// missing answers where no document stands: it has moved, it is gone, or it was
// never there.
func (s *Server) missing(c *fasthttp.RequestCtx, urlPath string) int {
	name := fileName(urlPath)
	if s.options.Moved != nil {
		if to, ok := s.options.Moved(name); ok {
			c.Response.Header.Set("Location", "/"+escapePath(to))
			c.Response.Header.Set("Cache-Control", keepMoved)
			return s.say(c, http.StatusMovedPermanently, "this has moved to /"+to)
		}
	}
	if s.options.Gone != nil {
		for _, ending := range endings() {
			if s.options.Gone(name + ending) {
				return s.fault(c, http.StatusGone, "gone: what stood here was withdrawn")
			}
		}
	}
	if wantsPage(c) {
		// A page that says so in the site's own clothes, where a view makes one.
		if page := s.known(notFoundPage, s.options.Clock.Now()); page != nil {
			return s.sendNotFound(c, page)
		}
		if page, err := s.load(notFoundPage); err == nil {
			return s.sendNotFound(c, page)
		}
	}
	return s.fault(c, http.StatusNotFound, "not found")
}

// notFoundPage is where a view may put a page for what is not there.
const notFoundPage = "/404.html"

// keepMoved bounds for how long a redirect is believed: films that were merged by
// mistake are parted again.
const keepMoved = "public, max-age=3600"

func (s *Server) sendNotFound(c *fasthttp.RequestCtx, page *document) int {
	h := &c.Response.Header
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	return write(c, http.StatusNotFound, page.media.contentType, page.body)
}

// fault answers with an error that is not to be kept.
func (s *Server) fault(c *fasthttp.RequestCtx, status int, text string) int {
	c.Response.Header.Set("Cache-Control", "no-store")
	return s.say(c, status, text)
}

// say answers with a line of text, as a small page where a browser asks.
func (s *Server) say(c *fasthttp.RequestCtx, status int, text string) int {
	if !wantsPage(c) {
		return write(c, status, "text/plain; charset=utf-8", []byte(text+"\n"))
	}
	var b strings.Builder
	err := s.pages.ExecuteTemplate(&b, "fault", map[string]any{
		"Status": status, "Name": http.StatusText(status), "Text": text, "Site": s.options.Site().Title, "Style": template.CSS(pageStyle),
	})
	if err != nil {
		s.options.Log.Error("error page could not be made", "err", err)
		return write(c, status, "text/plain; charset=utf-8", []byte(text+"\n"))
	}
	c.Response.Header.Set("Content-Security-Policy", pagePolicy)
	return write(c, status, "text/html; charset=utf-8", []byte(b.String()))
}

// wantsPage reports whether a browser asks.
func wantsPage(c *fasthttp.RequestCtx) bool { return prefersPage(values(c, "Accept"), "text/plain") }

// write answers with a short body.
func write(c *fasthttp.RequestCtx, status int, contentType string, body []byte) int {
	h := &c.Response.Header
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	if len(h.Peek("Vary")) == 0 {
		h.Set("Vary", "Accept")
	}
	c.SetStatusCode(status)
	c.Response.SetBodyRaw(body)
	return status
}
