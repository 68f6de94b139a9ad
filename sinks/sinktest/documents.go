package sinktest

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// Documents records what a view publishes. The zero value is empty and ready.
type Documents struct {
	files   map[string]string
	facts   map[string]pipeline.Facts
	touched map[string]int
	faults  []error
}

var _ pipeline.Documents = (*Documents)(nil)

// Put keeps a copy of content.
func (d *Documents) Put(path string, content []byte) { d.PutWith(path, content, pipeline.Facts{}) }

// PutWith keeps a copy of content, and the facts.
func (d *Documents) PutWith(path string, content []byte, facts pipeline.Facts) {
	d.touch(path)
	if d.files == nil {
		d.files, d.facts = map[string]string{}, map[string]pipeline.Facts{}
	}
	d.files[path], d.facts[path] = string(content), facts
}

// Remove forgets a document, whether it is there or not.
func (d *Documents) Remove(path string) {
	d.touch(path)
	delete(d.files, path)
	delete(d.facts, path)
}

func (d *Documents) touch(path string) {
	if err := CheckPath(path); err != nil {
		d.faults = append(d.faults, err)
	}
	if d.touched == nil {
		d.touched = map[string]int{}
	}
	d.touched[path]++
}

// Files are the documents as they stand, by path. The map is a copy.
func (d *Documents) Files() map[string]string {
	files := maps.Clone(d.files)
	if files == nil {
		files = map[string]string{}
	}
	return files
}

// Content is one document, "" where there is none.
func (d *Documents) Content(path string) string { return d.files[path] }

// Facts are what was said of one document.
func (d *Documents) Facts(path string) pipeline.Facts { return d.facts[path] }

// Paths lists the documents there are, sorted.
func (d *Documents) Paths() []string { return slices.Sorted(maps.Keys(d.files)) }

// Touched lists what was put or removed since the last call of Touched, sorted.
func (d *Documents) Touched() []string {
	paths := slices.Sorted(maps.Keys(d.touched))
	clear(d.touched)
	return paths
}

// Err is the first path that no document may have, if there was one.
func (d *Documents) Err() error {
	if len(d.faults) == 0 {
		return nil
	}
	return d.faults[0]
}

// clone returns a copy that goes its own way.
func (d *Documents) clone() *Documents {
	return &Documents{files: maps.Clone(d.files), facts: maps.Clone(d.facts), faults: slices.Clone(d.faults)}
}

// maxSegment is what common file systems take for one name, in bytes.
const maxSegment = 255

// CheckPath says why a document may not have this path: it must be relative,
// clean, slash-separated, stay inside the tree, hold no name that begins with a
// dot, and no character that some file system or URL trips over.
func CheckPath(p string) error {
	fault := func(why string) error { return fmt.Errorf("document path %q: %s", p, why) }
	switch {
	case p == "" || p == ".":
		return fault("is empty")
	case !filepath.IsLocal(p) || strings.HasPrefix(p, "/"):
		return fault("leaves the tree")
	case path.Clean(p) != p:
		return fault("is not clean: want " + path.Clean(p))
	}
	for _, r := range p {
		if r < ' ' || r == 0x7f || r == 0xfffd || strings.ContainsRune(`\:*?"<>|`, r) {
			return fault(fmt.Sprintf("holds %q", r))
		}
	}
	for name := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(name, ".") {
			return fault("holds a hidden name")
		}
		if len(name) > maxSegment {
			return fault("holds a name that file systems do not take")
		}
	}
	return nil
}
