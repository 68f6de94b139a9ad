package bus_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"github.com/filmwire/filmwire/pipeline/bus"
	"github.com/filmwire/filmwire/pipeline/bus/bustest"
)

func TestMain(m *testing.M) {
	runAsWriter()
	goleak.VerifyTestMain(m)
}

func mustOpen(t testing.TB, o bus.Options) *bus.Bus {
	t.Helper()
	b, err := bus.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmbedded(t *testing.T) {
	bustest.Run(t, func(t *testing.T, o bus.Options) bustest.Place {
		o.Dir = t.TempDir()
		return func(t *testing.T) *bus.Bus { return mustOpen(t, o) }
	})
}

func TestExternal(t *testing.T) {
	bustest.Run(t, func(t *testing.T, o bus.Options) bustest.Place {
		o.URL = runServer(t, t.TempDir(), server.RANDOM_PORT).ClientURL()
		return func(t *testing.T) *bus.Bus { return mustOpen(t, o) }
	})
}

func TestAttached(t *testing.T) {
	bustest.Run(t, func(t *testing.T, o bus.Options) bustest.Place {
		o.Dir = t.TempDir()
		owner := mustOpen(t, o)
		t.Cleanup(func() {
			if err := owner.Close(); err != nil {
				t.Errorf("close the owner: %v", err)
			}
		})
		o.Attach = true
		return func(t *testing.T) *bus.Bus { return mustOpen(t, o) }
	})
}

// runServer runs a NATS server as an operator would, with its default of syncing
// now and then.
func runServer(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, JetStream: true, StoreDir: dir,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 30, MaxPayload: 8 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(bustestPatience) {
		t.Fatal("the server does not start")
	}
	return srv
}
