package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// webpage is what `try` reads where an address is no feed: one page on the web, taken for
// one review. It is no source for the wire, since a page alone tells of nothing new.
type webpage struct {
	address string
	env     pipeline.SourceEnv
}

// maxPage is how large a page may be.
const maxPage = 16 << 20 // bytes

// errNoPage says that an address holds neither a feed nor a page.
var errNoPage = errors.New("neither a feed nor a web page")

// Read hands out the page.
func (p webpage) Read(ctx context.Context, _ []byte, out pipeline.Out) (pipeline.Reading, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address, nil)
	if err != nil {
		return pipeline.Reading{}, err
	}
	req.Header.Set("Accept", "text/html, application/xhtml+xml;q=0.9")
	resp, err := p.env.HTTP.Do(req)
	if err != nil {
		return pipeline.Reading{}, err
	}
	defer resp.Body.Close()
	at := resp.Request.URL.Redacted()
	if resp.StatusCode != http.StatusOK {
		return pipeline.Reading{}, fmt.Errorf("%s: %d %s", at, resp.StatusCode, strings.ToLower(http.StatusText(resp.StatusCode)))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	switch {
	case err != nil:
		return pipeline.Reading{}, fmt.Errorf("%s: %w", at, err)
	case len(raw) > maxPage:
		return pipeline.Reading{}, fmt.Errorf("%s: larger than %d MB", at, maxPage>>20)
	}
	sent := resp.Header.Get("Content-Type")
	body, ok := p.env.Text(raw, true, sent)
	if !ok || !isPage(sent, body) {
		return pipeline.Reading{}, fmt.Errorf("%s: %w", at, errNoPage)
	}
	sum := sha256.Sum256(raw)
	return pipeline.Reading{}, out.Document(review.Document{
		GUID: at, URL: at, Form: review.FormPage, Body: body, FetchedAt: p.env.Clock.Now(), RawSHA256: hex.EncodeToString(sum[:]),
	})
}

// isPage reports whether what came is a page of HTML, by its server's word or its looks.
func isPage(sent, body string) bool {
	if strings.Contains(strings.ToLower(sent), "html") {
		return true
	}
	head := strings.ToLower(strings.TrimSpace(body[:min(len(body), 1<<10)]))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html")
}
