package pipeline

import "log/slog"

// Options are a plug-in's own lines of the config file, not yet decoded.
type Options interface {
	// Decode fills the struct that into points to. A field takes the key of its
	// `config:"name"` tag; `config:"name,required"` must be there. Values left
	// out keep what the struct holds: set defaults first. Every unknown key and
	// wrong type is noted as a fault with its place. Besides the plain kinds,
	// slices, maps, nested structs and time.Duration it fills Path, Secret and
	// whatever has UnmarshalText.
	Decode(into any)
	// Fault notes that the value of a key (dotted for nested ones, "" for the
	// whole) is wrong. text says what is wrong and what would be right.
	Fault(key, text string)
}

// Path is a file name or pattern. Decode makes it absolute: what is relative is
// relative to the config file's folder.
type Path string

// Secret is a value that must not be printed. In the config it is a string,
// {env: NAME} or {file: path}.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal is the only way to the value.
func (s Secret) Reveal() string { return s.value }

// IsZero reports that there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

const hidden = "<secret>"

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue keeps the value out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
