//go:build linux || darwin

package bus_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
)

// alone is the variable by which the test knows that it runs in a process of its
// own, whose files it may limit.
const alone = "FILMWIRE_BUS_TEST_ALONE"

func TestDiskRefusesWrites(t *testing.T) {
	if os.Getenv(alone) != "" {
		diskRefusesWrites(t)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(bound(t), exe, "-test.run=^TestDiskRefusesWrites$", "-test.v")
	cmd.Env = append(os.Environ(), alone+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestDiskRefusesWrites")) {
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
}

// diskRefusesWrites has the system refuse every write beyond a size, as a full disk
// does. The server then keeps silent until it is started again.
func diskRefusesWrites(t *testing.T) {
	dir := t.TempDir()
	b := closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
	before, err := b.Log().Append(bound(t), bustest.First("before", 30))
	if err != nil {
		t.Fatal(err)
	}
	allow := refuseBeyond(t, 200<<10)
	for n := 0; err == nil && n < 1000; n++ {
		_, err = b.Log().Append(bound(t), bustest.First(fmt.Sprint(n), 1+n%2*40))
	}
	allow()
	if err == nil {
		t.Fatal("everything went in")
	}
	for name, err := range map[string]error{
		"the append":   err,
		"the next":     lastOf(b.Log().Append(bound(t), bustest.First("next", 1))),
		"a next group": lastOf(b.Log().Append(bound(t), bustest.First("next", 30))),
		"the state":    b.KV().Put(bound(t), "a", nil),
		"a job":        b.Jobs().Post(bound(t), "a", "b"),
		"health":       b.Health(bound(t)),
	} {
		if err == nil || !strings.Contains(err.Error(), "then restart") {
			t.Errorf("%s: %v, want what to do", name, err)
		}
	}
	if _, err := b.Log().At(bound(t), before[0]); err != nil {
		t.Errorf("what is there cannot be read: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = closeAtEnd(t, mustOpen(t, bus.Options{Dir: dir}))
	if err := b.Health(bound(t)); err != nil {
		t.Errorf("health after a restart: %v", err)
	}
	if _, err := b.Log().Append(bound(t), bustest.First("after", 30)); err != nil {
		t.Errorf("append after a restart: %v", err)
	}
}

func lastOf(_ []pipeline.Position, err error) error { return err }

// refuseBeyond sets the size that files of this process may have.
func refuseBeyond(t *testing.T, size uint64) (allow func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	set := func(l syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Errorf("limit of file sizes: %v", err)
		}
	}
	small := limit
	small.Cur = size
	set(small)
	allow = func() { set(limit) }
	t.Cleanup(func() { allow(); signal.Reset(syscall.SIGXFSZ) })
	return allow
}
