package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// everySource are the keys that every source has besides its plug-in's.
type everySource struct {
	Name         string                  `config:"name,required"`
	Type         string                  `config:"type,required"`
	Schedule     string                  `config:"schedule"`
	Critic       criticKeys              `config:"critic"`
	Rating       scaleKeys               `config:"rating"`
	Language     string                  `config:"language"`
	Rights       review.Rights           `config:"rights"`
	Tags         []string                `config:"tags"`
	AllowPrivate bool                    `config:"allow_private"`
	Withdraw     pipeline.WithdrawPolicy `config:"withdraw"`
}

// criticKeys are the critic of a source's reviews: a name, or more of them.
type criticKeys struct {
	Name   string          `config:"name"`
	URL    string          `config:"url"`
	ID     review.CriticID `config:"id"`
	Outlet review.Outlet   `config:"outlet"`
}

// UnmarshalText takes the critic's name.
func (c *criticKeys) UnmarshalText(text []byte) error {
	*c = criticKeys{Name: string(text)}
	return nil
}

type scaleKeys struct {
	Best  review.Decimal `config:"best,required"`
	Worst review.Decimal `config:"worst"`
}

// defaultSchedule is how often a source is read that does not say.
const defaultSchedule = "@every 15m"

// readSource decodes one entry of sources. names holds the names of those before,
// language is that of reviews where neither they nor the source state one.
func readSource(b *block, c Catalogue, names map[string]*yaml.Node, language string) Source {
	k := everySource{Schedule: defaultSchedule, Withdraw: pipeline.WithdrawGuarded, Language: language}
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
	return review.Defaults{
		Critic:   review.Critic{ID: k.Critic.ID, Name: k.Critic.Name, URL: k.Critic.URL, Outlet: k.Critic.Outlet},
		Scale:    review.Scale{Worst: k.Rating.Worst, Best: k.Rating.Best},
		Language: k.Language,
		Rights:   k.Rights,
		Tags:     k.Tags,
	}
}

func (k *everySource) check(b *block, schedule func(string) error) {
	if schedule != nil && b.is("schedule") {
		if err := schedule(k.Schedule); err != nil {
			b.fault(BadSchedule, "schedule", err.Error(), `as "*/30 * * * *" or "@every 15m"`)
		}
	}
	b.checkLanguage("language", k.Language)
	if id := string(k.Critic.ID); b.is("critic.id") && !entryName.MatchString(id) {
		b.fault(BadValue, "critic.id", fmt.Sprintf("%q: want lower-case letters, digits, - and _, at most 63", id), "")
	}
	if u, err := url.Parse(k.Critic.URL); b.is("critic.url") && (err != nil || !isWeb(u)) {
		b.fault(BadValue, "critic.url", fmt.Sprintf("%q is not a web address", k.Critic.URL), "as https://example.org/about")
	}
	b.oneOf("rights", string(k.Rights), string(review.RightsFull), string(review.RightsExcerpt), string(review.RightsLink))
	b.oneOf("withdraw", string(k.Withdraw), string(pipeline.WithdrawGuarded), string(pipeline.WithdrawAlways), string(pipeline.WithdrawNever))
	if worst, best := k.Rating.Worst, k.Rating.Best; b.is("rating.best") && worst.Cmp(best) >= 0 {
		b.fault(BadValue, "rating.best", fmt.Sprintf("the scale ends at %v and begins at %v", best, orZero(worst)), "best is the higher number")
	}
}

func orZero(d review.Decimal) review.Decimal {
	if d.IsZero() {
		return review.Int(0)
	}
	return d
}

// oneOf checks a word.
func (b *block) oneOf(key, word string, valid ...string) {
	if b.is(key) && !slices.Contains(valid, word) {
		remedy := ""
		if near := nearest(word, valid); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		b.fault(BadValue, key, fmt.Sprintf("%q is not one of %s", word, strings.Join(valid, ", ")), remedy)
	}
}

// entryName is what a source or sink may be called: it becomes part of file
// names, URLs and keys.
var entryName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// checkName checks the name of a source or sink, and that it is the first of it.
func (b *block) checkName(name string, names map[string]*yaml.Node) {
	if !b.is("name") {
		return
	}
	at := b.place("name")
	if !entryName.MatchString(name) {
		b.fault(BadValue, "name", fmt.Sprintf("%q: want lower-case letters, digits, - and _, at most 63", name),
			"choose one for good: identity hangs on it")
	}
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
