package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/sources/sourcetest"
)

func TestDiagnose(t *testing.T) {
	dir := tree(t, map[string]string{"a.md": "a", "sub/b.md": "b", "sub/deep/c.txt": "c", "empty/x.png": "x"})
	open := func(path string) watched {
		s, err := Type().Configure(sourcetest.NewOptions(map[string]any{"path": path}))(pipeline.SourceEnv{Name: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return s.(watched)
	}
	for _, tt := range []struct {
		name, path, want string
		level            pipeline.Level
	}{
		{"a folder", dir, "3 files", pipeline.LevelOK},
		{"a pattern", dir + "/**/*.md", "2 files", pipeline.LevelOK},
		{"a file", dir + "/a.md", "1 files", pipeline.LevelOK},
		{"nothing of a kind that is read", dir + "/empty", "no file", pipeline.LevelWarning},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := open(tt.path).source.Diagnose(t.Context())
			if len(got) != 1 || got[0].Level != tt.level || !strings.Contains(got[0].Cause, tt.want) {
				t.Errorf("got %+v, want %s: %s", got, tt.level, tt.want)
			}
		})
	}
	gone := open(dir + "/sub")
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if got := gone.Diagnose(t.Context()); len(got) == 0 || got[0].Level != pipeline.LevelFault {
		t.Errorf("a folder that went away: %+v, want a fault", got)
	}
}

func TestWatchesAgainstTheLimit(t *testing.T) {
	dir := tree(t, map[string]string{"a/1.md": "a", "b/1.md": "b", "c/1.md": "c"})
	s, err := Type().Configure(sourcetest.NewOptions(map[string]any{"path": dir}))(pipeline.SourceEnv{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	limit := filepath.Join(t.TempDir(), "max_user_watches")
	for most, want := range map[string]int{"7\n": 1, "8192\n": 0, "many\n": 0} {
		if err := os.WriteFile(limit, []byte(most), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.(watched).watches(t.Context(), limit); len(got) != want {
			t.Errorf("of %q: %+v, want %d findings", most, got, want)
		}
	}
	if got := s.(watched).watches(t.Context(), limit+"-gone"); got != nil {
		t.Errorf("without a limit: %+v", got)
	}
}
