package opml

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"slices"

	"github.com/filmwire/filmwire/pipeline"
)

// The bounds of what is remembered.
const (
	maxShown   = 2_000 // items of one feed
	maxRetired = 1_000 // feeds that have left the list
	maxPacked  = 8 << 20
	maxUnpack  = 64 << 20
)

// memory is what is remembered between readings: of each feed by its key. It is stored
// packed, since a list may hold thousands. It is never changed, but for a copy.
type memory map[string]feedMemory

// feedMemory is what is remembered of one feed.
type feedMemory struct {
	// Checkpoint is the feed's own.
	Checkpoint []byte `json:"c,omitempty"`
	// Settings is a fingerprint of what list and config say of the feed: its documents
	// are read anew when that changes.
	Settings string `json:"s,omitempty"`
	// Items are the keys of the items that are the feed's and no other's, the newest
	// last, keyBytes each. Those of a feed that has left the list stay its own.
	Items []byte `json:"k,omitempty"`
}

// packed is a memory and what it is stored as.
type packed struct {
	memory memory
	stored []byte
}

// unpack reads a checkpoint. One that is not ours counts for nothing.
func unpack(stored []byte) memory {
	m := memory{}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stored)), maxUnpack))
	if err != nil || json.Unmarshal(text, &m) != nil || m == nil {
		return memory{}
	}
	return m
}

// pack is the memory as it is stored. Where that would be more than anybody wants to
// write at each poll, the items of each feed that are remembered become fewer: then an old
// one in two feeds may come twice.
func (m memory) pack() (packed, error) {
	for most := maxShown; ; most /= 2 {
		less, size := m.least(most)
		if size > maxPacked { // keys do not become shorter
			continue
		}
		stored, err := less.packAll()
		if err != nil || len(stored) <= maxPacked || most == 0 {
			return packed{less, stored}, err
		}
	}
}

// least is the memory with at most so many items of each feed, and the size of their keys.
func (m memory) least(most int) (less memory, size int) {
	less = make(memory, len(m))
	for key, f := range m {
		f.Items = newest(f.Items, most)
		less[key] = f
		size += len(f.Items)
	}
	return less, size
}

func (m memory) packAll() ([]byte, error) {
	text, err := json.Marshal(m) // sorts the keys
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed) // most of it is keys, which no level makes shorter
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// retire keeps of feeds that are not in the list only which items are theirs, and
// not of too many.
func (m memory) retire(in map[string]bool) {
	var retired []string
	for key := range m {
		if !in[key] {
			retired = append(retired, key)
		}
	}
	slices.Sort(retired)
	for i, key := range retired {
		if items := m[key].Items; i < maxRetired && len(items) > 0 {
			m[key] = feedMemory{Items: items}
		} else {
			delete(m, key)
		}
	}
}

// equal says whether two memories are the same.
func (m memory) equal(other memory) bool {
	return maps.EqualFunc(m, other, func(a, b feedMemory) bool {
		return a.Settings == b.Settings && bytes.Equal(a.Checkpoint, b.Checkpoint) && bytes.Equal(a.Items, b.Items)
	})
}

// owners says whose the items are: by the key of an item, the key of its feed.
func (m memory) owners() map[uint64]string {
	owners := map[uint64]string{}
	for feed, f := range m {
		for key := range slices.Chunk(f.Items, keyBytes) {
			if len(key) == keyBytes {
				owners[binary.BigEndian.Uint64(key)] = feed
			}
		}
	}
	return owners
}

// newest are the last of the keys.
func newest(keys []byte, most int) []byte { return keys[max(0, len(keys)-most*keyBytes):] }

var _ pipeline.Rereader = (*source)(nil)

// anew stands in the place of a fingerprint of settings, and is none.
const anew = "anew"

// Anew keeps whose the items are, and what each feed wants kept: see fetch.checkpoint.
func (s *source) Anew(stored []byte) []byte {
	m := unpack(stored)
	for key, f := range m {
		f.Settings = anew
		m[key] = f
	}
	kept, err := m.packAll()
	if err != nil {
		return nil
	}
	return kept
}
