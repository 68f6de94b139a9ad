package files

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

var errLine = fmt.Errorf("a line of more than %d MB", maxLine>>20)

// lines reads a file of one document a line.
func (r *reading) lines(f found) error {
	file, err := os.Open(f.path)
	if err != nil {
		return r.problem(f.path, reason(err))
	}
	defer file.Close()
	return r.linesOf(f.path, file)
}

// linesOf reads one document a line, however many there are, without holding more
// than a line.
func (r *reading) linesOf(path string, file io.Reader) error {
	in := bufio.NewReaderSize(r.env.UTF8(file), 64<<10)
	for n := 1; ; n++ {
		where := func() string { return fmt.Sprintf("%s:%d", path, n) }
		line, lineErr := r.line(in)
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := r.object(where, line); err != nil {
				return err
			}
		}
		switch {
		case r.ctx.Err() != nil:
			return r.ctx.Err()
		case lineErr == io.EOF:
			return nil
		case lineErr == errLine:
			if err := r.problem(where(), errLine); err != nil {
				return err
			}
		case lineErr != nil:
			return r.problem(where(), reason(lineErr))
		}
	}
}

// line reads up to a line break. A line that is too long is read to its end,
// dropped, and errLine.
func (r *reading) line(in *bufio.Reader) ([]byte, error) {
	part, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return part, err
	}
	r.buf = append(r.buf[:0], part...)
	tooLong := false
	for err == bufio.ErrBufferFull {
		if err = r.ctx.Err(); err != nil {
			return nil, err
		}
		part, err = in.ReadSlice('\n')
		if tooLong = tooLong || len(r.buf)+len(part) > maxLine; !tooLong {
			r.buf = append(r.buf, part...)
		}
	}
	if tooLong && (err == nil || err == io.EOF) {
		return nil, errLine // at the end of the file, the next call says so
	}
	return r.buf, err
}

// object hands out one JSON document. where is called if it is none.
func (r *reading) object(where func() string, raw []byte) error {
	text := raw
	if !utf8.Valid(text) {
		decoded, _ := r.env.Text(text, false)
		text = []byte(decoded)
	}
	d, err := review.ParseDocument(text)
	if err != nil {
		return r.problem(where(), err)
	}
	return r.document(d, raw)
}

// json reads a file of one document or of an array of them. In an array that is
// broken, those before the break are read.
func (r *reading) json(f found, raw []byte) error {
	text, ok := r.env.Text(raw, false)
	if !ok {
		return r.problem(f.path, errBinary)
	}
	src := bytes.TrimSpace([]byte(text))
	if len(src) == 0 || src[0] != '[' {
		return r.single(f, src)
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	if _, err := dec.Token(); err != nil {
		return r.problem(f.path, err)
	}
	for n := 1; dec.More(); n++ {
		var element json.RawMessage
		if err := dec.Decode(&element); err != nil {
			return r.problem(position(f.path, src, breakAt(err, dec)), fmt.Errorf("document %d and all after it: %w", n, err))
		}
		where := func() string { return position(f.path, src, dec.InputOffset()-int64(len(element))) }
		if err := r.object(where, element); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return r.problem(position(f.path, src, int64(len(src))), fmt.Errorf("the array is cut short: %w", err))
	}
	if extra, err := io.ReadAll(io.MultiReader(dec.Buffered())); err == nil && len(bytes.TrimSpace(extra)) > 0 {
		return r.problem(position(f.path, src, dec.InputOffset()), errors.New("something follows the array; one document a line goes into an .ndjson file"))
	}
	return nil
}

// breakAt is the offset at which JSON is broken.
func breakAt(err error, dec *json.Decoder) int64 {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return syntax.Offset
	}
	return dec.InputOffset()
}

// single reads a file that is one document. If it states no id, the file's path
// is it.
func (r *reading) single(f found, src []byte) error {
	var stated struct {
		ID     json.RawMessage `json:"id"`
		GUID   json.RawMessage `json:"guid"`
		Source struct {
			GUID json.RawMessage `json:"guid"`
		} `json:"source"`
	}
	text := src
	if err := json.Unmarshal(src, &stated); err == nil && src[0] == '{' && stated.ID == nil && stated.GUID == nil && stated.Source.GUID == nil {
		id, err := json.Marshal(f.guid)
		if err != nil {
			return r.problem(f.path, err)
		}
		text = slices.Concat([]byte(`{"id":`), id)
		if rest := bytes.TrimSpace(src[1:]); rest[0] != '}' {
			text = append(text, ',')
		}
		text = append(text, src[1:]...)
	}
	d, err := review.ParseDocument(text)
	if err != nil {
		return r.problem(f.path, err)
	}
	return r.document(d, src)
}

// position is file:line of an offset.
func position(path string, src []byte, offset int64) string {
	offset = min(max(offset, 0), int64(len(src)))
	return fmt.Sprintf("%s:%d", path, 1+bytes.Count(src[:offset], []byte("\n")))
}
