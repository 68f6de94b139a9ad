package review

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
)

// NewID derives a review's id from what identifies it at its source: the
// source's name in the config and the source's own id for it.
func NewID(sourceName, guid string) ID {
	w := fields{h: sha256.New()}
	w.str(sourceName)
	w.str(guid)
	return ID(w.sum())
}

// ContentHash is a fingerprint of what the review says: 32 hex digits over the
// fields that bear meaning. Two readings with the same hash are the same
// revision. Left out are where and when it was read, the warnings, what the
// registry made of the film, and the publication date, which is fixed at first
// sight.
func (r *Review) ContentHash() string {
	w := fields{h: sha256.New()}
	w.str(string(r.EntryKind))
	w.str(r.URL)
	w.str(r.Title)
	w.str(r.Summary)
	w.str(r.BodyHTML)
	w.str(r.BodyText)
	w.str(r.Language)
	w.bool(r.Spoiler)
	w.critic(&r.Critic)
	if len(r.CoCritics) > 0 { // a review by one has the hash it had before there could be several
		w.int(len(r.CoCritics))
		for i := range r.CoCritics {
			w.critic(&r.CoCritics[i])
		}
	}
	w.film(&r.Film)
	w.rating(&r.Rating)
	w.str(r.WatchedOn.String())
	w.bool(r.Rewatch)
	w.bool(r.Liked)
	w.int(len(r.Credits))
	for _, c := range r.Credits {
		w.str(c.Role)
		w.list(c.Names)
		w.bool(c.Lost)
	}
	w.honours(r.Awards)
	w.honours(r.Festivals)
	w.list(r.Tags)
	w.int(len(r.Media))
	for _, m := range r.Media {
		w.str(m.URL)
		w.str(m.Alt)
		w.str(m.Kind)
		if m.Type != "" || m.Length != 0 {
			w.str(m.Type)
			w.int(int(m.Length))
		}
	}
	w.str(string(r.Rights))
	return w.sum()
}

// fields writes values to a hash, each with its length, so that no two lists of
// values give the same bytes. They go by way of a buffer: the hash takes slices,
// and a copy of every body would be one too many.
type fields struct {
	h    hash.Hash
	used int
	buf  [512]byte
}

func (w *fields) str(s string) {
	w.int(len(s))
	for len(s) > 0 {
		if w.used == len(w.buf) {
			w.flush()
		}
		n := copy(w.buf[w.used:], s)
		w.used += n
		s = s[n:]
	}
}

func (w *fields) int(n int) {
	if w.used+8 > len(w.buf) {
		w.flush()
	}
	binary.BigEndian.PutUint64(w.buf[w.used:], uint64(n))
	w.used += 8
}

func (w *fields) flush() {
	w.h.Write(w.buf[:w.used])
	w.used = 0
}

// sum is the first half of the hash in hex digits.
func (w *fields) sum() string {
	w.flush()
	return hex.EncodeToString(w.h.Sum(w.buf[:0])[:16])
}

func (w *fields) bool(v bool) { w.str(strconv.FormatBool(v)) }

func (w *fields) list(ss []string) {
	w.int(len(ss))
	for _, s := range ss {
		w.str(s)
	}
}

func (w *fields) honours(hs []Honour) {
	w.int(len(hs))
	for _, h := range hs {
		w.str(h.Name)
		w.int(h.Year)
	}
}

func (w *fields) critic(c *Critic) {
	w.str(string(c.ID))
	w.str(c.Name)
	w.str(c.URL)
	w.str(string(c.Outlet))
}

func (w *fields) film(f *Film) {
	w.str(f.Title)
	w.str(f.OriginalTitle)
	w.list(f.AltTitles)
	w.int(f.Year)
	w.list(f.Directors)
	w.list(f.Countries)
	w.list(f.Companies)
	f.IDs.Each(func(catalogue, id string) {
		w.str(catalogue)
		w.str(id)
	})
}

func (w *fields) rating(r *Rating) {
	w.str(string(r.Kind))
	w.str(r.Raw)
	w.str(r.Value.String())
	w.str(r.Worst.String())
	w.str(r.Best.String())
	w.str(r.Letter)
	w.str(string(r.Verdict))
	w.str(r.Norm.String())
	w.str(string(r.Basis))
}
