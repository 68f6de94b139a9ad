package review_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/schema"
)

// eventSchema is the schema of events, ready to be asked.
func eventSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Event().JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("event.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("event.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every field of the event says in the schema what it is.
func TestSchemaDescribesEveryField(t *testing.T) {
	var walk func(at string, s *schema.Schema)
	walk = func(at string, s *schema.Schema) {
		if s.Items != nil {
			walk(at+"[]", s.Items)
		}
		for _, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no doc tag", at, p.Name)
			}
			walk(at+"."+p.Name, p.Schema)
		}
	}
	walk("event", schema.Event())
}

// Whatever event can be written fits the schema, and damage to it does not.
func TestEventsFitTheirSchema(t *testing.T) {
	s := eventSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		e := events().Draw(t, "event")
		text := e.AppendJSON(nil)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		event := doc.(map[string]any)
		event["unknown_field"] = "of a newer version"
		if err := s.Validate(event); err != nil {
			t.Fatalf("a field of a newer version: %v", err)
		}
		damage := rapid.SampledFrom([]func(map[string]any){
			func(m map[string]any) { m["schema"] = "review/2" },
			func(m map[string]any) { m["kind"] = "deleted" },
			func(m map[string]any) { delete(m, "review_id") },
			func(m map[string]any) { m["review_id"] = "abc" },
			func(m map[string]any) { m["revision"] = json.Number("0") },
			func(m map[string]any) { m["revision"] = "1" },
			func(m map[string]any) { m["first_seen_at"] = "yesterday" },
			func(m map[string]any) { m["published_at"] = nil },
			func(m map[string]any) { m["title"] = "" },
			func(m map[string]any) { m["spoiler"] = false },
			func(m map[string]any) { m["tags"] = []any{} },
			func(m map[string]any) { m["tags"] = "one" },
			func(m map[string]any) { m["rating"] = map[string]any{"kind": "starred"} },
			func(m map[string]any) { m["rating"] = map[string]any{"kind": "scored", "norm": json.Number("100.1")} },
			func(m map[string]any) {
				m["rating"] = map[string]any{"kind": "scored", "span": []any{json.Number("1")}}
			},
			func(m map[string]any) { m["film"] = map[string]any{"year": json.Number("0")} },
			func(m map[string]any) { m["credits"] = []any{map[string]any{"names": []any{"x"}}} },
			func(m map[string]any) { m["watched_on"] = "2026-13-01" },
			func(m map[string]any) { m["source"] = "blog" },
		}).Draw(t, "damage")
		damage(event)
		if s.Validate(event) == nil {
			t.Fatalf("damage is not seen: %v", event)
		}
	})
}
