package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// Event is the schema of the event review/1, made of [review.Event] and its tags. A
// field that is not known is absent, so nothing may be empty that may be left out.
// Fields that it does not know are let through: readers ignore them, too.
func Event() *Schema {
	s := object(reflect.TypeFor[review.Event]())
	s.Properties.Get("schema").Const = review.Schema
	s.Dialect, s.Title = Dialect, "A Filmwire event, "+review.Schema
	s.Description = "What happened to a review, and the whole review as it stood afterwards. A field that is not known is absent."
	return s
}

// object is the schema of a struct with json tags.
func object(t reflect.Type) *Schema {
	s := &Schema{Type: Types{"object"}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			inner := object(f.Type)
			s.Properties = append(s.Properties, inner.Properties...)
			s.Required = append(s.Required, inner.Required...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		field := value(f.Type, f.Tag)
		field.Description = f.Tag.Get("doc")
		if options == "" {
			s.Required = append(s.Required, name)
		} else {
			notEmpty(field)
		}
		s.Properties = append(s.Properties, Property{name, field})
	}
	return s
}

// notEmpty refuses what would have been left out.
func notEmpty(s *Schema) {
	if len(s.Type) != 1 || s.Enum != nil {
		return
	}
	switch s.Type[0] {
	case "string":
		s.MinLength = 1
	case "array":
		s.MinItems = max(s.MinItems, 1)
	case "object":
		s.MinProperties = 1
	case "boolean":
		s.Const = true
	case "integer":
		s.Not = &Schema{Const: 0}
	}
}

// moment is a time as events have it: RFC 3339, in UTC or with an offset.
const moment = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`

// value is the schema of what a field holds.
func value(t reflect.Type, tag reflect.StructTag) *Schema {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &Schema{Type: Types{"string"}, Format: "date-time", Pattern: moment}
	case reflect.TypeFor[review.Date]():
		return &Schema{Type: Types{"string"}, Format: "date", Pattern: `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`}
	case reflect.TypeFor[review.ID]():
		return &Schema{Type: Types{"string"}, Pattern: `^[0-9a-f]{32}$`}
	case reflect.TypeFor[review.Decimal]():
		return bounded(&Schema{Type: Types{"number"}}, tag)
	case reflect.TypeFor[review.Span]():
		return &Schema{Type: Types{"array"}, Items: &Schema{Type: Types{"integer"}, Minimum: "0"}, MinItems: 2, MaxItems: 2}
	}
	switch t.Kind() {
	case reflect.String:
		s := &Schema{Type: Types{"string"}, Pattern: tag.Get("pattern")}
		if choice, ok := reflect.Zero(t).Interface().(interface{ Choices() []string }); ok {
			for _, word := range choice.Choices() {
				s.Enum = append(s.Enum, word)
			}
		}
		return s
	case reflect.Bool:
		return &Schema{Type: Types{"boolean"}}
	case reflect.Int, reflect.Int64:
		return bounded(&Schema{Type: Types{"integer"}}, tag)
	case reflect.Slice:
		return &Schema{Type: Types{"array"}, Items: value(t.Elem(), tag)}
	case reflect.Struct:
		return object(t)
	}
	panic(fmt.Sprintf("schema: a field of type %s in an event", t))
}

func bounded(s *Schema, tag reflect.StructTag) *Schema {
	s.Minimum, s.Maximum = json.Number(tag.Get("min")), json.Number(tag.Get("max"))
	return s
}
