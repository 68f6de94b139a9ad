package daemon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fence is something dangerous that is done in one place, and where that is.
type fence struct {
	why      string
	of       string   // an import path
	names    []string // what is taken from it
	packages []string // that may
}

var fences = []fence{
	{
		"there is one constructor of HTTP clients, which guards addresses, redirects and sizes", "net/http",
		[]string{"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		[]string{"pipeline/fetch"},
	},
	{
		"a connection out goes through the guarded client, or to the log", "net",
		[]string{"Dialer", "Dial", "DialTimeout", "DialTCP", "DialUDP"},
		[]string{"pipeline/fetch", "pipeline/bus"},
	},
	{
		"there is one sanitiser, and what did not come through it is escaped", "html/template",
		[]string{"HTML", "JS", "JSStr", "URL", "Srcset"},
		[]string{"sinks/template"}, // as `trusted`, which somebody has to write
	},
	{
		"public files are written by the tree; others, by those who keep them", "os",
		[]string{"WriteFile", "Create", "OpenFile", "Rename"},
		[]string{"sinks/file", "pipeline/views", "cmd/cli"},
	},
	{
		"what bytes are written in is guessed in one place", "golang.org/x/net/html/charset",
		[]string{"DetermineEncoding", "NewReader"},
		[]string{"pipeline/charset"},
	},
	{
		"archives are opened in one place, within its limits", "archive/zip",
		[]string{"NewReader", "OpenReader"},
		[]string{"pipeline/exports"},
	},
}

// TestFences looks for what is taken from where it is dangerous, in every file that is
// no test.
func TestFences(t *testing.T) {
	used := make([]int, len(fences))
	eachFile(t, func(file string, parsed *ast.File) {
		by := path.Dir(file)
		for i, f := range fences {
			for _, name := range taken(parsed, f.of) {
				switch {
				case !slices.Contains(f.names, name) || isTesting(by):
				case slices.Contains(f.packages, by):
					used[i]++
				default:
					t.Errorf("%s: %s.%s: %s", file, f.of, name, f.why)
				}
			}
		}
	})
	for i, n := range used {
		if n == 0 {
			t.Errorf("nobody uses %s any more, or the test looks in the wrong place", fences[i].of)
		}
	}
}

// TestOneNameForFiles holds that names of files and addresses are made of titles in
// one place.
func TestOneNameForFiles(t *testing.T) {
	var made []string
	eachFile(t, func(file string, parsed *ast.File) {
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.EqualFold(f.Name.Name, "slug") && !isTesting(path.Dir(file)) {
				made = append(made, path.Dir(file))
			}
		}
	})
	if !slices.Equal(made, []string{"pipeline/fold"}) {
		t.Errorf("slugs are made in %v, want pipeline/fold alone", made)
	}
}

// eachFile parses every file of the module that is no test.
func eachFile(t *testing.T, visit func(file string, parsed *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(file, ".go"), strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		visit(filepath.ToSlash(rel), parsed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// taken are the names that a file takes from a package. A pointer to a client that
// somebody else made is none.
func taken(file *ast.File, of string) (names []string) {
	local := ""
	for _, spec := range file.Imports {
		if what, err := strconv.Unquote(spec.Path.Value); err == nil && what == of {
			if local = path.Base(of); spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if _, pointer := n.(*ast.StarExpr); pointer {
			return false
		}
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}
