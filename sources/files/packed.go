package files

import (
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
)

// packed hands out what an archive, or a compressed file, holds.
func (r *reading) packed(f found) error {
	archive := strings.EqualFold(filepath.Ext(f.path), ".zip")
	return r.export(f.path, func(p pipeline.Packed) (bool, error) {
		in := found{path: p.Where, guid: f.guid}
		if archive {
			in.guid += "/" + p.Name
		}
		var ok bool
		if in.kind, ok = kindOf(p.Name); !ok || in.kind >= kindExport || r.passesOver(p.Name) {
			r.ignored++
			return false, nil
		}
		return true, r.member(in, p.Content)
	})
}

// passesOver reports a file in an archive that would be passed over outside of it.
func (r *reading) passesOver(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if r.pattern.skips(part) {
			return true
		}
	}
	return false
}

// member reads one file of an archive.
func (r *reading) member(f found, content io.Reader) error {
	if f.kind == kindNDJSON {
		return r.linesOf(f.path, content)
	}
	b := bytes.NewBuffer(r.buf[:0])
	_, err := b.ReadFrom(io.LimitReader(content, maxFile+1))
	r.buf = b.Bytes()[:0]
	switch {
	case err != nil:
		return r.problem(f.path, err)
	case b.Len() > maxFile:
		return r.problem(f.path, errFile)
	}
	return r.content(f, b.Bytes())
}

// table reads a table. Those of an export that somebody has unpacked belong together,
// and some of them are nobody's business: then it is the folder that is read, once.
func (r *reading) table(f found) error {
	for dir := filepath.Dir(f.path); ; dir = filepath.Dir(dir) {
		read, known := r.exports[dir]
		if !known {
			read = r.pattern.covers(filepath.Join(dir, profileTable)) && isLetterboxd(dir)
			r.exports[dir] = read
			if read {
				return r.export(dir, nil)
			}
		}
		if read {
			return nil
		}
		if name := filepath.Base(dir); !exportFolder(name) {
			break
		}
	}
	return r.export(f.path, nil)
}

// exportFolder reports a folder that stands in an unpacked export.
func exportFolder(name string) bool {
	switch name {
	case "deleted", "orphaned", "lists", "likes":
		return true
	}
	return false
}

// profileTable holds who the member is. It tells an export from a table that somebody
// named by itself, and is never opened.
const profileTable = "profile.csv"

// isLetterboxd reports a folder that holds an unpacked export: its profile, and what
// goes with it.
func isLetterboxd(dir string) bool {
	for _, name := range [...]string{profileTable, "diary.csv", "ratings.csv"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// name is the file's name as people chose it. What is called index is called like
// its folder.
func (f found) name() string {
	name := path.Base(strings.TrimSuffix(f.guid, ".gz"))
	if stem := strings.TrimSuffix(name, path.Ext(name)); stem != "index" && stem != "_index" {
		return name
	}
	if dir := path.Base(path.Dir(f.guid)); dir != "." && dir != "/" {
		return dir + path.Ext(name)
	}
	return name
}
