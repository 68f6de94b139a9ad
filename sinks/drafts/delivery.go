package drafts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/filmwire/filmwire/pipeline"
	"github.com/filmwire/filmwire/pipeline/review"
)

// Delivery is the delivery. It keeps nothing in memory: everything it knows
// stands in the tree.
type Delivery struct {
	networks []network
	writer   *writer
	tree     pipeline.Tree
	log      *slog.Logger
}

var _ pipeline.Delivery = (*Delivery)(nil)

// New makes the delivery into env's tree, which must be its own. Settings that
// Check finds fault with are an error.
func New(s Settings, env pipeline.DeliveryEnv) (*Delivery, error) {
	var faults []error
	s.Check(func(key, text string) { faults = append(faults, fmt.Errorf("%s: %s", key, text)) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("drafts %q: %w", env.Name, errors.Join(faults...))
	}
	w, err := newWriter(s, env.Site)
	if err != nil {
		return nil, fmt.Errorf("drafts %q: %w", env.Name, err)
	}
	d := &Delivery{writer: w, tree: env.Tree, log: env.Log}
	for _, n := range networks() {
		if slices.Contains(s.Networks, n.name) {
			d.networks = append(d.networks, n)
		}
	}
	return d, nil
}

// The codes of verdicts that are not Done.
const (
	codeFiles   = "files"       // Retry: the tree could not be read or written
	codeEarlier = "earlier"     // Retry: an earlier event of the review waits
	codeNoPost  = "no_post"     // Reject: nothing that says anything fits
	codeBadID   = "bad_id"      // Reject: the review's id could not name a file
	shortID     = 8             // hex digits of a review's id in a file's name
	maxNamePart = 80            // bytes of a film's or critic's id in a file's name
	ending      = ".md"         // of a draft
	besides     = ".revised.md" // of a draft beside one that was edited
)

// Deliver writes the drafts of each review that is live, and takes back those of
// the others. A review whose event has to wait holds back its later ones.
func (d *Delivery) Deliver(ctx context.Context, entries []pipeline.Entry) ([]pipeline.Verdict, error) {
	verdicts := make([]pipeline.Verdict, len(entries))
	waits := map[review.ID]bool{}
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("drafts: %w", err)
		}
		switch {
		case e.Review == nil:
		case waits[e.Review.ReviewID]:
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Retry, Code: codeEarlier, Reason: "an earlier event of the review has to be tried again"}
		case !isID(e.Review.ReviewID):
			verdicts[i] = pipeline.Verdict{Outcome: pipeline.Reject, Code: codeBadID, Reason: "the review's id is not made of letters and digits"}
		default:
			verdicts[i] = verdict(d.one(e))
			waits[e.Review.ReviewID] = verdicts[i].Outcome == pipeline.Retry
		}
	}
	return verdicts, nil
}

func verdict(err error) pipeline.Verdict {
	switch {
	case err == nil:
		return pipeline.Verdict{}
	case errors.Is(err, errNoPost):
		return pipeline.Verdict{Outcome: pipeline.Reject, Code: codeNoPost, Reason: err.Error()}
	}
	return pipeline.Verdict{Outcome: pipeline.Retry, Code: codeFiles, Reason: err.Error()}
}

// isID reports whether a review's id can be part of a file's name.
func isID(id review.ID) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(id) >= shortID && len(id) <= 64
}

// plan is what an event means for the draft on one network.
type plan struct {
	stands  string // where the draft is afterwards, "" for nowhere
	writes  map[string][]byte
	removes []string
}

// one does what one event asks for. The index is written before the files: a
// crash leaves a path in it that leads nowhere, never a file that is not in it.
func (d *Delivery) one(e pipeline.Entry) error {
	known, err := d.index(e.Review.ReviewID)
	if err != nil {
		return err
	}
	during, after := maps.Clone(known), maps.Clone(known)
	var plans []plan
	var nothing error
	for network, place := range d.concerned(e, known) {
		p, err := d.plan(e, network, place)
		if errors.Is(err, errNoPost) {
			nothing, err = errors.Join(nothing, err), nil
		}
		if err != nil {
			return err
		}
		plans = append(plans, p)
		after.put(network.name, placed{Path: p.stands})
		if p.stands == "" {
			continue
		}
		if p.stands != place.Path {
			during.put(network.name, placed{Path: p.stands, Old: place.Path})
		}
	}
	if err := d.remember(e.Review.ReviewID, known, during); err != nil {
		return err
	}
	for _, p := range plans {
		if err := d.do(p); err != nil {
			return err
		}
	}
	return errors.Join(nothing, d.remember(e.Review.ReviewID, during, after))
}

func (d *Delivery) do(p plan) error {
	for _, path := range slices.Sorted(maps.Keys(p.writes)) {
		if _, err := d.tree.Write(path, p.writes[path]); err != nil {
			return err
		}
	}
	for _, path := range p.removes {
		if err := d.tree.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// concerned yields the networks an event is about, with where their drafts
// stand: those of the settings, and for what is taken back those of the past too.
func (d *Delivery) concerned(e pipeline.Entry, known places) func(func(*network, placed) bool) {
	return func(yield func(*network, placed) bool) {
		for _, n := range networks() {
			place, has := known[n.name]
			configured := slices.ContainsFunc(d.networks, func(c network) bool { return c.name == n.name })
			if (configured || has && !e.Live) && !yield(&n, place) {
				return
			}
		}
	}
}

// plan decides about the draft on one network. With errNoPost the plan is good,
// and takes back what stood there.
func (d *Delivery) plan(e pipeline.Entry, n *network, place placed) (p plan, err error) {
	path, err := d.resolve(place)
	if err != nil {
		return plan{}, err
	}
	var nothing error
	if e.Live {
		p, err = d.show(e.Review, n, path)
	}
	if errors.Is(err, errNoPost) {
		nothing, err = err, nil
	}
	if err == nil && (!e.Live || nothing != nil) {
		p, err = d.takeBack(e, path)
	}
	if err != nil {
		return plan{}, err
	}
	left, err := d.leftBy(place, p.stands)
	p.removes = append(p.removes, left...)
	return p, errors.Join(nothing, err)
}

// held is what a path holds: nothing, a draft, or something else.
type held struct {
	there   bool
	content []byte
	draft   *Draft // nil for something else
}

func (d *Delivery) read(path string) (held, error) {
	if path == "" {
		return held{}, nil
	}
	content, err := d.tree.Read(path)
	if errors.Is(err, pipeline.ErrNotFound) {
		return held{}, nil
	}
	if err != nil {
		return held{}, err
	}
	draft, err := Parse(content)
	if err != nil {
		d.log.Warn("draft is left alone: its front matter cannot be read", "path", path, "err", err)
	}
	return held{there: true, content: content, draft: draft}, nil
}

// show brings the draft up to date with a live review.
func (d *Delivery) show(e *review.Event, n *network, path string) (plan, error) {
	now, err := d.read(path)
	if err != nil {
		return plan{}, err
	}
	stays := plan{stands: path}
	switch {
	case now.there && (now.draft == nil || now.draft.Revision > e.Revision):
		return stays, nil
	case now.there && now.draft.Status == StatusWithdrawn:
		was := now.draft.Was
		if was == "" {
			was = StatusDraft
		}
		content, err := withStatus(now.content, was, "")
		stays.writes = map[string][]byte{path: content}
		return stays, err
	case now.there && now.draft.Status != StatusDraft:
		return stays, nil
	}
	made, err := d.make(e, n)
	if err != nil {
		return plan{}, err
	}
	if now.there && now.draft.Edited() {
		return d.beside(made, now.draft, path)
	}
	target, err := d.free(e, n)
	if err != nil {
		return plan{}, err
	}
	p := plan{stands: target, writes: map[string][]byte{target: made.Bytes()}}
	if path != "" && path != target {
		p.removes = append(p.removes, path)
	}
	removes, err := d.oldRevision(path)
	p.removes = append(p.removes, removes...)
	return p, err
}

// make words the draft of a review.
func (d *Delivery) make(e *review.Event, n *network) (*Draft, error) {
	text, warning, err := d.writer.write(e, n)
	if err != nil {
		return nil, err
	}
	return &Draft{
		Status: StatusDraft, Network: n.name, ReviewID: e.ReviewID, EventID: e.EventID, Revision: e.Revision,
		Characters: n.length(text, warning), Limit: n.limit, URL: linkText(e.URL), Language: line(e.Language),
		ContentWarning: warning, PublishedAt: e.Date(), Text: text,
	}, nil
}

// beside puts a new text next to a draft that was edited, unless it would say
// what the edited one was made from, or somebody has edited that one as well.
func (d *Delivery) beside(made, edited *Draft, path string) (plan, error) {
	p := plan{stands: path}
	if fingerprint(made.Text) == edited.generated {
		return p, nil
	}
	other := strings.TrimSuffix(path, ending) + besides
	there, err := d.read(other)
	if err != nil || there.there && (there.draft == nil || !there.draft.untouched()) {
		return p, err
	}
	made.Note = fmt.Sprintf("The draft beside this one was edited and is kept. This is the text for revision %d.", made.Revision)
	p.writes = map[string][]byte{other: made.Bytes()}
	d.log.Info("draft was edited: the new text stands beside it", "path", path, "beside", other, "revision", made.Revision)
	return p, nil
}

// oldRevision is the text beside a draft, if it is there and nobody touched it.
func (d *Delivery) oldRevision(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	other := strings.TrimSuffix(path, ending) + besides
	there, err := d.read(other)
	if err != nil || there.draft == nil || !there.draft.untouched() {
		return nil, err
	}
	return []string{other}, nil
}

// takeBack removes a draft nobody has touched, and notes on any other that its
// review is gone.
func (d *Delivery) takeBack(e pipeline.Entry, path string) (plan, error) {
	now, err := d.read(path)
	if err != nil || !now.there {
		return plan{}, err
	}
	p := plan{stands: path}
	if now.draft == nil || now.draft.Revision > e.Review.Revision {
		return p, nil
	}
	if p.removes, err = d.oldRevision(path); err != nil {
		return p, err
	}
	switch {
	case now.draft.untouched():
		p.stands, p.removes = "", append(p.removes, path)
	case now.draft.Status != StatusWithdrawn && now.draft.Status != StatusDiscarded:
		content, err := withStatus(now.content, StatusWithdrawn, now.draft.Status)
		p.writes = map[string][]byte{path: content}
		return p, err
	}
	return p, nil
}

// free is the path for a review's draft. Where another review's draft has taken
// it, the whole id goes into the name.
func (d *Delivery) free(e *review.Event, n *network) (string, error) {
	short := pathOf(e, n, string(e.ReviewID[:shortID]))
	now, err := d.read(short)
	if err != nil || !now.there || now.draft != nil && now.draft.ReviewID == e.ReviewID {
		return short, err
	}
	return pathOf(e, n, string(e.ReviewID)), nil
}

func pathOf(e *review.Event, n *network, id string) string {
	return n.name + "/" + namePart(string(e.Film.ID), "film") + "-" + namePart(string(e.Critic.ID), "critic") + "-" + id + ending
}

// namePart makes an id safe in a file's name. instead stands for one without
// any safe character.
func namePart(id, instead string) string {
	var b bytes.Buffer
	for _, r := range id {
		if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			r = '-'
		}
		if b.Len()+utf8.RuneLen(r) > maxNamePart {
			break
		}
		b.WriteRune(r)
	}
	if part := strings.Trim(b.String(), "-"); part != "" {
		return part
	}
	return instead
}
