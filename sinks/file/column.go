package file

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// column is a field of an event, found by its dotted name in the event's JSON form.
type column struct {
	name string
	path []int // of fields, list items passed through on the way
}

// fieldOf finds a field, and says what there is where there is none of that name.
func fieldOf(name string) (column, error) {
	c := column{name: name}
	at := reflect.TypeFor[review.Event]()
	done := ""
	for word := range strings.SplitSeq(name, ".") {
		for at.Kind() == reflect.Slice {
			at = at.Elem()
		}
		if isText(at) || at.Kind() != reflect.Struct {
			return c, fmt.Errorf("%s is a plain value and has no %q", done, word)
		}
		index, inner, ok := within(at, word)
		if !ok {
			what := "an event"
			if done != "" {
				what = done
			}
			return c, fmt.Errorf("%s has no field %q; it has %s", what, word, strings.Join(names(at), ", "))
		}
		c.path = append(c.path, index...)
		at, done = inner, strings.TrimPrefix(done+"."+word, ".")
	}
	for at.Kind() == reflect.Slice {
		at = at.Elem()
	}
	if at.Kind() == reflect.Struct && !isText(at) {
		return c, fmt.Errorf("%s holds several fields; name one, as %s.%s", name, name, names(at)[0])
	}
	return c, nil
}

// within finds a field of a struct by the name it has in JSON. The fields of an
// embedded struct are those of the one it is in.
func within(t reflect.Type, name string) (index []int, of reflect.Type, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if deeper, of, ok := within(f.Type, name); ok {
				return append([]int{i}, deeper...), of, true
			}
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name && tag != "" {
			return []int{i}, f.Type, true
		}
	}
	return nil, nil, false
}

// names are the fields of a struct as they are called in JSON.
func names(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			all = append(all, names(f.Type)...)
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" {
			all = append(all, tag)
		}
	}
	return all
}

// isText says whether a value is written as one text although it is a struct: a
// time, a date, a number.
func isText(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// between parts several values of one field.
const between = "; "

// of is the field's value in an event, "" where it is not known.
func (c *column) of(e *review.Event) string {
	var values []string
	collect(reflect.ValueOf(e).Elem(), c.path, &values)
	return strings.Join(values, between)
}

func collect(v reflect.Value, path []int, values *[]string) {
	switch {
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), path, values)
		}
	case len(path) > 0:
		collect(v.Field(path[0]), path[1:], values)
	default:
		if text := plain(v); text != "" {
			*values = append(*values, text)
		}
	}
}

// plain is a value as the event's JSON has it, without quotes. What is not known is
// nothing, never zero.
func plain(v reflect.Value) string {
	switch at := v.Interface().(type) {
	case time.Time:
		if at.IsZero() {
			return ""
		}
		return at.Format(time.RFC3339Nano)
	case interface{ IsZero() bool }:
		if at.IsZero() {
			return ""
		}
		return unquoted(at)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		if v.Bool() {
			return "true"
		}
	case reflect.Int, reflect.Int64:
		if n := v.Int(); n != 0 {
			return strconv.FormatInt(n, 10)
		}
	}
	return ""
}

// unquoted is the JSON form of a value that has one of its own.
func unquoted(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	var s string
	if json.Unmarshal(text, &s) == nil {
		return s
	}
	return string(text)
}

// harmless is a text that no spreadsheet takes for a formula.
func harmless(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}
