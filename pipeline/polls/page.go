package polls

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/filmwire/filmwire/pipeline"
)

// pageSize is how many feeds share a page. A larger page takes fewer writings, and each
// costs more: what a source asks for at about the same time, which is what stands
// together in its list, should be on one or two.
const pageSize = 64

// page is some feeds of a source that are kept as one value: a line of JSON each.
type page struct {
	key      string
	revision uint64
	rows     []*row
	changed  map[string]bool // feeds whose rows are not written
}

// pageKey is where in KV a page stands.
func pageKey(source string, n int) string { return fmt.Sprintf("source.%s.polls.%d", source, n) }

// encode encodes only what has changed since it last did.
func (p *page) encode() ([]byte, error) {
	size := 0
	for _, r := range p.rows {
		if r.written == nil {
			line, err := json.Marshal(&r.state)
			if err != nil {
				return nil, fmt.Errorf("feed %s: %w", r.state.Feed, err)
			}
			r.written = line
		}
		size += len(r.written) + 1
	}
	value := make([]byte, 0, size)
	for _, r := range p.rows {
		value = append(append(value, r.written...), '\n')
	}
	return value, nil
}

// decode reads the rows. A line that is not ours is passed over: that feed is asked
// as if for the first time.
func (p *page) decode(value []byte) {
	for line := range bytes.Lines(value) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		r := &row{page: p, written: line}
		if json.Unmarshal(line, &r.state) == nil && r.state.Feed != "" {
			p.rows = append(p.rows, r)
		}
	}
}

// rest drops what a reading left behind.
func (p *page) rest() {
	for _, r := range p.rows {
		r.settled, r.asked = nil, false
	}
}

var _ pipeline.Polls = (*Book)(nil)
