package serve

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/valyala/fasthttp"
)

// isFolder reports whether a path without a slash behind it is that of a folder
// with a page of its own.
func (s *Server) isFolder(urlPath string) bool {
	index := strings.TrimPrefix(urlPath, "/") + "/index.html"
	if strings.HasSuffix(urlPath, "/") || !isPublic(index) {
		return false
	}
	f, _, err := s.open(index)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// intoFolder sends on to the folder's page: its links count from within. The
// address is relative, so that it holds behind a proxy too.
func intoFolder(c *fasthttp.RequestCtx, urlPath string) int {
	to := url.URL{Path: "./" + path.Base(urlPath) + "/"}
	h := &c.Response.Header
	h.Set("Location", to.String())
	h.Set("X-Content-Type-Options", "nosniff")
	c.SetStatusCode(http.StatusMovedPermanently)
	return http.StatusMovedPermanently
}
