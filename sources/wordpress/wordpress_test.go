package wordpress_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sources/sourcetest"
	"github.com/filmwire/filmwire/sources/wordpress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type: wordpress.Type(),
		Place: func(t *testing.T) sourcetest.Place {
			s := newSite(t)
			client := fetch.New(fetch.Options{AllowPrivate: true})
			t.Cleanup(client.Close)
			return sourcetest.Place{
				Options: map[string]any{"url": s.URL},
				HTTP:    client,
				Hold: func(state sourcetest.State) {
					if len(s.entries) == 0 {
						s.fill(1, 3)
					}
					second := &entry{id: 2, title: "Film 2", text: "<p>Text 2.</p>"}
					switch state {
					case sourcetest.Edited:
						second.text = "<p>Text 2, edited.</p>"
					case sourcetest.Broken:
						second.more = map[string]any{"title": 2}
					}
					if state != sourcetest.Whole {
						s.put(second)
					}
				},
				Put: func(b []byte) {
					s.before = func(w http.ResponseWriter, r *http.Request) bool {
						w.Write(b)
						return true
					}
				},
			}
		},
		Hostile: map[string][]byte{
			"bytes": {0, 1, 2}, "nothing": {}, "a page": []byte("<html>Not here</html>"), "open": []byte(`[{"id":1`), "deep": bytes.Repeat([]byte("[{\"a\":"), 20_000),
		},
	})
}

// TestConformanceOfAnExport reads an export alone.
func TestConformanceOfAnExport(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{
		Type: wordpress.Type(),
		Place: func(t *testing.T) sourcetest.Place {
			path := filepath.Join(t.TempDir(), "export.xml")
			put := func(b []byte) {
				if err := os.WriteFile(path, b, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			return sourcetest.Place{
				Options: map[string]any{"export": path},
				Put:     put,
				Hold: func(s sourcetest.State) {
					second := exported(2, "second")
					switch s {
					case sourcetest.Edited:
						second = exported(2, "second, edited")
					case sourcetest.Broken:
						second = strings.Replace(second, "</title>", "", 1)
					}
					put([]byte(export(exported(1, "first"), second, exported(3, "third"))))
				},
			}
		},
		Complete: true,
		Hostile:  map[string][]byte{"bytes": {0, 1, 2}, "a cut zip": []byte("PK\x03\x04"), "a feed": []byte("<rss><channel/></rss>"), "cut": []byte(export(exported(1, "x"))[:300])},
	})
}

func export(items ...string) string {
	return `<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>` + "\n" + strings.Join(items, "") + "</channel></rss>\n"
}

func exported(id int, text string, meta ...string) string {
	fields := ""
	for _, m := range meta {
		key, value, _ := strings.Cut(m, "=")
		fields += "<wp:postmeta><wp:meta_key>" + key + "</wp:meta_key><wp:meta_value>" + value + "</wp:meta_value></wp:postmeta>\n"
	}
	return fmt.Sprintf(`<item><title>Film %[1]d</title><link>https://aisle.example.org/film-%[1]d/</link><guid>https://aisle.example.org/?p=%[1]d</guid>
<content:encoded><![CDATA[%[2]s]]></content:encoded><wp:post_id>%[1]d</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
%[3]s</item>
`, id, text, fields)
}

func TestAPost(t *testing.T) {
	s := newSite(t)
	s.put(&entry{id: 5, title: "Heat (1995) &#8211; Review", text: "<p>Loud &amp; long.</p>", more: map[string]any{
		"meta": map[string]any{"yasr_overall_rating": 4.5, "footnotes": ""},
		"acf":  map[string]any{"film": map[string]any{"imdb_id": "tt0113277"}, "list": []any{1, 2}, "off": false},
		"lang": "en",
	}})
	r := read(t, s, nil)
	out, reading := r.must()
	if len(out.Documents) != 1 || reading.Complete || reading.Unchanged {
		t.Fatalf("%+v, %+v", out, reading)
	}
	d := out.Documents[0]
	st := d.Stated
	if d.GUID != "https://aisle.example.org/?p=5" || d.URL != "https://aisle.example.org/film-5/" || d.Form != review.FormHTML || d.Body != "<p>Loud &amp; long.</p>" {
		t.Errorf("document %+v", d)
	}
	if st.Title != "Heat (1995) &#8211; Review" || st.Summary != "" || st.Critic.Name != "Jane Doe" || st.Critic.URL != "https://aisle.example.org/author/jane/" || st.Language != "en" ||
		!slices.Equal(st.Tags, []string{"Reviews & more", "1990s"}) || !slices.Equal(st.Media, []review.Media{{URL: "https://aisle.example.org/5.jpg", Alt: "A still", Kind: "image"}}) ||
		st.PublishedAt.Format(time.RFC3339) != "2026-01-01T00:00:00Z" || st.ModifiedAt.Format(time.RFC3339) != "2026-01-01T00:01:00Z" {
		t.Errorf("stated %+v", st)
	}
	want := []review.Field{{Name: "yasr_overall_rating", Value: "4.5"}, {Name: "film.imdb_id", Value: "tt0113277"}}
	if !slices.Equal(d.Fields, want) {
		t.Errorf("fields %v", d.Fields)
	}
}

func TestWhatHappensToPosts(t *testing.T) {
	s := newSite(t)
	s.fill(1, 120)
	r := read(t, s, nil)
	out, _ := r.must()
	if len(out.Documents) != 120 || out.Documents[0].GUID != "https://aisle.example.org/?p=1" {
		t.Fatalf("%d documents", len(out.Documents))
	}
	r.same()

	// Nothing: one short request.
	_, reading := r.must()
	if !reading.Unchanged || len(s.requests) != 1 || strings.Contains(s.requests[0], "content") {
		t.Errorf("unchanged: %+v, requests %q", reading, s.requests)
	}
	// An edit and a new post: a second request, for those two.
	s.put(&entry{id: 60, title: "Film 60", text: "<p>Edited.</p>"})
	s.fill(121, 121)
	out, _ = r.must()
	if got := out.GUIDs(); !slices.Equal(got, []string{"https://aisle.example.org/?p=60", "https://aisle.example.org/?p=121"}) || len(s.requests) != 2 {
		t.Errorf("%q by %q", got, s.requests)
	}
	r.same()
	// Deleted, and in the same breath another is new: totals alone would not tell.
	s.trash(7)
	s.fill(122, 122)
	if out, _ = r.must(); !slices.Equal(out.Taken, []string{"https://aisle.example.org/?p=7"}) || len(out.Documents) != 1 {
		t.Errorf("taken %q, %d documents", out.Taken, len(out.Documents))
	}
	r.same()
	// Behind a password, and public again.
	s.put(&entry{id: 8, title: "Protected: Film 8", text: "<p>Secret.</p>", protected: true})
	if out, _ = r.must(); !slices.Equal(out.Taken, []string{"https://aisle.example.org/?p=8"}) || len(out.Documents) != 0 {
		t.Errorf("protected: %+v", out)
	}
	if _, reading = r.must(); !reading.Unchanged {
		t.Errorf("after it: %+v", reading)
	}
	s.put(&entry{id: 8, title: "Film 8", text: "<p>Open.</p>"})
	r.must()
	r.same()
	// Many edits at once: more than a page of the short list.
	for id := 10; id <= 115; id++ {
		s.put(&entry{id: id, title: "x", text: fmt.Sprint("again ", id)})
	}
	if out, _ = r.must(); len(out.Documents) != 106 || !slices.ContainsFunc(s.requests, func(u string) bool { return strings.Contains(u, "modified_after") }) {
		t.Errorf("%d documents by %q", len(out.Documents), s.requests)
	}
	r.same()
	// A day later all are listed once, though nothing seems to have happened.
	r.now = r.now.Add(25 * time.Hour)
	if out, reading = r.must(); reading.Unchanged || len(out.Documents) != 0 {
		t.Errorf("a day later: %+v, %d documents", reading, len(out.Documents))
	}
	if _, reading = r.must(); !reading.Unchanged {
		t.Errorf("after that: %+v", reading)
	}
}

// TestNothingIsLostWhilePagesAreTurned edits, adds and deletes posts between any two
// requests: when it is quiet again, what came is what the site has.
func TestNothingIsLostWhilePagesAreTurned(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			s := newSite(t)
			s.old = seed%3 == 0
			s.quiet = seed%4 == 3
			s.fill(1, 250)
			next := 251
			hidden := map[string]bool{} // posts that were behind a password at some time
			stir := func(*http.Request) {
				for range random.IntN(3) {
					switch id := 1 + random.IntN(next-1); random.IntN(4) {
					case 0:
						s.fill(next, next)
						next++
					case 1:
						s.trash(id)
					default:
						s.mu.Lock()
						_, there := s.entries[id]
						s.mu.Unlock()
						if there {
							protected := random.IntN(8) == 0
							hidden[fmt.Sprintf("https://aisle.example.org/?p=%d", id)] = protected || hidden[fmt.Sprintf("https://aisle.example.org/?p=%d", id)]
							s.put(&entry{id: id, title: "x", text: fmt.Sprint("edit ", random.Int()), protected: protected})
						}
					}
				}
			}
			r := read(t, s, nil)
			s.after = stir
			for range 8 {
				out, _ := r.must()
				for _, guid := range out.Taken {
					id, _ := strconv.Atoi(guid[strings.LastIndexByte(guid, '=')+1:])
					if _, there := s.entries[id]; there && !hidden[guid] {
						t.Errorf("%s was taken back, and is there", guid)
					}
				}
			}
			s.after = nil
			if s.quiet { // without totals, only the daily list tells what is gone
				r.now = r.now.Add(25 * time.Hour)
			}
			r.must()
			r.must()
			r.same()
		})
	}
}

func TestTooMuchAtOnce(t *testing.T) {
	s := newSite(t)
	s.fill(1, 60)
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		ids := strings.Split(q.Get("include"), ",")
		switch {
		case len(ids) > 10:
			w.WriteHeader(http.StatusInternalServerError) // out of memory
			return true
		case slices.Contains(ids, "33") && q.Get("_embed") != "":
			if len(ids) > 1 {
				w.WriteHeader(http.StatusBadGateway)
			} else {
				fmt.Fprint(w, `[{"id":33,"title":{"rendered":"cut o`)
			}
			return true
		}
		return false
	}
	r := read(t, s, nil)
	out, _, err := r.poll()
	if err != nil || len(out.Documents) != 59 || len(out.Problems) != 1 || !strings.HasSuffix(out.Problems[0].Where, ", post 33") {
		t.Fatalf("%v, %d documents, problems %v", err, len(out.Documents), out.Problems)
	}
	// It is asked for again each time, until it can be read.
	if out, _, err = r.poll(); err != nil || len(out.Problems) != 1 || len(s.requests) > 3 {
		t.Errorf("%v, %+v, %q", err, out, s.requests)
	}
	s.before = nil
	if out, _ = r.must(); len(out.Documents) != 1 {
		t.Errorf("%+v", out)
	}
	r.same()
}

// TestAReadingGoesOn breaks off the first reading again and again.
func TestAReadingGoesOn(t *testing.T) {
	s := newSite(t)
	s.fill(1, 230)
	fetches := 0
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("_embed") == "" {
			return false
		}
		if fetches++; fetches%2 == 0 {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	r := read(t, s, nil)
	for polls := 1; ; polls++ {
		out, _, err := r.poll()
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Problems) == 0 {
			if polls != 5 {
				t.Errorf("%d polls", polls)
			}
			break
		}
		if !strings.Contains(out.Problems[0].Err.Error(), "the next poll goes on behind them") || len(out.Documents) != 50 {
			t.Fatalf("%d documents, %v", len(out.Documents), out.Problems)
		}
		// Before the time the server named, nothing is asked.
		var later *pipeline.RetryAfter
		if _, _, err := r.poll(); !errors.As(err, &later) || later.After != 2*time.Minute || len(s.requests) != 0 {
			t.Fatalf("%v, %q", err, s.requests)
		}
		r.now = r.now.Add(2 * time.Minute)
	}
	r.same()
}

func TestMostOfASiteIsGone(t *testing.T) {
	s := newSite(t)
	s.fill(1, 20)
	r := read(t, s, nil)
	r.must()
	for id := 1; id <= 15; id++ {
		s.trash(id)
	}
	// The source hands out all there is, and leaves it to the engine's guard.
	out, reading := r.must()
	if len(out.Taken) != 0 || !reading.Complete || len(out.Documents) != 5 {
		t.Errorf("taken %q, %+v, %d documents", out.Taken, reading, len(out.Documents))
	}
	if _, reading = r.must(); !reading.Unchanged {
		t.Errorf("the next: %+v", reading)
	}
	r.now = r.now.Add(25 * time.Hour)
	if _, reading = r.must(); !reading.Complete {
		t.Errorf("a day later: %+v", reading)
	}
	s.fill(1, 15) // it was a mistake
	if out, reading = r.must(); reading.Complete || len(out.Documents) != 15 {
		t.Errorf("back again: %+v, %d documents", reading, len(out.Documents))
	}
	if _, reading = r.must(); !reading.Unchanged {
		t.Errorf("and then: %+v", reading)
	}
}

func TestASiteCountsMoreThanItLists(t *testing.T) {
	s := newSite(t)
	s.fill(1, 5)
	s.hides = 2 // for members
	r := read(t, s, nil)
	r.must()
	if out, reading := r.must(); reading.Unchanged || len(out.Documents) != 0 { // something may have moved: looks again, once
		t.Errorf("%+v, %d documents", reading, len(out.Documents))
	}
	if _, reading := r.must(); !reading.Unchanged {
		t.Errorf("%+v", reading)
	}
	s.trash(2)
	if out, _ := r.must(); len(out.Taken) != 1 {
		t.Errorf("taken %q", out.Taken)
	}
	if _, reading := r.must(); !reading.Unchanged {
		t.Errorf("%+v", reading)
	}
}

func TestWhereTheAPIIs(t *testing.T) {
	s := newSite(t)
	s.fill(1, 1)
	for _, c := range []struct {
		name   string
		url    string
		plain  bool
		before func(w http.ResponseWriter, r *http.Request) bool
	}{
		{name: "a Link header", url: s.URL},
		{name: "plain permalinks", url: s.URL + "/", plain: true},
		{name: "the API's own address", url: s.URL + "/wp-json/wp/v2/posts?per_page=3"},
		{name: "the same with plain permalinks", url: s.URL + "/?rest_route=/wp/v2/posts", plain: true},
		{name: "a link in the page", url: s.URL, before: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/" {
				fmt.Fprint(w, `<!doctype html><link rel='https://api.w.org/' href='/wp-json/' />`)
			}
			return r.URL.Path == "/"
		}},
		{name: "nothing said", url: s.URL, before: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/" && r.URL.RawQuery == "" {
				fmt.Fprint(w, "<!doctype html><title>x</title>")
			}
			return r.URL.Path == "/" && r.URL.RawQuery == ""
		}},
		{name: "nothing said, plain permalinks", url: s.URL, plain: true, before: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.RawQuery == "" {
				w.WriteHeader(http.StatusNotFound)
			}
			return r.URL.RawQuery == ""
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.plain, s.before = c.plain, c.before
			if out, _ := read(t, s, map[string]any{"url": c.url}).must(); len(out.Documents) != 1 {
				t.Errorf("%+v", out)
			}
		})
	}
}

func TestAMovedAPIIsFoundAgain(t *testing.T) {
	s := newSite(t)
	s.fill(1, 2)
	r := read(t, s, nil)
	r.must()
	s.plain = true // somebody changed the permalinks
	s.fill(3, 3)
	if out, _ := r.must(); len(out.Documents) != 1 {
		t.Errorf("%+v", out)
	}
	r.same()
}

func TestRefusals(t *testing.T) {
	page := func(w http.ResponseWriter, status int) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(status)
		fmt.Fprint(w, "<!doctype html><title>Just a moment</title>")
	}
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   string
	}{
		{"login wanted", func(w http.ResponseWriter) { refuse(w, 401, "rest_not_logged_in") }, "401 unauthorized (rest_not_logged_in): URL/wp-json/wp/v2/posts?per_page=1: the site keeps its REST API from strangers; read its feed instead (type: feed, url: URL/feed/)"},
		{"forbidden", func(w http.ResponseWriter) { refuse(w, 403, "rest_forbidden") }, "read its feed instead"},
		{"disabled", func(w http.ResponseWriter) { refuse(w, 404, "rest_disabled") }, "keeps its REST API from strangers"},
		{"no route", func(w http.ResponseWriter) { refuse(w, 404, "rest_no_route") }, "(rest_no_route)"},
		{"not found", func(w http.ResponseWriter) { page(w, 404) }, "no REST API there"},
		{"a firewall", func(w http.ResponseWriter) { page(w, 200) }, "a web page instead of the API's JSON"},
		{"a firewall that says no", func(w http.ResponseWriter) { page(w, 403) }, "read its feed instead"},
		{"gone", func(w http.ResponseWriter) { page(w, 410) }, "the source is gone"},
		{"in trouble", func(w http.ResponseWriter) { page(w, 500) }, "the server is in trouble"},
		{"a fault in the question", func(w http.ResponseWriter) { refuse(w, 400, "rest_invalid_param") }, "the API says: Says WordPress."},
		{"an error with status 200", func(w http.ResponseWriter) { refuse(w, 200, "rest_forbidden_context") }, "(rest_forbidden_context)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/" || r.URL.RawQuery != "" {
					c.answer(w)
					return true
				}
				return false
			}
			_, _, err := read(t, s, nil).poll()
			want := strings.ReplaceAll(c.want, "URL", s.URL)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "wordpress: ") {
				t.Errorf("error %v, want %q", err, want)
			}
			if gone := c.name == "gone"; errors.Is(err, pipeline.ErrGone) != gone {
				t.Errorf("gone: %v", err)
			}
		})
	}
	for _, status := range []int{429, 503} {
		s := newSite(t)
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(status)
			return true
		}
		var later *pipeline.RetryAfter
		if _, _, err := read(t, s, nil).poll(); !errors.As(err, &later) || later.After != time.Minute {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestOddAnswers(t *testing.T) {
	around := func(before, after string) func(*site) {
		return func(s *site) {
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/wp-json") {
					return false
				}
				fmt.Fprint(w, before)
				s.api(w, r, strings.TrimPrefix(r.URL.Path, "/wp-json/wp/v2/"))
				fmt.Fprint(w, after)
				return true
			}
		}
	}
	for name, arrange := range map[string]func(*site){
		"PHP warns in front": around("<br />\n<b>Warning</b>:  Undefined array key [0] [{x in <b>/srv/x.php</b> on line <b>12</b><br />\n", ""),
		"a remark behind":    around("", "\n<!-- cached -->"),
		"a byte-order mark":  around("\xef\xbb\xbf", ""),
		"no totals":          func(s *site) { s.quiet = true },
		"the users are hidden": func(s *site) {
			for _, e := range s.entries {
				e.more = map[string]any{"yoast_head_json": map[string]any{"author": "Jane Doe"}, "_embedded": map[string]any{"author": []any{map[string]any{"code": "rest_user_invalid_id", "data": map[string]any{"status": 404}}}}}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(1, 130)
			arrange(s)
			r := read(t, s, nil)
			out, _ := r.must()
			r.same()
			if len(out.Documents) > 0 && out.Documents[0].Stated.Critic.Name != "Jane Doe" {
				t.Errorf("critic %+v", out.Documents[0].Stated.Critic)
			}
		})
	}
}

func TestConditionalRequests(t *testing.T) {
	s := newSite(t)
	s.fill(1, 3)
	conditional := 0
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", `W/"1"`)
		if r.Header.Get("If-None-Match") == `W/"1"` {
			conditional++
			w.WriteHeader(http.StatusNotModified)
			return true
		}
		return false
	}
	r := read(t, s, nil)
	r.must()
	if _, reading := r.must(); !reading.Unchanged || conditional != 1 {
		t.Errorf("%+v, %d conditional", reading, conditional)
	}
}

func TestChoosing(t *testing.T) {
	s := newSite(t)
	s.put(&entry{id: 1, title: "News", text: "n", categories: []int{1}})
	s.put(&entry{id: 2, title: "Heat", text: "h", categories: []int{2}})
	s.put(&entry{id: 3, title: "It", text: "i", categories: []int{3}})
	s.put(&entry{id: 4, title: "Of another type", text: "t", kind: "reviews"})
	for name, c := range map[string]struct {
		options map[string]any
		want    []string
	}{
		"a category and what is below it": {map[string]any{"categories": []any{"reviews"}}, []string{"2", "3"}},
		"by name":                         {map[string]any{"categories": []any{"Film & TV reviews"}}, []string{"2", "3"}},
		"by id":                           {map[string]any{"categories": []any{"3"}}, []string{"3"}},
		"types":                           {map[string]any{"types": []any{"posts", "reviews"}}, []string{"1", "2", "3", "4"}},
	} {
		out, _ := read(t, s, c.options).must()
		var got []string
		for _, d := range out.Documents {
			got = append(got, strings.TrimPrefix(d.GUID, "https://aisle.example.org/?p="))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	r := read(t, s, map[string]any{"categories": []any{"reviews"}})
	r.must()
	s.put(&entry{id: 3, title: "It", text: "i", categories: []int{1}}) // no review any more
	if out, _ := r.must(); !slices.Equal(out.Taken, []string{"https://aisle.example.org/?p=3"}) {
		t.Errorf("out of its category: %+v", out)
	}
	if _, _, err := read(t, s, map[string]any{"categories": []any{"filme"}}).poll(); err == nil || !strings.Contains(err.Error(), `the site has no "filme"; it has news, reviews, horror`) {
		t.Errorf("error %v", err)
	}
	if _, _, err := read(t, s, map[string]any{"types": []any{"movies"}}).poll(); err == nil || !strings.Contains(err.Error(), "`types`") {
		t.Errorf("error %v", err)
	}
}

func TestAnExportAddsWhatTheAPIKeeps(t *testing.T) {
	s := newSite(t)
	s.fill(1, 2)
	path := filepath.Join(t.TempDir(), "export.xml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(export(exported(1, "old", "wp_review_type=star", "wp_review_total=4"), exported(9, "deleted since")))
	r := read(t, s, map[string]any{"export": path})
	out, _ := r.must()
	if len(out.Documents) != 2 || out.Documents[0].Body != "<p>Text 1.</p>" || len(out.Documents[0].Fields) != 2 || len(out.Documents[1].Fields) != 0 {
		t.Fatalf("%+v", out.Documents)
	}
	if _, reading := r.must(); !reading.Unchanged {
		t.Errorf("%+v", reading)
	}
	write(export(exported(1, "old", "wp_review_type=star", "wp_review_total=4.5"))) // another length
	if out, _ = r.must(); len(out.Documents) != 2 || out.Documents[0].Fields[1].Value != "4.5" {
		t.Errorf("%+v", out.Documents)
	}
}

func TestDiagnose(t *testing.T) {
	s := newSite(t)
	level := func(options map[string]any) (pipeline.Level, string) {
		all := read(t, s, options).source.(pipeline.Diagnoser).Diagnose(t.Context())
		return all[len(all)-1].Level, all[len(all)-1].Cause + " " + all[len(all)-1].Remedy
	}
	if l, cause := level(nil); l != pipeline.LevelWarning {
		t.Error(l, cause)
	}
	s.fill(1, 3)
	if l, cause := level(nil); l != pipeline.LevelOK || !strings.Contains(cause, "3 posts") {
		t.Error(l, cause)
	}
	if l, cause := level(map[string]any{"url": nil, "export": t.TempDir()}); l != pipeline.LevelOK || !strings.Contains(cause, "the export is there") {
		t.Error(l, cause)
	}
	both := read(t, s, map[string]any{"export": "/nowhere.xml"}).source.(pipeline.Diagnoser).Diagnose(t.Context())
	if both[0].Level != pipeline.LevelFault {
		t.Errorf("beside the site: %+v", both)
	}
	s.before = func(w http.ResponseWriter, r *http.Request) bool { refuse(w, 401, "rest_not_logged_in"); return true }
	if l, cause := level(nil); l != pipeline.LevelFault || !strings.Contains(cause, "feed instead") {
		t.Error(l, cause)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		options map[string]any
		want    string
	}{
		{map[string]any{}, "wants url, export or both"},
		{map[string]any{"url": "nonsense"}, "url: "},
		{map[string]any{"export": "x.xml", "categories": []any{"reviews"}}, "categories: "},
		{map[string]any{"url": "https://x.example"}, ""},
		{map[string]any{"export": t.TempDir()}, ""},
		{map[string]any{"export": "x.xml"}, "export: there is no such export"},
		{map[string]any{"export": "x.xml", "url": "https://x.example"}, ""},
	} {
		o := sourcetest.NewOptions(c.options)
		wordpress.Type().Configure(o)
		if got := strings.Join(o.Faults(), "; "); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%v: faults %q, want %q", c.options, got, c.want)
		}
	}
}
