package yaml

import "fmt"

// Kind is the shape of a node.
type Kind int

// The shapes. The zero value is Scalar.
const (
	Scalar   Kind = iota // one value: Tag and Value
	Sequence             // a list: Items
	Mapping              // keys and values: Pairs
)

// String names the shape in YAML's words.
func (k Kind) String() string {
	switch k {
	case Scalar:
		return "scalar"
	case Sequence:
		return "sequence"
	case Mapping:
		return "mapping"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// The tags of scalars: what a plain value is by the rules of YAML's core schema,
// and timestamps, which the core schema leaves out. A quoted value is a Str.
const (
	Str       = "str"
	Int       = "int"       // 12, -3, 0o17, 0xff
	Float     = "float"     // 1.10, .5, 6e23, .inf, .nan
	Bool      = "bool"      // true, false; not yes, no, on, off
	Null      = "null"      // null, ~, or nothing at all
	Timestamp = "timestamp" // has the form of one: 2026-11-22, 2026-11-22T18:00:00Z
)

// Node is one value of a document. Line and Column, from 1, are where it begins;
// columns count characters. A value that stands there by an alias has the place
// of what the alias means; one that was left empty has the place of its key.
type Node struct {
	Kind         Kind
	Tag          string // of a scalar; "" for the other kinds
	Value        string // of a scalar, as written: 1.10 is "1.10"; quotes and escapes are resolved
	Line, Column int
	Items        []*Node // of a sequence
	Pairs        []Pair  // of a mapping, in the order written, each key once
}

// Pair is one entry of a mapping. The key is a scalar.
type Pair struct{ Key, Value *Node }

// Get is the value of a mapping's key, nil where there is none. It may be asked
// of any node, and of nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, p := range n.Pairs {
		if p.Key.Value == key {
			return p.Value
		}
	}
	return nil
}

// IsNull reports that there is no value: no node, or a null.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Scalar && n.Tag == Null }

// Strings are a scalar's value, or the values of a sequence's scalars, as
// written. Nulls, and whatever is nested, are left out.
func (n *Node) Strings() []string {
	switch {
	case n.IsNull():
		return nil
	case n.Kind == Scalar:
		return []string{n.Value}
	}
	var values []string
	for _, item := range n.Items {
		if item.Kind == Scalar && item.Tag != Null {
			values = append(values, item.Value)
		}
	}
	return values
}

// String describes the node for an error text: its value in quotes, or its shape.
func (n *Node) String() string {
	switch {
	case n.IsNull():
		return "nothing"
	case n.Kind == Scalar:
		return fmt.Sprintf("%q", n.Value)
	case n.Kind == Sequence:
		return "a list"
	}
	return "a mapping"
}

// Fault is one thing that is wrong with a document, and where.
type Fault struct {
	Line, Column int    // from 1, within the document
	Text         string // what is wrong, and where it helps, what would be right
}

func (f Fault) String() string { return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Text) }

// Plain is the scalar that a value would be if it stood in a document without
// quotes, for values that come from elsewhere. It has no place.
func Plain(value string) *Node { return &Node{Tag: resolve(value), Value: value} }
