package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/schema"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// Schema is the JSON Schema of a config that names the plug-ins of a catalogue. It
// takes what [Parse] takes, but for what a schema cannot know: see
// docs/decisions/0023-one-place-says-what-an-option-is.md.
func Schema(c Catalogue) *schema.Schema {
	d := newDescription(c)
	s := object(d.file)
	s.Dialect, s.Title = schema.Dialect, "The config file of Filmwire"
	s.Defs = schema.Properties{
		{Name: "source", Schema: object(d.everySource)},
		{Name: "sink", Schema: object(d.everySink)},
		{Name: "resolver", Schema: object(d.everyResolver)},
	}
	for _, list := range []struct {
		at       *schema.Schema
		def      string
		every    []option
		sections []section
	}{
		{s.Properties.Get("sources"), "source", d.everySource, d.sources},
		{s.Properties.Get("sinks"), "sink", d.everySink, d.sinks},
		{s.Properties.Get("films").Properties.Get("resolver"), "resolver", d.everyResolver, d.resolvers},
	} {
		described := list.at.Description
		*list.at = *entry(list.def, list.every, list.sections)
		if list.def != "resolver" { // of which there is one
			*list.at = schema.Schema{Type: schema.Types{"array"}, Items: entry(list.def, list.every, list.sections)}
		}
		list.at.Description = described
		for _, one := range list.sections {
			var without []string
			if one.view {
				without = d.deliveries
			}
			s.Defs = append(s.Defs, schema.Property{Name: list.def + "-" + one.name, Schema: one.schema(list.def, list.every, without)})
		}
	}
	return s
}

// entry is the schema of an item of sources or sinks, or of the resolver: its type
// says which keys it takes.
func entry(def string, every []option, sections []section) *schema.Schema {
	kind := &schema.Schema{Type: schema.Types{"string"}, Description: "What kind of " + def + " it is."}
	s := &schema.Schema{Type: schema.Types{"object"}}
	for i := range every {
		switch o := &every[i]; {
		case o.key == "type":
			s.Properties = append(s.Properties, schema.Property{Name: o.key, Schema: kind})
		case o.required:
			s.Properties = append(s.Properties, schema.Property{Name: o.key, Schema: common(def, o.key)})
		default:
			continue
		}
		s.Required = append(s.Required, every[i].key)
	}
	for _, one := range sections {
		kind.Enum = append(kind.Enum, one.name)
		kind.EnumDescriptions = append(kind.EnumDescriptions, one.summary)
		s.AllOf = append(s.AllOf, &schema.Schema{
			If: &schema.Schema{
				Properties: schema.Properties{{Name: "type", Schema: &schema.Schema{Const: one.name}}},
				Required:   []string{"type"},
			},
			Then: &schema.Schema{Ref: "#/$defs/" + def + "-" + one.name},
		})
	}
	return s
}

// common is the schema of a key that every source, sink or resolver has.
func common(def, key string) *schema.Schema {
	return &schema.Schema{Ref: "#/$defs/" + def + "/properties/" + key}
}

// schema is that of an entry of one type: the keys of all, but for some, and its
// own.
func (s *section) schema(def string, every []option, without []string) *schema.Schema {
	out := object(s.own)
	own := out.Properties
	out.Description, out.Properties = s.summary, nil
	for _, o := range every {
		if slices.Contains(without, o.key) || own.Get(o.key) != nil {
			continue
		}
		if o.required {
			out.Required = append(out.Required, o.key)
		}
		key := common(def, o.key)
		if o.key == "type" {
			key = &schema.Schema{Const: s.name, Description: s.summary}
		}
		out.Properties = append(out.Properties, schema.Property{Name: o.key, Schema: key})
	}
	out.Properties = append(out.Properties, own...)
	return out
}

// object is the schema of keys and values, and of no others.
func object(options []option) *schema.Schema {
	s := &schema.Schema{Type: schema.Types{"object"}, Others: &schema.Others{}}
	for i := range options {
		o := &options[i]
		p := o.schema()
		p.Description, p.Default = o.rule.doc, plainDefault(o.value)
		if o.rule.fallback != "" {
			p.Description += " Default: " + o.rule.fallback + "."
		}
		s.Properties = append(s.Properties, schema.Property{Name: o.key, Schema: p})
		if o.required {
			s.Required = append(s.Required, o.key)
			filled(p)
		}
	}
	return s
}

// filled refuses empty text, in whatever way text may be given.
func filled(s *schema.Schema) {
	for _, t := range s.Type {
		if t == "string" && s.Enum == nil {
			s.MinLength = max(s.MinLength, 1)
		}
	}
	for _, one := range s.AnyOf {
		filled(one)
	}
}

func (o *option) schema() *schema.Schema { return describer{rule: &o.rule, value: o.value}.of(o.typ) }

// describer makes the schema of one field's values. It goes the way of
// block.value, which decodes them.
type describer struct {
	rule  *rule
	value reflect.Value // the default; not valid within lists and maps
}

// scalars are what text can be without quotes.
func scalars() schema.Types { return schema.Types{"string", "number", "boolean"} }

func (d describer) of(t reflect.Type) *schema.Schema {
	known := forms()
	pattern := func(name string) *schema.Schema {
		return &schema.Schema{Type: schema.Types{"string"}, Pattern: known[name].pattern.String()}
	}
	switch t {
	case reflect.TypeFor[*yaml.Node]():
		return &schema.Schema{} // anything
	case reflect.TypeFor[pipeline.Secret]():
		return secretSchema()
	case reflect.TypeFor[pipeline.Path]():
		return &schema.Schema{Type: scalars(), MinLength: 1}
	case reflect.TypeFor[time.Duration]():
		return pattern("duration")
	case reflect.TypeFor[time.Time]():
		return pattern("time")
	case reflect.TypeFor[review.Date]():
		return pattern("date")
	case reflect.TypeFor[review.Decimal]():
		return d.number("number", "", "")
	}
	if inText(t) {
		text := d.text()
		if byKeys(t) {
			return &schema.Schema{AnyOf: []*schema.Schema{text, d.structure(t)}}
		}
		return text
	}
	return d.kind(t)
}

func (d describer) kind(t reflect.Type) *schema.Schema {
	switch t.Kind() {
	case reflect.String:
		return d.text()
	case reflect.Bool:
		return &schema.Schema{Type: schema.Types{"boolean"}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		least, most := wholes(t)
		return d.number("integer", least, most)
	case reflect.Float32, reflect.Float64:
		return d.number("number", "", "")
	case reflect.Pointer:
		inner := d
		inner.value = reflect.Value{}
		if d.value.IsValid() && !d.value.IsNil() {
			inner.value = d.value.Elem()
		}
		return inner.of(t.Elem())
	case reflect.Slice:
		return d.list(t)
	case reflect.Map:
		return &schema.Schema{Type: schema.Types{"object"}, Others: &schema.Others{Schema: describer{rule: d.rule}.of(t.Elem())}}
	case reflect.Struct:
		return d.structure(t)
	}
	panic(fmt.Sprintf("config: a field of type %s cannot be described", t))
}

// text is the schema of text: of some words, of a form, or any.
func (d describer) text() *schema.Schema {
	s := &schema.Schema{Type: scalars()}
	if d.rule.exact() {
		s.Type = schema.Types{"string"}
	}
	for _, word := range d.rule.words {
		s.Enum = append(s.Enum, word)
	}
	if d.rule.form != nil && d.rule.words == nil {
		s.Pattern = d.rule.form.pattern.String()
	}
	return s
}

// number is the schema of numbers between two bounds, where the rule has none.
func (d describer) number(kind string, least, most json.Number) *schema.Schema {
	s := &schema.Schema{Type: schema.Types{kind}, Minimum: least, Maximum: most}
	if !d.rule.min.IsZero() {
		s.Minimum = json.Number(d.rule.min.String())
	}
	if !d.rule.max.IsZero() {
		s.Maximum = json.Number(d.rule.max.String())
	}
	for _, word := range d.rule.words {
		s.Enum = append(s.Enum, json.Number(word))
	}
	if s.Enum != nil {
		s.Minimum, s.Maximum = "", ""
	}
	return s
}

// list is the schema of a list, or of what stands for a list of one.
func (d describer) list(t reflect.Type) *schema.Schema {
	item := describer{rule: d.rule}.of(t.Elem())
	list := &schema.Schema{
		Type: schema.Types{"array"}, Items: item, MinItems: d.rule.least, MaxItems: d.rule.most, UniqueItems: d.rule.unique,
	}
	if !scalarType(t.Elem()) || d.rule.least > 1 {
		return list
	}
	one := *item
	if len(item.AnyOf) > 0 { // by keys, too, which stands for no list
		one = *item.AnyOf[0]
	}
	return &schema.Schema{AnyOf: []*schema.Schema{list, &one}}
}

// structure is the schema of a struct's keys.
func (d describer) structure(t reflect.Type) *schema.Schema {
	v := d.value
	if !v.IsValid() {
		v = reflect.Zero(t)
	}
	s := object(newDecoder(newReport("", nil), "", Catalogue{}).options(v))
	if oneKey(t) {
		s.MinProperties, s.MaxProperties = 1, 1
	}
	return s
}

// secretSchema is that of text, {env: NAME} or {file: path}.
func secretSchema() *schema.Schema {
	return &schema.Schema{AnyOf: []*schema.Schema{
		{Type: scalars()},
		{
			Type: schema.Types{"object"}, Others: &schema.Others{}, MinProperties: 1, MaxProperties: 1,
			Properties: schema.Properties{
				{Name: "env", Schema: &schema.Schema{Type: schema.Types{"string"}, Pattern: variableName.String(), Description: "The environment variable that holds the secret."}},
				{Name: "file", Schema: &schema.Schema{Type: scalars(), MinLength: 1, Description: "The file that holds the secret, and nothing else."}},
			},
		},
	}}
}

// wholes are the bounds of whole numbers of a kind.
func wholes(t reflect.Type) (least, most json.Number) {
	lowest, highest := int64(-largest), int64(largest)
	bits := min(t.Bits(), 54)
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		lowest, highest = max(lowest, -1<<(bits-1)), min(highest, 1<<(bits-1)-1)
	default:
		lowest, highest = 0, min(highest, 1<<bits-1)
	}
	return json.Number(strconv.FormatInt(lowest, 10)), json.Number(strconv.FormatInt(highest, 10))
}
