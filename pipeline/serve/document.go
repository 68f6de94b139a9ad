package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// document is one version of a document, with all that is sent of it made once.
// Besides what is made when it is first asked for, it does not change.
type document struct {
	name     string
	info     fs.FileInfo // of the file it was read from
	media    *media
	tally    *tally
	tag      string // what its entity tags begin with: a hash of the bytes
	body     []byte // nil where it is too large to be kept: then the file is sent
	modified time.Time
	dated    []string // modified, as a header value
	common   []field  // of every answer, 304 too
	status   int      // of an answer with the body
	extra    []field  // of an answer with the body
	forms    [codings]form

	checked atomic.Int64 // when the file was last seen to be this one, Unix nanoseconds

	split  sync.Once // a feed cut into its entries
	parts  *parts
	read   sync.Once // a feed as a page for people
	page   *document
	mu     sync.Mutex // over deltas
	deltas map[string]*document
}

// field is one line of a header; answers share the values.
type field struct {
	name   string
	values []string
}

// form is one of the forms a document is sent in.
type form struct {
	make sync.Once
	done atomic.Bool // it has been made
	// body is nil where the form is not worth having.
	body                   []byte
	etag, length, encoding []string
}

// Sizes in bytes.
const (
	maxKept    = 8 << 20 // a larger document is sent from its file, and not compressed
	minPressed = 1 << 10 // a smaller one is not worth compressing
)

// newDocument makes what is sent of a document of size bytes; body is nil for one
// that is too large.
func newDocument(name string, info fs.FileInfo, m *media, body []byte, tag string, size int64) *document {
	modified := info.ModTime().Truncate(time.Second).UTC()
	d := &document{
		name: name, info: info, media: m, body: body, tag: tag, status: http.StatusOK,
		modified: modified, dated: []string{modified.Format(http.TimeFormat)},
	}
	f := &d.forms[identity]
	f.body, f.etag, f.length = body, []string{`"` + tag + `"`}, []string{strconv.FormatInt(size, 10)}
	f.make.Do(func() {})
	d.common = append(d.common, field{"X-Content-Type-Options", []string{"nosniff"}})
	if m.text {
		d.common = append(d.common, field{"Vary", []string{d.varies()}})
	}
	if m.open {
		d.common = append(d.common, field{"Access-Control-Allow-Origin", []string{"*"}},
			field{"Access-Control-Expose-Headers", []string{"ETag, Link"}})
	}
	if m.page {
		d.common = append(d.common, field{"Content-Security-Policy", []string{pagePolicy}})
	}
	// Ranges are refused in so many words: whoever resumes gets the whole again.
	d.extra = []field{{"Content-Type", m.contentType}, {"Accept-Ranges", []string{"none"}}}
	return d
}

func (d *document) varies() string {
	if d.media.feed {
		return "Accept-Encoding, Accept, A-IM"
	}
	return "Accept-Encoding"
}

// pagePolicy: pages hold text from many sources. It was sanitised; this is the
// second lock.
const pagePolicy = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// tagOf hashes a document's bytes.
func tagOf(sum []byte) string { return hex.EncodeToString(sum[:12]) }

// cost is about what a document takes in memory, with the forms it may get.
func (d *document) cost() int {
	n := 2<<10 + len(d.body)
	if d.media.text {
		n += len(d.body) / 2
	}
	if d.media.feed {
		n += 2 * len(d.body)
	}
	return n
}

// is reports whether the file is the very one the document was read from.
func (d *document) is(info fs.FileInfo) bool {
	return d.info.Size() == info.Size() && d.info.ModTime().Equal(info.ModTime()) && os.SameFile(d.info, info)
}

// form is the document in a coding, in its plain form where that coding is not
// worth having.
func (d *document) form(c coding, p *press) *form {
	f := &d.forms[c]
	if c == identity {
		return f
	}
	if !d.media.text || len(d.body) < minPressed {
		return &d.forms[identity]
	}
	f.make.Do(func() {
		if body := p.press(c, d.body); len(body) < len(d.body) {
			f.body = body
			f.etag = []string{`"` + d.tag + c.suffix() + `"`}
			f.length = []string{strconv.Itoa(len(body))}
			f.encoding = []string{c.String()}
		}
		f.done.Store(true)
	})
	if f.body == nil {
		return &d.forms[identity]
	}
	return f
}

// pressed are the codings somebody has asked for the document in.
func (d *document) pressed() []coding {
	var all []coding
	for c := identity + 1; c < codings; c++ {
		if d.forms[c].done.Load() {
			all = append(all, c)
		}
	}
	return all
}

// send writes the header, and the body if it is asked for and the reader does not
// have it; same says that it is known already that the reader does.
func (s *Server) send(w http.ResponseWriter, r *http.Request, d *document, now time.Time, same bool) int {
	f := &d.forms[identity]
	if asked := r.Header["Accept-Encoding"]; len(asked) > 0 && d.body != nil {
		f = d.form(accepted(asked), &s.press)
	}
	h := w.Header()
	h["Etag"] = f.etag
	for i := range d.common {
		h[d.common[i].name] = d.common[i].values
	}
	// A time that is still to come would be a lie: the version before was given it.
	dated := !d.modified.After(now)
	if dated {
		h["Last-Modified"] = d.dated
	}
	if same || d.status == http.StatusOK && unchanged(r, f.etag[0], d.modified, dated) {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	if d.body == nil {
		return s.sendFile(w, r, d)
	}
	s.header(w, d, f)
	if r.Method != http.MethodHead {
		writeBody(w, r, f.body)
	}
	return d.status
}

// header writes what an answer with a body has besides.
func (s *Server) header(w http.ResponseWriter, d *document, f *form) {
	h := w.Header()
	for i := range d.extra {
		h[d.extra[i].name] = d.extra[i].values
	}
	h["Content-Length"] = f.length
	if f.encoding != nil {
		h["Content-Encoding"] = f.encoding
	}
	w.WriteHeader(d.status)
}

// sendFile sends a document that is too large to be kept.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, d *document) int {
	f, info, err := s.open(d.name)
	if err != nil || !d.is(info) {
		if err == nil {
			f.Close()
		}
		clear(w.Header())
		w.Header().Set("Retry-After", "1")
		return s.fault(w, r, http.StatusServiceUnavailable, "the document is being replaced: ask again")
	}
	defer f.Close()
	s.header(w, d, &d.forms[identity])
	if r.Method != http.MethodHead {
		io.Copy(w, f)
	}
	return d.status
}

// readDocument reads a file. The bytes of a large one are only hashed.
func (s *Server) readDocument(name string, f *os.File, info fs.FileInfo) (*document, error) {
	var body []byte
	hash := sha256.New()
	var err error
	size := info.Size()
	if size <= maxKept {
		if body, err = io.ReadAll(f); err == nil {
			hash.Write(body)
			size = int64(len(body))
		}
	} else {
		size, err = io.Copy(hash, f)
	}
	if err != nil {
		return nil, err
	}
	if body == nil && size <= maxKept {
		body = []byte{}
	}
	d := newDocument(name, info, mediaOf(s.media, name), body, tagOf(hash.Sum(nil)), size)
	d.tally = s.tallyOf(name)
	s.addPolicy(d)
	return d, nil
}

// addPolicy adds how long a document may be kept, and for a feed who tells of
// changes.
func (s *Server) addPolicy(d *document) {
	d.common = append(d.common, field{"Cache-Control", []string{s.cacheControl(d)}})
	if site := s.options.Site(); d.media.feed && len(site.Hubs) > 0 {
		var link []string
		for _, hub := range site.Hubs {
			link = append(link, "<"+hub+`>; rel="hub"`)
		}
		link = append(link, "<"+TopicURL(site, d.name)+`>; rel="self"`)
		d.common = append(d.common, field{"Link", []string{strings.Join(link, ", ")}})
	}
}

// How long a document may be used without being asked about. A settled one may
// still lose a review that is withdrawn, so it is not kept for ever.
const (
	keepSettled = "public, max-age=86400"
	keepFeed    = "public, max-age=60"
	keepNothing = "no-cache" // it may be kept, and must be asked about
)

func (s *Server) cacheControl(d *document) string {
	switch {
	case s.options.Settled != nil && s.options.Settled(d.name):
		return keepSettled
	case d.media.feed:
		return keepFeed
	}
	return keepNothing
}
