package exec_test

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
	"github.com/filmwire/filmwire/sinks/exec"
	"github.com/filmwire/filmwire/sinks/sinktest"
)

// example is a program of the docs.
func example(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../docs/examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, s exec.Settings, env pipeline.DeliveryEnv) *exec.Delivery {
	t.Helper()
	if s.Timeout == 0 {
		s.Timeout = exec.Defaults().Timeout
	}
	d, err := exec.New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Log("close:", err)
		}
	})
	return d
}

// patient is a clock by which nothing takes too long.
type patient struct{ sinktest.Clock }

func (*patient) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// fewer makes the suite draw fewer histories: each starts the program three times.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks").Value
	before := checks.String()
	if err := checks.Set("4"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checks.Set(before) })
}

func TestShellExample(t *testing.T) {
	fewer(t)
	sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
		folder := t.TempDir()
		env.Clock = &patient{}
		return open(t, exec.Settings{Command: []string{example(t, "exec-sink.sh"), folder}}, env), func() map[string]string {
			files, err := filepath.Glob(folder + "/*.json")
			if err != nil {
				t.Fatal(err)
			}
			all := map[string]string{}
			for _, f := range files {
				content, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				all[filepath.Base(f)] = string(content)
			}
			return all
		}
	})
}

func TestPythonExample(t *testing.T) {
	found, err := osexec.Command("python3", "-c", "import sqlite3, sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("the example is not run: there is no Python 3 with sqlite3 here: ", err)
	}
	python := strings.TrimSpace(string(found))
	fewer(t)
	sinktest.Delivery(t, func(t testing.TB, env pipeline.DeliveryEnv) (pipeline.Delivery, sinktest.Outside) {
		table := filepath.Join(t.TempDir(), "reviews.db")
		env.Clock = &patient{}
		return open(t, exec.Settings{Command: []string{python, example(t, "exec_sink.py"), table}}, env), func() map[string]string {
			out, err := osexec.Command(python, "-c", `import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("select review, text from reviews where text is not null"): print(*(repr(x) for x in row))`, table).Output()
			if err != nil {
				return map[string]string{} // nothing was told, so there is no table
			}
			return map[string]string{"table": string(out)}
		}
	})
}

// own is this test binary as a program.
func own(t testing.TB, how string) exec.Settings {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Settings{Command: []string{self}, Env: map[string]pipeline.Secret{mode: pipeline.NewSecret(how)}}
}

func TestProgramsThatGoWrong(t *testing.T) {
	for how, want := range map[string]struct{ code, reason string }{
		"another protocol":   {"protocol", `it speaks "filmwire.sink/9"`},
		"garbage first":      {"protocol", "its first line is not the handshake: \"Welcome to my sink!"},
		"huge batches":       {"protocol", "batches of 1048576"},
		"no handshake":       {"timeout", "handshake: it has not answered in time"},
		"garbage":            {"protocol", `it said what is no verdict: "Traceback`},
		"a long line":        {"protocol", "longer than 65536 bytes"},
		"ends":               {"ended", "it has ended (exit status 7)"},
		"another's id":       {"protocol", `it answered "no.1", which it was not asked about`},
		"another verdict":    {"protocol", "want done, retry, reject or pause"},
		"hangs":              {"timeout", "it has not answered in time"},
		"hangs with a child": {"timeout", "it has not answered in time"},
		"ends with a child":  {"timeout", "it has not answered in time"},
	} {
		t.Run(how, func(t *testing.T) {
			env, _ := sinktest.DeliveryEnv() // its clock is never patient
			if want.code != "timeout" {
				env.Clock = &patient{}
			}
			d := open(t, own(t, how), env)
			v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.GUID("2"))))
			if err != nil {
				t.Fatal(err)
			}
			for i := range v {
				if v[i].Outcome != pipeline.Retry || v[i].Code != want.code || !strings.Contains(v[i].Reason, want.reason) || v[i].After != time.Second {
					t.Errorf("%+v", v[i])
				}
			}
			// It is not started again at once, and then later and later.
			again, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event()))
			if err != nil {
				t.Fatal(err)
			}
			if want.code != "timeout" && (again[0].Code != "start" || again[0].After != time.Second) {
				t.Errorf("asked again at once: %+v", again[0])
			}
		})
	}
}

// TestAnsweredTwice: the second answer stands where the next one should.
func TestAnsweredTwice(t *testing.T) {
	env, _ := sinktest.DeliveryEnv()
	env.Clock = &patient{}
	d := open(t, own(t, "twice"), env)
	v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.GUID("2"))))
	if err != nil || v[0].Outcome != pipeline.Done || v[1].Code != "protocol" || !strings.HasSuffix(v[1].Reason, "twice") {
		t.Errorf("%+v %v", v, err)
	}
}

func TestVerdicts(t *testing.T) {
	env, _ := sinktest.DeliveryEnv()
	env.Clock = &patient{}
	d := open(t, own(t, "judges"), env)
	for word, want := range map[string]pipeline.Verdict{
		"done":   {},
		"retry":  {Outcome: pipeline.Retry, After: 90 * time.Second, Code: "its_code", Reason: "because so"},
		"reject": {Outcome: pipeline.Reject, Code: "its_code", Reason: "because so"},
		"pause":  {Outcome: pipeline.Pause, Code: "its_code", Reason: "because so"},
	} {
		v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event(sinktest.Text(word))))
		if err != nil || v[0] != want {
			t.Errorf("%s: %+v %v", word, v, err)
		}
	}
	v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event(sinktest.Text("retry")), sinktest.Event(sinktest.Text("done"), sinktest.Kind(review.Revised, 2))))
	if err != nil || v[1].Outcome != pipeline.Retry || v[1].Code != "earlier" {
		t.Errorf("a revision behind one that waits: %+v %v", v, err)
	}
}

func TestCapabilities(t *testing.T) {
	for how, h := range map[string]sinktest.History{
		"batches":        sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.GUID("2")), sinktest.Event(sinktest.GUID("3")), sinktest.Event(sinktest.GUID("4"))),
		"published only": sinktest.NewHistory(sinktest.Event(), sinktest.Event(sinktest.Kind(review.Withdrawn, 2)), sinktest.Event(sinktest.GUID("2"))),
	} {
		env, _ := sinktest.DeliveryEnv()
		env.Clock = &patient{}
		v, err := open(t, own(t, how), env).Deliver(t.Context(), h)
		for i := range v {
			if v[i].Outcome != pipeline.Done {
				t.Errorf("%s: %+v", how, v[i])
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// kept is a log that can be read while it is written.
type kept struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.b.Write(p)
}

func TestEnvironmentAndStandardError(t *testing.T) {
	t.Setenv("DATABASE_PASSWORD", "of the daemon")
	s := own(t, "tells its environment")
	s.Env["TOKEN"] = pipeline.NewSecret("of-the-sink")
	s.Folder = pipeline.Path(t.TempDir())
	env, _ := sinktest.DeliveryEnv()
	var log kept
	env.Clock, env.Log = &patient{}, slog.New(slog.NewTextHandler(&log, nil))
	d := open(t, s, env)
	if _, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event())); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	said := log.b.String()
	for _, want := range []string{"TOKEN=of-the-sink", "PATH=", "works in " + string(s.Folder), "zzz…"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in the log: %.2000s", want, said)
		}
	}
	if strings.Contains(said, "DATABASE_PASSWORD") || len(said) > 8000 {
		t.Errorf("the program sees too much, or the log takes too much: %d bytes", len(said))
	}
}

// TestAProgramThatWillNotLeaveIsEnded: Close comes back.
func TestAProgramThatWillNotLeaveIsEnded(t *testing.T) {
	for _, how := range []string{"will not leave", "leaves"} {
		env, _ := sinktest.DeliveryEnv()
		clock := &patient{}
		env.Clock = clock
		s := own(t, how)
		s.Timeout = exec.Defaults().Timeout
		if how == "will not leave" {
			env.Clock = &leaving{}
		}
		d, err := exec.New(s, env)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := d.Deliver(t.Context(), sinktest.NewHistory(sinktest.Event())); err != nil || v[0].Outcome != pipeline.Done {
			t.Errorf("%+v %v", v, err)
		}
		if err := d.Close(); (err != nil) != (how == "will not leave") {
			t.Errorf("%s: %v", how, err)
		}
	}
}

// leaving is patient with answers, not with leaving.
type leaving struct{ patient }

func (l *leaving) Sleep(ctx context.Context, d time.Duration) error {
	if d == 5*time.Second {
		return nil
	}
	return l.patient.Sleep(ctx, d)
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		s   exec.Settings
		key string
	}{
		"no command":     {exec.Settings{Timeout: time.Second}, "command"},
		"no program":     {exec.Settings{Command: []string{"./nowhere"}, Timeout: time.Second}, "command.0"},
		"a bad variable": {exec.Settings{Command: []string{"sh"}, Timeout: time.Second, Env: map[string]pipeline.Secret{"A=B": pipeline.NewSecret("x")}}, "env.A=B"},
		"no time":        {exec.Settings{Command: []string{"sh"}}, "timeout"},
	} {
		var keys []string
		c.s.Check(func(key, _ string) { keys = append(keys, key) })
		if len(keys) != 1 || keys[0] != c.key {
			t.Errorf("%s: faults with %q, want %q", name, keys, c.key)
		}
	}
}
