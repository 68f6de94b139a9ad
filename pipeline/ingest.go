package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline/review"
)

// WithdrawPolicy says what may be withdrawn when a source no longer has it.
type WithdrawPolicy string

// The policies.
const (
	// WithdrawGuarded withdraws what is missing, unless the source suddenly lists
	// nothing or has lost more than half of what it had: then it withdraws
	// nothing and says so.
	WithdrawGuarded WithdrawPolicy = "guarded"
	WithdrawAlways  WithdrawPolicy = "always"
	WithdrawNever   WithdrawPolicy = "never"
)

// Choices lists the policies.
func (WithdrawPolicy) Choices() []string {
	return []string{string(WithdrawGuarded), string(WithdrawAlways), string(WithdrawNever)}
}

// Polled is a source as the engine polls it.
type Polled struct {
	Name, Type string
	Source     Source
	Defaults   review.Defaults
	// Parser names what understands the source's documents: its type, the
	// version of normalize and a fingerprint of the settings. When it changes,
	// every document is understood anew.
	Parser   string
	Withdraw WithdrawPolicy
}

// IngestConfig is what reading sources takes.
type IngestConfig struct {
	Log       Log
	KV        KV
	Store     Store
	Registry  Registry
	Normalize Normalize
	Inference Inference // of scales that are not stated; none where it has no Rate
	Site      Site
	Clock     Clock
	Logger    *slog.Logger
	Workers   int // documents normalized at once
}

// Ingest reads sources and puts what is new onto the log. Safe for use by many
// goroutines, as long as each polls a source of its own.
type Ingest struct {
	IngestConfig
	ledger, films, scales *Viewing
	authority             string // of feed ids

	// same are the documents that were understood anew and said what the ledger has.
	same sameness

	// settled is what is settled of the films, nil before it was read; warned are the
	// rules of which people know what cannot be followed. See Settle.
	settled *settled
	warned  string

	// resolving is the catalogue that is asked, nil for none.
	resolving atomic.Pointer[resolving]

	// deciding is held from comparing with the ledger until the log has answered.
	deciding sync.Mutex
}

// NewIngest prepares to read. Call Prepare before Poll.
func NewIngest(c IngestConfig) *Ingest {
	own := func(name string, view View) *Viewing {
		return NewViewing(ViewingConfig{Name: name, View: view, Log: c.Log, Store: c.Store, Logger: c.Logger, Clock: c.Clock})
	}
	// A dot in the name keeps them apart from sinks, whose names have none.
	return &Ingest{
		IngestConfig: c, authority: authority(c.Site),
		ledger: own("engine.ledger", Ledger{}), films: own("engine.films", c.Registry),
		scales: own("engine.scales", Scales{c.Inference}),
		same:   sameness{seen: map[[16]byte]struct{}{}},
	}
}

// authority is what the feed ids of a site begin with.
func authority(site Site) string {
	if u, err := url.Parse(site.URL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// SetSite says which site the reviews appear on that are published from now on.
// Those that were keep their feed ids.
func (in *Ingest) SetSite(site Site) {
	in.deciding.Lock()
	defer in.deciding.Unlock()
	in.Site, in.authority = site, authority(site)
}

// Prepare brings the engine's views up to the head of the log, and settles films and
// scales.
func (in *Ingest) Prepare(ctx context.Context) error {
	if err := in.open(ctx); err != nil {
		return err
	}
	return in.Settle(ctx)
}

func (in *Ingest) open(ctx context.Context) error {
	in.deciding.Lock()
	defer in.deciding.Unlock()
	for _, view := range in.views() {
		if err := view.Prepare(ctx); err != nil {
			return err
		}
	}
	return in.catchUp(ctx)
}

// views are the engine's own.
func (in *Ingest) views() []*Viewing { return []*Viewing{in.ledger, in.films, in.scales} }

func (in *Ingest) catchUp(ctx context.Context) error {
	for _, view := range in.views() {
		if err := view.CatchUp(ctx); err != nil {
			return err
		}
	}
	return nil
}

// refresh is catchUp for those that do not hold deciding.
func (in *Ingest) refresh(ctx context.Context) error {
	in.deciding.Lock()
	defer in.deciding.Unlock()
	return in.catchUp(ctx)
}

// Report is what one poll came to.
type Report struct {
	Source    string    `json:"source"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Unchanged bool      `json:"unchanged,omitempty"` // the source said so
	Push      []Push    `json:"-"`                   // who tells of changes
	Waits     string    `json:"waits,omitempty"`     // why no feed was asked, for people
	Read      int       `json:"read"`                // documents handed out
	Same      int       `json:"same"`                // reviews that had not changed
	Published int       `json:"published"`
	Revised   int       `json:"revised"`
	Withdrawn int       `json:"withdrawn"`
	Restored  int       `json:"restored"`
	PassedBy  int       `json:"passed_by,omitempty"` // documents that are no reviews
	Fresh     int       `json:"fresh,omitempty"`     // reviews that were understood: new ones, or changed
	Rated     int       `json:"rated,omitempty"`     // of them, with a rating
	Held      int       `json:"held,omitempty"`      // missing, but not withdrawn: too many at once
	HeldOf    int       `json:"held_of,omitempty"`   // of so many the source had
	Damaged   int       `json:"damaged,omitempty"`   // documents that could not be read
	Warned    int       `json:"warned,omitempty"`    // new or changed, with something lost or not understood
	Problems  []string  `json:"problems,omitempty"`  // the first few, for people
}

// Events is how many events the poll put on the log.
func (r *Report) Events() int { return r.Published + r.Revised + r.Withdrawn + r.Restored }

// NeedsAttention says that somebody should look.
func (r *Report) NeedsAttention() bool { return r.Damaged > 0 || r.Held > 0 }

// keptProblems bounds the problems a report lists; all are counted.
const keptProblems = 20

func (r *Report) problem(where string, err error) {
	r.Damaged++
	if len(r.Problems) < keptProblems {
		r.Problems = append(r.Problems, where+": "+err.Error())
	}
}

func (r *Report) count(kind review.EventKind) {
	switch kind {
	case review.Published:
		r.Published++
	case review.Revised:
		r.Revised++
	case review.Withdrawn:
		r.Withdrawn++
	case review.Restored:
		r.Restored++
	}
}

// Poll reads a source once and puts what is new onto the log. The checkpoint is
// kept only when everything before it has been acknowledged. progress, which may
// be nil, is called now and then with the report so far.
func (in *Ingest) Poll(ctx context.Context, f *Polled, progress func(Report)) (Report, error) {
	p := &poll{
		in: in, source: f, progress: progress,
		report: Report{Source: f.Name, StartedAt: in.Clock.Now()},
		seen:   map[review.ID]string{},
	}
	err := p.run(ctx)
	if ctx.Err() == nil {
		err = errors.Join(err, in.Settle(ctx))
	}
	p.report.EndedAt = in.Clock.Now()
	if err != nil {
		err = fmt.Errorf("source %q: %w", f.Name, err)
	}
	return p.report, err
}

// poll is one reading of one source.
type poll struct {
	in       *Ingest
	source   *Polled
	progress func(Report)
	report   Report
	parted   bool // the checkpoint stands in parts
	group    []review.Document
	seen     map[review.ID]string // what was handed out, with its raw hash
	// newcomers are reviews not seen before, in a source that has others: they
	// wait until it is known what is missing, for they may have moved.
	newcomers []*candidate
	settled   bool     // the source has no review yet, or the newcomers were too many
	moves     bool     // the source has reviews that moved
	unsure    bool     // something could not be read: nothing is missing for certain
	gone      []string // the source's own ids of what it says was taken back
	first     firstReading
	asked     int // questions put to a catalogue
}

func (p *poll) run(ctx context.Context) error {
	checkpoint, err := p.checkpoint(ctx)
	if err != nil {
		return err
	}
	if p.first, err = p.beginFirst(ctx); err != nil {
		return err
	}
	if err := p.in.refresh(ctx); err != nil {
		return err
	}
	p.settled = !anyLive(p.in.ledger.Reader(), p.source.Name)
	p.moves = anyMoved(p.in.ledger.Reader(), p.source.Name)
	reading, err := p.source.Source.Read(ctx, checkpoint, out{ctx, p})
	if err != nil { // what was read before is good
		flushed := p.flush(ctx)
		return errors.Join(err, flushed, p.reunite(ctx), p.publish(ctx, p.newcomers))
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	p.report.Unchanged, p.report.Push = reading.Unchanged, reading.Push
	if err := p.conclude(ctx, reading); err != nil {
		return err
	}
	if err := p.endFirst(ctx, reading.More); err != nil {
		return err
	}
	if len(reading.Checkpoint) == 0 || bytes.Equal(reading.Checkpoint, checkpoint) {
		return nil
	}
	return p.keepCheckpoint(ctx, reading.Checkpoint)
}

// out is the poll as its source sees it.
type out struct {
	ctx  context.Context
	poll *poll
}

// groupSize is how many documents are understood and decided together.
const groupSize = 400

func (o out) Document(d review.Document) error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	p := o.poll
	p.report.Read++
	d.GUID = readable(d.GUID)
	p.group = append(p.group, d)
	if len(p.group) < groupSize {
		return nil
	}
	return p.flush(o.ctx)
}

// readable is a source's own id as text. One that is not, such as a file name in
// another encoding, keeps a fingerprint, so that two of them stay two.
func readable(guid string) string {
	if utf8.ValidString(guid) {
		return guid
	}
	sum := sha256.Sum256([]byte(guid))
	return strings.ToValidUTF8(guid, "\uFFFD") + "~" + hex.EncodeToString(sum[:4])
}

func (o out) Gone(guid string) error {
	o.poll.gone = append(o.poll.gone, readable(guid))
	return o.ctx.Err()
}

func (o out) Problem(problem Problem) error {
	o.poll.unsure = o.poll.unsure || !errors.Is(problem.Err, ErrUnmapped)
	o.poll.report.problem(problem.Where, problem.Err)
	return o.ctx.Err()
}

// flush understands the documents that have gathered and puts them on the log.
func (p *poll) flush(ctx context.Context) error {
	if len(p.group) == 0 {
		return nil
	}
	candidates, err := p.understand()
	p.group = p.group[:0]
	if err == nil {
		err = p.publish(ctx, p.keepBack(candidates))
	}
	if p.progress != nil {
		p.progress(p.report)
	}
	return err
}

// candidate is a document on its way to becoming an event.
type candidate struct {
	id     review.ID
	doc    review.Document
	review review.Review
	hash   string
	row    ledgerRow // what the ledger had of it
	known  bool      // whether it had
	at     Position  // of the ledger then
	moved  bool      // it is a review that stood elsewhere
	err    error

	resolved *review.Resolution // what a catalogue said of its film, nil for nothing
}

// understand normalizes the group, all at once, but for what has not changed.
func (p *poll) understand() ([]*candidate, error) {
	var fresh []*candidate
	at, ledger := p.in.ledger.Position(), p.in.ledger.Reader()
	for _, d := range p.group {
		id, row, known, err := find(ledger, p.source.Name, d.GUID, p.moves)
		if err != nil {
			return nil, err
		}
		if raw, twice := p.seen[id]; twice {
			if raw != d.RawSHA256 {
				p.report.problem(d.GUID, errors.New("two documents have this id; the first one counts. Give each an id of its own"))
			}
			continue
		}
		understood := row.raw == d.RawSHA256 && row.parser == p.source.Parser || p.in.same.holds(id, d.RawSHA256, p.source.Parser)
		if known && d.RawSHA256 != "" && understood && row.kind != review.Withdrawn {
			p.seen[id] = d.RawSHA256
			p.report.Same++
			continue
		}
		d.Defaults = d.Defaults.Or(p.source.Defaults)
		p.seen[id] = d.RawSHA256
		fresh = append(fresh, &candidate{id: id, doc: d, row: row, known: known, at: at})
	}
	p.in.normalizeAll(fresh)
	return p.sound(fresh), nil
}

// sound keeps the candidates that were understood and accounts for the others.
func (p *poll) sound(all []*candidate) []*candidate {
	kept := all[:0]
	for _, c := range all {
		switch {
		case c.err == nil:
			p.fill(c)
			if len(c.review.Warnings) > 0 || c.review.Rating.Kind == review.Invalid {
				p.report.Warned++
			}
			p.report.Fresh++
			if k := c.review.Rating.Kind; k == review.Scored || k == review.Verdicted {
				p.report.Rated++
			}
			kept = append(kept, c)
		case errors.Is(c.err, ErrNotReview):
			p.report.PassedBy++
			delete(p.seen, c.id) // if it was a review before, it is one no longer
		default:
			p.report.problem(c.doc.GUID, c.err)
		}
	}
	return kept
}

// fill adds what the engine knows and normalize does not.
func (p *poll) fill(c *candidate) {
	c.review.Source = review.Source{
		Name: p.source.Name, Type: p.source.Type, URL: c.doc.Stated.Source.URL, GUID: c.doc.GUID,
		FetchedAt: c.doc.FetchedAt, Parser: p.source.Parser, RawSHA256: c.doc.RawSHA256,
	}
	if c.review.Source.FetchedAt.IsZero() {
		c.review.Source.FetchedAt = p.report.StartedAt
	}
	c.review.Source.FetchedAt = c.review.Source.FetchedAt.UTC().Truncate(time.Millisecond)
	c.hash = c.review.ContentHash()
}

// normalizeAll understands the candidates' documents, a few at a time.
func (in *Ingest) normalizeAll(all []*candidate) {
	var workers sync.WaitGroup
	next := make(chan *candidate)
	for range min(max(in.Workers, 1), len(all)) {
		workers.Go(func() {
			for c := range next {
				c.err = guarded(func() (err error) {
					c.review, err = in.Normalize(c.doc)
					return err
				})
				c.doc.Body = "" // understood: only the review is needed now
			}
		})
	}
	for _, c := range all {
		next <- c
	}
	close(next)
	workers.Wait()
}

// conflictTries is how often a group is decided again when somebody else's event
// came in between.
const conflictTries = 8

// publish decides what each candidate amounts to and puts it on the log.
func (p *poll) publish(ctx context.Context, all []*candidate) error {
	if len(all) == 0 {
		return nil
	}
	if err := p.noteFirst(ctx); err != nil {
		return err
	}
	if err := p.resolve(ctx, all); err != nil {
		return err
	}
	p.in.deciding.Lock()
	defer p.in.deciding.Unlock()
	err := p.decideAndAppend(ctx, all)
	if !errors.Is(err, ErrTooLarge) {
		return err
	}
	for i := range all { // find the one that does not fit; its neighbours go in
		one := p.decideAndAppend(ctx, all[i:i+1])
		if errors.Is(one, ErrTooLarge) {
			p.report.problem(all[i].doc.GUID, one)
			continue
		}
		if one != nil {
			return one
		}
	}
	return nil
}

func (p *poll) decideAndAppend(ctx context.Context, all []*candidate) error {
	for range conflictTries {
		if err := p.in.catchUp(ctx); err != nil {
			return err
		}
		events, same, err := p.decide(all)
		if err != nil {
			return err
		}
		err = p.in.append(ctx, events, &p.report)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		p.report.Same += same
		return p.in.catchUp(ctx) // so that the next group need not look twice
	}
	return fmt.Errorf("%d tries, and somebody else was first each time: is another Filmwire reading the same source?: %w", conflictTries, ErrConflict)
}

// decide compares the candidates with the ledger and identifies their films.
func (p *poll) decide(all []*candidate) (events []Append, same int, err error) {
	at, ledger := p.in.ledger.Position(), p.in.ledger.Reader()
	identifying := p.in.Registry.Begin(p.in.films.Reader())
	now := p.in.moment()
	for _, c := range all {
		if c.at != at {
			if err := c.lookAgain(ledger, p.source.Name, at); err != nil {
				return nil, 0, err
			}
		}
		e := p.in.eventOf(c, now)
		if !c.row.next(c.known, e, now) {
			p.in.same.note(c.id, c.doc.RawSHA256, p.source.Parser)
			same++
			continue
		}
		films, err := identifying.Identify(c.id, &e.Review, c.resolved, now)
		if err != nil {
			return nil, 0, err
		}
		e.EventID = review.NewEventID(c.id, e.Revision)
		events = append(append(events, films...), Append{Review: e, After: c.row.position})
	}
	p.in.infer(events)
	return events, same, nil
}

// eventOf is a review's first event, as far as the candidate alone tells.
func (in *Ingest) eventOf(c *candidate, now time.Time) *review.Event {
	return &review.Event{
		Schema: review.Schema, ReviewID: c.id, ContentHash: c.hash,
		FeedID: in.feedID(c.id, now), Review: c.review,
	}
}

// lookAgain takes what the ledger has of the review now.
func (c *candidate) lookAgain(ledger Reader, source string, at Position) (err error) {
	if c.moved {
		c.row, c.known, err = look(ledger, c.id)
	} else { // another daemon may have seen it move meanwhile
		c.id, c.row, c.known, err = find(ledger, source, c.doc.GUID, true)
	}
	c.at = at
	return err
}

// feedID is the id a review has in every feed for ever: a tag URI (RFC 4151).
func (in *Ingest) feedID(id review.ID, now time.Time) string {
	return "tag:" + in.authority + "," + now.Format(time.DateOnly) + ":reviews/" + string(id)
}

// append puts events on the log and counts those of reviews that went in.
func (in *Ingest) append(ctx context.Context, events []Append, report *Report) error {
	for len(events) > 0 {
		n := min(len(events), MaxAppend)
		positions, err := in.Log.Append(ctx, events[:n])
		for i := range positions {
			if e := events[i].Review; e != nil {
				report.count(e.Kind)
			}
		}
		if err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// mostNewcomers bounds the reviews that wait to be compared with what is missing.
const mostNewcomers = 20_000

// keepBack takes the newcomers out of the candidates, unless there is nothing
// they could be.
func (p *poll) keepBack(all []*candidate) []*candidate {
	if p.settled {
		return all
	}
	var now []*candidate
	for _, c := range all {
		if c.known {
			now = append(now, c)
		} else {
			p.newcomers = append(p.newcomers, c)
		}
	}
	if len(p.newcomers) > mostNewcomers {
		now, p.newcomers, p.settled = append(now, p.newcomers...), nil, true
	}
	return now
}

// conclude publishes the newcomers and, where everything the source has was seen,
// takes back what is missing. A newcomer that says exactly what a missing review
// said is that review in another place, also where something else could not be
// read; but then nothing is taken back.
func (p *poll) conclude(ctx context.Context, reading Reading) error {
	if err := p.withdrawGone(ctx); err != nil {
		return err
	}
	if err := p.reunite(ctx); err != nil {
		return err
	}
	complete := reading.Complete && !p.unsure
	if reading.Unchanged || !complete && (!p.unsure || len(p.newcomers) == 0) {
		return p.publish(ctx, p.newcomers)
	}
	missing, had, err := p.missing(ctx)
	if err != nil {
		return err
	}
	missing, err = p.recognise(missing)
	if err != nil {
		return err
	}
	if err := p.publish(ctx, p.newcomers); err != nil || !complete {
		return err
	}
	return p.withdraw(ctx, missing, had)
}

// missing lists the reviews that the source had before this poll and did not hand
// out, and how many it had.
func (p *poll) missing(ctx context.Context) (missing []review.ID, had int, err error) {
	if err := p.in.refresh(ctx); err != nil {
		return nil, 0, err
	}
	liveIn(p.in.ledger.Reader(), p.source.Name, func(id review.ID) {
		had++
		if _, there := p.seen[id]; !there {
			missing = append(missing, id)
		}
	})
	return missing, had - p.report.Published - p.report.Restored, nil
}

// recognise gives newcomers the identity of missing reviews that said the same,
// and returns those that are missing still.
func (p *poll) recognise(missing []review.ID) ([]review.ID, error) {
	if len(missing) == 0 || len(p.newcomers) == 0 {
		return missing, nil
	}
	said := map[string][]review.ID{}
	for _, id := range missing {
		row, _, err := look(p.in.ledger.Reader(), id)
		if err != nil {
			return nil, err
		}
		said[row.hash] = append(said[row.hash], id)
	}
	for _, c := range p.newcomers {
		if same := said[c.hash]; len(same) > 0 && !c.moved {
			said[c.hash] = same[1:]
			p.move(c, same[0])
		}
	}
	return slices.DeleteFunc(missing, func(id review.ID) bool { _, there := p.seen[id]; return there }), nil
}

// move makes a newcomer the review of an id: it has come from another place.
func (p *poll) move(c *candidate, id review.ID) {
	p.seen[id] = p.seen[c.id]
	c.id, c.moved, c.at = id, true, 0 // what the ledger has of it is another row
}

// withdraw takes back what the source no longer has, if it may.
func (p *poll) withdraw(ctx context.Context, missing []review.ID, had int) error {
	held, err := p.heldOf(ctx)
	if err != nil {
		return err
	}
	if held > 0 {
		had = min(had, held)
	}
	mayHold := p.source.Withdraw != WithdrawAlways && p.source.Withdraw != WithdrawNever
	if mayHold && len(missing) > 0 && 2*len(missing) > had {
		p.report.Held, p.report.HeldOf = len(missing), had
		if held > 0 {
			return nil
		}
		return p.in.KV.Put(ctx, heldKey(p.source.Name), []byte(strconv.Itoa(had)))
	}
	if held > 0 {
		if err := p.in.KV.Delete(ctx, heldKey(p.source.Name)); err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
	}
	if p.source.Withdraw == WithdrawNever {
		return nil
	}
	return p.withdrawAll(ctx, missing)
}

func (p *poll) withdrawAll(ctx context.Context, ids []review.ID) error {
	if len(ids) == 0 {
		return nil
	}
	p.in.deciding.Lock()
	defer p.in.deciding.Unlock()
	if err := p.in.catchUp(ctx); err != nil {
		return err
	}
	for len(ids) > 0 {
		n := min(len(ids), groupSize)
		if err := p.withdrawGroup(ctx, ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// withdrawGone takes back what the source says was taken back. What it handed out
// all the same is there.
func (p *poll) withdrawGone(ctx context.Context) error {
	if len(p.gone) == 0 || p.source.Withdraw == WithdrawNever {
		return nil
	}
	var ids []review.ID
	for _, guid := range p.gone {
		id, _, known, err := find(p.in.ledger.Reader(), p.source.Name, guid, p.moves)
		if err != nil {
			return err
		}
		if _, there := p.seen[id]; known && !there {
			ids = append(ids, id)
		}
	}
	return p.withdrawAll(ctx, ids)
}

func heldKey(source string) string { return "source." + source + ".held" }

// heldOf is how many reviews the source had when the guard began to hold, 0 if it
// does not. While it holds, what came since does not make the loss look smaller.
func (p *poll) heldOf(ctx context.Context) (int, error) {
	value, err := p.in.KV.Get(ctx, heldKey(p.source.Name))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("withdraw: %w", err)
	}
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return 0, fmt.Errorf("withdraw: what the guard holds cannot be read: %w", err)
	}
	return n, nil
}

func (p *poll) withdrawGroup(ctx context.Context, ids []review.ID) error {
	ledger := p.in.ledger.Reader()
	now := p.in.Clock.Now().UTC().Truncate(time.Millisecond)
	var events []Append
	for _, id := range ids {
		row, known, err := look(ledger, id)
		if err != nil {
			return err
		}
		if !known || row.kind == review.Withdrawn {
			continue
		}
		latest, err := p.in.Log.At(ctx, row.position)
		if err != nil {
			return fmt.Errorf("withdraw %s: %w", id, err)
		}
		e := *latest.Review
		e.Kind, e.Revision, e.WithdrawnAt = review.Withdrawn, row.revision+1, now
		e.EventID = review.NewEventID(id, e.Revision)
		events = append(events, Append{Review: &e, After: row.position})
	}
	// A conflict here means that the review is there after all, or gone already:
	// the next poll sees which.
	if err := p.in.append(ctx, events, &p.report); err != nil && !errors.Is(err, ErrConflict) {
		return err
	}
	return p.in.catchUp(ctx)
}
