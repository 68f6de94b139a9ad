package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// mask quotes lines of the file without the secrets that stand in them.
type mask struct {
	lines []string
	spans []span
}

// span is a part of the file that must not be printed, from one place to just
// before another.
type span struct{ from, to place }

// place is a line and a column, from 1.
type place struct{ line, column int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// newMask works out where the secrets end: where the next value or key of the
// file begins, as the tree does not say it.
func newMask(r *report) *mask {
	m := &mask{lines: r.lines}
	hidden := namedSecrets(r.tree, false, slices.Clone(r.hidden))
	if len(hidden) == 0 {
		return m
	}
	places := placesIn(r.tree, nil)
	slices.SortFunc(places, place.compare)
	for _, n := range hidden {
		own := placesIn(n, nil)
		last := slices.MaxFunc(own, place.compare)
		end := place{len(r.lines) + 1, 1}
		if i := slices.IndexFunc(places, func(p place) bool { return p.compare(last) > 0 }); i >= 0 {
			end = places[i]
		}
		m.spans = append(m.spans, span{placeOf(n), end})
	}
	m.spans = apart(m.spans)
	return m
}

// apart drops the spans that lie within others, as a list's items do, and puts
// the last one first.
func apart(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from.compare(b.from) })
	var outer []span
	for _, s := range spans {
		if n := len(outer); n == 0 || s.from.compare(outer[n-1].to) >= 0 {
			outer = append(outer, s)
		}
	}
	slices.Reverse(outer)
	return outer
}

// namedSecrets adds the values within a node that stand behind keys that are
// called like secrets: of an entry whose type is not known nobody has decoded
// them. behind says that such a key is above the node.
func namedSecrets(n *yaml.Node, behind bool, hidden []*yaml.Node) []*yaml.Node {
	if n == nil {
		return hidden
	}
	if n.Kind == yaml.Scalar && behind && !n.IsNull() {
		return append(hidden, n)
	}
	for _, item := range n.Items {
		hidden = namedSecrets(item, behind, hidden)
	}
	for _, p := range n.Pairs {
		elsewhere := p.Key.Value == "env" || p.Key.Value == "file"
		hidden = namedSecrets(p.Value, !elsewhere && (behind || secretName.MatchString(p.Key.Value)), hidden)
	}
	return hidden
}

func placesIn(n *yaml.Node, places []place) []place {
	if n == nil {
		return places
	}
	places = append(places, placeOf(n))
	for _, item := range n.Items {
		places = placesIn(item, places)
	}
	for _, p := range n.Pairs {
		places = placesIn(p.Value, placesIn(p.Key, places))
	}
	return places
}

const (
	hiddenText = "<secret>"
	quoteWidth = 120 // characters of a line that are shown
)

// quote is the line of a fault with a caret under the column, "" for a fault
// without a place.
func (m *mask) quote(f *Fault) string {
	if f.Line < 1 || f.Line > len(m.lines) {
		return ""
	}
	text := []rune(m.lines[f.Line-1])
	caret := min(max(f.Column-1, 0), len(text))
	for _, s := range m.spans { // the last on a line first: offsets before it stay true
		from, to := s.on(f.Line, text)
		text, caret = replace(text, caret, from, to)
	}
	if f.Code == Syntax {
		// What does not parse has no tree: go by what keys are called.
		text, caret = m.guess(f.Line, text, caret)
	}
	whole := string(text)
	for _, at := range slices.Backward(passwordInURL.FindAllStringSubmatchIndex(whole, -1)) {
		text, caret = replace(text, caret, utf8.RuneCountInString(whole[:at[2]]), utf8.RuneCountInString(whole[:at[3]]))
	}
	text, caret = window(text, caret)
	return fmt.Sprintf("%5d | %s\n      | %s^", f.Line, printed(text), indent(text[:caret]))
}

// on is the part of a line, as offsets, that lies in the span. An empty part is
// from == to.
func (s span) on(line int, text []rune) (from, to int) {
	if line < s.from.line || line > s.to.line {
		return 0, 0
	}
	to = len(text)
	if line == s.from.line {
		from = min(s.from.column-1, len(text))
	}
	if line == s.to.line {
		to = min(s.to.column-1, len(text))
	}
	for from < to && strings.ContainsRune(" \t-", text[from]) {
		from++
	}
	for from < to && strings.ContainsRune(" \t,", text[to-1]) {
		to--
	}
	return from, to
}

// replace puts the mask over text[from:to] and moves the caret along.
func replace(text []rune, caret, from, to int) ([]rune, int) {
	if from >= to {
		return text, caret
	}
	switch {
	case caret >= to:
		caret += len(hiddenText) - (to - from)
	case caret > from:
		caret = from
	}
	return slices.Concat(text[:from], []rune(hiddenText), text[to:]), caret
}

// secretWord is what keys are called that hold secrets.
const secretWord = `(?i:secret|token|passw|passphrase|api[_-]?key|private[_-]?key|authorization)`

var (
	secretName  = regexp.MustCompile(secretWord)
	secretEntry = regexp.MustCompile(`[\w.-]*` + secretWord + `[\w.-]*["']?\s*[:=]\s*(.*)`)
	// The scheme may be what is wrong with a URL, or be missing: user:password@
	// at the beginning of a word is hidden without it.
	passwordInURL = regexp.MustCompile(`(?://|^|[\s"'=,(\[{])[^/\s:@]*:([^/\s@]+)@`)
)

// guess hides what stands behind a key that is called like a secret, on the line
// or, for a text of several lines, above it.
func (m *mask) guess(line int, text []rune, caret int) ([]rune, int) {
	if at := secretEntry.FindStringSubmatchIndex(string(text)); at != nil {
		from := utf8.RuneCountInString(string(text)[:at[2]])
		return replace(text, caret, from, len(text))
	}
	own := depthOf(string(text))
	for i := line - 2; i >= 0; i-- {
		above := m.lines[i]
		if strings.TrimSpace(above) == "" || depthOf(above) >= own {
			continue
		}
		if secretEntry.MatchString(above) {
			return replace(text, caret, own, len(text))
		}
		break
	}
	return text, caret
}

func depthOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// maskURLs takes the password out of every URL in a text.
func maskURLs(text string) string {
	return passwordInURL.ReplaceAllStringFunc(text, func(m string) string {
		return m[:strings.LastIndex(m, ":")+1] + hiddenText + "@"
	})
}

// window cuts a long line down to what stands around the caret.
func window(text []rune, caret int) ([]rune, int) {
	if len(text) > quoteWidth {
		from := max(0, min(caret-quoteWidth/2, len(text)-quoteWidth))
		more := from+quoteWidth < len(text)
		text, caret = slices.Clone(text[from:from+quoteWidth]), caret-from
		if from > 0 {
			text[0] = '…'
		}
		if more {
			text[quoteWidth-1] = '…'
		}
	}
	return text, min(caret, len(text))
}

// printed shows no character that would do something to a terminal.
func printed(text []rune) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, string(text))
}

// indent is as wide as text: tabs stay tabs.
func indent(text []rune) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(text))
}
