package bus_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/filmwire/filmwire/pipeline/bus"
)

// TestAsk: a process that has joined asks the one that has the folder.
func TestAsk(t *testing.T) {
	dir := t.TempDir()
	own, err := bus.Open(t.Context(), bus.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := bus.Open(t.Context(), bus.Options{Dir: dir, Attach: true})
	if err != nil {
		t.Fatal(err)
	}
	defer joined.Close()
	if _, err := joined.Ask(t.Context(), "a name.", nil); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("before anybody answers: %v, want ErrNobody", err)
	}
	stop, err := own.Answer("a name.", func(q []byte) []byte { return fmt.Appendf(nil, "%s to you", q) })
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bus.Bus{joined, own} {
		for _, question := range []string{"good day", "good night"} {
			if got, err := b.Ask(t.Context(), "a name.", []byte(question)); err != nil || string(got) != question+" to you" {
				t.Errorf("%q, %v", got, err)
			}
		}
	}
	if _, err := joined.Ask(t.Context(), "another name", nil); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("another name: %v, want ErrNobody", err)
	}
	stop()
	if _, err := joined.Ask(t.Context(), "a name.", nil); !errors.Is(err, bus.ErrNobody) {
		t.Errorf("after the answering has stopped: %v, want ErrNobody", err)
	}
	// One that goes away in the middle of its answer does not leave others waiting.
	asked, let := make(chan struct{}), make(chan struct{})
	if _, err := own.Answer("slow", func([]byte) []byte { close(asked); <-let; return nil }); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error, 1)
	go func() {
		_, err := joined.Ask(t.Context(), "slow", nil)
		answers <- err
	}()
	<-asked
	closed := make(chan error, 1)
	go func() { closed <- joined.Close() }()
	if err := <-answers; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("the asking one closed: %v, want ErrClosed", err)
	}
	close(let)
	if err := errors.Join(<-closed, own.Close()); err != nil {
		t.Error(err)
	}
}
