package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// found is a file that a pattern means.
type found struct {
	path string // absolute
	guid string // slash path below the pattern's base
	kind kind
}

// walk goes through the folders of one pattern in the order of names, following
// symbolic links but never in a circle.
type walk struct {
	pattern *pattern
	file    func(found) error
	problem func(where string, err error) error
	folder  func(path string) error // if set, called with each folder; then file may be nil
	ignored int                     // files of kinds that are not read
	above   []fs.FileInfo           // folders the walk is in
}

var (
	errCircle = errors.New("a symbolic link leads back to a folder above it")
	errKind   = fmt.Errorf("not of a kind that is read: those end in %s", extensions)
)

// run walks. An error is ctx's, or one from file or problem, or says that the
// pattern's folder is not there.
func (w *walk) run(ctx context.Context) error {
	p := w.pattern
	if p.named() {
		k, ok := kindOf(p.base)
		if !ok {
			return w.problem(p.base, errKind)
		}
		return w.file(found{path: p.base, guid: filepath.Base(p.base), kind: k})
	}
	info, err := os.Stat(p.base)
	if err != nil {
		return fmt.Errorf("files: %w: nothing is taken for gone until it is back", err)
	}
	return w.enter(ctx, p.base, "", info)
}

// enter reads one folder; rel is its slash path below the base, "" for the base.
func (w *walk) enter(ctx context.Context, dir, rel string, info fs.FileInfo) error {
	for _, a := range w.above {
		if os.SameFile(a, info) {
			return w.problem(dir, errCircle)
		}
	}
	w.above = append(w.above, info)
	defer func() { w.above = w.above[:len(w.above)-1] }()
	if w.folder != nil {
		if err := w.folder(dir); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		if rel == "" {
			return fmt.Errorf("files: %w", err)
		}
		return w.problem(dir, reason(err))
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.entry(ctx, dir, rel, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(ctx context.Context, dir, rel string, e fs.DirEntry) error {
	name := e.Name()
	if w.pattern.skips(name) {
		return nil
	}
	path := dir + string(filepath.Separator) + name
	if rel != "" {
		rel += "/"
	}
	rel += name
	mode := e.Type()
	if mode&fs.ModeSymlink == 0 && !mode.IsDir() {
		return w.visit(path, rel, mode)
	}
	if mode&fs.ModeSymlink != 0 && !w.pattern.matches(rel) && !w.pattern.enters(rel) {
		return nil
	}
	if mode.IsDir() && !w.pattern.enters(rel) {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && mode.IsDir() && errors.Is(err, fs.ErrNotExist):
		return nil // deleted since it was listed, with all in it
	case err != nil:
		return w.problem(path, reason(err))
	case !info.IsDir():
		return w.visit(path, rel, info.Mode())
	case !w.pattern.enters(rel):
		return nil
	}
	return w.enter(ctx, path, rel, info)
}

// visit reads one file that is no folder. Pipes and devices are passed over.
func (w *walk) visit(path, rel string, mode fs.FileMode) error {
	if w.file == nil || !mode.IsRegular() || !w.pattern.matches(rel) {
		return nil
	}
	k, ok := kindOf(rel)
	if !ok {
		w.ignored++
		return nil
	}
	return w.file(found{path: path, guid: rel, kind: k})
}

// reason takes the path out of an error whose place is given apart.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return err
}
