package config

import (
	"encoding"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// option is one key that a struct takes, with all that is said of it. The schema
// and the reference are made of options.
type option struct {
	key      string
	required bool
	rule     rule
	typ      reflect.Type
	value    reflect.Value // what holds where the file says nothing
}

// options lists the keys a struct takes; what the struct holds are the defaults.
func (d *decoder) options(v reflect.Value) []option {
	var all []option
	for _, f := range fieldsOf(v.Type()) {
		if f.inline {
			all = append(all, d.options(v.Field(f.index))...)
			continue
		}
		field := v.Type().Field(f.index)
		all = append(all, option{f.key, f.required, d.ruleOf(field), field.Type, v.Field(f.index)})
	}
	return all
}

// recording are options that decode nothing: they remember the structs that a
// plug-in wants filled, with the defaults it has set.
type recording struct{ structs []reflect.Value }

var _ pipeline.Options = (*recording)(nil)

// Decode remembers the struct as it is.
func (r *recording) Decode(into any) {
	v := reflect.ValueOf(into).Elem()
	kept := reflect.New(v.Type()).Elem()
	kept.Set(v)
	r.structs = append(r.structs, kept)
}

// Fault forgets what is wrong with options that nobody gave.
func (r *recording) Fault(string, string) {}

// section is what a kind of source, sink or resolver takes.
type section struct {
	name, summary string
	single, view  bool
	own           []option
}

// description is everything a config may say.
type description struct {
	file           []option // sources and sinks are here as lists of anything
	everySource    []option
	everySink      []option
	deliveries     []string // the keys of everySink that views do not take
	everyResolver  []option
	sources, sinks []section
	resolvers      []section
	forms          map[string]*form
}

// newDescription asks every plug-in of a catalogue for its options, and opens none.
func newDescription(c Catalogue) *description {
	d := newDecoder(newReport("", nil), "", c)
	s := &description{
		file:        d.options(reflect.ValueOf(*newFileKeys(d))),
		everySource: d.options(reflect.ValueOf(sourceDefaults(""))),
		everySink:   d.options(reflect.ValueOf(sinkDefaults())),
		deliveries:  keysOf(reflect.TypeFor[pipeline.Terms]()),
		forms:       d.forms,

		everyResolver: d.options(reflect.ValueOf(everyResolver{})),
	}
	for _, t := range c.Sources {
		r := new(recording)
		t.Configure(r)
		s.sources = append(s.sources, section{name: t.Name, summary: t.Summary, own: d.recorded(r)})
	}
	for _, t := range c.Resolvers {
		r := new(recording)
		t.Configure(r)
		s.resolvers = append(s.resolvers, section{name: t.Name, summary: t.Summary, own: d.recorded(r)})
	}
	for _, t := range c.Sinks {
		r := new(recording)
		if t.View != nil {
			t.View(r)
		} else {
			t.Delivery(r)
		}
		s.sinks = append(s.sinks, section{name: t.Name, summary: t.Summary, single: t.Single, view: t.View != nil, own: d.recorded(r)})
	}
	s.sinks = append(s.sinks, section{
		name: presetType, summary: "Uses a sink that is written in a file of its own, with parameters.",
		own: d.options(reflect.ValueOf(presetUse{})),
	})
	return s
}

func (d *decoder) recorded(r *recording) []option {
	var all []option
	for _, v := range r.structs {
		all = append(all, d.options(v)...)
	}
	return all
}

// inText reports that values of a type are decoded from text by the type itself.
func inText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// byKeys reports that values of a type can be written as keys and values.
func byKeys(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[review.Decimal](), reflect.TypeFor[review.Date](), reflect.TypeFor[pipeline.Secret]():
		return false
	}
	return t.Kind() == reflect.Struct && len(fieldsOf(t)) > 0
}

// oneKey reports that of a type's keys exactly one is given.
func oneKey(t reflect.Type) bool {
	formed, ok := reflect.New(t).Interface().(pipeline.Formed)
	return ok && formed.Form().OneKey
}

// plainDefault is what a value is in JSON where it says something: a duration as
// text, a path as in a file. nil is nothing.
func plainDefault(v reflect.Value) any {
	if v.Kind() == reflect.Bool {
		return v.Bool()
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return plainDefault(v.Elem())
	}
	if v.IsZero() {
		return nil
	}
	switch value := v.Interface().(type) {
	case time.Duration:
		return brief(value)
	case pipeline.Path:
		return filepath.ToSlash(strings.TrimPrefix(string(value), "./"))
	case review.Decimal:
		return value
	}
	switch v.Kind() {
	case reflect.Slice:
		var items []any
		for i := range v.Len() {
			items = append(items, plainDefault(v.Index(i)))
		}
		return items
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return v.Interface()
	}
	return nil // its keys have theirs
}
