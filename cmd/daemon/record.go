package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/filmwire/filmwire/config"
	"github.com/filmwire/filmwire/pipeline/bus"
)

// Record is what a daemon runs, or ran when it was there last.
type Record struct {
	Config string    `json:"config"` // path of the file
	Since  time.Time `json:"since"`  // its start
	// Salt is that of the fingerprints. A record that is kept has none, and its
	// fingerprints do not cover secrets.
	Salt  []byte            `json:"salt,omitempty"`
	Fixed map[string]string `json:"fixed"` // see [config.Config.Fixed]
	Parts []Part            `json:"parts"`
	// Documents is how many each view has published, while the daemon runs.
	Documents map[string]int `json:"documents,omitempty"`
}

// address is the name under which the daemon of a data folder answers, and under
// which what it runs stands in KV.
func address(c *config.Config) string {
	host, _ := os.Hostname() // several daemons may share a log
	sum := sha256.Sum256([]byte(host + "\x00" + c.Data))
	return hex.EncodeToString(sum[:8])
}

func recordKey(c *config.Config) string { return "daemon." + address(c) + ".record" }

// record is what runs now. kept leaves out what must not be stored.
func (d *Daemon) record(kept bool) Record {
	r := Record{Config: d.Config.Path, Since: d.since, Salt: d.salt}
	if kept {
		r.Salt = nil
	}
	r.Fixed = d.Config.Fixed(r.Salt)
	if !kept {
		r.Documents = map[string]int{}
		for _, v := range runners[viewing](d.members()) {
			r.Documents[v.Name()] = v.Documents()
		}
	}
	for _, m := range d.members() {
		p := m.Part
		if kept {
			p.Settings = m.stored
		}
		r.Parts = append(r.Parts, p)
	}
	return r
}

// keepRecord writes down what runs, for a plan that is made when nothing does.
func (d *Daemon) keepRecord(ctx context.Context) error {
	value, err := json.Marshal(d.record(true))
	if err == nil {
		err = d.bus.KV().Put(ctx, recordKey(d.Config), value)
	}
	if err != nil {
		return fmt.Errorf("note what runs: %w", err)
	}
	return nil
}

// The questions that a daemon answers.
const (
	askReload = "reload"
	askRecord = "record"
)

// answer has the daemon answer the command line.
func (d *Daemon) answer(r *running) error {
	stop, err := d.bus.Answer(address(d.Config), func(question []byte) []byte {
		var answer any
		switch string(question) {
		case askReload:
			answer = d.Reload(r.ctx)
		case askRecord:
			d.changing.Lock()
			answer = d.record(false)
			d.changing.Unlock()
		default:
			answer = Outcome{Refused: "the daemon is of another version, and does not know " + string(question)}
		}
		text, err := json.Marshal(answer)
		if err != nil {
			d.Log.Error("a command could not be answered", "question", string(question), "err", err)
		}
		return text
	})
	if err != nil {
		return err
	}
	r.work.Go(func() {
		<-r.ctx.Done()
		stop()
	})
	return nil
}

// ErrNotRunning: there is no daemon on the data folder that could answer.
var ErrNotRunning = errors.New("no daemon runs on it")

// AskReload has the daemon of a config's data folder reload, and waits for what
// comes of it.
func AskReload(ctx context.Context, c *config.Config, b *bus.Bus) (Outcome, error) {
	var out Outcome
	err := ask(ctx, c, b, askReload, &out)
	return out, err
}

// ReadRecord is what the daemon of the config's data folder runs, and whether one
// does: else it is what the last one ran, nothing if there was none.
func ReadRecord(ctx context.Context, c *config.Config, b *bus.Bus) (r Record, running bool, err error) {
	err = ask(ctx, c, b, askRecord, &r)
	if !errors.Is(err, ErrNotRunning) {
		return r, err == nil, err
	}
	return r, false, read(ctx, b.KV(), recordKey(c), &r)
}

func ask(ctx context.Context, c *config.Config, b *bus.Bus, question string, into any) error {
	answer, err := b.Ask(ctx, address(c), []byte(question))
	if errors.Is(err, bus.ErrNobody) {
		return fmt.Errorf("%s: %w", c.Data, ErrNotRunning)
	}
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	return nil
}
