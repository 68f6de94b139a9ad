package file_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/file"
)

// smallDisk names the variable that says where a disk with little room is.
const smallDisk = "FILMWIRE_TEST_SMALL_DISK"

// TestDiskFull fills a real disk, one in memory that this test alone sees: nothing is
// left half written, the verdict says what to do, and with room again all is delivered.
func TestDiskFull(t *testing.T) {
	if disk := os.Getenv(smallDisk); disk != "" {
		fill(t, disk)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	disk := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c",
		`mount -t tmpfs -o size=256k none "$1" || exit 77; exec "$0" -test.run "^TestDiskFull$" -test.v`, self, disk)
	cmd.Env = append(os.Environ(), smallDisk+"="+disk)
	said, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(said), "--- PASS: TestDiskFull") {
		return
	}
	if strings.Contains(string(said), "--- FAIL") || strings.Contains(string(said), "panic:") {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Skipf("SKIPPED: no disk of its own can be had here: %v %s", err, said)
}

func fill(t *testing.T, disk string) {
	for name, format := range formats() {
		d := newDesk(t, func(s *file.Settings) {
			if format != nil {
				format(s)
			}
			s.Path = pipeline.Path(filepath.Join(disk, name, "kept."+s.Format))
		})
		var told []*review.Event
		var v pipeline.Verdict
		for from := 0; v == (pipeline.Verdict{}) && from < 5_000; from += 7 {
			batch := some(from, 7)
			if v = d.hand(batch...); v.Outcome == pipeline.Done {
				told = append(told, batch...)
			}
		}
		if v.Outcome != pipeline.Retry || v.Code != "no_space" || !strings.Contains(v.Reason, "no space left on device; make room") {
			t.Fatalf("%s: with a full disk the verdict is %+v", name, v)
		}
		d.holds(told)
		batch := some(len(told), 7)
		if again := d.hand(batch...); again != v {
			t.Errorf("%s: the next time it is %+v", name, again)
		}
		// Somebody moves the file to another disk.
		away := read(t, d.path())
		if err := os.Remove(d.path()); err != nil {
			t.Fatal(err)
		}
		d.done(batch...)
		d.holds(batch)
		if !strings.HasSuffix(away, "\n") || slices.Contains(d.files(), filepath.Base(d.path())+".torn") {
			t.Errorf("%s: a torn line was left: %v", name, d.files())
		}
		if err := os.RemoveAll(filepath.Join(disk, name)); err != nil {
			t.Fatal(err)
		}
	}
}
