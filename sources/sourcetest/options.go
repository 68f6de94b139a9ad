package sourcetest

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
)

// Options decodes a map the way the config decodes YAML, as far as the tests of
// sources need it: text, numbers, booleans, durations and lists. A single value
// stands for a list of one.
type Options struct {
	values map[string]any
	faults []string
}

var _ pipeline.Options = (*Options)(nil)

// NewOptions makes options of values by key.
func NewOptions(values map[string]any) *Options { return &Options{values: values} }

// Fault notes a fault.
func (o *Options) Fault(key, text string) { o.faults = append(o.faults, key+": "+text) }

// Faults lists the faults that were noted, each with its key.
func (o *Options) Faults() []string { return o.faults }

// Decode fills a struct by its config tags.
func (o *Options) Decode(into any) {
	v := reflect.ValueOf(into).Elem()
	known := map[string]bool{}
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("config")
		if !ok {
			continue
		}
		key, rest, _ := strings.Cut(tag, ",")
		known[key] = true
		value, given := o.values[key]
		if !given {
			if rest == "required" {
				o.Fault(key, "is missing")
			}
			continue
		}
		if err := set(v.Field(i), value); err != nil {
			o.Fault(key, err.Error())
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.values)) {
		if !known[key] {
			o.Fault(key, "is no option")
		}
	}
}

func set(v reflect.Value, value any) error {
	text, isText := value.(string)
	switch into := v.Addr().Interface().(type) {
	case *time.Duration:
		if isText {
			d, err := time.ParseDuration(text)
			*into = d
			return err
		}
	case encoding.TextUnmarshaler:
		if isText {
			return into.UnmarshalText([]byte(text))
		}
	}
	given := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.Slice && given.Kind() != reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return set(v.Index(0), value)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), given.Len(), given.Len()))
		for i := range given.Len() {
			if err := set(v.Index(i), given.Index(i).Interface()); err != nil {
				return err
			}
		}
		return nil
	case given.Kind() == v.Kind() && given.CanConvert(v.Type()):
		v.Set(given.Convert(v.Type()))
		return nil
	}
	return fmt.Errorf("a %s does not fit a %s", given.Type(), v.Type())
}
