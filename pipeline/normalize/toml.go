package normalize

import (
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// parseTOML reads TOML into the same tree as YAML: the order of the keys, their
// places, and the values as they were written, so that 4.50 stays "4.50". The
// library's decoder looks first whether it is TOML; then its parser gives what a
// map would lose.
func parseTOML(head string) (*yaml.Node, error) {
	var whole map[string]any
	if err := toml.Unmarshal([]byte(head), &whole); err != nil {
		if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
			line, column := at.Position()
			return nil, &matterFault{line, column, "no TOML: " + at.Error()}
		}
		return nil, fmt.Errorf("no TOML: %w", err)
	}
	t := tomlTree{lineIndex: newLineIndex(head), root: &yaml.Node{Kind: yaml.Mapping, Line: 1, Column: 1}}
	t.parser.Reset([]byte(head))
	t.table = t.root
	for t.parser.NextExpression() {
		t.expression(t.parser.Expression())
	}
	return t.root, t.parser.Error()
}

// tomlTree is a tree that grows by one expression after another.
type tomlTree struct {
	lineIndex
	parser      unstable.Parser
	root, table *yaml.Node // table is where keys go
}

func (t *tomlTree) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.KeyValue:
		t.set(t.table, e)
	case unstable.Table:
		t.table = t.inner(t.root, e.Key(), false)
	case unstable.ArrayTable:
		t.table = t.inner(t.root, e.Key(), true)
	}
}

// set puts a value where its key, perhaps a dotted one, says.
func (t *tomlTree) set(into *yaml.Node, e *unstable.Node) {
	value := t.value(e.Value())
	for keys := e.Key(); keys.Next(); {
		key := t.node(keys.Node())
		if keys.IsLast() {
			if value.Line == 0 {
				value.Line, value.Column = key.Line, key.Column
			}
			into.Pairs = append(into.Pairs, yaml.Pair{Key: key, Value: value})
			return
		}
		into = child(into, key)
	}
}

// inner is the table that keys lead to; another of the same name if each is asked
// for.
func (t *tomlTree) inner(at *yaml.Node, keys unstable.Iterator, each bool) *yaml.Node {
	for keys.Next() {
		key := t.node(keys.Node())
		if !each || !keys.IsLast() {
			at = child(at, key)
			continue
		}
		list := at.Get(key.Value)
		if list == nil || list.Kind != yaml.Sequence {
			list = &yaml.Node{Kind: yaml.Sequence, Line: key.Line, Column: key.Column}
			at.Pairs = append(at.Pairs, yaml.Pair{Key: key, Value: list})
		}
		at = &yaml.Node{Kind: yaml.Mapping, Line: key.Line, Column: key.Column}
		list.Items = append(list.Items, at)
	}
	return at
}

// child is the table a key has, which is made if it is not there. Of a list of
// tables it is the last.
func child(at, key *yaml.Node) *yaml.Node {
	have := at.Get(key.Value)
	if have != nil && have.Kind == yaml.Sequence && len(have.Items) > 0 {
		have = have.Items[len(have.Items)-1]
	}
	if have == nil || have.Kind != yaml.Mapping {
		have = &yaml.Node{Kind: yaml.Mapping, Line: key.Line, Column: key.Column}
		at.Pairs = append(at.Pairs, yaml.Pair{Key: key, Value: have})
	}
	return have
}

// node is a word or a value with its place.
func (t *tomlTree) node(n *unstable.Node) *yaml.Node {
	out := &yaml.Node{Tag: yaml.Str, Value: string(n.Data)}
	if n.Raw.Length > 0 {
		out.Line, out.Column = t.place(int(n.Raw.Offset))
	}
	return out
}

func (t *tomlTree) value(n *unstable.Node) *yaml.Node {
	out := t.node(n)
	switch n.Kind {
	case unstable.Array:
		out.Kind, out.Tag, out.Value = yaml.Sequence, "", ""
		for items := n.Children(); items.Next(); {
			out.Items = append(out.Items, t.value(items.Node()))
		}
	case unstable.InlineTable:
		out.Kind, out.Tag, out.Value = yaml.Mapping, "", ""
		for pairs := n.Children(); pairs.Next(); {
			t.set(out, pairs.Node())
		}
	case unstable.Bool:
		out.Tag = yaml.Bool
	case unstable.Integer:
		out.Tag = yaml.Int
	case unstable.Float:
		out.Tag = yaml.Float
	case unstable.DateTime, unstable.LocalDate, unstable.LocalDateTime, unstable.LocalTime:
		out.Tag = yaml.Timestamp
	}
	return out
}
