package wordpress_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/filmwire/filmwire/sources/sourcetest"
	"github.com/filmwire/filmwire/sources/wordpress"
)

// canned answers every question of the API with the same bytes.
type canned struct {
	body  []byte
	total string
	asked int
}

func (c *canned) Do(r *http.Request) (*http.Response, error) {
	c.asked++
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewReader(c.body))}
	if r.URL.Path == "/" {
		resp.Header.Set("Link", `<https://x.example/wp-json/>; rel="https://api.w.org/"`)
	}
	resp.Header.Set("X-Wp-Total", c.total)
	return resp, nil
}

// FuzzREST reads whatever a site may answer: a reading ends, with few questions, and
// what comes of it can be told apart.
func FuzzREST(f *testing.F) {
	f.Add([]byte(`[{"id":1,"guid":{"rendered":"https://x.example/?p=1"},"modified_gmt":"2026-01-01T00:00:00","title":{"rendered":"Heat"},"content":{"rendered":"<p>Loud.<\/p>","protected":false},"meta":{"rating":"4"},"acf":[],"_embedded":{"author":[{"name":"J"}],"wp:term":[[{"name":"x"}]]}}]`), "1")
	f.Add([]byte("<b>Warning</b> [0]\n[{\"id\":2,\"title\":3},{\"id\":2}]"), "")
	f.Add([]byte(`{"code":"rest_no_route","message":"No."}`), "7")
	f.Add([]byte(`[{"id":1e3,"content":{"rendered":"x"},"acf":{"a":{"b":{"c":{"d":{"e":1}}}}}}]`), "-1")
	f.Fuzz(func(t *testing.T, body []byte, total string) {
		site := &canned{body: body, total: total}
		source := sourcetest.Open(t, wordpress.Type(), sourcetest.Place{Options: map[string]any{"url": "https://x.example/"}, HTTP: site})
		out := &sourcetest.Out{}
		reading, err := source.Read(t.Context(), nil, out)
		if site.asked > 2100 {
			t.Errorf("%d questions", site.asked)
		}
		for _, d := range out.Documents {
			if d.GUID == "" || !utf8.ValidString(d.GUID+d.Body+d.Stated.Title) || strings.TrimSpace(d.RawSHA256) == "" {
				t.Errorf("document %+v", d)
			}
		}
		if err == nil {
			if _, err := source.Read(t.Context(), reading.Checkpoint, &sourcetest.Out{}); err != nil {
				t.Errorf("with its own checkpoint: %v", err)
			}
		}
	})
}
