package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// record is what the engine remembers of a document that a view has made.
type record struct {
	sum      string // of the content
	size     int64  // bytes
	modified int64  // Unix seconds; 0: the view did not say
	settled  bool
}

func newRecord(content []byte, facts Facts) record {
	sum := sha256.Sum256(content)
	r := record{sum: hex.EncodeToString(sum[:16]), size: int64(len(content)), settled: facts.Settled}
	if !facts.Modified.IsZero() {
		r.modified = facts.Modified.Unix()
	}
	return r
}

// parseRecord reads what text has written. What cannot be read is the record of no
// document.
func parseRecord(text []byte) record {
	var r record
	var size, modified string
	var ok bool
	r.sum, size, _ = strings.Cut(string(text), " ")
	size, modified, ok = strings.Cut(size, " ")
	if ok {
		modified, _, r.settled = strings.Cut(modified, " ")
		r.modified, _ = strconv.ParseInt(modified, 10, 64)
	}
	var err error
	if r.size, err = strconv.ParseInt(size, 10, 64); err != nil {
		return record{size: -1}
	}
	return r
}

// text is "sum size", with the time and the mark of a settled document behind it
// where there are any.
func (r record) text() []byte {
	b := strconv.AppendInt([]byte(r.sum+" "), r.size, 10)
	if r.modified == 0 && !r.settled {
		return b
	}
	b = strconv.AppendInt(append(b, ' '), r.modified, 10)
	if r.settled {
		b = append(b, " settled"...)
	}
	return b
}

// after is the record as it is kept over the one before it. The same content keeps
// its time; other content has a later one, so that a time stands for one version.
func (r record) after(before record) record {
	switch {
	case r.sum == before.sum && r.size == before.size:
		r.modified = before.modified
	case r.modified != 0 && r.modified <= before.modified:
		r.modified = before.modified + 1
	}
	return r
}

// time is when the document changed, zero where the view did not say.
func (r record) time() time.Time {
	if r.modified == 0 {
		return time.Time{}
	}
	return time.Unix(r.modified, 0).UTC()
}
