package yaml

import (
	"errors"
	"strings"

	library "go.yaml.in/yaml/v4"
)

// plainWords says what the library's commonest complaints come from.
var plainWords = [...]struct{ theirs, ours string }{
	{"mapping values are not allowed", `a ":" where no key can stand: indent it like its neighbours, or quote the value`},
	{"could not find expected ':'", `a key without its ":"`},
	{"did not find expected ',' or ']'", `the list opened with "[" is not closed: a "," or "]" is missing before this`},
	{"did not find expected ',' or '}'", `the mapping opened with "{" is not closed: a "," or "}" is missing before this`},
	{"did not find expected '-' indicator", `a list item must begin with "- ", at the column of the first one`},
	{"did not find expected key", "not a key: is the indentation that of its neighbours, and every quote closed?"},
	{"found unexpected end of stream", "the quote opened here is not closed"},
	{"found unexpected document indicator", "the quote opened here is not closed"},
	{"did not find expected <document start>", "something stands behind the end of the document"},
	{"exceeded max depth", errTooDeep.Error()},
}

// syntaxFault places an error of the library. The library reads no further.
func syntaxFault(data []byte, err error) *Fault {
	var load *library.LoadError
	if !errors.As(err, &load) {
		return &Fault{1, 1, err.Error()}
	}
	at := load.Mark
	if strings.HasPrefix(load.Message, "found unexpected") && load.ContextMark.Line > 0 {
		at = load.ContextMark
	}
	f := &Fault{Line: at.Line, Column: at.Column, Text: load.Message}
	if strings.HasPrefix(load.Message, "found character that cannot start any token") {
		f.Text = strayCharacter(data, f)
		return f
	}
	for _, w := range plainWords {
		if strings.Contains(load.Message, w.theirs) {
			f.Text = w.ours
			break
		}
	}
	return f
}

// strayCharacter names the character that stands where none of its kind may.
func strayCharacter(data []byte, f *Fault) string {
	lines := Lines(data)
	if f.Line < 1 || f.Line > len(lines) {
		return "not YAML"
	}
	rest := []rune(lines[f.Line-1])
	rest = rest[min(max(f.Column-1, 0), len(rest)):]
	if len(rest) == 0 {
		return "not YAML"
	}
	if rest[0] == '\t' {
		return "a tab in the indentation: use spaces"
	}
	return "a value cannot begin with " + string(rest[0]) + ": quote it"
}
