package ratings

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/filmwire/filmwire/pipeline/review"
)

// row is what one review adds to its film, as it stands in the state: all that the
// film's documents show of it, worked out and rendered once, so that neither the
// log nor a review's text need be read for them again.
type row struct {
	ballot
	Vote    string // the review in the aggregate, up to its outcome: see Vote
	Article string // the review on the page, up to what it counts as
	Rest    string // and from there on
	Film    string // as JSON, without id and match
	// Table is the source whose own table the norm comes from, "" where it is the
	// one that conversion names.
	Table string
	// Own is the review for search engines as JSON, "" for one that is not the
	// site's own.
	Own string
}

// newRow works out what the documents show of a review, but for Own.
func newRow(e *review.Event) row {
	film := e.Film
	film.ID, film.Match = "", review.Match{}
	r := row{ballot: newBallot(e), Film: mustJSON(&film)}
	r.Vote = strings.TrimSuffix(mustJSON(newVote(e, &r.ballot)), noOutcome)
	r.Article, r.Rest = article(e)
	if !isStandard(&e.Rating) {
		r.Table = e.Source.Name
	}
	return r
}

// mustJSON is for values that always have a JSON form.
func mustJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic("ratings: " + err.Error())
	}
	return string(data)
}

// texts are the row's strings in the order in which they are kept.
func (r *row) texts() [10]*string {
	return [...]*string{
		(*string)(&r.Critic.ID), &r.Critic.Name, (*string)(&r.Critic.Outlet), (*string)(&r.Kind),
		&r.Vote, &r.Article, &r.Rest, &r.Film, &r.Table, &r.Own,
	}
}

// encode is the row as it is kept: numbers as varints, then each text behind its
// length. The id is in the key. JSON would take ten times as long to read.
func (r *row) encode() []byte {
	b := make([]byte, 0, 256+len(r.Vote)+len(r.Article)+len(r.Rest)+len(r.Film)+len(r.Own))
	b = binary.AppendVarint(b, r.Date.Unix())
	b = binary.AppendUvarint(b, uint64(r.Date.Nanosecond()))
	b = binary.AppendVarint(b, r.Tenths)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Text))
	b = appendText(b, r.Norm.String())
	for _, s := range r.texts() {
		b = appendText(b, *s)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// errRow is for what is no row: the state is of another version, or damaged.
var errRow = errors.New("the state holds what is no row; delete the views folder")

// decode reads what encode wrote. The row's texts share one copy of it.
func decode(id review.ID, data []byte) (row, error) {
	d := decoder{rest: string(data)}
	seconds, nanos := d.varint(), d.uvarint()
	r := row{ballot: ballot{ID: id, Date: time.Unix(seconds, int64(nanos)).UTC(), Tenths: d.varint()}}
	r.Text = fingerprint(d.fixed())
	norm := d.take(d.uvarint())
	for _, s := range r.texts() {
		*s = d.take(d.uvarint())
	}
	if d.bad || d.rest != "" {
		return row{}, errRow
	}
	if norm != "" && r.Norm.UnmarshalText([]byte(norm)) != nil {
		return row{}, errRow
	}
	return r, nil
}

// decoder takes a row apart. Once something was missing, all it gives is zero.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, ""
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) uvarint() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.take(1)
		if c == "" {
			return 0
		}
		n |= uint64(c[0]&0x7f) << shift
		if c[0] < 0x80 {
			return n
		}
	}
	d.bad = true
	return 0
}

func (d *decoder) varint() int64 {
	n := d.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

func (d *decoder) fixed() uint64 {
	s := d.take(8)
	if s == "" {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}
