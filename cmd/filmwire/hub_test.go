package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestASubscriberHearsOfAnEdit subscribes to a feed with a daemon that is a hub, and
// gets the edited feed as it is served then.
func TestASubscriberHearsOfAnEdit(t *testing.T) {
	config := newsroom(t, 3)
	replace(t, config, "data: ./data", "data: ./data\nlisten: 127.0.0.1:0\nwebsub: {builtin: true, allow_private: true}")
	s := serve(t, config)
	got := make(chan *http.Request, 10)
	bodies := make(chan string, 10)
	subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		got <- r
		bodies <- string(body)
	}))
	defer subscriber.Close()
	s.until("/feeds/latest.atom", func(body string) bool { return strings.Count(body, "<entry>") == 3 })
	const topic = "https://reviews.example.org/feeds/latest.atom"
	res, atom := s.get("/feeds/latest.atom")
	const hub = "https://reviews.example.org/hub"
	if link := res.Header.Get("Link"); link != `<`+hub+`>; rel="hub", <`+topic+`>; rel="self"` || !strings.Contains(atom, hub) {
		t.Errorf("the feed does not say who its hub is: %q", link)
	}
	answer, err := http.PostForm(s.url+"/hub", url.Values{
		"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.callback": {subscriber.URL}, "hub.secret": {"between us"},
	})
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()
	s.until("/metrics", has("filmwire_hub_subscriptions 1"))

	reviews := filepath.Join(filepath.Dir(config), "reviews")
	replace(t, filepath.Join(reviews, "000001.md"), "Sentence 1 of the review.", "Sentence that was mended.")
	request, body := <-got, <-bodies
	mac := hmac.New(sha256.New, []byte("between us"))
	io.WriteString(mac, body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); request.Header.Get("X-Hub-Signature") != want {
		t.Errorf("signed %s, want %s", request.Header.Get("X-Hub-Signature"), want)
	}
	if _, served := s.get("/feeds/latest.atom"); body != served || !strings.Contains(body, "Sentence that was mended") {
		t.Errorf("delivered what is not served: %s", body)
	}

	// A film whose last review is withdrawn is gone.
	film := "/feeds/by-film/the-film-number-1-1951.rss"
	s.until(film, has("<item>"))
	if err := os.Remove(filepath.Join(reviews, "000001.md")); err != nil {
		t.Fatal(err)
	}
	s.until(film, has("gone"))
	if res, _ := s.get(film); res.StatusCode != http.StatusGone {
		t.Errorf("a withdrawn film: %s", res.Status)
	}
	s.stop()
}
