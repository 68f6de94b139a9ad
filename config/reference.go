package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// Reference is a Markdown page of every key of a config that names the plug-ins of
// a catalogue, made of the same as its [Schema].
func Reference(c Catalogue) string {
	d := newDescription(c)
	p := new(page)
	p.line("# Every key of the config\n")
	p.line("<!-- Made from the code by `make docs`: edit the doc tags of the settings instead. -->\n")
	p.line("This page is made from the program itself. [config.md](config.md) explains how a config is")
	p.line("put together; `filmwire schema` prints the same as this for editors.\n")
	p.line("## The whole\n")
	p.table(d.file)
	p.line("## Every source\n")
	p.table(d.everySource)
	for _, s := range d.sources {
		p.section("source", s)
	}
	p.line("## Every sink\n")
	p.table(except(d.everySink, d.deliveries))
	p.line("Sinks that act outside (they deliver) have these besides; those that make public files follow")
	p.line("the whole log, and have none of them.\n")
	p.table(only(d.everySink, d.deliveries))
	for _, s := range d.sinks {
		p.section("sink", s)
	}
	p.line("## The resolver\n")
	p.line("`films.resolver` has these keys, and those of its type.\n")
	p.table(d.everyResolver)
	for _, s := range d.resolvers {
		p.section("resolver", s)
	}
	p.line("## How values are written\n")
	p.forms(d.forms)
	return p.text.String()
}

func except(options []option, keys []string) []option {
	return slices.DeleteFunc(slices.Clone(options), func(o option) bool { return slices.Contains(keys, o.key) })
}

func only(options []option, keys []string) []option {
	return slices.DeleteFunc(slices.Clone(options), func(o option) bool { return !slices.Contains(keys, o.key) })
}

// page is a Markdown page that is being written.
type page struct{ text strings.Builder }

func (p *page) line(text string) { p.text.WriteString(text + "\n") }

func (p *page) section(what string, s section) {
	p.line("### `" + s.name + "`, a " + what + "\n")
	p.line(s.summary)
	switch {
	case s.single:
		p.line("A config has one of them at most: two would write the same documents.\n")
	case what == "sink" && !s.view:
		p.line("It acts outside: see what all such sinks have.\n")
	default:
		p.line("")
	}
	if len(s.own) == 0 {
		p.line("It has no keys of its own.\n")
		return
	}
	p.table(s.own)
}

func (p *page) table(options []option) {
	p.line("| key | type | default | what it is |\n|---|---|---|---|")
	p.rows("", options)
	p.line("")
}

// rows are a line for each key, and below it one for each key within it.
func (p *page) rows(prefix string, options []option) {
	for i := range options {
		o := &options[i]
		key := prefix + o.key
		p.line("| `" + key + "` | " + cell(o.kind()) + " | " + cell(o.fallback()) + " | " + cell(o.rule.doc) + " |")
		inner := o.typ
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		listed := itemType(inner)
		switch {
		case byKeys(inner):
			v := o.value
			if v.Kind() == reflect.Pointer {
				v = reflect.Zero(inner)
			}
			p.rows(key+".", newDecoder(newReport("", nil), "", Catalogue{}).options(v))
		case inner.Kind() == reflect.Slice && byKeys(listed) && listed != reflect.TypeFor[block]():
			p.rows(key+"[].", newDecoder(newReport("", nil), "", Catalogue{}).options(reflect.Zero(listed)))
		}
	}
}

// cell keeps a text within its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// fallback is what holds where a key is not given, for people.
func (o *option) fallback() string {
	switch {
	case o.required:
		return "required"
	case o.rule.fallback != "":
		return o.rule.fallback
	}
	value := plainDefault(o.value)
	if list, ok := value.([]any); ok {
		words := make([]string, len(list))
		for i, one := range list {
			words[i] = fmt.Sprint(one)
		}
		return "`[" + strings.Join(words, ", ") + "]`"
	}
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return "`" + strings.Trim(string(text), `"`) + "`"
}

// kind says what is written for a value.
func (o *option) kind() string { return o.rule.kind(o.typ) }

func (r *rule) kind(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[*yaml.Node]():
		return "anything"
	case reflect.TypeFor[pipeline.Secret]():
		return "[secret](#how-values-are-written)"
	case reflect.TypeFor[pipeline.Path]():
		return "path"
	case reflect.TypeFor[time.Duration]():
		if r.shortest > 0 || r.longest > 0 {
			return r.durations()
		}
		return "duration"
	case reflect.TypeFor[time.Time]():
		return "date or time"
	case reflect.TypeFor[review.Date]():
		return "date"
	case reflect.TypeFor[review.Decimal]():
		return r.numbers("number")
	case reflect.TypeFor[block]():
		return "entry"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "`true` or `false`"
	case reflect.String:
		return r.textKind("text")
	case reflect.Pointer:
		return r.kind(t.Elem())
	case reflect.Slice:
		return "list of " + r.kind(t.Elem())
	case reflect.Map:
		return "keys and values: " + r.kind(t.Elem())
	case reflect.Struct:
		switch {
		case inText(t) && byKeys(t):
			return r.textKind("text") + ", or keys"
		case inText(t):
			return r.textKind("text")
		}
		return "keys"
	case reflect.Float32, reflect.Float64:
		return r.numbers("number")
	}
	return r.numbers("whole number")
}

func (r *rule) textKind(any string) string {
	switch {
	case r.words != nil:
		return "`" + strings.Join(r.words, "`, `") + "`"
	case r.exact():
		return strings.TrimPrefix(strings.TrimPrefix(r.form.is, "an "), "a ")
	}
	return any
}

func (r *rule) numbers(what string) string {
	switch {
	case r.words != nil:
		return "`" + strings.Join(r.words, "`, `") + "`"
	case r.min.IsZero() && r.max.IsZero():
		return what
	}
	return bounds(what, r.min.String(), r.max.String())
}

func (p *page) forms(known map[string]*form) {
	p.line("| what | how |\n|---|---|")
	p.line("| list | `[a, b]`; a single value stands for a list of one |")
	p.line("| path | a relative one starts at the config file's folder |")
	p.line("| duration | `90s`, `15m`, `24h`, `1h30m`: hours, minutes, seconds, `ms`, in this order |")
	p.line("| date, time | `2026-11-22`, `2026-11-22T18:00:00Z` |")
	p.line("| secret | `{env: NAME}` or `{file: path}`; the text itself works too and is never printed, but it stands in the file |")
	p.line("| text of a form | where text must have a form, what would be a number without quotes takes quotes: `name: \"2024\"` |")
	p.line("| schedule | " + cell(known["schedule"].remedy) + " |")
}
