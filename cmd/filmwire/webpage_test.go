package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// TestTryAWebPage: an address that is no feed is read as one review, and the feeds that the
// page names are told; what is neither is an error.
func TestTryAWebPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/heat":
			w.Header().Set("Content-Type", "text/html; charset=windows-1252")
			fmt.Fprint(w, "<!doctype html><html><head><title>Heat (1995) - The Aisle Seat</title><link rel=alternate type='application/rss+xml' href='/feed'></head>"+
				"<body><article><h1>Heat (1995)</h1><p>By Ren\xe9 Doe</p><p>Rating: 4/5</p><p>A long night in a city of glass, told with a hand that never shakes and an eye that never looks away from it.</p></article></body></html>")
		case "/data":
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, `<?xml version="1.0"?><films><film>Heat</film></films>`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	try := func(path string) (stdout, stderr string, err error) {
		var out, said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "filmwire", "try", server.URL+path, "--allow-private", "--json")
		cmd.Stdout, cmd.Stderr = &out, &said
		err = cmd.Run()
		return out.String(), said.String(), err
	}
	stdout, stderr, err := try("/heat")
	var e struct {
		URL    string `json:"url"`
		Film   struct{ Title string }
		Rating struct{ Raw string }
		Critic struct{ Name string }
	}
	if err != nil || json.Unmarshal([]byte(stdout), &e) != nil || e.URL != server.URL+"/heat" || e.Film.Title != "Heat" || e.Rating.Raw != "4/5" || e.Critic.Name != "René Doe" {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
	if !strings.Contains(stderr, "the feeds it names are "+server.URL+"/feed; it is read as one review") {
		t.Error(stderr)
	}
	for path, want := range map[string]string{"/data": "neither a feed nor a web page", "/none": "404"} {
		if stdout, stderr, err := try(path); err == nil || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: %v, %s%s, want %q", path, err, stdout, stderr, want)
		}
	}
}
