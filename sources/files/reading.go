package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// maxFile is the most bytes a file may have that is read at once, and maxLine
// the most of a line of NDJSON. An NDJSON file may have any number of lines.
const (
	maxFile = 16 << 20
	maxLine = 16 << 20
)

var (
	errFile   = fmt.Errorf("larger than %d MB; many documents fit into an .ndjson file of any size", maxFile>>20)
	errMoving = errors.New("it changed while it was read, twice; it is read at the next poll")
	errBinary = errors.New("holds bytes that are no text")
	errSettle = errors.New("it is being written to; it is read at the next poll")
)

// reading is one Read under way.
type reading struct {
	ctx      context.Context
	out      pipeline.Out
	at       time.Time
	buf      []byte // of the file at hand
	problems int
	ignored  int

	pattern *pattern // at hand
	options *options
	env     *pipeline.SourceEnv
	waited  time.Duration   // for files to settle
	exports map[string]bool // folders that are an export, and those that are none
}

func (r *reading) problem(where string, err error) error {
	r.problems++
	return r.out.Problem(pipeline.Problem{Where: where, Err: err})
}

// document hands one out. raw are the bytes it was read from.
func (r *reading) document(d review.Document, raw []byte) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	d.FetchedAt, d.RawSHA256 = r.at, hex.EncodeToString(sum[:])
	return r.out.Document(d)
}

// file reads one file.
func (r *reading) file(f found) error {
	switch err := r.settle(f.path); {
	case errors.Is(err, errSettle):
		return r.problem(f.path, err)
	case err != nil:
		return err
	}
	switch f.kind {
	case kindNDJSON:
		return r.lines(f)
	case kindExport:
		return r.table(f)
	case kindPacked:
		return r.packed(f)
	case kindXML:
		return r.xml(f)
	}
	raw, err := r.whole(f.path)
	if err != nil {
		return r.problem(f.path, err)
	}
	return r.content(f, raw)
}

// content hands out what a file's bytes are.
func (r *reading) content(f found, raw []byte) error {
	if f.kind == kindJSON {
		return r.json(f, raw)
	}
	body, ok := r.env.Text(raw, f.kind == kindPage)
	if !ok {
		return r.problem(f.path, errBinary)
	}
	return r.document(review.Document{GUID: f.guid, Form: f.kind.form(), Body: body, File: f.name()}, raw)
}

// export hands out what a table, an archive or a folder of tables holds.
func (r *reading) export(path string, other func(pipeline.Packed) (bool, error)) error {
	e := pipeline.Export{Path: path, Columns: r.options.Columns, Television: r.options.Television, Other: other}
	return r.env.Export(r.ctx, e, exported{r})
}

// exported counts what cannot be read of an export.
type exported struct{ *reading }

func (e exported) Document(d review.Document) error { return e.out.Document(d) }
func (e exported) Gone(guid string) error           { return e.out.Gone(guid) }

func (e exported) Problem(p pipeline.Problem) error {
	if errors.Is(p.Err, pipeline.ErrUnmapped) { // every row was read
		return e.out.Problem(p)
	}
	return e.problem(p.Where, p.Err)
}

// whole reads a file into the reading's buffer: the bytes are good until the
// next file. A file that is being written to is read a second time.
func (r *reading) whole(path string) ([]byte, error) {
	raw, steady, err := r.once(path)
	if err == nil && !steady {
		raw, steady, err = r.once(path)
	}
	switch {
	case err != nil:
		return nil, err
	case !steady:
		return nil, errMoving
	}
	return raw, nil
}

// once reads a file; steady is false if it changed meanwhile.
func (r *reading) once(path string) (raw []byte, steady bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, reason(err)
	}
	defer f.Close()
	before, err := f.Stat()
	switch {
	case err != nil:
		return nil, false, reason(err)
	case !before.Mode().IsRegular():
		return nil, false, errors.New("not a regular file")
	case before.Size() > maxFile:
		return nil, false, errFile
	}
	if n := int(before.Size()) + bytes.MinRead; cap(r.buf) < n {
		r.buf = make([]byte, 0, n+n/2)
	}
	b := bytes.NewBuffer(r.buf[:0])
	if _, err := b.ReadFrom(io.LimitReader(f, maxFile+1)); err != nil {
		return nil, false, reason(err)
	}
	r.buf = b.Bytes()[:0]
	after, err := f.Stat()
	if err != nil {
		return nil, false, reason(err)
	}
	return b.Bytes(), unchanged(before, after) && int64(b.Len()) == after.Size(), nil
}

func unchanged(a, b fs.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
