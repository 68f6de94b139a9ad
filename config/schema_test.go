package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/schedule"
	"github.com/filmwire/filmwire/pipeline/schema"
	"github.com/filmwire/filmwire/pipeline/yaml"
	"github.com/filmwire/filmwire/resolvers"
	"github.com/filmwire/filmwire/sinks"
	"github.com/filmwire/filmwire/sinks/presets"
	"github.com/filmwire/filmwire/sources"
)

// builtin is the catalogue that the program has.
func builtin() config.Catalogue {
	return config.Catalogue{Sources: sources.Builtin(), Sinks: sinks.Builtin(), Resolvers: resolvers.Builtin(), Presets: presets.Files(), CheckSchedule: func(spec string) error {
		_, err := schedule.Parse(spec, time.UTC)
		return err
	}}
}

// The documents that are made of the code are as the code has them. Whoever adds an
// option, a source or a sink runs `make docs`.
func TestDocsAreUpToDate(t *testing.T) {
	asJSON := func(s *schema.Schema) []byte {
		text, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, want := range map[string][]byte{
		"docs/schema/config.schema.json":   asJSON(config.Schema(builtin())),
		"docs/schema/review-1.schema.json": asJSON(schema.Event()),
		"docs/reference.md":                []byte(config.Reference(builtin())),
	} {
		path := filepath.Join("..", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code says (%v): run `make docs` (go test ./config -run TestDocsAreUpToDate -update) and commit what it writes\n%s",
				name, err, cmp.Diff(string(got), string(want)))
		}
	}
}

// Every key says what it is.
func TestEveryOptionHasItsDoc(t *testing.T) {
	var walk func(at string, s *schema.Schema)
	walk = func(at string, s *schema.Schema) {
		for _, p := range s.Properties {
			if p.Description == "" && p.Ref == "" {
				t.Errorf("%s.%s has no doc tag", at, p.Name)
			}
			walk(at+"."+p.Name, p.Schema)
		}
		for _, inner := range append(s.AnyOf, s.Items) {
			if inner != nil && len(s.AllOf) == 0 && len(inner.AllOf) == 0 {
				walk(at, inner)
			}
		}
		for _, p := range s.Defs {
			walk(p.Name, p.Schema)
		}
	}
	walk("config", config.Schema(builtin()))
}

// The patterns keep to what both RE2 and ECMAScript read, and read alike.
func TestPatternsAreForEveryone(t *testing.T) {
	text, err := config.Schema(builtin()).JSON()
	if err != nil {
		t.Fatal(err)
	}
	foreign := regexp.MustCompile(`\(\?|\\[AzZQECGhHRbBsSwWd]|\[\[:|\\x\{|\\[pP][A-Z]\b|\[[^\]]*&&`)
	found := 0
	for _, m := range regexp.MustCompile(`"pattern": ("(?:[^"\\]|\\.)*")`).FindAllSubmatch(text, -1) {
		var pattern string
		if err := json.Unmarshal(m[1], &pattern); err != nil {
			t.Fatal(err)
		}
		found++
		if bad := foreign.FindString(pattern); bad != "" {
			t.Errorf("%s: %q is not read alike", pattern, bad)
		}
	}
	if found < 10 {
		t.Errorf("%d patterns found: the test looks in the wrong place", found)
	}
}

// validator is a schema that can be asked.
func validator(t interface{ Fatal(...any) }, s *schema.Schema) *jsonschema.Schema {
	text, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// instance is what an editor makes of YAML: the values of JSON, without how they
// were written.
func instance(n *yaml.Node) any {
	switch {
	case n == nil || n.IsNull():
		return nil
	case n.Kind == yaml.Mapping:
		m := map[string]any{}
		for _, p := range n.Pairs {
			m[p.Key.Value] = instance(p.Value)
		}
		return m
	case n.Kind == yaml.Sequence:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, instance(item))
		}
		return list
	}
	switch n.Tag {
	case yaml.Bool:
		return strings.EqualFold(n.Value, "true")
	case yaml.Int:
		if i, err := strconv.ParseInt(strings.Replace(n.Value, "0o", "0", 1), 0, 64); err == nil && !decimalWithZeros(n.Value) {
			return json.Number(strconv.FormatInt(i, 10))
		}
		return json.Number(strings.TrimLeft(strings.TrimLeft(n.Value, "+"), "0") + strings.Repeat("0", strings.Count(n.Value, "0")/len(n.Value)))
	case yaml.Float:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			if text, err := json.Marshal(f); err == nil {
				return json.Number(text)
			}
		}
	}
	return n.Value
}

// decimalWithZeros reports that a number is not octal, whatever it begins with.
func decimalWithZeros(text string) bool {
	text = strings.TrimLeft(text, "+-")
	return len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}

// beyond is what the loader refuses and a schema cannot, each with the reason, and
// a config that shows it.
var beyond = []struct{ reason, fault, shows string }{
	{"a file is there or not, whatever the config looks like", `\(config\.missing_file\)`, "data: d\nsources: [{name: a, type: files, path: no/such/file}]"},
	{"and so is a folder, or what is in a file", `^(path|file)(\.\d+)?: |holds no secret`, ""},
	{"the environment is not in the config", `\(config\.unset_secret\)`, "nats: {url: 'nats://x', token: {env: NO_SUCH_VARIABLE}}"},
	{"a schema cannot compare one entry with another", `\(config\.duplicate_name\)`, "sinks: [{name: a, type: ratings}, {name: a, type: drafts}]"},
	{"nor count entries of a type", `type: there is a sink of type`, "sinks: [{name: a, type: ratings}, {name: b, type: ratings}]"},
	{"nor compare two numbers", `min_rating: is above max_rating`, "sinks: [{name: a, type: drafts, where: {min_rating: 9, max_rating: 1}}]"},
	{"nor two others", `rating\.(earlier\.\d+\.)?best: the scale ends at`, "sources: [{name: a, type: feed, url: 'http://x', rating: {best: 1, worst: 2}}]"},
	{"nor the days of two items of a list", `rating\.earlier\.\d+\.until: `, "sources: [{name: a, type: feed, url: 'http://x', rating: {best: 5, earlier: [{best: 4, until: 2015-01-01}, {best: 3, until: 2014-01-01}]}}]"},
	{"nor say of how many decimal places a number has, or which key of a map is none", `^conversion\.[^:]*: (.* has more than one decimal place|no rating is written so)`, "sources: [{name: a, type: feed, url: 'http://x', conversion: {A: 33.33}}]"},
	{"nor two durations", `retry\.max: is below`, "sinks: [{name: a, type: drafts, retry: {min: 2m, max: 1m}}]"},
	{"nor a duration with its bounds: it is text", `want a duration (from|of at)`, "sources: [{name: a, type: feed, url: 'http://x', timeout: 2h}]"},
	{"which keys of nats go together is easier read than written as a schema", `nats(\.\w+)?: (the log is|one embedded|the embedded server has|only the embedded|neither)`, "nats: {embedded: true, url: 'nats://x'}"},
	{"the days of months, and leap years", `time "|date "|backfill: time`, "sinks: [{name: a, type: drafts, backfill: {since: 2026-02-30}}]"},
	{"which time zones there are", `there is no time zone`, "timezone: Mars/Olympus"},
	{"ranges of cron that run backwards, days that no month has", `\(config\.bad_schedule\)`, "sources: [{name: a, type: feed, url: 'http://x', schedule: '30-10 * * * *'}]"},
	{"what is within [ ] of an address", `parse "|^hub: `, "sources: [{name: a, type: feed, url: 'http://[:::1]/'}]"},
	{"a template is a language of its own", `(template|title|description|body): (not a template|template: |says nothing|its own words)`, "sinks: [{name: a, type: feed, title: '{{.Nothing}}'}]"},
	{"a secret may lie elsewhere, and so may what it must look like", `^(secret|old_secrets(\.\d+)?|url|headers\.[^:]*|values\.[^:]*): `, "sinks: [{name: a, type: webhook, url: 'not an address'}]"},
	{"two options of a webhook that do not go together", `body: a templated body is about one event`, "sinks: [{name: a, type: webhook, url: 'https://x', mode: batch, body: x}]"},
	{"two options of a feed that do not go together", `tombstones: only Atom|dialect: Letterboxd's`, "sinks: [{name: a, type: feed, formats: rss, tombstones: true}]"},
	{"a program is there or not, and says which words it takes", `command(\.\d+)?: `, "sinks: [{name: a, type: exec, command: [./no-such]}]"},
	{"the names of variables are the keys of a map", `env\.[^:]*: `, "sinks: [{name: a, type: exec, command: [sh], env: {a b: c}}]"},
	{"a member or an export, or both: which is asked of two keys, and whose file is there", `^export: |wants member, export or both`, "sources: [{name: a, type: letterboxd}]"},
	{"a site or its export, or both, and what is asked of which", `wants url, export or both|^categories: categories and tagged choose`, "sources: [{name: a, type: wordpress}]"},
	{"a list in a file or at an address: which is asked of two keys; and one feed is compared with another", `wants path or url|^url: is one list and path another|^feeds\.\d+\.url: is there twice|^feeds\.\d+\.rating\.best: the scale ends before`, "sources: [{name: a, type: opml}]"},
	{"what a preset wants is in its file", `preset|parameter|with\b|use: `, "sinks: [{name: a, type: preset, use: no-such}]"},
	{"which fields an event has, and what a file is measured against", `^columns(\.\d+)?: |^max_size: want at least|^path: the endings`, "sinks: [{name: a, type: file, columns: [event_id, nothing]}]"},
	{"a subject is a template", `^subject: |^(credentials|token): `, ""},
	{"JSON knows the value of a number and not how it was written: 5e1, 50.0, 0x32", `(want a whole number, found [0-9.eE+-]+|"[0-9a-fA-FxoeE.+-]+": (more than 18 digits: )?not a decimal number|no number to reckon with)`, "sources: [{name: a, type: feed, url: 'http://x', rating: {best: 0x10}}]"},
}

// texts are what is wrong with a config, a line each.
func texts(err error) string {
	var faults *config.Faults
	var b strings.Builder
	if errors.As(err, &faults) {
		for _, f := range faults.List {
			fmt.Fprintf(&b, "%s (%s)\n", f.Text, f.Code)
		}
	}
	return b.String()
}

// within are the faults of a config that its schema should see.
func within(err error) []string {
	var left []string
	for text := range strings.Lines(texts(err)) {
		if !slices.ContainsFunc(beyond, func(b struct{ reason, fault, shows string }) bool {
			return regexp.MustCompile(b.fault).MatchString(text)
		}) {
			left = append(left, strings.TrimSpace(text))
		}
	}
	return left
}

// Each row of the table is needed: its config is taken by the schema, and refused by
// the loader for that reason alone.
func TestBeyondTheSchema(t *testing.T) {
	v := validator(t, config.Schema(builtin()))
	for _, b := range beyond {
		if b.shows == "" {
			continue
		}
		t.Run(b.reason, func(t *testing.T) {
			text := []byte("version: 1\nsite: {url: 'https://example.org'}\n" + b.shows + "\n")
			root, _ := yaml.Parse(text)
			if err := v.Validate(instance(root)); err != nil {
				t.Errorf("the schema sees it: %v", err)
			}
			_, err := config.Parse("f.yaml", text, builtin())
			if err == nil || len(within(err)) > 0 || !regexp.MustCompile("(?m)"+b.fault).MatchString(texts(err)) {
				t.Errorf("the loader says %v", err)
			}
		})
	}
}

// agree checks that schema and loader say the same of a config.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, v *jsonschema.Schema, c config.Catalogue, text string) (accepted bool) {
	t.Helper()
	root, syntax := yaml.Parse([]byte(text))
	if len(syntax) > 0 {
		return false // nothing that a schema sees
	}
	seen := v.Validate(instance(root))
	_, err := config.Parse("f.yaml", []byte(text), c)
	faults := within(err)
	if seen == nil && len(faults) > 0 || seen != nil && err == nil {
		t.Fatalf("%s\nthe schema says: %v\nthe loader says: %s\n"+
			"(a limit on one value belongs into a tag of its field, where both see it; what no tag can say goes into the table `beyond`)",
			text, seen, strings.Join(faults, "\n"))
	}
	return seen == nil
}

func TestSchemaOfWhatIsThere(t *testing.T) {
	mine, theirs := validator(t, config.Schema(builtin())), validator(t, config.Schema(new(fakes).catalogue()))
	for _, pattern := range []string{"testdata/good/*.txt", "testdata/bad/*.txt"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			t.Run(file, func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				in, _, _ := strings.Cut(string(data), cut)
				agree(t, theirs, new(fakes).catalogue(), in)
			})
		}
	}
	for _, file := range []string{"example.yaml", "docker/filmwire.yaml", "docker/filmwire-nats.yaml", "../cmd/cli/starter.yaml"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !agree(t, mine, builtin(), string(data)) {
				t.Error("it is not taken")
			}
		})
	}
	pages, _ := filepath.Glob("../docs/*.md")
	for _, page := range append(pages, "../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(block[1], "version: 1\n") {
				t.Run(fmt.Sprintf("%s %d", filepath.Base(page), i), func(t *testing.T) {
					if !agree(t, mine, builtin(), block[1]) {
						t.Error("it is not taken")
					}
				})
			}
		}
	}
}

// What the schema takes the loader takes, and what it refuses the loader refuses:
// of configs made from the schema, sound ones and such as have been damaged.
func TestSchemaAndLoaderAgree(t *testing.T) {
	for name, c := range map[string]config.Catalogue{"builtin": builtin(), "fakes": new(fakes).catalogue()} {
		t.Run(name, func(t *testing.T) {
			s := config.Schema(c)
			v := validator(t, s)
			accepted, refused := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				m := maker{t: t, root: s}
				tree := m.value(s, "config")
				for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "damages") {
					m.damage(&tree)
				}
				if agree(t, v, c, write(t, tree)) {
					accepted++
				} else {
					refused++
				}
			})
			if total := accepted + refused; accepted*10 < total || refused*10 < total {
				t.Errorf("%d configs were sound and %d were not: too few of one kind", accepted, refused)
			}
		})
	}
}

// pair is a key with its value, in a mapping that keeps its order.
type pair struct {
	key   string
	value any
}

// maker makes configs from their schema.
type maker struct {
	t    *rapid.T
	root *schema.Schema
}

func (m maker) chance(name string, of int) bool {
	return rapid.IntRange(1, of).Draw(m.t, name) == 1
}

func (m maker) resolve(s *schema.Schema) *schema.Schema {
	if s.Ref == "" {
		return s
	}
	at := m.root
	parts := strings.Split(strings.TrimPrefix(s.Ref, "#/"), "/")
	for i := 0; i+1 < len(parts); i += 2 {
		if parts[i] == "$defs" {
			at = at.Defs.Get(parts[i+1])
		} else {
			at = at.Properties.Get(parts[i+1])
		}
	}
	return at
}

func (m maker) value(s *schema.Schema, name string) any {
	s = m.resolve(s)
	switch {
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return rapid.SampledFrom(s.Enum).Draw(m.t, name)
	case len(s.AnyOf) > 0:
		return m.value(rapid.SampledFrom(s.AnyOf).Draw(m.t, name), name)
	case len(s.AllOf) > 0:
		return m.value(rapid.SampledFrom(s.AllOf).Draw(m.t, name).Then, name)
	case len(s.Type) == 0:
		return m.anything()
	}
	switch rapid.SampledFrom(s.Type).Draw(m.t, name+" type") {
	case "object":
		return m.object(s, name)
	case "array":
		most := 3
		if s.MaxItems > 0 {
			most = s.MaxItems
		}
		list := []any{}
		for range rapid.IntRange(s.MinItems, max(most, s.MinItems)).Draw(m.t, name+" items") {
			list = append(list, m.value(s.Items, name))
		}
		return list
	case "boolean":
		return rapid.Bool().Draw(m.t, name)
	case "integer", "number":
		return m.number(s, name)
	}
	if s.Pattern != "" {
		return rapid.StringMatching(s.Pattern).Draw(m.t, name)
	}
	return rapid.OneOf(rapid.StringN(max(s.MinLength, 0), 6, -1), rapid.SampledFrom([]string{"text", "no", "2010", "a b", "{{.Name}}"})).
		Filter(func(text string) bool {
			return len(text) >= s.MinLength && !strings.ContainsAny(text, "\x00\ufffe\uffff")
		}).Draw(m.t, name)
}

func (m maker) object(s *schema.Schema, name string) any {
	object := []pair{}
	if s.Others != nil && s.Others.Schema != nil {
		for i := range rapid.IntRange(0, 2).Draw(m.t, name+" keys") {
			object = append(object, pair{fmt.Sprintf("key-%d", i), m.value(s.Others.Schema, name)})
		}
	}
	one := ""
	if s.MaxProperties == 1 {
		one = rapid.SampledFrom(s.Properties).Draw(m.t, name+" key").Name
	}
	for _, p := range s.Properties {
		if p.Name == one || one == "" && (slices.Contains(s.Required, p.Name) || m.chance(name+"."+p.Name+"?", 3)) {
			object = append(object, pair{p.Name, m.value(p.Schema, p.Name)})
		}
	}
	return object
}

// number is a number as people write them.
func (m maker) number(s *schema.Schema, name string) any {
	least, most := int64(-100), int64(100)
	if i, err := s.Minimum.Int64(); err == nil {
		least = i
	}
	if i, err := s.Maximum.Int64(); err == nil {
		most = i
	}
	i := rapid.Int64Range(least, max(least, most)).Draw(m.t, name)
	forms := []string{"%d", "%d", "%d", "%d"}
	if i >= 0 {
		forms = append(forms, "0x%x", "+%d", "%d.0", "00%d", "%de0", "%d.5")
	}
	return json.Number(fmt.Sprintf(rapid.SampledFrom(forms).Draw(m.t, name+" form"), i))
}

// damage changes something somewhere.
func (m maker) damage(tree *any) {
	switch at := (*tree).(type) {
	case []pair:
		if len(at) > 0 && !m.chance("here", 4) {
			i := rapid.IntRange(0, len(at)-1).Draw(m.t, "key")
			m.damage(&at[i].value)
			return
		}
		m.damageObject(tree, at)
		return
	case []any:
		if len(at) > 0 && !m.chance("here", 4) {
			m.damage(&at[rapid.IntRange(0, len(at)-1).Draw(m.t, "item")])
			return
		}
		if len(at) > 0 && m.chance("twice", 2) {
			*tree = append(slices.Clone(at), at[0])
			return
		}
	case string:
		if m.chance("letters", 2) {
			*tree = at + rapid.SampledFrom([]string{" ", "x", "é", "\n", "/", "#", "0", "-", ":"}).Draw(m.t, "letter")
			return
		}
	}
	*tree = m.anything()
}

func (m maker) damageObject(tree *any, at []pair) {
	at = slices.Clone(at)
	switch rapid.IntRange(0, 3).Draw(m.t, "damage") {
	case 0:
		*tree = append(at, pair{rapid.SampledFrom([]string{"zzz", "nmae", "limit", "url", "x-note"}).Draw(m.t, "unknown"), m.anything()})
		keys := map[string]bool{}
		*tree = slices.DeleteFunc(append([]pair(nil), (*tree).([]pair)...), func(p pair) bool {
			twice := keys[p.key]
			keys[p.key] = true
			return twice
		})
	case 1:
		if len(at) > 0 {
			i := rapid.IntRange(0, len(at)-1).Draw(m.t, "missing")
			*tree = slices.Delete(at, i, i+1)
		}
	case 2:
		if len(at) > 0 {
			at[rapid.IntRange(0, len(at)-1).Draw(m.t, "of")].value = m.anything()
			*tree = at
		}
	case 3:
		*tree = m.anything()
	}
}

func (m maker) anything() any {
	return rapid.OneOf(
		rapid.SampledFrom([]any{nil, true, false, "", " ", "text", "all", "5m", "2026-11-22", []any{}, []pair{}, []any{"a", "b"}}),
		rapid.SampledFrom([]any{json.Number("0"), json.Number("-1"), json.Number("7"), json.Number("1.5"), json.Number("1e3"), json.Number("99999999999999999999")}),
		rapid.SampledFrom([]any{[]pair{{"env", "HOOK_SECRET"}}, []pair{{"last", json.Number("3")}}, []pair{{"zzz", "x"}}, []any{nil}}),
	).Draw(m.t, "anything")
}

// write puts a tree down as YAML: keys and lists as JSON has them, text with and
// without quotes.
func write(t *rapid.T, tree any) string {
	switch at := tree.(type) {
	case []pair:
		parts := make([]string, len(at))
		for i, p := range at {
			parts[i] = strconv.Quote(p.key) + ": " + write(t, p.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(at))
		for i, item := range at {
			parts[i] = write(t, item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case json.Number:
		return at.String()
	case string:
		if regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./_-]*$`).MatchString(at) && rapid.Bool().Draw(t, "plain") {
			return at
		}
	}
	text, _ := json.Marshal(tree)
	return string(text)
}
