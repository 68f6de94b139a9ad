package serve

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/valyala/fasthttp"
)

func (s *Server) live(_ context.Context, c *fasthttp.RequestCtx) int {
	c.Response.Header.Set("Cache-Control", "no-store")
	return write(c, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"`
	Version string   `json:"version,omitempty"`
}

func (s *Server) ready(ctx context.Context, c *fasthttp.RequestCtx) int {
	answer, status := readiness{Ready: true, Version: s.options.Version}, http.StatusOK
	if s.options.Ready != nil {
		if err := s.options.Ready(ctx); err != nil {
			answer.Ready, answer.Reasons, status = false, reasons(err), http.StatusServiceUnavailable
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		s.options.Log.Error("readiness could not be said", "err", err)
		return s.fault(c, http.StatusInternalServerError, "internal error")
	}
	c.Response.Header.Set("Cache-Control", "no-store")
	return write(c, status, "application/json", append(body, '\n'))
}

// reasons takes apart what errors.Join has joined.
func reasons(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var all []string
	for _, e := range joined.Unwrap() {
		all = append(all, reasons(e)...)
	}
	return all
}
