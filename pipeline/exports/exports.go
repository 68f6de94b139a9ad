// Package exports reads the files in which people carry their reviews from one
// service to another: Letterboxd's export (the zip, its folder or one of its CSV
// files), the CSV that Letterboxd imports, IMDb's ratings, the export of a WordPress
// site (WXR, as it is, gzipped, or in parts in a zip or a folder), and tables of
// one's own as CSV. It knows what the columns and elements are called and which are
// one entry; what a text or a rating says is for normalize to understand.
//
// Real exports are damaged: opened and saved again by a spreadsheet, merged with
// conflict marks, cut off. What cannot be read is named with its line, and the
// rest is read.
package exports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// maxTable is the most bytes of one table. A table is held whole, for a quote that
// is never closed is found only at the end.
const maxTable = 256 << 20

// Reader returns a [pipeline.ReadExport] whose documents are dated by a clock.
func Reader(clock pipeline.Clock) pipeline.ReadExport {
	return func(ctx context.Context, e pipeline.Export, out pipeline.Out) error {
		r := &reading{ctx: ctx, export: e, out: out, at: clock.Now()}
		return r.read()
	}
}

// reading is one reading of one export.
type reading struct {
	ctx    context.Context
	export pipeline.Export
	out    pipeline.Out
	at     time.Time
	err    error // of out: it ends the reading
}

// read finds out what the path holds.
func (r *reading) read() error {
	info, err := os.Stat(r.export.Path)
	if err != nil {
		return r.problem(r.export.Path, reason(err))
	}
	if parts := r.wordpressIn(r.export.Path, info); len(parts) > 0 {
		return r.wordpress(parts)
	}
	if info.IsDir() {
		return r.letterboxdFolder(os.DirFS(r.export.Path))
	}
	if isXMLName(strings.TrimSuffix(r.export.Path, ".gz")) {
		return r.problem(r.export.Path, errOtherXML)
	}
	if packed, err := r.packed(); packed || err != nil {
		return err
	}
	content, err := readFile(os.DirFS(filepath.Dir(r.export.Path)), filepath.Base(r.export.Path))
	if err != nil {
		return r.problem(r.export.Path, err)
	}
	return r.oneTable(r.export.Path, content)
}

// oneTable reads a table, and nothing that is packed once more.
func (r *reading) oneTable(name string, content []byte) error {
	t, ok := r.table(name, content)
	if !ok {
		return r.err
	}
	switch {
	case t.has("letterboxd uri"):
		return r.letterboxdTable(t)
	case t.isLetterboxdImport() && len(r.export.Columns) == 0:
		return r.letterboxdImport(t)
	case t.has("const") && t.has("your rating"):
		return r.imdb(t)
	}
	return r.plainTable(t)
}

var errOtherXML = fmt.Errorf("%w of WordPress (Tools > Export), which is the only XML that is read from files; a feed is read from its address", pipeline.ErrNotExport)

// problem tells of one. What it returns ends the reading, as does every later call.
func (r *reading) problem(where string, err error) error {
	if r.err == nil {
		r.err = r.out.Problem(pipeline.Problem{Where: where, Err: err})
	}
	return r.err
}

// document hands one out. said is everything it was read from.
func (r *reading) document(d review.Document, said ...string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if r.err != nil {
		return r.err
	}
	h := sha256.New()
	for _, s := range said {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	d.FetchedAt, d.RawSHA256 = r.at, hex.EncodeToString(h.Sum(nil))
	return r.out.Document(d)
}

// readFile reads a file of an export, up to maxTable.
func readFile(files fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(files, name)
	switch {
	case err != nil:
		return nil, reason(err)
	case info.Size() > maxTable:
		return nil, fmt.Errorf("larger than %d MB; an .ndjson file may be of any size", maxTable>>20)
	}
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, reason(err)
	}
	return content, nil
}

// reason is an error of the file system without the path, which stands beside it.
func reason(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// tables are the tables of an export that were found, by name.
type tables map[string]*table

// sortedRows are the rows of a table, in the order of a column, rows that are equal
// there as they stand.
func sortedRows(t *table, column string) []row {
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.get(column), b.get(column)) })
	return rows
}
