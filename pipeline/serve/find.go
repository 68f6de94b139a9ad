package serve

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/filmwire/filmwire/pipeline"
)

// endings are what a document's name may have behind the name that is asked for,
// the first that is there counting.
func endings() []string { return []string{"", ".html", ".json"} }

// fileName is the name a URL's path stands for: index.html for a folder with a
// slash behind it.
func fileName(urlPath string) string {
	name := strings.TrimPrefix(urlPath, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	return name
}

// urlPaths are all paths that may stand for a file: fileName and endings backwards.
func urlPaths(name string) []string {
	paths := []string{"/" + name}
	for _, ending := range endings()[1:] {
		if short, ok := strings.CutSuffix(name, ending); ok {
			paths = append(paths, "/"+short)
		}
	}
	if folder, ok := strings.CutSuffix(name, "index.html"); ok && (folder == "" || strings.HasSuffix(folder, "/")) {
		paths = append(paths, "/"+folder)
	}
	return paths
}

// trusted is how long a document is taken to be what stands on the disk without
// looking. What the engine changes it tells of at once; this is for what people
// put there.
const trusted = time.Second

// known is the document that stands for a path, if it is remembered and still
// what stands on the disk.
func (s *Server) known(urlPath string, now time.Time) *document {
	d, ok := s.cache.get(urlPath)
	if !ok {
		return nil
	}
	last := d.checked.Load()
	if since := now.UnixNano() - last; since >= 0 && since < int64(trusted) || !d.checked.CompareAndSwap(last, now.UnixNano()) {
		return d // or another request is looking
	}
	if info, err := s.root.Stat(d.name); err == nil && d.is(info) {
		return d
	}
	s.cache.drop(urlPath)
	return nil
}

// load reads the document that stands for a path, and remembers it.
func (s *Server) load(urlPath string) (*document, error) {
	epoch := s.cache.now()
	name, f, info, err := s.find(urlPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := s.readDocument(name, f, info)
	if err != nil {
		return nil, err
	}
	d.checked.Store(s.options.Clock.Now().UnixNano())
	return s.cache.keep(epoch, urlPath, d), nil
}

// find opens the document that a URL's path stands for.
func (s *Server) find(urlPath string) (name string, f *os.File, info fs.FileInfo, err error) {
	name = fileName(urlPath)
	if !isPublic(name) {
		return name, nil, nil, fs.ErrNotExist
	}
	for _, ending := range endings() {
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

// Changed tells the server which documents were replaced or removed, by their
// paths in the tree. What readers have asked for is made ready for them again in
// the background, while [Server.Serve] runs.
func (s *Server) Changed(paths []string) {
	for _, name := range paths {
		for _, urlPath := range urlPaths(name) {
			if before, ok := s.cache.drop(urlPath); ok && len(before.pressed()) > 0 {
				s.again.add(urlPath, before.pressed())
			}
		}
	}
}

// document answers with a file of the tree.
func (s *Server) document(c *fasthttp.RequestCtx, urlPath string) int {
	now := s.options.Clock.Now()
	d := s.known(urlPath, now)
	if d == nil {
		var err error
		if d, err = s.load(urlPath); err != nil {
			if !isMissing(err) {
				s.options.Log.Error("document could not be read", "path", urlPath, "err", err)
				return s.fault(c, http.StatusInternalServerError, "internal error")
			}
			if s.isFolder(urlPath) {
				return intoFolder(c, urlPath)
			}
			return s.missing(c, urlPath)
		}
	}
	return s.answer(c, d, now)
}

// answer sends a document as it is, or for a feed as a page or a delta where that
// is what is asked for.
func (s *Server) answer(c *fasthttp.RequestCtx, d *document, now time.Time) int {
	if d.media.feed {
		if wantsDelta(values(c, "A-IM")) {
			return s.answerDelta(c, d, now)
		}
		if accept := values(c, "Accept"); len(accept) > 0 && prefersPage(accept, d.media.kind()) {
			if page := s.pageOf(d); page != nil {
				d = page
			}
		}
	}
	return s.send(c, d, now, false)
}

// TopicURL is the address of a document of the site.
func TopicURL(site pipeline.Site, name string) string { return site.URL + "/" + escapePath(name) }

// escapePath writes a path of the tree as part of a URL.
func escapePath(name string) string { return (&url.URL{Path: name}).EscapedPath() }
