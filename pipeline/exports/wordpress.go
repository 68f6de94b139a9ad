package exports

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/filmwire/filmwire/pipeline/review"
)

// wordpress is an export of a WordPress site (WXR 1.0 to 1.2): one file, or the
// parts a large one is cut into. It is read item by item, whatever its size; twice,
// for a post may stand before its picture.
type wordpress struct {
	*reading
	parts   []part
	authors map[string]string // display names by login
	// pictures are the addresses of attachments by the id of their post.
	pictures map[string]string
	types    []string
	found    int            // items of those types
	others   map[string]int // published items of other types
}

// part is one file of an export.
type part struct {
	name string
	open func() (io.ReadCloser, error)
}

// The limits on what is kept of an export while it is read.
const (
	maxStream   = 8 << 30 // bytes that one part may unpack to
	maxPictures = 200_000
	maxAuthors  = 10_000
	maxParts    = 500     // files in a zip: each is looked into
	sniffed     = 8 << 10 // bytes that must say what a file is
)

var errStream = fmt.Errorf("unpacks to more than %d GB", int64(maxStream)>>30)

// reviewTypes are the types of posts that reviews are kept as, unless somebody says
// otherwise. Visitors' reviews (site-review, wpcr3_review) are none of them.
func reviewTypes() []string {
	return []string{
		"post", "review", "reviews", "movie_review", "movie-review", "movie_reviews", "film_review", "film-review",
		"film_reviews", "filmreview", "moviereview", "critique", "critiques", "kritik", "filmkritik",
	}
}

// wordpressIn finds an export of WordPress at a path: a file, as it is or gzipped, a
// zip or a folder with such files. nil is none.
func (r *reading) wordpressIn(at string, info os.FileInfo) []part {
	if info.IsDir() {
		return foundIn(folderParts(at))
	}
	p := filePart(at, at)
	head, err := p.head()
	switch {
	case err != nil:
		return nil
	case isZip(head):
		return foundIn(zipParts(at))
	case isGzip(head):
		p = unzipped(p)
	}
	return foundIn([]part{p})
}

// foundIn keeps the parts that are WordPress's.
func foundIn(parts []part) (kept []part) {
	for _, p := range parts {
		if head, err := p.head(); err == nil && isWXR(head) {
			kept = append(kept, p)
		}
	}
	return kept
}

// isWXR goes by the namespace that all versions declare at the beginning.
func isWXR(head []byte) bool {
	if order := bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")); order {
		head = bytes.ReplaceAll(head, []byte{0}, nil)
	}
	return bytes.Contains(head, []byte("wordpress.org/export/")) || bytes.Contains(head, []byte("<wp:wxr_version"))
}

func isXMLName(name string) bool {
	base := strings.ToLower(path.Base(name))
	return !strings.HasPrefix(base, ".") && !strings.HasPrefix(name, "__MACOSX/") && (strings.HasSuffix(base, ".xml") || strings.HasSuffix(base, ".wxr"))
}

// head is the beginning of a part.
func (p part) head() ([]byte, error) {
	in, err := p.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head := make([]byte, sniffed)
	n, err := io.ReadFull(in, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

func filePart(name, at string) part {
	return part{name: name, open: func() (io.ReadCloser, error) {
		f, err := os.Open(at)
		if err != nil {
			return nil, reason(err)
		}
		return f, nil
	}}
}

// closers closes what a reader stands on.
type closers struct {
	io.Reader
	all []io.Closer
}

func (c closers) Close() error {
	var err error
	for _, one := range c.all {
		err = errors.Join(err, one.Close())
	}
	return err
}

// unzipped is a part that is gzipped.
func unzipped(p part) part {
	return part{name: strings.TrimSuffix(p.name, ".gz"), open: func() (io.ReadCloser, error) {
		in, err := p.open()
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(bufio.NewReader(in))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cannot be unpacked: %w", err), in.Close())
		}
		return closers{z, []io.Closer{z, in}}, nil
	}}
}

// zipParts are the XML files of a zip, in the order of their names.
func zipParts(at string) (parts []part) {
	file, err := os.Open(at)
	if err != nil {
		return nil
	}
	defer file.Close()
	z, err := openZip(file)
	if err != nil {
		return nil // said by whoever reads it as a zip
	}
	for _, f := range z.File {
		if name := f.Name; isXMLName(name) && len(parts) < maxParts {
			parts = append(parts, part{name: at + "/" + name, open: func() (io.ReadCloser, error) { return openInZip(at, name) }})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts
}

func openInZip(at, name string) (io.ReadCloser, error) {
	z, err := zip.OpenReader(at)
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return nil, errors.Join(err, z.Close())
		}
		return closers{in, []io.Closer{in, z}}, nil
	}
	return nil, errors.Join(os.ErrNotExist, z.Close())
}

// folderParts are the XML files of a folder.
func folderParts(at string) (parts []part) {
	entries, err := os.ReadDir(at)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if name := e.Name(); isXMLName(name) && e.Type().IsRegular() {
			p := filepath.Join(at, name)
			parts = append(parts, filePart(p, p))
		}
	}
	return parts
}

// wordpress reads the parts: first what the posts refer to, then the posts.
func (r *reading) wordpress(parts []part) error {
	w := &wordpress{reading: r, parts: parts, authors: map[string]string{}, pictures: map[string]string{}, others: map[string]int{}, types: r.export.PostTypes}
	if len(w.types) == 0 {
		w.types = reviewTypes()
	}
	for _, p := range parts {
		w.through(p, walk{item: w.remember, skip: noAttachment, problem: func(string, error) error { return r.ctx.Err() }})
	}
	for _, p := range parts {
		if err := w.through(p, walk{item: w.post, problem: r.problem}); err != nil {
			return err
		}
	}
	return w.nothing()
}

// nothing says what there is instead where no post was.
func (w *wordpress) nothing() error {
	if w.found > 0 || len(w.others) == 0 {
		return nil
	}
	var kinds []string
	for kind, n := range w.others {
		kinds = append(kinds, fmt.Sprintf("%d of type %s", n, kind))
	}
	slices.Sort(kinds)
	if len(kinds) > 8 {
		kinds = append(kinds[:8], "...")
	}
	return w.problem(w.parts[0].name, fmt.Errorf("holds no post, but %s; `types` of a wordpress source says which to read", strings.Join(kinds, ", ")))
}

// walk is what is done with the items of a part.
type walk struct {
	item    func(it *wxrItem, where string) error
	skip    func(raw []byte) bool // items that need not be read, if set
	problem func(where string, err error) error
}

func noAttachment(raw []byte) bool { return !bytes.Contains(raw, []byte("attachment_url")) }

// through goes through the items of a part. An error is one of the walk's functions.
func (w *wordpress) through(p part, do walk) error {
	problem := do.problem
	in, err := p.open()
	if err != nil {
		return problem(p.name, err)
	}
	defer in.Close()
	limited := &io.LimitedReader{R: in, N: maxStream}
	c := &cutter{in: whileAlive{w.ctx, toUTF8(limited)}, line: 1}
	h := w.readHead(c)
	for {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		raw, line, fault := c.next()
		if raw == nil && fault == nil {
			break
		}
		if fault == nil && do.skip != nil && do.skip(raw) {
			continue
		}
		where := fmt.Sprintf("%s:%d", p.name, line)
		var it *wxrItem
		if fault == nil {
			it, fault = h.item(raw)
		}
		if fault == nil {
			err = do.item(it, where)
		} else {
			err = problem(where, fault)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case limited.N <= 0:
		return problem(p.name, errStream)
	case c.err != nil && !errors.Is(c.err, io.EOF):
		return problem(fmt.Sprintf("%s:%d", p.name, c.line), fmt.Errorf("%w; what stands before it was read", reason(c.err)))
	case !c.closed:
		return problem(fmt.Sprintf("%s:%d", p.name, c.line), errCutShort)
	}
	return nil
}

// whileAlive is a reader that ends with its context.
type whileAlive struct {
	ctx context.Context
	in  io.Reader
}

func (a whileAlive) Read(b []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.in.Read(b)
}

// toUTF8 reads UTF-16 as UTF-8 where a byte-order mark says it is that, and drops
// the mark.
func toUTF8(in io.Reader) io.Reader {
	head := make([]byte, 3)
	n, _ := io.ReadFull(in, head)
	all := io.MultiReader(bytes.NewReader(head[:n]), in)
	switch head = head[:n]; {
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		return in
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return transform.NewReader(all, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	return all
}

// remember keeps the address of an attachment.
func (w *wordpress) remember(it *wxrItem, _ string) error {
	if it.kind == "attachment" && it.attachment != "" && len(w.pictures) < maxPictures {
		w.pictures[it.id] = it.attachment
	}
	return nil
}

// post hands out an item if it is a review that everybody may read. One that is a
// draft, private, in the bin or behind a password was perhaps public before.
func (w *wordpress) post(it *wxrItem, where string) error {
	switch {
	case !slices.Contains(w.types, it.kind):
		if it.status == "publish" && it.kind != "attachment" && it.kind != "nav_menu_item" {
			w.others[it.kind]++
		}
		return nil
	case it.guid() == "":
		return w.problem(where, errors.New("an item with neither a guid nor a wp:post_id: nothing to know it by"))
	}
	w.found++
	if it.status != "publish" || it.password {
		return w.out.Gone(it.guid())
	}
	d := it.document(w)
	return w.document(d, it.said(&d)...)
}

// document is the post as a document.
func (it *wxrItem) document(w *wordpress) review.Document {
	d := review.Document{GUID: it.guid(), URL: it.link, Form: review.FormHTML, Fields: it.fields}
	p := readPostText(it.content)
	d.Body = p.html
	if p.rating != "" {
		d.RatingText, d.RatingField, d.RatingScale.Best = p.rating, p.field, p.best
	}
	s := &d.Stated
	s.URL, s.Title, s.Language = it.link, it.title, it.language
	if s.Language == "" {
		s.Language = it.head.language
	}
	s.Summary = strings.TrimSpace(it.excerpt)
	s.PublishedAt, s.ModifiedAt = it.published, it.modified
	s.Tags = it.tags
	s.Critic.Name = it.author
	if name := w.authors[it.author]; name != "" {
		s.Critic.Name = name
	}
	if strings.Contains(s.Critic.Name, "@") || strings.EqualFold(s.Critic.Name, "admin") {
		s.Critic.Name = "" // an address is no name, nor is what WordPress calls its first user
	}
	if src := w.pictures[it.thumbnail]; src != "" {
		s.Media = []review.Media{{URL: src, Kind: "image"}}
	}
	return d
}

// said is everything a document was read from.
func (it *wxrItem) said(d *review.Document) []string {
	s := &d.Stated
	said := []string{it.guid(), it.link, it.title, it.content, it.excerpt, s.Critic.Name, s.Language,
		s.PublishedAt.String(), s.ModifiedAt.String(), strings.Join(s.Tags, "\n")}
	for _, m := range s.Media {
		said = append(said, m.URL)
	}
	for _, f := range it.fields {
		said = append(said, f.Name, f.Value)
	}
	return said
}

// guid is the post's own, which stays when its address changes and is the same in
// the site's feed and API; else what WordPress makes it of.
func (it *wxrItem) guid() string {
	switch {
	case it.id2 != "":
		return it.id2
	case it.id != "":
		return it.head.base + "/?p=" + it.id
	}
	return it.link
}

// postNumber is an id, "" for what is none.
func postNumber(s string) string {
	if n, err := strconv.ParseUint(s, 10, 63); err != nil || n == 0 {
		return ""
	}
	return s
}
