package yaml_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filmwire/filmwire/pipeline/yaml"
)

// show writes a tree on one line: tag:value@line:column.
func show(n *yaml.Node) string {
	if n == nil {
		return "nil"
	}
	var parts []string
	at := fmt.Sprintf("@%d:%d", n.Line, n.Column)
	switch n.Kind {
	case yaml.Scalar:
		return n.Tag + ":" + n.Value + at
	case yaml.Sequence:
		for _, item := range n.Items {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]" + at
	}
	for _, p := range n.Pairs {
		parts = append(parts, p.Key.Value+"="+show(p.Value))
	}
	return "{" + strings.Join(parts, " ") + "}" + at
}

func TestTree(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"nothing", "", "nil"},
		{"only comments", "# one\n# two\n", "nil"},
		{"only a marker", "---\n", "nil"},
		{"places", "a: 1\nb: {c: é, d: x}\nl:\n  - x: 1\n    y: 2\n",
			"{a=int:1@1:4 b={c=str:é@2:8 d=str:x@2:14}@2:4 l=[{x=int:1@4:8 y=int:2@5:8}@4:5]@4:3}@1:1"},
		{"byte order mark", "\ufeffa: 1\n", "{a=int:1@1:4}@1:1"},
		{"windows line ends", "a:\r\n  b: 1\r\nc: 2", "{a={b=int:1@2:6}@2:3 c=int:2@3:4}@1:1"},
		{"version numbers keep their zero", "v: 1.10", "{v=float:1.10@1:4}@1:1"},
		{"an empty value stands at its key", "a:\nb: 1\n", "{a=null:@1:1 b=int:1@2:4}@1:1"},
		{"alias", "a: &x [1]\nb: *x", "{a=[int:1@1:8]@1:4 b=[int:1@1:8]@1:4}@1:1"},
		{"quoted is text", `a: "12"`, "{a=str:12@1:4}@1:1"},
		{"a tag makes text", "a: !!str 12", "{a=str:12@1:4}@1:1"},
		{"the plain tag makes text", "a: ! 12", "{a=str:12@1:4}@1:1"},
		{"block text", "a: |\n  one\n  two\nb: >-\n  three\n  four\n", "{a=str:one\ntwo\n@1:4 b=str:three four@4:4}@1:1"},
		{"line separators are text", "a: x\u2028y\u0085z\u2029\ue000\nb: 1", "{a=str:x\u2028y\u0085z\u2029\ue000@1:4 b=int:1@2:4}@1:1"},
		{"a number as a key", "1: a", "{1=str:a@1:4}@1:1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n, faults := yaml.Parse([]byte(tc.in))
			if len(faults) > 0 {
				t.Fatalf("faults: %v", faults)
			}
			if got := show(n); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestTags(t *testing.T) {
	for tag, values := range map[string][]string{
		"null":      {"", "~", "null", "Null", "NULL"},
		"bool":      {"true", "True", "TRUE", "false"},
		"int":       {"0", "-19", "+1", "010", "0o17", "0xFF"},
		"float":     {"1.10", ".5", "5.", "-0.0", "6e23", "1.5E-3", ".inf", "-.Inf", ".NaN"},
		"timestamp": {"2026-11-22", "2026-11-22T18:00:00Z", "2026-11-22 18:00:00", "2026-11-22 18:00:00.5 +01:00"},
		"str": {"no", "yes", "on", "off", "y", "N", "NO", "1_000", "0b1", "0o9", "1:30", "12:30:45", "1.2.3", "e3", ".",
			"tRUE", "nULL", "2026-11", "2026-1-2", "3/5", "+", "0x", "1e"},
	} {
		for _, value := range values {
			n, faults := yaml.Parse([]byte("k: " + value))
			if len(faults) > 0 || n.Get("k").Tag != tag {
				t.Errorf("%q: got %s %v, want tag %s", value, show(n), faults, tag)
			}
			if got := n.Get("k").Value; got != value {
				t.Errorf("%q: value is %q: must stay as written", value, got)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"several documents", "a: 1\n---\nb: 2\n", []string{"2:1: a second document: one file holds one, so take out the line with ---"}},
		{"every duplicate key", "a: 1\na: 2\nb: {c: 1, c: 2}\n", []string{
			`2:1: key "a" is here a second time; the first is on line 1`,
			`3:11: key "c" is here a second time; the first is on line 3`}},
		{"the same key quoted", "a: 1\n\"a\": 2\n", []string{`2:1: key "a" is here a second time; the first is on line 1`}},
		{"merge key", "a: {<<: {b: 1}}", []string{"1:5: merge keys (<<) are not supported: write the keys out, or alias whole values"}},
		{"own tag", "a: !secret x", []string{"1:4: tag !secret is not known: leave it out"}},
		{"own tag on a list", "a: !set [x]", []string{"1:4: tag !set is not known: leave it out"}},
		{"a tag that lies", "a: !!int x", []string{`1:4: "x" is not what the tag !!int says`}},
		{"list as a key", "? [a]\n: 1", []string{"1:3: a key must be one word or text, not a list"}},
		{"tab", "a:\n\tb: 1", []string{"2:1: a tab in the indentation: use spaces"}},
		{"at sign", "é: @x", []string{"1:4: a value cannot begin with @: quote it"}},
		{"colon in a value", "a: b: c", []string{`1:5: a ":" where no key can stand: indent it like its neighbours, or quote the value`}},
		{"open list", "a: [1\nb: 2", []string{`2:2: the list opened with "[" is not closed: a "," or "]" is missing before this`}},
		{"what is missing at the end", "ab: [1\n", []string{`1:7: the list opened with "[" is not closed: a "," or "]" is missing before this`}},
		{"open quote", "a: 'x\nb: 2\n", []string{"1:4: the quote opened here is not closed"}},
		{"dedented", "a:\n    b: 1\n  c: 1\n", []string{"3:3: not a key: is the indentation that of its neighbours, and every quote closed?"}},
		{"unknown alias", "x: *no", []string{"1:4: unknown anchor 'no' referenced"}},
		{"alias of itself", "a: &a [*a]", []string{"1:8: alias *a: it contains itself, or stands for too much"}},
		{"control character", "a: é\x01", []string{"1:5: control character U+0001 is not allowed in YAML"}},
		{"latin-1", "a: 1\nb: caf\xe9\n", []string{"2:7: byte 0xe9: not UTF-8; save the file as UTF-8"}},
		{"faults before a broken line", "a: 1\na: 1\n--- x\n--- @", []string{
			`2:1: key "a" is here a second time; the first is on line 1`, "4:5: a value cannot begin with @: quote it"}},
		{"too deep in brackets", strings.Repeat("[", 101), []string{"1:101: nested more than 100 deep"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, faults := yaml.Parse([]byte(tc.in))
			var got []string
			for _, f := range faults {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeepsWhatItUnderstands(t *testing.T) {
	n, faults := yaml.Parse([]byte("a: 1\na: 2\nb: !x y\nc: 3\n"))
	if len(faults) != 2 || n.Get("a").Value != "1" || n.Get("c").Value != "3" {
		t.Errorf("got %s, %v", show(n), faults)
	}
}

func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	_, faults := yaml.Parse([]byte(b.String()))
	if len(faults) == 0 || !strings.Contains(faults[0].Text, "stand for more than 10000 values") {
		t.Fatalf("got %v", faults)
	}
	if len(faults) > yaml.MaxFaults {
		t.Errorf("%d faults", len(faults))
	}
}

func TestDepthOfBlocksAndAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 {x: 1}\n")
	for i := 1; i < 120; i++ {
		fmt.Fprintf(&b, "a%d: &a%d {x: *a%d}\n", i, i, i-1)
	}
	_, faults := yaml.Parse([]byte(b.String()))
	if len(faults) == 0 || !strings.Contains(faults[0].Text, "nested more than 100 deep") {
		t.Errorf("got %v", faults)
	}
}

func TestTooLarge(t *testing.T) {
	_, faults := yaml.Parse(make([]byte, yaml.MaxSize+1))
	if len(faults) != 1 || faults[0].Text != "larger than 4 MiB" {
		t.Errorf("got %v", faults)
	}
}

func TestLines(t *testing.T) {
	got := yaml.Lines([]byte("\ufeffa\r\nb\rc\nd\u2028e"))
	if diff := cmp.Diff([]string{"a", "b", "c", "d\u2028e"}, got); diff != "" {
		t.Error(diff)
	}
}

// checkParse holds for any bytes at all.
func checkParse(t interface{ Errorf(string, ...any) }, data []byte) {
	n, faults := yaml.Parse(data)
	lines := yaml.Lines(data)
	for _, f := range faults {
		if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > utf8.RuneCountInString(lines[f.Line-1])+1 || f.Text == "" {
			t.Errorf("fault %v is outside %q", f, data)
		}
	}
	if len(faults) > yaml.MaxFaults+2 {
		t.Errorf("%d faults", len(faults))
	}
	checkNode(t, n, len(lines))
}

func checkNode(t interface{ Errorf(string, ...any) }, n *yaml.Node, lines int) {
	if n == nil {
		return
	}
	if n.Line < 1 || n.Line > lines || n.Column < 1 {
		t.Errorf("%v is at %d:%d of %d lines", n, n.Line, n.Column, lines)
	}
	for _, item := range n.Items {
		checkNode(t, item, lines)
	}
	seen := make(map[string]bool)
	for _, p := range n.Pairs {
		if seen[p.Key.Value] || p.Key.Kind != yaml.Scalar || p.Value == nil {
			t.Errorf("key %q twice, or no scalar, or without a value", p.Key.Value)
		}
		seen[p.Key.Value] = true
		checkNode(t, p.Value, lines)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: {c: [x, 'y', \"z\"]}\n", "- a\n- b: |\n    text\n", "a: &x 1\nb: *x\n", "---\na: 1\n...\n", "? k\n: v\n",
		"# c\na: # d\n  # e\n  - 1\n\n# f\n", "%YAML 1.2\n---\n!!str x\n", "a: >\n  b\n\n  c\n", "\ufeffa: x\u2028\r\nb: 2\r",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkParse(t, data) })
}

// Whatever a scalar holds, writing it quoted and reading it gives it back.
func TestQuotedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab:# -\t'\"\\é\u2028\u0085\ue000🎬"))).Draw(t, "text")
		data := []byte("k: '" + strings.ReplaceAll(text, "'", "''") + "'\n")
		n, faults := yaml.Parse(data)
		if len(faults) > 0 || n.Get("k").Value != text || n.Get("k").Tag != yaml.Str {
			t.Fatalf("%q: got %s, %v", data, show(n), faults)
		}
	})
}
