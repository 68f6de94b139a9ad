package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// everySource are the keys that every source has besides its plug-in's.
type everySource struct {
	Name         string                    `config:"name,required" form:"name" doc:"The source's name. Identity hangs on it: a source with another name gives other reviews."`
	Type         string                    `config:"type,required" doc:"What kind of source it is."`
	Schedule     string                    `config:"schedule" form:"schedule" doc:"When it is read: five cron fields (minute, hour, day, month, weekday) in the config's timezone, @hourly, @daily, @weekly, @monthly, @yearly, or @every and a duration."`
	Critic       criticKeys                `config:"critic" doc:"The critic of reviews that name none: a name, or some of the keys below."`
	Rating       scaleKeys                 `config:"rating" doc:"The scale of bare numbers, and of stars without empty ones."`
	Conversion   map[string]review.Decimal `config:"conversion" min:"0" max:"100" doc:"What ratings are worth, from 0 to 100 with one decimal place at most, where that is not what the table says: by the rating as written, a letter, a number, stars or a word."`
	Language     string                    `config:"language" form:"language" default:"site.language, where stated" doc:"The language of reviews that do not say, as a BCP 47 tag."`
	Rights       review.Rights             `config:"rights" default:"full" doc:"How much of the text may be passed on."`
	Tags         []string                  `config:"tags" doc:"Tags that are added to every review."`
	AllowPrivate bool                      `config:"allow_private" doc:"The source may be on a loopback or private address."`
	Withdraw     pipeline.WithdrawPolicy   `config:"withdraw" doc:"Whether reviews that are missing from the source are withdrawn: guarded does so unless the source lists nothing or has lost more than half of what it had."`
}

// criticKeys are the critic of a source's reviews: a name, or more of them.
type criticKeys struct {
	Name   string          `config:"name" doc:"The critic's name."`
	URL    string          `config:"url" form:"url" doc:"The critic's page on the web."`
	ID     review.CriticID `config:"id" form:"name" default:"made of the name" doc:"The critic's id in the events."`
	Outlet review.Outlet   `config:"outlet" doc:"The publication the critic writes for."`
}

// UnmarshalText takes the critic's name.
func (c *criticKeys) UnmarshalText(text []byte) error {
	*c = criticKeys{Name: string(text)}
	return nil
}

type scaleKeys struct {
	Best    review.Decimal `config:"best,required" doc:"The best number of the scale."`
	Worst   review.Decimal `config:"worst" default:"0" doc:"The worst number of the scale."`
	Earlier []earlierKeys  `config:"earlier" doc:"The scales before this one, oldest first, for reviews by their own dates."`
}

type earlierKeys struct {
	Best  review.Decimal `config:"best,required" doc:"The best number of the scale then."`
	Worst review.Decimal `config:"worst" default:"0" doc:"The worst number of the scale then."`
	Until review.Date    `config:"until,required" doc:"The first day on which it was not used any more."`
}

// defaultSchedule is how often a source is read that does not say.
const defaultSchedule = "@every 15m"

// sourceDefaults are the keys of a source that says nothing.
func sourceDefaults(language string) everySource {
	return everySource{Schedule: defaultSchedule, Withdraw: pipeline.WithdrawGuarded, Language: language}
}

// readSource decodes one entry of sources. names holds the names of those before,
// language is that of reviews where neither they nor the source state one.
func readSource(b *block, c Catalogue, names map[string]*yaml.Node, language string) Source {
	k := sourceDefaults(language)
	b.Decode(&k)
	b.checkName(k.Name, names)
	k.check(b, c.CheckSchedule)
	s := Source{
		Name: k.Name, Type: k.Type, Schedule: k.Schedule,
		Defaults:     k.defaults(),
		AllowPrivate: k.AllowPrivate, Withdraw: k.Withdraw,
	}
	s.Fingerprint = fingerprint(s.Defaults)
	if t, ok := findType(b, k.Type, c.Sources, func(t pipeline.SourceType) string { return t.Name }); ok {
		s.Open = t.Configure(b)
		b.finish()
	}
	s.sealed = b.seal()
	return s
}

func (k *everySource) defaults() review.Defaults {
	d := review.Defaults{
		Critic:     review.Critic{ID: k.Critic.ID, Name: k.Critic.Name, URL: k.Critic.URL, Outlet: k.Critic.Outlet},
		Scale:      review.Scale{Worst: k.Rating.Worst, Best: k.Rating.Best},
		Conversion: k.Conversion,
		Language:   k.Language,
		Rights:     k.Rights,
		Tags:       k.Tags,
	}
	for _, e := range k.Rating.Earlier {
		d.Earlier = append(d.Earlier, review.EarlierScale{Scale: review.Scale{Worst: e.Worst, Best: e.Best}, Until: e.Until})
	}
	return d
}

func (k *everySource) check(b *block, schedule func(string) error) {
	if schedule != nil && b.is("schedule") {
		if err := schedule(k.Schedule); err != nil {
			b.fault(BadSchedule, "schedule", err.Error(), b.d.forms["schedule"].remedy)
		}
	}
	k.Rating.check(b)
	for _, written := range slices.Sorted(maps.Keys(k.Conversion)) {
		key, norm := "conversion."+written, k.Conversion[written]
		switch {
		case !b.is(key):
		case strings.TrimSpace(written) == "":
			b.fault(BadValue, key, "no rating is written so", "as A, ★★★, 3.5 or Recommended")
		case review.Round(norm.Rat(), 1).Cmp(norm) != 0:
			b.fault(BadValue, key, fmt.Sprintf("%v has more than one decimal place", norm), "norms have one")
		}
	}
}

// check notes scales that are upside down, or not in the order of their days.
func (k *scaleKeys) check(b *block) {
	k.checkScale(b, "rating.best", k.Worst, k.Best)
	var before review.Date
	for i, e := range k.Earlier {
		at := fmt.Sprintf("rating.earlier.%d", i)
		k.checkScale(b, at+".best", e.Worst, e.Best)
		if b.is(at+".until") && !before.Before(e.Until) {
			b.fault(BadValue, at+".until", fmt.Sprintf("%v does not come after %v", e.Until, before), "the oldest scale comes first")
		}
		before = e.Until
	}
}

func (*scaleKeys) checkScale(b *block, key string, worst, best review.Decimal) {
	if b.is(key) && worst.Cmp(best) >= 0 {
		b.fault(BadValue, key, fmt.Sprintf("the scale ends at %v and begins at %v", best, orZero(worst)), "best is the higher number")
	}
}

func orZero(d review.Decimal) review.Decimal {
	if d.IsZero() {
		return review.Int(0)
	}
	return d
}

// checkName notes a name of a source or sink that another one has.
func (b *block) checkName(name string, names map[string]*yaml.Node) {
	if !b.is("name") {
		return
	}
	at := b.place("name")
	if first := names[name]; first != nil {
		b.fault(DuplicateName, "name", fmt.Sprintf("%q is taken; the first is on line %d", name, first.Line), "")
		return
	}
	names[name] = at
}

// findType looks a plug-in up, and notes where there is none of that name.
func findType[T any](b *block, name string, types []T, nameOf func(T) string) (found T, ok bool) {
	if name == "" || !b.is("type") {
		return found, false
	}
	var valid []string
	for _, t := range types {
		if nameOf(t) == name {
			return t, true
		}
		valid = append(valid, nameOf(t))
	}
	b.note(UnknownType, b.place("type"), fmt.Sprintf("unknown type %q", name), suggest(name, valid, "types"))
	b.references(b.node, "")
	return found, false
}

// references notes what is wrong with the secrets that lie elsewhere, in options
// that no plug-in is there to decode.
func (b *block) references(n *yaml.Node, key string) {
	for _, p := range n.Pairs {
		v, name := p.Value, join(key, p.Key.Value)
		if len(v.Pairs) == 1 && (v.Get("env") != nil || v.Get("file") != nil) {
			var unused pipeline.Secret
			b.secret(&unused, v, name)
			continue
		}
		b.references(v, name)
	}
}

// fingerprint is a short hash over values, as JSON writes them.
func fingerprint(values ...any) string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			panic(fmt.Sprintf("config: fingerprint of %T: %v", v, err)) // of our own types
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
