package ratings

import "strings"

// markup is HTML being written. What is filled into a form is escaped, so that it
// is text, or the value of a quoted attribute, and never markup. It takes a
// twentieth of the time that html/template needs, which a page with every event is
// worth.
type markup []byte

// hole is where a form takes a value.
const hole = "{}"

// fill appends a form, with a value in each of its holes.
func (m *markup) fill(form string, values ...string) {
	for _, v := range values {
		before, after, ok := strings.Cut(form, hole)
		if !ok {
			panic("ratings: more values than holes in " + form)
		}
		*m = append(*m, before...)
		m.text(v)
		form = after
	}
	*m = append(*m, form...)
}

// fillIf is fill for a value that may not be known: nothing then.
func (m *markup) fillIf(form, value string) {
	if value != "" {
		m.fill(form, value)
	}
}

// text appends text, escaped as the HTML standard has it for text and for quoted
// attributes (section 13.1.2); a NUL, which it allows nowhere, is left out.
func (m *markup) text(s string) {
	from := 0
	for i := range len(s) {
		var as string
		switch s[i] {
		case '&':
			as = "&amp;"
		case '<':
			as = "&lt;"
		case '>':
			as = "&gt;"
		case '"':
			as = "&#34;"
		case '\'':
			as = "&#39;"
		case 0:
		default:
			continue
		}
		*m = append(append(*m, s[from:i]...), as...)
		from = i + 1
	}
	*m = append(*m, s[from:]...)
}

// head begins a page: everything up to its title. Pages share one look, and each
// carries it within, so that it can be kept and printed alone.
func (m *markup) head() { m.fill(pageHead) }

const pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Filmwire">
`

// style is the look, and the end of the head's plain part.
func (m *markup) style() {
	*m = append(append(append(*m, "<style>\n"...), pageStyle...), "</style>\n"...)
}
