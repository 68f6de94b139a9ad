// Package yaml reads one YAML document into a tree of nodes that know their
// place, and says everything that is wrong with it. It is the only importer of
// the YAML library, and it decides nothing about what the values mean: decoding
// is the business of who asked.
//
// It reads YAML 1.2: yes, no, on and off are words, 010 is ten, and a value is
// kept as it was written, so that 1.10 stays "1.10". Left out on purpose, each
// with a fault that says so: several documents in one file, merge keys (<<), tags
// of one's own, keys that are not scalars.
package yaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	library "go.yaml.in/yaml/v4"
)

// The limits that keep a small hostile document from becoming a large one.
const (
	MaxSize   = 4 << 20 // bytes of a document
	MaxDepth  = 100     // levels of nesting, aliases followed
	MaxFaults = 100     // faults of one document
	// MaxAliased is how many nodes all aliases of a document may stand for.
	MaxAliased = 10_000
)

// Parse reads a document. The node is nil for a document that holds nothing, or
// that could not be read as YAML at all; where there are other faults it holds
// what could be understood: of a key that stands there twice, the first. The
// faults come in the order of their places.
func Parse(data []byte) (*Node, []Fault) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if fault, bad := unreadable(data); bad {
		return nil, []Fault{fault}
	}
	marks := newMarks(data)
	documents, syntax := compose(marks.hide(data))
	c := converter{marks: marks}
	var root *Node
	if len(documents) > 0 {
		root = c.document(documents[0])
	}
	if len(documents) > 1 {
		c.fault(documents[1], "a second document: one file holds one, so take out the line with ---")
	}
	if syntax != nil {
		c.faults = append(c.faults, *syntax)
		root = nil
	}
	return root, within(data, c.faults)
}

// unreadable finds what the library would refuse without saying where.
func unreadable(data []byte) (Fault, bool) {
	if len(data) > MaxSize {
		return Fault{1, 1, fmt.Sprintf("larger than %d MiB", MaxSize>>20)}, true
	}
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, width := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && width <= 1:
			return Fault{line, column, fmt.Sprintf("byte 0x%02x: not UTF-8; save the file as UTF-8", data[i])}, true
		case !printable(r):
			return Fault{line, column, fmt.Sprintf("control character %U is not allowed in YAML", r)}, true
		case r == '\n' || r == '\r' && (i+1 == len(data) || data[i+1] != '\n'):
			line, column = line+1, 0
		}
		i, column = i+width, column+1
	}
	return Fault{}, false
}

// printable is the set of https://yaml.org/spec/1.2.2/#51-character-set, with
// DEL and C1, which the library reads.
func printable(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return true
	case r < 0x20, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}

// Lines splits a document where YAML ends a line: LF, CR LF or CR. Line n of a
// place is Lines(data)[n-1].
func Lines(data []byte) []string {
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// within sorts the faults, and sees to it that each lies on a line that exists:
// the library puts what is missing at the end of a file on the line after it.
func within(data []byte, faults []Fault) []Fault {
	if len(faults) == 0 {
		return nil
	}
	lines := Lines(data)
	for i, f := range faults {
		line := min(max(f.Line, 1), len(lines))
		if line > 1 && line == len(lines) && lines[line-1] == "" {
			line--
		}
		end := utf8.RuneCountInString(lines[line-1]) + 1
		if line != f.Line {
			f.Column = end
		}
		faults[i].Line, faults[i].Column = line, min(max(f.Column, 1), end)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return faults
}

// compose reads the documents, two at most, up to the first error of syntax.
func compose(data []byte) (documents []*library.Node, fault *Fault) {
	// The library panics where its own stages disagree ("please report"). One
	// such document must not end a program that reads other people's files.
	defer func() {
		if p := recover(); p != nil {
			fault = &Fault{1, 1, fmt.Sprintf("not understood as YAML: %v", p)}
		}
	}()
	loader, err := library.NewLoader(bytes.NewReader(data), library.WithV4Defaults(), library.WithPlugin(limits{}))
	if err != nil {
		return nil, syntaxFault(data, err)
	}
	for len(documents) < 2 {
		node := new(library.Node)
		switch err := loader.Load(node); {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return documents, syntaxFault(data, err)
		}
		documents = append(documents, node)
	}
	return documents, nil
}

// limits stops the library before deep nesting costs anything.
type limits struct{}

func (limits) CheckDepth(depth int, _ *library.DepthContext) error {
	if depth > MaxDepth {
		return errTooDeep
	}
	return nil
}

// CheckAlias is asked when the library builds Go values, which is not done here.
func (limits) CheckAlias(int, int) error { return nil }

var errTooDeep = fmt.Errorf("nested more than %d deep", MaxDepth)
