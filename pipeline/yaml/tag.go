package yaml

import "regexp"

// The forms of plain scalars: https://yaml.org/spec/1.2.2/#1032-tag-resolution,
// and for timestamps https://yaml.org/type/timestamp.html.
var (
	intForm   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatForm = regexp.MustCompile(`^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	timestampForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$` +
		`|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?` +
		`(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?$`)
)

// resolve is the tag of a plain scalar. The library's own resolution is not
// used: it takes 0777 and 1_000 for numbers, as YAML 1.1 did.
func resolve(value string) string {
	switch value {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	}
	switch {
	case intForm.MatchString(value):
		return Int
	case floatForm.MatchString(value):
		return Float
	case timestampForm.MatchString(value):
		return Timestamp
	}
	return Str
}

// fits reports whether a scalar may carry an explicit tag.
func fits(tag, value string) bool {
	switch tag {
	case Str:
		return true
	case Float:
		return intForm.MatchString(value) || floatForm.MatchString(value)
	case Int, Bool, Null, Timestamp:
		return resolve(value) == tag
	}
	return false
}
