package exports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/charset"
)

// table is a CSV file whose columns are addressed by name.
type table struct {
	name    string // of the file
	columns map[string]int
	header  []string
	rows    []row
}

// row is one record.
type row struct {
	table  *table
	line   int // it begins on, from 1
	values []string
}

// has reports whether there is a column of that name, in lower case.
func (t *table) has(column string) bool {
	_, ok := t.columns[column]
	return ok
}

// get is the value of the first of the columns that holds one, "" where none does.
func (r row) get(columns ...string) string {
	for _, c := range columns {
		if i, ok := r.table.columns[c]; ok && i < len(r.values) && r.values[i] != "" {
			return r.values[i]
		}
	}
	return ""
}

// where is file:line.
func (r row) where() string { return fmt.Sprintf("%s:%d", r.table.name, r.line) }

var (
	errNoText    = errors.New("holds bytes that are no text")
	errNoHeader  = errors.New("holds no table: the first line should name the columns")
	errOpenQuote = errors.New("a quote is opened here and never closed; the row is lost")
	errMerge     = errors.New("a mark of a merge conflict, which is no row; settle the conflict")
)

// maxOpenQuotes bounds how often a table is read on behind a quote that is never
// closed: each costs a look at all the rest.
const maxOpenQuotes = 200

// table reads a CSV file: separated by commas, semicolons or tabs, quoted as RFC
// 4180 has it. Rows that cannot be read are problems. ok is false for what is no
// table at all, which has been noted then.
func (r *reading) table(name string, content []byte) (t *table, ok bool) {
	text, ok := charset.Text(content, false)
	err := errNoText
	if ok {
		t, err = r.header(name, text)
	}
	if err != nil {
		r.problem(name, err)
		return nil, false
	}
	return t, true
}

// header reads the table, whose first row names the columns.
func (r *reading) header(name, text string) (*table, error) {
	t := &table{name: name, columns: map[string]int{}}
	comma := separator(text)
	for _, rec := range r.records(name, text, comma) {
		if t.header == nil {
			t.name = name
			t.header = rec.values
			for i, column := range rec.values {
				key := strings.ToLower(strings.TrimSpace(column))
				if _, twice := t.columns[key]; key != "" && !twice {
					t.columns[key] = i
				}
			}
			continue
		}
		for i := range rec.values {
			rec.values[i] = strings.TrimSpace(rec.values[i])
		}
		rec.table = t
		t.rows = append(t.rows, rec)
	}
	if len(t.columns) < 2 {
		return nil, errNoHeader
	}
	return t, nil
}

// records cuts the text into records. One that is broken is a problem with its
// line, and reading goes on at the line behind it.
func (r *reading) records(name, text string, comma rune) (all []row) {
	line, open := 1, 0
	for rest := text; rest != "" && r.err == nil; {
		if mark, n := mergeMark(rest); mark {
			r.problem(fmt.Sprintf("%s:%d", name, line), errMerge)
			rest, line = rest[n:], line+1
			continue
		}
		values, n, err := record(rest, comma)
		if err != nil {
			r.problem(fmt.Sprintf("%s:%d", name, line), err)
			if open++; open > maxOpenQuotes {
				return all
			}
			n = firstLine(rest)
		}
		if err == nil && !blank(values) {
			all = append(all, row{line: line, values: values})
		}
		line += strings.Count(rest[:n], "\n")
		rest = rest[n:]
	}
	return all
}

// record reads one record and says how many bytes it takes. A quote in the middle
// of a value that is not quoted stands for itself, as spreadsheets read it.
func record(text string, comma rune) (values []string, n int, err error) {
	for _, lazy := range []bool{false, true} {
		in := text
		if lazy { // a stray quote must not run on into the next lines
			in = text[:firstLine(text)]
		}
		dec := csv.NewReader(strings.NewReader(in))
		dec.Comma, dec.FieldsPerRecord, dec.LazyQuotes = comma, -1, lazy
		values, err = dec.Read()
		if err == nil {
			return values, int(dec.InputOffset()), nil
		}
		if errors.Is(err, io.EOF) { // nothing but empty lines
			return nil, len(text), nil
		}
		if !lazy && quoteAtEnd(err, text) {
			return nil, 0, errOpenQuote
		}
	}
	return nil, 0, err
}

// quoteAtEnd reports that a quoted value was still open at the end of the text.
func quoteAtEnd(err error, text string) bool {
	var parse *csv.ParseError
	return errors.As(err, &parse) && errors.Is(parse.Err, csv.ErrQuote) && parse.Line > strings.Count(strings.TrimRight(text, "\r\n"), "\n")
}

// mergeMark reports that the text begins with a line that a version control system
// wrote between two versions.
func mergeMark(text string) (bool, int) {
	n := firstLine(text)
	line := strings.TrimRight(text[:n], "\r\n")
	return strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") || line == "=======", n
}

// firstLine is the length of the first line with its end.
func firstLine(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

func blank(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
}

// separator is the one of comma, semicolon and tab that the first line has most
// often outside of quotes.
func separator(text string) rune {
	line, quoted := text[:firstLine(text)], false
	count := map[rune]int{}
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted {
			count[c]++
		}
	}
	best := ','
	for _, c := range [...]rune{';', '\t'} {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}
