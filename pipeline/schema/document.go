// Package schema is JSON Schema, draft 2020-12, as far as Filmwire writes it: what
// a schema is made of, and the schema of events. What a config may say is
// described by package config, in the terms of this one.
//
// It keeps to keywords that editors know which are behind the draft: no
// unevaluatedProperties, no $dynamicRef, and no $ref with anything beside it.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Dialect is the draft's name for itself.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema is a schema, or a part of one. The fields are the keywords of the draft,
// in the order in which people read them.
type Schema struct {
	Dialect     string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Ref         string `json:"$ref,omitempty"`

	Type  Types `json:"type,omitempty"`
	Const any   `json:"const,omitempty"`
	Enum  []any `json:"enum,omitempty"`
	// EnumDescriptions is no keyword of the draft; editors show it beside Enum.
	EnumDescriptions []string    `json:"enumDescriptions,omitempty"`
	Pattern          string      `json:"pattern,omitempty"`
	Format           string      `json:"format,omitempty"` // said only; the pattern decides
	MinLength        int         `json:"minLength,omitempty"`
	Minimum          json.Number `json:"minimum,omitempty"`
	Maximum          json.Number `json:"maximum,omitempty"`

	Items       *Schema `json:"items,omitempty"`
	MinItems    int     `json:"minItems,omitempty"`
	MaxItems    int     `json:"maxItems,omitempty"`
	UniqueItems bool    `json:"uniqueItems,omitempty"`

	Properties    Properties `json:"properties,omitempty"`
	Required      []string   `json:"required,omitempty"`
	Others        *Others    `json:"additionalProperties,omitempty"`
	MinProperties int        `json:"minProperties,omitempty"`
	MaxProperties int        `json:"maxProperties,omitempty"`

	AnyOf []*Schema `json:"anyOf,omitempty"`
	AllOf []*Schema `json:"allOf,omitempty"`
	Not   *Schema   `json:"not,omitempty"`
	If    *Schema   `json:"if,omitempty"`
	Then  *Schema   `json:"then,omitempty"`

	Default any        `json:"default,omitempty"`
	Defs    Properties `json:"$defs,omitempty"`
}

// Types are the types a value may have: one name, or several.
type Types []string

// MarshalJSON writes one name as text.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Property is a named part of a schema.
type Property struct {
	Name string
	*Schema
}

// Properties are named parts, in an order of their own.
type Properties []Property

// Get is the part of a name, nil where there is none.
func (p Properties) Get(name string) *Schema {
	for _, one := range p {
		if one.Name == name {
			return one.Schema
		}
	}
	return nil
}

// MarshalJSON writes an object whose keys are in their order.
func (p Properties) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, one := range p {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(one.Name)
		if err != nil {
			return nil, fmt.Errorf("schema: name %q: %w", one.Name, err)
		}
		value, err := marshal(one.Schema)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// Others say what may stand in an object besides its properties: nothing where the
// Schema is nil.
type Others struct{ *Schema }

// MarshalJSON writes false for nothing.
func (o Others) MarshalJSON() ([]byte, error) {
	if o.Schema == nil {
		return []byte("false"), nil
	}
	return marshal(o.Schema)
}

func marshal(s *Schema) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return b.Bytes(), nil
}

// JSON is the schema as a document that people may read, with a line end behind it.
func (s *Schema) JSON() ([]byte, error) {
	plain, err := marshal(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, plain, "", "  "); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return append(bytes.TrimSpace(b.Bytes()), '\n'), nil
}
