package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// rule is what the tags of a field say of its value, besides what the field's type
// says: see [pipeline.Options]. The decoder enforces it, the schema and the
// reference tell it.
type rule struct {
	doc      string
	fallback string         // what holds where nothing is said, in words
	min, max review.Decimal // of a number
	shortest time.Duration  // of a duration
	longest  time.Duration  // 0: no limit
	words    []string       // the only ones there are, of text or of whole numbers; nil for any
	form     *form          // nil for any
	least    int            // items of a list
	most     int            // 0: no limit
	unique   bool
}

// ruleOf reads a field's tags and what its type says, that of its items for a list
// or a map. A tag that cannot be read is a fault of the program.
func (d *decoder) ruleOf(f reflect.StructField) rule {
	r := rule{doc: f.Tag.Get("doc"), fallback: f.Tag.Get("default"), unique: f.Tag.Get("unique") == "true"}
	bad := func(tag string, err error) {
		panic(fmt.Sprintf("config: field %s: tag %s: %v", f.Name, tag, err))
	}
	count := func(tag string) (n int) {
		if text, ok := f.Tag.Lookup(tag); ok {
			var err error
			if n, err = strconv.Atoi(text); err != nil {
				bad(tag, err)
			}
		}
		return n
	}
	r.least, r.most = count("least"), count("most")
	item := itemType(f.Type)
	for tag, bound := range map[string]struct {
		number   *review.Decimal
		duration *time.Duration
	}{"min": {&r.min, &r.shortest}, "max": {&r.max, &r.longest}} {
		text, ok := f.Tag.Lookup(tag)
		if !ok {
			continue
		}
		var err error
		if item == reflect.TypeFor[time.Duration]() {
			*bound.duration, err = time.ParseDuration(text)
		} else {
			*bound.number, err = review.ParseDecimal(text)
		}
		if err != nil {
			bad(tag, err)
		}
	}
	r.readText(d, f.Tag, item)
	return r
}

// readText reads what says which words or which form a text may have.
func (r *rule) readText(d *decoder, tag reflect.StructTag, item reflect.Type) {
	if words := tag.Get("enum"); words != "" {
		r.words = strings.Split(words, ",")
	}
	switch name, pattern := tag.Get("form"), tag.Get("pattern"); {
	case name != "":
		if r.form = d.forms[name]; r.form == nil {
			panic(fmt.Sprintf("config: there is no form %q", name))
		}
	case pattern != "":
		r.form = &form{pattern: regexp.MustCompile(pattern), is: tag.Get("want"), code: BadValue}
	}
	zero := reflect.New(item).Interface()
	if choice, ok := zero.(pipeline.Choice); ok && r.words == nil {
		r.words = choice.Choices()
	}
	if formed, ok := zero.(pipeline.Formed); ok {
		f := formed.Form()
		r.form = &form{pattern: regexp.MustCompile(f.Pattern), is: f.Want, code: BadValue}
	}
}

// itemType is the type of what a list, a map or a pointer holds, through all of them.
func itemType(t reflect.Type) reflect.Type {
	for {
		switch t.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			t = t.Elem()
			continue
		}
		return t
	}
}

// exact reports that a text must be written as text: what would be a number or a
// truth value without quotes is not taken, for nobody who has only the value could
// check it.
func (r *rule) exact() bool { return r.words != nil || r.form != nil && !r.form.loose }

// fits checks a scalar that stands for text, and reports whether it fits.
func (b *block) fits(r *rule, n *yaml.Node, key string) bool {
	switch {
	case r.words == nil && r.form == nil:
		return true
	case n.Kind != yaml.Scalar || n.IsNull():
		b.wrong(n, key, "text", "")
	case r.words != nil && !slices.Contains(r.words, n.Value):
		remedy := ""
		if near := nearest(n.Value, r.words); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		b.note(BadValue, n, fmt.Sprintf("%s: %q is not one of %s", key, n.Value, strings.Join(r.words, ", ")), remedy)
	case r.form != nil && !r.form.pattern.MatchString(n.Value):
		b.note(r.form.code, n, fmt.Sprintf("%s: %q is not %s", key, n.Value, r.form.is), r.form.remedy)
	case !r.exact():
		return true
	default:
		return b.wantText(n, key, "text")
	}
	return false
}

// wantText is wantScalar for what must be text by itself.
func (b *block) wantText(n *yaml.Node, key, what string) bool {
	if !b.wantScalar(n, key, what) {
		return false
	}
	if n.Tag == yaml.Str || n.Tag == yaml.Timestamp {
		return true
	}
	b.wrong(n, key, what, "put quotes around it")
	return false
}

// within checks a number against its bounds.
func (b *block) within(r *rule, d review.Decimal, n *yaml.Node, key string) {
	if r.words != nil && !slices.Contains(r.words, d.String()) {
		b.note(BadValue, n, fmt.Sprintf("%s: want %s, found %s", key, orList(r.words), n.Value), "")
		return
	}
	below, above := !r.min.IsZero() && d.Cmp(r.min) < 0, !r.max.IsZero() && d.Cmp(r.max) > 0
	if below || above {
		b.note(BadValue, n, fmt.Sprintf("%s: want %s, found %s", key, bounds("a number", r.min.String(), r.max.String()), n.Value), "")
	}
}

// orList is 1, 3 or 5.
func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// bounds says in words between which two ends something lies; "" is no end.
func bounds(what, least, most string) string {
	switch {
	case least != "" && most != "":
		return fmt.Sprintf("%s from %s to %s", what, least, most)
	case least != "":
		return fmt.Sprintf("%s of at least %s", what, least)
	}
	return fmt.Sprintf("%s of at most %s", what, most)
}

// durations says in words which durations there may be.
func (r *rule) durations() string {
	least, most := "", ""
	if r.shortest > 0 {
		least = brief(r.shortest)
	}
	if r.longest > 0 {
		most = brief(r.longest)
	}
	return bounds("a duration", least, most)
}

// brief is a duration as a person writes it: 1m instead of 1m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// items checks how many there are in a list, and that none is there twice.
func (b *block) items(r *rule, v reflect.Value, nodes []*yaml.Node, at *yaml.Node, key string) {
	switch {
	case len(nodes) < r.least:
		b.note(BadValue, at, fmt.Sprintf("%s: want at least %d, found %d", key, r.least, len(nodes)), "")
	case r.most > 0 && len(nodes) > r.most:
		b.note(BadValue, at, fmt.Sprintf("%s: want at most %d, found %d", key, r.most, len(nodes)), "")
	}
	if !r.unique {
		return
	}
	for i := range nodes {
		for j := range i {
			if v.Index(i).Equal(v.Index(j)) && !b.d.report.faulty(nodes[i]) {
				b.note(BadValue, nodes[i], fmt.Sprintf("%s: %s is there twice", key, describe(nodes[i])), "")
				break
			}
		}
	}
}
