package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// decoder is what all blocks of one file share.
type decoder struct {
	report *report
	dir    string // that relative paths start from
	getenv func(string) (string, bool)
	forms  map[string]*form
	// secrets are the values of those that were decoded, by the node they stand for.
	secrets map[*yaml.Node]string
	// elsewhere are faults of files that the config names.
	elsewhere []Fault
}

// err is a *[Faults] with what is wrong with the file and with those it names, nil
// where nothing is.
func (d *decoder) err() error {
	err := d.report.err()
	if len(d.elsewhere) == 0 {
		return err
	}
	all := &Faults{}
	errors.As(err, &all)
	all.List = append(all.List, d.elsewhere...)
	return all
}

func newDecoder(r *report, dir string, c Catalogue) *decoder {
	return &decoder{report: r, dir: dir, getenv: c.getenv(), forms: forms(), secrets: make(map[*yaml.Node]string)}
}

// field is one key that a struct takes.
type field struct {
	key      string
	required bool
	index    int
	inline   bool // an embedded struct: its fields are the outer one's
}

// fieldsOf lists what a struct's config tags say. Fields without one are left
// alone.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("config")
		switch {
		case tagged:
			key, rest, _ := strings.Cut(tag, ",")
			fields = append(fields, field{key: key, required: rest == "required", index: i})
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			fields = append(fields, field{index: i, inline: true})
		}
	}
	return fields
}

// keysOf lists the keys a struct takes.
func keysOf(t reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		if f.inline {
			keys = append(keys, keysOf(t.Field(f.index).Type)...)
			continue
		}
		keys = append(keys, f.key)
	}
	return keys
}

// fill sets the fields of a struct from a mapping. key is where in the block the
// mapping stands.
func (b *block) fill(v reflect.Value, n *yaml.Node, key string) {
	for _, f := range fieldsOf(v.Type()) {
		if f.inline {
			b.fill(v.Field(f.index), n, key)
			continue
		}
		value := n.Get(f.key)
		switch {
		case f.required && value != nil && value.Kind == yaml.Scalar && value.Tag == yaml.Str && value.Value == "":
			b.note(MissingKey, value, join(key, f.key)+" is empty, and must be given", "")
		case value != nil:
			r := b.d.ruleOf(v.Type().Field(f.index))
			b.value(v.Field(f.index), value, join(key, f.key), &r)
		case f.required:
			b.note(MissingKey, n, join(key, f.key)+" is missing", fmt.Sprintf("add the key %q", f.key))
		}
	}
}

// value decodes a node into v, whatever v is.
func (b *block) value(v reflect.Value, n *yaml.Node, key string, r *rule) {
	switch into := v.Addr().Interface().(type) {
	case *pipeline.Secret:
		b.secret(into, n, key)
		return
	case **block:
		if b.want(n, key, yaml.Mapping, "keys and values") {
			*into = b.d.block(n)
		}
		return
	case **yaml.Node:
		*into = n
		return
	case *pipeline.Path:
		if b.wantScalar(n, key, "a path") {
			*into = b.path(n, key)
		}
		return
	case *time.Duration:
		b.duration(into, n, key, r)
		return
	case *time.Time:
		b.time(into, n, key)
		return
	case *review.Date:
		if b.fits(&rule{form: b.d.forms["date"]}, n, key) {
			b.text(into, n, key)
		}
		return
	case *review.Decimal:
		if b.wantTag(n, key, "a number", yaml.Int, yaml.Float) && b.text(into, n, key) {
			b.within(r, *into, n, key)
		}
		return
	case encoding.TextUnmarshaler:
		switch {
		case n.Kind == yaml.Scalar && !n.IsNull():
			if b.fits(r, n, key) {
				b.text(into, n, key)
			}
			return
		case v.Kind() != reflect.Struct || len(keysOf(v.Type())) == 0:
			b.wrong(n, key, "one value", "")
			return
		}
	}
	b.kind(v, n, key, r)
}

// kind decodes a node by the kind of v.
func (b *block) kind(v reflect.Value, n *yaml.Node, key string, r *rule) {
	switch v.Kind() {
	case reflect.String:
		if b.wantScalar(n, key, "text") {
			v.SetString(n.Value)
			b.fits(r, n, key)
		}
	case reflect.Bool:
		b.bool(v, n, key)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.integer(v, n, key, r)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		b.unsigned(v, n, key, r)
	case reflect.Float32, reflect.Float64:
		b.float(v, n, key, r)
	case reflect.Pointer:
		into := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			into.Elem().Set(v.Elem())
		}
		b.value(into.Elem(), n, key, r)
		v.Set(into)
	case reflect.Slice:
		b.list(v, n, key, r)
	case reflect.Map:
		b.mapping(v, n, key, r)
	case reflect.Struct:
		b.structure(v, n, key)
	default:
		panic(fmt.Sprintf("config: %s: a field of type %s cannot be decoded", key, v.Type()))
	}
}

func (b *block) bool(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind == yaml.Scalar && n.Tag == yaml.Bool {
		v.SetBool(strings.EqualFold(n.Value, "true"))
		return
	}
	remedy := ""
	switch strings.ToLower(n.Value) {
	case "yes", "on", "y", "true":
		remedy = "write true, without quotes"
	case "no", "off", "n", "false":
		remedy = "write false, without quotes"
	}
	b.wrong(n, key, "true or false", remedy)
}

// largest is the largest whole number that every reader of JSON takes as it is
// (https://www.rfc-editor.org/rfc/rfc8259#section-6).
const largest = 1<<53 - 1

func (b *block) integer(v reflect.Value, n *yaml.Node, key string, r *rule) {
	if !b.wantTag(n, key, "a whole number", yaml.Int) {
		return
	}
	i, err := strconv.ParseInt(digits(n.Value))
	if err != nil || v.OverflowInt(i) || i > largest || i < -largest {
		b.note(BadValue, n, fmt.Sprintf("%s: %s is too large a number", key, n.Value), "")
		return
	}
	v.SetInt(i)
	b.within(r, review.Int(i), n, key)
}

func (b *block) unsigned(v reflect.Value, n *yaml.Node, key string, r *rule) {
	if !b.wantTag(n, key, "a whole number", yaml.Int) {
		return
	}
	i, err := strconv.ParseInt(digits(n.Value))
	if err != nil || i < 0 || i > largest || v.OverflowUint(uint64(i)) {
		b.note(BadValue, n, fmt.Sprintf("%s: %s is below 0, or too large a number", key, n.Value), "")
		return
	}
	v.SetUint(uint64(i))
	b.within(r, review.Int(i), n, key)
}

// digits are the arguments of strconv.ParseInt for an integer of YAML.
func digits(value string) (text string, base, bits int) {
	switch {
	case strings.HasPrefix(value, "0x"):
		return value[2:], 16, 64
	case strings.HasPrefix(value, "0o"):
		return value[2:], 8, 64
	}
	return value, 10, 64
}

func (b *block) float(v reflect.Value, n *yaml.Node, key string, r *rule) {
	if !b.wantTag(n, key, "a number", yaml.Int, yaml.Float) {
		return
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || v.OverflowFloat(f) {
		b.note(BadValue, n, fmt.Sprintf("%s: %s is no number to reckon with", key, n.Value), "")
		return
	}
	v.SetFloat(f)
	if !r.min.IsZero() && f < r.min.Float() || !r.max.IsZero() && f > r.max.Float() {
		b.note(BadValue, n, fmt.Sprintf("%s: want %s, found %s", key, bounds("a number", r.min.String(), r.max.String()), n.Value), "")
	}
}

func (b *block) duration(into *time.Duration, n *yaml.Node, key string, r *rule) {
	f := b.d.forms["duration"]
	if n.Kind == yaml.Scalar && (n.Tag == yaml.Int || n.Tag == yaml.Float) {
		b.wrong(n, key, f.is, "give it a unit: "+n.Value+"s is seconds, "+n.Value+"m minutes")
		return
	}
	if !b.wantText(n, key, f.is) {
		return
	}
	d, err := time.ParseDuration(n.Value)
	switch {
	case err == nil && d < 0:
		b.note(BadValue, n, key+": a duration cannot be below 0", "")
	case err != nil || !f.pattern.MatchString(n.Value):
		b.note(BadValue, n, fmt.Sprintf("%s: %s is not %s", key, describe(n), f.is), "")
	case d < r.shortest || r.longest > 0 && d > r.longest:
		b.note(BadValue, n, fmt.Sprintf("%s: want %s, found %s", key, r.durations(), n.Value), "")
	default:
		*into = d
	}
}

func (b *block) time(into *time.Time, n *yaml.Node, key string) {
	if !b.fits(&rule{form: b.d.forms["time"]}, n, key) {
		return
	}
	t, err := review.ParseTime(n.Value)
	if err != nil {
		b.note(BadValue, n, key+": "+err.Error(), "")
		return
	}
	*into = t
}

func (b *block) text(into encoding.TextUnmarshaler, n *yaml.Node, key string) bool {
	err := into.UnmarshalText([]byte(n.Value))
	if err != nil {
		b.note(BadValue, n, key+": "+err.Error(), "")
	}
	return err == nil
}

// list decodes a sequence. One scalar stands for a list of one.
func (b *block) list(v reflect.Value, n *yaml.Node, key string, r *rule) {
	items := n.Items
	switch {
	case n.Kind == yaml.Sequence:
	case n.Kind == yaml.Scalar && !n.IsNull() && scalarType(v.Type().Elem()):
		items = []*yaml.Node{n}
	default:
		b.wrong(n, key, "a list", "")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		b.value(list.Index(i), item, join(key, strconv.Itoa(i)), r)
		if path, ok := b.paths[join(key, strconv.Itoa(i))]; ok && item == n {
			b.paths[key] = path // one scalar for a list goes by the list's key too
		}
	}
	b.items(r, list, items, n, key)
	v.Set(list)
}

// scalarType reports whether values of a type are written as scalars.
func scalarType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return false
	case reflect.Struct:
		return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
			t == reflect.TypeFor[pipeline.Secret]()
	}
	return true
}

func (b *block) mapping(v reflect.Value, n *yaml.Node, key string, r *rule) {
	if v.Type().Key().Kind() != reflect.String {
		panic(fmt.Sprintf("config: %s: a map must have text for keys, not %s", key, v.Type().Key()))
	}
	if !b.want(n, key, yaml.Mapping, "keys and values") {
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.Pairs))
	for _, p := range n.Pairs {
		elem := reflect.New(v.Type().Elem()).Elem()
		b.value(elem, p.Value, join(key, p.Key.Value), r)
		m.SetMapIndex(reflect.ValueOf(p.Key.Value).Convert(v.Type().Key()), elem)
	}
	v.Set(m)
}

func (b *block) structure(v reflect.Value, n *yaml.Node, key string) {
	keys := keysOf(v.Type())
	want := "keys and values"
	if len(keys) > 0 {
		want += " (" + strings.Join(keys, ", ") + ")"
	}
	if !b.want(n, key, yaml.Mapping, want) {
		return
	}
	b.fill(v, n, key)
	b.unknown(n, keys)
	formed, ok := v.Addr().Interface().(pipeline.Formed)
	if ok && formed.Form().OneKey && len(n.Pairs) != 1 && !b.d.report.faultyWithin(n) {
		b.note(BadValue, n, key+": want one of "+strings.Join(keys, " and "), "")
	}
}

// unknown notes the keys of a mapping that are not among those valid.
func (b *block) unknown(n *yaml.Node, valid []string) {
	for _, p := range n.Pairs {
		if slices.Contains(valid, p.Key.Value) {
			continue
		}
		if secretName.MatchString(p.Key.Value) || secretName.MatchString(nearest(p.Key.Value, valid)) {
			b.d.report.hide(p.Value)
		}
		b.note(UnknownKey, p.Key, fmt.Sprintf("unknown key %q", p.Key.Value), suggest(p.Key.Value, valid, "keys"))
	}
}

// want reports whether a node has a kind, and notes it where it has not.
func (b *block) want(n *yaml.Node, key string, kind yaml.Kind, what string) bool {
	if n.Kind == kind {
		return true
	}
	b.wrong(n, key, what, "")
	return false
}

func (b *block) wantScalar(n *yaml.Node, key, what string) bool {
	if n.Kind == yaml.Scalar && !n.IsNull() {
		return true
	}
	b.wrong(n, key, what, "")
	return false
}

func (b *block) wantTag(n *yaml.Node, key, what string, tags ...string) bool {
	if n.Kind == yaml.Scalar && slices.Contains(tags, n.Tag) {
		return true
	}
	remedy := ""
	if n.Kind == yaml.Scalar && n.Tag == yaml.Str && slices.Contains(tags, yaml.Plain(n.Value).Tag) {
		remedy = "take the quotes off"
	}
	b.wrong(n, key, what, remedy)
	return false
}

func (b *block) wrong(n *yaml.Node, key, want, remedy string) {
	if n.IsNull() && remedy == "" {
		remedy = "give it a value, or take the key out"
	}
	b.note(WrongType, n, fmt.Sprintf("%s: want %s, found %s", key, want, describe(n)), remedy)
}

// describe says what a node is, for an error text.
func describe(n *yaml.Node) string {
	if n.Kind != yaml.Scalar || n.IsNull() {
		return n.String()
	}
	value := n.Value
	if runes := []rune(value); len(runes) > 40 {
		value = string(runes[:40]) + "…"
	}
	if n.Tag == yaml.Str || n.Tag == yaml.Timestamp {
		return fmt.Sprintf("the text %q", value)
	}
	return value
}

// join appends a key to a dotted one.
func join(key, sub string) string {
	if key == "" {
		return sub
	}
	return key + "." + sub
}
