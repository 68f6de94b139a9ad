package daemon_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/filmwire/filmwire"

// imported is one import of one package, from a file that is not a test.
type imported struct{ by, what, file string }

// readImports reads the imports of every package of the module from the source
// itself: `go list` in a test is cached and goes blind.
func readImports(t *testing.T) []imported {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var all []imported
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			what, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all = append(all, imported{by: path.Dir(filepath.ToSlash(rel)), what: what, file: filepath.ToSlash(rel)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d imports found: the test looks in the wrong place", len(all))
	}
	return all
}

// isTesting reports whether a package exists for tests only: the suites that
// implementations of a port must pass.
func isTesting(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// isPlugIn reports whether a package is a source, a sink or a resolver.
func isPlugIn(pkg string) bool {
	kind, name, ok := strings.Cut(pkg, "/")
	return ok && name != "" && isCatalogue(kind) && !isTesting(pkg)
}

// isCatalogue reports whether a package lists plug-ins.
func isCatalogue(pkg string) bool { return pkg == "sources" || pkg == "sinks" || pkg == "resolvers" }

// own is an import of this module, without the module's name.
func own(what string) (string, bool) { return strings.CutPrefix(what, module+"/") }

func isStd(what string) bool {
	first, _, _ := strings.Cut(what, "/")
	return !strings.Contains(first, ".")
}

// mayImport says whether the arrows allow a package of the module to import
// another.
func mayImport(by, what string) bool {
	switch {
	case isTesting(by):
		return true
	case isTesting(what):
		return false
	case by == "pipeline/review":
		return false
	case by == "pipeline":
		return what == "pipeline/review"
	case isPlugIn(by):
		return what == "pipeline" || what == "pipeline/review"
	case isCatalogue(by):
		return what == "pipeline" || strings.HasPrefix(what, by+"/")
	case by == "config" || strings.HasPrefix(by, "pipeline/"):
		// Doors that others may go through: characters, letters, YAML, JSON Schema and codings of bodies.
		return slices.Contains([]string{"pipeline", "pipeline/review", "pipeline/charset", "pipeline/fold", "pipeline/yaml", "pipeline/schema", "pipeline/packing"}, what)
	case by == "cmd/filmwire":
		return what == "cmd/cli"
	case by == "cmd/daemon":
		return !strings.HasPrefix(what, "cmd/")
	case by == "cmd/cli":
		return what != "cmd/filmwire"
	}
	return false
}

func TestArrows(t *testing.T) {
	for _, i := range readImports(t) {
		if what, ok := own(i.what); ok && !mayImport(i.by, what) {
			t.Errorf("%s: %s may not import %s", i.file, i.by, what)
		}
		if i.by == "pipeline" || i.by == "pipeline/review" {
			if _, ours := own(i.what); !ours && !isStd(i.what) {
				t.Errorf("%s: %s imports the standard library only, not %s", i.file, i.by, i.what)
			}
		}
	}
}

// doorOf is the module an import belongs to, as far as doors go: a path's first
// three parts for a code host, else two.
func doorOf(what string) string {
	parts := strings.Split(what, "/")
	n := min(2, len(parts))
	if strings.HasSuffix(parts[0], "github.com") {
		n = min(3, len(parts))
	}
	return strings.Join(parts[:n], "/")
}

func TestOneDependencyOneDoor(t *testing.T) {
	doors := map[string]map[string]bool{}
	for _, i := range readImports(t) {
		if _, ours := own(i.what); ours || isStd(i.what) || isTesting(i.by) {
			continue
		}
		if strings.HasPrefix(i.what, "golang.org/x/") {
			continue // the Go project's own: see docs/decisions
		}
		door := doorOf(i.what)
		if doors[door] == nil {
			doors[door] = map[string]bool{}
		}
		doors[door][i.by] = true
	}
	for door, by := range doors {
		if len(by) > 1 {
			var packages []string
			for p := range by {
				packages = append(packages, p)
			}
			sort.Strings(packages)
			t.Errorf("%s is imported by %d packages, want one: %s", door, len(by), strings.Join(packages, ", "))
		}
	}
	for _, want := range []string{"github.com/nats-io/nats.go", "github.com/robfig/cron", "github.com/mmcdole/gofeed", "github.com/gorilla/feeds"} {
		if len(doors[want]) != 1 {
			t.Errorf("%s has %d doors, want one", want, len(doors[want]))
		}
	}
}

func TestNoInitAndNoInternal(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.IsDir() && (d.Name() == "internal" || d.Name() == "util" || d.Name() == "utils" || d.Name() == "common") {
				t.Errorf("%s: there is no such folder in this house", file)
			}
			return err
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		content, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(content), "\nfunc init()") {
			t.Errorf("%s: no init: what must happen is called by name", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
