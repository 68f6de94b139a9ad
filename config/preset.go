package config

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// presetType is the type of a sink that is written elsewhere: in a file that
// composes a sink of another type and leaves some of it open, as parameters.
const presetType = "preset"

// presetVersion is that of the form of such files.
const presetVersion = 1

// presetUse are the keys by which a config uses a preset. Besides them it may say
// what every sink has.
type presetUse struct {
	Use  string                `config:"use,required" doc:"The preset: the name of one that comes with Filmwire, or a file, as ./slack.yaml."`
	With map[string]*yaml.Node `config:"with" doc:"Values of the preset's parameters, by name."`
}

// presetFile is a preset.
type presetFile struct {
	Preset     int                  `config:"preset,required"`
	Doc        string               `config:"doc,required"`
	Parameters map[string]parameter `config:"parameters"`
	Sink       *block               `config:"sink,required"`
}

// parameter is what a preset leaves open.
type parameter struct {
	Doc      string     `config:"doc,required"`
	Required bool       `config:"required"`
	Default  *yaml.Node `config:"default"`
	Secret   bool       `config:"secret"`
}

// unfold is the sink that an entry stands for: the entry itself, or what its preset
// makes of it. It is not ok where a fault leaves nothing to go on with. What stands
// in the preset's file keeps its place there, so that faults point into either.
func unfold(entry *block, c Catalogue) (sink *block, ok bool) {
	kind := entry.node.Get("type")
	if kind == nil || kind.Value != presetType {
		return entry, true
	}
	var use presetUse
	entry.Decode(&use)
	entry.valid = append(entry.valid, keysOf(reflect.TypeFor[everySink]())...)
	entry.finish()
	name, content, ok := findPreset(entry, use.Use, c)
	if !ok {
		return nil, false
	}
	file, ok := readPreset(entry.d, name, content)
	if !ok {
		return nil, false
	}
	u := unfolding{entry: entry, file: file, with: use.With}
	u.checkWith()
	return entry.d.block(u.sink()), true
}

// findPreset is the file of a preset: its name for people, and its content.
func findPreset(entry *block, use string, c Catalogue) (name string, content []byte, ok bool) {
	if use == "" {
		return "", nil, false
	}
	if strings.ContainsAny(use, `./\`) {
		path := use
		if !filepath.IsAbs(path) {
			path = filepath.Join(entry.d.dir, path)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			entry.fault(MissingFile, "use", fmt.Sprintf("file %q: %s", use, reason(err)), "a relative path starts at the config file's folder")
		}
		return use, content, err == nil
	}
	files := map[string]string{}
	if c.Presets != nil {
		paths, err := fs.Glob(c.Presets, "*.yaml")
		if err != nil {
			panic("config: presets: " + err.Error()) // of our own pattern
		}
		for _, p := range paths {
			files[strings.TrimSuffix(p, ".yaml")] = p
		}
	}
	path, known := files[use]
	if !known {
		entry.fault(BadValue, "use", fmt.Sprintf("there is no preset %q", use), suggest(use, slices.Collect(maps.Keys(files)), "presets"))
		return "", nil, false
	}
	content, err := fs.ReadFile(c.Presets, path)
	if err != nil {
		entry.fault(MissingFile, "use", err.Error(), "")
	}
	return "preset:" + path, content, err == nil
}

// readPreset reads a preset. Its faults have places in it.
func readPreset(d *decoder, name string, content []byte) (presetFile, bool) {
	var file presetFile
	r := newReport(name, yaml.Lines(content))
	d.report.others = append(d.report.others, r)
	root, faults := yaml.Parse(content)
	for _, f := range faults {
		r.at(f.Line, f.Column, Syntax, f.Text, "")
	}
	if root == nil || root.Kind != yaml.Mapping {
		r.lines = nil // it may be anything, a secret too: nothing of it is shown
		if len(faults) == 0 {
			r.at(1, 1, WrongType, "want keys and values", "begin with: preset: 1")
		}
		return file, false
	}
	r.tree = root
	d.report.adopt(root, r)
	b := d.block(root)
	b.Decode(&file)
	b.finish()
	if file.Preset != presetVersion && b.is("preset") {
		b.fault(BadValue, "preset", fmt.Sprintf("this version reads presets of the form %d", presetVersion), "")
	}
	for name, p := range file.Parameters {
		if p.Required && p.Default != nil {
			b.fault(BadValue, "parameters."+name, "what is required needs no default", "")
		}
	}
	return file, file.Sink != nil && len(r.faults) == 0
}

// unfolding makes a sink of a preset and of what a config gives it.
type unfolding struct {
	entry *block
	file  presetFile
	with  map[string]*yaml.Node
}

// checkWith notes what is given and not asked for, and what is asked for and not
// given.
func (u *unfolding) checkWith() {
	names := slices.Sorted(maps.Keys(u.file.Parameters))
	for _, given := range slices.Sorted(maps.Keys(u.with)) {
		if p, known := u.file.Parameters[given]; !known {
			u.entry.d.report.hide(u.with[given]) // it may be a secret under a misspelt name
			u.entry.fault(UnknownKey, "with."+given, "the preset has no such parameter", suggest(given, names, "parameters"))
		} else if p.Secret && u.with[given].Kind == yaml.Scalar {
			u.entry.d.report.hide(u.with[given])
		}
	}
	for _, name := range names {
		if p := u.file.Parameters[name]; p.Required && u.with[name].IsNull() {
			u.entry.fault(MissingKey, "with", fmt.Sprintf("the preset needs %s: %s", name, p.Doc), fmt.Sprintf("add the key %q under with", name))
		}
	}
}

// sink is the entry that the config would have without the preset: what the config
// says of every sink goes before what the preset says.
func (u *unfolding) sink() *yaml.Node {
	said := &yaml.Node{Kind: yaml.Mapping, Line: u.entry.node.Line, Column: u.entry.node.Column}
	everyones := keysOf(reflect.TypeFor[everySink]())
	for _, p := range u.entry.node.Pairs {
		if k := p.Key.Value; k != "type" && slices.Contains(everyones, k) {
			said.Pairs = append(said.Pairs, p)
		}
	}
	for _, p := range u.file.Sink.node.Pairs {
		if p.Key.Value == "name" {
			u.entry.note(BadValue, p.Key, "name: a preset's sink is named by the config that uses it", "")
			continue
		}
		if p.Key.Value == "type" && p.Value.Value == presetType {
			u.entry.note(BadValue, p.Value, "type: a preset composes a sink, not another preset", "")
			continue
		}
		if value := u.filled(p.Value); value != nil && said.Get(p.Key.Value) == nil {
			said.Pairs = append(said.Pairs, yaml.Pair{Key: p.Key, Value: value})
		}
	}
	return said
}

// filled is a value of the preset with its parameters filled in: {param: NAME} is
// what the config gives, else the default, else nil, which leaves its key out.
func (u *unfolding) filled(n *yaml.Node) *yaml.Node {
	if name := n.Get("param"); name != nil && len(n.Pairs) == 1 {
		p, known := u.file.Parameters[name.Value]
		switch {
		case !known:
			u.entry.note(BadValue, name, fmt.Sprintf("there is no parameter %q", name.Value), suggest(name.Value, slices.Collect(maps.Keys(u.file.Parameters)), "parameters"))
			return nil
		case u.with[name.Value] != nil:
			return u.with[name.Value]
		}
		return p.Default
	}
	var items []*yaml.Node
	for _, item := range n.Items {
		if value := u.filled(item); value != nil {
			items = append(items, value)
		}
	}
	var pairs []yaml.Pair
	for _, p := range n.Pairs {
		if value := u.filled(p.Value); value != nil {
			pairs = append(pairs, yaml.Pair{Key: p.Key, Value: value})
		}
	}
	n.Items, n.Pairs = items, pairs
	return n
}
