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
	//
	// The schema for editors and the reference are made of the same struct, so
	// whatever can be said of a single value is said by its tags, and Decode
	// notes what does not fit:
	//
	//	doc:"..."           what it is, in a sentence or two; every field has one
	//	default:"..."       in words, where the default is not what the struct holds
	//	min:"1" max:"500"   of a number or a duration
	//	enum:"a,b,c"        the words or whole numbers there are; a type may list
	//	                    them: see Choice
	//	form:"url"          an address on the web; config has more such forms
	//	pattern:"^[a-z]+$"  a form of one's own, in the syntax that Go and
	//	want:"small letters"  ECMAScript share, and what it is in words
	//	least:"1" most:"5"  how many items of a list
	//	unique:"true"       no item of a list twice
	//
	// In a list or a map, all but the last two are of each item.
	Decode(into any)
	// Fault notes that the value of a key (dotted for nested ones, "" for the
	// whole) is wrong. text says what is wrong and what would be right. It is for
	// what tags cannot say: two keys that do not go together, a template, a file
	// that is not there.
	Fault(key, text string)
}

// Choice is a type of text that is one of a few words, and lists them: Decode
// takes no other.
type Choice interface{ Choices() []string }

// Form is how the text of an option must look.
type Form struct {
	// Pattern is a regular expression for the whole text, anchored, in the syntax
	// that Go and ECMAScript share: it goes into the schema as it is.
	Pattern string
	Want    string // what it is, as in: "x" is not a web address
	// OneKey: where the type can also be written as a mapping, that holds exactly
	// one of its keys.
	OneKey bool
}

// TimePattern is a day, or a day with a time and its zone, as a [Form] has it: what
// an option of type time.Time takes.
const TimePattern = `[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])` +
	`([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?`

// Formed is a type with UnmarshalText that says which texts it takes.
type Formed interface{ Form() Form }

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
