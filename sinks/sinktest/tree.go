package sinktest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Tree is a folder in memory. The zero value is empty and ready; it is safe for
// use by many goroutines.
type Tree struct {
	mu    sync.Mutex
	files map[string]string
	err   error
}

var _ pipeline.Tree = (*Tree)(nil)

// Fail makes every later call return err, as a full disk would; nil ends it.
func (t *Tree) Fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// Write replaces a file and says whether it did not hold these bytes already.
func (t *Tree) Write(path string, content []byte) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.check(path); err != nil {
		return false, err
	}
	if old, there := t.files[path]; there && old == string(content) {
		return false, nil
	}
	if t.files == nil {
		t.files = map[string]string{}
	}
	t.files[path] = string(content)
	return true, nil
}

// WriteDated is Write: the files in memory have no time.
func (t *Tree) WriteDated(path string, content []byte, _ time.Time) (bool, error) {
	return t.Write(path, content)
}

// Read returns a copy of the file.
func (t *Tree) Read(path string) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.check(path); err != nil {
		return nil, err
	}
	content, there := t.files[path]
	if !there {
		return nil, fmt.Errorf("%s: %w", path, pipeline.ErrNotFound)
	}
	return []byte(content), nil
}

// Remove forgets a file, whether it is there or not.
func (t *Tree) Remove(path string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.check(path); err != nil {
		return err
	}
	delete(t.files, path)
	return nil
}

// Size is the length of a file in bytes.
func (t *Tree) Size(path string) (int64, error) {
	content, err := t.Read(path)
	return int64(len(content)), err
}

// Files are the files as they stand, by path. The map is a copy.
func (t *Tree) Files() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	files := maps.Clone(t.files)
	if files == nil {
		files = map[string]string{}
	}
	return files
}

// Paths lists the files, sorted.
func (t *Tree) Paths() []string { return slices.Sorted(maps.Keys(t.Files())) }

func (t *Tree) check(path string) error {
	if t.err != nil {
		return fmt.Errorf("%s: %w", path, t.err)
	}
	return CheckPath(path)
}
