package serve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
)

// values are the values of a header of a request, one for each line of that name.
func values(c *fasthttp.RequestCtx, name string) []string {
	lines := c.Request.Header.PeekAll(name)
	if len(lines) == 0 {
		return nil
	}
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = string(line)
	}
	return all
}

// pathOf is the path of a request's target, decoded; ok says that it is one. A
// proxy's form of it, with scheme and host, is understood.
func pathOf(target []byte) (urlPath string, ok bool) {
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		target = target[:i]
	}
	for _, b := range target {
		if b <= ' ' || b == 0x7f {
			return "", false
		}
	}
	urlPath = string(target)
	if !strings.HasPrefix(urlPath, "/") {
		scheme, rest, _ := strings.Cut(urlPath, "://")
		host, below, _ := strings.Cut(rest, "/")
		if host == "" || scheme != "http" && scheme != "https" {
			return "", false
		}
		urlPath = "/" + below
	}
	if strings.IndexByte(urlPath, '%') < 0 {
		return urlPath, true
	}
	urlPath, err := url.PathUnescape(urlPath)
	return urlPath, err == nil
}

// refuse answers what could not be read as a request; the connection is closed then.
func (s *Server) refuse(c *fasthttp.RequestCtx, err error) {
	var large *fasthttp.ErrSmallBuffer
	var late net.Error
	switch {
	case errors.As(err, &large):
		s.note(s.unnamed, c, s.fault(c, http.StatusRequestHeaderFieldsTooLarge, "the header is too large"))
	case errors.As(err, &late) && late.Timeout():
		s.note(s.unnamed, c, s.fault(c, http.StatusRequestTimeout, "the request did not come in time"))
	default:
		s.note(s.unnamed, c, s.fault(c, http.StatusBadRequest, "bad request"))
	}
}

// through answers with what a handler of net/http says. The library has an adaptor
// for that, but it lends handlers strings that change under them afterwards, and ours
// keep some: so the header is read again, by net/http. The body comes as the handler
// reads it, and the handler bounds it.
func through(h http.Handler) handler {
	return func(ctx context.Context, c *fasthttp.RequestCtx) int {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Request.Header.Header())))
		if err != nil {
			c.SetConnectionClose()
			return write(c, http.StatusBadRequest, "text/plain; charset=utf-8", []byte("bad request\n"))
		}
		r.Body = http.NoBody
		if body := c.RequestBodyStream(); body != nil {
			r.Body = io.NopCloser(body)
		}
		r.RemoteAddr = c.RemoteAddr().String()
		said := &answered{header: http.Header{}}
		h.ServeHTTP(said, r.WithContext(ctx))
		return said.send(c)
	}
}

// answered is an http.ResponseWriter that remembers what is said.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header { return a.header }

// WriteHeader notes the first status that is final, as net/http does.
func (a *answered) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
}

func (a *answered) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answered) send(c *fasthttp.RequestCtx) int {
	a.WriteHeader(http.StatusOK) // if nothing was said
	for name, lines := range a.header {
		for _, line := range lines {
			c.Response.Header.Add(name, line)
		}
	}
	if a.body.Len() > 0 && a.header.Get("Content-Type") == "" {
		c.Response.Header.SetContentType(http.DetectContentType(a.body.Bytes()))
	}
	c.SetStatusCode(a.status)
	c.Response.SetBodyRaw(a.body.Bytes())
	return a.status
}
