package serve

import (
	"context"

	"github.com/valyala/fasthttp"
)

// Handle answers one request.
func (s *Server) Handle(ctx context.Context, c *fasthttp.RequestCtx) { s.handle(ctx, c) }

// Ready are the pressed forms in which the document of a path is at hand.
func (s *Server) Ready(urlPath string) []string {
	d, ok := s.cache.get(urlPath)
	if !ok {
		return nil
	}
	var all []string
	for _, c := range d.pressed() {
		all = append(all, c.String())
	}
	return all
}
