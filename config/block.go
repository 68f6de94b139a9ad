package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// block is one mapping of the file that several structs decode, each taking its
// own keys: the keys every source has, and those of its plug-in. It is the
// pipeline.Options that plug-ins get.
type block struct {
	d     *decoder
	node  *yaml.Node
	valid []string                 // the keys of every struct decoded so far
	paths map[string]pipeline.Path // what was decoded as a path, by key
}

var _ pipeline.Options = (*block)(nil)

func (d *decoder) block(n *yaml.Node) *block {
	return &block{d: d, node: n, paths: make(map[string]pipeline.Path)}
}

// Decode fills a struct; see [pipeline.Options]. What no struct took is noted by
// finish.
func (b *block) Decode(into any) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: Decode into %T: want a pointer to a struct", into))
	}
	b.valid = append(b.valid, keysOf(v.Elem().Type())...)
	b.fill(v.Elem(), b.node, "")
}

// Fault notes that a key's value is wrong; see [pipeline.Options]. What is wrong
// with a path that is not there is that it is not there. What is wrong with a value
// that has its fault already is not said.
func (b *block) Fault(key, text string) {
	if at := b.place(key); key != "" && at != b.place(parent(key)) && b.d.report.faulty(at) {
		return
	}
	code := BadValue
	if p, ok := b.paths[key]; ok && !exists(fixedPart(string(p))) {
		code = MissingFile
	}
	b.fault(code, key, text, "")
}

// fault notes something about a key with a code and a remedy.
func (b *block) fault(code, key, text, remedy string) {
	if key != "" {
		text = key + ": " + text
	}
	b.note(code, b.place(key), text, remedy)
}

func (b *block) note(code string, at *yaml.Node, text, remedy string) {
	b.d.report.add(code, at, text, remedy)
}

// place is the node a dotted key stands for, or the one around it where the key
// is not there.
func (b *block) place(key string) *yaml.Node {
	n := b.node
	for key != "" {
		part, rest, _ := strings.Cut(key, ".")
		next := n.Get(key) // a key with a dot in it
		if next != nil {
			return next
		}
		next = n.Get(part)
		if i, err := strconv.Atoi(part); next == nil && err == nil && i >= 0 && i < len(n.Items) {
			next = n.Items[i]
		}
		if next == nil {
			return n
		}
		n, key = next, rest
	}
	return n
}

// finish notes the keys that no struct has taken.
func (b *block) finish() { b.unknown(b.node, b.valid) }

// path makes the path in a node absolute.
func (b *block) path(n *yaml.Node, key string) pipeline.Path {
	p := n.Value
	switch {
	case p == "":
		b.note(BadValue, n, key+": the path is empty", "")
	case !filepath.IsAbs(p):
		p = filepath.Join(b.d.dir, p)
	default:
		p = filepath.Clean(p)
	}
	b.paths[key] = pipeline.Path(p)
	return pipeline.Path(p)
}

// fixedPart is a pattern's path up to the first part with a wildcard in it.
func fixedPart(pattern string) string {
	i := strings.IndexAny(pattern, "*?[{")
	if i < 0 {
		return pattern
	}
	return filepath.Dir(pattern[:i] + "x")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Given are options that no config file holds, such as the arguments of a command.
type Given struct{ block *block }

var _ pipeline.Options = Given{}

// StringOptions makes options of keys and values given as text. A value counts as
// what it would be in a config file without quotes. Relative paths start from the
// working directory. Ask Err when the plug-in has decoded them.
func StringOptions(values map[string]string, c Catalogue) Given {
	lists := make(map[string][]string, len(values))
	for key, value := range values {
		lists[key] = []string{value}
	}
	return ListOptions(lists, c)
}

// ListOptions is StringOptions where a key may have several values: a list.
func ListOptions(values map[string][]string, c Catalogue) Given {
	n := &yaml.Node{Kind: yaml.Mapping}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list := &yaml.Node{Kind: yaml.Sequence}
		for _, text := range values[key] {
			value := yaml.Plain(text)
			if value.Tag == yaml.Null {
				value.Tag = yaml.Str
			}
			list.Items = append(list.Items, value)
		}
		value := list
		if len(list.Items) == 1 {
			value = list.Items[0]
		}
		n.Pairs = append(n.Pairs, yaml.Pair{Key: yaml.Plain(key), Value: value})
	}
	return given(n, c)
}

// ValueOptions makes options of values, which count as what they are in JSON; see
// [StringOptions]. It is for tests of plug-ins; a value that JSON has not is a
// fault of the test, and panics.
func ValueOptions(values map[string]any, c Catalogue) Given {
	text, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("config: options: %v", err))
	}
	n, faults := yaml.Parse(text)
	if len(faults) > 0 {
		panic(fmt.Sprintf("config: options: %v", faults[0]))
	}
	return given(n, c)
}

func given(n *yaml.Node, c Catalogue) Given {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return Given{newDecoder(newReport("", nil), dir, c).block(n)}
}

// Decode is that of [pipeline.Options].
func (g Given) Decode(into any) { g.block.Decode(into) }

// Fault is that of [pipeline.Options].
func (g Given) Fault(key, text string) { g.block.Fault(key, text) }

// Err is a *[Faults] with what was wrong, the keys that nothing has decoded
// among it; nil where nothing was. It is asked once, at the end.
func (g Given) Err() error {
	g.block.finish()
	return g.block.d.report.err()
}

// Faults lists the texts of what Err would return.
func (g Given) Faults() []string {
	var faults *Faults
	if !errors.As(g.Err(), &faults) {
		return nil
	}
	texts := make([]string, len(faults.List))
	for i, f := range faults.List {
		texts[i] = f.Text
	}
	return texts
}
