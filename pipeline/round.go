package pipeline

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"
)

// round is one stretch of delivering, from taking the sink to giving it back. All
// of it belongs to one goroutine; what waits for others (reading the log, a call of
// the delivery, saving the cursor) is done beside it and comes back as a value. When
// something goes wrong with the engine itself the round ends, and the next one goes
// on from the cursor.
type round struct {
	*Delivering
	once  bool     // it comes to an end
	until Position // at this place of the log

	saved    cursor // as it stands in KV
	revision uint64
	unsaved  bool // something was settled that KV does not know
	saving   bool
	saves    chan save

	past threshold
	last int // a backfill yet to be worked out

	line    *line
	opened  bool     // the line holds all that the cursor says is not settled
	settled Position // the newest event of the log that was delivered or given up
	read    Position // how far the log was read
	reading bool
	reads   chan read
	dates   *calendar
	held    map[string]bool // event ids in quarantine
	looked  time.Time       // when they were looked for

	calls   int // under way
	results chan handed
	streak  int       // calls in a row in which nothing new got through
	heldOff time.Time // no call before; zero while all is well
	stuck   bool      // a round that comes to an end has given up

	paused  *Paused
	replays []replay
	picks   []Position // of the first replay, still to be sent
	picksOf string     // its id, "" where they have not been looked for
	picking bool
	picked  chan picked

	alarm   time.Time // when somebody rings, zero: nobody does
	quiet   context.CancelFunc
	rings   chan struct{}
	ticked  time.Time // when requests were looked for
	savedAt time.Time
	helpers sync.WaitGroup
}

type save struct {
	cursor   cursor
	revision uint64
	err      error
}

type read struct {
	entries []Entry
	err     error
}

type picked struct {
	positions []Position
	err       error
}

// The engine's own measures.
const (
	mostWaiting  = 1000 // events in the line; a batch may take it a little over
	readAhead    = 500  // events read at once
	tickEvery    = 3 * time.Second
	lookEvery    = time.Minute
	saveAnyway   = 10_000 // positions passed over without a save
	catchUpTries = 3      // of one event, in a round that comes to an end
	longestPause = time.Minute
	mostListed   = 64 // events in the line that are named in a cursor behind them all
	saveTimeout  = 30 * time.Second
)

// round delivers until ctx ends, or once, up to a position.
func (d *Delivering) round(ctx context.Context, once bool, until Position) (err error) {
	c, revision, err := d.hold(ctx, !once)
	if err != nil {
		return err
	}
	r := &round{
		Delivering: d, once: once, until: until, saved: c, revision: revision, past: c.threshold, last: c.Last,
		line: newLine(), settled: c.Position, read: c.Position, dates: newCalendar(d.KV), held: map[string]bool{},
		paused: c.Paused, replays: c.Replays,
		saves: make(chan save, 1), reads: make(chan read, 1), picked: make(chan picked, 1),
		results: make(chan handed, d.Terms.Concurrency), rings: make(chan struct{}, 1), quiet: func() {},
	}
	inner, cancel := context.WithCancel(ctx)
	err = r.open(inner)
	for err == nil && !r.through() {
		err = r.turn(inner)
	}
	return r.end(ctx, cancel, err)
}

// open brings back what the cursor says is not settled.
func (r *round) open(ctx context.Context) error {
	if err := r.lookAtQuarantine(ctx, r.Clock.Now()); err != nil {
		return err
	}
	for _, o := range r.saved.Open {
		e, err := r.Log.At(ctx, o.At)
		if errors.Is(err, ErrNotFound) {
			r.unsaved = true
			r.Logger.Warn("event was revised so often while it waited that the log no longer has it; its later revisions are delivered", "position", o.At)
			continue
		}
		if err != nil {
			return err
		}
		r.join(&item{entry: e, origin: o.Origin, attempts: o.Attempts, due: o.Due})
	}
	r.opened = true
	if r.paused != nil && r.paused.Fingerprint != r.Fingerprint {
		r.resume("the config of the sink has changed")
	}
	r.show()
	return nil
}

// join puts an event into the line.
func (r *round) join(i *item) {
	i.entry = i.entry.judged(r.Where)
	i.held = r.held[i.entry.Review.EventID]
	r.line.add(i)
}

func (r *round) lookAtQuarantine(ctx context.Context, now time.Time) error {
	keys, err := r.KV.Keys(ctx, QuarantinePrefix(r.Name()))
	if err != nil {
		return err
	}
	clear(r.held)
	r.looked = now
	for _, key := range keys {
		r.held[key[len(QuarantinePrefix(r.Name())):]] = true
	}
	return nil
}

// turn does what can be done now, and waits for the next thing to happen.
func (r *round) turn(ctx context.Context) error {
	now := r.Clock.Now()
	if r.ticked.IsZero() || !r.once && now.Sub(r.ticked) >= tickEvery {
		r.ticked = now
		if err := r.tick(ctx, now); err != nil {
			return err
		}
	}
	if err := r.feed(ctx); err != nil {
		return err
	}
	r.send(ctx, now)
	r.keep(now)
	if r.through() {
		return nil
	}
	r.wake(ctx, now)
	return r.wait(ctx)
}

// wait takes in the next thing that has happened.
func (r *round) wait(ctx context.Context) error {
	select {
	case h := <-r.results:
		return r.took(h)
	case got := <-r.reads:
		return r.entered(ctx, got)
	case s := <-r.saves:
		return r.kept(s)
	case p := <-r.picked:
		r.picking, r.picks = false, p.positions
		return p.err
	case <-r.rings:
		r.alarm = time.Time{}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// through reports whether a round that comes to an end has.
func (r *round) through() bool {
	if !r.once || r.ticked.IsZero() || r.calls > 0 || r.saving || r.unsaved || r.reading || r.picking {
		return false
	}
	if r.paused != nil || r.stuck || r.last > 0 {
		return true
	}
	_, waiting := r.line.due()
	return !waiting && (r.read >= r.until || r.full()) && (len(r.replays) == 0 || r.full())
}

// end lets what is under way return, keeps what came of it and gives the sink back.
func (r *round) end(ctx context.Context, cancel context.CancelFunc, err error) error {
	cancel()
	for r.calls > 0 {
		if fault := r.took(<-r.results); err == nil {
			err = fault
		}
	}
	if r.saving {
		if fault := r.kept(<-r.saves); err == nil {
			err = fault
		}
	}
	r.helpers.Wait()
	left := r.undelivered()
	if !errors.Is(err, errTaken) {
		c := r.saved // what could not be brought back is not settled for that
		if r.opened {
			c = r.cursor()
		}
		c.Holder = ""
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
		defer done()
		if !reflect.DeepEqual(c, r.saved) {
			if _, fault := r.swap(ctx, &c, r.revision); fault != nil {
				return errors.Join(err, fault)
			}
		}
		r.note(&c, nil)
	}
	if err == nil {
		err = left
	}
	return err
}

// undelivered says what a round that came to an end has left.
func (r *round) undelivered() error {
	switch waiting := len(r.line.open); {
	case r.paused != nil:
		return fmt.Errorf("is paused: %s: %s; when that is mended: `filmwire resume %s`", r.paused.Code, r.paused.Reason, r.Name())
	case waiting > 0:
		return fmt.Errorf("%d events could not be delivered now and wait for the next run: %s", waiting, r.Status().LastError)
	}
	return nil
}

// show makes the state of the line known.
func (r *round) show() {
	c := r.saved
	r.note(&c, func(s *DeliveryStatus) {
		s.Waiting, s.Paused, s.Quarantined = len(r.line.open), r.paused, len(r.held)
		if s.Waiting == 0 {
			s.LastError = ""
		}
	})
}

// keep saves the cursor, beside all else, if it should be.
func (r *round) keep(now time.Time) {
	idle := now.Sub(r.savedAt)
	beat := r.Holder != "" && idle >= beatEvery
	passed := r.read > r.saved.Position && (idle >= tickEvery || r.read > r.saved.Position+saveAnyway)
	if r.saving || !r.unsaved && !passed && !beat {
		return
	}
	c, revision := r.cursor(), r.revision
	r.unsaved, r.savedAt = false, now
	if !beat && reflect.DeepEqual(c, r.saved) {
		return
	}
	r.saving = true
	r.helpers.Go(func() {
		ctx, done := context.WithTimeout(context.Background(), saveTimeout)
		defer done()
		revision, err := r.swap(ctx, &c, revision)
		r.saves <- save{c, revision, err}
	})
}

// keepNow saves the cursor and waits for it.
func (r *round) keepNow(ctx context.Context) error {
	if r.saving {
		if err := r.kept(<-r.saves); err != nil {
			return err
		}
	}
	c := r.cursor()
	revision, err := r.swap(ctx, &c, r.revision)
	r.unsaved = false
	return r.kept(save{c, revision, err})
}

// kept notes that a cursor was saved.
func (r *round) kept(s save) error {
	r.saving = false
	if s.err != nil {
		return s.err
	}
	r.saved, r.revision = s.cursor, s.revision
	r.show()
	return nil
}

// cursor is how far the round has come.
func (r *round) cursor() cursor {
	c := r.saved
	c.Holder, c.threshold, c.Last, c.Paused, c.Replays, c.Open = r.Holder, r.past, r.last, r.paused, slices.Clone(r.replays), nil
	positions := r.line.positions()
	lowest, waiting := r.read+1, 0
	for _, at := range positions {
		if r.line.open[at].origin == fromLog {
			lowest = min(lowest, at)
			waiting++
		}
	}
	c.Position = r.read
	if waiting > mostListed { // most of them are about to go: no need to list them all
		c.Position = max(r.saved.Position, r.settled, lowest-1)
	}
	for _, at := range positions {
		if i := r.line.open[at]; at <= c.Position || i.origin != fromLog {
			c.Open = append(c.Open, open{At: at, Attempts: i.attempts, Due: i.due, Origin: i.origin})
		}
	}
	return c
}

// wake sees to it that somebody rings when there is something to do that nothing
// else tells of.
func (r *round) wake(ctx context.Context, now time.Time) {
	at := now.Add(tickEvery)
	if r.once {
		at = time.Time{}
	}
	due, any := r.line.due()
	if any && r.paused == nil && r.calls < r.Terms.Concurrency {
		if due.Before(r.heldOff) {
			due = r.heldOff
		}
		if !due.IsZero() && (at.IsZero() || due.Before(at)) {
			at = due
		}
	}
	if at.IsZero() || !r.alarm.IsZero() && !at.Before(r.alarm) {
		return
	}
	r.quiet()
	alarmed, quiet := context.WithCancel(ctx)
	r.alarm, r.quiet = at, quiet
	r.helpers.Go(func() {
		if r.Clock.Sleep(alarmed, at.Sub(now)) == nil {
			select {
			case r.rings <- struct{}{}:
			default:
			}
		}
	})
}
