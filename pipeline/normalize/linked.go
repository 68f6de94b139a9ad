package normalize

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"strings"
)

// decodeLinked reads a script of JSON-LD: one value, or several in a row. One that is
// broken as people break it is mended; an error comes with what stood before the
// break.
func decodeLinked(script string) ([]any, error) {
	values, err := decodeValues(scriptText(script))
	if err == nil {
		return values, nil
	}
	mended, again := decodeValues(mended(script))
	if again != nil && len(mended) == 0 {
		return values, err
	}
	return mended, again
}

func decodeValues(text string) (values []any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for {
		var v any
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			return values, err
		}
		values = append(values, v)
	}
}

// scriptText takes off what old pages put around a script to hide it.
func scriptText(s string) string {
	s = strings.TrimSpace(s)
	for _, wrap := range [...][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"<![CDATA[", "]]>"}, {"/*<![CDATA[*/", "/*]]>*/"}} {
		if strings.HasPrefix(s, wrap[0]) {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, wrap[0]), wrap[1]))
		}
	}
	return strings.TrimSuffix(s, ";")
}

// mended is a script without what is no JSON but is written all the same: whatever
// stands around it, comments, a comma before a bracket, line breaks in a text, and
// quotes that an editor has turned into references.
func mended(s string) string {
	if !strings.Contains(s, `"`) && strings.Contains(s, "&quot;") {
		s = html.UnescapeString(s)
	}
	s = inBrackets(strings.ReplaceAll(s, "]]>", ""))
	out := make([]byte, 0, len(s))
	comma := -1 // where the last comma stands in out, if nothing but blanks came since
	for i := 0; i < len(s); {
		n := 1
		switch c := s[i]; {
		case c == '"':
			out, n = mendText(out, s[i:])
			comma = -1
		case strings.HasPrefix(s[i:], "//"), strings.HasPrefix(s[i:], "/*"), strings.HasPrefix(s[i:], "<!"):
			n = commentLen(s[i:])
		case c == ',' && comma >= 0: // one is enough
		case c == ',':
			comma = len(out)
			out = append(out, c)
		case (c == '}' || c == ']') && comma >= 0:
			out = append(out[:comma], c)
			comma = -1
		case c <= ' ':
			out = append(out, ' ')
		default:
			out = append(out, c)
			comma = -1
		}
		i += n
	}
	return string(out)
}

// inBrackets is what stands from the first bracket that begins a value to the last
// that may end it.
func inBrackets(s string) string {
	for i := range len(s) {
		if s[i] != '{' && s[i] != '[' {
			continue
		}
		if next := strings.TrimLeft(s[i+1:min(len(s), i+1+100)], " \t\r\n"); next == "" || strings.IndexByte(`"{}[]/<`, next[0]) < 0 {
			continue
		}
		if to := strings.LastIndexByte(s, s[i]+2); to > i { // } and ] are two behind { and [
			return s[i : to+1]
		}
	}
	return s
}

// commentLen is the length of the comment that s begins with.
func commentLen(s string) int {
	end := "\n"
	switch {
	case strings.HasPrefix(s, "/*"):
		end = "*/"
	case strings.HasPrefix(s, "<!--"):
		end = "-->"
	case strings.HasPrefix(s, "<!"):
		return len("<!")
	}
	if n := strings.Index(s[2:], end); n >= 0 {
		return 2 + n + len(end)
	}
	return len(s)
}

// mendText writes a text in quotes with its control characters escaped, and says how
// long it was.
func mendText(out []byte, s string) ([]byte, int) {
	out = append(out, '"')
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return append(out, c), i + 1
		case c == '\\' && i+1 < len(s) && s[i+1] >= ' ':
			out = append(out, s[i:i+2]...)
			i++
		case c == '\n' || c == '\r':
			out = append(out, `\n`...)
		case c < ' ':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return out, len(s)
}
