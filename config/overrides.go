package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// Films says how films are told apart.
type Films struct {
	// OverridesPath is the file of the operator's overrides, "" for none. It is read
	// again when it changes: see [ReadOverrides].
	OverridesPath string
	Overrides     []pipeline.Override
	// Resolver is the catalogue that is asked about films the rules do not know, nil
	// for none.
	Resolver *Resolver
}

// Resolver is films.resolver.
type Resolver struct {
	Type         string
	AllowPrivate bool // may reach loopback and private addresses
	Open         pipeline.OpenResolver
}

type filmsKeys struct {
	Overrides pipeline.Path `config:"overrides" doc:"A file in which you say which film is which, where the rules cannot know. It is read again when it changes. Default: none."`
	Resolver  *block        `config:"resolver" default:"none: nobody is asked" doc:"A catalogue on the network that is asked about films the rules alone do not know."`
}

// everyResolver are the keys that every resolver has besides its plug-in's.
type everyResolver struct {
	Type         string `config:"type,required" doc:"What kind of resolver it is."`
	AllowPrivate bool   `config:"allow_private" doc:"The resolver may reach loopback and private addresses."`
}

// readResolver decodes films.resolver.
func readResolver(b *block, c Catalogue) *Resolver {
	var k everyResolver
	b.Decode(&k)
	r := &Resolver{Type: k.Type, AllowPrivate: k.AllowPrivate}
	if t, ok := findType(b, k.Type, c.Resolvers, func(t pipeline.ResolverType) string { return t.Name }); ok {
		r.Open = t.Configure(b)
		b.finish()
	}
	return r
}

// films decodes the resolver, and reads the file of overrides. What is wrong with
// that is noted as a fault of its own lines.
func (k filmsKeys) films(b *block, c Catalogue) Films {
	f := Films{OverridesPath: string(k.Overrides)}
	if k.Resolver != nil {
		f.Resolver = readResolver(k.Resolver, c)
	}
	if k.Overrides == "" || !b.is("films.overrides") {
		return f
	}
	name := b.place("films.overrides").Value
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(b.d.report.file), name)
	}
	data, err := os.ReadFile(string(k.Overrides))
	if err != nil {
		b.fault(MissingFile, "films.overrides", fmt.Sprintf("file %q: %s", b.place("films.overrides").Value, reason(err)),
			"a relative path starts at the config file's folder")
		return f
	}
	var faults *Faults
	if f.Overrides, err = parseOverrides(name, data); errors.As(err, &faults) {
		b.d.elsewhere = append(b.d.elsewhere, faults.List...)
	}
	return f
}

// ReadOverrides reads a file of overrides. The error is a *[Faults] for everything
// that is wrong with it, also when it is not there.
func ReadOverrides(path string) ([]pipeline.Override, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		r := newReport(path, nil)
		r.nowhere(MissingFile, "file of overrides: "+reason(err), "")
		return nil, r.err()
	}
	return parseOverrides(path, data)
}

// overrideKeys are the keys of one override.
type overrideKeys struct {
	Same      []pipeline.FilmRef `config:"same" doc:"Two films or more that are one; the first gives it its address."`
	Different []pipeline.FilmRef `config:"different" doc:"Films of which no two are one."`
	Alias     string             `config:"alias" doc:"A title that means the film."`
	Year      int                `config:"year" doc:"With alias: only of reviews that give this year. Default: any year."`
	Review    string             `config:"review" doc:"The id or the address of a review that is of the film."`
	Film      pipeline.FilmRef   `config:"film" doc:"The film that an alias or a review means."`
}

func parseOverrides(path string, data []byte) ([]pipeline.Override, error) {
	r := newReport(path, yaml.Lines(data))
	root, faults := yaml.Parse(data)
	for _, f := range faults {
		r.at(f.Line, f.Column, Syntax, f.Text, "")
	}
	if root == nil {
		return nil, r.err()
	}
	r.tree = root
	if root.Kind != yaml.Sequence {
		r.add(WrongType, root, "want a list of overrides, found "+describe(root), `as: - same: [amelie-2001, imdb:tt0211915]`)
		return nil, r.err()
	}
	d := newDecoder(r, filepath.Dir(path), Catalogue{})
	var all []pipeline.Override
	for _, item := range root.Items {
		if item.Kind != yaml.Mapping {
			r.add(WrongType, item, "want an override, found "+describe(item), `as: - same: [amelie-2001, imdb:tt0211915]`)
			continue
		}
		all = append(all, d.block(item).override())
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// override decodes and checks one override.
func (b *block) override() pipeline.Override {
	var k overrideKeys
	b.Decode(&k)
	b.finish()
	said := 0
	for _, key := range [...]string{"same", "different", "alias", "review"} {
		if b.node.Get(key) != nil {
			said++
		}
	}
	if said != 1 {
		b.note(BadValue, b.node, fmt.Sprintf("an override has one of same, different, alias and review; this has %d", said), "")
		return pipeline.Override{}
	}
	for key, refs := range map[string][]pipeline.FilmRef{"same": k.Same, "different": k.Different} {
		if b.is(key) && len(refs) < 2 && !b.d.report.faultyWithin(b.place(key)) {
			b.fault(BadValue, key, "want two films at least", "")
		}
		for i, ref := range refs {
			b.checkRef(fmt.Sprintf("%s.%d", key, i), ref)
		}
	}
	about := b.is("alias") || b.is("review")
	switch {
	case about && b.node.Get("film") == nil:
		b.note(MissingKey, b.node, "film is missing", `add the key "film": the film that is meant`)
	case !about && b.is("film"):
		b.fault(BadValue, "film", "goes with alias and review only", "")
	}
	if b.is("year") && (!b.is("alias") || k.Year < 1870 || k.Year > 2200) {
		b.fault(BadValue, "year", "goes with alias, and is the year of a film", "")
	}
	if b.is("film") {
		b.checkRef("film", k.Film)
	}
	return pipeline.Override{Same: k.Same, Different: k.Different, Alias: k.Alias, Year: k.Year, Review: k.Review, Film: k.Film}
}

// checkRef checks a film named by keys.
func (b *block) checkRef(key string, ref pipeline.FilmRef) {
	if at := b.place(key); b.d.report.faultyWithin(at) {
		return
	}
	if (ref.Film != "") == (ref.Title != "") && ref.IDs.IsZero() || ref.Film != "" && !ref.Film.IsSlug() {
		b.fault(BadValue, key, pipeline.ErrFilmRef.Error(), "")
	}
}
