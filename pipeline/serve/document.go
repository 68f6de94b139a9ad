package serve

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// document answers with a file of the tree.
func (s *Server) document(w http.ResponseWriter, r *http.Request) int {
	name, f, info, err := s.find(r.URL.Path)
	if err != nil {
		if !isMissing(err) {
			s.options.Log.Error("document could not be opened", "path", r.URL.Path, "err", err)
			return plain(w, r, http.StatusInternalServerError, "internal error\n")
		}
		return notFound(w, r)
	}
	defer f.Close()
	k, err := s.know(name, f, info)
	if err != nil {
		s.options.Log.Error("document could not be read", "path", name, "err", err)
		return plain(w, r, http.StatusInternalServerError, "internal error\n")
	}
	if k.media.text && info.Size() >= minGzip && info.Size() <= maxGzip && acceptsGzip(r.Header["Accept-Encoding"]) {
		if k, err = s.zipped(name, f, k); err != nil {
			s.options.Log.Error("document could not be compressed", "path", name, "err", err)
			return plain(w, r, http.StatusInternalServerError, "internal error\n")
		}
		if k.gzipped != nil {
			return s.answer(w, r, k, &k.zipped, bytes.NewReader(k.gzipped))
		}
	}
	return s.answer(w, r, k, &k.plain, f)
}

// answer writes the header, and the body if it is asked for.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, k *known, as *form, body io.Reader) int {
	h := w.Header()
	h["Etag"], h["Cache-Control"], h["X-Content-Type-Options"] = as.etag, noCache, noSniff
	if k.media.text {
		h["Vary"] = varies
	}
	if k.media.open {
		h["Access-Control-Allow-Origin"] = anyone
	}
	if k.media.page {
		h["Content-Security-Policy"] = pagePolicy
	}
	modified := k.info.ModTime().Truncate(time.Second)
	// A time is given only once it is old: a second version within the same second
	// would bear the same time, and never be asked for.
	settled := s.options.Clock.Now().Sub(modified) >= 2*time.Second
	if settled {
		h.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	}
	if unchanged(r, as.etag[0], modified, settled) {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	h["Content-Type"], h["Content-Length"] = k.media.contentType, as.length
	if as.encoding != nil {
		h["Content-Encoding"] = as.encoding
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		io.Copy(w, body) // a reader who has gone is no fault
	}
	return http.StatusOK
}

// Header values that never change. Answers share them.
var (
	noCache = []string{"no-cache"}
	noSniff = []string{"nosniff"}
	varies  = []string{"Accept-Encoding"}
	anyone  = []string{"*"}
	gzipped = []string{"gzip"}
	// Pages hold text from many sources. It was sanitised; this is the second lock.
	pagePolicy = []string{"script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}
)

// find opens the document that a URL's path stands for: the file of that name,
// else name.html, else name.json; index.html for a folder with a slash behind it.
func (s *Server) find(urlPath string) (name string, f *os.File, info fs.FileInfo, err error) {
	name = strings.TrimPrefix(urlPath, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	if !isPublic(name) {
		return name, nil, nil, fs.ErrNotExist
	}
	for _, ending := range [...]string{"", ".html", ".json"} {
		f, info, err = s.open(name + ending)
		if err == nil || !isMissing(err) {
			return name + ending, f, info, err
		}
	}
	return name, nil, nil, err
}

// isPublic reports whether a file of this name may be served: a plain path in
// the tree without hidden names.
func isPublic(name string) bool {
	return filepath.IsLocal(name) && name[0] != '.' && !strings.Contains(name, "/.") && !strings.ContainsAny(name, "\\\x00")
}

// open opens a regular file. It does not wait for the other end of a pipe.
func (s *Server) open(name string) (*os.File, fs.FileInfo, error) {
	f, err := s.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// isMissing reports that there is nothing to be served, for whatever reason a
// stranger may be the cause of.
func isMissing(err error) bool {
	var escapes *fs.PathError // os.Root has no error value for a link that leads out
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) ||
		errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) ||
		errors.As(err, &escapes) && strings.Contains(escapes.Err.Error(), "escapes")
}

// know learns a file's hash, or remembers it.
func (s *Server) know(name string, f *os.File, info fs.FileInfo) (*known, error) {
	if k := s.cache.get(name); k != nil && k.is(info) {
		return k, nil
	}
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	k := &known{
		info: info, media: mediaOf(s.media, name),
		plain: form{etag: []string{`"` + hex.EncodeToString(hash.Sum(nil)[:12]) + `"`}, length: []string{strconv.FormatInt(n, 10)}},
	}
	s.cache.put(name, k)
	return k, nil
}

// Sizes in bytes between which a text is worth compressing, and cheap enough to
// be compressed while somebody waits.
const (
	minGzip = 1 << 10
	maxGzip = 8 << 20
)

// zipped adds the gzipped form to what is known.
func (s *Server) zipped(name string, f *os.File, k *known) (*known, error) {
	if k.gzipTried {
		return k, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, f); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	more := *k
	more.gzipTried = true
	if int64(b.Len()) < k.info.Size() {
		more.gzipped = bytes.Clone(b.Bytes())
		more.zipped = form{
			etag:   []string{strings.TrimSuffix(k.plain.etag[0], `"`) + `-gzip"`},
			length: []string{strconv.Itoa(b.Len())}, encoding: gzipped,
		}
	}
	s.cache.put(name, &more)
	return &more, nil
}
