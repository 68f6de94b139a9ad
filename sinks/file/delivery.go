package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"syscall"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Delivery adds lines to a file. Safe for use by many goroutines, which take turns.
// Close it after use.
type Delivery struct {
	env pipeline.DeliveryEnv

	mu sync.Mutex
	journal
}

var _ pipeline.Delivery = (*Delivery)(nil)

// New makes the delivery. The file is opened with the first event. Settings that Check
// finds fault with are an error.
func New(s Settings, env pipeline.DeliveryEnv) (*Delivery, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("file %q: %w", env.Name, errors.Join(faults...))
	}
	form, err := formatOf(&s)
	if err != nil {
		return nil, fmt.Errorf("file %q: columns: %w", env.Name, err)
	}
	return &Delivery{env: env, journal: journal{
		path: s.place(&env), format: form, log: env.Log,
		rotation: rotation{every: s.Rotate, maxSize: s.MaxSize.bytes, keep: s.Keep, compress: s.Compress},
	}}, nil
}

// The codes of verdicts that are not Done; all are Retry.
const (
	codeNoSpace    = "no_space"   // the disk is full
	codePermission = "permission" // the file may not be written
	codeFile       = "file"       // something else is wrong with it
)

// Deliver adds a line for each entry that is not in the file yet, and forces all of
// them to the disk at once.
func (d *Delivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("file: %w", err)
	}
	verdicts := make([]pipeline.Verdict, len(entries))
	if err := d.deliver(entries); err != nil {
		v := verdict(err)
		for i, e := range entries {
			if e.Outward() != nil {
				verdicts[i] = v
			}
		}
	}
	return verdicts, nil
}

// deliver does it for all of them or, with an error, for none.
func (d *Delivery) deliver(entries []pipeline.Entry) error {
	now := d.env.Clock.Now()
	if !d.stands() {
		d.shut()
		if err := d.open(now); err != nil {
			return err
		}
	}
	events := d.fresh(entries)
	if len(events) == 0 {
		return nil
	}
	lines, size := make([][]byte, len(events)), int64(0)
	for i, e := range events {
		lines[i] = d.format.line(nil, e)
		size += int64(len(lines[i]))
	}
	if d.holdsEvents() && d.due(d.size, size, d.last, now) {
		if err := d.rotate(now); err != nil {
			return err
		}
	}
	if err := d.add(lines, now); err != nil {
		return err
	}
	for _, e := range events {
		d.memory.add(string(e.ReviewID), e.Revision)
	}
	return nil
}

// fresh are the events among the entries that are not in the file.
func (d *Delivery) fresh(entries []pipeline.Entry) []*review.Event {
	var events []*review.Event
	now := map[string]int{}
	for _, entry := range entries {
		e := entry.Outward()
		if e == nil || d.memory.has(string(e.ReviewID), e.Revision) || now[string(e.ReviewID)] >= e.Revision {
			continue
		}
		now[string(e.ReviewID)] = e.Revision
		events = append(events, e)
	}
	return events
}

// Close gives the file back.
func (d *Delivery) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.shut(); err != nil {
		return fmt.Errorf("file %q: %w", d.env.Name, err)
	}
	return nil
}

// verdict is that on events which could not be written.
func verdict(err error) pipeline.Verdict {
	code, remedy := codeFile, ""
	switch {
	case isAny(err, syscall.ENOSPC, syscall.EDQUOT):
		code, remedy = codeNoSpace, "; make room, or keep fewer rotated files"
	case isAny(err, fs.ErrPermission, syscall.EROFS):
		code, remedy = codePermission, "; give the folder to the user that Filmwire runs as, or choose another with path"
	}
	return pipeline.Verdict{Outcome: pipeline.Retry, Code: code, Reason: err.Error() + remedy}
}

func isAny(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}
