package serve

import (
	"hash/maphash"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// version is what is remembered of a feed that somebody has who takes deltas: its
// entries, in order.
type version []mark

// mark stands for an entry: its id and its text, hashed.
type mark struct{ id, text uint64 }

// maxMarks bounds the entries of remembered versions: 16 bytes each, in each of
// two generations.
const maxMarks = 250_000

func (v version) cost() int { return 8 + len(v) }

// answerDelta answers who takes a feed of what is new alone (RFC 3229): 304 where
// there is nothing, 226 with the entries that are new or changed since the version
// the reader has, the whole where that version is not remembered or entries of it
// were taken back, which a delta could not say. What the reader has afterwards is
// remembered.
func (s *Server) answerDelta(c *fasthttp.RequestCtx, d *document, now time.Time) int {
	p := d.cut(s)
	if p == nil {
		return s.send(c, d, now, false)
	}
	current := s.versionOf(d, p)
	for _, tag := range bases(values(c, "If-None-Match")) {
		if tag == d.tag {
			return s.send(c, d, now, true) // in whatever coding the reader has it
		}
		before, ok := s.versions.get(d.name + " " + tag)
		if !ok {
			continue
		}
		if delta := s.deltaOf(d, p, tag, before, current); delta != nil {
			c.Response.Header.Set("IM", "feed")
			return s.send(c, delta, now, false)
		}
		break
	}
	return s.send(c, d, now, false)
}

// bases are what the entity tags of a header begin with: the hashes of the
// versions they stand for, in whatever coding.
func bases(headers []string) []string {
	var all []string
	for _, h := range headers {
		tags(h, func(tag string) bool {
			base, _, _ := strings.Cut(strings.Trim(tag, `"`), "-")
			all = append(all, base)
			return len(all) < maxTags
		})
	}
	return all
}

// maxTags is how many versions of a reader are looked for.
const maxTags = 16

// cut is the feed cut into its entries, nil where it cannot be.
func (d *document) cut(s *Server) *parts {
	d.split.Do(func() {
		if d.body == nil {
			return
		}
		p, err := cut(d.media.kind(), d.body)
		if err != nil {
			s.options.Log.Debug("feed has no deltas", "path", d.name, "err", err)
			return
		}
		d.parts = p
	})
	return d.parts
}

// versionOf remembers what the reader is about to have.
func (s *Server) versionOf(d *document, p *parts) version {
	key := d.name + " " + d.tag
	if v, ok := s.versions.get(key); ok {
		return v
	}
	v := make(version, len(p.entries))
	for i, e := range p.entries {
		v[i] = mark{maphash.String(s.seed, e.id), maphash.Bytes(s.seed, e.text)}
	}
	return s.versions.keep(s.versions.now(), key, v)
}

// deltaOf is the feed without the entries that stood in an earlier version as they
// stand now. It is nil where it would not do: entries were taken back, or nothing
// would be saved.
func (s *Server) deltaOf(d *document, p *parts, tag string, before, current version) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	if made, ok := d.deltas[tag]; ok {
		return made
	}
	if d.deltas == nil || len(d.deltas) >= maxDeltas {
		d.deltas = map[string]*document{}
	}
	d.deltas[tag] = d.delta(s, p, tag, before, current)
	return d.deltas[tag]
}

// maxDeltas is how many deltas of one document are kept ready.
const maxDeltas = 16

func (d *document) delta(s *Server, p *parts, tag string, before, current version) *document {
	if takenBack(before, current) {
		return nil
	}
	had := make(map[mark]bool, len(before))
	for _, m := range before {
		had[m] = true
	}
	body, kept := p.join(func(e part) bool {
		return !had[mark{maphash.String(s.seed, e.id), maphash.Bytes(s.seed, e.text)}]
	})
	if kept == len(p.entries) && kept > 0 {
		return nil
	}
	delta := newDocument(d.name, d.info, d.media, body, d.tag)
	delta.status = http.StatusIMUsed
	for _, f := range d.common {
		if string(f.name) == "Link" {
			delta.common = append(delta.common, f)
		}
	}
	// A cache that knows deltas may keep it; one that does not would take it for
	// the whole.
	delta.common = append(delta.common, header("Cache-Control", "no-store, im"), header("Delta-Base", `"`+tag+`"`))
	return delta
}

// takenBack reports whether an entry of the earlier version is missing though one
// that stood behind it is still there: it did not drop out at the end.
func takenBack(before, current version) bool {
	now := make(map[uint64]bool, len(current))
	for _, m := range current {
		now[m.id] = true
	}
	missing := false
	for _, m := range before {
		if !now[m.id] {
			missing = true
		} else if missing {
			return true
		}
	}
	return false
}
