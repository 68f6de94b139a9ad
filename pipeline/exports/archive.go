package exports

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxUnpacked bounds all that an archive unpacks to: a few kilobytes can promise
// gigabytes.
const maxUnpacked = 64 << 20

func isZip(b []byte) bool  { return bytes.HasPrefix(b, []byte("PK\x03\x04")) }
func isGzip(b []byte) bool { return bytes.HasPrefix(b, []byte("\x1f\x8b")) }

// archive reads a zip: Letterboxd's export, or tables of which each is read for
// itself.
func (r *reading) archive(name string, content []byte) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return r.problem(name, fmt.Errorf("cannot be unpacked: %w; was the download cut off?", err))
	}
	files := unpacked{z: z, left: maxUnpacked}
	if dir, ok := letterboxdIn(z); ok {
		return r.letterboxd(name, files.in(dir))
	}
	found := false
	for _, f := range z.File {
		if !isTableName(f.Name) {
			continue
		}
		found = true
		where := name + "/" + f.Name
		inner, err := files.read(f)
		if err == nil {
			err = r.oneTable(where, inner)
		} else {
			err = r.problem(where, err)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return r.problem(name, errors.New("holds no .csv file"))
	}
	return nil
}

func isTableName(name string) bool {
	base := path.Base(name)
	return !strings.HasPrefix(base, ".") && strings.EqualFold(path.Ext(base), ".csv")
}

// unpacked reads files of an archive, and not more than left bytes of them.
type unpacked struct {
	z    *zip.Reader
	left int64
}

func (u *unpacked) read(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return u.take(in)
}

func (u *unpacked) take(in io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(in, u.left+1))
	if int64(len(content)) > u.left {
		return nil, fmt.Errorf("unpacks to more than %d MB", int64(maxUnpacked)>>20)
	}
	u.left -= int64(len(content))
	if err != nil {
		return nil, fmt.Errorf("cannot be unpacked: %w", err)
	}
	return content, nil
}

// in opens the files of a folder of the archive by name; fs.ErrNotExist for one
// that is not there.
func (u *unpacked) in(dir string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, f := range u.z.File {
			if f.Name == path.Join(dir, name) {
				return u.read(f)
			}
		}
		return nil, fs.ErrNotExist
	}
}

func gunzip(content []byte) ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("cannot be unpacked: %w", err)
	}
	u := unpacked{left: maxUnpacked}
	return u.take(in)
}
