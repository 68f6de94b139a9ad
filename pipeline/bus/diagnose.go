package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/filmwire/filmwire/pipeline"
)

const (
	// lookTimeout is how long a server may take to be reached and to answer.
	lookTimeout = 5 * time.Second
	// mostSkew is how far the server's clock may be from ours.
	mostSkew = 5 * time.Second
)

// Diagnose looks at where the log is, and makes nothing: whether a server can be
// reached, lets us in and has JetStream, what limits there are, whether the clocks
// agree; of an embedded log, whether it is healthy. running reports that another
// process has the folder of an embedded log open. now is our clock.
func Diagnose(ctx context.Context, opts Options, now func() time.Time) (findings []pipeline.Finding, running bool) {
	opts, err := opts.withDefaults()
	if err != nil {
		return []pipeline.Finding{faulty(err, "")}, false
	}
	if opts.URL != "" {
		return diagnoseServer(ctx, opts, now), true
	}
	return diagnoseFolder(ctx, opts)
}

func faulty(err error, remedy string) pipeline.Finding {
	return pipeline.Finding{Level: pipeline.LevelFault, Cause: err.Error(), Remedy: remedy}
}

func fine(format string, args ...any) pipeline.Finding {
	return pipeline.Finding{Level: pipeline.LevelOK, Cause: fmt.Sprintf(format, args...)}
}

func doubtful(remedy, format string, args ...any) pipeline.Finding {
	return pipeline.Finding{Level: pipeline.LevelWarning, Cause: fmt.Sprintf(format, args...), Remedy: remedy}
}

// diagnoseFolder looks at an embedded log, through the process that has it open if
// there is one.
func diagnoseFolder(ctx context.Context, opts Options) (findings []pipeline.Finding, running bool) {
	if _, err := os.Stat(filepath.Join(opts.Dir, "nats")); errors.Is(err, fs.ErrNotExist) {
		return []pipeline.Finding{fine("embedded, and not there yet: `filmwire run` makes it")}, false
	}
	opts.Attach = true
	b, err := Open(ctx, opts)
	if err != nil {
		return []pipeline.Finding{faulty(err, "")}, errors.Is(err, errFolderTaken)
	}
	defer b.Close()
	running = b.attached()
	if err := b.Health(ctx); err != nil {
		return []pipeline.Finding{faulty(err, "")}, running
	}
	stats, err := b.Stats(ctx)
	if err != nil {
		return []pipeline.Finding{faulty(err, "")}, running
	}
	who := "no daemon runs"
	if running {
		who = "a daemon runs"
	}
	return []pipeline.Finding{fine("embedded, %d events in %d kB; %s", stats.Events, stats.Bytes/1000, who)}, running
}

// diagnoseServer looks at a server elsewhere.
func diagnoseServer(ctx context.Context, opts Options, now func() time.Time) []pipeline.Finding {
	where := redacted(opts.URL)
	nc, err := nats.Connect(opts.URL, append(identity(opts), nats.Name(clientName), nats.Timeout(lookTimeout), nats.NoReconnect())...)
	if err != nil {
		return []pipeline.Finding{faulty(fmt.Errorf("NATS at %s: %w", where, err), connectRemedy(err))}
	}
	defer nc.Close()
	findings := []pipeline.Finding{versionFinding(where, nc.ConnectedServerVersion())}
	if nc.MaxPayload() < maxPayload {
		findings = append(findings, doubtful("set max_payload: 8MB on the server",
			"the server takes messages of %d kB at most: longer reviews are left out", nc.MaxPayload()>>10))
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(lookTimeout))
	if err != nil {
		return append(findings, faulty(err, ""))
	}
	ctx, cancel := context.WithTimeout(ctx, 3*lookTimeout)
	defer cancel()
	account, err := js.AccountInfo(ctx)
	if err != nil {
		return append(findings, faulty(fmt.Errorf("JetStream: %w", err), "turn JetStream on for the server and for the account: a `jetstream` block in its config"))
	}
	findings = append(findings, roomFinding(account))
	return append(findings, streamFindings(ctx, js, opts, now)...)
}

// identity is what the config says of who we are.
func identity(opts Options) []nats.Option {
	var options []nats.Option
	if opts.Credentials != "" {
		options = append(options, nats.UserCredentials(opts.Credentials))
	}
	if !opts.Token.IsZero() {
		options = append(options, nats.Token(opts.Token.Reveal()))
	}
	return options
}

func connectRemedy(err error) string {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return "give nats.credentials or nats.token that the server knows"
	case errors.Is(err, nats.ErrNoServers):
		return "see whether the server is up, and whether nats.url is its address"
	}
	return "see whether nats.url is the server's address, and whether a firewall is in between"
}

func versionFinding(where, version string) pipeline.Finding {
	var numbers [2]int
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < 2 {
			numbers[i], _ = strconv.Atoi(part) // what is no number is an old one
		}
	}
	if numbers[0] < 2 || numbers[0] == 2 && numbers[1] < 12 {
		return pipeline.Finding{Level: pipeline.LevelFault, Cause: fmt.Sprintf("NATS at %s is version %s", where, version),
			Remedy: "it takes 2.12 or newer, which can take batches whole or not at all"}
	}
	return fine("NATS at %s is version %s", where, version)
}

// roomFinding says how much of what the account may store it has stored.
func roomFinding(a *jetstream.AccountInfo) pipeline.Finding {
	most := a.Limits.MaxStore
	if most > 0 && a.Store > uint64(most)/10*9 {
		return doubtful("raise the account's limit before the log refuses events",
			"the account has stored %d of the %d MB that it may", a.Store>>20, most>>20)
	}
	if most > 0 {
		return fine("JetStream is on: %d of %d MB are stored", a.Store>>20, most>>20)
	}
	return fine("JetStream is on: %d MB are stored, no limit", a.Store>>20)
}

// streamFindings look at the log's stream, and by its answer at the server's clock.
func streamFindings(ctx context.Context, js jetstream.JetStream, opts Options, now func() time.Time) []pipeline.Finding {
	before := now()
	st, err := js.Stream(ctx, logStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return []pipeline.Finding{fine("the log is not there yet: `filmwire run` makes it")}
	}
	if err != nil {
		return []pipeline.Finding{faulty(fmt.Errorf("stream %s: %w", logStream, err), "give the account of Filmwire the right to its streams")}
	}
	info := st.CachedInfo()
	after := now()
	findings := []pipeline.Finding{fine("the log holds %d events in %d kB", info.State.Msgs, info.State.Bytes/1000)}
	if have := info.Config; have.Replicas < opts.Replicas {
		findings = append(findings, doubtful("the next start raises it, if the cluster has the servers",
			"the log is kept by %d servers instead of %d", have.Replicas, opts.Replicas))
	}
	if have := info.Config; have.MaxBytes > 0 || have.MaxMsgs > 0 || have.MaxAge > 0 {
		findings = append(findings, doubtful("take the limits off the stream "+logStream,
			"the log has limits of size or age: old reviews fall out of it"))
	}
	if ahead := info.TimeStamp.Sub(before.Add(after.Sub(before) / 2)); !info.TimeStamp.IsZero() && ahead.Abs() > mostSkew {
		findings = append(findings, doubtful("have both machines set their clocks by NTP",
			"the server's clock differs from this machine's by %v", ahead.Abs().Round(time.Second)))
	}
	return findings
}
