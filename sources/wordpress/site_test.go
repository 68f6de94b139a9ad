package wordpress_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/fetch"
	"github.com/filmwire/filmwire/sources/sourcetest"
	"github.com/filmwire/filmwire/sources/wordpress"
)

// entry is a post of a site.
type entry struct {
	id         int
	title      string
	text       string
	modified   time.Time
	protected  bool
	kind       string // posts if empty
	categories []int
	more       map[string]any // fields that replace or add
}

// site is a server that answers as WordPress does: lists in pages with totals in the
// header, filters, errors with a code, the API's address in a Link header.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	entries  map[int]*entry
	tick     time.Time
	requests []string
	// before, if set, is asked first; true says it has answered.
	before func(w http.ResponseWriter, r *http.Request) bool
	// after is called when a list was answered.
	after func(r *http.Request)
	plain bool // permalinks: the API is at ?rest_route=
	quiet bool // no X-WP-Total
	hides int  // posts that are counted and not listed
	old   bool // knows no modified_after
}

func newSite(t testing.TB) *site {
	s := &site{entries: map[int]*entry{}, tick: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// put stores a post as an editor does: it is changed now.
func (s *site) put(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick = s.tick.Add(time.Minute)
	e.modified, s.entries[e.id] = s.tick, e
}

func (s *site) trash(ids ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.entries, id)
	}
}

func (s *site) fill(from, to int) {
	for id := from; id <= to; id++ {
		s.put(&entry{id: id, title: fmt.Sprintf("Film %d", id), text: fmt.Sprintf("<p>Text %d.</p>", id)})
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.URL.String())
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	route, ok := strings.CutPrefix(r.URL.Path, "/wp-json")
	if asked := r.URL.Query().Get("rest_route"); asked != "" {
		route, ok = asked, true
	} else if s.plain && ok {
		http.NotFound(w, r)
		return
	}
	if !ok {
		w.Header().Add("Link", "<"+s.URL+`/feed/>; rel="alternate"`)
		w.Header().Add("Link", "<"+s.root()+`>; rel="https://api.w.org/"`)
		fmt.Fprint(w, "<html><head><title>A site</title></head></html>")
		return
	}
	s.api(w, r, strings.TrimPrefix(route, "/wp/v2/"))
	if after != nil {
		after(r)
	}
}

func (s *site) root() string {
	if s.plain {
		return s.URL + "/?rest_route=/"
	}
	return s.URL + "/wp-json/"
}

// refuse answers with an error as the API words them.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code":%q,"message":"Says WordPress.","data":{"status":%d}}`, code, status)
}

func (s *site) api(w http.ResponseWriter, r *http.Request, name string) {
	q := r.URL.Query()
	size := intOr(q.Get("per_page"), 10)
	if size < 1 || size > 100 {
		refuse(w, http.StatusBadRequest, "rest_invalid_param")
		return
	}
	var all []map[string]any
	switch name {
	case "posts", "reviews":
		all = s.list(q, name)
	case "categories":
		all = []map[string]any{{"id": 1, "slug": "news", "name": "News", "parent": 0}, {"id": 2, "slug": "reviews", "name": "Film &amp; TV reviews", "parent": 0}, {"id": 3, "slug": "horror", "name": "Horror", "parent": 2}}
	case "tags":
		all = []map[string]any{{"id": 7, "slug": "classics", "name": "Classics"}}
		if !strings.Contains(q.Get("slug"), "classics") {
			all = nil
		}
	default:
		refuse(w, http.StatusNotFound, "rest_no_route")
		return
	}
	page := intOr(q.Get("page"), 1)
	pages := (len(all) + size - 1) / size
	if page > pages && page > 1 {
		refuse(w, http.StatusBadRequest, "rest_post_invalid_page_number")
		return
	}
	if !s.quiet {
		w.Header().Set("X-WP-Total", strconv.Itoa(len(all)+s.hides))
		w.Header().Set("X-WP-TotalPages", strconv.Itoa(pages))
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	part := all[min(len(all), (page-1)*size):min(len(all), page*size)]
	json.NewEncoder(w).Encode(chosenFields(part, q.Get("_fields")))
}

func intOr(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}

// chosenFields keeps the fields that were asked for.
func chosenFields(part []map[string]any, asked string) []map[string]any {
	kept := []map[string]any{}
	for _, p := range part {
		one := map[string]any{}
		for _, name := range strings.Split(asked, ",") {
			top, _, _ := strings.Cut(name, ".")
			if v, there := p[top]; there {
				one[top] = v
			}
		}
		kept = append(kept, one)
	}
	return kept
}

// list is all posts a query means, in its order.
func (s *site) list(q url.Values, kind string) (all []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var include []int
	for _, id := range strings.Split(q.Get("include"), ",") {
		if n := intOr(id, 0); n > 0 {
			include = append(include, n)
		}
	}
	var found []*entry
	for _, e := range s.entries {
		after, _ := time.Parse(time.RFC3339, q.Get("modified_after"))
		if cmp.Or(e.kind, "posts") != kind || include != nil && !slices.Contains(include, e.id) || !s.old && !e.modified.After(after) {
			continue
		}
		if c := q.Get("categories"); c != "" && !slices.ContainsFunc(e.categories, func(id int) bool { return slices.Contains(strings.Split(c, ","), strconv.Itoa(id)) }) {
			continue
		}
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b *entry) int {
		switch q.Get("orderby") {
		case "include":
			return cmp.Compare(slices.Index(include, a.id), slices.Index(include, b.id))
		case "modified":
			return cmp.Or(b.modified.Compare(a.modified), cmp.Compare(b.id, a.id))
		}
		return cmp.Compare(b.id, a.id)
	})
	for _, e := range found {
		all = append(all, s.wire(e))
	}
	return all
}

const wireTime = "2006-01-02T15:04:05"

// wire is a post as the API shows it.
func (s *site) wire(e *entry) map[string]any {
	text := e.text
	if e.protected {
		text = ""
	}
	p := map[string]any{
		"id": e.id, "guid": map[string]any{"rendered": fmt.Sprintf("https://aisle.example.org/?p=%d", e.id)},
		"link": fmt.Sprintf("https://aisle.example.org/film-%d/", e.id), "status": "publish", "type": "post",
		"date": "2026-01-01T01:00:00", "date_gmt": "2026-01-01T00:00:00", "modified_gmt": e.modified.Format(wireTime),
		"title":   map[string]any{"rendered": e.title},
		"content": map[string]any{"rendered": text, "protected": e.protected},
		"excerpt": map[string]any{"rendered": "<p>Text cut off by itself [&hellip;]</p>", "protected": e.protected},
		"meta":    []any{},
		"_embedded": map[string]any{
			"author":           []any{map[string]any{"id": 1, "name": "Jane Doe", "link": "https://aisle.example.org/author/jane/"}},
			"wp:featuredmedia": []any{map[string]any{"source_url": fmt.Sprintf("https://aisle.example.org/%d.jpg", e.id), "alt_text": "A still", "media_type": "image"}},
			"wp:term":          []any{[]any{map[string]any{"name": "Reviews &amp; more", "slug": "reviews", "taxonomy": "category"}}, []any{map[string]any{"name": "1990s", "slug": "1990s", "taxonomy": "decade"}}},
		},
	}
	for name, v := range e.more {
		p[name] = v
	}
	return p
}

// reader is a source on a site, with its checkpoint and a clock that the test sets.
type reader struct {
	t      testing.TB
	site   *site
	source pipeline.Source
	mark   []byte
	now    time.Time
	have   map[string]string // what the wire would have, by guid
}

func read(t testing.TB, s *site, options map[string]any) *reader {
	client := fetch.New(fetch.Options{AllowPrivate: true})
	t.Cleanup(client.Close)
	if options == nil {
		options = map[string]any{}
	}
	if _, given := options["url"]; !given {
		options["url"] = s.URL
	}
	if options["url"] == nil {
		delete(options, "url")
	}
	r := &reader{t: t, site: s, now: sourcetest.Noon(), have: map[string]string{}}
	env := sourcetest.Env(client)
	env.Clock = clock{sourcetest.Clock{}, r}
	o := sourcetest.NewOptions(options)
	open := wordpress.Type().Configure(o)
	if len(o.Faults()) > 0 {
		t.Fatal(o.Faults())
	}
	source, err := open(env)
	if err != nil {
		t.Fatal(err)
	}
	r.source = source
	return r
}

// clock is the reader's.
type clock struct {
	sourcetest.Clock
	r *reader
}

func (c clock) Now() time.Time { return c.r.now }

// poll reads once, keeps the checkpoint, and follows what is handed out.
func (r *reader) poll() (*sourcetest.Out, pipeline.Reading, error) {
	r.t.Helper()
	r.site.mu.Lock()
	r.site.requests = nil
	r.site.mu.Unlock()
	out := &sourcetest.Out{}
	reading, err := r.source.Read(r.t.Context(), r.mark, out)
	if err == nil {
		r.mark = reading.Checkpoint
	}
	seen := map[string]bool{}
	for _, d := range out.Documents {
		if seen[d.GUID] {
			r.t.Errorf("%s came twice", d.GUID)
		}
		seen[d.GUID] = true
		r.have[d.GUID] = d.Body
	}
	for _, guid := range out.Taken {
		delete(r.have, guid)
	}
	return out, reading, err
}

// must polls and fails the test on an error or a problem.
func (r *reader) must() (*sourcetest.Out, pipeline.Reading) {
	r.t.Helper()
	out, reading, err := r.poll()
	if err != nil || len(out.Problems) > 0 {
		r.t.Fatalf("%v, problems %v", err, out.Problems)
	}
	return out, reading
}

// same fails the test if what came is not what the site has.
func (r *reader) same() {
	r.t.Helper()
	r.site.mu.Lock()
	defer r.site.mu.Unlock()
	want := 0
	for id, e := range r.site.entries {
		if e.protected {
			continue
		}
		want++
		if got, ok := r.have[fmt.Sprintf("https://aisle.example.org/?p=%d", id)]; !ok || got != e.text {
			r.t.Errorf("post %d: %q, there %v, want %q", id, got, ok, e.text)
		}
	}
	if len(r.have) != want {
		r.t.Errorf("%d posts came, the site has %d", len(r.have), want)
	}
}
