package yaml

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	library "go.yaml.in/yaml/v4"
)

// converter turns the library's nodes into ours. Aliases are followed by making
// what they mean again, so that a tree of ours has no knots in it.
type converter struct {
	marks   marks
	faults  []Fault
	depth   int
	aliased int // nodes made for aliases so far
	inside  []*library.Node
}

func (c *converter) fault(at *library.Node, format string, args ...any) {
	if len(c.faults) < MaxFaults {
		c.faults = append(c.faults, Fault{at.Line, at.Column, c.marks.show(fmt.Sprintf(format, args...))})
	}
}

// document converts what a document holds, nil for nothing.
func (c *converter) document(d *library.Node) *Node {
	if d.Kind != library.DocumentNode || len(d.Content) == 0 {
		return nil
	}
	n := c.node(d.Content[0])
	if n != nil && n.Kind == Scalar && n.Tag == Null && n.Value == "" {
		return nil
	}
	return n
}

// node converts one node; nil with a fault where that cannot be done.
func (c *converter) node(n *library.Node) *Node {
	if len(c.faults) >= MaxFaults {
		return nil
	}
	if c.depth >= MaxDepth {
		c.fault(n, "%v", errTooDeep)
		return nil
	}
	if len(c.inside) > 0 {
		if c.aliased++; c.aliased > MaxAliased {
			return nil // said at the alias
		}
	}
	c.depth++
	defer func() { c.depth-- }()
	switch n.Kind {
	case library.AliasNode:
		return c.alias(n)
	case library.SequenceNode:
		return c.sequence(n)
	case library.MappingNode:
		return c.mapping(n)
	}
	return c.scalar(n)
}

func (c *converter) alias(n *library.Node) *Node {
	if slices.Contains(c.inside, n.Alias) || c.aliased > MaxAliased {
		c.fault(n, "alias *%s: it contains itself, or stands for too much", n.Value)
		return nil
	}
	c.inside = append(c.inside, n.Alias)
	before := c.aliased
	made := c.node(n.Alias)
	c.inside = c.inside[:len(c.inside)-1]
	if before <= MaxAliased && c.aliased > MaxAliased {
		c.fault(n, "alias *%s: the aliases stand for more than %d values", n.Value, MaxAliased)
		return nil
	}
	return made
}

func (c *converter) sequence(n *library.Node) *Node {
	c.collectionTag(n, "!!seq")
	out := &Node{Kind: Sequence, Line: n.Line, Column: n.Column}
	for _, item := range n.Content {
		if made := c.node(item); made != nil {
			out.Items = append(out.Items, made)
		}
	}
	return out
}

func (c *converter) mapping(n *library.Node) *Node {
	c.collectionTag(n, "!!map")
	out := &Node{Kind: Mapping, Line: n.Line, Column: n.Column}
	first := make(map[string]*Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := c.key(n.Content[i])
		value := c.node(n.Content[i+1])
		if key == nil || value == nil {
			continue
		}
		if earlier := first[key.Value]; earlier != nil {
			c.fault(n.Content[i], "key %q is here a second time; the first is on line %d", key.Value, earlier.Line)
			continue
		}
		if value.Tag == Null && value.Value == "" {
			value.Line, value.Column = key.Line, key.Column
		}
		first[key.Value] = key
		out.Pairs = append(out.Pairs, Pair{key, value})
	}
	return out
}

// key converts a mapping's key, nil with a fault where it cannot be one.
func (c *converter) key(n *library.Node) *Node {
	if n.Kind == library.ScalarNode && n.Value == "<<" && n.Style&quoted == 0 {
		c.fault(n, "merge keys (<<) are not supported: write the keys out, or alias whole values")
		return nil
	}
	key := c.node(n)
	if key != nil && key.Kind != Scalar {
		c.fault(n, "a key must be one word or text, not %s", key)
		return nil
	}
	return key
}

const quoted = library.SingleQuotedStyle | library.DoubleQuotedStyle | library.LiteralStyle | library.FoldedStyle

func (c *converter) scalar(n *library.Node) *Node {
	out := &Node{Tag: Str, Value: c.marks.show(n.Value), Line: n.Line, Column: n.Column}
	switch {
	case n.Style&library.TaggedStyle != 0:
		tag := strings.TrimPrefix(n.Tag, "!!")
		switch {
		case !slices.Contains([]string{Str, Int, Float, Bool, Null, Timestamp}, tag):
			c.fault(n, "tag %s is not known: leave it out", n.Tag)
		case !fits(tag, out.Value):
			c.fault(n, "%q is not what the tag %s says", out.Value, n.Tag)
		default:
			out.Tag = tag
		}
	case n.Style&quoted == 0 && n.Tag != "!":
		out.Tag = resolve(out.Value)
	}
	return out
}

func (c *converter) collectionTag(n *library.Node, own string) {
	if n.Style&library.TaggedStyle != 0 && n.Tag != own {
		c.fault(n, "tag %s is not known: leave it out", n.Tag)
	}
}

// marks stands for three characters that the library takes for line breaks,
// which they were in YAML 1.1: text pasted from elsewhere holds them, and places
// would be counted wrong. They pass through it as characters that the document
// does not hold.
type marks struct{ hider, shower *strings.Replacer }

func newMarks(data []byte) marks {
	var found []string
	for _, mark := range []string{"\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(data, []byte(mark)) {
			found = append(found, mark)
		}
	}
	if found == nil {
		return marks{}
	}
	held := make(map[rune]bool)
	for _, r := range string(data) {
		held[r] = true
	}
	var hide, show []string
	free := '\uE000' // the private use area
	for _, mark := range found {
		for held[free] {
			free++
		}
		hide, show = append(hide, mark, string(free)), append(show, string(free), mark)
		free++
	}
	return marks{strings.NewReplacer(hide...), strings.NewReplacer(show...)}
}

func (m marks) hide(data []byte) []byte {
	if m.hider == nil {
		return data
	}
	return []byte(m.hider.Replace(string(data)))
}

func (m marks) show(s string) string {
	if m.shower == nil {
		return s
	}
	return m.shower.Replace(s)
}
