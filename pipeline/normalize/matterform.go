package normalize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// matterForm is a language that front matter is written in. Whatever it is, what
// comes out is the same tree of values, each with its line.
type matterForm struct {
	open, shut []string // the lines around it
	parse      func(head string) (*yaml.Node, error)
	looks      func(line string) bool // the first line inside is meant as front matter
	example    string
}

// matterForms are told apart by the first line. JSON between no lines at all is
// one more.
var matterForms = [...]matterForm{
	{open: []string{"---", "---yaml", "--- yaml"}, shut: []string{"---", "..."}, parse: parseYAML, looks: looksYAML, example: "title: Mulan"},
	{open: []string{"+++", "---toml", "--- toml"}, shut: []string{"+++", "---"}, parse: parseTOML, looks: looksTOML, example: `title = "Mulan"`},
	{open: []string{"---json", "--- json", ";;;"}, shut: []string{"---", ";;;"}, parse: parseJSON, looks: looksJSON, example: `"title": "Mulan"`},
}

// matterText is front matter as it stands in a document: the language, the text, and
// what follows.
type matterText struct {
	form       *matterForm
	head, rest string
	above      int // lines of the document above head
}

// cutFrontMatter splits a document behind its front matter. ok is false where there
// is none; an error says that it was meant and cannot be told from the text.
func cutFrontMatter(text string) (m matterText, ok bool, err error) {
	line := firstLine(text)
	for i := range matterForms {
		f := &matterForms[i]
		if !fence(line, f.open) {
			continue
		}
		m, ok = f.cut(text)
		if second := firstLine(text[len(line):]); !ok && f.looks(second) {
			return m, false, fmt.Errorf("front matter: line 1: no line %s ends it", f.shut[0])
		}
		return m, ok, nil
	}
	if !bareJSON(text) {
		return m, false, nil
	}
	return cutJSON(text)
}

func (f *matterForm) cut(text string) (matterText, bool) {
	from := len(firstLine(text))
	for at := from; at < len(text); {
		line := firstLine(text[at:])
		if fence(line, f.shut) {
			return matterText{f, text[from:at], text[at+len(line):], 1}, true
		}
		at += len(line)
	}
	return matterText{}, false
}

// firstLine is the first line with its end.
func firstLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1]
	}
	return s
}

// fence reports a line that is one of the marks.
func fence(line string, marks []string) bool {
	line = strings.TrimRight(line, " \t\r\n")
	for _, mark := range marks {
		if line == mark {
			return true
		}
	}
	return false
}

func looksYAML(line string) bool {
	key, _, ok := strings.Cut(line, ":")
	return ok && key != "" && !strings.ContainsAny(key, " *[")
}

func looksTOML(line string) bool {
	key, _, ok := strings.Cut(line, "=")
	return ok && key != "" && !strings.ContainsAny(strings.TrimSpace(key), " *[") || strings.HasPrefix(line, "[")
}

func looksJSON(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "{") }

// bareJSON reports a text that begins with an object, as no prose does: {{ is a
// template's.
func bareJSON(text string) bool {
	if !strings.HasPrefix(text, "{") {
		return false
	}
	inside := strings.TrimLeft(text[1:], " \t\r\n")
	return strings.HasPrefix(inside, `"`) || strings.HasPrefix(inside, "}")
}

// cutJSON splits a document behind the object that it begins with.
func cutJSON(text string) (matterText, bool, error) {
	f := &matterForms[len(matterForms)-1]
	var object json.RawMessage
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&object); err != nil {
		return matterText{}, false, fmt.Errorf("front matter: %w", jsonFault(text, err, d.InputOffset(), 0))
	}
	end := int(d.InputOffset())
	return matterText{f, text[:end], strings.TrimLeft(text[end:], " \t\r"), 0}, true, nil
}

// maxMatter is more than any front matter has.
const maxMatter = 128 << 10

// parse reads the values. An error names the line in the document.
func (m *matterText) parse() (*yaml.Node, error) {
	if len(m.head) > maxMatter {
		return nil, fmt.Errorf("front matter: longer than %d kB", maxMatter>>10)
	}
	root, err := m.form.parse(m.head)
	if f := (*matterFault)(nil); errors.As(err, &f) {
		return nil, fmt.Errorf("front matter: line %d, column %d: %s", f.line+m.above, f.column, f.text)
	}
	if err != nil {
		return nil, fmt.Errorf("front matter: %w", err)
	}
	if root != nil && root.Kind != yaml.Mapping {
		return nil, fmt.Errorf("front matter: line %d: want keys and values, as %s; this is %s", root.Line+m.above, m.form.example, root)
	}
	return root, nil
}

// matterFault is what is wrong with front matter, and where, from 1.
type matterFault struct {
	line, column int
	text         string
}

func (f *matterFault) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", f.line, f.column, f.text)
}

func parseYAML(head string) (*yaml.Node, error) {
	root, faults := yaml.Parse([]byte(head))
	if len(faults) > 0 {
		f := faults[0]
		return nil, &matterFault{f.Line, f.Column, f.Text}
	}
	return root, nil
}

// parseJSON reads an object. The numbers keep their digits.
func parseJSON(head string) (*yaml.Node, error) {
	r := jsonReader{newLineIndex(head), json.NewDecoder(strings.NewReader(head))}
	r.dec.UseNumber()
	root, err := r.value(0)
	switch {
	case errors.Is(err, io.EOF) && strings.TrimSpace(head) == "":
		return nil, nil
	case err != nil:
		return nil, jsonFault(head, err, r.dec.InputOffset(), 0)
	}
	if rest := strings.TrimSpace(head[r.dec.InputOffset():]); rest != "" {
		return nil, jsonFault(head, errors.New("something follows the object"), r.dec.InputOffset(), 1)
	}
	return root, nil
}

// jsonFault is an error with its place. behind is how much further it lies.
func jsonFault(text string, err error, offset int64, behind int) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		offset = syntax.Offset - 1
	}
	at := newLineIndex(text)
	line, column := at.place(int(offset) + behind)
	reason := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		reason = "the object is never closed"
	}
	return &matterFault{line, column, "no JSON: " + reason}
}

// lineIndex knows where the lines of a text begin, so that many places can be asked
// for.
type lineIndex struct {
	text   string
	begins []int
}

func newLineIndex(text string) lineIndex {
	l := lineIndex{text, []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.begins = append(l.begins, i+1)
		}
	}
	return l
}

// place is the line and the column of an offset, from 1; columns count characters.
func (l *lineIndex) place(offset int) (line, column int) {
	offset = min(max(offset, 0), len(l.text))
	line, found := slices.BinarySearch(l.begins, offset)
	if !found {
		line--
	}
	const most = 1000 // nobody looks for a column beyond
	return line + 1, 1 + utf8.RuneCountInString(l.text[l.begins[line]:min(offset, l.begins[line]+most)])
}

// jsonReader makes a tree of JSON, value by value: a tree has the order of the
// keys and their places, which a map has not.
type jsonReader struct {
	lineIndex
	dec *json.Decoder
}

// node is one that has the place of what comes next.
func (r *jsonReader) node() *yaml.Node {
	at := int(r.dec.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	n := &yaml.Node{Kind: yaml.Scalar}
	n.Line, n.Column = r.place(at)
	return n
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	n := r.node()
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		if depth >= yaml.MaxDepth {
			return nil, errors.New("nested too deeply")
		}
		return n, r.inside(n, v, depth+1)
	case string:
		n.Tag, n.Value = yaml.Str, v
	case json.Number:
		n.Tag, n.Value = yaml.Float, v.String()
	case bool:
		n.Tag, n.Value = yaml.Bool, fmt.Sprint(v)
	default:
		n.Tag = yaml.Null
	}
	return n, nil
}

// inside reads a list or an object up to its end.
func (r *jsonReader) inside(n *yaml.Node, open json.Delim, depth int) error {
	if n.Kind = yaml.Sequence; open == '{' {
		n.Kind = yaml.Mapping
	}
	seen := map[string]bool{}
	for r.dec.More() {
		value, err := r.value(depth)
		if err != nil {
			return err
		}
		if n.Kind == yaml.Sequence {
			n.Items = append(n.Items, value)
			continue
		}
		key := value
		if seen[key.Value] {
			return fmt.Errorf("key %q is here a second time", key.Value)
		}
		seen[key.Value] = true
		if value, err = r.value(depth); err != nil {
			return err
		}
		n.Pairs = append(n.Pairs, yaml.Pair{Key: key, Value: value})
	}
	_, err := r.dec.Token()
	return err
}
