package exports

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// The limits of what is packed: a few kilobytes can promise gigabytes, and a
// million files.
const (
	maxUnpacked  = 1 << 30  // bytes that an archive unpacks to, all in all
	maxInner     = 64 << 20 // bytes of a table in it, which is held whole
	maxMembers   = 50_000   // files in an archive
	maxDirectory = 8 << 20  // bytes of their list
)

var (
	errUnpacked  = fmt.Errorf("unpacks to more than %d MB; what is left of it is not read", maxUnpacked>>20)
	errInner     = fmt.Errorf("unpacks to more than %d MB", maxInner>>20)
	errMembers   = fmt.Errorf("holds more than %d files; unpack it", maxMembers)
	errEncrypted = errors.New("is encrypted; unpack it with its password")
	errOutside   = errors.New("has a name that leads out of the archive")
	errTwice     = errors.New("is in the archive twice; the first is read")
	errArchive   = errors.New("is an archive in an archive, which is not opened; unpack it")
)

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) // an empty one
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b")) }

// packed reads a file that is an archive, or compressed. ok is false for any other.
func (r *reading) packed() (ok bool, err error) {
	file, err := os.Open(r.export.Path)
	if err != nil {
		return true, r.problem(r.export.Path, reason(err))
	}
	defer file.Close()
	head := make([]byte, 4)
	n, err := file.ReadAt(head, 0)
	switch {
	case isZip(head[:n]):
		return true, r.archive(r.export.Path, file)
	case isGzip(head[:n]):
		return true, r.compressed(r.export.Path, file)
	case err != nil && err != io.EOF:
		return true, r.problem(r.export.Path, reason(err))
	}
	return false, nil
}

// compressed reads one file that was compressed.
func (r *reading) compressed(name string, file io.Reader) error {
	in, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return r.problem(name, fmt.Errorf("cannot be unpacked: %w", err))
	}
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".gz") {
		name = strings.TrimSuffix(name, ext)
	}
	u := unpacked{left: maxUnpacked}
	if r.export.Other != nil && !isTableName(name) {
		_, err := r.export.Other(pipeline.Packed{Name: filepath.Base(name), Where: name, Content: &metered{in, &u}})
		return err
	}
	inner, err := u.whole(in)
	if err != nil {
		return r.problem(name, err)
	}
	return r.oneTable(name, inner)
}

// archive reads a zip: Letterboxd's export, or files of which each is read for
// itself.
func (r *reading) archive(name string, file *os.File) error {
	z, err := openZip(file)
	if err != nil {
		return r.problem(name, err)
	}
	u := unpacked{z: z, left: maxUnpacked}
	if dir, ok := letterboxdIn(z); ok {
		return r.letterboxd(name, u.in(dir))
	}
	a := archived{reading: r, name: name, unpacked: &u, seen: map[string]bool{}}
	for _, f := range z.File {
		if err := a.member(f); err != nil {
			return err
		}
		if u.left < 0 {
			return r.problem(name, errUnpacked)
		}
	}
	switch {
	case a.encrypted > 0:
		return r.problem(name, errEncrypted)
	case !a.found && r.export.Other == nil:
		return r.problem(name, errors.New("holds no .csv file"))
	case !a.found:
		return r.problem(name, errors.New("holds no file of a kind that is read"))
	}
	return nil
}

// openZip reads the list of the files, as far as maxDirectory.
func openZip(file *os.File) (*zip.Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, reason(err)
	}
	list := &listed{ReaderAt: file, left: maxDirectory}
	z, err := zip.NewReader(list, info.Size())
	switch {
	case list.left < 0, err == nil && len(z.File) > maxMembers:
		return nil, errMembers
	case err != nil:
		return nil, fmt.Errorf("cannot be unpacked: %w; was the download cut off?", err)
	}
	list.left = 1 << 62 // from now on the files themselves are read
	return z, nil
}

// listed reads a file, and not more than left bytes of it.
type listed struct {
	io.ReaderAt
	left int64
}

func (l *listed) ReadAt(b []byte, at int64) (int, error) {
	if l.left -= int64(len(b)); l.left < 0 {
		return 0, errMembers
	}
	return l.ReaderAt.ReadAt(b, at)
}

// archived is an archive whose files are read one by one.
type archived struct {
	*reading
	name      string
	unpacked  *unpacked
	seen      map[string]bool
	found     bool
	encrypted int
}

// member reads one file of it.
func (a *archived) member(f *zip.File) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	name := strings.ToValidUTF8(strings.ReplaceAll(f.Name, `\`, "/"), "_")
	if strings.HasSuffix(name, "/") || hiddenIn(name) {
		return nil
	}
	where := a.name + "/" + name
	switch {
	case !fs.ValidPath(name):
		return a.problem(where, errOutside)
	case f.Flags&1 != 0:
		a.encrypted++
		return nil
	case a.seen[name]:
		return a.problem(where, errTwice)
	case isPackedName(name):
		a.found = true
		return a.problem(where, errArchive)
	}
	a.seen[name] = true
	if !isTableName(name) {
		return a.other(f, name, where)
	}
	a.found = true
	inner, err := a.unpacked.read(f)
	if err != nil {
		return a.problem(where, err)
	}
	return a.oneTable(where, inner)
}

// other hands on a file that is no table.
func (a *archived) other(f *zip.File, name, where string) error {
	if a.export.Other == nil {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		return a.problem(where, fmt.Errorf("cannot be unpacked: %w", err))
	}
	defer in.Close()
	read, err := a.export.Other(pipeline.Packed{Name: name, Where: where, Content: &metered{in, a.unpacked}})
	a.found = a.found || read
	return err
}

// hiddenIn reports a file that the system put into an archive, or that is hidden.
func hiddenIn(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".." && part != "." || part == "__MACOSX" {
			return true
		}
	}
	return false
}

func isTableName(name string) bool {
	base := path.Base(filepath.ToSlash(name))
	return !strings.HasPrefix(base, ".") && strings.EqualFold(path.Ext(base), ".csv")
}

func isPackedName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst":
		return true
	}
	return false
}

// unpacked reads files of an archive, and not more than left bytes of them; below
// zero there were more.
type unpacked struct {
	z    *zip.Reader
	left int64
}

// metered takes what is read of one file off what is left.
type metered struct {
	in io.Reader
	*unpacked
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.in.Read(b)
	if m.left -= int64(n); m.left < 0 {
		return 0, errUnpacked
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("cannot be unpacked: %w", err)
	}
	return n, err
}

func (u *unpacked) read(f *zip.File) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, errEncrypted
	}
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("cannot be unpacked: %w", err)
	}
	defer in.Close()
	return u.whole(in)
}

// whole reads a table.
func (u *unpacked) whole(in io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(&metered{in, u}, maxInner+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxInner:
		return nil, errInner
	}
	return content, nil
}

// in opens the files of a folder of the archive by name; fs.ErrNotExist for one
// that is not there.
func (u *unpacked) in(dir string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, f := range u.z.File {
			if strings.ReplaceAll(f.Name, `\`, "/") == path.Join(dir, name) {
				return u.read(f)
			}
		}
		return nil, fs.ErrNotExist
	}
}
