package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// The codes of faults; the package comment says what each means.
const (
	Syntax        = "config.syntax"
	UnknownKey    = "config.unknown_key"
	WrongType     = "config.wrong_type"
	MissingKey    = "config.missing_key"
	BadValue      = "config.bad_value"
	BadSchedule   = "config.bad_schedule"
	DuplicateName = "config.duplicate_name"
	MissingFile   = "config.missing_file"
	UnsetSecret   = "config.unset_secret"
	UnknownType   = "config.unknown_type"
)

// Fault is one thing that is wrong with a config.
type Fault struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`   // from 1; 0 where there is no place
	Column int    `json:"column,omitempty"` // from 1, in characters
	Code   string `json:"code"`
	Text   string `json:"text"`             // what is wrong
	Remedy string `json:"remedy,omitempty"` // what to do, where that is known

	quote string // the line and the caret under it, ready to print
}

// String prints the fault as a person wants it: place, text and code, then the
// line with a caret, then the remedy. There is no newline at the end.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", f.Line, f.Column)
		}
		b.WriteByte(' ')
	}
	fmt.Fprintf(&b, "%s (%s)", f.Text, f.Code)
	if f.quote != "" {
		b.WriteString("\n" + f.quote)
	}
	if f.Remedy != "" {
		b.WriteString("\n   " + f.Remedy)
	}
	return b.String()
}

// Faults is everything that is wrong with a config, at least one thing. It is
// the error of [Load] and [Parse].
type Faults struct {
	List []Fault // in the order of their places
}

// Error prints every fault, and how many they are.
func (e *Faults) Error() string {
	var b strings.Builder
	for _, f := range e.List {
		b.WriteString(f.String() + "\n")
	}
	if len(e.List) == 1 {
		return b.String() + "1 fault"
	}
	return b.String() + fmt.Sprintf("%d faults", len(e.List))
}

// report collects the faults of one reading.
type report struct {
	file   string
	lines  []string
	tree   *yaml.Node   // nil before it is parsed
	hidden []*yaml.Node // values that must not be printed
	faults []Fault
	// others are the reports on files that this one uses, and adopted says which
	// nodes stand in them.
	others  []*report
	adopted map[*yaml.Node]*report
}

func newReport(file string, lines []string) *report { return &report{file: file, lines: lines} }

// adopt notes that a node, and what is below it, stands in another file.
func (r *report) adopt(n *yaml.Node, in *report) {
	if r.adopted == nil {
		r.adopted = map[*yaml.Node]*report{}
	}
	r.adopted[n] = in
	for _, item := range n.Items {
		r.adopt(item, in)
	}
	for _, p := range n.Pairs {
		r.adopt(p.Key, in)
		r.adopt(p.Value, in)
	}
}

// of is the report on the file that a node stands in.
func (r *report) of(n *yaml.Node) *report {
	if other := r.adopted[n]; other != nil {
		return other
	}
	return r
}

// add notes a fault at a node. A node without a place gives a fault without one.
func (r *report) add(code string, n *yaml.Node, text, remedy string) {
	r.of(n).at(n.Line, n.Column, code, text, remedy)
}

func (r *report) nowhere(code, text, remedy string) { r.at(0, 0, code, text, remedy) }

func (r *report) at(line, column int, code, text, remedy string) {
	r.faults = append(r.faults, Fault{
		File: r.file, Line: line, Column: column, Code: code,
		Text: oneLine(maskURLs(text)), Remedy: oneLine(maskURLs(remedy)),
	})
}

// hide sees to it that a node's value is never printed.
func (r *report) hide(n *yaml.Node) {
	of := r.of(n)
	of.hidden = append(of.hidden, n)
}

// hides reports whether a node's value must not be printed, or be recognisable
// in what is derived from it.
func (r *report) hides(n *yaml.Node) bool { return slices.Contains(r.of(n).hidden, n) }

// faulty reports whether something is wrong with the very node.
func (r *report) faulty(n *yaml.Node) bool {
	return slices.ContainsFunc(r.of(n).faults, func(f Fault) bool { return f.Line == n.Line && f.Column == n.Column })
}

// faultyWithin reports whether something is wrong with the node or within it.
func (r *report) faultyWithin(n *yaml.Node) bool {
	within := placesIn(n, nil)
	return slices.ContainsFunc(r.of(n).faults, func(f Fault) bool { return slices.Contains(within, place{f.Line, f.Column}) })
}

// err is a *Faults with what was noted, here and in the files that this one uses;
// nil where nothing was.
func (r *report) err() error {
	list := r.quoted()
	for _, other := range r.others {
		list = append(list, other.quoted()...)
	}
	if len(list) == 0 {
		return nil
	}
	return &Faults{List: list}
}

// quoted are the faults of one file in the order of their places, with the lines
// they are in. What an alias brought up twice is said once.
func (r *report) quoted() []Fault {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Remedy, b.Remedy))
	})
	list := slices.Compact(r.faults)
	m := newMask(r)
	for i := range list {
		list[i].quote = m.quote(&list[i])
	}
	return list
}

// oneLine keeps what a plug-in says from looking like several faults.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
