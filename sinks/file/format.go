package file

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// format is how events are written into a file, and how they are found again there.
type format interface {
	// header is what a file begins with.
	header() []byte
	// line appends an event.
	line(b []byte, e *review.Event) []byte
	// read calls event with the id of each event of a file, from its beginning, and
	// says how far the file is whole: what is behind that is torn.
	read(r io.Reader, event func(id string)) (found, error)
}

// found is what reading a file came to.
type found struct {
	whole int64 // bytes up to which every line is whole
	open  bool  // the last of them lacks only its end
	alien bool  // the file is of another format, or has other columns
}

// formatOf makes the format that the settings ask for.
func formatOf(s *Settings) (format, error) {
	if s.Format != formatCSV {
		return ndjson{}, nil
	}
	t := &table{formulas: s.Formulas, names: s.Columns, key: slices.Index(s.Columns, keyColumn)}
	for _, name := range s.Columns {
		c, err := fieldOf(name)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, c)
	}
	return t, nil
}

// ndjson is an event as JSON on each line.
type ndjson struct{}

func (ndjson) header() []byte { return nil }

func (ndjson) line(b []byte, e *review.Event) []byte { return append(e.AppendJSON(b), '\n') }

func (ndjson) read(r io.Reader, event func(id string)) (f found, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return f, err
		}
		text := bytes.TrimSpace(line)
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			return f, nil // a power cut leaves zeros where nothing was written yet
		case f.whole == 0 && len(text) > 0 && text[0] != '{':
			f.alien = true
			return f, nil
		case err != nil && !json.Valid(text):
			return f, nil // torn, or the end
		}
		f.whole += int64(len(line))
		if id := eventID(text); id != "" {
			event(id)
		}
		if err != nil {
			f.open = len(text) > 0
			return f, nil
		}
	}
}

// eventID finds the id in an event's JSON form, near whose beginning it stands.
func eventID(line []byte) string {
	const key = `"` + keyColumn + `":"`
	at := bytes.Index(line[:min(len(line), 200)], []byte(key))
	if at >= 0 {
		rest := line[at+len(key):]
		if end := bytes.IndexByte(rest, '"'); end >= 0 {
			return string(rest[:end])
		}
	}
	var e struct {
		ID string `json:"event_id"`
	}
	if json.Unmarshal(line, &e) != nil {
		return ""
	}
	return e.ID
}

// table is fields of an event as a row of CSV (RFC 4180).
type table struct {
	names    []string
	columns  []column
	key      int // which of them is the event's id
	formulas bool
}

func (t *table) header() []byte { return row(nil, t.names) }

func (t *table) line(b []byte, e *review.Event) []byte {
	values := make([]string, len(t.columns))
	for i := range t.columns {
		values[i] = strings.ReplaceAll(t.columns[i].of(e), "\x00", "")
		if !t.formulas {
			values[i] = harmless(values[i])
		}
	}
	return row(b, values)
}

// row appends a record. A single empty value would be an empty line, which readers
// pass over.
func row(b []byte, values []string) []byte {
	out := bytes.NewBuffer(b)
	w := csv.NewWriter(out)
	w.UseCRLF = true
	w.Write(values) // to memory: it cannot fail
	w.Flush()
	return out.Bytes()
}

func (t *table) read(r io.Reader, event func(id string)) (f found, err error) {
	text := &upToZero{r: r}
	in := csv.NewReader(text)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	// A record is taken in when it is known to have ended: it may be the torn one.
	ended := func() {}
	for first := true; !f.alien; {
		record, err := in.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if text.last == '\n' {
				ended()
			}
			return f, nil
		case errors.As(err, &broken):
			ended()
			continue // what is not whole at the end is torn; elsewhere somebody has edited it
		case err != nil:
			return f, err
		}
		ended()
		header, id, end := first, "", in.InputOffset()
		alien := first && !slices.Equal(record, t.names)
		if t.key < len(record) {
			id = strings.Clone(record[t.key])
		}
		first = false
		ended = func() {
			f.whole, f.alien = end, alien
			if !header && id != "" {
				event(id)
			}
			ended = func() {}
		}
	}
	return f, nil
}

// upToZero reads up to the first zero byte, which a power cut leaves where nothing
// was written yet.
type upToZero struct {
	r     io.Reader
	ended bool
	last  byte // of those read
}

func (u *upToZero) Read(p []byte) (int, error) {
	if u.ended {
		return 0, io.EOF
	}
	n, err := u.r.Read(p)
	if i := bytes.IndexByte(p[:n], 0); i >= 0 {
		u.ended, n, err = true, i, nil
	}
	if n > 0 {
		u.last = p[n-1]
	}
	return n, err
}
