package pipeline

import (
	"context"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// traits are what a review is known by where its source's own id for it has
// changed: fingerprints of its address, of the address without its host, and of its
// title. Zero is none.
type traits struct{ place, path, title uint64 }

func traitsOf(r *review.Review) traits {
	place := samePlace(r.URL)
	_, path, _ := strings.Cut(place, "/")
	return traits{fingerprint(place), fingerprint(path), fingerprint(strings.ToLower(strings.Join(strings.Fields(r.Title), " ")))}
}

func fingerprint(s string) uint64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

func (t traits) encode() string {
	b := strconv.AppendUint(nil, t.place, 36)
	b = strconv.AppendUint(append(b, ','), t.path, 36)
	return string(strconv.AppendUint(append(b, ','), t.title, 36))
}

// decodeTraits takes what is no fingerprint for none.
func decodeTraits(s string) (t traits) {
	place, s, _ := strings.Cut(s, ",")
	path, title, _ := strings.Cut(s, ",")
	t.place, _ = strconv.ParseUint(place, 36, 64)
	t.path, _ = strconv.ParseUint(path, 36, 64)
	t.title, _ = strconv.ParseUint(title, 36, 64)
	return t
}

// samePlace is an address without what changes when a site moves within its own
// name: the scheme, www, a slash at the end, the fragment. What is no address on the
// web is none.
func samePlace(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	place := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") + strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		place += "?" + u.RawQuery
	}
	if host, query, bare := strings.Cut(place, "?"); bare && !strings.Contains(host, "/") {
		place = host + "/?" + query // so that the path is what stands behind the host
	}
	return place
}

// sameGUID is a source's own id with each address in it as samePlace has it.
func sameGUID(guid string) string {
	words := strings.Fields(guid)
	for i, w := range words {
		if place := samePlace(w); place != "" {
			words[i] = place
		}
	}
	return strings.Join(words, " ")
}

// reunite gives newcomers of a fickle source the identity of the reviews that it
// calls otherwise now. Only what the source does not show under its old id can be
// one of them, and two that look alike are nobody: a review that comes twice is
// better than one that is lost.
func (p *poll) reunite(ctx context.Context) error {
	var strays []*candidate
	for _, c := range p.newcomers {
		if c.doc.Fickle && !c.moved {
			strays = append(strays, c)
		}
	}
	if len(strays) == 0 {
		return nil
	}
	if err := p.in.refresh(ctx); err != nil {
		return err
	}
	kin := map[string][]*stray{}
	for _, c := range strays {
		kin[c.doc.Kin] = append(kin[c.doc.Kin], &stray{c, faceOf(c)})
	}
	all, err := p.faces()
	if err != nil {
		return err
	}
	for name, strays := range kin {
		a := acquainted(all, name)
		for _, like := range likenesses() {
			strays = a.pair(p, strays, like)
		}
	}
	return nil
}

// stray is a newcomer with what it may be recognised by.
type stray struct {
	*candidate
	face face
}

// face is a review with what it may be recognised by.
type face struct {
	traits
	id      review.ID
	guid    string
	sameID  uint64 // the guid with each address in it as samePlace has it
	date    time.Time
	hash    string
	absent  bool // the reading did not show it
	ownPath bool // no other review among its kin has this path
}

// faces are those of all reviews of the source.
func (p *poll) faces() (all []face, err error) {
	st := p.in.ledger.Reader()
	liveIn(st, p.source.Name, func(id review.ID) {
		row, known, e := look(st, id)
		if e != nil {
			err = e
		}
		if !known || e != nil {
			return
		}
		_, there := p.seen[id]
		all = append(all, face{traits: row.traits, id: id, guid: row.guid, date: row.publishedAt, hash: row.hash, absent: !there})
	})
	return all, err
}

// acquaintances are the reviews that a source does not show.
type acquaintances struct{ absent []face }

// acquainted are those among the kin.
func acquainted(all []face, kin string) *acquaintances {
	a, paths := &acquaintances{}, map[uint64]int{}
	for _, f := range all {
		if !strings.HasPrefix(f.guid, kin) {
			continue
		}
		if paths[f.path]++; f.absent {
			a.absent = append(a.absent, f)
		}
	}
	for i := range a.absent {
		f := &a.absent[i]
		f.ownPath, f.sameID = f.path != 0 && paths[f.path] == 1, fingerprint(sameGUID(f.guid))
	}
	return a
}

func faceOf(c *candidate) face {
	return face{
		traits: traitsOf(&c.review), id: c.id, guid: c.doc.GUID, sameID: fingerprint(sameGUID(c.doc.GUID)),
		date: c.review.PublishedAt, hash: c.hash,
	}
}

// mark is what reviews that are alike have in common: one fingerprint, or one and a
// moment. The zero mark is none.
type mark struct {
	trait uint64
	at    int64
}

// likeness is one way to recognise a review: those with the same mark are one, if
// there is one on either side and fits has no objection.
type likeness struct {
	mark func(*face) mark
	fits func(old, now *face) bool
}

// likenesses are ordered by how much they prove.
func likenesses() []likeness {
	always := func(_, _ *face) bool { return true }
	return []likeness{
		{func(f *face) mark { return mark{trait: f.sameID} }, func(old, now *face) bool { return !old.foreign(now) }},
		{func(f *face) mark { return mark{trait: fingerprint(f.hash)} }, always},
		{dated(func(f *face) uint64 { return f.place }), always},
		{dated(func(f *face) uint64 { return f.path }), always},
		{placed(func(f *face) uint64 { return f.place }), func(old, now *face) bool {
			return old.ownPath && (old.title == now.title || old.date.IsZero() || now.date.IsZero())
		}},
		{placed(func(f *face) uint64 { return f.path }), func(old, now *face) bool {
			return old.ownPath && old.title == now.title
		}},
		{timed(func(f *face) uint64 { return f.title }), always},
	}
}

// moment is a time as a trait.
func moment(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix())
}

// foreign reports that two reviews have nothing in common, and enough to tell by: a
// guid that one item has today may be another's tomorrow.
func (f *face) foreign(o *face) bool {
	differ := 0
	for _, pair := range [...][2]uint64{{f.path, o.path}, {f.title, o.title}, {moment(f.date), moment(o.date)}} {
		switch {
		case pair[0] == 0 || pair[1] == 0:
		case pair[0] == pair[1]:
			return false
		default:
			differ++
		}
	}
	return differ > 1
}

// dated joins a trait with the date.
func dated(trait func(*face) uint64) func(*face) mark {
	return func(f *face) mark {
		if trait(f) == 0 || f.date.IsZero() {
			return mark{}
		}
		return mark{trait(f), f.date.Unix()}
	}
}

// timed is dated, for dates with a time of the day only: many things come out on
// one day.
func timed(trait func(*face) uint64) func(*face) mark {
	dated := dated(trait)
	return func(f *face) mark {
		if f.date.Equal(f.date.Truncate(aDay)) {
			return mark{}
		}
		return dated(f)
	}
}

// placed is a trait by itself.
func placed(trait func(*face) uint64) func(*face) mark {
	return func(f *face) mark { return mark{trait: trait(f)} }
}

// pair moves the strays that have exactly one likeness among the absent, and returns
// those that are strays still.
func (a *acquaintances) pair(p *poll, strays []*stray, like likeness) []*stray {
	if len(a.absent) == 0 || len(strays) == 0 {
		return strays
	}
	type meeting struct {
		news, olds int
		old        *face
	}
	meetings := make(map[mark]meeting, len(strays))
	for _, s := range strays {
		m := meetings[like.mark(&s.face)]
		m.news++
		meetings[like.mark(&s.face)] = m
	}
	for i := range a.absent {
		f := &a.absent[i]
		if m, met := meetings[like.mark(f)]; met && f.id != "" {
			m.olds, m.old = m.olds+1, f
			meetings[like.mark(f)] = m
		}
	}
	var left []*stray
	for _, s := range strays {
		key := like.mark(&s.face)
		m := meetings[key]
		if key == (mark{}) || m.olds != 1 || m.news != 1 || !like.fits(m.old, &s.face) {
			left = append(left, s)
			continue
		}
		p.move(s.candidate, m.old.id)
		m.old.id = "" // it is found
	}
	return left
}
