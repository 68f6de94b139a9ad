package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
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
	dated    []byte  // modified, as a header value
	common   []field // of every answer, 304 too
	status   int     // of an answer with the body
	extra    []field // of an answer with the body
	forms    [codings]form

	checked atomic.Int64 // when the file was last seen to be this one, Unix nanoseconds

	split  sync.Once // a feed cut into its entries
	parts  *parts
	read   sync.Once // a feed as a page for people
	page   *document
	mu     sync.Mutex // over deltas
	deltas map[string]*document
}

// field is one line of a header. Answers share it.
type field struct{ name, value []byte }

// header makes a field. The name is to be in its canonical form.
func header(name, value string) field { return field{[]byte(name), []byte(value)} }

// form is one of the forms a document is sent in.
type form struct {
	make sync.Once
	done atomic.Bool // it has been made
	// body is nil where the form is not worth having.
	body           []byte
	etag, encoding string
}

// Sizes in bytes.
const (
	maxKept    = 8 << 20 // a larger document is sent from its file, and not compressed
	minPressed = 1 << 10 // a smaller one is not worth compressing
)

// newDocument makes what is sent of a document; body is nil for one that is too
// large.
func newDocument(name string, info fs.FileInfo, m *media, body []byte, tag string) *document {
	modified := info.ModTime().Truncate(time.Second).UTC()
	d := &document{
		name: name, info: info, media: m, body: body, tag: tag, status: http.StatusOK,
		modified: modified, dated: []byte(modified.Format(http.TimeFormat)),
	}
	f := &d.forms[identity]
	f.body, f.etag = body, `"`+tag+`"`
	f.make.Do(func() {})
	d.common = append(d.common, header("X-Content-Type-Options", "nosniff"))
	if m.text {
		d.common = append(d.common, header("Vary", d.varies()))
	}
	if m.open {
		d.common = append(d.common, header("Access-Control-Allow-Origin", "*"),
			header("Access-Control-Expose-Headers", "ETag, Link"))
	}
	if m.page {
		d.common = append(d.common, header("Content-Security-Policy", pagePolicy))
	}
	// Ranges are refused in so many words: whoever resumes gets the whole again.
	d.extra = []field{header("Content-Type", m.contentType), header("Accept-Ranges", "none")}
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
			f.etag = `"` + d.tag + c.suffix() + `"`
			f.encoding = c.String()
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

// send answers with the header, and the body if it is asked for and the reader does
// not have it; same says that it is known already that the reader does.
func (s *Server) send(c *fasthttp.RequestCtx, d *document, now time.Time, same bool) int {
	f := &d.forms[identity]
	if asked := values(c, "Accept-Encoding"); len(asked) > 0 && d.body != nil {
		f = d.form(accepted(asked), &s.press)
	}
	h := &c.Response.Header
	h.Set("Etag", f.etag)
	setAll(h, d.common)
	// A time that is still to come would be a lie: the version before was given it.
	dated := !d.modified.After(now)
	if dated {
		h.SetBytesV("Last-Modified", d.dated)
	}
	if same || d.status == http.StatusOK && unchanged(c, f.etag, d.modified, dated) {
		c.SetStatusCode(http.StatusNotModified)
		return http.StatusNotModified
	}
	if d.body == nil {
		return s.sendFile(c, d)
	}
	setAll(h, d.extra)
	if f.encoding != "" {
		h.SetContentEncoding(f.encoding)
	}
	c.SetStatusCode(d.status)
	c.Response.SetBodyRaw(f.body) // of a HEAD only its length is sent
	return d.status
}

func setAll(h *fasthttp.ResponseHeader, fields []field) {
	for i := range fields {
		h.SetCanonical(fields[i].name, fields[i].value)
	}
}

// sendFile sends a document that is too large to be kept.
func (s *Server) sendFile(c *fasthttp.RequestCtx, d *document) int {
	f, info, err := s.open(d.name)
	if err != nil || !d.is(info) {
		if err == nil {
			f.Close()
		}
		c.Response.Reset()
		c.Response.Header.Set("Retry-After", "1")
		return s.fault(c, http.StatusServiceUnavailable, "the document is being replaced: ask again")
	}
	setAll(&c.Response.Header, d.extra)
	c.SetStatusCode(d.status)
	c.SetBodyStream(f, int(info.Size())) // which closes it
	return d.status
}

// readDocument reads a file. The bytes of a large one are only hashed.
func (s *Server) readDocument(name string, f *os.File, info fs.FileInfo) (*document, error) {
	var body []byte
	hash := sha256.New()
	var err error
	if info.Size() <= maxKept {
		body, err = io.ReadAll(f) // never nil
		hash.Write(body)
	} else {
		_, err = io.Copy(hash, f)
	}
	if err != nil {
		return nil, err
	}
	d := newDocument(name, info, mediaOf(s.media, name), body, tagOf(hash.Sum(nil)))
	d.tally = s.tallyOf(name)
	s.addPolicy(d)
	return d, nil
}

// addPolicy adds how long a document may be kept, and for a feed who tells of
// changes.
func (s *Server) addPolicy(d *document) {
	d.common = append(d.common, header("Cache-Control", s.cacheControl(d)))
	if site := s.options.Site(); d.media.feed && len(site.Hubs) > 0 {
		var link []string
		for _, hub := range site.Hubs {
			link = append(link, "<"+hub+`>; rel="hub"`)
		}
		link = append(link, "<"+TopicURL(site, d.name)+`>; rel="self"`)
		d.common = append(d.common, header("Link", strings.Join(link, ", ")))
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
