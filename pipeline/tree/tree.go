// Package tree keeps files in a folder so that nobody ever sees one half
// written: a [pipeline.Tree] on disk. The public documents stand in one, drafts
// in another.
//
// A file is written under another name in the folder .tmp at the top and then
// renamed, which is atomic; so the whole tree must be on one file system. What a
// killed run leaves in .tmp goes when the tree is opened. Names that begin with a
// dot are not the tree's: it neither writes nor lists them.
//
// Nothing is forced to the disk. After a power cut a file written in the last
// seconds may be an older one, or empty. That is the bargain for derived files: a
// view whose documents are not as it left them is made anew from the log, and a
// rebuild of a hundred thousand films does not wait for as many syncs. What must
// survive a power cut belongs on the log, not here.
//
// Every access goes through an [os.Root]: no path and no symbolic link leads out.
package tree

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// writing is the folder where files wait for their name.
const writing = ".tmp"

const (
	fileMode   = 0o644
	folderMode = 0o755
)

// Tree is a folder of whole files. Safe for use by many goroutines, and by many
// processes at once.
type Tree struct {
	root *os.Root
}

var _ pipeline.Tree = (*Tree)(nil)

// Open opens a folder, makes it if it is not there, and removes what a killed
// run has left half written. Close it after use.
func Open(dir string) (*Tree, error) {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	t := &Tree{root: root}
	if err := t.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("tree %s: remove half-written files: %w", dir, err), root.Close())
	}
	return t, nil
}

// sweep empties the folder of files in the making. It may be another process
// that is making one: that one begins again, see replace.
func (t *Tree) sweep() error {
	left, err := fs.ReadDir(t.root.FS(), writing)
	if err != nil {
		return ignoreMissing(err)
	}
	for _, d := range left {
		if err := t.root.RemoveAll(path.Join(writing, d.Name())); ignoreMissing(err) != nil {
			return err
		}
	}
	return nil
}

// Close gives the folder back. The files stay.
func (t *Tree) Close() error { return t.root.Close() }

// Write replaces a file, making the folders above it. It leaves a file alone
// that holds these bytes already, and says whether it wrote.
func (t *Tree) Write(name string, content []byte) (wrote bool, err error) {
	return t.WriteDated(name, content, time.Time{})
}

// WriteDated is Write for a file that is as old as what it shows: its time is
// modified, to the second, the time of writing where that is zero. A file that is
// left alone keeps a later time: it may be that of a version that was taken back.
func (t *Tree) WriteDated(name string, content []byte, modified time.Time) (wrote bool, err error) {
	if err := check(name); err != nil {
		return false, err
	}
	modified = modified.Truncate(time.Second)
	if info := t.holds(name, content); info != nil {
		if modified.IsZero() || !info.ModTime().Before(modified) {
			return false, nil
		}
		if err := t.root.Chtimes(name, modified, modified); err != nil {
			return false, fmt.Errorf("tree: date %s: %w", name, err)
		}
		return false, nil
	}
	if err := t.replace(name, content, modified); err != nil {
		return false, fmt.Errorf("tree: write %s: %w", name, err)
	}
	return true, nil
}

// holds is the file that is there with just these bytes, nil where there is none.
// One that cannot be read does not hold them.
func (t *Tree) holds(name string, content []byte) fs.FileInfo {
	info, err := t.stat("size of", name)
	if err != nil || info.Size() != int64(len(content)) {
		return nil
	}
	if now, err := t.Read(name); err != nil || !bytes.Equal(now, content) {
		return nil
	}
	return info
}

// tries is how often replace begins again when something is taken away under it:
// a folder by Remove, which takes empty ones too, or the file in the making by
// another process that opens the tree. Each try needs that to happen in the same
// few microseconds.
const tries = 50

func (t *Tree) replace(name string, content []byte, modified time.Time) error {
	temp := path.Join(writing, rand.Text())
	for n := 1; ; n++ {
		err := t.replaceOnce(temp, name, content, modified)
		if err == nil {
			return nil
		}
		// ErrExist: a folder was there when it was to be made, and then was not.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) || n == tries {
			t.root.Remove(temp) // what is left goes at the next Open
			return err
		}
	}
}

func (t *Tree) replaceOnce(temp, name string, content []byte, modified time.Time) error {
	err := t.inFolder(writing, func() error { return t.root.WriteFile(temp, content, fileMode) })
	if err == nil && !modified.IsZero() {
		err = t.root.Chtimes(temp, modified, modified)
	}
	if err != nil {
		return err
	}
	return t.inFolder(path.Dir(name), func() error { return t.root.Rename(temp, name) })
}

// inFolder does something in a folder, which is made only if it turns out not to
// be there: it nearly always is.
func (t *Tree) inFolder(folder string, do func() error) error {
	err := do()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := t.root.MkdirAll(folder, folderMode); err != nil {
		return err
	}
	return do()
}

// Read returns a file's bytes, or ErrNotFound.
func (t *Tree) Read(name string) ([]byte, error) {
	if _, err := t.Size(name); err != nil {
		return nil, err
	}
	f, err := t.root.Open(name)
	if err != nil {
		return nil, notFound("read", name, err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	return content, notFound("read", name, err)
}

// Size is a file's length in bytes, or ErrNotFound.
func (t *Tree) Size(name string) (int64, error) {
	info, err := t.stat("size of", name)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// stat looks at a file.
func (t *Tree) stat(call, name string) (fs.FileInfo, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	info, err := t.root.Stat(name)
	if err != nil {
		return nil, notFound(call, name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("tree: %s is no file: %w", name, pipeline.ErrNotFound)
	}
	return info, nil
}

// Remove takes a file away, and the folders above it that it leaves empty. No
// such file is no error.
func (t *Tree) Remove(name string) error {
	if err := check(name); err != nil {
		return err
	}
	if t.isFolder(name) {
		return nil
	}
	if err := ignoreMissing(t.root.Remove(name)); err != nil {
		return fmt.Errorf("tree: remove %s: %w", name, err)
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if t.isFolder(dir) && t.root.Remove(dir) != nil {
			break // not empty
		}
	}
	return nil
}

func (t *Tree) isFolder(name string) bool {
	info, err := t.root.Lstat(name)
	return err == nil && info.IsDir()
}

// Files calls f with every file of the tree and its size in bytes, in the order
// of the names. An error from f ends it and is returned; so is ctx's. A file that
// goes while Files runs may be left out.
func (t *Tree) Files(ctx context.Context, f func(name string, size int64) error) error {
	return fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case missing(err):
			return nil
		case err != nil:
			return fmt.Errorf("tree: list %s: %w", name, err)
		case name == ".":
			return nil
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".") || !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tree: list %s: %w", name, err)
		}
		return f(name, info.Size())
	})
}

// check refuses a name that is not a plain path inside the tree.
func check(name string) error {
	if !filepath.IsLocal(name) || name == "." || path.Clean(name) != name || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("tree: %q is not a clean relative path with slashes", name)
	}
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return fmt.Errorf("tree: %q holds a name that begins with a dot", name)
	}
	return nil
}

// missing reports that there is no such file: its name, or a folder above it.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func ignoreMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

func notFound(call, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case missing(err):
		return fmt.Errorf("tree: %s %s: %w", call, name, pipeline.ErrNotFound)
	}
	return fmt.Errorf("tree: %s %s: %w", call, name, err)
}
