package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/yaml"
)

// sealed is what the config says of one thing, for telling whether two configs say
// the same of it.
type sealed struct {
	open string // secrets left out
	// whole is with their values. It is a function because fmt prints unexported
	// fields without asking them, a pipeline.Secret too.
	whole func() string
}

// Settings is a short fingerprint of all that the config says of an entry, its name
// left out. With a salt it covers the values of secrets too: keep it no longer than
// the salt, and both where only this daemon and its user look. Without one it may
// be stored anywhere.
func (s sealed) Settings(salt []byte) string {
	if salt == nil {
		return fingerprint(s.open)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(s.whole()))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

// seal seals an entry of sources or sinks, once all of it has been decoded. Paths
// count as what they are from this config's folder.
func (b *block) seal() sealed {
	nameless := without(b.node, "name")
	whole := text([]any{b.paths, b.d.plain(nameless, func(n *yaml.Node) (any, bool) {
		value, ok := b.d.secrets[n]
		return []string{"secret", value}, ok
	})})
	return sealed{
		open:  text([]any{b.paths, b.d.plain(nameless, b.d.hidden)}),
		whole: func() string { return whole },
	}
}

// reloadable are the keys of the file that a running daemon can take on. All
// others need a restart, those too that are yet to come.
func reloadable() []string {
	return []string{"version", "site", "timezone", "films", "sources", "sinks"}
}

// fixed seals what a running daemon cannot change, by dotted key.
func fixed(f *fileKeys) map[string]sealed {
	all := map[string]sealed{}
	fix(all, "", reflect.ValueOf(f).Elem())
	return all
}

// fix seals one value, or each below it that has a key of its own.
func fix(all map[string]sealed, key string, v reflect.Value) {
	switch {
	case slices.Contains(reloadable(), key):
	case v.Type() == reflect.TypeFor[pipeline.Secret]():
		all[key] = sealed{whole: v.Interface().(pipeline.Secret).Reveal}
	case v.Kind() == reflect.Struct && len(fieldsOf(v.Type())) > 0:
		for _, field := range fieldsOf(v.Type()) {
			below := key
			if !field.inline {
				below = join(key, field.key)
			}
			fix(all, below, v.Field(field.index))
		}
	default:
		value := text(v.Interface())
		all[key] = sealed{open: value, whole: func() string { return value }}
	}
}

// Fixed are fingerprints of what a running daemon cannot change, by dotted key:
// where one differs, it takes a restart. The salt is that of Settings.
func (c *Config) Fixed(salt []byte) map[string]string {
	all := make(map[string]string, len(c.fixed))
	for key, s := range c.fixed {
		all[key] = s.Settings(salt)
	}
	return all
}

// text is a value of our own types as JSON writes it.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("config: fingerprint of %T: %v", v, err))
	}
	return string(b)
}
