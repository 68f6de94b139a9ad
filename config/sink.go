package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// everySink are the keys that every sink has besides its plug-in's.
type everySink struct {
	Name         string            `config:"name,required" form:"name" doc:"The sink's name: part of file names and addresses. A sink with another name is another sink."`
	Type         string            `config:"type,required" doc:"What kind of sink it is."`
	Where        pipeline.Where    `config:"where" default:"everything" doc:"Which reviews the sink gets: those for which every field given here holds; in a list, one of its values must."`
	Backfill     pipeline.Backfill `config:"backfill" default:"all for what makes public files, none for what acts outside" doc:"How much of the past a new sink takes, by each review's own date: all, none, {since: 2026-01-01} or {last: 100}. It is chosen once, when the sink first starts."`
	AllowPrivate bool              `config:"allow_private" doc:"The sink may reach loopback and private addresses."`
	Pause        bool              `config:"pause" doc:"The sink does nothing and stays where it is until this is taken out."`
	pipeline.Terms
}

// settle works out the mode of a backfill that was decoded, or left out.
func settle(f *pipeline.Backfill, b *block, unsaid pipeline.BackfillMode) {
	switch {
	case f.Mode != "":
	case !f.Since.IsZero():
		f.Mode = pipeline.BackfillSince
	case f.Last > 0:
		f.Mode = pipeline.BackfillLast
	default:
		f.Mode = unsaid
	}
}

// sinkDefaults are the keys of a sink that says nothing.
func sinkDefaults() everySink { return everySink{Terms: pipeline.DefaultTerms()} }

// readSink decodes one entry of sinks. names holds the names of those before.
func readSink(b *block, c Catalogue, names map[string]*yaml.Node, site pipeline.Site) Sink {
	k := sinkDefaults()
	b.Decode(&k)
	b.checkName(k.Name, names)
	k.Where.Check(func(key, text string) { b.Fault(join("where", key), text) })
	s := Sink{Name: k.Name, Type: k.Type, Where: k.Where, AllowPrivate: k.AllowPrivate, Pause: k.Pause}
	unsaid := pipeline.BackfillAll
	if t, ok := findType(b, k.Type, c.Sinks, func(t pipeline.SinkType) string { return t.Name }); ok {
		if t.View != nil {
			s.OpenView = t.View(b)
			refuseTerms(b, k.Type)
		} else {
			s.OpenDelivery = t.Delivery(b)
			s.Terms = k.Terms
			k.Terms.Check(b.Fault)
			unsaid = pipeline.BackfillNone
		}
		b.finish()
	}
	settle(&k.Backfill, b, unsaid)
	s.Backfill = k.Backfill
	s.Fingerprint = fingerprint(b.d.plain(without(b.node, "pause"), b.d.hidden), site)
	s.sealed = b.seal()
	return s
}

// refuseTerms notes the keys of deliveries on a sink that is none: a view follows
// every event, in its own time.
func refuseTerms(b *block, kind string) {
	for _, f := range fieldsOf(reflect.TypeFor[pipeline.Terms]()) {
		if b.is(f.key) {
			b.Fault(f.key, "is for sinks that deliver; "+kind+" follows the whole log")
		}
	}
}

// checkSingles notes sinks of a type that there may be one of.
func checkSingles(sinks []*block, c Catalogue) {
	first := map[string]*yaml.Node{}
	for _, t := range c.Sinks {
		if t.Single {
			first[t.Name] = nil
		}
	}
	for _, b := range sinks {
		kind := b.node.Get("type")
		if kind == nil {
			continue
		}
		before, single := first[kind.Value]
		switch {
		case single && before == nil:
			first[kind.Value] = kind
		case single:
			b.note(BadValue, kind, fmt.Sprintf("type: there is a sink of type %s on line %d, and two would write the same documents", kind.Value, before.Line), "remove one of them")
		}
	}
}

// plain is what a node holds, for hashing: the order of keys and the style of
// writing do not show. secret says what stands in the place of a node with a secret.
func (d *decoder) plain(n *yaml.Node, secret func(*yaml.Node) (instead any, is bool)) any {
	if instead, is := secret(n); is {
		return instead
	}
	switch n.Kind {
	case yaml.Scalar:
		return []string{n.Tag, n.Value}
	case yaml.Sequence:
		items := []any{}
		for _, item := range n.Items {
			items = append(items, d.plain(item, secret))
		}
		return items
	}
	m := make(map[string]any)
	for _, p := range n.Pairs {
		m[p.Key.Value] = d.plain(p.Value, secret)
	}
	return m
}

// without is a mapping less one of its keys.
func without(n *yaml.Node, key string) *yaml.Node {
	less := *n
	less.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p yaml.Pair) bool { return p.Key.Value == key })
	return &less
}

// hidden puts nothing in the place of secrets.
func (d *decoder) hidden(n *yaml.Node) (instead any, is bool) { return nil, d.report.hides(n) }

// pagesType is the type of the sink that makes the index page. A site has one
// even if its config does not say so.
const pagesType = "pages"

// indexPage is the entry of a sink of that type, nil where there is one already
// or the catalogue has no such type.
func indexPage(d *decoder, c Catalogue, sinks []*block, names map[string]*yaml.Node) *block {
	known := false
	for _, t := range c.Sinks {
		known = known || t.Name == pagesType
	}
	for _, s := range sinks {
		known = known && (s.node.Get("type") == nil || s.node.Get("type").Value != pagesType)
	}
	if !known {
		return nil
	}
	name := pagesType
	for i := 2; names[name] != nil; i++ {
		name = pagesType + "-" + strconv.Itoa(i)
	}
	pair := func(key, value string) yaml.Pair {
		return yaml.Pair{Key: yaml.Plain(key), Value: yaml.Plain(value)}
	}
	return d.block(&yaml.Node{Kind: yaml.Mapping, Pairs: []yaml.Pair{pair("name", name), pair("type", pagesType)}})
}
