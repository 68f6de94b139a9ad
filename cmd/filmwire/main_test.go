package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/filmwire/filmwire/cmd/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"filmwire": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

// TestStories runs the scripts in testdata/script: they are the specification of
// the command line. Besides testscript's own commands they have
//
//	exits N COMMAND...   run a command that must exit with N
//	keep FOLDER NAME     remember the files of a folder under a name
//	same FOLDER NAME     the files of a folder are those remembered, byte for byte
//	lines FILE N         a file has N lines
//	pack ARCHIVE FILE... put files into a zip, or one into a .gz
//	await FILE [TEXT]    wait until a file is there and holds a text; with !, until not
func TestStories(t *testing.T) {
	var kept sync.Map // stories are told side by side
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs("../..")
			env.Setenv("REPO", root)
			env.Setenv("TZ", "UTC")
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"lines": lines,
			"pack":  pack,
			"await": func(ts *testscript.TestScript, neg bool, args []string) { await(t, ts, neg, args) },
			"keep": func(ts *testscript.TestScript, _ bool, args []string) {
				kept.Store(ts.Name()+args[1], folder(ts, args[0]))
			},
			"same": func(ts *testscript.TestScript, neg bool, args []string) {
				remembered, ok := kept.Load(ts.Name() + args[1])
				if !ok {
					ts.Fatalf("no folder was kept as %s", args[1])
				}
				was, is := remembered.(map[string]string), folder(ts, args[0])
				var changed []string
				for name := range union(was, is) {
					if was[name] != is[name] {
						changed = append(changed, name)
					}
				}
				if (len(changed) > 0) != neg {
					ts.Fatalf("%d files before, %d now; changed: %v", len(was), len(is), changed)
				}
			},
		},
		Condition: func(name string) (bool, error) {
			if name == "shared" {
				_, err := os.Stat(filepath.Join("..", "..", "..", "shared", "data"))
				return err == nil, nil
			}
			return false, errors.New("unknown condition " + name)
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func pack(ts *testscript.TestScript, _ bool, args []string) {
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer out.Close()
	if strings.HasSuffix(args[0], ".gz") {
		z := gzip.NewWriter(out)
		_, err := io.WriteString(z, ts.ReadFile(args[1]))
		ts.Check(err)
		ts.Check(z.Close())
		return
	}
	z := zip.NewWriter(out)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
}

func await(t *testing.T, ts *testscript.TestScript, neg bool, args []string) {
	for {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if so := err == nil && (len(args) == 1 || strings.Contains(string(content), args[1])); so != neg {
			return
		}
		if err := t.Context().Err(); err != nil {
			ts.Fatalf("%v", err)
		}
		breathe(t.Context())
	}
}

func lines(ts *testscript.TestScript, _ bool, args []string) {
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s has %d lines, want %s", args[0], got, args[1])
	}
}

func folder(ts *testscript.TestScript, name string) map[string]string {
	files, err := readFolder(ts.MkAbs(name))
	ts.Check(err)
	return files
}

func readFolder(dir string) (map[string]string, error) {
	files := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = string(content)
		return err
	})
	return files, err
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

// filmwire runs a command to its end and returns what it printed.
func filmwire(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "filmwire", args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("filmwire %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// eventsOf is what `filmwire events --json` prints.
func eventsOf(t testing.TB, config string) []map[string]any {
	t.Helper()
	var all []map[string]any
	dec := json.NewDecoder(strings.NewReader(filmwire(t, "events", "--json", "-c", config)))
	for dec.More() {
		var e map[string]any
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}
